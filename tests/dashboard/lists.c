/* Lists of jobs: narrowed, sorted, and from page to page. */
#include "types.h"
#include "world.h"

#include "admin/admin.h"
#include "base/json.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static void a_list_is_narrowed_by_status_columns_error_and_time(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(listed(""), 6);
    assert_int_equal(listed("&status=failed"), 1);
    assert_int_equal(listed("&status=failed&status=timed_out"), 2);
    assert_int_equal(listed("&status=job_status_failed"), 1);
    assert_int_equal(listed("&error=smtp"), 2);
    assert_int_equal(listed("&from=2026-01-03T00:00&to=2026-01-05"), 2);
    assert_int_equal(listed("&where.pages=4&op.pages=ge"), 3);
    assert_int_equal(listed("&where.recipient=chloe"), 1);
    assert_int_equal(listed("&where.recipient=Ada&op.recipient=ne"), 5);
    assert_int_equal(listed("&op.mood=null"), 6);
    assert_int_equal(listed("&where.mood=happy"), 0);
    assert_int_equal(listed("&where.recipient=&op.recipient=contains&error=&status="), 6);
    assert_int_equal(listed("&where.run_at=2020-01-01T00:00&op.run_at=lt"), 0);
    assert_int_equal(listed("&where.pages=2&op.pages=gt&error=smtp&status=failed"), 1);
}

static void a_filter_that_cannot_be_meant_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "status=lost", "none of the statuses" },
        { "where.pages=many", "not a whole number" },
        { "op.pages=like&where.pages=1", "no comparison" },
        { "op.mood=lt&where.mood=happy", "cannot be compared" },
        { "from=yesterday", "not a time" },
        { "from=2026-02-30T09:30", "not a time" },
        { "from=infinity", "not between the years 1 and 9999" },
        { "to=-infinity", "not between the years 1 and 9999" },
        { "from=5000-01-01%2000:00:00%20BC", "not between the years 1 and 9999" },
        { "to=10000-01-01", "not between the years 1 and 9999" },
        { "sort=nothing", "cannot be sorted" },
        { "where.nothing=1", "cannot be narrowed by that" },
        { "op.isUrgent=null", "cannot be narrowed by that" },
        { "page=0", "no number of a page" },
        { "page=x", "no number of a page" },
        { "page=99999999999999999999", "no number of a page" },
        { "where.due_on=2026-02-30", "not a date" },
        { "after=no-key", "" },
        { "where.mood=sad", "none of happy" },
    };
    serve_plain();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char target[256];
        snprintf(target, sizeof(target), "/jobs/ListJob?tableName=letter_jobs&%s", cases[i][0]);
        if (ask(.target = target) != 400)
            fail_msg("%s: %d", target, world.response.status);
        assert_page_has(cases[i][1]);
    }
}

/* To the microsecond: a form of all that match must not mean more jobs than the page with the form has shown. */
static void a_time_is_kept_as_exactly_as_it_was_given(void **state)
{
    (void)state;
    add_letters();
    run_sql("UPDATE letter_jobs SET created_at = '2026-01-03 00:00:00.500001' WHERE id = '" ID(3) "'");
    serve_plain();
    assert_int_equal(listed("&from=2026-01-03T00:00:00.500001&to=2026-01-03T00:00:00.500002"), 1);
    assert_int_equal(
        ask(.target = "/jobs/ListJob?tableName=letter_jobs&from=2026-01-03T00:00:00.500001&to=9999-12-31T23:59:59.5"),
        200);
    assert_page_has("name=\"from\" value=\"2026-01-03T00:00:00.500001\"");
    assert_page_has("name=\"from\" type=\"text\" value=\"2026-01-03T00:00:00.500001\"");
    assert_page_has("name=\"to\" type=\"datetime-local\" value=\"9999-12-31T23:59:59.5\"");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&from=0001-01-01&to=2026-01-03T02:00%2B02:00"),
                     200);
    assert_page_has("type=\"datetime-local\" value=\"0001-01-01T00:00:00\"");
    assert_page_has("type=\"datetime-local\" value=\"2026-01-03T00:00:00\"");
}

