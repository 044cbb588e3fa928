#include "Generated/types.h"

static void perform(struct errand_context *ctx, const SingleJob *job)
{
    errand_fail(ctx, "attempt %d was in vain", job->attempts_count);
}

JOB(SingleJob, .perform = perform, .max_attempts = 0)
