/* What the guide promises of jobs: attempts, timeouts, concurrency, schedules. */
#include "harness.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *const seconds_until_run[] = {
    [STORE_SQLITE] = "CAST(round((julianday(run_at) - julianday(updated_at)) * 86400) AS INTEGER)",
    [STORE_POSTGRES] = "round(extract(epoch FROM run_at - updated_at))::int",
};

static void make_due(struct world *world, const char *table)
{
    sql(world, "UPDATE %s SET run_at = %s WHERE status = 'job_status_retry'", table, sql_now(world, -1));
}

static void a_failing_job_has_ten_attempts_thirty_seconds_apart(struct world *world)
{
    sql(world, "INSERT INTO default_jobs DEFAULT VALUES");
    start_worker(world, NULL);
    for (int attempt = 1; attempt < 10; attempt++) {
        await(sql_number(world, "SELECT attempts_count FROM default_jobs WHERE status = 'job_status_retry'") ==
              attempt);
        assert_int_equal(sql_number(world, "SELECT %s FROM default_jobs", seconds_until_run[world->kind]), 30);
        make_due(world, "default_jobs");
    }
    await(count_of(world, "default_jobs", "failed") == 1);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM default_jobs"), 10);
    assert_string_equal(sql_text(world, "SELECT last_error FROM default_jobs"), "attempt 10 was in vain");
    assert_string_equal(sql_text(world, "SELECT locked_by FROM default_jobs"), "");
}

static void with_three_attempts_a_job_runs_three_times_and_has_failed(struct world *world)
{
    start_worker(world, NULL);
    sql(world, "INSERT INTO three_jobs DEFAULT VALUES");
    await(count_of(world, "three_jobs", "failed") == 1);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM three_jobs"), 3);
    assert_string_equal(sql_text(world, "SELECT last_error FROM three_jobs"), "attempt 3 was in vain");
    assert_int_equal(sql_number(world, "SELECT count(*) FROM errand_attempts WHERE table_name = 'three_jobs'"), 3);
}

static void with_no_attempts_a_job_runs_once(struct world *world)
{
    start_worker(world, NULL);
    sql(world, "INSERT INTO single_jobs DEFAULT VALUES");
    await(count_of(world, "single_jobs", "failed") == 1);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM single_jobs"), 1);
    assert_string_equal(sql_text(world, "SELECT last_error FROM single_jobs"), "attempt 1 was in vain");
}

static void a_job_that_fails_twice_succeeds_at_last(struct world *world)
{
    start_worker(world, NULL);
    sql(world, "INSERT INTO flaky_jobs DEFAULT VALUES");
    await(count_of(world, "flaky_jobs", "succeeded") == 1);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM flaky_jobs"), 3);
}

static void a_job_over_its_timeout_is_killed_and_retried_even_if_deaf_to_sigterm(struct world *world)
{
    sql(world, "INSERT INTO endless_jobs DEFAULT VALUES");
    start_worker(world, NULL);
    await(count_of(world, "endless_jobs", "retry") == 1);
    assert_string_equal(sql_text(world, "SELECT last_error FROM endless_jobs"), "Timeout reached");
    assert_true(is_gone(first_traced(world, "start").pid));
    make_due(world, "endless_jobs");
    await(count_of(world, "endless_jobs", "timed_out") == 1);
    assert_string_equal(sql_text(world, "SELECT last_error FROM endless_jobs"), "Timeout reached");
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM endless_jobs"), 2);
    struct trace trace = read_trace(world);
    assert_int_equal(trace.count, 2);
    assert_int_not_equal(trace.events[0].pid, trace.events[1].pid);
    assert_true(is_gone(trace.events[1].pid));
    free_trace(&trace);
}

static void sixteen_jobs_run_at_once_and_never_seventeen(struct world *world)
{
    insert_numbered(world, "traced_jobs", 60);
    sql(world, "UPDATE traced_jobs SET gate = 'open' WHERE number <= 40");
    start_worker(world, NULL);
    await(traced(world, "start") >= 16);
    insert_numbered(world, "other_jobs", 1); /* the worker goes on meanwhile */
    await(count_of(world, "other_jobs", "succeeded") == 1);
    assert_int_equal(most_at_once(world), 16);
    open_gate(world, "open");
    await(count_of(world, "traced_jobs", "succeeded") == 60);
    assert_int_equal(most_at_once(world), 16);
    assert_int_equal(traced(world, "end"), 60);
}

