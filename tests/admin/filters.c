/* What a list holds and in what order: each type of column with each operator, hostile values, and pages by key while
   rows come and go. On both databases. */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct admin_filter condition(const char *column, enum admin_operator op, const char *value)
{
    struct admin_filter filter = { .condition_count = 1 };
    filter.conditions[0] = (struct admin_condition){ column_of(world.letters, column), op, value };
    return filter;
}

static const char *found(struct errand_context *ctx, const struct admin_filter *filter)
{
    struct admin_list list = admin_list(
        ctx, &(struct admin_list_query){ .table = world.letters, .filter = *filter, .sort = 0, .limit = 100 });
    int64_t counted = admin_count_matching(ctx, world.letters, filter).count;
    assert_int_equal(counted, list.jobs.count);
    return numbers_of(ctx, &list);
}

/* Job 1 and job 2 hold a value of each type, the second the greater; job 3 holds nothing. */
static void add_samples(void)
{
    static const char *const columns = "\"it's a \"\"name\"\"\", truth, small, number, large, part, ratio, price, body,"
                                       " plain, code, feeling, band, sent_at, day, hour, data, place, list";
    run_sql("INSERT INTO letter_jobs (%s) VALUES"
            " ('it''s 100%% \\ _ O''Hara', %s, -7, 1, -9000000000, 0.5, 1e100, '9.5', '{\"a\": 1}', '{\"a\": 1}',"
            " 'abc', 'happy', '6ba7b810-9dad-41d1-80b4-00c04fd430c8', '2026-01-02 03:04:05.000006', '2026-01-02',"
            " '03:04:05%s', %s, '(1,2)', '{1,2}'),"
            " ('Zürich', %s, 7, 2, 9000000000, 2.5, 2e100, '10', '{\"a\": 2}', '{\"b\": 2}',"
            " 'abd', 'so so', '6ba7b810-9dad-41d1-80b4-00c04fd430c9', '2026-01-02 03:04:05.000007', '2026-01-03',"
            " '23:04:05%s', %s, '(2,1)', '{2,1}')",
            columns, on_postgres() ? "false" : "0", on_postgres() ? "" : ".000000",
            on_postgres() ? "'\\x00ff'" : "x'00ff'", on_postgres() ? "true" : "1", on_postgres() ? "" : ".000000",
            on_postgres() ? "'\\x0100'" : "x'0100'");
    run_sql("INSERT INTO letter_jobs (number) VALUES (3)");
}

struct expectation {
    const char *column;
    enum admin_operator op;
    const char *value;
    const char *wanted;
};

/* The newest first. What is not equal may be nothing. */
static const struct expectation expectations[] = {
    { "it's a \"name\"", ADMIN_EQUAL, "it's 100% \\ _ O'Hara", "1" },
    { "it's a \"name\"", ADMIN_NOT_EQUAL, "Zürich", "3 1" },
    { "it's a \"name\"", ADMIN_CONTAINS, "o'hara", "1" },
    { "it's a \"name\"", ADMIN_CONTAINS, "%", "1" },
    { "it's a \"name\"", ADMIN_CONTAINS, "_", "1" },
    { "it's a \"name\"", ADMIN_CONTAINS, "\\", "1" },
    { "it's a \"name\"", ADMIN_CONTAINS, "ZÜRICH", "2" },
    { "it's a \"name\"", ADMIN_CONTAINS, "' OR 1=1 --", "" },
    { "it's a \"name\"", ADMIN_CONTAINS, "", "2 1" },
    { "it's a \"name\"", ADMIN_IS_NULL, NULL, "3" },
    { "it's a \"name\"", ADMIN_IS_NOT_NULL, NULL, "2 1" },
    { "it's a \"name\"", ADMIN_GREATER, "zz", "" },
    { "truth", ADMIN_EQUAL, "yes", "2" },
    { "truth", ADMIN_NOT_EQUAL, "true", "3 1" },
    { "small", ADMIN_LESS, "0", "1" },
    { "small", ADMIN_EQUAL, "-7", "1" },
    { "number", ADMIN_GREATER_EQUAL, "2", "3 2" },
    { "number", ADMIN_NOT_EQUAL, " 2 ", "3 1" },
    { "large", ADMIN_LESS_EQUAL, "-9000000000", "1" },
    { "part", ADMIN_GREATER, "0.6", "2" },
    { "part", ADMIN_EQUAL, "0.5", "1" },
    { "ratio", ADMIN_LESS, "1.5e100", "1" },
    { "price", ADMIN_LESS, "10", "1" },
    { "price", ADMIN_GREATER, "9.50", "2" },
    { "price", ADMIN_EQUAL, "9.5", "1" },
    { "price", ADMIN_NOT_EQUAL, "9.50", "3 2" },
    { "body", ADMIN_CONTAINS, "\"A\": 2", "2" },
    { "body", ADMIN_EQUAL, "{\"a\": 1}", "1" },
    { "plain", ADMIN_NOT_EQUAL, "{\"a\": 1}", "3 2" },
    { "code", ADMIN_LESS, "abd", "1" },
    { "feeling", ADMIN_EQUAL, "so so", "2" },
    { "feeling", ADMIN_NOT_EQUAL, "so so", "3 1" },
    { "band", ADMIN_EQUAL, "6BA7B810-9DAD-41D1-80B4-00C04FD430C9", "2" },
    { "sent_at", ADMIN_LESS_EQUAL, "2026-01-02 03:04:05.000006", "1" },
    { "sent_at", ADMIN_GREATER, "2026-01-02T03:04", "2 1" },
    { "sent_at", ADMIN_LESS, "2026-01-02", "" },
    { "day", ADMIN_EQUAL, "2026-01-03", "2" },
    { "hour", ADMIN_LESS, "12:00", "1" },
    { "data", ADMIN_EQUAL, "\\x0100", "2" },
    { "place", ADMIN_IS_NULL, NULL, "3" },
    { "list", ADMIN_EQUAL, "{1,2}", "1" },
    { "list", ADMIN_CONTAINS, ",1", "2" },
    { "status", ADMIN_EQUAL, "job_status_not_started", "3 2 1" },
    { "status", ADMIN_NOT_EQUAL, "job_status_not_started", "" },
};

