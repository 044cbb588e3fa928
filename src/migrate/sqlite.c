/* SQLite: what the schema's DDL would make against what the database's own DDL says, and how the steps are applied. */
#include "migrate/sqlite.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- One run at a time ---- */

/* Of a file beside the database, which all checkouts and all names of it share, and which no editor replaces. (The
   database's own lock is not held from one transaction to the next.) It stays: who removed it could take it from one
   who has just opened it. A dry run makes none. */
static int open_lock(struct migration *migration, const char **path, struct errand_error *err)
{
    struct result *result;
    if (query(migration, "SELECT file FROM pragma_database_list WHERE name = 'main'", &result, err, TEXTS_END) != 0)
        return -1;
    *path = text_format(migration, "%s-migrate", result_cell(result, 0, 0, NULL));
    result_free(result);
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (migration->request->dry_run ? 0 : O_CREAT);
    migration->lock = open(*path, flags, 0666);
    if (migration->lock < 0 && !(migration->request->dry_run && errno == ENOENT))
        return error_set(err, "%s, the lock by which two runs wait for each other, cannot be opened: %s", *path,
                         strerror(errno));
    return 0;
}

static int lock(struct migration *migration, struct errand_error *err)
{
    const char *path;
    if (open_lock(migration, &path, err) != 0)
        return -1;
    if (migration->lock < 0 || flock(migration->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    tell(migration, "waiting for another migrate to end");
    while (flock(migration->lock, LOCK_EX) != 0)
        if (errno != EINTR)
            return error_set(err, "%s cannot be locked: %s", path, strerror(errno));
    return 0;
}

static void unlock(struct migration *migration)
{
    if (migration->lock >= 0)
        close(migration->lock);
}

/* ---- Both sides ---- */

/* What is not SQLite's own, nor virtual or beneath what is. */
#define NOT_OF_SQLITE "name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
static const char live_tables[] = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND " NOT_OF_SQLITE
                                  " AND name IN (SELECT name FROM pragma_table_list WHERE schema = 'main' "
                                  "AND type = 'table') ORDER BY rowid";
static const char live_indexes[] = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' "
                                   "AND sql IS NOT NULL ORDER BY rowid";

static int is_empty(struct migration *migration, bool *empty, struct errand_error *err)
{
    struct result *result;
    if (query(migration, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND " NOT_OF_SQLITE, &result,
              err, TEXTS_END) != 0)
        return -1;
    *empty = true;
    for (size_t i = 0; i < result_rows(result); i++) {
        const char *name = result_cell(result, i, 0, NULL);
        if (!schema_is_own_table(name) || strcmp(name, "errand_migrations") == 0)
            *empty = false;
    }
    result_free(result);
    return 0;
}

/* CREATE [UNIQUE] INDEX name ON ...: without the name. */
static const char *index_text(struct migration *migration, const char *sql)
{
    const char *text = lite_canonical(migration, sql);
    const char *on = strstr(text, " on ");
    bool unique = strncmp(text, "create unique", 13) == 0;
    return text_format(migration, "%s%.*s", unique ? "unique" : "", (int)strcspn(on ? on : text, ";"), on ? on : text);
}

static void add_index(struct migration *migration, struct lite_schema *schema, const char *name, const char *table,
                      const char *sql)
{
    size_t size = strlen(sql);
    while (size > 0 && strchr(";\n ", sql[size - 1]))
        size--;
    struct lite_index *index = GROW(migration, schema->indexes, schema->index_count);
    *index = (struct lite_index){ .name = text_copy(migration, name),
                                  .table = text_copy(migration, table),
                                  .sql = text_format(migration, "%.*s", (int)size, sql) };
    index->canonical = index_text(migration, index->sql);
}

static int read_live(struct migration *migration, struct lite_schema *live, struct errand_error *err)
{
    struct result *result;
    if (query(migration, live_tables, &result, err, TEXTS_END) != 0)
        return -1;
    for (size_t i = 0; i < result_rows(result); i++) {
        struct lite_table table;
        const char *sql = text_copy(migration, result_cell(result, i, 1, NULL));
        if (schema_is_own_table(result_cell(result, i, 0, NULL)) || !lite_parse(migration, sql, &table))
            continue;
        table.name = text_copy(migration, result_cell(result, i, 0, NULL));
        *GROW(migration, live->tables, live->table_count) = table;
    }
    result_free(result);
    if (query(migration, live_indexes, &result, err, TEXTS_END) != 0)
        return -1;
    for (size_t i = 0; i < result_rows(result); i++)
        if (!schema_is_own_table(result_cell(result, i, 1, NULL)))
            add_index(migration, live, result_cell(result, i, 0, NULL), result_cell(result, i, 1, NULL),
                      result_cell(result, i, 2, NULL));
    result_free(result);
    return 0;
}

static struct lite_table *lite_find_table(const struct lite_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->table_count; i++)
        if (strcasecmp(schema->tables[i].name, name) == 0)
            return &schema->tables[i];
    return NULL;
}

static void read_wanted(struct migration *migration, struct lite_schema *wanted)
{
    const struct schema *schema = migration->schema;
    for (size_t i = 0; i < schema->table_count; i++) {
        struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
        schema_print_sqlite_table(schema, schema->tables[i], &out);
        struct lite_table table;
        const char *sql = text_take(migration, &out);
        lite_parse(migration, sql, &table);
        table.name = schema->tables[i]->name;
        *GROW(migration, wanted->tables, wanted->table_count) = table;
    }
    for (size_t i = 0; i < schema->index_count; i++) {
        if (!schema_index_on_sqlite(schema->indexes[i]))
            continue;
        struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
        schema_print_sqlite_index(schema->indexes[i], &out);
        add_index(migration, wanted, schema->indexes[i]->name, schema->indexes[i]->table->name,
                  text_take(migration, &out));
    }
}

/* ---- Steps ---- */

struct sides {
    struct migration *migration;
    struct lite_schema live, wanted;
    struct lite_changes *first; /* of each wanted table: what the first look found */
    struct lite_changes absent; /* columns that are added only when told */
};

static const struct verb *verb_of(const struct lite_change *change)
{
    static const struct verb *const verbs[] = { [LITE_ADD_COLUMN] = &verb_add,
                                                [LITE_CHANGE_COLUMN] = &verb_change,
                                                [LITE_DROP_COLUMN] = &verb_drop,
                                                [LITE_ADD_CONSTRAINT] = &verb_add,
                                                [LITE_DROP_CONSTRAINT] = &verb_drop };
    return verbs[change->effect];
}

static const char *add_column_sql(struct migration *migration, const char *table_name, const char *column_name)
{
    const struct schema_table *table = NULL;
    for (size_t i = 0; i < migration->schema->table_count; i++)
        if (strcasecmp(migration->schema->tables[i]->name, table_name) == 0)
            table = migration->schema->tables[i];
    const struct schema_column *column = table ? schema_find_column(table, column_name) : NULL;
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    if (column)
        schema_print_sqlite_column(migration->schema, table, column, &out);
    return text_take(migration, &out);
}

/* Whether ADD COLUMN does all that is to be done without asking. */
static bool are_simple(const struct lite_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        if (!changes->items[i].destructive && !changes->items[i].simple)
            return false;
    return true;
}

static size_t count_kind(const struct lite_changes *changes, bool destructive)
{
    size_t count = 0;
    for (size_t i = 0; i < changes->count; i++)
        count += changes->items[i].destructive == destructive;
    return count;
}

static const char *taken_or_null(struct migration *migration, struct buffer *buffer)
{
    bool any = buffer->size > 0;
    const char *text = text_take(migration, buffer);
    return any ? text : NULL;
}

/* One step for all the changes of that kind, since the table is made anew once. */
static struct migrate_step *add_rebuild_step(struct migration *migration, const struct lite_changes *changes,
                                             bool destructive, const char *sql)
{
    struct buffer done = BUFFER_INIT(MIGRATE_TEXT_MAX), todo = BUFFER_INIT(MIGRATE_TEXT_MAX);
    struct buffer remark = BUFFER_INIT(MIGRATE_TEXT_MAX), refusal = BUFFER_INIT(MIGRATE_TEXT_MAX);
    const char *comma = "";
    for (size_t i = 0; i < changes->count; i++) {
        const struct lite_change *change = &changes->items[i];
        if (change->destructive != destructive)
            continue;
        buffer_printf(&done, "%s%s %s", comma, verb_of(change)->done, change->what);
        buffer_printf(&todo, "%s%s %s", comma, verb_of(change)->todo, change->what);
        if (change->remark)
            buffer_printf(&remark, "%s%s: %s", remark.size ? "\n" : "", change->what, change->remark);
        if (change->refusal)
            buffer_printf(&refusal, "%s%s", refusal.size ? "; " : "", change->refusal);
        comma = ", ";
    }
    struct migrate_step *step = add_step(migration, verb_change, sql, "table");
    step->done = text_take(migration, &done);
    step->todo = text_take(migration, &todo);
    step->remark = taken_or_null(migration, &remark);
    step->refusal = taken_or_null(migration, &refusal);
    step->destructive = destructive;
    return step;
}

static const char *first_changed(const struct lite_changes *changes, bool destructive)
{
    for (size_t i = 0; i < changes->count; i++)
        if (changes->items[i].destructive == destructive)
            return changes->items[i].what;
    return "";
}

/* What can be done without asking; *after is the table as it is then. */
static int add_additive(struct sides *sides, const struct lite_table *live, const struct lite_table *wanted,
                        const struct lite_changes *changes, struct lite_table *after, struct errand_error *err)
{
    struct migration *migration = sides->migration;
    *after = *live;
    if (count_kind(changes, false) == 0)
        return 0;
    lite_parse(migration, lite_merge(migration, live, wanted, changes, false), after);
    after->name = live->name;
    for (size_t i = 0; are_simple(changes) && i < changes->count; i++)
        if (!changes->items[i].destructive)
            add_step(migration, verb_add, add_column_sql(migration, live->name, changes->items[i].wanted->column), "%s",
                     changes->items[i].what);
    if (are_simple(changes))
        return 0;
    const char *sql = lite_rebuild(migration, live, after, sides->live.indexes, sides->live.index_count, err);
    if (!sql)
        return error_prefix(err, "%s", first_changed(changes, false));
    add_rebuild_step(migration, changes, false, sql);
    return 0;
}

/* Whether it may have been renamed is seen only while the new name is not there yet. */
static void keep_first_remark(const struct lite_changes *first, struct lite_change *change)
{
    for (size_t i = 0; i < first->count; i++) {
        const struct lite_change *before = &first->items[i];
        if (before->effect != change->effect || !before->destructive || strcmp(before->what, change->what) != 0)
            continue;
        change->remark = before->remark;
        change->refusal = before->refusal;
        return;
    }
}

/* What is left then. */
static int add_destructive(struct sides *sides, const struct lite_table *after, const struct lite_table *wanted,
                           const struct lite_changes *first, struct errand_error *err)
{
    struct migration *migration = sides->migration;
    struct lite_changes changes = { 0 };
    struct lite_table next;
    lite_diff(migration, after, wanted, &changes);
    for (size_t i = 0; i < changes.count; i++) {
        changes.items[i].destructive = true; /* what was found harmless is done */
        keep_first_remark(first, &changes.items[i]);
        if (changes.items[i].effect == LITE_ADD_COLUMN)
            *GROW(migration, sides->absent.items, sides->absent.count) = changes.items[i];
    }
    if (changes.count == 0)
        return 0;
    lite_parse(migration, lite_merge(migration, after, wanted, &changes, true), &next);
    next.name = after->name;
    const char *base = lite_base(migration, after, err);
    const char *sql = lite_rebuild(migration, after, &next, sides->wanted.indexes, sides->wanted.index_count, err);
    if (!sql || !base)
        return error_prefix(err, "%s", first_changed(&changes, true));
    add_rebuild_step(migration, &changes, true, text_format(migration, "%s%s", base, sql));
    return 0;
}

static const char *with_semicolon(struct migration *migration, const char *sql)
{
    size_t size = strlen(sql);
    while (size > 0 && strchr(";\n ", sql[size - 1]))
        size--;
    return text_format(migration, "%.*s;\n", (int)size, sql);
}

static int compare_tables(struct sides *sides, bool destructive, struct errand_error *err)
{
    struct migration *migration = sides->migration;
    for (size_t i = 0; i < sides->wanted.table_count; i++) {
        const struct lite_table *wanted = &sides->wanted.tables[i];
        struct lite_table *live = lite_find_table(&sides->live, wanted->name);
        struct lite_changes *changes = &sides->first[i];
        if (!live) {
            if (!destructive)
                add_step(migration, verb_create, with_semicolon(migration, wanted->sql), "table %s", wanted->name);
            continue;
        }
        if (destructive) {
            if (add_destructive(sides, live, wanted, &sides->first[i], err) != 0)
                return -1;
            continue;
        }
        struct lite_table after;
        lite_diff(migration, live, wanted, changes);
        if (add_additive(sides, live, wanted, changes, &after, err) != 0)
            return -1;
        *live = after;
    }
    return 0;
}

/* ---- Indexes ---- */

static struct lite_index *find_index_name(struct lite_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->index_count; i++)
        if (strcasecmp(schema->indexes[i].name, name) == 0)
            return &schema->indexes[i];
    return NULL;
}

