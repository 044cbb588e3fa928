/* What tells a dashboard that jobs have changed: LISTEN on PostgreSQL, a watch on the write-ahead log on SQLite. One
   thread of its own, started when the first one waits and stopped with the last. Tells at most once a second, never
   less often than that something changed, and never slows the clients that insert jobs by more than one notification a
   second. */
#ifndef ADMIN_CHANGES_H
#define ADMIN_CHANGES_H

#include <errand/table.h>

struct changes;

/* url as errand_open has it. NULL and the sentence. Opens nothing before somebody waits. */
struct changes *changes_new(const char *url, const struct errand_schema *schema, struct errand_error *err);
void changes_free(struct changes *changes);
/* Waits until something has changed since *seen (0: returns at once and sets it), at most timeout_ms. true: it has.
   From any thread. A database that is away counts as a change when it is back. */
bool changes_wait(struct changes *changes, uint64_t *seen, int timeout_ms);
/* Lets all who wait return false, now and from now on. */
void changes_stop(struct changes *changes);

#endif
