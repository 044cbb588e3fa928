/* What an application writes against the generated types of schemas/shop.sql, held to compile without a warning. */
#include "Generated/types.h"

#include <stdio.h>

static void print(struct errand_context *ctx, const Customer *customer, void *arg)
{
    int *count = arg;
    (void)ctx;
    *count += printf("%s\n", customer->name);
}

static void perform(struct errand_context *ctx, const EmailCustomersJob *job)
{
    int count = 0;
    Customer_list all = Customer_fetch(ctx);
    Customer_list page = Customer_fetch(ctx, .order_by = CUSTOMER_NAME, .limit = 10, .offset = 20);
    Customer *one = Customer_fetch_one(ctx, .where = "country = $1 AND vip = $2",
                                       .values = { errand_text("CH"), errand_bool(true) });
    Customer_each(ctx, print, &count);
    Customer_each(ctx, print, &count, .where = "vip", .order_by_desc = CUSTOMER_CREATED_AT);
    if (one && Customer_count(ctx, .where = "name = $1", .values = { errand_text(one->name) }) > 1)
        Customer_delete(ctx, one);
    OrderLine *line = OrderLine_find(ctx, 1, 2);
    if (line)
        OrderLine_update(ctx, line);

    EmailCustomersJob next = EmailCustomersJob_new();
    next.customer_id = (errand_nullable_uuid){ true, all.count ? all.items[0].id : job->id };
    next.run_at = errand_now(ctx) + errand_hours(24);
    EmailCustomersJob_create(ctx, &next);
    EmailCustomersJob_list jobs = EmailCustomersJob_fetch(ctx, .limit = (int64_t)page.count);
    EmailCustomersJob_load_customer(ctx, &jobs);
    const Customer *customer = EmailCustomersJob_customer(ctx, &next);
    switch (job->status) {
    case JOB_STATUS_NOT_STARTED:
    case JOB_STATUS_RUNNING:
    case JOB_STATUS_FAILED:
    case JOB_STATUS_TIMED_OUT:
    case JOB_STATUS_SUCCEEDED:
    case JOB_STATUS_RETRY:
        printf("%s %s\n", JobStatus_label(job->status), customer ? customer->name : "");
    }
}

JOB(EmailCustomersJob, .perform = perform, .max_attempts = 3)
