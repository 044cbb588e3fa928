/* The parts of the SQLite store among themselves. All SQLite calls of a store run on one thread of its own, so that an
   fsync or a wait for a lock never stops the loop; requests go to it in one queue and come back in another. What a
   comment here calls the thread's is touched by nothing else while the thread lives. */
#ifndef SQLITE_STORE_H
#define SQLITE_STORE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/process.h"
#include "store/backend.h"
#include "store/sqlite/database.h"
#include "store/sqlite/lease.h"
#include "store/sqlite/wal.h"

struct sqlite_store;
struct sqlite_table;

/* One call of a verb, on its way to the thread and back. Each verb embeds it first in a struct of its own. */
struct request {
    struct request *next;
    /* On the thread; SQLITE_OK, or the code of what failed. Where `writes`, inside a transaction that the thread has
       opened and commits, maybe together with other requests: then after a failure it is called again, alone. */
    int (*work)(struct sqlite_store *store, struct request *request);
    /* On the loop: the callback. */
    void (*tell)(struct request *request);
    bool writes;
    /* Called first, outside a transaction: true if the request has no need to write, and is done. May be NULL. */
    bool (*idle)(struct sqlite_store *store, struct request *request);
    struct sqlite_table *table;
    store_done done;
    void *arg;
    struct store_result result;
    char message[768];  /* what result.message points to after a failure */
    struct arena arena; /* owned: what the request copied when it was made */
};

struct request_queue {
    struct request *first, **last;
};

/* Statements of a job table, prepared when first needed. */
enum table_statement {
    TABLE_PENDING,
    TABLE_CLAIM,
    TABLE_MARK,
    TABLE_FINISH,
    TABLE_FINISH_BY_ID,
    TABLE_FINISH_RUN,
    TABLE_HELD,
    TABLE_SETTLE,
    TABLE_SETTLE_BY_ID,
    TABLE_FORGET,
    TABLE_NEXT_DUE,
    TABLE_REFRESH,
    TABLE_RUNNING,
    TABLE_RECOVER,
    TABLE_STATEMENTS
};

struct sqlite_table {
    struct store_table base;
    struct sqlite_table *next;
    /* The loop's. */
    bool wants_sleep; /* store_sleep was called, store_wake not since */
    bool asleep;      /* and it was answered: `available` is told */
    /* The thread's. */
    sqlite3_stmt *statements[TABLE_STATEMENTS];
    bool has_position;
    int64_t looked_at_us; /* CLOCK_MONOTONIC of the last look for rows to recover */
    int64_t calm_version; /* PRAGMA data_version when that look saw only jobs of this worker; 0: it saw others */
    size_t others;        /* running jobs that the last look left to others */
    bool has_index;
};

/* Statements on our own tables and on the schema. */
enum own_statement {
    OWN_ADD_ATTEMPT,
    OWN_ADD_STATS,
    OWN_PRUNE_ATTEMPTS,
    OWN_PRUNE_STATS,
    OWN_HEARTBEAT,
    OWN_BURY,
    OWN_LEAVE,
    OWN_WORKERS,
    OWN_VERSION,
    OWN_HAS_VERSION,
    OWN_SET_VERSION,
    OWN_TABLE_KIND,
    OWN_HAS_COLUMN,
    OWN_DATA_VERSION,
    OWN_SCHEMA_VERSION,
    OWN_HAS_TRIGGER,
    OWN_STATEMENTS
};

struct sqlite_store {
    struct store base;
    struct store_config config;
    const struct store_events *events;
    void *owner;
    uv_loop_t *loop;
    uv_async_t news;     /* the thread has something to tell */
    uv_timer_t patience; /* how long store_close waits for what is under way */
    uv_thread_t thread;
    struct sqlite_table *tables; /* owned; the loop's */
    void (*closed)(void *arg);
    void *closed_arg;
    int open_handles; /* of the loop, while closing */

    uv_mutex_t mutex; /* over these: */
    struct request_queue waiting, finished;
    bool closing; /* nothing new comes; the thread ends when it has done what waits */
    bool online, changed, ended;
    bool fatal;
    bool interruptible; /* the thread's handle is open */
    char fatal_message[1024];

    atomic_bool stop;    /* store_close has lost its patience: whatever waits for a lock gives up */
    atomic_int sleepers; /* tables that want to sleep */
    int wake_fd;         /* eventfd: there are requests; owned */

