/* The PostgreSQL store: connects its three links, tells when they are up or lost, hands out work, closes. */
#include "base/clock.h"
#include "base/error.h"
#include "store/postgres/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 2000, /* well below the 5 s after which others give up a lease that stays free */
    PARTING_MS = 5000
};

static struct postgres_store *of(struct store *store)
{
    return (struct postgres_store *)store;
}

/* ---- Answers that need no server ---- */

void postgres_tell_plain(struct request *request, struct store_result result)
{
    request->tell.plain(request->arg, result);
}

struct request *postgres_plain_request(store_done done, void *arg)
{
    struct request *request = request_new(postgres_tell_plain, NULL, arg);
    if (request)
        request->tell.plain = done;
    return request;
}

static void answer_all(struct postgres_store *store)
{
    while (store->answered) {
        struct request *request = store->answered;
        store->answered = request->next;
        if (!store->answered)
            store->answered_end = &store->answered;
        request->done(request, request->result);
        request_free(request);
    }
}

static void answer_later(uv_async_t *later)
{
    answer_all(later->data);
}

void postgres_answer(struct postgres_store *store, struct request *request, enum store_fault fault, const char *message)
{
    char *copy = arena_strdup(&request->memory, message);
    request->result = (struct store_result){ .fault = fault, .message = copy ? copy : "out of memory" };
    request->next = NULL;
    *store->answered_end = request;
    store->answered_end = &request->next;
    if (store->state != POSTGRES_CLOSED)
        uv_async_send(&store->later);
}

bool postgres_is_up(const struct postgres_store *store)
{
    return store->state == POSTGRES_ONLINE;
}

/* Answers what the present state does not let through. */
static bool turn_away(struct postgres_store *store, struct request *request)
{
    if (request->failed)
        postgres_answer(store, request, STORE_BUSY, "out of memory");
    else if (store->state == POSTGRES_ONLINE)
        return false;
    else if (store->state == POSTGRES_CONNECTING || store->state == POSTGRES_FATAL)
        postgres_answer(store, request, STORE_OFFLINE, "there is no connection to the database");
    else
        postgres_answer(store, request, STORE_CLOSED, "the store was closed");
    return true;
}

void postgres_send(struct postgres_store *store, struct request *request)
{
    if (!turn_away(store, request))
        link_send(&store->links[SESSION_LINK], request);
}

/* ---- Exchanges: to whichever work link is idle ---- */

static struct request *take_waiting(struct postgres_store *store)
{
    for (struct request **at = &store->waiting; *at; at = &(*at)->next) {
        struct request *request = *at;
        if (!postgres_exchange_may_go(request))
            continue;
        *at = request->next;
        if (store->waiting_end == &request->next)
            store->waiting_end = at;
        return request;
    }
    return NULL;
}

static void postgres_dispatch(struct postgres_store *store)
{
    for (int i = FIRST_WORK_LINK; i < LINKS; i++) {
        while (store->ready[i] && link_is_idle(&store->links[i])) {
            struct request *request = take_waiting(store);
            if (!request)
                return;
            postgres_exchange_goes(request);
            link_send(&store->links[i], request);
        }
    }
}

void postgres_queue(struct postgres_store *store, struct request *request)
{
    if (turn_away(store, request))
        return;
    request->next = NULL;
    *store->waiting_end = request;
    store->waiting_end = &request->next;
    postgres_dispatch(store);
}

static void answer_waiting(struct postgres_store *store, enum store_fault fault, const char *message)
{
    while (store->waiting) {
        struct request *request = store->waiting;
        store->waiting = request->next;
        postgres_answer(store, request, fault, message);
    }
    store->waiting_end = &store->waiting;
}

/* ---- Connecting, being lost ---- */

void postgres_fail(struct postgres_store *store, const char *why)
{
    if (store->state >= POSTGRES_LEAVING)
        return;
    store->state = POSTGRES_FATAL;
    uv_timer_stop(&store->retry);
    store->events.fatal(store->owner, why);
}

static bool all_ready(const struct postgres_store *store)
{
    for (int i = 0; i < LINKS; i++)
        if (!store->ready[i])
            return false;
    return true;
}

static bool all_known(const struct postgres_store *store)
{
    for (int i = 0; i < LINKS; i++)
        if (!store->asked[i] && !store->ready[i])
            return false;
    return true;
}

