/* A table made anew, since ALTER TABLE of SQLite can do little: the new one is made and filled beside the old one and
   takes its place. With foreign_keys off, which cannot be switched inside a transaction, nothing follows the old one's
   end; whoever runs the script looks at the foreign keys afterwards. */
#include "migrate/sqlite.h"

#include "base/error.h"
#include "base/hash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- The text of the new one ---- */

struct merge {
    struct migration *migration;
    const struct lite_table *live, *wanted;
    const struct lite_changes *changes;
    bool destructive;
    const struct lite_item **items;
    size_t count;
};

static const struct lite_change *change_of(const struct merge *merge, const struct lite_item *live,
                                           const struct lite_item *wanted)
{
    for (size_t i = 0; i < merge->changes->count; i++) {
        const struct lite_change *change = &merge->changes->items[i];
        bool concerns = (live && change->live == live) || (wanted && change->wanted == wanted);
        if (concerns && (merge->destructive || !change->destructive))
            return change;
    }
    return NULL;
}

static void include(struct merge *merge, const struct lite_item *item)
{
    *GROW(merge->migration, merge->items, merge->count) = item;
}

static bool includes(const struct merge *merge, const char *constraint)
{
    for (size_t i = 0; i < merge->count; i++)
        for (size_t c = 0; c < merge->items[i]->constraint_count; c++)
            if (strcmp(merge->items[i]->constraints[c].text, constraint) == 0)
                return true;
    return false;
}

/* The live ones as they are or as they become, and the new ones behind them. */
static void include_columns(struct merge *merge)
{
    for (size_t i = 0; i < merge->live->item_count; i++) {
        const struct lite_item *item = &merge->live->items[i];
        const struct lite_change *change = item->column ? change_of(merge, item, NULL) : NULL;
        if (item->column && !change)
            include(merge, item);
        else if (change && change->effect == LITE_CHANGE_COLUMN)
            include(merge, change->wanted);
    }
    for (size_t i = 0; i < merge->wanted->item_count; i++) {
        const struct lite_change *change = change_of(merge, NULL, &merge->wanted->items[i]);
        if (change && change->effect == LITE_ADD_COLUMN)
            include(merge, change->wanted);
    }
}

/* A reference of a new column comes with it. */
static bool comes_with_column(const struct merge *merge, const struct lite_constraint *constraint)
{
    const struct lite_item *column =
        constraint->column_count == 1 ? lite_find_column(merge->wanted, constraint->columns[0]) : NULL;
    const struct lite_change *change = column ? change_of(merge, NULL, column) : NULL;
    return constraint->kind == LITE_FOREIGN_KEY && change && change->effect == LITE_ADD_COLUMN;
}

static bool is_in(const struct lite_table *table, const char *constraint)
{
    for (size_t i = 0; i < table->item_count; i++)
        for (size_t c = 0; c < table->items[i].constraint_count; c++)
            if (strcmp(table->items[i].constraints[c].text, constraint) == 0)
                return true;
    return false;
}

static void include_constraints(struct merge *merge)
{
    for (size_t i = 0; i < merge->live->item_count; i++) {
        const struct lite_item *item = &merge->live->items[i];
        if (!item->column && !change_of(merge, item, NULL))
            include(merge, item);
    }
    for (size_t i = 0; i < merge->wanted->item_count; i++) {
        const struct lite_item *item = &merge->wanted->items[i];
        if (item->column || item->constraint_count == 0)
            continue;
        const struct lite_constraint *constraint = &item->constraints[0];
        bool due = change_of(merge, NULL, item) || comes_with_column(merge, constraint) ||
                   is_in(merge->live, constraint->text);
        if (due && !includes(merge, constraint->text))
            include(merge, item);
    }
}

const char *lite_merge(struct migration *migration, const struct lite_table *live, const struct lite_table *wanted,
                       const struct lite_changes *changes, bool destructive)
{
    struct merge merge = { migration, live, wanted, changes, destructive, NULL, 0 };
    include_columns(&merge);
    include_constraints(&merge);
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_printf(&out, "CREATE TABLE %s (\n", lite_quoted(migration, live->name));
    for (size_t i = 0; i < merge.count; i++)
        buffer_printf(&out, "    %s%s\n", merge.items[i]->raw, i + 1 < merge.count ? "," : "");
    /* SQLite wants at least one. */
    if (merge.count == 0)
        buffer_puts(&out, "    errand_no_column INTEGER\n");
    buffer_printf(&out, ")%s%s", *live->options ? " " : "", live->options);
    return text_take(migration, &out);
}

/* ---- The script ---- */

static const char *quoted(struct migration *migration, const char *name)
{
    return lite_quoted(migration, name);
}

