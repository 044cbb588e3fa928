/* Both sides as the server sees them. The wanted one is made by Schema.sql's own statements in schemas that exist only
   inside this transaction, so both went through the same parser, and are printed by the same functions. That takes the
   right to create a schema, no other database, and no lock of anything that is there. */
#include "migrate/postgres.h"

#include "base/error.h"
#include "base/uuid.h"
#include "migrate_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names ---- */

const char *postgres_array(struct migration *migration, const char *const *names, size_t count)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_puts(&out, "{");
    for (size_t i = 0; i < count; i++) {
        buffer_puts(&out, i ? ",\"" : "\"");
        for (const char *c = names[i]; *c; c++)
            buffer_printf(&out, strchr("\"\\", *c) ? "\\%c" : "%c", *c);
        buffer_puts(&out, "\"");
    }
    buffer_puts(&out, "}");
    return text_take(migration, &out);
}

const char *postgres_schema(const struct postgres *postgres, const char *name)
{
    return name ? name : postgres->names[0];
}

static int add_name(struct postgres *postgres, const char *name, struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    struct result *result;
    bool system = !name || strcmp(name, "pg_catalog") == 0 || strcmp(name, "information_schema") == 0;
    for (size_t i = 0; !system && i < postgres->name_count; i++)
        if (strcmp(postgres->names[i], name) == 0)
            return 0;
    if (system)
        return 0;
    if (query(migration, "SELECT quote_ident($1)", &result, err, name, TEXTS_END) != 0)
        return -1;
    size_t count = postgres->name_count;
    *GROW(migration, postgres->quoted, count) = text_copy(migration, result_cell(result, 0, 0, NULL));
    *GROW(migration, postgres->names, postgres->name_count) = text_copy(migration, name);
    result_free(result);
    return 0;
}

