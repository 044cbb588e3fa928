/* What people see of jobs and do with them, on both databases. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct admin_list list_of(struct errand_context *ctx, struct admin_list_query query)
{
    if (!query.table)
        query.table = world.letters;
    if (query.limit == 0)
        query.limit = 3;
    return admin_list(ctx, &query);
}

static void the_list_begins_with_the_newest(struct errand_context *ctx)
{
    add_letters(1, 5, "job_status_succeeded");
    struct admin_list first = list_of(ctx, (struct admin_list_query){ 0 });
    assert_string_equal(numbers_of(ctx, &first), "5 4 3");
    assert_null(first.first_key);
    struct admin_list second = list_of(ctx, (struct admin_list_query){ .after = first.last_key });
    assert_string_equal(numbers_of(ctx, &second), "2 1");
    assert_null(second.last_key);
    struct admin_list back = list_of(ctx, (struct admin_list_query){ .after = second.first_key, .before = true });
    assert_string_equal(numbers_of(ctx, &back), "5 4 3");
    assert_null(back.first_key);
}

static void a_job_is_found_by_its_id(struct errand_context *ctx)
{
    add_letters(1, 2, "job_status_failed");
    struct admin_list list = list_of(ctx, (struct admin_list_query){ 0 });
    const char *id = cell_of(ctx, world.letters, list.jobs.items, "id");
    const void *job = admin_find(ctx, world.letters, id);
    assert_non_null(job);
    assert_string_equal(cell_of(ctx, world.letters, job, "number"), "2");
    assert_null(admin_find(ctx, world.letters, "6ba7b810-9dad-41d1-80b4-00c04fd430c8"));
    assert_null(admin_find(ctx, world.letters, "' OR 1 = 1"));
}

static void jobs_are_counted_by_status(struct errand_context *ctx)
{
    add_letters(1, 2, "job_status_not_started");
    add_letters(1, 3, "job_status_running");
    add_letters(1, 4, "job_status_retry");
    add_letters(1, 5, "job_status_failed");
    add_letters(1, 6, "job_status_timed_out");
    add_letters(1, 7, "job_status_succeeded");
    const struct errand_table *tables[] = { world.letters, world.foreign };
    struct admin_overview *overviews = admin_overviews(ctx, tables, 2);
    const int64_t wanted[] = { 2, 3, 4, 5, 6, 7 };
    for (int status = 0; status < ADMIN_STATUSES; status++) {
        assert_int_equal(overviews[0].by_status[status].count, wanted[status]);
        assert_false(overviews[0].by_status[status].more);
        assert_false(overviews[0].by_status[status].estimated);
        assert_int_equal(overviews[1].by_status[status].count, 0);
    }
    assert_int_equal(overviews[0].due.count, 6);
    assert_true(overviews[0].oldest_due.is_set);
    assert_false(overviews[1].oldest_due.is_set);
    assert_int_equal(admin_count_matching(ctx, world.letters, &(struct admin_filter){ 0 }).count, 27);
}

static const char *only_id(struct errand_context *ctx)
{
    struct admin_list list = list_of(ctx, (struct admin_list_query){ 0 });
    assert_int_equal(list.jobs.count, 1);
    return cell_of(ctx, world.letters, list.jobs.items, "id");
}

static void a_failed_job_is_retried(struct errand_context *ctx)
{
    add_letters(1, 1, "job_status_failed");
    const char *id = only_id(ctx);
    assert_int_equal(admin_change_one(ctx, world.letters, ADMIN_RETRY_JOB, id), ADMIN_DONE);
    const void *job = admin_find(ctx, world.letters, id);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs WHERE status = 'job_status_retry'"), 1);
    assert_null(cell_of(ctx, world.letters, job, "locked_by"));
}

static void a_running_job_is_left_alone(struct errand_context *ctx)
{
    add_letters(1, 1, "job_status_running");
    const char *id = only_id(ctx);
    assert_int_equal(admin_change_one(ctx, world.letters, ADMIN_RETRY_JOB, id), ADMIN_IS_RUNNING);
    assert_int_equal(admin_change_one(ctx, world.letters, ADMIN_DELETE_JOB, id), ADMIN_IS_RUNNING);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs WHERE status = 'job_status_running'"), 1);
}

static void a_job_is_deleted_with_its_attempts(struct errand_context *ctx)
{
    add_letters(1, 1, "job_status_failed");
    const char *id = only_id(ctx);
    for (int attempt = 1; attempt <= 3; attempt++)
        run_sql("INSERT INTO errand_attempts (table_name, job_id, attempt, started_at, finished_at, outcome, error)"
                " VALUES ('letter_jobs', '%s', %d, '2026-11-24 10:00:0%d.000000', '2026-11-24 10:00:09.000000',"
                " 'failed', 'boom')",
                id, attempt, attempt);
    struct admin_attempts attempts = admin_attempts(ctx, "letter_jobs", id);
    assert_int_equal(attempts.count, 3);
    assert_int_equal(attempts.items[0].attempt, 3);
    assert_string_equal(attempts.items[0].error, "boom");
    assert_null(attempts.items[0].output);
    assert_int_equal(admin_change_one(ctx, world.letters, ADMIN_DELETE_JOB, id), ADMIN_DONE);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 0);
    assert_int_equal(number_of("SELECT count(*) FROM errand_attempts"), 0);
    assert_int_equal(admin_change_one(ctx, world.letters, ADMIN_DELETE_JOB, id), ADMIN_NOT_FOUND);
}

static size_t length_of(struct errand_context *ctx, const struct admin_list *list, const char *column)
{
    return strlen(cell_of(ctx, world.letters, list->jobs.items, column));
}

static void lists_read_no_more_of_a_text_than_its_beginning_where_that_is_shown(struct errand_context *ctx)
{
    char text[ADMIN_BEGINNING + 1];
    memset(text, 'x', sizeof(text));
    add_letters(1, 1, "job_status_failed");
    for (int length = ADMIN_BEGINNING; length <= ADMIN_BEGINNING + 1; length++) {
        run_sql("UPDATE letter_jobs SET last_error = '%.*s', code = 'short'", length, text);
        struct admin_list whole = list_of(ctx, (struct admin_list_query){ .limit = 1 });
        struct admin_list cut = list_of(ctx, (struct admin_list_query){ .limit = 1, .beginning = ADMIN_BEGINNING });
        assert_int_equal(length_of(ctx, &whole, "last_error"), length);
        assert_int_equal(length_of(ctx, &cut, "last_error"), ADMIN_BEGINNING);
        assert_string_equal(cell_of(ctx, world.letters, cut.jobs.items, "code"), "short");
    }
}

/* ---- Bulk changes ---- */

