/* The blocking connection to SQLite: statements with $1, $2, ... for records, scripts and the dashboard. */
#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "store/result.h"
#include "store/sqlite/blocking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sqlite_connection *of(struct connection *connection)
{
    return (struct sqlite_connection *)connection;
}

static struct connection *open_or_create(const struct store_url *url, bool create, bool *created,
                                         struct errand_error *err)
{
    struct sqlite_connection *connection = calloc(1, sizeof(*connection));
    if (!connection) {
        error_set(err, "cannot open the database %s: out of memory", url->target);
        return NULL;
    }
    connection->base = (struct connection){ .verbs = &sqlite_connection_verbs, .kind = STORE_SQLITE };
    if (database_open(&connection->database, url, create, created, err) == 0)
        return &connection->base;
    free(connection);
    return NULL;
}

/* A lock is waited for; what else fails here does not pass by itself. */
static struct connection *sqlite_open(const struct store_url *url, bool *later, struct errand_error *err)
{
    *later = false;
    return open_or_create(url, false, NULL, err);
}

static struct connection *sqlite_create(const struct store_url *url, bool *created, struct errand_error *err)
{
    return open_or_create(url, true, created, err);
}

static void forget(struct statement *statement)
{
    sqlite3_finalize(statement->prepared);
    free(statement->sql);
    free(statement->numbers);
    *statement = (struct statement){ 0 };
}

static void sqlite_close(struct connection *base)
{
    struct sqlite_connection *connection = of(base);
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        forget(&connection->statements[i]);
    sqlite_watch_release(connection);
    database_close(&connection->database);
    free(connection);
}

static struct backend sqlite_backend(const struct connection *connection)
{
    (void)connection;
    return (struct backend){ 0 };
}

static bool sqlite_is_lost(const struct connection *connection)
{
    return database_is_gone(&((const struct sqlite_connection *)connection)->database);
}

static bool sqlite_in_transaction(const struct connection *connection)
{
    return !sqlite3_get_autocommit(((const struct sqlite_connection *)connection)->database.handle);
}

static int refuse(struct sqlite_connection *connection, struct errand_error *err)
{
    int code = sqlite3_errcode(connection->database.handle) & 0xff;
    bool stopped = code == SQLITE_INTERRUPT || code == SQLITE_BUSY;
    if (stopped && connection->database.deadline_us != 0)
        return connection_overdue(&connection->base, err);
    connection->base.fault = code == SQLITE_READONLY                            ? CONNECTION_READ_ONLY
                             : code == SQLITE_CONSTRAINT                        ? CONNECTION_CONFLICT
                             : code == SQLITE_MISMATCH || code == SQLITE_TOOBIG ? CONNECTION_VALUE
                                                                                : CONNECTION_REFUSED;
    char said[sizeof(err->message)];
    database_sentence(&connection->database, said, sizeof(said));
    return error_set(err, "%s", said);
}

/* ---- Statements ---- */

/* What is prepared is the caller's to finalize, also where it is refused. */
static int prepare(struct sqlite_connection *connection, const char *sql, sqlite3_stmt **prepared,
                   struct errand_error *err)
{
    const char *tail = NULL;
    if (sqlite3_prepare_v3(connection->database.handle, sql, -1, SQLITE_PREPARE_PERSISTENT, prepared, &tail) !=
        SQLITE_OK)
        return refuse(connection, err);
    if (!*prepared)
        return error_set(err, "there is no statement in \"%.200s\"", sql);
    if (tail[strspn(tail, " \t\r\n;")] != '\0')
        return error_set(err, "more than one statement in one call: \"%.200s\"", sql);
    return 0;
}

/* SQLite numbers placeholders by where they first stand; their names say which value is meant. Looked at once, since
   finding a name takes longer the more there are. */
