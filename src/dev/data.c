/* The way of a request to the pages of Data, and back. */
#include "dev/data.h"

#include "base/error.h"
#include "codegen/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TARGET_MAX = HEAD_MAX, SAID_MAX = 64 * 1024 };

/* One under way. Only work and client are touched by the loop before it has ended. */
struct data_request {
    uv_work_t work;
    struct client *client;
    const char *body;
    struct buffer target;
    struct buffer said;          /* lines for the log */
    struct errand_error refused; /* no page could answer: why */
    struct errand_response response;
};

bool data_is_path(const char *path)
{
    size_t size = strlen(DATA_MOUNT);
    return strncmp(path, DATA_MOUNT, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

/* ---- In the thread ---- */

/* The page inside what stands around all pages of this server. */
static void lay_out(struct errand_context *ctx, struct html *out, const struct errand_page *page)
{
    (void)ctx;
    const struct buffer *content = &out->page->out->text;
    page_begin(&out->text, DATA_MOUNT, page->title);
    html_add(out, content->data ? content->data : "", content->size);
    html_raw(out, PAGE_END);
}

static void take_line(void *arg, enum errand_log_level level, const char *text)
{
    struct data_request *request = arg;
    (void)level;
    buffer_printf(&request->said, "%s\n", text);
}

static void respond(struct data_request *request, struct errand_dashboard_service *service)
{
    const struct request *asked = &request->client->request;
    const struct errand_header all[] = { { "Host", asked->host },
                                         { "Origin", asked->origin },
                                         { "Sec-Fetch-Site", asked->site },
                                         { "Content-Type", asked->type } };
    struct errand_header headers[sizeof(all) / sizeof(all[0])];
    struct errand_request handed = { .method = asked->method,
                                     .target = request->target.data,
                                     .headers = headers,
                                     .body = request->body,
                                     .body_size = asked->content_length,
                                     .remote = "this machine" };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].value)
            headers[handed.header_count++] = all[i];
    service->routes = data_routes;
    service->shows_all = true;
    errand_dashboard_respond(service, &handed, &request->response);
}

/* The schema is read each time: pages are asked for by hand, and it may have changed since the last. */
static void answer(struct data_request *request, const struct schema *schema)
{
    static const struct errand_dashboard config = { .auth = NO_AUTH, .layout = lay_out, .title = "Data" };
    const struct errand_dashboard_options options = {
        .mount = DATA_MOUNT, .secret = request->client->dev->server.token, .log = take_line, .log_arg = request
    };
    struct arena arena = ARENA_INIT;
    struct errand_dashboard_service *service =
        errand_dashboard_open(&config, tables_make(&arena, schema), &options, &request->refused);
    if (service)
        respond(request, service);
    errand_dashboard_close(service);
    arena_release(&arena);
}

static const char *first_error(const struct schema *schema)
{
    for (size_t i = 0; i < schema->message_count; i++)
        if (schema->messages[i].is_error)
            return schema->messages[i].text;
    return "";
}

static void on_work(uv_work_t *work)
{
    struct data_request *request = work->data;
    struct schema *schema = schema_read("Application/Schema.sql");
    if (schema->error_count == 0)
        answer(request, schema);
    else
        error_set(&request->refused, "The tables are not known until Schema.sql can be read: %s", first_error(schema));
    schema_free(schema);
}

/* ---- In the loop ---- */

static void refuse(struct client *client, const char *sentence)
{
    struct buffer page = BUFFER_INIT(ANSWER_MAX / 2);
    page_begin(&page, DATA_MOUNT, NULL);
    buffer_puts(&page, "<h1>Data</h1><p class=\"bad\" role=\"alert\">");
    page_escape(&page, sentence);
    buffer_puts(&page, "</p>");
    page_end(client, 409, &page);
}

/* With the headers of this server's own pages; of the others, those that belong to the status. */
static void send_page(struct client *client, const struct errand_response *response)
{
    static const char *const kept[] = { "Location", "Allow", "Retry-After" };
    struct buffer more = BUFFER_INIT(TARGET_MAX);
    buffer_puts(&more, "Cache-Control: no-store\r\n");
    for (size_t i = 0; i < response->header_count; i++)
        for (size_t k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
            if (strcmp(response->headers[i].name, kept[k]) == 0)
                buffer_printf(&more, "%s: %s\r\n", kept[k], response->headers[i].value);
    answer_head(&client->out, response->status, "text/html; charset=utf-8", more.data, response->body_size);
    buffer_add(&client->out, response->body, response->body_size);
    client->out.failed |= more.failed;
    buffer_release(&more);
}

static void tell(struct dev *dev, char *lines)
{
    for (char *line; lines && (line = strsep(&lines, "\n"));)
        if (*line)
            dev_say(dev, DEV_LOG_DATABASE, line);
}

static void on_worked(uv_work_t *work, int status)
{
    (void)status;
    struct data_request *request = work->data;
    struct client *client = request->client;
    tell(client->dev, request->said.data);
    if (client_has_ended(client)) {
        client_release(client);
    } else {
        client->handles--;
        if (request->response.status)
            send_page(client, &request->response);
        else
            refuse(client, request->refused.message);
        client_send(client);
    }
    errand_response_release(&request->response);
    buffer_release(&request->target);
    buffer_release(&request->said);
    free(request);
}

void data_answer(struct client *client, const char *body)
{
    struct data_request *request = calloc(1, sizeof(*request));
    if (!request) {
        client_close(client);
        return;
    }
    *request = (struct data_request){
        .client = client, .body = body, .target = BUFFER_INIT(TARGET_MAX), .said = BUFFER_INIT(SAID_MAX)
    };
    request->work.data = request;
    buffer_printf(&request->target, "%s?%s", client->request.path, client->request.query);
    /* What came in must stay where it is. */
    uv_read_stop((uv_stream_t *)&client->socket);
    client->handles++;
    uv_queue_work(&client->dev->loop, &request->work, on_work, on_worked);
}
