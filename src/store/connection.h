/* One blocking connection to either database, for what runs in the user's thread: records, scripts, the dashboard,
   `errand db create`. (The worker's asynchronous way is store.h.) Not for two threads at once. */
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include "store/url.h"

#include <errand/table.h>

struct connection;

/* Opens; never creates a SQLite file. NULL and the sentence (which database, what it said, what to do). */
struct connection *connection_open(const struct store_url *url, struct errand_error *err);
/* The same; *later says of a failure that it may pass by itself: the server is full (53300), starting up or shutting
   down (57P03), or does not answer (no such host, connection refused, timeout). false for a wrong password, a database
   or file that is not there. */
struct connection *connection_try(const struct store_url *url, bool *later, struct errand_error *err);
/* Creates the database first if there is none: a SQLite file (its folder must exist), or CREATE DATABASE through the
   server's database "postgres". *created says so. */
struct connection *connection_create(const struct store_url *url, bool *created, struct errand_error *err);
void connection_close(struct connection *connection);

enum store_kind connection_kind(const struct connection *connection);
/* The server's process that serves a connection. Its pid is another's after a while, and very soon where the server was
   started again in a container: with the time of its start it is nobody else. */
struct backend {
    int64_t pid;        /* 0: none */
    int64_t started_us; /* by the server's clock */
};
/* PostgreSQL: the backend that serves it. SQLite, or behind a proxy: none. */
struct backend connection_backend(const struct connection *connection);
/* PostgreSQL: the last use found the connection broken, or a look at the idle socket (one poll, nothing is sent) finds
   that the server has closed it. SQLite: the file was deleted, or another is in its place (one stat). It must be closed
   and opened anew. */
bool connection_is_lost(const struct connection *connection);

/* Makes the session what it was when it was opened: settings, locks and temporary tables that were left go. 0, or -1:
   it must be closed, and opened anew. Not inside a transaction, nor where there are limits. */
int connection_renew(struct connection *connection);

/* What the session allows; all zero: everything. 0, or -1 and the sentence. */
struct connection_limits {
    /* Each statement, and on SQLite each wait for the lock too; 0: none. Behind a proxy that gives each transaction
       another backend, a statement outside a transaction is given one of its own, so that nothing is set for others. */
    int statement_ms;
    bool read_only; /* whatever writes is refused */
    /* Sentences hold no values of rows: PostgreSQL's "Failing row contains (...)" and "Key (token)=(...)" are left out.
     */
    bool hides_rows;
};
int connection_limit(struct connection *connection, const struct connection_limits *limits, struct errand_error *err);

/* What kind of failure the last call that returned -1 met. */
enum connection_fault {
    CONNECTION_REFUSED = 1, /* whatever else the database said */
    CONNECTION_OVERDUE,     /* the statement took longer than connection_limits allows, and was stopped */
    CONNECTION_READ_ONLY,
    CONNECTION_BUSY,     /* PostgreSQL: a lock was not had within lock_timeout, or a deadlock was ended: it may pass */
    CONNECTION_EXISTS,   /* PostgreSQL: what was to be made is there already */
    CONNECTION_CONFLICT, /* a constraint or a trigger does not let the rows be so */
    CONNECTION_VALUE,    /* a value is not one that its type or a function takes */
    CONNECTION_LOST
};
enum connection_fault connection_fault(const struct connection *connection);

/* The answer to one statement. Cells are text (or bytes: bytea as \x... on PostgreSQL, raw on SQLite), with a NUL
   behind them that the size does not count. */
struct result;
size_t result_rows(const struct result *result);
size_t result_columns(const struct result *result);
/* NULL for SQL NULL. size may be NULL. */
const char *result_cell(const struct result *result, size_t row, size_t column, size_t *size);
/* Rows that an INSERT, UPDATE or DELETE changed. */
int64_t result_affected(const struct result *result);
void result_free(struct result *result);

/* Runs one statement with values for $1, $2, ... (SQLite: bound by these names, a number may occur twice or not at
   all). Statements are prepared once and kept. On PostgreSQL a value is sent as text of unknown type, so the statement
   decides what it is; cast where that is ambiguous. Waits for SQLite's lock without an end to ordinary contention
   (at least 60 s). 0 and *result (owned by the caller; result may be NULL), or -1 and the database's sentence. */
int connection_query(struct connection *connection, const char *sql, const struct errand_value *values, size_t count,
                     struct result **result, struct errand_error *err);
/* Runs a script of several statements, without values. (Behind a proxy its time is not limited.) */
int connection_script(struct connection *connection, const char *sql, struct errand_error *err);

/* ---- Watching for changes, on a connection that serves for nothing else ---- */

/* From now on connection_await tells of changes of these tables: PostgreSQL by notifications, and by the server's
   counters of changed rows, once a second; SQLite by a watch on the write-ahead log. 0, or -1 and the sentence. */
int connection_watch(struct connection *connection, const struct errand_table *const *tables, size_t count,
                     struct errand_error *err);
/* Waits until something may have changed, at most timeout_ms (-1: without end), or until stop_fd can be read. 1: it
   has; 0: not; -1 and the sentence: the connection must be closed and opened anew. */
int connection_await(struct connection *connection, int timeout_ms, int stop_fd, struct errand_error *err);

/* BEGIN (on SQLite BEGIN IMMEDIATE), COMMIT, ROLLBACK. */
int connection_begin(struct connection *connection, struct errand_error *err);
int connection_commit(struct connection *connection, struct errand_error *err);
int connection_rollback(struct connection *connection, struct errand_error *err);
bool connection_in_transaction(const struct connection *connection);

/* A row of a job table as the claim hands it to a runner and as records are read from a result: for each column of
   the generated table, in its order, a 32-bit size in the machine's byte order (UINT32_MAX for NULL), then that many
   bytes, in the text form that connection_query gives. */

#endif
