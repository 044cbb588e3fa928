#include "Generated/types.h"
#include "Web/Helper/trace.h"

static void perform(struct errand_context *ctx, const SnoozingJob *job)
{
    trace("start", &job->id, job->attempts_count, 0);
    if (job->snoozed)
        return;
    errand_sql(ctx, "UPDATE snoozing_jobs SET snoozed = $1 WHERE id = $2", errand_bool(true), errand_id(&job->id));
    errand_snooze(ctx, 50 * 1000);
}

JOB(SnoozingJob, .perform = perform)
