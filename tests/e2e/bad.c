/* Jobs that do what no job should: that job fails or ends by itself, all others are unharmed, the worker goes on, and
   last_error says what happened. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { COMPANY = 200 }; /* other jobs, of a second type, that run beside it */

static void start_in_company(struct world *world, struct worker_process **worker)
{
    *worker = start_worker(world, NULL);
    insert_numbered(world, "other_jobs", COMPANY);
}

/* The worker is the same process, the company has run once each, and what comes next runs too. */
static void expect_all_others_unharmed(struct world *world, struct worker_process *worker)
{
    await(count_of(world, "other_jobs", "succeeded") == COMPANY);
    assert_int_equal(sql_number(world, "SELECT max(attempts_count) FROM other_jobs"), 1);
    sql(world, "INSERT INTO bad_jobs (deed) VALUES ('return')");
    await(sql_number(world,
                     "SELECT count(*) FROM bad_jobs WHERE deed = 'return' AND status = 'job_status_succeeded'") == 1);
    stop_worker(worker);
    assert_int_equal(traced(world, "once"), COMPANY);
}

static const char *status_of(struct world *world, const char *deed)
{
    return sql_text(world, "SELECT status FROM bad_jobs WHERE deed = '%s'", deed);
}

static const char *error_of(struct world *world, const char *deed)
{
    return sql_text(world, "SELECT last_error FROM bad_jobs WHERE deed = '%s'", deed);
}

static void expect_failure(struct world *world, const char *deed, const char *argument, const char *error)
{
    struct worker_process *worker;
    start_in_company(world, &worker);
    insert_bad(world, deed, argument);
    await(strcmp(status_of(world, deed), "job_status_failed") == 0);
    if (!strstr(error_of(world, deed), error))
        fail_msg("'%s' does not say '%s'", error_of(world, deed), error);
    expect_all_others_unharmed(world, worker);
}

static void expect_success(struct world *world, const char *deed, const char *argument)
{
    struct worker_process *worker;
    start_in_company(world, &worker);
    insert_bad(world, deed, argument);
    await(strcmp(status_of(world, deed), "job_status_succeeded") == 0);
    expect_all_others_unharmed(world, worker);
}

static void abort_fails_the_job(struct world *world)
{
    expect_failure(world, "abort", "", "killed by SIGABRT");
    assert_int_equal(sql_number(world, "SELECT count(*) FROM errand_attempts WHERE backtrace LIKE '%% abort+%%'"), 1);
    /* static, and not exported though the program is linked with -rdynamic */
    assert_int_equal(sql_number(world, "SELECT count(*) FROM errand_attempts WHERE backtrace LIKE '%% deed_abort+%%'"),
                     1);
}

static void a_segmentation_fault_fails_the_job(struct world *world)
{
    expect_failure(world, "segfault", "", "killed by SIGSEGV");
}

static void exit_with_zero_fails_the_job_since_it_did_not_return(struct world *world)
{
    expect_failure(world, "exit", "0", "exit(0)");
}

static void exit_with_three_fails_the_job(struct world *world)
{
    expect_failure(world, "exit", "3", "exit(3)");
}

static void leaving_the_process_at_once_fails_the_job(struct world *world)
{
    expect_failure(world, "_exit", "0", "exited with status 0");
}

static void a_stack_overflow_fails_the_job(struct world *world)
{
    expect_failure(world, "overflow", "", "SIGSEGV");
}

static void memory_exhausted_under_a_limit_fails_the_job(struct world *world)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)world;
    skip(); /* the sanitizer itself needs more address space than any limit that could be tested */
#else
    struct worker_process *worker = start_worker(world, "--memory-limit", "200", NULL);
    insert_numbered(world, "other_jobs", COMPANY);
    insert_bad(world, "exhaust memory", "");
    await(strcmp(status_of(world, "exhaust memory"), "job_status_failed") == 0);
    assert_non_null(strstr(error_of(world, "exhaust memory"), "memory"));
    expect_all_others_unharmed(world, worker);
