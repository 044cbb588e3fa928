/* Conformance: workers that come, live, die and go, and what becomes of their jobs. */
#include "conformance.h"

#include "base/clock.h"

#include <errand.h>

#include <inttypes.h>
#include <unistd.h>

static void the_jobs_of_a_killed_worker_are_retried(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 5);
    int pid = holder_start(fixture, 5);
    struct recovered none = recover(fixture->worker, NULL, 0);
    assert_int_equal(none.base.fault, STORE_OK);
    assert_int_equal(none.retried + none.failed, 0); /* it lives */
    holder_kill(pid);
    size_t retried = 0;
    int64_t limit = clock_monotonic_us() + 30000000;
    while (retried < 5 && clock_monotonic_us() < limit)
        retried += recover(fixture->worker, NULL, 0).retried;
    assert_int_equal(retried, 5);
    struct exchanged got = claim(fixture->worker, 10);
    assert_int_equal(got.count, 5);
    assert_string_equal(got.jobs[0].cells[9], "1");
    assert_int_equal(got.jobs[0].attempts, 2);
    exchanged_release(&got);
}

static void a_job_that_outlives_too_many_workers_fails(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 2);
    sql(fixture, "UPDATE fixture_jobs SET attempts_count = CASE note WHEN '1' THEN 12 ELSE 11 END");
    int pid = holder_start(fixture, 2);
    holder_kill(pid);
    struct recovered got = { 0 };
    int64_t limit = clock_monotonic_us() + 30000000;
    while (got.retried + got.failed == 0 && clock_monotonic_us() < limit)
        got = recover(fixture->worker, NULL, 0);
    assert_int_equal(got.failed, 1);  /* its 13th attempt, where 3 are the limit */
    assert_int_equal(got.retried, 1); /* the 12th */
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE status = 'job_status_failed' AND "
                                         "note = '1' AND last_error IS NOT NULL AND locked_by IS NULL"),
                     1);
}

static void the_jobs_of_a_living_worker_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 2);
    struct exchanged got = claim(other, 2);
    sql(fixture, "UPDATE fixture_jobs SET locked_at = $1", errand_timestamp(clock_realtime_us() - errand_days(2)));
    for (int i = 0; i < 3; i++) {
        struct recovered none = recover(fixture->worker, NULL, 0);
        assert_int_equal(none.retried + none.failed, 0);
    }
    assert_int_equal(finish(other, &got.jobs[0], JOB_END_RETURNED, NULL).dropped, 0);
    exchanged_release(&got);
    worker_free(other);
}

/* A running job of another framework's worker, locked so long ago. */
static void insert_foreign(struct fixture *fixture, const char *note, int64_t ago_us)
{
    errand_time then = clock_realtime_us() - ago_us;
    sql(fixture,
        "INSERT INTO fixture_jobs (note, status, locked_by, locked_at, attempts_count, run_at) "
        "VALUES ($1, 'job_status_running', '5f3c1a2b-0c0d-4e0f-8a0b-0c0d0e0f0a0b', $2, 1, $3)",
        errand_text(note), errand_timestamp(then), errand_timestamp(then));
}

static void stale_jobs_of_another_framework_are_taken_over(void **state)
{
    struct fixture *fixture = *state;
    insert_foreign(fixture, "fresh", errand_minutes(9));
    insert_foreign(fixture, "stale", errand_minutes(11));
    insert_foreign(fixture, "ancient", errand_hours(25));
    struct recovered got = recover(fixture->worker, NULL, 0);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.retried, 1);
    assert_int_equal(got.failed, 1);
    assert_string_equal(ask(fixture, "SELECT status FROM fixture_jobs WHERE note = 'fresh'"), "job_status_running");
    assert_string_equal(ask(fixture, "SELECT status FROM fixture_jobs WHERE note = 'stale'"), "job_status_retry");
    assert_string_equal(ask(fixture, "SELECT status FROM fixture_jobs WHERE note = 'ancient'"), "job_status_failed");
    assert_string_equal(ask(fixture, "SELECT last_error FROM fixture_jobs WHERE note = 'ancient'"),
                        "Stale job: worker likely crashed");
    assert_string_equal(claim_one(fixture->worker).cells[9], "stale");
}

static void own_jobs_that_nobody_holds_are_retried(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 3);
    struct job lost = claim_one(fixture->worker), held = claim_one(fixture->worker), late = claim_one(fixture->worker);
    struct recovered got = recover(fixture->worker, &held.claim, 1);
    assert_int_equal(got.retried, 1);
    assert_string_equal(cell(fixture, &lost, "status"), "job_status_retry");
    assert_string_equal(cell(fixture, &held, "status"), "job_status_running");
    assert_string_equal(cell(fixture, &late, "status"), "job_status_running"); /* claimed after held was made */
}

static void refreshing_moves_locked_at_of_the_named_claims(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 2);
    struct job named = claim_one(fixture->worker), other = claim_one(fixture->worker);
    sql(fixture, "UPDATE fixture_jobs SET locked_at = $1", errand_timestamp(clock_realtime_us() - errand_hours(1)));
    struct answered into = { 0 };
    store_refresh(fixture->worker->jobs, &named.claim, 1, answered, &into);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_OK);
    assert_true(cell_from_now_us(fixture, &named, "locked_at") > -errand_minutes(30));
    assert_true(cell_from_now_us(fixture, &other, "locked_at") < -errand_minutes(30));
}

