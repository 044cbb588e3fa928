/* The one port: on this machine alone, to requests by its own names alone. */
#include "dev/serve.h"

#include "base/error.h"
#include "dev/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { PORTS_TRIED = 100 };

/* ---- The end of a connection ---- */

void client_release(struct client *client)
{
    if (--client->handles > 0)
        return;
    client->dev->server.clients--;
    buffer_release(&client->in);
    buffer_release(&client->head);
    buffer_release(&client->out);
    free(client);
}

static void on_closed(uv_handle_t *handle)
{
    client_release(handle->data);
}

bool client_has_ended(const struct client *client)
{
    return client->closing || uv_is_closing((const uv_handle_t *)&client->socket);
}

void client_close(struct client *client)
{
    if (client->closing)
        return;
    client->closing = true;
    forward_answered(client);
    uv_close((uv_handle_t *)&client->socket, on_closed);
    uv_close((uv_handle_t *)&client->limit, on_closed);
    if (client->forwards)
        uv_close((uv_handle_t *)&client->upstream, on_closed);
}

static void on_limit(uv_timer_t *limit)
{
    client_close(limit->data);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct client *client = handle->data;
    (void)suggested;
    *buf = uv_buf_init(client->up.data, sizeof(client->up.data));
}

static void on_rest(uv_stream_t *socket, ssize_t size, const uv_buf_t *buf)
{
    (void)buf;
    if (size < 0)
        client_close(socket->data);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    struct client *client = shutdown->data;
    if (!client->closing && status != 0)
        client_close(client);
}

/* What still comes is read: closing with something unread would take the answer back from the client. */
void client_finish(struct client *client)
{
    client->finishing = true;
    client->shutdown.data = client;
    uv_read_stop((uv_stream_t *)&client->socket);
    if (client->forwards)
        uv_read_stop((uv_stream_t *)&client->upstream);
    uv_timer_start(&client->limit, on_limit, FINISH_LIMIT_MS, 0);
    if (uv_shutdown(&client->shutdown, (uv_stream_t *)&client->socket, on_shutdown) != 0 ||
        uv_read_start((uv_stream_t *)&client->socket, on_alloc, on_rest) != 0)
        client_close(client);
}

/* ---- Answers ---- */

static void on_sent(uv_write_t *write, int status)
{
    struct client *client = write->data;
    if (client->closing)
        return;
    if (status != 0)
        client_close(client);
    else
        client_finish(client);
}

void client_send(struct client *client)
{
    uv_buf_t data = uv_buf_init(client->out.data, (unsigned)client->out.size);
    client->finishing = true;
    client->write.data = client;
    uv_read_stop((uv_stream_t *)&client->socket);
    uv_timer_start(&client->limit, on_limit, REQUEST_LIMIT_MS, 0);
    if (client->out.failed || uv_write(&client->write, (uv_stream_t *)&client->socket, &data, 1, on_sent) != 0)
        client_close(client);
}

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = { { 200, "OK" },
                  { 303, "See Other" },
                  { 304, "Not Modified" },
                  { 400, "Bad Request" },
                  { 403, "Forbidden" },
                  { 404, "Not Found" },
                  { 405, "Method Not Allowed" },
                  { 409, "Conflict" },
                  { 413, "Content Too Large" },
                  { 414, "URI Too Long" },
                  { 415, "Unsupported Media Type" },
                  { 421, "Misdirected Request" },
                  { 422, "Unprocessable Content" },
                  { 431, "Request Header Fields Too Large" },
                  { 500, "Internal Server Error" },
                  { 503, "Service Unavailable" },
                  { 504, "Gateway Timeout" } };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Status";
}

void answer_head(struct buffer *out, int status, const char *type, const char *more, size_t size)
{
    buffer_printf(
        out,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n%s\r\n",
        status, status_text(status), type, size, more);
}

void client_refuse(struct client *client, int status, const char *sentence)
{
    buffer_reset(&client->out);
    answer_head(&client->out, status, "text/plain; charset=utf-8", "Cache-Control: no-store\r\n", strlen(sentence) + 1);
    buffer_printf(&client->out, "%s\n", sentence);
    client_send(client);
}

/* ---- Requests ---- */

static bool is_dashboard(const char *path)
{
    return strncmp(path, "/jobs", 5) == 0 && (path[5] == '\0' || path[5] == '/');
}