static int add_names(struct postgres *postgres, struct errand_error *err)
{
    const struct schema *schema = postgres->migration->schema;
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        bool declares = statement->kind == SCHEMA_STATEMENT_SCHEMA;
        if (add_name(postgres, declares ? statement->name : statement->schema, err) != 0 ||
            add_name(postgres, statement->table_schema, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < schema->enum_count; i++)
        if (add_name(postgres, schema->enums[i]->schema, err) != 0)
            return -1;
    return 0;
}

/* {public,app} as it is, for SET: the server's own quoting of an array is not that of a list. */
static int read_path(struct postgres *postgres, struct errand_error *err)
{
    struct result *result;
    if (query(postgres->migration,
              "SELECT string_agg(quote_ident(name), ', ' ORDER BY n) "
              "FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, n)",
              &result, err, TEXTS_END) != 0)
        return -1;
    postgres->path = text_copy(postgres->migration, result_cell(result, 0, 0, NULL));
    result_free(result);
    return 0;
}

int postgres_names(struct postgres *postgres, struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    struct result *result;
    if (query(migration, "SELECT current_schema()", &result, err, TEXTS_END) != 0)
        return -1;
    const char *current = result_cell(result, 0, 0, NULL);
    current = current ? text_copy(migration, current) : NULL;
    result_free(result);
    if (!current)
        return error_set(err,
                         "no schema of the search path is there: CREATE SCHEMA public; or name another by search_path");
    return add_name(postgres, current, err) != 0 || add_names(postgres, err) != 0 ? -1 : 0;
}

static int check_rights(struct postgres *postgres, struct errand_error *err)
{
    struct result *result;
    if (query(postgres->migration, sql_surroundings, &result, err, TEXTS_END) != 0)
        return -1;
    bool may = result_cell(result, 0, 0, NULL)[0] == 't';
    if (!may)
        error_set(err,
                  "to compare, this role needs the right to create a schema, which is gone again with the comparison: "
                  "GRANT CREATE ON DATABASE %s TO %s;",
                  result_cell(result, 0, 1, NULL), result_cell(result, 0, 2, NULL));
    result_free(result);
    return may ? 0 : -1;
}

int postgres_look_around(struct postgres *postgres, struct errand_error *err)
{
    if (check_rights(postgres, err) != 0 || postgres_names(postgres, err) != 0)
        return -1;
    uint64_t number;
    random_bytes(&number, sizeof number);
    for (size_t i = 0, count = 0; i < postgres->name_count; i++)
        *GROW(postgres->migration, postgres->drafts, count) =
            text_format(postgres->migration, "errand_wanted_%016" PRIx64 "_%zu", number, i);
    return read_path(postgres, err);
}

/* ---- Reading ---- */

/* The text said of the schemas themselves. Drafts have names that stand nowhere else. */
static const char *undrafted(struct postgres *postgres, const char *text, bool bare)
{
    static const char prefix[] = "errand_wanted_";
    if (!strstr(text, prefix))
        return text_copy(postgres->migration, text);
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    while (*text) {
        size_t length = 0;
        const char *name = NULL;
        for (size_t i = 0; i < postgres->name_count && *text == 'e'; i++) {
            size_t size = strlen(postgres->drafts[i]);
            bool whole =
                strncmp(text, postgres->drafts[i], size) == 0 && !strchr("0123456789", text[size] ? text[size] : ' ');
            name = whole ? (bare ? postgres->names[i] : postgres->quoted[i]) : name;
            length = whole ? size : length;
        }
        if (name)
            buffer_puts(&out, name);
        else
            buffer_add(&out, text, 1);
        text += name ? length : 1;
    }
    return text_take(postgres->migration, &out);
}

static const struct {
    const char *sql;
    bool named; /* its first column is a schema's name */
} set_queries[CATALOG_SETS] = {
    [RELATIONS] = { sql_relations, true },
    [COLUMNS] = { sql_columns, true },
    [CONSTRAINTS] = { sql_constraints, true },
    [INDEXES] = { sql_indexes, true },
    [TYPES] = { sql_types, true },
    [LABELS] = { sql_labels, true },
    [CHECKS] = { sql_checks, true },
    [ATTRIBUTES] = { sql_attributes, true },
    [FUNCTIONS] = { sql_functions, true },
    [TRIGGERS] = { sql_triggers, true },
    [POLICIES] = { sql_policies, true },
    [COMMENTS] = { sql_comments, false },
    [GRANTS] = { sql_grants, true },
};

static int read_set(struct postgres *postgres, struct catalog *catalog, enum catalog_set set, const char *namespaces,
                    struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    struct rows *rows = &catalog->sets[set];
    struct result *result;
    if (query(migration, set_queries[set].sql, &result, err, namespaces, TEXTS_END) != 0)
        return -1;
    size_t columns = result_columns(result);
    for (size_t i = 0; i < result_rows(result); i++) {
        struct row *row = GROW(migration, rows->items, rows->count);
        *row = (struct row){ .cells = memory(migration, columns * sizeof *row->cells) };
        for (size_t c = 0; c < columns; c++) {
            const char *cell = result_cell(result, i, c, NULL);
            row->cells[c] = cell ? undrafted(postgres, cell, c == 0 && set_queries[set].named) : NULL;
        }
    }
    result_free(result);
    return 0;
}

static int read_catalog(struct postgres *postgres, struct catalog *catalog, const char *const *names,
                        struct errand_error *err)
{
    const char *namespaces = postgres_array(postgres->migration, names, postgres->name_count);
    for (int set = 0; set < CATALOG_SETS; set++)
        if (read_set(postgres, catalog, (enum catalog_set)set, namespaces, err) != 0)
            return -1;
    return 0;
}

/* ---- The wanted side ---- */

/* How a statement is tried: what concerns rows, owners, or things that may not be the draft's is left out. */
enum trial { LEFT_OUT, MUST_WORK, MAY_FAIL };

static enum trial trial_of(const struct schema_statement *statement)
{
    switch (statement->kind) {
    case SCHEMA_STATEMENT_ROWS:
    case SCHEMA_STATEMENT_SCHEMA:
    case SCHEMA_STATEMENT_OWNER:
    case SCHEMA_STATEMENT_SETTING:
    case SCHEMA_STATEMENT_SELECT:
    case SCHEMA_STATEMENT_DROP:
        return LEFT_OUT;
    case SCHEMA_STATEMENT_COMMENT:
    case SCHEMA_STATEMENT_GRANT:
    case SCHEMA_STATEMENT_BLOCK:
    case SCHEMA_STATEMENT_EXTENSION:
    case SCHEMA_STATEMENT_OTHER:
        return MAY_FAIL;
    default:
        return MUST_WORK;
    }
}

static int try_statement(struct postgres *postgres, const struct schema_statement *statement, const char *sql,
                         struct errand_error *err)
{
    struct connection *connection = postgres->migration->connection;
    if (trial_of(statement) == MUST_WORK) {
        if (connection_script(connection, sql, err) == 0)
            return 0;
        return error_prefix(err, "%s:%d:%d: %s", postgres->migration->schema->file, statement->at.line,
                            statement->at.column, statement->what);
    }
    if (connection_script(connection, "SAVEPOINT errand_try", err) != 0)
        return -1;
    struct errand_error ignored;
    bool worked = connection_script(connection, sql, &ignored) == 0;
    return connection_script(connection,
                             worked ? "RELEASE SAVEPOINT errand_try"
                                    : "ROLLBACK TO SAVEPOINT errand_try; RELEASE SAVEPOINT errand_try",
                             err);
}

/* JOB_STATUS that is used as crm.job_status and not declared. */
static void add_implied(struct postgres *postgres, struct buffer *out)
{
    const struct schema *schema = postgres->migration->schema;
    for (size_t i = 0; i < schema->enum_count; i++) {
        const struct schema_enum *labels = schema->enums[i];
        if (!labels->implied || !labels->schema || strcmp(labels->schema, postgres->names[0]) == 0)
            continue;
        for (size_t n = 0; n < postgres->name_count; n++)
            if (strcmp(labels->schema, postgres->names[n]) == 0)
                buffer_printf(out, "CREATE TYPE %s.job_status AS ENUM (", postgres->drafts[n]);
        for (size_t n = 0; n < labels->label_count; n++)
            buffer_printf(out, "%s'%s'", n ? ", " : "", labels->labels[n]);
        buffer_puts(out, ");\n");
    }
}

/* Without IF EXISTS it could only be of the file; with it, of anything. */
static bool is_of_the_file(const struct schema *schema, const struct schema_statement *statement)
{
    if (statement->kind != SCHEMA_STATEMENT_CHANGE || !statement->table)
        return true;
    for (size_t i = 0; i < schema->statement_count; i++)
        if (schema->statements[i] != statement && schema->statements[i]->name &&
            strcmp(schema->statements[i]->name, statement->table) == 0)
            return true;
    return false;
}

static int make_draft(struct postgres *postgres, struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    const struct schema *schema = migration->schema;
    struct buffer prelude = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (size_t i = 0; i < postgres->name_count; i++)
        buffer_printf(&prelude, "CREATE SCHEMA %s;\n", postgres->drafts[i]);
    buffer_printf(&prelude,
                  "SET LOCAL search_path = %s, %s;\nSET LOCAL check_function_bodies = off;\n"
                  "SET LOCAL client_min_messages = error;\n",
                  postgres->drafts[0], postgres->path);
    add_implied(postgres, &prelude);
    schema_print_postgres_prelude(schema, &prelude);
    int result = connection_script(migration->connection, text_take(migration, &prelude), err);
    for (size_t i = 0; result == 0 && i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        if (trial_of(statement) == LEFT_OUT || !is_of_the_file(schema, statement))
            continue;
        char *sql = schema_relocate(statement->sql, postgres->names, postgres->drafts, postgres->name_count);
        result = try_statement(postgres, statement, sql ? sql : statement->sql, err);
        free(sql);
    }
    return result;
}

int postgres_read(struct postgres *postgres, struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    if (read_catalog(postgres, &postgres->live, postgres->names, err) != 0 || make_draft(postgres, err) != 0 ||
        read_catalog(postgres, &postgres->wanted, postgres->drafts, err) != 0)
        return -1;
    /* From here on the names are those of what is there. */
    const char *back = text_format(migration, "SET LOCAL search_path = %s", postgres->path);
    return connection_script(migration->connection, back, err);
}

const char *postgres_draft(const struct postgres *postgres, const struct row *table)
{
    for (size_t i = 0; i < postgres->name_count; i++)
        if (strcmp(postgres->names[i], table->cells[SCHEMA_NAME]) == 0)
            return text_format(postgres->migration, "%s%s", postgres->drafts[i],
                               table->cells[RELATION_QUOTED] + strlen(postgres->quoted[i]));
    return table->cells[RELATION_QUOTED];
}

/* ---- Rows ---- */

struct row *postgres_find(const struct catalog *catalog, enum catalog_set set, const char *first, const char *second,
                          const char *third)
{
    const struct rows *rows = &catalog->sets[set];
    for (size_t i = 0; i < rows->count; i++) {
        const char *const *cells = rows->items[i].cells;
        if (strcmp(cells[0], first) == 0 && strcmp(cells[1], second) == 0 && (!third || strcmp(cells[2], third) == 0))
            return &rows->items[i];
    }
    return NULL;
}

bool same_cell(const struct row *a, const struct row *b, int cell)
{
    const char *left = a->cells[cell], *right = b->cells[cell];
    return left == right || (left && right && strcmp(left, right) == 0);
}

bool true_cell(const struct row *row, int cell)
{
    return row->cells[cell] && row->cells[cell][0] == 't';
}

bool is_of(const struct row *row, const struct row *whole)
{
    return strcmp(row->cells[0], whole->cells[0]) == 0 && strcmp(row->cells[1], whole->cells[1]) == 0;
}

const char *postgres_literal(struct migration *migration, const char *text)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_puts(&out, "'");
    for (; *text; text++)
        buffer_printf(&out, *text == '\'' ? "''" : "%c", *text);
    buffer_puts(&out, "'");
    return text_take(migration, &out);
}
