/* Which runner runs which job. A runner holds jobs of one type at a time, so a type's concurrency is the number of
   runners that hold jobs of it. Short jobs go in batches to few runners, long ones one by one; what waits behind a
   job that takes longer than its kind is taken back. */
#include "worker/worker.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    IDLE_MOST_US = 10000000, /* a runner without work goes after this, but for the warm one */
    RAISES_MOST = 100,       /* after as many jobs that raised, a runner is replaced: what they leaked goes with it */
    START_AGAIN_US = 1000000,
    START_MOST_US = 60000000, /* a runner that is not ready after this will never be */
    STILL_MOST_US = 5000000,  /* nor will one begin anything that stood still for this with a job before it */
};

static void watch_lane(struct lane *lane);

/* ---- Runners ---- */

static void on_ready(void *owner, struct runner *runner);
static void on_ended(void *owner, struct runner *runner, struct runner_task *task, const struct runner_end *end,
                     bool more);
static void on_printed(void *owner, struct runner *runner, struct runner_task *task, enum errand_log_level level,
                       const char *line);
static void on_exited(void *owner, struct runner *runner, const char *failure);

static const struct runner_events events = {
    .ready = on_ready,
    .ended = on_ended,
    .printed = on_printed,
    .exited = on_exited,
};

static void try_again(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    dispatch_tidy(worker);
    dispatch_all(worker);
    claim_pump_all(worker);
}

/* Processes that do not start are not tried in a tight loop. */
static void starting_failed(struct worker *worker, const char *why)
{
    worker->no_start_before_us = clock_monotonic_us() + START_AGAIN_US;
    WORKER_LOG(worker, ERRAND_LOG_ERROR, "a runner could not be started: %s; trying again in a second", why);
    uv_timer_start(&worker->start_again, try_again, START_AGAIN_US / 1000 + 1, 0);
}

static struct lane *start_lane(struct worker *worker)
{
    if (!share_may_start(worker))
        return NULL;
    struct lane *lane = calloc(1, sizeof(*lane));
    if (!lane)
        return NULL;
    struct errand_error err;
    lane->worker = worker;
    lane->started_us = lane->idle_since_us = clock_monotonic_us();
    worker->runner_config.program = runner_program(); /* the file may have been replaced since the last one */
    lane->runner = runner_start(&worker->loop, &worker->runner_config, &events, lane, &err);
    if (!lane->runner) {
        free(lane);
        starting_failed(worker, err.message);
        return NULL;
    }
    uv_timer_init(&worker->loop, &lane->watch);
    lane->watch.data = lane;
    lane->next = worker->lanes;
    worker->lanes = lane;
    worker->lane_count++;
    return lane;
}

static struct lane *idle_lane(struct worker *worker)
{
    struct lane *starting = NULL;
    for (struct lane *lane = worker->lanes; lane; lane = lane->next) {
        if (lane->queue || lane->going)
            continue;
        if (lane->ready)
            return lane;
        starting = lane;
    }
    return starting;
}

static bool is_worn(const struct lane *lane)
{
    return runner_jobs_done(lane->runner) >= (size_t)lane->worker->options.max_jobs_per_runner ||
           runner_raises(lane->runner) >= RAISES_MOST;
}

/* Of a worn one the end is awaited, lest it is given more for ever. Where the order counts, nothing is sent behind what
   has not ended: after a job that prints, a runner gives back the rest of that message, but not of the next. */
static struct lane *least_loaded(const struct queue *queue, size_t room)
{
    struct lane *best = NULL;
    int64_t now = clock_monotonic_us();
    if (queue->type->options->max_concurrency == 1 || share_must_yield(queue))
        return NULL;
    for (struct lane *lane = queue->worker->lanes; lane; lane = lane->next)
        if (lane->queue == queue && !lane->going && lane->jobs.count < room && !share_is_stuck(lane, now) &&
            !is_worn(lane) && (!best || lane->jobs.count < best->jobs.count))
            best = lane;
    return best;
}

/* The runner that is to have the next jobs; NULL: none may have more now. */
static struct lane *choose_lane(struct queue *queue)
{
    if (queue->lanes < share_wanted_lanes(queue) && share_spare_lanes(queue) > 0) {
        struct lane *lane = idle_lane(queue->worker);
        if (!lane)
            lane = start_lane(queue->worker);
        if (lane) {
            if (clock_monotonic_us() - lane->idle_since_us >= SHARE_WAIT_MOST_US) /* else it may be given again */
                lane->still_since_us = 0;                                         /* what it did not begin */
            lane->queue = queue;
            queue->lanes++;
            return lane;
        }
    }
    return least_loaded(queue, share_lane_room(queue));
}

