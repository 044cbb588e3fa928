/* Jobs that do what no job should. */
#include "jobs.h"

#include <errand/context.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

struct bad_job {
    const char *name;
    const char *argument;
};

static void do_return(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
}

static void do_fail(struct errand_context *ctx, const struct bad_job *job)
{
    errand_fail(ctx, "it said %s", job->argument);
}

static void do_discard(struct errand_context *ctx, const struct bad_job *job)
{
    errand_discard(ctx, "never again %s", job->argument);
}

static void do_snooze(struct errand_context *ctx, const struct bad_job *job)
{
    errand_snooze(ctx, atoll(job->argument));
}

static void do_log(struct errand_context *ctx, const struct bad_job *job)
{
    errand_log(ctx, ERRAND_LOG_WARNING, "careful: %s", job->argument);
}

static void do_print(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    puts(job->argument);
}

static void do_print_without_newline(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    fputs(job->argument, stdout);
}

static void do_system(struct errand_context *ctx, const struct bad_job *job)
{
    if (system(job->argument) != 0)
        errand_fail(ctx, "the command failed");
}

static void do_print_much(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    static char line[1024];
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 2] = '\n';
    for (long i = atol(job->argument); i > 0; i--)
        if (write(1, line, sizeof(line) - 1) < 0)
            return;
}

static void do_abort(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    abort();
}

static void do_exit(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    exit(atoi(job->argument));
}

static void do_exit_at_once(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    _exit(atoi(job->argument));
}

static void do_segfault(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    volatile int *nowhere = (volatile int *)strtoul(job->argument, NULL, 0);
    *nowhere = 1;
}

static int overflow(volatile char *above)
{
    volatile char frame[4096];
    frame[0] = *above;
    if (frame[0] == 0)
        return 0;
    return overflow(frame) + frame[0];
}

static void do_overflow(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    volatile char bottom = 1;
    overflow(&bottom);
}

static void do_exhaust_memory(struct errand_context *ctx, const struct bad_job *job)
{
    (void)job;
    for (;;) {
        void *volatile memory = malloc(1 << 20); /* volatile: clang takes out what nobody reads */
        if (!memory)
            errand_fail(ctx, "no memory is left");
        memset(memory, 1, 1 << 20);
    }
}

static void do_close_all(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    close_range(0, ~0U, 0);
}

static void do_close_all_and_fail(struct errand_context *ctx, const struct bad_job *job)
{
    close_range(0, ~0U, 0);
    do_fail(ctx, job);
}

/* A process that stays, and holds all that this one has open. Its pid goes into the file of the argument. */
static void do_leave_a_child(struct errand_context *ctx, const struct bad_job *job)
{
    pid_t pid = fork();
    if (pid == 0) {
        for (;;)
            pause();
    }
    FILE *file = fopen(job->argument, "w");
    if (!file || pid < 0)
        errand_fail_errno(ctx, "cannot leave a child");
    fprintf(file, "%d\n", (int)pid);
    fclose(file);
}

static void do_return_twice(struct errand_context *ctx, const struct bad_job *job)
{
    (void)job;
    if (fork() < 0)
        errand_fail_errno(ctx, "fork");
}

static void do_block_signals(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGTERM, SIG_IGN);
    signal(SIGSEGV, SIG_IGN);
}

static void do_check_signals(struct errand_context *ctx, const struct bad_job *job)
{
    (void)job;
    sigset_t now;
    struct sigaction action;
    sigprocmask(SIG_SETMASK, NULL, &now);
    for (int number = 1; number < SIGRTMIN; number++)
        if (sigismember(&now, number))
            errand_fail(ctx, "signal %d is blocked", number);
    sigaction(SIGTERM, NULL, &action);
    if (action.sa_handler != SIG_DFL)
        errand_fail(ctx, "SIGTERM is handled");
}

static void do_change_surroundings(struct errand_context *ctx, const struct bad_job *job)
{
    (void)job;
    umask(0777);
    setenv("ERRAND_TEST_LEFT", "1", 1);
    unsetenv("PATH");
    alarm(1000);
    if (chdir("/proc") < 0)
        errand_fail_errno(ctx, "cannot change");
}

static void do_change_all_surroundings(struct errand_context *ctx, const struct bad_job *job)
{
    do_change_surroundings(ctx, job);
    do_block_signals(ctx, job);
    if (!freopen("/dev/null", "w", stdout))
        errand_fail_errno(ctx, "cannot change");
}

static void do_change_all_surroundings_and_fail(struct errand_context *ctx, const struct bad_job *job)
{
    do_change_all_surroundings(ctx, job);
    do_fail(ctx, job);
}

static void do_check_surroundings(struct errand_context *ctx, const struct bad_job *job)
{
    char directory[4096];
    mode_t mask = umask(022);
    struct itimerval timer;
    struct stat status;
    if (mask == 0777)
        errand_fail(ctx, "the umask is %o", mask);
    if (getenv("ERRAND_TEST_LEFT") || !getenv("PATH"))
        errand_fail(ctx, "the environment is another");
    if (!getcwd(directory, sizeof(directory)) || strcmp(directory, "/proc") == 0)
        errand_fail(ctx, "the directory is another");
    if (getitimer(ITIMER_REAL, &timer) < 0 || timer.it_value.tv_sec > 0)
        errand_fail(ctx, "a timer runs");
    if (fstat(1, &status) < 0 || !S_ISFIFO(status.st_mode))
        errand_fail(ctx, "standard output is another");
    (void)job;
}

