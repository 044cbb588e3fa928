/* The store on PostgreSQL: the triggers that wake a worker, their repair, and that no wake-up is lost. */
#include "conformance.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static void dropped_triggers_are_made_again(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    assert_int_equal(fall_asleep(worker).fault, STORE_OK);
    sql(fixture, "DROP FUNCTION notify_job_queued_fixture_jobs CASCADE");
    insert_many(fixture, 1); /* nobody is told */
    assert_int_equal(worker->available, 0);
    prepare(worker, worker->jobs);
    await(fixture, &worker->available);
    worker->available = 0;
    insert_many(fixture, 1);
    await(fixture, &worker->available);
}

static int64_t functions_marked(struct fixture *fixture, const char *mark)
{
    char text[256];
    snprintf(
        text, sizeof(text),
        "SELECT count(*) FROM pg_proc WHERE proname = 'notify_job_queued_fixture_jobs' AND strpos(prosrc, $$%s$$) > 0",
        mark);
    return ask_number(fixture, text);
}

static void triggers_of_an_earlier_version_are_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture, "CREATE OR REPLACE FUNCTION notify_job_queued_fixture_jobs() RETURNS trigger LANGUAGE plpgsql AS $f$ "
                 "BEGIN PERFORM 'errand 1'; PERFORM pg_notify('job_available_fixture_jobs', ''); RETURN NULL; END $f$");
    assert_int_equal(functions_marked(fixture, "PERFORM 'errand 1'"), 1);
    prepare(worker, worker->jobs);
    assert_int_equal(functions_marked(fixture, "PERFORM 'errand 1'"), 0);
    assert_int_equal(functions_marked(fixture, "/* errand 3 */"), 1);
    assert_int_equal(fall_asleep(worker).fault, STORE_OK);
    insert_many(fixture, 1);
    await(fixture, &worker->available);
}

static void a_job_that_becomes_pending_again_wakes(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture, "INSERT INTO fixture_jobs (status) VALUES ('job_status_failed')");
    assert_int_equal(fall_asleep(worker).fault, STORE_OK);
    sql(fixture, "UPDATE fixture_jobs SET status = 'job_status_retry', run_at = now()");
    await(fixture, &worker->available);
}

static void an_insert_above_read_committed_wakes(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture, "BEGIN ISOLATION LEVEL SERIALIZABLE");
    sql(fixture, "SELECT 1 FROM fixture_jobs"); /* its snapshot is from before the nap */
    assert_int_equal(fall_asleep(worker).fault, STORE_OK);
    sql(fixture, "INSERT INTO fixture_jobs DEFAULT VALUES");
    sql(fixture, "COMMIT");
    await(fixture, &worker->available);
}

static void an_open_insert_keeps_the_worker_awake(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "BEGIN");
    sql(fixture, "INSERT INTO fixture_jobs DEFAULT VALUES");
    struct answered into = { 0 };
    store_sleep(fixture->worker->jobs, answered, &into);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_BUSY);
    sql(fixture, "COMMIT");
    assert_int_equal(fall_asleep(fixture->worker).fault, STORE_OK);
    claim_one(fixture->worker);
}

static void an_insert_needs_none_of_our_tables(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fall_asleep(fixture->worker).fault, STORE_OK);
    sql(fixture, "DROP TABLE errand_workers, errand_attempts, errand_stats");
    insert_many(fixture, 2);
    await(fixture, &fixture->worker->available);
}

static void an_insert_needs_no_right_but_that_to_insert(void **state)
{
    struct fixture *fixture = *state;
    if (ask_number(fixture, "SELECT count(*) FROM pg_roles WHERE rolname = 'inserter'") == 0)
        sql(fixture, "CREATE ROLE inserter");
    sql(fixture, "GRANT USAGE ON SCHEMA public TO inserter");
    sql(fixture, "GRANT INSERT ON fixture_jobs TO inserter");
    assert_int_equal(fall_asleep(fixture->worker).fault, STORE_OK);
    sql(fixture, "SET ROLE inserter");
    sql(fixture, "INSERT INTO fixture_jobs DEFAULT VALUES");
    sql(fixture, "RESET ROLE");
    await(fixture, &fixture->worker->available);
    sql(fixture, "DROP OWNED BY inserter");
    sql(fixture, "DROP ROLE inserter");
}

static int64_t locks_of_the_session(struct fixture *fixture)
{
    return ask_number(fixture, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()");
}

static void an_insert_keeps_no_lock_but_the_gate_while_it_is_open(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "BEGIN");
    sql(fixture, "INSERT INTO fixture_jobs DEFAULT VALUES");
    assert_int_equal(locks_of_the_session(fixture), 1);
    sql(fixture, "COMMIT");
    assert_int_equal(locks_of_the_session(fixture), 0);
}

