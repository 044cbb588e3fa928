/* Our own tables: making them, errand_workers, errand_stats; and locked_at of long jobs. */
#include "store/sqlite/store.h"

#include <errand.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/statements.h"

#define DAY_US INT64_C(86400000000)
#define MONTH_US (30 * DAY_US)

/* Each brings our tables from the version of its place in this list to the next. */
static const char *const steps[] = { sql_install_1 };
enum { VERSION = sizeof(steps) / sizeof(*steps) };

static void send_done(struct store *store, struct request *request, store_done done, void *arg)
{
    request->done = done;
    request->arg = arg;
    sqlite_request_send(store, request);
}

static int code_of(struct sqlite_store *store)
{
    return sqlite3_extended_errcode(store->database.handle);
}

/* ---- Install ---- */

static int read_number(struct sqlite_store *store, enum own_statement which, int64_t *number)
{
    *number = 0;
    sqlite3_stmt *statement = sqlite_own_statement(store, which);
    if (!statement)
        return code_of(store);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int read_installed(struct sqlite_store *store, int64_t *version)
{
    int64_t there;
    *version = 0;
    int code = read_number(store, OWN_HAS_VERSION, &there);
    return code == SQLITE_OK && there ? read_number(store, OWN_VERSION, version) : code;
}

static int write_installed(struct sqlite_store *store)
{
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_SET_VERSION);
    if (!statement)
        return code_of(store);
    sqlite3_bind_int64(statement, 1, VERSION);
    return sqlite_step_once(statement);
}

/* In a transaction that holds the write lock, so that of two that install at once the second finds it done. A version
   that is newer than ours was made by a newer program, which keeps what older ones use. */
static int upgrade(struct sqlite_store *store)
{
    int64_t version;
    int code = read_installed(store, &version);
    if (code != SQLITE_OK || version >= VERSION)
        return code;
    for (; version < VERSION && code == SQLITE_OK; version++)
        code = database_run(&store->database, steps[version]);
    return code == SQLITE_OK ? write_installed(store) : code;
}

/* ---- errand_workers ---- */

struct heartbeat_request {
    struct request base;
    /* In the request's arena: */
    const char *tables;
    struct sqlite_table **own; /* the same */
    size_t own_count;
};

static int beat(struct sqlite_store *store, const char *tables)
{
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_HEARTBEAT);
    if (!statement)
        return code_of(store);
    char id[17], now[CLOCK_TEXT_MAX];
    snprintf(id, sizeof(id), "%016" PRIx64, store->config.worker);
    sqlite_bind(statement, 1, id);
    sqlite_bind(statement, 2, store->self.host);
    sqlite_bind(statement, 3, store->self.boot_id);
    sqlite3_bind_int64(statement, 4, store->self.pid_namespace);
    sqlite3_bind_int64(statement, 5, store->self.pid);
    sqlite3_bind_int64(statement, 6, store->self.start_ticks);
    sqlite_bind(statement, 7, tables);
    sqlite_bind(statement, 8, sqlite_now(now));
    sqlite_bind(statement, 9, ERRAND_VERSION);
    int code = sqlite_step_once(statement);
    if (code == SQLITE_OK)
        sqlite_peers_beat(&store->peers, true);
    return code;
}

static int bury(struct sqlite_store *store, const struct peer *peer, const char *tables)
{
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_BURY);
    if (!statement)
        return code_of(store);
    char id[17], day[CLOCK_TEXT_MAX], month[CLOCK_TEXT_MAX];
    errand_time now = clock_realtime_us();
    snprintf(id, sizeof(id), "%016" PRIx64, peer->worker);
    sqlite_bind(statement, 1, id);
    sqlite_bind(statement, 2, tables);
    sqlite_bind(statement, 3, clock_format(now - DAY_US, day));
    sqlite_bind(statement, 4, clock_format(now - MONTH_US, month));
    int code = sqlite_step_once(statement);
    if (code == SQLITE_OK && sqlite3_changes(store->database.handle) > 0)
        sqlite_lease_remove(&store->lease, peer->worker);
    return code;
}