    /* The thread's: */
    struct database database;
    sqlite3_stmt *own[OWN_STATEMENTS];
    struct wal_watch watch;
    struct lease lease;
    struct peers peers;
    struct process_identity self;
    errand_time started_at;
    int64_t version;         /* PRAGMA data_version when it was last looked at */
    bool told_gone;          /* that the file was deleted */
    bool installed;          /* our own tables are there */
    bool wrote;              /* the last to hold the lock of writers was this store, since the watch was last served */
    int64_t write_version;   /* PRAGMA data_version when a transaction that writes last began */
    uint64_t foreign_writes; /* such transactions that found that others had written since the one before; from 1 */
    int64_t others_wrote_us; /* CLOCK_MONOTONIC of the last of these */
    int64_t schema_version;  /* PRAGMA schema_version when it was last looked for triggers */
    bool has_triggers;       /* by them, statements of our own may change what they do not name */
};

/* ---- store.c ---- */

/* A zeroed request of this size. */
void *sqlite_request_new(size_t size, int (*work)(struct sqlite_store *, struct request *),
                         void (*tell)(struct request *));
void sqlite_request_send(struct store *store, struct request *request);
/* For tell: calls request->done. */
void sqlite_request_tell_done(struct request *request);
/* Memory that the request was made with; never NULL: like every daemon out of memory for a few bytes, it aborts. */
void *sqlite_needed(void *memory);

/* The prepared statement, reset; NULL where SQLite refuses it (the code is in the handle). */
sqlite3_stmt *sqlite_own_statement(struct sqlite_store *store, enum own_statement which);
/* The one number that it gives; -1 where it gives none. */
int64_t sqlite_ask_number(struct sqlite_store *store, enum own_statement which);
/* Steps a statement that gives no rows, and resets it. SQLITE_OK, or the code. */
int sqlite_step_once(sqlite3_stmt *statement);
void sqlite_bind(sqlite3_stmt *statement, int at, const char *text);
/* Now, by the clock of the database, which is this machine's, as its tables hold it. */
char *sqlite_now(char text[CLOCK_TEXT_MAX]);

/* Jobs that are passed over, as they were when a request was made; in its arena. */
struct passed_over {
    const char **ids;
    size_t count;
};
struct passed_over sqlite_copy_passed_over(struct request *request, const struct store_table *table);
/* Is the job passed over whose id stands in this column? */
bool sqlite_is_passed_over(const struct passed_over *passed, sqlite3_stmt *statement, int column);

/* ---- table.c ---- */

struct store_table *sqlite_table(struct store *store, const struct errand_job_type *type, void *owner);
void sqlite_table_prepare(struct store_table *table, store_table_done done, void *arg);
sqlite3_stmt *sqlite_table_statement(struct sqlite_table *table, enum table_statement which);
/* Drops what was prepared. */
void sqlite_table_forget(struct sqlite_table *table);
void sqlite_table_free(struct sqlite_table *table);

/* ---- outcomes.c ---- */

/* Applies the outcomes, inside a transaction; counts in the answer what was dropped. SQLITE_OK, or the code. */
int sqlite_apply_outcomes(struct sqlite_store *store, struct sqlite_table *table, const struct store_exchange *exchange,
                          const char *now, struct store_answer *answer);

/* ---- exchange.c, upkeep.c, prune.c, recover.c, sleep.c: the verbs ---- */

void sqlite_exchange(struct store_table *table, const struct store_exchange *exchange, store_exchange_done done,
                     void *arg);
void sqlite_install(struct store *store, store_done done, void *arg);
void sqlite_heartbeat(struct store *store, store_done done, void *arg);
void sqlite_refresh(struct store_table *table, const uint64_t *claims, size_t count, store_done done, void *arg);
void sqlite_stats(struct store *store, const struct store_stat *stats, size_t count, store_done done, void *arg);
void sqlite_prune(struct store *store, store_prune_done done, void *arg);
/* Takes this worker out of errand_workers; on the thread, when it ends. */
void sqlite_leave(struct sqlite_store *store);
void sqlite_recover(struct store_table *table, const uint64_t *held, size_t count, store_recover_done done, void *arg);
void sqlite_sleep(struct store_table *table, store_done done, void *arg);
void sqlite_wake(struct store_table *table);
void sqlite_next_due(struct store_table *table, store_next_done done, void *arg);
/* On the thread: reads the version of the database; true if another connection has committed since the last look. */
bool sqlite_look(struct sqlite_store *store);

#endif
