/* The worker's life: it starts, works, drains and ends. */
#include "worker/worker.h"

#include "base/uuid.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAIN_PATIENCE_MS = 30000, /* --drain is for scripts: without a database for so long it ends, with exit code 1 */
    GIVE_UP_MS = 5000,         /* after the shutdown timeout: for outcomes to reach the database */
    INSTALL_AGAIN_MS = 200,
    INSTALL_TRIES = 25,
};

bool worker_may_claim(const struct worker *worker)
{
    return worker->state == WORKER_WORKING;
}

/* What the worker still waits for. Not what the database refuses, or someone's lock has kept from it for a while: that
   may last forever; but the answer whether the table is there at all. */
static size_t jobs_held(const struct worker *worker)
{
    size_t jobs = worker->evictions;
    for (size_t i = 0; i < worker->queue_count; i++) {
        const struct queue *queue = &worker->queues[i];
        jobs += queue->ready.count + queue->returned.count + queue->with_runners + queue->finished.count +
                (size_t)queue->in_flight + claim_locked_lately(queue);
        if (worker->online && queue->usable && !queue->claims_refused)
            jobs += queue->forgotten_count;
        if (queue->preparing)
            jobs += queue->refused.count;
    }
    return jobs;
}

static size_t count_not_taken(const struct worker *worker)
{
    size_t count = 0;
    for (size_t i = 0; i < worker->queue_count; i++)
        count += worker->queues[i].refused.count + worker->queues[i].locked.count;
    return count;
}

/* Running rows that stay behind. */
static bool leaves_unfinished(const struct worker *worker)
{
    for (size_t i = 0; i < worker->queue_count; i++)
        if (worker->queues[i].forgotten_count > 0)
            return true;
    return count_not_taken(worker) + jobs_held(worker) > 0;
}

/* ---- The end ---- */

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void store_is_closed(void *arg)
{
    struct worker *worker = arg;
    worker->store = NULL;
    uv_walk(&worker->loop, close_handle, NULL);
}

static void close_worker(struct worker *worker)
{
    worker->state = WORKER_CLOSING;
    uv_timer_stop(&worker->deadline);
    for (size_t i = 0; i < worker->queue_count; i++) {
        uv_timer_stop(&worker->queues[i].poll);
        uv_timer_stop(&worker->queues[i].due);
        uv_timer_stop(&worker->queues[i].waiting);
        uv_timer_stop(&worker->queues[i].backoff);
        uv_timer_stop(&worker->queues[i].refused_again);
        uv_timer_stop(&worker->queues[i].locked_again);
    }
    recover_stop(worker);
    uv_timer_stop(&worker->heartbeat);
    uv_timer_stop(&worker->watchdog);
    if (leaves_unfinished(worker))
        store_leave_unfinished(worker->store);
    store_close(worker->store, store_is_closed, worker);
}

static void give_up(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    size_t left = jobs_held(worker);
    if (worker->state == WORKER_CLOSING)
        return;
    WORKER_LOG(worker, ERRAND_LOG_ERROR,
               "stopping with %zu outcomes that the database could not be told; these jobs will be recovered", left);
    worker->exit_code = 1;
    close_worker(worker);
}

static void kill_running(struct worker *worker, const char *reason)
{
    worker->state = WORKER_KILLING;
    dispatch_kill_all(worker, reason);
    dispatch_retire_all(worker);
    uv_timer_start(&worker->deadline, give_up, GIVE_UP_MS, 0);
    worker_check_done(worker);
}

static void time_is_up(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    WORKER_LOG(worker, ERRAND_LOG_WARNING, "the shutdown timeout is over: stopping the jobs that still run");
    kill_running(worker, "Stopped: the worker was shut down before the job was done");
}

static void drain(struct worker *worker)
{
    worker->state = WORKER_DRAINING;
    notify_systemd("STOPPING=1");
    dispatch_put_back_all(worker);
    if (worker->options.shutdown_timeout_s > 0)
        uv_timer_start(&worker->deadline, time_is_up, (uint64_t)worker->options.shutdown_timeout_s * 1000, 0);
    for (size_t i = 0; i < worker->queue_count; i++)
        claim_try_refused(&worker->queues[i]);
    worker_check_done(worker);
}

static bool nothing_is_due(const struct worker *worker)
{
    for (size_t i = 0; i < worker->queue_count; i++) {
        const struct queue *queue = &worker->queues[i];
        if (!claim_is_blocked(queue) && (!queue->rested || queue->more))
            return false;
    }
    return worker->installed;
}

/* Jobs may be due that cannot be claimed, for a reason that was said. */
static bool leaves_unclaimed(const struct worker *worker)
{
    for (size_t i = 0; i < worker->queue_count; i++) {
        const struct queue *queue = &worker->queues[i];
        if (!queue->usable || queue->claims_refused || queue->passed_over.count > 0)
            return true;
    }
    return false;
}

