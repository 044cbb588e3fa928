/* Streams of events. One thread waits for changes of the jobs and wakes all streams, which are suspended in between:
   a stream costs a connection and nothing else. */
#include "dashboard/http/server.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

enum { KEEP_ALIVE_MS = 15000 };

struct event {
    uint64_t number;
    size_t size;
    char text[ERRAND_EVENT_MAX];
};

struct stream {
    struct streams *streams;
    struct MHD_Connection *connection;
    struct stream *next, *previous;
    char *text; /* what is sent now; owned: events are copied, since the next one may come while this one is sent */
    size_t size, sent;
    uint64_t seen_change, seen_keep;
    int64_t began_us;
    bool is_suspended;
};

struct streams {
    struct server *server;
    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t some;
    struct stream *first;
    int count;
    bool stops;
    struct event change; /* the last one that said something */
    struct event keep;   /* the last comment, which keeps connections alive */
};

/* ---- The thread that waits ---- */

static void wake(struct stream *stream)
{
    if (!stream->is_suspended)
        return;
    stream->is_suspended = false;
    MHD_resume_connection(stream->connection);
}

static void wake_all(struct streams *streams)
{
    for (struct stream *stream = streams->first; stream; stream = stream->next)
        wake(stream);
}

/* A line that begins with a colon is a comment. */
static void publish(struct streams *streams, const char *text, size_t size)
{
    pthread_mutex_lock(&streams->mutex);
    struct event *event = text[0] == ':' ? &streams->keep : &streams->change;
    event->number++;
    event->size = size;
    memcpy(event->text, text, size);
    wake_all(streams);
    pthread_mutex_unlock(&streams->mutex);
}

/* Nobody listens: nothing is waited for, and so nothing is asked of the database. */
static bool wait_for_streams(struct streams *streams)
{
    pthread_mutex_lock(&streams->mutex);
    while (!streams->first && !streams->stops)
        pthread_cond_wait(&streams->some, &streams->mutex);
    bool goes_on = !streams->stops;
    pthread_mutex_unlock(&streams->mutex);
    return goes_on;
}

static void *watch(void *arg)
{
    struct streams *streams = arg;
    uint64_t seen = 0;
    char text[ERRAND_EVENT_MAX];
    while (wait_for_streams(streams)) {
        size_t size = errand_dashboard_next_event(streams->server->service, &seen, KEEP_ALIVE_MS, text, sizeof(text));
        if (size == 0)
            break;
        publish(streams, text, size);
    }
    return NULL;
}

struct streams *streams_new(struct server *server)
{
    struct streams *streams = calloc(1, sizeof(*streams));
    if (!streams)
        return NULL;
    streams->server = server;
    pthread_mutex_init(&streams->mutex, NULL);
    pthread_cond_init(&streams->some, NULL);
    if (pthread_create(&streams->thread, NULL, watch, streams) == 0)
        return streams;
    free(streams);
    return NULL;
}

void streams_stop(struct streams *streams)
{
    pthread_mutex_lock(&streams->mutex);
    streams->stops = true;
    pthread_cond_broadcast(&streams->some);
    wake_all(streams);
    pthread_mutex_unlock(&streams->mutex);
    errand_dashboard_stop(streams->server->service);
    pthread_join(streams->thread, NULL);
}

void streams_free(struct streams *streams)
{
    if (!streams)
        return;
    pthread_cond_destroy(&streams->some);
    pthread_mutex_destroy(&streams->mutex);
    free(streams);
}

/* ---- One stream ---- */

static bool is_over(const struct stream *stream)
{
    return stream->streams->stops || clock_monotonic_us() - stream->began_us > SERVER_STREAM_S * INT64_C(1000000);
}

/* The next event that this stream has not seen; false where there is none. */
static bool next_text(struct stream *stream)
{
    struct streams *streams = stream->streams;
    const struct event *event = NULL;
    if (stream->seen_change != streams->change.number)
        event = &streams->change;
    else if (stream->seen_keep != streams->keep.number)
        event = &streams->keep;
    stream->seen_change = streams->change.number;
    stream->seen_keep = streams->keep.number;
    if (!event)
        return false;
    stream->size = event->size;
    stream->sent = 0;
    memcpy(stream->text, event->text, event->size);
    return true;
}

/* Called by the thread of the connections, whenever there is room. With the mutex held over the look and the
   suspending, no event slips in between. */
static ssize_t read_stream(void *arg, uint64_t position, char *out, size_t most)
{
    (void)position;
    struct stream *stream = arg;
    struct streams *streams = stream->streams;
    ssize_t given = 0;
    pthread_mutex_lock(&streams->mutex);
    if (stream->sent < stream->size || next_text(stream)) {
        size_t size = MIN(most, stream->size - stream->sent);
        memcpy(out, stream->text + stream->sent, size);
        stream->sent += size;
        given = (ssize_t)size;
    } else if (is_over(stream)) {
        given = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->is_suspended = true;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&streams->mutex);
    return given;
}

static void unlink_stream(struct stream *stream)
{
    struct streams *streams = stream->streams;
    pthread_mutex_lock(&streams->mutex);
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        streams->first = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    streams->count--;
    pthread_mutex_unlock(&streams->mutex);
}

static void close_stream(void *arg)
{
    struct stream *stream = arg;
    unlink_stream(stream);
    free(stream->text);
    free(stream);
}

static bool link_stream(struct streams *streams, struct stream *stream)
{
    pthread_mutex_lock(&streams->mutex);
    bool has_room = streams->count < SERVER_STREAMS_MAX && !streams->stops;
    if (has_room) {
        stream->seen_change = streams->change.number;
        stream->seen_keep = streams->keep.number;
        stream->next = streams->first;
        if (stream->next)
            stream->next->previous = stream;
        streams->first = stream;
        streams->count++;
        pthread_cond_broadcast(&streams->some);
    }
    pthread_mutex_unlock(&streams->mutex);
    return has_room;
}

struct MHD_Response *streams_open(struct streams *streams, struct MHD_Connection *connection, const char *text,
                                  size_t size)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    char *copy = malloc(MAX(size, (size_t)ERRAND_EVENT_MAX));
    if (!stream || !copy) {
        free(stream);
        free(copy);
        return NULL;
    }
    memcpy(copy, text, size);
    *stream = (struct stream){
        .streams = streams,
        .connection = connection,
        .text = copy,
        .size = size,
        .began_us = clock_monotonic_us(),
    };
    if (!link_stream(streams, stream)) {
        free(copy);
        free(stream);
        return NULL;
    }
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, ERRAND_EVENT_MAX, read_stream, stream, close_stream);
    if (!response)
        close_stream(stream);
    return response;
}

void streams_expire(struct streams *streams)
{
    pthread_mutex_lock(&streams->mutex);
    for (struct stream *stream = streams->first; stream; stream = stream->next)
        if (is_over(stream))
            wake(stream);
    pthread_mutex_unlock(&streams->mutex);
}
