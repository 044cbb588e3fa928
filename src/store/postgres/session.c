/* The session connection: set up, holding the lease, our own tables, heartbeat, statistics, ended backends. */
#include "base/clock.h"
#include "store/postgres/internal.h"
#include "store_postgres_sql.h"

#include <errand.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OLDEST_SERVER = 130000,
    EVICTED_AGAIN_MS = 20,
    EVICTION_MOST_S = 5, /* a backend that is still there then will not go: it may not be ended, or is stuck */
};

const char *const postgres_own_table_names[OWN_TABLES] = {
    [OWN_WORKERS] = "errand_workers",
    [OWN_ATTEMPTS] = "errand_attempts",
    [OWN_STATS] = "errand_stats",
};

/* ---- Our own tables ---- */

static bool is_true(const PGresult *answer, int row, int column)
{
    return PQgetvalue(answer, row, column)[0] == 't';
}

static void read_own_tables(struct postgres_store *store, const PGresult *answer)
{
    for (int row = 0; row < PQntuples(answer); row++) {
        for (int i = 0; i < OWN_TABLES; i++) {
            if (strcmp(PQgetvalue(answer, row, 0), postgres_own_table_names[i]) == 0)
                store->own[i] = is_true(answer, row, 1);
        }
    }
}

/* The tables that this worker works on, for people. */
static void call_table_names(struct request *request, struct call *call, const struct postgres_store *store)
{
    struct buffer names = BUFFER_INIT(64 * 1024);
    buffer_puts(&names, "");
    for (const struct postgres_table *table = store->tables; table; table = table->next)
        buffer_printf(&names, "%s%s", names.size > 0 ? ", " : "", table->base.type->table->name);
    call_text(request, call, names.data ? names.data : "");
    buffer_release(&names);
}

static void call_heartbeat(struct request *request, const struct postgres_store *store)
{
    struct call *call = request_call(request, sql_heartbeat);
    call_int(request, call, (int64_t)store->worker);
    call_text(request, call, store->self.host);
    call_text(request, call, store->self.boot_id);
    call_int(request, call, store->self.pid_namespace);
    call_int(request, call, store->self.pid);
    call_int(request, call, store->self.start_ticks);
    call_table_names(request, call, store);
    call_text(request, call, ERRAND_VERSION);
}

static void add_own_calls(struct request *request, const struct postgres_store *store)
{
    if (store->own[OWN_WORKERS])
        call_heartbeat(request, store);
    request_call(request, sql_announce);
}

/* ---- Setting up a link ---- */

static struct request *set_up_request(struct postgres_store *store, struct link *link, request_done done)
{
    struct request *request = request_new(done, store, link);
    if (!request)
        postgres_drop_link(store, link, "out of memory");
    return request;
}

/* True if there is an answer to go on from. Otherwise the link is down already, or dropped. */
static bool has_answer(struct postgres_store *store, struct link *link, struct store_result result)
{
    if (link->up && result.fault != STORE_OK)
        postgres_drop_link(store, link, result.message);
    return link->up && result.fault == STORE_OK;
}

static void registered(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    struct link *link = request->arg;
    if (!link->up)
        return;
    store->beaten_us = clock_monotonic_us();
    if (store->told_offline)
        store->returned_us = store->beaten_us;
    if (result.fault == STORE_OK || result.fault == STORE_REFUSED)
        postgres_link_ready(store, link);
    else
        postgres_drop_link(store, link, result.message);
}

static void own_tables_known(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    struct link *link = request->arg;
    if (!has_answer(store, link, result))
        return;
    read_own_tables(store, request->calls[0].answer);
    struct request *next = set_up_request(store, link, registered);
    if (!next)
        return;
    add_own_calls(next, store);
    link_send(link, next);
}

static void old_session_ended(struct request *request, struct store_result result)
{
    (void)result;
    struct link *link = request->arg;
    if (link->up)
        postgres_drop_link(request->context, link, "an earlier session of this worker still holds its lease");
}

static void set_up(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    struct link *link = request->arg;
    if (!has_answer(store, link, result))
        return;
    if (link->number != SESSION_LINK) {
        postgres_link_ready(store, link);
    } else if (!is_true(request->calls[1].answer, 0, 0)) {
        struct request *next = set_up_request(store, link, old_session_ended);
        if (next) {
            call_int(next, request_call(next, sql_evict_lease), (int64_t)store->worker);
            link_send(link, next);
        }
    } else {
        struct request *next = set_up_request(store, link, own_tables_known);
        if (next) {
            request_call(next, sql_own_tables);
            link_send(link, next);
        }
    }
}