/* The work links follow once the session has its lease; or, behind a proxy, is about to ask for it. */
static void connect_missing(struct postgres_store *store)
{
    bool first = store->ready[SESSION_LINK] || (store->asked[SESSION_LINK] && store->pooled);
    for (int i = 0; i < LINKS; i++)
        if (!store->links[i].conn && (i == SESSION_LINK || first))
            link_connect(&store->links[i]);
}

static void retry_fired(uv_timer_t *timer)
{
    struct postgres_store *store = timer->data;
    if (store->state == POSTGRES_CONNECTING)
        connect_missing(store);
}

static void retry_later(struct postgres_store *store)
{
    if (uv_is_active((uv_handle_t *)&store->retry))
        return;
    uv_timer_start(&store->retry, retry_fired, (uint64_t)store->backoff_ms, 0);
    store->backoff_ms = store->backoff_ms * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : store->backoff_ms * 2;
}

static void link_up(void *owner, struct link *link)
{
    postgres_session_ask(owner, link);
}

static void tell_offline(struct postgres_store *store, const char *why)
{
    if (store->told_offline)
        return;
    store->told_offline = true;
    store->events.offline(store->owner, why);
}

static void link_down(void *owner, struct link *link, const struct connect_failure *failure)
{
    struct postgres_store *store = owner;
    store->ready[link->number] = store->asked[link->number] = false;
    if (link->number == SESSION_LINK)
        postgres_session_forget(store);
    if (store->state >= POSTGRES_LEAVING)
        return;
    if (!store->was_online && !failure->passes) {
        postgres_fail(store, failure->error.message);
        return;
    }
    store->state = POSTGRES_CONNECTING;
    answer_waiting(store, STORE_OFFLINE, failure->error.message);
    tell_offline(store, failure->error.message);
    retry_later(store);
}

void postgres_drop_link(struct postgres_store *store, struct link *link, const char *why)
{
    struct connect_failure failure = { .passes = true };
    error_set(&failure.error, "%s", why);
    link_close(link, STORE_OFFLINE, failure.error.message);
    link_down(store, link, &failure);
}

static void go_online(struct postgres_store *store)
{
    store->backoff_ms = BACKOFF_FIRST_MS;
    store->state = POSTGRES_ONLINE;
    store->was_online = true;
    store->told_offline = false;
    postgres_session_online(store);
    store->events.online(store->owner);
}

/* Behind a proxy all links are asked before anything is set on one. */
void postgres_go_on(struct postgres_store *store)
{
    if (store->state != POSTGRES_CONNECTING)
        return;
    if (all_ready(store)) {
        go_online(store);
        return;
    }
    if (store->pooled && all_known(store))
        postgres_session_check_proxy(store);
    for (int i = 0; i < LINKS && !store->pooled; i++) {
        if (!store->asked[i] || (i != SESSION_LINK && !store->ready[SESSION_LINK]))
            continue;
        store->asked[i] = false;
        postgres_session_set_up(store, &store->links[i]);
    }
    connect_missing(store);
}

void postgres_link_ready(struct postgres_store *store, struct link *link)
{
    store->ready[link->number] = true;
    postgres_go_on(store);
}

static void link_idle(void *owner, struct link *link);

static void notified(void *owner, const char *channel)
{
    struct postgres_store *store = owner;
    for (struct postgres_table *table = store->tables; table && postgres_is_up(store); table = table->next)
        if (table->asleep && strcmp(table->channel, channel) == 0)
            store->events.available(store->owner, &table->base);
}

static const struct link_events link_events = {
    .up = link_up,
    .down = link_down,
    .idle = link_idle,
    .notified = notified,
};

static void start_timer(struct postgres_store *store, uv_timer_t *timer)
{
    uv_timer_init(store->loop, timer);
    timer->data = store;
    store->handles++;
}

