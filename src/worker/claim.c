/* Exchanges with the database: outcomes go out, claimed jobs come in, in one transaction. What comes up while one is
   under way waits and goes with the next; nothing waits on a timer to fill a batch. */
#include "worker/worker.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    CLAIM_MOST = 500,         /* jobs a claim; beyond, a batch only costs latency */
    SECOND_EXCHANGE_AT = 100, /* rows that make a second exchange beside the first worth its round trip */
    BACKOFF_FIRST_MS = 50,
    BACKOFF_LAST_MS = 2000,
    REFUSED_AGAIN_MS = 60000,
    LOCKED_AGAIN_MS = 1000,
    LOCKED_PATIENCE_US = 30000000, /* for so long a worker that ends waits for a row that someone has locked */
    REFUSED_MOST = 1000, /* outcomes kept that the database refuses, but for what was claimed before the first was */
};

/* An exchange under way. */
struct exchange {
    struct queue *queue;
    struct job_list outcomes;
    struct claim *claim; /* NULL: none is asked for */
    size_t claim_limit;
    bool singly;            /* the claim is of one job, since claims were refused */
    size_t forgotten_count; /* of the first ones in queue->forgotten */
};

static void backoff_is_over(uv_timer_t *timer)
{
    struct queue *queue = timer->data;
    queue->backing_off = false;
    queue->more = true;
    claim_pump(queue);
}

/* ---- Jobs whose claim the database refuses ---- */

/* Those that were not refused again since the last time are forgotten. */
static void pass_over_none(struct queue *queue)
{
    while (queue->passed_over.known > queue->passed_over.count)
        free(queue->passed_over.ids[--queue->passed_over.known]);
    queue->passed_over.count = 0;
    store_pass_over(queue->table, NULL, 0);
}

/* Where the id stands among those of a minute ago; if it does not, where it may: *known is set. */
static size_t place_of(struct queue *queue, const char *id, bool *known)
{
    size_t at = queue->passed_over.count;
    while (at < queue->passed_over.known && strcmp(queue->passed_over.ids[at], id) != 0)
        at++;
    *known = at < queue->passed_over.known;
    if (at == STORE_PASSED_OVER_MAX) /* all are known, none is this: the last makes room */
        free(queue->passed_over.ids[--at]);
    else if (!*known)
        queue->passed_over.known++;
    return at;
}

/* Its id joins the others. False: they are too many. */
static bool pass_over(struct queue *queue, const char *id, bool *known)
{
    char *copy = queue->passed_over.count < STORE_PASSED_OVER_MAX ? strdup(id) : NULL;
    if (!copy)
        return false;
    char **ids = queue->passed_over.ids;
    size_t at = place_of(queue, id, known);
    if (*known)
        free(ids[at]);
    ids[at] = ids[queue->passed_over.count];
    ids[queue->passed_over.count++] = copy;
    store_pass_over(queue->table, (const char *const *)ids, queue->passed_over.count);
    return true;
}

void claim_try_refused(struct queue *queue)
{
    queue->claims_refused = false;
    queue->claim_limit = CLAIM_MOST;
    pass_over_none(queue);
    queue->more = true;
    job_list_prepend(&queue->finished, &queue->locked);
    job_list_prepend(&queue->finished, &queue->refused);
    claim_pump(queue);
}

static void refused_long_ago(uv_timer_t *timer)
{
    claim_try_refused(timer->data);
}

static void locked_a_while_ago(uv_timer_t *timer)
{
    struct queue *queue = timer->data;
    job_list_prepend(&queue->finished, &queue->locked);
    claim_pump(queue);
    worker_check_done(queue->worker);
}

void claim_init(struct queue *queue)
{
    queue->outcome_limit = STORE_OUTCOMES_MAX;
    queue->claim_limit = CLAIM_MOST;
    queue->more = true;
    uv_timer_init(&queue->worker->loop, &queue->backoff);
    uv_timer_init(&queue->worker->loop, &queue->refused_again);
    uv_timer_init(&queue->worker->loop, &queue->locked_again);
    queue->backoff.data = queue->refused_again.data = queue->locked_again.data = queue;
}

