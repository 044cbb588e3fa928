/* RunJobs as a program: its options, its start, how it ends, and what becomes of its jobs then. */
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The command line ---- */

static int run_with(struct world *world, struct worker_process **worker, const char *first, const char *second)
{
    const char *const options[] = { first, second, NULL };
    *worker = launch_worker(world, options);
    return await_end(*worker);
}

static void help_and_version_are_printed(struct world *world)
{
    struct worker_process *worker;
    assert_int_equal(run_with(world, &worker, "--help", NULL), 0);
    static const char *const options[] = { "--database",   "--only",  "--drain",   "--shutdown-timeout",
                                           "--log-format", "--quiet", "--version", "--memory-limit" };
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
        assert_true(log_has(worker, options[i]));
    assert_int_equal(run_with(world, &worker, "--version", NULL), 0);
    assert_true(log_has(worker, "RunJobs (errand) "));
}

static void bad_options_are_refused_with_a_sentence(struct world *world)
{
    static const struct {
        const char *first, *second, *sentence;
    } bad[] = {
        { "--colour", NULL, "there is no option '--colour'" },
        { "work", NULL, "'work' is not understood" },
        { "--only", NULL, "--only needs a value" },
        { "--only", "no_such_jobs", "no such job table" },
        { "--drain=yes", NULL, "--drain takes no value" },
        { "--max-runners", "0", "--max-runners takes a whole number from 1 to 4096, not '0'" },
        { "--shutdown-timeout", "soon", "not 'soon'" },
        { "--log-format", "xml", "not 'xml'" },
        { "--database", "mysql://nowhere", "mysql" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct worker_process *worker;
        assert_int_equal(run_with(world, &worker, bad[i].first, bad[i].second), 2);
        if (!log_has(worker, bad[i].sentence))
            fail_msg("%s %s: it does not say \"%s\"", bad[i].first, bad[i].second, bad[i].sentence);
    }
}

static void a_database_that_is_not_there_is_named_and_ends_it(struct world *world)
{
    struct worker_process *worker;
    char url[FOLDER_MAX + 300];
    if (world->kind == STORE_SQLITE)
        snprintf(url, sizeof(url), "sqlite:%s/no-such.db", world->folder);
    else
        snprintf(url, sizeof(url), "%s_no_such.db", world->url);
    assert_int_equal(run_with(world, &worker, "--database", url), 1);
    assert_true(log_has(worker, "no-such.db") || log_has(worker, "no_such.db"));
}

static void drain_works_what_is_due_and_ends(struct world *world)
{
    insert_numbered(world, "other_jobs", 500);
    insert_numbered(world, "ordered_jobs", 50);
    sql(world, "INSERT INTO other_jobs (number, run_at) VALUES (0, %s)", sql_now(world, 3600));
    struct worker_process *worker = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(count_of(world, "other_jobs", "succeeded"), 500);
    assert_int_equal(count_of(world, "ordered_jobs", "succeeded"), 50);
    assert_int_equal(count_of(world, "other_jobs", "not_started"), 1);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM errand_workers"), 0);
}

static void old_attempts_and_statistics_are_removed(struct world *world)
{
    struct worker_process *first = start_worker(world, "--drain", NULL); /* makes our tables */
    assert_int_equal(await_end(first), 0);
    for (int days = 0; days <= 100; days += 50) {
        sql(world,
            "INSERT INTO errand_attempts (table_name, job_id, attempt, started_at, finished_at, outcome) "
            "VALUES ('gone_jobs', '1', 1, %s, %s, 'failed')",
            sql_now(world, -days * 86400), sql_now(world, -days * 86400));
        sql(world,
            "INSERT INTO errand_stats (table_name, minute, outcome, count, total_us, max_us) "
            "VALUES ('gone_jobs', %s, 'failed', 1, 1, 1)",
            sql_now(world, -days * 86400));
    }
    struct worker_process *second = start_worker(world, "--drain", NULL);
    assert_int_equal(await_end(second), 0);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM errand_attempts"), 2);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM errand_stats"), 1);
}

static void only_the_chosen_table_is_worked(struct world *world)
{
    insert_numbered(world, "other_jobs", 5);
    insert_numbered(world, "ordered_jobs", 5);
    struct worker_process *worker = start_worker(world, "--only", "ordered_jobs", "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(count_of(world, "ordered_jobs", "succeeded"), 5);
    assert_int_equal(count_of(world, "other_jobs", "not_started"), 5);
}

static void a_log_as_json_is_one_object_a_line(struct world *world)
{
    sql(world, "INSERT INTO single_jobs DEFAULT VALUES");
    struct worker_process *worker = start_worker(world, "--log-format", "json", "--verbose", "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(run_command("python3 -c 'import json, sys\n"
                                 "lines = [json.loads(line) for line in open(sys.argv[1])]\n"
                                 "jobs = [line for line in lines if line.get(\"outcome\") == \"failed\"]\n"
                                 "assert len(jobs) == 1 and jobs[0][\"type\"] == \"SingleJob\" and jobs[0][\"id\"] "
                                 "and jobs[0][\"attempt\"] == 1 and \"duration_us\" in jobs[0], lines' %s",
                                 worker->log),
                     0);
}

