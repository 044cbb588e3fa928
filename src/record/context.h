/* The context: what perform, a script or an application function is given, and the boundary that errors raised in it
   unwind to. */
#ifndef RECORD_CONTEXT_H
#define RECORD_CONTEXT_H

#include "job/status.h"
#include "store/connection.h"

#include <errand/record.h>

struct context_config {
    const struct store_url *url; /* borrowed while the context lives */
    bool in_job;                 /* errand_discard and errand_snooze mean something */
    struct connection_limits limits;
    bool wait_for_connection; /* a server that is full or starting up is waited for, instead of raising at once */
    /* Told before the first statement on a new connection, with connection_backend(); may be NULL. */
    void (*connected)(void *arg, struct backend backend);
    /* Takes what errand_log writes; NULL: a line on standard error. */
    void (*log)(void *arg, enum errand_log_level level, const char *text);
    void *arg;
};

/* Opens no connection before one is needed. NULL where memory ran out. Belongs to the thread that calls
   context_call. */
struct errand_context *context_new(const struct context_config *config);
/* NULL is allowed. Rolls back and closes. */
void context_free(struct errand_context *ctx);

/* What was the matter with what was raised, for who answers differently to each. */
enum context_fault {
    CONTEXT_FAULT_NONE, /* nothing was raised */
    CONTEXT_FAULT_OTHER,
    CONTEXT_FAULT_INPUT, /* what was asked for cannot be meant: context_refuse; a value that the database takes not */
    CONTEXT_FAULT_CONFLICT,  /* the database does not let the rows be so: a reference, a check, a trigger */
    CONTEXT_FAULT_OVERDUE,   /* a statement took longer than `limits` allows */
    CONTEXT_FAULT_READ_ONLY, /* a statement would have written, against `limits`, or the database takes no writes */
    CONTEXT_FAULT_AWAY       /* the database could not be reached, or was lost */
};

struct context_end {
    enum job_end end;  /* RETURNED, FAILED, DISCARDED or SNOOZED */
    const char *error; /* the sentence; lives until the next context_call; NULL when it returned or snoozed */
    int64_t snooze_us;
    enum context_fault fault;
};

/* Calls fn and catches what it raises. A transaction that was left open is rolled back, and makes the end a failure.
   Does not nest. */
struct context_end context_call(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg),
                                void *arg);
/* Calls fn inside a call that is under way, outside a transaction: what it raises ends it and nothing else. The error
   is in the context's memory. */
struct context_end context_try(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg),
                               void *arg);
/* The same for one of many that somebody waits for together: once CONTEXT_OVERDUE_MAX of them have ended OVERDUE, the
   next ones do at once, without a call, until context_reset. */
enum { CONTEXT_OVERDUE_MAX = 3 };
struct context_end context_try_each(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg),
                                    void *arg);
/* Raises with a fault of its own. */
ERRAND_NORETURN void context_refuse(struct errand_context *ctx, enum context_fault fault, const char *format, ...)
    ERRAND_PRINTF(3, 4);
/* After a call that another context's raise has unwound through, so that context_call did not return: ends it as if fn
   had raised. Does nothing after a call that returned. */
void context_abandon(struct errand_context *ctx);
/* Frees what the context has handed out; between two calls, outside both. */
void context_reset(struct errand_context *ctx);
/* Between two calls: the next one finds the database session as if nobody had used it. */
void context_renew(struct errand_context *ctx);
/* CLOCK_MONOTONIC microseconds at which the running job is killed; INT64_MAX: never. */
void context_set_deadline(struct errand_context *ctx, int64_t deadline_us);

/* What the caller of context_call wants to find again in functions that get only the context (the dashboard's request);
   NULL until it is set, and by context_reset. */
void context_attach(struct errand_context *ctx, void *attachment);
void *context_attachment(const struct errand_context *ctx);

/* Raises (errand_fail) unless the calling thread is inside context_call of this context. Returns its connection,
   opening it where there is none. */
struct connection *context_connection(struct errand_context *ctx);
/* Begins a transaction unless one is open; says whether it did, for context_commit_if. */
bool context_begin_if(struct errand_context *ctx);
void context_commit_if(struct errand_context *ctx, bool began);
/* Of the database, whether it is connected to or not. */
enum store_kind context_kind(const struct errand_context *ctx);

/* A record from an encoded row (connection.h), in the context's memory. Raises where a cell is not of its column's
   type. */
void *record_decode(struct errand_context *ctx, const struct errand_table *table, enum store_kind kind, const void *row,
                    size_t size);

#endif
