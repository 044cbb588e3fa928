/* One asynchronous connection in pipeline mode on the loop, with a queue of requests of which one is under way. It does
   not reconnect by itself. */
#ifndef STORE_POSTGRES_LINK_H
#define STORE_POSTGRES_LINK_H

#include "store/postgres/connect.h"
#include "store/postgres/request.h"

#include <uv.h>

struct link;

struct link_events {
    /* Connected and in pipeline mode; requests may be sent. */
    void (*up)(void *owner, struct link *link);
    /* The connection was lost or never made; its requests have been answered with STORE_OFFLINE. */
    void (*down)(void *owner, struct link *link, const struct connect_failure *failure);
    /* No request is under way or waits. */
    void (*idle)(void *owner, struct link *link);
    void (*notified)(void *owner, const char *channel);
};

struct link {
    uv_loop_t *loop;
    const struct store_url *url;
    struct hosts *hosts; /* shared by the links of a store */
    const char *application_name;
    const struct link_events *events;
    void *owner;
    int number;        /* of LINKS */
    PGconn *conn;      /* NULL: not connected, nor connecting */
    uv_poll_t *poll;   /* closes by itself; NULL: none */
    int fd;            /* that it watches */
    uv_timer_t *limit; /* of connecting, for the address that is being tried */
    uint64_t address;  /* which that is */
    bool up;
    uint64_t forgotten; /* how often the prepared statements were thrown away, + 1; unique to each connection */
    struct request *current;
    struct request *first, *last;
};

void link_init(struct link *link, uv_loop_t *loop, int number, const struct link_events *events, void *owner);
/* Begins to connect, told by up or down, never from within. */
void link_connect(struct link *link);
/* Sends it, or keeps it until those before it are answered. */
void link_send(struct link *link, struct request *request);
bool link_is_idle(const struct link *link);
/* Closes; requests are answered with this fault, down is not told. */
void link_close(struct link *link, enum store_fault fault, const char *why);

#endif
