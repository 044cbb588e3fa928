/* build/.dev: a line with the port, then the address of the database, each once it is known. Its lock is one that can
   be asked about without taking it: a command that looks must not be in the way of an `errand dev` that starts. */
#include "base/running.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PORT_SIZE = sizeof "65535\n" - 1 };

/* 0: it is not told yet. */
static int read_port(int fd)
{
    char line[PORT_SIZE + 1] = "";
    return pread(fd, line, PORT_SIZE, 0) == PORT_SIZE ? atoi(line) : 0;
}

static int refuse_second(int fd, struct errand_error *err)
{
    int port = read_port(fd);
    if (port == 0)
        return error_set(err, "errand dev runs for this application already");
    return error_set(err, "errand dev runs for this application already, at http://localhost:%d/", port);
}

int running_lock(struct errand_error *err)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (mkdir("build", 0777) != 0 && errno != EEXIST)
        return error_set(err, "build/ cannot be made: %s", strerror(errno));
    /* For its owner alone: an address may hold a password. */
    int fd = open(RUNNING_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set(err, RUNNING_FILE " cannot be made: %s", strerror(errno));
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0 && fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0)
        return fd;
    if (errno == EAGAIN || errno == EACCES)
        refuse_second(fd, err);
    else
        error_set(err, RUNNING_FILE " cannot be locked: %s", strerror(errno));
    close(fd);
    return -1;
}

static int write_at(int lock, off_t place, const char *text, struct errand_error *err)
{
    size_t size = strlen(text);
    if (pwrite(lock, text, size, place) == (ssize_t)size)
        return 0;
    return error_set(err, RUNNING_FILE " cannot be written: %s", strerror(errno));
}

int running_tell_port(int lock, int port, struct errand_error *err)
{
    char line[32];
    snprintf(line, sizeof(line), "%05d\n", port);
    return write_at(lock, 0, line, err);
}

int running_tell(int lock, const char *url, struct errand_error *err)
{
    return write_at(lock, PORT_SIZE, url, err);
}

static bool is_locked(int fd)
{
    struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type == F_WRLCK;
}

/* -1: none runs in the application of that folder. */
static int open_running(const char *root)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s" RUNNING_FILE, root) >= (int)sizeof(path))
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || is_locked(fd))
        return fd;
    close(fd);
    return -1;
}

char *running_database(const char *root)
{
    const char *chosen = getenv("DATABASE_URL");
    if (chosen && *chosen)
        return NULL;
    char url[RUNNING_ADDRESS_MAX];
    int fd = open_running(root);
    ssize_t size = fd >= 0 ? pread(fd, url, sizeof(url), PORT_SIZE) : 0;
    if (fd >= 0)
        close(fd);
    return size > 0 ? strndup(url, (size_t)size) : NULL;
}

void running_wake(const char *root)
{
    int fd = open_running(root);
    if (fd < 0)
        return;
    futimens(fd, NULL);
    close(fd);
}