/* In a table that cannot be read there may be some. */
static bool may_have_jobs(const struct peer *peer, struct sqlite_table *table)
{
    sqlite3_stmt *running = sqlite_table_statement(table, TABLE_RUNNING);
    int code = SQLITE_ERROR;
    bool found = false;
    while (running && !found && (code = sqlite3_step(running)) == SQLITE_ROW) {
        const char *lock = (const char *)sqlite3_column_text(running, 1);
        uint64_t worker, claim;
        found = lock && store_claim_parse(lock, &worker, &claim) && worker == peer->worker;
    }
    sqlite3_reset(running);
    return code != SQLITE_DONE;
}

static bool is_recovered(const struct peer *peer, const struct heartbeat_request *request)
{
    for (size_t i = 0; i < request->own_count; i++)
        if (may_have_jobs(peer, request->own[i]))
            return false;
    return true;
}

/* By its row the jobs of a dead worker are known. That it is unseen for long says nothing by itself: so is everyone
   when the machine has slept, or its clock was set. */
static int bury_dead(struct sqlite_store *store, const struct heartbeat_request *request)
{
    errand_time now = clock_realtime_us();
    int code = SQLITE_OK;
    for (size_t i = 0; i < store->peers.count && code == SQLITE_OK; i++) {
        const struct peer *peer = &store->peers.items[i];
        bool long_dead = peer->dead && peer->free_since_us != 0 && peer->seen_at < now - DAY_US;
        if (long_dead && (peer->seen_at < now - MONTH_US || is_recovered(peer, request)))
            code = bury(store, peer, request->tables);
    }
    return code;
}

/* Whoever looks for our lease looks for the file. */
static void keep_lease(struct sqlite_store *store)
{
    struct errand_error err;
    if (sqlite_lease_keep(&store->lease, &err) < 0)
        log_write(store->config.log, ERRAND_LOG_WARNING, NULL, "%s", err.message);
}

static int install(struct sqlite_store *store, struct request *request)
{
    int code = database_run(&store->database, "BEGIN IMMEDIATE");
    if (code == SQLITE_OK)
        code = upgrade(store);
    if (code == SQLITE_OK)
        code = beat(store, ((struct heartbeat_request *)request)->tables);
    if (code == SQLITE_OK)
        code = database_run(&store->database, "COMMIT");
    store->installed = code == SQLITE_OK;
    return code;
}

static int heartbeat(struct sqlite_store *store, struct request *base)
{
    const struct heartbeat_request *request = (const struct heartbeat_request *)base;
    if (!store->installed)
        return SQLITE_OK;
    keep_lease(store);
    int code = beat(store, request->tables);
    return code == SQLITE_OK ? bury_dead(store, request) : code;
}

void sqlite_leave(struct sqlite_store *store)
{
    char id[17];
    snprintf(id, sizeof(id), "%016" PRIx64, store->config.worker);
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_LEAVE);
    if (!statement)
        return;
    sqlite_bind(statement, 1, id);
    sqlite_step_once(statement);
}

/* Names of the job tables, one behind the other with commas. */
static const char *table_names(struct arena *arena, const struct sqlite_store *store)
{
    size_t size = 1;
    for (const struct sqlite_table *table = store->tables; table; table = table->next)
        size += strlen(table->base.type->table->name) + 1;
    char *names = sqlite_needed(arena_alloc(arena, size)), *at = names;
    for (const struct sqlite_table *table = store->tables; table; table = table->next)
        at += sprintf(at, "%s%s", at > names ? "," : "", table->base.type->table->name);
    return names;
}

