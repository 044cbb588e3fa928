/* Files of an application, by the folders' descriptors: each step of a path is opened without following links. */
#include "codegen/project.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the folder ---- */

int project_open(struct project *project, const char *root, struct errand_error *err)
{
    *project = (struct project){ .root = strdup(root), .folder = -1, .lock = -1 };
    if (!project->root)
        return error_set(err, "out of memory");
    project->folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (project->folder >= 0)
        return 0;
    error_set(err, "the folder %s cannot be opened: %s", root, strerror(errno));
    project_close(project);
    return -1;
}

/* Whether the folder is one with that above it. */
static bool is_top(const char *folder, const char *above)
{
    struct stat one, other;
    return stat(folder, &one) != 0 || stat(above, &other) != 0 ||
           (one.st_dev == other.st_dev && one.st_ino == other.st_ino);
}

char *project_root(struct errand_error *err)
{
    char root[PATH_MAX] = "", path[PATH_MAX + sizeof PROJECT_SCHEMA], here[PATH_MAX + 2];
    for (size_t size = 0; size + 4 < sizeof root; size += 3) {
        snprintf(path, sizeof path, "%s" PROJECT_SCHEMA, root);
        if (access(path, F_OK) == 0)
            return strdup(root);
        snprintf(here, sizeof here, "%s.", root);
        memcpy(root + size, "../", 4);
        if (is_top(here, root))
            break;
    }
    error_set(err, "there is no " PROJECT_SCHEMA " in this folder or one above it; `errand new NAME` makes an "
                   "application");
    return NULL;
}

int project_find(struct project *project, struct errand_error *err)
{
    *project = (struct project){ .folder = -1, .lock = -1 };
    char *root = project_root(err);
    int result = root ? project_open(project, *root ? root : ".", err) : -1;
    free(root);
    return result;
}

void project_close(struct project *project)
{
    free(project->root);
    if (project->folder >= 0)
        close(project->folder);
    if (project->lock >= 0)
        close(project->lock);
    *project = (struct project){ .folder = -1, .lock = -1 };
}

int project_lock(struct project *project, struct errand_error *err)
{
    /* The folder and not the schema: that is replaced. Some network file systems lock no folders; there the comparison
       before each change must do. */
    project->lock = openat(project->folder, "Application", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (project->lock < 0)
        return error_set(err, "the folder Application cannot be opened: %s",
                         errno == ELOOP || errno == ENOTDIR ? "it is a symbolic link" : strerror(errno));
    while (flock(project->lock, LOCK_EX) != 0)
        if (errno != EINTR)
            break;
    return 0;
}

/* ---- paths ---- */

/* Keeps errno, which says what went wrong before. */
static void close_folder(int folder)
{
    int error = errno;
    if (folder >= 0)
        close(folder);
    errno = error;
}

/* A step on the way to a file. */
static int open_step(int folder, const char *name, bool make)
{
    if (make && mkdirat(folder, name, 0777) != 0 && errno != EEXIST)
        return -1;
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens the folder that holds the file; *name is the last part of the path. -1 with errno. */
static int open_parent(const struct project *project, const char *path, bool make, const char **name)
{
    char step[NAME_MAX + 1];
    int folder = openat(project->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (const char *slash; folder >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
        size_t length = (size_t)(slash - path);
        int inner = -1;
        errno = EINVAL;
        if (length > 0 && length <= NAME_MAX && path[0] != '.') {
            memcpy(step, path, length);
            step[length] = '\0';
            inner = open_step(folder, step, make);
        }
        close_folder(folder);
        folder = inner;
    }
    *name = path;
    return folder;
}

static int failed(const char *path, const char *verb, struct errand_error *err)
{
    bool is_link = errno == ELOOP || errno == ENOTDIR;
    return error_set(err, "%s cannot be %s: %s", path, verb,
                     is_link ? "a part of the path is a symbolic link or no folder" : strerror(errno));
}

/* ---- reading ---- */

static int read_all(int fd, struct buffer *out)
{
    for (;;) {
        ssize_t got = buffer_reserve(out, 64 * 1024) == 0 ? read(fd, out->data + out->size, 64 * 1024) : -1;
        if (got < 0 && errno == EINTR && !out->failed)
            continue;
        if (got <= 0)
            return (int)got;
        out->size += (size_t)got;
        out->data[out->size] = '\0';
    }
}

static int open_file(const struct project *project, const char *path)
{
    const char *name;
    struct stat status;
    int folder = open_parent(project, path, false, &name);
    int fd = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close_folder(folder);
    if (fd < 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)))
        return fd;
    close(fd);
    errno = EISDIR;
    return -1;
}

int project_read(const struct project *project, const char *path, struct buffer *out, struct errand_error *err)
{
    int fd = open_file(project, path);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return failed(path, "read", err);
    errno = 0;
    int result = read_all(fd, out);
    if (result < 0 && out->failed)
        error_set(err, "%s is larger than %zu bytes", path, out->maximum);
    else if (result < 0)
        failed(path, "read", err);
    close(fd);
    return result < 0 ? -1 : 1;
}

/* ---- writing ---- */

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        data += written;
        size -= (size_t)written;
    }
    return fsync(fd);
}

