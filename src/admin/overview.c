/* Counts of a table's jobs by status. Those that are not finished have indexes, and are counted up to a bound. What has
   none is counted where the table is small, and estimated where it is not: on PostgreSQL from the statistics that
   ANALYZE keeps, on SQLite from a sample of rows. */
#include "admin/internal.h"

#include "admin_sql.h"
#include "base/clock.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

enum {
    SMALL_PAGES = 500, /* PostgreSQL: read in a few milliseconds */
    SMALL_ROWS = 20000,
    SAMPLE_PLACES = 48,
    SAMPLE_WIDE = 64, /* rows at each */
};

/* What is known of a table before it is counted. */
struct look {
    bool there;
    bool small;                   /* all of it can be counted */
    bool indexed;                 /* what is not finished can be */
    bool numbered;                /* SQLite numbers its rows */
    double rows;                  /* PostgreSQL: by its statistics; -1: it has none */
    double parts[ADMIN_STATUSES]; /* of the rows, by the statistics or the sample; all 0: not known */
};

/* ---- What is there ---- */

/* "job_status_failed=0.25 job_status_retry=0.01" */
static void read_parts(const char *text, double parts[ADMIN_STATUSES])
{
    while (text && *text != '\0') {
        char label[64] = "";
        size_t size = strcspn(text, "= ");
        if (size < sizeof(label))
            memcpy(label, text, size);
        int status = admin_status_parse(label);
        text += size;
        if (*text == '=' && status >= 0)
            parts[status] = number_parse(text + 1, NULL);
        text += strcspn(text, " ");
        text += strspn(text, " ");
    }
}

static struct errand_value name_array(struct errand_context *ctx, const struct errand_table *const *tables,
                                      size_t count, bool schemas)
{
    struct buffer text = BUFFER_INIT(1024 * 1024);
    buffer_puts(&text, "{");
    for (size_t i = 0; i < count; i++) {
        struct errand_value name = errand_text(schemas ? tables[i]->schema : tables[i]->name);
        buffer_puts(&text, i ? "," : "");
        field_add_array_element(&text, &name);
    }
    buffer_puts(&text, "}");
    const char *copy = text.failed ? NULL : errand_strdup(ctx, text.data);
    buffer_release(&text);
    if (!copy)
        errand_fail(ctx, "the names of %zu tables are too long", count);
    return errand_text(copy);
}

static void look_postgres(struct errand_context *ctx, const struct errand_table *const *tables, size_t count,
                          struct look *looks)
{
    struct result *result = sql_run(ctx, NULL, sql_look_postgres,
                                    SQL_PARTS({ .name = "schemas", .value = name_array(ctx, tables, count, true) },
                                              { .name = "names", .value = name_array(ctx, tables, count, false) },
                                              { .name = "small", .value = errand_int(SMALL_PAGES) }));
    for (size_t row = 0; row < result_rows(result); row++) {
        size_t place = (size_t)cell_number(result, row, 0) - 1;
        if (place >= count || looks[place].there)
            continue;
        looks[place] = (struct look){
            .there = result_cell(result, row, 1, NULL)[0] == 't',
            .rows = (double)cell_number(result, row, 2),
            .small = cell_number(result, row, 3) <= SMALL_PAGES,
            .indexed = result_cell(result, row, 4, NULL)[0] == 't',
        };
        read_parts(result_cell(result, row, 5, NULL), looks[place].parts);
    }
    result_free(result);
}

static void read_sample(const struct result *result, struct look *look)
{
    look->rows = 0;
    for (size_t row = 0; row < result_rows(result); row++) {
        int status = admin_status_parse(result_cell(result, row, 0, NULL));
        double found = (double)cell_number(result, row, 1), span = (double)cell_number(result, row, 2);
        double part = found / ((double)cell_number(result, row, 3) * SAMPLE_WIDE);
        if (status >= 0)
            look->parts[status] = part;
        look->rows = span;
    }
}

