/* From a request to a response in a server of one's own: what is refused when it is opened, layouts and logins of the
   application's, what a response holds, and many threads at once. (What is refused in requests is asked over sockets,
   by `serve`.) */
#include "world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 512 };

#define assert_refused(words, ...)                                                                                     \
    do {                                                                                                               \
        const char *sentence_ = refused_to_open(__VA_ARGS__);                                                          \
        if (!strstr(sentence_, words))                                                                                 \
            fail_msg("\"%s\" does not say \"%s\"", sentence_, words);                                                  \
    } while (0)

/* ---- Opening ---- */

static void a_declaration_without_auth_is_refused(void **state)
{
    (void)state;
    static const struct errand_dashboard none = { .title = "x" }, unknown = { .auth = { .kind = 9 } };
    assert_refused(".auth is missing", &none, NULL);
    assert_refused("9", &unknown, NULL);
}

static void passwords_that_are_missing_or_empty_are_refused(void **state)
{
    (void)state;
    static const struct errand_dashboard basic = { .auth = BASIC_AUTH("TEST_USER", "TEST_PASSWORD") };
    static const struct errand_dashboard nameless = { .auth = BASIC_AUTH(NULL, "TEST_PASSWORD") };
    static const struct errand_dashboard fixed[] = {
        { .auth = BASIC_AUTH_STATIC("", "x") },
        { .auth = BASIC_AUTH_STATIC("x", "") },
        { .auth = BASIC_AUTH_STATIC(NULL, "x") },
    };
    unsetenv("TEST_USER");
    setenv("TEST_PASSWORD", "x", 1);
    assert_refused("TEST_USER is not set", &basic, NULL);
    setenv("TEST_USER", "", 1);
    assert_refused("TEST_USER is empty", &basic, NULL);
    assert_refused("names no environment variable", &nameless, NULL);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        assert_refused("not empty", &fixed[i], NULL);
}

static void what_is_listed_must_be_of_the_schema(void **state)
{
    (void)state;
    static const struct errand_table other = { .name = "other_jobs", .record_name = "OtherJob" };
    static const struct errand_displayable_type type = { .table = &other };
    static const struct errand_displayable displayable = { .job_type = &type };
    static const struct errand_dashboard foreign = { .auth = NO_AUTH, .jobs = { &displayable } };
    static const struct errand_dashboard records = { .auth = NO_AUTH, .records = { "bands", "pg_class" } };
    const struct errand_displayable_type scrape = { .table = errand_schema.job_types[0].table };
    const struct errand_displayable once = { .job_type = &scrape };
    const struct errand_dashboard twice = { .auth = NO_AUTH, .jobs = { &once, &once } };
    assert_refused("OtherJob_dashboard", &foreign, NULL);
    assert_refused("\"pg_class\"", &records, NULL);
    assert_refused("twice", &twice, NULL);
}

static void options_that_cannot_be_meant_are_refused(void **state)
{
    (void)state;
    static const char *const mounts[] = { "jobs", "/a//b", "/a b", "/\"><script>", "/a?b", "/\xc3\xa9" };
    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        struct errand_dashboard_options mounted = { .mount = mounts[i] };
        assert_refused("cannot be mounted", &plain, &mounted);
    }
    struct errand_dashboard_options secret = { .secret = "0123456789abcdef0123456789abcde" };
    assert_refused("31 characters", &plain, &secret);
    struct errand_dashboard_options nowhere = { .database = "sqlite:/nonexistent/app.db" };
    assert_refused("/nonexistent/app.db", &plain, &nowhere);
}

static void a_secret_of_32_characters_is_enough(void **state)
{
    (void)state;
    struct errand_dashboard_options options = { .secret = "0123456789abcdef0123456789abcdef" };
    serve(&plain, &options);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&recipient=Zoe&pages=2"),
                     303);
    assert_int_equal(number_of("SELECT pages FROM letter_jobs WHERE recipient = 'Zoe'"), 2);
}

/* ---- Mounting ---- */