/* What the session writes is needed by nobody after a crash of the server, or, where it is, stands in the log before
   what follows from it; so it does not wait for the disk. Nor for locks: it serves all tables. */
void postgres_session_set_up(struct postgres_store *store, struct link *link)
{
    bool session = link->number == SESSION_LINK;
    struct request *request = set_up_request(store, link, set_up);
    if (!request)
        return;
    struct call *call = request_call(request, sql_settings);
    call_text(request, call, session ? "200ms" : "2s");
    call_text(request, call, session ? "off" : NULL);
    if (session)
        call_int(request, request_call(request, sql_lease), (int64_t)store->worker);
    link_send(link, request);
}

/* ---- Asking ---- */

static void asked(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    struct link *link = request->arg;
    if (!has_answer(store, link, result))
        return;
    const PGresult *about = request->calls[0].answer;
    store->backends[link->number] = atoi(PQgetvalue(about, 0, 0));
    store->pooled |= store->backends[link->number] != PQbackendPID(link->conn);
    if (is_true(about, 0, 1)) {
        hosts_forget(&store->hosts); /* one that was put behind it may take writes */
        postgres_drop_link(store, link, "the server is a standby, which takes no writes");
        return;
    }
    store->asked[link->number] = true;
    postgres_go_on(store);
}

/* By itself, before anything is set: behind a proxy the backend may be another client's in a moment. */
void postgres_session_ask(struct postgres_store *store, struct link *link)
{
    if (PQserverVersion(link->conn) < OLDEST_SERVER) {
        char why[128];
        snprintf(why, sizeof(why), "the server is PostgreSQL %d; 13 or newer is needed",
                 PQserverVersion(link->conn) / 10000);
        postgres_fail(store, why);
        return;
    }
    struct request *request = set_up_request(store, link, asked);
    if (!request)
        return;
    request_call(request, sql_session);
    link_send(link, request);
}

/* ---- Proxies ---- */

static void refuse_proxy(struct postgres_store *store)
{
    postgres_fail(store,
                  "the database is reached through a proxy that pools by transaction (or statement); a worker needs "
                  "sessions of its own: give it the server's own address, or pool_mode=session");
}

static int backend_told(const struct request *request, size_t call)
{
    return atoi(PQgetvalue(request->calls[call].answer, 0, 0));
}

/* The backends stay ours: the session is set up, and the others behind it. */
static void transaction_ended(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    if (result.fault != STORE_OK)
        return;
    store->pooled = false;
    postgres_go_on(store);
}

static void session_asked(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    if (result.fault != STORE_OK)
        return;
    if (backend_told(request, 0) != store->backends[SESSION_LINK]) {
        refuse_proxy(store);
        return;
    }
    struct link *work = &store->links[FIRST_WORK_LINK];
    struct request *next = work->up ? set_up_request(store, work, transaction_ended) : NULL;
    if (next) {
        request_call(next, "COMMIT");
        link_send(work, next);
    }
}

static void transaction_begun(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    if (result.fault != STORE_OK)
        return;
    if (backend_told(request, 1) != store->backends[FIRST_WORK_LINK]) {
        refuse_proxy(store);
        return;
    }
    struct link *session = &store->links[SESSION_LINK];
    struct request *next = session->up ? set_up_request(store, session, session_asked) : NULL;
    if (next) {
        request_call(next, sql_session);
        link_send(session, next);
    } else if (!session->up) {
        postgres_drop_link(store, &store->links[FIRST_WORK_LINK], "the session was lost meanwhile");
    }
}

/* A pool by transaction gives two of our links one backend, or, while one holds a transaction open, another backend
   than before to the other. */
void postgres_session_check_proxy(struct postgres_store *store)
{
    for (int i = 0; i < LINKS; i++) {
        for (int j = 0; j < i; j++) {
            if (store->backends[i] == store->backends[j]) {
                refuse_proxy(store);
                return;
            }
        }
    }
    struct request *request = set_up_request(store, &store->links[FIRST_WORK_LINK], transaction_begun);
    if (request) {
        request_call(request, "BEGIN");
        request_call(request, sql_session);
        link_send(&store->links[FIRST_WORK_LINK], request);
    }
}

void postgres_session_online(struct postgres_store *store)
{
    for (struct postgres_table *table = store->tables; table; table = table->next)
        if (table->found)
            postgres_table_listen(table);
}

/* ---- Installing ---- */