/* Makes a file that is not there, whole or not at all. */
static int make_file(int folder, const char *name, const char *data, size_t size, mode_t mode)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    int result = write_all(fd, data, size), error = errno;
    if (close(fd) != 0 && result == 0)
        result = -1, error = errno;
    if (result != 0)
        unlinkat(folder, name, 0);
    errno = error;
    return result;
}

static void remove_empty_folders(const struct project *project, const char *path);

int project_create(const struct project *project, const char *path, const char *data, size_t size,
                   struct errand_error *err)
{
    const char *name;
    int folder = open_parent(project, path, true, &name);
    int result = folder < 0 ? -1 : make_file(folder, name, data, size, 0666);
    close_folder(folder);
    if (result == 0)
        return 0;
    if (errno == EEXIST)
        return error_set(err, "%s is there already", path);
    failed(path, "written", err);
    remove_empty_folders(project, path);
    return -1;
}

static int replace(int folder, const char *name, const char *data, size_t size)
{
    char temporary[NAME_MAX + 1];
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    if (!S_ISREG(status.st_mode)) {
        errno = ELOOP;
        return -1;
    }
    snprintf(temporary, sizeof temporary, ".%.200s.%ld.tmp", name, (long)getpid());
    unlinkat(folder, temporary, 0); /* of a process of that number that was killed */
    if (make_file(folder, temporary, data, size, 0600) != 0)
        return -1;
    if (fchmodat(folder, temporary, status.st_mode & 07777, 0) == 0 && renameat(folder, temporary, folder, name) == 0)
        return fsync(folder) == 0 || errno == EINVAL ? 0 : -1;
    int error = errno;
    unlinkat(folder, temporary, 0);
    errno = error;
    return -1;
}

int project_replace(const struct project *project, const char *path, const char *data, size_t size,
                    struct errand_error *err)
{
    const char *name;
    int folder = open_parent(project, path, false, &name);
    int result = folder < 0 ? -1 : replace(folder, name, data, size);
    close_folder(folder);
    return result == 0 ? 0 : failed(path, "written", err);
}

/* ---- removing ---- */

static int remove_at(const struct project *project, const char *path, int flags)
{
    const char *name;
    int folder = open_parent(project, path, false, &name);
    int result = folder < 0 ? -1 : unlinkat(folder, name, flags);
    close_folder(folder);
    return result;
}

static void remove_empty_folders(const struct project *project, const char *path)
{
    char folder[PATH_MAX];
    if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
        return;
    for (char *slash; (slash = strrchr(folder, '/'));) {
        *slash = '\0';
        if (remove_at(project, folder, AT_REMOVEDIR) != 0 && errno != ENOENT)
            return;
    }
}

int project_remove(const struct project *project, const char *path, struct errand_error *err)
{
    if (remove_at(project, path, 0) != 0)
        return failed(path, "removed", err);
    remove_empty_folders(project, path);
    return 0;
}

void project_name_rules(void)
{
    static const char share[] = "/../share/errand";
    char path[PATH_MAX], rules[PATH_MAX + sizeof("/errand.mk")];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - sizeof(share));
    path[size > 0 ? size : 0] = '\0';
    char *name = strrchr(path, '/');
    if (!name)
        return;
    strcpy(name, share);
    snprintf(rules, sizeof(rules), "%s/errand.mk", path);
    if (access(rules, F_OK) == 0)
        setenv("ERRAND", path, 0);
}
