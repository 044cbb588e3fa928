/* The pages of the dashboard, as HTML and as JSON, on both databases: requests go straight to errand_dashboard_respond.
   Lists, the form of a new job and changes have files of their own. */
#include "types.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

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
    assert_page_has("<div class=\"total \"><dt>To be retried</dt>"); /* a zero has no colour that calls */
    assert_page_has("<div class=\"total \"><dt>Error rate</dt>");
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
    assert_page_has("<div class=\"total status-retry\"><dt>To be retried</dt>");
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

/* The lines draw what was written down. */
static bool has_sparks(void)
{
    const char *ended = strstr(world.body, "<title>Attempts ended, each minute of the last hour: now ");
    const char *took = strstr(world.body, "<title>Seconds an attempt took, each minute of the last hour: now ");
    return ended && took && strstr(ended, ", at most 8</title>") && strstr(took, ", at most 0.002</title>");
}

static void what_was_put_off_has_ended_but_not_failed(void **state)
{
    (void)state;
    serve_plain();
    add_attempts();
    int overview = ask(.target = "/jobs/");
    bool in_chart = strstr(world.body, "Put off</li>"), in_sparks = has_sparks();
    ask(.target = "/jobs/ListJob?tableName=letter_jobs");
    bool in_sparks_of_list = has_sparks();
    int json = ask_json("/jobs/");
    run_sql("DROP TABLE errand_stats");
    assert_int_equal(overview, 200);
    assert_true(in_chart);
    assert_true(in_sparks);
    assert_true(in_sparks_of_list);
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

/* ---- One job ---- */

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

/* The page says it once, above; of the attempts that ended with it, that they did. */
static void an_error_that_is_the_last_one_is_not_repeated_with_its_attempts(void **state)
{
    (void)state;
    add_letters();
    create_attempts();
    serve_plain();
    add_attempt(ID(5), 1, "failed", SECOND("0:00.000000") ", " SECOND("0:05.000000"), "'no pen', NULL, NULL");
    add_attempt(ID(5), 2, "failed", SECOND("0:06.000000") ", " SECOND("0:08.000000"), "'no ink', NULL, NULL");
    ask_for_letter(ID(5), "attempts_count = 2, last_error = 'no ink'");
    run_sql("DROP TABLE errand_attempts");
    assert_page_has("Last error</h2><pre class=\"error-text\">no ink</pre>");
    assert_page_has("<p class=\"aside\">With the last error, above.</p></li>");
    assert_page_has("</p><pre class=\"error-text\">no pen</pre></li>");
    assert_page_lacks("</p><pre class=\"error-text\">no ink</pre>");
    assert_page_has("UTC</time> <span class=\"aside\">(");
}

static void perform(struct errand_context *ctx, const LetterJob *job)
{
    (void)ctx;
    (void)job;
}

JOB(LetterJob, .perform = perform, .max_attempts = 0)

/* `.max_attempts = 0` is one attempt; of the other type this program has no JOB. */
static void a_job_says_how_often_it_is_tried_where_that_is_known(void **state)
{
    (void)state;
    add_letters();
    add_scrape();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ViewJob?tableName=letter_jobs&id=" ID(1)), 200);
    assert_page_has("<dt>Attempts</dt><dd>0 of 1</dd>");
    assert_int_equal(ask_json("/jobs/ViewJob?tableName=letter_jobs&id=" ID(1)), 200);
    assert_page_has("\"max_attempts\":1,");
    assert_int_equal(ask(.target = "/jobs/ViewJob?tableName=initial_scrape_jobs&id=" ID(1)), 200);
    assert_page_has("<dt>Attempts</dt><dd>0</dd>");
    assert_int_equal(ask_json("/jobs/ViewJob?tableName=initial_scrape_jobs&id=" ID(1)), 200);
    assert_page_has("\"max_attempts\":null,");
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

/* ---- What does not answer in time ---- */

static int own_sections;

static void endless_section(struct errand_context *ctx, struct html *out)
{
    (void)out;
    own_sections++;
    errand_sql(ctx, on_postgres() ? "SELECT pg_sleep(3600)"
                                  : "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                                    "SELECT count(*) FROM n");
}

static const struct InitialScrapeJob_views slow_scrape_views = { .dashboard_section = endless_section };
static const struct LetterJob_views slow_letter_views = { .dashboard_section = endless_section };
static const struct errand_displayable slow_scrapes = { &InitialScrapeJob_displayable_type, &slow_scrape_views };
static const struct errand_displayable slow_letters = { &LetterJob_displayable_type, &slow_letter_views };
static const struct errand_dashboard slow = { .auth = NO_AUTH, .jobs = { &slow_scrapes, &slow_letters } };

static int64_t times_in_page(const char *text)
{
    int64_t count = 0;
    for (const char *at = world.body; (at = strstr(at, text)); at++)
        count++;
    return count;
}

static void add_worker(void)
{
    const char *time = on_postgres() ? "TIMESTAMP WITH TIME ZONE" : "TEXT";
    run_sql("CREATE TABLE errand_workers (id BIGINT, host TEXT, pid BIGINT, tables TEXT, started_at %s, seen_at %s, "
            "version TEXT, boot_id TEXT, pid_namespace BIGINT, start_ticks BIGINT, dead_at %s)",
            time, time, time);
    run_sql("INSERT INTO errand_workers VALUES (1, 'elsewhere', 1, 'letter_jobs', '2026-01-01 00:00:00.000000', "
            "'2026-01-01 00:00:00.000000', '0.1', 'none', 0, 0, NULL)");
}

static void ask_slow_overview(void)
{
    own_sections = 0;
    assert_int_equal(ask(.target = "/jobs/"), 200);
    assert_page_has("</html>");
    assert_int_equal(times_in_page("dashboard_section failed."), 2);
}

/* Each way to the database that a page tries may wait as long as a statement does; all of them together may not. */
static void an_overview_waits_for_the_first_that_do_not_answer_and_for_no_more(void **state)
{
    (void)state;
    struct errand_dashboard_options options = { .statement_timeout_ms = 1000 };
    serve(&slow, &options);
    ask_slow_overview();
    assert_int_equal(own_sections, 2);
    if (!on_postgres())
        return; /* there nobody keeps others from reading */
    struct errand_error err;
    struct connection *other = connection_open(&database.url, &err);
    add_worker();
    connection_begin(other, &err);
    connection_script(other, "LOCK TABLE letter_jobs, initial_scrape_jobs", &err);
    ask_slow_overview();
    int64_t troubles = times_in_page("could not be counted"), unknown = times_in_page(">unknown</span></td>");
    int json = ask_json("/jobs/");
    bool more = strstr(world.body, "\"running\":[],\"running_more\":true");
    connection_close(other);
    run_sql("DROP TABLE errand_workers");
    assert_int_equal(own_sections, 1); /* two waits were for counting; none for what runs in tables in trouble */
    assert_int_equal(troubles, 2);
    assert_int_equal(unknown, 1);
    assert_int_equal(json, 200);
    assert_true(more);
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
        DASHBOARD_TEST(a_job_shows_its_columns_and_links_to_the_records_it_refers_to),
        DASHBOARD_TEST(the_figures_of_a_job_are_those_of_its_last_attempt),
        DASHBOARD_TEST(an_error_that_is_the_last_one_is_not_repeated_with_its_attempts),
        DASHBOARD_TEST(labels_of_enums_lose_nothing_of_what_they_are),
        DASHBOARD_TEST(json_has_numbers_booleans_json_and_times_as_such),
        DASHBOARD_TEST(what_is_not_there_is_not_found),
        DASHBOARD_TEST(a_job_says_how_often_it_is_tried_where_that_is_known),
        DASHBOARD_TEST(a_secret_of_a_record_is_masked),
        DASHBOARD_TEST(records_are_shown_only_where_they_are_listed),
        DASHBOARD_TEST(a_table_of_ones_own_has_figures_statuses_a_filter_and_changes),
        DASHBOARD_TEST(a_form_of_ones_own_cannot_be_sent_where_nothing_can_be_changed),
        DASHBOARD_TEST(a_table_with_pages_of_its_own_has_no_filter_that_they_would_not_know),
        DASHBOARD_TEST(an_overview_waits_for_the_first_that_do_not_answer_and_for_no_more),
        DASHBOARD_TEST(hostile_text_is_text_on_every_page),
        DASHBOARD_TEST(a_dashboard_for_reading_shows_no_way_to_change),
        DASHBOARD_TEST(a_layout_of_the_applications_stands_around_every_page),
        DASHBOARD_TEST(style_and_script_are_served_and_kept),
    };
    return RUN(argc, argv, tests, "pages");
}
