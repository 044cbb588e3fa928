#include "in_context.h"

#include <stdio.h>

static struct errand_context *open_context(void)
{
    const struct context_config config = { .url = &database.url };
    struct errand_context *ctx = context_new(&config);
    assert_non_null(ctx);
    return ctx;
}

/* Of the running test. */
static struct errand_context *running;

int start_body(void **state)
{
    (void)state;
    empty_tables();
    running = open_context();
    return 0;
}

static void call_body(struct errand_context *ctx, void *arg)
{
    ((const struct body *)arg)->run(ctx);
}

void run_body(void **state)
{
    struct context_end end = context_call(running, call_body, *state);
    if (end.end != JOB_END_RETURNED)
        fail_msg("raised: %s", end.error);
}

int end_body(void **state)
{
    (void)state;
    context_free(running);
    return 0;
}

struct raised raised_by(void (*fn)(struct errand_context *ctx, void *arg), void *arg)
{
    struct errand_context *ctx = open_context();
    struct context_end end = context_call(ctx, fn, arg);
    struct raised raised = { .fault = end.fault };
    snprintf(raised.error, sizeof(raised.error), "%s", end.error ? end.error : "");
    context_free(ctx);
    if (end.end != JOB_END_FAILED)
        fail_msg("nothing was raised");
    return raised;
}
