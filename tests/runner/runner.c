/* Runners against jobs of every kind, in real processes. This program is its own runner. */
#include "world.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct world *world = malloc(sizeof(*world));
    world_begin(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    world_end(*state);
    free(*state);
    return 0;
}

static void assert_end(const struct world_task *task, enum job_end end, const char *error)
{
    assert_int_equal(task->ended, 1);
    if (task->end.error && !error)
        print_message("unexpected error: %s\n", task->end.error);
    assert_string_equal(job_end_label(task->end.end), job_end_label(end));
    if (error)
        assert_string_equal(task->end.error, error);
    else
        assert_null(task->end.error);
    if (end == JOB_END_PUT_BACK) {
        assert_int_equal(task->end.started_us, 0);
    } else {
        assert_true(task->end.started_us > 0);
        assert_true(task->end.ended_us >= task->end.started_us);
        assert_true(task->end.ended_us <= clock_monotonic_us());
    }
}

/* The next job runs as if nothing had been, in this runner or, where that has gone, in another. */
static void assert_goes_on(struct world *world)
{
    if (world->exited)
        world_start(world);
    struct world_task *next = world_do(world, "return", "");
    world_until_ended(world);
    assert_end(next, JOB_END_RETURNED, NULL);
}

static void a_job_that_returns_has_returned(void **state)
{
    struct world *world = *state;
    struct world_task *task = world_do(world, "return", "");
    world_until_ended(world);
    assert_end(task, JOB_END_RETURNED, NULL);
    assert_null(task->end.output);
    assert_false(task->end.process_ended);
    assert_int_equal(runner_jobs_done(world->runner), 1);
    assert_int_equal(runner_raises(world->runner), 0);
}

static void a_job_that_raises_ends_with_its_text(void **state)
{
    struct world *world = *state;
    struct world_task *failed = world_add(world, "fail", "no");
    struct world_task *discarded = world_add(world, "discard", "no");
    struct world_task *snoozed = world_add(world, "snooze", "1234567");
    struct world_task *returned = world_add(world, "return", "");
    world_send(world);
    world_until_ended(world);
    assert_end(failed, JOB_END_FAILED, "it said no");
    assert_end(discarded, JOB_END_DISCARDED, "never again no");
    assert_end(snoozed, JOB_END_SNOOZED, NULL);
    assert_int_equal(snoozed->end.snooze_us, 1234567);
    assert_end(returned, JOB_END_RETURNED, NULL);
    assert_int_equal(runner_raises(world->runner), 3);
}

static void a_thousand_jobs_in_one_message_end_in_their_order(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 1000; i++)
        world_add(world, "return", "");
    world_send(world);
    assert_int_equal(runner_task_count(world->runner), 1000);
    world_until_ended(world);
    assert_false(world->follow);
    for (int i = 0; i < 1000; i++) {
        assert_end(&world->tasks[i], JOB_END_RETURNED, NULL);
        if (i > 0)
            assert_true(world->tasks[i].end.ended_us >= world->tasks[i - 1].end.ended_us);
    }
}

static void a_log_line_of_a_job_is_told(void **state)
{
    struct world *world = *state;
    world_do(world, "log", "a\nb\x1b[0m");
    world_until_ended(world);
    assert_string_equal(world->lines, "2:careful: a\\nb\\x1b[0m\n");
}

static void what_a_job_prints_is_kept_and_told_line_by_line(void **state)
{
    struct world *world = *state;
    struct world_task *task = world_do(world, "print", "one\ntwo\x01");
    world_until_ended(world);
    assert_end(task, JOB_END_RETURNED, NULL);
    assert_string_equal(task->end.output, "one\ntwo\x01\n");
    assert_false(task->end.output_cut);
    assert_string_equal(world->lines, "1:one\n1:two\\x01\n");
}

