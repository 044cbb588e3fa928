/* Outcomes in the database: jobs that returned, many by one statement where their rows follow one another; all others
   one by one, with the records of their attempts. */
#include "store/sqlite/store.h"

#include <stdlib.h>
#include <string.h>

/* Text of a claim's uuid; outcomes come in runs of one claim. */
struct lock_text {
    uint64_t claim;
    errand_uuid uuid;
};

static const char *lock_of(struct sqlite_store *store, struct lock_text *lock, uint64_t claim)
{
    if (lock->claim != claim || lock->uuid.text[0] == '\0') {
        lock->claim = claim;
        lock->uuid = store_claim_uuid(store->config.worker, claim);
    }
    return lock->uuid.text;
}

static int code_of(struct sqlite_store *store)
{
    return sqlite3_extended_errcode(store->database.handle);
}

/* ---- Outcomes ---- */

static bool is_plain_success(const struct store_outcome *outcome)
{
    const struct job_transition *next = &outcome->transition;
    return next->status == JOB_STATUS_SUCCEEDED && !next->set_run_at && !next->set_error && !next->uncount;
}

struct outcome_values {
    const char *now, *lock;
    char run_at[CLOCK_TEXT_MAX];
};

static void bind_settle(sqlite3_stmt *statement, const struct store_outcome *outcome, struct outcome_values *values)
{
    const struct job_transition *next = &outcome->transition;
    sqlite_bind(statement, 4, job_status_label(next->status));
    sqlite3_bind_int(statement, 5, next->uncount);
    sqlite_bind(statement, 6,
                next->set_run_at ? clock_format(clock_realtime_us() + next->delay_us, values->run_at) : NULL);
    sqlite_bind(statement, 7, next->set_error ? outcome->error : NULL);
}

/* The claim saw its row: it is there unless it was moved. */
static bool is_placed(const struct store_outcome *outcome)
{
    return outcome->place.seen != 0;
}

/* Applies the outcome through one of the two statements; *applied says whether a row was still held. */
static int apply_by(struct sqlite_store *store, struct sqlite_table *table, enum table_statement which,
                    const struct store_outcome *outcome, struct outcome_values *values, bool *applied)
{
    sqlite3_stmt *statement = sqlite_table_statement(table, which);
    if (!statement)
        return code_of(store);
    sqlite_bind(statement, 1, values->now);
    sqlite_bind(statement, 2, outcome->id);
    sqlite_bind(statement, 3, values->lock);
    if (which == TABLE_SETTLE || which == TABLE_SETTLE_BY_ID)
        bind_settle(statement, outcome, values);
    if (which == TABLE_FINISH || which == TABLE_SETTLE)
        sqlite3_bind_int64(statement, 9, outcome->place.row);
    int code = sqlite_step_once(statement);
    *applied = code == SQLITE_OK && sqlite3_changes(store->database.handle) > 0;
    return code;
}

static int apply(struct sqlite_store *store, struct sqlite_table *table, const struct store_outcome *outcome,
                 struct outcome_values *values, bool *applied)
{
    bool plain = is_plain_success(outcome);
    if (is_placed(outcome)) {
        int code = apply_by(store, table, plain ? TABLE_FINISH : TABLE_SETTLE, outcome, values, applied);
        if (code != SQLITE_OK || *applied)
            return code;
    }
    return apply_by(store, table, plain ? TABLE_FINISH_BY_ID : TABLE_SETTLE_BY_ID, outcome, values, applied);
}

static int add_attempt(struct sqlite_store *store, struct sqlite_table *table, const struct store_outcome *outcome)
{
    const struct store_attempt *attempt = outcome->attempt;
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_ADD_ATTEMPT);
    if (!statement)
        return code_of(store);
    char started[CLOCK_TEXT_MAX], finished[CLOCK_TEXT_MAX];
    errand_time now = clock_realtime_us();
    sqlite_bind(statement, 1, table->base.type->table->name);
    sqlite_bind(statement, 2, outcome->id);
    sqlite3_bind_int(statement, 3, outcome->attempts);
    sqlite_bind(statement, 4, clock_format(now - attempt->started_ago_us, started));
    sqlite_bind(statement, 5, clock_format(now - attempt->finished_ago_us, finished));
    sqlite_bind(statement, 6, job_end_label(outcome->end));
    sqlite_bind(statement, 7, attempt->error);
    sqlite_bind(statement, 8, attempt->backtrace);
    sqlite_bind(statement, 9, attempt->output);
    return sqlite_step_once(statement);
}

static int apply_one(struct sqlite_store *store, struct sqlite_table *table, const struct store_outcome *outcome,
                     struct outcome_values *values, struct store_answer *answer)
{
    bool applied;
    int code = apply(store, table, outcome, values, &applied);
    if (code == SQLITE_OK && !applied) {
        answer->dropped++;
        answer->dropped_id = outcome->id;
    } else if (code == SQLITE_OK && outcome->attempt && store->installed) {
        code = add_attempt(store, table, outcome);
        /* An outcome is not lost for its record: someone may have dropped our table. */
        if (database_fault(code) == STORE_REFUSED)
            code = SQLITE_OK;
    }
    return code;
}

/* ---- Outcomes in runs: one statement for jobs that returned, and whose rows follow one another ---- */

enum { RUN_MAX = 64 }; /* that are gone through one by one where one of them is not as it was claimed */

static bool goes_with_others(const struct store_outcome *outcome)
{
    return is_placed(outcome) && is_plain_success(outcome) && !outcome->attempt;
}

