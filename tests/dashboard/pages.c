/* The pages of the dashboard, as HTML and as JSON, and what their forms do, on both databases: requests go straight to
   errand_dashboard_respond. */
#include "types.h"
#include "world.h"

#include "admin/admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID(number) "00000000-0000-4000-8000-00000000000" #number
#define BAND "10000000-0000-4000-8000-000000000001"

static const struct errand_dashboard plain = { .auth = NO_AUTH, .records = { "bands", "customers" }, .title = "Mill" };

#define ask_json(address) ask(.target = (address), .headers = { { "Accept", "application/json" } })

static void serve_plain(void)
{
    serve(&plain, NULL);
}

/* letter_jobs with every status; the running one belongs to a worker. */
static void add_letters(void)
{
    run_sql(
        "INSERT INTO letter_jobs (id, status, recipient, pages, last_error, created_at, locked_by) VALUES"
        " ('" ID(1) "', 'job_status_not_started', 'Ada', 1, NULL, '2026-01-01 00:00:00.000000', NULL),"
                    " ('" ID(2) "', 'job_status_running', 'Bea', 2, NULL, '2026-01-02 00:00:00.000000', '" ID(
                        9) "'),"
                           " ('" ID(3) "', 'job_status_failed', 'Chloe <b>', 3, 'SMTP said 451 & left', '2026-01-03 "
                                       "00:00:00.000000', NULL),"
                                       " ('" ID(4) "', 'job_status_timed_out', 'Dora', 4, 'Timeout reached', "
                                                   "'2026-01-04 00:00:00.000000', NULL),"
                                                   " ('" ID(5) "', 'job_status_succeeded', 'Edith', 5, NULL, "
                                                               "'2026-01-05 00:00:00.000000', NULL),"
                                                               " ('" ID(
                                                                   6) "', 'job_status_retry', 'Frida', 6, 'SMTP said "
                                                                      "421', '2026-01-06 00:00:00.000000', NULL)");
}

static int64_t letters(const char *where)
{
    return number_of("SELECT count(*) FROM letter_jobs WHERE %s", where);
}

/* How many jobs a list has. */
static int64_t listed(const char *parameters)
{
    char target[512];
    snprintf(target, sizeof(target), "/jobs/ListJob?tableName=letter_jobs%s", parameters);
    if (ask_json(target) != 200)
        fail_msg("%s: %d %s", target, world.response.status, world.body);
    int64_t count = 0;
    for (const char *at = world.body; (at = strstr(at, "\"queue_position\":")); at++)
        count++;
    return count;
}

/* ---- Overview ---- */

static void an_empty_dashboard_says_what_to_do_next(void **state)
{
    (void)state;
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/"), 200);
    assert_page_has("<title>Overview – Mill</title>");
    assert_page_has("INSERT INTO letter_jobs DEFAULT VALUES;");
    assert_page_has("INSERT INTO initial_scrape_jobs (band_id) VALUES (…);");
    assert_page_has("build/bin/RunJobs");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_page_has("INSERT INTO letter_jobs DEFAULT VALUES;");
}

static void the_overview_counts_each_status_and_links_to_its_list(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJobs"), 200);
    assert_page_has("href=\"/jobs/ListJob?tableName=letter_jobs&amp;status=failed\"><span>Failed</span> <b>1</b>");
    assert_page_has("SMTP said 451 &amp; left");
    assert_page_has("<h2><a href=\"/jobs/ListJob?tableName=letter_jobs\">Letter jobs</a></h2>");
    assert_int_equal(ask_json("/jobs/"), 200);
    assert_string_equal(header("Content-Type"), "application/json");
    assert_page_has("\"table\":\"letter_jobs\",\"name\":\"Letter jobs\",\"missing\":false");
    assert_page_has("\"job_status_failed\":{\"count\":1,\"more\":false,\"estimated\":false}");
    assert_page_has("\"workers\":[]");
}

/* As a worker writes them down: in this minute eight attempts, of which one failed and three were put off. */
static void add_attempts(void)
{
    const char *minute = on_postgres() ? "date_trunc('minute', now())" : "strftime('%Y-%m-%d %H:%M:00.000000', 'now')";
    run_sql(
        "CREATE TABLE errand_stats (table_name TEXT, minute %s, outcome TEXT, count BIGINT, total_us BIGINT, max_us "
        "BIGINT)",
        on_postgres() ? "TIMESTAMP WITH TIME ZONE" : "TEXT");
    run_sql("INSERT INTO errand_stats VALUES ('letter_jobs', %s, 'returned', 4, 8000, 2000), ('letter_jobs', %s, "
            "'failed', 1, 1000, 1000), ('letter_jobs', %s, 'snoozed', 3, 7000, 5000)",
            minute, minute, minute);
}

static void what_was_put_off_has_ended_but_not_failed(void **state)
{
    (void)state;
    serve_plain();
    add_attempts();
    int overview = ask(.target = "/jobs/");
    bool in_chart = strstr(world.body, "Put off</li>");
    int json = ask_json("/jobs/");
    run_sql("DROP TABLE errand_stats");
    assert_int_equal(overview, 200);
    assert_true(in_chart);
    assert_int_equal(json, 200);
    assert_page_has(
        "\"last_hour\":{\"ended\":8,\"failed\":1,\"error_rate\":0.125,\"average_us\":2000,\"longest_us\":5000}");
}

static void a_table_that_the_database_lacks_spoils_nothing(void **state)
{
    (void)state;
    run_sql("ALTER TABLE initial_scrape_jobs RENAME TO hidden");
    serve_plain();
    int overview = ask(.target = "/jobs/");
    bool says_so = strstr(world.body, "has no table <code>initial_scrape_jobs</code>");
    int list = ask(.target = "/jobs/ListJob?tableName=initial_scrape_jobs");
    int json = ask_json("/jobs/ListJob?tableName=initial_scrape_jobs");
    run_sql("ALTER TABLE hidden RENAME TO initial_scrape_jobs");
    assert_int_equal(overview, 200);
    assert_true(says_so);
    assert_int_equal(list, 200);
    assert_int_equal(json, 404);
}