static void each_type_is_compared_by_each_operator(struct errand_context *ctx)
{
    add_samples();
    for (size_t i = 0; i < sizeof(expectations) / sizeof(*expectations); i++) {
        const struct expectation *expected = &expectations[i];
        struct admin_filter filter = condition(expected->column, expected->op, expected->value);
        const char *got = found(ctx, &filter);
        bool in_any_case = strcmp(expected->value ? expected->value : "", "ZÜRICH") != 0 || on_postgres();
        if (strcmp(got, in_any_case ? expected->wanted : "") != 0) /* SQLite knows the cases of ASCII alone */
            fail_msg("%s %d %s: %s", expected->column, expected->op, expected->value ? expected->value : "", got);
    }
}

/* ---- What is refused ---- */

static void list_with(struct errand_context *ctx, void *arg)
{
    admin_list(ctx, arg);
}

static void assert_refused(struct admin_list_query query, const char *sentence)
{
    query.table = world.letters;
    query.limit = 10;
    struct raised raised = raised_by(list_with, &query);
    assert_int_equal(raised.fault, CONTEXT_FAULT_INPUT);
    if (!strstr(raised.error, sentence))
        fail_msg("%s, not: %s", raised.error, sentence);
}

static void values_that_are_not_of_their_columns_type_are_refused(struct errand_context *ctx)
{
    static const struct expectation wrong[] = {
        { "number", ADMIN_EQUAL, "abc", "number: \"abc\" is not a whole number" },
        { "number", ADMIN_EQUAL, "2147483648", "is not a whole number" },
        { "number", ADMIN_EQUAL, "1; DROP TABLE letter_jobs", "is not a whole number" },
        { "small", ADMIN_LESS, "32768", "is not a whole number" },
        { "price", ADMIN_LESS, "1 OR 1=1", "is not a number" },
        { "feeling", ADMIN_EQUAL, "sad", "is none of" },
        { "band", ADMIN_EQUAL, "not-a-uuid", "is not a uuid" },
        { "sent_at", ADMIN_LESS, "yesterday", "is not a time" },
        { "day", ADMIN_LESS, "2026-13-01", "is not a date" },
        { "data", ADMIN_EQUAL, "\\xzz", "hexadecimal" },
        { "code", ADMIN_EQUAL, "\xff\xfe", "UTF-8" },
        { "number", ADMIN_CONTAINS, "1", "cannot be compared in this way" },
        { "place", ADMIN_EQUAL, "1,2", "cannot be compared in this way" },
        { "status", ADMIN_IS_NULL, NULL, "cannot be compared in this way" },
        { "number", (enum admin_operator)99, "1", "cannot be compared in this way" },
        { "number", ADMIN_EQUAL, NULL, "no value" },
    };
    (void)ctx;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_refused((struct admin_list_query){ .filter = condition(wrong[i].column, wrong[i].op, wrong[i].value) },
                       wrong[i].wanted);
}