static void installing_again_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct answered again = install(fixture->worker);
    assert_int_equal(again.fault, STORE_OK);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers"), 1);
}

static void workers_may_install_at_the_same_time(void **state)
{
    struct fixture *fixture = *state;
    enum { WORKERS = 4 };
    struct worker *workers[WORKERS];
    struct answered into[WORKERS] = { 0 };
    for (int i = 0; i < WORKERS; i++)
        workers[i] = worker_open(fixture);
    for (int i = 0; i < WORKERS; i++) {
        workers[i]->jobs = store_table(workers[i]->store, &fixture_jobs, workers[i]);
        await(fixture, &workers[i]->online);
    }
    static const char *const tables[] = { "errand_workers", "errand_attempts", "errand_stats" };
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
        char drop[64];
        snprintf(drop, sizeof(drop), "DROP TABLE %s", tables[i]);
        sql(fixture, drop);
    }
    sql(fixture, "DROP TABLE IF EXISTS errand_version");
    for (int i = 0; i < WORKERS; i++)
        store_install(workers[i]->store, answered, &into[i]);
    for (int i = 0; i < WORKERS; i++) {
        await(fixture, &into[i].done);
        if (into[i].fault != STORE_OK)
            fail_msg("%s", into[i].message);
    }
    for (int i = 0; i < WORKERS; i++)
        worker_free(workers[i]);
}

/* The newer program that made them keeps what older ones use. */
static void own_tables_of_a_newer_form_are_used_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    bool sqlite = fixture->kind == STORE_SQLITE;
    sql(fixture, "ALTER TABLE errand_workers ADD COLUMN later TEXT");
    sql(fixture, sqlite ? "UPDATE errand_version SET version = 9" : "COMMENT ON TABLE errand_workers IS 'errand 9'");
    assert_int_equal(install(fixture->worker).fault, STORE_OK);
    assert_int_equal(heartbeat(fixture->worker).fault, STORE_OK);
    assert_string_equal(ask(fixture, sqlite ? "SELECT 'errand ' || version FROM errand_version"
                                            : "SELECT obj_description('errand_workers'::regclass)"),
                        "errand 9");
}

static void a_worker_tells_its_version(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(ask(fixture, "SELECT version FROM errand_workers"), ERRAND_VERSION);
}

static void a_worker_is_seen_while_it_lives(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    assert_int_equal(heartbeat(other).fault, STORE_OK);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers"), 2);
    char by_pid[128];
    snprintf(by_pid, sizeof(by_pid), "SELECT count(*) FROM errand_workers WHERE pid = %d", (int)getpid());
    assert_int_equal(ask_number(fixture, by_pid), 2);
    worker_free(other);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers"), 1);
}

static void evicting_no_backend_is_done_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct answered into = { 0 };
    store_evict(fixture->worker->store, (struct backend){ 0 }, answered, &into);
    assert_int_equal(into.done, 0); /* told from the loop, not from the call */
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_OK);
}

static void closing_answers_everything_exactly_once(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = worker_new(fixture);
    insert_many(fixture, 10);
    struct exchanged got[2];
    struct answered beat = { 0 }, slept = { 0 };
    for (int i = 0; i < 2; i++) {
        struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 5 };
        exchange_begin(worker->jobs, &wanted, &got[i]);
    }
    store_heartbeat(worker->store, answered, &beat);
    store_sleep(worker->jobs, answered, &slept);
    worker_free(worker);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(got[i].base.done, 1);
        assert_true(got[i].base.fault == STORE_OK || got[i].base.fault == STORE_CLOSED);
        exchanged_release(&got[i]);
    }
    assert_int_equal(beat.done, 1);
    assert_int_equal(slept.done, 1);
}

static void a_store_may_be_closed_before_it_is_online(void **state)
{
    struct fixture *fixture = *state;
    worker_free(worker_open(fixture));
}

const struct CMUnitTest lives_tests[] = {
    CONFORMS(the_jobs_of_a_killed_worker_are_retried),
    CONFORMS(a_job_that_outlives_too_many_workers_fails),
    CONFORMS(the_jobs_of_a_living_worker_are_left_alone),
    CONFORMS(stale_jobs_of_another_framework_are_taken_over),
    CONFORMS(own_jobs_that_nobody_holds_are_retried),
    CONFORMS(refreshing_moves_locked_at_of_the_named_claims),
    CONFORMS(installing_again_changes_nothing),
    CONFORMS(workers_may_install_at_the_same_time),
    CONFORMS(own_tables_of_a_newer_form_are_used_as_they_are),
    CONFORMS(a_worker_tells_its_version),
    CONFORMS(a_worker_is_seen_while_it_lives),
    CONFORMS(evicting_no_backend_is_done_at_once),
    CONFORMS(closing_answers_everything_exactly_once),
    CONFORMS(a_store_may_be_closed_before_it_is_online),
};
const size_t lives_test_count = sizeof(lives_tests) / sizeof(*lives_tests);
