/* Made from Application/Schema.sql by `errand codegen`: what is changed here is lost. */
#ifndef GENERATED_TYPES_H
#define GENERATED_TYPES_H

#include <errand.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 is NULL. */
typedef enum Colour {
    COLOUR_RED = 1,
    COLOUR_DARK_GREEN = 2
} Colour;
/* As the database has it; NULL for 0. */
const char *Colour_label(Colour value);

/* 0 is NULL. */
typedef enum JobStatus {
    JOB_STATUS_NOT_STARTED = 1,
    JOB_STATUS_RUNNING = 2,
    JOB_STATUS_FAILED = 3,
    JOB_STATUS_TIMED_OUT = 4,
    JOB_STATUS_SUCCEEDED = 5,
    JOB_STATUS_RETRY = 6
} JobStatus;
/* As the database has it; NULL for 0. */
const char *JobStatus_label(JobStatus value);

typedef struct Customer Customer;
typedef struct OrderLine OrderLine;
typedef struct EmailCustomersJob EmailCustomersJob;

/* ---- Customer ---- */
struct Customer {
    errand_uuid id;
    const char *name;
    const char *country;
    bool vip;
    const char *credit;
    Colour favourite;
    errand_nullable_date born;
    errand_bytes photo;
    errand_time created_at;
};
typedef struct Customer_list {
    Customer *items;
    size_t count;
} Customer_list;
enum {
    CUSTOMER_ID = 1,
    CUSTOMER_NAME = 2,
    CUSTOMER_COUNTRY = 3,
    CUSTOMER_VIP = 4,
    CUSTOMER_CREDIT = 5,
    CUSTOMER_FAVOURITE = 6,
    CUSTOMER_BORN = 7,
    CUSTOMER_PHOTO = 8,
    CUSTOMER_CREATED_AT = 9
};
struct Customer_walk {
    struct errand_context *ctx;
    void (*fn)(struct errand_context *ctx, const Customer *record, void *arg);
    void *arg;
    ERRAND_QUERY_MEMBERS
};
Customer Customer_new(void);
Customer_list Customer_fetch_(struct errand_query query);
Customer *Customer_fetch_one_(struct errand_query query);
int64_t Customer_count_(struct errand_query query);
void Customer_each_(struct Customer_walk walk);
void Customer_create(struct errand_context *ctx, Customer *record);
void Customer_create_many(struct errand_context *ctx, Customer *records, size_t count);
Customer *Customer_find(struct errand_context *ctx, errand_uuid id);
void Customer_update(struct errand_context *ctx, const Customer *record);
bool Customer_delete(struct errand_context *ctx, const Customer *record);
#ifndef __cplusplus
#define Customer_fetch(...) Customer_fetch_((struct errand_query){ .ctx = __VA_ARGS__ })
#define Customer_fetch_one(...) Customer_fetch_one_((struct errand_query){ .ctx = __VA_ARGS__ })
#define Customer_count(...) Customer_count_((struct errand_query){ .ctx = __VA_ARGS__ })
#define Customer_each(...) Customer_each_((struct Customer_walk){ .ctx = __VA_ARGS__ })
#endif

/* ---- OrderLine ---- */
struct OrderLine {
    int32_t order_number;
    int16_t line;
    errand_uuid customer_id;
    errand_nullable_double price;
    const Customer *loaded_customer_; /* set by OrderLine_load_customer; read it with OrderLine_customer */
};
typedef struct OrderLine_list {
    OrderLine *items;
    size_t count;
} OrderLine_list;
enum {
    ORDER_LINE_ORDER_NUMBER = 1,
    ORDER_LINE_LINE = 2,
    ORDER_LINE_CUSTOMER_ID = 3,
    ORDER_LINE_PRICE = 4
};
struct OrderLine_walk {
    struct errand_context *ctx;
    void (*fn)(struct errand_context *ctx, const OrderLine *record, void *arg);
    void *arg;
    ERRAND_QUERY_MEMBERS
};
OrderLine OrderLine_new(void);
OrderLine_list OrderLine_fetch_(struct errand_query query);
OrderLine *OrderLine_fetch_one_(struct errand_query query);
int64_t OrderLine_count_(struct errand_query query);
void OrderLine_each_(struct OrderLine_walk walk);
void OrderLine_create(struct errand_context *ctx, OrderLine *record);
void OrderLine_create_many(struct errand_context *ctx, OrderLine *records, size_t count);
OrderLine *OrderLine_find(struct errand_context *ctx, int32_t order_number, int16_t line);
void OrderLine_update(struct errand_context *ctx, const OrderLine *record);
bool OrderLine_delete(struct errand_context *ctx, const OrderLine *record);
const Customer *OrderLine_customer(struct errand_context *ctx, const OrderLine *record);
void OrderLine_load_customer(struct errand_context *ctx, const OrderLine_list *list);
#ifndef __cplusplus
#define OrderLine_fetch(...) OrderLine_fetch_((struct errand_query){ .ctx = __VA_ARGS__ })
#define OrderLine_fetch_one(...) OrderLine_fetch_one_((struct errand_query){ .ctx = __VA_ARGS__ })
#define OrderLine_count(...) OrderLine_count_((struct errand_query){ .ctx = __VA_ARGS__ })
#define OrderLine_each(...) OrderLine_each_((struct OrderLine_walk){ .ctx = __VA_ARGS__ })
#endif

