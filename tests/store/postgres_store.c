/* The store on PostgreSQL: losses of connections and of the server, locks, triggers, rights, names. */
#include "conformance.h"

#include "base/clock.h"
#include "store/postgres/internal.h"
#include "support/silent_port.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* A table of the standard columns and queue_position, as our generator makes it, under any name. */
static void make_table(struct fixture *fixture, const char *name)
{
    char text[1024];
    snprintf(text, sizeof(text), "CREATE TABLE %s (LIKE fixture_jobs INCLUDING ALL)", name);
    sql(fixture, text);
}

static struct errand_job_type type_of(struct errand_table *table, const char *schema, const char *name)
{
    *table = *fixture_jobs.table;
    table->schema = schema;
    table->name = name;
    struct errand_job_type type = fixture_jobs;
    type.table = table;
    return type;
}

static struct exchanged claim_from(struct worker *worker, struct store_table *table, size_t limit)
{
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = limit };
    return exchange(worker, table, &wanted);
}

static void run_script(const char *verb)
{
    char command[512];
    snprintf(command, sizeof(command), "%s %s %s >/dev/null", getenv("TEST_POSTGRES_CLUSTER"), verb,
             getenv("TEST_POSTGRES_DIR"));
    assert_int_equal(system(command), 0);
}

static void reopen_sql(struct fixture *fixture)
{
    struct errand_error err = { "" };
    connection_close(fixture->sql);
    fixture->sql = connection_open(&fixture->url, &err);
    if (!fixture->sql)
        fail_msg("%s", err.message);
}

/* ---- Losses ---- */

static void a_restart_of_the_server_is_survived(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    insert_many(fixture, 10);
    struct exchanged first = claim(worker, 5), lost;
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 5 };
    worker->online = 0;
    exchange_begin(worker->jobs, &wanted, &lost);
    run_script("restart");
    await(fixture, &lost.base.done);
    await(fixture, &worker->online);
    reopen_sql(fixture);
    struct store_outcome outcome = outcome_of(&first.jobs[0], JOB_END_RETURNED, NULL);
    uint64_t forgotten = worker->claims;
    struct store_exchange after = { .outcomes = &outcome,
                                    .outcome_count = 1,
                                    .forgotten = &forgotten,
                                    .forgotten_count = lost.base.fault == STORE_OK ? 0 : 1,
                                    .claim = ++worker->claims,
                                    .claim_limit = 10 };
    struct exchanged got = exchange(worker, worker->jobs, &after);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 0);
    assert_int_equal(got.count + (lost.base.fault == STORE_OK ? lost.count : 0), 5);
    exchanged_release(&first);
    exchanged_release(&lost);
    exchanged_release(&got);
}

static void each_terminated_connection_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    for (int round = 0; round < 3; round++) {
        worker->online = 0;
        char text[256];
        snprintf(text, sizeof(text),
                 "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE "
                 "application_name = 'test' ORDER BY backend_start, pid OFFSET %d LIMIT 1) AS one",
                 round == 0 ? 0 : 1);
        assert_int_equal(ask_number(fixture, text), 1);
        await(fixture, &worker->online);
        insert_many(fixture, 1);
        claim_one(worker);
        store_wake(worker->jobs);
        heartbeat(worker); /* goes behind it */
        assert_int_equal(ask_number(fixture, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 1);
        assert_int_equal(fall_asleep(worker).fault, STORE_OK);
        worker->available = 0;
        insert_many(fixture, 1);
        await(fixture, &worker->available);
        claim_one(worker);
    }
}

static void a_lost_session_alone_is_no_death(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 3);
    struct exchanged got = claim(fixture->worker, 3);
    exchanged_release(&got);
    fixture->worker->online = other->online = 0;
    run_script("restart");
    await(fixture, &fixture->worker->online);
    await(fixture, &other->online);
    reopen_sql(fixture);
    struct recovered none = recover(other, NULL, 0);
    assert_int_equal(none.retried + none.failed, 0);
    worker_free(other);
}

/* Terminates the session of the worker whose lease this is, and waits until it has another. */
static void lose_session(struct fixture *fixture, struct worker *worker)
{
    char text[320];
    worker->online = 0;
    snprintf(text, sizeof(text),
             "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND "
             "((classid::int8 << 32) | objid::int8) = %lld",
             (long long)worker->id);
    assert_int_equal(ask_number(fixture, text), 1);
    await(fixture, &worker->online);
}

