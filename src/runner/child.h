/* The runner's end: shared between child.c (the loop), crash.c (what it can still say when it dies), guard.c (its death
   with the worker) and surroundings.c (what a job may have changed for the next). */
#ifndef RUNNER_CHILD_H
#define RUNNER_CHILD_H

#include "runner/page.h"

#include <signal.h>
#include <sys/stat.h>

/* ---- guard.c ---- */

/* Kills the whole process group when the process `parent` goes; -1 and errno. */
int guard_start(pid_t parent);

/* A number that is 1 in the process that asked for it and 0 in every process forked from it: a job that forks and
   returns twice must not speak for the runner twice. NULL and errno. */
const volatile int *guard_identity(void);

/* ---- crash.c ---- */

/* The job that runs, for the record; only while `inside` is set. */
struct crash_scene {
    struct page *page;
    const volatile int *identity;
    uint64_t seed, sequence;
    volatile sig_atomic_t inside;
};

/* Installs the handlers and their stack, and notes an exit(3) inside a job. The scene lives as long as the process. */
int crash_install(struct crash_scene *scene);
/* The handlers again, after a job may have replaced them. */
void crash_handle_signals(void);

/* ---- surroundings.c ---- */

/* What a job finds: to be restored before the next. */
struct surroundings {
    char *directory;   /* NULL: it could not be read */
    struct stat place; /* what it is */
    mode_t mask;
    char **environment;
    size_t environment_count;
    struct stat standard[3];
    int output_fd; /* borrowed: where 1 and 2 lead */
};

int surroundings_remember(struct surroundings *surroundings, int output_fd);
/* What takes hardly longer than a look: signal mask, alarm, umask, directory and environment. After each job. */
void surroundings_restore_cheap(struct surroundings *surroundings);
/* All: what signals do, the other timers and the standard descriptors too. */
void surroundings_restore(struct surroundings *surroundings);

#endif