/* How many outcomes from the first on, which always counts, make a run of one claim. */
static size_t run_length(const struct store_outcome *const *outcomes, size_t count)
{
    size_t length = 1;
    const struct store_outcome *first = outcomes[0];
    if (!goes_with_others(first))
        return length;
    while (length < count && length < RUN_MAX && goes_with_others(outcomes[length]) &&
           outcomes[length]->claim == first->claim && outcomes[length]->place.row == first->place.row + (int64_t)length)
        length++;
    return length;
}

static void bind_run(sqlite3_stmt *statement, const char *lock, int64_t row, size_t length)
{
    sqlite_bind(statement, 3, lock);
    sqlite3_bind_int64(statement, 8, row);
    sqlite3_bind_int64(statement, 9, row + (int64_t)length - 1);
}

/* Whether the rows still hold these jobs, all of them, as they were claimed. SQLITE_OK, or the code. */
static int check_held(struct sqlite_store *store, struct sqlite_table *table,
                      const struct store_outcome *const *outcomes, size_t length, const char *lock, bool *held)
{
    sqlite3_stmt *statement = sqlite_table_statement(table, TABLE_HELD);
    if (!statement)
        return code_of(store);
    bind_run(statement, lock, outcomes[0]->place.row, length);
    size_t same = 0;
    int code = SQLITE_ROW;
    while (same < length && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(statement, 0);
        if (!id && sqlite3_column_type(statement, 0) != SQLITE_NULL)
            code = SQLITE_NOMEM;
        if (!id || strcmp(id, outcomes[same]->id) != 0)
            break;
        same++;
    }
    sqlite3_reset(statement);
    *held = same == length;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int finish_run(struct sqlite_store *store, struct sqlite_table *table, const struct outcome_values *values,
                      int64_t row, size_t length)
{
    sqlite3_stmt *statement = sqlite_table_statement(table, TABLE_FINISH_RUN);
    if (!statement)
        return code_of(store);
    sqlite_bind(statement, 1, values->now);
    bind_run(statement, values->lock, row, length);
    return sqlite_step_once(statement);
}

/* After a run that did not finish all of its rows: a trigger has left some out. */
static int finish_rest(struct sqlite_store *store, struct sqlite_table *table,
                       const struct store_outcome *const *outcomes, size_t length, struct outcome_values *values,
                       struct store_answer *answer)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < length && code == SQLITE_OK; i++) {
        bool held;
        code = check_held(store, table, &outcomes[i], 1, values->lock, &held);
        if (code == SQLITE_OK && held)
            code = apply_one(store, table, outcomes[i], values, answer);
    }
    return code;
}

static int compare_places(const void *a, const void *b)
{
    const struct store_outcome *left = *(const struct store_outcome *const *)a;
    const struct store_outcome *right = *(const struct store_outcome *const *)b;
    if (is_placed(left) != is_placed(right))
        return is_placed(left) - is_placed(right);
    return (left->place.row > right->place.row) - (left->place.row < right->place.row);
}

/* Several runners' outcomes come mixed. The array is the caller's to free; NULL: out of memory. */
static const struct store_outcome **sorted_by_place(const struct store_outcome *outcomes, size_t count)
{
    const struct store_outcome **sorted = malloc((count + 1) * sizeof(*sorted));
    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = &outcomes[i];
    if (sorted)
        qsort(sorted, count, sizeof(*sorted), compare_places);
    return sorted;
}

/* Nobody but this store has written since the jobs were claimed, and it moves no row and changes no id, unless
   somebody's trigger does by its statements: the rows hold them still. */
static bool are_untouched(const struct sqlite_store *store, const struct store_outcome *const *outcomes, size_t length)
{
    size_t i = 0;
    while (i < length && outcomes[i]->place.seen == store->foreign_writes)
        i++;
    return i == length && !store->has_triggers;
}

static int apply_run(struct sqlite_store *store, struct sqlite_table *table,
                     const struct store_outcome *const *outcomes, size_t length, struct outcome_values *values,
                     struct store_answer *answer)
{
    int code = finish_run(store, table, values, outcomes[0]->place.row, length);
    if (code == SQLITE_OK && sqlite3_changes(store->database.handle) != (int)length)
        code = finish_rest(store, table, outcomes, length, values, answer);
    return code;
}

static int apply_singly(struct sqlite_store *store, struct sqlite_table *table,
                        const struct store_outcome *const *outcomes, size_t length, struct outcome_values *values,
                        struct store_answer *answer)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < length && code == SQLITE_OK; i++)
        code = apply_one(store, table, outcomes[i], values, answer);
    return code;
}

int sqlite_apply_outcomes(struct sqlite_store *store, struct sqlite_table *table, const struct store_exchange *exchange,
                          const char *now, struct store_answer *answer)
{
    struct lock_text lock = { 0 };
    size_t count = exchange->outcome_count, length;
    const struct store_outcome **all = sorted_by_place(exchange->outcomes, count);
    int code = all ? SQLITE_OK : SQLITE_NOMEM;
    for (size_t i = 0; i < count && code == SQLITE_OK; i += length) {
        const struct store_outcome **run = &all[i];
        struct outcome_values values = { .now = now, .lock = lock_of(store, &lock, run[0]->claim) };
        length = run_length(run, count - i);
        bool together = length > 1;
        if (together && !are_untouched(store, run, length))
            code = check_held(store, table, run, length, values.lock, &together);
        if (code == SQLITE_OK && together)
            code = apply_run(store, table, run, length, &values, answer);
        else if (code == SQLITE_OK)
            code = apply_singly(store, table, run, length, &values, answer);
    }
    free(all);
    return code;
}
