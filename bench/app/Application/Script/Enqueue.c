/* Enqueues ENQUEUE_ROWS jobs, ENQUEUE_BATCH at a time (1: by _create), once a line comes on standard input. */
#include "Generated/types.h"

#include <stdio.h>
#include <stdlib.h>

static long number(struct errand_context *ctx, const char *name)
{
    const char *text = getenv(name);
    if (!text)
        errand_fail(ctx, "%s is not set", name);
    return strtol(text, NULL, 10);
}

static void enqueue(struct errand_context *ctx, NapJob *jobs, long batch)
{
    for (long i = 0; i < batch; i++) {
        jobs[i] = NapJob_new();
        jobs[i].nap_us = 1;
    }
    if (batch == 1)
        NapJob_create(ctx, jobs);
    else
        NapJob_create_many(ctx, jobs, (size_t)batch);
}

static void run(struct errand_context *ctx)
{
    long rows = number(ctx, "ENQUEUE_ROWS"), batch = number(ctx, "ENQUEUE_BATCH");
    NapJob *jobs = errand_alloc(ctx, (size_t)batch * sizeof(*jobs));
    errand_now(ctx); /* connects */
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF)
        return;
    for (long done = 0; done < rows; done += batch)
        enqueue(ctx, jobs, batch);
}

SCRIPT(run)
