/* Telling those who watch the jobs (LISTEN errand_changed) that some were claimed or finished: at most once a second,
   and not at the moment it happens, when the next job matters more. */
#include "base/clock.h"
#include "store/postgres/internal.h"
#include "store_postgres_sql.h"

enum { SOON_MS = 200, BETWEEN_MS = 1000 };

static void announced(struct request *request, struct store_result result)
{
    (void)request;
    (void)result; /* the next one is told of */
}

static void announce(uv_timer_t *timer)
{
    struct postgres_store *store = timer->data;
    struct request *request = request_new(announced, store, NULL);
    if (!request)
        return;
    store->announced_us = clock_monotonic_us();
    request_call(request, sql_announce);
    postgres_send(store, request);
}

void postgres_announce(struct postgres_store *store)
{
    if (!postgres_is_up(store) || uv_is_active((uv_handle_t *)&store->announce))
        return;
    int64_t wait_ms = BETWEEN_MS - (clock_monotonic_us() - store->announced_us) / 1000;
    uv_timer_start(&store->announce, announce, (uint64_t)(wait_ms > SOON_MS ? wait_ms : SOON_MS), 0);
}
