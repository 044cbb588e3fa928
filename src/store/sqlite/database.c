/* One SQLite handle with the settings that all of ours have. */
#include "store/sqlite/database.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A checkpoint writes a page once, however often the log has it: the longer the log, the fewer writes. 32 MiB. */
enum { WAL_PAGES = 8000 };
enum {
    AT_ONCE_US = 1000,         /* who writes again within this has left the lock to nobody, */
    GIVE_WAY_AFTER_US = 10000, /* and does after this, */
    YIELD_US = 300,            /* for so long */
};
/* In KiB, as a negative number: the index on the ids, which are random, of 200,000 jobs fits. Taken as it is needed. */
#define CACHE_SIZE "-16384"

static const char *const synchronous_pragmas[] = {
    [STORE_SYNCHRONOUS_FULL] = "PRAGMA synchronous=FULL",
    [STORE_SYNCHRONOUS_NORMAL] = "PRAGMA synchronous=NORMAL",
    [STORE_SYNCHRONOUS_OFF] = "PRAGMA synchronous=OFF",
    [STORE_SYNCHRONOUS_EXTRA] = "PRAGMA synchronous=EXTRA",
};

/* The longest nap before the next look at the lock. SQLite's locks know no queue: who looks more often gets in more
   often. The first looks are for the transaction that is just ending. Then they get few: each look takes processor time
   from the writer, and each change of hands makes the next one read its pages again, so that all get more done where
   one writes several times in a row. Who has waited for long looks often, and so goes before those who came later; naps
   that only grow, as those of SQLite's own handler do up to 100 ms, starve beside a busy writer. After a second it is
   one long transaction that everyone waits for. */
static int nap_most_us(int count, int64_t waited_us)
{
    if (count < 4)
        return 100;
    return waited_us < 50000 ? 2000 : waited_us < 1000000 ? 250 : 2000;
}

static int wait_for_lock(void *arg, int count)
{
    struct database *database = arg;
    int64_t now = clock_monotonic_us();
    if (count == 0)
        database->waiting_since_us = now;
    database->yielded_us = now;
    if (database->checkpointing || now - database->waiting_since_us > DATABASE_BUSY_MAX_S * INT64_C(1000000) ||
        (database->deadline_us != 0 && now > database->deadline_us) || (database->stop && atomic_load(database->stop)))
        return 0;
    int most_us = nap_most_us(count, now - database->waiting_since_us);
    /* Uneven, lest naps fall into step with transactions. */
    int pause_us = most_us / 4 + rand_r(&database->jitter) % most_us;
    nanosleep(&(struct timespec){ .tv_nsec = pause_us * 1000L }, NULL);
    return 1;
}

void database_yield(struct database *database)
{
    nanosleep(&(struct timespec){ .tv_nsec = YIELD_US * 1000L }, NULL);
    database->yielded_us = clock_monotonic_us();
}

void database_give_way(struct database *database)
{
    int64_t now = clock_monotonic_us();
    if (now - database->committed_us > AT_ONCE_US)
        database->yielded_us = now; /* others had the time in between */
    else if (now - database->yielded_us > GIVE_WAY_AFTER_US)
        database_yield(database);
}

int database_run(struct database *database, const char *sql)
{
    return sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
}

void database_sentence(const struct database *database, char *text, size_t size)
{
    int code = sqlite3_errcode(database->handle);
    int os = sqlite3_system_errno(database->handle);
    const char *said = sqlite3_errmsg(database->handle);
    if (code == SQLITE_BUSY)
        snprintf(text, size, "another process has kept the database locked for too long (%s)", said);
    else if (code == SQLITE_FULL)
        snprintf(text, size, "%s: make room on its file system", said);
    else if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && os != 0)
        snprintf(text, size, "%s: %s", said, strerror(os));
    else
        snprintf(text, size, "%s", said);
}

enum store_fault database_fault(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return STORE_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_SCHEMA:
    case SQLITE_INTERRUPT:
        return STORE_BUSY;
    default:
        return STORE_REFUSED;
    }
}

/* ---- Opening ---- */

static bool is_wal(struct database *database, const char *sql, int *code)
{
    sqlite3_stmt *statement = NULL;
    *code = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);
    bool wal = false;
    if (*code == SQLITE_OK) {
        *code = sqlite3_step(statement);
        wal = *code == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    }
    sqlite3_finalize(statement);
    return wal;
}

/* The change to WAL needs the file for itself and does not always ask the busy handler. */
static int make_wal(struct database *database)
{
    int code = SQLITE_OK;
    if (is_wal(database, "PRAGMA journal_mode", &code))
        return SQLITE_OK;
    for (int count = 0; !is_wal(database, "PRAGMA journal_mode=WAL", &code); count++)
        if ((code != SQLITE_ROW && (code & 0xff) != SQLITE_BUSY) || !wait_for_lock(database, count))
            return code == SQLITE_ROW ? SQLITE_BUSY : code;
    return SQLITE_OK;
}