static int number_placeholders(struct statement *statement, struct errand_error *err)
{
    int placeholders = sqlite3_bind_parameter_count(statement->prepared);
    statement->numbers = calloc((size_t)placeholders + 1, sizeof(*statement->numbers));
    if (!statement->numbers)
        return error_set(err, "out of memory");
    for (int at = 1; at <= placeholders; at++) {
        const char *name = sqlite3_bind_parameter_name(statement->prepared, at);
        char *end = NULL;
        unsigned long number = name && name[0] == '$' ? strtoul(name + 1, &end, 10) : 0;
        if (number == 0 || *end != '\0')
            return error_set(err, "the placeholder %s is not understood: write $1, $2, ...", name ? name : "?");
        statement->numbers[at - 1] = number;
    }
    return 0;
}

/* The statement of this text, prepared now or before. */
static const struct statement *statement_for(struct sqlite_connection *connection, const char *sql,
                                             struct errand_error *err)
{
    struct statement *oldest = &connection->statements[0];
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct statement *statement = &connection->statements[i];
        if (statement->sql && strcmp(statement->sql, sql) == 0) {
            statement->used = ++connection->uses;
            return statement;
        }
        if (statement->used < oldest->used)
            oldest = statement;
    }
    struct statement fresh = { .sql = strdup(sql), .used = ++connection->uses };
    if (!fresh.sql) {
        error_set(err, "out of memory");
        return NULL;
    }
    if (prepare(connection, sql, &fresh.prepared, err) < 0 || number_placeholders(&fresh, err) < 0) {
        forget(&fresh);
        return NULL;
    }
    forget(oldest);
    *oldest = fresh;
    return oldest;
}

static int bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    return sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

static int bind_value(sqlite3_stmt *statement, int at, const struct errand_value *value)
{
    char text[2 * CLOCK_TEXT_MAX];
    switch (value->kind) {
    case ERRAND_VALUE_NONE:
    case ERRAND_VALUE_NULL:
        return sqlite3_bind_null(statement, at);
    case ERRAND_VALUE_BOOL:
        return sqlite3_bind_int(statement, at, value->as.boolean);
    case ERRAND_VALUE_INT:
        return sqlite3_bind_int64(statement, at, value->as.integer);
    case ERRAND_VALUE_DOUBLE:
        return sqlite3_bind_double(statement, at, value->as.number);
    case ERRAND_VALUE_TEXT:
        return sqlite3_bind_text64(statement, at, value->as.text.data, value->as.text.size, SQLITE_STATIC, SQLITE_UTF8);
    case ERRAND_VALUE_BYTES:
        return value->as.text.size > 0
                   ? sqlite3_bind_blob64(statement, at, value->as.text.data, value->as.text.size, SQLITE_STATIC)
                   : sqlite3_bind_zeroblob(statement, at, 0);
    case ERRAND_VALUE_TIME:
        return bind_text(statement, at, clock_format(value->as.integer, text));
    case ERRAND_VALUE_DATE:
        return bind_text(statement, at, clock_format_date((errand_date)value->as.integer, text));
    case ERRAND_VALUE_CLOCK:
        return bind_text(statement, at, clock_format_day_time(value->as.integer, text));
    case ERRAND_VALUE_POINT:
        return bind_text(statement, at, point_format(value->as.point, text));
    }
    return SQLITE_MISUSE;
}

static int bind_values(struct sqlite_connection *connection, const struct statement *statement,
                       const struct errand_value *values, size_t count, struct errand_error *err)
{
    int placeholders = sqlite3_bind_parameter_count(statement->prepared);
    for (int at = 1; at <= placeholders; at++) {
        unsigned long number = statement->numbers[at - 1];
        if (number > count)
            return error_set(err, "there is no value for the placeholder $%lu: %zu given", number, count);
        if (bind_value(statement->prepared, at, &values[number - 1]) != SQLITE_OK)
            return refuse(connection, err);
    }
    return 0;
}

static int add_row(sqlite3_stmt *statement, struct result *result)
{
    char number[NUMBER_TEXT_MAX];
    int columns = sqlite3_column_count(statement);
    for (int column = 0; column < columns; column++) {
        size_t size;
        const void *cell = database_cell(statement, column, number, &size);
        if (result_add(result, cell, size) < 0)
            return -1;
    }
    return 0;
}

