/* Jobs that do what no job should. */
#include "Generated/types.h"
#include "Web/Helper/trace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void deed_return(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
}

static void deed_abort(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
    abort();
}

static void deed_exit(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx;
    exit(atoi(job->argument));
}

static void deed_exit_at_once(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx;
    _exit(atoi(job->argument));
}

static void deed_segfault(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
    raise(SIGSEGV);
}

static int deeper(volatile char *above)
{
    volatile char frame[4096];
    frame[0] = *above;
    if (frame[0] == 0)
        return 0;
    return deeper(frame) + frame[0];
}

static void deed_overflow(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
    volatile char bottom = 1;
    deeper(&bottom);
}

static void deed_exhaust_memory(struct errand_context *ctx, const BadJob *job)
{
    (void)job;
    for (;;)
        memset(errand_alloc(ctx, 1 << 20), 1, 1 << 20);
}

static void deed_close_all(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
    close_range(0, ~0U, 0);
}

static void deed_leave_a_child(struct errand_context *ctx, const BadJob *job)
{
    pid_t child = fork();
    if (child < 0)
        errand_fail_errno(ctx, "fork");
    while (child == 0)
        pause();
    trace("child", &job->id, job->attempts_count, (int)child);
}

/* And stays itself. */
static void deed_wait_with_a_child(struct errand_context *ctx, const BadJob *job)
{
    deed_leave_a_child(ctx, job);
    trace("start", &job->id, job->attempts_count, 0);
    for (;;)
        pause();
}

static void deed_block_signals(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

/* The page that the process shares with the worker, found as a stray pointer finds it. */
static void deed_scribble(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof(line), maps)) {
        unsigned long from, to;
        if (strstr(line, "errand-runner") && sscanf(line, "%lx-%lx", &from, &to) == 2)
            memset((void *)from, 0xff, to - from);
    }
    if (maps)
        fclose(maps);
}

static void deed_print(struct errand_context *ctx, const BadJob *job)
{
    static char line[64 * 1024];
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    for (long long left = atoll(job->argument); left > 0; left -= (long long)sizeof(line))
        if (write(STDOUT_FILENO, line, sizeof(line)) < 0)
            errand_fail_errno(ctx, "printing");
}

static void deed_lock_own_row(struct errand_context *ctx, const BadJob *job)
{
    errand_begin(ctx);
    errand_sql(ctx, "UPDATE bad_jobs SET argument = $1 WHERE id = $2", errand_text("locked"), errand_id(&job->id));
    trace("start", &job->id, job->attempts_count, 0);
    wait_at_gate(ctx, job->argument);
    errand_commit(ctx);
}

static void deed_lock_own_row_and_die(struct errand_context *ctx, const BadJob *job)
{
    errand_begin(ctx);
    errand_sql(ctx, "UPDATE bad_jobs SET argument = $1 WHERE id = $2", errand_text("locked"), errand_id(&job->id));
    raise(SIGKILL);
}

static void deed_terminate_worker(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
    kill(getppid(), SIGTERM);
}

/* Once: the second attempt succeeds. */
static void deed_kill_worker(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx;
    trace("start", &job->id, job->attempts_count, 0);
    if (job->attempts_count > 1)
        return;
    kill(getppid(), SIGKILL);
    for (;;)
        pause();
}

static void deed_kill_itself(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx, (void)job;
    raise(SIGKILL);
}

static void deed_stop_itself(struct errand_context *ctx, const BadJob *job)
{
    (void)ctx;
    trace("start", &job->id, job->attempts_count, 0);
    raise(SIGSTOP);
}

static void deed_sql(struct errand_context *ctx, const BadJob *job)
{
    errand_begin(ctx); /* opens the connection before it is told of */
    errand_commit(ctx);
    trace("start", &job->id, job->attempts_count, 0);
    errand_sql(ctx, job->argument);
}

/* Work for a job of another type. */
static void deed_make_a_job(struct errand_context *ctx, const BadJob *job)
{
    (void)job;
    errand_sql(ctx, "INSERT INTO other_jobs (number) VALUES ($1)", errand_int(1));
}

static const struct {
    const char *name;
    void (*perform)(struct errand_context *ctx, const BadJob *job);
} deeds[] = {
    { "return", deed_return },
    { "abort", deed_abort },
    { "exit", deed_exit },
    { "_exit", deed_exit_at_once },
    { "segfault", deed_segfault },
    { "overflow", deed_overflow },
    { "exhaust memory", deed_exhaust_memory },
    { "close all", deed_close_all },
    { "leave a child", deed_leave_a_child },
    { "wait with a child", deed_wait_with_a_child },
    { "block signals", deed_block_signals },
    { "scribble", deed_scribble },
    { "print", deed_print },
    { "lock own row", deed_lock_own_row },
    { "lock own row and die", deed_lock_own_row_and_die },
    { "terminate worker", deed_terminate_worker },
    { "kill worker", deed_kill_worker },
    { "kill itself", deed_kill_itself },
    { "stop itself", deed_stop_itself },
    { "sql", deed_sql },
    { "make a job", deed_make_a_job },
};

static void perform(struct errand_context *ctx, const BadJob *job)
{
    for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
        if (strcmp(deeds[i].name, job->deed) == 0) {
            deeds[i].perform(ctx, job);
            return;
        }
    errand_fail(ctx, "no such deed: %s", job->deed);
}

JOB(BadJob, .perform = perform, .max_attempts = 1, .timeout_in_microseconds = 120 * 1000000)