/* The same by name and text, else by text alone, unless another is to have its name. */
static struct lite_index *find_index(struct sides *sides, const struct lite_index *wanted)
{
    struct lite_index *same = find_index_name(&sides->live, wanted->name);
    if (same && strcmp(same->canonical, wanted->canonical) == 0)
        return same;
    for (size_t i = 0; i < sides->live.index_count; i++) {
        struct lite_index *index = &sides->live.indexes[i];
        if (strcmp(index->canonical, wanted->canonical) == 0 && !index->matched &&
            !find_index_name(&sides->wanted, index->name))
            return index;
    }
    return NULL;
}

/* An index that must be unique asks the rows: its parts are what they would be grouped by. */
static bool rows_refuse(struct sides *sides, const struct lite_index *index)
{
    const char *open = strchr(strstr(index->sql, " ON "), '(');
    const char *where = strstr(index->sql, ") WHERE ");
    if (!open || strncmp(index->canonical, "unique", 6) != 0)
        return false;
    int size = (int)((where ? where : index->sql + strlen(index->sql) - 1) - open - 1);
    struct buffer parts = BUFFER_INIT(MIGRATE_TEXT_MAX), filled = BUFFER_INIT(MIGRATE_TEXT_MAX);
    struct lite_table list; /* the parts are cut at their commas as columns are */
    struct migration *migration = sides->migration;
    lite_parse(migration, text_format(migration, "CREATE TABLE x (%.*s)", size, open + 1), &list);
    for (size_t i = 0; i < list.item_count; i++) {
        const char *part = list.items[i].raw;
        size_t length = strlen(part);
        length -= length > 5 && strcmp(part + length - 5, " DESC") == 0 ? 5 : 0;
        buffer_printf(&parts, "%s%.*s", i ? ", " : "", (int)length, part);
        buffer_printf(&filled, " AND (%.*s) IS NOT NULL", (int)length, part);
    }
    const char *by = text_take(migration, &parts), *not_null = text_take(migration, &filled);
    bool any = false;
    struct errand_error ignored;
    const char *sql = text_format(migration, "SELECT 1 FROM %s WHERE %s%s GROUP BY %s HAVING count(*) > 1 LIMIT 1",
                                  lite_quoted(migration, index->table), where ? where + 8 : "1", not_null, by);
    return query_any(migration, sql, &any, &ignored) == 0 && any;
}

