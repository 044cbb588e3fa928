#include "Generated/types.h"
#include "Web/Helper/trace.h"

static void perform(struct errand_context *ctx, const PlainJob *job)
{
    (void)ctx;
    trace("once", &job->id, job->attempts_count, 0);
}

JOB(PlainJob, .perform = perform)
