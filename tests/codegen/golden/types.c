/* Made from Application/Schema.sql by `errand codegen`: what is changed here is lost. */
#include "types.h"

#include <float.h>
#include <string.h>

static const char *const Colour_labels[] = {
    "red",
    "dark-green",
    NULL
};

const char *Colour_label(Colour value)
{
    const int count = 2;
    int index = (int)value;
    return index >= 1 && index <= count ? Colour_labels[index - 1] : NULL;
}

static const char *const JobStatus_labels[] = {
    "job_status_not_started",
    "job_status_running",
    "job_status_failed",
    "job_status_timed_out",
    "job_status_succeeded",
    "job_status_retry",
    NULL
};

const char *JobStatus_label(JobStatus value)
{
    const int count = 6;
    int index = (int)value;
    return index >= 1 && index <= count ? JobStatus_labels[index - 1] : NULL;
}

static const struct errand_table Customer_table_;
static const struct errand_table OrderLine_table_;
static const struct errand_table EmailCustomersJob_table_;

static const struct errand_column Customer_columns[] = {
    { .name = "id",
      .sql_type = "uuid",
      .type = ERRAND_TYPE_UUID, .offset = offsetof(Customer, id), .has_default = true },
    { .name = "name",
      .sql_type = "text",
      .type = ERRAND_TYPE_TEXT, .offset = offsetof(Customer, name) },
    { .name = "country",
      .sql_type = "character varying",
      .type = ERRAND_TYPE_TEXT, .offset = offsetof(Customer, country),
      .default_text = "CH" },
    { .name = "vip",
      .sql_type = "boolean",
      .type = ERRAND_TYPE_BOOL, .offset = offsetof(Customer, vip),
      .default_text = "false" },
    { .name = "credit",
      .sql_type = "numeric",
      .type = ERRAND_TYPE_TEXT, .offset = offsetof(Customer, credit),
      .default_text = "0" },
    { .name = "favourite",
      .sql_type = "\"colour\"",
      .type = ERRAND_TYPE_ENUM, .offset = offsetof(Customer, favourite), .nullable = true, .labels = Colour_labels,
      .default_text = "dark-green" },
    { .name = "born",
      .sql_type = "date",
      .type = ERRAND_TYPE_DATE, .offset = offsetof(Customer, born), .nullable = true },
    { .name = "photo",
      .sql_type = "bytea",
      .type = ERRAND_TYPE_BYTES, .offset = offsetof(Customer, photo), .nullable = true },
    { .name = "created_at",
      .sql_type = "timestamp with time zone",
      .type = ERRAND_TYPE_TIME, .offset = offsetof(Customer, created_at), .has_default = true },
};
static const size_t Customer_key[] = { 0 };
static const struct errand_table Customer_table_ = {
    .name = "customers",
    .record_name = "Customer",
    .record_size = sizeof(Customer),
    .columns = Customer_columns,
    .column_count = 9,
    .primary_key = Customer_key,
    .primary_key_count = 1,
};

Customer Customer_new(void)
{
    Customer record;
    memset(&record, 0, sizeof record);
    record.id = (errand_uuid){ "" };
    record.country = "CH";
    record.vip = false;
    record.credit = "0";
    record.favourite = COLOUR_DARK_GREEN;
    record.created_at = ERRAND_TIME_DEFAULT;
    return record;
}

Customer_list Customer_fetch_(struct errand_query query)
{
    struct errand_list list = errand_record_fetch(&Customer_table_, query);
    Customer_list typed = { list.items, list.count };
    return typed;
}

Customer *Customer_fetch_one_(struct errand_query query)
{
    return errand_record_fetch_one(&Customer_table_, query);
}

int64_t Customer_count_(struct errand_query query)
{
    return errand_record_count(&Customer_table_, query);
}

static void Customer_visit(struct errand_context *ctx, const void *record, void *arg)
{
    const struct Customer_walk *walk = arg;
    walk->fn(ctx, record, walk->arg);
}

void Customer_each_(struct Customer_walk walk)
{
    struct errand_query query = {
        .ctx = walk.ctx, .where = walk.where, .order_by = walk.order_by,
        .order_by_desc = walk.order_by_desc, .limit = walk.limit, .offset = walk.offset
    };
    memcpy(query.values, walk.values, sizeof query.values);
    errand_record_each(&Customer_table_, query, Customer_visit, &walk);
}

