/* Rows by name, for people to choose one from. */
#include "admin/internal.h"

#include "admin_sql.h"

#include <stdlib.h>
#include <strings.h>

enum { NAME_CHARACTERS = 200 };

static void add_column(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    const struct errand_column *column = arg;
    (void)table;
    statement_add_name(ctx, column->name);
}

static void add_beginning(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    if (!arg) {
        statement_add(ctx, "NULL");
        return;
    }
    statement_add(ctx, "substr(");
    add_column(ctx, table, arg);
    statement_add(ctx, context_kind(ctx) == STORE_POSTGRES ? "::text, 1, " : ", 1, ");
    statement_add(ctx, errand_printf(ctx, "%d)", NAME_CHARACTERS));
}

static int by_name(const void *a, const void *b)
{
    const struct admin_name *left = a, *right = b;
    return strcasecmp(left->name, right->name);
}

/* Read by their key and sorted here, since the database may have no index by name. */
struct admin_names admin_names(struct errand_context *ctx, const struct errand_table *table,
                               const struct errand_column *id, const struct errand_column *name, size_t most)
{
    struct result *result = sql_run(ctx, table, sql_names,
                                    SQL_PARTS({ .name = "id", .add = add_column, .arg = id },
                                              { .name = "name", .add = add_beginning, .arg = name },
                                              { .name = "most", .text = errand_printf(ctx, "%zu", most + 1) }));
    size_t rows = result_rows(result);
    struct admin_names names = { .more = rows > most };
    struct admin_name *items = errand_alloc(ctx, (rows + 1) * sizeof(*items));
    for (size_t i = 0; i < rows && !names.more; i++) {
        const char *its_id = cell_text(ctx, result, i, 0), *its_name = cell_text(ctx, result, i, 1);
        if (its_id)
            items[names.count++] = (struct admin_name){ its_id, its_name && *its_name ? its_name : its_id };
    }
    result_free(result);
    qsort(items, names.count, sizeof(*items), by_name);
    names.items = items;
    return names;
}
