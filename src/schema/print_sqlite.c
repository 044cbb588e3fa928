/* The model as DDL for SQLite: STRICT tables, with the types and checks that make a plain INSERT of any program mean
   what it means on PostgreSQL. */
#include "schema/schema.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TIME_PATTERN                                                                                                   \
    "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]."                                     \
    "[0-9][0-9][0-9][0-9][0-9][0-9]"

/* Words that SQLite would not take as bare names, true and false among them: as bare words these are 1 and 0. */
static const char *const keywords[] = {
    "abort",
    "action",
    "add",
    "after",
    "all",
    "alter",
    "always",
    "analyze",
    "and",
    "as",
    "asc",
    "attach",
    "autoincrement",
    "before",
    "begin",
    "between",
    "by",
    "cascade",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "commit",
    "conflict",
    "constraint",
    "create",
    "cross",
    "current",
    "current_date",
    "current_time",
    "current_timestamp",
    "database",
    "default",
    "deferrable",
    "deferred",
    "delete",
    "desc",
    "detach",
    "distinct",
    "do",
    "drop",
    "each",
    "else",
    "end",
    "escape",
    "except",
    "exclude",
    "exclusive",
    "exists",
    "explain",
    "fail",
    "false",
    "filter",
    "first",
    "following",
    "for",
    "foreign",
    "from",
    "full",
    "generated",
    "glob",
    "group",
    "groups",
    "having",
    "if",
    "ignore",
    "immediate",
    "in",
    "index",
    "indexed",
    "initially",
    "inner",
    "insert",
    "instead",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "key",
    "last",
    "left",
    "like",
    "limit",
    "match",
    "materialized",
    "natural",
    "no",
    "not",
    "nothing",
    "notnull",
    "null",
    "nulls",
    "of",
    "offset",
    "on",
    "or",
    "order",
    "others",
    "outer",
    "over",
    "partition",
    "plan",
    "pragma",
    "preceding",
    "primary",
    "query",
    "raise",
    "range",
    "recursive",
    "references",
    "regexp",
    "reindex",
    "release",
    "rename",
    "replace",
    "restrict",
    "returning",
    "right",
    "rollback",
    "row",
    "rows",
    "savepoint",
    "select",
    "set",
    "table",
    "temp",
    "temporary",
    "then",
    "ties",
    "to",
    "transaction",
    "trigger",
    "true",
    "unbounded",
    "union",
    "unique",
    "update",
    "using",
    "vacuum",
    "values",
    "view",
    "virtual",
    "when",
    "where",
    "window",
    "with",
    "without",
};

static bool is_keyword(const char *name)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(keywords[i], name) == 0)
            return true;
    return false;
}

static void print_name(struct buffer *out, const char *name)
{
    bool plain = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) &&
                 !(*name >= '0' && *name <= '9') && *name && !is_keyword(name);
    if (plain) {
        buffer_puts(out, name);
        return;
    }
    buffer_puts(out, "\"");
    for (; *name; name++)
        buffer_printf(out, *name == '"' ? "\"\"" : "%c", *name);
    buffer_puts(out, "\"");
}

static void print_names(struct buffer *out, const char *const *names, size_t count)
{
    buffer_puts(out, "(");
    for (size_t i = 0; i < count; i++) {
        buffer_puts(out, i ? ", " : "");
        print_name(out, names[i]);
    }
    buffer_puts(out, ")");
}

static void print_text(struct buffer *out, const char *text)
{
    buffer_puts(out, "'");
    for (; *text; text++)
        buffer_printf(out, *text == '\'' ? "''" : "%c", *text);
    buffer_puts(out, "'");
}

static bool is_whole_number(const struct schema_column *column)
{
    return column->type.kind == ERRAND_TYPE_INT16 || column->type.kind == ERRAND_TYPE_INT32 ||
           column->type.kind == ERRAND_TYPE_INT64;
}

