/* The blocking connection against a real server: what only PostgreSQL has. */
#include "support/silent_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct store_url server_url(void)
{
    struct store_url url;
    struct errand_error err;
    if (store_url_parse(getenv("TEST_POSTGRES_URL"), &url, &err) < 0)
        fail_msg("%s", err.message);
    return url;
}

static struct connection *open_server(void)
{
    struct store_url url = server_url();
    struct errand_error err = { "" };
    struct connection *connection = connection_open(&url, &err);
    if (!connection)
        fail_msg("%s", err.message);
    store_url_release(&url);
    return connection;
}

/* The first cell, in a static buffer. */
static const char *ask(struct connection *connection, const char *sql, const struct errand_value *values, size_t count)
{
    static char text[256];
    struct result *result;
    struct errand_error err;
    if (connection_query(connection, sql, values, count, &result, &err) < 0)
        fail_msg("%s: %s", sql, err.message);
    snprintf(text, sizeof(text), "%s", result_rows(result) ? result_cell(result, 0, 0, NULL) : "(no row)");
    result_free(result);
    return text;
}

static void every_kind_of_value_is_bound(void **state)
{
    (void)state;
    struct connection *connection = open_server();
    const struct errand_value values[] = {
        { .kind = ERRAND_VALUE_BOOL, .as.boolean = true },
        { .kind = ERRAND_VALUE_INT, .as.integer = INT64_MIN },
        { .kind = ERRAND_VALUE_DOUBLE, .as.number = 0.1 },
        { .kind = ERRAND_VALUE_TEXT, .as.text = { "it's \xc3\xa9", 7 } },
        { .kind = ERRAND_VALUE_BYTES, .as.text = { "a\0b", 3 } },
        { .kind = ERRAND_VALUE_TIME, .as.integer = 1 },
        { .kind = ERRAND_VALUE_DATE, .as.integer = ERRAND_DATE_INFINITY },
        { .kind = ERRAND_VALUE_CLOCK, .as.integer = INT64_C(86400000000) },
        { .kind = ERRAND_VALUE_POINT, .as.point = { 1.5, -2 } },
        { .kind = ERRAND_VALUE_NULL },
    };
    assert_string_equal(ask(connection,
                            "SELECT concat_ws('|', $1::bool, $2::bigint, $3::float8, $4::text, $5::bytea, "
                            "$6::timestamptz, $7::date, $8::time, $9::point, coalesce($10::text, 'null'))",
                            values, 10),
                        "t|-9223372036854775808|0.1|it's \xc3\xa9|\\x610062|1970-01-01 00:00:00.000001+00|infinity|"
                        "24:00:00|(1.5,-2)|null");
    connection_close(connection);
}

static void a_text_with_a_nul_is_refused(void **state)
{
    (void)state;
    struct connection *connection = open_server();
    struct errand_value value = { .kind = ERRAND_VALUE_TEXT, .as.text = { "a\0b", 3 } };
    struct errand_error err;
    assert_int_equal(connection_query(connection, "SELECT $1::text", &value, 1, NULL, &err), -1);
    assert_non_null(strstr(err.message, "NUL byte"));
    connection_close(connection);
}

static void more_statements_than_are_kept_run(void **state)
{
    (void)state;
    struct connection *connection = open_server();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 300; i++) {
            char sql[64], wanted[16];
            snprintf(sql, sizeof(sql), "SELECT %d", i);
            snprintf(wanted, sizeof(wanted), "%d", i);
            assert_string_equal(ask(connection, sql, NULL, 0), wanted);
        }
    }
    int kept = atoi(ask(connection, "SELECT count(*) FROM pg_prepared_statements", NULL, 0));
    assert_true(kept > 1 && kept <= 128);
    connection_close(connection);
}