static void a_session_lost_again_and_again_is_no_death(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 2);
    struct exchanged got = claim(other, 2);
    for (int i = 0; i < 10; i++) {
        lose_session(fixture, other);
        struct recovered none = recover(fixture->worker, NULL, 0);
        assert_int_equal(none.base.fault, STORE_OK);
        assert_int_equal(none.retried + none.failed, 0);
    }
    assert_int_equal(finish(other, &got.jobs[0], JOB_END_RETURNED, NULL).dropped, 0);
    exchanged_release(&got);
    worker_free(other);
}

static void five_seconds_of_a_free_lease_count_within_one_session_of_the_sweeper(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, version) "
                 "VALUES (7, 'elsewhere', 'another', 1, 1, 1, '', '1')");
    sql(fixture, "INSERT INTO fixture_jobs (status, locked_by, locked_at, attempts_count) VALUES "
                 "('job_status_running', '00000000-0000-0007-0000-000000000001', now(), 1)");
    assert_int_equal(recover(fixture->worker, NULL, 0).retried, 0); /* seen free for the first time */
    lose_session(fixture, fixture->worker);
    int64_t again = clock_monotonic_us();
    size_t retried = 0;
    while (retried == 0 && clock_monotonic_us() < again + 30000000)
        retried = recover(fixture->worker, NULL, 0).retried;
    assert_int_equal(retried, 1);
    assert_true(clock_monotonic_us() - again >= 5000000);
}

static void a_worker_unseen_for_a_minute_is_dead_though_its_lease_is_held(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 3);
    struct exchanged got = claim(other, 2);
    sql(fixture, "UPDATE errand_workers SET seen_at = now() - interval '30 s'");
    assert_int_equal(recover(fixture->worker, NULL, 0).retried, 0);
    sql(fixture, "UPDATE errand_workers SET seen_at = now() - interval '60 s'");
    size_t retried = 0;
    int64_t limit = clock_monotonic_us() + 30000000;
    while (retried == 0 && clock_monotonic_us() < limit)
        retried = recover(fixture->worker, NULL, 0).retried;
    assert_int_equal(retried, 2);
    assert_int_equal(finish(other, &got.jobs[0], JOB_END_RETURNED, NULL).dropped, 1); /* it only slept */
    assert_int_equal(heartbeat(other).fault, STORE_OK);                               /* and lives again */
    struct job job = claim_one(other);
    sql(fixture, "UPDATE fixture_jobs SET locked_at = now() - interval '2 days'");
    for (int i = 0; i < 3; i++)
        assert_int_equal(recover(fixture->worker, NULL, 0).retried, 0);
    assert_int_equal(finish(other, &job, JOB_END_RETURNED, NULL).dropped, 0);
    exchanged_release(&got);
    worker_free(other);
}

/* Looks at the workers and at their jobs at once, however soon after the last time. */
static size_t recover_at_once(struct worker *worker)
{
    ((struct postgres_store *)worker->store)->swept_us = 0;
    ((struct postgres_table *)worker->jobs)->recover_after_us = 0;
    return recover(worker, NULL, 0).retried;
}

/* Something keeps everyone from writing to errand_workers: that others are unseen says nothing then. */
static void nobody_is_given_up_while_our_own_heartbeat_is_not_written(void **state)
{
    struct fixture *fixture = *state;
    struct postgres_store *store = (struct postgres_store *)fixture->worker->store;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 1);
    struct job job = claim_one(other);
    sql(fixture, "UPDATE errand_workers SET seen_at = now() - interval '61 s'");
    assert_int_equal(recover_at_once(fixture->worker), 0);
    assert_int_equal(store->free_lease_count, 1);
    store->free_leases[0].since_us -= errand_minutes(1);
    store->beaten_us -= errand_seconds(25);
    assert_int_equal(recover_at_once(fixture->worker), 0);
    assert_int_equal(heartbeat(fixture->worker).fault, STORE_OK);
    assert_int_equal(recover_at_once(fixture->worker), 0); /* the other's is about to get through as well */
    assert_int_equal(store->free_lease_count, 1);
    store->free_leases[0].since_us -= errand_minutes(1);
    assert_int_equal(recover_at_once(fixture->worker), 1);
    assert_int_equal(finish(other, &job, JOB_END_RETURNED, NULL).dropped, 1);
    worker_free(other);
}

