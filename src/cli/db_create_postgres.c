/* What a PostgreSQL database lacks of the schema. */
#include "cli/command.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

struct maker {
    struct connection *connection;
    const struct schema *schema;
    struct db_report *report;
    struct buffer text; /* of the statement under way */
    const char **made;  /* tables that this run has made, by their statement's name */
    size_t made_count;
    struct arena arena;
};

static void add_quoted(struct buffer *out, const char *name)
{
    buffer_puts(out, "\"");
    for (; *name; name++)
        buffer_printf(out, *name == '"' ? "\"\"" : "%c", *name);
    buffer_puts(out, "\"");
}

/* "schema"."name", in the buffer. */
static const char *quoted(struct maker *maker, const char *schema_name, const char *name)
{
    buffer_reset(&maker->text);
    if (schema_name) {
        add_quoted(&maker->text, schema_name);
        buffer_puts(&maker->text, ".");
    }
    add_quoted(&maker->text, name);
    return maker->text.data;
}

static int look(struct maker *maker, const char *sql, const char *first, const char *second, bool *found,
                struct errand_error *err)
{
    const struct errand_value values[] = { errand_text(first), errand_text(second) };
    struct result *result;
    if (connection_query(maker->connection, sql, values, second ? 2 : 1, &result, err) != 0)
        return -1;
    *found = result_rows(result) > 0;
    result_free(result);
    return 0;
}

static bool was_made(const struct maker *maker, const char *table)
{
    for (size_t i = 0; table && i < maker->made_count; i++)
        if (strcmp(maker->made[i], table) == 0)
            return true;
    return false;
}

static int run(struct maker *maker, const struct schema_statement *statement, struct errand_error *err)
{
    if (connection_script(maker->connection, statement->sql, err) == 0)
        return 0;
    return error_prefix(err, "%s:%d:%d: %s", maker->schema->file, statement->at.line, statement->at.column,
                        statement->what);
}

static int run_and_tell(struct maker *maker, const struct schema_statement *statement, struct errand_error *err)
{
    if (run(maker, statement, err) != 0)
        return -1;
    db_made(maker->report, "created %s", statement->what);
    return 0;
}

/* A tag that the text does not hold: $errand1$, $errand2$ ... */
static void choose_tag(const char *text, const char *other, char tag[32])
{
    unsigned n = 0;
    do
        snprintf(tag, 32, "$errand%u$", ++n);
    while (strstr(text, tag) || strcmp(tag, other) == 0);
}

/* Runs what has no name to look for; the server says whether it was there. */
static int run_unless_there(struct maker *maker, const struct schema_statement *statement, struct errand_error *err)
{
    char inner[32], outer[32];
    bool there;
    choose_tag(statement->sql, "", inner);
    choose_tag(statement->sql, inner, outer);
    buffer_reset(&maker->text);
    buffer_printf(&maker->text,
                  "DO %s BEGIN\n"
                  "PERFORM set_config('errand.there', '', true);\n"
                  "EXECUTE %s%s%s;\n"
                  "EXCEPTION WHEN duplicate_function OR duplicate_object OR duplicate_table OR duplicate_column OR "
                  "duplicate_schema OR duplicate_alias THEN\n"
                  "PERFORM set_config('errand.there', 'yes', true);\n"
                  "END %s",
                  outer, inner, statement->sql, inner, outer);
    if (connection_script(maker->connection, maker->text.data, err) != 0)
        return error_prefix(err, "%s:%d:%d: %s", maker->schema->file, statement->at.line, statement->at.column,
                            statement->what);
    if (look(maker, "SELECT 1 WHERE current_setting('errand.there') = $1::text", "yes", NULL, &there, err) != 0)
        return -1;
    if (!there)
        db_made(maker->report, "created %s", statement->what);
    return 0;
}

static int add_columns(struct maker *maker, const struct schema_statement *statement, struct errand_error *err)
{
    const struct schema_table *table = schema_find_table(maker->schema, statement->schema, statement->name);
    for (size_t i = 0; table && i < table->column_count; i++) {
        const struct schema_column *column = &table->columns[i];
        bool found;
        if (look(maker,
                 "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1::text) AND attname = $2::text "
                 "AND NOT attisdropped",
                 quoted(maker, table->schema, table->name), column->name, &found, err) != 0)
            return -1;
        if (found)
            continue;
        if (connection_script(maker->connection, column->add_statement, err) != 0)
            return error_prefix(err, "column %s.%s", table->name, column->name);
        db_made(maker->report, "added column %s.%s", table->name, column->name);
    }
    return 0;
}

static int make_table(struct maker *maker, const struct schema_statement *statement, struct errand_error *err)
{
    bool found;
    if (look(maker, "SELECT 1 WHERE to_regclass($1::text) IS NOT NULL",
             quoted(maker, statement->schema, statement->name), NULL, &found, err) != 0)
        return -1;
    if (found)
        return add_columns(maker, statement, err);
    if (run_and_tell(maker, statement, err) != 0)
        return -1;
    maker->made[maker->made_count++] = statement->name;
    return 0;
}

