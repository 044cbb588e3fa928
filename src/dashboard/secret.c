/* The table errand_secrets. */
#include "dashboard/secret.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "dashboard_sql.h"
#include "record/application.h"

#include <stdio.h>
#include <string.h>

/* A busy database keeps pages waiting for seconds and the start of a dashboard for longer: with a secret of its own it
   would refuse what others accept until it is started anew. */
#define PATIENCE_US INT64_C(30000000)
enum { SECRET_BYTES = 32, TRIES = 3 };

struct search {
    struct arena *arena;
    const char *secret; /* once it is found */
    char made[2 * SECRET_BYTES + 1];
    char why[512]; /* of a warning: what the last call that failed said */
};

static void find(struct errand_context *ctx, void *arg)
{
    struct search *search = arg;
    struct errand_rows rows = errand_sql(ctx, sql_secret_find);
    if (rows.count == 1 && rows.cells[0])
        search->secret = arena_strdup(search->arena, rows.cells[0]);
}

static void make(struct errand_context *ctx, void *arg)
{
    const struct search *search = arg;
    errand_sql(ctx, sql_secret_table);
    errand_sql(ctx, sql_secret_add, errand_text(search->made));
}

static void say_wait(struct errand_context *ctx, void *arg)
{
    const struct search *search = arg;
    errand_log(ctx, ERRAND_LOG_WARNING, "waiting for the secret for forms: %s", search->why);
}

static void warn(struct errand_context *ctx, void *arg)
{
    const struct search *search = arg;
    errand_log(ctx, ERRAND_LOG_WARNING,
               "the secret for forms cannot be kept in the database (%s): pages that are open when this dashboard is "
               "started anew must be reloaded, and a second dashboard refuses the forms of this one; set "
               "ERRAND_DASHBOARD_SECRET to keep it yourself",
               search->why);
}

static void make_up(char text[2 * SECRET_BYTES + 1])
{
    unsigned char bytes[SECRET_BYTES];
    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < SECRET_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static enum context_fault call(struct errand_context *ctx, struct search *search,
                               void (*fn)(struct errand_context *ctx, void *arg))
{
    struct context_end end = context_call(ctx, fn, search);
    if (end.error)
        snprintf(search->why, sizeof(search->why), "%s", end.error);
    return end.fault;
}

/* Finding fails where there is no table yet. Making fails where another dashboard makes it at this moment: then it is
   found the next time. False where a statement took too long. */
static bool find_or_make(struct errand_context *ctx, struct search *search)
{
    if (call(ctx, search, find) == CONTEXT_FAULT_OVERDUE)
        return false;
    return search->secret || call(ctx, search, make) != CONTEXT_FAULT_OVERDUE;
}

static const char *search_database(struct errand_context *ctx, struct search *search)
{
    int64_t until = clock_monotonic_us() + PATIENCE_US;
    bool waits = false;
    for (int tries = 0; tries < TRIES && clock_monotonic_us() < until;) {
        bool in_time = find_or_make(ctx, search);
        if (search->secret)
            return search->secret;
        if (!in_time && !waits)
            context_call(ctx, say_wait, search);
        waits = waits || !in_time;
        tries += in_time;
    }
    context_call(ctx, warn, search);
    return arena_strdup(search->arena, search->made);
}

const char *secret_of_database(struct errand *errand, struct arena *arena)
{
    struct errand_context *ctx = application_take(errand);
    if (!ctx)
        return NULL;
    struct search search = { .arena = arena };
    make_up(search.made);
    const char *secret = search_database(ctx, &search);
    application_give_back(errand, ctx);
    return secret;
}
