/* Ports that do not answer. */
#include "silent_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct silent_port silent_port_open(void)
{
    struct silent_port silent;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    for (int i = 0; i < 8; i++)
        silent.fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent.fds[0], (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(silent.fds[0], 0), 0);
    assert_int_equal(getsockname(silent.fds[0], (struct sockaddr *)&address, &size), 0);
    for (int i = 1; i < 8; i++)
        connect(silent.fds[i], (struct sockaddr *)&address, size);
    silent.port = ntohs(address.sin_port);
    return silent;
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