static void a_table_altered_under_a_kept_statement_is_read_anew(void **state)
{
    (void)state;
    struct connection *connection = open_server();
    struct errand_error err;
    assert_int_equal(connection_script(connection, "CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1)", &err), 0);
    assert_string_equal(ask(connection, "SELECT * FROM t", NULL, 0), "1");
    assert_int_equal(connection_script(connection, "ALTER TABLE t ALTER a TYPE text USING 'x' || a", &err), 0);
    assert_string_equal(ask(connection, "SELECT * FROM t", NULL, 0), "x1");
    connection_close(connection);
}

static void a_statement_that_is_gone_is_prepared_no_more(void **state)
{
    (void)state;
    struct connection *connection = open_server();
    struct errand_error err;
    assert_string_equal(ask(connection, "SELECT 7", NULL, 0), "7");
    assert_int_equal(connection_script(connection, "DEALLOCATE ALL", &err), 0); /* as a pool's other backend looks */
    assert_string_equal(ask(connection, "SELECT 7", NULL, 0), "7");
    assert_string_equal(ask(connection, "SELECT count(*) FROM pg_prepared_statements", NULL, 0), "0");
    connection_close(connection);
}

static void a_terminated_backend_is_seen_before_the_next_statement(void **state)
{
    (void)state;
    struct connection *one = open_server(), *other = open_server();
    assert_false(connection_is_lost(one));
    struct errand_value pid = { .kind = ERRAND_VALUE_INT, .as.integer = connection_backend(one).pid };
    ask(other, "SELECT pg_terminate_backend($1)", &pid, 1);
    bool lost = false;
    for (int tries = 0; !lost && tries < 5000; tries++) {
        lost = connection_is_lost(one);
        ask(other, "SELECT pg_sleep(0.001)", NULL, 0);
    }
    assert_true(lost);
    connection_close(one);
    connection_close(other);
}

static void failures_to_connect_are_told_apart(void **state)
{
    (void)state;
    const char *base = getenv("TEST_POSTGRES_URL");
    char missing[256];
    snprintf(missing, sizeof(missing), "%.*s/not_there", (int)(strrchr(base, '/') - base), base);
    const struct {
        const char *url;
        bool later;
    } cases[] = {
        { missing, false },
        { "postgresql://u:geheim@127.0.0.1:1/x", true },
        { "postgresql://u:geheim@127.0.0.1:port/x", false },
    };
    for (size_t i = 0; i < 3; i++) {
        struct store_url url;
        struct errand_error err;
        bool later;
        assert_int_equal(store_url_parse(cases[i].url, &url, &err), 0);
        assert_null(connection_try(&url, &later, &err));
        assert_int_equal(later, cases[i].later);
        assert_null(strstr(err.message, "geheim"));
        store_url_release(&url);
    }
}

static void a_missing_database_is_created_once(void **state)
{
    (void)state;
    const char *base = getenv("TEST_POSTGRES_URL");
    char text[256];
    snprintf(text, sizeof(text), "%.*s/made_by_us", (int)(strrchr(base, '/') - base), base);
    struct store_url url;
    struct errand_error err;
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    for (int round = 0; round < 2; round++) {
        bool created;
        struct connection *connection = connection_create(&url, &created, &err);
        assert_non_null(connection);
        assert_int_equal(created, round == 0);
        assert_string_equal(ask(connection, "SELECT current_database()", NULL, 0), "made_by_us");
        connection_close(connection);
    }
    store_url_release(&url);
}

static void several_hosts_are_tried_for_one_that_takes_writes(void **state)
{
    (void)state;
    const char *at = strchr(getenv("TEST_POSTGRES_URL"), '@') + 1;
    char text[256];
    snprintf(text, sizeof(text), "postgresql://postgres@127.0.0.1:1,%s?target_session_attrs=read-write", at);
    struct store_url url;
    struct errand_error err;
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    struct connection *connection = connection_open(&url, &err);
    assert_non_null(connection);
    assert_true(connection_backend(connection).pid > 0);
    connection_close(connection);
    store_url_release(&url);
}