static void the_form_of_filters_holds_what_the_address_says(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "where.run_at=2020-01-01", "name=\"where.run_at\" type=\"datetime-local\" value=\"2020-01-01T00:00:00\"" },
        { "where.run_at=2020-01-01T09:30Z",
          "name=\"where.run_at\" type=\"datetime-local\" value=\"2020-01-01T09:30:00\"" },
        { "where.run_at=infinity&op.run_at=lt", "name=\"where.run_at\" type=\"text\" value=\"infinity\"" },
        { "where.pages=2", "name=\"where.pages\" type=\"number\" value=\"2\"" },
        { "where.pages=%2B2", "name=\"where.pages\" type=\"text\" value=\"+2\"" },
        { "where.due_on=2026-01-01", "name=\"where.due_on\" type=\"date\" value=\"2026-01-01\"" },
        { "where.due_on=-infinity", "name=\"where.due_on\" type=\"text\" value=\"-infinity\"" },
    };
    serve_plain();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char target[256];
        snprintf(target, sizeof(target), "/jobs/ListJob?tableName=letter_jobs&%s", cases[i][0]);
        assert_int_equal(ask(.target = target), 200);
        assert_page_has(cases[i][1]);
    }
}

static void a_list_takes_as_many_conditions_as_it_says_and_no_more(void **state)
{
    (void)state;
    const char *eight = "&where.pages=1&where.recipient=a&where.mood=happy&where.is_urgent=true&where.due_on=2026-01-01"
                        "&where.attempts_count=1&where.id=" ID(1) "&where.queue_position=1";
    char nine[512];
    assert_int_equal(ADMIN_CONDITIONS_MAX, 8);
    serve_plain();
    assert_int_equal(listed(eight), 0);
    snprintf(nine, sizeof(nine), "/jobs/ListJob?tableName=letter_jobs%s&where.locked_by=" ID(1), eight);
    assert_int_equal(ask(.target = nine), 400);
    assert_page_has("at most 8 columns");
}

static void a_list_is_sorted_by_its_headers(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&sort=pages&order=asc"), 200);
    assert_page_has(
        "aria-sort=\"ascending\"><a href=\"/jobs/ListJob?tableName=letter_jobs&amp;sort=pages&amp;order=desc\">Pages");
    assert_true(strstr(world.body, "job-" ID(1)) < strstr(world.body, "job-" ID(6)));
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&sort=pages"), 200);
    assert_true(strstr(world.body, "job-" ID(6)) < strstr(world.body, "job-" ID(1)));
}

static void a_form_of_filters_leads_to_the_short_address(void **state)
{
    (void)state;
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&error=&where.pages=2&op.pages=ge&op.mood=eq"
                                   "&where.mood=&from=&apply=1"),
                     303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&op.pages=ge&where.pages=2");
}

/* The address in the link of that relation on the last page; NULL: there is none. */
static const char *link_of(const char *relation)
{
    static char address[1024];
    char start[64];
    snprintf(start, sizeof(start), "rel=\"%s\" href=\"", relation);
    const char *found = strstr(world.body, start);
    if (!found)
        return NULL;
    found += strlen(start);
    size_t size = 0;
    for (; *found != '"'; found++) {
        address[size++] = *found;
        if (strncmp(found, "&amp;", 5) == 0)
            found += 4;
    }
    address[size] = '\0';
    return address;
}