struct all {
    int64_t changed, running, missing, refused, steps;
};

static struct all change_all(struct errand_context *ctx, enum admin_change change, const struct admin_filter *filter)
{
    struct all all = { 0 };
    const char *after = NULL;
    do {
        struct admin_bulk bulk = { 0 };
        admin_change_step(ctx, world.letters, change, filter, &after, &bulk);
        assert_true(bulk.changed <= ADMIN_STEP);
        all.changed += bulk.changed;
        all.running += bulk.running;
        all.missing += bulk.missing;
        all.refused += bulk.refused;
        all.steps++;
    } while (after);
    return all;
}

static void all_that_match_are_retried_in_steps(struct errand_context *ctx)
{
    add_letters(1, 2500, "job_status_failed");
    add_letters(2501, 2510, "job_status_succeeded");
    add_letters(2511, 2515, "job_status_running");
    const struct admin_filter failed = { .statuses = 1U << ADMIN_FAILED | 1U << ADMIN_RETRY };
    struct all all = change_all(ctx, ADMIN_RETRY_JOB, &failed);
    assert_int_equal(all.changed, 2500);
    assert_int_equal(all.missing, 0);
    assert_int_equal(all.running, 0);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs WHERE status = 'job_status_retry'"), 2500);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs WHERE status = 'job_status_succeeded'"), 10);
}

static void all_are_deleted_but_the_running(struct errand_context *ctx)
{
    add_letters(1, 1500, "job_status_succeeded");
    add_letters(1501, 1503, "job_status_running");
    add_letters(1504, 2600, "job_status_not_started");
    struct all all = change_all(ctx, ADMIN_DELETE_JOB, NULL);
    assert_int_equal(all.changed, 2597);
    assert_int_equal(all.running, 3);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 3);
}