/* One job succeeds, one fails; the success is not spoken of unless --verbose is given. */
static void expect_successes_left_out(struct world *world, const char *format)
{
    insert_numbered(world, "other_jobs", 1);
    const char *failed = sql_text(world, "INSERT INTO single_jobs DEFAULT VALUES RETURNING id");
    struct worker_process *worker = start_worker(world, "--log-format", format, "--drain", NULL);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(count_of(world, "other_jobs", "succeeded"), 1);
    assert_false(log_has(worker, "job done"));
    assert_false(log_has(worker, "OtherJob"));
    assert_false(log_has(worker, first_traced(world, "once").id));
    assert_int_equal(log_count(worker, "attempt 1 was in vain"), 1);
    assert_int_equal(log_count(worker, failed), 1);
    sql(world, "UPDATE other_jobs SET status = 'job_status_not_started'");
    struct worker_process *verbose = start_worker(world, "--log-format", format, "--verbose", "--drain", NULL);
    assert_int_equal(await_end(verbose), 0);
    assert_int_equal(log_count(verbose, "job done"), 1);
}

static void successes_are_not_logged_and_failures_are(struct world *world)
{
    expect_successes_left_out(world, "text");
}

static void successes_are_not_logged_and_failures_are_as_json(struct world *world)
{
    expect_successes_left_out(world, "json");
}

/* The cluster trusts all but this role. */
static void ask_for_a_password(struct world *world, const char *role)
{
    assert_int_equal(run_command("cd %s/data && { echo 'host all %s all scram-sha-256'; cat pg_hba.conf; } >%s/hba && "
                                 "cat %s/hba >pg_hba.conf",
                                 getenv("TEST_POSTGRES_DIR"), role, world->folder, world->folder),
                     0);
    sql(world, "DROP ROLE IF EXISTS %s", role);
    sql(world, "CREATE ROLE %s LOGIN PASSWORD 'right'", role);
    assert_string_equal(sql_text(world, "SELECT pg_reload_conf()"), "t");
    await(sql_number(world, "SELECT count(*) FROM pg_hba_file_rules WHERE '%s' = ANY (user_name)", role) > 0);
}

static void a_refused_password_is_not_in_the_log(struct world *world)
{
    struct worker_process *worker;
    char url[FOLDER_MAX + 300];
    ask_for_a_password(world, "guarded");
    snprintf(url, sizeof(url), "postgresql://guarded:s3same%s", strchr(world->url, '@'));
    assert_int_equal(run_with(world, &worker, "--database", url), 1);
    assert_true(log_has(worker, "password authentication failed"));
    assert_false(log_has(worker, "s3same"));
}

/* ---- sd_notify ---- */

static int open_notify_socket(const struct world *world, char path[108])
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(path, 108, "%s/notify", world->folder);
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_return_code(fd, errno);
    assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof(address)), errno);
    return fd;
}

static bool is_told(int fd, const char *state)
{
    char text[256];
    ssize_t got = recv(fd, text, sizeof(text) - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return strcmp(text, state) == 0;
}

static void systemd_is_told_when_it_is_ready_and_when_it_stops(struct world *world)
{
    char path[108];
    int fd = open_notify_socket(world, path);
    world->notify_socket = path;
    struct worker_process *worker = start_worker(world, NULL);
    await(is_told(fd, "READY=1"));
    signal_worker(worker, SIGTERM);
    await(is_told(fd, "STOPPING=1"));
    assert_int_equal(await_end(worker), 0);
    close(fd);
}

static void await_watchdog(int fd, int times)
{
    for (int i = 0; i < times; i++)
        await(is_told(fd, "WATCHDOG=1"));
}

/* What comes from a process that is stopped came before it was. */
static bool is_silent(int fd, int for_ms)
{
    char text[256];
    while (recv(fd, text, sizeof(text), 0) >= 0)
        ;
    return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, for_ms) == 0;
}