static void recovered_at_last(void *arg, struct store_result result, const struct store_recovered *recovered)
{
    (void)result, (void)recovered;
    *(int *)arg = 1;
}

static int64_t locks_waited_for(struct fixture *fixture)
{
    return ask_number(fixture, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
}

/* Its process is gone by what is written, but it comes back while another is about to bury it. */
static void a_worker_seen_again_is_not_buried(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture,
        "INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, version) "
        "SELECT 7, host, boot_id, pid_namespace, 2147483646, start_ticks, tables, version FROM errand_workers");
    sql(fixture, "BEGIN");
    sql(fixture, "UPDATE errand_workers SET seen_at = clock_timestamp() WHERE id = 7");
    int done = 0;
    ((struct postgres_store *)worker->store)->swept_us = 0;
    store_recover(worker->jobs, NULL, 0, recovered_at_last, &done);
    while (!done && locks_waited_for(fixture) == 0)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    sql(fixture, "COMMIT");
    await(fixture, &done);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers WHERE id = 7 AND dead_at IS NULL"), 1);
    recover_at_once(worker); /* not seen since */
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers WHERE id = 7 AND dead_at IS NULL"), 0);
}

/* ---- Triggers ---- */

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

/* ---- Locks ---- */

static void a_backup_at_work_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "BEGIN");
    sql(fixture, "LOCK TABLE fixture_jobs IN ACCESS SHARE MODE"); /* as pg_dump does */
    sql(fixture, "SELECT 1 FROM fixture_jobs");
    struct prepared prepared = prepare(fixture->worker, fixture->worker->jobs);
    assert_true(prepared.state.usable);
    struct errand_error err;
    struct connection *other = connection_open(&fixture->url, &err);
    assert_int_equal(connection_script(other, "INSERT INTO fixture_jobs DEFAULT VALUES", &err), 0);
    connection_close(other);
    struct job job = claim_one(fixture->worker);
    assert_int_equal(finish(fixture->worker, &job, JOB_END_RETURNED, NULL).dropped, 0);
    sql(fixture, "COMMIT");
}

static void a_locked_table_does_not_hold_up_another(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct store_table *free_table = store_table(worker->store, &foreign_jobs, worker);
    assert_true(prepare(worker, free_table).state.usable);
    sql(fixture, "BEGIN");
    sql(fixture, "LOCK TABLE fixture_jobs IN ACCESS EXCLUSIVE MODE");
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 1 };
    struct exchanged stuck;
    exchange_begin(worker->jobs, &wanted, &stuck);
    int went_on = 0;
    while (!stuck.base.done) { /* about 2 s, until its lock_timeout */
        struct exchanged got = claim_from(worker, free_table, 1);
        assert_int_equal(got.base.fault, STORE_OK);
        exchanged_release(&got);
        went_on++;
    }
    assert_int_equal(stuck.base.fault, STORE_BUSY);
    assert_true(went_on > 1);
    exchanged_release(&stuck);
    sql(fixture, "COMMIT");
    insert_many(fixture, 1);
    claim_one(worker);
}

/* Two of its exchanges hold both work connections once; from then on one at most. */
static void a_locked_table_with_two_exchanges_under_way_holds_up_another_once(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct store_table *free_table = store_table(worker->store, &foreign_jobs, worker);
    assert_true(prepare(worker, free_table).state.usable);
    sql(fixture, "BEGIN");
    sql(fixture, "LOCK TABLE fixture_jobs IN ACCESS EXCLUSIVE MODE");
    for (int round = 0; round < 3; round++) {
        struct exchanged stuck[2], got;
        for (int i = 0; i < 2; i++) {
            struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 1 };
            exchange_begin(worker->jobs, &wanted, &stuck[i]);
        }
        got = claim_from(worker, free_table, 1);
        assert_int_equal(got.base.fault, STORE_OK);
        exchanged_release(&got);
        if (round > 0) /* it waited for neither */
            assert_int_equal(stuck[0].base.done + stuck[1].base.done, 0);
        for (int i = 0; i < 2; i++) {
            await(fixture, &stuck[i].base.done);
            assert_int_equal(stuck[i].base.fault, STORE_BUSY);
            exchanged_release(&stuck[i]);
        }
    }
    sql(fixture, "COMMIT");
    insert_many(fixture, 1);
    claim_one(worker);
}

