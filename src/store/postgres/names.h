/* The names that belong to a table: its channel, its triggers, the key of its lock. */
#ifndef STORE_POSTGRES_NAMES_H
#define STORE_POSTGRES_NAMES_H

#define NAMES_CHANNEL "job_available_"
/* On which workers say that jobs were claimed or finished, and others that they were changed. */
#define NAMES_CHANGED "errand_changed"

/* prefix and table; where that is longer than PostgreSQL's names may be, the end gives way to a hash of the whole. To
   be freed; NULL where memory ran out. */
char *names_of(const char *prefix, const char *table);

#endif