static void leave_lane(struct lane *lane)
{
    if (!lane->queue)
        return;
    lane->idle_since_us = lane->queue->fed_us = clock_monotonic_us();
    lane->queue->lanes--;
    lane->queue = NULL;
    uv_timer_stop(&lane->watch);
}

static void retire(struct lane *lane)
{
    lane->going = true;
    runner_retire(lane->runner);
}

/* ---- Handing out ---- */

static size_t share(const struct queue *queue, const struct lane *lane)
{
    size_t room = share_lane_room(queue);
    size_t free_room = room > lane->jobs.count ? room - lane->jobs.count : 0;
    size_t wanted = share_wanted_lanes(queue);
    size_t even = (queue->ready.count + wanted - 1) / (wanted ? wanted : 1);
    size_t count = even < free_room ? even : free_room;
    return count > 0 ? count : free_room > 0;
}

static int give(struct queue *queue, struct lane *lane)
{
    struct runner_task *tasks[SHARE_BACKLOG_MOST];
    size_t count = share(queue, lane);
    int64_t now = clock_monotonic_us();
    if (count == 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct job *job = job_list_take(&queue->ready);
        job->since_us = now;
        job_list_append(&lane->jobs, job);
        tasks[i] = &job->task;
    }
    queue->with_runners += count;
    int sent =
        runner_send(lane->runner, queue->type_index, tasks, count, queue->type->options->timeout_in_microseconds);
    if (sent < 0) { /* it is going; what it was to have comes back in order */
        struct job_list back = { 0 };
        for (size_t i = 0; i < count; i++) {
            struct job *job = (struct job *)tasks[i];
            job_list_remove(&lane->jobs, job);
            job_list_append(&back, job);
        }
        queue->with_runners -= count;
        job_list_prepend(&queue->ready, &back);
        retire(lane); /* also where only its socket is gone, or it has no room: once what it has is done */
        if (lane->jobs.count == 0)
            leave_lane(lane);
        return 0;
    }
    watch_lane(lane);
    return 0;
}

static void ready_too_long(uv_timer_t *timer)
{
    struct queue *queue = timer->data;
    dispatch(queue);
    if (queue->ready.count == 0)
        return;
    if (queue->type->options->max_concurrency == 1 && queue->claiming > 0)
        return; /* what that claim brings comes behind these, and must not overtake them */
    for (struct lane *lane = queue->worker->lanes; lane; lane = lane->next)
        if (lane->queue == queue && !lane->ready && !lane->going)
            return; /* a runner for them is just starting */
    struct job_list waiting = queue->ready;
    queue->ready = (struct job_list){ 0 };
    for (struct job *job; (job = job_list_take(&waiting));)
        finish_put_back(job);
    claim_pump(queue);
}

void dispatch_init(struct queue *queue)
{
    queue->average_us = -1;
    uv_timer_init(&queue->worker->loop, &queue->waiting);
    queue->waiting.data = queue;
}

void dispatch(struct queue *queue)
{
    job_list_prepend(&queue->ready, &queue->returned);
    if (!worker_may_claim(queue->worker)) {
        for (struct job *job; (job = job_list_take(&queue->ready));)
            finish_put_back(job);
        return;
    }
    while (queue->ready.count > 0) {
        struct lane *lane = choose_lane(queue);
        if (!lane || give(queue, lane) < 0)
            break;
    }
    if (queue->ready.count == 0)
        uv_timer_stop(&queue->waiting);
    else if (!uv_is_active((uv_handle_t *)&queue->waiting))
        uv_timer_start(&queue->waiting, ready_too_long, SHARE_WAIT_MOST_US / 1000, SHARE_WAIT_MOST_US / 1000);
}

void dispatch_all(struct worker *worker)
{
    for (size_t i = 0; i < worker->queue_count; i++)
        if (worker->queues[i].ready.count + worker->queues[i].returned.count > 0)
            dispatch(&worker->queues[i]);
    for (size_t i = 0; i < worker->queue_count; i++)
        if (share_is_hungry(&worker->queues[i]))
            claim_pump(&worker->queues[i]);
}

/* ---- Deadlines, and what waits behind a long job ---- */

