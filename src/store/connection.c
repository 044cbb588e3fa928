/* The blocking connection's verbs, handed on to the backend of the database. */
#include "store/connection.h"

#include "base/error.h"
#include "base/number.h"
#include "store/backend.h"

static const struct connection_verbs *const backends[] = {
    [STORE_SQLITE] = &sqlite_connection_verbs,
    [STORE_POSTGRES] = &postgres_connection_verbs,
};

struct connection *connection_open(const struct store_url *url, struct errand_error *err)
{
    bool later;
    return connection_try(url, &later, err);
}

struct connection *connection_try(const struct store_url *url, bool *later, struct errand_error *err)
{
    *later = false;
    return backends[url->kind]->open(url, later, err);
}

struct connection *connection_create(const struct store_url *url, bool *created, struct errand_error *err)
{
    return backends[url->kind]->create(url, created, err);
}

void connection_close(struct connection *connection)
{
    if (connection)
        connection->verbs->close(connection);
}

enum store_kind connection_kind(const struct connection *connection)
{
    return connection->kind;
}

struct backend connection_backend(const struct connection *connection)
{
    return connection->verbs->backend(connection);
}

bool connection_is_lost(const struct connection *connection)
{
    return connection->verbs->is_lost(connection);
}

int connection_renew(struct connection *connection)
{
    return connection->verbs->renew ? connection->verbs->renew(connection) : -1;
}

int connection_limit(struct connection *connection, const struct connection_limits *limits, struct errand_error *err)
{
    const struct connection_limits before = connection->limits;
    connection->limits = *limits;
    if (limits->statement_ms == before.statement_ms && limits->read_only == before.read_only)
        return 0;
    return connection->verbs->limit(connection, limits, err);
}

enum connection_fault connection_fault(const struct connection *connection)
{
    return connection_is_lost(connection) ? CONNECTION_LOST : connection->fault;
}

int connection_overdue(struct connection *connection, struct errand_error *err)
{
    char seconds[NUMBER_TEXT_MAX];
    connection->fault = CONNECTION_OVERDUE;
    return error_set(err, "the statement took longer than %s s, and was stopped",
                     number_format(connection->limits.statement_ms / 1e3, 6, seconds));
}

int connection_query(struct connection *connection, const char *sql, const struct errand_value *values, size_t count,
                     struct result **result, struct errand_error *err)
{
    return connection->verbs->query(connection, sql, values, count, result, err);
}

int connection_script(struct connection *connection, const char *sql, struct errand_error *err)
{
    return connection->verbs->script(connection, sql, err);
}

int connection_begin(struct connection *connection, struct errand_error *err)
{
    return connection->verbs->begin(connection, err);
}

int connection_commit(struct connection *connection, struct errand_error *err)
{
    return connection_query(connection, "COMMIT", NULL, 0, NULL, err);
}

int connection_rollback(struct connection *connection, struct errand_error *err)
{
    return connection_query(connection, "ROLLBACK", NULL, 0, NULL, err);
}

int connection_watch(struct connection *connection, const struct errand_table *const *tables, size_t count,
                     struct errand_error *err)
{
    return connection->verbs->watch(connection, tables, count, err);
}

int connection_await(struct connection *connection, int timeout_ms, int stop_fd, struct errand_error *err)
{
    return connection->verbs->await(connection, timeout_ms, stop_fd, err);
}

bool connection_in_transaction(const struct connection *connection)
{
    return connection->verbs->in_transaction(connection);
}
