/* Filling in a struct errand_error. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct errand_error *err, const char *format, ...)
{
    if (!err)
        return -1;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);
    return -1;
}

int error_prefix(struct errand_error *err, const char *format, ...)
{
    if (!err)
        return -1;
    struct errand_error was = *err;
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);
    if (used >= 0 && (size_t)used < sizeof(err->message)) {
        size_t room = sizeof(err->message) - (size_t)used;
        snprintf(err->message + used, room, ": %.*s", (int)room, was.message);
    }
    return -1;
}
