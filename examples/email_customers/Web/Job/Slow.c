/* Works for longer than it may, and does not listen to SIGTERM: it is stopped, tried again, and ends as timed_out. */
#include "Generated/types.h"

#include <signal.h>
#include <unistd.h>

static void perform(struct errand_context *ctx, const SlowJob *job)
{
    (void)ctx, (void)job;
    signal(SIGTERM, SIG_IGN);
    for (;;)
        pause();
}

JOB(SlowJob, .perform = perform, .timeout_in_microseconds = 500 * 1000, .max_attempts = 2, .backoff = LINEAR_BACKOFF(1))
