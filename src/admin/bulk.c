/* Changing all jobs that match a filter, in steps that each read and change a bounded number of rows, however few match
   and however many there are. A step walks on where the last one ended: over the rows of one status after the other
   where the filter names statuses that have indexes, else over all of the table in the order in which rows came. A
   place says which of the two it is, as indexes come and go. What has come since the first place is not touched. */
#include "admin/internal.h"

#include "admin_sql.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 20000,                                          /* rows that a step reads; where they take too long, */
    WINDOW_SHRINKS = 8,                                      /* by so many times fewer, */
    WINDOW_LEAST = WINDOW / WINDOW_SHRINKS / WINDOW_SHRINKS, /* but not fewer than these */
};

/* One way over a part of the table. */
struct walk {
    const char *base; /* the part */
    struct order order;
};
enum { WALKS_MAX = 4 };

enum walk_kind { WALK_STATUSES = 's', WALK_AGE = 'a' };

/* Where the change of all is: what *after of admin_change_step says. */
struct place_in_walk {
    enum walk_kind kind;
    int walk;         /* the how manieth */
    const char *last; /* the newest row at the first place: a number, or a time */
    const char *key;  /* NULL: at the beginning of the walk */
};

struct walking {
    const struct errand_table *table;
    const struct admin_filter *filter;
    struct walk walks[WALKS_MAX];
    int walk_count;
    struct order age;
    struct place_in_walk place;
};

/* In the words of the index on the age of rows; what runs is not touched. */
#define NOT_RUNNING "status <> 'job_status_running'"

/* ---- Which walks ---- */

/* The pending by when they are due, which a retry only brings forward; the others by age. None is met twice: a job that
   is retried leaves its status for one that was walked before. */
static void plan_statuses(struct errand_context *ctx, struct walking *walking)
{
    static const struct {
        enum admin_status status;
        const char *order;
    } statuses[WALKS_MAX] = { { ADMIN_RETRY, "run_at" },
                              { ADMIN_NOT_STARTED, "run_at" },
                              { ADMIN_FAILED, "created_at" },
                              { ADMIN_TIMED_OUT, "created_at" } };
    for (size_t i = 0; i < WALKS_MAX; i++) {
        enum admin_status status = statuses[i].status;
        if (!(walking->filter->statuses & 1U << status) || !status_is_known(walking->table, status))
            continue;
        int column = table_column(walking->table, statuses[i].order) + 1;
        walking->walks[walking->walk_count++] = (struct walk){
            .base = overview_condition(status),
            .order = order_of(ctx, walking->table, column, false),
        };
    }
}

static bool names_statuses(const struct walking *walking)
{
    const unsigned walked =
        1U << ADMIN_RETRY | 1U << ADMIN_NOT_STARTED | 1U << ADMIN_FAILED | 1U << ADMIN_TIMED_OUT | 1U << ADMIN_RUNNING;
    unsigned statuses = walking->filter->statuses;
    return statuses && !(statuses & ~walked);
}

static enum walk_kind choose(struct errand_context *ctx, const struct walking *walking)
{
    bool by_status = names_statuses(walking) && overview_reading_of(ctx, walking->table).indexed;
    return by_status ? WALK_STATUSES : WALK_AGE;
}

static void plan(struct errand_context *ctx, struct walking *walking)
{
    if (walking->place.kind == WALK_STATUSES)
        plan_statuses(ctx, walking);
    else
        walking->walks[walking->walk_count++] = (struct walk){ .base = NOT_RUNNING, .order = walking->age };
}

/* ---- What no step goes beyond ---- */

static bool is_numbered(const struct walking *walking)
{
    return walking->age.count == 1;
}

/* The greatest number of a row, or, where rows have none, the time. */
static const char *newest(struct errand_context *ctx, const struct walking *walking)
{
    if (!is_numbered(walking))
        return errand_printf(ctx, "%" PRId64, errand_now(ctx));
    struct order order = walking->age;
    order.descending = true;
    struct result *result =
        sql_run(ctx, walking->table, "SELECT NULL{keys} FROM {table} WHERE " NOT_RUNNING " ORDER BY {order} LIMIT 1",
                SQL_PARTS({ .name = "keys", .add = order_add_keys, .arg = &order },
                          { .name = "order", .add = order_add, .arg = &order }));
    const char *last = result_rows(result) > 0 ? cell_text(ctx, result, 0, 1) : "0";
    result_free(result);
    return last;
}