static void jobs_that_come_after_the_first_step_are_not_touched(struct errand_context *ctx)
{
    add_letters(1, 1200, "job_status_succeeded");
    const char *after = NULL;
    struct admin_bulk bulk = { 0 };
    admin_change_step(ctx, world.letters, ADMIN_DELETE_JOB, NULL, &after, &bulk);
    add_letters(1201, 1210, "job_status_succeeded");
    assert_non_null(after);
    while (after)
        admin_change_step(ctx, world.letters, ADMIN_DELETE_JOB, NULL, &after, &bulk);
    assert_int_equal(bulk.changed, 1200);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 10);
}

static void jobs_that_come_after_the_first_place_are_not_touched(struct errand_context *ctx)
{
    const struct admin_filter filters[] = { { 0 }, { .statuses = 1U << ADMIN_FAILED } };
    for (size_t i = 0; i < 2; i++) {
        struct admin_bulk bulk = { 0 };
        empty_tables();
        add_letters(1, 3, "job_status_failed");
        add_letters(4, 4, "job_status_running");
        const char *after = admin_change_place(ctx, world.letters, &filters[i]);
        add_letters(5, 6, "job_status_failed");
        while (after)
            admin_change_step(ctx, world.letters, ADMIN_DELETE_JOB, &filters[i], &after, &bulk);
        assert_int_equal(bulk.changed, 3);
        assert_int_equal(bulk.running, i == 0 ? 1 : 0);
        assert_int_equal(number_of("SELECT count(*) FROM letter_jobs WHERE number IN (5, 6)"), 2);
    }
}

/* ---- Bulk changes of a table without indexes ---- */

enum { FOREIGN = 22000 }; /* large to begin with, and small on the way */

static void add_foreign(int count)
{
    if (on_postgres())
        run_sql("TRUNCATE foreign_jobs; INSERT INTO foreign_jobs (status, last_error)"
                " SELECT 'job_status_failed', repeat('x', 200) FROM generate_series(1, %d)",
                count);
    else
        run_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                " INSERT INTO foreign_jobs (status) SELECT 'job_status_failed' FROM n",
                count);
}

static int64_t delete_failed(struct errand_context *ctx, const char **after)
{
    const struct admin_filter failed = { .statuses = 1U << ADMIN_FAILED };
    struct admin_bulk bulk = { 0 };
    admin_change_step(ctx, world.foreign, ADMIN_DELETE_JOB, &failed, after, &bulk);
    return bulk.changed;
}

static void a_table_that_becomes_small_meanwhile_is_walked_to_the_end(struct errand_context *ctx)
{
    const char *after = NULL;
    int64_t deleted = 0;
    add_foreign(FOREIGN);
    do
        deleted += delete_failed(ctx, &after);
    while (after);
    assert_int_equal(deleted, FOREIGN);
}

/* PostgreSQL's files only grow. */
static void a_table_that_becomes_large_meanwhile_is_walked_to_the_end(struct errand_context *ctx)
{
    const char *after = NULL;
    add_foreign(2500);
    int64_t deleted = delete_failed(ctx, &after);
    assert_non_null(after);
    run_sql("%s", on_postgres() ? "INSERT INTO foreign_jobs (last_error) SELECT repeat('x', 200)"
                                  " FROM generate_series(1, 20000)"
                                : "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
                                  " INSERT INTO foreign_jobs (last_error) SELECT 'x' FROM n");
    while (after)
        deleted += delete_failed(ctx, &after);
    assert_int_equal(deleted, 2500);
}

static void a_table_that_gets_indexes_meanwhile_is_walked_to_the_end(struct errand_context *ctx)
{
    const char *after = NULL;
    add_foreign(2500);
    int64_t deleted = delete_failed(ctx, &after);
    assert_non_null(after);
    run_sql("CREATE INDEX foreign_run_at ON foreign_jobs (run_at);"
            "CREATE INDEX foreign_status ON foreign_jobs (status, created_at)");
    while (after)
        deleted += delete_failed(ctx, &after);
    run_sql("DROP INDEX foreign_run_at; DROP INDEX foreign_status");
    assert_int_equal(deleted, 2500);
}

/* ---- Bulk changes that take the database too long ---- */

/* Where one statement deletes more than a hundred, it never ends. */
static void make_many_at_once_endless(void)
{
    if (on_postgres())
        run_sql("CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
                " IF (SELECT count(*) FROM gone) > 100 THEN PERFORM pg_sleep(3600); END IF; RETURN NULL; END';"
                "CREATE TRIGGER dawdle AFTER DELETE ON letter_jobs REFERENCING OLD TABLE AS gone"
                " FOR EACH STATEMENT EXECUTE FUNCTION dawdle()");
    else
        run_sql("CREATE TABLE gone (count INT); INSERT INTO gone VALUES (0);"
                "CREATE TRIGGER dawdle BEFORE DELETE ON letter_jobs BEGIN UPDATE gone SET count = count + 1;"
                " SELECT (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)"
                " FROM gone WHERE count > 100; END");
}

