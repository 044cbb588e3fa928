/* Crashes, which harms nothing but itself: a while later it is tried again, so for a minute it stands as retry. */
#include "Generated/types.h"

#include <stdlib.h>

static void perform(struct errand_context *ctx, const CrashingJob *job)
{
    (void)ctx, (void)job;
    abort();
}

JOB(CrashingJob, .perform = perform, .backoff = LINEAR_BACKOFF(60))
