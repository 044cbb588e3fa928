/* The store: the worker's way to the database, one interface for SQLite and PostgreSQL, asynchronous on one libuv
   loop. Every verb returns at once; its answer comes to the callback from the loop, exactly once, store_close
   included (then with STORE_CLOSED). Everything is called from the loop's thread. Each verb passes the conformance
   suite in tests/store/ on both databases.

   Time is always the database's. A worker is known by the 8 bytes of its id; a claim by these and a counter, together
   the uuid in locked_by, so an outcome applies only while the row is still held by exactly the claim it came from. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/log.h"
#include "job/status.h"
#include "job/types.h"
#include "store/connection.h"

#include <uv.h>

struct store;
struct store_table; /* a job table as the store knows it */

/* What went wrong, by what the worker can do about it. */
enum store_fault {
    STORE_OK = 0,
    STORE_OFFLINE, /* the connection is gone; whether the statement took effect is unknown. Send it again when
                      `online` is told: outcomes are fenced, so twice does no harm */
    STORE_BUSY,    /* a lock was not had in time, a deadlock, a serialization failure, the table was altered, the disk
                      is full: nothing took effect; try again, later */
    STORE_REFUSED, /* the database does not take it: these rows, or this table as it is. Nothing took effect */
    STORE_CLOSED   /* the store was closed before */
};

struct store_result {
    enum store_fault fault;
    const char *message; /* the database's sentence, for the log; valid during the callback; never NULL */
};

typedef void (*store_done)(void *arg, struct store_result result);

struct store_events {
    /* Jobs of the table may have become pending (PostgreSQL: notified; SQLite: something was committed by someone).
       Told only of tables that are asleep (store_sleep). */
    void (*available)(void *owner, struct store_table *table);
    /* The session and work connections are up (and the lease is held): verbs work. Told after store_open, and after
       each loss once it is up again. */
    void (*online)(void *owner);
    /* Told once per loss. The store reconnects by itself, with backoff (0.1 s doubling to 5 s). */
    void (*offline)(void *owner, const char *why);
    /* The database will never serve this worker: no such database, a transaction-pooling proxy, too old a server, a
       missing right that is needed. The worker should stop with this sentence. */
    void (*fatal)(void *owner, const char *why);
};

struct store_config {
    const struct store_url *url;  /* borrowed while the store lives */
    const struct log *log;        /* likewise */
    uint64_t worker;              /* random id of this worker, not 0; its lease is held under it */
    const char *application_name; /* for pg_stat_activity: "RunJobs" */
};

/* Begins to connect. NULL and the sentence only for what can be seen without connecting (or, on SQLite, a file that is
   not there). */
struct store *store_open(uv_loop_t *loop, const struct store_config *config, const struct store_events *events,
                         void *owner, struct errand_error *err);
/* Gives the lease back (its row in errand_workers goes), closes, then calls done, after which the store is gone. What
   is under way is still finished, for at most 5 s. */
void store_close(struct store *store, void (*done)(void *arg), void *arg);
/* Before store_close, where running rows stay behind: the row in errand_workers stays too, so that by it others know
   whose they are, and take them over at once. */
void store_leave_unfinished(struct store *store);
enum store_kind store_kind(const struct store *store);

/* ---- Our own tables, and the job tables ---- */

/* Makes or upgrades errand_workers, errand_attempts and errand_stats, by version, idempotently, safe
   against another worker doing the same. STORE_REFUSED names what is missing; the worker goes on without them
   (the store then skips writes to the ones that are not there). Called after each `online`: the database may have been
   made anew, or restored, while there was no connection. */
void store_install(struct store *store, store_done done, void *arg);

struct store_table_state {
    bool usable;         /* it can be claimed from; false: `warning` says why, and the statement that helps */
    bool missing;        /* there is no such table */
    bool has_position;   /* it has queue_position: claims follow the order of insertion */
    bool has_index;      /* the index for claiming is there */
    const char *warning; /* sentences for the log, one a line, each with the statement to run; NULL: all is well */
};
typedef void (*store_table_done)(void *arg, struct store_result result, const struct store_table_state *state);

/* A handle for the job type's table; no I/O. Owned by the store. */
struct store_table *store_table(struct store *store, const struct errand_job_type *type, void *owner);
void *store_table_owner(const struct store_table *table);
/* Looks at the table in the database and makes its function and triggers where they are missing, never waiting for
   a lock. To be called before its first claim and again now and then: it repairs triggers that were dropped and learns
   of altered columns. */
void store_table_prepare(struct store_table *table, store_table_done done, void *arg);

/* ---- Claiming and finishing ---- */

/* Where the store saw the row of a job that it claimed, and when, by a count of its own: given back with the outcome,
   which then needs no search. All zero: nowhere. */
struct store_place {
    int64_t row;
    uint64_t seen;
};

/* What was claimed. Valid during the callback only. */
struct store_job {
    const char *id; /* text of the id column */
    uint64_t claim;
    int attempts;    /* attempts_count, this attempt included */
    int64_t late_us; /* how long it had been due when it was claimed, by the database's clock */
    const void *row; /* the encoded row (connection.h), in the order of the generated table's columns */
    size_t row_size;
    struct store_place place;
};

/* What an attempt leaves behind in errand_attempts; times are microseconds before now, by this machine's clock. */
struct store_attempt {
    int64_t started_ago_us, finished_ago_us;
    const char *error;     /* NULL: none */
    const char *backtrace; /* NULL: none */
    const char *output;    /* NULL: none; at most 64 KiB */
    size_t output_size;
};

struct store_outcome {
    const char *id;
    uint64_t claim;
    int attempts;
    enum job_end end;
    struct job_transition transition;
    const char *error;                   /* for transition.set_error: any bytes; made valid text by the store */
    const struct store_attempt *attempt; /* NULL: none is kept */
    struct store_place place;            /* of the claimed job */
};

