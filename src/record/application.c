/* Errand in programs of the user's own: a database with a few connections, shared by threads. */
#include "record/application.h"

#include "base/error.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Contexts kept between calls, each with its connection; more than these are closed after their call. */
enum { IDLE_MAX = 8 };

struct errand {
    struct store_url url;         /* owned */
    struct context_config config; /* of each context */
    pthread_mutex_t mutex;
    struct errand_context *idle[IDLE_MAX];
    size_t idle_count;
};

struct errand_context *application_take(struct errand *errand)
{
    struct errand_context *ctx = NULL;
    pthread_mutex_lock(&errand->mutex);
    if (errand->idle_count > 0)
        ctx = errand->idle[--errand->idle_count];
    pthread_mutex_unlock(&errand->mutex);
    return ctx ? ctx : context_new(&errand->config);
}

void application_give_back(struct errand *errand, struct errand_context *ctx)
{
    context_abandon(ctx);
    context_reset(ctx);
    pthread_mutex_lock(&errand->mutex);
    if (errand->idle_count < IDLE_MAX) {
        errand->idle[errand->idle_count++] = ctx;
        ctx = NULL;
    }
    pthread_mutex_unlock(&errand->mutex);
    context_free(ctx);
}

/* What errand_run has taken; given back also where a raise of another context unwinds through it. */
struct loan {
    struct errand *errand;
    struct errand_context *ctx;
};

static void end_loan(struct loan *loan)
{
    application_give_back(loan->errand, loan->ctx);
}

int errand_run(struct errand *errand, void (*fn)(struct errand_context *ctx, void *arg), void *arg,
               struct errand_error *err)
{
    struct errand_context *ctx = application_take(errand);
    if (!ctx)
        return error_set(err, "out of memory");
    __attribute__((cleanup(end_loan))) struct loan loan = { errand, ctx };
    struct context_end end = context_call(loan.ctx, fn, arg);
    return end.end == JOB_END_RETURNED ? 0 : error_set(err, "%s", end.error);
}

static void connect(struct errand_context *ctx, void *arg)
{
    (void)arg;
    context_connection(ctx);
}

struct errand *application_open(const char *url, const struct context_config *config, struct errand_error *err)
{
    struct errand *errand = calloc(1, sizeof(*errand));
    if (!errand) {
        error_set(err, "out of memory");
        return NULL;
    }
    if (store_url_parse(url, &errand->url, err) < 0) {
        free(errand);
        return NULL;
    }
    errand->config = *config;
    errand->config.url = &errand->url;
    pthread_mutex_init(&errand->mutex, NULL);
    if (errand_run(errand, connect, NULL, err) == 0)
        return errand;
    errand_close(errand);
    return NULL;
}

struct errand *errand_open(const char *url, struct errand_error *err)
{
    return application_open(url, &(struct context_config){ 0 }, err);
}

void errand_close(struct errand *errand)
{
    if (!errand)
        return;
    while (errand->idle_count > 0)
        context_free(errand->idle[--errand->idle_count]);
    pthread_mutex_destroy(&errand->mutex);
    store_url_release(&errand->url);
    free(errand);
}