static void systemd_hears_of_a_worker_only_while_its_loop_goes_round(struct world *world)
{
    char path[108];
    int status, fd = open_notify_socket(world, path);
    world->notify_socket = path;
    setenv("WATCHDOG_USEC", "200000", 1);
    struct worker_process *worker = start_worker(world, NULL);
    unsetenv("WATCHDOG_USEC");
    await_watchdog(fd, 2);
    signal_worker(worker, SIGSTOP);
    assert_int_equal(waitpid(worker->pid, &status, WUNTRACED), worker->pid);
    assert_true(WIFSTOPPED(status));
    assert_true(is_silent(fd, 1000));
    signal_worker(worker, SIGCONT);
    await_watchdog(fd, 2);
    stop_worker(worker);
    close(fd);
}

/* ---- The end ---- */

static void sigterm_lets_running_jobs_finish_and_puts_the_others_back_unspent(struct world *world)
{
    insert_held(world, 100, "open");
    struct worker_process *worker = start_worker(world, NULL);
    await(traced(world, "start") == 16);
    signal_worker(worker, SIGTERM);
    await(log_has(worker, "SIGTERM"));
    await(sql_number(world, "SELECT count(*) FROM traced_jobs WHERE status = 'job_status_running'") == 16);
    open_gate(world, "open");
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(count_of(world, "traced_jobs", "succeeded"), 16);
    assert_int_equal(count_of(world, "traced_jobs", "not_started"), 84);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM traced_jobs WHERE status = 'job_status_not_started' "
                                       "AND (attempts_count <> 0 OR locked_by IS NOT NULL OR locked_at IS NOT NULL)"),
                     0);
    assert_int_equal(traced(world, "start"), 16);
}

/* Short jobs are claimed by the hundred: those that have not begun must all be put back. */
static void sigterm_amid_short_jobs_leaves_each_done_or_untouched(struct world *world)
{
    struct worker_process *worker = start_worker(world, NULL);
    insert_numbered(world, "traced_jobs", 5000);
    await(traced(world, "end") > 200);
    stop_worker(worker);
    int64_t done = count_of(world, "traced_jobs", "succeeded");
    assert_int_equal(count_of(world, "traced_jobs", "not_started"), 5000 - done);
    assert_int_equal(sql_number(world, "SELECT sum(attempts_count) FROM traced_jobs"), done);
    assert_int_equal(traced(world, "start"), done);
    assert_int_equal(traced(world, "end"), done);
}

static void a_second_sigterm_kills_what_runs_and_makes_it_pending_again(struct world *world)
{
    insert_held(world, 3, "never");
    struct worker_process *worker = start_worker(world, NULL);
    await(traced(world, "start") == 3);
    signal_worker(worker, SIGTERM);
    await(log_has(worker, "SIGTERM"));
    signal_worker(worker, SIGTERM);
    assert_int_equal(await_end(worker), 0);
    assert_true(is_gone(first_traced(world, "start").pid));
    assert_int_equal(count_of(world, "traced_jobs", "retry"), 3);
    assert_int_equal(sql_number(world, "SELECT sum(attempts_count) FROM traced_jobs WHERE locked_by IS NULL"), 3);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM traced_jobs WHERE run_at > %s", sql_now(world, 0)), 0);
}

static void after_the_shutdown_timeout_what_runs_is_killed(struct world *world)
{
    insert_held(world, 1, "never");
    struct worker_process *worker = start_worker(world, "--shutdown-timeout", "1", NULL);
    await(traced(world, "start") == 1);
    signal_worker(worker, SIGTERM);
    assert_int_equal(await_end(worker), 0);
    assert_int_equal(count_of(world, "traced_jobs", "retry"), 1);
}

static void a_killed_worker_takes_its_runners_along_and_others_take_over(struct world *world)
{
    insert_held(world, 3, "open");
    struct worker_process *first = start_worker(world, "--only", "traced_jobs", "--only", "bad_jobs", NULL);
    insert_bad(world, "wait with a child", "");
    await(traced(world, "start") == 4);
    struct worker_process *second = start_worker(world, "--only", "traced_jobs", NULL);
    signal_worker(first, SIGKILL);
    assert_int_equal(await_end(first), 128 + SIGKILL);
    struct trace trace = read_trace(world);
    for (size_t i = 0; i < trace.count; i++) {
        pid_t pid = trace.events[i].pid, child = trace.events[i].number;
        await(is_gone(pid));
        if (strcmp(trace.events[i].event, "child") == 0)
            await(is_gone(child));
    }
    free_trace(&trace);
    open_gate(world, "open");
    await(count_of(world, "traced_jobs", "succeeded") == 3);
    assert_int_equal(sql_number(world, "SELECT sum(attempts_count) FROM traced_jobs"), 6);
    stop_worker(second);
}

