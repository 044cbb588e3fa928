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

/* The numbers of a list's jobs, as "3 2 1". */
static const char *numbers(struct errand_context *ctx, const struct admin_list *list)
{
    const char *text = "";
    for (size_t i = 0; i < list->jobs.count; i++) {
        const char *job = (const char *)list->jobs.items + i * world.letters->record_size;
        const char *number = cell_of(ctx, world.letters, job, "number");
        text = errand_printf(ctx, "%s%s%s", text, i ? " " : "", number ? number : "-");
    }
    return text;
}

static void the_list_begins_with_the_newest(struct errand_context *ctx)
{
    add_letters(1, 5, "job_status_succeeded");
    struct admin_list first = list_of(ctx, (struct admin_list_query){ 0 });
    assert_string_equal(numbers(ctx, &first), "5 4 3");
    assert_null(first.first_key);
    struct admin_list second = list_of(ctx, (struct admin_list_query){ .after = first.last_key });
    assert_string_equal(numbers(ctx, &second), "2 1");
    assert_null(second.last_key);
    struct admin_list back = list_of(ctx, (struct admin_list_query){ .after = second.first_key, .before = true });
    assert_string_equal(numbers(ctx, &back), "5 4 3");
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_list_begins_with_the_newest), IN_CONTEXT(a_job_is_found_by_its_id),
        IN_CONTEXT(jobs_are_counted_by_status),      IN_CONTEXT(a_failed_job_is_retried),
        IN_CONTEXT(a_running_job_is_left_alone),     IN_CONTEXT(a_job_is_deleted_with_its_attempts),
    };
    void *schema_file = argv[1];
    return argc == 2 && open_database(&schema_file) == 0
               ? cmocka_run_group_tests_name("admin", tests, NULL, close_database)
               : 2;
}
