/* Messages between a worker and a runner, both ends. */
#include "runner/message.h"

#include <string.h>

struct head {
    uint32_t size;
    uint32_t kind; /* with KIND_MARK, so that what is no message is seen at once */
};
#define KIND_MARK UINT32_C(0x45727200)

struct task_head {
    uint32_t attempts;
    uint32_t too_large;
    uint32_t id_size;
    uint32_t row_size;
};

struct outcome_head {
    uint64_t sequence;
    int64_t started_us, ended_us;
    int64_t snooze_us;
    uint32_t end;
    uint32_t printed;
    uint32_t error_size; /* UINT32_MAX: no error */
    uint32_t unused;
};

struct log_head {
    uint64_t sequence;
    uint32_t level;
    uint32_t unused;
};

int message_read(const char *data, size_t size, size_t maximum, struct message *message, size_t *length)
{
    struct head head;
    if (size < sizeof(head))
        return 0;
    memcpy(&head, data, sizeof(head));
    uint32_t kind = head.kind ^ KIND_MARK;
    if (kind < MESSAGE_TASKS || kind > MESSAGE_BACKEND || head.size > maximum)
        return -1;
    *length = sizeof(head) + head.size;
    if (size < *length)
        return 0;
    *message = (struct message){ kind, data + sizeof(head), head.size };
    return 1;
}

int message_begin(struct buffer *out, size_t *start)
{
    *start = out->size;
    return buffer_add(out, &(struct head){ 0 }, sizeof(struct head));
}

void message_end(struct buffer *out, size_t start, enum message_kind kind)
{
    struct head head = { (uint32_t)(out->size - start - sizeof(head)), (uint32_t)kind ^ KIND_MARK };
    memcpy(out->data + start, &head, sizeof(head));
}

int message_add_empty(struct buffer *out, enum message_kind kind)
{
    size_t start;
    if (message_begin(out, &start) < 0)
        return -1;
    message_end(out, start, kind);
    return 0;
}

/* Takes size bytes off the front, or NULL where there are not so many. */
static const char *take(struct message *message, size_t size)
{
    if (message->size < size)
        return NULL;
    const char *at = message->body;
    message->body += size;
    message->size -= size;
    return at;
}

static int take_into(struct message *message, void *target, size_t size)
{
    const char *at = take(message, size);
    if (!at)
        return -1;
    memcpy(target, at, size);
    return 0;
}

int tasks_begin(struct buffer *out, const struct tasks_head *head, size_t *start)
{
    if (message_begin(out, start) < 0)
        return -1;
    return buffer_add(out, head, sizeof(*head));
}

void tasks_set_head(struct buffer *out, size_t start, const struct tasks_head *head)
{
    memcpy(out->data + start + sizeof(struct head), head, sizeof(*head));
}

int tasks_add(struct buffer *out, const struct message_task *task)
{
    struct task_head head = { task->attempts, task->too_large, (uint32_t)task->id_size, (uint32_t)task->row_size };
    if (buffer_reserve(out, sizeof(head) + task->id_size + task->row_size) < 0)
        return -1;
    buffer_add(out, &head, sizeof(head));
    buffer_add(out, task->id, task->id_size);
    return buffer_add(out, task->row, task->row_size);
}

int tasks_read_head(struct message *message, struct tasks_head *head)
{
    return take_into(message, head, sizeof(*head));
}

int tasks_read(struct message *message, struct message_task *task)
{
    struct task_head head;
    if (take_into(message, &head, sizeof(head)) < 0)
        return -1;
    task->attempts = head.attempts;
    task->too_large = head.too_large != 0;
    task->id_size = head.id_size;
    task->row_size = head.row_size;
    task->id = take(message, head.id_size);
    task->row = task->id ? take(message, head.row_size) : NULL;
    return task->row ? 0 : -1;
}

int outcome_add(struct buffer *out, const struct outcome *outcome)
{
    size_t error_size = outcome->error_size < MESSAGE_ERROR_MAX ? outcome->error_size : MESSAGE_ERROR_MAX;
    struct outcome_head head = {
        .sequence = outcome->sequence,
        .started_us = outcome->started_us,
        .ended_us = outcome->ended_us,
        .snooze_us = outcome->snooze_us,
        .end = (uint32_t)outcome->end,
        .printed = outcome->printed,
        .error_size = outcome->error ? (uint32_t)error_size : UINT32_MAX,
    };
    if (buffer_add(out, &head, sizeof(head)) < 0)
        return -1;
    return outcome->error ? buffer_add(out, outcome->error, error_size) : 0;
}

static bool end_is_of_a_runner(uint32_t end)
{
    return end == JOB_END_RETURNED || end == JOB_END_FAILED || end == JOB_END_DISCARDED || end == JOB_END_SNOOZED ||
           end == JOB_END_PUT_BACK;
}

int outcome_read(struct message *message, struct outcome *outcome)
{
    if (message->size == 0)
        return 0;
    struct outcome_head head;
    if (take_into(message, &head, sizeof(head)) < 0 || !end_is_of_a_runner(head.end) || head.printed > 1)
        return -1;
    if (head.snooze_us < 0)
        return -1;
    *outcome = (struct outcome){
        .sequence = head.sequence,
        .started_us = head.started_us,
        .ended_us = head.ended_us,
        .snooze_us = head.snooze_us,
        .end = (enum job_end)head.end,
        .printed = head.printed != 0,
    };
    if (head.error_size == UINT32_MAX)
        return 1;
    if (head.error_size > MESSAGE_ERROR_MAX)
        return -1;
    outcome->error_size = head.error_size;
    outcome->error = take(message, head.error_size);
    return outcome->error ? 1 : -1;
}

int log_message_add(struct buffer *out, const struct log_message *log)
{
    size_t start, size = log->size < MESSAGE_LOG_MAX ? log->size : MESSAGE_LOG_MAX;
    struct log_head head = { .sequence = log->sequence, .level = (uint32_t)log->level };
    if (message_begin(out, &start) < 0 || buffer_add(out, &head, sizeof(head)) < 0 ||
        buffer_add(out, log->text, size) < 0)
        return -1;
    message_end(out, start, MESSAGE_LOG);
    return 0;
}

int log_message_read(const struct message *message, struct log_message *log)
{
    struct message rest = *message;
    struct log_head head;
    if (take_into(&rest, &head, sizeof(head)) < 0 || head.level > ERRAND_LOG_ERROR || rest.size > MESSAGE_LOG_MAX)
        return -1;
    *log = (struct log_message){ head.sequence, (enum errand_log_level)head.level, rest.body, rest.size };
    return 0;
}

int backend_message_add(struct buffer *out, const struct backend *backend)
{
    size_t start;
    if (message_begin(out, &start) < 0 || buffer_add(out, backend, sizeof(*backend)) < 0)
        return -1;
    message_end(out, start, MESSAGE_BACKEND);
    return 0;
}

int backend_message_read(const struct message *message, struct backend *backend)
{
    if (message->size != sizeof(*backend))
        return -1;
    memcpy(backend, message->body, sizeof(*backend));
    return backend->pid >= 0 && backend->pid <= INT32_MAX ? 0 : -1;
}
