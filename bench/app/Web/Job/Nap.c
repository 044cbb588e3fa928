#include "Generated/types.h"

#include <time.h>

static void perform(struct errand_context *ctx, const NapJob *job)
{
    (void)ctx;
    nanosleep(&(struct timespec){ .tv_sec = job->nap_us / 1000000, .tv_nsec = job->nap_us % 1000000 * 1000 }, NULL);
}

JOB(NapJob, .perform = perform)
