#include "Generated/types.h"

static void perform(struct errand_context *ctx, const DiscardingJob *job)
{
    (void)job;
    errand_discard(ctx, "there is no such customer");
}

JOB(DiscardingJob, .perform = perform)
