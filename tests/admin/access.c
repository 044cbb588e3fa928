/* Databases that are not as ours are made: tables and rights that lack, other schemas, enums in another order. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t sum_of(const struct admin_overview *overview)
{
    int64_t sum = 0;
    for (int status = 0; status < ADMIN_STATUSES; status++)
        sum += overview->by_status[status].count;
    return sum;
}

static void a_table_that_lacks_is_said_to_and_the_others_are_shown(struct errand_context *ctx)
{
    struct errand_table nowhere = *world.letters;
    nowhere.name = "nowhere_jobs";
    add_letters(1, 3, "job_status_failed");
    const struct errand_table *tables[] = { &nowhere, world.letters };
    struct admin_overview *overviews = admin_overviews(ctx, tables, 2);
    assert_true(overviews[0].missing);
    assert_int_equal(sum_of(&overviews[0]), 0);
    assert_false(overviews[1].missing);
    assert_int_equal(sum_of(&overviews[1]), 3);
    run_sql("INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, started_at,"
            " seen_at, version) VALUES ('1', 'here', 'none', 1, 2, 3, '', '2026-01-01 00:00:00.000000',"
            " '2026-01-01 00:00:00.000000', '1')");
    assert_int_equal(admin_workers(ctx, admin_overviews(ctx, tables, 2), 2).count, 1);
}

static void rename_own(const char *before, const char *after)
{
    static const char *const names[] = { "attempts", "stats", "workers" };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        run_sql("ALTER TABLE %serrand_%s RENAME TO %serrand_%s", before, names[i], after, names[i]);
}

static void without_tables_of_our_own_figures_are_empty(struct errand_context *ctx)
{
    add_letters(1, 2, "job_status_failed");
    struct admin_list list = admin_list(ctx, &(struct admin_list_query){ .table = world.letters, .limit = 1 });
    const char *id = cell_of(ctx, world.letters, list.jobs.items, "id");
    rename_own("", "hidden_");
    struct admin_attempts attempts = admin_attempts(ctx, "letter_jobs", id);
    struct admin_point *points = admin_points(ctx, NULL, errand_minutes(1), 5);
    struct admin_workers workers = admin_workers(ctx, admin_overviews(ctx, &world.letters, 1), 1);
    enum admin_outcome deleted = admin_change_one(ctx, world.letters, ADMIN_DELETE_JOB, id);
    rename_own("hidden_", "");
    assert_int_equal(attempts.count, 0);
    assert_int_equal(workers.count, 0);
    assert_int_equal(points[4].succeeded, 0);
    assert_int_equal(deleted, ADMIN_DONE);
}

/* ---- Roles ---- */

struct look {
    struct admin_overview *overviews;
    struct admin_attempts attempts;
    struct admin_workers workers;
};

static void look(struct errand_context *ctx, void *arg)
{
    struct look *look = arg;
    const struct errand_table *tables[] = { world.letters, world.foreign };
    look->overviews = admin_overviews(ctx, tables, 2);
    look->attempts = admin_attempts(ctx, "letter_jobs", "x");
    look->workers = admin_workers(ctx, admin_overviews(ctx, tables, 2), 2);
}

static void delete_all(struct errand_context *ctx, void *arg)
{
    const char *after = NULL;
    struct admin_bulk bulk = { 0 };
    (void)arg;
    admin_change_step(ctx, world.letters, ADMIN_DELETE_JOB, NULL, &after, &bulk);
}

