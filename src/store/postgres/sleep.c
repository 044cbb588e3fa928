/* Resting: being told of new jobs, and when the next one is due. */
#include "base/clock.h"
#include "store/postgres/internal.h"

#include <stdlib.h>

enum { TRIGGERS_AGAIN_US = 1000000 }; /* missing triggers, which someone keeps from being made, are tried this often */

static void fell_asleep(struct request *request, struct store_result result)
{
    struct postgres_table *table = request->context;
    const PGresult *answer = request->count > 0 ? request->calls[request->count - 1].answer : NULL;
    if (result.fault == STORE_OK && answer && PQgetvalue(answer, 0, 0)[0] != 't') {
        table->holds_lock = false;
        result = (struct store_result){ STORE_BUSY, "jobs are being inserted at this moment" };
    }
    table->asleep = result.fault == STORE_OK;
    request->tell.plain(request->arg, result);
}

/* The triggers were missing, and someone is writing to the table: as good as an insert at this moment. */
static void triggers_made(struct request *request, struct store_result result)
{
    struct postgres_table *table = request->context;
    table->told = result.fault == STORE_OK;
    if (result.fault == STORE_REFUSED)
        table->may_trigger = false;
    if (result.fault == STORE_OK)
        result = (struct store_result){ STORE_BUSY, "the triggers were made a moment ago" };
    request->tell.plain(request->arg, result);
}

void postgres_sleep_begin(struct store_table *base, store_done done, void *arg)
{
    struct postgres_table *table = (struct postgres_table *)base;
    struct postgres_store *store = table->store;
    struct request *request = request_new(fell_asleep, table, arg);
    if (!request)
        abort();
    request->tell.plain = done;
    if (!postgres_is_up(store)) {
        postgres_send(store, request);
    } else if (!table->usable || table->deaf || (!table->told && !table->may_trigger)) {
        postgres_answer(store, request, STORE_REFUSED,
                        "the table has no triggers that announce new jobs to this worker");
    } else if (!table->told && clock_monotonic_us() - table->tried_us < TRIGGERS_AGAIN_US) {
        postgres_answer(store, request, STORE_BUSY, "the triggers could not be made a moment ago");
    } else if (!table->told) {
        table->tried_us = clock_monotonic_us();
        request->done = triggers_made;
        postgres_table_add_triggers(table, request);
        postgres_send(store, request);
    } else {
        if (!table->listening) /* goes first, over the same link */
            postgres_table_listen(table);
        if (table->holds_lock) /* locks of a session add up: had twice, it would have to be given back twice */
            request_call_kept(request, &table->statements[WAKE]);
        request_call_kept(request, &table->statements[SLEEP]);
        table->holds_lock = true;
        postgres_send(store, request);
    }
}

static void woken(struct request *request, struct store_result result)
{
    (void)request;
    (void)result;
}

void postgres_sleep_end(struct store_table *base)
{
    struct postgres_table *table = (struct postgres_table *)base;
    struct postgres_store *store = table->store;
    if (!table->asleep)
        return;
    table->asleep = false;
    struct request *request = postgres_is_up(store) ? request_new(woken, table, NULL) : NULL;
    if (!request)
        return;
    table->holds_lock = false;
    request_call_kept(request, &table->statements[WAKE]);
    postgres_send(store, request);
}

static void next_known(struct request *request, struct store_result result)
{
    const PGresult *answer = request->count > 0 ? request->calls[0].answer : NULL;
    bool none = !answer || PQntuples(answer) == 0 || PQgetisnull(answer, 0, 0);
    int64_t delay_us = result.fault != STORE_OK || none ? -1 : strtoll(PQgetvalue(answer, 0, 0), NULL, 10);
    request->tell.next_due(request->arg, result, delay_us);
}

void postgres_sleep_next_due(struct store_table *base, store_next_done done, void *arg)
{
    struct postgres_table *table = (struct postgres_table *)base;
    struct request *request = request_new(next_known, table, arg);
    if (!request)
        abort();
    request->tell.next_due = done;
    if (table->usable && base->passed_over > 0)
        postgres_call_passed_over(request, request_call_kept(request, &table->statements[NEXT_DUE_PASSING]), base);
    else if (table->usable)
        request_call_kept(request, &table->statements[NEXT_DUE]);
    postgres_send(table->store, request);
}
