/* The end of a runner's process: which task it took with it, and in what words. */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct death {
    int64_t status;
    int signal;
    enum page_death recorded; /* what the process wrote down itself, about `blamed` */
    uint64_t blamed;
    bool has_blamed;
};

/* Of the whole system: cgroups count their kills here too. 0 where it cannot be read. */
uint64_t death_count_oom_kills(void)
{
    static const char label[] = "\noom_kill ";
    char text[16 * 1024];
    int fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *line = strstr(text, label);
    return line ? strtoull(line + strlen(label), NULL, 10) : 0;
}

static void describe_signal(const struct runner *runner, const struct death *death, struct buffer *text)
{
    const struct page_crash *crash = &runner->page->crash;
    int number = death->signal;
    bool recorded = death->recorded == PAGE_DEATH_SIGNAL && crash->signal > 0 && crash->signal < NSIG;
    if (recorded)
        number = crash->signal;
    const char *name = sigabbrev_np(number);
    if (name)
        buffer_printf(text, "killed by SIG%s", name);
    else
        buffer_printf(text, "killed by signal %d", number);
    if (recorded && crash->stack_overflow)
        buffer_puts(text, " (stack overflow)");
    else if (recorded && crash->has_address)
        buffer_printf(text, " (address 0x%" PRIx64 ")", crash->address);
    else if (number == SIGKILL && !runner->signalled && death_count_oom_kills() > runner->oom_kills)
        buffer_puts(text, " (the system was out of memory)");
}

static void describe(const struct runner *runner, const struct death *death, struct buffer *text)
{
    if (runner->violation) {
        buffer_puts(text, runner->violation);
    } else if (death->signal != 0) {
        describe_signal(runner, death, text);
    } else if (death->recorded == PAGE_DEATH_EXIT) {
        buffer_printf(text, "called exit(%d) inside perform", (int)runner->page->crash.status);
    } else if (death->status == RUNNER_EXIT_CLOSED) {
        buffer_puts(text, "closed the descriptors of the process that ran it");
    } else if (death->status == RUNNER_EXIT_DAMAGED) {
        buffer_puts(text, "a job wrote over memory shared with the worker");
    } else {
        buffer_printf(text, "exited with status %" PRId64 "%s", death->status,
                      death->has_blamed ? " inside perform" : "");
    }
    if (!death->has_blamed && !runner->ready && runner->output.stray.size > 0) {
        const struct buffer *stray = &runner->output.stray;
        size_t size = stray->size;
        while (size > 0 && stray->data[size - 1] == '\n')
            size--;
        buffer_puts(text, ": ");
        utf8_add_printable(text, stray->data, size);
    }
}

/* The task that the process has named itself when it went, whatever became of the page. */
static bool find_recorded(const struct runner *runner, struct death *death)
{
    for (uint64_t sequence = runner->first; sequence < runner->next; sequence++) {
        enum page_death recorded = page_death(runner->page, runner->seed, sequence);
        if (!runner_held(runner, sequence) || recorded == PAGE_DEATH_NONE)
            continue;
        death->has_blamed = true;
        death->blamed = sequence;
        death->recorded = recorded;
        return true;
    }
    return false;
}

/* The task that was running. Tasks run in the order of sending, so where the page is damaged it is the first of which
   nothing is known. */
static void find_blamed(const struct runner *runner, struct death *death)
{
    if (find_recorded(runner, death))
        return;
    for (uint64_t sequence = runner->first; sequence < runner->next; sequence++) {
        if (!runner_held(runner, sequence))
            continue;
        enum page_state state = page_state(runner->page, runner->seed, sequence);
        bool certain = state == PAGE_STARTED || state == PAGE_RAISED;
        if (!certain && (state != PAGE_DAMAGED || death->has_blamed || death->status == RUNNER_EXIT_DAMAGED))
            continue;
        death->has_blamed = true;
        death->blamed = sequence;
        if (certain)
            return;
    }
}

/* The page says so; or it is damaged, and the one that was recorded ran behind this one. What ends in another way is
   told before the next begins. */
static bool has_returned(const struct runner *runner, const struct death *death, uint64_t sequence)
{
    enum page_state state = page_state(runner->page, runner->seed, sequence);
    bool before = death->recorded != PAGE_DEATH_NONE && sequence < death->blamed;
    return state == PAGE_RETURNED || (state == PAGE_DAMAGED && before);
}

static const char *trace_of(const struct runner *runner, const struct death *death, struct buffer *trace)
{
    const struct page_crash *crash = &runner->page->crash;
    uint32_t size = crash->trace_size;
    if (death->recorded != PAGE_DEATH_SIGNAL || size == 0 || size > PAGE_TRACE_MAX)
        return NULL;
    char text[PAGE_TRACE_MAX + 1]; /* of the page's own, something that the job has left behind may still write */
    memcpy(text, crash->trace, size);
    text[size] = '\0';
    trace_add(trace, text);
    return trace->size > 0 ? trace->data : NULL;
}

static void settle_task(struct runner *runner, uint64_t sequence, const struct death *death, const char *error)
{
    struct buffer trace = BUFFER_INIT(TRACE_TEXT_MAX);
    struct runner_end end = { .end = JOB_END_PUT_BACK, .process_ended = true };
    int64_t started = atomic_load(&page_slot(runner->page, sequence)->started_us), now = clock_monotonic_us();
    if (runner->has_victim && sequence == runner->victim) {
        end.end = runner->kill_end;
        end.error = runner->kill_error;
    } else if (has_returned(runner, death, sequence)) {
        end.end = JOB_END_RETURNED;
    } else if (death->has_blamed && sequence == death->blamed) {
        end.end = JOB_END_FAILED;
        end.error = error;
        end.backtrace = trace_of(runner, death, &trace);
        runner->raises++;
    }
    if (end.end != JOB_END_PUT_BACK) {
        end.ended_us = now;
        end.started_us = started >= runner->busy_since_us && started <= now ? started : runner->busy_since_us;
    }
    runner_tell(runner, sequence, &end, runner->held > 1);
    buffer_release(&trace);
}

static bool is_orderly(const struct runner *runner, const struct death *death)
{
    return runner->retiring && !runner->violation && !death->has_blamed && death->status == 0 && death->signal == 0;
}

void runner_settle(struct runner *runner, int64_t status, int signal)
{
    struct death death = { .status = status, .signal = signal };
    struct buffer text = BUFFER_INIT(RUNNER_ERROR_MAX);
    runner_signal(runner, SIGKILL); /* what it has left behind */
    if (!runner->deaf)
        runner_receive(runner);
    runner->going = runner->deaf = runner->dead = true;
    output_collect(runner);
    find_blamed(runner, &death);
    describe(runner, &death, &text);
    for (uint64_t sequence = runner->first; sequence < runner->next; sequence++)
        if (runner_held(runner, sequence))
            settle_task(runner, sequence, &death, text.data);
    runner->events.exited(runner->owner, runner, is_orderly(runner, &death) ? NULL : text.data);
    buffer_release(&text);
    runner_close(runner);
}
