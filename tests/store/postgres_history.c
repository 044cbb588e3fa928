/* What claims cost in blocks read where much lies behind: a million finished rows, and dead rows that an old snapshot
   keeps. Blocks are what pg_statio counts once the backends that read them are gone. */
#include "conformance.h"

#include "base/clock.h"

enum { DEAD = 50000, MILLION = 1000000 };

static struct connection *open_another(struct fixture *fixture)
{
    struct errand_error err = { "" };
    struct connection *connection = connection_open(&fixture->url, &err);
    if (!connection)
        fail_msg("%s", err.message);
    return connection;
}

/* In a connection of its own: what it reads is counted by the time that it returns. */
static void run(struct fixture *fixture, const char *script)
{
    struct errand_error err = { "" };
    struct connection *connection = open_another(fixture);
    if (connection_script(connection, script, &err) < 0)
        fail_msg("%s", err.message);
    connection_close(connection);
}

static struct connection *hold_snapshot(struct fixture *fixture)
{
    struct errand_error err = { "" };
    struct connection *old = open_another(fixture);
    assert_int_equal(connection_script(old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM fixture_jobs", &err),
                     0);
    return old;
}

/* The blocks of fixture_jobs and its indexes that were read so far, but by workers that are there. */
static int64_t blocks_read(struct fixture *fixture, const struct connection *old)
{
    char others[256];
    snprintf(others, sizeof(others),
             "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid NOT IN "
             "(pg_backend_pid(), %d)",
             old ? (int)connection_backend(old).pid : 0);
    int64_t limit = clock_monotonic_us() + 30000000;
    while (ask_number(fixture, others) > 0 && clock_monotonic_us() < limit)
        ;
    return ask_number(fixture, "SELECT heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read "
                               "FROM pg_statio_user_tables WHERE relname = 'fixture_jobs'");
}

/* The fixture's own worker would be counted when it goes. */
static void dismiss_worker(struct fixture *fixture)
{
    worker_free(fixture->worker);
    fixture->worker = NULL;
    sql(fixture, "ALTER SYSTEM SET autovacuum = off");
    sql(fixture, "SELECT pg_reload_conf()");
}

static int end_without_worker(void **state)
{
    struct fixture *fixture = *state;
    fixture->worker = worker_open(fixture);
    return harness_teardown(state);
}

/* One job after the other, each claim with the outcome of the job before. */
static void work_off(struct worker *worker, int count)
{
    struct job last = { 0 };
    for (int i = 0; i <= count; i++) {
        struct store_outcome outcome = outcome_of(&last, JOB_END_RETURNED, NULL);
        struct store_exchange wanted = { .outcomes = &outcome, .outcome_count = i > 0, .claim_limit = 1 };
        wanted.claim = i < count ? ++worker->claims : 0;
        struct exchanged got = exchange(worker, worker->jobs, &wanted);
        assert_int_equal(got.base.fault, STORE_OK);
        assert_int_equal(got.dropped, 0);
        assert_int_equal(got.count, i < count);
        if (got.count > 0)
            last = got.jobs[0];
        exchanged_release(&got);
    }
}

static void claims_stay_cheap_behind_a_million_finished_rows(void **state)
{
    struct fixture *fixture = *state;
    enum { JOBS = 50, BLOCKS_EACH = 100 }; /* reading the whole table takes some 20,000 */
    dismiss_worker(fixture);
    char script[256];
    snprintf(script, sizeof(script),
             "INSERT INTO fixture_jobs (status) SELECT 'job_status_succeeded' FROM generate_series(1, %d)", MILLION);
    run(fixture, script);
    snprintf(script, sizeof(script), "INSERT INTO fixture_jobs (note) SELECT generate_series(1, %d)", JOBS);
    run(fixture, script);
    int64_t before = blocks_read(fixture, NULL);
    struct worker *worker = worker_new(fixture);
    work_off(worker, JOBS);
    assert_true(next_due(worker) == -1);
    assert_int_equal(recover(worker, NULL, 0).base.fault, STORE_OK);
    worker_free(worker);
    int64_t read = blocks_read(fixture, NULL) - before;
    if (read < JOBS || read > JOBS * BLOCKS_EACH)
        fail_msg("%d jobs took %lld blocks", JOBS, (long long)read);
}

/* Dead rows before all that is pending, kept by the snapshot that is given back. */
static struct connection *make_dead_rows(struct fixture *fixture)
{
    char script[256];
    snprintf(script, sizeof(script),
             "INSERT INTO fixture_jobs (run_at) SELECT now() - interval '1 day' FROM generate_series(1, %d)", DEAD);
    run(fixture, script);
    struct connection *old = hold_snapshot(fixture);
    run(fixture, "UPDATE fixture_jobs SET status = 'job_status_succeeded'");
    return old;
}

/* The full range, some 800 blocks, is looked at once a second; every claim between begins where the last one ended. */
static void claims_stay_cheap_under_an_old_snapshot(void **state)
{
    struct fixture *fixture = *state;
    enum { JOBS = 300, BLOCKS_EACH = 100, BLOCKS_FULL = 2500 };
    dismiss_worker(fixture);
    struct connection *old = make_dead_rows(fixture);
    char script[256];
    snprintf(script, sizeof(script), "INSERT INTO fixture_jobs (note) SELECT generate_series(1, %d)", JOBS);
    run(fixture, script);
    int64_t before = blocks_read(fixture, old), begun = clock_monotonic_us();
    struct worker *worker = worker_new(fixture);
    work_off(worker, JOBS);
    worker_free(worker);
    int64_t looks = 2 + (clock_monotonic_us() - begun) / 1000000;
    int64_t read = blocks_read(fixture, old) - before;
    connection_close(old);
    if (read < JOBS || read > looks * BLOCKS_FULL + JOBS * BLOCKS_EACH)
        fail_msg("%d jobs took %lld blocks, with at most %lld looks at the full range", JOBS, (long long)read,
                 (long long)looks);
}

static void expect_in_order(struct worker *worker, const char *const *notes, size_t count)
{
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = count, .in_order = true };
    struct exchanged got = exchange(worker, worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(got.jobs[i].cells[9], notes[i]);
    exchanged_release(&got);
}

static void claims_in_order_stay_in_order_under_an_old_snapshot(void **state)
{
    struct fixture *fixture = *state;
    struct connection *old = make_dead_rows(fixture);
    insert_due(fixture, "first", -3000000000);
    insert_due(fixture, "second", -2000000000);
    insert_due(fixture, "third", -1000000000);
    expect_in_order(fixture->worker, (const char *[]){ "first", "second" }, 2);
    insert_due(fixture, "later", -500000000);
    insert_due(fixture, "before all", -4000000000); /* before the place where the last claim ended */
    expect_in_order(fixture->worker, (const char *[]){ "before all" }, 1);
    insert_due(fixture, "before all again", -4000000000);
    expect_in_order(fixture->worker, (const char *[]){ "before all again", "third", "later" }, 3);
    connection_close(old);
}

static void a_table_is_vacuumed_early_unless_its_owner_says_otherwise(void **state)
{
    struct fixture *fixture = *state;
    static const char options[] =
        "SELECT array_to_string(reloptions, ',') FROM pg_class WHERE oid = 'fixture_jobs'::regclass";
    assert_string_equal(ask(fixture, options), "autovacuum_vacuum_scale_factor=0.01");
    sql(fixture, "ALTER TABLE fixture_jobs SET (autovacuum_vacuum_scale_factor = 0.3)");
    worker_free(worker_new(fixture));
    assert_string_equal(ask(fixture, options), "autovacuum_vacuum_scale_factor=0.3");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(claims_stay_cheap_behind_a_million_finished_rows, harness_setup,
                                        end_without_worker),
        cmocka_unit_test_setup_teardown(claims_stay_cheap_under_an_old_snapshot, harness_setup, end_without_worker),
        CONFORMS(claims_in_order_stay_in_order_under_an_old_snapshot),
        CONFORMS(a_table_is_vacuumed_early_unless_its_owner_says_otherwise),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    harness_use(STORE_POSTGRES, argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
