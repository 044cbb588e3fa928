/* The worker's end of one runner, shared between runner.c (what the worker calls), spawn.c (its start), receive.c (what
   it says), output.c (what its jobs print) and death.c (its end). */
#ifndef RUNNER_INTERNAL_H
#define RUNNER_INTERNAL_H

#include "base/buffer.h"
#include "runner/message.h"
#include "runner/page.h"
#include "runner/runner.h"

enum {
    RUNNER_LINE_MAX = 1024,      /* bytes of one line for the log, before escaping */
    RUNNER_STRAY_MAX = 2 * 1024, /* kept of what it printed outside of any job: why it did not start */
    RUNNER_RETIRE_MS = 5000,     /* between its last task and SIGKILL, once it was asked to go */
    RUNNER_HARVEST_MIN_MS = 2,
    RUNNER_HARVEST_MAX_MS = 64
};

/* What its process is called, where it says where something is in its program too. */
#define RUNNER_NAME "errand-runner"
/* How the child finds what it inherited. */
#define RUNNER_ENVIRONMENT "ERRAND_RUNNER"
enum { RUNNER_MESSAGES_FD = 3, RUNNER_PAGE_FD = 4 };

/* Why a runner has ended by itself. */
enum {
    RUNNER_EXIT_CLOSED = 113,  /* a job has closed its descriptors */
    RUNNER_EXIT_DAMAGED = 114, /* a job has written over the shared page */
    RUNNER_EXIT_SETUP = 115    /* it could not start; it has printed why */
};

/* What the running task, or none, has printed. */
struct runner_output {
    struct buffer kept; /* the first RUNNER_OUTPUT_MAX bytes */
    size_t lined;       /* of these, how many have been told as lines */
    bool cut;
    bool owned; /* by the task with the number `owner` */
    uint64_t owner;
    struct buffer stray;
};

struct runner {
    const struct errand_schema *schema;
    const struct log *log;
    struct runner_events events;
    void *owner;

    uv_process_t process;
    uv_poll_t messages, prints;
    uint64_t harvest_ms;
    uv_timer_t harvest; /* looks at the page for what has returned behind a job that goes on */
    uv_timer_t grace;   /* then SIGKILL */
    int open_handles;
    int socket, output_fd; /* owned */
    int pid;
    struct backend backend; /* of its connection; none: it has not opened one */
    uint64_t oom_kills;     /* of the system, when this runner started */

    struct page *page;
    uint64_t seed;
    /* Tasks by their number modulo PAGE_SLOTS; NULL: ended. Those from `first` to `next` may be held. */
    struct runner_task *ring[PAGE_SLOTS];
    uint64_t first, next;
    size_t held;
    size_t taken; /* taken back, and not yet told */
    size_t sent, raises;
    int64_t busy_since_us; /* when the last task ended, or the first was sent after an idle time */

    struct buffer inbox;
    struct buffer unsent;
    size_t unsent_done; /* bytes at its front that have been sent */
    struct runner_output output;

    bool ready;
    bool going; /* takes no more tasks */
    bool retiring;
    bool telling;          /* inside runner_receive or runner_harvest */
    bool deaf;             /* what it says does not count any more */
    bool dead;             /* the process has ended */
    bool signalled;        /* by us: TERM or KILL */
    const char *violation; /* what it did that no runner does; static text */

    enum job_end kill_end; /* 0: runner_kill was not called */
    char *kill_error;      /* owned */
    bool has_victim;
    uint64_t victim;     /* the task that runner_kill ends */
    uint64_t told_up_to; /* inside runner_receive: the number behind the outcomes that have already come */
};

/* spawn.c */
void runner_close(struct runner *runner);

/* runner.c */
struct runner_task *runner_held(const struct runner *runner, uint64_t sequence);
/* Hands the task back to the worker. */
void runner_tell(struct runner *runner, uint64_t sequence, struct runner_end *end, bool more);
/* Tells what the page says has returned; the message that says so may wait behind a long job. */
void runner_harvest(struct runner *runner);
void runner_flush(struct runner *runner);
void runner_signal(const struct runner *runner, int signal);
void runner_kill_now(struct runner *runner, const char *violation);
void runner_watch_messages(struct runner *runner);

/* receive.c */
void runner_receive(struct runner *runner);

/* output.c */
/* Reads what is in the pipe now, and no more than a pipe can hold. */
void output_collect(struct runner *runner);
/* Before a task is told: the rest of its last line, and what it printed into its end. */
void output_finish(struct runner *runner, struct runner_task *task, struct runner_end *end);
void output_forget(struct runner *runner);
void output_release(struct runner *runner);
/* A line of text from a job, escaped. */
void output_tell_line(struct runner *runner, struct runner_task *task, enum errand_log_level level, const char *text,
                      size_t size);

/* trace.c */
enum {
    TRACE_FRAMES_MAX = 48,
    TRACE_NAME_MAX = 200,
    TRACE_TEXT_MAX = 4 * PAGE_TRACE_MAX + TRACE_FRAMES_MAX * 4 * TRACE_NAME_MAX
};
/* The trace of a crashed process of this program, made valid text, with the names of static functions. */
void trace_add(struct buffer *out, const char *trace);

/* death.c */
void runner_settle(struct runner *runner, int64_t status, int signal);
uint64_t death_count_oom_kills(void);

#endif
