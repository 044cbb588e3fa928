/* What a statement makes that has no name to look for (a DO block, a cast, default privileges), nobody can see. So each
   is run once for its text, and that is recorded beside the files. */
#include "migrate/postgres.h"

#include "base/error.h"
#include "base/hash.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN_MAX = 70 };

static bool is_unnamed(const struct schema_statement *statement)
{
    return statement->kind == SCHEMA_STATEMENT_OTHER || statement->kind == SCHEMA_STATEMENT_BLOCK;
}

/* No file has such a name: theirs end with .sql. */
static const char *name_of(struct migration *migration, const struct schema_statement *statement)
{
    return text_format(migration, "Schema.sql %016" PRIx64 "-%zu", hash_text(statement->sql), strlen(statement->sql));
}

static bool is_recorded(struct postgres *postgres, const struct schema_statement *statement)
{
    bool there = false;
    struct errand_error ignored;
    struct migration *migration = postgres->migration;
    return query_any(migration, migration->backend->has_record, &there, &ignored) == 0 && there &&
           postgres_asks(postgres, text_format(migration, "SELECT 1 FROM errand_migrations WHERE name = %s",
                                               postgres_literal(migration, name_of(migration, statement))));
}

static const char *record_sql(struct migration *migration, const struct schema_statement *statement)
{
    return text_format(migration,
                       "%s;\nINSERT INTO errand_migrations (name, checksum) VALUES (%s, '') ON CONFLICT DO NOTHING;\n",
                       migration->backend->make_record, postgres_literal(migration, name_of(migration, statement)));
}

/* Tried, since the database may have been made by another program: what it makes may be there already. Any other
   refusal may pass once the steps before it are done, or is to be told when it is run. */
static bool is_there(struct postgres *postgres, const struct schema_statement *statement)
{
    struct connection *connection = postgres->migration->connection;
    struct errand_error ignored;
    if (connection_script(connection, "SAVEPOINT errand_try", &ignored) != 0)
        return false;
    bool there = connection_script(connection, statement->sql, &ignored) != 0 &&
                 connection_fault(connection) == CONNECTION_EXISTS;
    connection_script(connection, "ROLLBACK TO SAVEPOINT errand_try; RELEASE SAVEPOINT errand_try", &ignored);
    return there;
}

/* How much of the statement says for people which it is: its first line, at most SHOWN_MAX bytes of whole characters.
 */
static size_t shown_size(const char *sql)
{
    size_t size = strcspn(sql, "\r\n");
    if (size <= SHOWN_MAX)
        return size;
    for (size = SHOWN_MAX; ((unsigned char)sql[size] & 0xc0) == 0x80;)
        size--;
    return size;
}

void postgres_unnamed(struct postgres *postgres, const struct schema_statement *statement)
{
    struct migration *migration = postgres->migration;
    if (is_recorded(postgres, statement) || is_there(postgres, statement))
        return;
    size_t size = shown_size(statement->sql);
    const char *sql = text_format(migration, "%s;\n%s", statement->sql, record_sql(migration, statement));
    postgres_step(postgres, (struct verb){ "ran", "run" }, PHASE_NONE, sql, "%.*s%s", (int)size, statement->sql,
                  statement->sql[size] ? " ..." : "");
}

int postgres_record_unnamed(struct migration *migration, struct errand_error *err)
{
    const struct schema *schema = migration->schema;
    for (size_t i = 0; i < schema->statement_count; i++)
        if (is_unnamed(schema->statements[i]) &&
            connection_script(migration->connection, record_sql(migration, schema->statements[i]), err) != 0)
            return error_prefix(err, "errand_migrations, the table that says what was run, cannot be written");
    return 0;
}