/* They are of their column's type here, and beyond it in PostgreSQL; SQLite compares them. */
static void values_that_the_database_does_not_take_are_refused(struct errand_context *ctx)
{
    struct admin_list_query queries[] = {
        { .filter = condition("part", ADMIN_LESS, "1e300") },
        { .filter = condition("sent_at", ADMIN_LESS, "5000-01-01 00:00:00 BC") },
    };
    for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
        if (on_postgres()) {
            assert_refused(queries[i], "out of range");
            continue;
        }
        queries[i].table = world.letters;
        queries[i].limit = 10;
        assert_int_equal(admin_list(ctx, &queries[i]).jobs.count, 0);
    }
}

static void filters_have_limits(struct errand_context *ctx)
{
    char *text = errand_alloc(ctx, ADMIN_VALUE_MAX + 2);
    memset(text, '%', ADMIN_VALUE_MAX);
    struct admin_filter longest = condition("code", ADMIN_CONTAINS, text);
    assert_string_equal(found(ctx, &longest), "");
    text[ADMIN_VALUE_MAX] = '%';
    assert_refused((struct admin_list_query){ .filter = longest }, "longer than 4096 bytes");
    struct admin_filter many = condition("number", ADMIN_GREATER, "0");
    many.condition_count = ADMIN_CONDITIONS_MAX;
    for (size_t i = 0; i < ADMIN_CONDITIONS_MAX; i++)
        many.conditions[i] = many.conditions[0];
    add_letters(1, 1, "job_status_failed");
    assert_string_equal(found(ctx, &many), "1");
    many.condition_count++;
    assert_refused((struct admin_list_query){ .filter = many }, "more than 8 conditions");
    struct admin_filter beyond = { .condition_count = 1 };
    beyond.conditions[0] = (struct admin_condition){ 1000, ADMIN_EQUAL, "1" };
    assert_refused((struct admin_list_query){ .filter = beyond }, "has no column 1000");
}

static void statuses_errors_and_times_filter(struct errand_context *ctx)
{
    add_letters(1, 1, "job_status_failed");
    add_letters(2, 2, "job_status_timed_out");
    add_letters(3, 3, "job_status_succeeded");
    run_sql("UPDATE letter_jobs SET last_error = 'SMTP said 451', created_at = '2026-01-01 00:00:00.000000'"
            " WHERE number = 1");
    struct admin_filter filter = { .statuses = 1U << ADMIN_FAILED | 1U << ADMIN_SUCCEEDED };
    assert_string_equal(found(ctx, &filter), "3 1");
    filter = (struct admin_filter){ .statuses = 1U << ADMIN_RUNNING };
    assert_string_equal(found(ctx, &filter), "");
    filter = (struct admin_filter){ .statuses = (1U << ADMIN_STATUSES) - 1 };
    assert_string_equal(found(ctx, &filter), "3 2 1");
    filter = (struct admin_filter){ .error = "smtp SAID" };
    assert_string_equal(found(ctx, &filter), "1");
    errand_time begin = INT64_C(1767225600000000); /* 2026-01-01 */
    filter = (struct admin_filter){ .created_from = { true, begin }, .created_to = { true, begin + 1 } };
    assert_string_equal(found(ctx, &filter), "1");
    filter = (struct admin_filter){ .created_from = { true, begin + 1 } };
    assert_string_equal(found(ctx, &filter), "3 2");
    filter = (struct admin_filter){ .created_to = { true, begin } };
    assert_string_equal(found(ctx, &filter), "");
}

/* ---- Order and keys ---- */

/* All numbers, page by page of two, forward and then backward: the same jobs, each once. */
static const char *walked(struct errand_context *ctx, struct admin_list_query query)
{
    const char *forward = "", *backward = "";
    query.table = world.letters;
    query.limit = 2;
    struct admin_list list = admin_list(ctx, &query);
    for (;;) {
        forward = errand_printf(ctx, "%s%s%s", forward, *forward ? " " : "", numbers_of(ctx, &list));
        if (!list.last_key)
            break;
        query.after = list.last_key;
        list = admin_list(ctx, &query);
    }
    query.before = true;
    for (;;) {
        backward = errand_printf(ctx, "%s%s%s", numbers_of(ctx, &list), *backward ? " " : "", backward);
        if (!list.first_key)
            break;
        query.after = list.first_key;
        list = admin_list(ctx, &query);
    }
    assert_string_equal(forward, backward);
    return forward;
}