static void copy_tables(struct heartbeat_request *request, const struct sqlite_store *store)
{
    for (const struct sqlite_table *table = store->tables; table; table = table->next)
        request->own_count++;
    request->own = sqlite_needed(arena_alloc(&request->base.arena, (request->own_count + 1) * sizeof(*request->own)));
    size_t i = 0;
    for (struct sqlite_table *table = store->tables; table; table = table->next)
        request->own[i++] = table;
    request->tables = table_names(&request->base.arena, store);
}

static void send_beat(struct store *base, bool writes, int (*work)(struct sqlite_store *, struct request *),
                      store_done done, void *arg)
{
    struct heartbeat_request *request = sqlite_request_new(sizeof(*request), work, sqlite_request_tell_done);
    request->base.writes = writes;
    copy_tables(request, (struct sqlite_store *)base);
    send_done(base, &request->base, done, arg);
}

void sqlite_install(struct store *store, store_done done, void *arg)
{
    send_beat(store, false, install, done, arg);
}

void sqlite_heartbeat(struct store *store, store_done done, void *arg)
{
    send_beat(store, true, heartbeat, done, arg);
}

/* ---- locked_at ---- */

struct refresh_request {
    struct request base;
    const uint64_t *claims; /* in the request's arena */
    size_t count;
};

static int refresh(struct sqlite_store *store, struct request *base)
{
    struct refresh_request *request = (struct refresh_request *)base;
    sqlite3_stmt *statement = sqlite_table_statement(base->table, TABLE_REFRESH);
    if (!statement)
        return code_of(store);
    char now[CLOCK_TEXT_MAX];
    sqlite_bind(statement, 1, sqlite_now(now));
    int code = SQLITE_OK;
    for (size_t i = 0; i < request->count && code == SQLITE_OK; i++) {
        errand_uuid lock = store_claim_uuid(store->config.worker, request->claims[i]);
        sqlite_bind(statement, 2, lock.text);
        code = sqlite_step_once(statement);
    }
    return code;
}

void sqlite_refresh(struct store_table *table, const uint64_t *claims, size_t count, store_done done, void *arg)
{
    struct refresh_request *request = sqlite_request_new(sizeof(*request), refresh, sqlite_request_tell_done);
    request->base.table = (struct sqlite_table *)table;
    request->base.writes = count > 0;
    request->claims =
        (const uint64_t *)sqlite_needed(arena_copy(&request->base.arena, claims, count * sizeof(*claims)));
    request->count = count;
    send_done(table->store, &request->base, done, arg);
}

/* ---- errand_stats ---- */

struct stats_request {
    struct request base;
    const struct store_stat *stats; /* in the request's arena */
    size_t count;
};

static int add_stats(struct sqlite_store *store, struct request *base)
{
    struct stats_request *request = (struct stats_request *)base;
    if (!store->installed || request->count == 0)
        return SQLITE_OK;
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_ADD_STATS);
    if (!statement)
        return code_of(store);
    char minute[CLOCK_TEXT_MAX];
    errand_time now = clock_realtime_us();
    sqlite_bind(statement, 2, clock_format(now - now % 60000000, minute));
    int code = SQLITE_OK;
    for (size_t i = 0; i < request->count && code == SQLITE_OK; i++) {
        const struct store_stat *stat = &request->stats[i];
        sqlite_bind(statement, 1, stat->table->type->table->name);
        sqlite_bind(statement, 3, job_end_label(stat->end));
        sqlite3_bind_int64(statement, 4, stat->count);
        sqlite3_bind_int64(statement, 5, stat->total_us);
        sqlite3_bind_int64(statement, 6, stat->max_us);
        code = sqlite_step_once(statement);
    }
    return code;
}

void sqlite_stats(struct store *store, const struct store_stat *stats, size_t count, store_done done, void *arg)
{
    struct stats_request *request = sqlite_request_new(sizeof(*request), add_stats, sqlite_request_tell_done);
    request->base.writes = count > 0;
    request->stats =
        (const struct store_stat *)sqlite_needed(arena_copy(&request->base.arena, stats, count * sizeof(*stats)));
    request->count = count;
    send_done(store, &request->base, done, arg);
}
