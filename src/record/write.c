/* Creating one record, updating and deleting. (create_many.c creates many.) */
#include "record/statement.h"

#include "base/error.h"
#include "record/state.h"

static void build_insert(struct errand_context *ctx, const struct errand_table *table, const void *record)
{
    statement_begin(ctx);
    statement_add(ctx, "INSERT INTO ");
    statement_add_table(ctx, table);
    size_t written = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct errand_column *column = &table->columns[i];
        if (column->generated || field_is_default(column, record) || field_is_initial(column, record))
            continue;
        statement_add(ctx, written++ ? ", " : " (");
        statement_add_name(ctx, column->name);
        statement_bind(ctx, statement_value(ctx, table, column, record));
    }
    statement_add(ctx, written ? ") VALUES (" : " DEFAULT VALUES");
    for (size_t i = 1; i <= written; i++)
        buffer_printf(&ctx->sql, i > 1 ? ", $%zu" : "$%zu", i);
    statement_add(ctx, written ? ") RETURNING " : " RETURNING ");
    statement_add_columns(ctx, table);
}

void errand_record_create(struct errand_context *ctx, const struct errand_table *table, void *record)
{
    build_insert(ctx, table, record);
    struct result *result = statement_run(ctx, table, "create");
    struct errand_error err;
    int failed = result_rows(result) == 1
                     ? rows_decode(ctx, table, result, 0, 1, record, &err)
                     : error_set(&err, "the database inserted no row; a trigger or rule of the table keeps it out");
    result_free(result);
    if (failed)
        context_fail(ctx, table, "create", &err);
}

static bool is_key(const struct errand_table *table, size_t column)
{
    for (size_t i = 0; i < table->primary_key_count; i++) {
        if (table->primary_key[i] == column)
            return true;
    }
    return false;
}

/* A field that holds "use the default" leaves the column as it is, but where the same field means NULL, NULL it is. */
static bool is_updated(const struct errand_table *table, size_t index, const void *record)
{
    const struct errand_column *column = &table->columns[index];
    if (column->generated || column->managed || is_key(table, index))
        return false;
    bool means_null = column->nullable && (column->type == ERRAND_TYPE_ENUM || column->type == ERRAND_TYPE_BOOL);
    return means_null || !field_is_default(column, record);
}

void errand_record_update(struct errand_context *ctx, const struct errand_table *table, const void *record)
{
    statement_need_key(ctx, table, "update");
    statement_begin(ctx);
    statement_add(ctx, "UPDATE ");
    statement_add_table(ctx, table);
    statement_add(ctx, " SET ");
    size_t written = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!is_updated(table, i, record))
            continue;
        statement_add(ctx, written++ ? ", " : "");
        statement_add_name(ctx, table->columns[i].name);
        statement_add(ctx, " = ");
        statement_add_value(ctx, statement_value(ctx, table, &table->columns[i], record));
    }
    if (written == 0) { /* nothing but the key: still, the row must be there */
        const char *name = table->columns[table->primary_key[0]].name;
        statement_add_name(ctx, name);
        statement_add(ctx, " = ");
        statement_add_name(ctx, name);
    }
    statement_add(ctx, " WHERE ");
    statement_add_key(ctx, table, NULL, record);
    if (statement_change(ctx, table, "update") == 0)
        errand_fail(ctx, "%s_update: the record is no longer in the table %s", table->record_name, table->name);
}

bool errand_record_delete(struct errand_context *ctx, const struct errand_table *table, const void *record)
{
    statement_need_key(ctx, table, "delete");
    statement_begin(ctx);
    statement_add(ctx, "DELETE FROM ");
    statement_add_table(ctx, table);
    statement_add(ctx, " WHERE ");
    statement_add_key(ctx, table, NULL, record);
    return statement_change(ctx, table, "delete") > 0;
}