/* ---- Lists ---- */

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

/* More than are looked at, and than either database reads at once. */
static void add_many(int count)
{
    if (on_postgres())
        run_sql("INSERT INTO letter_jobs (pages, status) SELECT i, 'job_status_succeeded' FROM generate_series(1, %d) "
                "AS n (i)",
                count);
    else
        run_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO letter_jobs "
                "(pages, status) SELECT i, 'job_status_succeeded' FROM n",
                count);
}

static void a_large_list_says_how_far_it_looked_and_goes_on_from_there(void **state)
{
    (void)state;
    int pages = 0;
    add_many(50000);
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

/* ---- One job ---- */

static void add_scrape(void)
{
    run_sql("INSERT INTO bands (id, name) VALUES ('" BAND "', 'Portis<i>head</i>')");
    run_sql("INSERT INTO initial_scrape_jobs (id, band_id) VALUES ('" ID(1) "', '" BAND "')");
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

static void a_job_shows_its_columns_and_links_to_the_records_it_refers_to(void **state)
{
    (void)state;
    add_scrape();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ViewJob?tableName=initial_scrape_jobs&id=" ID(1)), 200);
    assert_page_has("<a href=\"/jobs/ViewRecord?tableName=bands&amp;id=" BAND "\">Portis&lt;i&gt;head&lt;/i&gt;</a>");
    assert_page_has(" UTC\">");
    assert_page_has("Run again");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=initial_scrape_jobs"), 200);
    assert_page_has(">Portis&lt;i&gt;head&lt;/i&gt;</a>");
    assert_int_equal(ask_json("/jobs/ViewJob?tableName=initial_scrape_jobs&id=" ID(1)), 200);
    assert_page_has("\"attempts_count\":0,");
    assert_page_has("\"band_id\":\"" BAND "\"");
    assert_page_has("\"last_error\":null");
    assert_page_has("\"attempts\":[]");
}

/* The table of a worker's, with what it keeps of attempts: those that failed, were long, or printed. */
static void create_attempts(void)
{
    const char *time = on_postgres() ? "TIMESTAMP WITH TIME ZONE" : "TEXT";
    run_sql("CREATE TABLE errand_attempts (id INTEGER, table_name TEXT, job_id TEXT, attempt INTEGER, started_at %s, "
            "finished_at %s, outcome TEXT, error TEXT, backtrace TEXT, output TEXT)",
            time, time);
}

static void add_attempt(const char *id, int attempt, const char *outcome, const char *times, const char *error)
{
    run_sql("INSERT INTO errand_attempts VALUES (1, 'letter_jobs', '%s', %d, %s, '%s', %s)", id, attempt, times,
            outcome, error);
}

#define SECOND(seconds) "'2026-01-01 00:0" seconds "'"
#define FACT(name, value) "<dt>" name "</dt><dd><span class=\"duration\"" value "</span></dd>"

/* Its row as it is when the page is asked for. */
static void ask_for_letter(const char *id, const char *row)
{
    run_sql("UPDATE letter_jobs SET %s WHERE id = '%s'", row, id);
    char target[200];
    snprintf(target, sizeof(target), "/jobs/ViewJob?tableName=letter_jobs&id=%s", id);
    assert_int_equal(ask(.target = target), 200);
}

static void the_figures_of_a_job_are_those_of_its_last_attempt(void **state)
{
    (void)state;
    add_letters();
    create_attempts();
    serve_plain();
    add_attempt(ID(5), 1, "failed", SECOND("0:00.000000") ", " SECOND("0:05.000000"), "'no ink', 'in pen.c', NULL");
    add_attempt(ID(5), 2, "snoozed", SECOND("0:06.000000") ", " SECOND("0:08.000000"), "NULL, NULL, NULL");
    ask_for_letter(ID(5),
                   "attempts_count = 2, last_error = 'no ink', run_at = " SECOND("0:10.000000") ", locked_at = " SECOND(
                       "0:10.002000") ", updated_at = " SECOND("0:10.005000"));
    assert_page_has(FACT("Waited", ">2.0 ms"));
    assert_page_has(FACT("Last attempt took", " title=\"from its claim until its end was written\">≤ 3.0 ms"));
    assert_page_has("<b>Attempt 2</b> <span class=\"outcome outcome-snoozed\">put off</span> after");
    assert_page_has("<pre>in pen.c</pre></details></section>"); /* of the attempt that the error is of */
    /* locked_at of a long one was refreshed while it ran */
    add_attempt(ID(4), 1, "timed_out", SECOND("0:01.000000") ", " SECOND("2:30.000000"),
                "'Timeout reached', NULL, NULL");
    ask_for_letter(ID(4), "attempts_count = 1, run_at = " SECOND("0:00.000000") ", locked_at = " SECOND(
                              "2:00.000000") ", updated_at = " SECOND("2:30.000000"));
    assert_page_has(FACT("Waited", ">1.0 s"));
    assert_page_has(FACT("Last attempt took", ">2 min 29 s"));
    /* and where its record is lost, nobody knows when it began */
    add_attempt(ID(3), 1, "failed", SECOND("0:00.000000") ", " SECOND("0:05.000000"), "'no ink', 'in pen.c', NULL");
    ask_for_letter(ID(3), "attempts_count = 2, run_at = " SECOND("0:10.000000") ", locked_at = " SECOND(
                              "2:00.000000") ", updated_at = " SECOND("2:30.000000"));
    run_sql("DROP TABLE errand_attempts");
    assert_page_lacks("<dt>Waited");
    assert_page_lacks("<dt>Last attempt took");
    assert_page_lacks("id=\"backtrace\"");
    assert_page_has("id=\"attempt-1-backtrace\"");
}

/* On the form of a new job, in filters, chips and cells: two labels never read the same. */
static void labels_of_enums_lose_nothing_of_what_they_are(void **state)
{
    (void)state;
    run_sql("INSERT INTO letter_jobs (id, mood) VALUES ('" ID(1) "', 'customer_id')");
    serve_plain();
    const char *const pages[] = { "/jobs/CreateJob?tableName=letter_jobs",
                                  "/jobs/ListJob?tableName=letter_jobs&op.mood=eq&where.mood=customer_id" };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        assert_int_equal(ask(.target = pages[i]), 200);
        assert_page_has("<option value=\"customer\">Customer</option>");
        assert_page_has(">Customer id</option>");
        assert_page_has("<option value=\"id\">Id</option>");
        assert_page_has("<option value=\"iPhone\">IPhone</option>");
        assert_page_has(">So so</option>");
    }
    assert_page_has("Mood is Customer id");
    assert_page_has("data-label=\"Mood\"><span>Customer id</span></td>");
}

static void json_has_numbers_booleans_json_and_times_as_such(void **state)
{
    (void)state;
    run_sql("INSERT INTO letter_jobs (id, pages, options, due_on, mood, created_at) VALUES ('" ID(
        1) "', 7, '{\"a\": [1, null]}', '2026-05-06', 'so so', '2026-01-01 00:00:00.000000')");
    serve_plain();
    assert_int_equal(ask_json("/jobs/ViewJob?tableName=letter_jobs&id=" ID(1)), 200);
    assert_page_has("\"pages\":7,");
    assert_page_has("\"is_urgent\":false");
    assert_page_has("\"options\":{\"a\": [1, null]}");
    assert_page_has("\"due_on\":\"2026-05-06\"");
    assert_page_has("\"mood\":\"so so\"");
    assert_page_has("\"created_at\":\"2026-01-01T00:00:00.000000Z\"");
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        int status;
    } cases[] = {
        { "/jobs/ViewJob?tableName=letter_jobs&id=" ID(1), 404 },
        { "/jobs/ViewJob?tableName=letter_jobs&id=1", 400 },
        { "/jobs/ViewJob?tableName=letter_jobs", 400 },
        { "/jobs/ViewJob?tableName=customers&id=" ID(1), 404 },
        { "/jobs/ListJob?tableName=pg_class", 404 },
        { "/jobs/ListJob?tableName=letter_jobs%22%3B", 404 },
        { "/jobs/ListJob", 400 },
        { "/jobs/CreateJob?tableName=bands", 404 },
        { "/jobs/ViewRecord?tableName=bands&id=" BAND, 404 },
        { "/jobs/ViewRecord?tableName=bands&id=x", 400 },
        { "/jobs/ViewRecord?tableName=bands", 400 },
        { "/jobs/ViewRecord?tableName=letter_jobs&id=" ID(1), 404 },
        { "/jobs/assets/nothing.css", 404 },
    };
    serve_plain();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (ask(.target = cases[i].target) != cases[i].status)
            fail_msg("%s: %d", cases[i].target, world.response.status);
        assert_page_has("<h1>");
        assert_int_equal(ask_json(cases[i].target), cases[i].status);
        assert_page_has("{\"error\":\"");
    }
}