/* One transaction: outcomes, then the jobs of claims whose answer never came are put back, then a claim. */
struct store_exchange {
    const struct store_outcome *outcomes;
    size_t outcome_count;      /* at most STORE_OUTCOMES_MAX */
    const uint64_t *forgotten; /* numbers of claims that this worker asked for and never got an answer to */
    size_t forgotten_count;
    uint64_t claim;     /* its number, never used before by this worker; 0: claim nothing */
    size_t claim_limit; /* at most STORE_CLAIM_MAX */
    bool in_order;      /* max_concurrency is 1: strictly in order, from the very first pending row */
    bool name_refused;  /* claim_limit is 1; where the claim is refused, the answer names its job */
};
enum { STORE_OUTCOMES_MAX = 4096, STORE_CLAIM_MAX = 4096, STORE_ERROR_MAX = 8192, STORE_OUTPUT_MAX = 65536 };

struct store_answer {
    const struct store_job *jobs; /* in the order in which they are to start */
    size_t job_count;
    bool cut;               /* more rows were due than fit in memory: claim again. SQLite only */
    size_t dropped;         /* outcomes whose row is no longer held by their claim */
    const char *dropped_id; /* one of them, for the log; NULL when none */
    /* Jobs whose rows are locked by other transactions: their outcomes were not written, and are to be sent again
       later. A first exchange that meets such a row is STORE_BUSY; those that follow write around it. PostgreSQL only.
     */
    const char *const *locked_ids;
    size_t locked;
    const char *refused_id; /* where name_refused and STORE_REFUSED: the job; NULL: it is not for one job */
};
typedef void (*store_exchange_done)(void *arg, struct store_result result, const struct store_answer *answer);

/* The exchange and all it points to are copied or used before the call returns. At most two may be under way per table
   (one where in_order); more is a defect of the caller. */
void store_exchange(struct store_table *table, const struct store_exchange *exchange, store_exchange_done done,
                    void *arg);

/* From now on claims and store_next_due leave these jobs out, which the database does not let be claimed; until the
   next call. At most STORE_PASSED_OVER_MAX; they are borrowed. */
void store_pass_over(struct store_table *table, const char *const *ids, size_t count);
enum { STORE_PASSED_OVER_MAX = 100 };

/* ---- Sleeping and waking ---- */

/* Asks to be told (`available`) of new jobs of this table. STORE_OK: from now on every commit that makes one pending
   wakes this worker; claim once more before resting, for what came before. STORE_BUSY: someone is inserting right
   now; claim and ask again in 20 ms. */
void store_sleep(struct store_table *table, store_done done, void *arg);
/* No longer asleep: inserts need not notify. Cheap, and needless before store_exchange finds work only if it follows.
 */
void store_wake(struct store_table *table);

typedef void (*store_next_done)(void *arg, struct store_result result, int64_t delay_us);
/* Microseconds until the earliest pending job of the table is due (0: one is due now), or -1 where there is none. */
void store_next_due(struct store_table *table, store_next_done done, void *arg);

/* ---- Being alive, and those who are not ---- */

/* Writes seen_at of this worker. Call every 10 s. */
void store_heartbeat(struct store *store, store_done done, void *arg);
/* Writes locked_at = now of the jobs that this worker runs under these claims. SKIP LOCKED. */
void store_refresh(struct store_table *table, const uint64_t *claims, size_t count, store_done done, void *arg);

struct store_recovered {
    size_t retried, failed;
    size_t others;  /* running jobs that were left to others, by the last look */
    bool undecided; /* what becomes of some of them is known in a few seconds: the lease of a worker is free or its
                       process gone, which alone proves nothing yet, or the row of a dead one's job is locked */
};
typedef void (*store_recover_done)(void *arg, struct store_result result, const struct store_recovered *recovered);
/* Takes the running jobs of dead workers (a lease that is gone, DESIGN "Lease"), and of workers of another make that
   are stale (type->options->stale_job_timeout, a day), and makes them pending or failed as the lifecycle says. Also
   running jobs locked by this worker under claims that are not in `held` and lie below the greatest number in it: that
   one is the bound, so that a claim made while this is under way is left alone. Call every second or so: it is cheap
   when there is nothing. */
void store_recover(struct store_table *table, const uint64_t *held, size_t count, store_recover_done done, void *arg);

/* The database's side of a killed runner: its backend (connection_backend in that process) is terminated and seen gone
   before done is told. STORE_REFUSED, and why: it is still there after 5 s. SQLite, or no backend: done at once. */
void store_evict(struct store *store, struct backend backend, store_done done, void *arg);

/* ---- Statistics ---- */

struct store_stat {
    struct store_table *table;
    enum job_end end;
    int64_t count, total_us, max_us; /* of attempts that ended so since the last call */
};
/* Adds to errand_stats, for the current minute of the database's clock. */
void store_stats(struct store *store, const struct store_stat *stats, size_t count, store_done done, void *arg);

/* How long they are kept. Attempts are read when somebody asks why a job failed, which may be a quarter later, and are
   the larger by far; of the statistics nothing shows more than the last days. A step removes so many of each at most:
   attempts with all the output that they can have are 12 MiB, some milliseconds. */
enum { STORE_ATTEMPTS_DAYS = 90, STORE_STATS_DAYS = 30, STORE_PRUNE_MAX = 200 };
typedef void (*store_prune_done)(void *arg, struct store_result result, bool more);
/* A step of removing what is older from errand_attempts and errand_stats; waits for nobody. `more`: it removed as many
   as a step may. */
void store_prune(struct store *store, store_prune_done done, void *arg);

#endif
