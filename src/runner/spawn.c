/* The start of a runner: a new process of the same program, in a process group of its own, with one socket for
   messages, one shared page, one pipe for what it prints, and nothing else. */
#include "runner/internal.h"

#include "base/error.h"
#include "base/uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What one start opens; -1 where it is not open. Each is closed when the start is over, but for the worker's own. */
struct start {
    int sockets[2];
    int pipe[2];
    int page;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void start_release(struct start *start)
{
    close_fd(&start->sockets[0]);
    close_fd(&start->sockets[1]);
    close_fd(&start->pipe[0]);
    close_fd(&start->pipe[1]);
    close_fd(&start->page);
}

static int start_open(struct start *start, struct runner *runner, struct errand_error *err)
{
    *start = (struct start){ { -1, -1 }, { -1, -1 }, -1 };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, start->sockets) < 0 || pipe2(start->pipe, O_CLOEXEC) < 0 ||
        (start->page = page_create()) < 0 || fcntl(start->pipe[0], F_SETFL, O_NONBLOCK) < 0)
        return error_set(err, "cannot start a process for jobs: %s", strerror(errno));
    runner->page = page_map(start->page);
    if (!runner->page)
        return error_set(err, "cannot start a process for jobs: %s", strerror(errno));
    return 0;
}

