/* The life of a context, its memory and its log. */
#include "record/state.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_TEXT_MAX = 8 * 1024 };

struct errand_context *context_new(const struct context_config *config)
{
    struct errand_context *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return NULL;
    ctx->config = *config;
    ctx->sql.maximum = ctx->columns.maximum = CONTEXT_SQL_MAX;
    ctx->deadline_us = INT64_MAX;
    ctx->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!ctx->locale) {
        free(ctx);
        return NULL;
    }
    return ctx;
}

static void drop_scopes(struct errand_context *ctx, const struct memory_scope *outer)
{
    while (ctx->scope != outer)
        context_pop_scope(ctx);
}

void context_free(struct errand_context *ctx)
{
    if (!ctx)
        return;
    context_disconnect(ctx);
    drop_scopes(ctx, NULL);
    arena_release(&ctx->arena);
    buffer_release(&ctx->sql);
    buffer_release(&ctx->columns);
    free(ctx->values);
    freelocale(ctx->locale);
    free(ctx);
}

void context_reset(struct errand_context *ctx)
{
    arena_reset(&ctx->arena);
    ctx->deadline_us = INT64_MAX;
    ctx->overdue = 0;
    ctx->attachment = NULL;
}

void context_set_deadline(struct errand_context *ctx, int64_t deadline_us)
{
    ctx->deadline_us = deadline_us;
}

void context_attach(struct errand_context *ctx, void *attachment)
{
    ctx->attachment = attachment;
}

void *context_attachment(const struct errand_context *ctx)
{
    return ctx->attachment;
}

static void drop_steps(struct errand_context *ctx)
{
    while (ctx->steps) {
        struct unwind_step *step = ctx->steps;
        ctx->steps = step->next;
        free(step);
    }
}

/* What the function left behind: a transaction, steps, scopes. */
static void clear_up(struct errand_context *ctx, const struct memory_scope *outer)
{
    drop_steps(ctx);
    drop_scopes(ctx, outer);
    if (!ctx->in_transaction)
        return;
    ctx->in_transaction = false;
    if (connection_is_lost(ctx->connection) || connection_rollback(ctx->connection, NULL) < 0)
        context_disconnect(ctx);
    if (ctx->end.end != JOB_END_RETURNED)
        return;
    snprintf(ctx->error, sizeof(ctx->error),
             "a transaction was left open, so it was rolled back; end it with "
             "errand_commit or errand_rollback before returning");
    ctx->end = (struct context_end){ .end = JOB_END_FAILED, .error = ctx->error };
}

struct context_end context_call(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg),
                                void *arg)
{
    ctx->inside = true;
    ctx->columns_of = NULL; /* the tables of another call may be gone, and others in their place */
    ctx->thread = pthread_self();
    ctx->raising = false;
    ctx->end = (struct context_end){ .end = JOB_END_RETURNED };
    context_bounded(ctx, fn, arg);
    ctx->inside = false;
    clear_up(ctx, NULL);
    return ctx->end;
}

struct context_end context_try(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg), void *arg)
{
    context_check(ctx);
    if (ctx->in_transaction)
        errand_fail(ctx, "what may fail by itself cannot be called inside a transaction");
    struct unwind_step *steps = ctx->steps;
    struct memory_scope *scope = ctx->scope;
    ctx->steps = NULL;
    context_bounded(ctx, fn, arg);
    clear_up(ctx, scope);
    struct context_end end = ctx->end;
    ctx->steps = steps;
    ctx->raising = false;
    ctx->end = (struct context_end){ .end = JOB_END_RETURNED };
    if (end.error) /* ctx->error is the next raise's, which may quote this one */
        end.error = errand_strdup(ctx, end.error);
    return end;
}

struct context_end context_try_each(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg),
                                    void *arg)
{
    if (ctx->overdue >= CONTEXT_OVERDUE_MAX)
        return (struct context_end){ .end = JOB_END_FAILED,
                                     .fault = CONTEXT_FAULT_OVERDUE,
                                     .error = "it was not tried, since others before it took too long" };
    struct context_end end = context_try(ctx, fn, arg);
    ctx->overdue += end.fault == CONTEXT_FAULT_OVERDUE;
    return end;
}

void context_abandon(struct errand_context *ctx)
{
    if (!ctx->inside)
        return;
    ctx->end = (struct context_end){ .end = JOB_END_FAILED };
    ctx->boundary = NULL;
    ctx->inside = false;
    clear_up(ctx, NULL);
}

struct arena *context_arena(struct errand_context *ctx)
{
    return ctx->scope ? &ctx->scope->arena : &ctx->arena;
}

void context_push_scope(struct errand_context *ctx)
{
    struct memory_scope *scope = calloc(1, sizeof(*scope));
    if (!scope)
        errand_fail(ctx, "out of memory");
    scope->outer = ctx->scope;
    ctx->scope = scope;
}

void context_pop_scope(struct errand_context *ctx)
{
    struct memory_scope *scope = ctx->scope;
    ctx->scope = scope->outer;
    arena_release(&scope->arena);
    free(scope);
}

static void *not_null(struct errand_context *ctx, void *memory)
{
    if (!memory)
        errand_fail(ctx, "out of memory");
    return memory;
}

void *errand_alloc(struct errand_context *ctx, size_t size)
{
    context_check(ctx);
    return not_null(ctx, arena_alloc(context_arena(ctx), size));
}

char *errand_strdup(struct errand_context *ctx, const char *text)
{
    context_check(ctx);
    return not_null(ctx, arena_strdup(context_arena(ctx), text));
}

char *errand_printf(struct errand_context *ctx, const char *format, ...)
{
    context_check(ctx);
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(context_arena(ctx), format, arguments);
    va_end(arguments);
    return not_null(ctx, text);
}

int64_t errand_time_left_us(struct errand_context *ctx)
{
    context_check(ctx);
    if (ctx->deadline_us == INT64_MAX)
        return INT64_MAX;
    int64_t left = ctx->deadline_us - clock_monotonic_us();
    return left > 0 ? left : 0;
}

void errand_log(struct errand_context *ctx, enum errand_log_level level, const char *format, ...)
{
    context_check(ctx);
    char text[LOG_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (ctx->config.log) {
        ctx->config.log(ctx->config.arg, level, text);
        return;
    }
    const struct log log = { .fd = STDERR_FILENO, .level = ERRAND_LOG_INFO };
    log_write(&log, level, NULL, "%s", text);
}