static void rows_changed_are_counted(void **state)
{
    (void)state;
    struct connection *connection = open_server();
    struct errand_error err;
    struct result *result;
    connection_script(connection, "CREATE TEMP TABLE t (a int)", &err);
    assert_int_equal(connection_query(connection, "INSERT INTO t SELECT generate_series(1, 5)", NULL, 0, &result, &err),
                     0);
    assert_int_equal(result_affected(result), 5);
    result_free(result);
    assert_int_equal(connection_query(connection, "SELECT a FROM t", NULL, 0, &result, &err), 0);
    assert_int_equal(result_affected(result), 0);
    result_free(result);
    assert_int_equal(connection_query(connection, "COPY t FROM STDIN", NULL, 0, NULL, &err), -1);
    assert_int_equal(connection_query(connection, "COPY t TO STDOUT", NULL, 0, NULL, &err), -1);
    assert_string_equal(ask(connection, "SELECT count(*) FROM t", NULL, 0), "5");
    connection_close(connection);
}

static void a_host_that_does_not_answer_is_passed_over(void **state)
{
    (void)state;
    struct silent_port silent[2] = { silent_port_open(), silent_port_open() };
    struct store_url url = url_behind((int[]){ silent[0].port, silent[1].port }, 2);
    struct errand_error err = { "" };
    struct connection *connection = connection_open(&url, &err);
    if (!connection)
        fail_msg("%s", err.message);
    assert_string_equal(ask(connection, "SELECT 1", NULL, 0), "1");
    connection_close(connection);
    store_url_release(&url);
    silent_port_close(&silent[0]);
    silent_port_close(&silent[1]);
}

static void a_host_that_takes_the_connection_and_never_speaks_is_passed_over(void **state)
{
    (void)state;
    struct silent_port mute[2] = { mute_port_open(), mute_port_open() };
    struct store_url url = url_behind((int[]){ mute[0].port, mute[1].port }, 2);
    struct errand_error err = { "" };
    struct connection *connection = connection_open(&url, &err);
    if (!connection)
        fail_msg("%s", err.message);
    assert_string_equal(ask(connection, "SELECT 1", NULL, 0), "1");
    connection_close(connection);
    store_url_release(&url);
    silent_port_close(&mute[0]);
    silent_port_close(&mute[1]);
}

static void a_server_that_does_not_answer_is_waited_for_no_longer_than_its_time(void **state)
{
    (void)state;
    struct silent_port silent = silent_port_open();
    char text[128];
    snprintf(text, sizeof(text), "postgresql://postgres@127.0.0.1:%d/errand?connect_timeout=2", silent.port);
    struct store_url url;
    struct errand_error err;
    bool later = false;
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    assert_null(connection_try(&url, &later, &err));
    assert_true(later);
    assert_non_null(strstr(err.message, "no answer in time"));
    store_url_release(&url);
    silent_port_close(&silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_bound),
        cmocka_unit_test(a_text_with_a_nul_is_refused),
        cmocka_unit_test(more_statements_than_are_kept_run),
        cmocka_unit_test(a_table_altered_under_a_kept_statement_is_read_anew),
        cmocka_unit_test(a_statement_that_is_gone_is_prepared_no_more),
        cmocka_unit_test(a_terminated_backend_is_seen_before_the_next_statement),
        cmocka_unit_test(failures_to_connect_are_told_apart),
        cmocka_unit_test(a_missing_database_is_created_once),
        cmocka_unit_test(several_hosts_are_tried_for_one_that_takes_writes),
        cmocka_unit_test(rows_changed_are_counted),
        cmocka_unit_test(a_host_that_does_not_answer_is_passed_over),
        cmocka_unit_test(a_host_that_takes_the_connection_and_never_speaks_is_passed_over),
        cmocka_unit_test(a_server_that_does_not_answer_is_waited_for_no_longer_than_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