static void a_secret_of_a_record_is_masked(void **state)
{
    (void)state;
    run_sql("INSERT INTO customers (id, name, password_hash) VALUES ('" ID(1) "', 'Ada', 'bcrypt$12')");
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ViewRecord?tableName=customers&id=" ID(1)), 200);
    assert_page_has("<h1>Ada</h1>");
    assert_page_lacks("bcrypt");
    assert_int_equal(ask_json("/jobs/ViewRecord?tableName=customers&id=" ID(1)), 200);
    assert_page_has("\"name\":\"Ada\"");
    assert_page_lacks("bcrypt");
}

static void records_are_shown_only_where_they_are_listed(void **state)
{
    (void)state;
    static const struct errand_dashboard unlisted = { .auth = NO_AUTH };
    add_scrape();
    serve(&unlisted, NULL);
    assert_int_equal(ask(.target = "/jobs/ViewRecord?tableName=bands&id=" BAND), 404);
    assert_page_lacks("Portis");
    assert_int_equal(ask(.target = "/jobs/ViewJob?tableName=initial_scrape_jobs&id=" ID(1)), 200);
    assert_page_lacks("Portis");
}

/* ---- New jobs ---- */

static void the_form_fits_the_columns(void **state)
{
    (void)state;
    add_scrape();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=letter_jobs"), 200);
    assert_page_has("type=\"number\" step=\"any\" id=\"field-pages\"");
    assert_page_has("value=\"nobody\"");
    assert_page_has("<option value=\"so so\">So so</option>");
    assert_page_has("for=\"field-mood\">Mood <span class=\"optional\">optional</span></label>");
    assert_page_has("type=\"checkbox\" value=\"true\" id=\"field-is_urgent\"");
    assert_page_has("type=\"date\" id=\"field-due_on\"");
    assert_page_has("<textarea rows=\"4\" id=\"field-options\"");
    assert_page_has("type=\"datetime-local\" step=\"1\" id=\"field-run_at\"");
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=initial_scrape_jobs&bandId=" BAND), 200);
    assert_page_has("<option value=\"" BAND "\" selected>Portis&lt;i&gt;head&lt;/i&gt;</option>");
    assert_page_has("for=\"field-band_id\">Band</label>");
    assert_int_equal(ask_json("/jobs/CreateJob?tableName=letter_jobs"), 200);
    assert_page_has("{\"name\":\"mood\"");
    assert_page_has("\"choices\":[\"happy\",\"so so\",\"customer\",\"customer_id\",");
}

static void more_rows_than_a_select_holds_are_named_by_their_id(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        run_sql("INSERT INTO bands (name) VALUES ('band %d')", i);
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=initial_scrape_jobs"), 200);
    assert_page_has(">band 199</option>");
    run_sql("INSERT INTO bands (name) VALUES ('one more')");
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=initial_scrape_jobs"), 200);
    assert_page_lacks("<select");
    assert_page_has("more than 200 rows of bands");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=initial_scrape_jobs"), 200);
    assert_page_has("<input class=\"form-control\" id=\"filter-band_id\" name=\"where.band_id\" type=\"text\"");
}

