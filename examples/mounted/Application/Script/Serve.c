/* The dashboard in a server that is there already: this one is as small as a server can be. It has a page of its own,
   and gives whatever is below /jobs to the dashboard, which asks the server's own session who it is.

       build/bin/Script/Serve 8080

   One request at a time, over plain sockets, for this machine alone. What a server must care for beyond that (many
   connections, slow ones, TLS) RunDashboard does; a server of an application does it too. */
#include "Generated/types.h"

#include <errand/dashboard.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { REQUEST_MAX = 1200 * 1024, HEADERS_MAX = 100 };

/* ---- The application's own: sessions and a page ---- */

/* Who is logged in; a real application looks the cookie up among its sessions. */
static struct errand_identity authenticate(struct errand_context *ctx, const struct errand_request *request)
{
    (void)ctx;
    const char *cookie = errand_request_header(request, "Cookie");
    if (cookie && strstr(cookie, "session=ann"))
        return (struct errand_identity){ .user = "ann" };
    return (struct errand_identity){ .redirect = "/login" };
}

static const struct errand_dashboard dashboard = { .auth = { .authenticate = authenticate } };

static const char home[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n"
                           "<!DOCTYPE html><title>Home</title><nav><a href=\"/jobs/ListJobs\">Jobs</a></nav>\n";

/* ---- Reading a request ---- */

/* Takes the lines of the head apart in place. False where it is none. */
static bool parse_head(char *head, struct errand_request *request, struct errand_header headers[HEADERS_MAX])
{
    char *rest, *words, *line = strtok_r(head, "\r\n", &rest);
    request->method = line ? strtok_r(line, " ", &words) : NULL;
    request->target = request->method ? strtok_r(NULL, " ", &words) : NULL;
    request->headers = headers;
    while ((line = strtok_r(NULL, "\r\n", &rest))) {
        char *colon = strchr(line, ':');
        if (!colon || request->header_count == HEADERS_MAX)
            return false;
        *colon = '\0';
        headers[request->header_count++] = (struct errand_header){ line, colon + 1 + strspn(colon + 1, " \t") };
    }
    return request->target != NULL;
}

/* Reads until the text holds so many bytes; false where the client has gone. */
static bool read_up_to(int client, char *text, size_t *have, size_t wanted)
{
    while (*have < wanted) {
        ssize_t got = read(client, text + *have, wanted - *have);
        if (got <= 0)
            return false;
        *have += (size_t)got;
    }
    return true;
}

static bool read_request(int client, char *text, struct errand_request *request, struct errand_header *headers)
{
    size_t have = 0;
    char *end = NULL;
    while (!end) {
        if (have == REQUEST_MAX || !read_up_to(client, text, &have, have + 1))
            return false;
        text[have] = '\0';
        end = have >= 4 && memcmp(text + have - 4, "\r\n\r\n", 4) == 0 ? text + have : NULL;
    }
    end[-2] = '\0';
    if (!parse_head(text, request, headers))
        return false;
    const char *length = errand_request_header(request, "Content-Length");
    size_t body_size = length ? strtoul(length, NULL, 10) : 0;
    if (body_size > REQUEST_MAX - have)
        return false;
    request->body = end;
    request->body_size = body_size;
    size_t head_size = have;
    return read_up_to(client, text, &have, head_size + body_size);
}

/* ---- Answering ---- */

static void answer(FILE *out, struct errand_dashboard_service *service, const struct errand_request *request)
{
    if (strncmp(request->target, "/jobs", 5) != 0) {
        fputs(home, out);
        return;
    }
    struct errand_response response;
    errand_dashboard_respond(service, request, &response);
    fprintf(out, "HTTP/1.1 %d \r\nConnection: close\r\n", response.status);
    for (size_t i = 0; i < response.header_count; i++)
        fprintf(out, "%s: %s\r\n", response.headers[i].name, response.headers[i].value);
    /* A stream of events ends at once here; pages then ask for themselves from time to time. */
    if (!response.is_stream)
        fprintf(out, "Content-Length: %zu\r\n", response.body_size);
    fputs("\r\n", out);
    if (strcmp(request->method, "HEAD") != 0)
        fwrite(response.body, 1, response.body_size, out);
    errand_response_release(&response);
}

static void serve_client(int client, struct errand_dashboard_service *service)
{
    static char text[REQUEST_MAX + 1];
    struct errand_header headers[HEADERS_MAX];
    struct errand_request request = { .remote = "127.0.0.1" };
    const struct timeval patience = { .tv_sec = 5 };
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    FILE *out = fdopen(client, "r+");
    if (out && read_request(client, text, &request, headers))
        answer(out, service, &request);
    if (out)
        fclose(out);
}

static int listen_on(int port)
{
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof address;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 64) < 0)
        return -1;
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("http://127.0.0.1:%d/\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    struct errand_error err;
    struct errand_dashboard_service *service = errand_dashboard_open(&dashboard, &errand_schema, NULL, &err);
    if (!service) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    int listener = listen_on(argc > 1 ? atoi(argv[1]) : 8080);
    if (listener < 0) {
        perror("cannot listen");
        return EXIT_FAILURE;
    }
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client >= 0)
            serve_client(client, service);
    }
}
