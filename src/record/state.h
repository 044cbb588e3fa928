/* What a context is made of, for the files of this folder. Outside it, context.h is all there is. */
#ifndef RECORD_STATE_H
#define RECORD_STATE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "record/context.h"

#include <locale.h>
#include <pthread.h>
#include <setjmp.h>
#include <unwind.h>

enum {
    CONTEXT_ERROR_MAX = 8 * 1024,      /* of the text of a raised error */
    CONTEXT_SQL_MAX = 4 * 1024 * 1024, /* of a statement that is built here */
};

/* Where a raise comes out: the frame of context_call, or of an unwind function's own call. */
struct boundary {
    jmp_buf env;
    void *frame;
    bool unwinding;                     /* a raise is under way to it: a second one goes straight there */
    struct _Unwind_Exception exception; /* for the unwinder, while it is under way */
};

/* A function of errand_on_unwind. */
struct unwind_step {
    void (*fn)(void *arg);
    void *arg;
    struct unwind_step *next; /* registered before this one */
};

/* Memory of a part of a call (a batch of errand_record_each), in front of what was there before. */
struct memory_scope {
    struct arena arena;
    struct memory_scope *outer;
};

struct errand_context {
    struct context_config config;
    struct connection *connection;         /* owned; NULL until it is needed */
    bool in_transaction;                   /* also after the connection that it was begun on is lost */
    bool lost;                             /* a statement of that transaction found it lost */
    struct arena arena;                    /* of the call */
    struct memory_scope *scope;            /* the innermost, whose arena serves; NULL: `arena` does */
    struct unwind_step *steps;             /* the last registered first; owned */
    struct buffer sql;                     /* the statement that is being built; owned */
    struct buffer columns;                 /* the columns' names of the table below, as statements list them; owned */
    const struct errand_table *columns_of; /* NULL: of none */
    struct errand_value *values;           /* its values; owned */
    size_t value_count, value_capacity;
    locale_t locale; /* "C", for numbers as databases print them */
    int64_t deadline_us;
    int overdue;      /* calls of context_try_each that ended so since context_reset */
    void *attachment; /* context_attach's; borrowed */

    bool inside; /* of context_call, by this thread: */
    pthread_t thread;
    struct boundary *boundary; /* the innermost */
    bool raising;              /* from the first raise to the end of the call; the first one's error counts */
    struct context_end end;
    char error[CONTEXT_ERROR_MAX + 1];
};

/* raise.c */

/* Stops the program with a sentence unless the thread is inside context_call: no boundary could be unwound to. */
void context_check(struct errand_context *ctx);
/* Calls fn, and returns when it has returned or raised. */
void context_bounded(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg), void *arg);
/* Fails with "Customer_fetch: " and the sentence. */
_Noreturn void context_fail(struct errand_context *ctx, const struct errand_table *table, const char *verb,
                            const struct errand_error *err);
_Noreturn void context_fail_as(struct errand_context *ctx, enum context_fault fault, const struct errand_table *table,
                               const char *verb, const struct errand_error *err);

/* context.c */

struct arena *context_arena(struct errand_context *ctx);
/* Memory in front of what was there; popped by the end of the call where a raise comes between. */
void context_push_scope(struct errand_context *ctx);
void context_pop_scope(struct errand_context *ctx);

/* connect.c */

void context_disconnect(struct errand_context *ctx);
/* Runs a statement on the context's connection; raises, as context_fail does, where that fails. The caller frees the
   result. */
struct result *context_query(struct errand_context *ctx, const struct errand_table *table, const char *verb,
                             const char *sql, const struct errand_value *values, size_t count);

#endif
