/* A process and its lines. Forked here and not by uv_spawn, since it is to end with this process. */
#include "dev/dev.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- In the new process ---- */

static void fail(const char *what)
{
    dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
    _exit(127);
}

static void become_postgres(const struct passwd *user)
{
    if (user && (setgroups(1, &user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        fail("user postgres");
    if (chdir("/") != 0)
        fail("/");
}

/* SIGINT is how PostgreSQL ends at once and cleanly; SIGQUIT, at once. */
static void start_guard(const struct child_plan *plan, pid_t parent)
{
    const int signals[] = { SIGINT, plan->as_postgres ? SIGQUIT : SIGKILL, SIGKILL };
    if (guard_start(parent, signals, sizeof(signals) / sizeof(signals[0])) != 0)
        fail("guard");
}

/* Where the guard was killed as well. After the user was changed, which forgets the signal. */
static void end_with_parent(pid_t parent, int signal)
{
    prctl(PR_SET_PDEATHSIG, signal);
    if (getppid() != parent)
        _exit(127);
}

/* The handlers of the loop would write into its pipe, which this process shares, and nothing would end. What came since
   the fork waits, and acts now. */
static void default_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run(const struct child_plan *plan, const struct passwd *user, pid_t parent, int output)
{
    default_signals();
    setpgid(0, 0);
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0)
        _exit(127);
    start_guard(plan, parent);
    if (plan->as_postgres)
        become_postgres(user);
    end_with_parent(parent, plan->as_postgres ? SIGINT : SIGTERM);
    execvp(plan->argv[0], (char **)plan->argv);
    fail(plan->argv[0]);
}

/* ---- Its lines ---- */

static void end_line(struct child *child)
{
    child->line[child->size] = '\0';
    child->size = 0;
    if (!child->plan.quiet)
        dev_say(child->dev, child->plan.log, child->line);
    if (child->plan.on_line)
        child->plan.on_line(child->dev, child->plan.owner, child->line);
}

static void take(struct child *child, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n')
            end_line(child);
        else if (child->size < DEV_LINE_MAX - 1)
            child->line[child->size++] = data[i] ? data[i] : ' ';
    }
}

/* Nothing refers to it any more once it has ended and its pipe was closed, by it and by whoever had it from it. */
static void release_if_done(struct child *child)
{
    if (child->pid != 0 || child->is_watched)
        return;
    struct child **at = &child->dev->children;
    while (*at != child)
        at = &(*at)->next;
    *at = child->next;
    free(child);
}

static void on_closed(uv_handle_t *output)
{
    struct child *child = output->data;
    child->is_watched = false;
    release_if_done(child);
}

/* The handle goes before the descriptor: closed later, it would take from the loop whatever had its number by then. */
static void close_output(struct child *child)
{
    if (child->size > 0)
        end_line(child);
    uv_close((uv_handle_t *)&child->output, on_closed);
    close(child->fd);
    child->fd = -1;
}

/* Reads what is there. One call of many lines does not keep the loop from the rest: at most 64 KiB. */
static void read_output(struct child *child)
{
    char data[4096];
    for (int i = 0; i < 16 && child->fd >= 0; i++) {
        ssize_t got = read(child->fd, data, sizeof(data));
        if (got > 0)
            take(child, data, (size_t)got);
        else if (got < 0 && errno == EAGAIN)
            return;
        else if (got == 0 || errno != EINTR)
            close_output(child);
    }
}

static void on_output(uv_poll_t *output, int status, int events)
{
    (void)status, (void)events;
    read_output(output->data);
}

/* ---- For the others ---- */

struct child *child_start(struct dev *dev, const struct child_plan *plan, struct errand_error *err)
{
    int ends[2];
    struct passwd *user = plan->as_postgres && geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (plan->as_postgres && geteuid() == 0 && !user)
        return error_set(err, "PostgreSQL does not run as root, and there is no user postgres"), NULL;
    struct child *child = calloc(1, sizeof(*child));
    if (!child || pipe2(ends, O_CLOEXEC) != 0) {
        error_set(err, "%s cannot be started: %s", plan->argv[0], strerror(errno));
        return free(child), NULL;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        run(plan, user, parent, ends[1]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (pid < 0) {
        error_set(err, "%s cannot be started: %s", plan->argv[0], strerror(errno));
        close(ends[0]);
        return free(child), NULL;
    }
    setpgid(pid, pid); /* whoever comes first */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *child = (struct child){
        .next = dev->children, .dev = dev, .plan = *plan, .pid = pid, .fd = ends[0], .is_watched = true
    };
    dev->children = child;
    uv_poll_init(&dev->loop, &child->output, child->fd);
    child->output.data = child;
    uv_poll_start(&child->output, UV_READABLE, on_output);
    return child;
}

void child_signal(const struct child *child, int signal)
{
    if (child->pid > 0)
        kill(signal == SIGKILL || child->plan.whole_group ? -child->pid : child->pid, signal);
}

void children_reap(struct dev *dev)
{
    for (struct child *child = dev->children, *next; child; child = next) {
        int status;
        next = child->next;
        if (child->pid == 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
            continue;
        read_output(child);
        child->pid = 0;
        child->plan.on_line = NULL; /* what others still say for it is for the log alone */
        void (*on_exit)(struct dev *, void *, int) = child->plan.on_exit;
        void *owner = child->plan.owner;
        release_if_done(child);
        on_exit(dev, owner, status);
        next = dev->children; /* on_exit may have started others, put in front */
    }
    dev_ended(dev);
}

void children_release(struct dev *dev)
{
    for (struct child *child = dev->children, *next; child; child = next) {
        next = child->next;
        child->pid = 0;
        if (child->fd >= 0)
            close_output(child);
        release_if_done(child);
    }
}

const char *child_status_text(int status, char text[64])
{
    if (WIFSIGNALED(status))
        snprintf(text, 64, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, 64, "exit status %d", WEXITSTATUS(status));
    return text;
}