static void it_is_where_it_was_mounted(void **state)
{
    (void)state;
    static const struct {
        const char *mount, *page;
    } mounts[] = { { "/admin/jobs/", "/admin/jobs" }, { "/", "" }, { "", "" }, { NULL, "/jobs" } };
    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        struct errand_dashboard_options options = { .mount = mounts[i].mount };
        char target[100], link[100];
        serve(&plain, &options);
        snprintf(target, sizeof(target), "%s/ListJobs", mounts[i].page);
        snprintf(link, sizeof(link), "\"%s/ListJob?tableName=letter_jobs\"", mounts[i].page);
        assert_int_equal(ask(.target = target), 200);
        assert_page_has(link);
        snprintf(target, sizeof(target), "%s/", mounts[i].page);
        assert_int_equal(ask(.target = target), 200);
    }
    assert_int_equal(ask(.target = "/jobsearch"), 404);
}

static void a_server_may_check_hosts_itself(void **state)
{
    (void)state;
    static const char *const hosts[] = { "*", NULL };
    struct errand_dashboard_options options = { .hosts = hosts };
    serve(&plain, &options);
    assert_int_equal(ask(.target = "/jobs", .host = "anything.example"), 200);
    assert_int_equal(ask(.target = "/jobs", .host = ""), 400);
    serve(&plain, NULL);
    assert_int_equal(ask(.target = "/jobs", .host = "anything.example"), 421);
}

static void over_tls_the_origin_must_be_too(void **state)
{
    (void)state;
    serve(&plain, NULL);
    const char *form = "tableName=letter_jobs&recipient=Zoe&pages=2";
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = form, .encrypted = true), 303);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = form, .encrypted = true, .bare = true,
                               .headers = { { "Content-Type", "application/x-www-form-urlencoded" },
                                            { "Origin", "http://localhost" } }),
                     403);
    assert_int_equal(number_of("SELECT count(*) FROM letter_jobs"), 1);
}

static struct errand_identity send_away(struct errand_context *ctx, const struct errand_request *request)
{
    (void)ctx, (void)request;
    return (struct errand_identity){ .redirect = "https://login.example/?a&b" };
}

static void a_form_of_who_is_logged_out_is_answered_by_a_page_that_leads_to_the_login(void **state)
{
    (void)state;
    static const struct errand_dashboard own = { .auth = { .authenticate = send_away } };
    serve(&own, NULL);
    assert_int_equal(ask(.target = "/jobs/"), 303);
    assert_string_equal(header("Location"), "https://login.example/?a&b");
    assert_int_equal(ask(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&id=" ID(1)), 403);
    assert_null(header("Location"));
    assert_page_has("href=\"https://login.example/?a&amp;b\">Log in</a>");
    assert_page_has("</html>");
}

static void a_browser_that_vouches_for_the_page_needs_no_origin(void **state)
{
    (void)state;
    serve(&plain, NULL);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&recipient=Zoe&pages=2",
                               .bare = true,
                               .headers = { { "Content-Type", "application/x-www-form-urlencoded" },
                                            { "Origin", "null" },
                                            { "Sec-Fetch-Site", "same-origin" } }),
                     303);
}

/* ---- What a response holds ---- */

static void a_head_gives_the_length_of_the_page(void **state)
{
    (void)state;
    serve(&plain, NULL);
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=letter_jobs"), 200);
    size_t size = world.response.body_size;
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=letter_jobs", .method = "HEAD"), 200);
    assert_int_equal(world.response.body_size, size);
}

static void events_are_a_stream_and_to_head_they_are_not(void **state)
{
    (void)state;
    serve(&plain, NULL);
    assert_int_equal(ask(.target = "/jobs/Events"), 200);
    assert_true(world.response.is_stream);
    assert_string_equal(header("Content-Type"), "text/event-stream");
    assert_int_equal(ask(.target = "/jobs/Events", .method = "HEAD"), 200);
    assert_false(world.response.is_stream);
}

static void a_change_is_an_event(void **state)
{
    (void)state;
    char text[ERRAND_EVENT_MAX];
    uint64_t seen = 0;
    serve(&plain, NULL);
    assert_true(errand_dashboard_next_event(world.service, &seen, 60000, text, sizeof(text)) > 0);
    run_sql("INSERT INTO letter_jobs (recipient) VALUES ('Zoe')");
    size_t size;
    do
        size = errand_dashboard_next_event(world.service, &seen, 60000, text, sizeof(text));
    while (size > 0 && text[0] == ':');
    assert_non_null(strstr(text, "event: change"));
    errand_dashboard_stop(world.service);
    assert_int_equal(errand_dashboard_next_event(world.service, &seen, 60000, text, sizeof(text)), 0);
}

