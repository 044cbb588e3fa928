/* A runner does not outlive its worker, and neither does what its jobs have started. */
#include "runner/child.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK_BYTES = 128 * 1024, LOOK_EVERY_MS = 500 };

struct watch {
    pid_t parent;
    int pidfd; /* -1: looked at now and then instead */
};

/* Waits on a descriptor of the worker; where a job has closed that, looks who the parent is. */
static void *watch(void *arg)
{
    struct watch *worker = arg;
    for (;;) {
        struct pollfd wait = { .fd = worker->pidfd, .events = POLLIN };
        poll(&wait, 1, worker->pidfd >= 0 ? -1 : LOOK_EVERY_MS);
        if (wait.revents & POLLNVAL)
            worker->pidfd = -1;
        if (getppid() != worker->parent)
            kill(0, SIGKILL);
    }
    return NULL;
}

int guard_start(pid_t parent)
{
    static struct watch worker; /* for the thread; set before it starts */
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    /* A process that a job has stopped goes on when the worker dies, so that the thread can end it. */
    prctl(PR_SET_PDEATHSIG, SIGCONT);
    worker = (struct watch){ parent, (int)syscall(SYS_pidfd_open, parent, 0) };
    if (getppid() != parent) {
        errno = ESRCH;
        return -1;
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the jobs' */
    int failed = pthread_create(&thread, &attributes, watch, &worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    errno = failed;
    return failed ? -1 : 0;
}

const volatile int *guard_identity(void)
{
    int *identity =
        mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (identity == MAP_FAILED)
        return NULL;
    madvise(identity, (size_t)sysconf(_SC_PAGESIZE), MADV_WIPEONFORK);
    *identity = 1;
    return identity;
}