static struct store *postgres_open(uv_loop_t *loop, const struct store_config *config,
                                   const struct store_events *events, void *owner, struct errand_error *err)
{
    if (!connect_check(config->url, err))
        return NULL;
    struct postgres_store *store = calloc(1, sizeof(*store));
    char *name = strdup(config->application_name ? config->application_name : "errand");
    if (!store || !name) {
        free(store);
        free(name);
        error_set(err, "cannot connect to %s: out of memory", config->url->shown);
        return NULL;
    }
    *store = (struct postgres_store){
        .base = { .verbs = &postgres_store_verbs, .kind = STORE_POSTGRES },
        .loop = loop,
        .url = config->url,
        .log = config->log,
        .events = *events,
        .owner = owner,
        .worker = config->worker,
        .application_name = name,
        .state = POSTGRES_CONNECTING,
        .backoff_ms = BACKOFF_FIRST_MS,
        .dead = BUFFER_INIT(1024 * 1024),
        .known = BUFFER_INIT(1024 * 1024),
    };
    store->answered_end = &store->answered;
    store->waiting_end = &store->waiting;
    process_identify_self(&store->self);
    start_timer(store, &store->retry);
    uv_async_init(loop, &store->later, answer_later);
    store->later.data = store;
    store->handles++;
    start_timer(store, &store->parting);
    start_timer(store, &store->announce);
    for (int i = 0; i < LINKS; i++) {
        link_init(&store->links[i], loop, i, &link_events, store);
        store->links[i].url = config->url;
        store->links[i].hosts = &store->hosts;
        store->links[i].application_name = name;
    }
    connect_missing(store);
    return &store->base;
}

/* ---- Closing ---- */

static void free_store(struct postgres_store *store)
{
    void (*closed)(void *) = store->closed;
    void *arg = store->closed_arg;
    answer_all(store); /* verbs that were called while the handles closed */
    while (store->tables) {
        struct postgres_table *table = store->tables;
        store->tables = table->next;
        postgres_table_free(table);
    }
    free(store->application_name);
    hosts_forget(&store->hosts);
    free(store->free_leases);
    buffer_release(&store->dead);
    buffer_release(&store->known);
    free(store);
    closed(arg);
}

static void handle_closed(uv_handle_t *handle)
{
    struct postgres_store *store = handle->data;
    if (--store->handles == 0)
        free_store(store);
}

static void close_now(struct postgres_store *store)
{
    if (store->state == POSTGRES_CLOSED)
        return;
    store->state = POSTGRES_CLOSED;
    postgres_session_forget(store);
    answer_waiting(store, STORE_CLOSED, "the store was closed");
    for (int i = 0; i < LINKS; i++)
        link_close(&store->links[i], STORE_CLOSED, "the store was closed");
    answer_all(store);
    for (struct postgres_table *table = store->tables; table; table = table->next)
        postgres_table_close_timer(table);
    uv_close((uv_handle_t *)&store->retry, handle_closed);
    uv_close((uv_handle_t *)&store->later, handle_closed);
    uv_close((uv_handle_t *)&store->parting, handle_closed);
    uv_close((uv_handle_t *)&store->announce, handle_closed);
}

static void parted(uv_timer_t *timer)
{
    close_now(timer->data);
}

/* Not at once: the link that tells this is still at work. */
static void left(struct request *request, struct store_result result)
{
    (void)result;
    struct postgres_store *store = request->context;
    if (store->state == POSTGRES_LEAVING)
        uv_timer_start(&store->parting, parted, 0, 0);
}

static void leave_when_idle(struct postgres_store *store)
{
    if (store->state != POSTGRES_LEAVING || store->leaving || store->waiting || store->evictions)
        return;
    for (int i = 0; i < LINKS; i++)
        if (store->links[i].up && !link_is_idle(&store->links[i]))
            return;
    store->leaving = true;
    if (store->ready[SESSION_LINK])
        postgres_session_leave(store, left);
    else
        uv_timer_start(&store->parting, parted, 0, 0);
}

static void link_idle(void *owner, struct link *link)
{
    struct postgres_store *store = owner;
    (void)link;
    postgres_dispatch(store);
    leave_when_idle(store);
}

static void postgres_close(struct store *base, void (*done)(void *arg), void *arg)
{
    struct postgres_store *store = of(base);
    bool online = store->state == POSTGRES_ONLINE;
    store->closed = done;
    store->closed_arg = arg;
    store->state = POSTGRES_LEAVING;
    uv_timer_stop(&store->retry);
    uv_timer_start(&store->parting, parted, online ? PARTING_MS : 0, 0);
    if (online)
        leave_when_idle(store);
}

const struct store_verbs postgres_store_verbs = {
    .open = postgres_open,
    .close = postgres_close,
    .install = postgres_session_install,
    .table = postgres_table_open,
    .table_prepare = postgres_table_prepare,
    .exchange = postgres_exchange_begin,
    .sleep = postgres_sleep_begin,
    .wake = postgres_sleep_end,
    .next_due = postgres_sleep_next_due,
    .heartbeat = postgres_session_heartbeat,
    .refresh = postgres_recover_refresh,
    .recover = postgres_recover_begin,
    .evict = postgres_session_evict,
    .stats = postgres_session_stats,
    .prune = postgres_prune,
};
