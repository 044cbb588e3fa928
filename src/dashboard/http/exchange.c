/* One request: what libmicrohttpd read of it, as the dashboard takes it, and back. */
#include "dashboard/http/server.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_MIN = 4 * 1024 }; /* of what is allocated */

struct exchange *exchange_new(struct server *server, const char *target)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        return NULL;
    exchange->server = server;
    exchange->target = strdup(target);
    exchange->is_broken = !exchange->target;
    return exchange;
}

/* Bodies are read before anybody is asked who they are: what all of them may take is bounded. The beginning of each is
   bounded by the number of connections, so that nobody's large ones keep an ordinary form out. */
static size_t counted(size_t capacity)
{
    return capacity > SERVER_BODY_FREE ? capacity - SERVER_BODY_FREE : 0;
}

static bool reserve(struct server *server, size_t size)
{
    pthread_mutex_lock(&server->mutex);
    bool fits = size <= SERVER_BODIES_MAX - server->body_bytes;
    server->body_bytes += fits ? size : 0;
    pthread_mutex_unlock(&server->mutex);
    return fits;
}

static void give_back(struct server *server, size_t size)
{
    pthread_mutex_lock(&server->mutex);
    server->body_bytes -= size;
    pthread_mutex_unlock(&server->mutex);
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    give_back(exchange->server, counted(exchange->body_capacity));
    errand_response_release(&exchange->response);
    free(exchange->target);
    free(exchange->headers);
    free(exchange->body);
    free(exchange);
}

static enum MHD_Result add_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct exchange *exchange = arg;
    if (exchange->header_count == exchange->header_capacity) {
        size_t capacity = exchange->header_capacity ? 2 * exchange->header_capacity : 16;
        struct errand_header *grown = reallocarray(exchange->headers, capacity, sizeof(*grown));
        if (!grown) {
            exchange->is_broken = true;
            return MHD_NO;
        }
        exchange->headers = grown;
        exchange->header_capacity = capacity;
    }
    exchange->headers[exchange->header_count++] = (struct errand_header){ name, value ? value : "" };
    return MHD_YES;
}

static const char *header(const struct exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->header_count; i++)
        if (strcasecmp(exchange->headers[i].name, name) == 0)
            return exchange->headers[i].value;
    return NULL;
}

/* An IPv4 address that came over an IPv6 socket is written as what it is. */
static void write_remote(struct exchange *exchange, const struct sockaddr *address)
{
    char *out = exchange->remote;
    snprintf(out, sizeof(exchange->remote), "unknown");
    if (!address)
        return;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, out, sizeof(exchange->remote));
    if (address->sa_family != AF_INET6)
        return;
    const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(six))
        inet_ntop(AF_INET, &six->s6_addr[12], out, sizeof(exchange->remote));
    else
        inet_ntop(AF_INET6, six, out, sizeof(exchange->remote));
}

/* The last address in X-Forwarded-For is the one that the proxy itself saw; what stands before it anybody may have
   written. */
static void read_forwarded(struct exchange *exchange)
{
    const char *forwarded = NULL;
    for (size_t i = 0; i < exchange->header_count; i++)
        if (strcasecmp(exchange->headers[i].name, "X-Forwarded-For") == 0)
            forwarded = exchange->headers[i].value;
    const char *comma = forwarded ? strrchr(forwarded, ',') : NULL;
    const char *last = comma ? comma + 1 : forwarded;
    if (!last)
        return;
    last += strspn(last, " \t");
    size_t size = strspn(last, "0123456789abcdefABCDEF.:");
    if (size > 0 && size < sizeof(exchange->remote))
        snprintf(exchange->remote, sizeof(exchange->remote), "%.*s", (int)size, last);
}

