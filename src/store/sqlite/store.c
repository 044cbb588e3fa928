/* The SQLite store: its thread, the queues between thread and loop, opening and closing. */
#include "store/sqlite/store.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/statements.h"

enum {
    GROUP_MAX = 16, /* requests in one transaction */
    /* Bytes. What a statement has changed is put aside until it is done, beyond this in a file that is made for it: the
       claim of 500 usual jobs puts 200 KiB aside, SQLite's own bound is 64. */
    STATEMENT_MEMORY = 512 * 1024,
    CLOSE_PATIENCE_MS = 5000,
    OTHERS_WRITE_US = 1000000,
    YIELD_EVERY_US = 20000,     /* a busy store leaves the lock to others this often */
    IDLE_MEMORY_AFTER_MS = 2000 /* the page cache of a store without work is given back */
};

void *sqlite_needed(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* ---- Queues ---- */

static void queue_init(struct request_queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_add(struct request_queue *queue, struct request *request)
{
    request->next = NULL;
    *queue->last = request;
    queue->last = &request->next;
}

static struct request *queue_take(struct request_queue *queue)
{
    struct request *request = queue->first;
    if (request) {
        queue->first = request->next;
        if (!queue->first)
            queue->last = &queue->first;
    }
    return request;
}

void *sqlite_request_new(size_t size, int (*work)(struct sqlite_store *, struct request *),
                         void (*tell)(struct request *))
{
    struct request *request = sqlite_needed(calloc(1, size));
    request->work = work;
    request->tell = tell;
    request->result.message = "";
    return request;
}

void sqlite_request_send(struct store *base, struct request *request)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    uv_mutex_lock(&store->mutex);
    queue_add(&store->waiting, request);
    uv_mutex_unlock(&store->mutex);
    eventfd_write(store->wake_fd, 1);
}

void sqlite_request_tell_done(struct request *request)
{
    request->done(request->arg, request->result);
}

static void request_free(struct request *request)
{
    arena_release(&request->arena);
    free(request);
}

/* ---- Statements ---- */

static const char *const own_sql[] = {
    [OWN_ADD_ATTEMPT] = sql_add_attempt,
    [OWN_ADD_STATS] = sql_add_stats,
    [OWN_PRUNE_ATTEMPTS] = sql_prune_attempts,
    [OWN_PRUNE_STATS] = sql_prune_stats,
    [OWN_HEARTBEAT] = sql_heartbeat,
    [OWN_BURY] = sql_bury,
    [OWN_LEAVE] = sql_leave,
    [OWN_WORKERS] = sql_workers,
    [OWN_VERSION] = sql_version,
    [OWN_HAS_VERSION] = sql_has_version,
    [OWN_SET_VERSION] = sql_set_version,
    [OWN_TABLE_KIND] = sql_table_kind,
    [OWN_HAS_COLUMN] = sql_has_column,
    [OWN_DATA_VERSION] = sql_data_version,
    [OWN_SCHEMA_VERSION] = sql_schema_version,
    [OWN_HAS_TRIGGER] = sql_has_trigger,
};

sqlite3_stmt *sqlite_own_statement(struct sqlite_store *store, enum own_statement which)
{
    if (!store->own[which])
        sqlite3_prepare_v3(store->database.handle, own_sql[which], -1, SQLITE_PREPARE_PERSISTENT, &store->own[which],
                           NULL);
    return store->own[which];
}

int64_t sqlite_ask_number(struct sqlite_store *store, enum own_statement which)
{
    sqlite3_stmt *statement = sqlite_own_statement(store, which);
    int64_t number = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_reset(statement);
    return number;
}

int sqlite_step_once(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

void sqlite_bind(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

char *sqlite_now(char text[CLOCK_TEXT_MAX])
{
    return clock_format(clock_realtime_us(), text);
}

/* ---- Jobs that are passed over ---- */

struct passed_over sqlite_copy_passed_over(struct request *request, const struct store_table *table)
{
    struct passed_over copy = { .count = table->passed_over };
    if (copy.count == 0)
        return copy;
    copy.ids = sqlite_needed(arena_alloc(&request->arena, copy.count * sizeof(*copy.ids)));
    for (size_t i = 0; i < copy.count; i++)
        copy.ids[i] = sqlite_needed(arena_strdup(&request->arena, table->passed_over_ids[i]));
    return copy;
}

bool sqlite_is_passed_over(const struct passed_over *passed, sqlite3_stmt *statement, int column)
{
    const char *id = passed->count > 0 ? (const char *)sqlite3_column_text(statement, column) : NULL;
    for (size_t i = 0; id && i < passed->count; i++)
        if (strcmp(id, passed->ids[i]) == 0)
            return true;
    return false;
}

/* ---- The thread: what it tells the loop ---- */

static void tell_fatal(struct sqlite_store *store, const char *why)
{
    uv_mutex_lock(&store->mutex);
    snprintf(store->fatal_message, sizeof(store->fatal_message), "%s", why);
    store->fatal = true;
    uv_mutex_unlock(&store->mutex);
    uv_async_send(&store->news);
}

static void tell_flag(struct sqlite_store *store, bool *flag)
{
    uv_mutex_lock(&store->mutex);
    *flag = true;
    uv_mutex_unlock(&store->mutex);
    uv_async_send(&store->news);
}

/* ---- The thread: watching ---- */

/* The watch is served while someone sleeps; otherwise its events only note that something may come. */
static void serve_watch(struct sqlite_store *store)
{
    bool gone;
    wal_read(&store->watch, &gone);
    if (store->wrote)
        wal_wrote(&store->watch);
    store->wrote = false;
    if (gone && !store->told_gone) {
        store->told_gone = true;
        char why[1024];
        snprintf(why, sizeof(why),
                 "the database %s was deleted or replaced while it was in use: put it back and start the worker again",
                 store->config.url->target);
        tell_fatal(store, why);
    }
    if (atomic_load(&store->sleepers) == 0 || wal_delay_us(&store->watch) != 0)
        return;
    bool changed = sqlite_look(store);
    wal_looked(&store->watch);
    if (changed)
        tell_flag(store, &store->changed);
}

/* ---- The thread: requests in transactions ---- */

/* Keeps the sentence before the handle forgets it. */
static void note(struct sqlite_store *store, struct request *request, int code)
{
    request->result.fault = database_fault(code);
    request->result.message = "";
    if (code == SQLITE_OK)
        return;
    request->result.message = "out of memory"; /* ours, of which the handle knows nothing */
    if (code == SQLITE_NOMEM)
        return;
    database_sentence(&store->database, request->message, sizeof(request->message));
    request->result.message = request->message;
}

static void end_transaction(struct sqlite_store *store)
{
    if (!sqlite3_get_autocommit(store->database.handle))
        database_run(&store->database, "ROLLBACK");
}

static void look_for_triggers(struct sqlite_store *store)
{
    int64_t version = sqlite_ask_number(store, OWN_SCHEMA_VERSION);
    if (version < 0 || version != store->schema_version)
        store->has_triggers = sqlite_ask_number(store, OWN_HAS_TRIGGER) != 0;
    store->schema_version = version;
}

/* Notes whether others have written since the last one, which holds until it ends: nobody else can write meanwhile. */
static int begin_transaction(struct sqlite_store *store)
{
    int code = database_run(&store->database, "BEGIN IMMEDIATE");
    store->wrote = code == SQLITE_OK;
    if (code != SQLITE_OK)
        return code;
    int64_t version = sqlite_ask_number(store, OWN_DATA_VERSION);
    if (version < 0 || version != store->write_version) {
        store->write_version = version;
        store->foreign_writes++;
        store->others_wrote_us = clock_monotonic_us();
        look_for_triggers(store);
    }
    return code;
}

static int finish_transaction(struct sqlite_store *store, int code, struct request *request)
{
    if (code == SQLITE_OK)
        code = database_run(&store->database, "COMMIT");
    note(store, request, code);
    end_transaction(store);
    return code;
}

static void run_alone(struct sqlite_store *store, struct request *request)
{
    if (!request->writes) {
        note(store, request, request->work(store, request));
        end_transaction(store);
        return;
    }
    int code = begin_transaction(store);
    if (code == SQLITE_OK)
        code = request->work(store, request);
    finish_transaction(store, code, request);
}

/* Writes of several requests with one fsync. Where one of them fails, each is done again by itself. */
static void run_together(struct sqlite_store *store, struct request **group, size_t count)
{
    int code = begin_transaction(store);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        code = group[i]->work(store, group[i]);
        note(store, group[i], code);
    }
    if (finish_transaction(store, code, group[0]) == SQLITE_OK)
        return;
    for (size_t i = 0; i < count; i++)
        run_alone(store, group[i]);
}

/* Requests from the front of the queue that can go together. */
static size_t take_group(struct sqlite_store *store, struct request **group)
{
    size_t count = 0;
    uv_mutex_lock(&store->mutex);
    while (count < GROUP_MAX && store->waiting.first && (count == 0 || store->waiting.first->writes)) {
        group[count++] = queue_take(&store->waiting);
        if (!group[count - 1]->writes)
            break;
    }
    uv_mutex_unlock(&store->mutex);
    return count;
}

static void give_back(struct sqlite_store *store, struct request **group, size_t count)
{
    uv_mutex_lock(&store->mutex);
    for (size_t i = 0; i < count; i++)
        queue_add(&store->finished, group[i]);
    uv_mutex_unlock(&store->mutex);
    uv_async_send(&store->news);
}

static void refuse_closed(struct request *request)
{
    request->result = (struct store_result){ .fault = STORE_CLOSED, .message = "the store was closed" };
}

static bool is_pressed(struct sqlite_store *store)
{
    uv_mutex_lock(&store->mutex);
    bool pressed = store->waiting.first != NULL;
    uv_mutex_unlock(&store->mutex);
    return pressed;
}

/* A store with no pause between its transactions would keep the write lock from everyone else, since SQLite's locks
   know no queue. While others write, each transaction is followed by a pause; else one now and then lets them begin. */
static void yield_lock(struct sqlite_store *store)
{
    if (!is_pressed(store))
        return; /* the lock is free until the next request comes */
    int64_t now = clock_monotonic_us();
    if (now - store->others_wrote_us > OTHERS_WRITE_US && now - store->database.yielded_us < YIELD_EVERY_US)
        return;
    database_yield(&store->database);
}

static bool run_next(struct sqlite_store *store)
{
    struct request *group[GROUP_MAX];
    size_t count = take_group(store, group);
    if (count == 0)
        return false;
    if (!store->database.handle || atomic_load(&store->stop)) {
        for (size_t i = 0; i < count; i++)
            refuse_closed(group[i]);
        give_back(store, group, count);
        return true;
    }
    /* Only of one by itself can be said that it has nothing to do: another may bring the work for it. */
    bool idle = count == 1 && group[0]->idle && group[0]->idle(store, group[0]);
    bool wrote = group[0]->writes && !idle;
    if (count > 1)
        run_together(store, group, count);
    else if (!idle)
        run_alone(store, group[0]);
    serve_watch(store);
    give_back(store, group, count);
    if (wrote)
        yield_lock(store);
    return true;
}

static bool is_closing(struct sqlite_store *store)
{
    uv_mutex_lock(&store->mutex);
    bool closing = store->closing && !store->waiting.first;
    uv_mutex_unlock(&store->mutex);
    return closing;
}

/* ---- The thread: waiting ---- */

/* Returns false where nothing came for so long that the memory of the last work can go. */
static bool wait_for_something(struct sqlite_store *store, int limit_ms)
{
    struct pollfd fds[2] = {
        { .fd = store->wake_fd, .events = POLLIN },
        { .fd = store->watch.fd, .events = POLLIN },
    };
    int64_t delay = atomic_load(&store->sleepers) > 0 ? wal_delay_us(&store->watch) : -1;
    bool limited = delay < 0 && limit_ms >= 0;
    if (limited)
        delay = limit_ms * INT64_C(1000);
    struct timespec timeout = { .tv_sec = delay / 1000000, .tv_nsec = delay % 1000000 * 1000 };
    int ready = ppoll(fds, store->watch.fd >= 0 ? 2 : 1, delay >= 0 ? &timeout : NULL, NULL);
    eventfd_t count;
    if (fds[0].revents & POLLIN)
        eventfd_read(store->wake_fd, &count);
    return !(limited && ready == 0);
}

static void serve(struct sqlite_store *store)
{
    bool used = true;
    while (!is_closing(store)) {
        while (run_next(store))
            used = true;
        serve_watch(store);
        if (is_closing(store))
            break;
        if (!wait_for_something(store, used ? IDLE_MEMORY_AFTER_MS : -1)) {
            if (store->database.handle)
                sqlite3_db_release_memory(store->database.handle);
            used = false;
        }
    }
}

/* ---- The thread: its life ---- */

static void start_watch(struct sqlite_store *store)
{
    const char *why = "";
    if (wal_init(&store->watch, &store->database, &why) < 0)
        log_write(store->config.log, ERRAND_LOG_WARNING, NULL,
                  "the database %s is not watched for new jobs (%s): it is looked at 20 times a second instead",
                  store->config.url->target, why);
}

static int go_online(struct sqlite_store *store, struct errand_error *err)
{
    store->database.stop = &store->stop;
    if (database_open(&store->database, store->config.url, false, NULL, err) < 0)
        return -1;
    process_identify_self(&store->self);
    store->started_at = clock_realtime_us();
    const char *path = sqlite3_db_filename(store->database.handle, "main");
    if (sqlite_lease_take(&store->lease, path, store->config.worker, err) < 0)
        return -1;
    store->write_version = sqlite_ask_number(store, OWN_DATA_VERSION);
    store->foreign_writes = 1;
    look_for_triggers(store);
    start_watch(store);
    uv_mutex_lock(&store->mutex);
    store->interruptible = true;
    uv_mutex_unlock(&store->mutex);
    return 0;
}

static void go_offline(struct sqlite_store *store)
{
    if (store->database.handle && store->installed && !store->base.unfinished)
        sqlite_leave(store);
    for (size_t i = 0; i < OWN_STATEMENTS; i++)
        sqlite3_finalize(store->own[i]);
    for (struct sqlite_table *table = store->tables; table; table = table->next)
        sqlite_table_forget(table);
    uv_mutex_lock(&store->mutex);
    store->interruptible = false;
    uv_mutex_unlock(&store->mutex);
    database_close(&store->database);
    sqlite_lease_give_back(&store->lease);
    wal_release(&store->watch);
    sqlite_peers_release(&store->peers);
}

static void live(void *arg)
{
    struct sqlite_store *store = arg;
    struct errand_error err;
    prctl(PR_SET_NAME, "errand-store");
    prctl(PR_SET_TIMERSLACK, 1000L); /* nanoseconds: the watch sleeps for 20 us */
    if (go_online(store, &err) == 0)
        tell_flag(store, &store->online);
    else
        tell_fatal(store, err.message);
    serve(store);
    go_offline(store);
    tell_flag(store, &store->ended);
}

/* ---- The loop: what the thread told ---- */

struct news {
    struct request_queue finished;
    bool online, changed, ended, fatal;
};

static struct news take_news(struct sqlite_store *store)
{
    uv_mutex_lock(&store->mutex);
    struct news news = { store->finished, store->online, store->changed, store->ended, store->fatal };
    queue_init(&store->finished);
    store->online = store->changed = store->ended = store->fatal = false;
    uv_mutex_unlock(&store->mutex);
    return news;
}

static void tell_finished(struct request *request)
{
    for (struct request *next; request; request = next) {
        next = request->next;
        request->tell(request);
        request_free(request);
    }
}

static void tell_available(struct sqlite_store *store)
{
    for (struct sqlite_table *table = store->tables; table; table = table->next)
        if (table->asleep)
            store->events->available(store->owner, &table->base);
}

static void free_store(struct sqlite_store *store)
{
    struct sqlite_table *next;
    for (struct sqlite_table *table = store->tables; table; table = next) {
        next = table->next;
        sqlite_table_free(table);
    }
    close(store->wake_fd);
    uv_mutex_destroy(&store->mutex);
    void (*closed)(void *) = store->closed;
    void *arg = store->closed_arg;
    free(store);
    closed(arg);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct sqlite_store *store = handle->data;
    if (--store->open_handles == 0)
        free_store(store);
}

static void end(struct sqlite_store *store)
{
    uv_thread_join(&store->thread);
    struct request *request;
    while ((request = queue_take(&store->waiting))) {
        refuse_closed(request);
        request->tell(request);
        request_free(request);
    }
    store->open_handles = 2;
    uv_close((uv_handle_t *)&store->news, on_handle_closed);
    uv_close((uv_handle_t *)&store->patience, on_handle_closed);
}

static void on_news(uv_async_t *async)
{
    struct sqlite_store *store = async->data;
    struct news news = take_news(store);
    bool closing = store->closed != NULL;
    if (news.online && !closing)
        store->events->online(store->owner);
    tell_finished(news.finished.first);
    if (news.fatal && !closing)
        store->events->fatal(store->owner, store->fatal_message);
    if (news.changed && !closing)
        tell_available(store);
    if (news.ended)
        end(store);
}

/* ---- The loop: opening and closing ---- */

static void on_patience_lost(uv_timer_t *timer)
{
    struct sqlite_store *store = timer->data;
    atomic_store(&store->stop, true);
    uv_mutex_lock(&store->mutex);
    if (store->interruptible)
        sqlite3_interrupt(store->database.handle);
    uv_mutex_unlock(&store->mutex);
}

static void sqlite_close(struct store *base, void (*done)(void *arg), void *arg)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    store->closed = done;
    store->closed_arg = arg;
    uv_timer_start(&store->patience, on_patience_lost, CLOSE_PATIENCE_MS, 0);
    uv_mutex_lock(&store->mutex);
    store->closing = true;
    uv_mutex_unlock(&store->mutex);
    eventfd_write(store->wake_fd, 1);
}

static int check_file(const struct store_url *url, struct errand_error *err)
{
    struct stat status;
    if (stat(url->target, &status) == 0)
        return 0;
    if (errno == ENOENT)
        return error_set(err, "there is no database at %s (the URL is %s); `errand db create` makes it", url->target,
                         url->shown);
    return error_set(err, "cannot open the database %s: %m", url->target);
}

static int start(struct sqlite_store *store, struct errand_error *err)
{
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_MEMORY); /* without effect where SQLite is in use already */
    store->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (store->wake_fd < 0)
        return error_set(err, "cannot open the store: %m");
    if (uv_mutex_init(&store->mutex) != 0)
        abort();
    store->news.data = store->patience.data = store;
    if (uv_async_init(store->loop, &store->news, on_news) != 0)
        abort();
    uv_timer_init(store->loop, &store->patience);
    if (uv_thread_create(&store->thread, live, store) != 0)
        abort();
    return 0;
}

