/* The blocking connection to PostgreSQL: statements with $1, $2, ... for records, scripts and the dashboard. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/number.h"
#include "store/postgres/blocking.h"
#include "store/postgres/names.h"
#include "store/result.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 65535, VALUE_TEXT_MAX = 2 * CLOCK_TEXT_MAX };

static struct postgres_connection *of(struct connection *connection)
{
    return (struct postgres_connection *)connection;
}

/* By how its SQLSTATE begins, whose first two characters are its class. */
static enum connection_fault fault_of(const char *state)
{
    static const struct {
        const char *begin;
        enum connection_fault fault;
    } faults[] = {
        { "25006", CONNECTION_READ_ONLY },
        { "55P03", CONNECTION_BUSY },
        { "40P01", CONNECTION_BUSY },
        /* A schema, table, type, function or any other object has its name already. */
        { "42710", CONNECTION_EXISTS },
        { "42P06", CONNECTION_EXISTS },
        { "42P07", CONNECTION_EXISTS },
        { "42723", CONNECTION_EXISTS },
        { "42701", CONNECTION_EXISTS },
        { "23", CONNECTION_CONFLICT },
        { "P0001", CONNECTION_CONFLICT },
        { "22", CONNECTION_VALUE },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (strncmp(state, faults[i].begin, strlen(faults[i].begin)) == 0)
            return faults[i].fault;
    return CONNECTION_REFUSED;
}

int postgres_refuse(struct postgres_connection *connection, const PGresult *result, struct errand_error *err)
{
    const char *state = connect_sqlstate(result);
    if (strcmp(state, "57014") == 0 && connection->base.limits.statement_ms > 0)
        return connection_overdue(&connection->base, err);
    connection->base.fault = fault_of(state);
    char text[sizeof(err->message)];
    connect_sentence(result, connection->conn, connection->url, !connection->base.limits.hides_rows, text,
                     sizeof(text));
    return error_set(err, "%s", text);
}

/* ---- Opening ---- */

/* What the decoding of cells and the writing of arrays rely on. Proxies carry the first four from one backend to the
 * next. */
static const char settings[] =
    "SELECT pg_catalog.set_config('DateStyle', 'ISO, MDY', false), pg_catalog.set_config('TimeZone', 'UTC', false),"
    " pg_catalog.set_config('standard_conforming_strings', 'on', false),"
    " pg_catalog.set_config('bytea_output', 'hex', false), pg_catalog.set_config('extra_float_digits', '1', false),"
    " pg_catalog.set_config('IntervalStyle', 'postgres', false), pg_catalog.set_config('array_nulls', 'on', false),"
    /* A database in SQL_ASCII holds bytes; one that is not UTF-8 would make every answer with it an error. */
    " CASE WHEN current_setting('server_encoding') = 'SQL_ASCII'"
    " THEN pg_catalog.set_config('client_encoding', 'SQL_ASCII', false) END,"
    /* A statement whose client has died is to end, instead of going on beside the job's next attempt. From PostgreSQL
       14 on, and an error where the server's system cannot tell. */
    " CASE WHEN current_setting('client_connection_check_interval', true) IS NOT NULL AND version() LIKE '%linux%'"
    " THEN pg_catalog.set_config('client_connection_check_interval', '500ms', false) END,"
    " pg_catalog.pg_backend_pid(),"
    " (SELECT (extract(epoch FROM backend_start) * 1000000)::int8"
    " FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))";

/* The backend's pid is not the one that the handshake told: what answers is a proxy. */
static int configure(struct postgres_connection *connection, struct errand_error *err)
{
    PGresult *result = PQexec(connection->conn, settings);
    int status = 0;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        status = postgres_refuse(connection, result, err);
    } else {
        struct backend backend = {
            .pid = atoi(PQgetvalue(result, 0, PQnfields(result) - 2)),
            .started_us = strtoll(PQgetvalue(result, 0, PQnfields(result) - 1), NULL, 10),
        };
        connection->keeps = backend.pid == PQbackendPID(connection->conn);
        connection->backend = connection->keeps ? backend : (struct backend){ 0 };
    }
    PQclear(result);
    return status;
}

