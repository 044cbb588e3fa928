/* Who gets a runner, and for how long; and what a worker leaves behind that cannot finish. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_type_gets_a_runner_though_another_could_use_them_all(struct world *world)
{
    insert_numbered(world, "traced_jobs", 2000);
    sql(world, "UPDATE traced_jobs SET microseconds = 50000");
    struct worker_process *worker = start_worker(world, "--max-runners", "2", NULL);
    await(traced(world, "end") > 2);
    insert_numbered(world, "other_jobs", 3);
    await(count_of(world, "other_jobs", "succeeded") == 3);
    assert_true(count_of(world, "traced_jobs", "not_started") > 0);
    stop_worker(worker);
}

static void types_take_turns_with_a_single_runner(struct world *world)
{
    insert_numbered(world, "traced_jobs", 1000);
    sql(world, "UPDATE traced_jobs SET microseconds = 50000");
    struct worker_process *worker = start_worker(world, "--max-runners", "1", NULL);
    await(traced(world, "end") > 2);
    insert_numbered(world, "other_jobs", 3);
    insert_numbered(world, "ordered_jobs", 3);
    await(count_of(world, "other_jobs", "succeeded") == 3 && count_of(world, "ordered_jobs", "succeeded") == 3);
    assert_true(count_of(world, "traced_jobs", "not_started") > 0);
    stop_worker(worker);
    assert_int_equal(most_at_once(world), 1);
}

/* Jobs of the runner that has run most of them. */
static int most_of_a_runner(const struct world *world)
{
    struct trace trace = read_trace(world);
    int most = 0;
    for (size_t i = 0; i < trace.count; i++) {
        int count = 0;
        for (size_t j = i; j < trace.count; j++)
            count += trace.events[j].pid == trace.events[i].pid;
        most = count > most ? count : most;
    }
    free_trace(&trace);
    return most;
}

static void a_worn_runner_is_replaced_while_more_work_waits(struct world *world)
{
    insert_numbered(world, "ordered_jobs", 10);
    insert_numbered(world, "other_jobs", 5000);
    struct worker_process *worker = start_worker(world, "--max-jobs-per-runner", "20", NULL);
    await(count_of(world, "other_jobs", "succeeded") == 5000);
    assert_true(most_of_a_runner(world) <= 20 + 512); /* those of its last message, sent before it was worn */
    stop_worker(worker);
}

/* Stopped, it begins nothing, and no timeout meets what it was given. */
static void a_runner_that_stands_still_is_replaced(struct world *world, const char *table, int count)
{
    struct worker_process *worker = start_worker(world, NULL);
    insert_numbered(world, table, 1);
    await(count_of(world, table, "succeeded") == 1);
    pid_t still = first_traced(world, "end").pid;
    assert_int_equal(kill(still, SIGSTOP), 0);
    insert_numbered(world, table, count);
    await(count_of(world, table, "succeeded") == count + 1);
    await(is_gone(still));
    assert_int_equal(traced(world, "start"), count + 1);
    assert_true(log_has(worker, "stands still: it is replaced"));
    stop_worker(worker);
}

static void a_runner_that_stands_still_is_replaced_and_its_job_runs_elsewhere(struct world *world)
{
    a_runner_that_stands_still_is_replaced(world, "ordered_jobs", 1);
}

static void a_runner_that_stands_still_with_many_jobs_is_replaced_too(struct world *world)
{
    a_runner_that_stands_still_is_replaced(world, "ordered_jobs", 20);
}

static void drain_runs_the_jobs_that_jobs_make_too(struct world *world)
{
    insert_bad(world, "make a job", "");
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(count_of(world, "other_jobs", "succeeded"), 1);
}

/* A job that waits at the gate, and whose worker is no more. */
static void leave_one_running(struct world *world)
{
    insert_held(world, 1, "open");
    struct worker_process *worker = start_worker(world, NULL);
    await(traced(world, "start") == 1);
    signal_worker(worker, SIGKILL);
    assert_int_equal(await_end(worker), 128 + SIGKILL);
    assert_int_equal(count_of(world, "traced_jobs", "running"), 1);
    open_gate(world, "open");
}

static void drain_runs_the_jobs_of_a_killed_worker_too(struct world *world)
{
    leave_one_running(world);
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(count_of(world, "traced_jobs", "succeeded"), 1);
    assert_int_equal(sql_number(world, "SELECT attempts_count FROM traced_jobs"), 2);
    assert_false(log_has(worker, "left to other workers"));
}

/* Of a worker of another machine nothing is known but that its lease is free. */
static void drain_waits_until_it_is_known_whether_a_worker_elsewhere_is_dead(struct world *world)
{
    leave_one_running(world);
    sql(world, "UPDATE errand_workers SET boot_id = '0c6cfc1e-3a0d-4a55-9f2b-2f0e3d1c5b6a'");
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(count_of(world, "traced_jobs", "succeeded"), 1);
}

