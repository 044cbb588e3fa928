/* What a runner says, checked. What no runner would say ends it: nothing that it said from then on could be believed.
 */
#include "runner/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { CHUNK = 64 * 1024, CHUNKS_AT_ONCE = 16 };
/* A hundred years: later than that no database can say. */
#define SNOOZE_MAX_US (INT64_C(36525) * 24 * 3600 * 1000000)

static bool is_unstarted(const struct runner *runner, uint64_t sequence)
{
    return page_state(runner->page, runner->seed, sequence) == PAGE_QUEUED;
}

/* Outcomes come in the order of sending. 1: this one is to be told; 0: its task has ended already (it was taken back,
   the page told so, runner_kill decided it); -1: no runner says this. */
static int check_outcome(const struct runner *runner, const struct outcome *outcome, uint64_t at_least)
{
    if (outcome->sequence < at_least || outcome->sequence >= runner->next)
        return -1;
    const struct runner_task *task = runner_held(runner, outcome->sequence);
    bool too_late = runner->has_victim && outcome->sequence >= runner->victim;
    if (!task || task->slot >= PAGE_SLOTS || too_late)
        return 0;
    for (uint64_t skipped = at_least > runner->first ? at_least : runner->first; skipped < outcome->sequence; skipped++)
        if (runner_held(runner, skipped) && runner_held(runner, skipped)->slot < PAGE_SLOTS)
            return -1;
    if (outcome->end != JOB_END_PUT_BACK && is_unstarted(runner, outcome->sequence))
        return -1;
    return 1;
}

/* How many of the outcomes are to be told, or -1 where one of them cannot be true. */
static int count_outcomes(const struct runner *runner, struct message message, uint64_t *behind)
{
    struct outcome outcome;
    int count = 0, got;
    *behind = 0;
    while ((got = outcome_read(&message, &outcome)) > 0) {
        int check = check_outcome(runner, &outcome, *behind);
        if (check < 0)
            return -1;
        count += check;
        *behind = outcome.sequence + 1;
    }
    return got < 0 ? -1 : count;
}

static void set_times(const struct runner *runner, const struct outcome *outcome, struct runner_end *end)
{
    if (outcome->end == JOB_END_PUT_BACK)
        return;
    int64_t now = clock_monotonic_us();
    end->ended_us = outcome->ended_us <= now && outcome->ended_us >= runner->busy_since_us ? outcome->ended_us : now;
    end->started_us = outcome->started_us;
    if (end->started_us > end->ended_us || end->started_us < runner->busy_since_us)
        end->started_us = runner->busy_since_us;
}

static void tell_outcome(struct runner *runner, const struct outcome *outcome, bool more)
{
    char error[MESSAGE_ERROR_MAX + 1];
    int64_t snooze_us = outcome->snooze_us < SNOOZE_MAX_US ? outcome->snooze_us : SNOOZE_MAX_US;
    struct runner_end end = { .end = outcome->end, .snooze_us = snooze_us };
    if (outcome->error) {
        memcpy(error, outcome->error, outcome->error_size);
        error[outcome->error_size] = '\0';
        end.error = error;
    }
    set_times(runner, outcome, &end);
    if (outcome->end == JOB_END_FAILED || outcome->end == JOB_END_DISCARDED || outcome->end == JOB_END_SNOOZED)
        runner->raises++;
    runner_tell(runner, outcome->sequence, &end, more);
}

/* Before its end is told: what the job printed is all in the pipe now, and the runner waits. */
static void drain(struct runner *runner)
{
    output_collect(runner);
    if (!runner->going || runner->retiring) {
        message_add_empty(&runner->unsent, MESSAGE_DRAINED);
        runner_flush(runner);
    }
}

static int receive_outcomes(struct runner *runner, struct message message)
{
    struct outcome outcome;
    int left = count_outcomes(runner, message, &runner->told_up_to);
    if (left < 0)
        return -1;
    while (outcome_read(&message, &outcome) > 0) {
        if (outcome.printed)
            drain(runner);
        if (check_outcome(runner, &outcome, outcome.sequence) > 0)
            tell_outcome(runner, &outcome, --left > 0);
    }
    return 0;
}

static int receive_log(struct runner *runner, const struct message *message)
{
    struct log_message log;
    if (log_message_read(message, &log) < 0)
        return -1;
    struct runner_task *task = runner_held(runner, log.sequence);
    if (task)
        output_tell_line(runner, task, log.level, log.text, log.size);
    return 0;
}

static int receive_message(struct runner *runner, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_READY:
        if (runner->ready || message->size != 0)
            return -1;
        runner->ready = true;
        runner->events.ready(runner->owner, runner);
        return 0;
    case MESSAGE_OUTCOMES:
        return receive_outcomes(runner, *message);
    case MESSAGE_LOG:
        return receive_log(runner, message);
    case MESSAGE_BACKEND:
        return backend_message_read(message, &runner->backend);
    default:
        return -1;
    }
}

static void receive_messages(struct runner *runner)
{
    struct buffer *inbox = &runner->inbox;
    size_t done = 0;
    while (!runner->deaf) {
        struct message message;
        size_t length;
        int got = message_read(inbox->data + done, inbox->size - done, MESSAGE_FROM_RUNNER_MAX, &message, &length);
        if (got == 0)
            break;
        if (got < 0 || receive_message(runner, &message) < 0)
            runner_kill_now(runner, "wrote something else into its messages to the worker");
        else
            done += length;
    }
    buffer_consume(inbox, done);
}

/* The runner has closed its end. It may still be running a job that closed all descriptors: that is left to end. */
static void on_end_of_messages(struct runner *runner)
{
    runner->going = runner->deaf = true;
    runner_watch_messages(runner);
    runner_take_back(runner);
}

void runner_receive(struct runner *runner)
{
    ssize_t got = 0;
    runner->telling = true;
    for (int i = 0; i < CHUNKS_AT_ONCE && !runner->deaf; i++) {
        if (buffer_reserve(&runner->inbox, CHUNK) < 0)
            break;
        got = recv(runner->socket, runner->inbox.data + runner->inbox.size, CHUNK, MSG_DONTWAIT);
        if (got <= 0)
            break;
        runner->inbox.size += (size_t)got;
        receive_messages(runner);
    }
    runner->telling = false;
    runner->told_up_to = 0;
    if (!runner->deaf && (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)))
        on_end_of_messages(runner);
}
