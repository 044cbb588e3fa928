#include "../Helper/stamp.h"
#include "Generated/types.h"

#include <unistd.h>

static void perform(struct errand_context *ctx, const MixedJob *job)
{
    (void)ctx;
    stamp_write(job->nap_us, stamp_monotonic_us(), job->queue_position, getpid());
    if (job->nap_us > 0)
        usleep((useconds_t)job->nap_us);
}

JOB(MixedJob, .perform = perform)