static void postgres_close(struct connection *base)
{
    struct postgres_connection *connection = of(base);
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        free(connection->statements[i].sql);
    arena_release(&connection->memory);
    postgres_watch_release(&connection->watch);
    PQfinish(connection->conn);
    free(connection->own_url.target);
    free(connection->own_url.shown);
    free(connection);
}

static struct connection *open_database(const struct store_url *url, const char *database, bool *later,
                                        struct errand_error *err)
{
    struct postgres_connection *connection = calloc(1, sizeof(*connection));
    if (!connection) {
        error_set(err, "cannot connect to %s: out of memory", url->shown);
        return NULL;
    }
    connection->base = (struct connection){ .verbs = &postgres_connection_verbs, .kind = STORE_POSTGRES };
    connection->memory = (struct arena)ARENA_INIT;
    connection->own_url.target = strdup(url->target);
    connection->own_url.shown = strdup(url->shown);
    connection->url = &connection->own_url;
    if (!connection->own_url.target || !connection->own_url.shown)
        error_set(err, "cannot connect: out of memory");
    else if ((connection->conn = connect_and_wait(url, database, later, err)) && configure(connection, err) == 0)
        return &connection->base;
    postgres_close(&connection->base);
    return NULL;
}

static struct connection *postgres_open(const struct store_url *url, bool *later, struct errand_error *err)
{
    return open_database(url, NULL, later, err);
}

/* The name of the URL's database, as libpq finds it. NULL where memory ran out; to be freed. */
static char *database_name(const struct store_url *url)
{
    struct errand_error ignored;
    PGconn *conn = connect_start(url, NULL, NULL, NULL, &ignored);
    char *name = conn && PQdb(conn) ? strdup(PQdb(conn)) : NULL;
    PQfinish(conn);
    return name;
}

static int create_database(const struct store_url *url, bool *created, struct errand_error *err)
{
    char quoted[256], sql[300];
    char *name = database_name(url);
    if (!name || connect_quote(quoted, sizeof(quoted), name) < 0) {
        free(name);
        return error_set(err, "%s does not name a database", url->shown);
    }
    free(name);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s", quoted);
    bool later;
    struct connection *connection = open_database(url, "postgres", &later, err);
    if (!connection)
        return error_prefix(err, "the database %s is not there, and to create it", quoted);
    PGresult *result = PQexec(of(connection)->conn, sql);
    const char *state = connect_sqlstate(result);
    bool exists = strcmp(state, "42P04") == 0 || strcmp(state, "23505") == 0; /* made by another at this moment */
    *created = PQresultStatus(result) == PGRES_COMMAND_OK;
    int status = *created || exists ? 0 : postgres_refuse(of(connection), result, err);
    PQclear(result);
    connection_close(connection);
    return status == 0 ? 0 : error_prefix(err, "cannot create the database %s", quoted);
}

/* Whether the URL's database is missing, which only the server's own word for it tells from other failures. */
static bool is_missing(const struct store_url *url)
{
    struct errand_error ignored;
    PGconn *conn = connect_start(url, NULL, NULL, NULL, &ignored);
    struct connect_failure failure = { 0 };
    while (conn && PQstatus(conn) != CONNECTION_BAD && PQstatus(conn) != CONNECTION_OK) {
        struct pollfd wait = { .fd = PQsocket(conn), .events = POLLIN | POLLOUT };
        poll(&wait, 1, 1000);
        if (PQconnectPoll(conn) == PGRES_POLLING_FAILED)
            break;
    }
    if (conn)
        connect_failed(conn, url, &failure);
    PQfinish(conn);
    return strcmp(failure.sqlstate, "3D000") == 0;
}