static void a_large_list_says_how_far_it_looked_and_goes_on_from_there(void **state)
{
    (void)state;
    int pages = 0;
    add_many(50000); /* more than are looked at, and than either database reads at once */
    serve_plain();
    char target[1024] = "/jobs/ListJob?tableName=letter_jobs&where.pages=1";
    assert_int_equal(ask(.target = target), 200);
    assert_page_has("No job matches among those that were looked at.");
    assert_page_has("Looked at the newest 15,000 jobs.");
    assert_page_has("Look further back →");
    assert_page_has(">Delete all…</button>"); /* they may lie further back */
    assert_page_lacks("data-errand-selected");
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&where.pages=1&all=1"), 200);
    assert_int_equal(ask(.target = target), 200);
    while (!strstr(world.body, "<tr id=\"job-") && pages++ < 10) {
        const char *next = link_of("next");
        assert_non_null(next);
        snprintf(target, sizeof(target), "%s", next);
        assert_int_equal(ask(.target = target), 200);
    }
    assert_int_equal(pages, 3);
    assert_null(link_of("next"));
    assert_int_equal(ask_json("/jobs/ListJob?tableName=letter_jobs&where.pages=1"), 200);
    assert_page_has("\"looked_at\":15000}");
    assert_page_lacks("\"after\":null");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&sort=pages&order=asc"), 200);
    assert_page_has("Sorted are the newest 15,000 jobs alone.");
    assert_page_has(">35001<");
    assert_page_has(">Next →");
    assert_int_equal(ask_json("/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_page_has("\"looked_at\":null}");
}

static void a_narrowed_list_counts_nothing_on_its_tabs(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&status=failed"), 200);
    assert_page_has("class=\"tab-count\">1</span>");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&where.pages=4"), 200);
    assert_page_lacks("tab-count");
}

static void pages_by_key_show_every_job_once_while_others_arrive(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++)
        run_sql("INSERT INTO letter_jobs (recipient) VALUES ('early')");
    serve_plain();
    int64_t seen = 0;
    char target[1024] = "/jobs/ListJob?tableName=letter_jobs&where.recipient=early";
    for (int pages = 0; *target && pages < 10; pages++) {
        assert_int_equal(ask(.target = target), 200);
        for (const char *at = world.body; (at = strstr(at, "<tr id=\"job-")); at++)
            seen++;
        const char *next = link_of("next");
        snprintf(target, sizeof(target), "%s", next ? next : "");
        run_sql("INSERT INTO letter_jobs (recipient) VALUES ('late')");
    }
    assert_int_equal(seen, 60);
    assert_non_null(link_of("prev"));
    assert_int_equal(listed("&where.recipient=early&page=3"), 10);
    assert_int_equal(listed("&where.recipient=early&page=4"), 0);
}

static void a_column_that_is_empty_on_the_whole_page_takes_no_room(void **state)
{
    (void)state;
    static const char header[] = ">Mood<span", errors[] = ">Last error<span";
    add_letters();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&status=succeeded"), 200);
    assert_page_has(">Recipient<span");
    assert_page_lacks(header);
    assert_page_lacks(errors);
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&status=succeeded&sort=mood"), 200);
    assert_page_has(header); /* or the order could not be turned */
    run_sql("UPDATE letter_jobs SET mood = 'so so' WHERE id = '" ID(3) "'");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_page_has(header);
    assert_page_has(errors);
    assert_page_has("data-label=\"Mood\"><span>So so</span></td>");
    assert_page_has("data-label=\"Attempts\">");
}

static void a_list_is_narrowed_by_the_name_of_what_a_job_refers_to(void **state)
{
    (void)state;
    add_scrape();
    run_sql("INSERT INTO bands (id, name) VALUES ('" ID(2) "', 'Air')");
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=initial_scrape_jobs&where.band_id=" BAND), 200);
    assert_page_has("name=\"where.band_id\"><option value=\"\">any</option><option value=\"" ID(
        2) "\">Air</option><option value=\"" BAND "\" selected>Portis&lt;i&gt;head&lt;/i&gt;</option></select>");
    assert_page_has("<tr id=\"job-" ID(1) "\">");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=initial_scrape_jobs&where.band_id=" ID(3)), 200);
    assert_page_has("<option value=\"" ID(3) "\" selected>" ID(3) "</option></select>");
    assert_page_has("No job matches.");
}

/* ---- Related records ---- */

static int64_t reads_of_bands;

static int note_statement(unsigned kind, void *arg, void *statement, void *text)
{
    (void)kind, (void)arg, (void)statement;
    reads_of_bands += strstr(text, "FROM \"bands\"") || strstr(text, "FROM bands");
    return 0;
}

