/* Enqueues the job that mails all customers; cron runs it each morning. */
#include "Generated/types.h"

static void run(struct errand_context *ctx)
{
    EmailCustomersJob job = EmailCustomersJob_new();
    EmailCustomersJob_create(ctx, &job);
}

SCRIPT(run)
