#include "Generated/types.h"
#include "Web/Helper/trace.h"

#include <unistd.h>

static void perform(struct errand_context *ctx, const TracedJob *job)
{
    trace("start", &job->id, job->attempts_count, job->number);
    if (job->microseconds > 0)
        usleep((useconds_t)job->microseconds);
    wait_at_gate(ctx, job->gate);
    trace("end", &job->id, job->attempts_count, job->number);
}

JOB(TracedJob, .perform = perform)
