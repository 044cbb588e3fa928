/* A context's connection: opened when first needed, waited for, opened anew when it was lost; transactions and the
   statements of the user's own. */
#include "record/state.h"

#include "base/clock.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long to wait before trying to connect again: from the first, doubling, up to the last. */
enum { WAIT_FIRST_MS = 50, WAIT_LAST_MS = 2000 };

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

void context_disconnect(struct errand_context *ctx)
{
    connection_close(ctx->connection);
    ctx->connection = NULL;
    ctx->in_transaction = false;
    ctx->lost = false;
}

void context_renew(struct errand_context *ctx)
{
    if (ctx->connection && connection_renew(ctx->connection) < 0)
        context_disconnect(ctx);
}

static void wait_to_connect(struct errand_context *ctx, int attempt, const struct errand_error *err)
{
    if (attempt == 0)
        errand_log(ctx, ERRAND_LOG_WARNING, "waiting for the database: %s", err->message);
    int ms = WAIT_FIRST_MS << (attempt < 6 ? attempt : 6);
    sleep_ms(ms < WAIT_LAST_MS ? ms : WAIT_LAST_MS);
}

static _Noreturn void fail(struct errand_context *ctx, enum connection_fault fault, const struct errand_table *table,
                           const char *verb, const struct errand_error *err)
{
    static const enum context_fault faults[] = {
        [CONNECTION_REFUSED] = CONTEXT_FAULT_OTHER,       [CONNECTION_OVERDUE] = CONTEXT_FAULT_OVERDUE,
        [CONNECTION_READ_ONLY] = CONTEXT_FAULT_READ_ONLY, [CONNECTION_BUSY] = CONTEXT_FAULT_OTHER,
        [CONNECTION_EXISTS] = CONTEXT_FAULT_OTHER,        [CONNECTION_CONFLICT] = CONTEXT_FAULT_CONFLICT,
        [CONNECTION_VALUE] = CONTEXT_FAULT_INPUT,         [CONNECTION_LOST] = CONTEXT_FAULT_AWAY,
    };
    context_fail_as(ctx, faults[fault], table, verb, err);
}

static void connect(struct errand_context *ctx)
{
    struct errand_error err;
    for (int attempt = 0;; attempt++) {
        bool later;
        ctx->connection = connection_try(ctx->config.url, &later, &err);
        if (ctx->connection)
            break;
        if (!later || !ctx->config.wait_for_connection || errand_time_left_us(ctx) == 0)
            context_refuse(ctx, CONTEXT_FAULT_AWAY, "%s", err.message);
        wait_to_connect(ctx, attempt, &err);
    }
    if (connection_limit(ctx->connection, &ctx->config.limits, &err) < 0)
        fail(ctx, connection_fault(ctx->connection), NULL, "limiting what statements may do", &err);
    if (ctx->config.connected)
        ctx->config.connected(ctx->config.arg, connection_backend(ctx->connection));
}

static const char *loss(const struct errand_context *ctx)
{
    return context_kind(ctx) == STORE_SQLITE
               ? "the database was deleted or replaced inside a transaction, which is thereby rolled back"
               : "the connection to the database was lost inside a transaction, which is thereby rolled back";
}

/* Whether an idle connection was closed is looked at; inside a transaction the next statement finds out. */
struct connection *context_connection(struct errand_context *ctx)
{
    context_check(ctx);
    if (ctx->connection && (ctx->in_transaction ? !ctx->lost : !connection_is_lost(ctx->connection)))
        return ctx->connection;
    if (ctx->connection && ctx->in_transaction)
        context_refuse(ctx, CONTEXT_FAULT_AWAY, "%s", loss(ctx));
    context_disconnect(ctx);
    connect(ctx);
    return ctx->connection;
}

enum store_kind context_kind(const struct errand_context *ctx)
{
    return ctx->config.url->kind;
}

/* A statement that found the connection gone is not sent again: whether it took effect is unknown. What can be known
   before, that an idle connection was closed, context_connection has looked at. */
struct result *context_query(struct errand_context *ctx, const struct errand_table *table, const char *verb,
                             const char *sql, const struct errand_value *values, size_t count)
{
    struct connection *connection = context_connection(ctx);
    struct errand_error err;
    struct result *result = NULL;
    int failed = connection_query(connection, sql, values, count, &result, &err);
    ctx->lost = failed && connection_is_lost(connection);
    if (!ctx->lost)
        ctx->in_transaction = connection_in_transaction(connection);
    if (ctx->lost && ctx->in_transaction)
        error_prefix(&err, "%s", loss(ctx));
    if (failed)
        fail(ctx, connection_fault(connection), table, verb, &err);
    return result;
}