static void lists_are_sorted_by_every_column_and_walked_both_ways(struct errand_context *ctx)
{
    add_samples();
    run_sql("INSERT INTO letter_jobs (number) VALUES (4)");
    for (size_t i = 0; i < world.letters->column_count; i++) {
        const struct errand_column *column = &world.letters->columns[i];
        if (!admin_sortable(column))
            continue;
        for (int descending = 0; descending < 2; descending++) {
            struct admin_list_query query = { .sort = (int)i + 1, .descending = descending };
            const char *order = walked(ctx, query);
            if (strlen(order) != strlen("1 2 3 4"))
                fail_msg("by %s: %s", column->name, order);
            /* The jobs that hold values come first, in their order; those that hold none last. */
            const char *wanted = descending ? "2 1 4 3" : "1 2 3 4";
            bool is_own = i >= column_of(world.letters, "truth") && i <= column_of(world.letters, "list");
            if (is_own && strcmp(column->name, "number") != 0 && strcmp(order, wanted) != 0)
                fail_msg("by %s: %s", column->name, order);
        }
    }
}

static void jobs_that_are_equal_in_what_is_sorted_by_are_each_shown_once(struct errand_context *ctx)
{
    add_letters(1, 5, "job_status_failed");
    run_sql("UPDATE letter_jobs SET code = CASE WHEN number < 4 THEN 'same' END, created_at = '2026-01-01 "
            "00:00:00.000000'");
    int code = (int)column_of(world.letters, "code") + 1, created = (int)column_of(world.letters, "created_at") + 1;
    assert_string_equal(walked(ctx, (struct admin_list_query){ .sort = code }), "1 2 3 4 5");
    assert_string_equal(walked(ctx, (struct admin_list_query){ .sort = code, .descending = true }), "3 2 1 5 4");
    assert_string_equal(walked(ctx, (struct admin_list_query){ .sort = created }), "1 2 3 4 5");
    assert_string_equal(walked(ctx, (struct admin_list_query){ 0 }), "5 4 3 2 1");
}

static void long_and_odd_texts_are_sorted_and_paged(struct errand_context *ctx)
{
    add_letters(1, 4, "job_status_failed");
    const char *sql = on_postgres() ? "UPDATE letter_jobs SET last_error = repeat('x', 5000) || number"
                                    : "UPDATE letter_jobs SET last_error = printf('%%.5000c', 'x') || number";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    run_sql(sql);
#pragma GCC diagnostic pop
    run_sql("UPDATE letter_jobs SET last_error = '~.%%%% \"''é\\' WHERE number = 2");
    int error = (int)column_of(world.letters, "last_error") + 1;
    const char *order = walked(ctx, (struct admin_list_query){ .sort = error });
    assert_true(strcmp(order, "1 3 4 2") == 0 || strcmp(order, "2 1 3 4") == 0); /* as the collation has it */
}

static void pages_stay_right_while_jobs_come_and_go(struct errand_context *ctx)
{
    add_letters(1, 8, "job_status_succeeded");
    struct admin_list_query query = { .table = world.letters, .limit = 3 };
    struct admin_list first = admin_list(ctx, &query);
    assert_string_equal(numbers_of(ctx, &first), "8 7 6");
    add_letters(9, 12, "job_status_not_started");
    run_sql("DELETE FROM letter_jobs WHERE number IN (6, 4)"); /* the key's own among them */
    query.after = first.last_key;
    struct admin_list second = admin_list(ctx, &query);
    assert_string_equal(numbers_of(ctx, &second), "5 3 2");
    query.after = second.first_key;
    query.before = true;
    struct admin_list back = admin_list(ctx, &query);
    assert_string_equal(numbers_of(ctx, &back), "9 8 7");
    assert_non_null(back.first_key);
    query.after = back.first_key;
    struct admin_list begin = admin_list(ctx, &query);
    assert_string_equal(numbers_of(ctx, &begin), "12 11 10");
    assert_null(begin.first_key);
    /* What would be the rest of the first page is filled up to a whole one. */
    run_sql("DELETE FROM letter_jobs WHERE number > 10");
    query.after = back.first_key;
    struct admin_list filled = admin_list(ctx, &query);
    assert_string_equal(numbers_of(ctx, &filled), "10 9 8");
}

