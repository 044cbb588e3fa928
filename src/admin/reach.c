/* How far a list or a count looks. Where an index picks the jobs that are asked for, or the table is small, at all of
   them; elsewhere at so many rows by age, from where the page begins, however few of them match. */
#include "admin/internal.h"

#include "admin_sql.h"

#include <string.h>

bool reach_looks_at_rows(const struct admin_filter *filter)
{
    return filter->error || filter->condition_count > 0 || filter->created_from.is_set || filter->created_to.is_set;
}

/* What the index on the unfinished picks: their statuses, and when they were created. */
static struct admin_filter picked_by_index(const struct admin_filter *filter)
{
    return (struct admin_filter){
        .statuses = filter->statuses,
        .created_from = filter->created_from,
        .created_to = filter->created_to,
    };
}

static bool are_few(struct errand_context *ctx, const struct errand_table *table, const struct admin_filter *filter)
{
    const struct admin_filter picked = picked_by_index(filter);
    struct result *result =
        sql_run(ctx, table, sql_matching,
                SQL_PARTS({ .name = "base", .text = "1 = 1" }, { .name = "filter", .add = filter_add, .arg = &picked },
                          { .name = "until", .text = "" },
                          { .name = "most", .text = errand_printf(ctx, "%d", ADMIN_LOOK_MAX + 1) }));
    int64_t count = cell_number(result, 0, 0);
    result_free(result);
    return count <= ADMIN_LOOK_MAX;
}

static bool is_one_row(const struct errand_table *table, const struct admin_filter *filter)
{
    for (size_t i = 0; i < filter->condition_count; i++)
        if (table->primary_key_count == 1 && filter->conditions[i].column == table->primary_key[0] &&
            filter->conditions[i].operator== ADMIN_EQUAL)
            return true;
    return false;
}

struct reach reach_of(struct errand_context *ctx, const struct errand_table *table, const struct admin_filter *filter,
                      bool sorted)
{
    struct reach reach = { .table = table, .filter = filter, .how = REACH_ALL };
    filter_check(ctx, filter);
    if ((!sorted && !reach_looks_at_rows(filter)) || is_one_row(table, filter))
        return reach;
    struct overview_reading reading = overview_reading_of(ctx, table);
    bool unfinished = filter->statuses && !(filter->statuses & 1U << ADMIN_SUCCEEDED);
    if (!reading.small)
        reach.how = reading.indexed && unfinished && are_few(ctx, table, filter) ? REACH_PICKED : REACH_NEWEST;
    return reach;
}

const char *reach_base(const struct reach *reach)
{
    return column_named(reach->table, "status") ? "status <> 'job_status_running'" : "1 = 1";
}

/* PostgreSQL picks first and looks then: OFFSET 0 keeps it from doing both at once by an index that serves the order.
   SQLite, which knows little of how many rows an index gives, walks by age without one. */
void reach_add_rows(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    const struct reach *reach = arg;
    bool postgres = context_kind(ctx) == STORE_POSTGRES;
    bool picks = reach->how == REACH_PICKED && postgres;
    const struct admin_filter picked = picked_by_index(reach->filter);
    if (picks) {
        statement_add(ctx, "(SELECT ");
        statement_add_columns(ctx, table);
        statement_add(ctx, " FROM ");
    }
    statement_add_table(ctx, table);
    if (picks) {
        statement_add(ctx, " WHERE ");
        filter_add(ctx, table, &picked);
        statement_add(ctx, " OFFSET 0) AS picked");
    }
    if (reach->how == REACH_NEWEST && !postgres)
        statement_add(ctx, " NOT INDEXED");
}

const char *reach_end(struct errand_context *ctx, const struct reach *reach, const struct order *age, const char *from)
{
    if (reach->how != REACH_NEWEST)
        return NULL;
    const struct order_bound behind = { .order = age, .key = from };
    struct result *result = sql_run(
        ctx, reach->table, sql_walk_end,
        SQL_PARTS({ .name = "table", .add = reach_add_rows, .arg = reach },
                  { .name = "keys", .add = order_add_keys, .arg = age }, { .name = "base", .text = reach_base(reach) },
                  { .name = "newest", .text = "" }, { .name = "behind", .add = order_add_bound, .arg = &behind },
                  { .name = "order", .add = order_add, .arg = age },
                  { .name = "window", .text = errand_printf(ctx, "%d", ADMIN_LOOK_MAX - 1) }));
    const char *key = result_rows(result) > 0 ? order_key(ctx, age, result, 0, 1) : NULL;
    result_free(result);
    return key;
}
