/* How many jobs match a filter. Where it must look at rows to know, it looks at the newest alone. */
#include "admin/internal.h"

#include "admin_sql.h"

#include <string.h>

#define RUNNING "status = 'job_status_running' AND status <> 'job_status_succeeded'"

struct part {
    const struct reach *reach;
    const char *base;
    const struct order *order;
    const char *until; /* the key of the last row that is looked at; NULL: all are */
};

static int64_t count(struct errand_context *ctx, const struct part *part)
{
    const struct order_bound until = { .order = part->order, .key = part->until, .until = true };
    struct result *result =
        sql_run(ctx, part->reach->table, sql_matching,
                SQL_PARTS({ .name = "table", .add = reach_add_rows, .arg = part->reach },
                          { .name = "base", .text = part->base },
                          { .name = "filter", .add = filter_add, .arg = part->reach->filter },
                          { .name = "until", .add = order_add_bound, .arg = &until },
                          { .name = "most", .text = errand_printf(ctx, "%d", ADMIN_COUNT_MAX + 1) }));
    int64_t count = cell_number(result, 0, 0);
    result_free(result);
    return count;
}

static struct admin_count bounded(int64_t count, bool more)
{
    bool beyond = count > ADMIN_COUNT_MAX;
    return (struct admin_count){ .count = beyond ? ADMIN_COUNT_MAX : count, .more = beyond || more };
}

/* Those that run are few, and have an index. */
static int64_t count_running(struct errand_context *ctx, const struct reach *reach)
{
    const struct reach all = { .table = reach->table, .filter = reach->filter, .how = REACH_ALL };
    unsigned statuses = reach->filter->statuses;
    if (statuses && !(statuses & 1U << ADMIN_RUNNING))
        return 0;
    return count(ctx, &(struct part){ .reach = &all, .base = RUNNING });
}

struct admin_count admin_count_matching(struct errand_context *ctx, const struct errand_table *table,
                                        const struct admin_filter *filter)
{
    static const struct admin_filter any = { 0 };
    const struct order age = order_of(ctx, table, 0, true);
    const struct reach reach = reach_of(ctx, table, filter ? filter : &any, false);
    struct part part = { .reach = &reach, .base = "1 = 1", .order = &age };
    if (reach.how != REACH_NEWEST || !(part.until = reach_end(ctx, &reach, &age, NULL)))
        return bounded(count(ctx, &part), false);
    part.base = reach_base(&reach);
    bool only_running = reach.filter->statuses == 1U << ADMIN_RUNNING;
    int64_t matching = only_running ? 0 : count(ctx, &part);
    if (column_named(table, "status"))
        matching += count_running(ctx, &reach);
    return bounded(matching, true);
}