/* ---- EmailCustomersJob ---- */
struct EmailCustomersJob {
    errand_uuid id;
    errand_time created_at;
    errand_time updated_at;
    JobStatus status;
    const char *last_error;
    int32_t attempts_count;
    errand_nullable_time locked_at;
    errand_nullable_uuid locked_by;
    errand_time run_at;
    errand_nullable_uuid customer_id;
    int64_t queue_position;
    const Customer *loaded_customer_; /* set by EmailCustomersJob_load_customer; read it with EmailCustomersJob_customer */
};
typedef struct EmailCustomersJob_list {
    EmailCustomersJob *items;
    size_t count;
} EmailCustomersJob_list;
enum {
    EMAIL_CUSTOMERS_JOB_ID = 1,
    EMAIL_CUSTOMERS_JOB_CREATED_AT = 2,
    EMAIL_CUSTOMERS_JOB_UPDATED_AT = 3,
    EMAIL_CUSTOMERS_JOB_STATUS = 4,
    EMAIL_CUSTOMERS_JOB_LAST_ERROR = 5,
    EMAIL_CUSTOMERS_JOB_ATTEMPTS_COUNT = 6,
    EMAIL_CUSTOMERS_JOB_LOCKED_AT = 7,
    EMAIL_CUSTOMERS_JOB_LOCKED_BY = 8,
    EMAIL_CUSTOMERS_JOB_RUN_AT = 9,
    EMAIL_CUSTOMERS_JOB_CUSTOMER_ID = 10,
    EMAIL_CUSTOMERS_JOB_QUEUE_POSITION = 11
};
struct EmailCustomersJob_walk {
    struct errand_context *ctx;
    void (*fn)(struct errand_context *ctx, const EmailCustomersJob *record, void *arg);
    void *arg;
    ERRAND_QUERY_MEMBERS
};
EmailCustomersJob EmailCustomersJob_new(void);
EmailCustomersJob_list EmailCustomersJob_fetch_(struct errand_query query);
EmailCustomersJob *EmailCustomersJob_fetch_one_(struct errand_query query);
int64_t EmailCustomersJob_count_(struct errand_query query);
void EmailCustomersJob_each_(struct EmailCustomersJob_walk walk);
void EmailCustomersJob_create(struct errand_context *ctx, EmailCustomersJob *record);
void EmailCustomersJob_create_many(struct errand_context *ctx, EmailCustomersJob *records, size_t count);
EmailCustomersJob *EmailCustomersJob_find(struct errand_context *ctx, errand_uuid id);
void EmailCustomersJob_update(struct errand_context *ctx, const EmailCustomersJob *record);
bool EmailCustomersJob_delete(struct errand_context *ctx, const EmailCustomersJob *record);
const Customer *EmailCustomersJob_customer(struct errand_context *ctx, const EmailCustomersJob *record);
void EmailCustomersJob_load_customer(struct errand_context *ctx, const EmailCustomersJob_list *list);
#ifndef __cplusplus
#define EmailCustomersJob_fetch(...) EmailCustomersJob_fetch_((struct errand_query){ .ctx = __VA_ARGS__ })
#define EmailCustomersJob_fetch_one(...) EmailCustomersJob_fetch_one_((struct errand_query){ .ctx = __VA_ARGS__ })
#define EmailCustomersJob_count(...) EmailCustomersJob_count_((struct errand_query){ .ctx = __VA_ARGS__ })
#define EmailCustomersJob_each(...) EmailCustomersJob_each_((struct EmailCustomersJob_walk){ .ctx = __VA_ARGS__ })
ERRAND_JOB_OPTIONS_STRUCT(EmailCustomersJob)
extern const struct EmailCustomersJob_options EmailCustomersJob_job;
ERRAND_DASHBOARD_STRUCTS(EmailCustomersJob)
extern const struct errand_displayable_type EmailCustomersJob_displayable_type;
extern const struct errand_displayable EmailCustomersJob_dashboard; /* DISPLAYABLE_JOB makes it */
/* What the overview and the list show of a TABLE_VIEWABLE, for views that add something to it. */
void EmailCustomersJob_table_section(struct errand_context *ctx, struct html *out, const struct EmailCustomersJob_table *view);
void EmailCustomersJob_table_page(struct errand_context *ctx, struct html *out, const struct EmailCustomersJob_table *view, int64_t page,
    int64_t page_size);
#endif

/* All of the above, for the worker and the dashboard. */
extern const struct errand_schema errand_schema;
/* The whole of RunJobs; main hands its arguments on unchanged and returns what this returns. */
int errand_worker_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
