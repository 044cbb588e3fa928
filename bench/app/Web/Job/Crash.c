#include "../Helper/stamp.h"
#include "Generated/types.h"

#include <unistd.h>

static void perform(struct errand_context *ctx, const CrashJob *job)
{
    (void)ctx;
    stamp_write(job->queue_position, stamp_monotonic_us(), job->attempts_count, getpid());
    if (job->attempts_count == 1)
        sleep(600);
}

JOB(CrashJob, .perform = perform)
