/* What people enter becomes a value of the column's type, or a sentence that says what is wrong. No database is asked.
 */
#include "admin/admin.h"
#include "record/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const moods[] = { "happy", "sad", NULL };

static struct errand_column column_of(enum errand_type type, const char *sql_type)
{
    return (struct errand_column){ .name = "x", .sql_type = sql_type, .type = type, .labels = moods };
}

struct taken {
    enum errand_type type;
    const char *sql_type, *text;
    enum errand_value_kind kind;
    int64_t integer;
    double number;
    const char *shown;
};

static const struct taken taken[] = {
    { ERRAND_TYPE_BOOL, "boolean", " Yes ", ERRAND_VALUE_BOOL, 1, 0, NULL },
    { ERRAND_TYPE_BOOL, "boolean", "off", ERRAND_VALUE_BOOL, 0, 0, NULL },
    { ERRAND_TYPE_INT16, "smallint", "-32768", ERRAND_VALUE_INT, -32768, 0, NULL },
    { ERRAND_TYPE_INT32, "integer", " 2147483647\n", ERRAND_VALUE_INT, 2147483647, 0, NULL },
    { ERRAND_TYPE_INT64, "bigint", "-9223372036854775808", ERRAND_VALUE_INT, INT64_MIN, 0, NULL },
    { ERRAND_TYPE_DOUBLE, "double precision", "1.5e3", ERRAND_VALUE_DOUBLE, 0, 1500, NULL },
    { ERRAND_TYPE_UUID, "uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", ERRAND_VALUE_TEXT, 0, 0,
      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
    { ERRAND_TYPE_TIME, "timestamp with time zone", "1970-01-02T00:00", ERRAND_VALUE_TIME, 86400000000, 0, NULL },
    { ERRAND_TYPE_TIME, "timestamp with time zone", "1970-01-01 01:00:00.5Z", ERRAND_VALUE_TIME, 3600500000, 0, NULL },
    { ERRAND_TYPE_TIME, "timestamp with time zone", "1970-01-01 01:00+01", ERRAND_VALUE_TIME, 0, 0, NULL },
    { ERRAND_TYPE_TIME, "timestamp with time zone", "1970-01-02", ERRAND_VALUE_TIME, 86400000000, 0, NULL },
    { ERRAND_TYPE_TIME, "timestamp with time zone", "infinity", ERRAND_VALUE_TIME, INT64_MAX, 0, NULL },
    { ERRAND_TYPE_DATE, "date", "1970-01-03", ERRAND_VALUE_DATE, 2, 0, NULL },
    { ERRAND_TYPE_CLOCK, "time without time zone", "00:01", ERRAND_VALUE_CLOCK, 60000000, 0, NULL },
    { ERRAND_TYPE_POINT, "point", "(1.5, -2)", ERRAND_VALUE_POINT, 0, 1.5, NULL },
    { ERRAND_TYPE_ENUM, "\"mood\"", "sad", ERRAND_VALUE_TEXT, 0, 0, "sad" },
    { ERRAND_TYPE_TEXT, "text", " kept as it is ", ERRAND_VALUE_TEXT, 0, 0, " kept as it is " },
    { ERRAND_TYPE_TEXT, "jsonb", " {\"a\": [1]} ", ERRAND_VALUE_TEXT, 0, 0, " {\"a\": [1]} " },
    { ERRAND_TYPE_TEXT, "numeric(10,2)", "-12.50", ERRAND_VALUE_TEXT, 0, 0, "-12.50" },
    { ERRAND_TYPE_BYTES, "bytea", "\\x6162", ERRAND_VALUE_BYTES, 0, 0, "ab" },
    { ERRAND_TYPE_BYTES, "bytea", "ab", ERRAND_VALUE_BYTES, 0, 0, "ab" },
};

static const struct {
    enum errand_type type;
    const char *sql_type, *text, *sentence;
} refused[] = {
    { ERRAND_TYPE_BOOL, "boolean", "maybe", "\"maybe\" is not true or false" },
    { ERRAND_TYPE_INT16, "smallint", "32768", "\"32768\" is not a whole number from -32768 to 32767" },
    { ERRAND_TYPE_INT32, "integer", "1.5", "\"1.5\" is not a whole number from -2147483648 to 2147483647" },
    { ERRAND_TYPE_INT64, "bigint", "9223372036854775808", "whole number" },
    { ERRAND_TYPE_INT64, "bigint", "", "whole number" },
    { ERRAND_TYPE_DOUBLE, "double precision", "1,5", "\"1,5\" is not a number" },
    { ERRAND_TYPE_UUID, "uuid", "1", "is not a uuid" },
    { ERRAND_TYPE_TIME, "timestamp with time zone", "tomorrow", "is not a time like" },
    { ERRAND_TYPE_TIME, "timestamp with time zone", "2026-02-30 10", "is not a time like" },
    { ERRAND_TYPE_TIME, "timestamp with time zone", "2026-02-03 10:00:00 or so", "is not a time like" },
    { ERRAND_TYPE_DATE, "date", "31.12.2026", "is not a date like" },
    { ERRAND_TYPE_CLOCK, "time without time zone", "25:00", "is not a time of day like" },
    { ERRAND_TYPE_POINT, "point", "1", "is not a point like" },
    { ERRAND_TYPE_ENUM, "\"mood\"", "angry", "\"angry\" is none of happy, sad" },
    { ERRAND_TYPE_TEXT, "json", "{\"a\":}", "not JSON: a value is missing at character 6" },
    { ERRAND_TYPE_TEXT, "numeric", "twelve", "\"twelve\" is not a number" },
    { ERRAND_TYPE_BYTES, "bytea", "\\x6", "two hexadecimal digits" },
    { ERRAND_TYPE_BYTES, "bytea", "\\xzz", "two hexadecimal digits" },
    { ERRAND_TYPE_TEXT, "text", NULL, "it must have a value" },
};

static void check_taken(struct errand_context *ctx, const struct taken *one)
{
    struct errand_column column = column_of(one->type, one->sql_type);
    struct errand_value value;
    struct errand_error err = { "" };
    if (admin_value(ctx, &column, one->text, &value, &err) != 0)
        fail_msg("%s as %s: %s", one->text, one->sql_type, err.message);
    assert_int_equal(value.kind, one->kind);
    if (one->shown) {
        assert_int_equal(value.as.text.size, strlen(one->shown));
        assert_memory_equal(value.as.text.data, one->shown, value.as.text.size);
    } else if (one->kind == ERRAND_VALUE_BOOL) {
        assert_int_equal(value.as.boolean, one->integer);
    } else if (one->kind == ERRAND_VALUE_DOUBLE || one->kind == ERRAND_VALUE_POINT) {
        assert_true(value.as.number == one->number); /* a point's x stands in the same place */
    } else {
        assert_int_equal(value.as.integer, one->integer);
    }
}

static void check_all(struct errand_context *ctx, void *arg)
{
    (void)arg;
    struct errand_value value;
    struct errand_error err;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        check_taken(ctx, &taken[i]);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct errand_column column = column_of(refused[i].type, refused[i].sql_type);
        assert_int_equal(admin_value(ctx, &column, refused[i].text, &value, &err), -1);
        assert_non_null(strstr(err.message, refused[i].sentence));
    }
    struct errand_column nullable = { .name = "x", .type = ERRAND_TYPE_INT32, .sql_type = "integer", .nullable = true };
    assert_int_equal(admin_value(ctx, &nullable, NULL, &value, &err), 0);
    assert_int_equal(value.kind, ERRAND_VALUE_NULL);
    char *endless = errand_alloc(ctx, 1 << 20);
    memset(endless, '1', (1 << 20) - 1);
    assert_int_equal(admin_value(ctx, &nullable, endless, &value, &err), -1);
    assert_true(strlen(err.message) < 200);
}

static void what_people_enter_is_read_by_the_columns_type(void **state)
{
    (void)state;
    struct store_url url = { .kind = STORE_SQLITE };
    struct context_config config = { .url = &url };
    struct errand_context *ctx = context_new(&config);
    struct context_end end = context_call(ctx, check_all, NULL);
    assert_int_equal(end.end, JOB_END_RETURNED);
    context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_people_enter_is_read_by_the_columns_type) };
    return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