/* The column that SQLite numbers, as its INTEGER PRIMARY KEY; NULL where there is none. */
static const struct schema_column *numbered_column(const struct schema_table *table)
{
    const struct schema_column *first = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct schema_column *column = &table->columns[i];
        if (!column->numbering || !is_whole_number(column))
            continue;
        if (table->primary_key.count == 1 && schema_has_primary_key(table, column->name))
            return column;
        first = first ? first : column;
    }
    return first;
}

/* "Name" behind name: the two are one to SQLite. */
static bool is_duplicate(const struct schema_table *table, const struct schema_column *column)
{
    for (const struct schema_column *other = table->columns; other < column; other++)
        if (strcasecmp(other->name, column->name) == 0)
            return true;
    return false;
}

/* By name alone: there are no schemas there. */
static const struct schema_table *same_table_before(const struct schema *schema, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcasecmp(schema->tables[i]->name, schema->tables[index]->name) == 0)
            return schema->tables[i];
    return NULL;
}

/* Not listed and left out as columns are: records of the one would be read from the other. */
int schema_check_sqlite(const struct schema *schema, struct errand_error *err)
{
    for (size_t i = 0; i < schema->table_count; i++) {
        const struct schema_table *table = schema->tables[i], *other = same_table_before(schema, i);
        if (other)
            return error_set(
                err,
                "%s:%d:%d: the table %s and that of line %d, %s%s%s, are one to SQLite, which knows neither "
                "schemas nor upper and lower case: rename one of them, or use PostgreSQL",
                schema->file, table->at.line, table->at.column, table->name, other->at.line,
                other->schema ? other->schema : "", other->schema ? "." : "", other->name);
    }
    return 0;
}

static const char *storage(const struct schema_column *column)
{
    switch (column->type.kind) {
    case ERRAND_TYPE_BOOL:
    case ERRAND_TYPE_INT16:
    case ERRAND_TYPE_INT32:
    case ERRAND_TYPE_INT64:
        return "INTEGER";
    case ERRAND_TYPE_FLOAT:
    case ERRAND_TYPE_DOUBLE:
        return "REAL";
    case ERRAND_TYPE_BYTES:
        return "BLOB";
    default:
        return "TEXT";
    }
}

/* Of what is text there. SQLite keeps the comment with the table, and a change of type is seen by it; a check would
   have to be asked with every row. */
static const char *const marks[] = {
    [ERRAND_TYPE_TEXT] = "text",   [ERRAND_TYPE_ENUM] = "enum",  [ERRAND_TYPE_UUID] = "uuid",
    [ERRAND_TYPE_DATE] = "date",   [ERRAND_TYPE_CLOCK] = "time", [ERRAND_TYPE_TIME] = "timestamp",
    [ERRAND_TYPE_POINT] = "point",
};
enum { MARKS = sizeof marks / sizeof *marks };

bool schema_is_sqlite_mark(const char *word)
{
    for (size_t i = 0; i < MARKS; i++)
        if (marks[i] && strcmp(marks[i], word) == 0)
            return true;
    return false;
}

static bool computed_here(const struct schema_column *column)
{
    return column->computed && column->computation.sqlite;
}

/* What is computed cannot be of another type than its computation; and SQLite takes a comment in front of GENERATED for
   a part of the type. */
static void print_storage(struct buffer *out, const struct schema_column *column)
{
    size_t kind = column->type.kind;
    buffer_printf(out, " %s", storage(column));
    if (kind < MARKS && marks[kind] && !computed_here(column))
        buffer_printf(out, " /* %s */", marks[kind]);
}

/* SQLite builds a table of an IN list of more than two, anew in every statement that writes the column: for a statement
   of one row that takes as long as all the rest of it. Long chains, though, are deeper than its parser goes. */
enum { COMPARED_MAX = 32 };

static void print_labels_check(struct buffer *out, const struct schema_column *column)
{
    size_t count = column->type.labels->label_count;
    bool compared = count > 0 && count <= COMPARED_MAX;
    buffer_puts(out, " CHECK (");
    for (size_t i = 0; i < count && compared; i++) {
        buffer_puts(out, i ? " OR " : "");
        print_name(out, column->name);
        buffer_puts(out, " = ");
        print_text(out, column->type.labels->labels[i]);
    }
    if (!compared) {
        print_name(out, column->name);
        buffer_puts(out, " IN (");
        for (size_t i = 0; i < count; i++) {
            buffer_puts(out, i ? ", " : "");
            print_text(out, column->type.labels->labels[i]);
        }
        buffer_puts(out, ")");
    }
    buffer_puts(out, ")");
}

