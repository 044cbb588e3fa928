/* The table errand_secrets. */
#include "dashboard/secret.h"

#include "base/uuid.h"
#include "dashboard_sql.h"
#include "record/application.h"

#include <stdio.h>
#include <string.h>

enum { SECRET_BYTES = 32, MAKE_ATTEMPTS = 3 };

struct search {
    struct arena *arena;
    const char *secret; /* once it is found */
    char made[2 * SECRET_BYTES + 1];
    const char *why; /* of a warning */
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

/* Finding fails where there is no table yet. Making fails where another dashboard makes it at this moment: then it is
   found the next time. */
static const char *search_database(struct errand_context *ctx, struct search *search)
{
    char why[512] = "";
    for (int i = 0; i < MAKE_ATTEMPTS; i++) {
        context_call(ctx, find, search);
        if (search->secret)
            return search->secret;
        struct context_end end = context_call(ctx, make, search);
        if (end.end != JOB_END_RETURNED)
            snprintf(why, sizeof(why), "%s", end.error);
    }
    search->why = why;
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
