#include "Generated/types.h"
#include "Web/Helper/trace.h"

static void perform(struct errand_context *ctx, const OrderedJob *job)
{
    (void)ctx;
    trace("start", &job->id, job->attempts_count, job->number);
    trace("end", &job->id, job->attempts_count, job->number);
}

JOB(OrderedJob, .perform = perform, .max_concurrency = 1)
