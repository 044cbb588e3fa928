/* Which program a runner is a new process of: the one that runs, even after its file was replaced. */
#include "runner/runner.h"

#include <sys/stat.h>
#include <unistd.h>

/* Of the process as a whole, and set once, before anything else happens in it. */
static struct {
    char path[4096];
    dev_t device;
    ino_t inode;
} program;

void runner_remember_program(void)
{
    struct stat status;
    ssize_t size = readlink("/proc/self/exe", program.path, sizeof(program.path) - 1);
    program.path[size > 0 ? size : 0] = '\0';
    if (size <= 0 || stat(program.path, &status) < 0) {
        program.path[0] = '\0';
        return;
    }
    program.device = status.st_dev;
    program.inode = status.st_ino;
}

/* /proc/self/exe would always be right, but under valgrind it names valgrind. */
const char *runner_program(void)
{
    struct stat status;
    if (program.path[0] != '\0' && stat(program.path, &status) == 0 && status.st_dev == program.device &&
        status.st_ino == program.inode)
        return program.path;
    return "/proc/self/exe";
}