static void a_job_is_created_by_the_parameters_of_the_guide(void **state)
{
    (void)state;
    add_scrape();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/CreateJob?tableName=initial_scrape_jobs&bandId=" BAND, .form = ""),
                     303);
    assert_non_null(strstr(header("Location"), "/jobs/ViewJob?tableName=initial_scrape_jobs&id="));
    assert_int_equal(number_of("SELECT count(*) FROM initial_scrape_jobs WHERE band_id = '" BAND "'"), 2);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs&band_id=" BAND),
                     303);
    assert_int_equal(number_of("SELECT count(*) FROM initial_scrape_jobs"), 3);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs",
                               .headers = { { "Accept", "application/json" } }),
                     201);
    assert_page_has("{\"table\":\"letter_jobs\",\"id\":\"");
    assert_int_equal(letters("recipient = 'nobody' AND pages = 1 AND mood IS NULL"), 1);
}

static void everything_entered_reaches_the_row(void **state)
{
    (void)state;
    serve_plain();
    assert_int_equal(
        send_form(.target = "/jobs/CreateJob",
                  .form = "tableName=letter_jobs&wholeForm=1&recipient=%C3%9Cte+%26+%3Cb%3E&pages=12&mood=so+so"
                          "&options=%7B%22a%22%3A1%7D&isUrgent=true&due_on=2026-12-24&run_at=2031-01-02T03:04"),
        303);
    assert_int_equal(
        letters("recipient = '\xc3\x9cte & <b>' AND pages = 12 AND mood = 'so so' AND due_on = '2026-12-24'"), 1);
    assert_int_equal(ask_json("/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_page_has("\"run_at\":\"2031-01-02T03:04:00.000000Z\"");
    assert_page_has("\"is_urgent\":true");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&created=1"), 200);
    assert_page_has("The job was created.");
    assert_page_has("\xc3\x9cte &amp; &lt;b&gt;");
}

/* .records says whose rows may be looked at; the form of another table's key takes an id, and names nobody. */
static void a_form_names_rows_only_of_tables_that_are_listed(void **state)
{
    (void)state;
    static const struct errand_dashboard closed = { .auth = NO_AUTH, .title = "Mill" };
    static const char *const target = "/jobs/CreateJob?tableName=initial_scrape_jobs";
    run_sql("INSERT INTO bands (id, name) VALUES ('" BAND "', 'Portishead')");
    serve(&closed, NULL);
    assert_int_equal(ask(.target = target), 200);
    assert_page_lacks("Portishead");
    assert_page_lacks(BAND);
    assert_page_has("of a row of bands");
    assert_page_has("name=\"band_id\"");
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs&band_id=" BAND),
                     303);
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=initial_scrape_jobs"), 200);
    assert_page_lacks("Portishead");
    serve_plain();
    assert_int_equal(ask(.target = target), 200);
    assert_page_has("<option value=\"" BAND "\">Portishead</option>");
}

static void a_form_offers_as_many_rows_as_it_says_and_no_more(void **state)
{
    (void)state;
    static const char *const target = "/jobs/CreateJob?tableName=initial_scrape_jobs";
    for (int i = 0; i < 200; i++)
        run_sql("INSERT INTO bands (name) VALUES ('Band %d')", i);
    serve_plain();
    assert_int_equal(ask(.target = target), 200);
    assert_page_has(">Band 0</option>");
    assert_page_has(">Band 199</option>");
    run_sql("INSERT INTO bands (name) VALUES ('one more')");
    assert_int_equal(ask(.target = target), 200);
    assert_page_lacks("</option>");
    assert_page_has("of one of the more than 200 rows of bands");
}

static void a_box_that_was_unchecked_is_false_and_one_that_nobody_showed_has_its_default(void **state)
{
    (void)state;
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&wholeForm=1&is_urgent=true"),
                     303);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&wholeForm=1"), 303);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs"), 303);
    assert_int_equal(letters(on_postgres() ? "is_urgent" : "is_urgent = 1"), 1);
}

static void what_is_wrong_stands_beside_its_field_and_nothing_entered_is_lost(void **state)
{
    (void)state;
    serve_plain();
    const char *form = "tableName=letter_jobs&wholeForm=1&recipient=%22Ada%22&pages=99999999999&mood=sad&options=%7B%"
                       "22a%22%3A&is_urgent=true";
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = form), 422);
    assert_page_has("id=\"field-pages-error\">");
    assert_page_has("id=\"field-mood-error\">");
    assert_page_has("id=\"field-options-error\">");
    assert_page_lacks("field-recipient-error");
    assert_page_has("value=\"&#34;Ada&#34;\"");
    assert_page_has("value=\"99999999999\"");
    assert_page_has("{&#34;a&#34;:</textarea>");
    assert_page_has("id=\"field-is_urgent\" name=\"is_urgent\" class=\"form-check-input\" checked>");
    assert_int_equal(letters("1 = 1"), 0);
    assert_int_equal(
        send_form(.target = "/jobs/CreateJob", .form = form, .headers = { { "Accept", "application/json" } }), 422);
    assert_page_has("\"fields\":{\"pages\":\"");
}

static void a_foreign_key_must_be_given_and_must_be_there(void **state)
{
    (void)state;
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs"), 422);
    assert_page_has("Band must be given.");
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs&bandId=7"), 422);
    assert_page_has("is not a uuid");
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs&bandId=" BAND), 422);
    assert_page_has("The job was not created:");
    assert_int_equal(number_of("SELECT count(*) FROM initial_scrape_jobs"), 0);
}

static void run_again_makes_a_job_of_the_same_columns(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&copyOf=" ID(3)), 303);
    assert_int_equal(
        letters("recipient = 'Chloe <b>' AND pages = 3 AND status = 'job_status_not_started' AND last_error IS NULL"),
        1);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&copyOf=" ID(8)), 404);
    assert_int_equal(letters("1 = 1"), 7);
}

