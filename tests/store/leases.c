/* Conformance: when a worker is dead, and when it is not. Workers that nobody is stand in errand_workers as rows made
   here: their leases are free, their processes are whatever the test says. */
#include "conformance.h"

#include "base/clock.h"
#include "base/process.h"
#include "store/backend.h"

#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct process_identity elsewhere = {
    .host = "elsewhere",
    .boot_id = "0c6cfc1e-3a0d-4a55-9f2b-2f0e3d1c5b6a",
    .pid_namespace = 1,
    .pid = 1,
    .start_ticks = 1,
};

/* A worker seen just now, and a running job of its. */
static void insert_worker(struct fixture *fixture, uint64_t id, const struct process_identity *process, int attempts)
{
    char number[24];
    bool sqlite = fixture->kind == STORE_SQLITE;
    snprintf(number, sizeof(number), sqlite ? "%016" PRIx64 : "%" PRId64, id);
    errand_time now = clock_realtime_us();
    sql(fixture,
        sqlite ? "INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, started_at, "
                 "seen_at, version) VALUES ($1, $2, $3, $4, $5, $6, '', $7, $7, '1')"
               : "INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, started_at, "
                 "seen_at, version) VALUES ($1::text::bigint, $2, $3, $4, $5, $6, '', $7, $7, '1')",
        errand_text(number), errand_text(process->host), errand_text(process->boot_id),
        errand_int(process->pid_namespace), errand_int(process->pid), errand_int(process->start_ticks),
        errand_timestamp(now));
    errand_uuid lock = store_claim_uuid(id, 1);
    sql(fixture,
        "INSERT INTO fixture_jobs (status, locked_by, locked_at, attempts_count) "
        "VALUES ('job_status_running', $1, $2, $3)",
        errand_text(lock.text), errand_timestamp(now), errand_int(attempts));
}

static struct process_identity self(void)
{
    struct process_identity process;
    process_identify_self(&process);
    return process;
}

static void recover_until(struct fixture *fixture, struct recovered *sum, size_t count)
{
    int64_t limit = clock_monotonic_us() + 30000000;
    while (sum->retried + sum->failed < count && clock_monotonic_us() < limit) {
        struct recovered got = recover(fixture->worker, NULL, 0);
        assert_int_equal(got.base.fault, STORE_OK);
        sum->retried += got.retried;
        sum->failed += got.failed;
    }
    assert_true(sum->retried + sum->failed >= count);
}

static void a_process_that_is_provably_gone_is_dead_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct process_identity gone = self(), used_again = gone;
    int pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    gone.pid = pid;
    used_again.start_ticks--; /* another process had our pid before */
    insert_worker(fixture, 0xdead000000000001, &gone, 1);
    insert_worker(fixture, 0xdead000000000002, &used_again, 1);
    struct recovered got = recover(fixture->worker, NULL, 0); /* the first look suffices */
    assert_int_equal(got.retried, 2);
    assert_int_equal(got.failed, 0);
    assert_int_equal(got.others, 0);
    assert_false(got.undecided);
}

/* Of a process that is seen alive: on PostgreSQL its session is lost, and maybe its network; on SQLite only the file
   is, which comes back with its next heartbeat. */
static void a_lease_is_given_up_when_it_stayed_free_for_five_seconds(void **state)
{
    struct fixture *fixture = *state;
    struct process_identity living = self(), another_namespace = self();
    bool sqlite = fixture->kind == STORE_SQLITE;
    another_namespace.pid_namespace++;
    int64_t begun = clock_monotonic_us();
    insert_worker(fixture, 0x0e15ee4e00000001, &living, 1);
    insert_worker(fixture, 0x0e15ee4e00000002, &elsewhere, 1); /* a free lease alone says nothing yet */
    insert_worker(fixture, 0xf15ee4e000000003, &another_namespace, 1);
    struct recovered first = recover(fixture->worker, NULL, 0);
    assert_int_equal(first.others, 3);
    assert_true(first.undecided);
    struct recovered sum = { 0 };
    recover_until(fixture, &sum, 1);
    assert_true(clock_monotonic_us() - begun >= 5000000);
    recover_until(fixture, &sum, sqlite ? 2 : 3);
    assert_int_equal(sum.retried, sqlite ? 2 : 3);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE status = 'job_status_running'"),
                     sqlite ? 1 : 0);
}