/* What the type allows, where SQLite would take more. */
static void print_type_check(struct buffer *out, const struct schema_table *table, const struct schema_column *column)
{
    const char *range = column->type.kind == ERRAND_TYPE_BOOL    ? " IN (0, 1)"
                        : column->type.kind == ERRAND_TYPE_INT16 ? " BETWEEN -32768 AND 32767"
                        : column->type.kind == ERRAND_TYPE_INT32 ? " BETWEEN -2147483648 AND 2147483647"
                                                                 : NULL;
    if (range) {
        buffer_puts(out, " CHECK (");
        print_name(out, column->name);
        buffer_printf(out, "%s)", range);
    } else if (column->type.kind == ERRAND_TYPE_ENUM) {
        print_labels_check(out, column);
    } else if (column->type.length > 0 && !column->type.array) {
        buffer_puts(out, " CHECK (length(");
        print_name(out, column->name);
        buffer_printf(out, ") <= %d)", column->type.length);
    } else if (table->is_job && strcmp(column->name, "run_at") == 0) {
        /* Jobs are found by comparing this text. */
        buffer_puts(out, " CHECK (run_at GLOB '" TIME_PATTERN "')");
    }
}

static void print_default(struct buffer *out, const struct schema_column *column)
{
    const char *value = column->default_value.sqlite;
    if (column->default_kind == SCHEMA_DEFAULT_NONE || !value || column->numbering)
        return;
    bool bare = column->default_kind == SCHEMA_DEFAULT_CONSTANT || value[0] == '(';
    buffer_printf(out, bare ? " DEFAULT %s" : " DEFAULT (%s)", value);
}

/* A column of which SQLite knows no value must do without one. */
static bool must_have_value(const struct schema_column *column, bool is_numbered)
{
    bool lost = (column->computed && !column->computation.sqlite) || (column->numbering && !is_numbered);
    return column->not_null && !lost;
}

static void print_column(struct buffer *out, const struct schema_table *table, const struct schema_column *column,
                         bool with_keys)
{
    bool is_numbered = numbered_column(table) == column;
    bool is_key = table->primary_key.count == 1 && schema_has_primary_key(table, column->name);
    print_name(out, column->name);
    print_storage(out, column);
    if (with_keys && is_numbered)
        buffer_puts(out, " PRIMARY KEY");
    if (must_have_value(column, is_numbered) && !(with_keys && is_numbered))
        buffer_puts(out, " NOT NULL");
    if (with_keys && is_key && !is_numbered)
        buffer_puts(out, numbered_column(table) ? " UNIQUE" : " PRIMARY KEY");
    print_default(out, column);
    print_type_check(out, table, column);
    if (computed_here(column))
        buffer_printf(out, " GENERATED ALWAYS AS (%s) %s", column->computation.sqlite,
                      with_keys ? "STORED" : "VIRTUAL");
}

static void print_action(struct buffer *out, const char *event, char action)
{
    static const struct {
        char letter;
        const char *words;
    } actions[] = { { 'r', "RESTRICT" }, { 'c', "CASCADE" }, { 'n', "SET NULL" }, { 'd', "SET DEFAULT" } };
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (actions[i].letter == action)
            buffer_printf(out, " ON %s %s", event, actions[i].words);
}

static void print_reference(struct buffer *out, const struct schema_foreign_key *key)
{
    buffer_puts(out, " REFERENCES ");
    print_name(out, key->target_name);
    buffer_puts(out, " ");
    print_names(out, key->target_columns, key->target_count);
    print_action(out, "UPDATE", key->on_update);
    print_action(out, "DELETE", key->on_delete);
    if (key->deferred)
        buffer_puts(out, " DEFERRABLE INITIALLY DEFERRED");
}

