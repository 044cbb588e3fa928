/* How the statements are run where there are many finished jobs: by an index, and reading no more than they show. */
#include "world.h"

#include "record/field.h"
#include "record/state.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINISHED = 60000 };

/* What the database says of how it runs the last statement, line by line. */
static const char *plan_of_last(struct errand_context *ctx)
{
    const char *explain =
        on_postgres() ? "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF) " : "EXPLAIN QUERY PLAN ";
    const char *sql = errand_printf(ctx, "%s%s", explain, ctx->sql.data);
    struct result *result = context_query(ctx, NULL, "explain", sql, ctx->values, ctx->value_count);
    const char *plan = "";
    for (size_t row = 0; row < result_rows(result); row++)
        plan = errand_printf(ctx, "%s%s\n", plan, result_cell(result, row, on_postgres() ? 0 : 3, NULL));
    result_free(result);
    return plan;
}

/* The greatest number of rows that a part of the plan gave, times how often it ran (PostgreSQL). */
static long most_rows(const char *plan)
{
    long most = 0;
    for (const char *at = plan; (at = strstr(at, "actual rows=")) != NULL; at++) {
        long rows = strtol(at + strlen("actual rows="), NULL, 10);
        const char *loops = strstr(at, "loops=");
        rows *= loops ? strtol(loops + strlen("loops="), NULL, 10) : 1;
        most = rows > most ? rows : most;
    }
    for (const char *at = plan; (at = strstr(at, "Rows Removed by Filter: ")) != NULL; at++) {
        long rows = strtol(at + strlen("Rows Removed by Filter: "), NULL, 10);
        most = rows > most ? rows : most;
    }
    return most;
}

/* PostgreSQL: no part of it reads the table from its beginning, or gives more rows than that. SQLite: it walks the
   table only along its numbers, and sorts only what an index has picked. */
static void assert_bounded(struct errand_context *ctx, const char *what, long rows)
{
    const char *plan = plan_of_last(ctx);
    bool scans = strstr(plan, "Seq Scan on letter_jobs") != NULL;
    bool sorts_all = strstr(plan, "SCAN letter_jobs\n") && strstr(plan, "USE TEMP B-TREE");
    if (scans || sorts_all || (on_postgres() && most_rows(plan) > rows))
        fail_msg("%s:\n%s\n%s", what, ctx->sql.data, plan);
}

static int add_history(void **state)
{
    (void)state;
    const char *stop = on_postgres() ? "ALTER TABLE letter_jobs SET (autovacuum_enabled = off)" : "SELECT 1";
    run_sql("DELETE FROM letter_jobs; %s", stop);
    add_letters(1, FINISHED, "job_status_succeeded");
    add_letters(1, 30, "job_status_failed");
    add_letters(1, 5, "job_status_running");
    add_letters(1, 20, "job_status_not_started");
    add_letters(1, 10, "job_status_retry");
    run_sql_each("SELECT 1", "VACUUM ANALYZE letter_jobs");
    return 0;
}

static int remove_history(void **state)
{
    (void)state;
    run_sql("DELETE FROM letter_jobs");
    return 0;
}

static struct admin_list look_at(struct errand_context *ctx, const struct admin_list_query *given)
{
    struct admin_list_query query = *given;
    query.table = world.letters;
    query.limit = 25;
    return admin_list(ctx, &query);
}

static void pages_by_age_read_what_they_show(struct errand_context *ctx)
{
    struct admin_list list = look_at(ctx, &(struct admin_list_query){ 0 });
    assert_bounded(ctx, "the first page", 60);
    list = look_at(ctx, &(struct admin_list_query){ .after = list.last_key });
    assert_bounded(ctx, "the second page", 60);
    look_at(ctx, &(struct admin_list_query){ .after = list.first_key, .before = true });
    assert_bounded(ctx, "the page before it", 60);
    look_at(ctx, &(struct admin_list_query){ .offset = 1000 });
    assert_bounded(ctx, "a page by its number", 1100);
}