static bool is_along_age(const struct walking *walking)
{
    return walking->place.kind == WALK_AGE;
}

/* SQLite, which is not to walk along the age elsewhere, does not take a column behind a + for one with an index. */
static void add_newest(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    (void)table;
    const struct walking *walking = arg;
    int64_t last = strtoll(walking->place.last, NULL, 10);
    if (is_numbered(walking)) {
        statement_add(ctx, is_along_age(walking) || context_kind(ctx) == STORE_POSTGRES ? " AND " : " AND +");
        order_add(ctx, table, &walking->age);
    } else {
        statement_add(ctx, " AND created_at");
    }
    statement_add(ctx, " <= ");
    statement_add_value(ctx, is_numbered(walking) ? errand_int(last) : errand_timestamp(last));
}

/* ---- Places as text: "s2.41233.v2026-..." ---- */

static const char *write_place(struct errand_context *ctx, const struct place_in_walk *place)
{
    return errand_printf(ctx, "%c%d.%s.%s", place->kind, place->walk, place->last, place->key ? place->key : "");
}

ERRAND_NORETURN static void refuse_place(struct errand_context *ctx, const char *text)
{
    context_refuse(ctx, CONTEXT_FAULT_INPUT, "\"%.100s\" is not a place where a change of jobs has been", text);
}

static void read_place(struct errand_context *ctx, const char *text, struct walking *walking)
{
    bool by_status = *text == WALK_STATUSES && names_statuses(walking);
    size_t digits = by_status || *text == WALK_AGE ? strspn(text + 1, "0123456789") : 0;
    const char *end = text + 1 + digits;
    size_t size = digits == 1 && *end == '.' ? strspn(end + 1, "-0123456789") : 0;
    if (size == 0 || size > 20 || end[1 + size] != '.')
        refuse_place(ctx, text);
    const char *key = end + 2 + size;
    walking->place = (struct place_in_walk){
        .kind = by_status ? WALK_STATUSES : WALK_AGE,
        .walk = text[1] - '0',
        .last = errand_printf(ctx, "%.*s", (int)size, end + 1),
        .key = *key != '\0' ? key : NULL,
    };
}

/* ---- A step ---- */

/* What a step reads. */
struct step_rows {
    const struct walking *walking;
    int window;           /* so many rows at most */
    const char *until;    /* the key of the last of them; NULL: they reach to the end */
    struct result *found; /* the ids of those that match, one more than a step changes */
};

static const char *end_of_step(struct errand_context *ctx, const struct step_rows *rows)
{
    const struct walking *walking = rows->walking;
    const struct walk *walk = &walking->walks[walking->place.walk];
    const struct order_bound behind = { .order = &walk->order, .key = walking->place.key };
    struct result *result = sql_run(
        ctx, walking->table, sql_walk_end,
        SQL_PARTS({ .name = "keys", .add = order_add_keys, .arg = &walk->order },
                  { .name = "base", .text = walk->base }, { .name = "newest", .add = add_newest, .arg = walking },
                  { .name = "behind", .add = order_add_bound, .arg = &behind },
                  { .name = "order", .add = order_add, .arg = &walk->order },
                  { .name = "window", .text = errand_printf(ctx, "%d", rows->window - 1) }));
    const char *key = result_rows(result) > 0 ? order_key(ctx, &walk->order, result, 0, 1) : NULL;
    result_free(result);
    return key;
}

/* Along the age a step that ends in front of the newest has one end: of two, SQLite may walk to the farther. */
static void add_newest_of_step(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    const struct step_rows *rows = arg;
    if (!rows->until || !is_along_age(rows->walking))
        add_newest(ctx, table, rows->walking);
}

static void read_rows(struct errand_context *ctx, void *arg)
{
    struct step_rows *rows = arg;
    const struct walking *walking = rows->walking;
    const struct walk *walk = &walking->walks[walking->place.walk];
    rows->until = end_of_step(ctx, rows);
    const struct order_bound behind = { .order = &walk->order, .key = walking->place.key };
    const struct order_bound end = { .order = &walk->order, .key = rows->until, .until = true };
    rows->found = sql_run(ctx, walking->table, sql_walk,
                          SQL_PARTS({ .name = "keys", .add = order_add_keys, .arg = &walk->order },
                                    { .name = "base", .text = walk->base },
                                    { .name = "newest", .add = add_newest_of_step, .arg = rows },
                                    { .name = "behind", .add = order_add_bound, .arg = &behind },
                                    { .name = "until", .add = order_add_bound, .arg = &end },
                                    { .name = "filter", .add = filter_add, .arg = walking->filter },
                                    { .name = "order", .add = order_add, .arg = &walk->order },
                                    { .name = "most", .text = errand_printf(ctx, "%d", ADMIN_STEP + 1) }));
}

