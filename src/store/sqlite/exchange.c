/* The exchange: outcomes, then jobs of forgotten claims are put back, then a claim. */
#include "store/sqlite/store.h"

#include "base/buffer.h"
#include "store/result.h"
#include "store/text.h"

#include <stdlib.h>
#include <string.h>

struct exchange_request {
    struct request base;
    store_exchange_done done;
    struct passed_over passed;
    struct store_exchange exchange; /* what it points to is in the request's arena */
    struct store_answer answer;
    struct store_job *jobs; /* owned */
    size_t *offsets;        /* of each job's id and row in rows, until it stops moving; owned */
    struct buffer rows;
    bool failed; /* memory ran out while it was copied */
};

static int code_of(struct sqlite_store *store)
{
    return sqlite3_extended_errcode(store->database.handle);
}

/* ---- Jobs of forgotten claims ---- */

static int put_back_forgotten(struct sqlite_store *store, struct exchange_request *request)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < request->exchange.forgotten_count && code == SQLITE_OK; i++) {
        sqlite3_stmt *statement = sqlite_table_statement(request->base.table, TABLE_FORGET);
        if (!statement)
            return code_of(store);
        errand_uuid lock = store_claim_uuid(store->config.worker, request->exchange.forgotten[i]);
        sqlite_bind(statement, 1, lock.text);
        code = sqlite_step_once(statement);
    }
    return code;
}

/* ---- The claim ---- */

enum { CLAIM_ROW, CLAIM_ID, CLAIM_RUN_AT, CLAIM_ATTEMPTS, CLAIM_COLUMNS };

static int add_claimed(struct exchange_request *request, sqlite3_stmt *claim, errand_time now)
{
    size_t at = request->answer.job_count;
    struct store_job *job = &request->jobs[at];
    char number[NUMBER_TEXT_MAX];
    size_t size;
    errand_time due = now;
    clock_parse((const char *)sqlite3_column_text(claim, CLAIM_RUN_AT), &due);
    *job = (struct store_job){
        .claim = request->exchange.claim,
        .attempts = sqlite3_column_int(claim, CLAIM_ATTEMPTS),
        .late_us = due < 0 || due > now ? 0 : now - due,
    };
    request->offsets[2 * at] = request->rows.size;
    const void *id = database_cell(claim, CLAIM_ID, number, &size);
    buffer_add(&request->rows, id ? id : "", size);
    buffer_add(&request->rows, "", 1);
    request->offsets[2 * at + 1] = request->rows.size;
    int columns = sqlite3_column_count(claim);
    for (int column = CLAIM_COLUMNS; column < columns; column++) {
        const void *cell = database_cell(claim, column, number, &size);
        row_add(&request->rows, cell, size);
    }
    job->row_size = request->rows.size - request->offsets[2 * at + 1];
    if (request->rows.failed)
        return SQLITE_NOMEM;
    request->answer.job_count++;
    return SQLITE_OK;
}