static void pages_of_a_status_read_its_jobs_alone(struct errand_context *ctx)
{
    for (int status = 0; status < ADMIN_SUCCEEDED; status++) {
        look_at(ctx, &(struct admin_list_query){ .filter.statuses = 1U << status });
        assert_bounded(ctx, admin_status_name((enum admin_status)status), 100);
    }
    look_at(ctx, &(struct admin_list_query){ .filter.statuses = 1U << ADMIN_SUCCEEDED });
    assert_bounded(ctx, "Succeeded", 100);
    look_at(ctx, &(struct admin_list_query){ .filter.statuses = 1U << ADMIN_FAILED | 1U << ADMIN_TIMED_OUT });
    assert_bounded(ctx, "Failed, Timed out", 100);
}

/* The same, and on SQLite only a range of the numbers of rows. */
static void assert_window(struct errand_context *ctx, const char *what)
{
    assert_bounded(ctx, what, ADMIN_LOOK_MAX);
    const char *plan = plan_of_last(ctx);
    if (!on_postgres() && !strstr(plan, "SEARCH letter_jobs USING INTEGER PRIMARY KEY (rowid>?"))
        fail_msg("%s:\n%s\n%s", what, ctx->sql.data, plan);
}

static struct admin_filter where(const char *column, enum admin_operator op, const char *value)
{
    struct admin_filter filter = { .condition_count = 1 };
    filter.conditions[0] = (struct admin_condition){ column_of(world.letters, column), op, value };
    return filter;
}

/* The oldest job of all is found by going on; no page looks at more than it may. */
static void lists_that_no_index_serves_look_at_a_bounded_number_of_the_newest(struct errand_context *ctx)
{
    struct admin_list_query query = { .filter = where("number", ADMIN_EQUAL, "1") };
    query.filter.statuses = 1U << ADMIN_SUCCEEDED;
    int64_t pages = 0, found = 0;
    for (;;) {
        struct admin_list list = look_at(ctx, &query);
        if (list.looked_at > 0)
            assert_window(ctx, "narrowed by a number");
        pages++;
        found += (int64_t)list.jobs.count;
        assert_int_equal(list.looks_back, list.last_key != NULL);
        assert_int_equal(list.looked_at, list.looks_back ? ADMIN_LOOK_MAX : 0);
        query.after = list.last_key;
        if (!query.after)
            break;
    }
    assert_int_equal(found, 1);
    assert_int_equal(pages, FINISHED / ADMIN_LOOK_MAX + 1);
}

static void errors_times_and_orders_look_at_the_newest_too(struct errand_context *ctx)
{
    const struct admin_list_query queries[] = {
        { .filter = { .error = "none has it" } },
        { .filter = { .created_to = { true, 1 } } },
        { .filter = { .error = "none has it", .statuses = 1U << ADMIN_FAILED | 1U << ADMIN_SUCCEEDED } },
        { .sort = (int)column_of(world.letters, "number") + 1 },
        { .sort = (int)column_of(world.letters, "number") + 1, .descending = true },
        { .sort = (int)column_of(world.letters, "id") + 1 },
        { .sort = (int)column_of(world.letters, "last_error") + 1, .filter.statuses = 1U << ADMIN_SUCCEEDED },
    };
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct admin_list list = look_at(ctx, &queries[i]);
        assert_window(ctx, errand_printf(ctx, "query %zu", i));
        assert_int_equal(list.looked_at, ADMIN_LOOK_MAX);
        assert_int_equal(list.looks_back, queries[i].sort == 0);
        if (queries[i].sort == 0)
            continue;
        struct admin_list_query behind = queries[i];
        behind.after = list.last_key;
        assert_int_equal(look_at(ctx, &behind).jobs.count, 25);
        assert_window(ctx, errand_printf(ctx, "behind the first page of query %zu", i));
    }
}

