/* libmicrohttpd's callbacks, the deadlines of connections, and the life of the serving process. */
#include "dashboard/http/server.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TARGET_MAX = 1024 }; /* of what the log says of a request that hangs */

/* ---- Connections and their deadlines ---- */

static void set_deadline(struct server *server, struct client *client, int seconds)
{
    if (!client)
        return;
    pthread_mutex_lock(&server->mutex);
    client->deadline_us = seconds ? clock_monotonic_us() + seconds * INT64_C(1000000) : INT64_MAX;
    pthread_mutex_unlock(&server->mutex);
}

static struct client *client_new(struct server *server, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct client *client = calloc(1, sizeof(*client));
    if (!client || !info) {
        free(client);
        return NULL;
    }
    client->fd = info->connect_fd;
    pthread_mutex_lock(&server->mutex);
    client->next = server->clients;
    if (client->next)
        client->next->previous = client;
    server->clients = client;
    pthread_mutex_unlock(&server->mutex);
    set_deadline(server, client, SERVER_READ_S);
    return client;
}

static void client_free(struct server *server, struct client *client)
{
    if (!client)
        return;
    pthread_mutex_lock(&server->mutex);
    if (client->previous)
        client->previous->next = client->next;
    else
        server->clients = client->next;
    if (client->next)
        client->next->previous = client->previous;
    pthread_mutex_unlock(&server->mutex);
    free(client);
}

/* Who sends or takes a byte now and then would else hold a connection for ever: libmicrohttpd's own timeout begins
   again with each. Its socket is shut down, and libmicrohttpd, which finds it so, closes it. It does that after
   client_free, so the descriptor is still this connection's. */
static void close_overdue(struct server *server)
{
    int64_t now_us = clock_monotonic_us();
    pthread_mutex_lock(&server->mutex);
    for (struct client *client = server->clients; client; client = client->next)
        if (client->deadline_us < now_us)
            shutdown(client->fd, SHUT_RDWR);
    pthread_mutex_unlock(&server->mutex);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = arg;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *context = client_new(server, connection);
    else
        client_free(server, *context);
}

/* ---- Requests ---- */

static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    return exchange_new(arg, target);
}

static void count(struct server *server, int change)
{
    pthread_mutex_lock(&server->mutex);
    server->under_way += change;
    pthread_mutex_unlock(&server->mutex);
}

static enum MHD_Result begin(struct exchange *exchange, struct MHD_Connection *connection, const char *method)
{
    exchange_begin(exchange, connection, method);
    set_deadline(exchange->server, exchange->client, SERVER_READ_S);
    if (exchange->is_broken)
        return exchange_refuse(exchange, 400, "The request says in two ways how long it is.\n");
    if (exchange->too_large)
        return exchange_refuse(exchange, 413, "The form is larger than 1 MiB, which is the limit.\n");
    return MHD_YES;
}

static enum MHD_Result answer(struct exchange *exchange)
{
    struct server *server = exchange->server;
    if (exchange->is_answered) {
        set_deadline(server, exchange->client, exchange->response.is_stream ? 0 : SERVER_WRITE_S);
        return exchange_send(exchange);
    }
    if (exchange->too_large)
        return exchange_refuse(exchange, 413, "The form is larger than 1 MiB, which is the limit.\n");
    if (exchange->is_broken)
        return exchange_refuse(exchange, 503, "The server is out of memory.\n");
    if (exchange->is_crowded)
        return exchange_refuse(exchange, 503, "Too many forms are being sent at once. Please send it again.\n");
    set_deadline(server, exchange->client, 0);
    exchange->is_counted = true;
    count(server, 1);
    MHD_suspend_connection(exchange->connection);
    pool_add(server->pool, exchange);
    return MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **context)
{
    (void)arg, (void)url, (void)version;
    struct exchange *exchange = *context;
    if (!exchange || !exchange->target)
        return MHD_NO;
    if (!exchange->has_begun)
        return begin(exchange, connection, method);
    if (*size == 0)
        return answer(exchange);
    exchange_add_body(exchange, data, *size);
    *size = 0;
    return MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)connection, (void)code;
    struct server *server = arg;
    struct exchange *exchange = *context;
    if (!exchange)
        return;
    if (exchange->is_counted)
        count(server, -1);
    set_deadline(server, exchange->client, SERVER_READ_S);
    exchange_free(exchange);
    *context = NULL;
}

/* ---- The daemon ---- */

static char *read_file(const char *path, struct errand_error *err)
{
    enum { FILE_MAX = 1024 * 1024 };
    FILE *file = fopen(path, "re");
    char *text = file ? calloc(1, FILE_MAX + 1) : NULL;
    size_t size = text ? fread(text, 1, FILE_MAX, file) : 0;
    if (size == 0)
        error_set(err, "%s cannot be read: %s", path, file && !ferror(file) ? "it is empty" : strerror(errno));
    if (file)
        fclose(file);
    if (size > 0)
        return text;
    free(text);
    return NULL;
}

