/* Conformance: what an outcome makes of the row, and when it is dropped or refused. */
#include "conformance.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <sys/resource.h>
#include <unistd.h>

/* Claims one new job and ends it so. */
static struct job ended(struct fixture *fixture, enum job_end end, const char *error)
{
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    struct exchanged got = finish(fixture->worker, &job, end, error);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 0);
    assert_string_equal(cell(fixture, &job, "locked_by"), "(null)");
    return job;
}

static void a_job_that_returned_has_succeeded(void **state)
{
    struct fixture *fixture = *state;
    struct job job = ended(fixture, JOB_END_RETURNED, NULL);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_succeeded");
    assert_string_equal(cell(fixture, &job, "attempts_count"), "1");
    assert_string_equal(cell(fixture, &job, "last_error"), "(null)");
}

static void a_failed_job_is_retried_later_and_then_failed(void **state)
{
    struct fixture *fixture = *state;
    struct job job = ended(fixture, JOB_END_FAILED, "SMTP said 550");
    assert_string_equal(cell(fixture, &job, "status"), "job_status_retry");
    assert_string_equal(cell(fixture, &job, "last_error"), "SMTP said 550");
    int64_t delay = cell_from_now_us(fixture, &job, "run_at");
    assert_true(delay > 0 && delay <= 30000000);
    for (int attempt = 2; attempt <= 3; attempt++) {
        sql(fixture, "UPDATE fixture_jobs SET run_at = created_at");
        job = claim_one(fixture->worker);
        assert_int_equal(job.attempts, attempt);
        finish(fixture->worker, &job, JOB_END_FAILED, "again");
    }
    assert_string_equal(cell(fixture, &job, "status"), "job_status_failed");
    assert_string_equal(cell(fixture, &job, "last_error"), "again");
    assert_string_equal(cell(fixture, &job, "attempts_count"), "3");
}

static void a_job_out_of_time_and_attempts_is_timed_out(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    sql(fixture, "UPDATE fixture_jobs SET attempts_count = 2");
    struct job job = claim_one(fixture->worker);
    finish(fixture->worker, &job, JOB_END_TIMED_OUT, "Timeout reached");
    assert_string_equal(cell(fixture, &job, "status"), "job_status_timed_out");
    assert_string_equal(cell(fixture, &job, "last_error"), "Timeout reached");
}

static void a_discarded_job_has_failed_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct job job = ended(fixture, JOB_END_DISCARDED, "never");
    assert_string_equal(cell(fixture, &job, "status"), "job_status_failed");
    assert_string_equal(cell(fixture, &job, "last_error"), "never");
}

static void a_snoozed_job_comes_again_without_an_attempt_spent(void **state)
{
    struct fixture *fixture = *state;
    struct job job = ended(fixture, JOB_END_SNOOZED, NULL);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_not_started");
    assert_string_equal(cell(fixture, &job, "attempts_count"), "0");
    int64_t delay = cell_from_now_us(fixture, &job, "run_at");
    assert_true(delay > 0 && delay <= 5000000);
}

static void a_job_that_is_put_back_is_as_before_the_claim(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    char before[64];
    snprintf(before, sizeof(before), "%s", ask(fixture, "SELECT run_at FROM fixture_jobs"));
    struct job job = claim_one(fixture->worker);
    finish(fixture->worker, &job, JOB_END_PUT_BACK, NULL);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_not_started");
    assert_string_equal(cell(fixture, &job, "attempts_count"), "0");
    assert_string_equal(cell(fixture, &job, "run_at"), before);
    assert_string_equal(cell(fixture, &job, "locked_by"), "(null)");
    assert_int_equal(claim_one(fixture->worker).attempts, 1);
}

static void a_killed_job_is_pending_at_once_with_its_attempt_spent(void **state)
{
    struct fixture *fixture = *state;
    struct job job = ended(fixture, JOB_END_KILLED, "stopped");
    assert_string_equal(cell(fixture, &job, "status"), "job_status_retry");
    assert_string_equal(cell(fixture, &job, "attempts_count"), "1");
    assert_int_equal(claim_one(fixture->worker).attempts, 2);
}

static void outcomes_come_before_the_claim_of_their_exchange(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    insert_many(fixture, 1);
    struct job job = claim_one(worker);
    struct store_outcome outcome = outcome_of(&job, JOB_END_PUT_BACK, NULL);
    struct store_exchange wanted = {
        .outcomes = &outcome, .outcome_count = 1, .claim = ++worker->claims, .claim_limit = 10
    };
    struct exchanged got = exchange(worker, worker->jobs, &wanted);
    assert_int_equal(got.count, 1);
    assert_string_equal(got.jobs[0].id, job.id);
    assert_int_equal(got.jobs[0].attempts, 1);
    exchanged_release(&got);
}

