/* Job tables: their statements, and a look at how the database has them. */
#include "store/sqlite/store.h"

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/statements.h"

/* Where a row is known by its rowid, its id is compared too: SQLite gives the rowid of a deleted row to another. That
   of a run of rows is compared before, where anybody may have done so. */
#define BY_ROW "_rowid_ = ?9 AND id = ?2"
#define BY_ID "id = ?2"
#define BY_RUN "_rowid_ BETWEEN ?8 AND ?9"

static const struct {
    const char *sql;
    const char *which;
} templates[] = {
    [TABLE_PENDING] = { sql_pending, "" },
    [TABLE_CLAIM] = { sql_claim, "" },
    [TABLE_MARK] = { sql_mark, "" },
    [TABLE_FINISH] = { sql_finish, BY_ROW },
    [TABLE_FINISH_BY_ID] = { sql_finish, BY_ID },
    [TABLE_FINISH_RUN] = { sql_finish, BY_RUN },
    [TABLE_HELD] = { sql_held, "" },
    [TABLE_SETTLE] = { sql_settle, BY_ROW },
    [TABLE_SETTLE_BY_ID] = { sql_settle, BY_ID },
    [TABLE_FORGET] = { sql_forget, "" },
    [TABLE_NEXT_DUE] = { sql_next_due, "" },
    [TABLE_REFRESH] = { sql_refresh, "" },
    [TABLE_RUNNING] = { sql_running, "" },
    [TABLE_RECOVER] = { sql_recover, "" },
};

/* ---- From template to statement ---- */

static void add_quoted(struct buffer *sql, const char *name)
{
    buffer_puts(sql, "\"");
    for (; *name != '\0'; name++) {
        buffer_add(sql, name, 1);
        if (*name == '"')
            buffer_puts(sql, "\"");
    }
    buffer_puts(sql, "\"");
}

/* The generated table's columns, as they are once the row is marked. */
static void add_columns(struct buffer *sql, const struct errand_table *table)
{
    static const struct {
        const char *name, *sql;
    } marked[] = {
        { "status", "'job_status_running'" },
        { "updated_at", "?1" },
        { "locked_at", "?1" },
        { "locked_by", "?2" },
        { "attempts_count", "job.attempts_count + 1" },
    };
    for (size_t i = 0; i < table->column_count; i++) {
        const char *value = NULL;
        for (size_t m = 0; m < sizeof(marked) / sizeof(*marked); m++)
            if (strcmp(table->columns[i].name, marked[m].name) == 0)
                value = marked[m].sql;
        buffer_puts(sql, i > 0 ? ", " : "");
        buffer_puts(sql, value ? value : "job.");
        if (!value)
            add_quoted(sql, table->columns[i].name);
    }
}

static void add_word(struct buffer *sql, const struct sqlite_table *table, const char *word, size_t size,
                     const char *which)
{
    if (strncmp(word, "table", size) == 0)
        add_quoted(sql, table->base.type->table->name);
    else if (strncmp(word, "columns", size) == 0)
        add_columns(sql, table->base.type->table);
    else if (strncmp(word, "position", size) == 0)
        buffer_puts(sql, table->has_position ? "queue_position" : "job._rowid_");
    else
        buffer_puts(sql, which);
}

static void fill_in(struct buffer *sql, const struct sqlite_table *table, const char *template, const char *which)
{
    for (const char *at = template; *at != '\0';) {
        size_t plain = strcspn(at, "{");
        buffer_add(sql, at, plain);
        at += plain;
        if (*at == '{') {
            size_t size = strcspn(at, "}");
            add_word(sql, table, at + 1, size - 1, which);
            at += size + 1;
        }
    }
}

sqlite3_stmt *sqlite_table_statement(struct sqlite_table *table, enum table_statement which)
{
    if (table->statements[which])
        return table->statements[which];
    struct sqlite_store *store = (struct sqlite_store *)table->base.store;
    struct buffer sql = BUFFER_INIT(1 << 20);
    fill_in(&sql, table, templates[which].sql, templates[which].which);
    sqlite3_prepare_v3(store->database.handle, sqlite_needed(sql.data), -1, SQLITE_PREPARE_PERSISTENT,
                       &table->statements[which], NULL);
    buffer_release(&sql);
    return table->statements[which];
}

