/* What our own tables hold of the past: removed in small steps when it is old. */
#include "store/sqlite/store.h"

#include "base/clock.h"

#define DAY_US INT64_C(86400000000)

struct prune_request {
    struct request base;
    store_prune_done done;
    bool more;
};

static int remove_older(struct sqlite_store *store, enum own_statement which, int days, bool *more)
{
    char before[CLOCK_TEXT_MAX];
    sqlite3_stmt *statement = sqlite_own_statement(store, which);
    if (!statement)
        return sqlite3_extended_errcode(store->database.handle);
    sqlite_bind(statement, 1, clock_format(clock_realtime_us() - days * DAY_US, before));
    sqlite3_bind_int64(statement, 2, STORE_PRUNE_MAX);
    int code = sqlite_step_once(statement);
    *more |= code == SQLITE_OK && sqlite3_changes(store->database.handle) == STORE_PRUNE_MAX;
    return code;
}

static int prune(struct sqlite_store *store, struct request *base)
{
    struct prune_request *request = (struct prune_request *)base;
    request->more = false;
    if (!store->installed)
        return SQLITE_OK;
    int code = remove_older(store, OWN_PRUNE_ATTEMPTS, STORE_ATTEMPTS_DAYS, &request->more);
    return code == SQLITE_OK ? remove_older(store, OWN_PRUNE_STATS, STORE_STATS_DAYS, &request->more) : code;
}

static void tell(struct request *base)
{
    const struct prune_request *request = (const struct prune_request *)base;
    request->done(base->arg, base->result, base->result.fault == STORE_OK && request->more);
}

void sqlite_prune(struct store *store, store_prune_done done, void *arg)
{
    struct prune_request *request = sqlite_request_new(sizeof(*request), prune, tell);
    request->base.writes = true;
    request->base.arg = arg;
    request->done = done;
    sqlite_request_send(store, &request->base);
}
