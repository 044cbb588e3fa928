/* Which process this is, and whether another one is provably gone. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_small_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, text, size - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* -1 where it cannot be read, which may be forbidden; 0 of a zombie, which counts as gone: it does nothing any more. */
static int64_t start_ticks_of(int64_t pid)
{
    char path[64], stat[1024];
    snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
    if (!read_small_file(path, stat, sizeof(stat)))
        return -1;
    char *at = strrchr(stat, ')'); /* the name before it may hold anything */
    if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    at++;
    for (int field = 2; field < 21 && at; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoll(at, NULL, 10) : -1;
}

static void read_surroundings(char boot_id[37], int64_t *pid_namespace)
{
    char text[64];
    boot_id[0] = '\0';
    if (read_small_file("/proc/sys/kernel/random/boot_id", text, sizeof(text)))
        snprintf(boot_id, 37, "%.36s", text);
    struct stat status;
    *pid_namespace = stat("/proc/self/ns/pid", &status) == 0 ? (int64_t)status.st_ino : 0;
}

void process_identify_self(struct process_identity *self)
{
    *self = (struct process_identity){ .pid = getpid() };
    gethostname(self->host, sizeof(self->host) - 1);
    read_surroundings(self->boot_id, &self->pid_namespace);
    int64_t ticks = start_ticks_of(self->pid);
    self->start_ticks = ticks > 0 ? ticks : 0;
}

bool process_is_gone(const struct process_identity *process)
{
    char boot_id[37];
    int64_t pid_namespace;
    read_surroundings(boot_id, &pid_namespace);
    if (boot_id[0] == '\0' || pid_namespace == 0 || process->start_ticks == 0 || process->pid <= 0)
        return false;
    if (strcmp(boot_id, process->boot_id) != 0 || pid_namespace != process->pid_namespace)
        return false;
    int64_t ticks = start_ticks_of(process->pid);
    if (ticks >= 0)
        return ticks != process->start_ticks;
    return kill((pid_t)process->pid, 0) < 0 && errno == ESRCH;
}