/* Those that run are in no index by age, and stand in the list all the same; back and forth it is the same list. */
static void what_is_looked_at_holds_the_running_and_can_be_walked_back(struct errand_context *ctx)
{
    struct admin_list_query query = { .filter = where("number", ADMIN_LESS_EQUAL, "5") };
    struct admin_list list = look_at(ctx, &query);
    assert_string_equal(numbers_of(ctx, &list), "5 4 3 2 1 5 4 3 2 1 5 4 3 2 1 5 4 3 2 1");
    query.after = list.last_key;
    while (query.after) {
        list = look_at(ctx, &query);
        query.after = list.last_key;
    }
    assert_string_equal(numbers_of(ctx, &list), "5 4 3 2 1"); /* the oldest */
    query.before = true;
    for (query.after = list.first_key; query.after; query.after = list.first_key) {
        list = look_at(ctx, &query);
        assert_int_equal(list.looks_ahead, list.first_key != NULL);
        if (list.looks_ahead)
            assert_window(ctx, "back");
    }
    assert_string_equal(numbers_of(ctx, &list), "5 4 3 2 1 5 4 3 2 1 5 4 3 2 1 5 4 3 2 1");
}

static void assert_found_alone(struct errand_context *ctx, const struct admin_list_query *query, const char *number)
{
    struct admin_list list = look_at(ctx, query);
    assert_string_equal(numbers_of(ctx, &list), number);
}

/* The job that the looking ended at is where the next page, which finds nothing, begins. */
static void behind_a_page_that_finds_nothing_lies_the_job_that_it_began_at(struct errand_context *ctx)
{
    enum { NEWER = 30 + 20 + 10, AT_THE_END = FINISHED + NEWER - ADMIN_LOOK_MAX + 1 };
    const char *number = errand_printf(ctx, "%d", AT_THE_END);
    struct admin_list_query query = { .filter = where("number", ADMIN_EQUAL, number) };
    struct admin_list list = look_at(ctx, &query);
    assert_string_equal(numbers_of(ctx, &list), number);
    query.after = list.last_key;
    struct admin_list nothing = look_at(ctx, &query);
    assert_int_equal(nothing.jobs.count, 0);
    assert_true(nothing.looks_back);
    query.after = nothing.first_key;
    query.before = true;
    assert_found_alone(ctx, &query, number);
    query.before = false;
    for (int pages = 0; nothing.last_key && pages < FINISHED / ADMIN_LOOK_MAX; pages++) { /* to the oldest */
        query.after = nothing.last_key;
        nothing = look_at(ctx, &query);
    }
    assert_null(nothing.last_key);
    assert_non_null(nothing.first_key);
}

/* Further back, page by page, until one has jobs. */
static struct admin_list look_until_found(struct errand_context *ctx, struct admin_list_query *query)
{
    struct admin_list list;
    do {
        list = look_at(ctx, query);
        query->after = list.last_key;
    } while (list.jobs.count == 0);
    return list;
}

static void a_page_in_front_that_finds_nothing_leads_back_to_where_it_began(struct errand_context *ctx)
{
    struct admin_list_query query = { .filter = where("number", ADMIN_EQUAL, "1") };
    query.filter.statuses = 1U << ADMIN_SUCCEEDED;
    struct admin_list list = look_until_found(ctx, &query);
    query.after = list.first_key;
    query.before = true;
    struct admin_list nothing = look_at(ctx, &query);
    assert_int_equal(nothing.jobs.count, 0);
    assert_true(nothing.looks_ahead);
    query.after = nothing.last_key;
    query.before = false;
    assert_found_alone(ctx, &query, "1");
}

static void the_jobs_of_a_rare_status_are_all_looked_at(struct errand_context *ctx)
{
    struct admin_list_query query = { .filter = where("number", ADMIN_EQUAL, "1") };
    query.filter.statuses = 1U << ADMIN_FAILED | 1U << ADMIN_TIMED_OUT;
    struct admin_list list = look_at(ctx, &query);
    assert_bounded(ctx, "narrowed", 100);
    assert_int_equal(list.jobs.count, 1);
    assert_int_equal(list.looked_at, 0);
    query = (struct admin_list_query){ .filter.statuses = 1U << ADMIN_FAILED };
    query.sort = (int)column_of(world.letters, "number") + 1;
    list = look_at(ctx, &query);
    assert_bounded(ctx, "sorted", 100);
    assert_int_equal(list.jobs.count, 25);
    assert_int_equal(list.looked_at, 0);
}