/* Where so many rows take too long to read, fewer. */
static struct step_rows rows_of_step(struct errand_context *ctx, const struct walking *walking)
{
    struct step_rows rows = { .walking = walking, .window = WINDOW };
    struct context_end end;
    while ((end = context_try(ctx, read_rows, &rows)).end != JOB_END_RETURNED) {
        if (end.fault != CONTEXT_FAULT_OVERDUE || rows.window <= WINDOW_LEAST)
            context_refuse(ctx, end.fault, "%s", end.error);
        rows.window /= WINDOW_SHRINKS;
    }
    return rows;
}

static struct errand_value *read_ids(struct errand_context *ctx, const struct walking *walking,
                                     const struct result *result, size_t count)
{
    const struct errand_column *id = change_id_column(ctx, walking->table);
    struct errand_value *ids = errand_alloc(ctx, (count + 1) * sizeof(*ids));
    for (size_t i = 0; i < count; i++)
        if (value_parse(ctx, id, cell_text(ctx, result, i, 0), &ids[i], NULL) < 0)
            ids[i] = errand_null();
    return ids;
}

static void step(struct errand_context *ctx, struct walking *walking, enum admin_change change, struct admin_bulk *bulk)
{
    const struct order *order = &walking->walks[walking->place.walk].order;
    const struct step_rows rows = rows_of_step(ctx, walking);
    struct result *result = rows.found;
    errand_on_unwind(ctx, sql_release, result);
    size_t found = result_rows(result), count = found <= ADMIN_STEP ? found : ADMIN_STEP;
    const struct change_batch batch = {
        .table = walking->table,
        .change = change,
        .ids = read_ids(ctx, walking, result, count),
        .count = count,
        .filter = walking->filter,
    };
    size_t tried = change_batch(ctx, &batch, bulk);
    walking->place.key = found > tried ? order_key(ctx, order, result, tried - 1, 1) : rows.until;
    errand_off_unwind(ctx, sql_release, result);
    result_free(result);
    if (!walking->place.key)
        walking->place.walk++;
}

/* Those that match and run are told of once. */
static int64_t count_running(struct errand_context *ctx, const struct walking *walking)
{
    struct admin_filter running = *walking->filter;
    if (running.statuses && !(running.statuses & 1U << ADMIN_RUNNING))
        return 0;
    running.statuses = 1U << ADMIN_RUNNING;
    return admin_count_matching(ctx, walking->table, &running).count;
}

/* Where the text says; NULL: before the first step. */
static struct walking walking_from(struct errand_context *ctx, const struct errand_table *table,
                                   const struct admin_filter *filter, const char *place)
{
    static const struct admin_filter any = { 0 };
    struct walking walking = { .table = table, .filter = filter ? filter : &any, .age = order_of(ctx, table, 0, true) };
    walking.age.descending = false;
    if (place)
        read_place(ctx, place, &walking);
    else
        walking.place = (struct place_in_walk){ .kind = choose(ctx, &walking), .last = newest(ctx, &walking) };
    plan(ctx, &walking);
    if (walking.place.walk > 0 && walking.place.walk >= walking.walk_count)
        refuse_place(ctx, place);
    return walking;
}

const char *admin_change_place(struct errand_context *ctx, const struct errand_table *table,
                               const struct admin_filter *filter)
{
    struct walking walking = walking_from(ctx, table, filter, NULL);
    return write_place(ctx, &walking.place);
}

void admin_change_step(struct errand_context *ctx, const struct errand_table *table, enum admin_change change,
                       const struct admin_filter *filter, const char **after, struct admin_bulk *bulk)
{
    struct walking walking = walking_from(ctx, table, filter, *after);
    bool is_first = walking.place.walk == 0 && !walking.place.key;
    if (walking.place.walk < walking.walk_count)
        step(ctx, &walking, change, bulk);
    if (is_first)
        bulk->running += count_running(ctx, &walking);
    *after = walking.place.walk < walking.walk_count ? write_place(ctx, &walking.place) : NULL;
}
