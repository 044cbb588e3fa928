/* One SQLite handle with the settings that all of ours have, used by the blocking connection and by the store's
   thread. Not for two threads at once. */
#ifndef SQLITE_DATABASE_H
#define SQLITE_DATABASE_H

#include "base/number.h"
#include "store/store.h"
#include "store/url.h"

#include <errand/context.h>

#include <sqlite3.h>
#include <stdatomic.h>

enum { DATABASE_BUSY_MAX_S = 60 };

struct database {
    sqlite3 *handle;          /* owned */
    const atomic_bool *stop;  /* set by another thread: waits for a lock end; may be NULL */
    int64_t waiting_since_us; /* of the lock that is being waited for */
    unsigned jitter;          /* state of the sleeps' random numbers */
    int64_t deadline_us;      /* CLOCK_MONOTONIC at which waits for locks end; 0: none */
    bool checkpointing;       /* which waits for no lock */
    int64_t committed_us;     /* when it last did, */
    int64_t yielded_us;       /* and when others last had a moment for it */
};

/* Opens in WAL mode; never creates the file unless `create`, then *created says whether it did. The database must not
   move in memory while it is open: SQLite holds its address. 0, or -1 and the sentence. */
int database_open(struct database *database, const struct store_url *url, bool create, bool *created,
                  struct errand_error *err);
void database_close(struct database *database);
/* The file was deleted, or its path leads to another: what is written goes nowhere. One stat. */
bool database_is_gone(const struct database *database);

/* Lets others have the lock, which must be free, for longer than who has waited for long sleeps (wait_for_lock). */
void database_yield(struct database *database);
/* Before a transaction that writes: yields where one has followed the other for long. SQLite's locks know no queue: who
   comes back at once always finds the lock free, and those who wait hardly ever do. */
void database_give_way(struct database *database);
/* Runs statements without values or rows. SQLITE_OK, or the code. */
int database_run(struct database *database, const char *sql);
/* The sentence of the last error: what SQLite said, and what the system said under it. */
void database_sentence(const struct database *database, char *text, size_t size);
enum store_fault database_fault(int code);

/* A cell of the current row in its text form: numbers as text that reads back as the same number, blobs as they are.
   NULL for SQL NULL. `number` is where a number may be printed. */
const void *database_cell(sqlite3_stmt *statement, int column, char number[NUMBER_TEXT_MAX], size_t *size);

#endif