#endif
}

static void closing_all_descriptors_harms_that_job_alone(struct world *world)
{
    struct worker_process *worker;
    start_in_company(world, &worker);
    insert_bad(world, "close all", "");
    await(sql_number(world, "SELECT count(*) FROM bad_jobs WHERE status IN ('job_status_succeeded', "
                            "'job_status_failed')") == 1);
    if (strcmp(status_of(world, "close all"), "job_status_failed") == 0)
        assert_non_null(strstr(error_of(world, "close all"), "closed the descriptors"));
    expect_all_others_unharmed(world, worker);
}

static void children_that_outlive_a_job_do_not_keep_it_nor_the_worker(struct world *world)
{
    expect_success(world, "leave a child", "");
    pid_t child = first_traced(world, "child").number;
    await(is_gone(child)); /* with the process group, at the latest when the worker has stopped */
}

static void blocking_all_signals_harms_no_other_job(struct world *world)
{
    expect_success(world, "block signals", "");
}

static void scribbling_over_the_shared_page_harms_that_job_alone(struct world *world)
{
    struct worker_process *worker;
    start_in_company(world, &worker);
    insert_bad(world, "scribble", "");
    await(sql_number(world, "SELECT count(*) FROM bad_jobs WHERE status IN ('job_status_succeeded', "
                            "'job_status_failed')") == 1);
    if (strcmp(status_of(world, "scribble"), "job_status_failed") == 0)
        assert_non_null(strstr(error_of(world, "scribble"), "shared with the worker"));
    expect_all_others_unharmed(world, worker);
}

static void a_gigabyte_printed_is_kept_in_bounds(struct world *world)
{
    expect_success(world, "print", "1073741824");
    int64_t kept = sql_number(world, "SELECT length(output) FROM errand_attempts WHERE table_name = 'bad_jobs'");
    assert_in_range(kept, 1, 65536);
    char path[FOLDER_MAX + 32];
    snprintf(path, sizeof(path), "%s/worker-1.log", world->folder);
    assert_int_equal(run_command("test $(stat -c %%s %s) -lt 100000000", path), 0);
}

static void a_job_that_holds_a_lock_on_its_own_row_ends_by_itself(struct world *world)
{
    struct worker_process *worker = start_worker(world, NULL);
    insert_bad(world, "lock own row", "open");
    await(traced(world, "start") == 1);
    if (world->kind == STORE_POSTGRES) { /* SQLite has one lock for all: the others come when it is free */
        insert_numbered(world, "other_jobs", COMPANY);
        await(count_of(world, "other_jobs", "succeeded") == COMPANY);
        assert_string_equal(status_of(world, "lock own row"), "job_status_running");
    }
    open_gate(world, "open");
    await(strcmp(status_of(world, "lock own row"), "job_status_succeeded") == 0);
    if (world->kind == STORE_SQLITE)
        insert_numbered(world, "other_jobs", COMPANY);
    expect_all_others_unharmed(world, worker);
}

static void a_job_killed_with_a_lock_on_its_own_row_fails(struct world *world)
{
    expect_failure(world, "lock own row and die", "", "killed by SIGKILL");
    assert_string_equal(sql_text(world, "SELECT argument FROM bad_jobs WHERE deed = 'lock own row and die'"), "");
}

static void a_job_that_kills_itself_fails(struct world *world)
{
    expect_failure(world, "kill itself", "", "killed by SIGKILL");
}

/* A statement that works for long and then writes, of which the server does not ask what its client has become. */
static const char long_statement[] =
    "WITH slept AS (SELECT pg_sleep(30)) INSERT INTO other_jobs (number) SELECT 1 FROM slept";

static int64_t long_statements(struct world *world)
{
    return sql_number(world, "SELECT count(*) FROM pg_stat_activity WHERE query = '%s' AND state = 'active'",
                      long_statement);
}

