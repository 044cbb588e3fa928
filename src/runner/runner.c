/* What a worker does with a runner: sends it tasks, looks at them, takes them back, ends it. */
#include "runner/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Of a task that was taken back and is about to be told. */
static const uint32_t SLOT_TAKEN = UINT32_MAX;

int runner_pid(const struct runner *runner)
{
    return runner->pid;
}

struct backend runner_backend(const struct runner *runner)
{
    return runner->backend;
}

size_t runner_task_count(const struct runner *runner)
{
    return runner->held;
}

size_t runner_jobs_done(const struct runner *runner)
{
    return runner->sent;
}

size_t runner_raises(const struct runner *runner)
{
    return runner->raises;
}

struct runner_task *runner_held(const struct runner *runner, uint64_t sequence)
{
    if (sequence < runner->first || sequence >= runner->next)
        return NULL;
    return runner->ring[sequence % PAGE_SLOTS];
}

static enum page_state state_of(const struct runner *runner, uint64_t sequence)
{
    return page_state(runner->page, runner->seed, sequence);
}

/* ---- Sending ---- */

void runner_flush(struct runner *runner)
{
    struct buffer *unsent = &runner->unsent;
    while (runner->unsent_done < unsent->size) {
        ssize_t sent = send(runner->socket, unsent->data + runner->unsent_done, unsent->size - runner->unsent_done,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            runner->unsent_done = unsent->size; /* it is gone, and its end will be told */
        if (sent < 0)
            break;
        runner->unsent_done += (size_t)sent;
    }
    if (runner->unsent_done == unsent->size) {
        runner->unsent_done = 0;
        buffer_reset(unsent);
        if (unsent->capacity > MESSAGE_FROM_RUNNER_MAX)
            buffer_release(unsent);
    }
    runner_watch_messages(runner);
}

static int add_task(struct runner *runner, const struct runner_task *task)
{
    struct message_task message = {
        .attempts = (uint32_t)task->attempts,
        .too_large = task->row_size > MESSAGE_TO_RUNNER_MAX / 2,
        .id = task->id,
        .id_size = strlen(task->id),
        .row = task->row,
        .row_size = task->row_size,
    };
    if (message.too_large)
        message.row_size = 0;
    return tasks_add(&runner->unsent, &message);
}

/* One message with as many of the tasks as fit into it; how many, or -1. */
static ptrdiff_t add_message(struct runner *runner, uint32_t type_index, struct runner_task *const *tasks, size_t count,
                             uint64_t sequence, int64_t timeout_us)
{
    struct tasks_head head = {
        .seed = runner->seed,
        .sequence = sequence,
        .timeout_us = timeout_us,
        .type_index = type_index,
    };
    size_t start, taken = 0;
    if (tasks_begin(&runner->unsent, &head, &start) < 0)
        return -1;
    do {
        if (add_task(runner, tasks[taken]) < 0)
            return -1;
        taken++;
    } while (taken < count && runner->unsent.size - start + tasks[taken]->row_size < (size_t)MESSAGE_TO_RUNNER_MAX / 2);
    head.count = (uint32_t)taken;
    tasks_set_head(&runner->unsent, start, &head);
    message_end(&runner->unsent, start, MESSAGE_TASKS);
    return (ptrdiff_t)taken;
}

static int add_messages(struct runner *runner, uint32_t type_index, struct runner_task *const *tasks, size_t count,
                        int64_t timeout_us)
{
    size_t before = runner->unsent.size;
    for (size_t i = 0; i < count;) {
        ptrdiff_t taken = add_message(runner, type_index, tasks + i, count - i, runner->next + i, timeout_us);
        if (taken < 0) {
            runner->unsent.size = before;
            runner->unsent.failed = false;
            return -1;
        }
        i += (size_t)taken;
    }
    return 0;
}

static void on_harvest(uv_timer_t *timer)
{
    runner_harvest(timer->data);
}

static void start_harvest(struct runner *runner, uint64_t wait_ms)
{
    runner->harvest_ms = wait_ms;
    uv_timer_start(&runner->harvest, on_harvest, wait_ms, 0);
}

int runner_send(struct runner *runner, size_t type_index, struct runner_task *const *tasks, size_t count,
                int64_t timeout_us)
{
    if (runner->going || runner->next - runner->first + count > PAGE_SLOTS || runner->held + count > RUNNER_SLOTS)
        return -1;
    if (add_messages(runner, (uint32_t)type_index, tasks, count, timeout_us) < 0)
        return -1;
    if (runner->held == 0) {
        runner->busy_since_us = clock_monotonic_us();
        runner->first = runner->next;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t sequence = runner->next++;
        tasks[i]->runner = runner;
        tasks[i]->slot = (uint32_t)(sequence % PAGE_SLOTS);
        tasks[i]->sequence = sequence;
        runner->ring[sequence % PAGE_SLOTS] = tasks[i];
        page_queue(runner->page, runner->seed, sequence);
    }
    runner->held += count;
    runner->sent += count;
    if (runner->held > 1 && !uv_is_active((uv_handle_t *)&runner->harvest))
        start_harvest(runner, RUNNER_HARVEST_MIN_MS);
    runner_flush(runner);
    return 0;
}

/* ---- Tasks and their ends ---- */

void runner_tell(struct runner *runner, uint64_t sequence, struct runner_end *end, bool more)
{
    struct runner_task *task = runner->ring[sequence % PAGE_SLOTS];
    output_finish(runner, task, end);
    runner->ring[sequence % PAGE_SLOTS] = NULL;
    task->runner = NULL;
    runner->held--;
    while (runner->first < runner->next && !runner->ring[runner->first % PAGE_SLOTS])
        runner->first++;
    if (end->end != JOB_END_PUT_BACK && end->ended_us > runner->busy_since_us)
        runner->busy_since_us = end->ended_us;
    if (end->end == JOB_END_PUT_BACK)
        runner->sent--;
    if (runner->held == 0)
        uv_timer_stop(&runner->harvest);
    if (runner->retiring)
        runner_retire(runner);
    runner->events.ended(runner->owner, runner, task, end, more);
    if (end->output)
        output_forget(runner);
}

static int64_t checked_start(struct runner *runner, uint64_t sequence, int64_t now)
{
    int64_t started = atomic_load(&page_slot(runner->page, sequence)->started_us);
    return started >= runner->busy_since_us && started <= now ? started : runner->busy_since_us;
}

/* How many tasks at the front have returned by the page. What printed or raised stands there as PAGE_RAISED: for these
   the message is waited for. */
static size_t count_returned(const struct runner *runner)
{
    uint64_t sequence = runner->first, behind = runner->has_victim ? runner->victim : runner->next;
    while (sequence < behind && runner->ring[sequence % PAGE_SLOTS] && state_of(runner, sequence) == PAGE_RETURNED)
        sequence++;
    return (size_t)(sequence - runner->first);
}

void runner_harvest(struct runner *runner)
{
    size_t count = runner->deaf ? 0 : count_returned(runner);
    runner->telling = true;
    for (size_t i = 0; i < count; i++) {
        uint64_t sequence = runner->first;
        int64_t now = clock_monotonic_us();
        int64_t started = checked_start(runner, sequence, now);
        /* The next one began when this one ended. */
        int64_t ended = sequence + 1 < runner->next ? checked_start(runner, sequence + 1, now) : now;
        struct runner_end end = { .end = JOB_END_RETURNED, .started_us = started, .ended_us = ended };
        if (end.ended_us < started)
            end.ended_us = started;
        runner_tell(runner, sequence, &end, i + 1 < count);
    }
    runner->telling = false;
    if (runner->held > 1 && !runner->dead && !runner->deaf) {
        uint64_t wait = count > 0 ? RUNNER_HARVEST_MIN_MS : 2 * runner->harvest_ms;
        start_harvest(runner, wait < RUNNER_HARVEST_MAX_MS ? wait : RUNNER_HARVEST_MAX_MS);
    }
}

struct runner_task *runner_current(struct runner *runner, int64_t *started_us)
{
    struct runner_task *damaged = NULL;
    int64_t now = clock_monotonic_us();
    for (uint64_t sequence = runner->first; sequence < runner->next; sequence++) {
        struct runner_task *task = runner->ring[sequence % PAGE_SLOTS];
        if (!task)
            continue;
        enum page_state state = state_of(runner, sequence);
        if (state == PAGE_STARTED) {
            *started_us = checked_start(runner, sequence, now);
            return task;
        }
        if (state == PAGE_DAMAGED && !damaged)
            damaged = task;
    }
    /* A job must not escape its deadline by writing over the page. */
    if (damaged)
        *started_us = runner->busy_since_us;
    return damaged;
}

static void tell_taken(struct runner *runner)
{
    for (uint64_t sequence = runner->first; sequence < runner->next && runner->taken > 0; sequence++) {
        struct runner_task *task = runner_held(runner, sequence);
        if (!task || task->slot != SLOT_TAKEN)
            continue;
        struct runner_end end = { .end = JOB_END_PUT_BACK };
        runner->taken--;
        runner_tell(runner, sequence, &end, runner->taken > 0);
    }
}

size_t runner_take_back(struct runner *runner)
{
    if (runner->dead)
        return 0;
    size_t count = 0;
    for (uint64_t sequence = runner->first; sequence < runner->next; sequence++) {
        struct runner_task *task = runner->ring[sequence % PAGE_SLOTS];
        if (!task || task->slot == SLOT_TAKEN ||
            !page_move(runner->page, runner->seed, sequence, PAGE_QUEUED, PAGE_TAKEN))
            continue;
        task->slot = SLOT_TAKEN;
        count++;
    }
    runner->taken += count;
    tell_taken(runner);
    return count;
}

/* ---- Ending it ---- */

/* To its whole group. SIGCONT: a job that has stopped itself must die too. */
void runner_signal(const struct runner *runner, int signal)
{
    kill(-runner->pid, signal);
    if (signal != SIGKILL)
        kill(-runner->pid, SIGCONT);
}

static void on_grace(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    runner->signalled = true;
    runner_signal(runner, SIGKILL);
}

void runner_kill_now(struct runner *runner, const char *violation)
{
    if (!runner->violation)
        runner->violation = violation;
    runner->going = runner->deaf = runner->signalled = true;
    runner_signal(runner, SIGKILL);
    runner_watch_messages(runner);
}

/* What runs; where nothing is seen to run, the first of which it is not known how it ended. */
static void choose_victim(struct runner *runner)
{
    for (uint64_t sequence = runner->first; sequence < runner->next; sequence++) {
        enum page_state state = state_of(runner, sequence);
        bool runs = state == PAGE_STARTED;
        if (!runner->ring[sequence % PAGE_SLOTS] || sequence < runner->told_up_to ||
            (!runs && (runner->has_victim || (state != PAGE_RAISED && state != PAGE_DAMAGED))))
            continue;
        runner->has_victim = true;
        runner->victim = sequence;
        if (runs)
            return;
    }
}

void runner_kill(struct runner *runner, enum job_end end, const char *error)
{
    if (runner->dead || runner->kill_end)
        return;
    runner->kill_end = end;
    runner->kill_error = error ? strdup(error) : NULL;
    runner->going = true;
    if (!runner->telling && !runner->deaf)
        runner_receive(runner); /* what it has said until now counts */
    runner_take_back(runner);
    choose_victim(runner);
    runner->signalled = true;
    runner_signal(runner, SIGTERM);
    uv_timer_start(&runner->grace, on_grace, RUNNER_GRACE_MS, 0);
}

void runner_retire(struct runner *runner)
{
    runner->retiring = runner->going = true;
    if (runner->dead || runner->signalled || runner->held > 0)
        return;
    message_add_empty(&runner->unsent, MESSAGE_RETIRE);
    runner_flush(runner);
    uv_timer_start(&runner->grace, on_grace, RUNNER_RETIRE_MS, 0);
}
