/* Taking over from the dead: which workers they are, and their running jobs. And showing that we are not. */
#include "base/clock.h"
#include "store/postgres/internal.h"
#include "store_postgres_sql.h"

#include <stdlib.h>
#include <string.h>

enum {
    SWEEP_EVERY_US = 500000,  /* a look at the workers serves the tables for so long */
    FREE_FOR_US = 5000000,    /* a lease that stayed free for this long is given up */
    SILENT_FOR_US = 15000000, /* one that is held but unseen for a minute, after this long by our own clock: a machine
                                 that slept wakes with all workers unseen, and each is heard of within 10 s */
    BEATEN_FOR_US = 25000000, /* our own heartbeat comes every 10 s; where it has not been written for so long,
                                 something keeps everyone from writing, and that others are unseen says nothing */
    RETURN_FOR_US = 20000000, /* whoever lost the database with us may come back later: after a pause of up to 2 s, and
                                 10 s at a host that does not answer */
    ATTEMPTS_OVER = 10,       /* beyond max_attempts, of jobs whose worker died */
    SEEN_MAX = 40,            /* characters of a time */
    PREFIX = 18,              /* characters of a claim's uuid that name its worker */
    SHARE = 20,               /* of the time at most one part in so many goes into reading running jobs */
};

/* ---- Which workers are dead ---- */

/* Whether it has been without a sign of life (its lease free, or unseen) for this long in our present session. */
static bool lost_for(struct postgres_store *store, uint64_t worker, bool lives, int64_t long_us, int64_t now)
{
    size_t i = 0;
    while (i < store->free_lease_count && store->free_leases[i].worker != worker)
        i++;
    bool seen = i < store->free_lease_count;
    if (lives) {
        if (seen)
            store->free_leases[i] = store->free_leases[--store->free_lease_count];
        return false;
    }
    if (seen)
        return now - store->free_leases[i].since_us >= long_us;
    struct free_lease *grown = reallocarray(store->free_leases, i + 1, sizeof(*grown));
    if (grown) {
        store->free_leases = grown;
        grown[store->free_lease_count++] = (struct free_lease){ worker, now };
    }
    return false;
}

static bool is_true(const PGresult *answer, int row, int column)
{
    return PQgetvalue(answer, row, column)[0] == 't';
}

static bool is_dead(struct postgres_store *store, const PGresult *answer, int row, uint64_t worker, int64_t now)
{
    struct process_identity process = {
        .pid_namespace = strtoll(PQgetvalue(answer, row, 2), NULL, 10),
        .pid = strtoll(PQgetvalue(answer, row, 3), NULL, 10),
        .start_ticks = strtoll(PQgetvalue(answer, row, 4), NULL, 10),
    };
    strncpy(process.boot_id, PQgetvalue(answer, row, 1), sizeof(process.boot_id) - 1);
    bool marked = is_true(answer, row, 5), silent = is_true(answer, row, 6), held = is_true(answer, row, 7);
    silent &= now - store->beaten_us < BEATEN_FOR_US;
    bool given_up = lost_for(store, worker, held && !silent, held ? SILENT_FOR_US : FREE_FOR_US, now);
    given_up &= now - store->returned_us >= RETURN_FOR_US;
    bool gone = process_is_gone(&process), dead = marked || given_up || (!held && gone);
    store->undecided |= !dead && (!held || gone);
    return dead;
}

static void buried(struct request *request, struct store_result result)
{
    (void)request;
    (void)result;
}

/* rows: of the look at the workers, those that were judged dead, and were not before. */
static void bury(struct postgres_store *store, const PGresult *answer, const int *rows, size_t count)
{
    struct request *request = request_new(buried, store, NULL);
    if (!request)
        return;
    struct array ids = array_begin(request, ARRAY_INT8, count, 8 * count);
    struct array seen = array_begin(request, ARRAY_TEXT, count, SEEN_MAX * count);
    for (size_t i = 0; i < count; i++) {
        array_int8(&ids, strtoll(PQgetvalue(answer, rows[i], 0), NULL, 10));
        array_text(&seen, PQgetvalue(answer, rows[i], 8), strnlen(PQgetvalue(answer, rows[i], 8), SEEN_MAX));
    }
    struct call *call = request_call(request, sql_bury);
    call_array(request, call, &ids);
    call_array(request, call, &seen);
    postgres_send(store, request);
}