static const char *missing_tables(const struct postgres_store *store, const char *why, char *text, size_t size)
{
    char names[128] = "";
    for (int i = 0; i < OWN_TABLES; i++)
        if (!store->own[i])
            snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", names[0] ? ", " : "",
                     postgres_own_table_names[i]);
    snprintf(text, size,
             "%s: not there, or not to be written by this role: %s. The worker goes on without what they are for "
             "(recovery at once of jobs of dead workers, the record of attempts, statistics); "
             "GRANT CREATE on the schema and start a worker once, or grant the role rights on these tables",
             why, names);
    return text;
}

struct installing {
    store_done done;
    void *arg;
    char refusal[512]; /* "": none */
};

static void looked(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    struct installing *installing = request->arg;
    char text[1024];
    if (result.fault == STORE_OK) {
        read_own_tables(store, request->calls[0].answer);
        bool all = true;
        for (int i = 0; i < OWN_TABLES; i++)
            all &= store->own[i];
        if (all && postgres_is_up(store)) {
            struct request *next = postgres_plain_request(installing->done, installing->arg);
            if (next) {
                next->context = store;
                add_own_calls(next, store);
                postgres_send(store, next);
                free(installing);
                return;
            }
        }
        const char *why = installing->refusal[0] ? installing->refusal : "some of our own tables cannot be used";
        if (!all)
            result = (struct store_result){ STORE_REFUSED, missing_tables(store, why, text, sizeof(text)) };
    }
    installing->done(installing->arg, result);
    free(installing);
}

static void installed(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    struct installing *installing = request->arg;
    struct request *next =
        result.fault == STORE_OK || result.fault == STORE_REFUSED ? request_new(looked, store, installing) : NULL;
    if (!next) {
        installing->done(installing->arg, result);
        free(installing);
        return;
    }
    if (result.fault == STORE_REFUSED)
        snprintf(installing->refusal, sizeof(installing->refusal), "%.500s", result.message);
    request_call(next, sql_own_tables);
    postgres_send(store, next);
}

void postgres_session_install(struct store *base, store_done done, void *arg)
{
    struct postgres_store *store = (struct postgres_store *)base;
    struct installing *installing = calloc(1, sizeof(*installing));
    struct request *request = request_new(installed, store, installing);
    if (!installing || !request)
        abort();
    installing->done = done;
    installing->arg = arg;
    request_call(request, sql_install);
    postgres_send(store, request);
}

/* ---- Being alive, and leaving ---- */

static void beaten(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    if (result.fault == STORE_OK)
        store->beaten_us = clock_monotonic_us();
    postgres_tell_plain(request, result);
}

void postgres_session_heartbeat(struct store *base, store_done done, void *arg)
{
    struct postgres_store *store = (struct postgres_store *)base;
    struct request *request = request_new(beaten, store, arg);
    if (!request)
        abort();
    request->tell.plain = done;
    if (store->own[OWN_WORKERS])
        call_heartbeat(request, store);
    postgres_send(store, request);
}

void postgres_session_leave(struct postgres_store *store, request_done done)
{
    struct request *request = request_new(done, store, NULL);
    if (!request)
        abort();
    if (store->own[OWN_WORKERS] && !store->base.unfinished)
        call_int(request, request_call(request, sql_leave), (int64_t)store->worker);
    request_call(request, sql_announce);
    link_send(&store->links[SESSION_LINK], request);
}

/* ---- Statistics ---- */

void postgres_session_stats(struct store *base, const struct store_stat *stats, size_t count, store_done done,
                            void *arg)
{
    struct postgres_store *store = (struct postgres_store *)base;
    struct request *request = postgres_plain_request(done, arg);
    if (!request)
        abort();
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += strlen(stats[i].table->type->table->name) + 16;
    struct array names = array_begin(request, ARRAY_TEXT, count, length);
    struct array ends = array_begin(request, ARRAY_TEXT, count, 16 * count);
    struct array counts = array_begin(request, ARRAY_INT8, count, 8 * count);
    struct array totals = array_begin(request, ARRAY_INT8, count, 8 * count);
    struct array maxima = array_begin(request, ARRAY_INT8, count, 8 * count);
    for (size_t i = 0; i < count; i++) {
        const char *name = stats[i].table->type->table->name, *end = job_end_label(stats[i].end);
        array_text(&names, name, strlen(name));
        array_text(&ends, end, strlen(end));
        array_int8(&counts, stats[i].count);
        array_int8(&totals, stats[i].total_us);
        array_int8(&maxima, stats[i].max_us);
    }
    if (store->own[OWN_STATS] && count > 0) {
        struct call *call = request_call(request, sql_stats);
        call_array(request, call, &names);
        call_array(request, call, &ends);
        call_array(request, call, &counts);
        call_array(request, call, &totals);
        call_array(request, call, &maxima);
    }
    postgres_send(store, request);
}

