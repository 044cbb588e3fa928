/* RunJobs and RunDashboard. When one was built anew, the old one is told to end, which lets what it does end, and the
   new one starts at once beside it. */
#include "dev/dev.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The old worker lets its jobs end, however long they take. */
static const char *const worker_argv[] = { "build/bin/RunJobs", "--shutdown-timeout", "0", NULL };
static const char *const dashboard_argv[] = { "build/bin/RunDashboard", "--port", "0", "--mount", "/jobs", NULL };

static const struct {
    const char *title;
    enum dev_log_name log;
    const char *const *argv;
} kinds[PROGRAM_COUNT] = {
    [PROGRAM_WORKER] = { "the worker", DEV_LOG_WORKER, worker_argv },
    [PROGRAM_DASHBOARD] = { "the dashboard", DEV_LOG_DASHBOARD, dashboard_argv },
};

/* What ends sooner has failed, though it may have started well. */
enum { LIVED_MS = 30 * 1000 };

/* One start of a program, so that one that was replaced does not speak for its successor. */
struct run {
    struct program *program;
    struct child *child;
};

/* One that is told to end while a connection still waits for it would drop that unanswered. */
static void let_go(struct program *program)
{
    if (!program->leaving || program->asks[(program->turn + 1) % 2] > 0)
        return;
    child_signal(program->leaving, SIGTERM);
    program->leaving = NULL;
}

unsigned program_ask(struct program *program)
{
    program->asks[program->turn % 2]++;
    return program->turn;
}

void program_answered(struct program *program, unsigned turn)
{
    program->asks[turn % 2]--;
    let_go(program);
}

/* The newest serves from now on. */
static void take_turn(struct program *program)
{
    if (program->leaving) /* it had its time, of a whole start */
        child_signal(program->leaving, SIGTERM);
    program->leaving = program->before;
    program->before = NULL;
    program->turn++;
    let_go(program);
}

static void on_line(struct dev *dev, void *owner, const char *line)
{
    static const char address[] = "The dashboard is at http://127.0.0.1:";
    struct run *run = owner;
    if (run->program->child != run->child)
        return;
    snprintf(run->program->said, sizeof(run->program->said), "%s", line);
    if (run->program->log != DEV_LOG_DASHBOARD || strncmp(line, address, strlen(address)) != 0)
        return;
    run->program->port = atoi(line + strlen(address));
    take_turn(run->program);
    dev->version++;
}

static void start(struct program *program);

/* make clean takes it away; a build brings it back, and starts it. */
static void on_again(uv_timer_t *timer)
{
    struct program *program = timer->data;
    if (access(program->argv[0], X_OK) == 0) {
        start(program);
        return;
    }
    dev_tell(program->dev, program->log, "%s is not there; it is built again", program->argv[0]);
    build_want(program->dev);
}

static void on_lived(uv_timer_t *timer)
{
    struct program *program = timer->data;
    program->failures = 0;
    program->dev->version++;
}

/* Later and later, until it is built anew. Gives the seconds. */
static int start_again(struct program *program)
{
    int delay_s = program->failures < 5 ? 1 << program->failures : 30;
    program->failures++;
    uv_timer_start(&program->timer, on_again, (uint64_t)delay_s * 1000, 0);
    return delay_s;
}

static void on_exit_of(struct dev *dev, void *owner, int status)
{
    struct run *run = owner;
    struct program *program = run->program;
    bool is_current = program->child == run->child,
         serves = program->before ? program->before == run->child : is_current;
    if (serves) {
        program->before = NULL;
        program->port = 0;
    }
    if (program->leaving == run->child)
        program->leaving = NULL;
    free(run);
    dev->version++;
    if (!is_current)
        return;
    program->child = NULL;
    if (dev->stopping)
        return;
    char text[64];
    child_status_text(status, text);
    snprintf(program->last_words, sizeof(program->last_words), "%s", *program->said ? program->said : text);
    dev_tell(dev, program->log, "%s ended with %s; it is started again in %d s", program->title, text,
             start_again(program));
}

static void start(struct program *program)
{
    struct dev *dev = program->dev;
    struct errand_error err;
    struct run *run = malloc(sizeof(*run));
    if (!run || stat(program->argv[0], &program->image) != 0)
        return free(run);
    const struct child_plan plan = {
        .log = program->log, .argv = program->argv, .on_line = on_line, .on_exit = on_exit_of, .owner = run
    };
    program->child = child_start(dev, &plan, &err);
    program->said[0] = '\0';
    uv_timer_start(&program->timer, on_lived, LIVED_MS, 0);
    *run = (struct run){ .program = program, .child = program->child };
    if (!program->child) {
        snprintf(program->last_words, sizeof(program->last_words), "%s", err.message);
        dev_tell(dev, program->log, "%s; it is tried again in %d s", err.message, start_again(program));
        free(run);
    }
    dev->version++;
}

static bool is_same_image(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The worker takes no more jobs from now on. The dashboard serves until the new one does. */
static void replace(struct program *program)
{
    dev_tell(program->dev, program->log, "%s was built anew; the old one ends when its work is done", program->title);
    if (program->port != 0 && !program->before)
        program->before = program->child;
    else
        child_signal(program->child, SIGTERM);
}

static void refresh(struct program *program)
{
    struct stat image;
    if (stat(program->argv[0], &image) != 0 || (program->child && is_same_image(&image, &program->image)))
        return;
    program->failures = 0;
    if (program->child)
        replace(program);
    start(program);
}

void programs_init(struct dev *dev)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        struct program *program = &dev->programs[i];
        *program = (struct program){ .dev = dev, .title = kinds[i].title, .log = kinds[i].log, .argv = kinds[i].argv };
        uv_timer_init(&dev->loop, &program->timer);
        program->timer.data = program;
    }
}

void programs_refresh(struct dev *dev)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++)
        refresh(&dev->programs[i]);
}

void programs_close(struct dev *dev)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++)
        uv_timer_stop(&dev->programs[i].timer);
}