static void ten_thousand_rows_of_one_statement_run_in_their_order(struct world *world)
{
    start_worker(world, NULL);
    insert_numbered(world, "ordered_jobs", 10000);
    await_for(120, count_of(world, "ordered_jobs", "succeeded") == 10000);
    struct trace trace = read_trace(world);
    assert_int_equal(trace.count, 20000);
    for (size_t i = 0; i < trace.count; i++) {
        assert_string_equal(trace.events[i].event, i % 2 ? "end" : "start");
        assert_int_equal(trace.events[i].number, i / 2 + 1);
    }
    free_trace(&trace);
}

static void an_insert_typed_into_the_database_program_starts_the_job(struct world *world)
{
    static const char statement[] = "INSERT INTO single_jobs DEFAULT VALUES";
    start_worker(world, NULL);
    insert_numbered(world, "other_jobs", 1);
    await(count_of(world, "other_jobs", "succeeded") == 1);
    int code = world->kind == STORE_SQLITE ? run_command("sqlite3 %s/app.db '%s'", world->folder, statement)
                                           : run_command("psql -q -X -d '%s' -c '%s'", world->url, statement);
    assert_int_equal(code, 0);
    await(count_of(world, "single_jobs", "failed") == 1);
}

static void a_table_of_nine_columns_is_worked_as_it_is(struct world *world)
{
    sql(world, "INSERT INTO plain_jobs DEFAULT VALUES");
    struct worker_process *worker = start_worker(world, NULL);
    await(count_of(world, "plain_jobs", "succeeded") == 1);
    sql(world, "INSERT INTO plain_jobs DEFAULT VALUES");
    await(count_of(world, "plain_jobs", "succeeded") == 2);
    assert_int_equal(log_count(worker, "CREATE INDEX"), 1); /* the one warning, with the statement */
}

/* The triggers and the function as the other framework makes them. */
static const char framework_triggers[] =
    "CREATE OR REPLACE FUNCTION notify_job_queued_plain_jobs() RETURNS TRIGGER AS $$ BEGIN"
    "    PERFORM pg_notify('job_available_plain_jobs', ''); RETURN new; END; $$ LANGUAGE plpgsql;"
    "CREATE TRIGGER did_insert_job_plain_jobs AFTER INSERT ON plain_jobs FOR EACH ROW"
    "    WHEN (NEW.status = 'job_status_not_started' OR NEW.status = 'job_status_retry')"
    "    EXECUTE PROCEDURE notify_job_queued_plain_jobs();"
    "CREATE TRIGGER did_update_job_plain_jobs AFTER UPDATE ON plain_jobs FOR EACH ROW"
    "    WHEN (NEW.status = 'job_status_not_started' OR NEW.status = 'job_status_retry')"
    "    EXECUTE PROCEDURE notify_job_queued_plain_jobs();";

static void a_table_with_the_triggers_of_the_other_framework_is_worked_as_it_is(struct world *world)
{
    sql(world, "%s", framework_triggers);
    start_worker(world, NULL);
    for (int i = 1; i <= 3; i++) {
        sql(world, "INSERT INTO plain_jobs DEFAULT VALUES");
        await(count_of(world, "plain_jobs", "succeeded") == i);
    }
    sql(world, "UPDATE plain_jobs SET status = 'job_status_retry'");
    await(count_of(world, "plain_jobs", "succeeded") == 3 && traced(world, "once") == 6);
}

static void a_snoozed_job_runs_later_without_an_attempt_spent(struct world *world)
{
    start_worker(world, NULL);
    sql(world, "INSERT INTO snoozing_jobs DEFAULT VALUES");
    await(count_of(world, "snoozing_jobs", "succeeded") == 1);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM snoozing_jobs"), 1);
    assert_int_equal(traced(world, "start"), 2);
}

static void a_discarded_job_has_failed_at_once(struct world *world)
{
    start_worker(world, NULL);
    sql(world, "INSERT INTO discarding_jobs DEFAULT VALUES");
    await(count_of(world, "discarding_jobs", "failed") == 1);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM discarding_jobs"), 1);
    assert_string_equal(sql_text(world, "SELECT last_error FROM discarding_jobs"), "there is no such customer");
}

static void exponential_backoff_doubles_with_each_attempt(struct world *world)
{
    start_worker(world, NULL);
    sql(world, "INSERT INTO exponential_jobs DEFAULT VALUES");
    for (int attempt = 1; attempt <= 3; attempt++) {
        await(sql_number(world, "SELECT attempts_count FROM exponential_jobs WHERE status = 'job_status_retry'") ==
              attempt);
        assert_int_equal(sql_number(world, "SELECT %s FROM exponential_jobs", seconds_until_run[world->kind]),
                         100 << attempt);
        make_due(world, "exponential_jobs");
    }
}