void Customer_create(struct errand_context *ctx, Customer *record)
{
    errand_record_create(ctx, &Customer_table_, record);
}

void Customer_create_many(struct errand_context *ctx, Customer *records, size_t count)
{
    errand_record_create_many(ctx, &Customer_table_, records, count);
}

void Customer_update(struct errand_context *ctx, const Customer *record)
{
    errand_record_update(ctx, &Customer_table_, record);
}

bool Customer_delete(struct errand_context *ctx, const Customer *record)
{
    return errand_record_delete(ctx, &Customer_table_, record);
}

Customer *Customer_find(struct errand_context *ctx, errand_uuid id)
{
    const struct errand_value Customer_values[] = {
        errand_id(&id),
    };
    return errand_record_find(ctx, &Customer_table_, Customer_values);
}

static const struct errand_column OrderLine_columns[] = {
    { .name = "order_number",
      .sql_type = "integer",
      .type = ERRAND_TYPE_INT32, .offset = offsetof(OrderLine, order_number) },
    { .name = "line",
      .sql_type = "smallint",
      .type = ERRAND_TYPE_INT16, .offset = offsetof(OrderLine, line) },
    { .name = "customer_id",
      .sql_type = "uuid",
      .type = ERRAND_TYPE_UUID, .offset = offsetof(OrderLine, customer_id) },
    { .name = "price",
      .sql_type = "double precision",
      .type = ERRAND_TYPE_DOUBLE, .offset = offsetof(OrderLine, price), .nullable = true },
};
static const size_t OrderLine_key[] = { 0, 1 };
static const struct errand_foreign_key OrderLine_links[] = {
    { .column = 2, .target = &Customer_table_, .target_column = 0, .loaded = offsetof(OrderLine, loaded_customer_) },
};
static const struct errand_table OrderLine_table_ = {
    .name = "order_lines",
    .record_name = "OrderLine",
    .record_size = sizeof(OrderLine),
    .columns = OrderLine_columns,
    .column_count = 4,
    .primary_key = OrderLine_key,
    .primary_key_count = 2,
    .foreign_keys = OrderLine_links,
    .foreign_key_count = 1,
};

OrderLine OrderLine_new(void)
{
    OrderLine record;
    memset(&record, 0, sizeof record);
    return record;
}

OrderLine_list OrderLine_fetch_(struct errand_query query)
{
    struct errand_list list = errand_record_fetch(&OrderLine_table_, query);
    OrderLine_list typed = { list.items, list.count };
    return typed;
}

OrderLine *OrderLine_fetch_one_(struct errand_query query)
{
    return errand_record_fetch_one(&OrderLine_table_, query);
}

int64_t OrderLine_count_(struct errand_query query)
{
    return errand_record_count(&OrderLine_table_, query);
}

static void OrderLine_visit(struct errand_context *ctx, const void *record, void *arg)
{
    const struct OrderLine_walk *walk = arg;
    walk->fn(ctx, record, walk->arg);
}

void OrderLine_each_(struct OrderLine_walk walk)
{
    struct errand_query query = {
        .ctx = walk.ctx, .where = walk.where, .order_by = walk.order_by,
        .order_by_desc = walk.order_by_desc, .limit = walk.limit, .offset = walk.offset
    };
    memcpy(query.values, walk.values, sizeof query.values);
    errand_record_each(&OrderLine_table_, query, OrderLine_visit, &walk);
}

void OrderLine_create(struct errand_context *ctx, OrderLine *record)
{
    errand_record_create(ctx, &OrderLine_table_, record);
}

void OrderLine_create_many(struct errand_context *ctx, OrderLine *records, size_t count)
{
    errand_record_create_many(ctx, &OrderLine_table_, records, count);
}

void OrderLine_update(struct errand_context *ctx, const OrderLine *record)
{
    errand_record_update(ctx, &OrderLine_table_, record);
}

bool OrderLine_delete(struct errand_context *ctx, const OrderLine *record)
{
    return errand_record_delete(ctx, &OrderLine_table_, record);
}

OrderLine *OrderLine_find(struct errand_context *ctx, int32_t order_number, int16_t line)
{
    const struct errand_value OrderLine_values[] = {
        errand_int(order_number),
        errand_int(line),
    };
    return errand_record_find(ctx, &OrderLine_table_, OrderLine_values);
}