static void compare_index(struct sides *sides, const struct lite_index *wanted)
{
    struct migration *migration = sides->migration;
    struct lite_index *same = find_index(sides, wanted);
    if (same) {
        same->matched = true;
        return;
    }
    struct lite_index *other = find_index_name(&sides->live, wanted->name);
    const char *name = lite_quoted(migration, wanted->name);
    struct migrate_step *step;
    if (other) {
        other->matched = true;
        step = add_step(migration, verb_change,
                        text_format(migration, "DROP INDEX IF EXISTS %s;\n%s;\n", name, wanted->sql), "index %s",
                        wanted->name);
        step->remark = text_format(migration, "it was: %s", other->sql);
        step->destructive = true;
        return;
    }
    step = add_step(migration, verb_create, text_format(migration, "%s;\n", wanted->sql), "index %s", wanted->name);
    if (rows_refuse(sides, wanted))
        step->remark = "there are rows with the same values";
    else if (lite_needs_absent(&sides->absent, wanted->canonical))
        step->remark = "it needs a column that is not there yet";
    step->destructive = step->remark != NULL;
}

static void compare_indexes(struct sides *sides)
{
    struct migration *migration = sides->migration;
    for (size_t i = 0; i < sides->wanted.index_count; i++)
        compare_index(sides, &sides->wanted.indexes[i]);
    for (size_t i = 0; i < sides->live.index_count; i++) {
        const struct lite_index *index = &sides->live.indexes[i];
        if (index->matched || !lite_find_table(&sides->wanted, index->table))
            continue;
        struct migrate_step *step =
            add_step(migration, verb_drop,
                     text_format(migration, "DROP INDEX IF EXISTS %s;\n", lite_quoted(migration, index->name)),
                     "index %s", index->name);
        step->destructive = true;
        step->remark = text_format(migration, "it was: %s", index->sql);
    }
}

