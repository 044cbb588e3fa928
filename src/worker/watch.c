/* When to look for jobs: notifications, due times, and a poll behind them. A worker that has nothing to do says so
   (store_sleep), is told of what comes from then on, and looks once more for what came before. */
#include "worker/worker.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    BUSY_CLAIM = 32, /* a claim that brings as many: no need to be told of more */
    BUSY_WAKES = 10, /* notifications within the window that make it better to look by oneself */
    BUSY_WINDOW_US = 100000,
    SLEEP_AGAIN_MS = 20, /* while inserts keep the worker from falling asleep, it looks this often, */
    DEAF_MS = 1000,      /* and where it cannot be told of them, this often */
    IMPATIENCE_FIRST_MS = 10,
    IMPATIENCE_LAST_MS = 1000,
    MISSING_MOST_US = 60000000, /* a table that is gone for longer was dropped, with what ended meanwhile */
};

void watch_look(struct queue *queue)
{
    queue->more = queue->again = true; /* a claim under way may have looked before */
    queue->rested = false;
    claim_pump(queue);
}

static void stay_awake(struct queue *queue)
{
    if (queue->sleep != QUEUE_ASLEEP)
        return;
    queue->sleep = QUEUE_AWAKE;
    store_wake(queue->table);
}

static void due_fired(uv_timer_t *timer)
{
    struct queue *queue = timer->data;
    queue->due_us = 0;
    if (!queue->usable)
        watch_prepare(queue);
    watch_look(queue);
}

static void poll_fired(uv_timer_t *timer)
{
    struct queue *queue = timer->data;
    watch_prepare(queue);
    stay_awake(queue); /* and asleep again: others may have taken this worker for dead, and its sleep for over */
    watch_look(queue);
}

void watch_init(struct queue *queue)
{
    uv_timer_init(&queue->worker->loop, &queue->due);
    uv_timer_init(&queue->worker->loop, &queue->poll);
    queue->due.data = queue->poll.data = queue;
    uint64_t interval_ms = (uint64_t)queue->type->options->queue_poll_interval / 1000;
    uv_timer_start(&queue->poll, poll_fired, interval_ms, interval_ms);
}