static struct connection *postgres_create(const struct store_url *url, bool *created, struct errand_error *err)
{
    bool later;
    *created = false;
    struct connection *connection = open_database(url, NULL, &later, err);
    if (connection || later || !is_missing(url))
        return connection;
    return create_database(url, created, err) == 0 ? open_database(url, NULL, &later, err) : NULL;
}

static struct backend postgres_backend(const struct connection *base)
{
    return ((const struct postgres_connection *)base)->backend;
}

/* An idle server says nothing: what can be read is its farewell, or a notice, which libpq takes. */
static bool postgres_is_lost(const struct connection *base)
{
    PGconn *conn = ((const struct postgres_connection *)base)->conn;
    if (PQstatus(conn) == CONNECTION_BAD)
        return true;
    struct pollfd look = { .fd = PQsocket(conn), .events = POLLIN };
    if (poll(&look, 1, 0) <= 0)
        return false;
    if (!PQconsumeInput(conn))
        return true;
    PQisBusy(conn); /* parses what came */
    return PQstatus(conn) == CONNECTION_BAD || (poll(&look, 1, 0) > 0 && !PQconsumeInput(conn));
}

static bool postgres_in_transaction(const struct connection *base)
{
    PGTransactionStatusType status = PQtransactionStatus(((const struct postgres_connection *)base)->conn);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

/* ---- Values ---- */

struct values {
    struct arena *memory; /* of all below */
    size_t count;
    const char **data;
    int *sizes, *formats;
};

/* The text of a value that is not text itself; NULL for NULL. */
static const char *value_text(const struct errand_value *value, char text[VALUE_TEXT_MAX])
{
    switch (value->kind) {
    case ERRAND_VALUE_BOOL:
        return value->as.boolean ? "t" : "f";
    case ERRAND_VALUE_INT:
        snprintf(text, VALUE_TEXT_MAX, "%" PRId64, value->as.integer);
        return text;
    case ERRAND_VALUE_DOUBLE:
        return number_format(value->as.number, NUMBER_DIGITS_MAX, text);
    case ERRAND_VALUE_TIME:
        return clock_format(value->as.integer, text);
    case ERRAND_VALUE_DATE:
        return clock_format_date((errand_date)value->as.integer, text);
    case ERRAND_VALUE_CLOCK:
        return clock_format_day_time(value->as.integer, text);
    case ERRAND_VALUE_POINT:
        return point_format(value->as.point, text);
    case ERRAND_VALUE_NONE:
    case ERRAND_VALUE_NULL:
    case ERRAND_VALUE_TEXT:
    case ERRAND_VALUE_BYTES:
        break;
    }
    return NULL;
}

/* Text is sent in the form that ends at a NUL, so it is copied with one behind; bytes are sent as they are. */
static int add_data(struct values *values, size_t at, const struct errand_value *value, struct errand_error *err)
{
    const char *data = value->as.text.data ? value->as.text.data : "";
    size_t size = value->as.text.size;
    bool is_text = value->kind == ERRAND_VALUE_TEXT;
    if (size > INT32_MAX / 2)
        return error_set(err, "the value for $%zu is too large: %zu bytes", at + 1, size);
    if (is_text && memchr(data, '\0', size))
        return error_set(err, "the text for $%zu holds a NUL byte, which PostgreSQL does not store", at + 1);
    values->data[at] = is_text ? arena_copy(values->memory, data, size) : data;
    values->sizes[at] = (int)size;
    values->formats[at] = !is_text;
    return values->data[at] ? 0 : error_set(err, "out of memory");
}

static int add_value(struct values *values, size_t at, const struct errand_value *value, struct errand_error *err)
{
    if (value->kind == ERRAND_VALUE_TEXT || value->kind == ERRAND_VALUE_BYTES)
        return add_data(values, at, value, err);
    char text[VALUE_TEXT_MAX];
    const char *written = value_text(value, text);
    values->data[at] = written ? arena_strdup(values->memory, written) : NULL;
    return written && !values->data[at] ? error_set(err, "out of memory") : 0;
}

static int values_init(struct values *values, struct arena *memory, const struct errand_value *given, size_t count,
                       struct errand_error *err)
{
    *values = (struct values){ .memory = memory, .count = count };
    if (count > VALUES_MAX)
        return error_set(err, "too many values: %zu; PostgreSQL takes %d", count, VALUES_MAX);
    values->data = arena_alloc(memory, (count + 1) * sizeof(*values->data));
    values->sizes = arena_alloc(memory, (count + 1) * sizeof(*values->sizes));
    values->formats = arena_alloc(memory, (count + 1) * sizeof(*values->formats));
    if (!values->data || !values->sizes || !values->formats)
        return error_set(err, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (add_value(values, i, &given[i], err) < 0)
            return -1;
    return 0;
}

/* ---- Statements, prepared once and kept ---- */

/* Mostly the one before once more, which a comparison tells sooner than a hash. */
static struct statement *find(struct postgres_connection *connection, const char *sql)
{
    if (connection->last && strcmp(connection->last->sql, sql) == 0)
        return connection->last;
    uint64_t hash = hash_text(sql);
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct statement *statement = &connection->statements[i];
        if (statement->sql && statement->hash == hash && strcmp(statement->sql, sql) == 0)
            return statement;
    }
    return NULL;
}

static void forget(struct postgres_connection *connection, struct statement *statement)
{
    char sql[64];
    snprintf(sql, sizeof(sql), "DEALLOCATE %s", statement->name);
    if (PQtransactionStatus(connection->conn) != PQTRANS_INERROR)
        PQclear(PQexec(connection->conn, sql));
    if (connection->last == statement)
        connection->last = NULL;
    free(statement->sql);
    *statement = (struct statement){ NULL };
}

static void forget_all(struct postgres_connection *connection)
{
    connection->last = NULL;
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        free(connection->statements[i].sql);
        connection->statements[i] = (struct statement){ NULL };
    }
    if (PQtransactionStatus(connection->conn) == PQTRANS_IDLE)
        PQclear(PQexec(connection->conn, "DEALLOCATE ALL"));
}

