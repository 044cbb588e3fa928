/* From a request to a response: the way through guard, login and page, the page of what went wrong on it, the layout
   around both, and the headers. */
#include "base/error.h"
#include "base/utf8.h"
#include "dashboard/guard.h"
#include "dashboard/request.h"
#include "dashboard/route.h"
#include "record/application.h"
#include "record/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    HEADERS_MAX = 100,            /* of a request */
    HEADER_BYTES_MAX = 32 * 1024, /* of them all */
    RETRY_AFTER_S = 5,            /* where the database is away */
    SENTENCE_MAX = 8 * 1024,      /* of what a page raised */
    LAYOUT_MAX = 1024 * 1024,     /* around a page, which may be as large as a page can be */
};

/* A request on its way, and what the response is made of. */
struct answer {
    struct page page;
    struct html content, whole;
    struct errand_context *ctx;
    const char *allowed; /* of a 405: the methods that there are */
    char sentence[SENTENCE_MAX];
};

/* What a response's memory is. */
struct response_memory {
    struct arena arena;
    struct buffer body;
};

/* ---- The way to the page ---- */

static void check_fault(struct page *page, struct request_fault fault)
{
    if (fault.status)
        page_refuse(page, fault.status, "%s", fault.sentence);
}

static void check_headers(struct page *page)
{
    const struct errand_request *request = page->request;
    size_t size = 0;
    for (size_t i = 0; i < request->header_count && i < HEADERS_MAX; i++)
        size += strlen(request->headers[i].name) + strlen(request->headers[i].value);
    if (request->header_count > HEADERS_MAX || size > HEADER_BYTES_MAX)
        page_refuse(page, 431, "The request has more than %d headers, or more than %d KiB of them.", HEADERS_MAX,
                    HEADER_BYTES_MAX / 1024);
}

/* "/jobs/ListJobs" -> "/ListJobs"; "/jobs" and "/jobs/" -> "" */
static const char *behind_mount(const struct page *page)
{
    size_t size = strlen(page->service->mount);
    if (strncmp(page->path, page->service->mount, size) != 0)
        return NULL;
    const char *rest = page->path + size;
    if (rest[0] != '\0' && rest[0] != '/')
        return NULL;
    return strcmp(rest, "/") == 0 ? "" : rest;
}

static void find_route(struct answer *answer)
{
    struct page *page = &answer->page;
    const char *path = behind_mount(page);
    if (!path && strcmp(page->path, "/") == 0)
        page_redirect(page, errand_printf(page->ctx, "%s/", page->service->mount));
    if (!path)
        page_refuse(page, 404, "Nothing is here. The dashboard is at %s.", page->service->mount);
    page->path = path;
    page->route = route_find(page->service->routes, path, page->request->method, &answer->allowed);
    if (!page->route && answer->allowed)
        page_refuse(page, 405, "This address takes %s, not %.20s.", answer->allowed, page->request->method);
    if (!page->route)
        page_refuse(page, 404, "There is no such page.");
}

static void read_form(struct page *page)
{
    const struct errand_request *request = page->request;
    const char *type = errand_request_header(request, "Content-Type");
    if (request->body_size > DASHBOARD_BODY_MAX)
        page_refuse(page, 413, "The form is larger than %d MiB, which is the limit.", DASHBOARD_BODY_MAX >> 20);
    if (request->body_size > 0 && (!type || !request_is_form(type)))
        page_refuse(page, 415, "A form is sent as application/x-www-form-urlencoded, not as %.100s.",
                    type ? type : "something without a Content-Type");
    check_fault(page, request_read_params(context_arena(page->ctx), request->body ? request->body : "",
                                          request->body_size, &page->form));
}

static void serve(struct errand_context *ctx, void *arg)
{
    struct answer *answer = arg;
    struct page *page = &answer->page;
    page->wants_json = request_wants_json(errand_request_header(page->request, "Accept"));
    check_headers(page);
    guard_host(page);
    check_fault(page, request_read_target(context_arena(ctx), page->request->target, &page->path, &page->query));
    find_route(answer);
    if (!page->route->is_public)
        guard_user(page);
    page->let_in = !page->route->is_public;
    if (page_is_change(page)) {
        read_form(page);
        guard_change(page);
    }
    page->route->page(page);
    html_check(page->out); /* JSON is written without it */
}

/* ---- What went wrong on it ---- */

static void empty(struct html *out)
{
    buffer_reset(&out->text);
}