/* Sets *found; for what has a name of its own to be found by. */
static int look_for(struct maker *maker, const struct schema_statement *statement, bool *found,
                    struct errand_error *err)
{
    static const char *const of_table[] = {
        [SCHEMA_STATEMENT_CONSTRAINT] =
            "SELECT 1 FROM pg_constraint WHERE conrelid = to_regclass($1::text) AND conname = $2::text",
        [SCHEMA_STATEMENT_COLUMN] = "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1::text) "
                                    "AND attname = $2::text AND NOT attisdropped",
        [SCHEMA_STATEMENT_TRIGGER] =
            "SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass($1::text) AND tgname = $2::text",
        [SCHEMA_STATEMENT_POLICY] =
            "SELECT 1 FROM pg_policy WHERE polrelid = to_regclass($1::text) AND polname = $2::text",
        [SCHEMA_STATEMENT_OTHER] = NULL,
    };
    if (of_table[statement->kind])
        return look(maker, of_table[statement->kind], quoted(maker, statement->table_schema, statement->table),
                    statement->name, found, err);
    if (statement->kind == SCHEMA_STATEMENT_SCHEMA)
        return look(maker, "SELECT 1 FROM pg_namespace WHERE nspname = $1::text", statement->name, NULL, found, err);
    const char *sql = statement->kind == SCHEMA_STATEMENT_TYPE ? "SELECT 1 WHERE to_regtype($1::text) IS NOT NULL"
                                                               : "SELECT 1 WHERE to_regclass($1::text) IS NOT NULL";
    return look(maker, sql, quoted(maker, statement->schema, statement->name), NULL, found, err);
}

static const struct schema_foreign_key *key_of(const struct maker *maker, const struct schema_statement *statement)
{
    const struct schema_table *table = schema_find_table(maker->schema, statement->table_schema, statement->table);
    for (size_t i = 0; table && i < table->foreign_key_count; i++)
        if (table->foreign_keys[i].statement == statement->sql)
            return &table->foreign_keys[i];
    return NULL;
}

/* A constraint without a name: a foreign key is known by its columns, the rest is added with its table only. */
static int make_unnamed(struct maker *maker, const struct schema_statement *statement, struct errand_error *err)
{
    const struct schema_foreign_key *key = key_of(maker, statement);
    bool found = !was_made(maker, statement->table);
    if (key) {
        struct buffer columns = BUFFER_INIT(64 * 1024);
        for (size_t i = 0; i < key->count; i++)
            buffer_printf(&columns, "%s%s", i ? "," : "", key->columns[i]);
        int looked =
            look(maker,
                 "SELECT 1 FROM pg_constraint c WHERE conrelid = to_regclass($1::text) AND contype = 'f' AND "
                 "(SELECT string_agg(attname, ',' ORDER BY n) FROM unnest(conkey) WITH ORDINALITY k (number, n) "
                 "JOIN pg_attribute ON attrelid = conrelid AND attnum = number) = $2::text",
                 quoted(maker, statement->table_schema, statement->table), columns.data, &found, err);
        buffer_release(&columns);
        if (looked != 0)
            return -1;
    }
    return found ? 0 : run_and_tell(maker, statement, err);
}

static int make(struct maker *maker, const struct schema_statement *statement, struct errand_error *err)
{
    bool found;
    switch (statement->kind) {
    case SCHEMA_STATEMENT_TABLE:
        return make_table(maker, statement, err);
    case SCHEMA_STATEMENT_REPEATABLE:
        return run(maker, statement, err);
    case SCHEMA_STATEMENT_ROWS:
        return was_made(maker, statement->table) ? run_and_tell(maker, statement, err) : 0;
    case SCHEMA_STATEMENT_FUNCTION:
    case SCHEMA_STATEMENT_OTHER:
        return run_unless_there(maker, statement, err);
    default:
        if (!statement->name)
            return make_unnamed(maker, statement, err);
        if (look_for(maker, statement, &found, err) != 0)
            return -1;
        return found ? 0 : run_and_tell(maker, statement, err);
    }
}

static int make_prelude(struct maker *maker, struct errand_error *err)
{
    buffer_reset(&maker->text);
    schema_print_postgres_prelude(maker->schema, &maker->text);
    return maker->text.size ? connection_script(maker->connection, maker->text.data, err) : 0;
}

int db_create_postgres(struct connection *connection, const struct schema *schema, struct db_report *report,
                       struct errand_error *err)
{
    struct maker maker = { .connection = connection,
                           .schema = schema,
                           .report = report,
                           .text = BUFFER_INIT(SCHEMA_PRINT_MAX),
                           .arena = ARENA_INIT };
    maker.made = arena_alloc(&maker.arena, (schema->statement_count + 1) * sizeof *maker.made);
    int result = maker.made ? make_prelude(&maker, err) : error_set(err, "out of memory");
    for (size_t i = 0; result == 0 && i < schema->statement_count; i++)
        result = make(&maker, schema->statements[i], err);
    buffer_release(&maker.text);
    arena_release(&maker.arena);
    return result;
}