const Customer *OrderLine_customer(struct errand_context *ctx, const OrderLine *record)
{
    return errand_record_related(ctx, &OrderLine_table_, 0, record);
}

void OrderLine_load_customer(struct errand_context *ctx, const OrderLine_list *list)
{
    errand_record_load(ctx, &OrderLine_table_, 0, list->items, list->count);
}

static const struct errand_column EmailCustomersJob_columns[] = {
    { .name = "id",
      .sql_type = "uuid",
      .type = ERRAND_TYPE_UUID, .offset = offsetof(EmailCustomersJob, id), .has_default = true, .managed = true },
    { .name = "created_at",
      .sql_type = "timestamp with time zone",
      .type = ERRAND_TYPE_TIME, .offset = offsetof(EmailCustomersJob, created_at), .has_default = true, .managed = true },
    { .name = "updated_at",
      .sql_type = "timestamp with time zone",
      .type = ERRAND_TYPE_TIME, .offset = offsetof(EmailCustomersJob, updated_at), .has_default = true, .managed = true },
    { .name = "status",
      .sql_type = "\"job_status\"",
      .type = ERRAND_TYPE_ENUM, .offset = offsetof(EmailCustomersJob, status), .managed = true,
      .has_initial = true, .initial = JOB_STATUS_NOT_STARTED, .labels = JobStatus_labels },
    { .name = "last_error",
      .sql_type = "text",
      .type = ERRAND_TYPE_TEXT, .offset = offsetof(EmailCustomersJob, last_error), .nullable = true, .managed = true,
      .has_initial = true },
    { .name = "attempts_count",
      .sql_type = "integer",
      .type = ERRAND_TYPE_INT32, .offset = offsetof(EmailCustomersJob, attempts_count), .managed = true,
      .has_initial = true, .initial = 0 },
    { .name = "locked_at",
      .sql_type = "timestamp with time zone",
      .type = ERRAND_TYPE_TIME, .offset = offsetof(EmailCustomersJob, locked_at), .nullable = true, .managed = true,
      .has_initial = true },
    { .name = "locked_by",
      .sql_type = "uuid",
      .type = ERRAND_TYPE_UUID, .offset = offsetof(EmailCustomersJob, locked_by), .nullable = true, .managed = true,
      .has_initial = true },
    { .name = "run_at",
      .sql_type = "timestamp with time zone",
      .type = ERRAND_TYPE_TIME, .offset = offsetof(EmailCustomersJob, run_at), .has_default = true, .managed = true },
    { .name = "customer_id",
      .sql_type = "uuid",
      .type = ERRAND_TYPE_UUID, .offset = offsetof(EmailCustomersJob, customer_id), .nullable = true },
    { .name = "queue_position",
      .sql_type = "bigint",
      .type = ERRAND_TYPE_INT64, .offset = offsetof(EmailCustomersJob, queue_position), .has_default = true, .managed = true },
};
static const size_t EmailCustomersJob_key[] = { 0 };
static const struct errand_foreign_key EmailCustomersJob_links[] = {
    { .column = 9, .target = &Customer_table_, .target_column = 0, .loaded = offsetof(EmailCustomersJob, loaded_customer_) },
};
static const struct errand_table EmailCustomersJob_table_ = {
    .name = "email_customers_jobs",
    .record_name = "EmailCustomersJob",
    .record_size = sizeof(EmailCustomersJob),
    .columns = EmailCustomersJob_columns,
    .column_count = 11,
    .primary_key = EmailCustomersJob_key,
    .primary_key_count = 1,
    .foreign_keys = EmailCustomersJob_links,
    .foreign_key_count = 1,
};

EmailCustomersJob EmailCustomersJob_new(void)
{
    EmailCustomersJob record;
    memset(&record, 0, sizeof record);
    record.id = (errand_uuid){ "" };
    record.created_at = ERRAND_TIME_DEFAULT;
    record.updated_at = ERRAND_TIME_DEFAULT;
    record.status = JOB_STATUS_NOT_STARTED;
    record.attempts_count = 0;
    record.run_at = ERRAND_TIME_DEFAULT;
    record.queue_position = INT64_MIN;
    return record;
}