/* Steps to the end. The rows are gathered where the caller wants them. */
static int run(struct sqlite_connection *connection, sqlite3_stmt *statement, struct result **wanted,
               struct errand_error *err)
{
    sqlite3_int64 before = sqlite3_total_changes64(connection->database.handle);
    int code = sqlite3_step(statement);
    struct result *result = NULL;
    /* Counted behind the first step, which prepares anew where the schema has changed. */
    if (wanted && !(result = result_new((size_t)sqlite3_column_count(statement))))
        return error_set(err, "out of memory");
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
        if (wanted && add_row(statement, result) < 0) {
            result_free(result);
            return error_set(err, "the answer of \"%.200s\" is larger than memory allows", sqlite3_sql(statement));
        }
    }
    if (code != SQLITE_DONE) {
        result_free(result);
        return refuse(connection, err);
    }
    if (wanted) {
        bool changed = sqlite3_total_changes64(connection->database.handle) != before;
        result_set_affected(result, changed ? sqlite3_changes64(connection->database.handle) : 0);
        *wanted = result;
    }
    return 0;
}

/* ---- Limits ---- */

/* Steps of SQLite's machine between two looks at the clock: less than a millisecond. */
enum { STEPS_A_LOOK = 4000 };

static int is_overdue(void *arg)
{
    const struct database *database = arg;
    return database->deadline_us != 0 && clock_monotonic_us() > database->deadline_us;
}

static void start_clock(struct sqlite_connection *connection)
{
    int limit_ms = connection->base.limits.statement_ms;
    connection->database.deadline_us = limit_ms > 0 ? clock_monotonic_us() + limit_ms * INT64_C(1000) : 0;
}

static int sqlite_limit(struct connection *base, const struct connection_limits *limits, struct errand_error *err)
{
    struct sqlite_connection *connection = of(base);
    struct database *database = &connection->database;
    sqlite3_progress_handler(database->handle, limits->statement_ms > 0 ? STEPS_A_LOOK : 0, is_overdue, database);
    const char *sql = limits->read_only ? "PRAGMA query_only=ON" : "PRAGMA query_only=OFF";
    return database_run(database, sql) == SQLITE_OK ? 0 : refuse(connection, err);
}

static int sqlite_query(struct connection *base, const char *sql, const struct errand_value *values, size_t count,
                        struct result **result, struct errand_error *err)
{
    struct sqlite_connection *connection = of(base);
    base->fault = CONNECTION_REFUSED;
    start_clock(connection);
    if (result)
        *result = NULL;
    const struct statement *statement = statement_for(connection, sql, err);
    if (!statement)
        return -1;
    int failed = bind_values(connection, statement, values, count, err);
    if (!failed && !sqlite_in_transaction(base) && !sqlite3_stmt_readonly(statement->prepared))
        database_give_way(&connection->database);
    if (!failed)
        failed = run(connection, statement->prepared, result, err);
    sqlite3_reset(statement->prepared);
    sqlite3_clear_bindings(statement->prepared); /* borrowed texts end with the call */
    return failed;
}

static int sqlite_begin(struct connection *base, struct errand_error *err)
{
    return sqlite_query(base, "BEGIN IMMEDIATE", NULL, 0, NULL, err);
}

static int sqlite_script(struct connection *base, const char *sql, struct errand_error *err)
{
    struct sqlite_connection *connection = of(base);
    base->fault = CONNECTION_REFUSED;
    start_clock(connection);
    return database_run(&connection->database, sql) == SQLITE_OK ? 0 : refuse(connection, err);
}

const struct connection_verbs sqlite_connection_verbs = {
    .open = sqlite_open,
    .create = sqlite_create,
    .close = sqlite_close,
    .backend = sqlite_backend,
    .is_lost = sqlite_is_lost,
    .query = sqlite_query,
    .script = sqlite_script,
    .begin = sqlite_begin,
    .limit = sqlite_limit,
    .in_transaction = sqlite_in_transaction,
    .watch = sqlite_watch,
    .await = sqlite_await,
};