static int watch_statements(sqlite3 *handle, char **fault, const struct sqlite3_api_routines *api)
{
    (void)fault, (void)api;
    return sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, note_statement, NULL);
}

/* From here on each query of bands is counted: on PostgreSQL by a view that takes a number each time. */
static void begin_to_count(void)
{
    if (on_postgres())
        run_sql("ALTER TABLE bands RENAME TO kept_bands; CREATE SEQUENCE reads; CREATE VIEW bands AS WITH one AS "
                "MATERIALIZED (SELECT nextval('reads') AS read) SELECT b.* FROM kept_bands AS b, one WHERE read > 0");
    else
        sqlite3_auto_extension((void (*)(void))watch_statements);
}

static void end_to_count(void)
{
    if (on_postgres())
        run_sql("DROP VIEW bands; DROP SEQUENCE reads; ALTER TABLE kept_bands RENAME TO bands");
    else
        sqlite3_reset_auto_extension();
}

static int64_t reads_for(const char *target)
{
    int64_t before = on_postgres() ? number_of("SELECT nextval('reads')") : reads_of_bands;
    assert_int_equal(ask(.target = target), 200);
    return on_postgres() ? number_of("SELECT nextval('reads')") - before - 1 : reads_of_bands - before;
}

static void row_with_band(struct errand_context *ctx, struct html *out, const InitialScrapeJob *job)
{
    html_printf(out, "<tr><td>%s</td></tr>", InitialScrapeJob_band(ctx, job)->name);
}

TABLE_VIEWABLE(InitialScrapeJob, scrapes_with_bands, .headers = { "Band" }, .row = row_with_band,
               .related = { InitialScrapeJob_load_band })
static const struct InitialScrapeJob_views related_views = { .table = &scrapes_with_bands };
static const struct errand_displayable related_scrapes = { &InitialScrapeJob_displayable_type, &related_views };
static const struct errand_dashboard related = { .auth = NO_AUTH,
                                                 .jobs = { &related_scrapes },
                                                 .records = { "bands" } };

static void add_scrapes_of_bands(int first, int last)
{
    for (int i = first; i <= last; i++)
        run_sql("INSERT INTO bands (id, name) VALUES ('10000000-0000-4000-8000-%012d', 'Band %d'); INSERT INTO "
                "initial_scrape_jobs (band_id) VALUES ('10000000-0000-4000-8000-%012d')",
                i, i, i);
}

static void what_jobs_refer_to_is_read_at_once_and_not_row_by_row(void **state)
{
    (void)state;
    static const struct errand_dashboard *const dashboards[] = { &plain, &related };
    static const char *const pages[] = { "/jobs/ListJob?tableName=initial_scrape_jobs", "/jobs/" };
    for (size_t i = 0; i < 4; i++) {
        const char *page = pages[i % 2];
        start_test(NULL);
        add_scrapes_of_bands(1, 2);
        begin_to_count();
        serve(dashboards[i / 2], NULL);
        int64_t of_few = reads_for(page);
        end_to_count();
        add_scrapes_of_bands(3, 25);
        begin_to_count();
        serve(dashboards[i / 2], NULL);
        int64_t of_many = reads_for(page);
        bool has_last = strstr(world.body, ">Band 25<");
        end_test(NULL);
        end_to_count();
        assert_true(of_few > 0);
        assert_int_equal(of_many, of_few);
        assert_true(has_last);
    }
}

/* ---- What is too long ---- */

static void assert_is_json(void)
{
    size_t at;
    const char *fault = json_fault(world.body, &at);
    if (fault)
        fail_msg("%s at %zu of %zu: %.80s", fault, at, world.response.body_size, world.body + at);
}

/* The SQL of a text of so many characters, of two bytes each. */
static const char *long_text(int characters)
{
    static char text[80];
    snprintf(text, sizeof(text), on_postgres() ? "repeat('é', %d)" : "replace(printf('%%*s', %d, ''), ' ', 'é')",
             characters);
    return text;
}

