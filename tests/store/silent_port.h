/* Ports that do not answer, as those of a host that cannot be reached. */
#ifndef TESTS_STORE_SILENT_PORT_H
#define TESTS_STORE_SILENT_PORT_H

#include "store/connection.h"

/* Of 127.0.0.1; no connection to it comes to pass: its backlog is full, so the kernel answers nothing. */
struct silent_port {
    int fds[8], port;
};
struct silent_port silent_port_open(void);
void silent_port_close(struct silent_port *silent);

/* The server of TEST_POSTGRES_URL as the last host of a list of such ports, with connect_timeout=2. */
struct store_url url_behind(const int *ports, size_t count);

#endif
