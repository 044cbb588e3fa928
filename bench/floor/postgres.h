/* The little of libpq that the PostgreSQL floors share. */
#ifndef FLOOR_POSTGRES_H
#define FLOOR_POSTGRES_H

#include <libpq-fe.h>

PGconn *floor_connect(const char *url);
void floor_exec(PGconn *connection, const char *format, ...) __attribute__((format(printf, 2, 3)));
void floor_prepare(PGconn *connection, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Runs a prepared statement with text values and returns its rows. */
PGresult *floor_run(PGconn *connection, const char *name, int count, const char *const *values);

#define FLOOR_PENDING                                                                                                  \
    "status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL AND run_at <= now()"

/* Claims up to $2 jobs of the table for $1, and gives their whole rows with the id first, as the engine's claim does.
 */
void floor_prepare_claim(PGconn *connection, const char *table);
/* Finishes the jobs $1 (an array) that $2 holds. */
void floor_prepare_finish(PGconn *connection, const char *table);

#endif