/* Each line of it is a warning of its own. */
static void log_lines(struct worker *worker, const char *lines)
{
    for (const char *line = lines; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (length > 0)
            WORKER_LOG(worker, ERRAND_LOG_WARNING, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void log_warning_once(struct queue *queue, const char *warning)
{
    if (warning && (!queue->last_warning || strcmp(queue->last_warning, warning) != 0))
        log_lines(queue->worker, warning);
    free(queue->last_warning);
    queue->last_warning = warning ? strdup(warning) : NULL;
}

/* It may be back in a moment, as where it is renamed to and fro: what has ended waits for it, but not a worker that
   ends. */
static void table_is_missing(struct queue *queue)
{
    struct worker *worker = queue->worker;
    int64_t now = clock_monotonic_us();
    if (queue->missing_since_us == 0)
        queue->missing_since_us = now;
    if (worker->state != WORKER_WORKING || worker->options.drain || now - queue->missing_since_us >= MISSING_MOST_US)
        claim_drop_outcomes(queue);
    else if (queue->refused.count > 0)
        watch_due_in(queue, IMPATIENCE_LAST_MS * INT64_C(1000));
}

static void table_is_there(struct queue *queue)
{
    bool is_back = queue->missing_since_us != 0;
    queue->missing_since_us = 0;
    if (is_back)
        claim_try_refused(queue);
}

static void prepared(void *arg, struct store_result result, const struct store_table_state *state)
{
    struct queue *queue = arg;
    queue->preparing = false;
    if (result.fault == STORE_OK || result.fault == STORE_REFUSED) {
        bool usable = result.fault == STORE_OK && state->usable;
        log_warning_once(queue, result.fault == STORE_REFUSED ? result.message : state->warning);
        if (result.fault == STORE_OK && state->missing)
            table_is_missing(queue);
        if (!usable) /* and why was said */
            queue->claims_refused = false;
        queue->usable = usable;
        queue->rested = !usable;
        queue->more = usable;
        if (usable) {
            table_is_there(queue);
            watch_look(queue);
        }
    } else if (result.fault == STORE_BUSY) {
        watch_due_in(queue, IMPATIENCE_LAST_MS * INT64_C(1000));
    }
    worker_check_done(queue->worker);
}

void watch_prepare(struct queue *queue)
{
    if (queue->preparing || !queue->worker->online || queue->worker->state == WORKER_CLOSING)
        return;
    queue->preparing = true;
    store_table_prepare(queue->table, prepared, queue);
}

void watch_due_in(struct queue *queue, int64_t delay_us)
{
    int64_t now = clock_monotonic_us(), at = now + delay_us;
    if (queue->due_us != 0 && queue->due_us <= at) /* set, though it may be late */
        return;
    queue->due_us = at;
    uv_update_time(&queue->worker->loop);
    uv_timer_start(&queue->due, due_fired, (uint64_t)(delay_us + 999) / 1000, 0);
}

void watch_available(struct queue *queue)
{
    int64_t now = clock_monotonic_us();
    if (now - queue->wakes_since_us > BUSY_WINDOW_US) {
        queue->wakes_since_us = now;
        queue->wakes = 0;
    }
    if (++queue->wakes > BUSY_WAKES)
        stay_awake(queue);
    queue->impatience_ms = 0;
    watch_look(queue);
}

static void next_due_known(void *arg, struct store_result result, int64_t delay_us)
{
    struct queue *queue = arg;
    if (result.fault == STORE_OK && delay_us != 0) {
        queue->impatience_ms = 0;
        queue->rested = !queue->more && queue->claiming == 0;
        if (delay_us > 0)
            watch_due_in(queue, delay_us);
    } else if (result.fault == STORE_OK || result.fault == STORE_BUSY) {
        /* Somebody else holds it, in a transaction of theirs; or the table. */
        queue->impatience_ms = queue->impatience_ms ? queue->impatience_ms * 2 : IMPATIENCE_FIRST_MS;
        if (queue->impatience_ms > IMPATIENCE_LAST_MS)
            queue->impatience_ms = IMPATIENCE_LAST_MS;
        watch_due_in(queue, queue->impatience_ms * INT64_C(1000));
    }
    worker_check_done(queue->worker);
}

/* Nothing was found; the database says whether anything will be due. */
static void rest(struct queue *queue)
{
    store_next_due(queue->table, next_due_known, queue);
}

static void fell_asleep(void *arg, struct store_result result)
{
    struct queue *queue = arg;
    if (queue->sleep != QUEUE_FALLING_ASLEEP)
        return;
    queue->sleep = result.fault == STORE_OK ? QUEUE_ASLEEP : QUEUE_AWAKE;
    if (result.fault == STORE_OK) {
        watch_look(queue);
    } else if (result.fault == STORE_BUSY) {
        watch_due_in(queue, SLEEP_AGAIN_MS * INT64_C(1000));
    } else if (result.fault == STORE_REFUSED) {
        watch_due_in(queue, DEAF_MS * INT64_C(1000));
        rest(queue);
    }
}

void watch_claimed(struct queue *queue, size_t limit, size_t got)
{
    if (got >= BUSY_CLAIM)
        stay_awake(queue);
    if (got == limit || queue->more)
        return;
    if (queue->worker->options.drain || queue->sleep == QUEUE_ASLEEP) {
        rest(queue);
    } else if (queue->sleep == QUEUE_AWAKE && worker_may_claim(queue->worker)) {
        queue->sleep = QUEUE_FALLING_ASLEEP;
        store_sleep(queue->table, fell_asleep, queue);
    }
}

void watch_offline(struct queue *queue)
{
    queue->sleep = QUEUE_AWAKE;
    queue->rested = false;
}
