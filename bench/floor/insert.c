/* insert URL TABLE COUNT GAP_US: an application's process that inserts a row now and then, with CLOCK_MONOTONIC just
   before the INSERT in its column sent_us. Feeds the measurements of pickup latency, of the floor and of the engine. */
#include "insert.h"

#include "floor.h"
#include "postgres.h"
#include "sqlite.h"

#include <stdio.h>

/* Gaps differ, so that no period of the machine or the worker is hit again and again. */
static void rest(long index, long gap_us)
{
    floor_sleep_us(gap_us + index * 7919 % (gap_us / 2 + 1));
}

static void insert_postgres(const struct floor_insert *insert)
{
    PGconn *connection = floor_connect(insert->url);
    floor_prepare(connection, "insert", "INSERT INTO %s (sent_us) VALUES ($1)", insert->table);
    for (long i = 0; i < insert->count; i++) {
        rest(i, insert->gap_us);
        char now[24];
        snprintf(now, sizeof(now), "%lld", (long long)floor_now_us());
        const char *values[] = { now };
        PQclear(floor_run(connection, "insert", 1, values));
    }
    PQfinish(connection);
}

static void insert_sqlite(const struct floor_insert *insert)
{
    sqlite3 *database = floor_open(insert->url);
    sqlite3_stmt *statement = floor_statement(database, "INSERT INTO %s (sent_us) VALUES (?1)", insert->table);
    for (long i = 0; i < insert->count; i++) {
        rest(i, insert->gap_us);
        sqlite3_bind_int64(statement, 1, floor_now_us());
        floor_step(statement);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
}

void floor_insert(const struct floor_insert *insert)
{
    if (floor_is_postgres(insert->url))
        insert_postgres(insert);
    else
        insert_sqlite(insert);
}