static void log_left_to_others(const struct worker *worker)
{
    size_t others = 0;
    for (size_t i = 0; i < worker->queue_count; i++)
        others += worker->queues[i].others;
    if (others > 0)
        WORKER_LOG(worker, ERRAND_LOG_INFO, "running jobs that are left to other workers: %zu", others);
}

/* Jobs that have run since may have made others, of any type. False: none has. */
static bool look_everywhere(struct worker *worker)
{
    if (!worker->jobs_ended)
        return false;
    worker->jobs_ended = false;
    for (size_t i = 0; i < worker->queue_count; i++) {
        worker->queues[i].dead = DEAD_UNKNOWN;
        if (worker->queues[i].usable)
            watch_look(&worker->queues[i]);
    }
    return true;
}

void worker_check_done(struct worker *worker)
{
    if (worker->state == WORKER_CLOSING || (worker->state == WORKER_WORKING && !worker->options.drain))
        return;
    if (jobs_held(worker) > 0)
        return;
    if (worker->state == WORKER_WORKING) {
        if (!nothing_is_due(worker) || look_everywhere(worker) || recover_before_end(worker))
            return;
        if (leaves_unclaimed(worker))
            worker->exit_code = 1;
        log_left_to_others(worker);
        worker->state = WORKER_DRAINING;
    }
    dispatch_retire_all(worker);
    if (worker->lane_count > 0)
        return;
    if (count_not_taken(worker) > 0) {
        WORKER_LOG(worker, ERRAND_LOG_ERROR,
                   "stopping with %zu outcomes that the database refuses, or whose rows another transaction has locked",
                   count_not_taken(worker));
        worker->exit_code = 1;
    }
    close_worker(worker);
}

static void on_signal(uv_signal_t *handle, int signal_number)
{
    struct worker *worker = handle->data;
    if (worker->state == WORKER_WORKING) {
        WORKER_LOG(worker, ERRAND_LOG_INFO, "%s: letting running jobs finish; a second signal stops them",
                   signal_number == SIGTERM ? "SIGTERM" : "SIGINT");
        drain(worker);
    } else if (worker->state == WORKER_DRAINING) {
        WORKER_LOG(worker, ERRAND_LOG_WARNING, "second signal: stopping the jobs that still run");
        kill_running(worker, "Stopped: the worker was told to stop at once");
    }
}

/* ---- What the store says ---- */

static void prepare_all(struct worker *worker)
{
    for (size_t i = 0; i < worker->queue_count; i++)
        watch_prepare(&worker->queues[i]);
}

static void install(uv_timer_t *timer);

static void installed(void *arg, struct store_result result)
{
    struct worker *worker = arg;
    if (result.fault == STORE_OFFLINE || result.fault == STORE_CLOSED)
        return;                                                                  /* asked again when online */
    if (result.fault == STORE_BUSY && ++worker->install_tries < INSTALL_TRIES) { /* another worker is just at it */
        uv_timer_start(&worker->install_again, install, INSTALL_AGAIN_MS, 0);
        return;
    }
    if (result.fault != STORE_OK)
        WORKER_LOG(worker, ERRAND_LOG_WARNING, "%s", result.message);
    bool again = worker->installed;
    worker->installed = true;
    recover_prune(worker); /* also where workers are short-lived */
    if (!again)
        prepare_all(worker);
    worker_check_done(worker);
}

static void install(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    if (worker->online && worker->state < WORKER_CLOSING)
        store_install(worker->store, installed, worker);
}

static void on_online(void *owner)
{
    struct worker *worker = owner;
    worker->online = true;
    if (worker->state == WORKER_WORKING)
        uv_timer_stop(&worker->deadline);
    WORKER_LOG(worker, ERRAND_LOG_INFO, "%s %s", worker->ever_online ? "connected again to" : "working on",
               worker->url.shown);
    if (!worker->ever_online)
        notify_systemd("READY=1");
    worker->ever_online = true;
    finish_evict_again(worker);
    worker->install_tries = 0;
    install(&worker->install_again); /* also again: the database may have been made anew meanwhile */
    if (worker->installed)
        prepare_all(worker);
    claim_pump_all(worker);
}

static void drain_is_hopeless(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    WORKER_LOG(worker, ERRAND_LOG_ERROR, "--drain ends: the database was out of reach for %d s",
               DRAIN_PATIENCE_MS / 1000);
    worker->exit_code = 1;
    kill_running(worker, "Stopped: the worker lost its database");
}

static void on_offline(void *owner, const char *why)
{
    struct worker *worker = owner;
    worker->online = false;
    WORKER_LOG(worker, ERRAND_LOG_WARNING, "the database is out of reach, %s: %s",
               worker->ever_online ? "running jobs go on" : "trying until it is there", why);
    for (size_t i = 0; i < worker->queue_count; i++)
        watch_offline(&worker->queues[i]);
    if (worker->options.drain && worker->state == WORKER_WORKING)
        uv_timer_start(&worker->deadline, drain_is_hopeless, DRAIN_PATIENCE_MS, 0);
}