static void only_a_known_number_of_headers_is_read(void **state)
{
    (void)state;
    struct errand_header headers[101] = { { "Host", "localhost" } };
    for (size_t i = 1; i < 101; i++)
        headers[i] = (struct errand_header){ "X", "y" };
    struct errand_request request = { .method = "GET", .target = "/jobs", .headers = headers, .header_count = 101 };
    struct errand_response response;
    serve(&plain, NULL);
    errand_dashboard_respond(world.service, &request, &response);
    assert_int_equal(response.status, 431);
    errand_response_release(&response);
    request.header_count = 100;
    errand_dashboard_respond(world.service, &request, &response);
    assert_int_equal(response.status, 200);
    errand_response_release(&response);
}

/* ---- The application's layout and login ---- */

static void layout(struct errand_context *ctx, struct html *out, const struct errand_page *page)
{
    html_raw(out, "<!DOCTYPE html><html lang=\"en\"><head>");
    errand_page_head(out, page);
    html_printf(out, "</head><body><nav>Bakery of %s</nav>", page->user ? page->user : "nobody");
    if (errand_param_or(ctx, "fail", NULL))
        errand_fail(ctx, "the oven is off");
    errand_page_content(out, page);
    html_raw(out, "</body></html>");
}

static struct errand_identity authenticate(struct errand_context *ctx, const struct errand_request *request)
{
    const char *who = errand_request_header(request, "x-who");
    if (who && strcmp(who, "fault") == 0)
        errand_sql(ctx, "SELECT * FROM sessions_that_are_not_there");
    return (struct errand_identity){ .user = who };
}

static const struct errand_dashboard bakery = { .auth = { .authenticate = authenticate },
                                                .layout = layout,
                                                .title = "Ovens" };

static void the_applications_layout_wraps_every_page(void **state)
{
    (void)state;
    serve(&bakery, NULL);
    assert_int_equal(ask(.target = "/jobs", .headers = { { "X-Who", "A<nn" } }), 200);
    assert_page_has("<nav>Bakery of A&lt;nn</nav>");
    assert_page_has("letter_jobs");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=x", .headers = { { "X-Who", "Ann" } }), 404);
    assert_page_has("Bakery of Ann");
}

static void a_layout_that_fails_gives_way_to_the_dashboards(void **state)
{
    (void)state;
    serve(&bakery, NULL);
    ask(.target = "/jobs?fail=1", .headers = { { "X-Who", "Ann" } });
    assert_page_lacks("Bakery");
    assert_page_has("letter_jobs");
    assert_page_has("</html>");
}

static void who_is_not_let_in_sees_neither_the_layout_nor_the_tables(void **state)
{
    (void)state;
    serve(&bakery, NULL);
    assert_int_equal(ask(.target = "/jobs"), 403);
    assert_page_lacks("Bakery");
    assert_page_lacks("letter_jobs");
    assert_int_equal(ask(.target = "/jobs", .headers = { { "X-Who", "fault" } }), 500);
    assert_page_lacks("sessions_that");
}

/* ---- A view of the application's that fails ---- */

static bool fail_section(const void *views, struct errand_context *ctx, struct html *out)
{
    (void)views;
    html_raw(out, "<table>");
    errand_fail(ctx, "no ink");
}

static void keep_line(void *arg, enum errand_log_level level, const char *text)
{
    (void)level;
    snprintf(arg, LOG_LINE_MAX, "%s", text);
}

static void the_log_says_of_which_job_type_a_view_failed(void **state)
{
    (void)state;
    char line[LOG_LINE_MAX] = "";
    const struct errand_displayable_type type = { .table = errand_schema.job_types[0].table,
                                                  .dashboard_section = fail_section };
    const struct errand_displayable displayable = { .job_type = &type };
    const struct errand_dashboard failing = { .auth = NO_AUTH, .jobs = { &displayable } };
    serve(&failing, &(struct errand_dashboard_options){ .log = keep_line, .log_arg = line });
    assert_int_equal(ask(.target = "/jobs"), 200);
    assert_page_has("dashboard_section failed.");
    char expected[LOG_LINE_MAX];
    snprintf(expected, sizeof(expected), "dashboard_section of %s failed: no ink", type.table->record_name);
    assert_string_equal(line, expected);
    end_test(NULL); /* what it was made of ends here */
}

/* ---- A SQLite file that goes ---- */