/* Rows larger than memory allows are left for the next claim: the first of them at least is taken. */
static int gather(struct exchange_request *request, sqlite3_stmt *claim, int64_t *rows, errand_time now)
{
    int code = sqlite3_step(claim);
    for (; code == SQLITE_ROW && request->answer.job_count < request->exchange.claim_limit;
         code = sqlite3_step(claim)) {
        if (sqlite_is_passed_over(&request->passed, claim, CLAIM_ID))
            continue;
        rows[request->answer.job_count] = sqlite3_column_int64(claim, CLAIM_ROW);
        int added = add_claimed(request, claim, now);
        if (added != SQLITE_OK) {
            sqlite3_reset(claim);
            return added;
        }
        if (request->rows.size > ROWS_BYTES_MAX / 16) {
            request->answer.cut = true;
            break;
        }
    }
    sqlite3_reset(claim);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static void point_into_rows(struct exchange_request *request)
{
    for (size_t i = 0; i < request->answer.job_count; i++) {
        request->jobs[i].id = request->rows.data + request->offsets[2 * i];
        request->jobs[i].row = request->rows.data + request->offsets[2 * i + 1];
    }
    request->answer.jobs = request->jobs;
}

/* How many rows from the first on have numbers without a gap: a statement for each of these runs. */
static size_t rows_in_a_row(const int64_t *rows, size_t count)
{
    size_t length = 1;
    while (length < count && rows[length] == rows[0] + (int64_t)length)
        length++;
    return length;
}

/* Only the jobs that are held now: a trigger may take a row out of a statement without a word (RAISE(IGNORE)). */
static int keep_marked(struct sqlite_store *store, struct exchange_request *request, int64_t *rows, const char *lock)
{
    sqlite3_stmt *held = sqlite_table_statement(request->base.table, TABLE_HELD);
    if (!held)
        return code_of(store);
    sqlite_bind(held, 3, lock);
    size_t kept = 0;
    for (size_t i = 0; i < request->answer.job_count; i++) {
        sqlite3_bind_int64(held, 8, rows[i]);
        sqlite3_bind_int64(held, 9, rows[i]);
        int code = sqlite3_step(held);
        sqlite3_reset(held);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return code;
        if (code == SQLITE_ROW) {
            request->jobs[kept] = request->jobs[i];
            rows[kept++] = rows[i];
        }
    }
    request->answer.job_count = kept;
    return SQLITE_OK;
}

static int mark(struct sqlite_store *store, struct exchange_request *request, int64_t *rows, const char *now,
                const char *lock)
{
    struct sqlite_table *table = request->base.table;
    sqlite3_stmt *statement = sqlite_table_statement(table, TABLE_MARK);
    if (!statement)
        return code_of(store);
    sqlite_bind(statement, 1, now);
    sqlite_bind(statement, 2, lock);
    int code = SQLITE_OK;
    size_t marked = 0;
    for (size_t i = 0, count; i < request->answer.job_count && code == SQLITE_OK; i += count) {
        count = rows_in_a_row(rows + i, request->answer.job_count - i);
        sqlite3_bind_int64(statement, 3, rows[i]);
        sqlite3_bind_int64(statement, 4, rows[i + count - 1]);
        code = sqlite_step_once(statement);
        marked += (size_t)sqlite3_changes(store->database.handle);
    }
    if (code == SQLITE_OK && marked != request->answer.job_count)
        code = keep_marked(store, request, rows, lock);
    for (size_t i = 0; i < request->answer.job_count; i++)
        request->jobs[i].place = (struct store_place){ .row = rows[i], .seen = store->foreign_writes };
    return code;
}

static int claim(struct sqlite_store *store, struct exchange_request *request, errand_time now, const char *now_as_text)
{
    size_t limit = request->exchange.claim_limit;
    if (request->exchange.claim == 0 || limit == 0)
        return SQLITE_OK;
    sqlite3_stmt *statement = sqlite_table_statement(request->base.table, TABLE_CLAIM);
    if (!statement)
        return code_of(store);
    errand_uuid lock = store_claim_uuid(store->config.worker, request->exchange.claim);
    sqlite_bind(statement, 1, now_as_text);
    sqlite_bind(statement, 2, lock.text);
    sqlite3_bind_int64(statement, 3, (int64_t)(limit + request->passed.count));
    if (!request->jobs)
        request->jobs = calloc(limit, sizeof(*request->jobs));
    if (!request->offsets)
        request->offsets = calloc(2 * limit, sizeof(*request->offsets));
    int64_t *rows = calloc(limit, sizeof(*rows));
    bool room = request->jobs && request->offsets && rows;
    int code = room ? gather(request, statement, rows, now) : SQLITE_NOMEM;
    if (code == SQLITE_OK) {
        point_into_rows(request);
        code = mark(store, request, rows, now_as_text, lock.text);
        request->answer.cut &= request->answer.job_count > 0; /* else the next one would find the same */
    }
    free(rows);
    return code;
}

static int exchange(struct sqlite_store *store, struct request *base)
{
    struct exchange_request *request = (struct exchange_request *)base;
    if (request->failed)
        return SQLITE_NOMEM;
    errand_time now = clock_realtime_us();
    char text[CLOCK_TEXT_MAX];
    clock_format(now, text);
    request->answer = (struct store_answer){ 0 };
    buffer_reset(&request->rows);
    int code = sqlite_apply_outcomes(store, request->base.table, &request->exchange, text, &request->answer);
    if (code == SQLITE_OK)
        code = put_back_forgotten(store, request);
    return code == SQLITE_OK ? claim(store, request, now, text) : code;
}

/* A claim that would find nothing takes no lock. */
static bool finds_nothing(struct sqlite_store *store, struct request *base)
{
    const struct store_exchange *wanted = &((struct exchange_request *)base)->exchange;
    if (wanted->outcome_count > 0 || wanted->forgotten_count > 0)
        return false;
    if (wanted->claim == 0 || wanted->claim_limit == 0)
        return true;
    sqlite3_stmt *statement = sqlite_table_statement(base->table, TABLE_PENDING);
    if (!statement)
        return false; /* the claim itself says why */
    (void)store;
    char now[CLOCK_TEXT_MAX];
    sqlite_bind(statement, 1, sqlite_now(now));
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

/* ---- The verb ---- */

static void tell(struct request *base)
{
    struct exchange_request *request = (struct exchange_request *)base;
    bool took_effect = base->result.fault == STORE_OK;
    bool one = base->result.fault == STORE_REFUSED && request->exchange.name_refused && request->answer.job_count == 1;
    struct store_answer none = { .refused_id = one ? request->jobs[0].id : NULL };
    request->done(base->arg, base->result, took_effect ? &request->answer : &none);
    free(request->jobs);
    free(request->offsets);
    buffer_release(&request->rows);
}

static const char *copy_text(struct exchange_request *request, const char *text, size_t size, size_t most)
{
    const char *copy = store_text(&request->base.arena, text, size, most);
    request->failed |= text && !copy;
    return copy;
}

static const char *copy_error(struct exchange_request *request, const char *text, size_t most)
{
    return copy_text(request, text, text ? strnlen(text, most + 1) : 0, most);
}

static const struct store_attempt *copy_attempt(struct exchange_request *request, const struct store_attempt *attempt)
{
    struct store_attempt *copy = attempt ? arena_alloc(&request->base.arena, sizeof(*copy)) : NULL;
    request->failed |= attempt && !copy;
    if (!copy)
        return NULL;
    *copy = *attempt;
    copy->error = copy_error(request, attempt->error, STORE_ERROR_MAX);
    copy->backtrace = copy_error(request, attempt->backtrace, STORE_OUTPUT_MAX);
    copy->output = copy_text(request, attempt->output, attempt->output_size, STORE_OUTPUT_MAX);
    return copy;
}

static void copy_outcome(struct exchange_request *request, const struct store_outcome *given,
                         struct store_outcome *outcome)
{
    *outcome = *given;
    outcome->id = arena_strdup(&request->base.arena, given->id);
    outcome->error = copy_error(request, given->error, STORE_ERROR_MAX);
    outcome->attempt = copy_attempt(request, given->attempt);
    request->failed |= !outcome->id;
}

static void copy_exchange(struct exchange_request *request, const struct store_exchange *exchange)
{
    struct arena *arena = &request->base.arena;
    size_t size = exchange->forgotten_count * sizeof(*exchange->forgotten);
    struct store_outcome *outcomes = arena_alloc(arena, (exchange->outcome_count + 1) * sizeof(*outcomes));
    uint64_t *forgotten = arena_alloc(arena, size + 1);
    request->exchange = *exchange;
    request->exchange.outcomes = outcomes;
    request->exchange.forgotten = forgotten;
    request->failed = !outcomes || !forgotten;
    for (size_t i = 0; i < exchange->outcome_count && !request->failed; i++)
        copy_outcome(request, &exchange->outcomes[i], &outcomes[i]);
    if (size > 0 && forgotten)
        memcpy(forgotten, exchange->forgotten, size);
}

void sqlite_exchange(struct store_table *table, const struct store_exchange *wanted, store_exchange_done done,
                     void *arg)
{
    struct exchange_request *request = sqlite_request_new(sizeof(*request), exchange, tell);
    request->base.table = (struct sqlite_table *)table;
    request->base.arg = arg;
    request->base.writes = true;
    request->base.idle = finds_nothing;
    request->done = done;
    request->rows = (struct buffer)BUFFER_INIT(ROWS_BYTES_MAX);
    copy_exchange(request, wanted);
    request->passed = sqlite_copy_passed_over(&request->base, table);
    if (request->failed)
        arena_release(&request->base.arena);
    sqlite_request_send(table->store, &request->base);
}
