/* What a statement makes that has no name to look for (a DO block, a cast, default privileges), nobody can see. So each
   is run once for its text, and that is recorded beside the files. A database that has no such record was made by
   another program, or by an Errand that kept none: there all that the schema says by then counts as done. */
#include "migrate/postgres.h"

#include "base/error.h"
#include "base/hash.h"

#include <inttypes.h>
#include <string.h>

static bool is_unnamed(const struct schema_statement *statement)
{
    return statement->kind == SCHEMA_STATEMENT_OTHER || statement->kind == SCHEMA_STATEMENT_BLOCK;
}

/* No file has such a name: theirs end with .sql. */
static const char *name_of(struct migration *migration, const struct schema_statement *statement)
{
    return text_format(migration, "Schema.sql %016" PRIx64 "-%zu", hash_text(statement->sql), strlen(statement->sql));
}

static bool is_in_record(struct postgres *postgres, const char *condition)
{
    bool there = false;
    struct errand_error ignored;
    struct migration *migration = postgres->migration;
    return query_any(migration, migration->backend->has_record, &there, &ignored) == 0 && there &&
           postgres_asks(postgres, text_format(migration, "SELECT 1 FROM errand_migrations WHERE %s", condition));
}

static bool is_recorded(struct postgres *postgres, const struct schema_statement *statement)
{
    struct migration *migration = postgres->migration;
    return is_in_record(
        postgres, text_format(migration, "name = %s", postgres_literal(migration, name_of(migration, statement))));
}

static const char *record_sql(struct migration *migration, const struct schema_statement *statement)
{
    return text_format(migration,
                       "%s;\nINSERT INTO errand_migrations (name, checksum) VALUES (%s, '') ON CONFLICT DO NOTHING;\n",
                       migration->backend->make_record, postgres_literal(migration, name_of(migration, statement)));
}

/* All of the schema as run; and that there is a record, for a schema that has none of them yet. */
static const char *record_all_sql(struct migration *migration)
{
    const struct schema *schema = migration->schema;
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_printf(&out, "%s;\nINSERT INTO errand_migrations (name, checksum) VALUES ('Schema.sql is recorded', '')",
                  migration->backend->make_record);
    for (size_t i = 0; i < schema->statement_count; i++)
        if (is_unnamed(schema->statements[i]))
            buffer_printf(&out, ",\n    (%s, '')",
                          postgres_literal(migration, name_of(migration, schema->statements[i])));
    buffer_puts(&out, "\nON CONFLICT DO NOTHING;\n");
    return text_take(migration, &out);
}

/* Tried, since somebody may have made it by hand: what it makes may be there already, or the row that it adds. Any
   other refusal may pass once the steps before it are done, or is to be told when it is run. */
static bool is_there(struct postgres *postgres, const struct schema_statement *statement)
{
    struct connection *connection = postgres->migration->connection;
    struct errand_error ignored;
    if (connection_script(connection, "SAVEPOINT errand_try", &ignored) != 0)
        return false;
    bool refused = connection_script(connection, statement->sql, &ignored) != 0;
    enum connection_fault fault = connection_fault(connection);
    connection_script(connection, "ROLLBACK TO SAVEPOINT errand_try; RELEASE SAVEPOINT errand_try", &ignored);
    return refused &&
           (fault == CONNECTION_EXISTS || (fault == CONNECTION_CONFLICT && statement->kind == SCHEMA_STATEMENT_OTHER));
}

/* All at once: were one recorded before the others, the next run would take these for new. */
static void count_all(struct postgres *postgres)
{
    const struct schema *schema = postgres->migration->schema;
    const struct schema_statement *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < schema->statement_count; i++) {
        if (!is_unnamed(schema->statements[i]))
            continue;
        first = first ? first : schema->statements[i];
        count++;
    }
    postgres->counted = true;
    postgres_step(postgres, (struct verb){ "counted as done", "count as done" }, PHASE_NONE,
                  record_all_sql(postgres->migration),
                  "what nobody can see in a database without a record of it (%zu of the schema, the first in line %d: "
                  "%s): run by hand what was not",
                  count, first->at.line, shown_statement(postgres->migration, first->sql));
}

void postgres_unnamed(struct postgres *postgres, const struct schema_statement *statement)
{
    struct migration *migration = postgres->migration;
    if (postgres->counted)
        return;
    if (!is_in_record(postgres, "name LIKE 'Schema.sql %' AND name NOT LIKE '%.sql'")) {
        count_all(postgres);
        return;
    }
    if (is_recorded(postgres, statement) || is_there(postgres, statement))
        return;
    const char *sql = text_format(migration, "%s;\n%s", statement->sql, record_sql(migration, statement));
    postgres_step(postgres, (struct verb){ "ran", "run" }, PHASE_NONE, sql, "%s",
                  shown_statement(migration, statement->sql));
}

int postgres_record_unnamed(struct migration *migration, struct errand_error *err)
{
    if (connection_script(migration->connection, record_all_sql(migration), err) == 0)
        return 0;
    return error_prefix(err, "errand_migrations, the table that says what was run, cannot be written");
}
