/* The blocking connection to SQLite: what only SQLite has. */
#include "store/connection.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char folder[64];
    struct store_url url;
    struct connection *sql;
};

static void parse(struct place *place, const char *suffix)
{
    char text[256];
    struct errand_error err = { "" };
    snprintf(text, sizeof(text), "sqlite:%s/app.db%s", place->folder, suffix);
    if (store_url_parse(text, &place->url, &err) < 0)
        fail_msg("%s", err.message);
}

static struct connection *open_at(struct place *place)
{
    struct errand_error err = { "" };
    struct connection *connection = connection_open(&place->url, &err);
    if (!connection)
        fail_msg("%s", err.message);
    return connection;
}

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    struct errand_error err = { "" };
    bool created = false;
    strcpy(place->folder, "/tmp/errand-sqlite-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    parse(place, "");
    place->sql = connection_create(&place->url, &created, &err);
    assert_non_null(place->sql);
    assert_true(created);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    char command[128];
    connection_close(place->sql);
    store_url_release(&place->url);
    snprintf(command, sizeof(command), "rm -rf %s", place->folder);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static struct result *query(struct connection *connection, const char *sql, const struct errand_value *values,
                            size_t count)
{
    struct result *result;
    struct errand_error err = { "" };
    if (connection_query(connection, sql, values, count, &result, &err) < 0)
        fail_msg("%s: %s", sql, err.message);
    return result;
}

static void run(struct connection *connection, const char *sql)
{
    result_free(query(connection, sql, NULL, 0));
}

static void assert_answer(struct connection *connection, const char *sql, const char *expected)
{
    struct result *result = query(connection, sql, NULL, 0);
    assert_int_equal(result_rows(result), 1);
    assert_string_equal(result_cell(result, 0, 0, NULL), expected);
    result_free(result);
}

static void assert_fails(struct connection *connection, const char *sql, const char *because)
{
    struct errand_error err = { "" };
    assert_int_equal(connection_query(connection, sql, NULL, 0, NULL, &err), -1);
    if (!strstr(err.message, because))
        fail_msg("%s: %s", sql, err.message);
}

static void a_connection_is_durable_and_keeps_foreign_keys(void **state)
{
    struct place *place = *state;
    assert_answer(place->sql, "PRAGMA journal_mode", "wal");
    assert_answer(place->sql, "PRAGMA synchronous", "2");
    assert_answer(place->sql, "PRAGMA foreign_keys", "1");
    store_url_release(&place->url);
    parse(place, "?synchronous=normal");
    struct connection *normal = open_at(place);
    assert_answer(normal, "PRAGMA synchronous", "1");
    connection_close(normal);
}

static void opening_never_creates(void **state)
{
    struct place *place = *state;
    struct store_url url;
    struct errand_error err = { "" };
    char text[256], *path = text + strlen("sqlite:");
    snprintf(text, sizeof(text), "sqlite:%s/other.db", place->folder);
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    assert_null(connection_open(&url, &err));
    assert_non_null(strstr(err.message, "errand db create"));
    assert_non_null(strstr(err.message, path));
    assert_int_equal(access(path, F_OK), -1);
    store_url_release(&url);
}

static void creating_again_opens_what_is_there(void **state)
{
    struct place *place = *state;
    bool created = true;
    run(place->sql, "CREATE TABLE t (a)");
    struct connection *again = connection_create(&place->url, &created, NULL);
    assert_non_null(again);
    assert_false(created);
    run(again, "INSERT INTO t VALUES (1)");
    connection_close(again);
}

static void what_is_no_database_is_said_to_be_none(void **state)
{
    struct place *place = *state;
    struct store_url url;
    struct errand_error err = { "" };
    char text[256];
    snprintf(text, sizeof(text), "sqlite:%s/notes.txt", place->folder);
    FILE *file = fopen(text + strlen("sqlite:"), "w");
    for (int i = 0; i < 100; i++)
        fputs("this is not a database, it is a list of things to do\n", file);
    fclose(file);
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    assert_null(connection_open(&url, &err));
    assert_non_null(strstr(err.message, "not a SQLite database"));
    store_url_release(&url);
    snprintf(text, sizeof(text), "sqlite:%s", place->folder);
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    assert_null(connection_open(&url, &err));
    assert_non_null(strstr(err.message, "is a folder"));
    store_url_release(&url);
}

static void every_kind_of_value_is_bound_and_read_back(void **state)
{
    struct place *place = *state;
    const struct errand_value values[] = {
        { .kind = ERRAND_VALUE_BOOL, .as.boolean = true },
        { .kind = ERRAND_VALUE_INT, .as.integer = INT64_MIN },
        { .kind = ERRAND_VALUE_DOUBLE, .as.number = 0.1 + 0.2 },
        { .kind = ERRAND_VALUE_TEXT, .as.text = { "it's \xc3\xa9", 7 } },
        { .kind = ERRAND_VALUE_BYTES, .as.text = { "a\0b", 3 } },
        { .kind = ERRAND_VALUE_TIME, .as.integer = 1 },
        { .kind = ERRAND_VALUE_DATE, .as.integer = ERRAND_DATE_INFINITY },
        { .kind = ERRAND_VALUE_CLOCK, .as.integer = INT64_C(86400000000) },
        { .kind = ERRAND_VALUE_POINT, .as.point = { 1.5, -2 } },
        { .kind = ERRAND_VALUE_NULL },
        { .kind = ERRAND_VALUE_BYTES, .as.text = { "", 0 } },
        { .kind = ERRAND_VALUE_TEXT, .as.text = { "", 0 } },
    };
    struct result *result = query(place->sql, "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12", values, 12);
    static const char *const expected[] = { "1",
                                            "-9223372036854775808",
                                            "0.30000000000000004",
                                            "it's \xc3\xa9",
                                            "a",
                                            "1970-01-01 00:00:00.000001",
                                            "infinity",
                                            "24:00:00.000000",
                                            "(1.5,-2)" };
    for (size_t i = 0; i < 9; i++)
        assert_string_equal(result_cell(result, 0, i, NULL), expected[i]);
    size_t size;
    assert_memory_equal(result_cell(result, 0, 4, &size), "a\0b", 4);
    assert_int_equal(size, 3);
    assert_null(result_cell(result, 0, 9, NULL));
    assert_non_null(result_cell(result, 0, 10, &size)); /* empty is not NULL */
    assert_int_equal(size, 0);
    assert_string_equal(result_cell(result, 0, 11, NULL), "");
    result_free(result);
}

static void placeholders_go_by_their_numbers(void **state)
{
    struct place *place = *state;
    const struct errand_value values[] = { { .kind = ERRAND_VALUE_INT, .as.integer = 1 },
                                           { .kind = ERRAND_VALUE_INT, .as.integer = 2 },
                                           { .kind = ERRAND_VALUE_INT, .as.integer = 3 } };
    struct result *result = query(place->sql, "SELECT $3 || '-' || $1 || '-' || $3", values, 3);
    assert_string_equal(result_cell(result, 0, 0, NULL), "3-1-3");
    result_free(result);
    assert_fails(place->sql, "SELECT $1", "no value for the placeholder $1");
    assert_fails(place->sql, "SELECT ?", "placeholder ? is not understood");
    assert_fails(place->sql, "SELECT :name", "placeholder :name is not understood");
}

static void a_mistake_is_named(void **state)
{
    struct place *place = *state;
    run(place->sql, "CREATE TABLE t (a INTEGER NOT NULL)");
    assert_fails(place->sql, "SELEC 1", "syntax error");
    assert_fails(place->sql, "SELECT \"b\" FROM t", "no such column"); /* not the string b */
    assert_fails(place->sql, "INSERT INTO t VALUES (NULL)", "NOT NULL");
    assert_fails(place->sql, "SELECT 1; SELECT 2", "more than one statement");
    assert_fails(place->sql, "  -- nothing", "no statement");
    assert_answer(place->sql, "SELECT count(*) FROM t", "0");
}

static void changed_rows_are_counted(void **state)
{
    struct place *place = *state;
    run(place->sql, "CREATE TABLE t (a)");
    struct result *result = query(place->sql, "INSERT INTO t VALUES (1), (2), (3)", NULL, 0);
    assert_int_equal(result_affected(result), 3);
    result_free(result);
    result = query(place->sql, "SELECT * FROM t", NULL, 0);
    assert_int_equal(result_affected(result), 0);
    assert_int_equal(result_rows(result), 3);
    result_free(result);
    result = query(place->sql, "DELETE FROM t WHERE a > 1 RETURNING a", NULL, 0);
    assert_int_equal(result_affected(result), 2);
    assert_int_equal(result_rows(result), 2);
    result_free(result);
}

static void more_statements_than_are_kept_still_work(void **state)
{
    struct place *place = *state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 200; i++) {
            char sql[32], expected[16];
            snprintf(sql, sizeof(sql), "SELECT %d", i);
            snprintf(expected, sizeof(expected), "%d", i);
            assert_answer(place->sql, sql, expected);
        }
    }
}

