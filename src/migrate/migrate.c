/* One run: files first, since they may do what a comparison cannot see (a rename), then the difference, and with it the
   files that are nothing but a difference found earlier. */
#include "migrate/internal.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct verb verb_create = { "created", "create" }, verb_add = { "added", "add" },
                  verb_drop = { "dropped", "drop" }, verb_change = { "changed", "change" },
                  verb_validate = { "validated", "validate" };

/* ---- Memory and steps ---- */

void *memory(struct migration *migration, size_t size)
{
    void *memory = arena_alloc(&migration->outcome->memory, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

char *text_copy(struct migration *migration, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory(migration, size), text, size);
}

char *text_format(struct migration *migration, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(&migration->outcome->memory, format, arguments);
    va_end(arguments);
    if (!text)
        abort();
    return text;
}

char *text_take(struct migration *migration, struct buffer *buffer)
{
    if (buffer->failed)
        abort();
    char *text = text_copy(migration, buffer->data ? buffer->data : "");
    buffer_release(buffer);
    return text;
}

void *grow(struct migration *migration, void *items, size_t count, size_t size)
{
    bool full = count == 0 || (count & (count - 1)) == 0;
    if (!full)
        return items;
    void *grown = memory(migration, (count ? 2 * count : 1) * size);
    if (count)
        memcpy(grown, items, count * size);
    return grown;
}

struct migrate_step *add_step(struct migration *migration, struct verb verb, const char *sql, const char *format, ...)
{
    struct migrate_outcome *outcome = migration->outcome;
    va_list arguments;
    va_start(arguments, format);
    char *what = arena_vprintf(&outcome->memory, format, arguments);
    va_end(arguments);
    if (!what)
        abort();
    for (char *c = what; *c; c++) /* one line, whatever the names hold */
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    struct migrate_step *step = GROW(migration, outcome->steps, outcome->step_count);
    *step = (struct migrate_step){ .done = text_format(migration, "%s %s", verb.done, what),
                                   .todo = text_format(migration, "%s %s", verb.todo, what),
                                   .sql = sql };
    return step;
}

/* ---- Sentences ---- */

static const char *rename_sql(struct migration *migration, const struct renaming *renaming)
{
    return text_format(migration, "ALTER TABLE %s RENAME COLUMN %s TO %s;", renaming->quoted_table,
                       renaming->quoted_gone, renaming->quoted_come);
}

/* A column that is there cannot be the new name of another any more, and one that is not there cannot be filled. */
const char *renaming_remark(struct migration *migration, const struct renaming *renaming)
{
    if (renaming->waits)
        return text_format(migration,
                           "the column %s is new: if this is a rename, replace the statements of both columns by %s",
                           renaming->come, rename_sql(migration, renaming));
    const char *filled =
        renaming->drops_null ? text_format(migration, " WHERE %s IS NOT NULL", renaming->quoted_gone) : "";
    return text_format(migration, "the column %s is new: if this is a rename, put before it UPDATE %s SET %s = %s%s;",
                       renaming->come, renaming->quoted_table, renaming->quoted_come, renaming->quoted_gone, filled);
}

const char *renaming_refusal(struct migration *migration, const struct renaming *renaming)
{
    const char *why =
        text_format(migration, "%s has rows, and %s is NOT NULL without a DEFAULT", renaming->table, renaming->come);
    if (!renaming->gone)
        return text_format(migration, "%s: give it a DEFAULT in Schema.sql", why);
    return text_format(migration,
                       "%s: if it is %s renamed, a file of Application/Migration/ with %s does it; else give it a "
                       "DEFAULT in Schema.sql",
                       why, renaming->gone, rename_sql(migration, renaming));
}

const char *shown_statement(struct migration *migration, const char *sql)
{
    size_t size = strcspn(sql, "\r\n");
    bool cut = sql[size + strspn(sql + size, "\r\n")] != '\0';
    if (size > SHOWN_MAX) {
        for (size = SHOWN_MAX; ((unsigned char)sql[size] & 0xc0) == 0x80;) /* whole characters */
            size--;
        cut = true;
    }
    return text_format(migration, "%.*s%s", (int)size, sql, cut ? "…" : "");
}

void tell(struct migration *migration, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sentence = arena_vprintf(&migration->outcome->memory, format, arguments);
    va_end(arguments);
    if (sentence && migration->request->told)
        migration->request->told(migration->request->arg, sentence);
}

/* ---- Queries ---- */

int query(struct migration *migration, const char *sql, struct result **result, struct errand_error *err, ...)
{
    struct errand_value values[8];
    size_t count = 0;
    va_list arguments;
    va_start(arguments, err);
    for (const char *text; count < 8 && (text = va_arg(arguments, const char *));)
        values[count++] = errand_text(text);
    va_end(arguments);
    return connection_query(migration->connection, sql, values, count, result, err);
}

int query_any(struct migration *migration, const char *sql, bool *any, struct errand_error *err)
{
    struct result *result;
    if (query(migration, sql, &result, err, TEXTS_END) != 0)
        return -1;
    *any = result_rows(result) > 0;
    result_free(result);
    return 0;
}

/* ---- The run ---- */

static struct migrate_file *waiting(struct migrate_outcome *outcome)
{
    for (size_t i = 0; i < outcome->file_count; i++)
        if (outcome->files[i].state == MIGRATE_FILE_WAITS && !outcome->files[i].destructive)
            return &outcome->files[i];
    return NULL;
}

static bool has_destructive(const struct migrate_outcome *outcome)
{
    for (size_t i = 0; i < outcome->step_count; i++)
        if (outcome->steps[i].destructive)
            return true;
    return false;
}

/* What is destructive goes by way of a file, so that other machines can do the same. */
static int settle_destructive(struct migration *migration, struct errand_error *err)
{
    const struct migrate_request *request = migration->request;
    struct migrate_outcome *outcome = migration->outcome;
    if (request->dry_run || request->leave_files)
        return 0;
    if (files_write(migration, err) != 0)
        return -1;
    if (!request->allow_destructive)
        return 0;
    if (files_apply(migration, true, err) != 0)
        return -1;
    for (size_t i = 0; i < outcome->step_count; i++)
        outcome->steps[i].applied |= outcome->steps[i].destructive;
    return 0;
}

/* What the first look saw, a column that may have been renamed, the second one cannot see any more. */
static void keep_remarks(struct migrate_outcome *outcome, const struct migrate_step *before, size_t count)
{
    for (size_t i = 0; i < outcome->step_count; i++)
        for (size_t n = 0; n < count; n++)
            if (before[n].destructive && before[n].remark && strcmp(before[n].todo, outcome->steps[i].todo) == 0) {
                outcome->steps[i].remark = before[n].remark;
                outcome->steps[i].refusal = before[n].refusal;
            }
}

/* What was applied, and behind it what a new look finds: the SQL of what is destructive is that of the database as it
   is by now. */
static int look_again(struct migration *migration, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    struct migrate_step *before = outcome->steps, *all = NULL;
    size_t before_count = outcome->step_count, count = 0;
    outcome->steps = NULL;
    outcome->step_count = 0;
    int result = migration->backend->compare(migration, err);
    keep_remarks(outcome, before, before_count);
    for (size_t i = 0; i < before_count; i++)
        if (before[i].applied)
            *GROW(migration, all, count) = before[i];
    for (size_t i = 0; i < outcome->step_count; i++)
        *GROW(migration, all, count) = outcome->steps[i];
    outcome->steps = all;
    outcome->step_count = count;
    return result;
}

/* Twice at most: what the first look said is destructive may need another word once the rest is done. */
static int settle_additive(struct migration *migration, struct errand_error *err)
{
    if (migration->backend->compare(migration, err) != 0)
        return -1;
    if (migration->request->dry_run)
        return 0;
    if (migration->backend->apply(migration, err) != 0)
        return -1;
    bool any = false;
    for (size_t i = 0; i < migration->outcome->step_count; i++)
        any |= migration->outcome->steps[i].applied;
    if (!any || !has_destructive(migration->outcome))
        return 0;
    return look_again(migration, err) != 0 ? -1 : migration->backend->apply(migration, err);
}

static int create(struct migration *migration, struct errand_error *err)
{
    if (migration->request->dry_run) {
        for (size_t i = 0; i < migration->outcome->file_count; i++)
            migration->outcome->files[i].state = MIGRATE_FILE_COUNTED;
        return migration->backend->compare(migration, err);
    }
    if (migration->backend->fill(migration, err) != 0)
        return -1;
    for (size_t i = 0; i < migration->outcome->file_count; i++)
        tell(migration, "counted %s as applied: the schema holds what it did", migration->outcome->files[i].path);
    return 0;
}

static int run(struct migration *migration, struct errand_error *err)
{
    const struct migrate_request *request = migration->request;
    bool empty = false;
    if (files_read(migration, err) != 0 || migration->backend->is_empty(migration, &empty, err) != 0)
        return -1;
    if (empty)
        return create(migration, err);
    const struct migrate_file *file = waiting(migration->outcome);
    migration->outcome->left = request->leave_files && file;
    if (migration->outcome->left)
        return error_set(err, "%s is not applied yet: errand migrate applies it", file->path);
    if (!request->leave_files && !request->dry_run && files_apply(migration, false, err) != 0)
        return -1;
    if (settle_additive(migration, err) != 0)
        return -1;
    return settle_destructive(migration, err);
}

int migrate_run(const struct migrate_request *request, struct migrate_outcome *outcome, struct errand_error *err)
{
    *outcome = (struct migrate_outcome){ .memory = ARENA_INIT };
    struct migration migration = {
        .request = request,
        .outcome = outcome,
        .connection = request->connection,
        .schema = request->schema,
        .backend = connection_kind(request->connection) == STORE_SQLITE ? &migrate_sqlite : &migrate_postgres,
        .lock = -1,
    };
    if (migration.backend->lock(&migration, err) != 0)
        return -1;
    int result = run(&migration, err);
    if (!connection_is_lost(request->connection) && connection_in_transaction(request->connection))
        connection_rollback(request->connection, NULL);
    migration.backend->unlock(&migration);
    return result;
}

void migrate_outcome_release(struct migrate_outcome *outcome)
{
    arena_release(&outcome->memory);
}

bool migrate_is_complete(const struct migrate_outcome *outcome)
{
    for (size_t i = 0; i < outcome->step_count; i++)
        if (!outcome->steps[i].applied)
            return false;
    for (size_t i = 0; i < outcome->file_count; i++)
        if (outcome->files[i].state == MIGRATE_FILE_WAITS)
            return false;
    return true;
}