static void on_fatal(void *owner, const char *why)
{
    struct worker *worker = owner;
    WORKER_LOG(worker, ERRAND_LOG_ERROR, "%s", why);
    worker->exit_code = 1;
    worker->online = false;
    if (worker->state < WORKER_KILLING)
        kill_running(worker, "Stopped: the worker lost its database for good");
}

static void on_available(void *owner, struct store_table *table)
{
    (void)owner;
    watch_available(store_table_owner(table));
}

/* ---- The start ---- */

static bool is_chosen(const struct worker *worker, const char *table)
{
    for (size_t i = 0; i < worker->options.only_count; i++)
        if (strcmp(worker->options.only[i], table) == 0)
            return true;
    return worker->options.only_count == 0;
}

static void init_queue(struct worker *worker, size_t type_index)
{
    struct queue *queue = &worker->queues[worker->queue_count++];
    queue->worker = worker;
    queue->type_index = type_index;
    queue->type = &worker->schema->job_types[type_index];
    queue->table = store_table(worker->store, queue->type, queue);
    claim_init(queue);
    dispatch_init(queue);
    watch_init(queue);
}

static int init_queues(struct worker *worker)
{
    size_t types = 0;
    while (worker->schema->job_types[types].table)
        types++;
    worker->queues = calloc(types + 1, sizeof(*worker->queues));
    if (!worker->queues)
        return -1;
    for (size_t i = 0; i < types; i++) {
        const struct errand_job_type *type = &worker->schema->job_types[i];
        if (!is_chosen(worker, type->table->name))
            continue;
        if (!type->options)
            WORKER_LOG(worker, ERRAND_LOG_WARNING, "%s has no JOB(%s, ...) in this program: its jobs stay queued",
                       type->table->name, type->table->record_name);
        else if (type->has_perform && !type->has_perform())
            WORKER_LOG(worker, ERRAND_LOG_WARNING, "%s: JOB(%s, ...) names no .perform: its jobs stay queued",
                       type->table->name, type->table->record_name);
        else
            init_queue(worker, i);
    }
    return 0;
}

static void init_timers(struct worker *worker)
{
    uv_timer_t *const timers[] = { &worker->sweep,       &worker->heartbeat,    &worker->statistics, &worker->refresh,
                                   &worker->tidy,        &worker->prune,        &worker->deadline,   &worker->watchdog,
                                   &worker->start_again, &worker->install_again };
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        uv_timer_init(&worker->loop, timers[i]);
        timers[i]->data = worker;
    }
}

static void init_signals(struct worker *worker)
{
    uv_signal_init(&worker->loop, &worker->terminate);
    uv_signal_init(&worker->loop, &worker->interrupt);
    worker->terminate.data = worker->interrupt.data = worker;
    uv_signal_start(&worker->terminate, on_signal, SIGTERM);
    uv_signal_start(&worker->interrupt, on_signal, SIGINT);
    signal(SIGPIPE, SIG_IGN);
}

static const struct store_events events = {
    .available = on_available,
    .online = on_online,
    .offline = on_offline,
    .fatal = on_fatal,
};

static void release(struct worker *worker)
{
    for (size_t i = 0; i < worker->queue_count; i++) {
        struct queue *queue = &worker->queues[i];
        struct job_list *const lists[] = { &queue->ready, &queue->returned, &queue->finished, &queue->refused,
                                           &queue->locked };
        for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++)
            for (struct job *job; (job = job_list_take(lists[list]));)
                job_free(job);
        for (size_t id = 0; id < queue->passed_over.known; id++)
            free(queue->passed_over.ids[id]);
        free(queue->forgotten);
        free(queue->last_warning);
    }
    free(worker->queues);
}

int worker_run(struct worker *worker)
{
    struct errand_error err;
    uv_loop_init(&worker->loop);
    while (worker->id == 0)
        random_bytes(&worker->id, sizeof(worker->id));
    worker->next_claim = 1;
    struct store_config config = {
        .url = &worker->url,
        .log = &worker->log,
        .worker = worker->id,
        .application_name = "RunJobs",
    };
    init_timers(worker);
    init_signals(worker);
    worker->store = store_open(&worker->loop, &config, &events, worker, &err);
    if (!worker->store) {
        WORKER_LOG(worker, ERRAND_LOG_ERROR, "%s", err.message);
        uv_walk(&worker->loop, close_handle, NULL);
        uv_run(&worker->loop, UV_RUN_DEFAULT);
        uv_loop_close(&worker->loop);
        return 1;
    }
    if (init_queues(worker) < 0) {
        WORKER_LOG(worker, ERRAND_LOG_ERROR, "out of memory");
        return 1;
    }
    recover_start(worker);
    dispatch_tidy(worker);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    release(worker);
    uv_loop_close(&worker->loop);
    return worker->exit_code;
}