static void output_belongs_to_the_job_that_printed_it(void **state)
{
    struct world *world = *state;
    struct world_task *first = world_do(world, "print without newline", "first");
    struct world_task *silent = world_do(world, "return", "");
    struct world_task *other = world_do(world, "system", "echo second; echo third >&2");
    struct world_task *last = world_do(world, "print", "fourth");
    world_until_ended(world);
    assert_string_equal(first->end.output, "first");
    assert_null(silent->end.output);
    assert_string_equal(other->end.output, "second\nthird\n");
    assert_string_equal(last->end.output, "fourth\n");
    assert_string_equal(world->lines, "1:first\n1:second\n1:third\n1:fourth\n");
}

static void a_job_that_prints_ends_its_message(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 10; i++)
        world_add(world, i == 4 ? "print" : "return", "hello");
    world_send(world);
    world_until_ended(world);
    for (int i = 0; i < 5; i++)
        assert_end(&world->tasks[i], JOB_END_RETURNED, NULL);
    assert_string_equal(world->tasks[4].end.output, "hello\n");
    for (int i = 5; i < 10; i++)
        assert_end(&world->tasks[i], JOB_END_PUT_BACK, NULL);
    assert_goes_on(world);
}

static void of_a_gigabyte_of_output_the_beginning_is_kept(void **state)
{
    struct world *world = *state;
    struct world_task *task = world_do(world, "print much", getenv("ERRAND_TEST_SLOW") ? "4096" : "1048576");
    world_until_ended(world);
    assert_end(task, JOB_END_RETURNED, NULL);
    assert_int_equal(task->end.output_size, RUNNER_OUTPUT_MAX);
    assert_true(task->end.output_cut);
    assert_true(strlen(world->lines) < 2 * RUNNER_OUTPUT_MAX);
    assert_goes_on(world);
}

/* One bad job between two good ones: the first has returned, the last has not begun. */
static struct world_task *between(struct world *world, const char *name, const char *argument)
{
    world_add(world, "return", "");
    struct world_task *bad = world_add(world, name, argument);
    world_add(world, "return", "");
    world_send(world);
    world_until_ended(world);
    assert_end(bad - 1, JOB_END_RETURNED, NULL);
    return bad;
}

static void dies(void **state, const char *name, const char *argument, const char *error)
{
    struct world *world = *state;
    struct world_task *bad = between(world, name, argument);
    world_until_exited(world);
    assert_end(bad, JOB_END_FAILED, error);
    assert_true(bad->end.process_ended);
    assert_end(bad + 1, JOB_END_PUT_BACK, NULL);
    assert_string_equal(world->failure, error);
    assert_goes_on(world);
}

static void a_job_that_aborts_fails(void **state)
{
    dies(state, "abort", "", "killed by SIGABRT");
    struct world *world = *state;
    assert_non_null(world->tasks[1].end.backtrace);
    assert_non_null(strstr(world->tasks[1].end.backtrace, "abort"));
}

static void a_job_that_calls_exit_0_fails(void **state)
{
    dies(state, "exit", "0", "called exit(0) inside perform");
}

static void a_job_that_calls_exit_3_fails(void **state)
{
    dies(state, "exit", "3", "called exit(3) inside perform");
}

static void a_job_that_calls__exit_fails(void **state)
{
    dies(state, "_exit", "0", "exited with status 0 inside perform");
}

static void a_job_that_accesses_no_memory_fails_with_the_address(void **state)
{
    dies(state, "segfault", "0x10", "killed by SIGSEGV (address 0x10)");
    struct world *world = *state;
    assert_non_null(world->tasks[1].end.backtrace);
}

static void a_job_that_overflows_its_stack_fails(void **state)
{
    dies(state, "overflow", "", "killed by SIGSEGV (stack overflow)");
    struct world *world = *state;
    assert_non_null(world->tasks[1].end.backtrace);
}

static void a_job_that_kills_itself_fails(void **state)
{
    dies(state, "system", "kill -KILL $PPID", "killed by SIGKILL");
}

