/* Log lines of programs. */
#include "base/log.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

    bool json = log->format == LOG_JSON;
    char time[CLOCK_TEXT_MAX];
    struct buffer line = BUFFER_INIT(LINE_MAX_BYTES);
    clock_format(clock_realtime_us(), time);
    buffer_printf(&line, json ? "{\"time\":\"%sZ\",\"level\":\"%s\",\"message\":" : "%sZ %s ", time,
                  level_names[level]);
    add_text(&line, sentence, json);
    for (; fields && fields->name; fields++)
        add_field(&line, fields, json);
    buffer_puts(&line, json ? "}\n" : "\n");
    if (line.size > 0 && write(log->fd, line.data, line.size) < 0) {
        /* A log that cannot be written must not stop the work. */
    }
    buffer_release(&line);
}
