/* Connections and statements of the PostgreSQL floors. */
#include "postgres.h"

#include "floor.h"

#include <stdarg.h>
#include <stdio.h>

static void quiet(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

PGconn *floor_connect(const char *url)
{
    PGconn *connection = PQconnectdb(url);
    if (PQstatus(connection) != CONNECTION_OK)
        floor_die("%s", PQerrorMessage(connection));
    PQsetNoticeProcessor(connection, quiet, NULL);
    return connection;
}

static void check(PGconn *connection, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        floor_die("%s", PQerrorMessage(connection));
}

void floor_exec(PGconn *connection, const char *format, ...)
{
    char sql[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    PGresult *result = PQexec(connection, sql);
    check(connection, result);
    PQclear(result);
}

void floor_prepare(PGconn *connection, const char *name, const char *format, ...)
{
    char sql[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    PGresult *result = PQprepare(connection, name, sql, 0, NULL);
    check(connection, result);
    PQclear(result);
}

PGresult *floor_run(PGconn *connection, const char *name, int count, const char *const *values)
{
    PGresult *result = PQexecPrepared(connection, name, count, values, NULL, NULL, 0);
    check(connection, result);
    return result;
}

void floor_prepare_claim(PGconn *connection, const char *table)
{
    floor_prepare(connection, "claim",
                  "UPDATE %s AS j SET status = 'job_status_running', locked_at = now(), locked_by = $1::uuid, "
                  "updated_at = now(), attempts_count = attempts_count + 1 "
                  "WHERE ctid = ANY (ARRAY (SELECT ctid FROM %s WHERE " FLOOR_PENDING
                  " ORDER BY run_at, queue_position LIMIT $2::int FOR UPDATE SKIP LOCKED)) RETURNING j.id, j.*",
                  table, table);
}

void floor_prepare_finish(PGconn *connection, const char *table)
{
    floor_prepare(connection, "finish",
                  "UPDATE %s AS j SET status = 'job_status_succeeded', locked_by = NULL, updated_at = now() "
                  "FROM unnest($1::uuid[]) AS done (id) "
                  "WHERE j.id = done.id AND j.locked_by = $2::uuid AND j.status = 'job_status_running'",
                  table);
}
