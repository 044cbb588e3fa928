#include "Generated/types.h"
#include "Web/Helper/trace.h"

#include <signal.h>
#include <unistd.h>

static void perform(struct errand_context *ctx, const EndlessJob *job)
{
    (void)ctx;
    signal(SIGTERM, SIG_IGN);
    trace("start", &job->id, job->attempts_count, 0);
    for (;;)
        pause();
}

JOB(EndlessJob, .perform = perform, .max_attempts = 2, .timeout_in_microseconds = 200 * 1000)