static void back_off(struct queue *queue)
{
    queue->backoff_ms = queue->backoff_ms ? queue->backoff_ms * 2 : BACKOFF_FIRST_MS;
    if (queue->backoff_ms > BACKOFF_LAST_MS)
        queue->backoff_ms = BACKOFF_LAST_MS;
    queue->backing_off = true;
    uv_timer_start(&queue->backoff, backoff_is_over, (uint64_t)queue->backoff_ms, 0);
}

static struct claim *new_claim(struct queue *queue)
{
    struct claim *claim = malloc(sizeof(*claim));
    if (!claim)
        return NULL;
    *claim = (struct claim){ .next = queue->claims, .number = queue->worker->next_claim++, .users = 1 };
    queue->claims = claim;
    return claim;
}

void claim_release(struct queue *queue, struct claim *claim)
{
    if (--claim->users > 0)
        return;
    struct claim **at = &queue->claims;
    while (*at != claim)
        at = &(*at)->next;
    *at = claim->next;
    free(claim);
}

uint64_t *claim_held(const struct queue *queue, size_t *count)
{
    size_t claims = 1;
    for (const struct claim *claim = queue->claims; claim; claim = claim->next)
        claims++;
    uint64_t *held = malloc((claims + queue->forgotten_count) * sizeof(*held));
    if (!held)
        return NULL;
    *count = 0;
    for (const struct claim *claim = queue->claims; claim; claim = claim->next)
        held[(*count)++] = claim->number;
    for (size_t i = 0; i < queue->forgotten_count; i++)
        held[(*count)++] = queue->forgotten[i];
    held[(*count)++] = queue->worker->next_claim;
    return held;
}

/* The claim's jobs, if it took any, go back to pending with the next exchange. */
static void forget(struct queue *queue, struct claim *claim)
{
    uint64_t *grown = realloc(queue->forgotten, (queue->forgotten_count + 1) * sizeof(*grown));
    if (grown) { /* without memory they stay with this worker's claims, for store_recover */
        queue->forgotten = grown;
        grown[queue->forgotten_count++] = claim->number;
    }
}

static void forgotten_were_told(struct queue *queue, size_t count)
{
    queue->forgotten_count -= count;
    if (count > 0)
        memmove(queue->forgotten, queue->forgotten + count, queue->forgotten_count * sizeof(*queue->forgotten));
}

/* The outcome is in the database: when is its job pending again? Nobody else tells: a worker hears of its own commits
   only by chance. */
static void applied(struct queue *queue, const struct job *job)
{
    if (job->end == JOB_END_RETURNED)
        return;
    struct job_transition next = job_transition(job->end, job->task.attempts, queue->type->options, job->snooze_us);
    if (next.set_run_at)
        watch_due_in(queue, next.delay_us);
    else if (next.status == JOB_STATUS_RETRY || next.status == JOB_STATUS_NOT_STARTED)
        queue->again = true;
}

static void free_outcomes(struct exchange *exchange)
{
    for (struct job *job; (job = job_list_take(&exchange->outcomes));) {
        applied(exchange->queue, job);
        job_free(job);
    }
}

/* All of a claim or nothing: what is put back by the claim's number may not be at work. */
static void take_in(struct exchange *exchange, const struct store_answer *answer)
{
    struct queue *queue = exchange->queue;
    struct job_list claimed = { 0 };
    int64_t now = clock_monotonic_us();
    for (size_t i = 0; i < answer->job_count; i++) {
        struct job *job = job_new(queue, &answer->jobs[i], exchange->claim);
        if (!job)
            break;
        job->since_us = now;
        job_list_append(&claimed, job);
    }
    bool whole = claimed.count == answer->job_count;
    for (struct job *job; (job = job_list_take(&claimed));) {
        if (whole)
            job_list_append(&queue->ready, job);
        else
            job_free(job);
    }
    if (whole)
        return;
    WORKER_LOG(queue->worker, ERRAND_LOG_ERROR, "out of memory: claimed jobs of %s are put back",
               queue->type->table->name);
    forget(queue, exchange->claim);
}

