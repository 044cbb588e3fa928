/* A database that refuses something: one table's claims, outcomes, or the table itself is gone. */
#include "harness.h"

#include "store/store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Refuses every update that makes a job's status so. */
static void refuse_status(struct world *world, const char *table, const char *status)
{
    if (world->kind == STORE_SQLITE)
        sql(world,
            "CREATE TRIGGER refuse BEFORE UPDATE ON %s WHEN NEW.status = 'job_status_%s' "
            "BEGIN SELECT RAISE(ABORT, 'not today'); END",
            table, status);
    else
        sql(world,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'not today'; END $$;"
            "CREATE TRIGGER refuse BEFORE UPDATE ON %s FOR EACH ROW WHEN (NEW.status = 'job_status_%s') "
            "EXECUTE FUNCTION refuse()",
            table, status);
}

static void accept_again(struct world *world, const char *table)
{
    if (world->kind == STORE_SQLITE)
        sql(world, "DROP TRIGGER refuse");
    else
        sql(world, "DROP TRIGGER refuse ON %s", table);
}

static void outcomes_are_written_while_claims_are_refused(struct world *world)
{
    struct worker_process *worker = start_worker_at_gate(world, NULL);
    refuse_status(world, "traced_jobs", "running");
    insert_numbered(world, "traced_jobs", 1);
    await(log_has(worker, "refuses the claim of a job, it is passed over: "));
    open_gate(world, "open");
    await(count_of(world, "traced_jobs", "succeeded") == 1);
    assert_int_equal(count_of(world, "traced_jobs", "not_started"), 1);
    stop_worker(worker);
}

static void outcomes_are_written_though_the_table_lacks_a_column(struct world *world)
{
    struct worker_process *worker = start_worker_at_gate(world, NULL);
    sql(world, "ALTER TABLE traced_jobs DROP COLUMN number");
    sql(world, "INSERT INTO traced_jobs DEFAULT VALUES");
    await(log_has(worker, "column number"));
    open_gate(world, "open");
    await(count_of(world, "traced_jobs", "succeeded") == 1);
    assert_int_equal(count_of(world, "traced_jobs", "not_started"), 1);
    stop_worker(worker);
}

static void drain_ends_with_1_where_claims_are_refused(struct world *world)
{
    refuse_status(world, "other_jobs", "running");
    insert_numbered(world, "other_jobs", 3);
    insert_numbered(world, "traced_jobs", 3);
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 1);
    assert_int_equal(log_count(worker, "refuses the claim of a job, it is passed over: "), 3);
    assert_int_equal(count_of(world, "traced_jobs", "succeeded"), 3);
    assert_int_equal(count_of(world, "other_jobs", "not_started"), 3);
}

/* Refuses that the jobs with these numbers are claimed. */
static void refuse_claims_of(struct world *world, const char *table, const char *numbers)
{
    if (world->kind == STORE_SQLITE)
        sql(world,
            "CREATE TRIGGER refuse BEFORE UPDATE ON %s WHEN NEW.status = 'job_status_running' AND NEW.number IN (%s) "
            "BEGIN SELECT RAISE(ABORT, 'not today'); END",
            table, numbers);
    else
        sql(world, "ALTER TABLE %s ADD CHECK (status <> 'job_status_running' OR number NOT IN (%s))", table, numbers);
}

static void a_job_whose_claim_is_refused_is_passed_over(struct world *world)
{
    refuse_claims_of(world, "other_jobs", "1, 2, 150, 299");
    insert_numbered(world, "other_jobs", 300);
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 1);
    assert_int_equal(count_of(world, "other_jobs", "succeeded"), 296);
    assert_int_equal(log_count(worker, "refuses the claim of a job"), 4);
}

