/* Ports that do not answer, as those of a host that cannot be reached. */
#ifndef TESTS_SUPPORT_SILENT_PORT_H
#define TESTS_SUPPORT_SILENT_PORT_H

#include "store/connection.h"

/* Of 127.0.0.1; no connection to it comes to pass: its backlog is full, so the kernel answers nothing. */
struct silent_port {
    int fds[8], port;
};
struct silent_port silent_port_open(void);
/* The same, but the kernel takes up to 64 connections, to which then nobody speaks. */
struct silent_port mute_port_open(void);
/* Whether it has taken one since the last call of mute_port_taken; all are held, and nobody speaks. */
bool mute_port_holds(const struct silent_port *mute);
/* How many it has taken since the last call. They are closed. */
int mute_port_taken(const struct silent_port *mute);
void silent_port_close(struct silent_port *silent);

/* The server of TEST_POSTGRES_URL as the last host of a list of such ports, with connect_timeout=2. */
struct store_url url_behind(const int *ports, size_t count);

#endif
