/* Inserting a row that people describe: for the new-job form and for `errand enqueue`. */
#include "admin/admin.h"

#include "base/error.h"
#include "record/statement.h"
#include "store/connection.h"

#include <string.h>

static void add_columns(struct errand_context *ctx, const struct errand_table *table, const struct admin_input *inputs,
                        const struct errand_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        statement_add(ctx, i ? ", " : " (");
        statement_add_name(ctx, table->columns[inputs[i].column].name);
        statement_bind(ctx, values[i]);
    }
    statement_add(ctx, count ? ") VALUES (" : " DEFAULT VALUES");
    for (size_t i = 1; i <= count; i++)
        statement_add(ctx, errand_printf(ctx, i > 1 ? ", $%zu" : "$%zu", i));
    statement_add(ctx, count ? ")" : "");
}

const char *admin_insert(struct errand_context *ctx, const struct errand_table *table, const struct admin_input *inputs,
                         size_t count, size_t *wrong, struct errand_error *err)
{
    struct errand_value *values = errand_alloc(ctx, (count + 1) * sizeof *values);
    for (*wrong = 0; *wrong < count; ++*wrong) {
        const struct errand_column *column = &table->columns[inputs[*wrong].column];
        if (column->generated)
            return error_set(err, "the database computes it"), NULL;
        if (admin_value(ctx, column, inputs[*wrong].text, &values[*wrong], err) != 0)
            return NULL;
    }
    statement_begin(ctx);
    statement_add(ctx, "INSERT INTO ");
    statement_add_table(ctx, table);
    add_columns(ctx, table, inputs, values, count);
    if (table->primary_key_count > 0) {
        statement_add(ctx, " RETURNING ");
        statement_add_name(ctx, table->columns[table->primary_key[0]].name);
    }
    struct result *result = statement_run(ctx, table, "create");
    bool inserted = table->primary_key_count == 0 ? result_affected(result) == 1 : result_rows(result) == 1;
    const char *key = inserted && table->primary_key_count ? result_cell(result, 0, 0, NULL) : "";
    key = errand_strdup(ctx, key ? key : "");
    result_free(result);
    if (!inserted)
        errand_fail(ctx, "%s: the database inserted no row; a trigger or rule of the table keeps it out", table->name);
    return key;
}
