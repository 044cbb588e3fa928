/* The lifecycle: what each end of an attempt makes of the row. */
#include "job/status.h"
#include "job/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct errand_job_options defaults = { ERRAND_JOB_OPTION_DEFAULTS };

static void a_failed_job_is_retried_while_attempts_are_left(void **state)
{
    (void)state;
    struct job_transition next = job_transition(JOB_END_FAILED, 9, &defaults, 0);
    assert_int_equal(next.status, JOB_STATUS_RETRY);
    assert_true(next.set_run_at && next.set_error && !next.uncount);
    assert_true(next.delay_us == 30000000);
    assert_int_equal(job_transition(JOB_END_FAILED, 10, &defaults, 0).status, JOB_STATUS_FAILED);
    assert_int_equal(job_transition(JOB_END_TIMED_OUT, 9, &defaults, 0).status, JOB_STATUS_RETRY);
    assert_int_equal(job_transition(JOB_END_TIMED_OUT, 10, &defaults, 0).status, JOB_STATUS_TIMED_OUT);
    assert_int_equal(job_transition(JOB_END_DISCARDED, 1, &defaults, 0).status, JOB_STATUS_FAILED);
}

static void zero_attempts_means_one_run(void **state)
{
    (void)state;
    struct errand_job_options never = defaults;
    never.max_attempts = 0;
    assert_int_equal(job_transition(JOB_END_FAILED, 1, &never, 0).status, JOB_STATUS_FAILED);
    assert_int_equal(job_transition(JOB_END_TIMED_OUT, 1, &never, 0).status, JOB_STATUS_TIMED_OUT);
}

static void put_back_and_snoozed_jobs_lose_no_attempt(void **state)
{
    (void)state;
    struct job_transition back = job_transition(JOB_END_PUT_BACK, 1, &defaults, 0);
    assert_int_equal(back.status, JOB_STATUS_NOT_STARTED);
    assert_true(back.uncount && !back.set_run_at && !back.set_error);
    assert_int_equal(job_transition(JOB_END_PUT_BACK, 2, &defaults, 0).status, JOB_STATUS_RETRY);
    struct job_transition snoozed = job_transition(JOB_END_SNOOZED, 1, &defaults, 5000000);
    assert_true(snoozed.uncount && snoozed.set_run_at && snoozed.delay_us == 5000000);
    struct job_transition killed = job_transition(JOB_END_KILLED, 1, &defaults, 0);
    assert_int_equal(killed.status, JOB_STATUS_RETRY);
    assert_false(killed.uncount || killed.set_run_at);
}

static void exponential_backoff_doubles_up_to_a_day(void **state)
{
    (void)state;
    const struct errand_backoff five = EXPONENTIAL_BACKOFF(5);
    assert_true(backoff_delay_us(&five, 1) == 10000000);
    assert_true(backoff_delay_us(&five, 2) == 20000000);
    assert_true(backoff_delay_us(&five, 14) == INT64_C(81920) * 1000000);
    assert_true(backoff_delay_us(&five, 15) == BACKOFF_MAX_US);
    assert_true(backoff_delay_us(&five, 1000000) == BACKOFF_MAX_US);
}

static void labels_are_those_of_the_enum(void **state)
{
    (void)state;
    static const char *const labels[] = { "job_status_not_started", "job_status_running",   "job_status_failed",
                                          "job_status_timed_out",   "job_status_succeeded", "job_status_retry" };
    for (int i = 0; i < 6; i++)
        assert_string_equal(job_status_label((enum job_status)(JOB_STATUS_NOT_STARTED + i)), labels[i]);
    assert_null(job_status_label((enum job_status)7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_job_is_retried_while_attempts_are_left),
        cmocka_unit_test(zero_attempts_means_one_run),
        cmocka_unit_test(put_back_and_snoozed_jobs_lose_no_attempt),
        cmocka_unit_test(exponential_backoff_doubles_up_to_a_day),
        cmocka_unit_test(labels_are_those_of_the_enum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