static void drop_tables(struct sides *sides)
{
    struct migration *migration = sides->migration;
    for (size_t i = 0; i < sides->live.table_count; i++) {
        const struct lite_table *table = &sides->live.tables[i];
        if (lite_find_table(&sides->wanted, table->name))
            continue;
        struct migrate_step *step =
            add_step(migration, verb_drop,
                     text_format(migration, "DROP TABLE IF EXISTS %s;\n", lite_quoted(migration, table->name)),
                     "table %s", table->name);
        step->destructive = true;
        step->remark = "all its rows are lost; if it was renamed, put in place of this ALTER TABLE ... RENAME TO, in a "
                       "file that is applied before the table is in the schema under its new name";
    }
}

static int read_version(struct migration *migration, const char **version, struct errand_error *err)
{
    struct result *result;
    if (query(migration, "SELECT schema_version FROM pragma_schema_version", &result, err, TEXTS_END) != 0)
        return -1;
    *version = text_copy(migration, result_cell(result, 0, 0, NULL));
    result_free(result);
    return 0;
}

static int compare(struct migration *migration, struct errand_error *err)
{
    struct sides sides = { .migration = migration };
    if (schema_check_sqlite(migration->schema, err) != 0 || read_version(migration, &migration->version, err) != 0 ||
        read_live(migration, &sides.live, err) != 0)
        return -1;
    read_wanted(migration, &sides.wanted);
    sides.first = memory(migration, sides.wanted.table_count * sizeof *sides.first);
    if (compare_tables(&sides, false, err) != 0)
        return -1;
    size_t before = migration->outcome->step_count;
    if (compare_tables(&sides, true, err) != 0)
        return -1;
    /* Indexes are made behind the tables and dropped before them, so that a rebuilt table has those it is to have. */
    size_t rebuilds = migration->outcome->step_count - before;
    struct migrate_step *kept = memory(migration, rebuilds * sizeof *kept);
    if (rebuilds > 0)
        memcpy(kept, migration->outcome->steps + before, rebuilds * sizeof *kept);
    migration->outcome->step_count = before;
    compare_indexes(&sides);
    for (size_t i = 0; i < rebuilds; i++)
        *GROW(migration, migration->outcome->steps, migration->outcome->step_count) = kept[i];
    drop_tables(&sides);
    return 0;
}

