/* The order in which the hosts of an address that names several are tried: as it says, but those that took a connection
   and never spoke, or did not answer at all, last. Else each reconnect would wait for them first. */
#ifndef STORE_POSTGRES_HOSTS_H
#define STORE_POSTGRES_HOSTS_H

#include <libpq-fe.h>

/* Lists as libpq has them; all NULL: as the address says. Owned. */
struct hosts {
    char *host, *hostaddr, *port;
};

/* The host that is being tried goes to the end. How many there are; 0: one only, or memory ran out. */
size_t hosts_put_last(struct hosts *hosts, PGconn *conn);
/* As the address says, from now on. */
void hosts_forget(struct hosts *hosts);

#endif
