/* Log lines of programs: one line each on a descriptor, as text or as JSON. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <errand/context.h>

#include <stdatomic.h>

enum log_format { LOG_TEXT, LOG_JSON };

/* The way to a descriptor that may not be read from for long: a terminal that was stopped, a pipe whose reader hangs.
   What it does not take within LOG_PATIENCE_MS is dropped, and from then on whatever it does not take at once; the next
   line that gets through is preceded by one that says how many. */
struct log_outlet {
    int fd; /* where it does not wait: owned, and not log.fd, whose flags other processes share */
    bool owned;
    bool is_socket;
    atomic_bool stuck;
    atomic_bool cut;     /* the last line was written in part */
    atomic_uint dropped; /* lines, since one got through */
};
enum { LOG_PATIENCE_MS = 100 };

struct log {
    int fd;
    enum errand_log_level level; /* what is below it is dropped */
    enum log_format format;
    struct log_outlet *outlet; /* borrowed; NULL: every line waits until it is written */
};

/* A named value of a line: type=EmailCustomersJob as text, a member of the object as JSON. */
struct log_field {
    const char *name;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

/* From now on the log never waits for long. */
void log_set_outlet(struct log *log, struct log_outlet *outlet);
void log_outlet_release(struct log_outlet *outlet);

/* One line, written by one write(2) where that takes it whole, with time and level before the sentence and the fields
   behind it. Control characters are escaped, invalid UTF-8 replaced; the sentence is cut after 4 KiB. fields may be
   NULL; it ends with a NULL name. */
void log_write(const struct log *log, enum errand_log_level level, const struct log_field *fields, const char *format,
               ...) ERRAND_PRINTF(4, 5);

#endif
