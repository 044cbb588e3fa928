/* Raising: the way from errand_fail to the boundary. The unwinder walks the frames in between, so destructors and
   cleanup attributes run, and a stop function ends it with longjmp at the boundary's frame, as pthread_exit does. */
#include "record/state.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Functions that are registered while the context unwinds, by one that is being called, are called too, up to this
   many: one that registers itself again must not go on for ever. */
enum { STEPS_WHILE_UNWINDING_MAX = 1000 };

void context_check(struct errand_context *ctx)
{
    const char *why = NULL;
    if (!ctx->inside)
        why = "outside of the job, script or errand_run that it was given to";
    else if (!pthread_equal(ctx->thread, pthread_self()))
        why = "in another thread than the one it was given to";
    if (!why)
        return;
    fprintf(stderr, "errand: a context was used %s; use errand_run to get one there\n", why);
    abort();
}

static _Unwind_Reason_Code stop_at_boundary(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                            struct _Unwind_Exception *exception, struct _Unwind_Context *frame,
                                            void *arg)
{
    (void)version;
    (void)class;
    (void)exception;
    struct boundary *boundary = arg;
    /* The address given for a frame is where its own part of the stack ends, so the first one that lies above the
       boundary's frame address is that of the boundary's caller. */
    if ((actions & _UA_END_OF_STACK) || _Unwind_GetCFA(frame) > (_Unwind_Word)boundary->frame)
        longjmp(boundary->env, 1);
    return _URC_NO_REASON;
}

static void unwind(struct boundary *boundary);

/* A catch (...) in C++ that did not throw again would return into a function that was promised not to go on: the
   unwinding is taken up again from there. */
static void swallowed(_Unwind_Reason_Code reason, struct _Unwind_Exception *exception)
{
    (void)reason;
    unwind((struct boundary *)((char *)exception - offsetof(struct boundary, exception)));
}

static void unwind(struct boundary *boundary)
{
    memset(&boundary->exception, 0, sizeof(boundary->exception));
    memcpy(&boundary->exception.exception_class, "ERRAND\0", 8);
    boundary->exception.exception_cleanup = swallowed;
    _Unwind_ForcedUnwind(&boundary->exception, stop_at_boundary, boundary);
    /* Only where a frame cannot be walked, and then what lies behind it has nothing that could be run. */
    longjmp(boundary->env, 1);
}

void context_bounded(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg), void *arg)
{
    struct boundary *outer = ctx->boundary;
    struct boundary boundary = { .frame = __builtin_frame_address(0) };
    ctx->boundary = &boundary;
    if (_setjmp(boundary.env) == 0)
        fn(ctx, arg);
    ctx->boundary = outer;
}

static void call_step(struct errand_context *ctx, void *arg)
{
    (void)ctx;
    const struct unwind_step *step = arg;
    step->fn(step->arg);
}

/* Each has a boundary of its own: one that raises does not keep the others from being called. */
static void call_steps(struct errand_context *ctx)
{
    for (int i = 0; ctx->steps && i < STEPS_WHILE_UNWINDING_MAX; i++) {
        struct unwind_step step = *ctx->steps;
        free(ctx->steps);
        ctx->steps = step.next;
        context_bounded(ctx, call_step, &step);
    }
}

static _Noreturn void raise_to_boundary(struct errand_context *ctx)
{
    struct boundary *boundary = ctx->boundary;
    /* From a destructor that this unwinding runs: it cannot be unwound a second time, and the rest of the frames are
       left as they are. */
    if (boundary->unwinding)
        longjmp(boundary->env, 1);
    boundary->unwinding = true;
    unwind(boundary);
    abort();
}

/* Keeps what the first raise says; true if this is it. */
static bool first_raise(struct errand_context *ctx, enum job_end end)
{
    context_check(ctx);
    if (ctx->raising)
        return false;
    ctx->raising = true;
    ctx->end = (struct context_end){ .end = end, .error = ctx->error, .fault = CONTEXT_FAULT_OTHER };
    return true;
}

static _Noreturn void go(struct errand_context *ctx, bool first)
{
    if (first)
        call_steps(ctx);
    raise_to_boundary(ctx);
}