/* A worker that died so long ago, of these tables. */
static void insert_dead(struct fixture *fixture, uint64_t id, const char *tables, int64_t ago_us)
{
    struct process_identity gone = self();
    gone.start_ticks--;
    insert_worker(fixture, id, &gone, 1);
    sql(fixture,
        fixture->kind == STORE_SQLITE ? "UPDATE errand_workers SET tables = $1, seen_at = $2 WHERE tables = ''"
                                      : "UPDATE errand_workers SET tables = $1, seen_at = $2, dead_at = $2 WHERE "
                                        "tables = ''",
        errand_text(tables), errand_timestamp(clock_realtime_us() - ago_us));
}

/* Its row says whose its jobs are, and that they are to be tried again. */
static void a_dead_worker_is_known_for_a_day_and_for_thirty_where_nobody_works_its_tables(void **state)
{
    struct fixture *fixture = *state;
    struct process_identity gone = self();
    gone.start_ticks--;
    insert_dead(fixture, 1, "other_jobs", errand_days(29));
    insert_dead(fixture, 2, "fixture_jobs", errand_hours(23));
    insert_dead(fixture, 3, "other_jobs", errand_days(31));
    insert_dead(fixture, 4, "fixture_jobs", errand_hours(25));
    insert_worker(fixture, 5, &gone, 1); /* one more dies, which is when the dead are gone through */
    int64_t limit = clock_monotonic_us() + 30000000;
    while (ask_number(fixture, "SELECT count(*) FROM errand_workers") > 4 && clock_monotonic_us() < limit) {
        assert_int_equal(recover(fixture->worker, NULL, 0).base.fault, STORE_OK);
        assert_int_equal(heartbeat(fixture->worker).fault, STORE_OK);
    }
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers"), 4); /* ours with them */
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers WHERE tables = 'other_jobs'"), 1);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers WHERE tables = 'fixture_jobs'"), 2);
}

/* All machines were off for two days, and one of the tables cannot be worked on at once. */
static void jobs_of_one_who_died_days_ago_are_retried_also_behind_the_next_heartbeat(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct store_table *jobs = worker->jobs, *others = store_table(worker->store, &foreign_jobs, worker);
    assert_true(prepare(worker, others).state.usable);
    assert_int_equal(heartbeat(worker).fault, STORE_OK);
    struct process_identity gone = self();
    gone.start_ticks--;
    insert_worker(fixture, 7, &gone, 1);
    errand_time then = clock_realtime_us() - errand_days(2);
    sql(fixture,
        "UPDATE errand_workers SET seen_at = $1, tables = (SELECT max(tables) FROM errand_workers) WHERE tables = ''",
        errand_timestamp(then));
    sql(fixture, "UPDATE fixture_jobs SET locked_at = $1, updated_at = $1", errand_timestamp(then));
    worker->jobs = others;
    assert_int_equal(recover(worker, NULL, 0).retried, 0); /* knows that it is dead */
    assert_int_equal(heartbeat(worker).fault, STORE_OK);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers"), 2); /* it is known by its row */
    worker->jobs = jobs;
    struct recovered sum = { 0 };
    recover_until(fixture, &sum, 1);
    assert_int_equal(sum.retried, 1);
}

static void jobs_of_the_dead_are_retried_ten_times_beyond_the_limit(void **state)
{
    struct fixture *fixture = *state;
    struct process_identity gone = self();
    gone.start_ticks--;
    for (int attempts = 1; attempts <= 14; attempts++)
        insert_worker(fixture, (uint64_t)attempts, &gone, attempts);
    struct recovered got = recover(fixture->worker, NULL, 0);
    assert_int_equal(got.retried, 12); /* 3 are the limit */
    assert_int_equal(got.failed, 2);
    assert_int_equal(ask_number(fixture, "SELECT min(attempts_count) FROM fixture_jobs WHERE status = "
                                         "'job_status_failed' AND last_error IS NOT NULL AND locked_by IS NULL"),
                     13);
    assert_int_equal(ask_number(fixture, "SELECT max(attempts_count) FROM fixture_jobs WHERE status = "
                                         "'job_status_retry' AND locked_by IS NULL"),
                     12);
    assert_string_equal(ask(fixture, "SELECT DISTINCT last_error FROM fixture_jobs WHERE status = 'job_status_failed'"),
                        "The worker died while this job ran, too many times");
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE status = 'job_status_retry' AND "
                                         "last_error IS NOT NULL"), /* what happened to them, nobody knows */
                     0);
}

