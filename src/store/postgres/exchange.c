/* Exchanges: outcomes, put-backs and a claim in one transaction, and what the claim gave in the order of starting. */
#include "base/clock.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "store/postgres/internal.h"
#include "store/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FULL_EVERY_US = 1000000, /* a claim of the full range at least this often */
    SLOW_US = 20000,         /* a claim of the full range that takes longer is worth avoiding */
    STUCK_US = 250000,       /* an exchange unanswered for this long gets no second one beside it */
    AROUND_US = 10000000,    /* a locked row was met: for so long outcomes are written around such */
};

/* Which statement settles an outcome. */
enum kind { PLAIN, OTHER, KEPT, KINDS, ANY = KINDS };

static const enum table_statement waiting_statements[] = { [PLAIN] = SUCCEED, [OTHER] = SETTLE, [KEPT] = SETTLE_KEEP };
static const enum table_statement around_statements[] = {
    [PLAIN] = SUCCEED_AROUND, [OTHER] = SETTLE_AROUND, [KEPT] = SETTLE_KEEP_AROUND, [ANY] = STILL_HELD
};

/* The outcomes that one statement settles. */
struct settled {
    struct call *call; /* NULL: none */
    size_t count;
    struct array ids;
};

/* What an exchange needs until it is answered; in the memory of its request. */
struct exchange {
    struct postgres_table *table;
    struct settled settled[KINDS + 1]; /* the last of ANY: where `around`, asks for those that were left out */
    struct call *claim;                /* NULL: nothing is claimed */
    struct call *first;                /* names the job that the claim takes; NULL: it is not asked for */
    uint64_t number;
    size_t limit;
    bool uuid_ids; /* as the table's were when it was built */
    bool in_order, ranged;
    bool around;       /* outcomes whose rows others have locked are left out */
    bool ascii;        /* its texts are written without what the database's encoding has no place for */
    PGresult *earlier; /* what a first claim, of a part of the range, gave; owned */
    size_t earlier_dropped;
    char *dropped_id;
};

/* ---- Building ---- */

static enum kind kind_of(const struct postgres_store *store, const struct store_outcome *outcome)
{
    const struct job_transition *transition = &outcome->transition;
    if (outcome->attempt && store->own[OWN_ATTEMPTS])
        return KEPT;
    bool plain = transition->status == JOB_STATUS_SUCCEEDED && !transition->uncount && !transition->set_run_at &&
                 !transition->set_error;
    return plain ? PLAIN : OTHER;
}

static void add_id(const struct exchange *exchange, struct array *ids, const char *id)
{
    if (exchange->uuid_ids)
        array_uuid(ids, id);
    else
        array_text(ids, id, strlen(id));
}

static bool is_of(const struct exchange *exchange, const struct store_outcome *outcome, enum kind kind)
{
    return kind == ANY || kind_of(exchange->table->store, outcome) == kind;
}

/* The two arrays that all outcomes have: ids and claims. */
static void add_fence(struct request *request, struct exchange *exchange, const struct store_exchange *given,
                      enum kind kind)
{
    struct postgres_table *table = exchange->table;
    struct settled *settled = &exchange->settled[kind];
    const enum table_statement *statements = exchange->around ? around_statements : waiting_statements;
    size_t content = 0;
    for (size_t i = 0; i < given->outcome_count; i++) {
        if (!is_of(exchange, &given->outcomes[i], kind))
            continue;
        settled->count++;
        content += exchange->uuid_ids ? 16 : strlen(given->outcomes[i].id);
    }
    if (settled->count == 0)
        return;
    settled->ids = array_begin(request, exchange->uuid_ids ? ARRAY_UUID : ARRAY_TEXT, settled->count, content);
    struct array claims = array_begin(request, ARRAY_UUID, settled->count, 16 * settled->count);
    for (size_t i = 0; i < given->outcome_count; i++) {
        if (!is_of(exchange, &given->outcomes[i], kind))
            continue;
        add_id(exchange, &settled->ids, given->outcomes[i].id);
        array_claim(&claims, table->store->worker, given->outcomes[i].claim);
    }
    settled->call = request_call_kept(request, &table->statements[statements[kind]]);
    call_array(request, settled->call, &settled->ids);
    call_array(request, settled->call, &claims);
}