/* Cuts the text to at most CONTEXT_ERROR_MAX bytes without cutting a character of UTF-8 in two. */
static void finish_error(struct errand_context *ctx, size_t size)
{
    if (size <= CONTEXT_ERROR_MAX)
        return;
    size = CONTEXT_ERROR_MAX;
    while (size > 0 && ((unsigned char)ctx->error[size - 1] & 0xC0) == 0x80)
        size--;
    if (size > 0 && (unsigned char)ctx->error[size - 1] >= 0xC0)
        size--;
    ctx->error[size] = '\0';
}

/* first_raise, with a sentence. */
static bool first_says(struct errand_context *ctx, enum job_end end, const char *format, va_list arguments)
{
    if (!first_raise(ctx, end))
        return false;
    int size = vsnprintf(ctx->error, sizeof(ctx->error), format, arguments);
    finish_error(ctx, size < 0 ? 0 : (size_t)size);
    return true;
}

void errand_fail(struct errand_context *ctx, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool first = first_says(ctx, JOB_END_FAILED, format, arguments);
    va_end(arguments);
    go(ctx, first);
}

void context_refuse(struct errand_context *ctx, enum context_fault fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool first = first_says(ctx, JOB_END_FAILED, format, arguments);
    va_end(arguments);
    if (first)
        ctx->end.fault = fault;
    go(ctx, first);
}

static void append_errno(struct errand_context *ctx, int number)
{
    char text[256];
    const char *words = strerror_r(number, text, sizeof(text));
    size_t used = strlen(ctx->error), tail = strlen(words) + 2;
    if (used + tail > CONTEXT_ERROR_MAX)
        used = CONTEXT_ERROR_MAX - tail; /* the reason stays whole, the sentence before it is cut */
    snprintf(ctx->error + used, sizeof(ctx->error) - used, ": %s", words);
}

void errand_fail_errno(struct errand_context *ctx, const char *format, ...)
{
    int number = errno;
    va_list arguments;
    va_start(arguments, format);
    bool first = first_says(ctx, JOB_END_FAILED, format, arguments);
    va_end(arguments);
    if (first)
        append_errno(ctx, number);
    go(ctx, first);
}

void errand_discard(struct errand_context *ctx, const char *format, ...)
{
    enum job_end end = ctx->config.in_job ? JOB_END_DISCARDED : JOB_END_FAILED;
    va_list arguments;
    va_start(arguments, format);
    bool first = first_says(ctx, end, format, arguments);
    va_end(arguments);
    go(ctx, first);
}

void errand_snooze(struct errand_context *ctx, int64_t delay_us)
{
    if (delay_us < 0)
        errand_fail(ctx, "errand_snooze: a delay of %lld microseconds lies in the past", (long long)delay_us);
    if (!ctx->config.in_job)
        errand_fail(ctx, "errand_snooze: only a job can be put off, and this is none");
    bool first = first_raise(ctx, JOB_END_SNOOZED);
    if (first) {
        ctx->end.error = NULL;
        ctx->end.snooze_us = delay_us;
    }
    go(ctx, first);
}

void context_fail(struct errand_context *ctx, const struct errand_table *table, const char *verb,
                  const struct errand_error *err)
{
    context_fail_as(ctx, CONTEXT_FAULT_OTHER, table, verb, err);
}

void context_fail_as(struct errand_context *ctx, enum context_fault fault, const struct errand_table *table,
                     const char *verb, const struct errand_error *err)
{
    if (table)
        context_refuse(ctx, fault, "%s_%s: %s", table->record_name, verb, err->message);
    context_refuse(ctx, fault, "%s: %s", verb, err->message);
}

void errand_on_unwind(struct errand_context *ctx, void (*fn)(void *arg), void *arg)
{
    context_check(ctx);
    struct unwind_step *step = malloc(sizeof(*step));
    if (!step) {
        fn(arg);
        errand_fail(ctx, "errand_on_unwind: out of memory");
    }
    *step = (struct unwind_step){ fn, arg, ctx->steps };
    ctx->steps = step;
}

void errand_off_unwind(struct errand_context *ctx, void (*fn)(void *arg), void *arg)
{
    context_check(ctx);
    for (struct unwind_step **at = &ctx->steps; *at; at = &(*at)->next) {
        struct unwind_step *step = *at;
        if (step->fn == fn && step->arg == arg) {
            *at = step->next;
            free(step);
            return;
        }
    }
}
