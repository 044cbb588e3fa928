#include "Generated/types.h"

static void perform(struct errand_context *ctx, const OpenTransactionJob *job)
{
    (void)job;
    errand_begin(ctx);
    errand_sql(ctx, "INSERT INTO other_jobs (number) VALUES ($1)", errand_int(1));
}

JOB(OpenTransactionJob, .perform = perform, .max_attempts = 1)