/* At the limit all failed jobs are sorted, past it the newest rows of the table. */
static void as_many_of_a_status_as_may_be_looked_at_are_sorted_and_no_more(struct errand_context *ctx)
{
    struct admin_list_query query = { .filter.statuses = 1U << ADMIN_TIMED_OUT };
    query.sort = (int)column_of(world.letters, "number") + 1;
    add_letters(1, ADMIN_LOOK_MAX, "job_status_timed_out");
    assert_int_equal(look_at(ctx, &query).looked_at, 0);
    add_letters(ADMIN_LOOK_MAX + 1, ADMIN_LOOK_MAX + 1, "job_status_timed_out");
    assert_int_equal(look_at(ctx, &query).looked_at, ADMIN_LOOK_MAX);
}

static void a_job_is_found_by_its_id_however_old_it_is(struct errand_context *ctx)
{
    struct admin_list_query query = { .filter = where("number", ADMIN_EQUAL, "1") };
    query.filter.statuses = 1U << ADMIN_SUCCEEDED;
    struct admin_list list = look_until_found(ctx, &query);
    struct errand_value id = field_value(&world.letters->columns[column_of(world.letters, "id")], list.jobs.items);
    query = (struct admin_list_query){ .filter = where("id", ADMIN_EQUAL, id.as.text.data), .sort = 1 };
    list = look_at(ctx, &query);
    assert_bounded(ctx, "by its id", 1);
    assert_int_equal(list.jobs.count, 1);
    assert_int_equal(list.looked_at, 0);
}

static void counts_read_what_is_not_finished(struct errand_context *ctx)
{
    struct admin_overview *overview = admin_overviews(ctx, &world.letters, 1);
    assert_bounded(ctx, "overview", 100);
    assert_true(overview->by_status[ADMIN_SUCCEEDED].estimated);
    assert_in_range(overview->by_status[ADMIN_SUCCEEDED].count, FINISHED * 95 / 100, FINISHED * 105 / 100);
    assert_int_equal(overview->by_status[ADMIN_FAILED].count, 30);
    assert_int_equal(overview->by_status[ADMIN_RUNNING].count, 5);
    assert_int_equal(overview->due.count, 30);
}

static void what_matches_is_counted_among_the_newest(struct errand_context *ctx)
{
    struct admin_filter filter = { .error = "none has it" };
    struct admin_count count = admin_count_matching(ctx, world.letters, &filter);
    assert_int_equal(count.count, 0);
    assert_true(count.more);
    filter = (struct admin_filter){ .statuses = 1U << ADMIN_FAILED };
    count = admin_count_matching(ctx, world.letters, &filter);
    assert_bounded(ctx, "failed", 100);
    assert_int_equal(count.count, 30);
}

static void a_step_over_a_status_reads_its_jobs_alone(struct errand_context *ctx)
{
    const char *after = NULL;
    struct admin_filter filter = { .statuses = 1U << ADMIN_FAILED };
    struct admin_bulk bulk = { 0 };
    admin_change_step(ctx, world.letters, ADMIN_RETRY_JOB, &filter, &after, &bulk);
    assert_int_equal(bulk.changed, 30);
    assert_null(after);
}

/* SQLite: how many instructions of its machine the last statement takes; a row is some of them. */
static int instructions_of_last(struct errand_context *ctx)
{
    sqlite3 *file;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(strchr(database.url_text, ':') + 1, &file), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(file, ctx->sql.data, -1, &statement, NULL), SQLITE_OK);
    for (size_t i = 0; i < ctx->value_count; i++) {
        assert_int_equal(ctx->values[i].kind, ERRAND_VALUE_INT);
        sqlite3_bind_int64(statement, (int)i + 1, ctx->values[i].as.integer);
    }
    while (sqlite3_step(statement) == SQLITE_ROW)
        continue;
    int instructions = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(statement);
    sqlite3_close(file);
    return instructions;
}

