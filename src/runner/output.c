/* What jobs print: read as it comes, kept up to a limit, told line by line, and the rest thrown away. */
#include "runner/internal.h"

#include "base/utf8.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 16 * 1024, PIPE_BYTES_MAX = 1024 * 1024 };

void output_tell_line(struct runner *runner, struct runner_task *task, enum errand_log_level level, const char *text,
                      size_t size)
{
    struct buffer line = BUFFER_INIT(8 * MESSAGE_LOG_MAX);
    utf8_add_printable(&line, text, size);
    runner->events.printed(runner->owner, runner, task, level, line.data ? line.data : "");
    buffer_release(&line);
}

static struct runner_task *owner_of(const struct runner *runner)
{
    return runner->output.owned ? runner_held(runner, runner->output.owner) : NULL;
}

/* A runner whose job has printed starts no other before the pipe was read to its end. So whatever is in it was printed
   by the last task that has started. */
static void find_owner(struct runner *runner)
{
    struct runner_output *output = &runner->output;
    if (owner_of(runner))
        return;
    output->owned = false;
    for (uint64_t sequence = runner->first; sequence < runner->next; sequence++) {
        if (!runner_held(runner, sequence))
            continue;
        enum page_state state = page_state(runner->page, runner->seed, sequence);
        if (state == PAGE_QUEUED || state == PAGE_TAKEN || state == PAGE_GIVEN ||
            (state == PAGE_DAMAGED && output->owned))
            break;
        output->owned = true;
        output->owner = sequence;
    }
}

/* Lines end at a newline, or where they are too long. */
static void tell_lines(struct runner *runner, struct runner_task *task, bool all)
{
    struct runner_output *output = &runner->output;
    while (output->lined < output->kept.size) {
        const char *line = output->kept.data + output->lined;
        size_t left = output->kept.size - output->lined;
        size_t length = left < RUNNER_LINE_MAX ? left : RUNNER_LINE_MAX;
        const char *newline = memchr(line, '\n', length);
        if (!newline && !all && left < RUNNER_LINE_MAX)
            return;
        if (newline)
            length = (size_t)(newline - line);
        output->lined += length + (newline != NULL);
        output_tell_line(runner, task, ERRAND_LOG_INFO, line, length);
    }
}

static void keep(struct runner *runner, const char *data, size_t size)
{
    struct runner_output *output = &runner->output;
    find_owner(runner);
    struct runner_task *task = owner_of(runner);
    struct buffer *kept = task ? &output->kept : &output->stray;
    size_t room = kept->maximum - kept->size;
    buffer_add(kept, data, size < room ? size : room);
    if (!task)
        return;
    output->cut = output->cut || size > room;
    tell_lines(runner, task, false);
}

static bool is_empty(int pipe)
{
    struct pollfd state = { .fd = pipe, .events = POLLIN };
    return poll(&state, 1, 0) == 0; /* at its end it is not */
}

void output_collect(struct runner *runner)
{
    char data[CHUNK];
    for (size_t total = 0; total < PIPE_BYTES_MAX;) {
        if (is_empty(runner->output_fd))
            return;
        /* Before the read: a runner that finds its pipe empty sees by this that it has printed all the same. */
        atomic_fetch_add(&runner->page->reads, 1);
        ssize_t got = read(runner->output_fd, data, sizeof(data));
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            uv_poll_stop(&runner->prints); /* nobody is left who could write */
        if (got <= 0)
            return;
        total += (size_t)got;
        keep(runner, data, (size_t)got);
        if ((size_t)got < sizeof(data))
            return;
    }
}

void output_finish(struct runner *runner, struct runner_task *task, struct runner_end *end)
{
    struct runner_output *output = &runner->output;
    if (!output->owned || output->owner != task->sequence)
        return;
    tell_lines(runner, task, true);
    end->output = output->kept.data;
    end->output_size = output->kept.size;
    end->output_cut = output->cut;
}

void output_forget(struct runner *runner)
{
    struct runner_output *output = &runner->output;
    buffer_release(&output->kept);
    output->lined = 0;
    output->cut = output->owned = false;
}

void output_release(struct runner *runner)
{
    buffer_release(&runner->output.kept);
    buffer_release(&runner->output.stray);
}
