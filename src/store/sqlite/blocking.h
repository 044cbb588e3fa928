/* The blocking connection as its files share it: connection.c runs statements, watch.c waits for changes. */
#ifndef SQLITE_BLOCKING_H
#define SQLITE_BLOCKING_H

#include "store/backend.h"
#include "store/sqlite/database.h"
#include "store/sqlite/wal.h"

enum { STATEMENTS_MAX = 64 };

struct statement {
    char *sql; /* owned */
    sqlite3_stmt *prepared;
    unsigned long *numbers; /* of its placeholders, in their order: n for $n; owned */
    uint64_t used;          /* the count of uses when it was last used: the least is dropped first */
};

struct sqlite_connection {
    struct connection base;
    struct database database;
    struct statement statements[STATEMENTS_MAX];
    uint64_t uses;
    bool watches; /* connection_watch was called: */
    struct wal_watch watch;
    sqlite3_stmt *version; /* PRAGMA data_version; owned */
    int64_t seen_version;
};

/* watch.c */
int sqlite_watch(struct connection *base, const struct errand_table *const *tables, size_t count,
                 struct errand_error *err);
int sqlite_await(struct connection *base, int timeout_ms, int stop_fd, struct errand_error *err);
void sqlite_watch_release(struct sqlite_connection *connection);

#endif
