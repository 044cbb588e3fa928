/* The wanted side of the comparison: what Schema.sql's own statements make, in schemas that exist only inside the open
   transaction. Where they can be, its tables are temporary: up to PostgreSQL 16 each index of another table costs a
   sync of the disk when it is made, and of these a schema of 300 tables has 1500. */
#include "migrate/postgres.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* ---- One statement ---- */

/* How a statement is tried: what concerns rows, owners, or things that may not be the draft's is left out. */
enum trial { LEFT_OUT, MUST_WORK, MAY_FAIL };

static enum trial trial_of(const struct schema_statement *statement)
{
    switch (statement->kind) {
    case SCHEMA_STATEMENT_ROWS:
    case SCHEMA_STATEMENT_SCHEMA:
    case SCHEMA_STATEMENT_SETTING:
    case SCHEMA_STATEMENT_SELECT:
    case SCHEMA_STATEMENT_LEFT_OUT:
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

/* ---- All of them ---- */

static int begin_draft(struct postgres *postgres, struct errand_error *err)
{
    struct buffer prelude = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (size_t i = 0; i < postgres->name_count; i++)
        buffer_printf(&prelude, "CREATE SCHEMA %s;\n", postgres->drafts[i]);
    buffer_printf(&prelude,
                  "SET LOCAL search_path = %s, %s;\nSET LOCAL check_function_bodies = off;\n"
                  "SET LOCAL client_min_messages = error;\n",
                  postgres->drafts[0], postgres->path);
    add_implied(postgres, &prelude);
    schema_print_postgres_prelude(postgres->migration->schema, &prelude);
    return connection_script(postgres->migration->connection, text_take(postgres->migration, &prelude), err);
}

static int make_plain(struct postgres *postgres, struct errand_error *err)
{
    const struct schema *schema = postgres->migration->schema;
    int result = begin_draft(postgres, err);
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

/* ---- With temporary tables ---- */

/* Where no name says its schema: pg_temp, which is looked into first, then stands for the schema of them all. */
static bool may_be_temporary(const struct postgres *postgres)
{
    const struct schema *schema = postgres->migration->schema;
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        if (statement->schema || statement->table_schema || strstr(statement->sql, "pg_temp"))
            return false;
    }
    return postgres->name_count == 1;
}

/* What stands first in the search path is where things are made. Functions are not found in pg_temp. */
static void add_path(struct postgres *postgres, const struct schema_statement *statement, bool *first,
                     struct buffer *out)
{
    bool table = statement->kind == SCHEMA_STATEMENT_TABLE || statement->kind == SCHEMA_STATEMENT_VIEW ||
                 statement->kind == SCHEMA_STATEMENT_SEQUENCE;
    if (table != *first)
        buffer_printf(out, "SET LOCAL search_path = %s%s, %s;\n", table ? "pg_temp, " : "", postgres->drafts[0],
                      postgres->path);
    *first = table;
}

static int send(struct postgres *postgres, struct buffer *out, struct errand_error *err)
{
    int result = out->size == 0 ? 0 : connection_script(postgres->migration->connection, out->data, err);
    buffer_reset(out);
    return result;
}

/* In one go as far as that can be. */
static int make_temporary(struct postgres *postgres, struct errand_error *err)
{
    const struct schema *schema = postgres->migration->schema;
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    bool first = false;
    int result = begin_draft(postgres, err);
    for (size_t i = 0; result == 0 && i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        if (trial_of(statement) == LEFT_OUT || !is_of_the_file(schema, statement))
            continue;
        add_path(postgres, statement, &first, &out);
        if (trial_of(statement) == MUST_WORK)
            buffer_printf(&out, "%s\n;\n", statement->sql);
        else
            result = send(postgres, &out, err) != 0 ? -1 : try_statement(postgres, statement, statement->sql, err);
    }
    buffer_printf(&out, "SET LOCAL search_path = %s, %s;\n", postgres->drafts[0], postgres->path);
    result = result == 0 ? send(postgres, &out, err) : -1;
    buffer_release(&out);
    return result;
}

static int name_temporary(struct postgres *postgres, struct errand_error *err)
{
    struct result *result;
    if (query(postgres->migration, "SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = pg_my_temp_schema()",
              &result, err, TEXTS_END) != 0)
        return -1;
    if (result_rows(result) > 0)
        postgres->temporary = text_copy(postgres->migration, result_cell(result, 0, 0, NULL));
    result_free(result);
    return 0;
}

/* ---- Either way ---- */

/* What cannot be temporary (a materialized view, a role without the right) is tried in vain, and then made plainly,
   which also says where in the file an error is. */
int postgres_make_draft(struct postgres *postgres, struct errand_error *err)
{
    struct connection *connection = postgres->migration->connection;
    struct errand_error ignored;
    if (!may_be_temporary(postgres))
        return make_plain(postgres, err);
    if (connection_script(connection, "SAVEPOINT errand_draft", err) != 0)
        return -1;
    if (make_temporary(postgres, &ignored) == 0)
        return name_temporary(postgres, err);
    if (connection_script(connection, "ROLLBACK TO SAVEPOINT errand_draft", err) != 0)
        return -1;
    return make_plain(postgres, err);
}
