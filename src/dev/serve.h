/* One connection to the port of the development server: a request, an answer, the end. */
#ifndef DEV_SERVE_H
#define DEV_SERVE_H

#include "dev/dev.h"

enum {
    CLIENTS_MAX = 200,
    HEAD_MAX = 64 * 1024,
    BODY_MAX = 256 * 1024, /* of what the server's own pages take; RunDashboard has a limit of its own */
    ANSWER_MAX = 16 * 1024 * 1024,
    REQUEST_LIMIT_MS = 30 * 1000, /* for a request to come */
    FINISH_LIMIT_MS = 1000        /* for the client to close */
};

/* What was asked; strings point into the head that it was parsed from, a copy. NULL: the header was not there. */
struct request {
    const char *method, *path, *query; /* undecoded; query "" where there is none */
    const char *host, *origin, *site, *known, *type;
    size_t content_length;
    bool chunked;
};

/* Takes head apart, which ends with the empty line. 0, or the status to refuse it with. */
int request_parse(char *head, size_t size, struct request *request);
/* Whether the host is this machine by a name that no site can point elsewhere. */
bool request_is_local(const struct request *request);
/* Whether a page of this server sent it. */
bool request_is_same_origin(const struct request *request);
bool request_has_field(const char *form, const char *name);
/* The decoded value of a field; NULL where it is not there, has more than size - 1 bytes, or is wrongly encoded. */
const char *request_field(const char *form, const char *name, char *value, size_t size);

struct client;

/* One way of a connection that is handed on. */
struct way {
    struct client *client;
    uv_stream_t *from, *to;
    uv_write_t write;
    char data[16 * 1024];
};

struct client {
    struct dev *dev;
    uv_tcp_t socket, upstream;
    uv_timer_t limit;
    int handles; /* that are open, and whatever else needs it */
    bool closing, finishing, forwards;
    bool asks; /* RunDashboard, in that turn of it, which has not said anything yet */
    unsigned turn;
    size_t head_size; /* 0: not whole yet */
    struct buffer in, head, out;
    struct request request;
    uv_write_t write;
    uv_shutdown_t shutdown;
    uv_connect_t connect;
    struct way up, down;
};

void client_close(struct client *client);
/* Nobody waits for the answer any more. */
bool client_has_ended(const struct client *client);
/* One handle less; the last one frees it. */
void client_release(struct client *client);
/* Everything was written: tells the client, and closes when it does. */
void client_finish(struct client *client);
/* Sends client->out, a whole answer. */
void client_send(struct client *client);
/* One with a status and a page, or a sentence. */
void client_refuse(struct client *client, int status, const char *sentence);

/* Hands the connection on to 127.0.0.1:port, its head without what is about connections. */
void forward_start(struct client *client, int port);
/* It has begun to answer, or never will. */
void forward_answered(struct client *client);

/* Writes the whole answer, of a request that was checked, to client->out. */
void page_answer(struct client *client, const char *body);
/* Its parts, for the other pages: everything before the content, where path says which page it is, and title (NULL: the
   page's own) what the window shows; everything behind it, and the answer, which releases page; text, escaped; an
   answer that is a sentence. */
void page_begin(struct buffer *page, const char *path, const char *title);
#define PAGE_END "</main></div></body></html>\n"
void page_end(struct client *client, int status, struct buffer *page);
void page_escape(struct buffer *out, const char *text);
void answer_refuse(struct client *client, int status, const char *sentence);

/* page_generate.c: the pages /Codegen and /Schema, and their forms. */
void page_generate(struct client *client, const char *page);
void page_generate_now(struct client *client, const char *body);

/* Status line and headers, for a body of size bytes. */
void answer_head(struct buffer *out, int status, const char *type, const char *more, size_t size);

#endif