/* ---- Applying ---- */

/* How many rows refer to what is not there, in all tables. */
static int count_violations(struct migration *migration, size_t *count, struct errand_error *err)
{
    struct result *result;
    if (query(migration, "SELECT count(*) FROM pragma_foreign_key_check", &result, err, TEXTS_END) != 0)
        return -1;
    *count = strtoul(result_cell(result, 0, 0, NULL), NULL, 10);
    result_free(result);
    return 0;
}

struct work {
    int (*run)(struct migration *migration, void *arg, struct errand_error *err);
    void *arg;
    bool without_keys;
};

/* In one transaction. Without foreign keys they are looked at in the end: what was whole must be whole. */
static int transact(struct migration *migration, const struct work *work, struct errand_error *err)
{
    struct connection *connection = migration->connection;
    size_t before = 0, after = 0;
    if (work->without_keys && connection_script(connection, "PRAGMA foreign_keys = OFF", err) != 0)
        return -1;
    int result = connection_begin(connection, err);
    if (result == 0 && work->without_keys)
        result = count_violations(migration, &before, err);
    if (result == 0)
        result = work->run(migration, work->arg, err);
    if (result == 0 && work->without_keys)
        result = count_violations(migration, &after, err);
    if (result == 0 && after > before)
        result = error_set(err, "%zu rows would refer to rows that are not there (PRAGMA foreign_key_check)",
                           after - before);
    if (result == 0)
        result = connection_commit(connection, err);
    if (connection_in_transaction(connection))
        connection_rollback(connection, NULL);
    if (result != 0)
        connection_script(connection, "PRAGMA legacy_alter_table = OFF", NULL);
    if (work->without_keys)
        connection_script(connection, "PRAGMA foreign_keys = ON", NULL);
    return result;
}

static bool is_due(const struct migrate_step *step)
{
    return !step->destructive && !step->applied;
}

/* Until the transaction had the lock, another program may have changed what was compared. */
static int compare_anew(struct migration *migration, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    const char *version;
    size_t kept = 0;
    if (read_version(migration, &version, err) != 0)
        return -1;
    if (strcmp(version, migration->version) == 0)
        return 0;
    for (size_t i = 0; i < outcome->step_count; i++)
        if (outcome->steps[i].applied)
            outcome->steps[kept++] = outcome->steps[i];
    outcome->step_count = kept;
    return compare(migration, err);
}