/* data is NULL for NULL. */
struct text {
    const char *data;
    size_t size;
};

static struct text valid_text(struct request *request, const char *given, size_t size, size_t most)
{
    const struct exchange *exchange = request->context;
    char *text = store_text(&request->memory, given, size, most);
    request->failed |= given && !text;
    size_t length = text ? strlen(text) : 0;
    return (struct text){ text, text && exchange->ascii ? utf8_to_ascii(text, length) : length };
}

/* One array of texts, from a function that gives the text of each outcome. */
static void add_texts(struct request *request, struct exchange *exchange, const struct store_exchange *given,
                      enum kind kind, struct text (*text_of)(struct request *, const struct store_outcome *))
{
    struct settled *settled = &exchange->settled[kind];
    struct text *texts = arena_alloc(&request->memory, settled->count * sizeof(*texts));
    size_t content = 0, count = 0;
    request->failed |= !texts;
    for (size_t i = 0; texts && i < given->outcome_count; i++) {
        if (!is_of(exchange, &given->outcomes[i], kind))
            continue;
        texts[count] = text_of(request, &given->outcomes[i]);
        content += texts[count++].size;
    }
    struct array array = array_begin(request, ARRAY_TEXT, settled->count, content);
    for (size_t i = 0; i < count; i++) {
        if (texts[i].data)
            array_text(&array, texts[i].data, texts[i].size);
        else
            array_null(&array);
    }
    call_array(request, settled->call, &array);
}

static struct text label(const char *text)
{
    return (struct text){ text, strlen(text) };
}

static struct text status_of(struct request *request, const struct store_outcome *outcome)
{
    (void)request;
    return label(job_status_label(outcome->transition.status));
}

static struct text new_error_of(struct request *request, const struct store_outcome *outcome)
{
    const char *error = outcome->transition.set_error ? outcome->error : NULL;
    return valid_text(request, error, error ? strlen(error) : 0, STORE_ERROR_MAX);
}

static struct text end_of(struct request *request, const struct store_outcome *outcome)
{
    (void)request;
    return label(job_end_label(outcome->end));
}

static struct text said_of(struct request *request, const struct store_outcome *outcome)
{
    const char *error = outcome->attempt->error;
    return valid_text(request, error, error ? strlen(error) : 0, STORE_ERROR_MAX);
}

static struct text backtrace_of(struct request *request, const struct store_outcome *outcome)
{
    const char *backtrace = outcome->attempt->backtrace;
    return valid_text(request, backtrace, backtrace ? strlen(backtrace) : 0, STORE_OUTPUT_MAX);
}

static struct text output_of(struct request *request, const struct store_outcome *outcome)
{
    return valid_text(request, outcome->attempt->output, outcome->attempt->output_size, STORE_OUTPUT_MAX);
}

/* status, uncount, delay_us, error: of every outcome but the plain ones. */
static void add_transitions(struct request *request, struct exchange *exchange, const struct store_exchange *given,
                            enum kind kind)
{
    struct settled *settled = &exchange->settled[kind];
    struct array uncounts = array_begin(request, ARRAY_BOOL, settled->count, settled->count);
    struct array delays = array_begin(request, ARRAY_INT8, settled->count, 8 * settled->count);
    for (size_t i = 0; i < given->outcome_count; i++) {
        const struct store_outcome *outcome = &given->outcomes[i];
        if (!is_of(exchange, outcome, kind))
            continue;
        array_bool(&uncounts, outcome->transition.uncount);
        if (outcome->transition.set_run_at)
            array_int8(&delays, outcome->transition.delay_us);
        else
            array_null(&delays);
    }
    add_texts(request, exchange, given, kind, status_of);
    call_array(request, settled->call, &uncounts);
    call_array(request, settled->call, &delays);
    add_texts(request, exchange, given, kind, new_error_of);
}

