/* What records do when PostgreSQL is full, stopped, or drops the connection. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the context has told. */
struct told {
    int connected;
    int backend;
    int waits;
    struct connection *holder; /* takes the only connection until the context waits for it */
};

static void on_connected(void *arg, struct backend backend)
{
    struct told *told = arg;
    told->connected++;
    told->backend = (int)backend.pid;
}

static void cluster(const char *command)
{
    char line[512];
    snprintf(line, sizeof(line), "%s %s %s >/dev/null", getenv("POSTGRES_CLUSTER"), command,
             getenv("TEST_POSTGRES_DIR"));
    if (system(line) != 0)
        fail_msg("%s failed", line);
}

static struct errand_context *make_context(struct told *told, bool wait, const struct store_url *url,
                                           void (*log)(void *arg, enum errand_log_level level, const char *text))
{
    const struct context_config config = {
        .url = url, .wait_for_connection = wait, .connected = on_connected, .log = log, .arg = told
    };
    return context_new(&config);
}

static void query(struct errand_context *ctx, void *arg)
{
    (void)arg;
    assert_int_equal(errand_sql(ctx, "SELECT 1").count, 1);
}

static void call(struct errand_context *ctx, void (*fn)(struct errand_context *ctx, void *arg), void *arg)
{
    struct context_end end = context_call(ctx, fn, arg);
    if (end.end != JOB_END_RETURNED)
        fail_msg("raised: %s", end.error);
}

static void terminate(int backend)
{
    run_sql("SELECT pg_terminate_backend(%d, 10000)", backend);
}

static void a_connection_dropped_while_idle_is_opened_anew(void **state)
{
    (void)state;
    struct told told = { 0 };
    struct errand_context *ctx = make_context(&told, false, &database.url, NULL);
    call(ctx, query, NULL);
    assert_int_equal(told.connected, 1);
    int first = told.backend;
    assert_true(first > 0);
    terminate(first);
    call(ctx, query, NULL);
    assert_int_equal(told.connected, 2);
    assert_true(told.backend != first);
    context_free(ctx);
}

static void drop_in_transaction(struct errand_context *ctx, void *arg)
{
    struct told *told = arg;
    errand_begin(ctx);
    struct customer customer = { .name = "Ann" };
    errand_record_create(ctx, &customer_table, &customer);
    terminate(told->backend);
    errand_record_create(ctx, &customer_table, &customer);
}

static void rollback_after_drop(struct errand_context *ctx, void *arg)
{
    struct told *told = arg;
    errand_begin(ctx);
    terminate(told->backend);
    errand_rollback(ctx);
    query(ctx, NULL);
}

static void commit_after_drop(struct errand_context *ctx, void *arg)
{
    struct told *told = arg;
    errand_begin(ctx);
    terminate(told->backend);
    errand_commit(ctx);
}

static void a_connection_dropped_inside_a_transaction_raises(void **state)
{
    (void)state;
    struct told told = { 0 };
    struct errand_context *ctx = make_context(&told, true, &database.url, NULL);
    struct context_end end = context_call(ctx, drop_in_transaction, &told);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_non_null(strstr(end.error, "lost inside a transaction"));
    call(ctx, query, NULL);
    call(ctx, rollback_after_drop, &told);
    assert_int_equal(context_call(ctx, commit_after_drop, &told).end, JOB_END_FAILED);
    call(ctx, query, NULL);
    context_free(ctx);
}

static void die_during_statement(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_sql(ctx, "SELECT pg_terminate_backend(pg_backend_pid())");
}

static void a_statement_that_was_under_way_is_not_sent_again(void **state)
{
    (void)state;
    struct told told = { 0 };
    struct errand_context *ctx = make_context(&told, true, &database.url, NULL);
    assert_int_equal(context_call(ctx, die_during_statement, NULL).end, JOB_END_FAILED);
    assert_int_equal(told.connected, 1);
    call(ctx, query, NULL);
    assert_int_equal(told.connected, 2);
    context_free(ctx);
}

static void leave_place(void *arg, enum errand_log_level level, const char *text)
{
    struct told *told = arg;
    assert_int_equal(level, ERRAND_LOG_WARNING);
    assert_non_null(strstr(text, "waiting for the database"));
    told->waits++;
    connection_close(told->holder);
    told->holder = NULL;
}

/* Of a role that may have one connection, which is taken. */
static struct store_url full_server(struct told *told)
{
    run_sql("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN CONNECTION LIMIT 1");
    char text[256];
    const char *at = strchr(database.url_text, '@');
    assert_non_null(at);
    snprintf(text, sizeof(text), "postgresql://guest%s", at);
    struct store_url url;
    struct errand_error err;
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    told->holder = connection_open(&url, &err);
    assert_non_null(told->holder);
    return url;
}

static void a_full_server_is_waited_for(void **state)
{
    (void)state;
    struct told told = { 0 };
    struct store_url url = full_server(&told);
    struct errand_context *ctx = make_context(&told, true, &url, leave_place);
    call(ctx, query, NULL);
    assert_int_equal(told.waits, 1);
    context_free(ctx);
    store_url_release(&url);
}

static void a_full_server_raises_where_waiting_was_not_asked_for(void **state)
{
    (void)state;
    struct told told = { 0 };
    struct store_url url = full_server(&told);
    struct errand_context *ctx = make_context(&told, false, &url, NULL);
    struct context_end end = context_call(ctx, query, NULL);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_non_null(strstr(end.error, "too many connections"));
    context_free(ctx);
    connection_close(told.holder);
    store_url_release(&url);
}

static void start_server(void *arg, enum errand_log_level level, const char *text)
{
    (void)level;
    (void)text;
    ((struct told *)arg)->waits++;
    cluster("start");
}

static void a_server_that_is_down_is_waited_for(void **state)
{
    (void)state;
    struct told told = { 0 };
    struct errand_context *ctx = make_context(&told, true, &database.url, start_server);
    call(ctx, query, NULL);
    cluster("stop");
    call(ctx, query, NULL);
    assert_int_equal(told.waits, 1);
    assert_int_equal(told.connected, 2);
    context_free(ctx);
}

static void what_will_never_connect_raises_at_once(void **state)
{
    (void)state;
    char text[256];
    struct store_url url;
    struct errand_error err;
    struct told told = { 0 };
    snprintf(text, sizeof(text), "%.*s/no_such_database", (int)(strrchr(database.url_text, '/') - database.url_text),
             database.url_text);
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    struct errand_context *ctx = make_context(&told, true, &url, NULL);
    struct context_end end = context_call(ctx, query, NULL);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_non_null(strstr(end.error, "no_such_database"));
    context_free(ctx);
    store_url_release(&url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_dropped_while_idle_is_opened_anew),
        cmocka_unit_test(a_connection_dropped_inside_a_transaction_raises),
        cmocka_unit_test(a_statement_that_was_under_way_is_not_sent_again),
        cmocka_unit_test(a_full_server_is_waited_for),
        cmocka_unit_test(a_full_server_raises_where_waiting_was_not_asked_for),
        cmocka_unit_test(what_will_never_connect_raises_at_once),
        cmocka_unit_test(a_server_that_is_down_is_waited_for),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
