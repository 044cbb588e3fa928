/* A runner: reads jobs from its worker, performs them in their order, says how they ended. */
#include "runner/child.h"

#include "base/clock.h"
#include "record/context.h"
#include "runner/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HIGH_FD = 200, /* out of the way of a job that closes descriptors and opens others */
    CHUNK = 64 * 1024,
    REPLY_EVERY_US = 1000,
    /* Looking at all that jobs may have changed takes 10 us: behind one that has raised, and so put nothing back
       itself, it is done at once; behind the others when this long has gone by since. */
    RESTORE_EVERY_US = 10000
};

struct child {
    const struct errand_schema *schema;
    struct store_url url;
    struct errand_context *ctx;
    struct surroundings surroundings;
    struct crash_scene scene;
    int messages, output_fd;
    struct buffer inbox; /* whole and partial messages of the worker */
    struct buffer replies;
    size_t outcomes; /* where the message of outcomes begins in replies */
    bool has_outcomes;
    bool *prepared; /* by job type: on_runner_start was called */
    int64_t replied_us, restored_us, now_us;
    uint64_t reads_seen;
    bool restored; /* nothing has run since surroundings_restore */
    bool damaged;  /* the page; no job is started any more */
};

struct call {
    struct child *child;
    const struct errand_job_type *type;
    const struct message_task *task;
    bool *prepared;
};

/* ---- What it says ---- */

/* The socket is closed at the worker's end only by the worker's death. Then what the jobs have left behind goes too;
   the guard alone might come too late. */
static _Noreturn void die_with_worker(void)
{
    kill(0, SIGKILL);
    _exit(RUNNER_EXIT_CLOSED);
}

/* Nothing can be said any more. */
static _Noreturn void give_up(void)
{
    if (errno == EPIPE || errno == ECONNRESET)
        die_with_worker();
    _exit(RUNNER_EXIT_CLOSED);
}