/* Three jobs end in each way that is written by a statement of its own; one's row is locked, one's was taken away. */
static void outcomes_are_written_around_locked_rows(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 5);
    struct exchanged jobs = claim(fixture->worker, 5), got;
    struct store_attempt attempt = { .error = "no" };
    struct store_outcome outcomes[5];
    for (int i = 0; i < 5; i++)
        outcomes[i] = outcome_of(&jobs.jobs[i], i % 2 ? JOB_END_FAILED : JOB_END_RETURNED, "no");
    outcomes[3].attempt = &attempt;
    sql(fixture, "UPDATE fixture_jobs SET locked_by = NULL, status = 'job_status_failed' WHERE id = $1",
        errand_text(jobs.jobs[4].id));
    sql(fixture, "BEGIN");
    sql(fixture, "UPDATE fixture_jobs SET note = 'looked at' WHERE id = $1", errand_text(jobs.jobs[3].id));
    struct store_exchange wanted = { .outcomes = outcomes, .outcome_count = 5 };
    got = exchange(fixture->worker, fixture->worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_BUSY);
    exchanged_release(&got);
    got = exchange(fixture->worker, fixture->worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.locked, 1);
    assert_string_equal(got.locked_id, jobs.jobs[3].id);
    assert_int_equal(got.dropped, 1);
    assert_string_equal(got.dropped_id, jobs.jobs[4].id);
    exchanged_release(&got);
    sql(fixture, "COMMIT");
    assert_string_equal(cell(fixture, &jobs.jobs[0], "status"), "job_status_succeeded");
    assert_string_equal(cell(fixture, &jobs.jobs[1], "status"), "job_status_retry");
    assert_string_equal(cell(fixture, &jobs.jobs[3], "status"), "job_status_running");
    wanted = (struct store_exchange){ .outcomes = &outcomes[3], .outcome_count = 1 };
    got = exchange(fixture->worker, fixture->worker->jobs, &wanted);
    assert_int_equal(got.locked + got.dropped, 0);
    assert_string_equal(cell(fixture, &jobs.jobs[3], "status"), "job_status_retry");
    assert_string_equal(cell(fixture, &jobs.jobs[3], "note"), "looked at");
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_attempts"), 1);
    exchanged_release(&got);
    exchanged_release(&jobs);
}

static void jobs_of_forgotten_claims_are_put_back_around_locked_rows(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 2);
    struct exchanged jobs = claim(fixture->worker, 2), got;
    sql(fixture, "BEGIN");
    sql(fixture, "SELECT FROM fixture_jobs WHERE id = $1 FOR UPDATE", errand_text(jobs.jobs[0].id));
    struct store_exchange wanted = { .forgotten = &jobs.jobs[0].claim, .forgotten_count = 1 };
    got = exchange(fixture->worker, fixture->worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_OK);
    sql(fixture, "COMMIT");
    assert_string_equal(cell(fixture, &jobs.jobs[1], "status"), "job_status_not_started");
    uint64_t bound = fixture->worker->claims + 1;
    assert_int_equal(recover(fixture->worker, &bound, 1).retried, 1); /* the other */
    assert_string_equal(cell(fixture, &jobs.jobs[0], "status"), "job_status_retry");
    exchanged_release(&got);
    exchanged_release(&jobs);
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

static void a_job_that_has_been_due_for_ever_is_due(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "INSERT INTO fixture_jobs (run_at) VALUES ('-infinity')");
    assert_int_equal(next_due(fixture->worker), 0);
    assert_int_equal(claim_one(fixture->worker).late_us, 0);
    sql(fixture, "INSERT INTO fixture_jobs (run_at) VALUES ('infinity')");
    assert_int_equal(next_due(fixture->worker), -1);
}

/* ---- What is refused only when it is committed ---- */