static void a_job_that_exhausts_its_memory_fails(void **state)
{
#if defined(__SANITIZE_ADDRESS__)
    skip();
#endif
    struct world *world = *state;
    runner_retire(world->runner);
    world_until_exited(world);
    world->memory_limit_bytes = 256 << 20;
    world_start(world);
    struct world_task *task = world_do(world, "exhaust memory", "");
    world_until_ended(world);
    assert_end(task, JOB_END_FAILED, "no memory is left");
    assert_goes_on(world);
}

static void a_job_that_closes_all_descriptors_has_returned(void **state)
{
    struct world *world = *state;
    struct world_task *bad = between(world, "close all", "");
    world_until_exited(world);
    assert_end(bad, JOB_END_RETURNED, NULL);
    assert_string_equal(world->failure, "closed the descriptors of the process that ran it");
    assert_goes_on(world);
}

static void a_job_that_closes_all_descriptors_and_raises_fails(void **state)
{
    dies(state, "close all and fail", "", "closed the descriptors of the process that ran it");
}

static void what_a_job_leaves_behind_neither_holds_it_up_nor_outlives_the_runner(void **state)
{
    struct world *world = *state;
    char path[] = "/tmp/errand-test-XXXXXX";
    close(mkstemp(path));
    struct world_task *task = world_do(world, "leave a child", path);
    world_until_ended(world);
    assert_end(task, JOB_END_RETURNED, NULL);
    assert_goes_on(world);
    int pid = 0;
    FILE *file = fopen(path, "r");
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    unlink(path);
    assert_int_equal(kill(pid, 0), 0);
    runner_retire(world->runner);
    world_until_exited(world);
    assert_null(world->failure);
    /* It has been sent SIGKILL; it is gone or about to be, or waits for whoever reaps it. */
    char stat[64], line[256] = "";
    for (bool gone = false; !gone;) {
        snprintf(stat, sizeof(stat), "/proc/%d/stat", pid);
        file = fopen(stat, "r");
        gone = !file || !fgets(line, sizeof(line), file) || strstr(line, ") Z ");
        if (file)
            fclose(file);
    }
}

static void a_process_forked_by_a_job_does_not_speak_for_it(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 20; i++)
        world_add(world, "return twice", "");
    world_send(world);
    world_until_ended(world);
    for (int i = 0; i < 20; i++)
        assert_end(&world->tasks[i], JOB_END_RETURNED, NULL);
    assert_goes_on(world);
}

static void blocked_signals_do_not_reach_the_next_job(void **state)
{
    struct world *world = *state;
    world_do(world, "block signals", "");
    world_until_ended(world);
    struct world_task *next = world_do(world, "check signals", "");
    world_until_ended(world);
    assert_end(next, JOB_END_RETURNED, NULL);
    struct world_task *crash = world_do(world, "segfault", "0x20");
    world_until_exited(world);
    assert_end(crash, JOB_END_FAILED, "killed by SIGSEGV (address 0x20)");
}

static void changed_surroundings_do_not_reach_the_next_job(void **state)
{
    struct world *world = *state;
    struct world_task *task = world_do(world, "change all surroundings", "");
    world_until_ended(world);
    assert_end(task, JOB_END_RETURNED, NULL);
    task = world_do(world, "check surroundings", "");
    world_until_ended(world);
    assert_end(task, JOB_END_RETURNED, NULL);
}

/* Where the next one follows at once, from the same message. */
static void changed_surroundings_do_not_reach_a_job_close_behind(void **state)
{
    struct world *world = *state;
    struct world_task *change = world_add(world, "change surroundings", "");
    struct world_task *check = world_add(world, "check surroundings", "");
    world_send(world);
    world_until_ended(world);
    assert_end(change, JOB_END_RETURNED, NULL);
    assert_end(check, JOB_END_RETURNED, NULL);
}

static void a_job_that_fails_leaves_nothing_changed_to_one_close_behind(void **state)
{
    struct world *world = *state;
    struct world_task *change = world_add(world, "change all surroundings and fail", "no");
    struct world_task *check[] = { world_add(world, "check surroundings", ""), world_add(world, "check signals", "") };
    world_send(world);
    world_until_ended(world);
    assert_end(change, JOB_END_FAILED, "it said no");
    assert_end(check[0], JOB_END_RETURNED, NULL);
    assert_end(check[1], JOB_END_RETURNED, NULL);
}

