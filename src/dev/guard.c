/* The end of what was started, when this process is killed and can see to nothing any more. In the process group of
   each child stands a guard, which waits for the end of the child or of this process. It is a process and not a list of
   groups somewhere, so it is never late, and the group that it ends is never another's by the same number. */
#include "dev/dev.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The descriptors of a guard, which has no others. */
enum { PARENT_FD, CHILD_FD, DESCRIPTORS };

enum { GRACE_MS = 2000 }; /* RunJobs gives its runners one second */

/* First as dev_stop asks those that shall not wait any more; then by force, which ends the guard too. */
static _Noreturn void stand(const int signals[], size_t count)
{
    struct pollfd ends[] = { { .fd = PARENT_FD, .events = POLLIN }, { .fd = CHILD_FD, .events = POLLIN } };
    while (poll(ends, DESCRIPTORS, -1) <= 0)
        ;
    for (size_t i = 0; ends[PARENT_FD].revents && i < count; i++) {
        kill(0, signals[i]);
        poll(&ends[CHILD_FD], 1, GRACE_MS);
    }
    _exit(0);
}

int guard_start(pid_t parent, const int signals[], size_t count)
{
    sigset_t all, before;
    int parent_fd = (int)syscall(SYS_pidfd_open, parent, 0), child_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (parent_fd < 0 || child_fd < 0)
        return -1;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t guard = fork();
    if (guard == 0) {
        prctl(PR_SET_NAME, "dev-guard");
        dup2(parent_fd, PARENT_FD);
        dup2(child_fd, CHILD_FD);
        close_range(DESCRIPTORS, ~0U, 0);
        stand(signals, count);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return guard < 0 ? -1 : 0;
}