/* Twice asleep, once awake: it would be told of each insert for as long as it lives. */
static void a_worker_that_woke_holds_no_lock_of_sleepers(void **state)
{
    struct fixture *fixture = *state;
    const char *shared = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted";
    int64_t before = ask_number(fixture, shared);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fall_asleep(fixture->worker).fault, STORE_OK);
        assert_int_equal(ask_number(fixture, shared), before + 1);
        store_wake(fixture->worker->jobs);
        heartbeat(fixture->worker); /* goes behind it, over the same session */
        assert_int_equal(ask_number(fixture, shared), before);
    }
}

/* The session outlives a work connection, and with it what the session holds. */
static void a_worker_that_lost_a_work_connection_asleep_holds_no_lock_once_it_woke(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    const char *shared = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted";
    assert_int_equal(fall_asleep(worker).fault, STORE_OK);
    worker->online = 0;
    assert_int_equal(ask_number(fixture,
                                "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity "
                                "WHERE application_name = 'test' ORDER BY backend_start DESC, pid DESC LIMIT 1) "
                                "AS one"),
                     1);
    await(fixture, &worker->online);
    assert_int_equal(fall_asleep(worker).fault, STORE_OK);
    assert_int_equal(ask_number(fixture, shared), 1);
    store_wake(worker->jobs);
    heartbeat(worker);
    assert_int_equal(ask_number(fixture, shared), 0);
}

/* As the other framework makes them: a row each, on its channel. */
static void triggers_of_the_other_framework_serve(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture, "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS "
                 "$$ BEGIN PERFORM pg_notify('job_available_foreign_jobs', ''); RETURN new; END $$");
    sql(fixture, "CREATE TRIGGER their_insert AFTER INSERT ON foreign_jobs FOR EACH ROW EXECUTE FUNCTION theirs()");
    sql(fixture, "CREATE TRIGGER their_update AFTER UPDATE ON foreign_jobs FOR EACH ROW WHEN (NEW.status = "
                 "'job_status_not_started' OR NEW.status = 'job_status_retry') EXECUTE FUNCTION theirs()");
    struct store_table *table = store_table(worker->store, &foreign_jobs, worker);
    struct prepared prepared = prepare(worker, table);
    assert_true(prepared.state.usable);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'foreign_jobs'::regclass"),
                     2);
    struct answered into = { 0 };
    store_sleep(table, answered, &into);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_OK);
    sql(fixture, "INSERT INTO foreign_jobs DEFAULT VALUES");
    await(fixture, &worker->available);
    struct exchanged got = claim_from(worker, table, 10);
    assert_int_equal(got.count, 1);
    exchanged_release(&got);
}

static void triggers_wait_for_no_writer(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture, "DROP FUNCTION notify_job_queued_fixture_jobs CASCADE");
    sql(fixture, "BEGIN");
    sql(fixture, "INSERT INTO fixture_jobs DEFAULT VALUES");
    assert_true(prepare(worker, worker->jobs).state.usable); /* at once, without them */
    struct answered into = { 0 };
    store_sleep(worker->jobs, answered, &into);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_BUSY);
    sql(fixture, "COMMIT");
    assert_int_equal(fall_asleep(worker).fault, STORE_OK); /* made on the way */
    insert_many(fixture, 1);
    await(fixture, &worker->available);
}

static int64_t triggers_of_ours(struct fixture *fixture)
{
    return ask_number(fixture, "SELECT count(*) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
                               "WHERE tgrelid = 'fixture_jobs'::regclass AND tgenabled = 'O' "
                               "AND proname = 'notify_job_queued_fixture_jobs' AND prosrc LIKE '%job_available_%'");
}

/* Another connection that holds this lock of the table until it is closed. */
static struct connection *hold_lock(struct fixture *fixture, const char *how)
{
    struct errand_error err;
    struct connection *other = connection_open(&fixture->url, &err);
    assert_non_null(other);
    assert_int_equal(connection_script(other, "BEGIN", &err), 0);
    assert_int_equal(connection_script(other, how, &err), 0);
    return other;
}

/* The lock is gone when it returns; a session that is merely closed keeps it until the server has noticed. */
static void let_go(struct connection *other)
{
    struct errand_error err;
    assert_int_equal(connection_script(other, "ROLLBACK", &err), 0);
    connection_close(other);
}

static void triggers_are_repaired_beside_a_backup(void **state)
{
    static const char *const harms[] = {
        "DROP TRIGGER did_insert_job_fixture_jobs ON fixture_jobs",
        "ALTER TABLE fixture_jobs DISABLE TRIGGER did_update_job_fixture_jobs",
        "CREATE OR REPLACE FUNCTION notify_job_queued_fixture_jobs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
        assert_int_equal(triggers_of_ours(fixture), 2);
        sql(fixture, harms[i]);
        struct connection *backup = hold_lock(fixture, "LOCK TABLE fixture_jobs IN ACCESS SHARE MODE");
        assert_true(prepare(fixture->worker, fixture->worker->jobs).state.usable);
        assert_int_equal(triggers_of_ours(fixture), 2);
        let_go(backup);
    }
    assert_int_equal(fall_asleep(fixture->worker).fault, STORE_OK);
    insert_many(fixture, 1);
    await(fixture, &fixture->worker->available);
}

