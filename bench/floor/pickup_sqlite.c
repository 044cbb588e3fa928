/* pickup_sqlite URL TABLE COUNT GAP_US: a watch on the write-ahead log and a claim by hand; the time from just before
   the INSERT of another process to the end of the claim's commit. */
#include "floor.h"
#include "insert.h"
#include "sqlite.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct watcher {
    sqlite3 *database;
    sqlite3_stmt *version, *claim, *finish;
    int watch;
    int seen; /* data_version */
    int sent; /* column of sent_us */
    struct floor_samples samples;
};

static int data_version(struct watcher *watcher)
{
    if (sqlite3_step(watcher->version) != SQLITE_ROW)
        floor_die("%s", sqlite3_errmsg(watcher->database));
    int version = sqlite3_column_int(watcher->version, 0);
    sqlite3_reset(watcher->version);
    return version;
}

/* The event comes before the commit can be seen: looks again until it can. False: it was nobody else's commit. */
static bool await_commit(struct watcher *watcher)
{
    int64_t give_up = floor_now_us() + 1000000;
    for (int64_t pause = 20; floor_now_us() < give_up; pause = pause < 2500 ? pause * 2 : 5000) {
        int version = data_version(watcher);
        if (version != watcher->seen) {
            watcher->seen = version;
            return true;
        }
        floor_sleep_us(pause);
    }
    return false;
}

/* Waits for an event; an insert whose event was taken for one of our own is seen 100 ms late. */
static void await_event(struct watcher *watcher)
{
    char events[4096];
    poll(&(struct pollfd){ .fd = watcher->watch, .events = POLLIN }, 1, 100);
    if (read(watcher->watch, events, sizeof(events)) == -1 && errno != EAGAIN)
        floor_die("inotify: %s", strerror(errno));
}

/* Our own writes change the log, too. */
static void forget_own_events(struct watcher *watcher)
{
    char events[4096];
    while (read(watcher->watch, events, sizeof(events)) > 0)
        ;
}

static void claim(struct watcher *watcher)
{
    const char *holder = "00000000-0000-4000-8000-000000000001";
    enum { CLAIM = 16, UUID_TEXT = 36 };
    char ids[CLAIM][UUID_TEXT + 1];
    int64_t sent[CLAIM];
    size_t count = 0;
    sqlite3_bind_text(watcher->claim, 1, holder, -1, SQLITE_STATIC);
    sqlite3_bind_int64(watcher->claim, 2, CLAIM);
    while (sqlite3_step(watcher->claim) == SQLITE_ROW) {
        memcpy(ids[count], sqlite3_column_text(watcher->claim, 0), UUID_TEXT + 1);
        sent[count++] = sqlite3_column_int64(watcher->claim, watcher->sent);
    }
    if (sqlite3_reset(watcher->claim) != SQLITE_OK)
        floor_die("%s", sqlite3_errmsg(watcher->database));
    int64_t now = floor_now_us();
    for (size_t i = 0; i < count; i++) {
        floor_sample(&watcher->samples, now - sent[i]);
        sqlite3_bind_text(watcher->finish, 1, ids[i], UUID_TEXT, SQLITE_STATIC);
        sqlite3_bind_text(watcher->finish, 2, holder, -1, SQLITE_STATIC);
        floor_step(watcher->finish);
    }
}

static void watcher_open(struct watcher *watcher, const struct floor_insert *insert)
{
    watcher->database = floor_open(insert->url);
    watcher->version = floor_statement(watcher->database, "PRAGMA data_version");
    watcher->claim = floor_claim_statement(watcher->database, insert->table);
    watcher->finish = floor_finish_statement(watcher->database, insert->table);
    for (int i = 0; i < sqlite3_column_count(watcher->claim); i++)
        if (strcmp(sqlite3_column_name(watcher->claim, i), "sent_us") == 0)
            watcher->sent = i;
    claim(watcher);
    watcher->samples.count = 0; /* what was there before */
    watcher->seen = data_version(watcher);
    char wal[4096];
    snprintf(wal, sizeof(wal), "%s-wal", floor_sqlite_path(insert->url));
    watcher->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (inotify_add_watch(watcher->watch, wal, IN_MODIFY) == -1)
        floor_die("%s: %s", wal, strerror(errno));
}

static void work(struct floor_gate *gate, const struct floor_insert *insert)
{
    struct watcher watcher = { 0 };
    watcher_open(&watcher, insert);
    floor_gate_wait(gate);
    while (watcher.samples.count < (size_t)insert->count) {
        await_event(&watcher);
        if (await_commit(&watcher))
            claim(&watcher);
        forget_own_events(&watcher);
    }
    printf("{");
    floor_print_samples("pickup", &watcher.samples);
    printf("}\n");
    fflush(stdout);
}

/* Process 0 works, process 1 inserts. */
static void either(struct floor_gate *gate, int index, void *arg)
{
    const struct floor_insert *insert = arg;
    if (index == 0) {
        work(gate, insert);
        return;
    }
    floor_gate_wait(gate);
    floor_insert(insert);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        floor_die("usage: pickup_sqlite URL TABLE COUNT GAP_US");
    struct floor_insert insert = { argv[1], argv[2], floor_number(argv[3]), floor_number(argv[4]) };
    floor_run_processes(2, either, &insert);
    return 0;
}