/* ---- Ended backends ---- */

struct eviction {
    struct eviction *next;
    struct postgres_store *store;
    struct backend backend;
    int64_t until_us;
    char refusal[512]; /* why it could not be told to end; "": it was */
    store_done done;
    void *arg;
    uv_timer_t timer;
};

static void free_eviction(uv_handle_t *handle)
{
    free(handle->data);
}

static void end_eviction(struct eviction *eviction, struct store_result result)
{
    struct eviction **at = &eviction->store->evictions;
    while (*at != eviction)
        at = &(*at)->next;
    *at = eviction->next;
    eviction->done(eviction->arg, result);
    uv_close((uv_handle_t *)&eviction->timer, free_eviction);
}

static void end_in_vain(struct eviction *eviction)
{
    char why[640];
    snprintf(why, sizeof(why), "it is still there after %d s; %s", EVICTION_MOST_S,
             eviction->refusal[0] ? eviction->refusal : "it was told to end");
    end_eviction(eviction, (struct store_result){ STORE_REFUSED, why });
}

static void ask_whether_gone(uv_timer_t *timer);

static void told_whether_gone(struct request *request, struct store_result result)
{
    struct eviction *eviction = request->arg;
    const PGresult *answer = request->count > 0 ? request->calls[request->count - 1].answer : NULL;
    bool there = result.fault == STORE_OK && PQntuples(answer) > 0;
    if (!there || eviction->store->state > POSTGRES_LEAVING)
        end_eviction(eviction, result);
    else if (clock_monotonic_us() > eviction->until_us)
        end_in_vain(eviction);
    else
        uv_timer_start(&eviction->timer, ask_whether_gone, EVICTED_AGAIN_MS, 0);
}

/* Its process is gone, so a backend that may not be told to end will notice by itself, once it has something to say. */
static void told_to_end(struct request *request, struct store_result result)
{
    struct eviction *eviction = request->arg;
    if (result.fault == STORE_REFUSED) {
        snprintf(eviction->refusal, sizeof(eviction->refusal), "%s", result.message);
        uv_timer_start(&eviction->timer, ask_whether_gone, 0, 0);
        return;
    }
    told_whether_gone(request, result);
}

static void ask(struct eviction *eviction, const char *sql, request_done done)
{
    struct postgres_store *store = eviction->store;
    struct request *request = request_new(done, store, eviction);
    if (!request)
        abort();
    struct call *call = request_call(request, sql);
    call_int(request, call, eviction->backend.pid);
    call_int(request, call, eviction->backend.started_us);
    if (store->state == POSTGRES_LEAVING && store->links[SESSION_LINK].up)
        link_send(&store->links[SESSION_LINK], request);
    else
        postgres_send(store, request);
}

static void ask_whether_gone(uv_timer_t *timer)
{
    ask(timer->data, sql_evicted, told_whether_gone);
}

void postgres_session_evict(struct store *base, struct backend backend, store_done done, void *arg)
{
    struct postgres_store *store = (struct postgres_store *)base;
    if (backend.pid <= 0) {
        struct request *request = postgres_plain_request(done, arg);
        if (!request)
            abort();
        postgres_answer(store, request, STORE_OK, "");
        return;
    }
    struct eviction *eviction = calloc(1, sizeof(*eviction));
    if (!eviction)
        abort();
    *eviction = (struct eviction){
        .next = store->evictions,
        .store = store,
        .backend = backend,
        .until_us = clock_monotonic_us() + EVICTION_MOST_S * INT64_C(1000000),
        .done = done,
        .arg = arg,
    };
    store->evictions = eviction;
    uv_timer_init(store->loop, &eviction->timer);
    eviction->timer.data = eviction;
    ask(eviction, sql_evict, told_to_end);
}

/* The session is gone, and what was known of it. Evictions that wait between two questions end. */
void postgres_session_forget(struct postgres_store *store)
{
    store->free_lease_count = 0;
    store->swept_us = 0;
    for (struct postgres_table *table = store->tables; table; table = table->next)
        table->listening = table->asleep = table->holds_lock = false;
    struct store_result result = { STORE_OFFLINE, "the connection was lost" };
    if (store->state == POSTGRES_CLOSED)
        result = (struct store_result){ STORE_CLOSED, "the store was closed" };
    for (struct eviction *next, *eviction = store->evictions; eviction; eviction = next) {
        next = eviction->next;
        if (uv_is_active((uv_handle_t *)&eviction->timer))
            end_eviction(eviction, result);
    }
}