void sqlite_table_forget(struct sqlite_table *table)
{
    for (size_t i = 0; i < TABLE_STATEMENTS; i++)
        sqlite3_finalize(table->statements[i]);
    memset(table->statements, 0, sizeof(table->statements));
}

void sqlite_table_free(struct sqlite_table *table)
{
    free(table);
}

struct store_table *sqlite_table(struct store *base, const struct errand_job_type *type, void *owner)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct sqlite_table *table = sqlite_needed(calloc(1, sizeof(*table)));
    table->base = (struct store_table){ .store = base, .type = type, .owner = owner };
    table->next = store->tables;
    store->tables = table;
    return &table->base;
}

/* ---- A look at the table ---- */

/* What adds a column that the engine needs to a table that has rows. SQLite takes constant defaults only. */
static const struct {
    const char *name, *definition;
} needed_columns[] = {
    { "id", "TEXT" },
    { "created_at", "TEXT NOT NULL DEFAULT '1970-01-01 00:00:00.000000'" },
    { "updated_at", "TEXT NOT NULL DEFAULT '1970-01-01 00:00:00.000000'" },
    { "status", "TEXT NOT NULL DEFAULT 'job_status_not_started'" },
    { "last_error", "TEXT" },
    { "attempts_count", "INTEGER NOT NULL DEFAULT 0" },
    { "locked_at", "TEXT" },
    { "locked_by", "TEXT" },
    { "run_at", "TEXT NOT NULL DEFAULT '1970-01-01 00:00:00.000000'" },
};

struct prepare_request {
    struct request base;
    store_table_done done;
    struct store_table_state state;
    struct buffer warning;
};

static void tell_prepared(struct request *base)
{
    struct prepare_request *request = (struct prepare_request *)base;
    bool known = base->result.fault == STORE_OK;
    request->state.warning = request->warning.size > 0 ? request->warning.data : NULL;
    request->done(base->arg, base->result, known ? &request->state : NULL);
    buffer_release(&request->warning);
}

static int code_of(struct sqlite_store *store)
{
    return sqlite3_extended_errcode(store->database.handle);
}

/* What could not be looked at is not for that reason missing: SQLITE_OK, or the code. */
static int has_column(struct sqlite_store *store, const char *table, const char *column, bool *has)
{
    *has = false;
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_HAS_COLUMN);
    if (!statement)
        return code_of(store);
    sqlite_bind(statement, 1, table);
    sqlite_bind(statement, 2, column);
    int code = sqlite3_step(statement);
    *has = code == SQLITE_ROW;
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int has_needed_columns(struct sqlite_store *store, const struct errand_table *table, struct buffer *warning)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof(needed_columns) / sizeof(*needed_columns) && code == SQLITE_OK; i++) {
        bool has;
        code = has_column(store, table->name, needed_columns[i].name, &has);
        if (code == SQLITE_OK && !has)
            buffer_printf(warning, "%s has no column %s, its jobs stay queued: ALTER TABLE \"%s\" ADD COLUMN %s %s;\n",
                          table->name, needed_columns[i].name, table->name, needed_columns[i].name,
                          needed_columns[i].definition);
    }
    return code;
}

static int has_generated_columns(struct sqlite_store *store, const struct errand_table *table, struct buffer *warning)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < table->column_count && code == SQLITE_OK; i++) {
        bool has;
        code = has_column(store, table->name, table->columns[i].name, &has);
        if (code == SQLITE_OK && !has)
            buffer_printf(warning,
                          "%s has no column %s, which this program was built for; its jobs stay queued: build the "
                          "program again, or ALTER TABLE \"%s\" ADD COLUMN \"%s\";\n",
                          table->name, table->columns[i].name, table->name, table->columns[i].name);
    }
    return code;
}

