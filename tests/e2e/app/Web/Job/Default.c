#include "Generated/types.h"

static void perform(struct errand_context *ctx, const DefaultJob *job)
{
    errand_fail(ctx, "attempt %d was in vain", job->attempts_count);
}

JOB(DefaultJob, .perform = perform)