static int start_daemon(struct server *server, int listen_fd, struct errand_error *err)
{
    const struct http_options *options = server->options;
    bool is_tls = options->tls_certificate;
    char *certificate = is_tls ? read_file(options->tls_certificate, err) : NULL;
    char *key = certificate ? read_file(options->tls_key, err) : NULL;
    if (is_tls && !key) {
        free(certificate);
        return -1;
    }
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, key },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
        { MHD_OPTION_END, 0, NULL },
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (is_tls ? MHD_USE_TLS : 0);
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)SERVER_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)(options->behind_tls_proxy ? 0 : SERVER_CONNECTIONS_OF_ONE_MAX), MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SERVER_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_MEMORY_MAX,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_ARRAY,
        is_tls ? tls : &tls[3], MHD_OPTION_END);
    free(certificate);
    free(key);
    if (server->daemon)
        return 0;
    if (is_tls)
        return error_set(err, "the server does not start; are %s and %s a certificate and its key, in PEM?",
                         options->tls_certificate, options->tls_key);
    return error_set(err, "the server does not start: %s", strerror(errno));
}

/* ---- The life of the process ---- */

static void log_line(void *arg, enum errand_log_level level, const char *text)
{
    log_write(arg, level, NULL, "%s", text);
}

static int start(struct server *server, const struct errand_dashboard *dashboard, const struct errand_schema *schema,
                 int listen_fd, struct errand_error *err)
{
    const struct http_options *options = server->options;
    const struct errand_dashboard_options settings = {
        .database = options->database,
        .mount = options->mount,
        .hosts = options->hosts,
        .read_only = options->read_only,
        .log = log_line,
        .log_arg = (void *)(uintptr_t)server->log,
    };
    server->service = errand_dashboard_open(dashboard, schema, &settings, err);
    if (!server->service)
        return -1;
    server->streams = streams_new(server);
    server->pool = server->streams ? pool_new(server, options->threads) : NULL;
    if (!server->pool)
        return error_set(err, "the threads that answer requests could not be started: %s", strerror(errno));
    return start_daemon(server, listen_fd, err);
}

/* A view that never returns holds one of a few threads. */
static void check_hanging(struct server *server)
{
    char target[TARGET_MAX];
    int64_t since_us = pool_oldest_us(server->pool, target, sizeof(target));
    if (since_us == INT64_MAX || clock_monotonic_us() - since_us < server->options->page_timeout_s * INT64_C(1000000))
        return;
    log_write(server->log, ERRAND_LOG_ERROR, NULL, "%s was not answered in %d s: a view hangs", target,
              server->options->page_timeout_s);
    abort();
}

static void serve(struct server *server, const sigset_t *signals)
{
    const struct timespec second = { .tv_sec = 1 };
    while (sigtimedwait(signals, NULL, &second) < 0) {
        close_overdue(server);
        streams_expire(server->streams);
        check_hanging(server);
    }
}

static int under_way(struct server *server)
{
    pthread_mutex_lock(&server->mutex);
    int count = server->under_way;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

/* False where something is still under way after SERVER_STOP_S, or when a second signal comes. */
static bool wait_for_requests(struct server *server, const sigset_t *signals)
{
    const struct timespec moment = { .tv_nsec = 20 * 1000000 };
    int64_t until_us = clock_monotonic_us() + SERVER_STOP_S * INT64_C(1000000);
    while (under_way(server) > 0)
        if (clock_monotonic_us() > until_us || sigtimedwait(signals, NULL, &moment) >= 0)
            return false;
    return true;
}

/* Accepts no more, ends the streams, and waits for what is under way. */
static void stop(struct server *server, const sigset_t *signals)
{
    close(MHD_quiesce_daemon(server->daemon)); /* gives the listening socket back */
    streams_stop(server->streams);
    if (!wait_for_requests(server, signals)) {
        log_write(server->log, ERRAND_LOG_WARNING, NULL, "%d requests were cut off", under_way(server));
        _exit(EXIT_SUCCESS); /* a view that hangs cannot be ended otherwise */
    }
    pool_free(server->pool);
    MHD_stop_daemon(server->daemon);
    streams_free(server->streams);
    errand_dashboard_close(server->service);
    pthread_mutex_destroy(&server->mutex);
}

int server_run(const struct http_options *options, const struct errand_dashboard *dashboard,
               const struct errand_schema *schema, int listen_fd, int ready_fd)
{
    struct server server = { .options = options, .log = &options->log };
    struct errand_error err;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* in all threads; the first one waits for them */
    signal(SIGPIPE, SIG_IGN);
    pthread_mutex_init(&server.mutex, NULL);
    if (start(&server, dashboard, schema, listen_fd, &err) < 0) {
        log_write(server.log, ERRAND_LOG_ERROR, NULL, "%s", err.message);
        return EXIT_FAILURE; /* the threads that were started go with the process */
    }
    if (write(ready_fd, "", 1) != 1) {
        /* Whoever waited for it has gone. */
    }
    close(ready_fd);
    serve(&server, &signals);
    stop(&server, &signals);
    return EXIT_SUCCESS;
}