/* ---- Retry and delete ---- */

static void one_job_is_retried_or_deleted(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&id=" ID(3)), 303);
    assert_string_equal(header("Location"), "/jobs/ViewJob?tableName=letter_jobs&id=" ID(3) "&retried=1");
    assert_int_equal(letters("id = '" ID(3) "' AND status = 'job_status_retry'"), 1);
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&back=list&status=failed&id=" ID(4)), 303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&status=failed&deleted=1");
    assert_int_equal(letters("id = '" ID(4) "'"), 0);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&id=" ID(4)), 404);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&id=4"), 400);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=customers&id=" ID(5)), 404);
    assert_int_equal(letters("1 = 1"), 5);
}

static void a_running_job_is_neither_retried_nor_deleted(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&id=" ID(2)), 409);
    assert_page_has("is running");
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&id=" ID(2)), 409);
    assert_int_equal(letters("id = '" ID(2) "' AND status = 'job_status_running' AND locked_by = '" ID(9) "'"), 1);
    assert_int_equal(ask(.target = "/jobs/ViewJob?tableName=letter_jobs&id=" ID(2)), 200);
    assert_page_lacks("/jobs/DeleteJob");
    assert_page_lacks("/jobs/RetryJob");
}

static void the_selected_are_changed_after_their_number_was_asked_back(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    const char *form = "tableName=letter_jobs&selected=" ID(2) "&selected=" ID(3) "&selected=" ID(4) "&selected=" ID(8);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = form), 200);
    assert_page_has("<h1>Delete 4 jobs?</h1>");
    assert_page_has("name=\"selected\" value=\"" ID(4) "\"");
    assert_int_equal(letters("1 = 1"), 6);
    char confirmed[512];
    snprintf(confirmed, sizeof(confirmed), "%s&confirm=1", form);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = confirmed), 303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&deleted=2&running=1&missing=1");
    assert_int_equal(letters("id IN ('" ID(3) "', '" ID(4) "')"), 0);
    assert_int_equal(letters("id = '" ID(2) "'"), 1);
    assert_int_equal(ask(.target = header("Location") ? "/jobs/ListJob?tableName=letter_jobs&deleted=2&running=1" : ""),
                     200);
    assert_page_has("2 jobs were deleted.");
    assert_page_has("The job is running, and was left alone.");
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs"), 400);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&selected=7&confirm=1"), 400);
}

/* ---- What is told of them ---- */

struct told {
    char text[64 * 1024];
    size_t size;
};

static void tell(void *arg, enum errand_log_level level, const char *text)
{
    struct told *told = arg;
    (void)level;
    told->size += (size_t)snprintf(told->text + told->size, sizeof(told->text) - told->size, "%s\n", text);
    assert_true(told->size < sizeof(told->text));
}

static void serve_and_listen(struct told *told)
{
    serve(&plain, &(struct errand_dashboard_options){ .log = tell, .log_arg = told });
}

static void changes_of_many_are_told_with_what_they_were(void **state)
{
    (void)state;
    static struct told told;
    told.size = 0;
    add_letters();
    serve_and_listen(&told);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob",
                               .form = "tableName=letter_jobs&confirm=1&selected=" ID(1) "&selected=" ID(2)),
                     303);
    assert_string_equal(told.text,
                        "somebody deleted 1 jobs of letter_jobs, from 127.0.0.1: selected " ID(1) " " ID(2) "\n");
    told.size = 0;
    assert_int_equal(send_form(.target = "/jobs/RetryJob",
                               .form = "tableName=letter_jobs&all=1&confirm=1&status=failed&error=said%20451"),
                     303);
    assert_string_equal(told.text, "somebody retried 1 jobs of letter_jobs, from 127.0.0.1: "
                                   "&status=failed&error=said%20451\n");
    told.size = 0;
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&all=1&confirm=1&status=failed"), 303);
    assert_int_equal(told.size, 0); /* there are none any more */
}

static void as_many_as_can_be_selected_are_all_told(void **state)
{
    (void)state;
    static struct told told;
    char *form = malloc(ADMIN_PAGE_MAX * 60 + 200);
    size_t size = (size_t)sprintf(form, "tableName=letter_jobs&confirm=1");
    told.size = 0;
    for (int i = 0; i < ADMIN_PAGE_MAX; i++) {
        run_sql("INSERT INTO letter_jobs (id) VALUES ('00000000-0000-4000-8000-%012d')", i);
        size += (size_t)sprintf(form + size, "&selected=00000000-0000-4000-8000-%012d", i);
    }
    serve_and_listen(&told);
    int status = send_form(.target = "/jobs/DeleteJob", .form = form);
    free(form);
    assert_int_equal(status, 303);
    for (int i = 0; i < ADMIN_PAGE_MAX; i++) {
        char id[40];
        snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012d", i);
        assert_non_null(strstr(told.text, id));
    }
}

/* The second step fails in the database: what the first one did is told all the same. */
static void a_change_that_fails_on_its_way_is_told_as_far_as_it_came(void **state)
{
    (void)state;
    static struct told told;
    told.size = 0;
    add_many(2500);
    run_sql("%s", on_postgres()
                      ? "CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS "
                        "'BEGIN PERFORM 1 / (OLD.pages - 1500); RETURN OLD; END';"
                        "CREATE TRIGGER trip BEFORE DELETE ON letter_jobs FOR EACH ROW EXECUTE FUNCTION trip()"
                      : "CREATE TRIGGER trip BEFORE DELETE ON letter_jobs WHEN OLD.pages = 1500 "
                        "BEGIN SELECT abs(-9223372036854775807 - 1); END");
    serve_and_listen(&told);
    int status = send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&all=1&confirm=1&to=9000-01-01");
    int64_t left = letters("1 = 1");
    run_sql("DROP TRIGGER trip%s", on_postgres() ? " ON letter_jobs; DROP FUNCTION trip" : "");
    assert_true(status >= 400);
    assert_int_equal(left, 1500);
    assert_non_null(
        strstr(told.text, "deleted 1000 jobs of letter_jobs, from 127.0.0.1: &to=9000-01-01T00%3A00%3A00\n"));
}