/* Whether it is a table whose rows have a rowid. */
static int is_table(struct sqlite_store *store, const char *name, struct buffer *warning, bool *missing)
{
    sqlite3_stmt *statement = sqlite_own_statement(store, OWN_TABLE_KIND);
    if (!statement)
        return code_of(store);
    sqlite_bind(statement, 1, name);
    int code = sqlite3_step(statement);
    const char *kind = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    *missing = code == SQLITE_DONE;
    if (*missing)
        buffer_printf(warning, "there is no table %s, its jobs cannot run: `errand db create` makes it\n", name);
    else if (code == SQLITE_ROW && !kind)
        code = SQLITE_NOMEM;
    else if (kind && strcmp(kind, "table") != 0)
        buffer_printf(warning, "%s is not a table, its jobs cannot run\n", name);
    else if (kind && sqlite3_column_int(statement, 1) != 0)
        buffer_printf(warning, "%s is WITHOUT ROWID, its jobs stay queued: make it anew without these words\n", name);
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Looks until something is said against it. */
static int look(struct sqlite_store *store, const struct errand_table *table, struct buffer *warning, bool *missing)
{
    int code = is_table(store, table->name, warning, missing);
    if (code == SQLITE_OK && warning->size == 0)
        code = has_needed_columns(store, table, warning);
    if (code == SQLITE_OK && warning->size == 0)
        code = has_generated_columns(store, table, warning);
    return code;
}

/* Asks the planner itself: whatever the index is called, it must find and order pending jobs. */
static int claims_by_index(struct sqlite_store *store, struct sqlite_table *table, bool *by_index)
{
    sqlite3_stmt *claim = sqlite_table_statement(table, TABLE_CLAIM), *plan = NULL;
    if (!claim)
        return code_of(store);
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(claim));
    bool finds = false, sorts = false;
    int code = sql ? sqlite3_prepare_v2(store->database.handle, sql, -1, &plan, NULL) : SQLITE_NOMEM;
    while (code == SQLITE_OK && (code = sqlite3_step(plan)) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);
        finds |= step && (strstr(step, "USING INDEX") || strstr(step, "USING COVERING INDEX"));
        sorts |= step && strstr(step, "USE TEMP B-TREE");
        code = step ? SQLITE_OK : SQLITE_NOMEM;
    }
    sqlite3_finalize(plan);
    sqlite3_free(sql);
    *by_index = finds && !sorts;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void add_index_warning(struct buffer *warning, const struct sqlite_table *table)
{
    const char *name = table->base.type->table->name;
    char *quoted = sqlite3_mprintf("\"%w\"", name);
    store_advise_index(warning, name, quoted ? quoted : name, table->has_position ? "queue_position" : NULL);
    sqlite3_free(quoted);
}

static int prepare(struct sqlite_store *store, struct request *base)
{
    struct prepare_request *request = (struct prepare_request *)base;
    struct sqlite_table *table = base->table;
    const struct errand_table *generated = table->base.type->table;
    buffer_reset(&request->warning);
    sqlite_table_forget(table);
    int code = look(store, generated, &request->warning, &request->state.missing);
    request->state.usable = code == SQLITE_OK && request->warning.size == 0;
    if (!request->state.usable)
        return code;
    bool has_position;
    code = has_column(store, generated->name, "queue_position", &has_position);
    if (code != SQLITE_OK)
        return code;
    table->has_position = has_position;
    code = claims_by_index(store, table, &table->has_index);
    if (code != SQLITE_OK)
        return code;
    request->state.has_position = true; /* else by the rowid, which SQLite gives in the order of insertion */
    request->state.has_index = table->has_index;
    if (!table->has_index)
        add_index_warning(&request->warning, table);
    return SQLITE_OK;
}

void sqlite_table_prepare(struct store_table *table, store_table_done done, void *arg)
{
    struct prepare_request *request = sqlite_request_new(sizeof(*request), prepare, tell_prepared);
    request->base.table = (struct sqlite_table *)table;
    request->base.arg = arg;
    request->done = done;
    request->warning = (struct buffer)BUFFER_INIT(64 * 1024);
    sqlite_request_send(table->store, &request->base);
}