static void a_scheduled_job_starts_when_it_is_due(struct world *world)
{
    start_worker(world, NULL);
    sql(world, "INSERT INTO other_jobs (number, run_at) VALUES (1, %s)", sql_now(world, 3600));
    sql(world, "INSERT INTO other_jobs (number, run_at) VALUES (2, %s)", sql_now(world, 2));
    await(count_of(world, "other_jobs", "succeeded") == 1); /* by the timer: the poll is further away */
    assert_int_equal(sql_number(world, "SELECT number FROM other_jobs WHERE status = 'job_status_succeeded'"), 2);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM other_jobs WHERE locked_at < run_at"), 0);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM other_jobs WHERE number = 1"), 0);
    sql(world, "UPDATE other_jobs SET run_at = %s WHERE number = 1", sql_now(world, 0));
    await(count_of(world, "other_jobs", "succeeded") == 2);
}

static void a_transaction_left_open_is_rolled_back_and_fails_the_job(struct world *world)
{
    start_worker(world, NULL);
    sql(world, "INSERT INTO open_transaction_jobs DEFAULT VALUES");
    await(count_of(world, "open_transaction_jobs", "failed") == 1);
    assert_non_null(strstr(sql_text(world, "SELECT last_error FROM open_transaction_jobs"), "transaction"));
    assert_int_equal(sql_number(world, "SELECT count(*) FROM other_jobs"), 0);
}

static void finished_jobs_set_to_retry_run_again(struct world *world)
{
    start_worker(world, NULL);
    insert_numbered(world, "other_jobs", 20);
    await(count_of(world, "other_jobs", "succeeded") == 20);
    sql(world, "UPDATE other_jobs SET status = 'job_status_retry', run_at = %s", sql_now(world, 0));
    await(traced(world, "once") == 40 && count_of(world, "other_jobs", "succeeded") == 20);
    assert_int_equal(sql_number(world, "SELECT min(attempts_count) FROM other_jobs"), 2);
}

static void a_table_without_a_job_is_reported_once_and_stays_queued(struct world *world)
{
    sql(world, "INSERT INTO orphan_jobs DEFAULT VALUES");
    insert_numbered(world, "other_jobs", 1);
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(log_count(worker, "orphan_jobs has no JOB(OrphanJob, "), 1);
    assert_int_equal(count_of(world, "orphan_jobs", "not_started"), 1);
    assert_int_equal(count_of(world, "other_jobs", "succeeded"), 1);
}

static void a_job_without_perform_is_named_at_the_start_and_stays_queued(struct world *world)
{
    sql(world, "INSERT INTO hollow_jobs DEFAULT VALUES");
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_true(log_has(worker, "hollow_jobs: JOB(HollowJob, ...) names no .perform: its jobs stay queued"));
    assert_int_equal(count_of(world, "hollow_jobs", "not_started"), 1);
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = {
        E2E(a_job_without_perform_is_named_at_the_start_and_stays_queued),
        E2E(a_failing_job_has_ten_attempts_thirty_seconds_apart),
        E2E(with_three_attempts_a_job_runs_three_times_and_has_failed),
        E2E(with_no_attempts_a_job_runs_once),
        E2E(a_job_that_fails_twice_succeeds_at_last),
        E2E(a_job_over_its_timeout_is_killed_and_retried_even_if_deaf_to_sigterm),
        E2E(sixteen_jobs_run_at_once_and_never_seventeen),
        E2E(ten_thousand_rows_of_one_statement_run_in_their_order),
        E2E(an_insert_typed_into_the_database_program_starts_the_job),
        E2E(a_table_of_nine_columns_is_worked_as_it_is),
        E2E_ONLY(STORE_POSTGRES, a_table_with_the_triggers_of_the_other_framework_is_worked_as_it_is),
        E2E(a_snoozed_job_runs_later_without_an_attempt_spent),
        E2E(a_discarded_job_has_failed_at_once),
        E2E(exponential_backoff_doubles_with_each_attempt),
        E2E(a_scheduled_job_starts_when_it_is_due),
        E2E(a_transaction_left_open_is_rolled_back_and_fails_the_job),
        E2E(finished_jobs_set_to_retry_run_again),
        E2E(a_table_without_a_job_is_reported_once_and_stays_queued),
    };
    return e2e_main(argc, argv, "guide", tests, sizeof(tests) / sizeof(*tests));
}