static void refuse_at_commit(struct fixture *fixture, const char *status)
{
    sql(fixture, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                 "$$ BEGIN RAISE EXCEPTION 'not at the end'; END $$");
    char text[512];
    snprintf(text, sizeof(text),
             "CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON fixture_jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
             "WHEN (NEW.status = 'job_status_%s') EXECUTE FUNCTION refuse()",
             status);
    sql(fixture, text);
}

static void an_outcome_refused_at_commit_is_refused(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    refuse_at_commit(fixture, "succeeded");
    struct exchanged got = finish(fixture->worker, &job, JOB_END_RETURNED, NULL);
    assert_int_equal(got.base.fault, STORE_REFUSED);
    assert_non_null(strstr(got.base.message, "not at the end"));
    assert_string_equal(cell(fixture, &job, "status"), "job_status_running");
    sql(fixture, "DROP TRIGGER refuse ON fixture_jobs");
    got = finish(fixture->worker, &job, JOB_END_RETURNED, NULL);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 0);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_succeeded");
}

static void a_claim_refused_at_commit_brings_no_job(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 3);
    refuse_at_commit(fixture, "running");
    for (int round = 0; round < 2; round++) { /* the second finds its statement prepared */
        struct exchanged got = claim_from(fixture->worker, fixture->worker->jobs, 3);
        assert_int_equal(got.base.fault, STORE_REFUSED);
        assert_int_equal(got.count, 0);
        exchanged_release(&got);
    }
    sql(fixture, "DROP TRIGGER refuse ON fixture_jobs");
    struct exchanged got = claim(fixture->worker, 3);
    assert_int_equal(got.count, 3);
    assert_int_equal(got.jobs[0].attempts, 1);
    exchanged_release(&got);
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
        connection_close(backup);
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
    connection_close(writer);
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
    connection_close(backup);
    prepare(fixture->worker, fixture->worker->jobs);
    assert_int_equal(triggers_of_ours(fixture), 2);
}

/* ---- Tables that change, names, rights ---- */

static void a_column_added_or_altered_in_use_is_no_matter(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 6);
    struct job job = claim_one(fixture->worker);
    sql(fixture, "ALTER TABLE fixture_jobs ADD COLUMN more INT DEFAULT 5");
    assert_int_equal(finish(fixture->worker, &job, JOB_END_RETURNED, NULL).base.fault, STORE_OK);
    claim_one(fixture->worker);
    sql(fixture, "ALTER TABLE fixture_jobs ALTER COLUMN note TYPE varchar(100)"); /* "cached plan must not change" */
    claim_one(fixture->worker);
    sql(fixture, "ALTER TABLE fixture_jobs DROP COLUMN more");
    claim_one(fixture->worker);
}

/* The claim was sent before, and is answered only once the new column is known. */
/* Rows of the table and of its children may have the same ctid. */
static void a_table_with_children_is_worked(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture, "CREATE TABLE child_jobs () INHERITS (fixture_jobs)");
    sql(fixture, "INSERT INTO child_jobs (run_at, queue_position) VALUES ('infinity', 1), ('infinity', 2)");
    insert_many(fixture, 2);
    assert_true(prepare(worker, worker->jobs).state.usable);
    struct exchanged got = claim(worker, 2);
    assert_int_equal(got.count, 2);
    exchanged_release(&got);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE status = 'job_status_running'"), 2);
}

static void a_column_that_claims_follow_comes_while_one_is_under_way(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct store_table *table = store_table(worker->store, &foreign_jobs, worker);
    assert_true(prepare(worker, table).state.usable);
    sql(fixture, "INSERT INTO foreign_jobs DEFAULT VALUES");
    sql(fixture, "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
                 "$$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN new; END $$");
    sql(fixture, "CREATE TRIGGER wait BEFORE UPDATE ON foreign_jobs FOR EACH ROW EXECUTE FUNCTION wait()");
    sql(fixture, "ALTER TABLE foreign_jobs ADD COLUMN queue_position BIGINT GENERATED BY DEFAULT AS IDENTITY");
    sql(fixture, "SELECT pg_advisory_lock(42)");
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 1 };
    struct exchanged got;
    exchange_begin(table, &wanted, &got);
    assert_true(prepare(worker, table).state.has_position);
    assert_int_equal(got.base.done, 0);
    sql(fixture, "SELECT pg_advisory_unlock(42)");
    await(fixture, &got.base.done);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.jobs[0].columns, foreign_jobs.table->column_count);
    exchanged_release(&got);
    sql(fixture, "INSERT INTO foreign_jobs DEFAULT VALUES");
    got = claim_from(worker, table, 1);
    assert_int_equal(got.count, 1);
    exchanged_release(&got);
}