static void do_ignore_sigterm_and_wait(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    signal(SIGTERM, SIG_IGN);
    for (;;)
        pause();
}

static void do_wait(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    for (;;)
        pause();
}

static void do_return_on_sigterm(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    sigset_t term;
    int number;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    sigwait(&term, &number);
}

/* Waits until the file of the argument exists. */
static void do_wait_for_file(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    while (access(job->argument, F_OK) != 0)
        usleep(1000);
}

static void do_stop(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    raise(SIGSTOP);
}

static void do_signal_parent(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx, (void)job;
    kill(getppid(), SIGTERM);
}

/* Finds the page that is shared with the worker as a stray pointer would. */
static void scribble(const char *how)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof(line), maps)) {
        unsigned long from, to;
        if (!strstr(line, "errand-runner") || sscanf(line, "%lx-%lx", &from, &to) != 2)
            continue;
        if (strcmp(how, "random") == 0)
            for (unsigned char *at = (unsigned char *)from; at < (unsigned char *)to; at++)
                *at = (unsigned char)random();
        else
            memset((void *)from, strcmp(how, "ones") == 0 ? 0xff : 0, to - from);
    }
    if (maps)
        fclose(maps);
}

static void do_scribble(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    scribble(job->argument);
}

static void do_scribble_and_abort(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    scribble(job->argument);
    abort();
}

static void do_scribble_and_wait(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    scribble(job->argument);
    for (;;)
        pause();
}

/* Into every socket that it finds. Waits then, so that it does not return before the worker has seen it. */
static void do_write_garbage(struct errand_context *ctx, const struct bad_job *job)
{
    (void)ctx;
    char garbage[300];
    memset(garbage, atoi(job->argument), sizeof(garbage));
    for (int fd = 3; fd < 1024; fd++) {
        struct stat status;
        if (fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
            send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
    }
    for (;;)
        pause();
}

static const struct {
    const char *name;
    void (*perform)(struct errand_context *ctx, const struct bad_job *job);
} deeds[] = {
    { "return", do_return },
    { "fail", do_fail },
    { "discard", do_discard },
    { "snooze", do_snooze },
    { "log", do_log },
    { "print", do_print },
    { "print without newline", do_print_without_newline },
    { "system", do_system },
    { "print much", do_print_much },
    { "abort", do_abort },
    { "exit", do_exit },
    { "_exit", do_exit_at_once },
    { "segfault", do_segfault },
    { "overflow", do_overflow },
    { "exhaust memory", do_exhaust_memory },
    { "close all", do_close_all },
    { "close all and fail", do_close_all_and_fail },
    { "leave a child", do_leave_a_child },
    { "return twice", do_return_twice },
    { "block signals", do_block_signals },
    { "check signals", do_check_signals },
    { "change surroundings", do_change_surroundings },
    { "change all surroundings", do_change_all_surroundings },
    { "change all surroundings and fail", do_change_all_surroundings_and_fail },
    { "check surroundings", do_check_surroundings },
    { "ignore SIGTERM and wait", do_ignore_sigterm_and_wait },
    { "wait", do_wait },
    { "return on SIGTERM", do_return_on_sigterm },
    { "wait for file", do_wait_for_file },
    { "stop", do_stop },
    { "signal parent", do_signal_parent },
    { "scribble", do_scribble },
    { "scribble and abort", do_scribble_and_abort },
    { "scribble and wait", do_scribble_and_wait },
    { "write garbage", do_write_garbage },
};

static void perform(struct errand_context *ctx, const void *record)
{
    const struct bad_job *job = record;
    for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
        if (strcmp(deeds[i].name, job->name) == 0) {
            deeds[i].perform(ctx, job);
            return;
        }
    errand_fail(ctx, "no such deed: %s", job->name);
}

static void perform_nothing(struct errand_context *ctx, const void *record)
{
    (void)ctx, (void)record;
}

static const struct errand_column columns[] = {
    { .name = "name", .sql_type = "text", .type = ERRAND_TYPE_TEXT, .offset = offsetof(struct bad_job, name) },
    { .name = "argument", .sql_type = "text", .type = ERRAND_TYPE_TEXT, .offset = offsetof(struct bad_job, argument) },
};

static const struct errand_table bad_jobs = {
    .name = "bad_jobs",
    .record_name = "BadJob",
    .record_size = sizeof(struct bad_job),
    .columns = columns,
    .column_count = 2,
};

static const struct errand_table quiet_jobs = {
    .name = "quiet_jobs",
    .record_name = "QuietJob",
    .record_size = sizeof(struct bad_job),
    .columns = columns,
    .column_count = 2,
};

ERRAND_OVERRIDES_OFF
static const struct errand_job_options options = { ERRAND_JOB_OPTION_DEFAULTS };
ERRAND_OVERRIDES_ON

static const struct errand_job_type job_types[] = {
    { .table = &bad_jobs, .options = &options, .perform = perform },
    { .table = &quiet_jobs, .options = &options, .perform = perform_nothing },
    { .table = NULL },
};

static const struct errand_table *const tables[] = { &bad_jobs, &quiet_jobs, NULL };

const struct errand_schema test_schema = { .tables = tables, .job_types = job_types };

static size_t add_cell(char *at, const char *text)
{
    uint32_t size = (uint32_t)strlen(text);
    memcpy(at, &size, sizeof(size));
    memcpy(at + sizeof(size), text, size);
    return sizeof(size) + size;
}

size_t test_row(char row[TEST_ROW_MAX], const char *name, const char *argument)
{
    size_t size = add_cell(row, name);
    return size + add_cell(row + size, argument);
}
