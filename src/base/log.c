/* Log lines of programs. */
#include "base/log.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SENTENCE_MAX = 4 * 1024,
    LINE_MAX_BYTES = 64 * 1024, /* a sentence of control characters is six times as long in JSON */
};

static const char *const level_names[] = {
    [ERRAND_LOG_DEBUG] = "debug",
    [ERRAND_LOG_INFO] = "info",
    [ERRAND_LOG_WARNING] = "warning",
    [ERRAND_LOG_ERROR] = "error",
};

static void add_text(struct buffer *line, const char *text, bool json)
{
    if (json)
        utf8_add_json(line, text, strlen(text));
    else
        utf8_add_printable(line, text, strlen(text));
}

static void add_field(struct buffer *line, const struct log_field *field, bool json)
{
    buffer_printf(line, json ? ",\"%s\":" : " %s=", field->name);
    if (field->text)
        add_text(line, field->text, json);
    else
        buffer_printf(line, "%" PRId64, field->number);
}

static void add_line(struct buffer *line, const struct log *log, enum errand_log_level level,
                     const struct log_field *fields, const char *sentence)
{
    bool json = log->format == LOG_JSON;
    char time[CLOCK_TEXT_MAX];
    clock_format(clock_realtime_us(), time);
    buffer_printf(line, json ? "{\"time\":\"%sZ\",\"level\":\"%s\",\"message\":" : "%sZ %s ", time, level_names[level]);
    add_text(line, sentence, json);
    for (; fields && fields->name; fields++)
        add_field(line, fields, json);
    buffer_puts(line, json ? "}\n" : "\n");
}

/* ---- A descriptor that may not be read from ---- */

/* Opened anew, a pipe or terminal has flags of its own. */
void log_set_outlet(struct log *log, struct log_outlet *outlet)
{
    struct stat status;
    char path[64];
    *outlet = (struct log_outlet){ .fd = log->fd };
    if (fstat(log->fd, &status) < 0 || S_ISREG(status.st_mode))
        return; /* a file takes everything */
    log->outlet = outlet;
    outlet->is_socket = S_ISSOCK(status.st_mode);
    if (outlet->is_socket)
        return;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", log->fd);
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return; /* another user's terminal: what poll says of it must do */
    outlet->fd = fd;
    outlet->owned = true;
}

void log_outlet_release(struct log_outlet *outlet)
{
    if (outlet->owned)
        close(outlet->fd);
    outlet->owned = false;
}

static bool is_writable(const struct log_outlet *outlet, int64_t until_us)
{
    int64_t left = until_us - clock_monotonic_us();
    struct pollfd wait = { .fd = outlet->fd, .events = POLLOUT };
    return poll(&wait, 1, left > 0 ? (int)(left / 1000) : 0) > 0;
}

static ssize_t offer(const struct log_outlet *outlet, const char *data, size_t size)
{
    if (outlet->is_socket)
        return send(outlet->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!outlet->owned && !is_writable(outlet, 0)) {
        errno = EAGAIN;
        return -1;
    }
    return write(outlet->fd, data, size);
}

/* False where it was dropped. */
static bool let_out(struct log_outlet *outlet, const struct buffer *line)
{
    int64_t patience_us = atomic_load(&outlet->stuck) ? 0 : LOG_PATIENCE_MS * INT64_C(1000);
    int64_t until_us = clock_monotonic_us() + patience_us;
    size_t done = 0;
    while (done < line->size) {
        ssize_t size = offer(outlet, line->data + done, line->size - done);
        if (size > 0)
            done += (size_t)size;
        else if (errno != EAGAIN && errno != EINTR)
            return true; /* gone for good: a log that cannot be written must not stop the work */
        else if (clock_monotonic_us() >= until_us || !is_writable(outlet, until_us))
            break;
    }
    bool whole = done == line->size;
    atomic_store(&outlet->stuck, !whole);
    if (done > 0)
        atomic_store(&outlet->cut, !whole);
    return whole;
}

static void write_line(const struct log *log, const struct buffer *line)
{
    if (line->size > 0 && write(log->fd, line->data, line->size) < 0) {
        /* A log that cannot be written must not stop the work. */
    }
}

/* What was dropped before the line is told with it. */
static void let_line_out(const struct log *log, enum errand_log_level level, const struct log_field *fields,
                         const char *sentence)
{
    struct log_outlet *outlet = log->outlet;
    struct buffer line = BUFFER_INIT(2 * LINE_MAX_BYTES);
    unsigned dropped = atomic_exchange(&outlet->dropped, 0);
    char lost[128];
    snprintf(lost, sizeof(lost), "%u lines of this log were dropped: nobody read them", dropped);
    if (atomic_load(&outlet->cut))
        buffer_puts(&line, "\n");
    if (dropped > 0)
        add_line(&line, log, ERRAND_LOG_WARNING, NULL, lost);
    add_line(&line, log, level, fields, sentence);
    if (!let_out(outlet, &line))
        atomic_fetch_add(&outlet->dropped, dropped + 1);
    buffer_release(&line);
}

void log_write(const struct log *log, enum errand_log_level level, const struct log_field *fields, const char *format,
               ...)
{
    if (level < log->level)
        return;
    char sentence[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    if (log->outlet) {
        let_line_out(log, level, fields, sentence);
        return;
    }
    struct buffer line = BUFFER_INIT(LINE_MAX_BYTES);
    add_line(&line, log, level, fields, sentence);
    write_line(log, &line);
    buffer_release(&line);
}