static int run_steps(struct migration *migration, void *arg, struct errand_error *err)
{
    (void)arg;
    struct migrate_outcome *outcome = migration->outcome;
    if (compare_anew(migration, err) != 0)
        return -1;
    for (size_t i = 0; i < outcome->step_count; i++)
        if (is_due(&outcome->steps[i]) && connection_script(migration->connection, outcome->steps[i].sql, err) != 0)
            return error_prefix(err, "cannot %s; the database is as it was", outcome->steps[i].todo);
    return 0;
}

static void tell_applied(struct migration *migration)
{
    struct migrate_outcome *outcome = migration->outcome;
    for (size_t i = 0; i < outcome->step_count; i++) {
        if (!is_due(&outcome->steps[i]))
            continue;
        outcome->steps[i].applied = true;
        tell(migration, "%s", outcome->steps[i].done);
    }
}

static int apply(struct migration *migration, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    bool any = false;
    for (size_t i = 0; i < outcome->step_count; i++)
        any |= is_due(&outcome->steps[i]);
    if (any && transact(migration, &(struct work){ run_steps, NULL, true }, err) != 0)
        return -1;
    tell_applied(migration);
    return 0;
}

static int run_all(struct migration *migration, void *arg, struct errand_error *err)
{
    return run_steps(migration, arg, err) != 0 ? -1 : files_count(migration, err);
}

static int fill(struct migration *migration, struct errand_error *err)
{
    if (compare(migration, err) != 0 || transact(migration, &(struct work){ run_all, NULL, true }, err) != 0)
        return -1;
    tell_applied(migration);
    return 0;
}

/* ---- Files ---- */

struct file_work {
    const struct migrate_file *file;
    const char *checksum;
};

/* A table that is made anew gets what the file knew of when it was written, and would lose the rest. */
static int check_bases(struct migration *migration, const struct migrate_file *file, struct errand_error *err)
{
    struct lite_schema live = { 0 };
    if (!strstr(file->text, LITE_BASE))
        return 0;
    if (read_live(migration, &live, err) != 0)
        return -1;
    for (size_t i = 0; i < live.table_count; i++) {
        bool same;
        if (lite_is_base(migration, &live.tables[i], file->text, &same, err) != 0)
            return -1;
        if (!same)
            return error_set(
                err,
                "it was written for table %s as it was then, which has changed since: made anew by it, the "
                "table would lose what has come to it. Delete the file, and migrate writes what there is "
                "to do now; or make its SQL fit, and take out its line \"" LITE_BASE "%s ...\"",
                live.tables[i].name, live.tables[i].name);
    }
    return 0;
}

static int run_file_work(struct migration *migration, void *arg, struct errand_error *err)
{
    const struct file_work *work = arg;
    bool recorded;
    if (files_record(migration, work->file->name, work->checksum, &recorded, err) != 0)
        return -1;
    if (recorded)
        return 0;
    return check_bases(migration, work->file, err) != 0
               ? -1
               : run_statements(migration, work->file->path, work->file->text, err);
}

/* A file may begin with PRAGMA foreign_keys = OFF, which has no effect inside the transaction; so it counts for it. */
static int run_file(struct migration *migration, const struct migrate_file *file, const char *checksum,
                    struct errand_error *err)
{
    struct file_work work = { file, checksum };
    struct statement_text first = { 0 };
    size_t at = 0;
    split_next(file->text, STORE_SQLITE, &at, &first);
    const char *begins =
        lite_canonical(migration, text_format(migration, "%.*s", (int)first.size, file->text + first.offset));
    bool without_keys = strcmp(begins, "pragma foreign_keys = off") == 0;
    if (transact(migration, &(struct work){ run_file_work, &work, without_keys }, err) == 0)
        return 0;
    if (strncmp(err->message, file->path, strlen(file->path)) != 0)
        error_prefix(err, "%s", file->path);
    return -1;
}

const struct migrate_backend migrate_sqlite = {
    .lock = lock,
    .unlock = unlock,
    .is_empty = is_empty,
    .fill = fill,
    .compare = compare,
    .apply = apply,
    .run_file = run_file,
    .has_record = "SELECT 1 FROM sqlite_schema WHERE name = 'errand_migrations'",
    .make_record =
        "CREATE TABLE IF NOT EXISTS errand_migrations (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, "
        "applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))) STRICT",
    .file_head = "PRAGMA foreign_keys = OFF;\n",
};
