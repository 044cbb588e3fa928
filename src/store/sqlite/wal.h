/* Sees that someone writes to the database: an inotify watch on the write-ahead log, and on its folder. The event
   comes with the write, before the commit can be seen, so after each one the database is looked at, at growing
   intervals. On the store's thread. */
#ifndef SQLITE_WAL_H
#define SQLITE_WAL_H

#include <stdbool.h>
#include <stdint.h>

struct database;

struct wal_watch {
    const struct database *database; /* borrowed */
    int fd;                          /* inotify; owned; -1: the file system tells nothing, look now and then instead */
    int log;                         /* inotify's number for the log; -1: there is none to watch now */
    const char *path;                /* of the database, as SQLite resolved it; borrowed of it */
    int64_t since_us;                /* CLOCK_MONOTONIC of the last event; 0: nothing is expected */
    int64_t next_us;                 /* of the next look */
    bool seldom;                     /* little is expected: few looks will do */
};

/* Of a database that stays open, and where it is. 0, or -1 and the reason: then `fd` is -1, and the watch polls. */
int wal_init(struct wal_watch *watch, const struct database *database, const char **why);
void wal_release(struct wal_watch *watch);
/* Takes the events off. Sets *gone where the database itself was deleted or replaced. */
void wal_read(struct wal_watch *watch, bool *gone);
/* Something may be about to be committed: look for it from now on. */
void wal_expect(struct wal_watch *watch);
/* The events taken off until now came while this process held the lock of writers, or before. Whoever wrote before had
   ended when it took the lock, so one look tells; after it only who came right behind is expected. */
void wal_wrote(struct wal_watch *watch);
/* Microseconds until the next look is due (0: now), -1: none is. */
int64_t wal_delay_us(const struct wal_watch *watch);
/* A look was taken; plans the next one. */
void wal_looked(struct wal_watch *watch);

#endif