static void begin_statement(void)
{
    if (!on_postgres()) /* whose triggers see rows, and no statements */
        run_sql("UPDATE gone SET count = 0");
}

static int make_endless(void **state)
{
    if (start_body(state) != 0)
        return -1;
    make_many_at_once_endless();
    return 0;
}

static int end_endless(void **state)
{
    run_sql("%s", on_postgres() ? "DROP TRIGGER dawdle ON letter_jobs; DROP FUNCTION dawdle"
                                : "DROP TRIGGER dawdle; DROP TABLE gone");
    return end_body(state);
}

static struct errand_context *hurried(void)
{
    const struct context_config config = { .url = &database.url, .limits = { .statement_ms = 300 } };
    return context_new(&config);
}

struct late {
    const char *after;
    const char *const *ids;
    struct admin_bulk bulk;
};

static void delete_some(struct errand_context *ctx, void *arg)
{
    struct late *late = arg;
    admin_change_step(ctx, world.letters, ADMIN_DELETE_JOB, NULL, &late->after, &late->bulk);
    late->after = late->after ? strdup(late->after) : NULL;
}

static void a_step_that_takes_too_long_ends_with_what_does_not(struct errand_context *ctx)
{
    (void)ctx;
    struct errand_context *limited = hurried();
    struct late late = { 0 };
    int steps = 0;
    add_letters(1, 400, "job_status_succeeded");
    do {
        int64_t before = late.bulk.changed;
        char *place = (char *)late.after;
        begin_statement();
        struct context_end end = context_call(limited, delete_some, &late);
        free(place);
        if (end.end != JOB_END_RETURNED)
            fail_msg("%s", end.error);
        assert_in_range(late.bulk.changed - before, 1, 100);
        steps++;
    } while (late.after);
    context_free(limited);
    assert_int_equal(late.bulk.changed, 400);
    assert_int_equal(late.bulk.missing + late.bulk.running + late.bulk.refused, 0);
    assert_true(steps > 1);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 0);
}

static void delete_of_code(struct errand_context *ctx, void *arg)
{
    struct late *late = arg;
    struct admin_filter filter = { .condition_count = 1 };
    filter.conditions[0] = (struct admin_condition){ column_of(world.letters, "code"), ADMIN_EQUAL, "none" };
    admin_change_step(ctx, world.letters, ADMIN_DELETE_JOB, &filter, &late->after, &late->bulk);
    late->after = late->after ? strdup(late->after) : NULL;
}

/* A statement that reads more than a thousand of its rows never ends: to the role toiler each is shown by a function.
 */
static void make_many_rows_endless(void)
{
    run_sql("CREATE ROLE toiler; GRANT USAGE ON SCHEMA public TO toiler; GRANT SELECT ON letter_jobs TO toiler;"
            "CREATE FUNCTION toil() RETURNS boolean LANGUAGE plpgsql AS $$ DECLARE"
            " seen text := coalesce(current_setting('toil.seen', true), '');"
            " number int := CASE WHEN split_part(seen, '|', 1) = statement_timestamp()::text"
            " THEN split_part(seen, '|', 2)::int + 1 ELSE 1 END; BEGIN"
            " PERFORM set_config('toil.seen', statement_timestamp() || '|' || number, false);"
            " IF number > 1000 THEN PERFORM pg_sleep(3600); END IF; RETURN true; END $$;"
            "CREATE POLICY toil ON letter_jobs TO toiler USING (toil());"
            "ALTER TABLE letter_jobs ENABLE ROW LEVEL SECURITY; ANALYZE letter_jobs");
}