static void a_step_where_none_match_reads_its_window_alone(struct errand_context *ctx)
{
    enum { WINDOW = 20000, INSTRUCTIONS_OF_ROW = 8 };
    const char *after = NULL;
    struct admin_filter filter = where("attempts_count", ADMIN_EQUAL, "-1");
    struct admin_bulk bulk = { 0 };
    for (int step = 1; step <= 3; step++) { /* what the first runs last counts those that run */
        admin_change_step(ctx, world.letters, ADMIN_RETRY_JOB, &filter, &after, &bulk);
        assert_non_null(after);
        if (step > 1)
            assert_bounded(ctx, "a step", WINDOW);
        if (step > 1 && !on_postgres())
            assert_in_range(instructions_of_last(ctx), WINDOW, WINDOW * INSTRUCTIONS_OF_ROW);
    }
    assert_int_equal(bulk.changed, 0);
}

/* Older than all that succeeded, one each second. */
static void pages_of_many_of_a_status_read_what_they_show(struct errand_context *ctx)
{
    run_sql("DELETE FROM letter_jobs WHERE status = 'job_status_failed'");
    add_letters(1, ADMIN_LOOK_MAX + 5000, "job_status_failed");
    run_sql("UPDATE letter_jobs SET created_at = %s WHERE status = 'job_status_failed'",
            on_postgres() ? "TIMESTAMP '2020-01-01' + number * interval '1 second'"
                          : "strftime('%Y-%m-%d %H:%M:%f000', '2020-01-01', '+' || number || ' seconds')");
    run_sql_each("SELECT 1", "VACUUM ANALYZE letter_jobs");
    struct admin_list_query query = { .filter.statuses = 1U << ADMIN_FAILED };
    int number = ADMIN_LOOK_MAX + 5000;
    for (int page = 1; page <= 3; page++) {
        struct admin_list list = look_at(ctx, &query);
        assert_bounded(ctx, "a page of the failed", 100);
        if (!on_postgres() && page == 1)
            assert_in_range(instructions_of_last(ctx), 25, 25 * 100);
        const char *numbers = errand_printf(ctx, "%d", number--);
        for (int i = 1; i < 25; i++)
            numbers = errand_printf(ctx, "%s %d", numbers, number--);
        assert_string_equal(numbers_of(ctx, &list), numbers);
        query.after = list.last_key;
    }
}

static int start_with_history(void **state)
{
    return start_body(state) == 0 ? add_history(state) : -1;
}

static int end_with_history(void **state)
{
    remove_history(state);
    return end_body(state);
}

#define IN_HISTORY(function) IN_CONTEXT_WITH(function, start_with_history, end_with_history)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_HISTORY(pages_by_age_read_what_they_show),
        IN_HISTORY(pages_of_a_status_read_its_jobs_alone),
        IN_HISTORY(counts_read_what_is_not_finished),
        IN_HISTORY(what_matches_is_counted_among_the_newest),
        IN_HISTORY(a_step_over_a_status_reads_its_jobs_alone),
        IN_HISTORY(a_step_where_none_match_reads_its_window_alone),
        IN_HISTORY(pages_of_many_of_a_status_read_what_they_show),
        IN_HISTORY(lists_that_no_index_serves_look_at_a_bounded_number_of_the_newest),
        IN_HISTORY(errors_times_and_orders_look_at_the_newest_too),
        IN_HISTORY(what_is_looked_at_holds_the_running_and_can_be_walked_back),
        IN_HISTORY(behind_a_page_that_finds_nothing_lies_the_job_that_it_began_at),
        IN_HISTORY(a_page_in_front_that_finds_nothing_leads_back_to_where_it_began),
        IN_HISTORY(the_jobs_of_a_rare_status_are_all_looked_at),
        IN_HISTORY(a_job_is_found_by_its_id_however_old_it_is),
        IN_HISTORY(as_many_of_a_status_as_may_be_looked_at_are_sorted_and_no_more),
    };
    void *schema_file = argv[1];
    return argc == 2 && open_database(&schema_file) == 0
               ? cmocka_run_group_tests_name("plans", tests, NULL, close_database)
               : 2;
}