void exchange_begin(struct exchange *exchange, struct MHD_Connection *connection, const char *method)
{
    const union MHD_ConnectionInfo *context = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const union MHD_ConnectionInfo *address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    exchange->has_begun = true;
    exchange->method = method;
    exchange->connection = connection;
    exchange->client = context ? context->socket_context : NULL;
    write_remote(exchange, address ? address->client_addr : NULL);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, exchange);
    if (exchange->server->options->behind_tls_proxy)
        read_forwarded(exchange);
    const char *length = header(exchange, "Content-Length");
    exchange->too_large = length && strtoull(length, NULL, 10) > SERVER_BODY_MAX;
    /* Of two lengths a proxy before us may have taken the other one. */
    if (length && header(exchange, "Transfer-Encoding"))
        exchange->is_broken = true;
}

/* False: it is refused, and the rest of it dropped. */
static bool make_room(struct exchange *exchange, size_t size)
{
    size_t capacity = exchange->body_capacity ? exchange->body_capacity : BODY_MIN;
    while (capacity < size)
        capacity *= 2;
    capacity = capacity < SERVER_BODY_MAX ? capacity : SERVER_BODY_MAX;
    size_t more = counted(capacity) - counted(exchange->body_capacity);
    if (!reserve(exchange->server, more)) {
        exchange->is_crowded = true;
        return false;
    }
    char *grown = realloc(exchange->body, capacity);
    if (!grown) {
        give_back(exchange->server, more);
        exchange->is_broken = true;
        return false;
    }
    exchange->body = grown;
    exchange->body_capacity = capacity;
    return true;
}

void exchange_add_body(struct exchange *exchange, const char *data, size_t size)
{
    if (exchange->body_size + size > SERVER_BODY_MAX)
        exchange->too_large = true;
    if (exchange->too_large || exchange->is_broken || exchange->is_crowded)
        return;
    size_t needed = exchange->body_size + size;
    if (needed > exchange->body_capacity && !make_room(exchange, needed))
        return;
    memcpy(exchange->body + exchange->body_size, data, size);
    exchange->body_size = needed;
}

void exchange_answer(struct exchange *exchange)
{
    const struct http_options *options = exchange->server->options;
    const struct errand_request request = {
        .method = exchange->method,
        .target = exchange->target,
        .headers = exchange->headers,
        .header_count = exchange->header_count,
        .body = exchange->body,
        .body_size = exchange->body_size,
        .remote = exchange->remote,
        .encrypted = options->tls_certificate || options->behind_tls_proxy,
    };
    int64_t began_us = clock_monotonic_us();
    errand_dashboard_respond(exchange->server->service, &request, &exchange->response);
    exchange->is_answered = true;
    log_write(exchange->server->log, ERRAND_LOG_DEBUG, NULL, "%s %s: %d in %lld us, for %s", exchange->method,
              exchange->target, exchange->response.status, (long long)(clock_monotonic_us() - began_us),
              exchange->remote);
}

static enum MHD_Result queue(struct exchange *exchange, int status, struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(exchange->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result exchange_refuse(struct exchange *exchange, int status, const char *sentence)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(sentence), (void *)(uintptr_t)sentence, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (status == 503)
        MHD_add_response_header(response, "Retry-After", "30");
    /* What is left of the request is not read. */
    MHD_add_response_header(response, "Connection", "close");
    return queue(exchange, status, response);
}

enum MHD_Result exchange_send(struct exchange *exchange)
{
    struct errand_response *answer = &exchange->response;
    struct MHD_Response *response;
    if (answer->is_stream)
        response = streams_open(exchange->server->streams, exchange->connection, answer->body, answer->body_size);
    else
        response = MHD_create_response_from_buffer(answer->body_size, (void *)(uintptr_t)answer->body,
                                                   MHD_RESPMEM_PERSISTENT); /* lives as long as the exchange */
    if (!response && answer->is_stream)
        return exchange_refuse(exchange, 503, "There are too many streams of events. The page asks again.\n");
    for (size_t i = 0; response && i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    return queue(exchange, answer->status, response);
}