static size_t value_size(const char *name)
{
    char start[64];
    snprintf(start, sizeof(start), "\"%s\":\"", name);
    const char *value = strstr(world.body, start);
    assert_non_null(value);
    return strcspn(value + strlen(start), "\"");
}

static void a_list_that_is_json_cuts_what_is_long_and_says_of_which_columns(void **state)
{
    (void)state;
    add_many(25);
    run_sql("UPDATE letter_jobs SET recipient = %s, last_error = 'a', options = '{\"a\": 1}'", long_text(400000));
    serve_plain();
    static const char *const pages[] = { "/jobs/ListJob?tableName=letter_jobs", "/jobs/" };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        assert_int_equal(ask_json(pages[i]), 200);
        assert_is_json();
        assert_true(world.response.body_size < 1024 * 1024);
        assert_page_has("\"options\":{\"a\": 1}");
        assert_page_has("\"cut\":[\"recipient\"]");
        assert_int_equal(value_size("recipient"), 2 * 4096);
    }
    run_sql("UPDATE letter_jobs SET recipient = %s", long_text(4096));
    run_sql("UPDATE letter_jobs SET options = CAST('{\"long\": \"' || %s || '\"}' AS %s)", long_text(5000),
            on_postgres() ? "jsonb" : "text");
    run_sql("UPDATE letter_jobs SET last_error = %s", long_text(4097));
    assert_int_equal(ask_json("/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_is_json();
    assert_int_equal(value_size("recipient"), 2 * 4096);
    assert_page_has("\"options\":\"{\\\"long\\\": \\\"é");
    assert_page_has("\"cut\":[\"last_error\",\"options\"]");
}

static void a_page_past_its_limit_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char job[] = "/jobs/ViewJob?tableName=letter_jobs&id=" ID(1);
    struct errand_dashboard_options patient = { .statement_timeout_ms = 60000 };
    run_sql("INSERT INTO letter_jobs (id, recipient) VALUES ('" ID(1) "', %s)", long_text(8 * 1024 * 1024 - 20000));
    serve(&plain, &patient);
    assert_int_equal(ask_json(job), 200);
    assert_is_json();
    assert_int_equal(ask(.target = job), 200); /* the layout around it has room of its own */
    assert_page_has("</html>");
    run_sql("UPDATE letter_jobs SET recipient = %s", long_text(8 * 1024 * 1024));
    assert_int_equal(ask_json(job), 413);
    assert_is_json();
    assert_page_has("{\"error\":\"the page is larger than 16 MiB");
    assert_int_equal(ask(.target = job), 413);
    assert_page_has("the page is larger than 16 MiB");
    assert_page_has("</html>");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        DASHBOARD_TEST(a_list_is_narrowed_by_status_columns_error_and_time),
        DASHBOARD_TEST(a_filter_that_cannot_be_meant_is_refused_with_a_sentence),
        DASHBOARD_TEST(a_time_is_kept_as_exactly_as_it_was_given),
        DASHBOARD_TEST(the_form_of_filters_holds_what_the_address_says),
        DASHBOARD_TEST(a_list_takes_as_many_conditions_as_it_says_and_no_more),
        DASHBOARD_TEST(a_list_is_sorted_by_its_headers),
        DASHBOARD_TEST(a_form_of_filters_leads_to_the_short_address),
        DASHBOARD_TEST(a_large_list_says_how_far_it_looked_and_goes_on_from_there),
        DASHBOARD_TEST(a_narrowed_list_counts_nothing_on_its_tabs),
        DASHBOARD_TEST(pages_by_key_show_every_job_once_while_others_arrive),
        DASHBOARD_TEST(a_column_that_is_empty_on_the_whole_page_takes_no_room),
        DASHBOARD_TEST(a_list_is_narrowed_by_the_name_of_what_a_job_refers_to),
        DASHBOARD_TEST(what_jobs_refer_to_is_read_at_once_and_not_row_by_row),
        DASHBOARD_TEST(a_list_that_is_json_cuts_what_is_long_and_says_of_which_columns),
        DASHBOARD_TEST(a_page_past_its_limit_is_refused_with_a_sentence),
    };
    return RUN(argc, argv, tests, "lists");
}