static void an_outcome_of_a_row_held_by_another_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    sql(fixture, "UPDATE fixture_jobs SET locked_by = '00000000-0000-4000-8000-000000000001'");
    struct exchanged got = finish(fixture->worker, &job, JOB_END_RETURNED, NULL);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 1);
    assert_string_equal(got.dropped_id, job.id);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_running");
}

static void an_outcome_counts_once(void **state)
{
    struct fixture *fixture = *state;
    struct job job = ended(fixture, JOB_END_FAILED, "first");
    struct exchanged got = finish(fixture->worker, &job, JOB_END_RETURNED, NULL);
    assert_int_equal(got.dropped, 1);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_retry");
}

static void an_outcome_of_a_deleted_row_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    sql(fixture, "DELETE FROM fixture_jobs");
    insert_many(fixture, 1); /* where positions are used again, at the same place */
    struct exchanged got = finish(fixture->worker, &job, JOB_END_RETURNED, NULL);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 1);
    assert_string_equal(ask(fixture, "SELECT status FROM fixture_jobs"), "job_status_not_started");
}

static void a_job_of_an_older_claim_is_fenced(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    struct job first = claim_one(fixture->worker);
    finish(fixture->worker, &first, JOB_END_PUT_BACK, NULL);
    struct job second = claim_one(fixture->worker);
    assert_int_equal(finish(fixture->worker, &first, JOB_END_RETURNED, NULL).dropped, 1);
    assert_int_equal(finish(fixture->worker, &second, JOB_END_RETURNED, NULL).dropped, 0);
}

static void the_jobs_of_a_forgotten_claim_are_put_back(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    insert_many(fixture, 4);
    struct exchanged lost = claim(worker, 2);
    struct job kept = claim_one(worker);
    uint64_t forgotten[] = { lost.jobs[0].claim, 999999 };
    struct store_exchange wanted = {
        .forgotten = forgotten, .forgotten_count = 2, .claim = ++worker->claims, .claim_limit = 10
    };
    struct exchanged got = exchange(worker, worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.count, 3);
    assert_string_equal(got.jobs[0].cells[9], "1");
    assert_int_equal(got.jobs[0].attempts, 1);
    assert_string_equal(cell(fixture, &kept, "status"), "job_status_running");
    exchanged_release(&lost);
    exchanged_release(&got);
}

static void a_refused_outcome_takes_its_exchange_back_and_no_other(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    insert_many(fixture, 3);
    struct exchanged jobs = claim(worker, 3);
    struct store_outcome bad[] = { outcome_of(&jobs.jobs[0], JOB_END_RETURNED, NULL),
                                   outcome_of(&jobs.jobs[1], JOB_END_FAILED, "not this") };
    struct store_outcome good = outcome_of(&jobs.jobs[2], JOB_END_RETURNED, NULL);
    struct store_exchange first = { .outcomes = bad, .outcome_count = 2 };
    struct store_exchange second = { .outcomes = &good, .outcome_count = 1 };
    struct exchanged got[2];
    exchange_begin(worker->jobs, &first, &got[0]);
    exchange_begin(worker->jobs, &second, &got[1]);
    await(fixture, &got[0].base.done);
    await(fixture, &got[1].base.done);
    assert_int_equal(got[0].base.fault, STORE_REFUSED);
    assert_string_not_equal(got[0].base.message, "");
    assert_int_equal(got[1].base.fault, STORE_OK);
    assert_string_equal(cell(fixture, &jobs.jobs[0], "status"), "job_status_running");
    assert_string_equal(cell(fixture, &jobs.jobs[2], "status"), "job_status_succeeded");
    assert_int_equal(finish(worker, &jobs.jobs[0], JOB_END_RETURNED, NULL).base.fault, STORE_OK);
    assert_string_equal(cell(fixture, &jobs.jobs[0], "status"), "job_status_succeeded");
    exchanged_release(&jobs);
    exchanged_release(&got[0]);
    exchanged_release(&got[1]);
}

static void an_error_of_any_bytes_becomes_text(void **state)
{
    struct fixture *fixture = *state;
    struct job job = ended(fixture, JOB_END_FAILED, "caf\xe9 \xff, caf\xc3\xa9");
    assert_string_equal(cell(fixture, &job, "last_error"), "caf\xef\xbf\xbd \xef\xbf\xbd, caf\xc3\xa9");
}