static void killed_in_its_job(void **state, const char *name, const char *argument)
{
    struct world *world = *state;
    struct world_task *before = world_add(world, "return", "");
    struct world_task *task = world_add(world, name, argument);
    struct world_task *behind = world_add(world, "return", "");
    world_send(world);
    world_until_started(world, task);
    runner_kill(world->runner, JOB_END_TIMED_OUT, "Timeout reached");
    assert_end(behind, JOB_END_PUT_BACK, NULL);
    assert_int_equal(task->ended, 0);
    assert_int_equal(runner_send(world->runner, 0, (struct runner_task *[]){ &behind->task }, 1, 0), -1);
    world_until_exited(world);
    assert_end(before, JOB_END_RETURNED, NULL);
    assert_end(task, JOB_END_TIMED_OUT, "Timeout reached");
    assert_true(task->end.process_ended);
    assert_goes_on(world);
}

static void a_killed_job_times_out(void **state)
{
    killed_in_its_job(state, "wait", "");
}

static void a_job_that_ignores_sigterm_is_killed_all_the_same(void **state)
{
    killed_in_its_job(state, "ignore SIGTERM and wait", "");
}

static void a_job_that_has_stopped_itself_is_killed_all_the_same(void **state)
{
    killed_in_its_job(state, "stop", "");
}

static void a_job_that_returns_after_the_sigterm_has_timed_out(void **state)
{
    killed_in_its_job(state, "return on SIGTERM", "");
}

static void a_job_that_hides_its_start_is_found_and_killed(void **state)
{
    struct world *world = *state;
    struct world_task *task = world_add(world, "scribble and wait", "zeros");
    struct world_task *behind = world_add(world, "return", "");
    world_send(world);
    world_until_started(world, task);
    runner_kill(world->runner, JOB_END_TIMED_OUT, "Timeout reached");
    world_until_exited(world);
    assert_end(task, JOB_END_TIMED_OUT, "Timeout reached");
    assert_end(behind, JOB_END_PUT_BACK, NULL);
    assert_goes_on(world);
}

static void scribbled(void **state, const char *how)
{
    struct world *world = *state;
    struct world_task *bad = between(world, "scribble", how);
    world_until_exited(world);
    assert_end(bad, JOB_END_RETURNED, NULL);
    assert_end(bad + 1, JOB_END_PUT_BACK, NULL);
    assert_string_equal(world->failure, "a job wrote over memory shared with the worker");
    assert_goes_on(world);
}

static void zeros_over_the_shared_page_harm_no_other_job(void **state)
{
    scribbled(state, "zeros");
}

static void ones_over_the_shared_page_harm_no_other_job(void **state)
{
    scribbled(state, "ones");
}

static void noise_over_the_shared_page_harms_no_other_job(void **state)
{
    scribbled(state, "random");
}

static void a_crash_after_noise_over_the_page_fails_one_job(void **state)
{
    struct world *world = *state;
    struct world_task *bad = world_add(world, "scribble and abort", "random");
    struct world_task *behind = world_add(world, "return", "");
    world_send(world);
    world_until_exited(world);
    assert_end(bad, JOB_END_FAILED, "killed by SIGABRT");
    assert_end(behind, JOB_END_PUT_BACK, NULL);
    assert_goes_on(world);
}

/* Jobs that return within a millisecond are told together; these are not told yet when the page is gone. */
static void jobs_that_returned_before_such_a_crash_are_not_blamed(void **state)
{
    struct world *world = *state;
    enum { BEFORE = 100 };
    struct world_task *before[BEFORE];
    for (int i = 0; i < BEFORE; i++)
        before[i] = world_add(world, "return", "");
    struct world_task *bad = world_add(world, "scribble and abort", "random");
    struct world_task *behind = world_add(world, "return", "");
    world_send(world);
    world_until_exited(world);
    for (int i = 0; i < BEFORE; i++)
        assert_end(before[i], JOB_END_RETURNED, NULL);
    assert_end(bad, JOB_END_FAILED, "killed by SIGABRT");
    assert_end(behind, JOB_END_PUT_BACK, NULL);
    assert_goes_on(world);
}

