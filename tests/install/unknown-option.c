#include "Generated/types.h"

static void perform(struct errand_context *ctx, const FlakyJob *job)
{
    (void)ctx, (void)job;
}

JOB(FlakyJob, .perform = perform, .max_attemps = 3)