static void print_foreign_key(struct buffer *out, const struct schema_foreign_key *key)
{
    buffer_puts(out, ",\n    FOREIGN KEY ");
    print_names(out, key->columns, key->count);
    print_reference(out, key);
}

static void print_table_constraints(struct buffer *out, const struct schema_table *table)
{
    if (table->primary_key.count > 1) {
        buffer_puts(out, numbered_column(table) ? ",\n    UNIQUE " : ",\n    PRIMARY KEY ");
        print_names(out, table->primary_key.columns, table->primary_key.count);
    }
    for (size_t i = 0; i < table->unique_count; i++) {
        buffer_puts(out, ",\n    UNIQUE ");
        print_names(out, table->unique_keys[i].columns, table->unique_keys[i].count);
    }
    for (size_t i = 0; i < table->check_count; i++)
        if (table->checks[i].expression.sqlite)
            buffer_printf(out, ",\n    CHECK (%s)", table->checks[i].expression.sqlite);
    for (size_t i = 0; i < table->foreign_key_count; i++)
        print_foreign_key(out, &table->foreign_keys[i]);
}

void schema_print_sqlite_table(const struct schema *schema, const struct schema_table *table, struct buffer *out)
{
    (void)schema;
    buffer_puts(out, "CREATE TABLE ");
    print_name(out, table->name);
    buffer_puts(out, " (\n");
    for (size_t i = 0; i < table->column_count; i++) {
        if (is_duplicate(table, &table->columns[i]))
            continue;
        buffer_puts(out, i ? ",\n    " : "    ");
        print_column(out, table, &table->columns[i], true);
    }
    /* SQLite wants at least one. */
    if (table->column_count == 0)
        buffer_puts(out, "    errand_no_column INTEGER");
    print_table_constraints(out, table);
    buffer_puts(out, "\n) STRICT;\n");
}

void schema_print_sqlite_column(const struct schema *schema, const struct schema_table *table,
                                const struct schema_column *column, struct buffer *out)
{
    (void)schema;
    buffer_puts(out, "ALTER TABLE ");
    print_name(out, table->name);
    buffer_puts(out, " ADD COLUMN ");
    print_column(out, table, column, false);
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        const struct schema_foreign_key *key = &table->foreign_keys[i];
        if (key->count != 1 || strcmp(key->columns[0], column->name) != 0)
            continue;
        print_reference(out, key);
    }
    buffer_puts(out, ";\n");
}

bool schema_index_on_sqlite(const struct schema_index *index)
{
    const struct schema_column *numbered = numbered_column(index->table);
    const struct schema_index_part *part = &index->parts[0];
    bool is_of_rows = numbered && !index->unique && index->part_count == 1 && part->column &&
                      strcmp(part->column, numbered->name) == 0;
    return !index->obstacle && !is_of_rows;
}

void schema_print_sqlite_index(const struct schema_index *index, struct buffer *out)
{
    buffer_printf(out, "CREATE %sINDEX ", index->unique ? "UNIQUE " : "");
    print_name(out, index->name);
    buffer_puts(out, " ON ");
    print_name(out, index->table->name);
    buffer_puts(out, " (");
    for (size_t i = 0; i < index->part_count; i++) {
        const struct schema_index_part *part = &index->parts[i];
        buffer_puts(out, i ? ", " : "");
        if (part->column)
            print_name(out, part->column);
        else
            buffer_puts(out, part->expression.sqlite);
        buffer_puts(out, part->descending ? " DESC" : "");
    }
    buffer_puts(out, ")");
    if (index->partial)
        buffer_printf(out, " WHERE %s", index->where.sqlite);
    buffer_puts(out, ";\n");
}

struct omission_caller {
    void (*fn)(void *arg, struct schema_position at, const char *name, const char *sql);
    void *arg;
};

static void omit(const struct omission_caller *caller, struct schema_position at, const char *sql, const char *format,
                 ...) ERRAND_PRINTF(4, 5);