/* Also called for outcomes that were sent before a connection was lost: those may have been applied then. */
static void log_dropped(struct exchange *exchange, const struct store_answer *answer)
{
    for (struct job *job = exchange->outcomes.first; job; job = job->next)
        if (job->resent)
            return;
    struct log_field fields[] = {
        { .name = "type", .text = exchange->queue->type->table->record_name },
        { .name = "id", .text = answer->dropped_id ? answer->dropped_id : "?" },
        { .name = "count", .number = (int64_t)answer->dropped },
        { 0 },
    };
    log_write(&exchange->queue->worker->log, ERRAND_LOG_WARNING, fields,
              "outcome dropped: the job is no longer held by this worker (it was changed or taken over meanwhile)");
}

/* ---- Outcomes whose rows others have locked ---- */

static void log_locked(const struct job *job)
{
    struct log_field fields[] = {
        { .name = "type", .text = job->queue->type->table->record_name },
        { .name = "id", .text = job->id },
        { 0 },
    };
    log_write(&job->queue->worker->log, ERRAND_LOG_WARNING, fields,
              "the row of a job that has ended is locked by another transaction: its outcome is written after that");
}

static void keep_locked(struct queue *queue, struct job *job)
{
    if (job->locked_us == 0) {
        job->locked_us = clock_monotonic_us();
        log_locked(job);
    }
    job_list_append(&queue->locked, job);
    if (!uv_is_active((uv_handle_t *)&queue->locked_again))
        uv_timer_start(&queue->locked_again, locked_a_while_ago, LOCKED_AGAIN_MS, 0);
}

static bool is_locked(const struct store_answer *answer, const struct job *job)
{
    for (size_t i = 0; i < answer->locked; i++)
        if (strcmp(answer->locked_ids[i], job->id) == 0)
            return true;
    return false;
}

/* The others of the exchange are in the database. */
static void set_locked_aside(struct exchange *exchange, const struct store_answer *answer)
{
    struct job_list all = exchange->outcomes;
    exchange->outcomes = (struct job_list){ 0 };
    for (struct job *job; (job = job_list_take(&all));) {
        if (is_locked(answer, job))
            keep_locked(exchange->queue, job);
        else
            job_list_append(&exchange->outcomes, job);
    }
}

size_t claim_locked_lately(const struct queue *queue)
{
    size_t count = 0;
    int64_t since_us = clock_monotonic_us() - LOCKED_PATIENCE_US;
    for (const struct job *job = queue->locked.first; job; job = job->next)
        count += job->locked_us > since_us;
    return count;
}

static void succeeded(struct exchange *exchange, const struct store_answer *answer)
{
    struct queue *queue = exchange->queue;
    queue->backoff_ms = 0;
    queue->refusing &= exchange->outcomes.count == 0;
    if (queue->outcome_limit < STORE_OUTCOMES_MAX)
        queue->outcome_limit *= 2;
    if (answer->dropped > 0)
        log_dropped(exchange, answer);
    if (answer->locked > 0)
        set_locked_aside(exchange, answer);
    forgotten_were_told(queue, exchange->forgotten_count);
    free_outcomes(exchange);
    if (exchange->claim) {
        take_in(exchange, answer);
        queue->more = answer->cut || answer->job_count == exchange->claim_limit;
        queue->claim_limit = queue->more && queue->claim_limit < CLAIM_MOST / 2 ? 2 * queue->claim_limit : CLAIM_MOST;
    }
    if (queue->again)
        queue->more = true;
    queue->again = false;
}

static void mark_resent(struct job_list *list)
{
    for (struct job *job = list->first; job; job = job->next)
        job->resent = true;
}