static void garbage_in_the_messages_fails_the_job_that_wrote_it(void **state)
{
    dies(state, "write garbage", "65", "wrote something else into its messages to the worker");
}

static void zeros_in_the_messages_fail_the_job_that_wrote_them(void **state)
{
    dies(state, "write garbage", "0", "wrote something else into its messages to the worker");
}

static volatile sig_atomic_t terminated;

static void on_sigterm(int number)
{
    (void)number;
    terminated = 1;
}

static void sigterm_to_the_parent_reaches_the_worker(void **state)
{
    struct world *world = *state;
    terminated = 0;
    signal(SIGTERM, on_sigterm);
    struct world_task *task = world_do(world, "signal parent", "");
    world_until_ended(world);
    signal(SIGTERM, SIG_DFL);
    assert_true(terminated);
    assert_end(task, JOB_END_RETURNED, NULL);
    assert_goes_on(world);
}

static void tasks_behind_a_long_job_can_be_taken_back(void **state)
{
    struct world *world = *state;
    char path[64];
    snprintf(path, sizeof(path), "/tmp/errand-test-%d-go", (int)getpid());
    for (int i = 0; i < 100; i++)
        world_add(world, i == 50 ? "wait for file" : "return", path);
    world_send(world);
    world_until_started(world, &world->tasks[50]);
    assert_int_equal(runner_take_back(world->runner), 49);
    for (int i = 51; i < 100; i++)
        assert_end(&world->tasks[i], JOB_END_PUT_BACK, NULL);
    assert_int_equal(runner_take_back(world->runner), 0);
    struct world_task *later = world_do(world, "return", "");
    assert_int_equal(world->tasks[50].ended, 0);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    world_until_ended(world);
    unlink(path);
    for (int i = 0; i <= 50; i++)
        assert_end(&world->tasks[i], JOB_END_RETURNED, NULL);
    assert_end(later, JOB_END_RETURNED, NULL);
}

static bool fifty_have_ended(struct world *world)
{
    return world->ended == 50;
}

static void what_has_returned_is_told_while_a_long_job_goes_on(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 52; i++)
        world_add(world, i == 50 ? "wait" : "return", "");
    world_send(world);
    world_until(world, fifty_have_ended);
    for (int i = 0; i < 50; i++)
        assert_end(&world->tasks[i], JOB_END_RETURNED, NULL);
    runner_kill(world->runner, JOB_END_KILLED, "stopped");
    world_until_exited(world);
    assert_end(&world->tasks[50], JOB_END_KILLED, "stopped");
    assert_end(&world->tasks[51], JOB_END_PUT_BACK, NULL);
}

static void of_a_thousand_jobs_the_one_that_crashes_fails_alone(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 1000; i++)
        world_add(world, i == 499 ? "segfault" : "return", "0x10");
    world_send(world);
    world_until_exited(world);
    for (int i = 0; i < 499; i++)
        assert_end(&world->tasks[i], JOB_END_RETURNED, NULL);
    assert_end(&world->tasks[499], JOB_END_FAILED, "killed by SIGSEGV (address 0x10)");
    for (int i = 500; i < 1000; i++)
        assert_end(&world->tasks[i], JOB_END_PUT_BACK, NULL);
}

static void kill_at_the_tenth(struct world *world, struct world_task *task)
{
    if (task == &world->tasks[9])
        runner_kill(world->runner, JOB_END_KILLED, "enough");
}