static void a_kept_statement_sees_a_changed_table(void **state)
{
    struct place *place = *state;
    run(place->sql, "CREATE TABLE t (a)");
    run(place->sql, "INSERT INTO t VALUES (1)");
    run(place->sql, "SELECT * FROM t");
    run(place->sql, "ALTER TABLE t ADD COLUMN b");
    struct result *result = query(place->sql, "SELECT * FROM t", NULL, 0);
    assert_int_equal(result_columns(result), 2);
    assert_int_equal(result_rows(result), 1);
    result_free(result);
}

static void a_transaction_is_all_or_nothing(void **state)
{
    struct place *place = *state;
    run(place->sql, "CREATE TABLE t (a)");
    assert_int_equal(connection_begin(place->sql, NULL), 0);
    assert_true(connection_in_transaction(place->sql));
    run(place->sql, "INSERT INTO t VALUES (1)");
    assert_int_equal(connection_rollback(place->sql, NULL), 0);
    assert_false(connection_in_transaction(place->sql));
    assert_answer(place->sql, "SELECT count(*) FROM t", "0");
    assert_int_equal(connection_script(place->sql, "BEGIN; INSERT INTO t VALUES (1); COMMIT;", NULL), 0);
    assert_answer(place->sql, "SELECT count(*) FROM t", "1");
}