/* id: of the job; NULL: it is about all. */
static void log_refused(const struct queue *queue, const char *id, const char *what, const char *message)
{
    struct log_field fields[] = {
        { .name = "type", .text = queue->type->table->record_name },
        { .name = id ? "id" : NULL, .text = id },
        { 0 },
    };
    log_write(&queue->worker->log, ERRAND_LOG_ERROR, fields, "%s: %s", what, message);
}

static void keep_refused(struct queue *queue, struct job_list *outcomes, const char *message)
{
    struct job *job = outcomes->first;
    if (!job->refused)
        log_refused(queue, job->id, "the database refuses the outcome of a job, it will be sent again", message);
    job->refused = true;
    job_list_prepend(&queue->refused, outcomes);
    queue->refusing = true;
    if (queue->refused.count == REFUSED_MOST)
        WORKER_LOG(queue->worker, ERRAND_LOG_ERROR,
                   "%d outcomes of %s are refused by the database: no more of its jobs are claimed until it takes them",
                   REFUSED_MOST, queue->type->table->name);
}

/* A claim by itself: one job at a time, until the one that is refused is known. It is passed over; where it is not
   known, or one of too many, nothing is claimed for a while. */
static void claim_refused(struct exchange *exchange, const char *message, const char *refused_id)
{
    struct queue *queue = exchange->queue;
    bool known;
    if (exchange->claim && !exchange->singly) {
        queue->claim_limit = 1;
    } else if (refused_id && pass_over(queue, refused_id, &known)) {
        if (!known)
            log_refused(queue, refused_id, "the database refuses the claim of a job, it is passed over", message);
    } else {
        log_refused(queue, NULL, "no jobs can be claimed", message);
        queue->claims_refused = true;
        watch_prepare(queue); /* altered or gone: it says so */
    }
}

/* The database does not take it: without its claim, and by halves, until the one row that it refuses is alone. That one
   waits, and is tried again now and then, as does a claim that is refused by itself; the others go on. */
static void refused(struct exchange *exchange, const char *message, const char *refused_id)
{
    struct queue *queue = exchange->queue;
    size_t count = exchange->outcomes.count;
    if (count > 1 || (count == 1 && (exchange->claim || exchange->forgotten_count > 0))) {
        queue->outcome_limit = count > 1 ? count / 2 : 1;
        job_list_prepend(&queue->finished, &exchange->outcomes);
        return;
    }
    if (count == 0) {
        claim_refused(exchange, message, refused_id);
    } else {
        keep_refused(queue, &exchange->outcomes, message);
        watch_prepare(queue);
    }
    queue->outcome_limit = STORE_OUTCOMES_MAX;
    if (!uv_is_active((uv_handle_t *)&queue->refused_again))
        uv_timer_start(&queue->refused_again, refused_long_ago, REFUSED_AGAIN_MS, 0);
}

bool claim_is_blocked(const struct queue *queue)
{
    return queue->claims_refused || queue->refused.count + queue->locked.count >= REFUSED_MOST;
}

void claim_drop_outcomes(struct queue *queue)
{
    size_t count = queue->finished.count + queue->refused.count + queue->locked.count;
    job_list_prepend(&queue->finished, &queue->refused);
    job_list_prepend(&queue->finished, &queue->locked);
    for (struct job *job; (job = job_list_take(&queue->finished));)
        job_free(job);
    if (count > 0)
        WORKER_LOG(queue->worker, ERRAND_LOG_WARNING, "%zu outcomes dropped: their table %s is gone", count,
                   queue->type->table->name);
}

static void failed(struct exchange *exchange, struct store_result result, const char *refused_id)
{
    struct queue *queue = exchange->queue;
    if (result.fault == STORE_REFUSED) {
        refused(exchange, result.message, refused_id);
        return;
    }
    if (result.fault == STORE_BUSY) {
        WORKER_LOG(queue->worker, ERRAND_LOG_WARNING, "%s: %s; trying again", queue->type->table->name, result.message);
        if (exchange->claim && exchange->outcomes.count > 0) /* the next one goes without */
            queue->outcome_limit = exchange->outcomes.count;
        job_list_prepend(&queue->finished, &exchange->outcomes);
        back_off(queue);
        return;
    }
    mark_resent(&exchange->outcomes);
    job_list_prepend(&queue->finished, &exchange->outcomes);
    if (exchange->claim)
        forget(queue, exchange->claim);
}