static struct statement *free_place(struct postgres_connection *connection)
{
    struct statement *oldest = &connection->statements[0];
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct statement *statement = &connection->statements[i];
        if (!statement->sql)
            return statement;
        if (statement->used < oldest->used)
            oldest = statement;
    }
    forget(connection, oldest);
    return oldest;
}

/* Prepares it. NULL and the server's answer, to be cleared, where that fails. */
static struct statement *prepare(struct postgres_connection *connection, const char *sql, PGresult **answer)
{
    struct statement *statement = free_place(connection);
    struct statement fresh = { .sql = strdup(sql), .hash = hash_text(sql) };
    snprintf(fresh.name, sizeof(fresh.name), "errand_%" PRIu64, ++connection->names);
    *answer = PQprepare(connection->conn, fresh.name, sql, 0, NULL);
    if (!fresh.sql || PQresultStatus(*answer) != PGRES_COMMAND_OK) {
        free(fresh.sql);
        return NULL;
    }
    PQclear(*answer);
    *answer = NULL;
    *statement = fresh;
    return statement;
}

static PGresult *run(struct postgres_connection *connection, const char *sql, const struct values *values)
{
    int count = (int)values->count;
    if (!connection->keeps)
        return PQexecParams(connection->conn, sql, count, NULL, values->data, values->sizes, values->formats, 0);
    struct statement *statement = find(connection, sql);
    PGresult *answer = NULL;
    if (!statement && !(statement = prepare(connection, sql, &answer)))
        return answer;
    statement->used = ++connection->uses;
    connection->last = statement;
    return PQexecPrepared(connection->conn, statement->name, count, values->data, values->sizes, values->formats, 0);
}

