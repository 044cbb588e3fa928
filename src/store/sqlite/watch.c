/* Waiting for changes on the blocking connection: whoever commits writes to the write-ahead log first (wal.h), and then
   data_version changes. */
#include "base/clock.h"
#include "base/error.h"
#include "store/sqlite/blocking.h"

#include <poll.h>
#include <string.h>
#include <time.h>

/* -1: it cannot be read at this moment. */
static int64_t data_version(struct sqlite_connection *connection)
{
    if (!connection->version)
        return -1;
    int64_t version = -1;
    if (sqlite3_step(connection->version) == SQLITE_ROW)
        version = sqlite3_column_int64(connection->version, 0);
    sqlite3_reset(connection->version);
    return version;
}

void sqlite_watch_release(struct sqlite_connection *connection)
{
    sqlite3_finalize(connection->version);
    connection->version = NULL;
    if (connection->watches)
        wal_release(&connection->watch);
    connection->watches = false;
}

int sqlite_watch(struct connection *base, const struct errand_table *const *tables, size_t count,
                 struct errand_error *err)
{
    struct sqlite_connection *connection = (struct sqlite_connection *)base;
    sqlite3 *handle = connection->database.handle;
    const char *why; /* it polls instead, which serves as well */
    (void)tables;
    (void)count;
    sqlite_watch_release(connection);
    wal_init(&connection->watch, &connection->database, &why);
    connection->watches = true;
    if (sqlite3_prepare_v2(handle, "PRAGMA data_version", -1, &connection->version, NULL) != SQLITE_OK)
        return error_set(err, "the database cannot be watched: %s", sqlite3_errmsg(handle));
    connection->seen_version = data_version(connection);
    return 0;
}

static bool has_changed(struct sqlite_connection *connection)
{
    int64_t version = data_version(connection);
    if (version < 0 || version == connection->seen_version)
        return false;
    connection->seen_version = version;
    return true;
}

static bool is_stopped(const struct wal_watch *watch, int stop_fd, int64_t delay_us)
{
    struct pollfd wait[] = { { .fd = stop_fd, .events = POLLIN }, { .fd = watch->fd, .events = POLLIN } };
    const struct timespec delay = { .tv_sec = delay_us / 1000000, .tv_nsec = delay_us % 1000000 * 1000 };
    ppoll(wait, 2, delay_us < 0 ? NULL : &delay, NULL);
    return wait[0].revents != 0;
}

int sqlite_await(struct connection *base, int timeout_ms, int stop_fd, struct errand_error *err)
{
    struct sqlite_connection *connection = (struct sqlite_connection *)base;
    struct wal_watch *watch = &connection->watch;
    int64_t end_us = timeout_ms < 0 ? INT64_MAX : clock_monotonic_us() + timeout_ms * INT64_C(1000);
    for (;;) {
        bool gone;
        wal_read(watch, &gone);
        if (gone)
            return error_set(err, "the database was deleted or replaced");
        if (has_changed(connection))
            return 1;
        if (wal_delay_us(watch) == 0)
            wal_looked(watch);
        int64_t left_us = end_us - clock_monotonic_us(), delay_us = wal_delay_us(watch);
        if (left_us <= 0)
            return 0;
        if (end_us != INT64_MAX && (delay_us < 0 || delay_us > left_us))
            delay_us = left_us;
        if (is_stopped(watch, stop_fd, delay_us))
            return 0;
    }
}
