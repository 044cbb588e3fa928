#include "world.h"

#include "dashboard/dashboard.h"

#include <errand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

struct world world;

/* ---- The database ---- */

static const char *command, *schema_file;

static int create_database(const char *url)
{
    pid_t child = fork();
    if (child == 0) {
        execl(command, command, "db", "create", "--database", url, "--schema", schema_file, (char *)NULL);
        _exit(127);
    }
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

int open_database(void **state)
{
    (void)state;
    return database_choose() == 0 ? create_database(database.url_text) : -1;
}

int close_database(void **state)
{
    (void)state;
    return database_release();
}

/* ---- The dashboard ---- */

int start_test(void **state)
{
    (void)state;
    if (on_postgres()) /* which, unlike DELETE, makes a table small again */
        run_sql("TRUNCATE initial_scrape_jobs, letter_jobs, call_jobs, bands, customers, sessions, settings");
    else
        run_sql("DELETE FROM initial_scrape_jobs; DELETE FROM letter_jobs; DELETE FROM call_jobs; DELETE FROM bands; "
                "DELETE FROM customers; DELETE FROM sessions; DELETE FROM settings;");
    return 0;
}

int end_test(void **state)
{
    (void)state;
    errand_response_release(&world.response);
    free(world.body);
    world.body = NULL;
    if (world.service) {
        errand_dashboard_stop(world.service);
        errand_dashboard_close(world.service);
    }
    world.service = NULL;
    return 0;
}

int run_all(int argc, char **argv, const struct CMUnitTest *tests, size_t count, const char *group)
{
    if (argc != 3)
        return fprintf(stderr, "usage: %s ERRAND SCHEMA\n", argv[0]), 2;
    command = argv[1];
    schema_file = argv[2];
    return _cmocka_run_group_tests(group, tests, count, open_database, close_database);
}

void serve(const struct errand_dashboard *dashboard, struct errand_dashboard_options *options)
{
    struct errand_dashboard_options none = { 0 };
    struct errand_error err = { "" };
    end_test(NULL);
    options = options ? options : &none;
    options->database = database.url_text;
    world.service = errand_dashboard_open(dashboard, &errand_schema, options, &err);
    if (!world.service)
        fail_msg("%s", err.message);
}

const char *refused_to_open(const struct errand_dashboard *dashboard, struct errand_dashboard_options *options)
{
    static struct errand_error err;
    struct errand_dashboard_options none = { 0 };
    options = options ? options : &none;
    options->database = options->database ? options->database : database.url_text;
    struct errand_dashboard_service *service = errand_dashboard_open(dashboard, &errand_schema, options, &err);
    errand_dashboard_close(service);
    assert_null(service);
    return err.message;
}

/* ---- Requests ---- */

static void add(struct errand_header *headers, size_t *count, const char *name, const char *value)
{
    headers[(*count)++] = (struct errand_header){ name, value };
}

static size_t make_headers(const struct question *question, struct errand_header *headers)
{
    size_t count = 0;
    const char *host = question->host ? question->host : "localhost";
    static char origin[300];
    snprintf(origin, sizeof(origin), "http%s://%s", question->encrypted ? "s" : "", host);
    if (*host)
        add(headers, &count, "Host", host);
    if (question->form && !question->bare) {
        add(headers, &count, "Content-Type", "application/x-www-form-urlencoded");
        add(headers, &count, "Origin", origin);
    }
    for (size_t i = 0; i < QUESTION_HEADERS_MAX && question->headers[i].name; i++)
        headers[count++] = question->headers[i];
    return count;
}

int ask_(struct question question)
{
    struct errand_header headers[QUESTION_HEADERS_MAX + 3];
    const struct errand_request request = {
        .method = question.method ? question.method
                  : question.form ? "POST"
                                  : "GET",
        .target = question.target,
        .headers = headers,
        .header_count = make_headers(&question, headers),
        .body = question.form,
        .body_size = question.form ? strlen(question.form) : 0,
        .remote = question.remote ? question.remote : "127.0.0.1",
        .encrypted = question.encrypted,
    };
    errand_response_release(&world.response);
    free(world.body);
    errand_dashboard_respond(world.service, &request, &world.response);
    world.body = strndup(world.response.body, world.response.body_size);
    return world.response.status;
}

/* The token that a form of this page holds, in memory that lives until the next call; NULL where it has none. */
static const char *token_on(struct question question)
{
    static char token[200];
    question.form = NULL;
    question.method = NULL;
    ask_(question);
    const char *field = strstr(world.body, "name=\"" DASHBOARD_TOKEN_FIELD "\" value=\"");
    if (!field)
        return NULL;
    field += strlen("name=\"" DASHBOARD_TOKEN_FIELD "\" value=\"");
    snprintf(token, sizeof(token), "%.*s", (int)strcspn(field, "\""), field);
    return token;
}

int send_form_(struct question question)
{
    struct question page = question;
    page.target = "/jobs/CreateJob?tableName=letter_jobs";
    for (size_t i = 0; i < QUESTION_HEADERS_MAX && page.headers[i].name; i++) {
        if (strcasecmp(page.headers[i].name, "Accept") == 0)
            page.headers[i].value = "text/html"; /* that has the token */
    }
    const char *token = token_on(page);
    if (!token)
        fail_msg("the new-job page has no token: %d %s", world.response.status, world.body);
    char *form;
    if (asprintf(&form, "%s&" DASHBOARD_TOKEN_FIELD "=%s", question.form, token) < 0)
        abort();
    question.form = form;
    int status = ask_(question);
    free(form);
    return status;
}

const char *header(const char *name)
{
    for (size_t i = 0; i < world.response.header_count; i++)
        if (strcasecmp(world.response.headers[i].name, name) == 0)
            return world.response.headers[i].value;
    return NULL;
}

void assert_page_has_(const char *text, const char *file, int line)
{
    if (strstr(world.body, text))
        return;
    print_error("the page lacks \"%s\":\n%s\n", text, world.body);
    _fail(file, line);
}

void assert_page_lacks_(const char *text, const char *file, int line)
{
    if (!strstr(world.body, text))
        return;
    print_error("the page has \"%s\":\n%s\n", text, world.body);
    _fail(file, line);
}

/* ---- What is looked at ---- */

const struct errand_dashboard plain = { .auth = NO_AUTH, .records = { "bands", "customers" }, .title = "Mill" };

void serve_plain(void)
{
    serve(&plain, NULL);
}

void add_letters(void)
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

void add_many(int count)
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

int64_t letters(const char *where)
{
    return number_of("SELECT count(*) FROM letter_jobs WHERE %s", where);
}

int64_t listed(const char *parameters)
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

void add_scrape(void)
{
    run_sql("INSERT INTO bands (id, name) VALUES ('" BAND "', 'Portis<i>head</i>')");
    run_sql("INSERT INTO initial_scrape_jobs (id, band_id) VALUES ('" ID(1) "', '" BAND "')");
}
