/* The states of a job and what leads from one to the next. */
#include "job/status.h"

#include "job/backoff.h"

static const char *const labels[] = {
    [JOB_STATUS_NOT_STARTED] = "job_status_not_started", [JOB_STATUS_RUNNING] = "job_status_running",
    [JOB_STATUS_FAILED] = "job_status_failed",           [JOB_STATUS_TIMED_OUT] = "job_status_timed_out",
    [JOB_STATUS_SUCCEEDED] = "job_status_succeeded",     [JOB_STATUS_RETRY] = "job_status_retry",
};

static const char *const end_labels[] = {
    [JOB_END_RETURNED] = "returned",   [JOB_END_FAILED] = "failed",   [JOB_END_TIMED_OUT] = "timed_out",
    [JOB_END_DISCARDED] = "discarded", [JOB_END_SNOOZED] = "snoozed", [JOB_END_PUT_BACK] = "put_back",
    [JOB_END_KILLED] = "killed",
};

const char *job_status_label(enum job_status status)
{
    return status >= JOB_STATUS_NOT_STARTED && status <= JOB_STATUS_RETRY ? labels[status] : NULL;
}

const char *job_end_label(enum job_end end)
{
    return end >= JOB_END_RETURNED && end <= JOB_END_KILLED ? end_labels[end] : NULL;
}

/* What the row was before its claim, which raised attempts: the first time not_started, later retry. */
static enum job_status status_before_claim(int attempts)
{
    return attempts <= 1 ? JOB_STATUS_NOT_STARTED : JOB_STATUS_RETRY;
}

static struct job_transition failure(int attempts, const struct errand_job_options *options, enum job_status last)
{
    if (attempts >= options->max_attempts)
        return (struct job_transition){ .status = last, .set_error = true };
    return (struct job_transition){
        .status = JOB_STATUS_RETRY,
        .set_run_at = true,
        .delay_us = backoff_delay_us(&options->backoff, attempts),
        .set_error = true,
    };
}

struct job_transition job_transition(enum job_end end, int attempts, const struct errand_job_options *options,
                                     int64_t snooze_us)
{
    switch (end) {
    case JOB_END_RETURNED:
        return (struct job_transition){ .status = JOB_STATUS_SUCCEEDED };
    case JOB_END_FAILED:
        return failure(attempts, options, JOB_STATUS_FAILED);
    case JOB_END_TIMED_OUT:
        return failure(attempts, options, JOB_STATUS_TIMED_OUT);
    case JOB_END_DISCARDED:
        return (struct job_transition){ .status = JOB_STATUS_FAILED, .set_error = true };
    case JOB_END_SNOOZED:
        return (struct job_transition){
            .status = status_before_claim(attempts),
            .uncount = true,
            .set_run_at = true,
            .delay_us = snooze_us,
        };
    case JOB_END_PUT_BACK:
        return (struct job_transition){ .status = status_before_claim(attempts), .uncount = true };
    case JOB_END_KILLED:
        break;
    }
    return (struct job_transition){ .status = JOB_STATUS_RETRY, .set_error = true };
}
