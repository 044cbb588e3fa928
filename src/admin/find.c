/* One job, and the attempts at it that left a record. */
#include "admin/internal.h"

#include "admin_sql.h"

void *admin_find(struct errand_context *ctx, const struct errand_table *table, const char *id)
{
    const struct errand_column *column = column_named(table, "id");
    struct errand_value value;
    if (!column || value_parse(ctx, column, id, &value, NULL) < 0)
        return NULL;
    sql_begin(ctx, table, sql_find, SQL_PARTS({ .name = "id", .value = value }));
    struct errand_list list = statement_fetch(ctx, table, "find");
    return list.count > 0 ? list.items : NULL;
}

static struct admin_attempt read_attempt(struct errand_context *ctx, const struct result *result, size_t row)
{
    return (struct admin_attempt){
        .attempt = cell_number(result, row, 0),
        .started_at = cell_time(result, row, 1),
        .finished_at = cell_time(result, row, 2),
        .outcome = cell_text(ctx, result, row, 3),
        .error = cell_text(ctx, result, row, 4),
        .backtrace = cell_text(ctx, result, row, 5),
        .output = cell_text(ctx, result, row, 6),
    };
}

struct admin_attempts admin_attempts(struct errand_context *ctx, const char *table, const char *id)
{
    if (!sql_may(ctx, "errand_attempts", "SELECT"))
        return (struct admin_attempts){ 0 };
    struct result *result =
        sql_run(ctx, NULL, sql_attempts,
                SQL_PARTS({ .name = "name", .value = errand_text(table) }, { .name = "id", .value = errand_text(id) },
                          { .name = "most", .value = errand_int(ADMIN_ATTEMPTS_MAX) }));
    size_t count = result_rows(result);
    struct admin_attempt *attempts = errand_alloc(ctx, (count + 1) * sizeof(*attempts));
    for (size_t i = 0; i < count; i++)
        attempts[i] = read_attempt(ctx, result, i);
    result_free(result);
    return (struct admin_attempts){ attempts, count };
}