/* ---- What the database keeps ---- */

static void a_job_that_another_row_refers_to_is_kept_with_a_sentence(void **state)
{
    (void)state;
    const char *one = "tableName=letter_jobs&id=" ID(3), *all = "tableName=letter_jobs&all=1&confirm=1";
    add_letters();
    run_sql("CREATE TABLE stamps (letter %s REFERENCES letter_jobs (id))", on_postgres() ? "UUID" : "TEXT");
    run_sql("INSERT INTO stamps VALUES ('" ID(3) "')");
    serve_plain();
    int alone = send_form(.target = "/jobs/DeleteJob", .form = one);
    bool says_so = strstr(world.body, "The job " ID(3) " cannot be deleted: ") != NULL;
    int among = send_form(.target = "/jobs/DeleteJob", .form = all);
    char *location = strdup(header("Location") ? header("Location") : "");
    run_sql("DROP TABLE stamps");
    bool is_told = strcmp(location, "/jobs/ListJob?tableName=letter_jobs&deleted=4&running=1&refused=1") == 0;
    free(location);
    assert_int_equal(alone, 409);
    assert_true(says_so);
    assert_int_equal(among, 303);
    assert_true(is_told);
    assert_int_equal(letters("1 = 1"), 2);
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&refused=1"), 200);
    assert_page_has("The database keeps one job as it is");
}

static void at_most_a_page_of_jobs_is_selected_at_once(void **state)
{
    (void)state;
    char *form = malloc(200 * 60 + 200);
    size_t size = (size_t)sprintf(form, "tableName=letter_jobs");
    serve_plain();
    for (int i = 0; i < ADMIN_PAGE_MAX; i++)
        size += (size_t)sprintf(form + size, "&selected=00000000-0000-4000-8000-%012d", i);
    int at_the_limit = send_form(.target = "/jobs/DeleteJob", .form = form);
    sprintf(form + size, "&selected=" ID(1));
    int past_it = send_form(.target = "/jobs/DeleteJob", .form = form);
    free(form);
    assert_int_equal(at_the_limit, 200);
    assert_int_equal(past_it, 400);
    assert_page_has("At most 200 jobs");
}

static void all_that_match_are_changed_after_their_number_was_asked_back(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&all=1&error=smtp&status=failed"), 200);
    assert_page_has("<h1>Retry 1 job?</h1>");
    assert_page_has("Error contains smtp");
    assert_page_has("name=\"error\" value=\"smtp\"");
    assert_int_equal(letters("status = 'job_status_failed'"), 1);
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&all=1&error=smtp&status=failed&confirm=1"),
        303);
    assert_int_equal(letters("status = 'job_status_failed'"), 0);
    assert_int_equal(letters("status = 'job_status_timed_out'"), 1);
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&all=1&confirm=1&where.pages=x"), 400);
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&all=1&confirm=1&where.recipent=Ada"),
        400);
    assert_int_equal(letters("1 = 1"), 6);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&all=1&confirm=1",
                               .headers = { { "Accept", "application/json" } }),
                     200);
    assert_page_has("\"changed\":5,\"running\":1,\"missing\":0,\"refused\":0,\"reason\":null,\"step\":null");
    assert_int_equal(letters("status = 'job_status_running'"), 1);
    assert_int_equal(letters("1 = 1"), 1);
}

/* The value of a hidden field of the last page. */
static const char *hidden(const char *name, char *value, size_t size)
{
    char start[64];
    snprintf(start, sizeof(start), "name=\"%s\" value=\"", name);
    const char *found = strstr(world.body, start);
    if (!found)
        fail_msg("no field %s on %s", name, world.body);
    found += strlen(start);
    snprintf(value, size, "%.*s", (int)strcspn(found, "\""), found);
    return value;
}

