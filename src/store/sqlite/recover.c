/* Running jobs whose worker is gone: found and made pending, or failed where that has happened too often. */
#include "store/sqlite/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)
#define PEERS_READ_EVERY_US INT64_C(500000)
/* Without an index the running jobs are found by reading the whole table. */
#define UNINDEXED_LOOK_EVERY_US INT64_C(30000000)
/* While nobody else has committed anything and no job was somebody else's, one look in this time is enough. */
#define CALM_LOOK_EVERY_US INT64_C(10000000)
enum { ATTEMPTS_BEYOND = 10 };

static const char worker_died[] = "The worker died while this job ran, too many times";
static const char stale_job[] = "Stale job: worker likely crashed";

struct recover_request {
    struct request base;
    store_recover_done done;
    const uint64_t *held; /* in the request's arena */
    size_t held_count;
    uint64_t bound; /* the greatest of held: claims beyond it were made since */
    struct store_recovered recovered;
};

/* A running row that is to be taken from its worker. */
struct lost_row {
    int64_t row;
    char *lock; /* in the request's arena; NULL: none */
    bool fails;
    const char *error;
};

struct lost_rows {
    struct lost_row *items; /* owned */
    size_t count, capacity;
};

static int code_of(struct sqlite_store *store)
{
    return sqlite3_extended_errcode(store->database.handle);
}

/* ---- Who is alive ---- */

static void read_peer(struct sqlite_store *store, sqlite3_stmt *row)
{
    struct peer *peer =
        sqlite_peers_find(&store->peers, strtoull((const char *)sqlite3_column_text(row, 0), NULL, 16), true);
    if (!peer)
        return;
    errand_time seen_at = 0;
    const char *boot_id = (const char *)sqlite3_column_text(row, 1);
    clock_parse((const char *)sqlite3_column_text(row, 5), &seen_at);
    peer->seen = true;
    snprintf(peer->process.boot_id, sizeof(peer->process.boot_id), "%s", boot_id);
    peer->process.pid_namespace = sqlite3_column_int64(row, 2);
    peer->process.pid = sqlite3_column_int64(row, 3);
    peer->process.start_ticks = sqlite3_column_int64(row, 4);
    if (peer->seen_at != seen_at) {
        peer->seen_at = seen_at;
        peer->seen_at_since_us = clock_monotonic_us();
    }
}

static int read_peers(struct sqlite_store *store)
{
    if (!store->installed || clock_monotonic_us() - store->peers.read_us < PEERS_READ_EVERY_US)
        return SQLITE_OK;
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_WORKERS);
    if (!statement)
        return code_of(store);
    for (size_t i = 0; i < store->peers.count; i++)
        store->peers.items[i].seen = false;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        read_peer(store, statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE)
        return code;
    sqlite_peers_prune(&store->peers);
    sqlite_peers_beat(&store->peers, false);
    for (size_t i = 0; i < store->peers.count; i++)
        if (store->peers.items[i].worker != store->config.worker)
            sqlite_peer_judge(&store->peers.items[i], &store->lease, &store->self, clock_realtime_us());
    store->peers.read_us = clock_monotonic_us();
    return SQLITE_OK;
}

static bool someone_died(const struct sqlite_store *store)
{
    for (size_t i = 0; i < store->peers.count; i++)
        if (store->peers.items[i].dead)
            return true;
    return false;
}

static bool someone_is_undecided(const struct sqlite_store *store)
{
    for (size_t i = 0; i < store->peers.count; i++) {
        const struct peer *peer = &store->peers.items[i];
        if (peer->worker != store->config.worker && sqlite_peer_is_undecided(peer, &store->self))
            return true;
    }
    return false;
}

/* ---- Which rows are lost ---- */

static bool is_held(const struct recover_request *request, uint64_t claim)
{
    for (size_t i = 0; i < request->held_count; i++)
        if (request->held[i] == claim)
            return true;
    return claim >= request->bound;
}

/* Whether the row is lost, and what becomes of it then. A job of one of our workers, dead or this one, is retried
   beyond max_attempts, since nobody knows whether it began. */
static bool judge_row(struct sqlite_store *store, struct recover_request *request, const char *lock,
                      errand_time locked_at, int attempts, struct lost_row *lost)
{
    const struct errand_job_options *options = request->base.table->base.type->options;
    uint64_t worker, claim;
    bool known = lock && store_claim_parse(lock, &worker, &claim);
    bool own = known && worker == store->config.worker;
    if (own && is_held(request, claim))
        return false;
    request->recovered.others++;
    struct peer *peer = known && !own ? sqlite_peers_find(&store->peers, worker, false) : NULL;
    if (peer && !peer->dead)
        return false;
    if (own || peer) {
        lost->fails = attempts >= options->max_attempts + ATTEMPTS_BEYOND;
        lost->error = lost->fails ? worker_died : NULL;
        return true;
    }
    int64_t age = clock_realtime_us() - locked_at;
    lost->fails = age > DAY_US;
    lost->error = lost->fails ? stale_job : NULL;
    return age > options->stale_job_timeout;
}

