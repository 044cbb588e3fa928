/* Conformance: a store that sleeps is told when jobs come. */
#include "conformance.h"

/* Falls asleep as a worker does, with nothing left to claim behind it. */
static void rest(struct fixture *fixture)
{
    assert_int_equal(fall_asleep(fixture->worker).fault, STORE_OK);
    struct exchanged got = claim(fixture->worker, 100);
    assert_int_equal(got.count, 0);
    exchanged_release(&got);
}

static void a_row_inserted_by_another_connection_wakes(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 20; i++) {
        rest(fixture);
        fixture->worker->available = 0;
        insert_many(fixture, 1);
        await(fixture, &fixture->worker->available);
        store_wake(fixture->worker->jobs);
        claim_one(fixture->worker);
    }
}

static void a_row_inserted_by_the_databases_own_program_wakes(void **state)
{
    struct fixture *fixture = *state;
    rest(fixture);
    insert_by_program(fixture);
    await(fixture, &fixture->worker->available);
    claim_one(fixture->worker);
}

static void a_transaction_wakes_when_it_commits(void **state)
{
    struct fixture *fixture = *state;
    struct errand_error err;
    rest(fixture);
    assert_int_equal(connection_begin(fixture->sql, &err), 0);
    insert_many(fixture, 100);
    assert_int_equal(next_due(fixture->worker), -1); /* not seen yet, and nothing told */
    assert_int_equal(fixture->worker->available, 0);
    assert_int_equal(connection_commit(fixture->sql, &err), 0);
    await(fixture, &fixture->worker->available);
    struct exchanged got = claim(fixture->worker, 200);
    assert_int_equal(got.count, 100);
    exchanged_release(&got);
}

static void a_job_that_is_made_pending_again_wakes(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    finish(fixture->worker, &job, JOB_END_DISCARDED, "no");
    rest(fixture);
    sql(fixture, "UPDATE fixture_jobs SET status = 'job_status_retry' WHERE id = $1", errand_text(job.id));
    await(fixture, &fixture->worker->available);
    assert_string_equal(claim_one(fixture->worker).id, job.id);
}

static void every_sleeping_worker_is_woken(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    rest(fixture);
    assert_int_equal(fall_asleep(other).fault, STORE_OK);
    struct exchanged got = claim(other, 1);
    exchanged_release(&got);
    fixture->worker->available = other->available = 0;
    insert_many(fixture, 1);
    await(fixture, &fixture->worker->available);
    await(fixture, &other->available);
    worker_free(other);
}

static void who_is_awake_is_not_told(void **state)
{
    struct fixture *fixture = *state;
    rest(fixture);
    store_wake(fixture->worker->jobs);
    fixture->worker->available = 0;
    insert_many(fixture, 1);
    struct worker *other = worker_new(fixture); /* takes long enough for a notification to have come */
    claim_one(fixture->worker);
    assert_int_equal(fixture->worker->available, 0);
    worker_free(other);
}

/* Every claim but the one after falling asleep follows a wake-up, so a lost one is never made good: the test hangs. */
static void no_wake_up_is_lost_while_others_insert(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    enum { INSERTERS = 3, EACH = 300 };
    int pids[INSERTERS];
    for (int i = 0; i < INSERTERS; i++)
        pids[i] = inserter_start(fixture, EACH);
    for (size_t claimed = 0; claimed < INSERTERS * EACH;) {
        worker->available = 0;
        assert_int_equal(fall_asleep(worker).fault, STORE_OK);
        struct exchanged got = claim(worker, 1000);
        if (got.count == 0) {
            exchanged_release(&got);
            await(fixture, &worker->available);
            got = claim(worker, 1000);
        }
        store_wake(worker->jobs);
        claimed += got.count;
        exchanged_release(&got);
    }
    for (int i = 0; i < INSERTERS; i++)
        inserter_end(pids[i]);
}

const struct CMUnitTest waking_tests[] = {
    CONFORMS(a_row_inserted_by_another_connection_wakes),
    CONFORMS(a_row_inserted_by_the_databases_own_program_wakes),
    CONFORMS(a_transaction_wakes_when_it_commits),
    CONFORMS(a_job_that_is_made_pending_again_wakes),
    CONFORMS(every_sleeping_worker_is_woken),
    CONFORMS(who_is_awake_is_not_told),
    CONFORMS(no_wake_up_is_lost_while_others_insert),
};
const size_t waking_test_count = sizeof(waking_tests) / sizeof(*waking_tests);
