/* build/.dev. Its lock is one that can be asked about without taking it: a command that looks must not be in the way of
   an `errand dev` that starts. */
#include "dev/running.h"

#include "base/error.h"
#include "dev/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "build/.dev"

int running_lock(struct errand_error *err)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (mkdir("build", 0777) != 0 && errno != EEXIST)
        return error_set(err, "build/ cannot be made: %s", strerror(errno));
    /* For its owner alone: an address may hold a password. */
    int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set(err, FILE_NAME " cannot be made: %s", strerror(errno));
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0 && fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0)
        return fd;
    if (errno == EAGAIN || errno == EACCES)
        error_set(err, "errand dev runs for this application already");
    else
        error_set(err, FILE_NAME " cannot be locked: %s", strerror(errno));
    close(fd);
    return -1;
}

int running_tell(int lock, const char *url, struct errand_error *err)
{
    size_t size = strlen(url);
    if (pwrite(lock, url, size, 0) == (ssize_t)size)
        return 0;
    return error_set(err, FILE_NAME " cannot be written: %s", strerror(errno));
}

static bool is_locked(int fd)
{
    struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type == F_WRLCK;
}

char *running_database(const char *root)
{
    char path[PATH_MAX], url[DEV_ADDRESS_MAX + 1];
    if (snprintf(path, sizeof(path), "%s" FILE_NAME, root) >= (int)sizeof(path))
        return NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t size = fd >= 0 && is_locked(fd) ? pread(fd, url, DEV_ADDRESS_MAX, 0) : 0;
    if (fd >= 0)
        close(fd);
    return size > 0 ? strndup(url, (size_t)size) : NULL;
}