static void an_error_is_kept_up_to_its_limit(void **state)
{
    struct fixture *fixture = *state;
    static char error[STORE_ERROR_MAX + 101];
    memset(error, 'x', STORE_ERROR_MAX);
    struct job job = ended(fixture, JOB_END_DISCARDED, error);
    assert_int_equal(strlen(cell(fixture, &job, "last_error")), STORE_ERROR_MAX);
    sql(fixture, "DELETE FROM fixture_jobs");
    memset(error, 'x', sizeof(error) - 1);
    job = ended(fixture, JOB_END_DISCARDED, error);
    assert_int_equal(strlen(cell(fixture, &job, "last_error")), STORE_ERROR_MAX);
}

/* Ends a new job with this output and returns the length of what is kept of it. */
static size_t kept_output(struct fixture *fixture, const char *output, size_t size)
{
    sql(fixture, "DELETE FROM errand_attempts");
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    struct store_attempt attempt = {
        .started_ago_us = 2000000, .finished_ago_us = 1000000, .output = output, .output_size = size
    };
    struct store_outcome outcome = outcome_of(&job, JOB_END_RETURNED, NULL);
    outcome.attempt = &attempt;
    struct exchanged got = send_outcomes(fixture->worker, fixture->worker->jobs, &outcome, 1);
    assert_int_equal(got.base.fault, STORE_OK);
    exchanged_release(&got);
    return strlen(ask(fixture, "SELECT output FROM errand_attempts"));
}

static void output_is_kept_up_to_its_limit(void **state)
{
    struct fixture *fixture = *state;
    static char output[STORE_OUTPUT_MAX + 10];
    memset(output, 'x', sizeof(output));
    assert_int_equal(kept_output(fixture, output, STORE_OUTPUT_MAX), STORE_OUTPUT_MAX);
    assert_int_equal(kept_output(fixture, output, STORE_OUTPUT_MAX + 1), STORE_OUTPUT_MAX);
    memcpy(output + STORE_OUTPUT_MAX - 1, "\xc3\xa9", 2); /* a character across the limit goes whole */
    assert_int_equal(kept_output(fixture, output, STORE_OUTPUT_MAX + 1), STORE_OUTPUT_MAX - 1);
    assert_int_equal(kept_output(fixture, "a\0b\xff", 4), 8); /* NUL and a stray byte: U+FFFD each */
}

static void an_attempt_is_kept_with_what_happened(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    struct store_attempt attempt = {
        .started_ago_us = 2000000, .finished_ago_us = 1000000, .error = "no", .backtrace = "main\n"
    };
    struct store_outcome outcome = outcome_of(&job, JOB_END_FAILED, "no");
    outcome.attempt = &attempt;
    struct exchanged got = send_outcomes(fixture->worker, fixture->worker->jobs, &outcome, 1);
    assert_int_equal(got.base.fault, STORE_OK);
    exchanged_release(&got);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_attempts WHERE table_name = 'fixture_jobs' AND "
                                         "attempt = 1 AND outcome = 'failed' AND error = 'no' AND output IS NULL AND "
                                         "started_at < finished_at"),
                     1);
    assert_string_equal(ask(fixture, "SELECT job_id FROM errand_attempts"), job.id);
    assert_string_equal(ask(fixture, "SELECT backtrace FROM errand_attempts"), "main\n");
}

static void an_outcome_is_not_lost_for_want_of_our_tables(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "DROP TABLE errand_attempts");
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    struct store_attempt attempt = { .error = "no" };
    struct store_outcome outcome = outcome_of(&job, JOB_END_DISCARDED, "no");
    outcome.attempt = &attempt;
    struct store_exchange wanted = { .outcomes = &outcome, .outcome_count = 1 };
    for (int tries = 0; tries < 5; tries++) { /* a store may first have to see that it is gone */
        struct exchanged got = exchange(fixture->worker, fixture->worker->jobs, &wanted);
        exchanged_release(&got);
        if (got.base.fault == STORE_OK)
            break;
    }
    assert_string_equal(cell(fixture, &job, "status"), "job_status_failed");
}

static void add_stats(struct fixture *fixture, const struct store_stat *stats, size_t count)
{
    struct answered into = { 0 };
    store_stats(fixture->worker->store, stats, count, answered, &into);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_OK);
}