static void a_change_of_many_goes_on_from_page_to_page(void **state)
{
    (void)state;
    run_sql(on_postgres() ? "INSERT INTO letter_jobs (recipient) SELECT 'x' FROM generate_series(1, 30000)"
                          : "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) "
                            "INSERT INTO letter_jobs (recipient) SELECT 'x' FROM n");
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_page_has("All 10,000+ that match");
    char form[2048] = "tableName=letter_jobs&all=1&confirm=1&total=10000&more=1";
    int pages = 0;
    for (; send_form(.target = "/jobs/DeleteJob", .form = form) == 200 && pages < 100; pages++) {
        char step[1024], changed[64];
        assert_page_has("data-errand-continue");
        assert_page_has(">Continue</button>");
        snprintf(form, sizeof(form), "tableName=letter_jobs&all=1&confirm=1&total=10000&more=1&step=%s&changed=%s",
                 hidden("step", step, sizeof(step)), hidden("changed", changed, sizeof(changed)));
    }
    assert_int_equal(world.response.status, 303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&deleted=30000");
    assert_int_equal(letters("1 = 1"), 0);
}

/* ---- A table of the application's own ---- */

static void scrape_row(struct errand_context *ctx, struct html *out, const InitialScrapeJob *job)
{
    (void)ctx;
    html_printf(out, "<tr class=\"own-row\"><td>%s</td><td>", job->id.text);
    html_form_begin(out, "/jobs/CreateJob?tableName=initial_scrape_jobs");
    html_submit(out, "Again", "link");
    html_form_end(out);
    html_raw(out, "</td></tr>");
}

static InitialScrapeJob_list page_of_scrapes(struct errand_context *ctx, int64_t page, int64_t page_size)
{
    return InitialScrapeJob_fetch(ctx, .order_by = INITIAL_SCRAPE_JOB_QUEUE_POSITION, .offset = page * page_size,
                                  .limit = page_size);
}

TABLE_VIEWABLE(InitialScrapeJob, scrape_table, .title = "Scrapes", .headers = { "Job", "" }, .row = scrape_row)
TABLE_VIEWABLE(InitialScrapeJob, scrape_pages, .headers = { "Job", "" }, .row = scrape_row, .page = page_of_scrapes)
DISPLAYABLE_JOB(InitialScrapeJob, .table = &scrape_table)

static const struct InitialScrapeJob_views paged_views = { .table = &scrape_pages };
static const struct errand_displayable paged_scrapes = { &InitialScrapeJob_displayable_type, &paged_views };

static int64_t own_rows(const char *target)
{
    int64_t count = 0;
    assert_int_equal(ask(.target = target), 200);
    for (const char *at = world.body; (at = strstr(at, "<tr class=\"own-row\">")); at++)
        count++;
    return count;
}

static void add_scrapes(int most)
{
    run_sql("INSERT INTO bands (id, name) VALUES ('" BAND "', 'Air')");
    for (int i = 0; i < most; i++)
        run_sql("INSERT INTO initial_scrape_jobs (band_id, status) VALUES ('" BAND "', 'job_status_%s')",
                i < 2 ? "failed" : "succeeded");
}

#define SCRAPES "/jobs/ListJob?tableName=initial_scrape_jobs"

static void a_table_of_ones_own_has_figures_statuses_a_filter_and_changes(void **state)
{
    (void)state;
    static const struct errand_dashboard own = { .auth = NO_AUTH, .jobs = { &InitialScrapeJob_dashboard } };
    add_scrapes(27);
    serve(&own, NULL);
    assert_int_equal(own_rows("/jobs/"), 10);
    assert_page_has("href=\"" SCRAPES "&amp;status=failed\"><span>Failed</span> <b>2</b>");
    assert_int_equal(own_rows(SCRAPES), 25);
    assert_page_has("<h1>Scrapes</h1>");
    assert_page_has("&amp;after=");
    assert_int_equal(own_rows(SCRAPES "&page=2"), 2);
    assert_int_equal(own_rows(SCRAPES "&status=failed"), 2);
    assert_page_has("form=\"jobs-initial_scrape_jobs\" formaction=\"/jobs/RetryJob\" name=\"all\"");
    assert_page_has("id=\"jobs-initial_scrape_jobs\" action=\"/jobs/RetryJob\"");
    assert_page_lacks("Selected:");
    assert_int_equal(own_rows(SCRAPES "&where.band_id=" ID(1)), 0);
    assert_page_has("No job matches.");
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=initial_scrape_jobs&status=failed&all=1&confirm=1"),
        303);
    assert_int_equal(number_of("SELECT count(*) FROM initial_scrape_jobs WHERE status = 'job_status_retry'"), 2);
}

static void a_form_of_ones_own_cannot_be_sent_where_nothing_can_be_changed(void **state)
{
    (void)state;
    static const struct errand_dashboard own = { .auth = NO_AUTH, .jobs = { &InitialScrapeJob_dashboard } };
    struct errand_dashboard_options options = { .read_only = true };
    add_scrapes(1);
    serve(&own, NULL);
    assert_int_equal(own_rows(SCRAPES), 1);
    assert_page_has("<button type=\"submit\" class=\"btn btn-link\">Again</button>");
    serve(&own, &options);
    assert_int_equal(own_rows(SCRAPES), 1);
    assert_page_has("class=\"btn btn-link\" disabled title=\"This dashboard is read-only.\">Again</button>");
    assert_page_lacks("Retry all");
    assert_page_has("name=\"apply\" value=\"1\">Apply</button>"); /* the filter changes nothing */
}

static void a_table_with_pages_of_its_own_has_no_filter_that_they_would_not_know(void **state)
{
    (void)state;
    static const struct errand_dashboard own = { .auth = NO_AUTH, .jobs = { &paged_scrapes } };
    add_scrapes(27);
    serve(&own, NULL);
    assert_int_equal(own_rows(SCRAPES), 25);
    assert_page_has("<dt>Throughput</dt>");
    assert_page_has("&amp;page=2");
    assert_page_lacks("id=\"filter\"");
    assert_page_lacks("name=\"all\"");
    assert_int_equal(own_rows(SCRAPES "&page=2"), 2);
}

/* ---- The whole ---- */

static void hostile_text_is_text_on_every_page(void **state)
{
    (void)state;
    run_sql("INSERT INTO bands (id, name) VALUES ('" BAND "', '<script>alert(1)</script>')");
    run_sql("INSERT INTO initial_scrape_jobs (id, band_id, last_error, status) VALUES ('" ID(
        1) "', '" BAND "', '\"><script>alert(2)</script>', 'job_status_failed')");
    serve_plain();
    static const char *const targets[] = {
        "/jobs/",
        "/jobs/ListJob?tableName=initial_scrape_jobs",
        ("/jobs/ViewJob?tableName=initial_scrape_jobs&id=" ID(1)),
        "/jobs/CreateJob?tableName=initial_scrape_jobs",
        ("/jobs/ViewRecord?tableName=bands&id=" BAND),
        "/jobs/ListJob?tableName=initial_scrape_jobs&error=%22%3E%3Cscript%3E",
        "/jobs/ListJob?tableName=%3Cscript%3E",
        "/jobs/ViewJob?tableName=initial_scrape_jobs&id=%3Cscript%3E",
        "/jobs/%3Cscript%3E",
        "/jobs/ListJob?tableName=initial_scrape_jobs&status=%3Cscript%3E",
        "/jobs/CreateJob?tableName=letter_jobs&recipient=%22%3E%3Cscript%3E",
        "/jobs/ListJob?tableName=initial_scrape_jobs&deleted=%3Cscript%3E",
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        ask(.target = targets[i]);
        assert_page_lacks("<script>");
        assert_page_has("</html>");
    }
}

