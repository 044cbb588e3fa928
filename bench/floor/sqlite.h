/* The little of SQLite that the SQLite floors share. */
#ifndef FLOOR_SQLITE_H
#define FLOOR_SQLITE_H

#include <sqlite3.h>

/* Opens the file in WAL mode with synchronous=FULL, waiting for locks. */
sqlite3 *floor_open(const char *url);
void floor_execute(sqlite3 *database, const char *format, ...) __attribute__((format(printf, 2, 3)));
sqlite3_stmt *floor_statement(sqlite3 *database, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Steps a statement that gives no row, and resets it. */
void floor_step(sqlite3_stmt *statement);

/* For the formats of floor_statement and floor_execute: %% becomes %. */
#define FLOOR_SQLITE_NOW "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now')"

/* Claims up to ?2 jobs of the table for ?1; gives their ids and the rest of their rows. */
sqlite3_stmt *floor_claim_statement(sqlite3 *database, const char *table);
/* Finishes job ?1 that ?2 holds. */
sqlite3_stmt *floor_finish_statement(sqlite3 *database, const char *table);

#endif