static void where_rows_take_long_to_read_a_step_reads_fewer(struct errand_context *ctx)
{
    (void)ctx;
    if (!on_postgres() || getenv("POOLED")) /* a pool takes no options of the session */
        skip();
    add_letters(1, 20100, "job_status_succeeded");
    make_many_rows_endless();
    char url[256];
    snprintf(url, sizeof(url), "%s?options=-c%%20role%%3Dtoiler", database.url_text);
    struct store_url as_toiler;
    struct errand_error err;
    assert_int_equal(store_url_parse(url, &as_toiler, &err), 0);
    const struct context_config config = { .url = &as_toiler, .limits = { .statement_ms = 500 } };
    struct errand_context *limited = context_new(&config);
    struct late late = { 0 };
    struct context_end end = context_call(limited, delete_of_code, &late);
    if (end.end != JOB_END_RETURNED)
        print_error("%s\n", end.error);
    context_free(limited);
    store_url_release(&as_toiler);
    run_sql("ALTER TABLE letter_jobs DISABLE ROW LEVEL SECURITY; DROP POLICY toil ON letter_jobs; DROP FUNCTION toil;"
            "DROP OWNED BY toiler; DROP ROLE toiler");
    assert_int_equal(end.end, JOB_END_RETURNED);
    assert_non_null(late.after);
    free((char *)late.after);
    assert_int_equal(late.bulk.changed, 0);
}

static void delete_these(struct errand_context *ctx, void *arg)
{
    struct late *late = arg;
    admin_change_these(ctx, world.letters, ADMIN_DELETE_JOB, late->ids, ADMIN_PAGE_MAX, &late->bulk);
}

static void of_selected_jobs_that_take_too_long_some_are_changed_and_the_rest_is_told(struct errand_context *ctx)
{
    const char *ids[ADMIN_PAGE_MAX];
    struct late late = { .ids = ids };
    add_letters(1, ADMIN_PAGE_MAX, "job_status_failed");
    struct admin_list list = list_of(ctx, (struct admin_list_query){ .limit = ADMIN_PAGE_MAX });
    for (size_t i = 0; i < ADMIN_PAGE_MAX; i++)
        ids[i] = cell_of(ctx, world.letters, (const char *)list.jobs.items + i * world.letters->record_size, "id");
    struct errand_context *limited = hurried();
    struct context_end end = context_call(limited, delete_these, &late);
    assert_int_equal(end.fault, CONTEXT_FAULT_OVERDUE);
    assert_string_equal(end.error,
                        "200 jobs at once took the database too long: the other 100 are as they were; select fewer");
    context_free(limited);
    assert_int_equal(late.bulk.changed, 100);
    assert_int_equal(late.bulk.running + late.bulk.missing, 0);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 100);
}

static void few_among_many_are_found_in_steps_that_read_a_bounded_part(struct errand_context *ctx)
{
    add_letters(1, 45000, "job_status_succeeded");
    run_sql("UPDATE letter_jobs SET code = 'this one' WHERE number IN (7, 30000, 44999)");
    struct admin_filter filter = { .condition_count = 1 };
    filter.conditions[0] = (struct admin_condition){ column_of(world.letters, "code"), ADMIN_EQUAL, "this one" };
    struct all all = change_all(ctx, ADMIN_RETRY_JOB, &filter);
    assert_int_equal(all.changed, 3);
    assert_int_equal(all.steps, 3);
}

static void selected_jobs_are_changed(struct errand_context *ctx)
{
    add_letters(1, 3, "job_status_failed");
    add_letters(4, 4, "job_status_running");
    struct admin_list list = list_of(ctx, (struct admin_list_query){ .limit = 10 });
    const char *ids[6] = { "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "nonsense'" };
    for (size_t i = 0; i < 4; i++)
        ids[i + 2] = cell_of(ctx, world.letters, (const char *)list.jobs.items + i * world.letters->record_size, "id");
    struct admin_bulk bulk = { 0 };
    admin_change_these(ctx, world.letters, ADMIN_DELETE_JOB, ids, 6, &bulk);
    assert_int_equal(bulk.changed, 3);
    assert_int_equal(bulk.running, 1);
    assert_int_equal(bulk.missing, 2);
    assert_int_equal(bulk.refused, 0);
    assert_null(bulk.reason);
}

/* ---- What the database does not let be deleted ---- */

static void refer_to(const char *where)
{
    run_sql("CREATE TABLE stamps (letter %s REFERENCES letter_jobs (id))", on_postgres() ? "UUID" : "TEXT");
    run_sql("INSERT INTO stamps SELECT id FROM letter_jobs WHERE %s", where);
}

static int forget_references(void **state)
{
    run_sql("DROP TABLE IF EXISTS stamps");
    return end_body(state);
}

static void delete_the_first(struct errand_context *ctx, void *arg)
{
    struct admin_list list = list_of(ctx, (struct admin_list_query){ .limit = 1 });
    *(enum admin_outcome *)arg =
        admin_change_one(ctx, world.letters, ADMIN_DELETE_JOB, cell_of(ctx, world.letters, list.jobs.items, "id"));
}

static void a_job_that_another_table_refers_to_is_not_deleted_and_can_be_retried(struct errand_context *ctx)
{
    enum admin_outcome outcome = 0;
    add_letters(1, 1, "job_status_failed");
    refer_to("number = 1");
    struct raised raised = raised_by(delete_the_first, &outcome);
    assert_int_equal(raised.fault, CONTEXT_FAULT_CONFLICT);
    assert_non_null(strcasestr(raised.error, "foreign key constraint"));
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 1);
    assert_int_equal(change_all(ctx, ADMIN_RETRY_JOB, NULL).changed, 1);
}

