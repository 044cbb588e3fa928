/* Waiting for changes of jobs. Workers say that they claimed or finished some (announce.c), and the triggers speak to
   those that sleep; what neither tells of (a delete by hand, an insert where no worker runs) is seen by the server's
   counters of changed rows, a look a second. Nothing is written: a watcher that put itself among the sleepers and then
   crashed would make every insert notify. */
#include "base/clock.h"
#include "base/error.h"
#include "store/postgres/blocking.h"
#include "store/postgres/fill.h"
#include "store/postgres/names.h"
#include "store_postgres_sql.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_US INT64_C(1000000)
enum { PLACES_MAX = 4 * 1024 * 1024 };

void postgres_watch_release(struct postgres_watch *watch)
{
    free(watch->counters);
    free(watch->values);
    free(watch->count);
    *watch = (struct postgres_watch){ NULL };
}

/* ---- Counters ---- */

static int plan_counters(struct postgres_watch *watch, const struct errand_table *const *tables, size_t count,
                         struct errand_error *err)
{
    struct buffer places = BUFFER_INIT(PLACES_MAX);
    watch->values = calloc(2 * count + 2, sizeof(*watch->values));
    for (size_t i = 0; i < count && watch->values; i++) {
        buffer_printf(&places, "%s($%zu::text, $%zu::text)", i ? ", " : "", 2 * i + 1, 2 * i + 2);
        watch->values[2 * i] = tables[i]->schema;
        watch->values[2 * i + 1] = tables[i]->name;
    }
    buffer_puts(&places, count ? "" : "(NULL::text, NULL::text)");
    watch->value_count = (int)(2 * count);
    if (!places.failed && watch->values)
        watch->counters = fill(sql_counters, (const char *const[]){ "tables", places.data, NULL });
    buffer_release(&places);
    return watch->counters ? 0 : error_set(err, "out of memory for the names of %zu tables", count);
}

/* 1: they have changed since the last look; 0: not; -1 and the sentence. */
static int look(struct postgres_connection *connection, struct errand_error *err)
{
    struct postgres_watch *watch = &connection->watch;
    PGresult *answer =
        PQexecParams(connection->conn, watch->counters, watch->value_count, NULL, watch->values, NULL, NULL, 0);
    watch->next_us = clock_monotonic_us() + LOOK_EVERY_US;
    int changed = -1;
    if (PQresultStatus(answer) != PGRES_TUPLES_OK) {
        postgres_refuse(connection, answer, err);
    } else {
        const char *count = PQgetvalue(answer, 0, 0);
        changed = !watch->count || strcmp(watch->count, count) != 0;
        free(watch->count);
        watch->count = strdup(count);
    }
    PQclear(answer);
    return changed;
}

/* ---- Notifications ---- */

static int listen_on(struct postgres_connection *connection, const char *channel, struct errand_error *err)
{
    char quoted[256], sql[300];
    connect_quote(quoted, sizeof(quoted), channel);
    snprintf(sql, sizeof(sql), "LISTEN %s", quoted);
    PGresult *answer = PQexec(connection->conn, sql);
    int failed = PQresultStatus(answer) == PGRES_COMMAND_OK ? 0 : postgres_refuse(connection, answer, err);
    PQclear(answer);
    return failed;
}

int postgres_watch(struct connection *base, const struct errand_table *const *tables, size_t count,
                   struct errand_error *err)
{
    struct postgres_connection *connection = (struct postgres_connection *)base;
    postgres_watch_release(&connection->watch);
    if (plan_counters(&connection->watch, tables, count, err) < 0 || look(connection, err) < 0)
        return -1;
    if (!connection->keeps) /* a proxy: the session is not ours, the counters serve */
        return 0;
    if (listen_on(connection, NAMES_CHANGED, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        char *channel = names_of(NAMES_CHANNEL, tables[i]->name);
        int failed = channel ? listen_on(connection, channel, err) : error_set(err, "out of memory");
        free(channel);
        if (failed)
            return -1;
    }
    return 0;
}

static bool take_notifications(PGconn *conn)
{
    bool some = false;
    for (PGnotify *notify; (notify = PQnotifies(conn)) != NULL; PQfreemem(notify))
        some = true;
    return some;
}

/* ---- Waiting ---- */

static int lost(struct postgres_connection *connection, struct errand_error *err)
{
    return postgres_refuse(connection, NULL, err);
}

static int milliseconds_until(int64_t when_us)
{
    int64_t left_us = when_us - clock_monotonic_us();
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

int postgres_await(struct connection *base, int timeout_ms, int stop_fd, struct errand_error *err)
{
    struct postgres_connection *connection = (struct postgres_connection *)base;
    int64_t end_us = timeout_ms < 0 ? INT64_MAX : clock_monotonic_us() + timeout_ms * INT64_C(1000);
    for (;;) {
        if (!PQconsumeInput(connection->conn))
            return lost(connection, err);
        if (take_notifications(connection->conn))
            return 1;
        if (clock_monotonic_us() >= connection->watch.next_us) {
            int changed = look(connection, err);
            if (changed != 0)
                return changed;
        }
        if (clock_monotonic_us() >= end_us)
            return 0;
        int64_t next_us = connection->watch.next_us < end_us ? connection->watch.next_us : end_us;
        struct pollfd wait[] = { { .fd = PQsocket(connection->conn), .events = POLLIN },
                                 { .fd = stop_fd, .events = POLLIN } };
        poll(wait, 2, milliseconds_until(next_us));
        if (wait[1].revents)
            return 0;
    }
}