/* Of a worker of another make: since when it runs is all that is known. */
static void insert_foreign(struct fixture *fixture, const char *note, const char *lock, int64_t ago_us)
{
    errand_time then = clock_realtime_us() - ago_us;
    struct errand_value locked_by = lock ? errand_text(lock) : (struct errand_value){ .kind = ERRAND_VALUE_NULL };
    sql(fixture,
        "INSERT INTO fixture_jobs (note, status, locked_by, locked_at, updated_at, attempts_count) "
        "VALUES ($1, 'job_status_running', $2, $3, $3, 50)",
        errand_text(note), locked_by, errand_timestamp(then));
    sql(fixture, "UPDATE fixture_jobs SET locked_at = NULL WHERE locked_by IS NULL");
}

static const char *status_of(struct fixture *fixture, const char *note)
{
    return ask(fixture, "SELECT status FROM fixture_jobs WHERE note = $1", errand_text(note));
}

static const char foreign_lock[] = "5f3c1a2b-0c0d-4e0f-8a0b-0c0d0e0f0a0b";

static void a_running_row_without_a_lock_goes_by_its_last_change(void **state)
{
    struct fixture *fixture = *state;
    insert_foreign(fixture, "fresh", NULL, errand_minutes(9));
    insert_foreign(fixture, "stale", NULL, errand_minutes(11));
    insert_foreign(fixture, "ancient", NULL, errand_hours(25));
    struct recovered got = recover(fixture->worker, NULL, 0);
    assert_int_equal(got.retried, 1);
    assert_int_equal(got.failed, 1);
    assert_string_equal(status_of(fixture, "fresh"), "job_status_running");
    assert_string_equal(status_of(fixture, "stale"), "job_status_retry");
    assert_string_equal(status_of(fixture, "ancient"), "job_status_failed");
}

static void no_job_of_another_framework_is_taken_before_its_stale_timeout(void **state)
{
    struct fixture *fixture = *state;
    struct errand_job_options patient = *fixture_jobs.options;
    patient.stale_job_timeout = errand_days(2);
    struct errand_job_type type = fixture_jobs;
    type.options = &patient;
    struct worker *worker = worker_open(fixture);
    worker->jobs = store_table(worker->store, &type, worker);
    await(fixture, &worker->online);
    assert_true(prepare(worker, worker->jobs).state.usable);
    insert_foreign(fixture, "works for long", foreign_lock, errand_hours(47));
    insert_foreign(fixture, "too long", foreign_lock, errand_hours(49));
    struct recovered got = recover(worker, NULL, 0);
    assert_int_equal(got.retried, 0);
    assert_int_equal(got.failed, 1);
    assert_string_equal(status_of(fixture, "works for long"), "job_status_running");
    assert_string_equal(status_of(fixture, "too long"), "job_status_failed");
    worker_free(worker);
}

const struct CMUnitTest leases_tests[] = {
    CONFORMS(a_process_that_is_provably_gone_is_dead_at_once),
    CONFORMS(a_lease_is_given_up_when_it_stayed_free_for_five_seconds),
    CONFORMS(a_dead_worker_is_known_for_a_day_and_for_thirty_where_nobody_works_its_tables),
    CONFORMS(jobs_of_one_who_died_days_ago_are_retried_also_behind_the_next_heartbeat),
    CONFORMS(jobs_of_the_dead_are_retried_ten_times_beyond_the_limit),
    CONFORMS(a_running_row_without_a_lock_goes_by_its_last_change),
    CONFORMS(no_job_of_another_framework_is_taken_before_its_stale_timeout),
};
const size_t leases_test_count = sizeof(leases_tests) / sizeof(*leases_tests);