static void add_attempts(struct request *request, struct exchange *exchange, const struct store_exchange *given)
{
    struct settled *settled = &exchange->settled[KEPT];
    struct array attempts = array_begin(request, ARRAY_INT4, settled->count, 4 * settled->count);
    struct array starts = array_begin(request, ARRAY_INT8, settled->count, 8 * settled->count);
    struct array ends = array_begin(request, ARRAY_INT8, settled->count, 8 * settled->count);
    for (size_t i = 0; i < given->outcome_count; i++) {
        const struct store_outcome *outcome = &given->outcomes[i];
        if (!is_of(exchange, outcome, KEPT))
            continue;
        array_int4(&attempts, outcome->attempts);
        array_int8(&starts, outcome->attempt->started_ago_us);
        array_int8(&ends, outcome->attempt->finished_ago_us);
    }
    call_array(request, settled->call, &attempts);
    call_array(request, settled->call, &starts);
    call_array(request, settled->call, &ends);
    add_texts(request, exchange, given, KEPT, end_of);
    add_texts(request, exchange, given, KEPT, said_of);
    add_texts(request, exchange, given, KEPT, backtrace_of);
    add_texts(request, exchange, given, KEPT, output_of);
}

static void add_outcomes(struct request *request, struct exchange *exchange, const struct store_exchange *given)
{
    if (given->outcome_count == 0)
        return;
    exchange->ascii = exchange->table->ascii;
    exchange->around = clock_monotonic_us() < exchange->table->around_until_us;
    add_fence(request, exchange, given, PLAIN);
    add_fence(request, exchange, given, OTHER);
    if (exchange->settled[OTHER].count > 0)
        add_transitions(request, exchange, given, OTHER);
    add_fence(request, exchange, given, KEPT);
    if (exchange->settled[KEPT].count > 0) {
        add_transitions(request, exchange, given, KEPT);
        add_attempts(request, exchange, given);
    }
    if (exchange->around)
        add_fence(request, exchange, given, ANY);
}

static void add_forgotten(struct request *request, struct postgres_table *table, const uint64_t *claims, size_t count)
{
    if (count == 0)
        return;
    struct array array = array_begin(request, ARRAY_UUID, count, 16 * count);
    for (size_t i = 0; i < count; i++)
        array_claim(&array, table->store->worker, claims[i]);
    call_array(request, request_call_kept(request, &table->statements[FORGET]), &array);
}

/* Where the full range was slow to read (dead rows at its beginning that an old snapshot keeps). */
static bool full_is_slow(const struct postgres_table *table)
{
    return table->full_us > SLOW_US && table->ranged_us >= 0 && table->full_us > 4 * table->ranged_us;
}

static bool wants_range(const struct postgres_table *table, bool in_order)
{
    if (in_order || table->since[0] == '\0' || clock_monotonic_us() - table->full_at_us >= FULL_EVERY_US)
        return false;
    return table->filled || table->full_us > SLOW_US;
}

void postgres_call_passed_over(struct request *request, struct call *call, const struct store_table *table)
{
    size_t size = 0;
    for (size_t i = 0; i < table->passed_over; i++)
        size += strlen(table->passed_over_ids[i]);
    struct array ids = array_begin(request, ARRAY_TEXT, table->passed_over, size);
    for (size_t i = 0; i < table->passed_over; i++)
        array_text(&ids, table->passed_over_ids[i], strlen(table->passed_over_ids[i]));
    call_array(request, call, &ids);
}

static void add_claim(struct request *request, struct exchange *exchange)
{
    struct postgres_table *table = exchange->table;
    errand_uuid claim = store_claim_uuid(table->store->worker, exchange->number);
    bool passing = table->base.passed_over > 0;
    exchange->claim = request_call_kept(request, &table->statements[passing ? CLAIM_PASSING : CLAIM]);
    call_uuid(request, exchange->claim, claim.text);
    call_int(request, exchange->claim, (int64_t)exchange->limit);
    call_text(request, exchange->claim, exchange->ranged ? table->since : "-infinity");
    call_int(request, exchange->claim, exchange->ranged ? table->since_position : INT64_MIN);
    if (passing)
        postgres_call_passed_over(request, exchange->claim, &table->base);
}

static void exchanged(struct request *request, struct store_result result);

static struct request *new_exchange(struct postgres_table *table, struct exchange **exchange)
{
    struct request *request = request_new(exchanged, NULL, NULL);
    *exchange = request ? arena_alloc(&request->memory, sizeof(**exchange)) : NULL;
    if (!*exchange)
        abort();
    (*exchange)->table = table;
    (*exchange)->uuid_ids = table->uuid_ids;
    request->context = *exchange;
    return request;
}