static void a_table_of_another_schema_with_a_long_name_works(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    const char *name = "a_table_whose_name_is_nearly_as_long_as_postgresql_takes_e_jobs";
    struct errand_table table;
    struct errand_job_type type = type_of(&table, "Other \"one\"", name);
    sql(fixture, "DROP SCHEMA IF EXISTS \"Other \"\"one\"\"\" CASCADE");
    sql(fixture, "CREATE SCHEMA \"Other \"\"one\"\"\"");
    make_table(fixture, "\"Other \"\"one\"\"\".a_table_whose_name_is_nearly_as_long_as_postgresql_takes_e_jobs");
    struct store_table *jobs = store_table(worker->store, &type, worker);
    struct prepared prepared = prepare(worker, jobs);
    assert_string_equal(prepared.warning, "");
    assert_true(prepared.state.usable && prepared.state.has_index && prepared.state.has_position);
    struct answered into = { 0 };
    store_sleep(jobs, answered, &into);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_OK);
    sql(fixture, "INSERT INTO \"Other \"\"one\"\"\".a_table_whose_name_is_nearly_as_long_as_postgresql_takes_e_jobs "
                 "DEFAULT VALUES");
    await(fixture, &worker->available);
    struct exchanged got = claim_from(worker, jobs, 10);
    assert_int_equal(got.count, 1);
    exchanged_release(&got);
}

static void a_role_without_the_right_to_create_works(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "DROP TABLE errand_workers, errand_attempts, errand_stats");
    sql(fixture, "DROP FUNCTION notify_job_queued_fixture_jobs CASCADE");
    if (ask_number(fixture, "SELECT count(*) FROM pg_roles WHERE rolname = 'modest'") == 0)
        sql(fixture, "CREATE ROLE modest LOGIN");
    sql(fixture, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    sql(fixture, "GRANT USAGE ON SCHEMA public TO modest");
    sql(fixture, "GRANT SELECT, UPDATE, INSERT ON fixture_jobs TO modest");
    struct store_url own = fixture->url;
    char url[512];
    snprintf(url, sizeof(url), "postgresql://modest@%s", strchr(getenv("TEST_POSTGRES_URL"), '@') + 1);
    struct errand_error err;
    assert_int_equal(store_url_parse(url, &fixture->url, &err), 0);
    struct worker *worker = worker_open(fixture);
    worker->jobs = store_table(worker->store, &fixture_jobs, worker);
    await(fixture, &worker->online);
    assert_string_equal(worker->fatal, "");
    struct answered installed = install(worker);
    assert_int_equal(installed.fault, STORE_REFUSED);
    assert_non_null(strstr(installed.message, "errand_workers"));
    struct prepared prepared = prepare(worker, worker->jobs);
    assert_true(prepared.state.usable);
    assert_non_null(strstr(prepared.warning, "GRANT"));
    insert_many(fixture, 1);
    struct job job = claim_one(worker);
    struct store_attempt attempt = { .error = "no" };
    struct store_outcome outcome = outcome_of(&job, JOB_END_FAILED, "no");
    outcome.attempt = &attempt;
    struct store_exchange wanted = { .outcomes = &outcome, .outcome_count = 1 };
    struct exchanged got = exchange(worker, worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_OK);
    exchanged_release(&got);
    assert_int_equal(heartbeat(worker).fault, STORE_OK);
    assert_int_equal(recover(worker, NULL, 0).base.fault, STORE_OK);
    worker_free(worker);
    store_url_release(&fixture->url);
    fixture->url = own;
}

static void what_libpq_takes_for_no_address_opens_no_store(void **state)
{
    struct fixture *fixture = *state;
    struct store_url url;
    struct errand_error err = { "" };
    assert_int_equal(store_url_parse("postgresql://127.0.0.1/errand?nonsense=1", &url, &err), 0);
    const struct store_config config = { .url = &url, .worker = 1 };
    const struct store_events none = { 0 };
    assert_null(store_open(&fixture->loop, &config, &none, NULL, &err));
    assert_non_null(strstr(err.message, "nonsense=1 is not an address that libpq takes"));
    store_url_release(&url);
}

