#include "Generated/types.h"
#include "Web/Helper/trace.h"

static void perform(struct errand_context *ctx, const OtherJob *job)
{
    (void)ctx;
    trace("once", &job->id, job->attempts_count, job->number);
}

JOB(OtherJob, .perform = perform)