static void send_replies(struct child *child)
{
    struct buffer *replies = &child->replies;
    if (child->has_outcomes)
        message_end(replies, child->outcomes, MESSAGE_OUTCOMES);
    child->has_outcomes = false;
    for (size_t done = 0; done < replies->size;) {
        ssize_t sent = send(child->messages, replies->data + done, replies->size - done, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            give_up();
        done += sent > 0 ? (size_t)sent : 0;
    }
    buffer_reset(replies);
    child->replied_us = child->now_us;
}

static void add_outcome(struct child *child, const struct outcome *outcome)
{
    if (child->replies.size > MESSAGE_FROM_RUNNER_MAX / 2)
        send_replies(child);
    if (!child->has_outcomes && message_begin(&child->replies, &child->outcomes) < 0)
        give_up();
    child->has_outcomes = true;
    if (outcome_add(&child->replies, outcome) < 0)
        give_up();
}

static void on_log(void *arg, enum errand_log_level level, const char *text)
{
    struct child *child = arg;
    struct log_message log = { child->scene.sequence, level, text, strlen(text) };
    if (!*child->scene.identity)
        return;
    send_replies(child);
    log_message_add(&child->replies, &log);
    send_replies(child);
}

static void on_connected(void *arg, struct backend backend)
{
    struct child *child = arg;
    if (!*child->scene.identity)
        return;
    send_replies(child);
    backend_message_add(&child->replies, &backend);
    send_replies(child);
}

/* ---- One job ---- */

static void call_perform(struct errand_context *ctx, void *arg)
{
    const struct call *call = arg;
    const struct errand_job_type *type = call->type;
    if (call->task->too_large)
        errand_fail(ctx, "the row of %s is too large to be handed to a job", type->table->name);
    if (!*call->prepared && type->options->on_runner_start)
        type->options->on_runner_start(ctx);
    *call->prepared = true;
    const void *record = record_decode(ctx, type->table, call->child->url.kind, call->task->row, call->task->row_size);
    type->perform(ctx, record);
}

/* Also what a process that the job has started wrote past our stdio, and what the worker has read already. */
static bool has_printed(struct child *child)
{
    int waiting = 0;
    fflush(stdout);
    if (ioctl(child->output_fd, FIONREAD, &waiting) < 0)
        return false; /* a job has closed it; nothing can be said any more either */
    return waiting > 0 || atomic_load(&child->scene.page->reads) != child->reads_seen;
}

/* Not started, and never will be; unless the worker has taken it already. */
static void give_back(struct child *child, uint64_t seed, uint64_t sequence)
{
    struct outcome outcome = { .sequence = sequence, .end = JOB_END_PUT_BACK };
    if (!page_move(child->scene.page, seed, sequence, PAGE_QUEUED, PAGE_GIVEN) &&
        page_state(child->scene.page, seed, sequence) == PAGE_TAKEN)
        return;
    add_outcome(child, &outcome);
}

static bool start(struct child *child, uint64_t seed, uint64_t sequence)
{
    struct page *page = child->scene.page;
    atomic_store_explicit(&page_slot(page, sequence)->started_us, child->now_us, memory_order_relaxed);
    if (page_move(page, seed, sequence, PAGE_QUEUED, PAGE_STARTED))
        return true;
    child->damaged = page_state(page, seed, sequence) != PAGE_TAKEN;
    if (child->damaged)
        give_back(child, seed, sequence);
    return false;
}

static struct context_end perform(struct child *child, struct call *call, int64_t timeout_us)
{
    context_set_deadline(child->ctx, timeout_us > 0 ? child->now_us + timeout_us : INT64_MAX);
    child->scene.inside = 1;
    struct context_end end = context_call(child->ctx, call_perform, call);
    child->scene.inside = 0;
    if (!*child->scene.identity)
        _exit(0); /* a process that the job has forked, and let return */
    surroundings_restore_cheap(&child->surroundings);
    return end;
}

static void restore(struct child *child)
{
    surroundings_restore(&child->surroundings);
    child->restored = true;
    child->restored_us = child->now_us = clock_monotonic_us();
}

static void restore_if_due(struct child *child)
{
    if (!child->restored && child->now_us - child->restored_us >= RESTORE_EVERY_US)
        restore(child);
}

/* True if it has printed: then the worker must have read that before another job starts. */
static bool run(struct child *child, struct call *call, const struct tasks_head *head, uint64_t sequence)
{
    struct page *page = child->scene.page;
    restore_if_due(child);
    if (!start(child, head->seed, sequence))
        return false;
    child->scene.seed = head->seed;
    child->scene.sequence = sequence;
    child->restored = false;
    struct outcome outcome = { .sequence = sequence, .started_us = child->now_us };
    struct context_end end = perform(child, call, head->timeout_us);
    outcome.printed = has_printed(child);
    outcome.end = end.end;
    outcome.error = end.error;
    outcome.error_size = end.error ? strlen(end.error) : 0;
    outcome.snooze_us = end.snooze_us;
    outcome.ended_us = child->now_us = clock_monotonic_us();
    bool silent = end.end == JOB_END_RETURNED && !outcome.printed;
    if (!page_move(page, head->seed, sequence, PAGE_STARTED, silent ? PAGE_RETURNED : PAGE_RAISED))
        child->damaged = true;
    add_outcome(child, &outcome);
    if (!silent || child->now_us - child->replied_us >= REPLY_EVERY_US)
        send_replies(child);
    context_reset(child->ctx);
    if (end.end != JOB_END_RETURNED) {
        context_renew(child->ctx);
        restore(child);
    }
    return outcome.printed;
}

/* ---- Messages of the worker ---- */

static void read_more(struct child *child)
{
    if (buffer_reserve(&child->inbox, CHUNK) < 0)
        give_up();
    for (;;) {
        ssize_t got = recv(child->messages, child->inbox.data + child->inbox.size,
                           child->inbox.capacity - child->inbox.size - 1, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            give_up();
        if (got == 0)
            die_with_worker();
        child->inbox.size += (size_t)got;
        return;
    }
}

/* Waits until the worker has read what was printed. Jobs that it sends meanwhile stay where they are. */
static void wait_until_drained(struct child *child)
{
    size_t at = 0, length = 0;
    struct message message;
    for (;;) {
        struct buffer *inbox = &child->inbox;
        int got = message_read(inbox->data + at, inbox->size - at, MESSAGE_TO_RUNNER_MAX, &message, &length);
        if (got < 0)
            give_up();
        if (got > 0 && message.kind == MESSAGE_DRAINED) {
            memmove(inbox->data + at, inbox->data + at + length, inbox->size - at - length);
            inbox->size -= length;
            break;
        }
        if (got > 0)
            at += length;
        else
            read_more(child);
    }
    child->reads_seen = atomic_load(&child->scene.page->reads);
}

static size_t count_types(const struct errand_schema *schema)
{
    size_t count = 0;
    while (schema->job_types[count].table)
        count++;
    return count;
}

/* True if a job has printed. Those behind it go back. */
static bool run_tasks(struct child *child, struct message message)
{
    struct tasks_head head;
    struct message_task task;
    bool printed = false;
    if (tasks_read_head(&message, &head) < 0 || head.type_index >= count_types(child->schema))
        give_up();
    struct call call = {
        .child = child,
        .type = &child->schema->job_types[head.type_index],
        .task = &task,
        .prepared = &child->prepared[head.type_index],
    };
    child->now_us = clock_monotonic_us();
    child->reads_seen = atomic_load(&child->scene.page->reads); /* until now, none of these jobs has printed */
    for (uint32_t i = 0; i < head.count; i++) {
        if (tasks_read(&message, &task) < 0)
            give_up();
        if (printed || child->damaged)
            give_back(child, head.seed, head.sequence + i);
        else
            printed = run(child, &call, &head, head.sequence + i);
    }
    return printed;
}

static void shrink(struct buffer *inbox)
{
    if (inbox->size == 0 && inbox->capacity > 16 * CHUNK)
        buffer_release(inbox);
}

/* What can be done while the worker is busy with the replies. */
static void rest(struct child *child)
{
    if (child->replies.size > 0)
        send_replies(child);
    restore_if_due(child);
}

static void work(struct child *child)
{
    while (!child->damaged) {
        struct message message;
        size_t length;
        int got = message_read(child->inbox.data, child->inbox.size, MESSAGE_TO_RUNNER_MAX, &message, &length);
        if (got < 0)
            give_up();
        if (got == 0) {
            shrink(&child->inbox);
            rest(child);
            read_more(child);
            continue;
        }
        if (message.kind == MESSAGE_RETIRE)
            break;
        bool printed = message.kind == MESSAGE_TASKS && run_tasks(child, message);
        buffer_consume(&child->inbox, length);
        if (printed) {
            send_replies(child);
            wait_until_drained(child);
        }
    }
    send_replies(child);
}

/* ---- Its start ---- */

static int failed(const char *what)
{
    fprintf(stderr, "cannot %s: %s\n", what, strerror(errno));
    return -1;
}

/* Moves a descriptor up, where one can be had. */
static int move_up(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
    return moved >= 0 ? moved : fcntl(fd, F_DUPFD_CLOEXEC, RUNNER_PAGE_FD + 1);
}

static int take_descriptors(struct child *child)
{
    close_range(RUNNER_PAGE_FD + 1, ~0U, 0);
    child->scene.page = page_map(RUNNER_PAGE_FD);
    child->messages = move_up(RUNNER_MESSAGES_FD);
    child->output_fd = move_up(STDOUT_FILENO);
    if (!child->scene.page || child->messages < 0 || child->output_fd < 0)
        return failed("take over the worker's descriptors");
    close(RUNNER_MESSAGES_FD);
    close(RUNNER_PAGE_FD);
    return 0;
}

static int take_environment(pid_t *worker)
{
    int pid;
    size_t limit;
    const char *text = getenv(RUNNER_ENVIRONMENT);
    if (!text || sscanf(text, "%d %zu", &pid, &limit) != 2) {
        errno = EINVAL;
        return failed("read " RUNNER_ENVIRONMENT);
    }
    *worker = pid;
    unsetenv(RUNNER_ENVIRONMENT);
    struct rlimit memory = { limit, limit };
    if (limit > 0 && setrlimit(RLIMIT_AS, &memory) < 0)
        return failed("limit memory");
    return 0;
}

static int open_context(struct child *child)
{
    struct errand_error err;
    if (store_url_parse(NULL, &child->url, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    child->ctx = context_new(&(struct context_config){
        .url = &child->url,
        .in_job = true,
        .wait_for_connection = true,
        .connected = on_connected,
        .log = on_log,
        .arg = child,
    });
    child->prepared = calloc(count_types(child->schema) + 1, sizeof(*child->prepared));
    return child->ctx && child->prepared ? 0 : failed("begin to work");
}

static int child_open(struct child *child)
{
    pid_t worker;
    if (take_environment(&worker) < 0 || take_descriptors(child) < 0)
        return -1;
    if (guard_start(worker) < 0)
        return failed("watch over the worker");
    child->scene.identity = guard_identity();
    if (!child->scene.identity || crash_install(&child->scene) < 0)
        return failed("prepare for crashes");
    /* So that what a job prints before it crashes is not lost with its buffer. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (surroundings_remember(&child->surroundings, child->output_fd) < 0)
        return failed("remember the surroundings");
    return open_context(child);
}

bool runner_is_child(void)
{
    return getenv(RUNNER_ENVIRONMENT) != NULL;
}

int runner_child_main(const struct errand_schema *schema)
{
    /* Crash records and the guard look at it until the process ends. */
    static struct child child;
    child = (struct child){
        .schema = schema,
        .inbox = BUFFER_INIT((size_t)2 * MESSAGE_TO_RUNNER_MAX),
        .replies = BUFFER_INIT(MESSAGE_FROM_RUNNER_MAX),
        .restored = true,
    };
    if (child_open(&child) < 0)
        return RUNNER_EXIT_SETUP;
    message_add_empty(&child.replies, MESSAGE_READY);
    send_replies(&child);
    work(&child);
    context_free(child.ctx);
    return child.damaged ? RUNNER_EXIT_DAMAGED : 0;
}
