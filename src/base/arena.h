/* Memory that is freed all at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* the newest first; owned */
};

#define ARENA_INIT                                                                                                     \
    {                                                                                                                  \
        NULL                                                                                                           \
    }

/* Zeroed and aligned for any type; NULL where the system has no more memory, or size is beyond PTRDIFF_MAX. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy with a NUL behind it. */
char *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments);
/* Frees everything but one block, which is kept for what comes next. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);

#endif
