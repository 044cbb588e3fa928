/* Which process this is, and whether another one, named in the database, is provably gone. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process_identity {
    char host[65];         /* host name, for people */
    char boot_id[37];      /* of the kernel that runs it: unique per machine and boot */
    int64_t pid_namespace; /* inode of /proc/self/ns/pid */
    int64_t pid;
    int64_t start_ticks; /* field 22 of /proc/PID/stat: a pid that was used again has another */
};

/* What cannot be read stays empty or 0; then process_is_gone never says yes of it. */
void process_identify_self(struct process_identity *self);
/* True only if it ran under this kernel and pid namespace and no process of that pid and start time is left; one of
   which only the pid can be seen (hidepid=2, ProtectProc=invisible) may be it. */
bool process_is_gone(const struct process_identity *process);

#endif