EmailCustomersJob_list EmailCustomersJob_fetch_(struct errand_query query)
{
    struct errand_list list = errand_record_fetch(&EmailCustomersJob_table_, query);
    EmailCustomersJob_list typed = { list.items, list.count };
    return typed;
}

EmailCustomersJob *EmailCustomersJob_fetch_one_(struct errand_query query)
{
    return errand_record_fetch_one(&EmailCustomersJob_table_, query);
}

int64_t EmailCustomersJob_count_(struct errand_query query)
{
    return errand_record_count(&EmailCustomersJob_table_, query);
}

static void EmailCustomersJob_visit(struct errand_context *ctx, const void *record, void *arg)
{
    const struct EmailCustomersJob_walk *walk = arg;
    walk->fn(ctx, record, walk->arg);
}

void EmailCustomersJob_each_(struct EmailCustomersJob_walk walk)
{
    struct errand_query query = {
        .ctx = walk.ctx, .where = walk.where, .order_by = walk.order_by,
        .order_by_desc = walk.order_by_desc, .limit = walk.limit, .offset = walk.offset
    };
    memcpy(query.values, walk.values, sizeof query.values);
    errand_record_each(&EmailCustomersJob_table_, query, EmailCustomersJob_visit, &walk);
}

void EmailCustomersJob_create(struct errand_context *ctx, EmailCustomersJob *record)
{
    errand_record_create(ctx, &EmailCustomersJob_table_, record);
}

void EmailCustomersJob_create_many(struct errand_context *ctx, EmailCustomersJob *records, size_t count)
{
    errand_record_create_many(ctx, &EmailCustomersJob_table_, records, count);
}

void EmailCustomersJob_update(struct errand_context *ctx, const EmailCustomersJob *record)
{
    errand_record_update(ctx, &EmailCustomersJob_table_, record);
}

bool EmailCustomersJob_delete(struct errand_context *ctx, const EmailCustomersJob *record)
{
    return errand_record_delete(ctx, &EmailCustomersJob_table_, record);
}

EmailCustomersJob *EmailCustomersJob_find(struct errand_context *ctx, errand_uuid id)
{
    const struct errand_value EmailCustomersJob_values[] = {
        errand_id(&id),
    };
    return errand_record_find(ctx, &EmailCustomersJob_table_, EmailCustomersJob_values);
}

const Customer *EmailCustomersJob_customer(struct errand_context *ctx, const EmailCustomersJob *record)
{
    return errand_record_related(ctx, &EmailCustomersJob_table_, 0, record);
}

void EmailCustomersJob_load_customer(struct errand_context *ctx, const EmailCustomersJob_list *list)
{
    errand_record_load(ctx, &EmailCustomersJob_table_, 0, list->items, list->count);
}

extern const struct EmailCustomersJob_options EmailCustomersJob_job __attribute__((weak));

static void EmailCustomersJob_perform(struct errand_context *ctx, const void *job)
{
    EmailCustomersJob_job.perform(ctx, job);
}

static bool EmailCustomersJob_has_perform(void)
{
    return EmailCustomersJob_job.perform;
}

static bool EmailCustomersJob_table_row(const void *view, struct errand_context *ctx, struct html *out, const void *job)
{
    const struct EmailCustomersJob_table *typed = view;
    if (typed->row)
        typed->row(ctx, out, job);
    return typed->row;
}

static bool EmailCustomersJob_table_link(const void *view, struct errand_context *ctx, struct html *out)
{
    const struct EmailCustomersJob_table *typed = view;
    if (typed->new_job_link)
        typed->new_job_link(ctx, out);
    return typed->new_job_link;
}

static bool EmailCustomersJob_table_index(const void *view, struct errand_context *ctx, struct errand_list *jobs)
{
    const struct EmailCustomersJob_table *typed = view;
    EmailCustomersJob_list list = { NULL, 0 };
    if (typed->index)
        list = typed->index(ctx);
    *jobs = (struct errand_list){ list.items, list.count };
    return typed->index;
}

static bool EmailCustomersJob_table_jobs(const void *view, struct errand_context *ctx, int64_t page, int64_t page_size,
    struct errand_list *jobs)
{
    const struct EmailCustomersJob_table *typed = view;
    EmailCustomersJob_list list = { NULL, 0 };
    if (typed->page)
        list = typed->page(ctx, page, page_size);
    *jobs = (struct errand_list){ list.items, list.count };
    return typed->page;
}

