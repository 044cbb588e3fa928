#include "Generated/types.h"

static void perform(struct errand_context *ctx, const ThreeJob *job)
{
    errand_fail(ctx, "attempt %d was in vain", job->attempts_count);
}

JOB(ThreeJob, .perform = perform, .max_attempts = 3, .backoff = LINEAR_BACKOFF(0))
