/* Sleeping until someone else commits, and until the next job is due. */
#include "store/sqlite/store.h"

#include "base/clock.h"

/* SQLite counts what other connections commit in data_version; our own commits leave it as it is. */
bool sqlite_look(struct sqlite_store *store)
{
    int64_t version = sqlite_ask_number(store, OWN_DATA_VERSION);
    bool changed = version != store->version;
    store->version = version;
    return changed;
}

struct sleep_request {
    struct request base;
    bool first; /* nobody else was asleep: what came before is not news to anyone */
};

/* A writer may have written already, which is what the watch sees, and not yet committed: it is expected. */
static int fall_asleep(struct sqlite_store *store, struct request *base)
{
    bool changed = sqlite_look(store);
    wal_expect(&store->watch);
    if (changed && !((struct sleep_request *)base)->first) {
        uv_mutex_lock(&store->mutex);
        store->changed = true; /* told with this answer */
        uv_mutex_unlock(&store->mutex);
    }
    return SQLITE_OK;
}

static void tell_asleep(struct request *base)
{
    base->table->asleep = base->table->wants_sleep && base->result.fault == STORE_OK;
    sqlite_request_tell_done(base);
}

void sqlite_sleep(struct store_table *base, store_done done, void *arg)
{
    struct sqlite_store *store = (struct sqlite_store *)base->store;
    struct sqlite_table *table = (struct sqlite_table *)base;
    struct sleep_request *request = sqlite_request_new(sizeof(*request), fall_asleep, tell_asleep);
    if (!table->wants_sleep)
        atomic_fetch_add(&store->sleepers, 1);
    table->wants_sleep = true;
    request->first = atomic_load(&store->sleepers) == 1;
    request->base.table = table;
    request->base.done = done;
    request->base.arg = arg;
    sqlite_request_send(base->store, &request->base);
}

void sqlite_wake(struct store_table *base)
{
    struct sqlite_store *store = (struct sqlite_store *)base->store;
    struct sqlite_table *table = (struct sqlite_table *)base;
    if (table->wants_sleep)
        atomic_fetch_sub(&store->sleepers, 1);
    table->wants_sleep = table->asleep = false;
}

/* ---- The next due job ---- */

struct next_request {
    struct request base;
    struct passed_over passed;
    store_next_done done;
    int64_t delay_us;
};

static int find_next(struct sqlite_store *store, struct request *base)
{
    struct next_request *request = (struct next_request *)base;
    sqlite3_stmt *statement = sqlite_table_statement(base->table, TABLE_NEXT_DUE);
    if (!statement)
        return sqlite3_extended_errcode(store->database.handle);
    errand_time due = ERRAND_TIME_INFINITY;
    sqlite3_bind_int64(statement, 1, (int64_t)request->passed.count + 1);
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW && sqlite_is_passed_over(&request->passed, statement, 1))
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW && clock_parse((const char *)sqlite3_column_text(statement, 0), &due) < 0)
        due = ERRAND_TIME_INFINITY;
    sqlite3_reset(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return code;
    errand_time now = clock_realtime_us();
    request->delay_us = due == ERRAND_TIME_INFINITY ? -1 : due > now ? due - now : 0;
    return SQLITE_OK;
}

static void tell_next(struct request *base)
{
    struct next_request *request = (struct next_request *)base;
    request->done(base->arg, base->result, base->result.fault == STORE_OK ? request->delay_us : -1);
}

void sqlite_next_due(struct store_table *table, store_next_done done, void *arg)
{
    struct next_request *request = sqlite_request_new(sizeof(*request), find_next, tell_next);
    request->base.table = (struct sqlite_table *)table;
    request->base.arg = arg;
    request->done = done;
    request->passed = sqlite_copy_passed_over(&request->base, table);
    sqlite_request_send(table->store, &request->base);
}
