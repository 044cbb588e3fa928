/* Sees that someone writes to the database. */
#include "store/sqlite/wal.h"

#include "base/clock.h"
#include "store/sqlite/database.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    LOOK_FIRST_US = 20,
    LOOK_MOST_US = 5000,
    LOOK_OFTEN_US = 1000000, /* then seldom: */
    LOOK_SELDOM_US = 1000,   /* the first, where little is expected */
    LOOK_FOR_US = 60000000,  /* a flush of a slow disk may take that long, and comes between the write and the commit */
    POLL_US = 50000
};

/* File systems whose changes may come from another machine, of which inotify tells nothing. */
static bool is_remote(const char *path)
{
    static const unsigned long remote[] = { 0x6969 /* NFS */,      0xff534d42 /* CIFS */,
                                            0xfe534d42 /* SMB2 */, 0x517b /* SMB */,
                                            0x01021997 /* 9P */,   0x65735546 /* FUSE */,
                                            0x5346414f /* AFS */,  0x00c36400 /* Ceph */ };
    struct statfs fs;
    if (statfs(path, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof(remote) / sizeof(*remote); i++)
        if (((unsigned long)fs.f_type & 0xffffffff) == remote[i])
            return true;
    return false;
}

static int poll_instead(struct wal_watch *watch, const char **why, const char *reason)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
    watch->next_us = clock_monotonic_us();
    *why = reason;
    return -1;
}

/* Writes are watched on the log alone: others may write to files in the same folder without end. The log goes and comes
   with the last connection and the first; the folder tells. */
static void watch_log(struct wal_watch *watch)
{
    char log[PATH_MAX];
    if (snprintf(log, sizeof(log), "%s-wal", watch->path) < (int)sizeof(log))
        watch->log = inotify_add_watch(watch->fd, log, IN_MODIFY);
}

int wal_init(struct wal_watch *watch, const struct database *database, const char **why)
{
    const char *path = sqlite3_db_filename(database->handle, "main");
    *watch = (struct wal_watch){ .database = database, .fd = -1, .log = -1, .path = path };
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || strlen(path) >= sizeof(folder))
        return poll_instead(watch, why, "its path is not understood");
    memcpy(folder, path, (size_t)(slash - path) + 1);
    folder[slash - path + 1] = '\0';
    if (is_remote(path))
        return poll_instead(watch, why, "it is on a network file system");
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    uint32_t events = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
    if (watch->fd < 0 || inotify_add_watch(watch->fd, folder, events) < 0)
        return poll_instead(watch, why, strerror(errno));
    watch_log(watch);
    return 0;
}

void wal_release(struct wal_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    *watch = (struct wal_watch){ .fd = -1 };
}

void wal_expect(struct wal_watch *watch)
{
    watch->since_us = clock_monotonic_us();
    watch->next_us = watch->since_us + LOOK_FIRST_US;
    watch->seldom = false;
}

void wal_wrote(struct wal_watch *watch)
{
    if (watch->fd < 0)
        return;
    watch->since_us = watch->next_us = clock_monotonic_us();
    watch->seldom = true;
}

static void take_event(struct wal_watch *watch, const struct inotify_event *event, bool *gone)
{
    const char *base = strrchr(watch->path, '/') + 1;
    size_t size = strlen(base);
    if (event->wd == watch->log && event->mask & (IN_MODIFY | IN_IGNORED)) {
        wal_expect(watch);
    } else if (event->mask & (IN_Q_OVERFLOW | IN_IGNORED)) { /* unknown what happened */
        *gone = database_is_gone(watch->database);
        watch_log(watch);
        wal_expect(watch);
    } else if (event->len > 0 && strncmp(event->name, base, size) == 0) {
        if (strcmp(event->name + size, "-wal") == 0) {
            watch_log(watch);
            wal_expect(watch);
        } else if (event->name[size] == '\0') {
            *gone = database_is_gone(watch->database);
        }
    }
}

void wal_read(struct wal_watch *watch, bool *gone)
{
    _Alignas(struct inotify_event) char events[16384];
    ssize_t size;
    *gone = false;
    if (watch->fd < 0)
        return;
    size = read(watch->fd, events, sizeof(events)); /* what is left makes the descriptor readable again */
    const struct inotify_event *event;
    for (char *at = events; size > 0 && at < events + size; at += sizeof(*event) + event->len) {
        event = (const struct inotify_event *)at;
        take_event(watch, event, gone);
    }
}

int64_t wal_delay_us(const struct wal_watch *watch)
{
    if (watch->next_us == 0)
        return -1;
    int64_t delay = watch->next_us - clock_monotonic_us();
    return delay > 0 ? delay : 0;
}

/* The intervals grow with the time waited, by an eighth: what takes long is seen as soon, in proportion, as what does
   not; doubling sees a commit up to twice as late as it came. What was found does not end the looking: the event may
   have been that of the next writer, whose commit is yet to come. */
void wal_looked(struct wal_watch *watch)
{
    int64_t now = clock_monotonic_us();
    int64_t waited = now - watch->since_us;
    if (watch->fd < 0) {
        watch->next_us = now + POLL_US;
    } else if (waited > LOOK_FOR_US) {
        watch->next_us = 0;
    } else if (watch->seldom) {
        watch->next_us = now + (waited / 4 > LOOK_SELDOM_US ? waited / 4 : LOOK_SELDOM_US);
    } else {
        int64_t interval = waited / 8;
        if (interval < LOOK_FIRST_US)
            interval = LOOK_FIRST_US;
        else if (interval > LOOK_MOST_US && waited <= LOOK_OFTEN_US)
            interval = LOOK_MOST_US;
        watch->next_us = now + interval;
    }
}
