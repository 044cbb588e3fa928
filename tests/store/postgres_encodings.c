/* Databases in another encoding than UTF-8: what cannot be written in it, and what it holds, stops no job. */
#include "conformance.h"

#include <string.h>

enum { NOTE = 9 };

static int setup_in(void **state, const char *encoding)
{
    static char first[512];
    char url[600];
    if (first[0] == '\0')
        snprintf(first, sizeof(first), "%s", getenv("TEST_POSTGRES_URL"));
    struct errand_error err;
    struct store_url parsed;
    bool created;
    assert_int_equal(store_url_parse(first, &parsed, &err), 0);
    struct connection *connection = connection_create(&parsed, &created, &err);
    assert_non_null(connection);
    snprintf(url, sizeof(url), "CREATE DATABASE %s TEMPLATE template0 ENCODING '%s' LC_COLLATE 'C' LC_CTYPE 'C'",
             encoding, encoding);
    int made = connection_script(connection, url, &err);
    connection_close(connection);
    store_url_release(&parsed);
    if (made < 0)
        fail_msg("%s", err.message);
    snprintf(url, sizeof(url), "%.*s/%s", (int)(strrchr(first, '/') - first), first, encoding);
    setenv("TEST_POSTGRES_URL", url, 1);
    return harness_setup(state);
}

static int setup_latin1(void **state)
{
    return setup_in(state, "latin1");
}

static int setup_sql_ascii(void **state)
{
    return setup_in(state, "sql_ascii");
}

static void what_the_encoding_lacks_is_kept_in_ascii(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 3);
    struct job job = claim_one(fixture->worker), other = claim_one(fixture->worker);
    assert_int_equal(finish(fixture->worker, &job, JOB_END_FAILED, "caf\xc3\xa9").base.fault, STORE_OK);
    assert_string_equal(cell(fixture, &job, "last_error"), "caf\xc3\xa9");
    struct exchanged got =
        finish(fixture->worker, &other, JOB_END_FAILED, "caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80!");
    assert_int_equal(got.base.fault, STORE_BUSY); /* and it is sent again */
    assert_non_null(strstr(got.base.message, "LATIN1"));
    got = finish(fixture->worker, &other, JOB_END_FAILED, "caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80!");
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 0);
    assert_string_equal(cell(fixture, &other, "last_error"), "caf? ? ?!");
    job = claim_one(fixture->worker);
    assert_int_equal(finish(fixture->worker, &job, JOB_END_FAILED, "caf\xc3\xa9").base.fault, STORE_OK);
    assert_string_equal(cell(fixture, &job, "last_error"), "caf\xc3\xa9"); /* the others lose nothing by it */
}

/* Into a database without an encoding any program writes any bytes. */
static void bytes_that_are_no_utf8_stop_no_claim(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "INSERT INTO fixture_jobs (note) VALUES (E'caf\\351')");
    sql(fixture, "INSERT INTO fixture_jobs (note) VALUES ('caf\xc3\xa9')");
    struct job latin = claim_one(fixture->worker), utf8 = claim_one(fixture->worker);
    assert_string_equal(latin.cells[NOTE], "caf\xe9");
    assert_string_equal(utf8.cells[NOTE], "caf\xc3\xa9");
    assert_int_equal(finish(fixture->worker, &latin, JOB_END_FAILED, "\xe2\x86\x92 \xe9").base.fault, STORE_OK);
    assert_string_equal(cell(fixture, &latin, "last_error"), "\xe2\x86\x92 \xef\xbf\xbd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_encoding_lacks_is_kept_in_ascii, setup_latin1, harness_teardown),
        cmocka_unit_test_setup_teardown(bytes_that_are_no_utf8_stop_no_claim, setup_sql_ascii, harness_teardown),
    };
    harness_use(STORE_POSTGRES, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
