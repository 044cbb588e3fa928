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

static void row(struct errand_context *ctx, struct html *out, const EmailCustomersJob *job)
{
    const Customer *customer = EmailCustomersJob_customer(ctx, job);
    html_printf(out, "<tr><td>%s</td><td>", customer ? customer->name : "nobody");
    html_status_badge(out, JobStatus_label(job->status));
    html_raw(out, "</td></tr>");
}

static EmailCustomersJob_list page(struct errand_context *ctx, int64_t number, int64_t size)
{
    return EmailCustomersJob_fetch(ctx, .order_by_desc = EMAIL_CUSTOMERS_JOB_CREATED_AT, .limit = size,
                                   .offset = number * size);
}

TABLE_VIEWABLE(EmailCustomersJob, email_table, .title = "Mailings", .headers = { "Customer", "Status" }, .row = row,
               .page = page, .related = { EmailCustomersJob_load_customer })

static void dashboard_section(struct errand_context *ctx, struct html *out)
{
    static const double values[] = { 1, 2, 3 };
    html_bar_chart(out, "Mailings", &(struct html_series){ .label = "sent", .values = values, .count = 3 }, 1);
    EmailCustomersJob_table_section(ctx, out, &email_table);
}

static void detail_view(struct errand_context *ctx, struct html *out, const EmailCustomersJob *job)
{
    (void)ctx;
    html_time_ago(out, job->updated_at);
}

static void new_job_view(struct errand_context *ctx, struct html *out)
{
    (void)ctx;
    html_form_begin(out, "/jobs/CreateJob");
    html_input(out, .name = "customerId", .required = true);
    html_form_end(out);
}

static void create_new_job(struct errand_context *ctx)
{
    EmailCustomersJob job = EmailCustomersJob_new();
    job.customer_id = (errand_nullable_uuid){ true, errand_param_uuid(ctx, "customerId") };
    EmailCustomersJob_create(ctx, &job);
}

DISPLAYABLE_JOB(EmailCustomersJob, .table = &email_table, .dashboard_section = dashboard_section,
                .detail_view = detail_view, .new_job_view = new_job_view, .create_new_job = create_new_job)

DASHBOARD(.auth = BASIC_AUTH("DASHBOARD_USER", "DASHBOARD_PASSWORD"), .jobs = { &EmailCustomersJob_dashboard },
          .records = { "customers" })