static void a_role_sees_what_it_may_and_changes_what_it_may(void **state)
{
    (void)state;
    if (!on_postgres() || getenv("POOLED")) /* a pool takes no options of the session */
        skip();
    run_sql("DELETE FROM letter_jobs; DROP ROLE IF EXISTS onlooker; CREATE ROLE onlooker;"
            "GRANT USAGE ON SCHEMA public TO onlooker; GRANT SELECT ON letter_jobs TO onlooker");
    add_letters(1, 2, "job_status_failed");
    char url[256];
    snprintf(url, sizeof(url), "%s?options=-c%%20role%%3Donlooker", database.url_text);
    struct store_url parsed;
    assert_int_equal(store_url_parse(url, &parsed, NULL), 0);
    const struct context_config config = { .url = &parsed };
    struct errand_context *ctx = context_new(&config);
    struct look seen;
    struct context_end end = context_call(ctx, look, &seen);
    if (end.end != JOB_END_RETURNED)
        fail_msg("%s", end.error);
    assert_int_equal(sum_of(&seen.overviews[0]), 2);
    assert_true(seen.overviews[1].missing);
    assert_int_equal(seen.attempts.count, 0);
    assert_int_equal(seen.workers.count, 0);
    end = context_call(ctx, delete_all, NULL);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_non_null(strstr(end.error, "permission denied"));
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 2);
    context_free(ctx);
    store_url_release(&parsed);
    run_sql("REVOKE ALL ON letter_jobs FROM onlooker; REVOKE ALL ON SCHEMA public FROM onlooker; DROP ROLE onlooker");
}

/* ---- Another schema, an enum in another order ---- */

static void make_odd_table(void)
{
    run_sql("DROP SCHEMA IF EXISTS \"odd \"\"schema\" CASCADE; CREATE SCHEMA \"odd \"\"schema\";"
            "CREATE TYPE \"odd \"\"schema\".job_status AS ENUM ('job_status_succeeded', 'job_status_retry',"
            " 'job_status_running', 'job_status_failed', 'job_status_not_started', 'job_status_timed_out');"
            "CREATE TABLE \"odd \"\"schema\".letter_jobs (LIKE public.letter_jobs INCLUDING IDENTITY);"
            "ALTER TABLE \"odd \"\"schema\".letter_jobs ADD PRIMARY KEY (id),"
            " ALTER id SET DEFAULT gen_random_uuid(), ALTER created_at SET DEFAULT now(),"
            " ALTER updated_at SET DEFAULT now(), ALTER run_at SET DEFAULT now(), ALTER attempts_count SET DEFAULT 0,"
            " ALTER status TYPE \"odd \"\"schema\".job_status USING status::text::\"odd \"\"schema\".job_status");
}

static void other_schemas_and_enums_in_any_order_serve(struct errand_context *ctx)
{
    if (!on_postgres())
        return;
    make_odd_table();
    struct errand_table odd = *world.letters;
    odd.schema = "odd \"schema";
    const char *const statuses[] = { "not_started", "running", "retry", "failed", "timed_out", "succeeded" };
    for (int i = 0; i < 6; i++)
        run_sql("INSERT INTO \"odd \"\"schema\".letter_jobs (number, status) SELECT n, 'job_status_%s'"
                " FROM generate_series(1, %d) AS n",
                statuses[i], i + 1);
    add_letters(1, 50, "job_status_failed"); /* of the same name, elsewhere */
    const struct errand_table *tables[] = { &odd, world.letters };
    struct admin_overview *overviews = admin_overviews(ctx, tables, 2);
    for (int status = 0; status < ADMIN_STATUSES; status++)
        assert_int_equal(overviews[0].by_status[status].count, status + 1);
    assert_int_equal(overviews[1].by_status[ADMIN_FAILED].count, 50);
    struct admin_filter failed = { .statuses = 1U << ADMIN_FAILED };
    const char *after = NULL;
    struct admin_bulk bulk = { 0 };
    admin_change_step(ctx, &odd, ADMIN_RETRY_JOB, &failed, &after, &bulk);
    assert_int_equal(bulk.changed, 4);
    assert_null(after);
    struct admin_filter retry = { .statuses = 1U << ADMIN_RETRY };
    assert_int_equal(admin_count_matching(ctx, &odd, &retry).count, 7);
    admin_change_step(ctx, &odd, ADMIN_DELETE_JOB, NULL, &after, &bulk);
    assert_int_equal(bulk.changed, 4 + 19);
    assert_int_equal(number_of("SELECT count(*) FROM public.letter_jobs"), 50);
    run_sql("DROP SCHEMA \"odd \"\"schema\" CASCADE");
}

/* ---- Tables without indexes ---- */