/* Adds one, 200 times, in transactions that read before they write. */
static int add_up(struct place *place)
{
    struct connection *connection = connection_open(&place->url, NULL);
    if (!connection)
        return 1;
    for (int i = 0; i < 200; i++) {
        if (connection_begin(connection, NULL) < 0 ||
            connection_query(connection, "SELECT a FROM t", NULL, 0, NULL, NULL) < 0 ||
            connection_query(connection, "UPDATE t SET a = a + 1", NULL, 0, NULL, NULL) < 0 ||
            connection_commit(connection, NULL) < 0)
            return 2;
    }
    connection_close(connection);
    return 0;
}

static void writers_at_the_same_time_wait_for_each_other(void **state)
{
    struct place *place = *state;
    enum { WRITERS = 4 };
    run(place->sql, "CREATE TABLE t (a)");
    run(place->sql, "INSERT INTO t VALUES (0)");
    pid_t writers[WRITERS];
    connection_close(place->sql); /* a SQLite handle must not cross a fork */
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        if (writers[i] == 0)
            _exit(add_up(place));
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    place->sql = open_at(place);
    assert_answer(place->sql, "SELECT a FROM t", "800");
}

/* Writes a thousand pages of the same file anew, so many times. */
static void write_pages(struct connection *connection, int times)
{
    for (int i = 0; i < times; i++)
        run(connection, "UPDATE t SET a = randomblob(4096000)");
}

static long long log_bytes(const struct place *place)
{
    char path[256];
    struct stat status;
    snprintf(path, sizeof(path), "%s/app.db-wal", place->folder);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void a_long_log_is_begun_anew_once_nobody_reads_what_is_old(void **state)
{
    struct place *place = *state;
    enum { LONGEST = 9 * 4096000 }; /* of what is written at once: 8000 pages, and what is over them */
    store_url_release(&place->url);
    parse(place, "?synchronous=off");
    struct connection *writer = open_at(place), *reader = open_at(place);
    run(writer, "CREATE TABLE t (a)");
    run(writer, "INSERT INTO t VALUES (0)");
    write_pages(writer, 20);
    assert_in_range(log_bytes(place), 4096000, LONGEST);
    run(reader, "BEGIN");
    assert_answer(reader, "SELECT length(a) FROM t", "4096000");
    write_pages(writer, 12); /* and do not wait for the reader */
    assert_in_range(log_bytes(place), 12 * 4096000, 22 * 4096000);
    run(reader, "COMMIT");
    long long before = log_bytes(place);
    write_pages(writer, 12);
    assert_in_range(log_bytes(place), before, before + 2 * 4096000);
    connection_close(reader);
    connection_close(writer);
}

static void a_full_disk_is_said_in_a_sentence(void **state)
{
    struct place *place = *state;
    run(place->sql, "CREATE TABLE t (a)");
    run(place->sql, "PRAGMA max_page_count = 4"); /* what SQLite then says is what it says of a full disk */
    assert_fails(place->sql, "INSERT INTO t VALUES (zeroblob(1000000))", "make room");
    run(place->sql, "PRAGMA max_page_count = 1000000");
    run(place->sql, "INSERT INTO t VALUES (zeroblob(1000000))");
    assert_answer(place->sql, "SELECT count(*) FROM t", "1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_durable_and_keeps_foreign_keys),
        TEST(opening_never_creates),
        TEST(creating_again_opens_what_is_there),
        TEST(what_is_no_database_is_said_to_be_none),
        TEST(every_kind_of_value_is_bound_and_read_back),
        TEST(placeholders_go_by_their_numbers),
        TEST(a_mistake_is_named),
        TEST(changed_rows_are_counted),
        TEST(more_statements_than_are_kept_still_work),
        TEST(a_kept_statement_sees_a_changed_table),
        TEST(a_transaction_is_all_or_nothing),
        TEST(writers_at_the_same_time_wait_for_each_other),
        TEST(a_long_log_is_begun_anew_once_nobody_reads_what_is_old),
        TEST(a_full_disk_is_said_in_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