static void swept(struct request *request, struct store_result result)
{
    struct postgres_store *store = request->context;
    store->sweeping = false;
    store->undecided = false;
    buffer_reset(&store->dead); /* also where nothing is known now: whoever was dead may be back */
    if (result.fault != STORE_OK)
        return;
    const PGresult *answer = request->calls[0].answer;
    int *fresh = arena_alloc(&request->memory, (size_t)PQntuples(answer) * sizeof(*fresh) + 1);
    size_t fresh_count = 0;
    int64_t now = clock_monotonic_us();
    buffer_reset(&store->known);
    for (int row = 0; row < PQntuples(answer); row++) {
        uint64_t worker = (uint64_t)strtoll(PQgetvalue(answer, row, 0), NULL, 10);
        bool dead = is_dead(store, answer, row, worker, now);
        if (fresh && dead && !is_true(answer, row, 5))
            fresh[fresh_count++] = row;
        buffer_add(dead ? &store->dead : &store->known, &worker, sizeof(worker));
    }
    if (fresh_count > 0)
        bury(store, answer, fresh, fresh_count);
}

static void sweep(struct postgres_store *store)
{
    int64_t now = clock_monotonic_us();
    bool recent = store->swept_us != 0 && now - store->swept_us < SWEEP_EVERY_US;
    /* Someone taken for dead may come back at any time, and claim: that is not known from an earlier look. */
    if (!store->own[OWN_WORKERS] || store->sweeping || !postgres_is_up(store) || (recent && store->dead.size == 0))
        return;
    struct request *request = request_new(swept, store, NULL);
    if (!request)
        return;
    store->sweeping = true;
    store->swept_us = now;
    call_int(request, request_call(request, sql_workers), (int64_t)store->worker);
    postgres_send(store, request);
}

/* ---- Their jobs ---- */

struct recovering {
    struct postgres_table *table;
    uint64_t *held; /* owned */
    size_t count;
    store_recover_done done;
    void *arg;
};

static int64_t number_in(const PGresult *answer, int column)
{
    return strtoll(PQgetvalue(answer, 0, column), NULL, 10);
}

static void recovered(struct request *request, struct store_result result)
{
    struct postgres_table *table = request->context;
    struct store_recovered recovered = { 0 };
    if (result.fault == STORE_OK) {
        const PGresult *answer = request->calls[0].answer;
        recovered.retried = (size_t)number_in(answer, 0);
        recovered.failed = (size_t)number_in(answer, 1);
        recovered.others = table->others = (size_t)number_in(answer, 2);
        recovered.undecided = table->store->undecided || is_true(answer, 0, 3);
    }
    int64_t now = clock_monotonic_us();
    if (request->count > 0)
        table->recover_after_us = now + SHARE * (now - request->sent_us);
    request->tell.recover(request->arg, result, &recovered);
}

static void prefix_of(uint64_t worker, char prefix[PREFIX + 1])
{
    errand_uuid uuid = store_claim_uuid(worker, 0);
    memcpy(prefix, uuid.text, PREFIX);
    prefix[PREFIX] = '\0';
}

static void call_prefixes(struct request *request, struct call *call, const struct buffer *workers)
{
    size_t count = workers->size / sizeof(uint64_t);
    struct array array = array_begin(request, ARRAY_TEXT, count, PREFIX * count);
    for (size_t i = 0; i < count; i++) {
        uint64_t worker;
        char prefix[PREFIX + 1];
        memcpy(&worker, workers->data + i * sizeof(worker), sizeof(worker));
        prefix_of(worker, prefix);
        array_text(&array, prefix, PREFIX);
    }
    call_array(request, call, &array);
}

