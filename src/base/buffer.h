/* Bytes that grow, up to a declared maximum. What does not fit is refused, and the buffer remembers that it was. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <errand/context.h>

struct buffer {
    char *data;  /* owned; NUL-terminated once something was added; NULL before */
    size_t size; /* without the NUL */
    size_t capacity;
    size_t maximum;
    bool failed; /* something did not fit, or memory ran out: the content is not whole */
};

#define BUFFER_INIT(bytes)                                                                                             \
    {                                                                                                                  \
        .maximum = (bytes)                                                                                             \
    }

/* Each returns 0, or -1 and sets failed; then nothing was added. */
int buffer_reserve(struct buffer *buffer, size_t more);
int buffer_add(struct buffer *buffer, const void *data, size_t size);
int buffer_puts(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...) ERRAND_PRINTF(2, 3);
/* Takes size bytes off the front. */
void buffer_consume(struct buffer *buffer, size_t size);
/* Keeps the first size bytes, and forgets the failure. */
void buffer_cut(struct buffer *buffer, size_t size);
/* Empties it and forgets the failure, keeping the memory. */
void buffer_reset(struct buffer *buffer);
void buffer_release(struct buffer *buffer);

#endif