static void a_job_that_was_passed_over_is_tried_again_in_a_minute(struct world *world)
{
    refuse_claims_of(world, "ordered_jobs", "1, 2");
    insert_numbered(world, "ordered_jobs", 4);
    struct worker_process *worker = start_worker(world, NULL);
    await(count_of(world, "ordered_jobs", "succeeded") == 2);
    await(log_count(worker, "refuses the claim of a job") == 2);
    if (world->kind == STORE_SQLITE)
        accept_again(world, "ordered_jobs");
    else
        sql(world, "ALTER TABLE ordered_jobs DROP CONSTRAINT ordered_jobs_check");
    await_for(90, count_of(world, "ordered_jobs", "succeeded") == 4);
    stop_worker(worker);
}

static void behind_100_jobs_that_cannot_be_claimed_no_more_are(struct world *world)
{
    refuse_status(world, "other_jobs", "running");
    insert_numbered(world, "other_jobs", STORE_PASSED_OVER_MAX + 1);
    insert_numbered(world, "traced_jobs", 3);
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 1);
    assert_int_equal(log_count(worker, "refuses the claim of a job"), STORE_PASSED_OVER_MAX);
    assert_int_equal(log_count(worker, "no jobs can be claimed"), 1);
    assert_int_equal(count_of(world, "traced_jobs", "succeeded"), 3);
}

/* What is wrong is not for one job: no other is tried. */
static void claims_by_a_broken_trigger_are_refused_as_a_whole(struct world *world)
{
    sql(world, "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN no_such_column; END $$;"
               "CREATE TRIGGER broken BEFORE UPDATE ON other_jobs FOR EACH ROW EXECUTE FUNCTION broken()");
    insert_numbered(world, "other_jobs", 3);
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 1);
    assert_true(log_has(worker, "no jobs can be claimed: "));
    assert_false(log_has(worker, "refuses the claim of a job"));
}

static void the_outcome_for_a_table_that_was_dropped_is_dropped(struct world *world)
{
    struct worker_process *worker = start_worker_at_gate(world, "--drain");
    insert_numbered(world, "other_jobs", 3);
    sql(world, "DROP TABLE traced_jobs");
    open_gate(world, "open");
    assert_int_equal(await_end(worker), 1);
    assert_true(log_has(worker, "1 outcomes dropped: their table traced_jobs is gone"));
    assert_int_equal(count_of(world, "other_jobs", "succeeded"), 3);
}

static void the_outcome_for_a_table_that_is_away_for_a_moment_is_kept(struct world *world)
{
    struct worker_process *worker = start_worker_at_gate(world, NULL);
    sql(world, "ALTER TABLE traced_jobs RENAME TO away");
    open_gate(world, "open");
    await(log_has(worker, "refuses the outcome of a job"));
    await(log_has(worker, "there is no table traced_jobs"));
    sql(world, "ALTER TABLE away RENAME TO traced_jobs");
    await(count_of(world, "traced_jobs", "succeeded") == 1);
    assert_int_equal(traced(world, "start"), 1);
    stop_worker(worker);
}

static void a_worker_told_to_stop_does_not_wait_for_a_dropped_table(struct world *world)
{
    struct worker_process *worker = start_worker_at_gate(world, NULL);
    sql(world, "DROP TABLE traced_jobs");
    signal_worker(worker, SIGTERM);
    open_gate(world, "open");
    assert_int_equal(await_end(worker), 0);
    assert_true(log_has(worker, "1 outcomes dropped"));
}

static void behind_1000_refused_outcomes_no_more_jobs_are_claimed(struct world *world)
{
    enum { MOST = 1000, JOBS = 6000 };
    refuse_status(world, "other_jobs", "succeeded");
    insert_numbered(world, "other_jobs", JOBS);
    insert_numbered(world, "traced_jobs", 10);
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 1);
    assert_int_equal(log_count(worker, "1000 outcomes of other_jobs are refused"), 1);
    assert_int_equal(count_of(world, "traced_jobs", "succeeded"), 10);
    assert_true(count_of(world, "other_jobs", "running") >= MOST);
    assert_true(count_of(world, "other_jobs", "not_started") > 0);
}