void postgres_exchange_begin(struct store_table *base, const struct store_exchange *given, store_exchange_done done,
                             void *arg)
{
    struct postgres_table *table = (struct postgres_table *)base;
    struct exchange *exchange;
    struct request *request = new_exchange(table, &exchange);
    request->arg = arg;
    request->tell.exchange = done;
    bool known = given->claim == 0 ? table->found != NULL : table->usable;
    if (!known && postgres_is_up(table->store)) {
        postgres_answer(table->store, request, STORE_REFUSED,
                        "the table cannot be worked on, or was not looked at yet");
        return;
    }
    if (!known) {
        postgres_queue(table->store, request);
        return;
    }
    add_outcomes(request, exchange, given);
    add_forgotten(request, table, given->forgotten, given->forgotten_count);
    if (given->claim != 0 && given->claim_limit > 0) {
        exchange->number = given->claim;
        exchange->limit = given->claim_limit;
        exchange->in_order = given->in_order;
        exchange->ranged = !exchange->around && !given->name_refused && wants_range(table, given->in_order);
        if (given->name_refused) {
            exchange->first = request_call_kept(request, &table->statements[FIRST]);
            postgres_call_passed_over(request, exchange->first, base);
        }
        add_claim(request, exchange);
    }
    postgres_queue(table->store, request);
}

bool postgres_exchange_may_go(const struct request *request)
{
    const struct exchange *exchange = request->context;
    const struct postgres_table *table = exchange->table;
    if (table->in_flight == 0)
        return true;
    return table->in_flight == 1 && !table->stuck && clock_monotonic_us() - table->sent_us < STUCK_US;
}

void postgres_exchange_goes(struct request *request)
{
    struct exchange *exchange = request->context;
    exchange->table->in_flight++;
    exchange->table->sent_us = clock_monotonic_us();
    request->on_link = true;
}

/* ---- What was claimed ---- */

/* Where the columns that are read here stand in an answer; -1: not there. Not as the table is known by now: it may have
   been altered while the claim was under way. */
struct places {
    int id, attempts, run_at, now, created_at, position;
};

static struct places places_in(const PGresult *answer)
{
    return (struct places){
        .id = PQfnumber(answer, "id"),
        .attempts = PQfnumber(answer, "attempts_count"),
        .run_at = PQfnumber(answer, "run_at"),
        .now = PQfnumber(answer, "locked_at"),
        .created_at = PQfnumber(answer, "created_at"),
        .position = PQfnumber(answer, "queue_position"),
    };
}

/* A claimed job with what it is sorted by. */
struct claimed {
    struct store_job job;
    errand_time run_at, created_at;
    int64_t position;
    const char *run_at_text;
};

static int compare(const void *one, const void *other)
{
    const struct claimed *a = one, *b = other;
    if (a->run_at != b->run_at)
        return a->run_at < b->run_at ? -1 : 1;
    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    if (a->created_at != b->created_at)
        return a->created_at < b->created_at ? -1 : 1;
    return strcmp(a->job.id, b->job.id);
}

static size_t row_size(const PGresult *answer, int row, int columns)
{
    size_t size = 0;
    for (int column = 0; column < columns; column++)
        size += sizeof(uint32_t) + (size_t)PQgetlength(answer, row, column);
    return size;
}

static char *encode_row(const PGresult *answer, int row, int columns, char *at)
{
    for (int column = 0; column < columns; column++) {
        uint32_t size = (uint32_t)PQgetlength(answer, row, column);
        bool null = size == 0 && PQgetisnull(answer, row, column);
        uint32_t told = null ? UINT32_MAX : size;
        memcpy(at, &told, sizeof(told));
        memcpy(at + sizeof(told), PQgetvalue(answer, row, column), size);
        at += sizeof(told) + size;
    }
    return at;
}

static int64_t lateness(errand_time now, errand_time run_at)
{
    if (run_at == ERRAND_TIME_MINUS_INFINITY || now < run_at)
        return 0;
    return now - run_at;
}

