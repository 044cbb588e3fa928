#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture fixture;

bool on_postgres(void)
{
    return fixture.url.kind == STORE_POSTGRES;
}

int open_database(void **state)
{
    (void)state;
    struct errand_error err;
    const char *url = getenv("TEST_POSTGRES_URL");
    char text[128];
    if (!url) {
        strcpy(fixture.folder, "/tmp/errand-record-XXXXXX");
        if (!mkdtemp(fixture.folder))
            return -1;
        snprintf(text, sizeof(text), "sqlite:%s/app.db", fixture.folder);
        url = text;
    }
    fixture.url_text = strdup(url);
    bool created;
    struct connection *connection = NULL;
    if (store_url_parse(url, &fixture.url, &err) == 0)
        connection = connection_create(&fixture.url, &created, &err);
    if (!connection || connection_script(connection, on_postgres() ? tables_postgres : tables_sqlite, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    connection_close(connection);
    return 0;
}

int close_database(void **state)
{
    (void)state;
    static const char *const files[] = { "app.db", "app.db-wal", "app.db-shm" };
    for (size_t i = 0; !on_postgres() && i < sizeof(files) / sizeof(files[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", fixture.folder, files[i]);
        unlink(path);
    }
    if (!on_postgres())
        rmdir(fixture.folder);
    store_url_release(&fixture.url);
    free(fixture.url_text);
    return 0;
}

void run_sql(const char *script)
{
    struct errand_error err = { "" };
    struct connection *connection = connection_open(&fixture.url, &err);
    if (!connection || connection_script(connection, script, &err) < 0)
        fail_msg("%s: %s", script, err.message);
    connection_close(connection);
}

int start_test(void **state)
{
    (void)state;
    run_sql("DELETE FROM samples; DELETE FROM customers; DELETE FROM purchases; DELETE FROM \"pla\"\"ces\";"
            "DELETE FROM notes; DELETE FROM mail_jobs;");
    const struct context_config config = { .url = &fixture.url };
    fixture.ctx = context_new(&config);
    return fixture.ctx ? 0 : -1;
}

int end_test(void **state)
{
    (void)state;
    context_free(fixture.ctx);
    return 0;
}

static void call_body(struct errand_context *ctx, void *arg)
{
    ((const struct body *)arg)->run(ctx);
}

void run_body(void **state)
{
    struct context_end end = context_call(fixture.ctx, call_body, *state);
    if (end.end != JOB_END_RETURNED)
        fail_msg("raised: %s", end.error);
}

const char *raised_by(void (*fn)(struct errand_context *ctx, void *arg), void *arg)
{
    static char error[8193];
    const struct context_config config = { .url = &fixture.url };
    struct errand_context *ctx = context_new(&config);
    struct context_end end = context_call(ctx, fn, arg);
    snprintf(error, sizeof(error), "%s", end.error ? end.error : "");
    context_free(ctx);
    if (end.end != JOB_END_FAILED)
        fail_msg("nothing was raised");
    return error;
}
