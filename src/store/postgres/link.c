/* One asynchronous connection in pipeline mode on the loop. */
#include "store/postgres/link.h"

#include "base/clock.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void link_init(struct link *link, uv_loop_t *loop, int number, const struct link_events *events, void *owner)
{
    *link = (struct link){ .loop = loop, .number = number, .events = events, .owner = owner, .fd = -1 };
}

bool link_is_idle(const struct link *link)
{
    return link->up && !link->current && !link->first;
}

/* What an SQLSTATE means for the worker. */
static enum store_fault fault_of(const char *state)
{
    static const char *const offline[] = { "08", "57P", NULL };
    /* Locks and deadlocks; serialization; a full disk and other resources; a cancelled query, a table altered under
       its statements, a server that takes no writes (just promoted or about to be). */
    static const char *const busy[] = { "40", "55", "53", "57014", "0A000", "26000", "25006", "58030", NULL };
    for (size_t i = 0; offline[i]; i++)
        if (strncmp(state, offline[i], strlen(offline[i])) == 0)
            return STORE_OFFLINE;
    for (size_t i = 0; busy[i]; i++)
        if (strncmp(state, busy[i], strlen(busy[i])) == 0)
            return STORE_BUSY;
    return STORE_REFUSED;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void stop_watching(struct link *link)
{
    if (link->poll) {
        uv_poll_stop(link->poll);
        uv_close((uv_handle_t *)link->poll, free_handle);
    }
    if (link->limit)
        uv_close((uv_handle_t *)link->limit, free_handle);
    link->poll = NULL;
    link->limit = NULL;
    link->fd = -1;
}

static void answer(struct request *request, enum store_fault fault, const char *message)
{
    request->done(request, (struct store_result){ .fault = fault, .message = message });
    request_free(request);
}

void link_close(struct link *link, enum store_fault fault, const char *why)
{
    stop_watching(link);
    PQfinish(link->conn);
    link->conn = NULL;
    link->up = false;
    struct request *request = link->current, *waiting = link->first;
    link->current = link->first = link->last = NULL;
    if (request)
        answer(request, fault, why);
    while (waiting) {
        request = waiting;
        waiting = waiting->next;
        answer(request, fault, why);
    }
}

static void lost(struct link *link, const struct connect_failure *failure)
{
    struct connect_failure told = *failure; /* it may stand in what is closed */
    link_close(link, STORE_OFFLINE, told.error.message);
    link->events->down(link->owner, link, &told);
}

/* The connection broke: what the server said last, if anything. */
static void lost_in_use(struct link *link, const PGresult *farewell)
{
    struct connect_failure failure = { .passes = true };
    char text[900];
    connect_sentence(farewell, link->conn, link->url, true, text, sizeof(text));
    error_set(&failure.error, "the connection to %s was lost: %s", link->url->shown, text);
    lost(link, &failure);
}

/* ---- Sending ---- */

static int send_call(struct link *link, struct call *call)
{
    PGconn *conn = link->conn;
    if (!call->kept)
        return PQsendQueryParams(conn, call->sql, call->count, NULL, call->values, call->sizes, call->formats, 0);
    if (call->kept->made[link->number] != link->forgotten) {
        if (!PQsendPrepare(conn, call->kept->name, call->kept->sql, 0, NULL))
            return 0;
        call->kept->made[link->number] = link->forgotten;
    }
    return PQsendQueryPrepared(conn, call->kept->name, call->count, call->values, call->sizes, call->formats, 0);
}

static void watch(struct link *link, int events);

static bool flush(struct link *link)
{
    int left = PQflush(link->conn);
    if (left < 0)
        return false;
    watch(link, UV_READABLE | (left > 0 ? UV_WRITABLE : 0));
    return true;
}

/* True: the statement's PREPARE goes before it, and its answer comes first. */
static bool needs_prepare(const struct link *link, const struct call *call)
{
    return call->kept && call->kept->made[link->number] != link->forgotten;
}

static bool send_request(struct link *link, struct request *request)
{
    request->at = 0;
    request->answered = false;
    request->error = NULL;
    request->sent_us = clock_monotonic_us();
    for (size_t i = 0; i < request->count; i++) {
        request->calls[i].preparing = needs_prepare(link, &request->calls[i]);
        if (!send_call(link, &request->calls[i]))
            return false;
    }
    return PQpipelineSync(link->conn) && flush(link);
}

static void send_next(struct link *link)
{
    while (link->up && !link->current && link->first) {
        link->current = link->first;
        link->first = link->first->next;
        if (!link->first)
            link->last = NULL;
        link->current->next = NULL;
        if (!send_request(link, link->current)) {
            lost_in_use(link, NULL);
            return;
        }
    }
}

void link_send(struct link *link, struct request *request)
{
    request->next = NULL;
    if (link->last)
        link->last->next = request;
    else
        link->first = request;
    link->last = request;
    send_next(link);
}

/* ---- Answers ---- */

/* A statement's plan no longer fits the table, or the server has lost it: all are prepared anew on this link. */
static bool is_outdated(const char *sqlstate)
{
    return strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "26000") == 0;
}

