#include "Generated/types.h"

static void perform(struct errand_context *ctx, const NoOpJob *job)
{
    (void)ctx;
    (void)job;
}

JOB(NoOpJob, .perform = perform)
