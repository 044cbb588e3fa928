#include "world.h"

#include "codegen/tables.h"
#include "record/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world;
static struct schema *schema;
static struct arena arena;

const struct errand_table *table_of(const char *name)
{
    for (const struct errand_table *const *table = world.schema->tables; *table; table++)
        if (strcmp((*table)->name, name) == 0)
            return *table;
    fail_msg("no table %s", name);
    return NULL;
}

static void make_tables(struct connection *connection)
{
    struct errand_error err;
    struct buffer ddl = BUFFER_INIT(SCHEMA_PRINT_MAX);
    if (on_postgres())
        schema_print_postgres(schema, &ddl);
    else
        schema_print_sqlite(schema, &ddl);
    const char *own = on_postgres() ? own_tables_postgres : own_tables_sqlite;
    bool made =
        !on_postgres() || connection_script(connection, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", &err) == 0;
    if (!made || connection_script(connection, ddl.data, &err) < 0 || connection_script(connection, own, &err) < 0)
        fail_msg("%s", err.message);
    buffer_release(&ddl);
}

int open_database(void **state)
{
    schema = schema_read(*state);
    struct connection *connection = schema->error_count == 0 && database_choose() == 0 ? database_create() : NULL;
    if (!connection)
        return -1;
    make_tables(connection);
    connection_close(connection);
    world.schema = tables_make(&arena, schema);
    world.letters = table_of("letter_jobs");
    world.foreign = table_of("foreign_jobs");
    return 0;
}

int close_database(void **state)
{
    (void)state;
    arena_release(&arena);
    schema_free(schema);
    return database_release();
}

size_t column_of(const struct errand_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

const char *cell_of(struct errand_context *ctx, const struct errand_table *table, const void *record,
                    const char *column)
{
    struct errand_value value = field_value(&table->columns[column_of(table, column)], record);
    switch (value.kind) {
    case ERRAND_VALUE_NULL:
        return NULL;
    case ERRAND_VALUE_INT:
    case ERRAND_VALUE_TIME:
        return errand_printf(ctx, "%" PRId64, value.as.integer);
    case ERRAND_VALUE_TEXT:
        return errand_printf(ctx, "%.*s", (int)value.as.text.size, value.as.text.data);
    default:
        fail_msg("%s is of no kind that this shows", column);
        return NULL;
    }
}

const char *numbers_of(struct errand_context *ctx, const struct admin_list *list)
{
    const char *text = "";
    for (size_t i = 0; i < list->jobs.count; i++) {
        const char *job = (const char *)list->jobs.items + i * world.letters->record_size;
        const char *number = cell_of(ctx, world.letters, job, "number");
        text = errand_printf(ctx, "%s%s%s", text, i ? " " : "", number ? number : "-");
    }
    return text;
}

void add_letters(int first, int last, const char *status)
{
    const char *numbers = on_postgres() ? "SELECT generate_series(%d, %d)"
                                        : "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < "
                                          "%d) SELECT i FROM n";
    char series[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(series, sizeof(series), numbers, first, last);
#pragma GCC diagnostic pop
    run_sql("INSERT INTO letter_jobs (status, number) SELECT '%s'%s, numbers.i FROM (%s) AS numbers%s", status,
            on_postgres() ? "::job_status" : "", series, on_postgres() ? " (i)" : "");
}

void empty_tables(void)
{
    run_sql("DELETE FROM letter_jobs; DELETE FROM foreign_jobs; DELETE FROM errand_attempts; DELETE FROM errand_stats;"
            "DELETE FROM errand_workers;");
}