static void ignore(struct request *request, struct store_result result)
{
    (void)request;
    (void)result;
}

static void clear_answers(struct request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        PQclear(request->calls[i].answer);
        request->calls[i].answer = NULL;
    }
}

static bool send_again(struct link *link, struct request *request)
{
    struct request *forget = request_new(ignore, NULL, NULL);
    if (!forget)
        return false;
    request_call(forget, "DEALLOCATE ALL");
    clear_answers(request);
    request->again = true;
    request->next = link->first;
    forget->next = request;
    link->first = forget;
    if (!link->last)
        link->last = request;
    link->forgotten++;
    send_next(link);
    return true;
}

static void finish(struct link *link)
{
    struct request *request = link->current;
    const char *state = connect_sqlstate(request->error);
    /* Not the server's words, but libpq's, which had no memory for an answer: what took effect is unknown. */
    if (request->error && state[0] == '\0') {
        lost_in_use(link, request->error);
        return;
    }
    link->current = NULL;
    for (size_t i = 0; i < request->count; i++)
        if (request->calls[i].preparing) /* its PREPARE was refused, or skipped */
            request->calls[i].kept->made[link->number] = 0;
    if (request->error && is_outdated(state) && !request->again && send_again(link, request))
        return;
    char text[900] = "";
    if (request->error)
        connect_sentence(request->error, link->conn, link->url, true, text, sizeof(text));
    enum store_fault fault = request->error ? fault_of(state) : STORE_OK;
    send_next(link); /* the next is under way while this one's answer is worked on */
    answer(request, fault, text);
    if (link_is_idle(link))
        link->events->idle(link->owner, link);
}

/* The call whose answer this is; NULL: none. The transaction commits behind the last one's answer: what is said then is
   that it was refused after all (a deferred constraint, a cancelled commit), and takes that answer's place. */
static struct call *call_answered(struct request *request, ExecStatusType status)
{
    if (request->at < request->count)
        return &request->calls[request->at];
    return status == PGRES_FATAL_ERROR && request->count > 0 ? &request->calls[request->count - 1] : NULL;
}

static void keep_answer(struct request *request, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    struct call *call = call_answered(request, status);
    request->answered = true;
    /* What follows an error is only said to have been skipped. */
    if (!call || request->error || (call->preparing && status == PGRES_COMMAND_OK)) {
        PQclear(result);
        return;
    }
    if (status == PGRES_FATAL_ERROR)
        request->error = result;
    PQclear(call->answer);
    call->answer = result;
}

/* Behind each statement's answer comes a NULL. */
static void end_answer(struct request *request)
{
    if (!request->answered)
        return;
    request->answered = false;
    struct call *call = request->at < request->count ? &request->calls[request->at] : NULL;
    if (call && call->preparing && !request->error)
        call->preparing = false;
    else if (!request->error)
        request->at++;
}

/* False: the connection is gone. */
static bool read_answers(struct link *link)
{
    int nulls = 0;
    while (link->current && !PQisBusy(link->conn)) {
        PGresult *result = PQgetResult(link->conn);
        if (!result) {
            if (PQstatus(link->conn) == CONNECTION_BAD || ++nulls > 2)
                return PQstatus(link->conn) != CONNECTION_BAD;
            end_answer(link->current);
            continue;
        }
        nulls = 0;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            finish(link);
            if (!link->conn || !link->up)
                return true; /* closed by what the answer led to */
            continue;
        }
        keep_answer(link->current, result);
    }
    return PQstatus(link->conn) != CONNECTION_BAD;
}

static void read_notifications(struct link *link)
{
    PGnotify *notification;
    while (link->conn && (notification = PQnotifies(link->conn)) != NULL) {
        link->events->notified(link->owner, notification->relname);
        PQfreemem(notification);
    }
}

