/* What one job may change of its process, put back for the next. */
#include "runner/child.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 4096 };

static int remember_environment(struct surroundings *surroundings)
{
    size_t count = 0;
    while (environ && environ[count] && count < ENVIRONMENT_MAX)
        count++;
    surroundings->environment = calloc(count + 1, sizeof(*surroundings->environment));
    if (!surroundings->environment)
        return -1;
    surroundings->environment_count = count;
    for (size_t i = 0; i < count; i++)
        surroundings->environment[i] = environ[i];
    return 0;
}

int surroundings_remember(struct surroundings *surroundings, int output_fd)
{
    *surroundings = (struct surroundings){ .directory = getcwd(NULL, 0), .output_fd = output_fd };
    surroundings->mask = umask(0);
    umask(surroundings->mask);
    if (stat(".", &surroundings->place) < 0) {
        free(surroundings->directory);
        surroundings->directory = NULL;
    }
    for (int fd = 0; fd < 3; fd++)
        if (fstat(fd, &surroundings->standard[fd]) < 0)
            return -1;
    return remember_environment(surroundings);
}

static void restore_mask(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void restore_signals(void)
{
    for (int number = 1; number < SIGRTMIN; number++)
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_DFL);
    crash_handle_signals();
    restore_mask();
}

static const struct itimerval off;

static void restore_timers(void)
{
    setitimer(ITIMER_VIRTUAL, &off, NULL);
    setitimer(ITIMER_PROF, &off, NULL);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void restore_standard(const struct surroundings *surroundings, int fd)
{
    const struct stat *before = &surroundings->standard[fd];
    struct stat now;
    if (fstat(fd, &now) == 0 && is_same_file(&now, before))
        return;
    if (fd > 0) {
        dup2(surroundings->output_fd, fd);
        return;
    }
    int null = open("/dev/null", O_RDONLY);
    if (null > 0) {
        dup2(null, 0);
        close(null);
    }
}

static void restore_directory(const struct surroundings *surroundings)
{
    struct stat now;
    if (!surroundings->directory || (stat(".", &now) == 0 && is_same_file(&now, &surroundings->place)))
        return;
    if (chdir(surroundings->directory) < 0) {
        /* It was removed: the next job finds itself where this one was, which no one can help. */
    }
}

/* setenv and putenv put other pointers into the environment; that is what is looked for. */
static void restore_environment(struct surroundings *surroundings)
{
    size_t i = 0, count = surroundings->environment_count;
    while (environ && i < count && environ[i] == surroundings->environment[i])
        i++;
    if (environ && i == count && !environ[count])
        return;
    clearenv();
    for (i = 0; i < count; i++)
        putenv(surroundings->environment[i]);
}

void surroundings_restore_cheap(struct surroundings *surroundings)
{
    restore_mask();
    setitimer(ITIMER_REAL, &off, NULL);
    umask(surroundings->mask);
    restore_directory(surroundings);
    restore_environment(surroundings);
}

void surroundings_restore(struct surroundings *surroundings)
{
    surroundings_restore_cheap(surroundings);
    restore_signals();
    restore_timers();
    for (int fd = 0; fd < 3; fd++)
        restore_standard(surroundings, fd);
}