static void drain_does_not_wait_for_jobs_of_living_workers_and_says_how_many(struct world *world)
{
    insert_held(world, 2, "open");
    struct worker_process *first = start_worker(world, NULL);
    await(traced(world, "start") == 2);
    struct worker_process *second = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(second), 0);
    assert_true(log_has(second, "left to other workers: 2"));
    assert_int_equal(count_of(world, "traced_jobs", "running"), 2);
    open_gate(world, "open");
    await(count_of(world, "traced_jobs", "succeeded") == 2);
    assert_int_equal(traced(world, "start"), 2);
    stop_worker(first);
}

static void drain_does_not_wait_for_ever_for_a_dead_workers_locked_row(struct world *world)
{
    leave_one_running(world);
    struct connection *locker = open_session(world);
    session_sql(locker, "BEGIN; SELECT FROM traced_jobs FOR UPDATE");
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_true(log_has(worker, "left to other workers: 1"));
    session_sql(locker, "COMMIT");
    connection_close(locker);
}

static void drain_ends_with_1_where_a_job_table_is_missing(struct world *world)
{
    insert_numbered(world, "other_jobs", 3);
    sql(world, "DROP TABLE traced_jobs");
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 1);
    assert_true(log_has(worker, "traced_jobs"));
    assert_int_equal(count_of(world, "other_jobs", "succeeded"), 3);
}

static void runners_are_of_the_image_that_runs_though_its_file_was_replaced(struct world *world)
{
    char path[FOLDER_MAX + 16], *built = strdup(getenv("E2E_RUNJOBS"));
    snprintf(path, sizeof(path), "%s/RunJobs", world->folder);
    assert_int_equal(run_command("cp '%s' '%s'", built, path), 0);
    setenv("E2E_RUNJOBS", path, 1);
    struct worker_process *worker = start_worker(world, NULL);
    setenv("E2E_RUNJOBS", built, 1);
    free(built);
    assert_int_equal(run_command("cp /bin/false '%s.new' && mv '%s.new' '%s'", path, path, path), 0);
    insert_bad(world, "kill itself", ""); /* takes along the runner that was started before */
    await(count_of(world, "bad_jobs", "failed") == 1);
    insert_numbered(world, "other_jobs", 20);
    await(count_of(world, "other_jobs", "succeeded") == 20);
    assert_false(log_has(worker, "could not be started"));
    stop_worker(worker);
}

static void a_worker_that_cannot_finish_says_so_and_others_take_over_at_once(struct world *world)
{
    insert_held(world, 1, "open");
    struct worker_process *worker = start_worker(world, "--shutdown-timeout", "1", NULL);
    await(traced(world, "start") == 1);
    sql(world, world->kind == STORE_SQLITE ? "BEGIN IMMEDIATE" : "BEGIN");
    if (world->kind == STORE_POSTGRES)
        sql(world, "LOCK TABLE traced_jobs IN ACCESS EXCLUSIVE MODE");
    open_gate(world, "open");
    await(traced(world, "end") == 1);
    signal_worker(worker, SIGTERM);
    assert_int_equal(await_end(worker), 1);
    assert_true(log_has(worker, "could not be told"));
    sql(world, "COMMIT");
    struct worker_process *second = start_worker(world, NULL);
    await(count_of(world, "traced_jobs", "succeeded") == 1);
    stop_worker(second);
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = {
        E2E(a_type_gets_a_runner_though_another_could_use_them_all),
        E2E(types_take_turns_with_a_single_runner),
        E2E(a_worn_runner_is_replaced_while_more_work_waits),
        E2E(a_runner_that_stands_still_is_replaced_and_its_job_runs_elsewhere),
        E2E(a_runner_that_stands_still_with_many_jobs_is_replaced_too),
        E2E(drain_runs_the_jobs_that_jobs_make_too),
        E2E(drain_runs_the_jobs_of_a_killed_worker_too),
        E2E(drain_waits_until_it_is_known_whether_a_worker_elsewhere_is_dead),
        E2E(drain_does_not_wait_for_jobs_of_living_workers_and_says_how_many),
        E2E_ONLY(STORE_POSTGRES, drain_does_not_wait_for_ever_for_a_dead_workers_locked_row),
        E2E(drain_ends_with_1_where_a_job_table_is_missing),
        E2E(runners_are_of_the_image_that_runs_though_its_file_was_replaced),
        E2E(a_worker_that_cannot_finish_says_so_and_others_take_over_at_once),
    };
    return e2e_main(argc, argv, "share", tests, sizeof(tests) / sizeof(*tests));
}