static void answer(struct client *client)
{
    const struct request *request = &client->request;
    if (request->chunked || request->content_length > BODY_MAX) {
        client_refuse(client, 413, "That is too large: 256 KiB are the most that a page here takes.");
        return;
    }
    if (client->in.size < client->head_size + request->content_length)
        return; /* there is more to come */
    client->in.data[client->head_size + request->content_length] = '\0';
    const char *body = client->in.data + client->head_size;
    if (data_is_path(request->path)) {
        data_answer(client, body);
        return;
    }
    page_answer(client, body);
    client_send(client);
}

static void take_head(struct client *client)
{
    const char *end = memmem(client->in.data, client->in.size, "\r\n\r\n", 4);
    if (!end && client->in.size > HEAD_MAX) {
        client_refuse(client, 431, "The head of the request is too large.");
        return;
    }
    if (!end)
        return;
    client->head_size = (size_t)(end + 4 - client->in.data);
    buffer_add(&client->head, client->in.data, client->head_size);
    int status = client->head.failed ? 431 : request_parse(client->head.data, client->head_size, &client->request);
    int port = client->dev->programs[PROGRAM_DASHBOARD].port;
    if (status != 0)
        client_refuse(client, status, "That request is not understood.");
    else if (!request_is_local(&client->request))
        client_refuse(client, 421, "This server answers to localhost alone.");
    else if (!is_dashboard(client->request.path))
        answer(client);
    else if (port == 0)
        client_refuse(client, 503, "The dashboard does not run: see the page / of this server.");
    else {
        uv_read_stop((uv_stream_t *)&client->socket);
        forward_start(client, port);
    }
}

static void on_read(uv_stream_t *socket, ssize_t size, const uv_buf_t *buf)
{
    struct client *client = socket->data;
    if (size < 0 || (size > 0 && buffer_add(&client->in, buf->base, (size_t)size) != 0))
        client_close(client);
    else if (size > 0 && client->head_size == 0)
        take_head(client);
    else if (size > 0)
        answer(client);
}

static void on_connection(uv_stream_t *socket, int status)
{
    struct dev *dev = socket->data;
    struct client *client = status == 0 ? calloc(1, sizeof(*client)) : NULL;
    if (!client)
        return;
    *client = (struct client){ .dev = dev,
                               .handles = 2,
                               .in = BUFFER_INIT(HEAD_MAX + BODY_MAX + sizeof(client->up.data)),
                               .head = BUFFER_INIT(HEAD_MAX + 4),
                               .out = BUFFER_INIT(ANSWER_MAX) };
    uv_tcp_init(&dev->loop, &client->socket);
    uv_timer_init(&dev->loop, &client->limit);
    client->socket.data = client->limit.data = client;
    dev->server.clients++;
    if (uv_accept(socket, (uv_stream_t *)&client->socket) != 0 || dev->server.clients > CLIENTS_MAX ||
        uv_read_start((uv_stream_t *)&client->socket, on_alloc, on_read) != 0) {
        client_close(client);
        return;
    }
    uv_timer_start(&client->limit, on_limit, REQUEST_LIMIT_MS, 0);
}

/* ---- The port ---- */

static int try_port(struct dev *dev, int port)
{
    struct server *server = &dev->server;
    struct sockaddr_in address;
    uv_tcp_init(&dev->loop, &server->socket);
    server->socket.data = dev;
    uv_ip4_addr("127.0.0.1", port, &address);
    int code = uv_tcp_bind(&server->socket, (const struct sockaddr *)&address, 0);
    if (code == 0)
        code = uv_listen((uv_stream_t *)&server->socket, 128, on_connection);
    server->open = code == 0;
    if (code == 0)
        return 0;
    uv_close((uv_handle_t *)&server->socket, NULL);
    uv_run(&dev->loop, UV_RUN_NOWAIT); /* the handle is used again */
    return code;
}

static void make_token(char token[65])
{
    unsigned char bytes[32];
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        abort();
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
}

int serve_start(struct dev *dev, int port, struct errand_error *err)
{
    int code = UV_EADDRINUSE, tried = port;
    for (; code == UV_EADDRINUSE && tried <= 65535 && tried < port + PORTS_TRIED; tried++)
        code = try_port(dev, tried);
    if (code != 0)
        return error_set(err, "no port from %d on can be listened to: %s", port, uv_strerror(code));
    struct sockaddr_in address;
    int size = sizeof(address);
    uv_tcp_getsockname(&dev->server.socket, (struct sockaddr *)&address, &size);
    dev->server.port = ntohs(address.sin_port);
    make_token(dev->server.token);
    return 0;
}

void serve_stop(struct dev *dev)
{
    if (dev->server.open)
        uv_close((uv_handle_t *)&dev->server.socket, NULL);
    dev->server.open = false;
}
