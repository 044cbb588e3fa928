/* The socket that RunDashboard listens on. */
#ifndef DASHBOARD_HTTP_LISTEN_H
#define DASHBOARD_HTTP_LISTEN_H

#include <errand/context.h>

enum { LISTEN_ADDRESS_MAX = 80 };

struct listener {
    int fd; /* owned */
    bool is_loopback;
    char address[LISTEN_ADDRESS_MAX]; /* "127.0.0.1:8000", "[::1]:8000", as an address in a browser has it */
};

/* Finds out what host (an address or a name of this machine) is and binds it, without listening yet. 0, or -1 and the
   sentence. */
int listener_open(struct listener *listener, const char *host, int port, struct errand_error *err);
/* From now on connections queue up. */
int listener_start(struct listener *listener, struct errand_error *err);
void listener_close(struct listener *listener);

#endif