static void jobs_are_made_in_the_file_that_is_there_now(void **state)
{
    (void)state;
    if (on_postgres())
        skip();
    const char *form = "tableName=letter_jobs&recipient=Zoe&pages=2";
    serve(&plain, NULL);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = form), 303);
    replace_database();
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = form), 303);
    assert_int_equal(letters("recipient = 'Zoe'"), 2);
    replace_database();
    run_sql("UPDATE letter_jobs SET status = 'job_status_failed', locked_by = NULL");
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&all=1&confirm=1&status=failed"), 303);
    assert_int_equal(letters("status = 'job_status_retry'"), 2);
}

static void a_file_that_is_gone_is_said_to_be_and_not_made(void **state)
{
    (void)state;
    if (on_postgres())
        skip();
    char kept[256];
    serve(&plain, NULL);
    assert_int_equal(ask(.target = "/jobs"), 200);
    snprintf(kept, sizeof(kept), "%s/kept.db", database.folder);
    run_sql("VACUUM INTO '%s'", kept);
    delete_database();
    assert_int_equal(ask(.target = "/jobs"), 503);
    assert_page_has("there is no database at");
    assert_int_equal(access(database.url.target, F_OK), -1);
    assert_int_equal(rename(kept, database.url.target), 0);
    assert_int_equal(ask(.target = "/jobs"), 200);
}

/* ---- Threads ---- */

enum { THREADS = 12, REQUESTS = 40 };

static void *ask_often(void *arg)
{
    const struct errand_header headers[] = { { "Host", "localhost" }, { "X-Who", arg } };
    const char *targets[] = { "/jobs", "/jobs/ListJob?tableName=letter_jobs", "/jobs/ListJob?tableName=x" };
    for (size_t i = 0; i < REQUESTS; i++) {
        const struct errand_request request = {
            .method = "GET", .target = targets[i % 3], .headers = headers, .header_count = 2
        };
        struct errand_response response;
        errand_dashboard_respond(world.service, &request, &response);
        bool whole = response.status == (i % 3 == 2 ? 404 : 200) &&
                     memmem(response.body, response.body_size, arg, strlen(arg)) != NULL;
        errand_response_release(&response);
        if (!whole)
            return NULL;
    }
    return arg;
}

static void many_threads_are_answered_each_its_own(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    char names[THREADS][32];
    serve(&bakery, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        snprintf(names[i], sizeof(names[i]), "thread-%zu-of-many", i);
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, names[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *answered;
        pthread_join(threads[i], &answered);
        assert_ptr_equal(answered, names[i]);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        DASHBOARD_TEST(a_declaration_without_auth_is_refused),
        DASHBOARD_TEST(passwords_that_are_missing_or_empty_are_refused),
        DASHBOARD_TEST(what_is_listed_must_be_of_the_schema),
        DASHBOARD_TEST(options_that_cannot_be_meant_are_refused),
        DASHBOARD_TEST(a_secret_of_32_characters_is_enough),
        DASHBOARD_TEST(it_is_where_it_was_mounted),
        DASHBOARD_TEST(a_server_may_check_hosts_itself),
        DASHBOARD_TEST(over_tls_the_origin_must_be_too),
        DASHBOARD_TEST(a_form_of_who_is_logged_out_is_answered_by_a_page_that_leads_to_the_login),
        DASHBOARD_TEST(a_browser_that_vouches_for_the_page_needs_no_origin),
        DASHBOARD_TEST(a_head_gives_the_length_of_the_page),
        DASHBOARD_TEST(events_are_a_stream_and_to_head_they_are_not),
        DASHBOARD_TEST(a_change_is_an_event),
        DASHBOARD_TEST(only_a_known_number_of_headers_is_read),
        DASHBOARD_TEST(the_applications_layout_wraps_every_page),
        DASHBOARD_TEST(a_layout_that_fails_gives_way_to_the_dashboards),
        DASHBOARD_TEST(who_is_not_let_in_sees_neither_the_layout_nor_the_tables),
        DASHBOARD_TEST(the_log_says_of_which_job_type_a_view_failed),
        DASHBOARD_TEST(jobs_are_made_in_the_file_that_is_there_now),
        DASHBOARD_TEST(a_file_that_is_gone_is_said_to_be_and_not_made),
        DASHBOARD_TEST(many_threads_are_answered_each_its_own),
    };
    return RUN(argc, argv, tests, "respond");
}