errand_time errand_now(struct errand_context *ctx)
{
    static const char statement[] = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
    context_check(ctx);
    if (context_kind(ctx) == STORE_SQLITE) /* which itself tells milliseconds only */
        return clock_realtime_us();
    struct result *result = context_query(ctx, NULL, "errand_now", statement, NULL, 0);
    errand_time now;
    int failed = result_rows(result) == 1 ? clock_parse(result_cell(result, 0, 0, NULL), &now) : -1;
    result_free(result);
    if (failed)
        errand_fail(ctx, "errand_now: the database gave no time");
    return now;
}

void errand_begin(struct errand_context *ctx)
{
    struct connection *connection = context_connection(ctx);
    if (ctx->in_transaction)
        errand_fail(ctx,
                    "errand_begin: a transaction is open already, and they do not nest; end it with errand_commit or "
                    "errand_rollback first");
    struct errand_error err;
    if (connection_begin(connection, &err) < 0)
        fail(ctx, connection_fault(connection), NULL, "errand_begin", &err);
    ctx->in_transaction = true;
}

void errand_commit(struct errand_context *ctx)
{
    struct connection *connection = context_connection(ctx);
    if (!ctx->in_transaction)
        errand_fail(ctx, "errand_commit: no transaction is open; errand_begin opens one");
    if (connection_is_lost(connection)) /* a SQLite file that is gone takes the commit as any other */
        context_refuse(ctx, CONTEXT_FAULT_AWAY, "errand_commit: %s", loss(ctx));
    struct errand_error err;
    int failed = connection_commit(connection, &err);
    enum connection_fault fault = connection_fault(connection);
    /* SQLite leaves it open where the commit failed; it cannot succeed any more. */
    if (failed && !connection_is_lost(connection) && connection_in_transaction(connection))
        connection_rollback(connection, NULL);
    ctx->in_transaction = false;
    if (failed)
        fail(ctx, fault, NULL, "errand_commit", &err);
}

void errand_rollback(struct errand_context *ctx)
{
    context_check(ctx);
    if (!ctx->in_transaction)
        errand_fail(ctx, "errand_rollback: no transaction is open; errand_begin opens one");
    ctx->in_transaction = false;
    struct errand_error err;
    if (connection_is_lost(ctx->connection) || connection_rollback(ctx->connection, &err) < 0)
        context_disconnect(ctx); /* which rolls it back for certain */
}

bool context_begin_if(struct errand_context *ctx)
{
    context_connection(ctx);
    if (ctx->in_transaction)
        return false;
    errand_begin(ctx);
    return true;
}

void context_commit_if(struct errand_context *ctx, bool began)
{
    if (began)
        errand_commit(ctx);
}

static size_t count_values(const struct errand_value *values)
{
    size_t count = 0;
    while (values && count < ERRAND_VALUES_MAX && values[count].kind != ERRAND_VALUE_NONE)
        count++;
    return count;
}

/* Copies the result into the context's memory; NULL where that ran out. */
static const char **copy_cells(struct arena *arena, const struct result *result)
{
    size_t rows = result_rows(result), columns = result_columns(result);
    size_t total;
    if (__builtin_mul_overflow(rows, columns, &total) || total >= SIZE_MAX / sizeof(char *))
        return NULL;
    const char **cells = arena_alloc(arena, (total + 1) * sizeof(char *));
    for (size_t i = 0; cells && i < total; i++) {
        size_t size;
        const char *cell = result_cell(result, i / columns, i % columns, &size);
        if (cell && !(cells[i] = arena_copy(arena, cell, size)))
            return NULL;
    }
    return cells;
}

struct errand_rows errand_sql_values(struct errand_context *ctx, const char *sql, const struct errand_value *values)
{
    struct result *result = context_query(ctx, NULL, "errand_sql", sql, values, count_values(values));
    if (!result)
        return (struct errand_rows){ 0 };
    struct errand_rows rows = { result_rows(result), result_columns(result), NULL };
    rows.cells = copy_cells(context_arena(ctx), result);
    result_free(result);
    if (!rows.cells)
        errand_fail(ctx, "errand_sql: out of memory");
    return rows;
}