static void a_runner_can_be_killed_while_it_tells(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 1000; i++)
        world_add(world, "return", "");
    world->on_ended = kill_at_the_tenth;
    world_send(world);
    world_until_exited(world);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(world->tasks[i].ended, 1);
        assert_true(world->tasks[i].end.end == JOB_END_RETURNED || world->tasks[i].end.end == JOB_END_PUT_BACK ||
                    world->tasks[i].end.end == JOB_END_KILLED);
    }
    assert_int_equal(world->ended, 1000);
}

static void a_retired_runner_ends_its_tasks_and_goes(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 10; i++)
        world_do(world, "print", "hello");
    runner_retire(world->runner);
    world_until_exited(world);
    assert_null(world->failure);
    for (int i = 0; i < 10; i++) {
        assert_end(&world->tasks[i], JOB_END_RETURNED, NULL);
        assert_string_equal(world->tasks[i].end.output, "hello\n");
    }
}

static void a_large_row_reaches_its_job(void **state)
{
    struct world *world = *state;
    size_t size = 20 << 20;
    char *row = malloc(2 * sizeof(uint32_t) + size + 16);
    char *at = row;
    uint32_t length = 6;
    memcpy(at, &length, 4);
    memcpy(at + 4, "return", 6);
    length = (uint32_t)size;
    memcpy(at + 10, &length, 4);
    memset(at + 14, 'x', size);
    struct world_task *task = world_add(world, "return", "");
    task->task.row = row;
    task->task.row_size = 14 + size;
    world_send(world);
    free(row);
    world_until_ended(world);
    assert_end(task, JOB_END_RETURNED, NULL);
    assert_goes_on(world);
}

static void a_program_that_is_not_there_cannot_be_started(void **state)
{
    struct world *world = *state;
    struct errand_error err;
    struct runner_events none = { 0 };
    struct runner_config config = { .schema = &test_schema, .program = "/nonexistent/RunJobs", .log = &world->log };
    assert_null(runner_start(&world->loop, &config, &none, world, &err));
    assert_string_equal(err.message,
                        "cannot start a process for jobs (/nonexistent/RunJobs): no such file or directory");
}

/* A worker that starts a runner with a job that left a child, and waits to be killed. */
static void be_a_worker(int told, const char *name, const char *path)
{
    struct world *world = malloc(sizeof(*world));
    world_begin(world);
    struct world_task *task = world_do(world, name, path);
    if (strcmp(name, "leave a child") == 0)
        world_until_ended(world);
    else
        world_until_started(world, task);
    int pid = runner_pid(world->runner);
    if (write(told, &pid, sizeof(pid)) < 0)
        _exit(1);
    for (;;)
        pause();
}

static bool group_is_gone(int pid)
{
    char command[128];
    snprintf(command, sizeof(command), "ps -o stat= -s %d | grep -qv '^Z'", pid);
    return kill(-pid, 0) < 0 || system(command) != 0;
}

static void dies_with_its_worker(const char *name)
{
    char path[] = "/tmp/errand-test-XXXXXX";
    int told[2], pid = 0;
    close(mkstemp(path));
    assert_int_equal(pipe(told), 0);
    pid_t worker = fork();
    if (worker == 0)
        be_a_worker(told[1], name, path);
    assert_int_equal(read(told[0], &pid, sizeof(pid)), sizeof(pid));
    assert_false(group_is_gone(pid));
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    for (int i = 0; !group_is_gone(pid); i++) {
        assert_true(i < WORLD_LIMIT_S * 100);
        usleep(10000);
    }
    unlink(path);
    close(told[0]);
    close(told[1]);
}

static void the_death_of_the_worker_ends_the_runner_and_what_it_left(void **state)
{
    (void)state;
    dies_with_its_worker("leave a child");
}

static void the_death_of_the_worker_ends_a_job_that_ignores_signals(void **state)
{
    (void)state;
    dies_with_its_worker("ignore SIGTERM and wait");
}

static void the_death_of_the_worker_ends_a_job_that_has_stopped(void **state)
{
    (void)state;
    dies_with_its_worker("stop");
}

