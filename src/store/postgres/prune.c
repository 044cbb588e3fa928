/* What our own tables hold of the past: removed in small steps when it is old. */
#include "store/postgres/internal.h"
#include "store_postgres_sql.h"

#include <stdlib.h>

static void pruned(struct request *request, struct store_result result)
{
    bool more = false;
    for (size_t i = 0; i < request->count && result.fault == STORE_OK; i++)
        more |= strtol(PQcmdTuples(request->calls[i].answer), NULL, 10) == STORE_PRUNE_MAX;
    request->tell.prune(request->arg, result, more);
}

static void call_prune(struct request *request, const char *sql, int days)
{
    struct call *call = request_call(request, sql);
    call_int(request, call, days);
    call_int(request, call, STORE_PRUNE_MAX);
}

void postgres_prune(struct store *base, store_prune_done done, void *arg)
{
    struct postgres_store *store = (struct postgres_store *)base;
    struct request *request = request_new(pruned, store, arg);
    if (!request)
        abort();
    request->tell.prune = done;
    if (store->own[OWN_ATTEMPTS])
        call_prune(request, sql_prune_attempts, STORE_ATTEMPTS_DAYS);
    if (store->own[OWN_STATS])
        call_prune(request, sql_prune_stats, STORE_STATS_DAYS);
    postgres_send(store, request);
}