/* A fault that nobody asked for: of the database, or of the program. */
static struct refusal fault_of(struct answer *answer, const struct context_end *end)
{
    static const struct refusal refusals[] = {
        [CONTEXT_FAULT_NONE] = { .status = 500 },
        [CONTEXT_FAULT_OTHER] = { .status = 500 },
        [CONTEXT_FAULT_INPUT] = { .status = 400 },
        [CONTEXT_FAULT_CONFLICT] = { .status = 409 },
        [CONTEXT_FAULT_OVERDUE] = { .status = 504 },
        [CONTEXT_FAULT_READ_ONLY] = { .status = 403 },
        [CONTEXT_FAULT_AWAY] = { .status = 503, .retry_after_s = RETRY_AFTER_S },
    };
    snprintf(answer->sentence, sizeof(answer->sentence), "%s", end->error ? end->error : "");
    struct refusal refusal = refusals[end->fault];
    refusal.sentence = answer->sentence;
    return refusal;
}

/* Who is not let in is not told what the database said. */
static void note_fault(struct answer *answer, const struct context_end *end)
{
    struct page *page = &answer->page;
    page->refusal = fault_of(answer, end);
    if (page->out->text.failed)
        page->refusal.status = 413;
    if (!page->let_in)
        page->refusal.sentence = page->refusal.status == 503
                                     ? "The database does not answer. Please come again."
                                     : "Something went wrong; the log of the dashboard says what.";
}

static void log_fault(struct errand_context *ctx, void *arg)
{
    const struct answer *answer = arg;
    errand_log(ctx, ERRAND_LOG_ERROR, "%s %.200s: %s", answer->page.request->method, answer->page.request->target,
               answer->sentence);
}

static void show_again(struct errand_context *ctx, void *arg)
{
    (void)ctx;
    struct answer *answer = arg;
    answer->page.route->again(&answer->page);
}

static void show_refusal(struct errand_context *ctx, void *arg)
{
    (void)ctx;
    struct answer *answer = arg;
    page_refusal(&answer->page);
}

static bool call(struct answer *answer, void (*fn)(struct errand_context *ctx, void *arg))
{
    struct context_end end = context_call(answer->ctx, fn, answer);
    if (end.end == JOB_END_RETURNED)
        return true;
    if (!answer->page.refusal.status) {
        note_fault(answer, &end);
        if (answer->page.refusal.status >= 500)
            context_call(answer->ctx, log_fault, answer);
    }
    return false;
}

/* Shows the form again where its field was refused. */
static bool try_again(struct answer *answer)
{
    struct page *page = &answer->page;
    if (!page->refusal.field || !page->route || !page->route->again)
        return false;
    page->again = true;
    page->status = page->refusal.status;
    empty(page->out);
    struct refusal was = page->refusal;
    if (call(answer, show_again))
        return true;
    page->again = false;
    if (page->refusal.status == was.status) /* it could not be shown */
        page->refusal = was;
    return false;
}

static void refuse(struct answer *answer)
{
    struct page *page = &answer->page;
    empty(page->out);
    page->status = page->refusal.status;
    page->content_type = page->cache = NULL;
    page->live = false;
    page->route = NULL;
    if (!page->refusal.location)
        context_call(answer->ctx, show_refusal, answer);
}

/* ---- The layout ---- */

static void lay_out(struct errand_context *ctx, void *arg)
{
    (void)ctx;
    struct answer *answer = arg;
    if (answer->page.let_in)
        page_layout(&answer->page, &answer->whole);
    else
        page_plain_layout(&answer->page, &answer->whole);
}

static void lay_out_plain(struct errand_context *ctx, void *arg)
{
    (void)ctx;
    struct answer *answer = arg;
    page_plain_layout(&answer->page, &answer->whole);
}

/* Where the application's own layout fails, the dashboard's takes its place. */
static void wrap(struct answer *answer)
{
    struct refusal none = { 0 };
    struct refusal was = answer->page.refusal;
    answer->page.refusal = none;
    if (!call(answer, lay_out)) {
        empty(&answer->whole);
        context_call(answer->ctx, lay_out_plain, answer);
    }
    answer->page.refusal = was;
}

/* ---- The response ---- */

static void add_header(struct errand_response *response, const char *name, const char *value)
{
    if (value && response->header_count < ERRAND_RESPONSE_HEADERS_MAX)
        response->headers[response->header_count++] = (struct errand_header){ name, value };
}

/* An address as a header may hold it: what could end the line, or is none of an address, percent-encoded. */
static const char *location(struct arena *arena, const char *address)
{
    struct buffer text = BUFFER_INIT(3 * DASHBOARD_TARGET_MAX);
    for (const char *at = address; *at; at++) {
        bool plain = *at > ' ' && *at < 0x7f && !strchr("\"<>\\^`{|}", *at);
        if (plain)
            buffer_add(&text, at, 1);
        else
            buffer_printf(&text, "%%%02X", (unsigned char)*at);
    }
    const char *copy = text.failed ? NULL : arena_copy(arena, text.data ? text.data : "", text.size);
    buffer_release(&text);
    return copy;
}