/* For foreign workers, which take what was locked long ago for lost. */
static void a_long_job_is_locked_anew_each_minute(struct world *world)
{
    insert_held(world, 1, "open");
    struct worker_process *worker = start_worker(world, NULL);
    await(traced(world, "start") == 1);
    sql(world, "CREATE TABLE before AS SELECT locked_at FROM traced_jobs");
    await_for(90, sql_number(world, "SELECT count(*) FROM traced_jobs, before WHERE traced_jobs.locked_at > "
                                    "before.locked_at AND status = 'job_status_running'") == 1);
    open_gate(world, "open");
    await(count_of(world, "traced_jobs", "succeeded") == 1);
    assert_int_equal(traced(world, "start"), 1);
    stop_worker(worker);
}

static void a_stopped_job_does_not_outlive_its_worker(struct world *world)
{
    struct worker_process *worker = start_worker(world, NULL);
    insert_bad(world, "stop itself", "");
    await(traced(world, "start") == 1);
    signal_worker(worker, SIGKILL);
    assert_int_equal(await_end(worker), 128 + SIGKILL);
    await(is_gone(first_traced(world, "start").pid));
}

static void two_workers_share_the_jobs_and_run_each_once(struct world *world)
{
    struct worker_process *first = start_worker(world, NULL), *second = start_worker(world, NULL);
    insert_numbered(world, "traced_jobs", 2000);
    await(count_of(world, "traced_jobs", "succeeded") == 2000);
    assert_int_equal(traced(world, "start"), 2000);
    stop_worker(first);
    stop_worker(second);
}

/* ---- Looking ahead ---- */

/* From the start of the job of that number to the last start of another. */
static int64_t started_after_us(const struct world *world, int number)
{
    struct trace trace = read_trace(world);
    int64_t from = 0, last = 0;
    for (size_t i = 0; i < trace.count; i++) {
        if (strcmp(trace.events[i].event, "start") != 0)
            continue;
        if (trace.events[i].number == number)
            from = trace.events[i].at_us;
        last = trace.events[i].at_us > last ? trace.events[i].at_us : last;
    }
    free_trace(&trace);
    return last - from;
}

static void jobs_claimed_behind_a_long_one_run_elsewhere(struct world *world)
{
    enum { LONG = 1010, ELSEWHERE_WITHIN_US = 5000000 /* a hundred times as long as they wait behind it */ };
    struct worker_process *worker = start_worker(world, NULL);
    insert_numbered(world, "traced_jobs", 1000); /* short, so many are claimed ahead */
    await(count_of(world, "traced_jobs", "succeeded") == 1000);
    sql(world,
        "INSERT INTO traced_jobs (number, gate) WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 "
        "FROM n WHERE i < 1500) SELECT i, CASE WHEN i = %d THEN 'open' END FROM n",
        LONG);
    await(count_of(world, "traced_jobs", "succeeded") == 1499);
    assert_int_equal(count_of(world, "traced_jobs", "running"), 1);
    assert_int_equal(traced(world, "start"), 1500);
    assert_in_range(started_after_us(world, LONG), 0, ELSEWHERE_WITHIN_US);
    open_gate(world, "open");
    await(count_of(world, "traced_jobs", "succeeded") == 1500);
    assert_int_equal(sql_number(world, "SELECT max(attempts_count) FROM traced_jobs"), 1);
    stop_worker(worker);
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = {
        E2E(help_and_version_are_printed),
        E2E(bad_options_are_refused_with_a_sentence),
        E2E(a_database_that_is_not_there_is_named_and_ends_it),
        E2E(drain_works_what_is_due_and_ends),
        E2E(old_attempts_and_statistics_are_removed),
        E2E(only_the_chosen_table_is_worked),
        E2E(a_log_as_json_is_one_object_a_line),
        E2E(successes_are_not_logged_and_failures_are),
        E2E(successes_are_not_logged_and_failures_are_as_json),
        E2E_ONLY(STORE_POSTGRES, a_refused_password_is_not_in_the_log),
        E2E(systemd_is_told_when_it_is_ready_and_when_it_stops),
        E2E(systemd_hears_of_a_worker_only_while_its_loop_goes_round),
        E2E(sigterm_lets_running_jobs_finish_and_puts_the_others_back_unspent),
        E2E(sigterm_amid_short_jobs_leaves_each_done_or_untouched),
        E2E(a_second_sigterm_kills_what_runs_and_makes_it_pending_again),
        E2E(after_the_shutdown_timeout_what_runs_is_killed),
        E2E(a_killed_worker_takes_its_runners_along_and_others_take_over),
        E2E(a_long_job_is_locked_anew_each_minute),
        E2E(a_stopped_job_does_not_outlive_its_worker),
        E2E(two_workers_share_the_jobs_and_run_each_once),
        E2E(jobs_claimed_behind_a_long_one_run_elsewhere),
    };
    return e2e_main(argc, argv, "worker", tests, sizeof(tests) / sizeof(*tests));
}
