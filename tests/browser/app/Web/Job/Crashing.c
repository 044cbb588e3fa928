#include "Generated/types.h"

#include <stdlib.h>

static void perform(struct errand_context *ctx, const CrashingJob *job)
{
    (void)ctx, (void)job;
    abort();
}

JOB(CrashingJob, .perform = perform, .max_attempts = 1)