static void statistics_add_up(void **state)
{
    struct fixture *fixture = *state;
    struct store_stat stats[] = {
        { .table = fixture->worker->jobs, .end = JOB_END_RETURNED, .count = 3, .total_us = 30, .max_us = 20 },
        { .table = fixture->worker->jobs, .end = JOB_END_FAILED, .count = 1, .total_us = 5, .max_us = 5 },
    };
    add_stats(fixture, stats, 2);
    stats[0].max_us = 7;
    add_stats(fixture, stats, 1);
    assert_int_equal(ask_number(fixture, "SELECT sum(count) FROM errand_stats WHERE outcome = 'returned'"), 6);
    assert_int_equal(ask_number(fixture, "SELECT sum(total_us) FROM errand_stats WHERE outcome = 'returned'"), 60);
    assert_int_equal(ask_number(fixture, "SELECT max(max_us) FROM errand_stats WHERE outcome = 'returned'"), 20);
    assert_int_equal(ask_number(fixture, "SELECT sum(count) FROM errand_stats WHERE outcome = 'failed' AND "
                                         "table_name = 'fixture_jobs'"),
                     1);
}

/* Ended so many days ago, numbered in this order; each with its job's name. */
static void insert_attempts(struct fixture *fixture, int count, int days_ago)
{
    errand_time ended = clock_realtime_us() - errand_days(days_ago);
    sql(fixture,
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $3) "
        "INSERT INTO errand_attempts (table_name, job_id, attempt, started_at, finished_at, outcome, output) "
        "SELECT 'gone_jobs', $2, n, $1, $1, 'failed', 'said' FROM numbers ORDER BY n",
        errand_timestamp(ended), errand_int(days_ago), errand_int(count));
}

/* Minutes of the day that was so long ago. */
static void insert_minutes(struct fixture *fixture, const char *table, int count, int days_ago)
{
    for (int i = 0; i < count; i++)
        sql(fixture,
            "INSERT INTO errand_stats (table_name, minute, outcome, count, total_us, max_us) "
            "VALUES ($1, $2, 'returned', 1, 1, 1)",
            errand_text(table), errand_timestamp(clock_realtime_us() - errand_days(days_ago) - errand_minutes(i + 1)));
}

struct pruned {
    struct answered base;
    bool more;
};

static void on_pruned(void *arg, struct store_result result, bool more)
{
    struct pruned *into = arg;
    into->more = more;
    answered(&into->base, result);
}

static bool prune(struct fixture *fixture)
{
    struct pruned into = { 0 };
    store_prune(fixture->worker->store, on_pruned, &into);
    await(fixture, &into.base.done);
    if (into.base.fault != STORE_OK)
        fail_msg("%s", into.base.message);
    return into.more;
}

static void attempts_of_more_than_ninety_days_are_removed_in_steps(void **state)
{
    struct fixture *fixture = *state;
    insert_attempts(fixture, STORE_PRUNE_MAX + 1, 91);
    insert_attempts(fixture, 3, 89);
    assert_true(prune(fixture));
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_attempts"), 4);
    assert_false(prune(fixture));
    assert_false(prune(fixture));
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_attempts"), 3);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_attempts WHERE job_id = '89'"), 3);
}

static void statistics_of_more_than_thirty_days_are_removed_in_steps(void **state)
{
    struct fixture *fixture = *state;
    insert_minutes(fixture, "fixture_jobs", STORE_PRUNE_MAX, 30);
    insert_minutes(fixture, "fixture_jobs", 2, 29);
    insert_minutes(fixture, "dropped_jobs", 1, 30);
    insert_minutes(fixture, "renamed_jobs", 1, 0);
    assert_true(prune(fixture));
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_stats"), 4);
    assert_false(prune(fixture));
    assert_false(prune(fixture));
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_stats"), 3);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_stats WHERE table_name = 'dropped_jobs'"), 0);
}

/* And tells nobody to try again at once. */
static void without_our_tables_nothing_is_removed(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = worker_open(fixture);
    await(fixture, &worker->online);
    struct pruned into = { 0 };
    store_prune(worker->store, on_pruned, &into);
    await(fixture, &into.base.done);
    assert_int_equal(into.base.fault, STORE_OK);
    assert_false(into.more);
    worker_free(worker);
}

