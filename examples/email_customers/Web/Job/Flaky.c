/* Fails until its third attempt: it ends as succeeded. */
#include "Generated/types.h"

static void perform(struct errand_context *ctx, const FlakyJob *job)
{
    if (job->attempts_count < 3)
        errand_fail(ctx, "attempt %d of a job that succeeds at its third", (int)job->attempts_count);
}

JOB(FlakyJob, .perform = perform, .backoff = LINEAR_BACKOFF(1))
