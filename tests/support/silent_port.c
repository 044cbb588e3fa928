/* Ports that do not answer. */
#include "silent_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct silent_port open_port(int backlog)
{
    struct silent_port silent;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    for (int i = 0; i < 8; i++)
        silent.fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent.fds[0], (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(silent.fds[0], backlog), 0);
    assert_int_equal(getsockname(silent.fds[0], (struct sockaddr *)&address, &size), 0);
    silent.port = ntohs(address.sin_port);
    return silent;
}

struct silent_port silent_port_open(void)
{
    struct silent_port silent = open_port(0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    address.sin_port = htons((uint16_t)silent.port);
    for (int i = 1; i < 8; i++)
        connect(silent.fds[i], (struct sockaddr *)&address, sizeof(address));
    return silent;
}

struct silent_port mute_port_open(void)
{
    return open_port(64);
}

bool mute_port_holds(const struct silent_port *mute)
{
    struct pollfd look = { .fd = mute->fds[0], .events = POLLIN };
    return poll(&look, 1, 0) > 0;
}

int mute_port_taken(const struct silent_port *mute)
{
    int taken = 0;
    for (int fd; (fd = accept(mute->fds[0], NULL, NULL)) >= 0; taken++)
        close(fd);
    return taken;
}

void silent_port_close(struct silent_port *silent)
{
    for (int i = 0; i < 8; i++)
        close(silent->fds[i]);
}

struct store_url url_behind(const int *ports, size_t count)
{
    char text[512] = "postgresql://postgres@";
    const char *server = strchr(getenv("TEST_POSTGRES_URL"), '@') + 1;
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "127.0.0.1:%d,", ports[i]);
    snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s?connect_timeout=2", server);
    struct store_url url;
    struct errand_error err;
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    return url;
}
