/* How many jobs match a filter. Where it must look at rows to know, it looks at the newest alone. */
#include "admin/internal.h"

#include "admin_sql.h"

#include <string.h>

enum { LOOK_MAX = 50000 }; /* rows that are looked at */

#define NOT_RUNNING "status <> 'job_status_running'"
#define RUNNING "status = 'job_status_running' AND status <> 'job_status_succeeded'"

struct part {
    const char *base;
    const struct admin_filter *filter;
    const struct order *order;
    const char *until; /* the key of the last row that is looked at; NULL: all are */
};

static int64_t count(struct errand_context *ctx, const struct errand_table *table, const struct part *part)
{
    const struct order_bound until = { .order = part->order, .key = part->until, .until = true };
    struct result *result = sql_run(
        ctx, table, sql_matching,
        SQL_PARTS({ .name = "base", .text = part->base }, { .name = "filter", .add = filter_add, .arg = part->filter },
                  { .name = "until", .add = order_add_bound, .arg = &until },
                  { .name = "most", .text = errand_printf(ctx, "%d", ADMIN_COUNT_MAX + 1) }));
    int64_t count = cell_number(result, 0, 0);
    result_free(result);
    return count;
}

/* The key of the row behind which none is looked at; NULL: there are not so many. */
static const char *last_looked_at(struct errand_context *ctx, const struct errand_table *table,
                                  const struct order *order)
{
    struct result *result =
        sql_run(ctx, table, sql_walk_end,
                SQL_PARTS({ .name = "keys", .add = order_add_keys, .arg = order },
                          { .name = "base", .text = NOT_RUNNING }, { .name = "newest", .text = "" },
                          { .name = "behind", .text = "" }, { .name = "order", .add = order_add, .arg = order },
                          { .name = "window", .text = errand_printf(ctx, "%d", LOOK_MAX - 1) }));
    const char *key = result_rows(result) > 0 ? order_key(ctx, order, result, 0, 1) : NULL;
    result_free(result);
    return key;
}

static bool looks_at_rows(const struct admin_filter *filter)
{
    return filter->error || filter->condition_count > 0 || filter->created_from.is_set || filter->created_to.is_set;
}

static struct admin_count bounded(int64_t count, bool more)
{
    bool beyond = count > ADMIN_COUNT_MAX;
    return (struct admin_count){ .count = beyond ? ADMIN_COUNT_MAX : count, .more = beyond || more };
}

struct admin_count admin_count_matching(struct errand_context *ctx, const struct errand_table *table,
                                        const struct admin_filter *filter)
{
    static const struct admin_filter any = { 0 };
    const struct order age = order_of(ctx, table, 0, true);
    struct part part = { .base = "1 = 1", .filter = filter ? filter : &any, .order = &age };
    if (!looks_at_rows(part.filter) || !(part.until = last_looked_at(ctx, table, &age)))
        return bounded(count(ctx, table, &part), false);
    unsigned statuses = part.filter->statuses;
    int64_t matching = 0;
    if (statuses != 1U << ADMIN_RUNNING) {
        part.base = NOT_RUNNING;
        matching += count(ctx, table, &part);
    }
    part.until = NULL;
    part.base = RUNNING;
    if (!statuses || statuses & 1U << ADMIN_RUNNING)
        matching += count(ctx, table, &part);
    return bounded(matching, true);
}
