/* Bytes that grow, up to a declared maximum. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(struct buffer *buffer)
{
    buffer->failed = true;
    return -1;
}

int buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more > buffer->maximum - buffer->size)
        return fail(buffer);
    size_t needed = buffer->size + more + 1;
    if (needed <= buffer->capacity)
        return 0;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (!data)
        return fail(buffer);
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    if (buffer_reserve(buffer, size) < 0)
        return -1;
    if (size > 0)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
    return 0;
}

int buffer_puts(struct buffer *buffer, const char *text)
{
    return buffer_add(buffer, text, strlen(text));
}

/* Into the room that there is, where most texts fit, and need not be printed again. */
static int print(struct buffer *buffer, const char *format, va_list arguments)
{
    size_t room = buffer->capacity - buffer->size;
    return vsnprintf(room > 0 ? buffer->data + buffer->size : NULL, room, format, arguments);
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t room = buffer->capacity - buffer->size;
    int size = print(buffer, format, arguments);
    bool reserved = size >= 0 && buffer_reserve(buffer, (size_t)size) == 0;
    if (reserved && (size_t)size >= room)
        print(buffer, format, again);
    va_end(arguments);
    va_end(again);
    if (reserved)
        buffer->size += (size_t)size;
    else if (room > 0)
        buffer->data[buffer->size] = '\0';
    return reserved ? 0 : fail(buffer);
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    if (size >= buffer->size) {
        buffer->size = 0;
    } else {
        memmove(buffer->data, buffer->data + size, buffer->size - size);
        buffer->size -= size;
    }
    if (buffer->data)
        buffer->data[buffer->size] = '\0';
}

void buffer_cut(struct buffer *buffer, size_t size)
{
    if (size < buffer->size)
        buffer->size = size;
    if (buffer->data)
        buffer->data[buffer->size] = '\0';
    buffer->failed = false;
}

void buffer_reset(struct buffer *buffer)
{
    buffer_cut(buffer, 0);
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){ .maximum = buffer->maximum };
}
