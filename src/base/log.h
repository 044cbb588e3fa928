/* Log lines of programs: one line each on a descriptor, as text or as JSON. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <errand/context.h>

enum log_format { LOG_TEXT, LOG_JSON };

struct log {
    int fd;
    enum errand_log_level level; /* what is below it is dropped */
    enum log_format format;
};

/* A named value of a line: type=EmailCustomersJob as text, a member of the object as JSON. */
struct log_field {
    const char *name;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

/* One line, written by one write(2), with time and level before the sentence and the fields behind it. Control
   characters are escaped, invalid UTF-8 replaced; the sentence is cut after 4 KiB. fields may be NULL; it ends with a
   NULL name. */
void log_write(const struct log *log, enum errand_log_level level, const struct log_field *fields, const char *format,
               ...) ERRAND_PRINTF(4, 5);

#endif