/* A kept statement no longer fits: a table was altered, or the backend behind a proxy is another one. */
static bool is_outdated(struct postgres_connection *connection, const PGresult *answer)
{
    const char *state = connect_sqlstate(answer);
    bool gone = strcmp(state, "26000") == 0 || strcmp(state, "42P05") == 0;
    if (gone)
        connection->keeps = false;
    return gone || strcmp(state, "0A000") == 0;
}

/* Outside a transaction nothing was done yet, so it is simply run anew; inside, the transaction has failed. */
static PGresult *run_anew(struct postgres_connection *connection, const char *sql, const struct values *values)
{
    bool in_transaction = postgres_in_transaction(&connection->base);
    PGresult *answer = run(connection, sql, values);
    if (!is_outdated(connection, answer))
        return answer;
    forget_all(connection);
    if (in_transaction)
        return answer;
    PQclear(answer);
    return run(connection, sql, values);
}

/* ---- A session as at its start ---- */

/* Two round trips, where a new connection is a process of the server's. Behind a proxy the session is not ours. */
static int postgres_renew(struct connection *base)
{
    struct postgres_connection *connection = of(base);
    if (!connection->keeps)
        return -1;
    forget_all(connection);
    PGresult *answer = PQexec(connection->conn, "DISCARD ALL");
    bool done = PQresultStatus(answer) == PGRES_COMMAND_OK;
    PQclear(answer);
    struct errand_error ignored;
    return done ? configure(connection, &ignored) : -1;
}

/* ---- Limits ---- */

static bool is_limited(const struct postgres_connection *connection)
{
    return connection->base.limits.statement_ms > 0 || connection->base.limits.read_only;
}

/* Behind a proxy the next statement's backend is another one, and this one another client's: what is set must go with
   the transaction. */
static PGresult *begin_limited(struct postgres_connection *connection)
{
    char sql[96];
    snprintf(sql, sizeof(sql), "BEGIN%s; SET LOCAL statement_timeout = %d",
             connection->base.limits.read_only ? " READ ONLY" : "", connection->base.limits.statement_ms);
    return PQexec(connection->conn, sql);
}

static bool succeeded(const PGresult *answer)
{
    return PQresultStatus(answer) == PGRES_COMMAND_OK || PQresultStatus(answer) == PGRES_TUPLES_OK;
}

/* In a transaction of its own; what keeps that from its beginning or its end is the answer then. */
static PGresult *run_in_transaction(struct postgres_connection *connection, const char *sql,
                                    const struct values *values)
{
    PGresult *begun = begin_limited(connection);
    if (!succeeded(begun))
        return begun;
    PQclear(begun);
    PGresult *answer = run(connection, sql, values);
    PGresult *ended = PQexec(connection->conn, succeeded(answer) ? "COMMIT" : "ROLLBACK");
    if (!succeeded(answer) || succeeded(ended)) {
        PQclear(ended);
        return answer;
    }
    PQclear(answer);
    return ended;
}

static PGresult *run_limited(struct postgres_connection *connection, const char *sql, const struct values *values)
{
    bool apart = !connection->keeps && is_limited(connection) && !postgres_in_transaction(&connection->base);
    return apart ? run_in_transaction(connection, sql, values) : run_anew(connection, sql, values);
}

static int postgres_begin(struct connection *base, struct errand_error *err)
{
    struct postgres_connection *connection = of(base);
    bool limited = !connection->keeps && is_limited(connection);
    PGresult *answer = limited ? begin_limited(connection) : PQexec(connection->conn, "BEGIN");
    int status = succeeded(answer) ? 0 : postgres_refuse(connection, answer, err);
    PQclear(answer);
    return status;
}

