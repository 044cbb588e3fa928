/* The parent of the process that serves. Views are code of the application's, in the process that serves: where one
   crashes it, connections wait in the socket's queue until the next child takes them. */
#include "dashboard/http/supervise.h"

#include "base/clock.h"
#include "base/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAUSE_FIRST_MS = 100, /* before the next child, doubling with each that does not last */
    PAUSE_LAST_MS = 10000,
    LASTS_MS = 10000, /* who lived for so long lasted */
};

struct supervisor {
    const struct served *served;
    const struct log *log;
    int signals; /* a signalfd */
    sigset_t before;
    pid_t child;  /* 0: none */
    int ready_fd; /* readable when it serves or has died; -1 after that */
    bool was_ready, stops;
    int64_t started_us;
    int pause_ms; /* before the next one */
    int code;
};

static void close_ready(struct supervisor *supervisor)
{
    if (supervisor->ready_fd >= 0)
        close(supervisor->ready_fd);
    supervisor->ready_fd = -1;
}

static _Noreturn void be_child(struct supervisor *supervisor, pid_t parent, const int pipe_fds[2])
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    close(pipe_fds[0]);
    close(supervisor->signals);
    sigprocmask(SIG_SETMASK, &supervisor->before, NULL);
    exit(supervisor->served->run(supervisor->served->arg, pipe_fds[1]));
}

static int start_child(struct supervisor *supervisor)
{
    int fds[2];
    pid_t parent = getpid();
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    if (supervisor->served->last_words)
        supervisor->served->last_words[0] = '\0';
    supervisor->child = fork();
    if (supervisor->child == 0)
        be_child(supervisor, parent, fds);
    close(fds[1]);
    supervisor->ready_fd = fds[0];
    supervisor->started_us = clock_monotonic_us();
    if (supervisor->child > 0)
        return 0;
    supervisor->child = 0;
    close_ready(supervisor);
    return -1;
}

/* A byte says that it serves; the end of the pipe without one, that it died before. */
static void on_ready(struct supervisor *supervisor)
{
    char byte;
    bool serves = read(supervisor->ready_fd, &byte, 1) == 1;
    close_ready(supervisor);
    if (!serves || supervisor->was_ready)
        return;
    supervisor->was_ready = true;
    supervisor->served->ready(supervisor->served->arg);
    notify_systemd("READY=1");
}

static void log_death(const struct supervisor *supervisor, int status)
{
    const char *words = supervisor->served->last_words ? supervisor->served->last_words : "";
    if (WIFSIGNALED(status))
        log_write(supervisor->log, ERRAND_LOG_ERROR, NULL,
                  "the dashboard crashed (%s, signal %d)%s%s; it is started again", strsignal(WTERMSIG(status)),
                  WTERMSIG(status), *words ? " at " : "", words);
    else
        log_write(supervisor->log, ERRAND_LOG_ERROR, NULL, "the dashboard exited with %d; it is started again",
                  WEXITSTATUS(status));
}

static void on_death(struct supervisor *supervisor)
{
    int status;
    if (supervisor->child == 0 || waitpid(supervisor->child, &status, WNOHANG) != supervisor->child)
        return;
    supervisor->child = 0;
    close_ready(supervisor);
    if (supervisor->stops)
        return;
    if (!supervisor->was_ready && WIFEXITED(status)) {
        supervisor->stops = true; /* it has said why */
        supervisor->code = WEXITSTATUS(status);
        return;
    }
    log_death(supervisor, status);
    bool lasted = clock_monotonic_us() - supervisor->started_us > LASTS_MS * INT64_C(1000);
    int doubled = supervisor->pause_ms ? 2 * supervisor->pause_ms : PAUSE_FIRST_MS;
    supervisor->pause_ms = lasted ? PAUSE_FIRST_MS : doubled < PAUSE_LAST_MS ? doubled : PAUSE_LAST_MS;
}

static void on_stop(struct supervisor *supervisor)
{
    if (!supervisor->stops) {
        notify_systemd("STOPPING=1");
        supervisor->served->stops(supervisor->served->arg);
    }
    if (supervisor->child)
        kill(supervisor->child, SIGTERM);
    supervisor->stops = true;
}

static void on_signal(struct supervisor *supervisor)
{
    struct signalfd_siginfo signal;
    if (read(supervisor->signals, &signal, sizeof(signal)) != sizeof(signal))
        return;
    if (signal.ssi_signo == SIGCHLD)
        on_death(supervisor);
    else
        on_stop(supervisor);
}

static void wait_for_event(struct supervisor *supervisor)
{
    struct pollfd fds[] = {
        { .fd = supervisor->signals, .events = POLLIN },
        { .fd = supervisor->ready_fd, .events = POLLIN },
    };
    int pause_ms = supervisor->child ? -1 : supervisor->pause_ms;
    int found = poll(fds, 2, pause_ms);
    if (found == 0 && !supervisor->child && start_child(supervisor) < 0)
        log_write(supervisor->log, ERRAND_LOG_ERROR, NULL, "no process for the dashboard: %s", strerror(errno));
    if (found > 0 && fds[1].revents)
        on_ready(supervisor);
    if (found > 0 && fds[0].revents)
        on_signal(supervisor);
}

static int run(struct supervisor *supervisor)
{
    if (start_child(supervisor) < 0) {
        log_write(supervisor->log, ERRAND_LOG_ERROR, NULL, "no process for the dashboard: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    while (!supervisor->stops || supervisor->child)
        wait_for_event(supervisor);
    return supervisor->code;
}

int supervise(const struct served *served, const struct log *log)
{
    struct supervisor supervisor = { .served = served, .log = log, .ready_fd = -1 };
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &supervisor.before);
    supervisor.signals = signalfd(-1, &signals, SFD_CLOEXEC);
    if (supervisor.signals < 0) {
        log_write(log, ERRAND_LOG_ERROR, NULL, "signals cannot be waited for: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    int code = run(&supervisor);
    close(supervisor.signals);
    return code;
}