static void a_database_that_is_not_there_is_fatal(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own = fixture->url;
    char url[512];
    snprintf(url, sizeof(url), "%s_not", getenv("TEST_POSTGRES_URL"));
    struct errand_error err;
    assert_int_equal(store_url_parse(url, &fixture->url, &err), 0);
    struct worker *worker = worker_open(fixture);
    await(fixture, &worker->online);
    assert_non_null(strstr(worker->fatal, "errand_not"));
    worker_free(worker);
    store_url_release(&fixture->url);
    fixture->url = own;
}

static void a_host_that_does_not_answer_is_passed_over(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own = fixture->url;
    struct silent_port silent = silent_port_open();
    fixture->url = url_behind(&silent.port, 1);
    struct worker *worker = worker_new(fixture); /* each of its three connections waits for 2 s */
    insert_many(fixture, 1);
    claim_one(worker);
    worker_free(worker);
    silent_port_close(&silent);
    store_url_release(&fixture->url);
    fixture->url = own;
}

static void a_host_that_never_spoke_is_tried_last_from_then_on(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own = fixture->url;
    struct silent_port mute = mute_port_open();
    fixture->url = url_behind(&mute.port, 1);
    struct worker *worker = worker_new(fixture);
    assert_int_equal(mute_port_taken(&mute), 1);
    worker->online = 0;
    sql(fixture,
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND (classid::int8 << 32) | "
        "objid::int8 = $1",
        errand_int((int64_t)worker->id));
    await(fixture, &worker->online);
    assert_int_equal(mute_port_taken(&mute), 0);
    worker_free(worker);
    silent_port_close(&mute);
    store_url_release(&fixture->url);
    fixture->url = own;
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
        CONFORMS(a_restart_of_the_server_is_survived),
        CONFORMS(each_terminated_connection_is_made_anew),
        CONFORMS(a_lost_session_alone_is_no_death),
        CONFORMS(a_session_lost_again_and_again_is_no_death),
        CONFORMS(five_seconds_of_a_free_lease_count_within_one_session_of_the_sweeper),
        CONFORMS(a_worker_unseen_for_a_minute_is_dead_though_its_lease_is_held),
        CONFORMS(nobody_is_given_up_while_our_own_heartbeat_is_not_written),
        CONFORMS(a_worker_seen_again_is_not_buried),
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
        CONFORMS(a_backup_at_work_changes_nothing),
        CONFORMS(a_locked_table_does_not_hold_up_another),
        CONFORMS(a_locked_table_with_two_exchanges_under_way_holds_up_another_once),
        CONFORMS(outcomes_are_written_around_locked_rows),
        CONFORMS(jobs_of_forgotten_claims_are_put_back_around_locked_rows),
        CONFORMS(triggers_wait_for_no_writer),
        CONFORMS(triggers_are_repaired_beside_a_backup),
        CONFORMS(a_function_of_an_earlier_version_is_replaced_beside_a_writer),
        CONFORMS(a_trigger_of_our_name_that_is_not_ours_is_replaced_once_nobody_reads),
        CONFORMS(a_job_that_has_been_due_for_ever_is_due),
        CONFORMS(an_outcome_refused_at_commit_is_refused),
        CONFORMS(a_claim_refused_at_commit_brings_no_job),
        CONFORMS(a_column_added_or_altered_in_use_is_no_matter),
        CONFORMS(a_table_with_children_is_worked),
        CONFORMS(a_column_that_claims_follow_comes_while_one_is_under_way),
        CONFORMS(a_table_of_another_schema_with_a_long_name_works),
        CONFORMS(a_role_without_the_right_to_create_works),
        CONFORMS(what_libpq_takes_for_no_address_opens_no_store),
        CONFORMS(a_database_that_is_not_there_is_fatal),
        CONFORMS(a_host_that_does_not_answer_is_passed_over),
        CONFORMS(a_host_that_never_spoke_is_tried_last_from_then_on),
        CONFORMS(no_wake_up_is_lost_while_eight_clients_insert),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    harness_use(STORE_POSTGRES, argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