static int postgres_limit(struct connection *base, const struct connection_limits *limits, struct errand_error *err)
{
    struct postgres_connection *connection = of(base);
    if (!connection->keeps)
        return 0;
    char sql[192];
    snprintf(sql, sizeof(sql),
             "SELECT pg_catalog.set_config('statement_timeout', '%d', false),"
             " pg_catalog.set_config('default_transaction_read_only', '%s', false)",
             limits->statement_ms, limits->read_only ? "on" : "off");
    PGresult *answer = PQexec(connection->conn, sql);
    int status = succeeded(answer) ? 0 : postgres_refuse(connection, answer, err);
    PQclear(answer);
    return status;
}

/* ---- Answers ---- */

/* PostgreSQL tells a count of SELECT too, which changed nothing. */
static int64_t affected(PGresult *answer)
{
    const char *status = PQcmdStatus(answer);
    return strncmp(status, "SELECT", 6) == 0 ? 0 : strtoll(PQcmdTuples(answer), NULL, 10);
}

static int copy_result(PGresult *answer, struct result **result, struct errand_error *err)
{
    int rows = PQntuples(answer), columns = PQnfields(answer);
    *result = result_new((size_t)columns);
    if (!*result)
        return error_set(err, "out of memory");
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
            int size = PQgetlength(answer, row, column);
            bool null = size == 0 && PQgetisnull(answer, row, column);
            if (result_add(*result, null ? NULL : PQgetvalue(answer, row, column), (size_t)size) < 0) {
                result_free(*result);
                *result = NULL;
                return error_set(err, "the answer of %d rows is larger than memory allows", rows);
            }
        }
    }
    result_set_affected(*result, affected(answer));
    return 0;
}

/* Nobody feeds or reads it: it is ended, and what follows is thrown away. */
static void end_copy(PGconn *conn)
{
    char *line;
    PQputCopyEnd(conn, "not supported by this call");
    while (PQgetCopyData(conn, &line, 0) > 0)
        PQfreemem(line);
    for (PGresult *rest; (rest = PQgetResult(conn)) != NULL;)
        PQclear(rest);
}

static int take_answer(struct postgres_connection *connection, PGresult *answer, struct result **result,
                       struct errand_error *err)
{
    switch (PQresultStatus(answer)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        return result ? copy_result(answer, result, err) : 0;
    case PGRES_EMPTY_QUERY:
        return error_set(err, "the statement is empty");
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        end_copy(connection->conn);
        return error_set(err, "COPY from or to the client is not for this call");
    default:
        return postgres_refuse(connection, answer, err);
    }
}

static int postgres_query(struct connection *base, const char *sql, const struct errand_value *given, size_t count,
                          struct result **result, struct errand_error *err)
{
    struct postgres_connection *connection = of(base);
    struct values values;
    base->fault = CONNECTION_REFUSED;
    if (result)
        *result = NULL;
    int status = values_init(&values, &connection->memory, given, count, err);
    if (status == 0) {
        PGresult *answer = run_limited(connection, sql, &values);
        status = take_answer(connection, answer, result, err);
        PQclear(answer);
    }
    arena_reset(&connection->memory);
    return status;
}

static int postgres_script(struct connection *base, const char *sql, struct errand_error *err)
{
    struct postgres_connection *connection = of(base);
    base->fault = CONNECTION_REFUSED;
    PGresult *answer = PQexec(connection->conn, sql);
    int status = PQresultStatus(answer) == PGRES_EMPTY_QUERY ? 0 : take_answer(connection, answer, NULL, err);
    PQclear(answer);
    return status;
}

const struct connection_verbs postgres_connection_verbs = {
    .open = postgres_open,
    .create = postgres_create,
    .close = postgres_close,
    .backend = postgres_backend,
    .is_lost = postgres_is_lost,
    .query = postgres_query,
    .script = postgres_script,
    .begin = postgres_begin,
    .renew = postgres_renew,
    .limit = postgres_limit,
    .in_transaction = postgres_in_transaction,
    .watch = postgres_watch,
    .await = postgres_await,
};