#ifndef __SANITIZE_ADDRESS__ /* which reserves terabytes of addresses */
static void limit_memory(rlim_t more)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    unsigned long pages;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    limit.rlim_cur = more ? pages * (rlim_t)sysconf(_SC_PAGESIZE) + more : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static void outcomes_for_which_there_is_no_memory_fail_alone(void **state)
{
    struct fixture *fixture = *state;
    static char output[STORE_OUTPUT_MAX];
    static struct store_outcome outcomes[STORE_OUTCOMES_MAX];
    memset(output, 'x', sizeof(output));
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    struct store_attempt attempt = { .output = output, .output_size = sizeof(output) };
    for (size_t i = 0; i < STORE_OUTCOMES_MAX; i++) {
        outcomes[i] = outcome_of(&job, JOB_END_RETURNED, NULL);
        outcomes[i].attempt = &attempt;
    }
    struct store_exchange wanted = { .outcomes = outcomes, .outcome_count = STORE_OUTCOMES_MAX };
    struct exchanged got;
    limit_memory(64 << 20); /* of the 256 MB that it takes */
    exchange_begin(fixture->worker->jobs, &wanted, &got);
    limit_memory(0);
    await(fixture, &got.base.done);
    assert_int_equal(got.base.fault, STORE_BUSY);
    assert_non_null(strstr(got.base.message, "out of memory"));
    exchanged_release(&got);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_running");
    wanted.outcome_count = 1;
    got = exchange(fixture->worker, fixture->worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 0);
    exchanged_release(&got);
}
/* It fails, or is cut short; and whatever was claimed without having been told is claimed again. */
static void a_claim_for_which_there_is_no_memory_loses_no_job(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    enum { JOBS = 50 };
    static char note[1 << 20];
    memset(note, 'x', sizeof(note) - 1);
    insert_many(fixture, JOBS);
    sql(fixture, "UPDATE fixture_jobs SET note = $1", errand_text(note));
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = JOBS };
    struct exchanged got;
    worker->online = 0;
    limit_memory(16 << 20);
    exchange_begin(worker->jobs, &wanted, &got);
    await(fixture, &got.base.done);
    limit_memory(0);
    size_t claimed = got.count;
    uint64_t forgotten = worker->claims;
    bool unknown = got.base.fault == STORE_OFFLINE;
    assert_true(claimed < JOBS);
    if (got.base.fault != STORE_OK)
        assert_non_null(strstr(got.base.message, "memory"));
    if (unknown)
        await(fixture, &worker->online);
    exchanged_release(&got);
    while (claimed < JOBS) {
        wanted = (struct store_exchange){ .claim = ++worker->claims, .claim_limit = 10 };
        wanted.forgotten = &forgotten;
        wanted.forgotten_count = unknown;
        unknown = false;
        got = exchange(worker, worker->jobs, &wanted);
        assert_int_equal(got.base.fault, STORE_OK);
        assert_true(got.count > 0);
        for (size_t i = 0; i < got.count; i++)
            assert_int_equal(got.jobs[i].attempts, 1);
        claimed += got.count;
        exchanged_release(&got);
    }
    assert_int_equal(claimed, JOBS);
}
#endif

const struct CMUnitTest outcomes_tests[] = {
#ifndef __SANITIZE_ADDRESS__
    CONFORMS(outcomes_for_which_there_is_no_memory_fail_alone),
    CONFORMS(a_claim_for_which_there_is_no_memory_loses_no_job),
#endif
    CONFORMS(a_job_that_returned_has_succeeded),
    CONFORMS(a_failed_job_is_retried_later_and_then_failed),
    CONFORMS(a_job_out_of_time_and_attempts_is_timed_out),
    CONFORMS(a_discarded_job_has_failed_at_once),
    CONFORMS(a_snoozed_job_comes_again_without_an_attempt_spent),
    CONFORMS(a_job_that_is_put_back_is_as_before_the_claim),
    CONFORMS(a_killed_job_is_pending_at_once_with_its_attempt_spent),
    CONFORMS(outcomes_come_before_the_claim_of_their_exchange),
    CONFORMS(an_outcome_of_a_row_held_by_another_is_dropped),
    CONFORMS(an_outcome_counts_once),
    CONFORMS(an_outcome_of_a_deleted_row_is_dropped),
    CONFORMS(a_job_of_an_older_claim_is_fenced),
    CONFORMS(the_jobs_of_a_forgotten_claim_are_put_back),
    CONFORMS(a_refused_outcome_takes_its_exchange_back_and_no_other),
    CONFORMS(an_error_of_any_bytes_becomes_text),
    CONFORMS(an_error_is_kept_up_to_its_limit),
    CONFORMS(output_is_kept_up_to_its_limit),
    CONFORMS(an_attempt_is_kept_with_what_happened),
    CONFORMS(an_outcome_is_not_lost_for_want_of_our_tables),
    CONFORMS(statistics_add_up),
    CONFORMS(attempts_of_more_than_ninety_days_are_removed_in_steps),
    CONFORMS(statistics_of_more_than_thirty_days_are_removed_in_steps),
    CONFORMS(without_our_tables_nothing_is_removed),
};
const size_t outcomes_test_count = sizeof(outcomes_tests) / sizeof(*outcomes_tests);