static void large_tables_without_indexes_are_estimated(struct errand_context *ctx)
{
    enum { FINISHED = 60000, FAILED = 20000 };
    const char *series = on_postgres() ? "SELECT FROM generate_series(1, %d)"
                                       : "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                                         " SELECT i FROM n";
    char rows[2][160];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(rows[0], sizeof(rows[0]), series, FINISHED);
    snprintf(rows[1], sizeof(rows[1]), series, FAILED);
#pragma GCC diagnostic pop
    run_sql("INSERT INTO foreign_jobs (status) SELECT 'job_status_succeeded' FROM (%s) AS n", rows[0]);
    run_sql("INSERT INTO foreign_jobs (status) SELECT 'job_status_failed' FROM (%s) AS n", rows[1]);
    run_sql("ANALYZE foreign_jobs");
    const struct admin_overview *overview = admin_overviews(ctx, &world.foreign, 1);
    const struct admin_count *failed = &overview->by_status[ADMIN_FAILED];
    const struct admin_count *succeeded = &overview->by_status[ADMIN_SUCCEEDED];
    assert_true(failed->estimated && succeeded->estimated);
    assert_in_range(failed->count, FAILED * 8 / 10, FAILED * 12 / 10);
    assert_in_range(succeeded->count, FINISHED * 8 / 10, FINISHED * 12 / 10);
}

/* A table that PostgreSQL has not analysed yet is not said to hold finished jobs, whatever its size. */
static void what_no_statistics_tell_is_not_known(struct errand_context *ctx)
{
    if (!on_postgres())
        skip();
    run_sql("TRUNCATE letter_jobs; TRUNCATE foreign_jobs; ALTER TABLE letter_jobs SET (autovacuum_enabled = off);"
            " ALTER TABLE foreign_jobs SET (autovacuum_enabled = off)");
    run_sql("INSERT INTO foreign_jobs SELECT FROM generate_series(1, 60000)");
    add_letters(1, 60000, "job_status_not_started");
    const struct errand_table *tables[] = { world.letters, world.foreign };
    struct admin_overview *overviews = admin_overviews(ctx, tables, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct admin_count *succeeded = &overviews[i].by_status[ADMIN_SUCCEEDED];
        assert_true(succeeded->count == 0 && succeeded->more && !succeeded->estimated);
    }
    assert_int_equal(overviews[0].by_status[ADMIN_NOT_STARTED].count, ADMIN_COUNT_MAX);
    assert_true(overviews[1].due.count == 0 && overviews[1].due.more);
    run_sql("TRUNCATE letter_jobs; TRUNCATE foreign_jobs");
}

static void what_is_more_than_the_bound_is_said_to_be(struct errand_context *ctx)
{
    add_letters(1, ADMIN_COUNT_MAX, "job_status_failed");
    struct admin_overview *overview = admin_overviews(ctx, &world.letters, 1);
    assert_int_equal(overview->by_status[ADMIN_FAILED].count, ADMIN_COUNT_MAX);
    assert_false(overview->by_status[ADMIN_FAILED].more);
    add_letters(0, 0, "job_status_failed");
    overview = admin_overviews(ctx, &world.letters, 1);
    assert_int_equal(overview->by_status[ADMIN_FAILED].count, ADMIN_COUNT_MAX);
    assert_true(overview->by_status[ADMIN_FAILED].more);
    const struct admin_filter failed = { .statuses = 1U << ADMIN_FAILED };
    assert_true(admin_count_matching(ctx, world.letters, &failed).more);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_table_that_lacks_is_said_to_and_the_others_are_shown),
        IN_CONTEXT(without_tables_of_our_own_figures_are_empty),
        cmocka_unit_test(a_role_sees_what_it_may_and_changes_what_it_may),
        IN_CONTEXT(other_schemas_and_enums_in_any_order_serve),
        IN_CONTEXT(large_tables_without_indexes_are_estimated),
        IN_CONTEXT(what_no_statistics_tell_is_not_known),
        IN_CONTEXT(what_is_more_than_the_bound_is_said_to_be),
    };
    void *schema_file = argv[1];
    return argc == 2 && open_database(&schema_file) == 0
               ? cmocka_run_group_tests_name("access", tests, NULL, close_database)
               : 2;
}
