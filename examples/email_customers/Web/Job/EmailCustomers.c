/* Mails all customers: one job for each of them, so that a mail that fails is tried again by itself and no other
   customer gets his twice. */
#include "Generated/types.h"

static void perform(struct errand_context *ctx, const EmailCustomersJob *job)
{
    (void)job;
    Customer_list customers = Customer_fetch(ctx, .where = "mailed_at IS NULL", .order_by = CUSTOMER_NAME);
    MailCustomerJob *jobs = errand_alloc(ctx, customers.count * sizeof(*jobs));
    for (size_t i = 0; i < customers.count; i++) {
        jobs[i] = MailCustomerJob_new();
        jobs[i].customer_id = customers.items[i].id;
    }
    MailCustomerJob_create_many(ctx, jobs, customers.count);
    errand_log(ctx, ERRAND_LOG_INFO, "%zu customers are to be mailed", customers.count);
}

JOB(EmailCustomersJob, .perform = perform, .max_concurrency = 1)
