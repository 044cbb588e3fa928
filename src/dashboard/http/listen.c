/* The socket that RunDashboard listens on. */
#include "dashboard/http/listen.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static int refuse(int port, const char *host, int number, struct errand_error *err)
{
    if (number == EADDRINUSE)
        return error_set(err, "another program listens on port %d of %s already; --port chooses another one", port,
                         host);
    if (number == EACCES)
        return error_set(err, "port %d of %s is for root alone; --port chooses another one, such as 8000", port, host);
    if (number == EADDRNOTAVAIL)
        return error_set(err, "%s is none of this machine's addresses; --host chooses another one", host);
    return error_set(err, "cannot listen on port %d of %s: %s", port, host, strerror(number));
}

static void write_address(struct listener *listener)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    char host[INET6_ADDRSTRLEN] = "?", port[8] = "?";
    if (getsockname(listener->fd, (struct sockaddr *)&bound, &size) == 0)
        getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(listener->address, sizeof(listener->address), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

int listener_open(struct listener *listener, const char *host, int port, struct errand_error *err)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *found;
    char service[8];
    snprintf(service, sizeof(service), "%d", port);
    int failed = getaddrinfo(host, service, &hints, &found);
    if (failed)
        return error_set(err, "--host %s: %s", host, gai_strerror(failed));
    int yes = 1, number = 0;
    listener->is_loopback = is_loopback(found->ai_addr);
    listener->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener->fd < 0 || setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
        bind(listener->fd, found->ai_addr, found->ai_addrlen) < 0)
        number = errno;
    freeaddrinfo(found);
    if (number) {
        listener_close(listener);
        return refuse(port, host, number, err);
    }
    write_address(listener);
    return 0;
}

int listener_start(struct listener *listener, struct errand_error *err)
{
    if (listen(listener->fd, BACKLOG) == 0)
        return 0;
    /* Two programs may bind a port that neither listens on; the second one finds out here. */
    if (errno == EADDRINUSE)
        return error_set(err, "another program listens on %s already; --port chooses another one", listener->address);
    return error_set(err, "cannot listen on %s: %s", listener->address, strerror(errno));
}

void listener_close(struct listener *listener)
{
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}
