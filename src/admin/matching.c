/* How many jobs match a filter. */
#include "admin/internal.h"

#include "admin_sql.h"

struct admin_count admin_count_matching(struct errand_context *ctx, const struct errand_table *table,
                                        const struct admin_filter *filter)
{
    const char *most = errand_printf(ctx, "%d", ADMIN_COUNT_MAX + 1);
    struct result *result =
        sql_run(ctx, table, sql_matching,
                SQL_PARTS({ .name = "filter", .add = filter_add, .arg = filter }, { .name = "most", .text = most }));
    int64_t count = cell_number(result, 0, 0);
    result_free(result);
    bool more = count > ADMIN_COUNT_MAX;
    return (struct admin_count){ .count = more ? ADMIN_COUNT_MAX : count, .more = more };
}