static void pages_by_number_work_too(struct errand_context *ctx)
{
    add_letters(1, 5, "job_status_succeeded");
    struct admin_list list =
        admin_list(ctx, &(struct admin_list_query){ .table = world.letters, .limit = 2, .offset = 2 });
    assert_string_equal(numbers_of(ctx, &list), "3 2");
    assert_non_null(list.first_key);
    assert_non_null(list.last_key);
    list = admin_list(ctx, &(struct admin_list_query){ .table = world.letters, .limit = 2, .offset = 100 });
    assert_int_equal(list.jobs.count, 0);
    list = admin_list(ctx, &(struct admin_list_query){ .table = world.letters, .limit = 100000 });
    assert_int_equal(list.jobs.count, 5);
}

static void keys_that_no_list_gave_are_refused(struct errand_context *ctx)
{
    static const char *const keys[] = { "",
                                        "v",
                                        "x1",
                                        "v1.v2",
                                        "v~00",
                                        "v~zz",
                                        "n",
                                        "v1'--",
                                        "vabc",
                                        "v1~",
                                        "v1~4",
                                        ".",
                                        "v99999999999999999999",
                                        "v1.v1.v1",
                                        "v-",
                                        "v1 OR 1=1" };
    (void)ctx;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        assert_refused((struct admin_list_query){ .after = keys[i] }, "is not a place in the list");
    char *longest = errand_alloc(ctx, 8192);
    memset(longest, '1', 8000);
    longest[0] = 'v';
    assert_refused((struct admin_list_query){ .after = longest }, "is not a place in the list");
    assert_refused((struct admin_list_query){ .sort = 1000 }, "no column 1000");
    assert_refused((struct admin_list_query){ .sort = -1 }, "no column -1");
    assert_refused((struct admin_list_query){ .sort = (int)column_of(world.letters, "place") + 1 },
                   "cannot be sorted by place");
}

static void step_with(struct errand_context *ctx, void *arg)
{
    const char *after = arg;
    struct admin_bulk bulk = { 0 };
    admin_change_step(ctx, world.letters, ADMIN_RETRY_JOB, NULL, &after, &bulk);
}

static void places_that_no_step_gave_are_refused(struct errand_context *ctx)
{
    static const char *const places[] = { "",        "a",      "a1",       "a0..",
                                          "a9.1.",   "a-1.1.", "a.1.",     "a00.1.",
                                          "a0.abc.", "a0.1.x", "a0.1.v1'", "a0.1.n",
                                          "0.1.",    "b0.1.",  "s0.1.v1",  "a0.111111111111111111111." };
    (void)ctx;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        struct raised raised = raised_by(step_with, (char *)places[i]);
        if (raised.fault != CONTEXT_FAULT_INPUT)
            fail_msg("%s: %s", places[i], raised.error);
    }
}

static void tables_of_other_makers_are_listed_too(struct errand_context *ctx)
{
    for (int i = 1; i <= 5; i++)
        run_sql("INSERT INTO foreign_jobs (attempts_count, created_at) VALUES (%d, '2026-01-01 00:00:0%d.000000')", i,
                i / 2);
    struct admin_list_query query = { .table = world.foreign, .limit = 2 };
    int64_t seen = 0, sum = 0;
    struct admin_list list;
    do {
        list = admin_list(ctx, &query);
        for (size_t i = 0; i < list.jobs.count; i++, seen++)
            sum += atoi(cell_of(ctx, world.foreign, (const char *)list.jobs.items + i * world.foreign->record_size,
                                "attempts_count"));
        query.after = list.last_key;
    } while (query.after);
    assert_int_equal(seen, 5);
    assert_int_equal(sum, 15);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(each_type_is_compared_by_each_operator),
        IN_CONTEXT(values_that_are_not_of_their_columns_type_are_refused),
        IN_CONTEXT(values_that_the_database_does_not_take_are_refused),
        IN_CONTEXT(filters_have_limits),
        IN_CONTEXT(statuses_errors_and_times_filter),
        IN_CONTEXT(lists_are_sorted_by_every_column_and_walked_both_ways),
        IN_CONTEXT(jobs_that_are_equal_in_what_is_sorted_by_are_each_shown_once),
        IN_CONTEXT(long_and_odd_texts_are_sorted_and_paged),
        IN_CONTEXT(pages_stay_right_while_jobs_come_and_go),
        IN_CONTEXT(pages_by_number_work_too),
        IN_CONTEXT(keys_that_no_list_gave_are_refused),
        IN_CONTEXT(places_that_no_step_gave_are_refused),
        IN_CONTEXT(tables_of_other_makers_are_listed_too),
    };
    void *schema_file = argv[1];
    return argc == 2 && open_database(&schema_file) == 0
               ? cmocka_run_group_tests_name("filters", tests, NULL, close_database)
               : 2;
}