static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
                             "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
                             "frame-ancestors 'none'";

/* Browsers send no Origin with a form under no-referrer. That does no harm where they send Sec-Fetch-Site instead,
   which is over TLS and on this machine; elsewhere the referrer goes to our own pages, and to no other. */
static const char *referrer_policy(const struct errand_request *request)
{
    const char *host = errand_request_header(request, "Host");
    bool is_trusted = request->encrypted || (host && (strncasecmp(host, "localhost", 9) == 0 ||
                                                      strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0));
    return is_trusted ? "no-referrer" : "same-origin";
}

static void add_headers(const struct answer *answer, struct arena *arena, struct errand_response *response)
{
    const struct page *page = &answer->page;
    const char *json = "application/json", *html = "text/html; charset=utf-8";
    char number[16];
    add_header(response, "Content-Type", page->content_type ? page->content_type : page->wants_json ? json : html);
    add_header(response, "Cache-Control", page->cache ? page->cache : "no-store");
    add_header(response, "Content-Security-Policy", policy);
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "X-Frame-Options", "DENY");
    add_header(response, "Referrer-Policy", referrer_policy(page->request));
    add_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    add_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (page->refusal.location)
        add_header(response, "Location", location(arena, page->refusal.location));
    if (page->status == 405)
        add_header(response, "Allow", answer->allowed);
    if (page->status == 401)
        add_header(response, "WWW-Authenticate", "Basic realm=\"jobs\", charset=\"UTF-8\"");
    snprintf(number, sizeof(number), "%d", page->refusal.retry_after_s);
    if (page->refusal.retry_after_s > 0)
        add_header(response, "Retry-After", arena_strdup(arena, number));
}

static const struct errand_response out_of_memory = {
    .status = 503,
    .headers = { { "Content-Type", "text/plain; charset=utf-8" },
                 { "Cache-Control", "no-store" },
                 { "Retry-After", "5" } },
    .header_count = 3,
    .body = "The server is out of memory.\n",
    .body_size = 29,
};

/* Moves the text of the page to the response. */
static void finish(struct answer *answer, struct errand_response *response)
{
    struct page *page = &answer->page;
    struct response_memory *memory = calloc(1, sizeof(*memory));
    if (!memory) {
        *response = out_of_memory;
        return;
    }
    struct html *document = page->content_type || page->wants_json ? &answer->content : &answer->whole;
    memory->body = document->text;
    document->text = (struct buffer){ 0 };
    response->memory = memory;
    response->status = page->status;
    response->body = memory->body.data ? memory->body.data : "";
    response->body_size = memory->body.size;
    response->is_stream = page->route && page->route->is_stream && strcmp(page->request->method, "GET") == 0;
    add_headers(answer, &memory->arena, response);
}

static void answer_request(struct answer *answer)
{
    struct page *page = &answer->page;
    if (!call(answer, serve) && !try_again(answer))
        refuse(answer);
    if (!page->content_type && !page->wants_json && !page->refusal.location)
        wrap(answer);
}

static void end_answer(struct answer *answer)
{
    html_release(&answer->content);
    html_release(&answer->whole);
    if (answer->ctx)
        application_give_back(answer->page.service->errand, answer->ctx);
}

void errand_dashboard_respond(struct errand_dashboard_service *service, const struct errand_request *request,
                              struct errand_response *response)
{
    *response = (struct errand_response){ 0 };
    struct errand_context *ctx = application_take(service->errand);
    /* Ended also where a raise of another context, in a view, unwinds through here. */
    __attribute__((cleanup(end_answer))) struct answer answer = {
        .ctx = ctx,
        .page = { .service = service, .ctx = ctx, .request = request, .path = "", .status = 200 },
    };
    html_init(&answer.content, &answer.page);
    html_init(&answer.whole, &answer.page);
    answer.whole.text.maximum += LAYOUT_MAX;
    answer.page.out = &answer.content;
    if (!ctx) {
        *response = out_of_memory;
        return;
    }
    context_attach(ctx, &answer.page);
    answer_request(&answer);
    finish(&answer, response);
}

void errand_response_release(struct errand_response *response)
{
    struct response_memory *memory = response->memory;
    if (memory) {
        buffer_release(&memory->body);
        arena_release(&memory->arena);
        free(memory);
    }
    *response = (struct errand_response){ 0 };
}