static void take_back(struct lane *lane)
{
    struct queue *queue = lane->queue;
    runner_take_back(lane->runner);
    job_list_prepend(&queue->ready, &queue->returned);
}

/* The running job, if it is over its timeout. */
static struct runner_task *overdue(struct lane *lane)
{
    int64_t started_us, timeout_us = lane->queue->type->options->timeout_in_microseconds;
    struct runner_task *task = timeout_us > 0 ? runner_current(lane->runner, &started_us) : NULL;
    return task && clock_monotonic_us() - started_us >= timeout_us ? task : NULL;
}

/* First nothing may be left that could start next; if the same job still runs then, the signal meets that job only. */
static void enforce_timeout(struct lane *lane)
{
    struct runner_task *task = overdue(lane);
    if (!task)
        return;
    struct queue *queue = lane->queue;
    take_back(lane);
    if (lane->queue == queue && overdue(lane) == task) {
        lane->going = lane->killed = true;
        runner_kill(lane->runner, JOB_END_TIMED_OUT, "Timeout reached");
    }
    dispatch(queue);
}

static void relieve(struct lane *lane)
{
    struct queue *queue = lane->queue;
    const struct job *next = lane->jobs.first->next;
    if (!next || clock_monotonic_us() - next->since_us < SHARE_WAIT_MOST_US)
        return;
    queue->average_us = -1; /* its jobs are not as short as they seemed */
    take_back(lane);
    dispatch(queue);
}

static bool stands_still(struct lane *lane)
{
    int64_t started_us;
    return lane->ready && lane->jobs.count > 0 && !runner_current(lane->runner, &started_us);
}

/* A runner that is stopped, or that hangs between two jobs, is replaced: nothing else would ever end the job it was
   given. One that may be about to tell how a job ended gets the same time once more. */
static void replace_still(struct lane *lane)
{
    struct queue *queue = lane->queue;
    int64_t now = clock_monotonic_us(), since_us = lane->still_since_us;
    if (!stands_still(lane) || since_us == 0 || now - since_us < STILL_MOST_US)
        return;
    lane->going = true;
    take_back(lane);
    if (lane->jobs.count > 0 && now - since_us < 2 * STILL_MOST_US) {
        lane->going = false;
        return;
    }
    lane->killed = true;
    WORKER_LOG(lane->worker, ERRAND_LOG_WARNING, "runner %d stands still: it is replaced", runner_pid(lane->runner));
    runner_kill(lane->runner, JOB_END_FAILED, "the process stood still before it could tell how the job ended");
    dispatch(queue);
}

static void lane_watched(uv_timer_t *timer)
{
    struct lane *lane = timer->data;
    if (!lane->queue || lane->killed || !lane->ready)
        return;
    enforce_timeout(lane);
    if (lane->queue && !lane->killed)
        relieve(lane);
    if (lane->queue && !lane->killed)
        replace_still(lane);
    if (lane->queue && !lane->killed)
        watch_lane(lane);
}

/* Sets the timer to the next moment at which this runner wants looking at. */
static void watch_lane(struct lane *lane)
{
    int64_t now = clock_monotonic_us(), next = INT64_MAX, started_us;
    int64_t timeout_us = lane->queue->type->options->timeout_in_microseconds;
    if (timeout_us > 0)
        next = (runner_current(lane->runner, &started_us) ? started_us : now) + timeout_us;
    if (lane->jobs.count > 1 && lane->jobs.first->next->since_us + SHARE_WAIT_MOST_US < next)
        next = lane->jobs.first->next->since_us + SHARE_WAIT_MOST_US;
    if (!stands_still(lane))
        lane->still_since_us = 0;
    else if (lane->still_since_us == 0)
        lane->still_since_us = now;
    if (lane->still_since_us != 0 && now + STILL_MOST_US < next)
        next = now + STILL_MOST_US;
    if (next == INT64_MAX)
        return;
    uint64_t delay_ms = next > now ? (uint64_t)(next - now) / 1000 + 1 : 1;
    uv_timer_start(&lane->watch, lane_watched, delay_ms, 0);
}

/* ---- What runners say ---- */

static void on_ready(void *owner, struct runner *runner)
{
    (void)runner;
    struct lane *lane = owner;
    lane->ready = true;
    if (lane->queue)
        watch_lane(lane);
    else
        dispatch_all(lane->worker);
}