static void refused_outcomes_are_tried_once_more_at_the_end(struct world *world)
{
    struct worker_process *worker = start_worker_at_gate(world, NULL);
    refuse_status(world, "traced_jobs", "succeeded");
    open_gate(world, "open");
    await(log_has(worker, "the database refuses the outcome"));
    accept_again(world, "traced_jobs");
    stop_worker(worker);
    assert_int_equal(count_of(world, "traced_jobs", "succeeded"), 1);
}

static void what_stays_refused_at_the_end_is_taken_over(struct world *world)
{
    refuse_status(world, "other_jobs", "succeeded");
    insert_numbered(world, "other_jobs", 3);
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 1);
    assert_true(log_has(worker, "stopping with 3 outcomes that the database refuses"));
    accept_again(world, "other_jobs");
    struct worker_process *second = start_worker(world, NULL);
    await(count_of(world, "other_jobs", "succeeded") == 3);
    stop_worker(second);
}

/* Whom they tell is another version's affair. */
static void a_role_that_may_not_replace_triggers_of_another_version_looks_by_itself(struct world *world)
{
    struct worker_process *first = start_worker(world, NULL);
    await(sql_number(world, "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'other_jobs'::regclass") == 2);
    stop_worker(first);
    sql(world, "CREATE OR REPLACE FUNCTION notify_job_queued_other_jobs() RETURNS trigger LANGUAGE plpgsql AS "
               "$$ BEGIN /* errand 0 */ IF false THEN PERFORM pg_notify('job_available_other_jobs', ''); END IF; "
               "RETURN NULL; END $$");
    sql(world, "DROP ROLE IF EXISTS modest; CREATE ROLE modest LOGIN; GRANT SELECT, UPDATE ON other_jobs TO modest");
    char owner[sizeof(world->url)];
    strcpy(owner, world->url);
    assert_true(snprintf(world->url, sizeof(world->url), "postgresql://modest%s", strchr(owner, '@')) > 0);
    struct worker_process *worker = start_worker(world, "--only", "other_jobs", NULL);
    strcpy(world->url, owner);
    await(log_has(worker, "the triggers of other_jobs are of another version of Errand"));
    for (int i = 1; i <= 3; i++) {
        insert_numbered(world, "other_jobs", 1);
        await(count_of(world, "other_jobs", "succeeded") == i); /* sooner than the poll */
    }
    stop_worker(worker);
    sql(world, "DROP OWNED BY modest; DROP ROLE modest");
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = {
        E2E(outcomes_are_written_while_claims_are_refused),
        E2E(outcomes_are_written_though_the_table_lacks_a_column),
        E2E(drain_ends_with_1_where_claims_are_refused),
        E2E(a_job_whose_claim_is_refused_is_passed_over),
        E2E(a_job_that_was_passed_over_is_tried_again_in_a_minute),
        E2E(behind_100_jobs_that_cannot_be_claimed_no_more_are),
        E2E_ONLY(STORE_POSTGRES, claims_by_a_broken_trigger_are_refused_as_a_whole),
        E2E(the_outcome_for_a_table_that_was_dropped_is_dropped),
        E2E(the_outcome_for_a_table_that_is_away_for_a_moment_is_kept),
        E2E(a_worker_told_to_stop_does_not_wait_for_a_dropped_table),
        E2E(behind_1000_refused_outcomes_no_more_jobs_are_claimed),
        E2E(refused_outcomes_are_tried_once_more_at_the_end),
        E2E(what_stays_refused_at_the_end_is_taken_over),
        E2E_ONLY(STORE_POSTGRES, a_role_that_may_not_replace_triggers_of_another_version_looks_by_itself),
    };
    return e2e_main(argc, argv, "refused", tests, sizeof(tests) / sizeof(*tests));
}
