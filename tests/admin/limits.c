/* What limits hold a context to, on both databases. */
#include "world.h"

#include <stdio.h>
#include <string.h>

static const char endless_sqlite[] =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
static const char endless_postgres[] = "SELECT pg_sleep(3600)";

static void run_endless(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_sql(ctx, on_postgres() ? endless_postgres : endless_sqlite);
}

static void write_a_row(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_sql(ctx, "INSERT INTO letter_jobs (number) VALUES (1)");
}

static void count_rows(struct errand_context *ctx, void *arg)
{
    *(int *)arg = errand_sql(ctx, "SELECT count(*) FROM letter_jobs").cells[0][0] - '0';
}

static struct errand_context *limited(struct connection_limits limits)
{
    const struct context_config config = { .url = &database.url, .limits = limits };
    return context_new(&config);
}

static void a_statement_that_takes_too_long_is_stopped(void **state)
{
    (void)state;
    struct errand_context *ctx = limited((struct connection_limits){ .statement_ms = 300 });
    struct context_end end = context_call(ctx, run_endless, NULL);
    assert_int_equal(end.fault, CONTEXT_FAULT_OVERDUE);
    assert_string_equal(end.error, "errand_sql: the statement took longer than 0.3 s, and was stopped");
    int rows = -1;
    end = context_call(ctx, count_rows, &rows);
    assert_int_equal(end.fault, CONTEXT_FAULT_NONE);
    assert_int_equal(rows, 0);
    context_free(ctx);
}

static void run_endless_and_count(struct errand_context *ctx, void *arg)
{
    ++*(int *)arg;
    run_endless(ctx, NULL);
}

static void try_many(struct errand_context *ctx, void *arg)
{
    for (int i = 0; i < 2 * CONTEXT_OVERDUE_MAX; i++)
        assert_int_equal(context_try_each(ctx, run_endless_and_count, arg).fault, CONTEXT_FAULT_OVERDUE);
    assert_non_null(strstr(context_try_each(ctx, run_endless_and_count, arg).error, "it was not tried"));
    int others = 0;
    assert_non_null(strstr(context_try(ctx, run_endless_and_count, &others).error, "took longer"));
    assert_int_equal(others, 1);
}

static void of_many_that_take_too_long_the_first_are_waited_for_and_no_more(void **state)
{
    (void)state;
    int calls = 0;
    struct errand_context *ctx = limited((struct connection_limits){ .statement_ms = 100 });
    assert_int_equal(context_call(ctx, try_many, &calls).fault, CONTEXT_FAULT_NONE);
    assert_int_equal(calls, CONTEXT_OVERDUE_MAX);
    context_reset(ctx);
    assert_int_equal(context_call(ctx, try_many, &calls).fault, CONTEXT_FAULT_NONE);
    assert_int_equal(calls, 2 * CONTEXT_OVERDUE_MAX);
    context_free(ctx);
}

static void in_transaction(struct errand_context *ctx, void *arg)
{
    errand_begin(ctx);
    run_endless(ctx, arg);
}

static void one_inside_a_transaction_too(void **state)
{
    (void)state;
    struct errand_context *ctx = limited((struct connection_limits){ .statement_ms = 300 });
    struct context_end end = context_call(ctx, in_transaction, NULL);
    assert_int_equal(end.fault, CONTEXT_FAULT_OVERDUE);
    assert_int_equal(context_call(ctx, write_a_row, NULL).fault, CONTEXT_FAULT_NONE);
    context_free(ctx);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 1);
}

static void what_others_have_locked_is_not_waited_for_without_end(void **state)
{
    (void)state;
    struct errand_error err;
    struct connection *other = connection_open(&database.url, &err);
    assert_int_equal(connection_begin(other, &err), 0);
    assert_int_equal(connection_script(other, on_postgres() ? "LOCK TABLE letter_jobs" : "SELECT 1", &err), 0);
    struct errand_context *ctx = limited((struct connection_limits){ .statement_ms = 300 });
    assert_int_equal(context_call(ctx, write_a_row, NULL).fault, CONTEXT_FAULT_OVERDUE);
    context_free(ctx);
    connection_close(other);
}

static void begin_and_write(struct errand_context *ctx, void *arg)
{
    errand_begin(ctx);
    write_a_row(ctx, arg);
    errand_commit(ctx);
}

static void a_session_for_reading_writes_nothing(void **state)
{
    (void)state;
    struct errand_context *ctx = limited((struct connection_limits){ .read_only = true });
    assert_int_equal(context_call(ctx, write_a_row, NULL).fault, CONTEXT_FAULT_READ_ONLY);
    assert_int_equal(context_call(ctx, begin_and_write, NULL).fault, CONTEXT_FAULT_READ_ONLY);
    int rows = -1;
    assert_int_equal(context_call(ctx, count_rows, &rows).fault, CONTEXT_FAULT_NONE);
    assert_int_equal(rows, 0);
    context_free(ctx);
}

/* Behind a proxy another client's next statement goes over the connection that the limited one's went over. */
static void limits_hold_for_nobody_else(void **state)
{
    (void)state;
    struct errand_context *ctx = limited((struct connection_limits){ .statement_ms = 300, .read_only = true });
    int rows = -1;
    for (int i = 0; i < 10; i++)
        assert_int_equal(context_call(ctx, count_rows, &rows).fault, CONTEXT_FAULT_NONE);
    struct errand_context *free = limited((struct connection_limits){ 0 });
    for (int i = 0; i < 10; i++)
        assert_int_equal(context_call(free, write_a_row, NULL).fault, CONTEXT_FAULT_NONE);
    if (on_postgres())
        assert_int_equal(number_of("SELECT count(*) FROM (SELECT pg_sleep(0.6)) AS slept"), 1);
    context_free(free);
    context_free(ctx);
}

static void a_database_that_is_not_there_is_told_apart(void **state)
{
    (void)state;
    struct store_url url;
    struct errand_error err;
    assert_int_equal(
        store_url_parse(on_postgres() ? "postgresql://127.0.0.1:1/none" : "sqlite:/nowhere/app.db", &url, &err), 0);
    const struct context_config config = { .url = &url };
    struct errand_context *ctx = context_new(&config);
    assert_int_equal(context_call(ctx, write_a_row, NULL).fault, CONTEXT_FAULT_AWAY);
    context_free(ctx);
    store_url_release(&url);
}

static int empty(void **state)
{
    (void)state;
    run_sql("DELETE FROM letter_jobs");
    return 0;
}

#define LIMITED(function) cmocka_unit_test_setup(function, empty)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LIMITED(a_statement_that_takes_too_long_is_stopped),
        LIMITED(of_many_that_take_too_long_the_first_are_waited_for_and_no_more),
        LIMITED(one_inside_a_transaction_too),
        LIMITED(what_others_have_locked_is_not_waited_for_without_end),
        LIMITED(a_session_for_reading_writes_nothing),
        LIMITED(limits_hold_for_nobody_else),
        LIMITED(a_database_that_is_not_there_is_told_apart),
    };
    void *schema_file = argv[1];
    return argc == 2 && open_database(&schema_file) == 0
               ? cmocka_run_group_tests_name("limits", tests, NULL, close_database)
               : 2;
}