static struct store *sqlite_store_open(uv_loop_t *loop, const struct store_config *config,
                                       const struct store_events *events, void *owner, struct errand_error *err)
{
    if (check_file(config->url, err) < 0)
        return NULL;
    struct sqlite_store *store = sqlite_needed(calloc(1, sizeof(*store)));
    store->base = (struct store){ .verbs = &sqlite_store_verbs, .kind = STORE_SQLITE };
    store->config = *config;
    store->events = events;
    store->owner = owner;
    store->loop = loop;
    store->lease.fd = store->watch.fd = -1;
    queue_init(&store->waiting);
    queue_init(&store->finished);
    if (start(store, err) == 0)
        return &store->base;
    free(store);
    return NULL;
}

/* ---- Verbs without work of their own ---- */

static int nothing(struct sqlite_store *store, struct request *request)
{
    (void)store;
    (void)request;
    return SQLITE_OK;
}

/* A runner's connection ends with its process, and its locks with that. */
static void sqlite_evict(struct store *store, struct backend backend, store_done done, void *arg)
{
    (void)backend;
    struct request *request = sqlite_request_new(sizeof(*request), nothing, sqlite_request_tell_done);
    request->done = done;
    request->arg = arg;
    sqlite_request_send(store, request);
}

const struct store_verbs sqlite_store_verbs = {
    .open = sqlite_store_open,
    .close = sqlite_close,
    .install = sqlite_install,
    .table = sqlite_table,
    .table_prepare = sqlite_table_prepare,
    .exchange = sqlite_exchange,
    .sleep = sqlite_sleep,
    .wake = sqlite_wake,
    .next_due = sqlite_next_due,
    .heartbeat = sqlite_heartbeat,
    .refresh = sqlite_refresh,
    .recover = sqlite_recover,
    .evict = sqlite_evict,
    .stats = sqlite_stats,
    .prune = sqlite_prune,
};
