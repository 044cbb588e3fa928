#include "Generated/types.h"

static void perform(struct errand_context *ctx, const SlowJob *job)
{
    (void)ctx, (void)job;
}

JOB(FlakyJob, .perform = perform)
