/* How a job ended, made into what the database, the log and the statistics are told. */
#include "worker/worker.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_FROM_US = 1000000 }; /* attempts that took this long are kept in errand_attempts */

static char *copy(const char *text, size_t size)
{
    char *copied = text ? malloc(size + 1) : NULL;
    if (copied) {
        memcpy(copied, text, size);
        copied[size] = '\0';
    }
    return copied;
}

static bool is_failure(enum job_end end)
{
    return end == JOB_END_FAILED || end == JOB_END_TIMED_OUT || end == JOB_END_DISCARDED || end == JOB_END_KILLED;
}

/* Without memory the attempt is not kept; the outcome counts all the same. */
static struct attempt *keep(const struct runner_end *end)
{
    if (!is_failure(end->end) && end->output_size == 0 && end->ended_us - end->started_us < KEPT_FROM_US)
        return NULL;
    struct attempt *attempt = calloc(1, sizeof(*attempt));
    if (!attempt)
        return NULL;
    attempt->started_us = end->started_us;
    attempt->ended_us = end->ended_us;
    attempt->error = copy(end->error, end->error ? strlen(end->error) : 0);
    attempt->backtrace = copy(end->backtrace, end->backtrace ? strlen(end->backtrace) : 0);
    attempt->output = copy(end->output, end->output_size);
    attempt->output_size = attempt->output ? end->output_size : 0;
    return attempt;
}

static void count(struct queue *queue, const struct runner_end *end)
{
    int64_t took = end->ended_us - end->started_us;
    queue->stats[end->end].count++;
    queue->stats[end->end].total_us += took;
    if (took > queue->stats[end->end].max_us)
        queue->stats[end->end].max_us = took;
}

static void log_end(const struct job *job, const struct runner_end *end, const struct job_transition *next)
{
    const struct worker *worker = job->queue->worker;
    bool failure = is_failure(end->end);
    enum errand_log_level level = !failure                           ? ERRAND_LOG_DEBUG
                                  : next->status == JOB_STATUS_RETRY ? ERRAND_LOG_WARNING
                                                                     : ERRAND_LOG_ERROR;
    if (level < worker->log.level)
        return;
    struct log_field fields[] = {
        { .name = "type", .text = job->queue->type->table->record_name },
        { .name = "id", .text = job->id },
        { .name = "attempt", .number = job->task.attempts },
        { .name = "outcome", .text = job_end_label(end->end) },
        { .name = "status", .text = job_status_label(next->status) },
        { .name = "duration_us", .number = end->ended_us - end->started_us },
        { 0 },
    };
    log_write(&worker->log, level, fields, "%s", failure && end->error ? end->error : "job done");
}

void finish_job(struct job *job, const struct runner_end *end)
{
    struct queue *queue = job->queue;
    queue->worker->jobs_ended = true;
    struct job_transition next = job_transition(end->end, job->task.attempts, queue->type->options, end->snooze_us);
    job->end = end->end;
    job->snooze_us = end->snooze_us;
    job->attempt = keep(end);
    count(queue, end);
    log_end(job, end, &next);
    job_list_append(&queue->finished, job);
}

void finish_put_back(struct job *job)
{
    job->end = JOB_END_PUT_BACK;
    job_list_append(&job->queue->finished, job);
}

/* ---- Killed jobs, whose backend may still be at work ---- */

struct eviction {
    struct job *job;
    struct runner_end end;
    struct backend backend;
    struct attempt kept; /* owns what `end` points to */
    struct eviction *next;
};

static void eviction_is_over(struct eviction *eviction)
{
    struct queue *queue = eviction->job->queue;
    queue->worker->evictions--;
    finish_job(eviction->job, &eviction->end);
    free(eviction->kept.error);
    free(eviction->kept.backtrace);
    free(eviction->kept.output);
    free(eviction);
    claim_pump(queue);
    worker_check_done(queue->worker);
}

static void evicted(void *arg, struct store_result result)
{
    struct eviction *eviction = arg;
    struct worker *worker = eviction->job->queue->worker;
    if (result.fault == STORE_OFFLINE) { /* its backends go with the server; ours to ask again when it is back */
        eviction->next = worker->evicting;
        worker->evicting = eviction;
        return;
    }
    if (result.fault != STORE_OK)
        WORKER_LOG(worker, ERRAND_LOG_WARNING,
                   "the database backend %" PRId64
                   " of a killed job was not seen gone, its outcome is written all the same: %s",
                   eviction->backend.pid, result.message);
    eviction_is_over(eviction);
}

void finish_evict_again(struct worker *worker)
{
    struct eviction *waiting = worker->evicting;
    worker->evicting = NULL;
    while (waiting) {
        struct eviction *next = waiting->next;
        store_evict(worker->store, waiting->backend, evicted, waiting);
        waiting = next;
    }
}

void finish_after_eviction(struct job *job, const struct runner_end *end, struct backend backend)
{
    struct worker *worker = job->queue->worker;
    struct eviction *eviction = backend.pid != 0 ? calloc(1, sizeof(*eviction)) : NULL;
    if (!eviction) {
        finish_job(job, end);
        return;
    }
    *eviction = (struct eviction){ .job = job, .end = *end, .backend = backend };
    eviction->end.error = eviction->kept.error = copy(end->error, end->error ? strlen(end->error) : 0);
    eviction->end.backtrace = eviction->kept.backtrace =
        copy(end->backtrace, end->backtrace ? strlen(end->backtrace) : 0);
    eviction->end.output = eviction->kept.output = copy(end->output, end->output_size);
    worker->evictions++;
    store_evict(worker->store, backend, evicted, eviction);
}
