/* Staying alive in the eyes of others (heartbeat, locked_at of long jobs), taking over from the dead, and the
   statistics of the minute, removing what is old: what is done by the clock. */
#include "worker/worker.h"

#include "base/clock.h"

#include <stdlib.h>

enum {
    SWEEP_MS = 1500,
    HEARTBEAT_MS = 10000,
    STATISTICS_MS = 5000,
    REFRESH_MS = 60000,
    TIDY_MS = 2000,
    PRUNE_MS = 60000,
    PRUNE_AGAIN_MS = 200, /* while there is more: a thousand in a second, between which others have the database */
    UNDECIDED_MOST_US = 30000000, /* --drain waits no longer; a lease is given up once it was free for 5 s */
};

/* Whether --drain has nothing to wait for: what others run, and will, is theirs. */
static bool is_settled(struct queue *queue, enum store_fault fault, const struct store_recovered *recovered)
{
    if (fault != STORE_OK)
        return fault == STORE_REFUSED;
    queue->others = recovered->others;
    if (recovered->others == 0 || !recovered->undecided) {
        queue->undecided_since_us = 0;
        return true;
    }
    int64_t now = clock_monotonic_us();
    if (queue->undecided_since_us == 0)
        queue->undecided_since_us = now;
    return now - queue->undecided_since_us >= UNDECIDED_MOST_US;
}

static void log_recovered(const struct queue *queue, const struct store_recovered *recovered)
{
    struct log_field fields[] = {
        { .name = "type", .text = queue->type->table->record_name },
        { .name = "retried", .number = (int64_t)recovered->retried },
        { .name = "failed", .number = (int64_t)recovered->failed },
        { 0 },
    };
    log_write(&queue->worker->log, ERRAND_LOG_WARNING, fields, "recovered jobs whose worker is gone");
}

static void recovered(void *arg, struct store_result result, const struct store_recovered *recovered)
{
    struct queue *queue = arg;
    queue->recovering = false;
    queue->dead = is_settled(queue, result.fault, recovered) ? DEAD_KNOWN : DEAD_ASKED;
    if (result.fault == STORE_REFUSED)
        WORKER_LOG(queue->worker, ERRAND_LOG_WARNING, "jobs of dead workers in %s cannot be recovered: %s",
                   queue->type->table->name, result.message);
    if (recovered->retried + recovered->failed > 0) {
        log_recovered(queue, recovered);
        watch_look(queue);
    }
    worker_check_done(queue->worker);
}

static void sweep_queue(struct queue *queue)
{
    size_t count;
    uint64_t *held = queue->usable && !queue->recovering ? claim_held(queue, &count) : NULL;
    if (!held)
        return;
    queue->recovering = true;
    queue->dead = DEAD_ASKED;
    store_recover(queue->table, held, count, recovered, queue);
    free(held);
}

static void sweep(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    for (size_t i = 0; worker->online && i < worker->queue_count; i++)
        sweep_queue(&worker->queues[i]);
}

/* Where it was asked and is not known, `sweep` asks again. */
bool recover_before_end(struct worker *worker)
{
    bool waiting = false;
    for (size_t i = 0; i < worker->queue_count; i++) {
        struct queue *queue = &worker->queues[i];
        if (queue->dead == DEAD_UNKNOWN)
            sweep_queue(queue);
        waiting |= queue->usable && queue->dead != DEAD_KNOWN;
    }
    return waiting;
}

static void beat_done(void *arg, struct store_result result)
{
    struct worker *worker = arg;
    worker->heartbeat_under_way = false;
    if (result.fault == STORE_REFUSED)
        WORKER_LOG(worker, ERRAND_LOG_WARNING, "the heartbeat was refused: %s", result.message);
}

static void beat(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    if (!worker->online || worker->heartbeat_under_way)
        return;
    worker->heartbeat_under_way = true;
    store_heartbeat(worker->store, beat_done, worker);
}