static void a_function_of_an_earlier_version_is_replaced_beside_a_writer(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture,
        "CREATE OR REPLACE FUNCTION notify_job_queued_fixture_jobs() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM 'errand 0'; PERFORM pg_notify('job_available_fixture_jobs', ''); RETURN NULL; END $$");
    struct connection *writer = hold_lock(fixture, "INSERT INTO fixture_jobs DEFAULT VALUES");
    assert_true(prepare(fixture->worker, fixture->worker->jobs).state.usable);
    let_go(writer);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%errand 0%'"), 0);
    assert_int_equal(fall_asleep(fixture->worker).fault, STORE_OK);
}

/* Only then one has to go before ours can come. */
static void a_trigger_of_our_name_that_is_not_ours_is_replaced_once_nobody_reads(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "DROP TRIGGER did_insert_job_fixture_jobs ON fixture_jobs");
    sql(fixture, "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
    sql(fixture, "CREATE TRIGGER did_insert_job_fixture_jobs AFTER INSERT ON fixture_jobs EXECUTE FUNCTION theirs()");
    struct connection *backup = hold_lock(fixture, "LOCK TABLE fixture_jobs IN ACCESS SHARE MODE");
    assert_true(prepare(fixture->worker, fixture->worker->jobs).state.usable);
    assert_int_equal(triggers_of_ours(fixture), 1);
    let_go(backup);
    prepare(fixture->worker, fixture->worker->jobs);
    assert_int_equal(triggers_of_ours(fixture), 2);
}

/* ---- No wake-up is lost ---- */

struct inserters {
    struct fixture *fixture;
    atomic_int left;
    pthread_t threads[8];
};

static void *insert_rows(void *arg)
{
    struct inserters *inserters = arg;
    struct errand_error err;
    struct connection *connection = connection_open(&inserters->fixture->url, &err);
    while (connection && atomic_fetch_sub(&inserters->left, 1) > 0)
        if (connection_query(connection, "INSERT INTO fixture_jobs DEFAULT VALUES", NULL, 0, NULL, &err) < 0)
            break;
    connection_close(connection);
    return NULL;
}

/* The worker sleeps whenever it finds nothing and looks only when it is told: a lost wake-up stops it for good. */
static void no_wake_up_is_lost_while_eight_clients_insert(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    const char *wanted = getenv("TEST_WAKE_UPS");
    int total = wanted ? atoi(wanted) : 4000, claimed = 0;
    struct inserters inserters = { .fixture = fixture, .left = total };
    for (int i = 0; i < 8; i++)
        pthread_create(&inserters.threads[i], NULL, insert_rows, &inserters);
    while (claimed < total) {
        struct exchanged got = claim(worker, 16);
        claimed += (int)got.count;
        bool found = got.count > 0;
        exchanged_release(&got);
        if (found || fall_asleep(worker).fault != STORE_OK)
            continue;
        worker->available = 0;
        got = claim(worker, 16);
        claimed += (int)got.count;
        if (got.count == 0 && claimed < total)
            await(fixture, &worker->available);
        exchanged_release(&got);
        store_wake(worker->jobs);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(inserters.threads[i], NULL);
    assert_int_equal(claimed, total);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CONFORMS(dropped_triggers_are_made_again),
        CONFORMS(triggers_of_an_earlier_version_are_replaced),
        CONFORMS(a_job_that_becomes_pending_again_wakes),
        CONFORMS(an_insert_above_read_committed_wakes),
        CONFORMS(an_open_insert_keeps_the_worker_awake),
        CONFORMS(an_insert_needs_none_of_our_tables),
        CONFORMS(an_insert_needs_no_right_but_that_to_insert),
        CONFORMS(an_insert_keeps_no_lock_but_the_gate_while_it_is_open),
        CONFORMS(a_worker_that_woke_holds_no_lock_of_sleepers),
        CONFORMS(a_worker_that_lost_a_work_connection_asleep_holds_no_lock_once_it_woke),
        CONFORMS(triggers_of_the_other_framework_serve),
        CONFORMS(triggers_wait_for_no_writer),
        CONFORMS(triggers_are_repaired_beside_a_backup),
        CONFORMS(a_function_of_an_earlier_version_is_replaced_beside_a_writer),
        CONFORMS(a_trigger_of_our_name_that_is_not_ours_is_replaced_once_nobody_reads),
        CONFORMS(no_wake_up_is_lost_while_eight_clients_insert),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    harness_use(STORE_POSTGRES, argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