/* The column that is the rowid. */
static const char *rowid_column(const struct lite_table *table)
{
    for (size_t i = 0; i < table->item_count; i++) {
        for (size_t c = 0; c < table->items[i].constraint_count; c++) {
            const struct lite_constraint *key = &table->items[i].constraints[c];
            const struct lite_item *column = key->kind == LITE_PRIMARY_KEY && key->column_count == 1
                                                 ? lite_find_column(table, key->columns[0])
                                                 : NULL;
            if (column && strcmp(column->type, "integer") == 0)
                return column->column;
        }
    }
    return NULL;
}

/* A name by which the rowid can be had beside the columns of both; NULL: it need not or cannot be copied. */
static const char *rowid_name(const struct lite_table *live, const struct lite_table *next)
{
    static const char *const names[] = { "_rowid_", "rowid", "oid" };
    const char *column = rowid_column(next);
    if ((column && lite_find_column(live, column)) || strstr(live->options, "without rowid") ||
        strstr(next->options, "without rowid"))
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!lite_find_column(live, names[i]) && !lite_find_column(next, names[i]))
            return names[i];
    return NULL;
}

static void add_copy(struct migration *migration, struct buffer *out, const struct lite_table *live,
                     const struct lite_table *next, const char *new_name)
{
    struct buffer to = BUFFER_INIT(MIGRATE_TEXT_MAX), from = BUFFER_INIT(MIGRATE_TEXT_MAX);
    const char *rowid = rowid_name(live, next), *comma = "";
    if (rowid) {
        buffer_puts(&to, rowid);
        buffer_puts(&from, rowid);
        comma = ", ";
    }
    for (size_t i = 0; i < next->item_count; i++) {
        const struct lite_item *item = &next->items[i];
        const struct lite_item *source = item->column ? lite_find_column(live, item->column) : NULL;
        if (!source || item->computation)
            continue;
        bool filled = item->not_null && !source->not_null && item->default_raw;
        const char *value = lite_converted(migration, source, item);
        buffer_printf(&to, "%s%s", comma, quoted(migration, item->column));
        if (filled)
            buffer_printf(&from, "%scoalesce(%s, %s)", comma, value, item->default_raw);
        else
            buffer_printf(&from, "%s%s", comma, value);
        comma = ", ";
    }
    const char *columns = text_take(migration, &to), *values = text_take(migration, &from);
    if (*columns)
        buffer_printf(out, "INSERT INTO %s (%s) SELECT %s FROM %s;\n", new_name, columns, values,
                      quoted(migration, live->name));
}

/* SQLite has no error of one's own in plain SQL but that of a check, which says the check's name. */
static void add_refusals(struct migration *migration, struct buffer *out, const struct lite_table *live,
                         const struct lite_table *next)
{
    for (size_t i = 0; i < next->item_count; i++) {
        const struct lite_item *item = &next->items[i];
        const struct lite_item *source = item->column ? lite_find_column(live, item->column) : NULL;
        const char *refused = source ? lite_refused(migration, source, item) : NULL;
        if (!refused)
            continue;
        const char *name =
            text_format(migration, "rows of %s whose %s is no %s", live->name, source->column, item->mark);
        buffer_printf(out,
                      "CREATE TEMP TABLE errand_refused (found INTEGER CONSTRAINT %s CHECK (found = 0));\n"
                      "INSERT INTO errand_refused SELECT 1 FROM %s WHERE %s LIMIT 1;\n"
                      "DROP TABLE temp.errand_refused;\n",
                      quoted(migration, name), quoted(migration, live->name), refused);
    }
}

static const char *literal(struct migration *migration, const char *text)
{
    char *out = memory(migration, 2 * strlen(text) + 3), *to = out;
    *to++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            *to++ = '\'';
        *to++ = *text;
    }
    *to = '\'';
    return out;
}

/* AUTOINCREMENT goes on where it was, also when the rows with the highest numbers are gone. */
static void add_sequence(struct migration *migration, struct buffer *out, const struct lite_table *live,
                         const struct lite_table *next, const char *new_name)
{
    for (size_t i = 0; i < next->item_count; i++)
        for (size_t c = 0; c < next->items[i].constraint_count; c++)
            if (next->items[i].constraints[c].numbered)
                buffer_printf(out,
                              "DELETE FROM sqlite_sequence WHERE name = %s;\n"
                              "INSERT INTO sqlite_sequence (name, seq) SELECT %s, seq FROM sqlite_sequence "
                              "WHERE name = %s;\n",
                              literal(migration, new_name), literal(migration, new_name),
                              literal(migration, live->name));
}

static int read_triggers(struct migration *migration, const char *table, struct result **result,
                         struct errand_error *err)
{
    return query(migration,
                 "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1 COLLATE NOCASE ORDER BY rowid",
                 result, err, table, TEXTS_END);
}

