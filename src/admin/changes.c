/* One thread watches the database for all who wait, over a connection of its own, which it opens anew where it is lost.
   What it sees is a number that grows: who waits compares it with the one it has seen. */
#include "admin/changes.h"

#include "base/clock.h"
#include "base/error.h"
#include "store/connection.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    TELL_EVERY_MS = 1000,
    RECONNECT_MS = 1000,
    LINGER_MS = 2000,    /* the thread outlives the last who waits: most come again at once */
    STATEMENT_MS = 5000, /* of the watch itself */
};

struct changes {
    struct store_url url;
    const struct errand_table **tables; /* the job tables; owned */
    size_t table_count;
    int stop_fd; /* eventfd: can be read once it is stopped */

    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t changed;
    uint64_t number; /* of the last change, from 1 */
    size_t waiting;
    int64_t left_us;  /* CLOCK_MONOTONIC at which the last who waited left */
    bool is_watching; /* there is a thread; */
    bool is_over;     /* which has ended, and is to be joined */
    bool is_stopped;
    pthread_t thread;
};

/* ---- The thread ---- */

static void tell(struct changes *changes)
{
    pthread_mutex_lock(&changes->mutex);
    changes->number++;
    pthread_cond_broadcast(&changes->changed);
    pthread_mutex_unlock(&changes->mutex);
}

/* False: nobody has waited for a while, or it was stopped. Said under the lock, so that who comes next starts another
   thread. */
static bool goes_on(struct changes *changes)
{
    pthread_mutex_lock(&changes->mutex);
    bool lingers = changes->waiting > 0 || clock_monotonic_us() - changes->left_us < LINGER_MS * INT64_C(1000);
    changes->is_over = changes->is_stopped || !lingers;
    bool goes_on = !changes->is_over;
    pthread_mutex_unlock(&changes->mutex);
    return goes_on;
}

static void pause_ms(const struct changes *changes, int ms)
{
    struct pollfd stop = { .fd = changes->stop_fd, .events = POLLIN };
    poll(&stop, 1, ms);
}

static struct connection *open_watch(const struct changes *changes)
{
    static const struct connection_limits limits = { .statement_ms = STATEMENT_MS };
    struct connection *connection = connection_open(&changes->url, NULL);
    if (connection && connection_limit(connection, &limits, NULL) == 0 &&
        connection_watch(connection, changes->tables, changes->table_count, NULL) == 0)
        return connection;
    connection_close(connection);
    return NULL;
}

/* What happened before the connection was there is not known, so it counts as a change. */
static void *watch(void *arg)
{
    struct changes *changes = arg;
    struct connection *connection = NULL;
    while (goes_on(changes)) {
        bool is_new = !connection;
        connection = connection ? connection : open_watch(changes);
        if (!connection) {
            pause_ms(changes, RECONNECT_MS);
            continue;
        }
        int changed = is_new ? 1 : connection_await(connection, LINGER_MS, changes->stop_fd, NULL);
        if (changed > 0) {
            tell(changes);
            pause_ms(changes, TELL_EVERY_MS);
        } else if (changed < 0) {
            connection_close(connection);
            connection = NULL;
        }
    }
    connection_close(connection);
    return NULL;
}

/* ---- Those who wait ---- */

/* Under the lock. */
static void start(struct changes *changes)
{
    if (changes->is_watching && changes->is_over) {
        pthread_join(changes->thread, NULL);
        changes->is_watching = false;
    }
    if (changes->is_watching || changes->is_stopped)
        return;
    changes->is_over = false;
    changes->is_watching = pthread_create(&changes->thread, NULL, watch, changes) == 0;
}

static struct timespec deadline_of(int timeout_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return deadline;
}

bool changes_wait(struct changes *changes, uint64_t *seen, int timeout_ms)
{
    struct timespec deadline = deadline_of(timeout_ms);
    pthread_mutex_lock(&changes->mutex);
    bool first = *seen == 0;
    if (first)
        *seen = changes->number;
    changes->waiting++;
    start(changes);
    int code = 0;
    while (!first && code == 0 && !changes->is_stopped && changes->number == *seen)
        code = pthread_cond_timedwait(&changes->changed, &changes->mutex, &deadline);
    bool changed = !changes->is_stopped && changes->number != *seen;
    *seen = changes->number;
    changes->waiting--;
    changes->left_us = clock_monotonic_us();
    pthread_mutex_unlock(&changes->mutex);
    return changed;
}

void changes_stop(struct changes *changes)
{
    pthread_mutex_lock(&changes->mutex);
    changes->is_stopped = true;
    pthread_cond_broadcast(&changes->changed);
    pthread_mutex_unlock(&changes->mutex);
    eventfd_write(changes->stop_fd, 1);
}

/* ---- Its life ---- */

static int list_tables(struct changes *changes, const struct errand_schema *schema)
{
    size_t count = 0;
    while (schema->job_types[count].table)
        count++;
    changes->tables = calloc(count + 1, sizeof(*changes->tables));
    for (size_t i = 0; changes->tables && i < count; i++)
        changes->tables[i] = schema->job_types[i].table;
    changes->table_count = count;
    return changes->tables ? 0 : -1;
}

struct changes *changes_new(const char *url, const struct errand_schema *schema, struct errand_error *err)
{
    struct changes *changes = calloc(1, sizeof(*changes));
    if (!changes) {
        error_set(err, "out of memory");
        return NULL;
    }
    if (store_url_parse(url, &changes->url, err) < 0) {
        free(changes);
        return NULL;
    }
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&changes->mutex, NULL);
    pthread_cond_init(&changes->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    changes->number = 1;
    changes->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (changes->stop_fd >= 0 && list_tables(changes, schema) == 0)
        return changes;
    error_set(err, "changes of the jobs cannot be watched: out of memory or of file descriptors");
    changes_free(changes);
    return NULL;
}

void changes_free(struct changes *changes)
{
    if (!changes)
        return;
    changes_stop(changes);
    if (changes->is_watching)
        pthread_join(changes->thread, NULL);
    if (changes->stop_fd >= 0)
        close(changes->stop_fd);
    pthread_cond_destroy(&changes->changed);
    pthread_mutex_destroy(&changes->mutex);
    store_url_release(&changes->url);
    free(changes->tables);
    free(changes);
}
