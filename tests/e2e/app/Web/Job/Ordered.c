#include "Generated/types.h"
#include "Web/Helper/trace.h"

#include <stdio.h>

static void perform(struct errand_context *ctx, const OrderedJob *job)
{
    (void)ctx;
    trace("start", &job->id, job->attempts_count, job->number);
    if (job->number == 1500) /* the first to print, when many are known to be short and sent ahead */
        puts("halfway or so");
    trace("end", &job->id, job->attempts_count, job->number);
}

JOB(OrderedJob, .perform = perform, .max_concurrency = 1, .queue_poll_interval = 3600LL * 1000000)