static void EmailCustomersJob_table_load(const void *view, struct errand_context *ctx, const struct errand_list *jobs)
{
    const struct EmailCustomersJob_table *typed = view;
    EmailCustomersJob_list list = { jobs->items, jobs->count };
    for (size_t i = 0; i < ERRAND_TABLE_RELATED_MAX && typed->related[i]; i++)
        typed->related[i](ctx, &list);
}

static struct errand_table_view EmailCustomersJob_table_view(const struct EmailCustomersJob_table *view)
{
    struct errand_table_view made = {
        .table = &EmailCustomersJob_table_, .title = view->title, .table_name = view->table_name,
        .headers = view->headers, .view = view, .row = EmailCustomersJob_table_row,
        .new_job_link = EmailCustomersJob_table_link, .index = EmailCustomersJob_table_index, .page = EmailCustomersJob_table_jobs,
        .load = EmailCustomersJob_table_load
    };
    return made;
}

void EmailCustomersJob_table_section(struct errand_context *ctx, struct html *out, const struct EmailCustomersJob_table *view)
{
    struct errand_table_view made = EmailCustomersJob_table_view(view);
    errand_table_section(ctx, out, &made);
}

void EmailCustomersJob_table_page(struct errand_context *ctx, struct html *out, const struct EmailCustomersJob_table *view, int64_t page,
    int64_t page_size)
{
    struct errand_table_view made = EmailCustomersJob_table_view(view);
    errand_table_page(ctx, out, &made, page, page_size);
}

static bool EmailCustomersJob_show_section(const void *views, struct errand_context *ctx, struct html *out)
{
    const struct EmailCustomersJob_views *typed = views;
    if (typed->dashboard_section)
        typed->dashboard_section(ctx, out);
    else if (typed->table)
        EmailCustomersJob_table_section(ctx, out, typed->table);
    return typed->dashboard_section || typed->table;
}

static bool EmailCustomersJob_show_page(const void *views, struct errand_context *ctx, struct html *out, int64_t page,
    int64_t page_size)
{
    const struct EmailCustomersJob_views *typed = views;
    if (typed->page_view)
        typed->page_view(ctx, out, page, page_size);
    else if (typed->table)
        EmailCustomersJob_table_page(ctx, out, typed->table, page, page_size);
    return typed->page_view || typed->table;
}

static bool EmailCustomersJob_show_detail(const void *views, struct errand_context *ctx, struct html *out, const void *job)
{
    const struct EmailCustomersJob_views *typed = views;
    if (typed->detail_view)
        typed->detail_view(ctx, out, job);
    return typed->detail_view;
}

static bool EmailCustomersJob_show_new_job(const void *views, struct errand_context *ctx, struct html *out)
{
    const struct EmailCustomersJob_views *typed = views;
    if (typed->new_job_view)
        typed->new_job_view(ctx, out);
    return typed->new_job_view;
}

static bool EmailCustomersJob_create_new_job(const void *views, struct errand_context *ctx)
{
    const struct EmailCustomersJob_views *typed = views;
    if (typed->create_new_job)
        typed->create_new_job(ctx);
    return typed->create_new_job;
}

const struct errand_displayable_type EmailCustomersJob_displayable_type = {
    .table = &EmailCustomersJob_table_, .dashboard_section = EmailCustomersJob_show_section, .page_view = EmailCustomersJob_show_page,
    .detail_view = EmailCustomersJob_show_detail, .new_job_view = EmailCustomersJob_show_new_job, .create_new_job = EmailCustomersJob_create_new_job
};

static const struct errand_table *const tables[] = {
    &Customer_table_,
    &OrderLine_table_,
    &EmailCustomersJob_table_,
    NULL
};

static const struct errand_job_type job_types[] = {
    { .table = &EmailCustomersJob_table_, .options = &EmailCustomersJob_job.options, .perform = EmailCustomersJob_perform,
      .has_perform = EmailCustomersJob_has_perform },
    { .table = NULL }
};

const struct errand_schema errand_schema = { .tables = tables, .job_types = job_types };

int errand_worker_main(int argc, char **argv)
{
    return errand_worker_main_with(&errand_schema, argc, argv);
}