static void a_dashboard_for_reading_shows_no_way_to_change(void **state)
{
    (void)state;
    struct errand_dashboard_options options = { .read_only = true };
    add_letters();
    serve(&plain, &options);
    static const char *const targets[] = { "/jobs/", "/jobs/ListJob?tableName=letter_jobs",
                                           "/jobs/ViewJob?tableName=letter_jobs&id=" ID(3) };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        assert_int_equal(ask(.target = targets[i]), 200);
        assert_page_lacks("method=\"post\"");
        assert_page_lacks("+ New Job");
        assert_page_has("read-only");
    }
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=letter_jobs"), 403);
    assert_int_equal(ask(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&id=" ID(3)), 403);
    assert_int_equal(letters("1 = 1"), 6);
}

static void layout(struct errand_context *ctx, struct html *out, const struct errand_page *page)
{
    (void)ctx;
    html_raw(out, "<!DOCTYPE html><html lang=\"en\"><head><link rel=\"stylesheet\" href=\"/mine.css\">");
    errand_page_head(out, page);
    html_printf(out, "</head><body><nav><a href=\"/jobs/ListJobs\">Jobs</a> %s</nav>", page->title);
    errand_page_content(out, page);
    html_raw(out, "</body></html>");
}

static void a_layout_of_the_applications_stands_around_every_page(void **state)
{
    (void)state;
    static const struct errand_dashboard own = { .auth = NO_AUTH, .layout = layout };
    serve(&own, NULL);
    static const char *const targets[] = { "/jobs/", "/jobs/ListJob?tableName=letter_jobs",
                                           "/jobs/CreateJob?tableName=letter_jobs", "/jobs/ListJob?tableName=none" };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        ask(.target = targets[i]);
        assert_page_has("href=\"/mine.css\"");
        assert_page_has("/jobs/assets/dashboard.css?v=");
        assert_page_has("id=\"errand-page\"");
        assert_page_lacks("errand-skip\" href");
    }
}

static void style_and_script_are_served_and_kept(void **state)
{
    (void)state;
    static const char *const files[][2] = { { "/jobs/assets/bootstrap.css", "text/css; charset=utf-8" },
                                            { "/jobs/assets/dashboard.css", "text/css; charset=utf-8" },
                                            { "/jobs/assets/dashboard.js", "text/javascript; charset=utf-8" },
                                            { "/jobs/assets/icon.svg", "image/svg+xml" } };
    serve_plain();
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ask(.target = files[i][0]), 200);
        assert_string_equal(header("Content-Type"), files[i][1]);
        assert_non_null(strstr(header("Cache-Control"), "immutable"));
        assert_true(world.response.body_size > 100);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        DASHBOARD_TEST(an_empty_dashboard_says_what_to_do_next),
        DASHBOARD_TEST(the_overview_counts_each_status_and_links_to_its_list),
        DASHBOARD_TEST(what_was_put_off_has_ended_but_not_failed),
        DASHBOARD_TEST(a_table_that_the_database_lacks_spoils_nothing),
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
        DASHBOARD_TEST(a_job_shows_its_columns_and_links_to_the_records_it_refers_to),
        DASHBOARD_TEST(the_figures_of_a_job_are_those_of_its_last_attempt),
        DASHBOARD_TEST(labels_of_enums_lose_nothing_of_what_they_are),
        DASHBOARD_TEST(json_has_numbers_booleans_json_and_times_as_such),
        DASHBOARD_TEST(what_is_not_there_is_not_found),
        DASHBOARD_TEST(a_secret_of_a_record_is_masked),
        DASHBOARD_TEST(records_are_shown_only_where_they_are_listed),
        DASHBOARD_TEST(the_form_fits_the_columns),
        DASHBOARD_TEST(more_rows_than_a_select_holds_are_named_by_their_id),
        DASHBOARD_TEST(a_job_is_created_by_the_parameters_of_the_guide),
        DASHBOARD_TEST(everything_entered_reaches_the_row),
        DASHBOARD_TEST(a_form_names_rows_only_of_tables_that_are_listed),
        DASHBOARD_TEST(a_form_offers_as_many_rows_as_it_says_and_no_more),
        DASHBOARD_TEST(a_box_that_was_unchecked_is_false_and_one_that_nobody_showed_has_its_default),
        DASHBOARD_TEST(what_is_wrong_stands_beside_its_field_and_nothing_entered_is_lost),
        DASHBOARD_TEST(a_foreign_key_must_be_given_and_must_be_there),
        DASHBOARD_TEST(run_again_makes_a_job_of_the_same_columns),
        DASHBOARD_TEST(one_job_is_retried_or_deleted),
        DASHBOARD_TEST(a_running_job_is_neither_retried_nor_deleted),
        DASHBOARD_TEST(the_selected_are_changed_after_their_number_was_asked_back),
        DASHBOARD_TEST(changes_of_many_are_told_with_what_they_were),
        DASHBOARD_TEST(as_many_as_can_be_selected_are_all_told),
        DASHBOARD_TEST(a_change_that_fails_on_its_way_is_told_as_far_as_it_came),
        DASHBOARD_TEST(a_job_that_another_row_refers_to_is_kept_with_a_sentence),
        DASHBOARD_TEST(at_most_a_page_of_jobs_is_selected_at_once),
        DASHBOARD_TEST(all_that_match_are_changed_after_their_number_was_asked_back),
        DASHBOARD_TEST(a_change_of_many_goes_on_from_page_to_page),
        DASHBOARD_TEST(a_table_of_ones_own_has_figures_statuses_a_filter_and_changes),
        DASHBOARD_TEST(a_form_of_ones_own_cannot_be_sent_where_nothing_can_be_changed),
        DASHBOARD_TEST(a_table_with_pages_of_its_own_has_no_filter_that_they_would_not_know),
        DASHBOARD_TEST(hostile_text_is_text_on_every_page),
        DASHBOARD_TEST(a_dashboard_for_reading_shows_no_way_to_change),
        DASHBOARD_TEST(a_layout_of_the_applications_stands_around_every_page),
        DASHBOARD_TEST(style_and_script_are_served_and_kept),
    };
    return RUN(argc, argv, tests, "pages");
}