static void read_job(const struct places *places, const PGresult *answer, int row, uint64_t claim, errand_time now,
                     struct claimed *claimed)
{
    claimed->run_at_text = PQgetvalue(answer, row, places->run_at);
    if (clock_parse(claimed->run_at_text, &claimed->run_at) < 0)
        claimed->run_at = now;
    if (places->position >= 0)
        claimed->position = strtoll(PQgetvalue(answer, row, places->position), NULL, 10);
    else if (clock_parse(PQgetvalue(answer, row, places->created_at), &claimed->created_at) < 0)
        claimed->created_at = 0;
    claimed->job = (struct store_job){
        .id = PQgetvalue(answer, row, places->id),
        .claim = claim,
        .attempts = atoi(PQgetvalue(answer, row, places->attempts)),
        .late_us = lateness(now, claimed->run_at),
    };
}

/* Reads the rows of one answer behind those that are there. NULL: memory ran out. */
static bool read_jobs(struct request *request, const PGresult *answer, struct claimed *jobs, size_t *count)
{
    struct exchange *exchange = request->context;
    int rows = PQntuples(answer), columns = (int)exchange->table->base.type->table->column_count;
    struct places places = places_in(answer);
    size_t total = 0;
    for (int row = 0; row < rows; row++)
        total += row_size(answer, row, columns);
    char *at = arena_alloc(&request->memory, total + 1);
    errand_time now = 0;
    if (!at)
        return false;
    if (rows > 0 && clock_parse(PQgetvalue(answer, 0, places.now), &now) < 0)
        now = 0;
    for (int row = 0; row < rows; row++) {
        struct claimed *claimed = &jobs[(*count)++];
        read_job(&places, answer, row, exchange->number, now, claimed);
        claimed->job.row = at;
        at = encode_row(answer, row, columns, at);
        claimed->job.row_size = (size_t)(at - (const char *)claimed->job.row);
    }
    return true;
}

static void sort_jobs(struct claimed *jobs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare(&jobs[i - 1], &jobs[i]) > 0) {
            qsort(jobs, count, sizeof(*jobs), compare);
            return;
        }
    }
}

/* ---- Outcomes that did not apply: their row was no longer held, or is locked ---- */

static const char *id_at(const struct exchange *exchange, const struct array *ids, size_t index,
                         struct request *request)
{
    const char *at = ids->data + 20;
    for (;; index--) {
        uint32_t size;
        memcpy(&size, at, 4);
        size = __builtin_bswap32(size);
        if (index > 0) {
            at += 4 + size;
            continue;
        }
        if (!exchange->uuid_ids)
            return arena_copy(&request->memory, at + 4, size);
        errand_uuid uuid = uuid_from_bytes((const unsigned char *)at + 4);
        return arena_strdup(&request->memory, uuid.text);
    }
}

static bool is_returned(const PGresult *answer, const char *id)
{
    for (int row = 0; row < PQntuples(answer); row++)
        if (strcmp(PQgetvalue(answer, row, 0), id) == 0)
            return true;
    return false;
}

static const PGresult *left_out(const struct exchange *exchange)
{
    return exchange->settled[ANY].call ? exchange->settled[ANY].call->answer : NULL;
}

static size_t count_dropped(struct request *request, const struct exchange *exchange, const char **dropped_id)
{
    size_t dropped = 0;
    for (size_t kind = 0; kind < KINDS; kind++) {
        const struct settled *settled = &exchange->settled[kind];
        size_t applied = settled->call ? (size_t)PQntuples(settled->call->answer) : 0;
        if (!settled->call || applied >= settled->count)
            continue;
        dropped += settled->count - applied;
        for (size_t i = 0; i < settled->count && !*dropped_id; i++) {
            const char *id = id_at(exchange, &settled->ids, i, request);
            if (id && !is_returned(settled->call->answer, id) && !is_returned(left_out(exchange), id))
                *dropped_id = id;
        }
    }
    return dropped - (size_t)PQntuples(left_out(exchange));
}

/* NULL: none, or no memory for them; then their outcomes count as told, and store_recover finds the rows. */
static const char *const *ids_left_out(struct request *request, const struct exchange *exchange, size_t *count)
{
    const PGresult *answer = left_out(exchange);
    size_t rows = (size_t)PQntuples(answer);
    const char **ids = rows > 0 ? arena_alloc(&request->memory, rows * sizeof(*ids)) : NULL;
    *count = ids ? rows : 0;
    for (size_t i = 0; i < *count; i++)
        ids[i] = PQgetvalue(answer, (int)i, 0);
    return ids;
}

/* ---- Answering ---- */

