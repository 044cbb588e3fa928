/* PostgreSQL: how steps and files are applied beside workers that go on. A step waits for a lock a second at most,
   since whoever waits holds up all that come behind; then it lets go and tries again later. Each step is a transaction,
   but CREATE INDEX CONCURRENTLY, which cannot be in one: where that fails, what it began is cleared away, and where the
   process dies, by the next run. Nothing else is kept of how far a run came: the next one compares anew. */
#include "migrate/postgres.h"

#include "base/clock.h"
#include "base/error.h"
#include "migrate_sql.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_FIRST_MS = 100, WAIT_LAST_MS = 5000, PATIENCE_S = 120 };

#define MIGRATE_LOCK "7310579654402467938"

/* ---- One run at a time ---- */

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* Tried, not waited for: CREATE INDEX CONCURRENTLY of the other run would wait for our waiting statement. */
static int lock(struct migration *migration, struct errand_error *err)
{
    if (connection_backend(migration->connection).pid == 0)
        return error_set(err,
                         "the database is behind a proxy that hands connections out for a transaction each, and a lock "
                         "is held for longer: give migrate the address of the server itself");
    if (connection_script(migration->connection, sql_session, err) != 0)
        return -1;
    for (int wait_ms = WAIT_FIRST_MS;; wait_ms = wait_ms < 1000 ? 2 * wait_ms : wait_ms) {
        bool held = false;
        if (query_any(migration, "SELECT 1 WHERE pg_try_advisory_lock(" MIGRATE_LOCK ")", &held, err) != 0)
            return -1;
        if (held)
            return 0;
        if (wait_ms == WAIT_FIRST_MS)
            tell(migration, "waiting for another migrate to end");
        pause_ms(wait_ms);
    }
}

static void unlock(struct migration *migration)
{
    if (!connection_is_lost(migration->connection))
        connection_script(migration->connection, "SELECT pg_advisory_unlock(" MIGRATE_LOCK ")", NULL);
}

/* ---- Beside others ---- */

struct work {
    const char *what; /* for the sentence: "add column a.note" */
    int (*run)(struct migration *migration, void *arg, struct errand_error *err);
    void *arg;
};

/* 0; 1: a lock was not had, which may pass; -1. */
static int transact_once(struct migration *migration, const struct work *work, struct errand_error *err)
{
    struct connection *connection = migration->connection;
    if (connection_begin(connection, err) != 0)
        return -1;
    int result = connection_script(connection, "SET LOCAL lock_timeout = '1s'", err);
    if (result == 0)
        result = work->run(migration, work->arg, err);
    if (result == 0)
        return connection_commit(connection, err);
    if (!connection_is_lost(connection)) {
        bool passes = connection_fault(connection) == CONNECTION_BUSY;
        connection_rollback(connection, NULL);
        return passes ? 1 : -1;
    }
    return -1;
}

/* Tries once and again, until the lock was had or patience is at its end. */
static int insist(struct migration *migration, const struct work *work,
                  int (*once)(struct migration *migration, const struct work *work, struct errand_error *err),
                  struct errand_error *err)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_S * INT64_C(1000000);
    for (int wait_ms = WAIT_FIRST_MS;; wait_ms = 2 * wait_ms < WAIT_LAST_MS ? 2 * wait_ms : WAIT_LAST_MS) {
        int result = once(migration, work, err);
        if (result <= 0)
            return result;
        if (clock_monotonic_us() > until_us)
            return error_prefix(
                err,
                "the lock that it takes to %s was held by others for %d s (SELECT * FROM pg_stat_activity "
                "WHERE xact_start < now() - interval '1 minute' shows who has a transaction open): run "
                "migrate again",
                work->what, PATIENCE_S);
        if (wait_ms == WAIT_FIRST_MS)
            tell(migration, "waiting for a lock to %s", work->what);
        pause_ms(wait_ms);
    }
}

static int transact(struct migration *migration, const struct work *work, struct errand_error *err)
{
    return insist(migration, work, transact_once, err);
}

/* ---- Steps ---- */

static int run_sql(struct migration *migration, void *arg, struct errand_error *err)
{
    return connection_script(migration->connection, arg, err);
}

/* An index that is not finished is of no use and costs every writer; a unique one refuses rows all the same. */
static void clear_away(struct migration *migration, const char *index)
{
    struct result *result;
    struct errand_error ignored;
    if (connection_is_lost(migration->connection) ||
        query(migration, sql_unfinished, &result, &ignored, index, TEXTS_END) != 0)
        return;
    const char *drop = text_format(migration, "DROP INDEX IF EXISTS %s;\n", index);
    if (result_rows(result) > 0)
        transact(migration, &(struct work){ "clear away what CREATE INDEX began", run_sql, (void *)drop }, &ignored);
    result_free(result);
}

/* Outside a transaction. It waits for those that are open, and holds up nobody but other changes of the table. */
static int build_once(struct migration *migration, const struct work *work, struct errand_error *err)
{
    const struct migrate_step *step = work->arg;
    if (connection_script(migration->connection, step->sql, err) == 0)
        return 0;
    bool passes = connection_fault(migration->connection) == CONNECTION_BUSY;
    clear_away(migration, step->concurrent);
    return passes ? 1 : -1;
}

