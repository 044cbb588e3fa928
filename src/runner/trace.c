/* The trace that a crashed process left behind, with the names of static functions of its program: its signal handler
   knew only those that the program exports, and may not read files. What it wrote is user code's to spoil. */
#include "base/symbols.h"
#include "base/utf8.h"
#include "runner/internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One line: "0x55d0 name+0x1b (file+0x3cb0)"; the name may be missing. */
struct frame {
    size_t address; /* its length */
    const char *place;
    uint64_t offset; /* in the file */
};

/* False: it is of another file, or no frame at all. */
static bool read_frame(const char *line, size_t size, struct frame *frame)
{
    static const char program[] = " (" RUNNER_NAME "+0x";
    const char *place = memmem(line, size, program, sizeof(program) - 1), *end = line + size;
    if (!place)
        return false;
    frame->address = strcspn(line, " ");
    frame->place = place;
    frame->offset = 0;
    const char *at = place + sizeof(program) - 1;
    for (; at < end && strchr("0123456789abcdef", *at) && *at != '\0'; at++)
        frame->offset = frame->offset * 16 + (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return at + 1 == end && *at == ')';
}

/* Every frame but the first is where a call returns to, which may be the next function: the call stands before it. */
static void add_frame(struct buffer *out, const struct symbols *symbols, const char *line, size_t size, size_t number)
{
    struct frame frame;
    uint64_t into, back = number > 0;
    const char *name = NULL;
    if (symbols && number < TRACE_FRAMES_MAX && read_frame(line, size, &frame) && frame.offset >= back)
        name = symbols_name(symbols, frame.offset - back, &into);
    if (!name) {
        utf8_add_valid(out, line, size);
        return;
    }
    utf8_add_valid(out, line, frame.address);
    buffer_puts(out, " ");
    utf8_add_printable(out, name, strnlen(name, TRACE_NAME_MAX));
    buffer_printf(out, "+0x%llx", (unsigned long long)(into + back));
    utf8_add_valid(out, frame.place, size - (size_t)(frame.place - line));
}

void trace_add(struct buffer *out, const char *trace)
{
    int fd = open(runner_program(), O_RDONLY | O_CLOEXEC);
    struct symbols *symbols = fd >= 0 ? symbols_read(fd) : NULL;
    for (size_t number = 0; *trace != '\0'; number++) {
        size_t size = strcspn(trace, "\n"), end = trace[size] == '\n';
        add_frame(out, symbols, trace, size, number);
        buffer_puts(out, end ? "\n" : "");
        trace += size + end;
    }
    symbols_free(symbols);
    if (fd >= 0)
        close(fd);
}