static void remember(struct postgres_table *table, const struct claimed *last)
{
    snprintf(table->since, sizeof(table->since), "%s", last->run_at_text);
    table->since_position = last->position;
}

static void was_put_back(struct request *request, struct store_result result)
{
    (void)request;
    (void)result;
}

/* There was no memory for the rows of a claim that has taken effect. What this does not reach, store_recover finds. An
   outcome that is sent again then finds its row settled. */
static void put_back(const struct exchange *exchange)
{
    struct request *request = request_new(was_put_back, NULL, NULL);
    if (!request)
        return;
    add_forgotten(request, exchange->table, &exchange->number, 1);
    postgres_send(exchange->table->store, request);
}

static bool has_outcomes(const struct exchange *exchange)
{
    for (size_t kind = 0; kind < KINDS; kind++)
        if (exchange->settled[kind].count > 0)
            return true;
    return false;
}

static void tell_jobs(struct request *request, struct exchange *exchange, struct claimed *claimed,
                      struct store_job *jobs)
{
    const PGresult *last = exchange->claim ? exchange->claim->answer : NULL;
    const char *dropped_id = exchange->dropped_id;
    size_t dropped = exchange->earlier_dropped + count_dropped(request, exchange, &dropped_id), count = 0;
    if (!claimed || !jobs || !read_jobs(request, exchange->earlier, claimed, &count) ||
        !read_jobs(request, last, claimed, &count)) {
        put_back(exchange);
        struct store_result full = { STORE_BUSY, "out of memory for the jobs that were claimed" };
        request->tell.exchange(request->arg, full, NULL);
        return;
    }
    sort_jobs(claimed, count);
    for (size_t i = 0; i < count; i++)
        jobs[i] = claimed[i].job;
    if (count > 0)
        remember(exchange->table, &claimed[count - 1]);
    if (count > 0 || has_outcomes(exchange))
        postgres_announce(exchange->table->store);
    struct store_answer answer = { .jobs = jobs, .job_count = count, .dropped = dropped };
    answer.dropped_id = dropped ? dropped_id : NULL;
    answer.locked_ids = ids_left_out(request, exchange, &answer.locked);
    request->tell.exchange(request->arg, (struct store_result){ STORE_OK, "" }, &answer);
}

/* The job whose claim was refused, unless it is not for its row: a missing right, a table or trigger that is broken. */
static const char *refused_id(const struct request *request, const struct exchange *exchange)
{
    const PGresult *first = exchange->first ? exchange->first->answer : NULL;
    bool of_all = strncmp(connect_sqlstate(request->error), "42", 2) == 0;
    return first && PQntuples(first) > 0 && !of_all ? PQgetvalue(first, 0, 0) : NULL;
}

static void tell(struct request *request, struct exchange *exchange, struct store_result result)
{
    if (result.fault != STORE_OK) {
        struct store_answer none = { 0 };
        none.refused_id = result.fault == STORE_REFUSED ? refused_id(request, exchange) : NULL;
        request->tell.exchange(request->arg, result, &none);
        return;
    }
    const PGresult *last = exchange->claim ? exchange->claim->answer : NULL;
    size_t most = (size_t)PQntuples(last) + (size_t)PQntuples(exchange->earlier);
    struct claimed *claimed = calloc(most + 1, sizeof(*claimed));
    struct store_job *jobs = calloc(most + 1, sizeof(*jobs));
    tell_jobs(request, exchange, claimed, jobs);
    free(claimed);
    free(jobs);
}

static void look_again(uv_timer_t *timer)
{
    struct postgres_table *table = timer->data;
    struct postgres_store *store = table->store;
    if (table->asleep && postgres_is_up(store))
        store->events.available(store->owner, &table->base);
}

/* A part of the range was empty, the whole is dear: it is looked at when its second is over. */
static void look_again_later(struct postgres_table *table)
{
    if (!table->look_again) {
        table->look_again = calloc(1, sizeof(*table->look_again));
        if (!table->look_again)
            abort();
        uv_timer_init(table->store->loop, table->look_again);
        table->look_again->data = table;
    }
    int64_t left_us = table->full_at_us + FULL_EVERY_US - clock_monotonic_us();
    uv_timer_start(table->look_again, look_again, left_us > 0 ? (uint64_t)left_us / 1000 + 1 : 0, 0);
}

