/* Runners, seen from the worker: processes of the same program that run `perform`, one job at a time, in the order in
   which they were sent. This header is the worker's end; child.c is the other. What a runner does cannot harm the
   worker: everything it says is checked. */
#ifndef RUNNER_RUNNER_H
#define RUNNER_RUNNER_H

#include "base/log.h"
#include "job/status.h"
#include "store/connection.h"

#include <errand/table.h>

#include <uv.h>

struct runner;

/* One job in a runner. Embedded in the worker's own job, which lives until the task has ended. */
struct runner_task {
    /* Filled in by the worker before runner_send; row and id are used during the call only. */
    const char *id;
    int attempts;
    const void *row; /* encoded (store/connection.h) */
    size_t row_size;
    /* The runner's. */
    struct runner *runner; /* NULL before it is sent and after it has ended */
    uint32_t slot;
    uint64_t sequence;
};

/* How a task ended, or that it never began. Pointers are valid during the callback. */
struct runner_end {
    enum job_end end;      /* RETURNED, FAILED, TIMED_OUT, DISCARDED, SNOOZED, KILLED, or PUT_BACK: not started */
    const char *error;     /* what last_error is to say; NULL where there is none */
    const char *backtrace; /* NULL where none could be had */
    const char *output;    /* what it printed, the first RUNNER_OUTPUT_MAX bytes; NULL: nothing */
    size_t output_size;
    bool output_cut; /* it printed more */
    int64_t snooze_us;
    int64_t started_us, ended_us; /* CLOCK_MONOTONIC; 0 where it never began */
    bool process_ended;           /* it ended because its process did: what that had open in the database may still be
                                     there for a moment (runner_backend) */
};

struct runner_events {
    /* The process is up and takes jobs. (It may be sent some before.) */
    void (*ready)(void *owner, struct runner *runner);
    /* A task has ended; it is the worker's again. Tasks end in the order of their start. When `more` is true further
       ends follow at once, from the same message. */
    void (*ended)(void *owner, struct runner *runner, struct runner_task *task, const struct runner_end *end,
                  bool more);
    /* A task has printed a line, or errand_log was called: already escaped, for the log. */
    void (*printed)(void *owner, struct runner *runner, struct runner_task *task, enum errand_log_level level,
                    const char *line);
    /* The process and its whole process group are gone, and all its tasks have been told as ended. `runner` is freed
       after the call. `failure` is NULL after an orderly retirement; otherwise what happened, for the log. A process
       that never became ready says so here too. */
    void (*exited)(void *owner, struct runner *runner, const char *failure);
};

struct runner_config {
    const struct errand_schema *schema;
    const char *program;       /* path of the image (runner_program) */
    const char *database_url;  /* handed to the child in its environment */
    size_t memory_limit_bytes; /* RLIMIT_AS of the child; 0: as it is */
    const struct log *log;
};

enum {
    RUNNER_SLOTS = 1024, /* tasks in one runner at once, at most */
    RUNNER_OUTPUT_MAX = 64 * 1024,
    RUNNER_ERROR_MAX = 8 * 1024,
    RUNNER_GRACE_MS = 1000 /* between SIGTERM and SIGKILL */
};

/* To be called first in main, before anything reads a file or starts a thread: remembers the path and inode of the
   running program, so that runner_start can start the same image even after it was replaced on disk. */
void runner_remember_program(void);
/* The path if it still names that inode, else /proc/self/exe. */
const char *runner_program(void);

/* Starts a process. NULL and the sentence where the system refuses (too many processes, no memory). */
struct runner *runner_start(uv_loop_t *loop, const struct runner_config *config, const struct runner_events *events,
                            void *owner, struct errand_error *err);

int runner_pid(const struct runner *runner);
struct backend runner_backend(const struct runner *runner);
/* Tasks that it holds, started or not. */
size_t runner_task_count(const struct runner *runner);
/* Jobs that it has been sent since its start, and jobs that ended by raising (leaks are bounded by retiring it). */
size_t runner_jobs_done(const struct runner *runner);
size_t runner_raises(const struct runner *runner);

/* Sends tasks of one type, at the index type_index of the schema's job_types, in one message. The runner must have
   room (RUNNER_SLOTS). timeout_us is for errand_time_left_us alone; the worker enforces it. Where several are sent
   at once, a job that prints ends its message: the tasks behind it come back as PUT_BACK, to be sent one by one. Never
   blocks; 0, or -1 where the runner is going. */
int runner_send(struct runner *runner, size_t type_index, struct runner_task *const *tasks, size_t count,
                int64_t timeout_us);

/* The task that runs at this moment and since when (CLOCK_MONOTONIC), by the shared page; NULL where none does. */
struct runner_task *runner_current(struct runner *runner, int64_t *started_us);
/* Takes back every task that has not started; each is told as PUT_BACK through `ended` before this returns, in
   the order of sending. The current task goes on. Returns how many. */
size_t runner_take_back(struct runner *runner);

/* Ends the runner: takes back what has not started, SIGTERM to its process group, SIGKILL after RUNNER_GRACE_MS. The
   running task ends as `end` (TIMED_OUT, FAILED, KILLED) with this error, whatever it says from now on. */
void runner_kill(struct runner *runner, enum job_end end, const char *error);
/* Asks it to go once its tasks have ended; what is still of its process group is killed. */
void runner_retire(struct runner *runner);

/* In main of a program that may be a runner: true if this process was started by runner_start. */
bool runner_is_child(void);
/* Runs jobs until the worker goes or says so; returns the exit code. */
int runner_child_main(const struct errand_schema *schema);

#endif