static int run_step(struct migration *migration, const struct migrate_step *step, struct errand_error *err)
{
    int result = step->concurrent
                     ? insist(migration, &(struct work){ .what = step->todo, .arg = (void *)step }, build_once, err)
                     : transact(migration, &(struct work){ step->todo, run_sql, (void *)step->sql }, err);
    if (result == 0)
        return 0;
    return error_prefix(err, "cannot %s (%s)", step->todo, shown_statement(migration, step->sql));
}

static int apply(struct migration *migration, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    for (size_t i = 0; i < outcome->step_count; i++) {
        struct migrate_step *step = &outcome->steps[i];
        if (step->destructive || step->applied)
            continue;
        if (run_step(migration, step, err) != 0)
            return -1;
        step->applied = true;
        tell(migration, "%s", step->done);
    }
    return 0;
}

/* ---- An empty database ---- */

static int is_empty(struct migration *migration, bool *empty, struct errand_error *err)
{
    struct postgres postgres = { .migration = migration };
    const struct schema *schema = migration->schema;
    const char **made = NULL;
    size_t made_count = 0;
    for (size_t i = 0; i < schema->statement_count; i++)
        if (schema->statements[i]->kind == SCHEMA_STATEMENT_SCHEMA && schema->statements[i]->name)
            *GROW(migration, made, made_count) = schema->statements[i]->name;
    if (postgres_names(&postgres, err) != 0)
        return -1;
    struct result *result;
    const char *all = postgres_array(migration, postgres.names, postgres.name_count);
    size_t own_count = 0;
    while (schema_own_tables[own_count])
        own_count++;
    const char *own = postgres_array(migration, schema_own_tables, own_count);
    const char *own_schemas = postgres_array(migration, made, made_count);
    if (query(migration, sql_any_object, &result, err, all, own_schemas, own, TEXTS_END) != 0)
        return -1;
    *empty = result_rows(result) == 0;
    result_free(result);
    return 0;
}

static bool is_told(const struct schema_statement *statement)
{
    switch (statement->kind) {
    case SCHEMA_STATEMENT_SETTING:
    case SCHEMA_STATEMENT_SELECT:
    case SCHEMA_STATEMENT_COMMENT:
    case SCHEMA_STATEMENT_GRANT:
    case SCHEMA_STATEMENT_BLOCK:
    case SCHEMA_STATEMENT_LEFT_OUT:
    case SCHEMA_STATEMENT_CHANGE:
    case SCHEMA_STATEMENT_TYPE_CHANGE:
    case SCHEMA_STATEMENT_SEQUENCE_CHANGE:
    case SCHEMA_STATEMENT_ROWS:
        return false;
    default:
        return true;
    }
}

/* A dump sets the search path to nothing, and then says the schema of each name; not all of our own do. */
static bool is_of_search_path(const struct schema_statement *statement)
{
    return (statement->kind == SCHEMA_STATEMENT_SETTING || statement->kind == SCHEMA_STATEMENT_SELECT) &&
           strcasestr(statement->sql, "search_path");
}

/* A dump drops what it makes; here there is nothing of it, and other schemas are none of its business. Nor are owners.
 */
static bool is_run(const struct schema_statement *statement)
{
    return !is_of_search_path(statement) && statement->kind != SCHEMA_STATEMENT_LEFT_OUT;
}

static int run_schema(struct migration *migration, void *arg, struct errand_error *err)
{
    (void)arg;
    const struct schema *schema = migration->schema;
    struct buffer prelude = BUFFER_INIT(MIGRATE_TEXT_MAX);
    schema_print_postgres_prelude(schema, &prelude);
    if (connection_script(migration->connection, text_take(migration, &prelude), err) != 0)
        return -1;
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        if (is_run(statement) && connection_script(migration->connection, statement->sql, err) != 0)
            return error_prefix(err, "%s:%d:%d: %s", schema->file, statement->at.line, statement->at.column,
                                statement->what);
    }
    return postgres_record_unnamed(migration, err) != 0 ? -1 : files_count(migration, err);
}

static int fill(struct migration *migration, struct errand_error *err)
{
    const struct schema *schema = migration->schema;
    if (transact(migration, &(struct work){ "fill the database", run_schema, NULL }, err) != 0)
        return -1;
    for (size_t i = 0; i < schema->statement_count; i++)
        if (is_told(schema->statements[i]))
            tell(migration, "created %s", schema->statements[i]->what);
    return 0;
}

/* ---- Files ---- */

struct file_work {
    const struct migrate_file *file;
    const char *checksum;
};

static int run_file_work(struct migration *migration, void *arg, struct errand_error *err)
{
    const struct file_work *work = arg;
    bool recorded;
    if (files_record(migration, work->file->name, work->checksum, &recorded, err) != 0)
        return -1;
    return recorded ? 0 : run_statements(migration, work->file->path, work->file->text, err);
}

static int run_file(struct migration *migration, const struct migrate_file *file, const char *checksum,
                    struct errand_error *err)
{
    struct file_work work = { file, checksum };
    const char *what = text_format(migration, "apply %s", file->path);
    return transact(migration, &(struct work){ what, run_file_work, &work }, err);
}

const struct migrate_backend migrate_postgres = {
    .lock = lock,
    .unlock = unlock,
    .is_empty = is_empty,
    .fill = fill,
    .compare = postgres_compare,
    .apply = apply,
    .run_file = run_file,
    .has_record = "SELECT 1 WHERE to_regclass('errand_migrations') IS NOT NULL",
    .make_record =
        "CREATE TABLE IF NOT EXISTS errand_migrations (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, "
        "applied_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now())",
    .file_head = "",
};
