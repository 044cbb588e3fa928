/* What build/.dev tells: that `errand dev` runs for an application, at which port, and which database it keeps. */
#ifndef BASE_RUNNING_H
#define BASE_RUNNING_H

#include <errand/context.h>

enum { RUNNING_ADDRESS_MAX = 16384 }; /* of the database */

/* In the application's folder: takes the lock, which goes with this process. Its descriptor, or -1 and the sentence,
   with the address of the one that runs: two at a time would build into the same folder. */
int running_lock(struct errand_error *err);
/* The port that is listened to. */
int running_tell_port(int lock, int port, struct errand_error *err);
/* The address of its database, for commands and scripts in other terminals; not where they would take that one anyway.
 */
int running_tell(int lock, const char *url, struct errand_error *err);
/* What was told by the one that runs in the application of that folder ("", "../"); owned by the caller. NULL: none
   runs, or it told nothing, or DATABASE_URL has another. */
char *running_database(const char *root);

/* Has it look again at everything, where one runs in the application of that folder: something that it does not watch
   has changed. */
void running_wake(const char *root);
/* What it watches for that. */
#define RUNNING_FILE "build/.dev"

#endif