static void call_held(struct request *request, struct call *call, const struct postgres_table *table,
                      const uint64_t *held, size_t count)
{
    char prefix[PREFIX + 1];
    uint64_t worker = table->store->worker, bound = 0;
    struct array array = array_begin(request, ARRAY_UUID, count, 16 * count);
    for (size_t i = 0; i < count; i++) {
        array_claim(&array, worker, held[i]);
        bound = held[i] > bound ? held[i] : bound;
    }
    prefix_of(worker, prefix);
    call_text(request, call, prefix);
    call_uuid(request, call, store_claim_uuid(worker, bound).text);
    call_array(request, call, &array);
}

static void call_limits(struct request *request, struct call *call, const struct errand_job_type *type)
{
    static const struct errand_job_options defaults = { ERRAND_JOB_OPTION_DEFAULTS };
    const struct errand_job_options *options = type->options ? type->options : &defaults;
    call_int(request, call, (int64_t)options->max_attempts + ATTEMPTS_OVER);
    call_int(request, call, options->stale_job_timeout);
}

/* The workers are known by now: the look at them was sent before, over the same link. */
static void recover_now(struct request *before, struct store_result result)
{
    struct recovering *recovering = before->arg;
    struct postgres_table *table = recovering->table;
    struct request *request = request_new(recovered, table, recovering->arg);
    if (!request)
        abort();
    request->tell.recover = recovering->done;
    if (result.fault != STORE_OK) {
        postgres_answer(table->store, request, result.fault, result.message);
    } else {
        struct call *call = request_call_kept(request, &table->statements[RECOVER]);
        call_held(request, call, table, recovering->held, recovering->count);
        call_prefixes(request, call, &table->store->dead);
        call_prefixes(request, call, &table->store->known);
        call_limits(request, call, table->base.type);
        postgres_send(table->store, request);
    }
    free(recovering->held);
    free(recovering);
}

static void nothing_to_do(struct request *request, struct store_result result)
{
    const struct postgres_table *table = request->context;
    struct store_recovered recovered = { .others = table->others, .undecided = table->store->undecided };
    request->tell.recover(request->arg, result, &recovered);
}

void postgres_recover_begin(struct store_table *base, const uint64_t *held, size_t count, store_recover_done done,
                            void *arg)
{
    struct postgres_table *table = (struct postgres_table *)base;
    struct postgres_store *store = table->store;
    if (!table->usable || clock_monotonic_us() < table->recover_after_us) {
        struct request *request = request_new(nothing_to_do, table, arg);
        if (!request)
            abort();
        request->tell.recover = done;
        postgres_answer(store, request, STORE_OK, "");
        return;
    }
    struct recovering *recovering = calloc(1, sizeof(*recovering));
    uint64_t *copy = calloc(count + 1, sizeof(*copy));
    struct request *request = request_new(recover_now, store, recovering);
    if (!recovering || !copy || !request)
        abort();
    if (count > 0)
        memcpy(copy, held, count * sizeof(*copy));
    *recovering = (struct recovering){ table, copy, count, done, arg };
    sweep(store);
    postgres_send(store, request); /* empty: it only comes behind the sweep */
}

void postgres_recover_refresh(struct store_table *base, const uint64_t *claims, size_t count, store_done done,
                              void *arg)
{
    struct postgres_table *table = (struct postgres_table *)base;
    struct request *request = postgres_plain_request(done, arg);
    if (!request)
        abort();
    if (table->usable && count > 0) {
        struct array array = array_begin(request, ARRAY_UUID, count, 16 * count);
        for (size_t i = 0; i < count; i++)
            array_claim(&array, table->store->worker, claims[i]);
        call_array(request, request_call_kept(request, &table->statements[REFRESH]), &array);
    }
    postgres_send(table->store, request);
}