static void what_cannot_be_deleted_does_not_keep_the_others(struct errand_context *ctx)
{
    add_letters(1, 2500, "job_status_succeeded");
    add_letters(2501, 2502, "job_status_running");
    refer_to("number IN (1, 2, 777, 1000, 1001, 2500)");
    struct all all = change_all(ctx, ADMIN_DELETE_JOB, NULL);
    assert_int_equal(all.changed, 2494);
    assert_int_equal(all.refused, 6);
    assert_int_equal(all.running, 2);
    assert_int_equal(all.missing, 0);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 8);
    all = change_all(ctx, ADMIN_DELETE_JOB, NULL);
    assert_int_equal(all.changed, 0);
    assert_int_equal(all.refused, 6);
}

static void selected_jobs_that_cannot_be_deleted_are_counted_with_the_reason(struct errand_context *ctx)
{
    add_letters(1, 4, "job_status_failed");
    refer_to("number = 2");
    struct admin_list list = list_of(ctx, (struct admin_list_query){ .limit = 10 });
    const char *ids[5] = { "6ba7b810-9dad-41d1-80b4-00c04fd430c8" };
    for (size_t i = 0; i < 4; i++)
        ids[i + 1] = cell_of(ctx, world.letters, (const char *)list.jobs.items + i * world.letters->record_size, "id");
    struct admin_bulk bulk = { 0 };
    admin_change_these(ctx, world.letters, ADMIN_DELETE_JOB, ids, 5, &bulk);
    assert_int_equal(bulk.changed, 3);
    assert_int_equal(bulk.refused, 1);
    assert_int_equal(bulk.running, 0);
    assert_int_equal(bulk.missing, 1);
    assert_non_null(strcasestr(bulk.reason, "foreign key constraint"));
}

/* ---- Figures and workers ---- */

static void figures_are_gathered_by_step(struct errand_context *ctx)
{
    const char *now = on_postgres() ? "date_trunc('minute', now())" : "strftime('%Y-%m-%d %H:%M:00.000000', 'now')";
    const char *earlier = on_postgres() ? "date_trunc('minute', now()) - interval '10 min'"
                                        : "strftime('%Y-%m-%d %H:%M:00.000000', 'now', '-10 minutes')";
    run_sql("INSERT INTO errand_stats VALUES ('letter_jobs', %s, 'returned', 5, 500, 200)", now);
    run_sql("INSERT INTO errand_stats VALUES ('letter_jobs', %s, 'discarded', 2, 100, 90)", now);
    run_sql("INSERT INTO errand_stats VALUES ('foreign_jobs', %s, 'returned', 3, 300, 150)", now);
    run_sql("INSERT INTO errand_stats VALUES ('letter_jobs', %s, 'timed_out', 1, 100, 100)", earlier);
    struct admin_point *all = admin_points(ctx, NULL, errand_minutes(1), 60);
    struct admin_point sums[2] = { { 0 } };
    for (size_t i = 0; i < 60; i++) {
        struct admin_point *sum = &sums[i > 55];
        sum->succeeded += all[i].succeeded;
        sum->failed += all[i].failed;
        sum->timed_out += all[i].timed_out;
        sum->total_us += all[i].total_us;
        sum->max_us = all[i].max_us > sum->max_us ? all[i].max_us : sum->max_us;
    }
    assert_int_equal(sums[1].succeeded, 8);
    assert_int_equal(sums[1].failed, 2);
    assert_int_equal(sums[1].total_us, 900);
    assert_int_equal(sums[1].max_us, 200);
    assert_int_equal(sums[0].timed_out, 1);
    struct admin_point *hours = admin_points(ctx, "foreign_jobs", errand_hours(1), 2);
    assert_int_equal(hours[0].succeeded + hours[1].succeeded, 3);
    assert_int_equal(hours[1].at - hours[0].at, errand_hours(1));
}