static void on_use(struct link *link, int events)
{
    if ((events & UV_WRITABLE) && !flush(link)) {
        lost_in_use(link, NULL);
        return;
    }
    if (!(events & UV_READABLE))
        return;
    bool whole = PQconsumeInput(link->conn) != 0;
    bool alive = read_answers(link) && whole;
    if (!link->up)
        return;
    if (!alive) {
        lost_in_use(link, link->current ? link->current->error : NULL);
        return;
    }
    if (!link->current)
        PQisBusy(link->conn); /* parses what was said unasked: notifications, a farewell */
    if (PQstatus(link->conn) == CONNECTION_BAD)
        lost_in_use(link, NULL);
    else
        read_notifications(link);
}

/* ---- Connecting ---- */

static void connecting(struct link *link);

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct link *link = poll->data;
    if (status < 0) /* libuv has stopped the watch; what the server said last may come before the end of the stream */
        uv_poll_start(poll, UV_READABLE, on_event);
    if (link->up)
        on_use(link, status < 0 ? UV_READABLE : events);
    else
        connecting(link);
}

/* libpq may close a socket and open another under the same number, so while connecting a watch never outlives a step.
 */
static void watch(struct link *link, int events)
{
    int fd = PQsocket(link->conn);
    if (link->poll && link->fd != fd) {
        uv_poll_stop(link->poll);
        uv_close((uv_handle_t *)link->poll, free_handle);
        link->poll = NULL;
    }
    if (!link->poll) {
        link->poll = calloc(1, sizeof(*link->poll));
        if (!link->poll || uv_poll_init(link->loop, link->poll, fd) != 0)
            abort(); /* no memory for one handle */
        link->poll->data = link;
        link->fd = fd;
    }
    uv_poll_start(link->poll, events, on_event);
}

static void connect_lost(struct link *link, bool in_time)
{
    struct connect_failure failure = { .passes = true };
    if (link->conn)
        connect_failed(link->conn, link->url, &failure);
    else
        error_set(&failure.error, "cannot connect to %s: out of memory", link->url->shown);
    if (!in_time) {
        error_set(&failure.error, "cannot connect to %s: no answer in time", link->url->shown);
        failure.passes = true;
    }
    lost(link, &failure);
}

static void connected(struct link *link)
{
    PQsetErrorVerbosity(link->conn, PQERRORS_DEFAULT);
    if (PQsetnonblocking(link->conn, 1) != 0 || !PQenterPipelineMode(link->conn)) {
        connect_lost(link, true);
        return;
    }
    uv_close((uv_handle_t *)link->limit, free_handle);
    link->limit = NULL;
    link->up = true;
    link->forgotten++;
    watch(link, UV_READABLE);
    link->events->up(link->owner, link);
}

static void out_of_time(uv_timer_t *timer);

/* One step. in_time: false where the address that was tried did not answer. */
static void step(struct link *link, bool in_time)
{
    if (link->poll)
        uv_poll_stop(link->poll);
    PostgresPollingStatusType next = PQconnectPoll(link->conn);
    if (next == PGRES_POLLING_OK) {
        connected(link);
        return;
    }
    if (next == PGRES_POLLING_FAILED) {
        connect_lost(link, in_time);
        return;
    }
    if (connect_at_another_address(link->conn, &link->address) || !in_time)
        uv_timer_start(link->limit, out_of_time, (uint64_t)connect_limit_ms(link->conn), 0);
    watch(link, next == PGRES_POLLING_READING ? UV_READABLE : UV_WRITABLE);
}

static void connecting(struct link *link)
{
    step(link, true);
}

static void out_of_time(uv_timer_t *timer)
{
    struct link *link = timer->data;
    if (!link->conn || PQstatus(link->conn) == CONNECTION_BAD) {
        connect_lost(link, true);
        return;
    }
    hosts_put_last(link->hosts, link->conn);
    connect_give_up_address(link->conn);
    step(link, false);
}

void link_connect(struct link *link)
{
    struct errand_error err;
    link->conn = connect_start(link->url, NULL, link->application_name, link->hosts, &err);
    link->limit = calloc(1, sizeof(*link->limit));
    if (!link->limit)
        abort();
    uv_timer_init(link->loop, link->limit);
    link->limit->data = link;
    bool failed = !link->conn || PQstatus(link->conn) == CONNECTION_BAD;
    link->address = 0;
    if (!failed)
        connect_at_another_address(link->conn, &link->address);
    uv_timer_start(link->limit, out_of_time, failed ? 0 : (uint64_t)connect_limit_ms(link->conn), 0);
    if (!failed)
        watch(link, UV_WRITABLE);
}
