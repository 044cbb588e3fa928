/* The sources: every folder of the application but build/ and hidden ones. Editors write a file in several steps, and
   a checkout writes many, so a change counts once nothing has happened for a moment. */
#include "base/running.h"
#include "dev/dev.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET_MS = 100, FOLDERS_MAX = 1000, DEPTH_MAX = 16 };

struct folder {
    uv_fs_event_t event;
    struct watch *watch;
    struct folder *next;
    dev_t device;
    ino_t inode;
    bool seen; /* by the scan under way */
    char path[];
};

struct watch {
    struct dev *dev;
    struct folder *folders;
    size_t count;
    bool is_full, is_told; /* there are more folders; that this was said */
    uv_timer_t quiet;
    uv_fs_event_t *wake; /* of commands in other terminals; owned by the loop */
};

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), size = strlen(ending);
    return length > size && strcmp(name + length - size, ending) == 0;
}

/* What make or the database is made of. */
static bool is_source(const char *name)
{
    static const char *const endings[] = { ".c", ".h", ".sql", ".mk" };
    if (strcmp(name, "Makefile") == 0)
        return true;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (name[0] != '.' && ends_with(name, endings[i]))
            return true;
    return false;
}

static bool is_ignored(const char *name)
{
    return name[0] == '.' || strcmp(name, "build") == 0 || strcmp(name, "node_modules") == 0;
}

static struct folder *find(const struct watch *watch, const char *path)
{
    struct folder *folder = watch->folders;
    while (folder && strcmp(folder->path, path) != 0)
        folder = folder->next;
    return folder;
}

/* A folder came, went, or is another one. */
static bool is_folder_change(const struct watch *watch, const char *path)
{
    struct stat status;
    const struct folder *known = find(watch, path);
    if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return known;
    return !known || known->device != status.st_dev || known->inode != status.st_ino;
}

static void on_quiet(uv_timer_t *quiet);

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    (void)events, (void)status;
    struct folder *folder = event->data;
    char path[4096];
    bool matters = !name || is_source(name);
    if (!matters && !is_ignored(name)) {
        snprintf(path, sizeof(path), "%s/%s", folder->path, name);
        matters = is_folder_change(folder->watch, path);
    }
    if (matters)
        uv_timer_start(&folder->watch->quiet, on_quiet, QUIET_MS, 0);
}

static void forget(uv_handle_t *event)
{
    free(event->data);
}

static void add(struct watch *watch, const char *path, const struct stat *status)
{
    size_t size = strlen(path) + 1;
    watch->is_full |= watch->count >= FOLDERS_MAX;
    struct folder *folder = watch->count < FOLDERS_MAX ? calloc(1, sizeof(*folder) + size) : NULL;
    if (!folder)
        return;
    memcpy(folder->path, path, size);
    folder->watch = watch;
    folder->device = status->st_dev;
    folder->inode = status->st_ino;
    folder->seen = true;
    uv_fs_event_init(&watch->dev->loop, &folder->event);
    folder->event.data = folder;
    int code = uv_fs_event_start(&folder->event, on_event, path, 0);
    if (code != 0) {
        dev_tell(watch->dev, DEV_LOG_BUILD, "%s is not watched: %s", path, uv_strerror(code));
        uv_close((uv_handle_t *)&folder->event, forget);
        return;
    }
    folder->next = watch->folders;
    watch->folders = folder;
    watch->count++;
}

/* A folder is watched before it is read, so that nothing comes in between unseen. */
static void scan(struct watch *watch, const char *path, int depth)
{
    struct stat status;
    if (depth > DEPTH_MAX || lstat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return;
    struct folder *folder = find(watch, path);
    if (folder && folder->device == status.st_dev && folder->inode == status.st_ino)
        folder->seen = true;
    else
        add(watch, path, &status);
    DIR *stream = opendir(path);
    for (struct dirent *entry; stream && (entry = readdir(stream));) {
        char below[4096];
        bool may_be_folder = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
        if (may_be_folder && !is_ignored(entry->d_name) &&
            snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) < (int)sizeof(below))
            scan(watch, below, depth + 1);
    }
    if (stream)
        closedir(stream);
}

static void sweep(struct watch *watch)
{
    for (struct folder **at = &watch->folders; *at;) {
        struct folder *folder = *at;
        bool seen = folder->seen;
        folder->seen = false;
        if (seen) {
            at = &folder->next;
            continue;
        }
        *at = folder->next;
        watch->count--;
        uv_close((uv_handle_t *)&folder->event, forget);
    }
}

static void look(struct watch *watch)
{
    watch->is_full = false;
    scan(watch, ".", 0);
    sweep(watch);
    if (watch->is_full && !watch->is_told)
        dev_tell(watch->dev, DEV_LOG_BUILD, "only the first %d folders are watched", FOLDERS_MAX);
    watch->is_told = watch->is_full;
}

static void on_quiet(uv_timer_t *quiet)
{
    struct watch *watch = quiet->data;
    look(watch);
    build_want(watch->dev);
}

/* ---- Commands that have changed something ---- */

static void on_wake(uv_fs_event_t *wake, const char *name, int events, int status)
{
    (void)name, (void)events, (void)status;
    struct watch *watch = wake->data;
    uv_timer_start(&watch->quiet, on_quiet, QUIET_MS, 0);
}

static void forget_wake(uv_handle_t *wake)
{
    free(wake);
}

static void hear_commands(struct watch *watch)
{
    watch->wake = malloc(sizeof(*watch->wake));
    if (!watch->wake)
        abort();
    uv_fs_event_init(&watch->dev->loop, watch->wake);
    watch->wake->data = watch;
    int code = uv_fs_event_start(watch->wake, on_wake, RUNNING_FILE, 0);
    if (code != 0)
        dev_tell(watch->dev, DEV_LOG_BUILD, RUNNING_FILE " is not watched: %s", uv_strerror(code));
}

/* ---- */

void watch_start(struct dev *dev)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        abort();
    watch->dev = dev;
    dev->watch = watch;
    uv_timer_init(&dev->loop, &watch->quiet);
    watch->quiet.data = watch;
    hear_commands(watch);
    look(watch);
}

static void forget_watch(uv_handle_t *quiet)
{
    free(quiet->data);
}

void watch_stop(struct dev *dev)
{
    if (!dev->watch)
        return;
    sweep(dev->watch);
    uv_close((uv_handle_t *)dev->watch->wake, forget_wake);
    uv_close((uv_handle_t *)&dev->watch->quiet, forget_watch);
    dev->watch = NULL;
}