static void workers_are_shown_with_what_they_run(struct errand_context *ctx)
{
    const char *now = on_postgres() ? "now()" : "strftime('%Y-%m-%d %H:%M:%f000', 'now')";
    const char *ids[] = { on_postgres() ? "81985529216486895" : "'0123456789abcdef'",
                          on_postgres() ? "-2" : "'fffffffffffffffe'" };
    for (int i = 0; i < 2; i++)
        run_sql("INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, started_at,"
                " seen_at, version) VALUES (%s, 'here', 'none', 1, %d, 3, 'letter_jobs', %s, %s, '1')",
                ids[i], 40 + i, now, i == 0 ? now : "'2026-01-01 00:00:00.000000'");
    add_letters(1, 3, "job_status_running");
    run_sql("UPDATE letter_jobs SET locked_at = %s, locked_by = '01234567-89ab-cdef-0000-000000000001'"
            " WHERE number < 3",
            now);
    const struct errand_table *tables[] = { world.letters, world.foreign };
    struct admin_workers workers = admin_workers(ctx, admin_overviews(ctx, tables, 2), 2);
    assert_int_equal(workers.count, 2);
    assert_string_equal(workers.items[0].id, "0123456789abcdef");
    assert_true(workers.items[0].alive);
    assert_int_equal(workers.items[0].running_count, 2);
    assert_string_equal(workers.items[0].running[0].table, "letter_jobs");
    assert_string_equal(workers.items[1].id, "fffffffffffffffe");
    assert_false(workers.items[1].alive);
    assert_int_equal(workers.items[1].running_count, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_list_begins_with_the_newest),
        IN_CONTEXT(a_job_is_found_by_its_id),
        IN_CONTEXT(jobs_are_counted_by_status),
        IN_CONTEXT(a_failed_job_is_retried),
        IN_CONTEXT(a_running_job_is_left_alone),
        IN_CONTEXT(a_job_is_deleted_with_its_attempts),
        IN_CONTEXT(lists_read_no_more_of_a_text_than_its_beginning_where_that_is_shown),
        IN_CONTEXT(all_that_match_are_retried_in_steps),
        IN_CONTEXT(all_are_deleted_but_the_running),
        IN_CONTEXT(jobs_that_come_after_the_first_step_are_not_touched),
        IN_CONTEXT(jobs_that_come_after_the_first_place_are_not_touched),
        IN_CONTEXT(a_table_that_becomes_small_meanwhile_is_walked_to_the_end),
        IN_CONTEXT(a_table_that_becomes_large_meanwhile_is_walked_to_the_end),
        IN_CONTEXT(a_table_that_gets_indexes_meanwhile_is_walked_to_the_end),
        IN_CONTEXT_WITH(a_step_that_takes_too_long_ends_with_what_does_not, make_endless, end_endless),
        IN_CONTEXT(where_rows_take_long_to_read_a_step_reads_fewer),
        IN_CONTEXT_WITH(of_selected_jobs_that_take_too_long_some_are_changed_and_the_rest_is_told, make_endless,
                        end_endless),
        IN_CONTEXT(few_among_many_are_found_in_steps_that_read_a_bounded_part),
        IN_CONTEXT(selected_jobs_are_changed),
        IN_CONTEXT_WITH(a_job_that_another_table_refers_to_is_not_deleted_and_can_be_retried, start_body,
                        forget_references),
        IN_CONTEXT_WITH(what_cannot_be_deleted_does_not_keep_the_others, start_body, forget_references),
        IN_CONTEXT_WITH(selected_jobs_that_cannot_be_deleted_are_counted_with_the_reason, start_body,
                        forget_references),
        IN_CONTEXT(figures_are_gathered_by_step),
        IN_CONTEXT(workers_are_shown_with_what_they_run),
    };
    void *schema_file = argv[1];
    return argc == 2 && open_database(&schema_file) == 0
               ? cmocka_run_group_tests_name("admin", tests, NULL, close_database)
               : 2;
}
