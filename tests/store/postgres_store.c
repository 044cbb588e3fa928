/* The store on PostgreSQL: locks, refusals at commit, tables that change, names, rights. */
#include "conformance.h"

#include <unistd.h>

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
    got = send_outcomes(fixture->worker, fixture->worker->jobs, &outcomes[3], 1);
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

/* ---- Tables that change, names, rights ---- */

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

static void a_job_that_has_been_due_for_ever_is_due(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "INSERT INTO fixture_jobs (run_at) VALUES ('-infinity')");
    assert_int_equal(next_due(fixture->worker), 0);
    assert_int_equal(claim_one(fixture->worker).late_us, 0);
    sql(fixture, "INSERT INTO fixture_jobs (run_at) VALUES ('infinity')");
    assert_int_equal(next_due(fixture->worker), -1);
}

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
    struct exchanged got = send_outcomes(worker, worker->jobs, &outcome, 1);
    assert_int_equal(got.base.fault, STORE_OK);
    exchanged_release(&got);
    assert_int_equal(heartbeat(worker).fault, STORE_OK);
    assert_int_equal(recover(worker, NULL, 0).base.fault, STORE_OK);
    worker_free(worker);
    store_url_release(&fixture->url);
    fixture->url = own;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CONFORMS(a_backup_at_work_changes_nothing),
        CONFORMS(a_locked_table_does_not_hold_up_another),
        CONFORMS(a_locked_table_with_two_exchanges_under_way_holds_up_another_once),
        CONFORMS(outcomes_are_written_around_locked_rows),
        CONFORMS(jobs_of_forgotten_claims_are_put_back_around_locked_rows),
        CONFORMS(an_outcome_refused_at_commit_is_refused),
        CONFORMS(a_claim_refused_at_commit_brings_no_job),
        CONFORMS(a_job_that_has_been_due_for_ever_is_due),
        CONFORMS(a_column_added_or_altered_in_use_is_no_matter),
        CONFORMS(a_table_with_children_is_worked),
        CONFORMS(a_column_that_claims_follow_comes_while_one_is_under_way),
        CONFORMS(a_table_of_another_schema_with_a_long_name_works),
        CONFORMS(a_role_without_the_right_to_create_works),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    harness_use(STORE_POSTGRES, argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