/* False: memory ran out. */
static bool keep(struct lost_rows *rows, struct lost_row row)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 64;
        struct lost_row *items = reallocarray(rows->items, capacity, sizeof(*items));
        if (!items)
            return false;
        rows->items = items;
        rows->capacity = capacity;
    }
    rows->items[rows->count++] = row;
    return true;
}

static int find_lost(struct sqlite_store *store, struct recover_request *request, struct lost_rows *rows)
{
    sqlite3_stmt *running = sqlite_table_statement(request->base.table, TABLE_RUNNING);
    if (!running)
        return code_of(store);
    int code;
    request->recovered.others = 0;
    while ((code = sqlite3_step(running)) == SQLITE_ROW) {
        const char *lock = (const char *)sqlite3_column_text(running, 1);
        const char *locked_at_text = (const char *)sqlite3_column_text(running, 2);
        errand_time locked_at = clock_realtime_us();
        if (locked_at_text)
            clock_parse(locked_at_text, &locked_at);
        struct lost_row lost = { .row = sqlite3_column_int64(running, 0) };
        if (!judge_row(store, request, lock, locked_at, sqlite3_column_int(running, 3), &lost))
            continue;
        lost.lock = lock ? arena_strdup(&request->base.arena, lock) : NULL;
        if ((lock && !lost.lock) || !keep(rows, lost)) {
            sqlite3_reset(running);
            return SQLITE_NOMEM;
        }
    }
    sqlite3_reset(running);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* ---- What becomes of them ---- */

static int take(struct sqlite_store *store, struct recover_request *request, const struct lost_row *lost,
                const char *now)
{
    sqlite3_stmt *statement = sqlite_table_statement(request->base.table, TABLE_RECOVER);
    if (!statement)
        return code_of(store);
    sqlite_bind(statement, 1, job_status_label(lost->fails ? JOB_STATUS_FAILED : JOB_STATUS_RETRY));
    sqlite_bind(statement, 2, lost->error);
    sqlite_bind(statement, 3, now);
    sqlite3_bind_int64(statement, 4, lost->row);
    sqlite_bind(statement, 5, lost->lock);
    int code = sqlite_step_once(statement);
    if (code == SQLITE_OK && sqlite3_changes(store->database.handle) > 0)
        *(lost->fails ? &request->recovered.failed : &request->recovered.retried) += 1;
    return code;
}

static int take_all(struct sqlite_store *store, struct recover_request *request, const struct lost_rows *rows)
{
    char now[CLOCK_TEXT_MAX];
    sqlite_now(now);
    request->recovered.retried = request->recovered.failed = 0;
    int code = database_run(&store->database, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < rows->count && code == SQLITE_OK; i++)
        code = take(store, request, &rows->items[i], now);
    return code == SQLITE_OK ? database_run(&store->database, "COMMIT") : code;
}

static bool is_calm(struct sqlite_store *store, const struct sqlite_table *table)
{
    return table->calm_version != 0 && clock_monotonic_us() - table->looked_at_us < CALM_LOOK_EVERY_US &&
           sqlite_ask_number(store, OWN_DATA_VERSION) == table->calm_version;
}

static bool is_worth_a_look(struct sqlite_store *store, struct sqlite_table *table)
{
    int64_t now = clock_monotonic_us();
    if (!table->has_index && !someone_died(store) && table->looked_at_us != 0 &&
        now - table->looked_at_us < UNINDEXED_LOOK_EVERY_US)
        return false;
    table->looked_at_us = now;
    return true;
}

/* Reads without a lock, and writes only where something was found. */
static int recover(struct sqlite_store *store, struct request *base)
{
    struct recover_request *request = (struct recover_request *)base;
    struct store_recovered *recovered = &request->recovered;
    recovered->others = base->table->others;
    if (is_calm(store, base->table))
        return SQLITE_OK;
    int code = read_peers(store);
    recovered->undecided = someone_is_undecided(store);
    if (code != SQLITE_OK || !is_worth_a_look(store, base->table))
        return code;
    struct lost_rows rows = { 0 };
    int64_t version = sqlite_ask_number(store, OWN_DATA_VERSION);
    code = find_lost(store, request, &rows);
    base->table->calm_version = code == SQLITE_OK && recovered->others == 0 ? version : 0;
    if (code == SQLITE_OK && rows.count > 0)
        code = take_all(store, request, &rows);
    if (code == SQLITE_OK)
        recovered->others -= recovered->retried + recovered->failed;
    base->table->others = recovered->others;
    free(rows.items);
    return code;
}

static void tell(struct request *base)
{
    static const struct store_recovered nothing;
    struct recover_request *request = (struct recover_request *)base;
    request->done(base->arg, base->result, base->result.fault == STORE_OK ? &request->recovered : &nothing);
}

void sqlite_recover(struct store_table *table, const uint64_t *held, size_t count, store_recover_done done, void *arg)
{
    struct recover_request *request = sqlite_request_new(sizeof(*request), recover, tell);
    request->base.table = (struct sqlite_table *)table;
    request->base.arg = arg;
    request->done = done;
    request->held = (const uint64_t *)sqlite_needed(arena_copy(&request->base.arena, held, count * sizeof(*held)));
    request->held_count = count;
    for (size_t i = 0; i < count; i++)
        request->bound = held[i] > request->bound ? held[i] : request->bound;
    sqlite_request_send(table->store, &request->base);
}