static void exchange_done(void *arg, struct store_result result, const struct store_answer *answer)
{
    struct exchange *exchange = arg;
    struct queue *queue = exchange->queue;
    size_t limit = exchange->claim ? exchange->claim_limit : 0;
    queue->in_flight--;
    queue->claiming -= limit;
    queue->sending -= exchange->outcomes.count;
    if (result.fault == STORE_OK)
        succeeded(exchange, answer);
    else
        failed(exchange, result, answer ? answer->refused_id : NULL);
    if (exchange->claim) {
        claim_release(queue, exchange->claim);
        if (result.fault == STORE_OK)
            watch_claimed(queue, limit, answer->job_count);
    }
    free(exchange);
    dispatch(queue);
    claim_pump(queue);
    if (limit > 0 && queue->lanes == 0) /* a runner that was kept free for this type was not needed */
        dispatch_all(queue->worker);
    worker_check_done(queue->worker);
}

/* Where outcomes are not taken, each job that is claimed may become one more to be kept. */
static size_t room_for_outcomes(const struct queue *queue, size_t held)
{
    size_t not_taken = queue->refused.count + queue->locked.count;
    size_t kept = not_taken + queue->finished.count + queue->sending + held;
    if (not_taken == 0 && !queue->refusing)
        return SIZE_MAX;
    return kept < REFUSED_MOST ? REFUSED_MOST - kept : 0;
}

/* How many jobs the next exchange is to claim. A claim of few rows beside others under way is left for later, unless
   nothing is under way. */
static size_t claim_size(const struct queue *queue)
{
    if (!queue->more || !queue->usable || queue->claims_refused || queue->outcome_limit < STORE_OUTCOMES_MAX ||
        !worker_may_claim(queue->worker))
        return 0;
    size_t room = share_room(queue);
    size_t held = queue->ready.count + queue->with_runners + queue->claiming;
    if (room <= held)
        return 0;
    size_t wanted = room - held, bearable = room_for_outcomes(queue, held);
    if (wanted > bearable)
        wanted = bearable;
    return wanted < queue->claim_limit ? wanted : queue->claim_limit;
}

static void fill_attempt(struct store_attempt *kept, const struct attempt *attempt, int64_t now)
{
    *kept = (struct store_attempt){
        .started_ago_us = now - attempt->started_us,
        .finished_ago_us = now - attempt->ended_us,
        .error = attempt->error,
        .backtrace = attempt->backtrace,
        .output = attempt->output,
        .output_size = attempt->output_size,
    };
}

static void fill_outcome(struct store_outcome *outcome, struct store_attempt *kept, const struct job *job, int64_t now)
{
    *outcome = (struct store_outcome){
        .id = job->id,
        .claim = job->claim->number,
        .attempts = job->task.attempts,
        .end = job->end,
        .transition = job_transition(job->end, job->task.attempts, job->queue->type->options, job->snooze_us),
        .error = job->attempt ? job->attempt->error : NULL,
        .place = job->place,
    };
    if (job->attempt && job->end != JOB_END_PUT_BACK && job->end != JOB_END_SNOOZED) {
        fill_attempt(kept, job->attempt, now);
        outcome->attempt = kept;
    }
}

static size_t attempts_in(const struct job_list *list)
{
    size_t count = 0;
    for (const struct job *job = list->first; job; job = job->next)
        count += job->attempt != NULL;
    return count;
}