#define WITH_RUNNER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    runner_remember_program();
    if (runner_is_child())
        return runner_child_main(&test_schema);
    const struct CMUnitTest tests[] = {
        WITH_RUNNER(a_job_that_returns_has_returned),
        WITH_RUNNER(a_job_that_raises_ends_with_its_text),
        WITH_RUNNER(a_thousand_jobs_in_one_message_end_in_their_order),
        WITH_RUNNER(a_log_line_of_a_job_is_told),
        WITH_RUNNER(what_a_job_prints_is_kept_and_told_line_by_line),
        WITH_RUNNER(output_belongs_to_the_job_that_printed_it),
        WITH_RUNNER(a_job_that_prints_ends_its_message),
        WITH_RUNNER(of_a_gigabyte_of_output_the_beginning_is_kept),
        WITH_RUNNER(a_job_that_aborts_fails),
        WITH_RUNNER(a_job_that_calls_exit_0_fails),
        WITH_RUNNER(a_job_that_calls_exit_3_fails),
        WITH_RUNNER(a_job_that_calls__exit_fails),
        WITH_RUNNER(a_job_that_accesses_no_memory_fails_with_the_address),
        WITH_RUNNER(a_job_that_overflows_its_stack_fails),
        WITH_RUNNER(a_job_that_kills_itself_fails),
        WITH_RUNNER(a_job_that_exhausts_its_memory_fails),
        WITH_RUNNER(a_job_that_closes_all_descriptors_has_returned),
        WITH_RUNNER(a_job_that_closes_all_descriptors_and_raises_fails),
        WITH_RUNNER(what_a_job_leaves_behind_neither_holds_it_up_nor_outlives_the_runner),
        WITH_RUNNER(a_process_forked_by_a_job_does_not_speak_for_it),
        WITH_RUNNER(blocked_signals_do_not_reach_the_next_job),
        WITH_RUNNER(changed_surroundings_do_not_reach_the_next_job),
        WITH_RUNNER(changed_surroundings_do_not_reach_a_job_close_behind),
        WITH_RUNNER(a_job_that_fails_leaves_nothing_changed_to_one_close_behind),
        WITH_RUNNER(a_killed_job_times_out),
        WITH_RUNNER(a_job_that_ignores_sigterm_is_killed_all_the_same),
        WITH_RUNNER(a_job_that_has_stopped_itself_is_killed_all_the_same),
        WITH_RUNNER(a_job_that_returns_after_the_sigterm_has_timed_out),
        WITH_RUNNER(a_job_that_hides_its_start_is_found_and_killed),
        WITH_RUNNER(zeros_over_the_shared_page_harm_no_other_job),
        WITH_RUNNER(ones_over_the_shared_page_harm_no_other_job),
        WITH_RUNNER(noise_over_the_shared_page_harms_no_other_job),
        WITH_RUNNER(a_crash_after_noise_over_the_page_fails_one_job),
        WITH_RUNNER(jobs_that_returned_before_such_a_crash_are_not_blamed),
        WITH_RUNNER(garbage_in_the_messages_fails_the_job_that_wrote_it),
        WITH_RUNNER(zeros_in_the_messages_fail_the_job_that_wrote_them),
        WITH_RUNNER(sigterm_to_the_parent_reaches_the_worker),
        WITH_RUNNER(tasks_behind_a_long_job_can_be_taken_back),
        WITH_RUNNER(what_has_returned_is_told_while_a_long_job_goes_on),
        WITH_RUNNER(of_a_thousand_jobs_the_one_that_crashes_fails_alone),
        WITH_RUNNER(a_runner_can_be_killed_while_it_tells),
        WITH_RUNNER(a_retired_runner_ends_its_tasks_and_goes),
        WITH_RUNNER(a_large_row_reaches_its_job),
        WITH_RUNNER(a_program_that_is_not_there_cannot_be_started),
        cmocka_unit_test(the_death_of_the_worker_ends_the_runner_and_what_it_left),
        cmocka_unit_test(the_death_of_the_worker_ends_a_job_that_ignores_signals),
        cmocka_unit_test(the_death_of_the_worker_ends_a_job_that_has_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
