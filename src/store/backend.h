/* What a backend (sqlite/, postgres/) implements behind connection.h and store.h. connection.c and store.c only
   dispatch. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "base/buffer.h"
#include "store/connection.h"
#include "store/store.h"

struct connection_verbs {
    struct connection *(*open)(const struct store_url *url, bool *later, struct errand_error *err); /* connection_try */
    struct connection *(*create)(const struct store_url *url, bool *created, struct errand_error *err);
    void (*close)(struct connection *connection);
    struct backend (*backend)(const struct connection *connection);
    bool (*is_lost)(const struct connection *connection);
    int (*query)(struct connection *connection, const char *sql, const struct errand_value *values, size_t count,
                 struct result **result, struct errand_error *err);
    int (*script)(struct connection *connection, const char *sql, struct errand_error *err);
    int (*begin)(struct connection *connection, struct errand_error *err); /* a transaction for writing */
    int (*renew)(struct connection *connection);                           /* NULL: only by being opened anew */
    int (*limit)(struct connection *connection, const struct connection_limits *limits, struct errand_error *err);
    bool (*in_transaction)(const struct connection *connection);
    int (*watch)(struct connection *connection, const struct errand_table *const *tables, size_t count,
                 struct errand_error *err);
    int (*await)(struct connection *connection, int timeout_ms, int stop_fd, struct errand_error *err);
};

/* The first member of each backend's connection. */
struct connection {
    const struct connection_verbs *verbs;
    enum store_kind kind;
    struct connection_limits limits;
    enum connection_fault fault; /* of the last failure */
};
/* The sentence of a statement that was stopped. Returns -1, and keeps the fault. */
int connection_overdue(struct connection *connection, struct errand_error *err);

extern const struct connection_verbs sqlite_connection_verbs;
extern const struct connection_verbs postgres_connection_verbs;

struct store_verbs {
    struct store *(*open)(uv_loop_t *loop, const struct store_config *config, const struct store_events *events,
                          void *owner, struct errand_error *err);
    void (*close)(struct store *store, void (*done)(void *arg), void *arg);
    void (*install)(struct store *store, store_done done, void *arg);
    struct store_table *(*table)(struct store *store, const struct errand_job_type *type, void *owner);
    void (*table_prepare)(struct store_table *table, store_table_done done, void *arg);
    void (*exchange)(struct store_table *table, const struct store_exchange *exchange, store_exchange_done done,
                     void *arg);
    void (*sleep)(struct store_table *table, store_done done, void *arg);
    void (*wake)(struct store_table *table);
    void (*next_due)(struct store_table *table, store_next_done done, void *arg);
    void (*heartbeat)(struct store *store, store_done done, void *arg);
    void (*refresh)(struct store_table *table, const uint64_t *claims, size_t count, store_done done, void *arg);
    void (*recover)(struct store_table *table, const uint64_t *held, size_t count, store_recover_done done, void *arg);
    void (*evict)(struct store *store, struct backend backend, store_done done, void *arg);
    void (*stats)(struct store *store, const struct store_stat *stats, size_t count, store_done done, void *arg);
    void (*prune)(struct store *store, store_prune_done done, void *arg);
};

/* The first members of each backend's store and table. */
struct store {
    const struct store_verbs *verbs;
    enum store_kind kind;
    bool unfinished; /* store_leave_unfinished was called */
};
struct store_table {
    struct store *store;
    const struct errand_job_type *type;
    void *owner;
    const char *const *passed_over_ids; /* borrowed of the caller of store_pass_over */
    size_t passed_over;
};

extern const struct store_verbs sqlite_store_verbs;
extern const struct store_verbs postgres_store_verbs;

/* The uuid in locked_by for claim number `claim` of worker `worker`: both as big-endian hexadecimal digits. */
errand_uuid store_claim_uuid(uint64_t worker, uint64_t claim);
/* The other way; false where the text is no uuid. */
bool store_claim_parse(const char *text, uint64_t *worker, uint64_t *claim);

/* Adds the warning of a job table without the index for claiming, with the statement that makes it, named as in the
   tables that are made for Errand. `quoted` is the table as SQL takes it; `then` orders rows behind run_at, or NULL. */
void store_advise_index(struct buffer *warning, const char *table, const char *quoted, const char *then);

#endif
