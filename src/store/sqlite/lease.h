/* The proof that a worker is alive: a file in a folder beside the database, locked while the worker lives. And what is
   known of the other workers. On the store's thread. */
#ifndef SQLITE_LEASE_H
#define SQLITE_LEASE_H

#include "base/process.h"

#include <errand/context.h>

struct lease {
    int fd;       /* owned; its lock ends with the process */
    char *folder; /* database-workers; owned */
    char *path;   /* owned */
};

/* Makes the folder and the file, and locks it. 0, or -1 and the sentence. */
int sqlite_lease_take(struct lease *lease, const char *database, uint64_t worker, struct errand_error *err);
/* Takes it again where the file was removed or replaced: the lock on what is left of it proves nothing to others. */
int sqlite_lease_keep(struct lease *lease, struct errand_error *err);
/* Removes the file, and the folder if it is empty. */
void sqlite_lease_give_back(struct lease *lease);

enum lease_state { LEASE_HELD = 1, LEASE_FREE };
/* Whether that worker's file is locked by someone; no file is FREE. */
enum lease_state sqlite_lease_look(const struct lease *lease, uint64_t worker);
/* Removes the file that a dead worker left; one that is held stays. */
void sqlite_lease_remove(const struct lease *lease, uint64_t worker);

/* Another worker, and since when (CLOCK_MONOTONIC, which stands still while the machine sleeps) we see what we see. */
struct peer {
    uint64_t worker;
    bool seen; /* in the current reading of errand_workers */
    bool dead;
    struct process_identity process;
    errand_time seen_at;
    int64_t seen_at_since_us; /* seen_at has not changed */
    int64_t free_since_us;    /* its lease is free; 0: it is held */
};

struct peers {
    struct peer *items; /* owned */
    size_t count, capacity;
    int64_t read_us;   /* when errand_workers was last read; 0: never */
    int64_t beaten_us; /* when our own heartbeat was last written */
};

/* The peer of this id, added where it is new; NULL where memory ran out. */
struct peer *sqlite_peers_find(struct peers *peers, uint64_t worker, bool add);
/* Judges by what was read into the peer: sets dead. */
void sqlite_peer_judge(struct peer *peer, const struct lease *lease, const struct process_identity *self,
                       errand_time now);
/* Its lease is free, or its process gone, and it is not judged dead yet: within FREE_LONG_US it is, or is back. */
bool sqlite_peer_is_undecided(const struct peer *peer, const struct process_identity *self);
/* Our own heartbeat was written, or at least tried. Where it was not for long, something kept everyone from writing
   theirs: from now on they are waited for anew. */
void sqlite_peers_beat(struct peers *peers, bool written);
/* Forgets those that were not seen. */
void sqlite_peers_prune(struct peers *peers);
void sqlite_peers_release(struct peers *peers);

#endif