static size_t collect(struct worker *worker, struct store_stat *stats)
{
    size_t count = 0;
    for (size_t i = 0; i < worker->queue_count; i++) {
        struct queue *queue = &worker->queues[i];
        for (int end = JOB_END_RETURNED; end <= JOB_END_KILLED; end++) {
            if (queue->stats[end].count == 0)
                continue;
            stats[count++] = (struct store_stat){
                .table = queue->table,
                .end = (enum job_end)end,
                .count = queue->stats[end].count,
                .total_us = queue->stats[end].total_us,
                .max_us = queue->stats[end].max_us,
            };
            queue->stats[end].count = queue->stats[end].total_us = queue->stats[end].max_us = 0;
        }
    }
    return count;
}

static void statistics_done(void *arg, struct store_result result)
{
    struct worker *worker = arg;
    worker->statistics_under_way = false;
    if (result.fault != STORE_OK && result.fault != STORE_CLOSED)
        WORKER_LOG(worker, ERRAND_LOG_DEBUG, "statistics of some seconds are lost: %s", result.message);
}

static void write_statistics(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    if (!worker->online || !worker->installed || worker->statistics_under_way)
        return;
    struct store_stat *stats = malloc(worker->queue_count * (JOB_END_KILLED + 1) * sizeof(*stats));
    size_t count = stats ? collect(worker, stats) : 0;
    if (count > 0) {
        worker->statistics_under_way = true;
        store_stats(worker->store, stats, count, statistics_done, worker);
    }
    free(stats);
}

static void refreshed(void *arg, struct store_result result)
{
    struct queue *queue = arg;
    (void)result; /* the next one is a minute away, and locked_at counts only for foreign workers */
    queue->refreshing = false;
}

static void refresh(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    for (size_t i = 0; worker->online && i < worker->queue_count; i++) {
        struct queue *queue = &worker->queues[i];
        size_t count;
        uint64_t *held = queue->claims && !queue->refreshing ? claim_held(queue, &count) : NULL;
        if (!held)
            continue;
        queue->refreshing = true;
        store_refresh(queue->table, held, count, refreshed, queue);
        free(held);
    }
}

static void prune(uv_timer_t *timer);

static void pruned(void *arg, struct store_result result, bool more)
{
    struct worker *worker = arg;
    worker->prune_under_way = false;
    if (result.fault == STORE_REFUSED)
        WORKER_LOG(worker, ERRAND_LOG_WARNING, "old attempts and statistics cannot be removed: %s", result.message);
    if (more && uv_is_active((const uv_handle_t *)&worker->prune))
        uv_timer_start(&worker->prune, prune, PRUNE_AGAIN_MS, PRUNE_MS);
}

void recover_prune(struct worker *worker)
{
    if (!worker->online || !worker->installed || worker->prune_under_way)
        return;
    worker->prune_under_way = true;
    store_prune(worker->store, pruned, worker);
}

static void prune(uv_timer_t *timer)
{
    recover_prune(timer->data);
}

static void tidy(uv_timer_t *timer)
{
    dispatch_tidy(timer->data);
}

static void watchdog(uv_timer_t *timer)
{
    (void)timer;
    notify_systemd("WATCHDOG=1");
}

static void every(struct worker *worker, uv_timer_t *timer, uv_timer_cb fn, uint64_t interval_ms)
{
    timer->data = worker;
    if (interval_ms > 0)
        uv_timer_start(timer, fn, interval_ms, interval_ms);
}

void recover_start(struct worker *worker)
{
    every(worker, &worker->sweep, sweep, SWEEP_MS);
    every(worker, &worker->heartbeat, beat, HEARTBEAT_MS);
    every(worker, &worker->statistics, write_statistics, STATISTICS_MS);
    every(worker, &worker->refresh, refresh, REFRESH_MS);
    every(worker, &worker->tidy, tidy, TIDY_MS);
    every(worker, &worker->prune, prune, PRUNE_MS);
    every(worker, &worker->watchdog, watchdog, notify_watchdog_ms());
}

void recover_stop(struct worker *worker)
{
    write_statistics(&worker->statistics);
    uv_timer_stop(&worker->sweep);
    uv_timer_stop(&worker->statistics);
    uv_timer_stop(&worker->refresh);
    uv_timer_stop(&worker->tidy);
    uv_timer_stop(&worker->prune);
}