static int add_triggers(struct migration *migration, struct buffer *out, const char *table, struct errand_error *err)
{
    struct result *result;
    if (read_triggers(migration, table, &result, err) != 0)
        return -1;
    for (size_t i = 0; i < result_rows(result); i++)
        buffer_printf(out, "%s;\n", result_cell(result, i, 0, NULL));
    result_free(result);
    return 0;
}

/* CREATE TABLE under another name: what follows the name is the same. */
static const char *renamed(struct migration *migration, const struct lite_table *table, const char *name)
{
    const char *behind = table->sql + strlen("CREATE TABLE ");
    size_t length = strlen(quoted(migration, table->name));
    return text_format(migration, "CREATE TABLE %s%s", quoted(migration, name), behind + length);
}

const char *lite_rebuild(struct migration *migration, const struct lite_table *live, const struct lite_table *next,
                         const struct lite_index *indexes, size_t index_count, struct errand_error *err)
{
    const char *draft = text_format(migration, "errand_new_%s", live->name);
    const char *new_name = quoted(migration, draft), *name = quoted(migration, live->name);
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_puts(&out, "PRAGMA legacy_alter_table = ON;\n");
    add_refusals(migration, &out, live, next);
    buffer_printf(&out, "%s;\n", renamed(migration, next, draft));
    add_copy(migration, &out, live, next, new_name);
    add_sequence(migration, &out, live, next, draft);
    buffer_printf(&out, "DROP TABLE %s;\nALTER TABLE %s RENAME TO %s;\n", name, new_name, name);
    for (size_t i = 0; i < index_count; i++)
        if (strcasecmp(indexes[i].table, live->name) == 0)
            buffer_printf(&out, "%s;\n", indexes[i].sql);
    int result = add_triggers(migration, &out, live->name, err);
    buffer_puts(&out, "PRAGMA legacy_alter_table = OFF;\n");
    const char *script = text_take(migration, &out);
    return result == 0 ? script : NULL;
}

/* ---- What it was made from ---- */

struct parts {
    const char **items;
    size_t count;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_trigger_parts(struct migration *migration, struct parts *parts, const char *table,
                             struct errand_error *err)
{
    struct result *result;
    if (read_triggers(migration, table, &result, err) != 0)
        return -1;
    for (size_t i = 0; i < result_rows(result); i++)
        *GROW(migration, parts->items, parts->count) = lite_canonical(migration, result_cell(result, i, 0, NULL));
    result_free(result);
    return 0;
}

static void add_item_parts(struct migration *migration, struct parts *parts, const struct lite_item *item)
{
    if (item->column)
        *GROW(migration, parts->items, parts->count) =
            text_format(migration, "%s %s%s %s %s %s", item->column, item->type, item->not_null ? " not null" : "",
                        item->default_value ? item->default_value : "", item->computation ? item->computation : "",
                        item->collation);
    for (size_t i = 0; i < item->constraint_count; i++)
        *GROW(migration, parts->items, parts->count) = item->constraints[i].text;
}

/* Columns, constraints and triggers in the order of their texts: where they stand in CREATE TABLE says only how they
   came there, which differs from database to database. Indexes are made again from the schema. */
static int number_of(struct migration *migration, const struct lite_table *table, uint64_t *number,
                     struct errand_error *err)
{
    struct parts parts = { 0 };
    for (size_t i = 0; i < table->item_count; i++)
        add_item_parts(migration, &parts, &table->items[i]);
    if (add_trigger_parts(migration, &parts, table->name, err) != 0)
        return -1;
    if (parts.count > 0)
        qsort(parts.items, parts.count, sizeof *parts.items, by_text);
    *number = hash_text(table->options);
    for (size_t i = 0; i < parts.count; i++)
        *number = hash_add(hash_add(*number, "\n"), parts.items[i]);
    return 0;
}

/* Up to the number; on one line, whatever the name holds. */
static const char *base_head(struct migration *migration, const struct lite_table *table)
{
    char *head = text_format(migration, LITE_BASE "%s ", table->name);
    for (char *c = head; *c; c++)
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    return head;
}

const char *lite_base(struct migration *migration, const struct lite_table *table, struct errand_error *err)
{
    uint64_t number;
    if (number_of(migration, table, &number, err) != 0)
        return NULL;
    return text_format(migration, "%s%016" PRIx64 "\n", base_head(migration, table), number);
}

int lite_is_base(struct migration *migration, const struct lite_table *table, const char *text, bool *same,
                 struct errand_error *err)
{
    const char *head = base_head(migration, table);
    size_t size = strlen(head);
    *same = true;
    for (const char *at = text; *same && (at = strstr(at, head)); at += size) {
        bool line = (at == text || at[-1] == '\n') && strspn(at + size, "0123456789abcdef") == 16;
        const char *base = line ? lite_base(migration, table, err) : NULL;
        if (line && !base)
            return -1;
        *same = !line || strncmp(at, base, strlen(base) - 1) == 0;
    }
    return 0;
}
