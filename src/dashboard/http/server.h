/* The dashboard behind libmicrohttpd: one thread reads and writes all connections (epoll), a few answer requests
   (pool.c), one waits for changes and tells the streams of events (streams.c). A connection whose request is being
   answered, and a stream without news, is suspended: it costs no thread. */
#ifndef DASHBOARD_HTTP_SERVER_H
#define DASHBOARD_HTTP_SERVER_H

#include "base/log.h"
#include "dashboard/http/options.h"

#include <microhttpd.h>
#include <pthread.h>

enum {
    SERVER_CONNECTIONS_MAX = 512,
    SERVER_CONNECTIONS_OF_ONE_MAX = 256, /* of one address; with a proxy all come from it */
    SERVER_STREAMS_MAX = 100,
    SERVER_BODY_MAX = 1024 * 1024,        /* of a request; the dashboard's own limit */
    SERVER_BODY_FREE = 64 * 1024,         /* of it, that is not counted in the next */
    SERVER_BODIES_MAX = 64 * 1024 * 1024, /* of all requests that are being read or answered */
    SERVER_MEMORY_MAX = 64 * 1024,        /* of a connection: request line and headers */
    SERVER_IDLE_S = 30,                   /* a connection on which nothing moves is closed */
    SERVER_READ_S = 30,     /* a request is read in whole within this time, from when the last one ended */
    SERVER_WRITE_S = 60,    /* a response is taken within this time */
    SERVER_STREAM_S = 3600, /* a stream ends, and the page asks for a new one, as who it then is */
    SERVER_STOP_S = 10,     /* what is under way may take this long when it is told to stop */
};

/* A connection, from when it is accepted. */
struct client {
    struct client *next, *previous;
    int fd;
    int64_t deadline_us; /* by clock_monotonic_us: when it is closed; INT64_MAX: never */
};

/* A request, from its first line until its response is taken. */
struct exchange {
    struct server *server;
    struct client *client;
    struct MHD_Connection *connection;
    char *target;       /* owned */
    const char *method; /* the connection's, as the text of the headers is */
    char remote[64];
    struct errand_header *headers; /* owned; their text is the connection's */
    size_t header_count, header_capacity;
    char *body; /* owned */
    size_t body_size, body_capacity;
    bool has_begun;  /* its headers are in */
    bool too_large;  /* its body; the rest of it is dropped */
    bool is_broken;  /* out of memory, or two lengths */
    bool is_crowded; /* the bodies of others leave no room for its own */
    bool is_answered;
    bool is_counted;  /* in under_way */
    int64_t began_us; /* to be answered */
    struct errand_response response;
    struct exchange *next; /* in the queue */
};

struct pool;
struct streams;

struct server {
    const struct http_options *options;
    const struct log *log;
    struct errand_dashboard_service *service;
    struct MHD_Daemon *daemon;
    struct pool *pool;
    struct streams *streams;
    pthread_mutex_t mutex; /* of what follows */
    struct client *clients;
    int under_way;     /* requests that were read and whose response is not taken yet, streams aside */
    size_t body_bytes; /* that all exchanges hold, but for SERVER_BODY_FREE of each */
    bool stops;
};

/* Serves on the listening socket until SIGTERM or SIGINT; a byte is written to ready_fd when it
   accepts connections. Returns the
   exit code. */
int server_run(const struct http_options *options, const struct errand_dashboard *dashboard,
               const struct errand_schema *schema, int listen_fd, int ready_fd);

/* ---- exchange.c ---- */

struct exchange *exchange_new(struct server *server, const char *target);
void exchange_free(struct exchange *exchange);
/* What libmicrohttpd knows of it once its headers are in. */
void exchange_begin(struct exchange *exchange, struct MHD_Connection *connection, const char *method);
void exchange_add_body(struct exchange *exchange, const char *data, size_t size);
/* Asks the dashboard. */
void exchange_answer(struct exchange *exchange);
/* Hands the response to libmicrohttpd. */
enum MHD_Result exchange_send(struct exchange *exchange);
/* A refusal of the server's own, before the dashboard is asked. */
enum MHD_Result exchange_refuse(struct exchange *exchange, int status, const char *sentence);

/* ---- pool.c ---- */

struct pool *pool_new(struct server *server, int threads);
/* Waits for its threads. */
void pool_free(struct pool *pool);
/* Has it answered by one of the threads, and its connection resumed then. It is suspended already. */
void pool_add(struct pool *pool, struct exchange *exchange);
/* The request that one of the threads has been at for the longest: since when, and which; INT64_MAX: none. */
int64_t pool_oldest_us(struct pool *pool, char *target, size_t size);

/* ---- streams.c ---- */

struct streams *streams_new(struct server *server);
void streams_stop(struct streams *streams);
void streams_free(struct streams *streams);
/* A response that begins with text and goes on with events; NULL where there are too many streams. */
struct MHD_Response *streams_open(struct streams *streams, struct MHD_Connection *connection, const char *text,
                                  size_t size);
/* Ends those that are older than SERVER_STREAM_S. */
void streams_expire(struct streams *streams);

#endif
