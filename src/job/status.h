/* The states of a job and what leads from one to the next. Pure: no I/O.

    pending ──claim──▶ running ──returned──▶ succeeded
       ▲                 │  ├──failed, timed out: attempts left──▶ retry (pending again at run_at)
       │                 │  ├──failed: none left──▶ failed
       │                 │  └──timed out: none left──▶ timed_out
       └──put back, snoozed (the attempt is not counted)                                                        */
#ifndef JOB_STATUS_H
#define JOB_STATUS_H

#include <errand/job.h>

enum job_status {
    JOB_STATUS_NOT_STARTED = 1, /* in the order of the labels of JOB_STATUS */
    JOB_STATUS_RUNNING,
    JOB_STATUS_FAILED,
    JOB_STATUS_TIMED_OUT,
    JOB_STATUS_SUCCEEDED,
    JOB_STATUS_RETRY
};

/* "job_status_retry"; NULL for a number that is none. */
const char *job_status_label(enum job_status status);

/* How an attempt ended. */
enum job_end {
    JOB_END_RETURNED = 1,
    JOB_END_FAILED, /* raised, crashed, exited */
    JOB_END_TIMED_OUT,
    JOB_END_DISCARDED, /* errand_discard: failed, and not to be tried again */
    JOB_END_SNOOZED,   /* errand_snooze */
    JOB_END_PUT_BACK,  /* claimed, never started */
    JOB_END_KILLED     /* stopped by the worker's second SIGTERM: pending again at once, the attempt spent */
};
/* "returned", "failed", ...: as errand_attempts and the log name it. */
const char *job_end_label(enum job_end end);

/* What becomes of the row. */
struct job_transition {
    enum job_status status;
    bool uncount;    /* attempts_count - 1 */
    bool set_run_at; /* to now + delay_us */
    int64_t delay_us;
    bool set_error; /* last_error = the error of the attempt */
};

/* The transition of a running job whose attempts_count (this attempt included) is attempts. snooze_us counts for
   JOB_END_SNOOZED only. */
struct job_transition job_transition(enum job_end end, int attempts, const struct errand_job_options *options,
                                     int64_t snooze_us);

#endif
