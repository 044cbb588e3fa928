/* The proof that a worker is alive, and the judgement about the others. */
#include "store/sqlite/lease.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FREE_LONG_US INT64_C(5000000)    /* a lease that stays free for this long is given up */
#define UNSEEN_LONG_US INT64_C(60000000) /* so is a worker that has not written seen_at for this long */
#define BEATEN_LONG_US INT64_C(25000000) /* unless we have not either: heartbeats come every 10 s */

/* A lock of the open file, not of the process: closing another descriptor of the file does not end it. */
static struct flock whole_file(short type)
{
    return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

static char *path_of(const struct lease *lease, uint64_t worker)
{
    char *path = NULL;
    return asprintf(&path, "%s/%016" PRIx64, lease->folder, worker) < 0 ? NULL : path;
}

/* Another worker may remove the folder when it goes, between our mkdir and our open. */
static int open_file(const struct lease *lease)
{
    int fd = -1;
    for (int tries = 0; fd < 0 && tries < 100; tries++) {
        if (mkdir(lease->folder, 0777) < 0 && errno != EEXIST)
            return -1;
        fd = open(lease->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0 && errno != ENOENT)
            return -1;
    }
    return fd;
}

/* The locked file; -1 and the sentence. */
static int lock_file(const struct lease *lease, struct errand_error *err)
{
    int fd = open_file(lease);
    if (fd < 0)
        return error_set(err, "cannot make this worker's lease, the file %s: %m", lease->path);
    struct flock lock = whole_file(F_WRLCK);
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return fd;
    error_set(err, "cannot lock this worker's lease, the file %s: %m", lease->path);
    close(fd);
    return -1;
}

int sqlite_lease_take(struct lease *lease, const char *database, uint64_t worker, struct errand_error *err)
{
    *lease = (struct lease){ .fd = -1 };
    if (asprintf(&lease->folder, "%s-workers", database) < 0)
        lease->folder = NULL;
    lease->path = lease->folder ? path_of(lease, worker) : NULL;
    if (!lease->path)
        return error_set(err, "cannot take this worker's lease: out of memory");
    lease->fd = lock_file(lease, err);
    return lease->fd < 0 ? -1 : 0;
}

static bool is_in_place(const struct lease *lease)
{
    struct stat ours, there;
    return fstat(lease->fd, &ours) == 0 && stat(lease->path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

int sqlite_lease_keep(struct lease *lease, struct errand_error *err)
{
    if (is_in_place(lease))
        return 0;
    int fd = lock_file(lease, err);
    if (fd < 0)
        return -1;
    close(lease->fd);
    lease->fd = fd;
    return 0;
}

void sqlite_lease_give_back(struct lease *lease)
{
    if (lease->fd >= 0) {
        unlink(lease->path);
        close(lease->fd);
        rmdir(lease->folder); /* refused while others are in it */
    }
    free(lease->path);
    free(lease->folder);
    *lease = (struct lease){ .fd = -1 };
}

enum lease_state sqlite_lease_look(const struct lease *lease, uint64_t worker)
{
    char *path = path_of(lease, worker);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    bool free_now = path && fd < 0 && errno == ENOENT;
    free(path);
    if (fd >= 0) {
        struct flock lock = whole_file(F_WRLCK);
        free_now = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
        close(fd);
    }
    return free_now ? LEASE_FREE : LEASE_HELD;
}

void sqlite_lease_remove(const struct lease *lease, uint64_t worker)
{
    char *path = path_of(lease, worker);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    struct flock lock = whole_file(F_WRLCK);
    if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0)
        unlink(path);
    if (fd >= 0)
        close(fd);
    free(path);
}

/* ---- Peers ---- */

struct peer *sqlite_peers_find(struct peers *peers, uint64_t worker, bool add)
{
    for (size_t i = 0; i < peers->count; i++)
        if (peers->items[i].worker == worker)
            return &peers->items[i];
    if (!add)
        return NULL;
    if (peers->count == peers->capacity) {
        size_t capacity = peers->capacity ? 2 * peers->capacity : 16;
        struct peer *items = reallocarray(peers->items, capacity, sizeof(*items));
        if (!items)
            return NULL;
        peers->items = items;
        peers->capacity = capacity;
    }
    struct peer *peer = &peers->items[peers->count++];
    *peer = (struct peer){ .worker = worker, .seen_at = ERRAND_TIME_DEFAULT };
    return peer;
}

/* Seen alive: it runs under our kernel, among our processes. */
static bool is_alive(const struct process_identity *process, const struct process_identity *self)
{
    bool comparable = self->boot_id[0] != '\0' && self->pid_namespace != 0 && process->start_ticks != 0;
    return comparable && strcmp(process->boot_id, self->boot_id) == 0 &&
           process->pid_namespace == self->pid_namespace && !process_is_gone(process);
}

void sqlite_peer_judge(struct peer *peer, const struct lease *lease, const struct process_identity *self,
                       errand_time now)
{
    int64_t clock = clock_monotonic_us();
    if (sqlite_lease_look(lease, peer->worker) == LEASE_HELD) {
        peer->free_since_us = 0;
    } else if (peer->free_since_us == 0) {
        peer->free_since_us = clock;
    }
    bool lease_free = peer->free_since_us != 0;
    bool gone = lease_free && process_is_gone(&peer->process);
    /* Of a process that is seen alive only the file is lost, which comes back with its next heartbeat. */
    bool free_long = lease_free && clock - peer->free_since_us >= FREE_LONG_US && !is_alive(&peer->process, self);
    /* Both clocks must agree: after the machine slept, everyone's seen_at is old. */
    bool unseen_long = now - peer->seen_at >= UNSEEN_LONG_US && clock - peer->seen_at_since_us >= UNSEEN_LONG_US;
    peer->dead = gone || free_long || unseen_long;
}

bool sqlite_peer_is_undecided(const struct peer *peer, const struct process_identity *self)
{
    bool in_doubt = peer->free_since_us != 0 ? !is_alive(&peer->process, self) : process_is_gone(&peer->process);
    return in_doubt && !peer->dead;
}

void sqlite_peers_beat(struct peers *peers, bool written)
{
    int64_t clock = clock_monotonic_us();
    if (clock - peers->beaten_us >= BEATEN_LONG_US)
        for (size_t i = 0; i < peers->count; i++)
            peers->items[i].seen_at_since_us = clock;
    if (written)
        peers->beaten_us = clock;
}

void sqlite_peers_prune(struct peers *peers)
{
    size_t kept = 0;
    for (size_t i = 0; i < peers->count; i++)
        if (peers->items[i].seen)
            peers->items[kept++] = peers->items[i];
    peers->count = kept;
}

void sqlite_peers_release(struct peers *peers)
{
    free(peers->items);
    *peers = (struct peers){ 0 };
}
