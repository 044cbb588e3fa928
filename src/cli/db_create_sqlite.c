/* What a SQLite database lacks of the schema. */
#include "cli/command.h"

static int look(struct connection *connection, const char *sql, const char *first, const char *second, bool *found,
                struct errand_error *err)
{
    const struct errand_value values[] = { errand_text(first), errand_text(second) };
    struct result *result;
    if (connection_query(connection, sql, values, second ? 2 : 1, &result, err) != 0)
        return -1;
    *found = result_rows(result) > 0;
    result_free(result);
    return 0;
}

/* Runs what the printer has written, and empties it. */
static int run(struct connection *connection, struct buffer *sql, struct errand_error *err)
{
    int result = connection_script(connection, sql->data, err);
    buffer_reset(sql);
    return result;
}

static int add_columns(struct connection *connection, const struct schema *schema, const struct schema_table *table,
                       struct buffer *sql, struct db_report *report, struct errand_error *err)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct schema_column *column = &table->columns[i];
        bool found;
        if (look(connection, "SELECT 1 FROM pragma_table_xinfo($1) WHERE name = $2 COLLATE NOCASE", table->name,
                 column->name, &found, err) != 0)
            return -1;
        if (found)
            continue;
        schema_print_sqlite_column(schema, table, column, sql);
        if (run(connection, sql, err) != 0)
            return -1;
        db_made(report, "added column %s.%s", table->name, column->name);
    }
    return 0;
}

static int make_table(struct connection *connection, const struct schema *schema, const struct schema_table *table,
                      struct buffer *sql, struct db_report *report, struct errand_error *err)
{
    bool found;
    if (look(connection, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1 COLLATE NOCASE", table->name,
             NULL, &found, err) != 0)
        return -1;
    if (found)
        return add_columns(connection, schema, table, sql, report, err);
    schema_print_sqlite_table(schema, table, sql);
    if (run(connection, sql, err) != 0)
        return -1;
    db_made(report, "created table %s", table->name);
    return 0;
}

static int make_index(struct connection *connection, const struct schema_index *index, struct buffer *sql,
                      struct db_report *report, struct errand_error *err)
{
    bool found;
    if (look(connection, "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = $1 COLLATE NOCASE", index->name,
             NULL, &found, err) != 0)
        return -1;
    if (found)
        return 0;
    schema_print_sqlite_index(index, sql);
    if (run(connection, sql, err) != 0)
        return -1;
    db_made(report, "created index %s", index->name);
    return 0;
}

int db_create_sqlite(struct connection *connection, const struct schema *schema, struct db_report *report,
                     struct errand_error *err)
{
    struct buffer sql = BUFFER_INIT(SCHEMA_PRINT_MAX);
    int result = 0;
    for (size_t i = 0; result == 0 && i < schema->table_count; i++)
        result = make_table(connection, schema, schema->tables[i], &sql, report, err);
    for (size_t i = 0; result == 0 && i < schema->index_count; i++)
        if (!schema->indexes[i]->obstacle)
            result = make_index(connection, schema->indexes[i], &sql, report, err);
    buffer_release(&sql);
    return result;
}