static bool names(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* A copy of the environment with DATABASE_URL and the runner's own variable; to be freed, and its first two texts. */
static char **environment_new(const struct runner_config *config)
{
    size_t count = 0, used = 2;
    while (environ[count])
        count++;
    char **copy = calloc(count + 3, sizeof(*copy));
    if (!copy)
        return NULL;
    if (asprintf(&copy[0], "%s=%d %zu", RUNNER_ENVIRONMENT, (int)getpid(), config->memory_limit_bytes) < 0)
        goto failed;
    if (asprintf(&copy[1], "DATABASE_URL=%s", config->database_url ? config->database_url : "") < 0) {
        free(copy[0]);
        goto failed;
    }
    for (size_t i = 0; i < count; i++)
        if (!names(environ[i], RUNNER_ENVIRONMENT) && !names(environ[i], "DATABASE_URL"))
            copy[used++] = environ[i];
    return copy;
failed:
    free(copy);
    return NULL;
}

static void environment_free(char **environment)
{
    if (environment) {
        free(environment[0]);
        free(environment[1]);
    }
    free(environment);
}

static void on_exit_of_process(uv_process_t *process, int64_t status, int signal)
{
    runner_settle(process->data, status, signal);
}

static int spawn(uv_loop_t *loop, struct runner *runner, const struct runner_config *config, const struct start *start)
{
    char **environment = environment_new(config);
    if (!environment)
        return UV_ENOMEM;
    uv_stdio_container_t stdio[] = {
        { .flags = UV_IGNORE },
        { .flags = UV_INHERIT_FD, .data.fd = start->pipe[1] },
        { .flags = UV_INHERIT_FD, .data.fd = start->pipe[1] },
        [RUNNER_MESSAGES_FD] = { .flags = UV_INHERIT_FD, .data.fd = start->sockets[1] },
        [RUNNER_PAGE_FD] = { .flags = UV_INHERIT_FD, .data.fd = start->page },
    };
    /* A name of its own in ps; the program is found by its path. */
    char *arguments[] = { RUNNER_NAME, NULL };
    uv_process_options_t options = {
        .exit_cb = on_exit_of_process,
        .file = config->program,
        .args = arguments,
        .env = environment,
        .flags = UV_PROCESS_DETACHED, /* setsid: a process group of its own */
        .stdio_count = 5,
        .stdio = stdio,
    };
    int result = uv_spawn(loop, &runner->process, &options);
    runner->open_handles = 1; /* also where it failed */
    environment_free(environment);
    return result;
}

static void on_messages(uv_poll_t *poll, int status, int events)
{
    struct runner *runner = poll->data;
    if (status == 0 && (events & UV_WRITABLE))
        runner_flush(runner);
    if (status < 0 || (events & (UV_READABLE | UV_DISCONNECT)))
        runner_receive(runner);
}

static void on_prints(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    output_collect(poll->data);
}

static void open_handles(uv_loop_t *loop, struct runner *runner)
{
    uv_poll_init(loop, &runner->messages, runner->socket);
    uv_poll_init(loop, &runner->prints, runner->output_fd);
    uv_timer_init(loop, &runner->harvest);
    uv_timer_init(loop, &runner->grace);
    runner->messages.data = runner->prints.data = runner->harvest.data = runner->grace.data = runner;
    runner->open_handles += 4;
    runner_watch_messages(runner);
    uv_poll_start(&runner->prints, UV_READABLE, on_prints);
}

void runner_watch_messages(struct runner *runner)
{
    int events = runner->deaf ? 0 : UV_READABLE;
    if (runner->unsent.size > runner->unsent_done)
        events |= UV_WRITABLE;
    if (events)
        uv_poll_start(&runner->messages, events, on_messages);
    else
        uv_poll_stop(&runner->messages);
}

static void runner_free(struct runner *runner)
{
    close_fd(&runner->socket);
    close_fd(&runner->output_fd);
    page_unmap(runner->page);
    buffer_release(&runner->inbox);
    buffer_release(&runner->unsent);
    output_release(runner);
    free(runner->kill_error);
    free(runner);
}

static void on_closed(uv_handle_t *handle)
{
    struct runner *runner = handle->data;
    if (--runner->open_handles == 0)
        runner_free(runner);
}

static void close_handle(void *handle)
{
    uv_close(handle, on_closed);
}

void runner_close(struct runner *runner)
{
    if (runner->open_handles == 0) {
        runner_free(runner);
        return;
    }
    close_handle(&runner->process);
    if (runner->open_handles > 1) {
        close_handle(&runner->messages);
        close_handle(&runner->prints);
        close_handle(&runner->harvest);
        close_handle(&runner->grace);
    }
}

static struct runner *runner_new(const struct runner_config *config, const struct runner_events *events, void *owner)
{
    struct runner *runner = calloc(1, sizeof(*runner));
    if (!runner)
        return NULL;
    *runner = (struct runner){
        .schema = config->schema,
        .log = config->log,
        .events = *events,
        .owner = owner,
        .socket = -1,
        .output_fd = -1,
        .inbox = BUFFER_INIT(2 * MESSAGE_FROM_RUNNER_MAX),
        .unsent = BUFFER_INIT(2 * (size_t)MESSAGE_TO_RUNNER_MAX),
        .output = { .kept = BUFFER_INIT(RUNNER_OUTPUT_MAX), .stray = BUFFER_INIT(RUNNER_STRAY_MAX) },
        .oom_kills = death_count_oom_kills(),
    };
    random_bytes(&runner->seed, sizeof(runner->seed));
    runner->process.data = runner;
    return runner;
}

struct runner *runner_start(uv_loop_t *loop, const struct runner_config *config, const struct runner_events *events,
                            void *owner, struct errand_error *err)
{
    struct runner *runner = runner_new(config, events, owner);
    if (!runner) {
        error_set(err, "cannot start a process for jobs: no memory is left");
        return NULL;
    }
    struct start start;
    if (start_open(&start, runner, err) < 0) {
        start_release(&start);
        runner_close(runner);
        return NULL;
    }
    int result = spawn(loop, runner, config, &start);
    if (result < 0) {
        error_set(err, "cannot start a process for jobs (%s): %s", config->program, uv_strerror(result));
        start_release(&start);
        runner_close(runner);
        return NULL;
    }
    runner->pid = uv_process_get_pid(&runner->process);
    runner->socket = start.sockets[0];
    runner->output_fd = start.pipe[0];
    start.sockets[0] = start.pipe[0] = -1;
    start_release(&start);
    open_handles(loop, runner);
    return runner;
}