static void the_statement_of_a_killed_job_has_ended_when_its_outcome_is_written(struct world *world)
{
    struct worker_process *worker = start_worker(world, NULL);
    insert_bad(world, "sql", long_statement);
    await(long_statements(world) == 1);
    kill(first_traced(world, "start").pid, SIGKILL);
    await(strcmp(status_of(world, "sql"), "job_status_failed") == 0);
    assert_int_equal(long_statements(world), 0);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM other_jobs"), 0);
    stop_worker(worker);
}

static void the_statement_of_a_killed_workers_job_is_undone(struct world *world)
{
    if (sql_number(world, "SELECT current_setting('server_version_num')") < 140000)
        return;
    struct worker_process *worker = start_worker(world, NULL);
    insert_bad(world, "sql", long_statement);
    await(long_statements(world) == 1);
    signal_worker(worker, SIGKILL);
    await_end(worker);
    await(long_statements(world) == 0);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM other_jobs"), 0);
}

static void a_job_that_terminates_the_worker_drains_it(struct world *world)
{
    struct worker_process *worker = start_worker(world, NULL);
    insert_bad(world, "terminate worker", "");
    assert_int_equal(await_end(worker), 0);
    assert_string_equal(status_of(world, "terminate worker"), "job_status_succeeded");
}

static void a_job_that_kills_the_worker_is_recovered_by_another(struct world *world)
{
    struct worker_process *first = start_worker(world, NULL);
    insert_bad(world, "kill worker", "");
    assert_int_equal(await_end(first), 128 + SIGKILL);
    await(is_gone(first_traced(world, "start").pid));
    struct worker_process *second = start_worker(world, NULL);
    await(strcmp(status_of(world, "kill worker"), "job_status_succeeded") == 0);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM bad_jobs"), 2);
    stop_worker(second);
}

static void bad_jobs_of_all_kinds_at_once_harm_no_other(struct world *world)
{
    static const char *const deeds[] = { "abort",     "segfault", "exit",        "_exit",        "overflow",
                                         "close all", "scribble", "kill itself", "leave a child" };
    struct worker_process *worker;
    start_in_company(world, &worker);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
            insert_bad(world, deeds[i], "0");
    await(sql_number(world, "SELECT count(*) FROM bad_jobs WHERE status NOT IN ('job_status_succeeded', "
                            "'job_status_failed')") == 0);
    assert_int_equal(sql_number(world, "SELECT max(attempts_count) FROM bad_jobs"), 1);
    expect_all_others_unharmed(world, worker);
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = {
        E2E(abort_fails_the_job),
        E2E(a_segmentation_fault_fails_the_job),
        E2E(exit_with_zero_fails_the_job_since_it_did_not_return),
        E2E(exit_with_three_fails_the_job),
        E2E(leaving_the_process_at_once_fails_the_job),
        E2E(a_stack_overflow_fails_the_job),
        E2E(memory_exhausted_under_a_limit_fails_the_job),
        E2E(closing_all_descriptors_harms_that_job_alone),
        E2E(children_that_outlive_a_job_do_not_keep_it_nor_the_worker),
        E2E(blocking_all_signals_harms_no_other_job),
        E2E(scribbling_over_the_shared_page_harms_that_job_alone),
        E2E(a_gigabyte_printed_is_kept_in_bounds),
        E2E(a_job_that_holds_a_lock_on_its_own_row_ends_by_itself),
        E2E(a_job_killed_with_a_lock_on_its_own_row_fails),
        E2E(a_job_that_kills_itself_fails),
        E2E_ONLY(STORE_POSTGRES, the_statement_of_a_killed_job_has_ended_when_its_outcome_is_written),
        E2E_ONLY(STORE_POSTGRES, the_statement_of_a_killed_workers_job_is_undone),
        E2E(a_job_that_terminates_the_worker_drains_it),
        E2E(a_job_that_kills_the_worker_is_recovered_by_another),
        E2E(bad_jobs_of_all_kinds_at_once_harm_no_other),
    };
    return e2e_main(argc, argv, "bad", tests, sizeof(tests) / sizeof(*tests));
}
