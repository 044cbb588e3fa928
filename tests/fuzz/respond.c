/* Any request to a dashboard over a small SQLite file: it is answered, never by a fault of ours (500), and as JSON by
   what is JSON. A request is a text: method, target, headers, an empty line, the body; ~ in it stands for the token
   that forms have. Driven by text.c, or by libFuzzer. Wants the command errand and a schema in FUZZ_ERRAND,
   FUZZ_SCHEMA. */
#include "base/json.h"
#include "dashboard/dashboard.h"
#include "text.h"

#include <errand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { HEADERS_MAX = 16, TEXT_MAX = 4096 };

extern const struct errand_schema errand_schema; /* types.c */

static struct errand_dashboard_service *service;
static char folder[] = "/tmp/errand-fuzz-XXXXXX", token[200];

static void fail(const char *what, const struct errand_request *request, const struct errand_response *response)
{
    fprintf(stderr, "%s: %s %s\n%s\n%d %.*s\n", what, request->method, request->target,
            request->body ? request->body : "", response->status, (int)response->body_size, response->body);
    abort();
}

static const char *header_of(const struct errand_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return "";
}

static void check(const struct errand_request *request, const struct errand_response *response)
{
    size_t at;
    if (response->status < 200 || response->status == 500 || response->status > 599)
        fail("an answer that is none", request, response);
    for (size_t i = 0; i < response->header_count; i++)
        if (strpbrk(response->headers[i].value, "\r\n"))
            fail("a header of several lines", request, response);
    if (response->body_size > 0 && strncmp(header_of(response, "Content-Type"), "application/json", 16) == 0 &&
        json_fault(response->body, &at))
        fail("what is not JSON", request, response);
}

/* ---- The dashboard ---- */

static void run(const char *command)
{
    if (system(command) != 0)
        abort();
}

static void remove_folder(void)
{
    char command[100];
    errand_dashboard_close(service);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    run(command);
}

static void take_token(void)
{
    static const char field[] = "name=\"" DASHBOARD_TOKEN_FIELD "\" value=\"";
    const struct errand_header host = { "Host", "localhost" };
    const struct errand_request request = {
        .method = "GET",
        .target = "/jobs/CreateJob?tableName=letter_jobs",
        .headers = &host,
        .header_count = 1,
        .remote = "127.0.0.1",
    };
    struct errand_response response;
    errand_dashboard_respond(service, &request, &response);
    const char *at = strstr(response.body, field);
    if (!at)
        fail("a form without a token", &request, &response);
    at += sizeof(field) - 1;
    snprintf(token, sizeof(token), "%.*s", (int)strcspn(at, "\""), at);
    errand_response_release(&response);
}

static void say_nothing(void *arg, enum errand_log_level level, const char *text)
{
    (void)arg, (void)level, (void)text;
}

static void open_dashboard(void)
{
    static const struct errand_dashboard dashboard = { .auth = NO_AUTH, .records = { "bands", "customers" } };
    static char database[sizeof(folder) + 20];
    char command[1000];
    struct errand_error err;
    if (!mkdtemp(folder))
        abort();
    snprintf(database, sizeof(database), "sqlite:%s/app.db", folder);
    snprintf(command, sizeof(command), "%s db create --database %s --schema %s >/dev/null", getenv("FUZZ_ERRAND"),
             database, getenv("FUZZ_SCHEMA"));
    run(command);
    const struct errand_dashboard_options options = { .database = database, .log = say_nothing };
    service = errand_dashboard_open(&dashboard, &errand_schema, &options, &err);
    if (!service) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    atexit(remove_folder);
    take_token();
}

/* ---- Requests ---- */

static void put_token(char *out, size_t size, const uint8_t *data, size_t count)
{
    size_t length = 0, token_size = strlen(token);
    for (size_t i = 0; i < count && length + token_size + 1 < size; i++) {
        if (data[i] == '~') {
            memcpy(out + length, token, token_size);
            length += token_size;
        } else {
            out[length++] = data[i] ? (char)data[i] : ' ';
        }
    }
    out[length] = '\0';
}

/* Up to the separator, which is overwritten; what is behind it in *rest. */
static char *part(char **rest, const char *separator)
{
    char *begin = *rest, *end = strstr(begin, separator);
    *rest = end ? end + strlen(separator) : begin + strlen(begin);
    if (end)
        *end = '\0';
    return begin;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX];
    struct errand_header headers[HEADERS_MAX];
    struct errand_request request = { .headers = headers, .remote = "127.0.0.1" };
    struct errand_response response;
    if (!service)
        open_dashboard();
    put_token(text, sizeof(text), data, size);
    char *rest = text, *head = part(&rest, "\n\n");
    request.body = rest;
    request.body_size = strlen(rest);
    request.method = part(&head, " ");
    request.target = part(&head, "\n");
    while (*head && request.header_count < HEADERS_MAX) {
        char *line = part(&head, "\n"), *name = part(&line, ": ");
        headers[request.header_count++] = (struct errand_header){ name, line };
    }
    errand_dashboard_respond(service, &request, &response);
    check(&request, &response);
    errand_response_release(&response);
    return 0;
}

#define HOST "\nHost: localhost\n"
#define JSON HOST "Accept: application/json\n"
#define FORM HOST "Content-Type: application/x-www-form-urlencoded\nSec-Fetch-Site: same-origin\n\n"
#define ID "00000000-0000-4000-8000-000000000001"
static const char *const seeds[] = {
    "GET /jobs/" HOST,
    "GET /jobs/ListJobs" JSON,
    "GET /jobs/ListJob?tableName=letter_jobs&status=failed&sort=recipient&page=2" HOST,
    "GET /jobs/ListJob?tableName=letter_jobs&where.pages=1&op.pages=ge&where.mood=happy&error=ink" JSON,
    "GET /jobs/ViewJob?tableName=letter_jobs&id=" ID JSON,
    "GET /jobs/Record?tableName=customers&id=" ID HOST,
    "POST /jobs/CreateJob?tableName=letter_jobs" FORM
    "recipient=a&pages=2&options=%7B%7D&mood=happy&due_on=2026-01-02&errand_token=~",
    "POST /jobs/CreateJob" FORM "tableName=letter_jobs&copyOf=" ID "&errand_token=~",
    "POST /jobs/RetryJob" FORM "tableName=letter_jobs&selected=" ID "&confirm=1&errand_token=~",
    "POST /jobs/DeleteJob" FORM
    "tableName=letter_jobs&all=1&confirm=1&status=failed&step=a0.1.&changed=3&errand_token=~",
    NULL,
};
static const char bits[] = "/%&=+?#0aF:;.-, \n~\xc3\xa9\xff%00%C3%zz_[]<'\"";

const struct fuzz_text fuzz_text = { seeds, bits, sizeof(bits) - 1 };