/* A moving average that follows quickly: the last eight or so jobs. */
static void learn_duration(struct queue *queue, const struct runner_end *end)
{
    double took = (double)(end->ended_us - end->started_us);
    queue->average_us = queue->average_us < 0 ? took : queue->average_us + (took - queue->average_us) / 8;
}

static void lane_is_empty(struct lane *lane)
{
    struct queue *queue = lane->queue;
    leave_lane(lane);
    if (!lane->going && is_worn(lane))
        retire(lane);
    dispatch(queue);
    dispatch_all(lane->worker);
}

static void on_ended(void *owner, struct runner *runner, struct runner_task *task, const struct runner_end *end,
                     bool more)
{
    struct lane *lane = owner;
    struct queue *queue = lane->queue;
    struct job *job = (struct job *)task;
    job_list_remove(&lane->jobs, job);
    queue->with_runners--;
    if (end->end == JOB_END_PUT_BACK) {
        job->since_us = clock_monotonic_us();
        job_list_append(&queue->returned, job);
    } else {
        lane->still_since_us = 0;
        if (end->output_size > 0)
            queue->prints = true;
        if (end->ended_us >= end->started_us)
            learn_duration(queue, end);
        if (end->process_ended)
            finish_after_eviction(job, end, runner_backend(runner));
        else
            finish_job(job, end);
    }
    if (more)
        return;
    if (lane->jobs.count == 0)
        lane_is_empty(lane);
    claim_pump(queue);
    dispatch(queue);
    worker_check_done(lane->worker);
}

static void on_printed(void *owner, struct runner *runner, struct runner_task *task, enum errand_log_level level,
                       const char *line)
{
    struct lane *lane = owner;
    struct job *job = (struct job *)task;
    struct log_field fields[] = {
        { .name = "type", .text = job ? job->queue->type->table->record_name : "" },
        { .name = "id", .text = job ? job->id : "" },
        { .name = "pid", .number = runner_pid(runner) },
        { 0 },
    };
    log_write(&lane->worker->log, level, job ? fields : fields + 2, "%s", line);
}

static void lane_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_exited(void *owner, struct runner *runner, const char *failure)
{
    struct lane *lane = owner;
    struct worker *worker = lane->worker;
    (void)runner;
    if (lane->queue)
        leave_lane(lane);
    struct lane **at = &worker->lanes;
    while (*at != lane)
        at = &(*at)->next;
    *at = lane->next;
    worker->lane_count--;
    uv_close((uv_handle_t *)&lane->watch, lane_closed);
    if (failure && !lane->ready)
        starting_failed(worker, failure);
    else if (failure)
        WORKER_LOG(worker, ERRAND_LOG_DEBUG, "a runner ended: %s", failure);
    dispatch_tidy(worker);
    dispatch_all(worker);
    claim_pump_all(worker);
    worker_check_done(worker);
}

/* ---- Keeping, and ending ---- */

void dispatch_tidy(struct worker *worker)
{
    if (worker->state != WORKER_WORKING)
        return;
    size_t kept = 0;
    int64_t now = clock_monotonic_us();
    for (struct lane *lane = worker->lanes; lane; lane = lane->next) {
        if (!lane->ready && !lane->killed && now - lane->started_us > START_MOST_US) {
            lane->going = lane->killed = true;
            runner_kill(lane->runner, JOB_END_FAILED, NULL);
        }
        kept += !lane->going;
    }
    if (kept == 0)
        start_lane(worker);
    for (struct lane *lane = worker->lanes; lane && kept > 1; lane = lane->next) {
        if (lane->queue || lane->going || now - lane->idle_since_us < IDLE_MOST_US)
            continue;
        retire(lane);
        kept--;
    }
}

void dispatch_put_back_all(struct worker *worker)
{
    for (struct lane *lane = worker->lanes; lane; lane = lane->next)
        if (lane->queue)
            take_back(lane);
    for (size_t i = 0; i < worker->queue_count; i++)
        dispatch(&worker->queues[i]); /* which puts back what is ready, as nothing may be claimed any more */
}

void dispatch_kill_all(struct worker *worker, const char *reason)
{
    for (struct lane *lane = worker->lanes; lane; lane = lane->next) {
        if (lane->killed || !lane->queue)
            continue;
        lane->going = lane->killed = true;
        runner_kill(lane->runner, JOB_END_KILLED, reason);
    }
}

void dispatch_retire_all(struct worker *worker)
{
    for (struct lane *lane = worker->lanes; lane; lane = lane->next)
        if (!lane->going)
            retire(lane);
}
