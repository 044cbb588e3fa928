/* Connections and statements of the SQLite floors. */
#include "sqlite.h"

#include "floor.h"

#include <stdarg.h>
#include <stdio.h>

sqlite3 *floor_open(const char *url)
{
    sqlite3 *database;
    const char *path = floor_sqlite_path(url);
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        floor_die("%s: %s", path, sqlite3_errmsg(database));
    sqlite3_busy_timeout(database, 60000);
    floor_execute(database, "PRAGMA journal_mode = WAL");
    floor_execute(database, "PRAGMA synchronous = FULL");
    /* What is fastest on the machine of RESULTS.md: the indexes of 200,000 rows fit, and checkpoints are rare. */
    floor_execute(database, "PRAGMA cache_size = -65536");
    floor_execute(database, "PRAGMA wal_autocheckpoint = 16000");
    return database;
}

void floor_execute(sqlite3 *database, const char *format, ...)
{
    char sql[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        floor_die("%s: %s", sqlite3_errmsg(database), sql);
}

sqlite3_stmt *floor_statement(sqlite3 *database, const char *format, ...)
{
    char sql[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        floor_die("%s: %s", sqlite3_errmsg(database), sql);
    return statement;
}

void floor_step(sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        floor_die("%s", sqlite3_errmsg(sqlite3_db_handle(statement)));
    sqlite3_reset(statement);
}

sqlite3_stmt *floor_claim_statement(sqlite3 *database, const char *table)
{
    /* LIMIT in a subquery of its own, so that the rows are picked by the index before any is changed. */
    return floor_statement(
        database,
        "UPDATE %s SET status = 'job_status_running', locked_at = " FLOOR_SQLITE_NOW ", updated_at = " FLOOR_SQLITE_NOW
        ", locked_by = ?1, attempts_count = attempts_count + 1 "
        "WHERE queue_position IN (SELECT queue_position FROM %s WHERE status IN "
        "('job_status_not_started', 'job_status_retry') AND locked_by IS NULL AND run_at <= " FLOOR_SQLITE_NOW
        " ORDER BY run_at, queue_position LIMIT ?2) RETURNING id, *",
        table, table);
}

sqlite3_stmt *floor_finish_statement(sqlite3 *database, const char *table)
{
    return floor_statement(
        database,
        "UPDATE %s SET status = 'job_status_succeeded', locked_by = NULL, updated_at = " FLOOR_SQLITE_NOW
        " WHERE id = ?1 AND locked_by = ?2 AND status = 'job_status_running'",
        table);
}