/* Where the log is long, its pages go to the file behind a commit. SQLite's own way waits for nobody, and so never gets
   to the end of a log that others write to: they all copy a few pages behind each commit, with a flush, and the log is
   never begun anew. Here they are kept out for the while. Who holds the lock, or still reads what is old, is not waited
   for: the rest goes behind a later commit. */
static void checkpoint(struct database *database, const char *name)
{
    database->checkpointing = true;
    sqlite3_wal_checkpoint_v2(database->handle, name, SQLITE_CHECKPOINT_FULL, NULL, NULL);
    database->checkpointing = false;
}

static int committed(void *arg, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    struct database *database = arg;
    if (pages >= WAL_PAGES)
        checkpoint(database, name);
    database->committed_us = clock_monotonic_us();
    return SQLITE_OK;
}

static int configure(struct database *database, const struct store_url *url)
{
    sqlite3 *handle = database->handle;
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_handler(handle, wait_for_lock, database);
    sqlite3_wal_hook(handle, committed, database);
    /* "no such column", instead of taking a misspelt column for a string. */
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    int code = make_wal(database);
    if (code == SQLITE_OK)
        code = database_run(database, synchronous_pragmas[url->synchronous]);
    if (code == SQLITE_OK)
        code = database_run(database, "PRAGMA foreign_keys=ON; PRAGMA cache_size=" CACHE_SIZE);
    return code;
}

static int refuse(struct database *database, const struct store_url *url, int code, struct errand_error *err)
{
    char said[512];
    database_sentence(database, said, sizeof(said));
    database_close(database);
    if ((code & 0xff) == SQLITE_NOTADB)
        return error_set(err, "%s is not a SQLite database (the URL is %s)", url->target, url->shown);
    return error_set(err, "cannot open the database %s: %s", url->target, said);
}

int database_open(struct database *database, const struct store_url *url, bool create, bool *created,
                  struct errand_error *err)
{
    *database = (struct database){ .stop = database->stop, .jitter = (unsigned)(clock_monotonic_us() ^ getpid()) };
    struct stat status;
    bool missing = stat(url->target, &status) < 0 && errno == ENOENT;
    if (created)
        *created = create && missing;
    if (missing && !create)
        return error_set(err, "there is no database at %s (the URL is %s); `errand db create` makes it", url->target,
                         url->shown);
    if (!missing && S_ISDIR(status.st_mode))
        return error_set(err, "%s is a folder, not a database (the URL is %s)", url->target, url->shown);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(url->target, &database->handle, flags, NULL);
    if (code != SQLITE_OK)
        return refuse(database, url, code, err);
    if (sqlite3_db_readonly(database->handle, "main") == 1) {
        database_close(database);
        return error_set(err, "the database %s cannot be written: check the permissions of the file", url->target);
    }
    code = configure(database, url);
    return code == SQLITE_OK ? 0 : refuse(database, url, code, err);
}

void database_close(struct database *database)
{
    sqlite3_close_v2(database->handle);
    database->handle = NULL;
}

/* SQLite knows which file it has opened; it asks the same before it takes away the log of a closed database. */
bool database_is_gone(const struct database *database)
{
    int moved = 0;
    sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved;
}

/* ---- Cells ---- */

/* SQLite prints 15 digits, which is not always the number that was stored. */
static void print_double(double value, char text[NUMBER_TEXT_MAX])
{
    for (int digits = 15; digits <= NUMBER_DIGITS_MAX; digits++)
        if (number_parse(number_format(value, digits, text), NULL) == value)
            return;
}

const void *database_cell(sqlite3_stmt *statement, int column, char number[NUMBER_TEXT_MAX], size_t *size)
{
    const void *data;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        *size = 0;
        return NULL;
    case SQLITE_INTEGER:
        *size = (size_t)snprintf(number, NUMBER_TEXT_MAX, "%lld", sqlite3_column_int64(statement, column));
        return number;
    case SQLITE_FLOAT:
        print_double(sqlite3_column_double(statement, column), number);
        *size = strlen(number);
        return number;
    case SQLITE_BLOB:
        data = sqlite3_column_blob(statement, column);
        *size = (size_t)sqlite3_column_bytes(statement, column);
        return *size > 0 ? data : ""; /* an empty blob has no address */
    default:
        data = sqlite3_column_text(statement, column);
        *size = (size_t)sqlite3_column_bytes(statement, column);
        return data ? data : "";
    }
}