static int send_exchange(struct exchange *exchange)
{
    struct queue *queue = exchange->queue;
    size_t count = exchange->outcomes.count;
    struct store_outcome *outcomes = malloc((count + 1) * sizeof(*outcomes));
    struct store_attempt *kept = malloc((attempts_in(&exchange->outcomes) + 1) * sizeof(*kept));
    if (!outcomes || !kept) {
        free(outcomes);
        free(kept);
        return -1;
    }
    int64_t now = clock_monotonic_us();
    size_t i = 0, attempt = 0;
    for (const struct job *job = exchange->outcomes.first; job; job = job->next) {
        fill_outcome(&outcomes[i++], &kept[attempt], job, now);
        attempt += job->attempt != NULL;
    }
    struct store_exchange message = {
        .outcomes = outcomes,
        .outcome_count = count,
        .forgotten = queue->forgotten,
        .forgotten_count = exchange->forgotten_count,
        .claim = exchange->claim ? exchange->claim->number : 0,
        .claim_limit = exchange->claim_limit,
        .in_order = queue->type->options->max_concurrency == 1,
        .name_refused = exchange->singly,
    };
    store_exchange(queue->table, &message, exchange_done, exchange);
    free(outcomes);
    free(kept);
    return 0;
}

static void take_outcomes(struct exchange *exchange, size_t count)
{
    struct queue *queue = exchange->queue;
    if (count == queue->finished.count) {
        exchange->outcomes = queue->finished;
        queue->finished = (struct job_list){ 0 };
        return;
    }
    for (size_t i = 0; i < count; i++)
        job_list_append(&exchange->outcomes, job_list_take(&queue->finished));
}

/* How many claims whose answer never came the next exchange is to put back. Told in one exchange at a time: two would
   not know which of them is the first in the list. */
static size_t tellable(const struct queue *queue)
{
    bool whole = queue->claim_limit == CLAIM_MOST || !worker_may_claim(queue->worker);
    bool may = queue->usable && !queue->claims_refused && queue->outcome_limit == STORE_OUTCOMES_MAX && whole;
    return may && queue->in_flight == 0 ? queue->forgotten_count : 0;
}

/* False: not even that much memory; what there is stays where it is. */
static bool begin_exchange(struct queue *queue, size_t outcomes, size_t claim_limit)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        return false;
    exchange->queue = queue;
    exchange->claim = claim_limit > 0 ? new_claim(queue) : NULL;
    exchange->claim_limit = exchange->claim ? claim_limit : 0;
    exchange->singly = exchange->claim && queue->claim_limit == 1;
    exchange->forgotten_count = tellable(queue);
    take_outcomes(exchange, outcomes);
    queue->in_flight++;
    queue->claiming += exchange->claim_limit;
    queue->sending += outcomes;
    if (exchange->claim)
        queue->again = false;
    if (send_exchange(exchange) == 0)
        return true;
    queue->in_flight--;
    queue->claiming -= exchange->claim_limit;
    queue->sending -= outcomes;
    job_list_prepend(&queue->finished, &exchange->outcomes);
    if (exchange->claim)
        claim_release(queue, exchange->claim);
    free(exchange);
    return false;
}

void claim_pump(struct queue *queue)
{
    int most = queue->type->options->max_concurrency == 1 ? 1 : 2;
    if (queue->worker->state == WORKER_CLOSING) /* the store answers what comes now at once, and would for ever */
        return;
    while (queue->worker->online && !queue->backing_off && queue->in_flight < most) {
        if (queue->finished.count == 0)
            queue->outcome_limit = STORE_OUTCOMES_MAX;
        size_t outcomes = queue->finished.count < queue->outcome_limit ? queue->finished.count : queue->outcome_limit;
        bool apart = outcomes > 0 && queue->claim_limit < CLAIM_MOST; /* claims are refused: they go by themselves */
        size_t claim = apart ? 0 : claim_size(queue);
        if (outcomes == 0 && claim == 0 && tellable(queue) == 0)
            return;
        if (queue->in_flight > 0 && outcomes + claim < SECOND_EXCHANGE_AT)
            return;
        if (!begin_exchange(queue, outcomes, claim))
            return;
    }
}

void claim_pump_all(struct worker *worker)
{
    for (size_t i = 0; i < worker->queue_count; i++)
        claim_pump(&worker->queues[i]);
}
