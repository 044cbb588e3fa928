/* Messages between a worker and a runner: each a head (size of the body, kind) and a body, on a stream socket. Both
   ends of each message stand here. Numbers are in the machine's byte order: both ends are one program. What comes from
   a runner is checked as if it came from an enemy. */
#ifndef RUNNER_MESSAGE_H
#define RUNNER_MESSAGE_H

#include "base/buffer.h"
#include "job/status.h"
#include "store/connection.h"

#include <stdint.h>

enum message_kind {
    MESSAGE_TASKS = 1, /* to the runner: jobs to run */
    MESSAGE_DRAINED,   /* to the runner: what the last job printed has been read, go on */
    MESSAGE_RETIRE,    /* to the runner: go */
    MESSAGE_READY,     /* from the runner: takes jobs */
    MESSAGE_OUTCOMES,  /* from the runner: how jobs ended */
    MESSAGE_LOG,       /* from the runner: errand_log */
    MESSAGE_BACKEND    /* from the runner: the database backend of its new connection */
};

enum {
    MESSAGE_FROM_RUNNER_MAX = 256 * 1024, /* the body of one message from a runner */
    MESSAGE_TO_RUNNER_MAX = 1024 * 1024 * 1024,
    MESSAGE_LOG_MAX = 4 * 1024,
    MESSAGE_ERROR_MAX = 8 * 1024
};

struct message {
    uint32_t kind;
    const char *body; /* borrowed */
    size_t size;
};

/* Reads the message at the front of data: 1 and its whole length in *length; 0: more bytes are needed; -1: this is no
   message, or its body is longer than maximum. */
int message_read(const char *data, size_t size, size_t maximum, struct message *message, size_t *length);
/* A message without content. */
int message_add_empty(struct buffer *out, enum message_kind kind);
/* For messages written in parts: leaves room for the head, and fills it in once the body stands behind it. */
int message_begin(struct buffer *out, size_t *start);
void message_end(struct buffer *out, size_t start, enum message_kind kind);

/* ---- Jobs to run: one head, then the tasks, whose numbers are consecutive ---- */
struct tasks_head {
    uint64_t seed;     /* of the page's words */
    uint64_t sequence; /* of the first task */
    int64_t timeout_us;
    uint32_t type_index;
    uint32_t count;
};

struct message_task {
    uint32_t attempts;
    bool too_large; /* the row does not fit into a message and was left out */
    const char *id;
    size_t id_size;
    const void *row;
    size_t row_size;
};

int tasks_begin(struct buffer *out, const struct tasks_head *head, size_t *start);
/* Writes the head again, once the count is known. */
void tasks_set_head(struct buffer *out, size_t start, const struct tasks_head *head);
int tasks_add(struct buffer *out, const struct message_task *task);
/* Each takes what it reads off the front of the message; -1: it does not hold that. */
int tasks_read_head(struct message *message, struct tasks_head *head);
int tasks_read(struct message *message, struct message_task *task);

/* ---- Outcomes ---- */
struct outcome {
    uint64_t sequence;
    int64_t started_us, ended_us;
    int64_t snooze_us;
    enum job_end end;  /* RETURNED, FAILED, DISCARDED, SNOOZED or PUT_BACK */
    bool printed;      /* the output pipe is to be read to its end, and MESSAGE_DRAINED sent */
    const char *error; /* error_size bytes, which may be anything; NULL: none */
    size_t error_size;
};

int outcome_add(struct buffer *out, const struct outcome *outcome);
/* 1, 0 at the end of the message, -1 where it is malformed. */
int outcome_read(struct message *message, struct outcome *outcome);

/* ---- errand_log ---- */
struct log_message {
    uint64_t sequence;
    enum errand_log_level level;
    const char *text;
    size_t size;
};

int log_message_add(struct buffer *out, const struct log_message *log);
int log_message_read(const struct message *message, struct log_message *log);

int backend_message_add(struct buffer *out, const struct backend *backend);
int backend_message_read(const struct message *message, struct backend *backend);

#endif
