#include "Generated/types.h"

static void perform(struct errand_context *ctx, const FlakyJob *job)
{
    if (job->attempts_count < job->succeeds_at)
        errand_fail(ctx, "not before attempt %d", job->succeeds_at);
}

JOB(FlakyJob, .perform = perform, .backoff = LINEAR_BACKOFF(0), .queue_poll_interval = 2 * 1000000)
