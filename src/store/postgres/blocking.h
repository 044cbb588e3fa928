/* The blocking connection as its files share it: connection.c runs statements, watch.c waits for changes. */
#ifndef STORE_POSTGRES_BLOCKING_H
#define STORE_POSTGRES_BLOCKING_H

#include "base/arena.h"
#include "store/backend.h"
#include "store/postgres/connect.h"

enum { STATEMENTS_MAX = 128 };

struct statement {
    char *sql; /* owned; NULL: the place is free */
    uint64_t hash;
    char name[32];
    uint64_t used; /* the count of uses when it was last used: the least goes first */
};

/* What watch.c waits with. */
struct postgres_watch {
    char *counters;      /* the statement that adds up the counters of the tables; owned; NULL: nothing is watched */
    const char **values; /* its values: the schema and the name of each table; the list is owned */
    int value_count;
    char *count;     /* what it last gave, as text; owned */
    int64_t next_us; /* CLOCK_MONOTONIC of the next look */
};

struct postgres_connection {
    struct connection base;
    const struct store_url *url; /* owned copy below */
    struct store_url own_url;
    PGconn *conn;
    struct backend backend; /* none: behind a proxy, where a backend is not ours alone */
    bool keeps;             /* prepared statements stay where they were made */
    uint64_t uses, names;
    struct statement statements[STATEMENTS_MAX];
    struct statement *last; /* the one that ran last; NULL: none */
    struct arena memory;    /* of the values of the statement that runs */
    struct postgres_watch watch;
};

/* What the server said of a failure; -1. */
int postgres_refuse(struct postgres_connection *connection, const PGresult *result, struct errand_error *err);

/* watch.c */
int postgres_watch(struct connection *base, const struct errand_table *const *tables, size_t count,
                   struct errand_error *err);
int postgres_await(struct connection *base, int timeout_ms, int stop_fd, struct errand_error *err);
void postgres_watch_release(struct postgres_watch *watch);

#endif