static void omit(const struct omission_caller *caller, struct schema_position at, const char *sql, const char *format,
                 ...)
{
    char name[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    caller->fn(caller->arg, at, name, sql);
}

static void omit_of_column(const struct omission_caller *caller, const struct schema_table *table,
                           const struct schema_column *column)
{
    if (is_duplicate(table, column))
        omit(caller, column->at, NULL, "the column %s.%s: another differs from it in upper and lower case only",
             table->name, column->name);
    bool has_default = column->default_kind != SCHEMA_DEFAULT_NONE && !column->numbering;
    if (has_default && !column->default_value.sqlite)
        omit(caller, column->at, column->default_value.postgres, "the default of %s.%s", table->name, column->name);
    if (column->computed && !column->computation.sqlite)
        omit(caller, column->at, column->computation.postgres, "the computation of %s.%s", table->name, column->name);
    if (column->numbering && numbered_column(table) != column)
        omit(caller, column->at, NULL, "the numbering of %s.%s: one column of a table can be numbered", table->name,
             column->name);
    if (strcmp(column->type.name, "numeric") == 0 && !column->type.array)
        omit(caller, column->at, NULL, "the order of %s.%s: numeric is text, exact but compared by its digits",
             table->name, column->name);
    if (strcmp(column->type.name, "citext") == 0)
        omit(caller, column->at, NULL, "the comparison of %s.%s: citext is text, upper and lower case differ",
             table->name, column->name);
}

static void omit_of_table(const struct omission_caller *caller, const struct schema_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        omit_of_column(caller, table, &table->columns[i]);
    for (size_t i = 0; i < table->check_count; i++)
        if (!table->checks[i].expression.sqlite)
            omit(caller, table->at, table->checks[i].expression.postgres, "a check of %s%s%s", table->name,
                 table->checks[i].name ? ": " : "", table->checks[i].name ? table->checks[i].name : "");
    for (size_t i = 0; i < table->unique_count; i++)
        if (table->unique_keys[i].nulls_equal)
            omit(caller, table->at, NULL, "NULLS NOT DISTINCT of a unique key of %s: NULLs are never the same there",
                 table->name);
}

void schema_each_omission(const struct schema *schema,
                          void (*fn)(void *arg, struct schema_position at, const char *name, const char *sql),
                          void *arg)
{
    struct omission_caller caller = { fn, arg };
    for (size_t i = 0; i < schema->table_count; i++)
        omit_of_table(&caller, schema->tables[i]);
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        const struct schema_index *index = statement->index;
        if (statement->on_sqlite && index && index->nulls_equal)
            omit(&caller, statement->at, NULL, "NULLS NOT DISTINCT of the index %s: NULLs are never the same there",
                 index->name);
        if (statement->on_sqlite)
            continue;
        omit(&caller, statement->at, statement->sql, "%s%s%s", statement->what, index ? ": " : "",
             index ? index->obstacle : "");
    }
}

/* Each line of it behind a "-- ". */
static void print_comment(struct buffer *out, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\r\n");
        buffer_puts(out, "--     ");
        buffer_add(out, text, length);
        buffer_puts(out, "\n");
        text += length;
        text += strspn(text, "\r\n");
    }
}

static void print_omission(void *arg, struct schema_position at, const char *name, const char *sql)
{
    struct buffer *out = arg;
    char head[600];
    snprintf(head, sizeof head, "line %d, not in SQLite: %s", at.line, name);
    print_comment(out, head);
    if (sql)
        print_comment(out, sql);
    buffer_puts(out, "\n");
}

void schema_print_sqlite(const struct schema *schema, struct buffer *out)
{
    for (size_t i = 0; i < schema->table_count; i++) {
        schema_print_sqlite_table(schema, schema->tables[i], out);
        buffer_puts(out, "\n");
    }
    for (size_t i = 0; i < schema->index_count; i++)
        if (schema_index_on_sqlite(schema->indexes[i]))
            schema_print_sqlite_index(schema->indexes[i], out);
    if (schema->index_count)
        buffer_puts(out, "\n");
    schema_each_omission(schema, print_omission, out);
}
