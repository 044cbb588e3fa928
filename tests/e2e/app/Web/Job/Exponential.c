#include "Generated/types.h"

static void perform(struct errand_context *ctx, const ExponentialJob *job)
{
    errand_fail(ctx, "attempt %d was in vain", job->attempts_count);
}

JOB(ExponentialJob, .perform = perform, .backoff = EXPONENTIAL_BACKOFF(100))