static void look_sqlite(struct errand_context *ctx, const struct errand_table *table, struct look *look)
{
    struct result *result =
        sql_run(ctx, table, sql_look_sqlite, SQL_PARTS({ .name = "name", .value = errand_text(table->name) }));
    *look = (struct look){ .there = result_rows(result) > 0 };
    look->numbered = look->there && cell_number(result, 0, 0) == 1;
    look->indexed = look->there && cell_number(result, 0, 1) == 1;
    result_free(result);
    if (!look->there)
        return;
    result = sql_run(ctx, table, sql_first_sqlite, SQL_PARTS({ .name = "most", .value = errand_int(SMALL_ROWS + 1) }));
    look->small = cell_number(result, 0, 0) <= SMALL_ROWS;
    result_free(result);
}

/* A table without numbered rows has no places to take a sample from: it is counted from its beginning. */
static void sample_sqlite(struct errand_context *ctx, const struct errand_table *table, struct look *look)
{
    if (look->small || !look->numbered)
        return;
    struct result *result = sql_run(ctx, table, sql_sample_sqlite,
                                    SQL_PARTS({ .name = "places", .value = errand_int(SAMPLE_PLACES) },
                                              { .name = "wide", .value = errand_int(SAMPLE_WIDE) }));
    read_sample(result, look);
    result_free(result);
}

/* ---- Counting ---- */

#define PENDING "status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL"
#define UNFINISHED "status <> 'job_status_succeeded'"

/* Each says what its index says of itself, so that both databases see that it serves. */
static const char *const conditions[ADMIN_STATUSES] = {
    [ADMIN_NOT_STARTED] = "status = 'job_status_not_started' AND " PENDING,
    [ADMIN_RUNNING] = "status = 'job_status_running' AND " UNFINISHED,
    [ADMIN_RETRY] = "status = 'job_status_retry' AND " PENDING,
    [ADMIN_FAILED] = "status = 'job_status_failed' AND " UNFINISHED,
    [ADMIN_TIMED_OUT] = "status = 'job_status_timed_out' AND " UNFINISHED,
    [ADMIN_SUCCEEDED] = "status = 'job_status_succeeded'",
};

static void add_counts(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    const struct look *look = arg;
    for (int status = 0; status < ADMIN_STATUSES; status++) {
        statement_add(ctx, status ? ", " : "");
        bool counted = look->small || status != ADMIN_SUCCEEDED;
        if (!counted || !status_is_known(table, (enum admin_status)status)) {
            statement_add(ctx, "0");
            continue;
        }
        statement_add(ctx, "(SELECT count(*) FROM (SELECT 1 AS one FROM ");
        statement_add_table(ctx, table);
        statement_add(ctx, " WHERE ");
        statement_add(ctx, conditions[status]);
        statement_add(ctx, errand_printf(ctx, " LIMIT %d) AS few)", ADMIN_COUNT_MAX + 1));
    }
}

static void add_now(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    (void)table;
    (void)arg;
    if (context_kind(ctx) == STORE_POSTGRES)
        statement_add(ctx, "now()");
    else
        statement_add_value(ctx, errand_timestamp(clock_realtime_us()));
}

static struct admin_count bounded(const struct result *result, size_t column)
{
    int64_t count = cell_number(result, 0, column);
    bool more = count > ADMIN_COUNT_MAX;
    return (struct admin_count){ .count = more ? ADMIN_COUNT_MAX : count, .more = more };
}

struct counting {
    const struct look *look;
    struct admin_overview *overview;
};

static void count_table(struct errand_context *ctx, void *arg)
{
    const struct counting *counting = arg;
    struct admin_overview *overview = counting->overview;
    struct result *result = sql_run(ctx, overview->table, sql_counts,
                                    SQL_PARTS({ .name = "counts", .add = add_counts, .arg = counting->look },
                                              { .name = "now", .add = add_now },
                                              { .name = "most", .value = errand_int(ADMIN_COUNT_MAX + 1) }));
    for (size_t status = 0; status < ADMIN_STATUSES; status++)
        overview->by_status[status] = bounded(result, status);
    overview->due = bounded(result, ADMIN_STATUSES);
    overview->oldest_due.is_set = result_cell(result, 0, ADMIN_STATUSES + 1, NULL) != NULL;
    overview->oldest_due.value = cell_time(result, 0, ADMIN_STATUSES + 1);
    result_free(result);
}

