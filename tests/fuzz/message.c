/* The parser of what a runner says, given anything: it must stay inside the bytes, and take no more than there are.

   With clang -fsanitize=fuzzer -DFUZZER_MAIN it is a libFuzzer target; without, a test that feeds it messages with
   every byte changed and cut at every length. */
#include "runner/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Reads every byte of it, so that a sanitizer sees one that is not there. */
static void touch(const char *text, size_t size)
{
    volatile char seen = 0;
    for (size_t i = 0; i < size; i++)
        seen = (char)(seen ^ text[i]);
}

static void read_outcomes(struct message message)
{
    struct outcome outcome;
    size_t before = message.size;
    while (outcome_read(&message, &outcome) > 0) {
        check(message.size < before);
        before = message.size;
        check(outcome.error_size <= MESSAGE_ERROR_MAX && outcome.snooze_us >= 0);
        check(outcome.error || outcome.error_size == 0);
        check(job_end_label(outcome.end) != NULL);
        touch(outcome.error, outcome.error_size);
    }
}

static void read_tasks(struct message message)
{
    struct tasks_head head;
    struct message_task task;
    if (tasks_read_head(&message, &head) < 0)
        return;
    while (tasks_read(&message, &task) == 0) {
        touch(task.id, task.id_size);
        touch(task.row, task.row_size);
    }
}

static void read_message(const struct message *message)
{
    struct log_message log;
    struct backend backend;
    if (log_message_read(message, &log) == 0) {
        check(log.level <= ERRAND_LOG_ERROR && log.size <= MESSAGE_LOG_MAX);
        touch(log.text, log.size);
    }
    if (backend_message_read(message, &backend) == 0)
        check(backend.pid >= 0);
    read_outcomes(*message);
    read_tasks(*message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    struct message message;
    size_t length;
    while (message_read(at, size, MESSAGE_FROM_RUNNER_MAX, &message, &length) > 0) {
        check(length <= size && length > 0 && message.size <= length);
        read_message(&message);
        at += length;
        size -= length;
    }
    return 0;
}

#ifndef FUZZER_MAIN
/* A copy of exactly this size, so that reading past it is seen. */
static void feed(const char *data, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void write_sample(struct buffer *out)
{
    size_t start;
    struct tasks_head head = { .sequence = 3, .count = 1 };
    message_add_empty(out, MESSAGE_READY);
    backend_message_add(out, &(struct backend){ 4711, 1 });
    log_message_add(out, &(struct log_message){ 1, ERRAND_LOG_INFO, "hello", 5 });
    message_begin(out, &start);
    outcome_add(out, &(struct outcome){ .sequence = 1, .end = JOB_END_RETURNED, .printed = true });
    outcome_add(out, &(struct outcome){ .sequence = 2, .end = JOB_END_FAILED, .error = "no", .error_size = 2 });
    message_end(out, start, MESSAGE_OUTCOMES);
    tasks_begin(out, &head, &start);
    tasks_add(out, &(struct message_task){ .id = "an id", .id_size = 5, .row = "a row", .row_size = 5 });
    message_end(out, start, MESSAGE_TASKS);
}

int main(void)
{
    static const char bytes[] = { 0, 1, 0x7f, -128, -1 };
    struct buffer sample = BUFFER_INIT(64 * 1024);
    write_sample(&sample);
    for (size_t cut = 0; cut <= sample.size; cut++)
        feed(sample.data, cut);
    for (size_t i = 0; i < sample.size; i++) {
        char before = sample.data[i];
        for (size_t j = 0; j < sizeof(bytes); j++) {
            sample.data[i] = bytes[j];
            feed(sample.data, sample.size);
        }
        sample.data[i] = before;
    }
    buffer_release(&sample);
    return 0;
}
#endif
