#include "world.h"

#include "codegen/tables.h"
#include "record/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world world;
static struct schema *schema;
static struct arena arena;

bool on_postgres(void)
{
    return world.url.kind == STORE_POSTGRES;
}

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
    struct errand_error err;
    const char *url = getenv("TEST_POSTGRES_URL");
    char text[128];
    if (!url) {
        strcpy(world.folder, "/tmp/errand-admin-XXXXXX");
        if (!mkdtemp(world.folder))
            return -1;
        snprintf(text, sizeof(text), "sqlite:%s/app.db", world.folder);
        url = text;
    }
    world.url_text = strdup(url);
    schema = schema_read(*state);
    if (schema->error_count > 0)
        return -1;
    world.schema = tables_make(&arena, schema);
    bool created;
    struct connection *connection = NULL;
    if (store_url_parse(url, &world.url, &err) == 0)
        connection = connection_create(&world.url, &created, &err);
    if (!connection) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    make_tables(connection);
    connection_close(connection);
    world.letters = table_of("letter_jobs");
    world.foreign = table_of("foreign_jobs");
    return 0;
}

int close_database(void **state)
{
    (void)state;
    static const char *const files[] = { "app.db", "app.db-wal", "app.db-shm" };
    for (size_t i = 0; !on_postgres() && i < sizeof(files) / sizeof(files[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", world.folder, files[i]);
        unlink(path);
    }
    if (!on_postgres())
        rmdir(world.folder);
    store_url_release(&world.url);
    free((char *)world.url_text);
    arena_release(&arena);
    schema_free(schema);
    return 0;
}

static void run_text(const char *script)
{
    struct errand_error err = { "" };
    struct connection *connection = connection_open(&world.url, &err);
    if (!connection || connection_script(connection, script, &err) < 0)
        fail_msg("%s: %s", script, err.message);
    connection_close(connection);
}

static char *format_text(const char *format, va_list arguments)
{
    char *text;
    assert_true(vasprintf(&text, format, arguments) >= 0);
    return text;
}

void run_sql(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    run_text(text);
    free(text);
}

int64_t number_of(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    struct errand_error err = { "" };
    struct result *result = NULL;
    struct connection *connection = connection_open(&world.url, &err);
    if (!connection || connection_query(connection, text, NULL, 0, &result, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    assert_true(result_rows(result) > 0);
    const char *cell = result_cell(result, 0, 0, NULL);
    int64_t number = cell ? strtoll(cell, NULL, 10) : -1;
    result_free(result);
    connection_close(connection);
    free(text);
    return number;
}

void run_sql_each(const char *sqlite, const char *postgres)
{
    run_text(on_postgres() ? postgres : sqlite);
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

int start_test(void **state)
{
    (void)state;
    run_sql("DELETE FROM letter_jobs; DELETE FROM foreign_jobs; DELETE FROM errand_attempts; DELETE FROM errand_stats;"
            "DELETE FROM errand_workers;");
    const struct context_config config = { .url = &world.url };
    world.ctx = context_new(&config);
    return world.ctx ? 0 : -1;
}

int end_test(void **state)
{
    (void)state;
    context_free(world.ctx);
    return 0;
}

static void call_body(struct errand_context *ctx, void *arg)
{
    ((const struct body *)arg)->run(ctx);
}

void run_body(void **state)
{
    struct context_end end = context_call(world.ctx, call_body, *state);
    if (end.end != JOB_END_RETURNED)
        fail_msg("raised: %s", end.error);
}

struct raised raised_by(void (*fn)(struct errand_context *ctx, void *arg), void *arg)
{
    const struct context_config config = { .url = &world.url };
    struct errand_context *ctx = context_new(&config);
    struct context_end end = context_call(ctx, fn, arg);
    struct raised raised = { .fault = end.fault };
    snprintf(raised.error, sizeof(raised.error), "%s", end.error ? end.error : "");
    context_free(ctx);
    if (end.end != JOB_END_FAILED)
        fail_msg("nothing was raised");
    return raised;
}