/* ---- Estimating ---- */

static struct admin_count estimate(double count)
{
    return (struct admin_count){ .count = count > 0 ? (int64_t)(count + 0.5) : 0, .estimated = true };
}

static struct admin_count unknown(void)
{
    return (struct admin_count){ .more = true };
}

static bool knows_parts(const struct look *look)
{
    double sum = 0;
    for (int status = 0; status < ADMIN_STATUSES; status++)
        sum += look->parts[status];
    return sum > 0;
}

/* The statistics of statuses are older than the size of the table: where the others are counted to the end, what is
   left of the rows has succeeded. */
static struct admin_count succeeded(const struct errand_context *ctx, const struct look *look,
                                    const struct admin_overview *overview)
{
    double others = 0;
    bool more = false;
    for (int status = 0; status < ADMIN_SUCCEEDED; status++) {
        others += (double)overview->by_status[status].count;
        more |= overview->by_status[status].more;
    }
    bool by_part = more || context_kind(ctx) == STORE_SQLITE;
    if (look->rows < 0 || (by_part && !knows_parts(look)))
        return unknown();
    return estimate(by_part ? look->rows * look->parts[ADMIN_SUCCEEDED] : look->rows - others);
}

static void estimate_table(const struct look *look, struct admin_overview *overview)
{
    bool known = look->rows >= 0 && knows_parts(look);
    for (int status = 0; status < ADMIN_STATUSES; status++)
        overview->by_status[status] = known ? estimate(look->rows * look->parts[status]) : unknown();
    double pending = look->rows * (look->parts[ADMIN_NOT_STARTED] + look->parts[ADMIN_RETRY]);
    overview->due = known ? estimate(pending) : unknown();
}

/* ---- The whole ---- */

static void count_or_say_why(struct errand_context *ctx, const struct look *look, struct admin_overview *overview)
{
    struct counting counting = { look, overview };
    struct context_end end = context_try_each(ctx, count_table, &counting);
    if (end.fault == CONTEXT_FAULT_AWAY)
        context_refuse(ctx, end.fault, "%s", end.error);
    if (end.end != JOB_END_RETURNED)
        *overview = (struct admin_overview){ .table = overview->table, .trouble = end.error };
    else if (!look->small)
        overview->by_status[ADMIN_SUCCEEDED] = succeeded(ctx, look, overview);
}

static void fill(struct errand_context *ctx, const struct look *look, struct admin_overview *overview)
{
    overview->missing = !look->there;
    if (overview->missing)
        return;
    if (look->small || look->indexed)
        count_or_say_why(ctx, look, overview);
    else
        estimate_table(look, overview);
}

struct overview_reading overview_reading_of(struct errand_context *ctx, const struct errand_table *table)
{
    struct look look = { 0 };
    if (context_kind(ctx) == STORE_POSTGRES)
        look_postgres(ctx, &table, 1, &look);
    else
        look_sqlite(ctx, table, &look);
    return (struct overview_reading){ .small = look.small, .indexed = look.indexed };
}

const char *overview_condition(enum admin_status status)
{
    return conditions[status];
}

struct admin_overview *admin_overviews(struct errand_context *ctx, const struct errand_table *const *tables,
                                       size_t count)
{
    struct admin_overview *overviews = errand_alloc(ctx, (count + 1) * sizeof(*overviews));
    struct look *looks = errand_alloc(ctx, (count + 1) * sizeof(*looks));
    bool postgres = context_kind(ctx) == STORE_POSTGRES;
    if (postgres)
        look_postgres(ctx, tables, count, looks);
    for (size_t i = 0; i < count; i++) {
        overviews[i].table = tables[i];
        if (!postgres) {
            look_sqlite(ctx, tables[i], &looks[i]);
            sample_sqlite(ctx, tables[i], &looks[i]);
        }
        fill(ctx, &looks[i], &overviews[i]);
    }
    return overviews;
}
