/* The way to RunDashboard: a connection that is handed on both ways, byte for byte behind its head. One request each:
   both sides are told to close behind it, so no request slips through behind one that was looked at. */
#include "dev/serve.h"

#include <string.h>
#include <strings.h>

/* Only between the client and this server. */
static bool is_of_connection(const char *line, size_t size)
{
    static const char *const names[] = { "Connection:", "Keep-Alive:", "Proxy-Connection:", "Upgrade:" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (size >= strlen(names[i]) && strncasecmp(line, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* The head that came, line by line, and whatever came behind it. */
static void write_request(struct client *client)
{
    const char *at = client->in.data, *end = at + client->head_size - 2; /* before the empty line */
    while (at < end) {
        size_t size = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) + 1 - at);
        if (!is_of_connection(at, size))
            buffer_add(&client->out, at, size);
        at += size;
    }
    buffer_puts(&client->out, "Connection: close\r\n\r\n");
    buffer_add(&client->out, client->in.data + client->head_size, client->in.size - client->head_size);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct client *client = handle->data;
    struct way *way = handle == (uv_handle_t *)&client->socket ? &client->up : &client->down;
    (void)suggested;
    *buf = uv_buf_init(way->data, sizeof(way->data));
}

static void on_read(uv_stream_t *from, ssize_t size, const uv_buf_t *buf);

static void on_written(uv_write_t *write, int status)
{
    struct way *way = write->data;
    if (way->client->closing || way->client->finishing)
        return;
    if (status != 0 || uv_read_start(way->from, on_alloc, on_read) != 0)
        client_close(way->client);
}

/* Reads again once the other side has taken what was read. */
static void on_read(uv_stream_t *from, ssize_t size, const uv_buf_t *buf)
{
    struct client *client = from->data;
    struct way *way = from == (uv_stream_t *)&client->socket ? &client->up : &client->down;
    if (size == 0)
        return;
    bool asked = client->asks;
    if (way == &client->down)
        forward_answered(client);
    if (size < 0 && way == &client->down) {
        if (asked)
            client_refuse(client, 503, "The dashboard ended before it answered. Load the page again in a moment.");
        else
            client_finish(client);
        return;
    }
    uv_buf_t data = uv_buf_init(buf->base, size > 0 ? (unsigned)size : 0);
    uv_read_stop(from);
    way->write.data = way;
    if (size < 0 || uv_write(&way->write, way->to, &data, 1, on_written) != 0)
        client_close(client);
}

static void on_request_written(uv_write_t *write, int status)
{
    struct client *client = write->data;
    if (client->closing)
        return;
    buffer_release(&client->out);
    if (status != 0 || uv_read_start((uv_stream_t *)&client->socket, on_alloc, on_read) != 0 ||
        uv_read_start((uv_stream_t *)&client->upstream, on_alloc, on_read) != 0)
        client_close(client);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct client *client = connect->data;
    if (client->closing)
        return;
    if (status != 0) {
        forward_answered(client);
        client_refuse(client, 503, "The dashboard does not answer just now. Load the page again in a moment.");
        return;
    }
    write_request(client);
    uv_buf_t data = uv_buf_init(client->out.data, (unsigned)client->out.size);
    client->write.data = client;
    if (client->out.failed ||
        uv_write(&client->write, (uv_stream_t *)&client->upstream, &data, 1, on_request_written) != 0)
        client_close(client);
}

void forward_answered(struct client *client)
{
    if (client->asks)
        program_answered(&client->dev->programs[PROGRAM_DASHBOARD], client->turn);
    client->asks = false;
}

void forward_start(struct client *client, int port)
{
    struct sockaddr_in address;
    client->forwards = client->asks = true;
    client->turn = program_ask(&client->dev->programs[PROGRAM_DASHBOARD]);
    uv_timer_stop(&client->limit);
    uv_tcp_init(&client->dev->loop, &client->upstream);
    client->upstream.data = client;
    client->handles++;
    client->up = (struct way){ .client = client };
    client->down = (struct way){ .client = client };
    client->up.from = client->down.to = (uv_stream_t *)&client->socket;
    client->up.to = client->down.from = (uv_stream_t *)&client->upstream;
    client->connect.data = client;
    uv_ip4_addr("127.0.0.1", port, &address);
    if (uv_tcp_connect(&client->connect, &client->upstream, (const struct sockaddr *)&address, on_connected) != 0)
        client_close(client);
}