/* The rest of the claim, from the full range, before the exchange is answered. */
static void claim_the_rest(struct request *request, struct exchange *exchange)
{
    struct exchange *rest;
    struct request *next = new_exchange(exchange->table, &rest);
    const char *dropped_id = NULL;
    next->arg = request->arg;
    next->tell = request->tell;
    rest->number = exchange->number;
    rest->limit = exchange->limit - (size_t)PQntuples(exchange->claim->answer);
    rest->earlier = exchange->claim->answer;
    rest->earlier_dropped = count_dropped(request, exchange, &dropped_id);
    rest->dropped_id = dropped_id ? arena_strdup(&next->memory, dropped_id) : NULL;
    exchange->claim->answer = NULL;
    add_claim(next, rest);
    postgres_queue(exchange->table->store, next);
}

static void note_duration(const struct request *request, const struct exchange *exchange)
{
    struct postgres_table *table = exchange->table;
    int64_t now = clock_monotonic_us();
    table->filled = (size_t)PQntuples(exchange->claim->answer) >= exchange->limit;
    if (exchange->ranged) {
        table->ranged_us = now - request->sent_us;
    } else {
        table->full_us = now - request->sent_us;
        table->full_at_us = now;
    }
}

/* errand_attempts is gone, or no longer for us: the outcomes matter more, they are sent again without. */
static bool lost_attempts(const struct request *request, const struct exchange *exchange)
{
    const char *state = connect_sqlstate(request->error);
    bool of_a_table = strcmp(state, "42P01") == 0 || strcmp(state, "42501") == 0 || strcmp(state, "42703") == 0;
    const char *said = of_a_table ? PQresultErrorField(request->error, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    return exchange->settled[KEPT].call && request->error == exchange->settled[KEPT].call->answer && said &&
           strstr(said, postgres_own_table_names[OWN_ATTEMPTS]);
}

/* The database is not in UTF-8, and what a job said cannot be written in its encoding: sent again in ASCII. */
static bool is_untranslatable(const struct request *request, const struct exchange *exchange)
{
    return !exchange->ascii && strcmp(connect_sqlstate(request->error), "22P05") == 0;
}

/* A lock was not had in time: of one row, if not of the whole table. From then on for a while, and for as long as such
   rows are met. */
static void note_locks(const struct request *request, const struct exchange *exchange, struct store_result result)
{
    bool waited = result.fault == STORE_BUSY && strcmp(connect_sqlstate(request->error), "55P03") == 0;
    if (waited || (result.fault == STORE_OK && PQntuples(left_out(exchange)) > 0))
        exchange->table->around_until_us = clock_monotonic_us() + AROUND_US;
}

/* Of the rest of a claim: then what was claimed first is all that is held. Where that is not known, the whole claim is
   one whose answer never came; nothing of it was told, and outcomes that came before are fenced. */
static bool took_nothing(const struct request *request, struct store_result result)
{
    return !request->on_link || result.fault == STORE_BUSY || result.fault == STORE_REFUSED;
}

static void exchanged(struct request *request, struct store_result result)
{
    struct exchange *exchange = request->context;
    struct postgres_table *table = exchange->table;
    if (request->on_link)
        table->in_flight--;
    note_locks(request, exchange, result);
    if (result.fault == STORE_REFUSED && is_untranslatable(request, exchange)) {
        table->ascii = true;
        result.fault = STORE_BUSY;
    } else if (exchange->ascii) {
        table->ascii = false;
    }
    if (result.fault == STORE_REFUSED && lost_attempts(request, exchange)) {
        table->store->own[OWN_ATTEMPTS] = false;
        result.fault = STORE_BUSY;
    }
    table->stuck = result.fault == STORE_BUSY;
    if (result.fault == STORE_OK && exchange->claim) {
        note_duration(request, exchange);
        if (exchange->ranged && !table->filled && !full_is_slow(table) && postgres_is_up(table->store)) {
            claim_the_rest(request, exchange);
            return;
        }
        if (exchange->ranged && !table->filled && postgres_is_up(table->store))
            look_again_later(table);
    }
    if (exchange->earlier && result.fault != STORE_OK && took_nothing(request, result)) {
        result = (struct store_result){ STORE_OK, "" };
        exchange->claim = NULL;
    }
    tell(request, exchange, result);
    PQclear(exchange->earlier);
}
