/* The difference as steps, in the order of Schema.sql, which is one that works; and behind them what is destructive, in
   the order in which things can go. */
#include "migrate/postgres.h"

#include "base/error.h"
#include "migrate_sql.h"

#include <stdlib.h>
#include <string.h>

/* ---- Steps ---- */

struct migrate_step *postgres_step(struct postgres *postgres, struct verb verb, enum phase phase, const char *sql,
                                   const char *format, ...)
{
    struct migration *migration = postgres->migration;
    va_list arguments;
    va_start(arguments, format);
    char *what = arena_vprintf(&migration->outcome->memory, format, arguments);
    va_end(arguments);
    if (!what)
        abort();
    struct migrate_step *step = add_step(migration, verb, sql, "%s", what);
    step->destructive = phase != PHASE_NONE;
    *GROW(migration, postgres->phases, postgres->phase_count) = (int)phase;
    return step;
}

/* Inside a savepoint: a query that cannot be asked yet, of a column that is not there, must not end the comparison. */
bool postgres_asks(struct postgres *postgres, const char *sql)
{
    struct connection *connection = postgres->migration->connection;
    struct errand_error ignored;
    bool any = false;
    if (!sql || connection_script(connection, "SAVEPOINT errand_ask", &ignored) != 0)
        return false;
    bool asked = query_any(postgres->migration, sql, &any, &ignored) == 0;
    connection_script(connection,
                      asked ? "RELEASE SAVEPOINT errand_ask"
                            : "ROLLBACK TO SAVEPOINT errand_ask; RELEASE SAVEPOINT errand_ask",
                      &ignored);
    return asked && any;
}

bool postgres_has_rows(struct postgres *postgres, const char *quoted)
{
    return postgres_asks(postgres, text_format(postgres->migration, "SELECT 1 FROM %s LIMIT 1", quoted));
}

const char *postgres_is_large(struct postgres *postgres, const char *quoted)
{
    struct migration *migration = postgres->migration;
    struct result *result;
    struct errand_error ignored;
    const char *least = text_format(migration, "%lld", (long long)POSTGRES_LARGE_BYTES), *size = NULL;
    if (query(migration, sql_large, &result, &ignored, quoted, least, TEXTS_END) != 0)
        return NULL;
    if (result_rows(result) > 0)
        size = text_copy(migration, result_cell(result, 0, 0, NULL));
    result_free(result);
    return size;
}

bool postgres_is_made(const struct postgres *postgres, const char *schema, const char *name)
{
    for (size_t i = 0; i < postgres->made_count; i++)
        if (strcmp(postgres->made[i]->name, name) == 0 &&
            strcmp(postgres_schema(postgres, postgres->made[i]->schema), schema) == 0)
            return true;
    return false;
}

bool postgres_needs_absent(const struct postgres *postgres, const struct row *row, const char *text)
{
    for (size_t i = 0; text && i < postgres->absent_count; i++) {
        const struct row *column = postgres->absent[i];
        const char *name = column->cells[COLUMN_QUOTED];
        if (strcmp(column->cells[0], row->cells[0]) != 0 || strcmp(column->cells[1], row->cells[1]) != 0)
            continue;
        for (const char *at = text; (at = strstr(at, name)); at++)
            if (at > text && strchr(" (,.", at[-1]) && strchr(" ),:;", at[strlen(name)]))
                return true;
    }
    return false;
}

/* ---- Statements of the file, verbatim ---- */

static const char *verbatim(struct postgres *postgres, const struct schema_statement *statement)
{
    return text_format(postgres->migration, "%s;\n", statement->sql);
}

static void make(struct postgres *postgres, const struct schema_statement *statement)
{
    postgres_step(postgres, verb_create, PHASE_NONE, verbatim(postgres, statement), "%s", statement->what);
    *GROW(postgres->migration, postgres->made, postgres->made_count) = statement;
}

/* What belongs to a table goes with it, if the table is made. */
static void follow(struct postgres *postgres, const struct schema_statement *statement)
{
    bool made = statement->table &&
                postgres_is_made(postgres, postgres_schema(postgres, statement->table_schema), statement->table);
    struct verb verb = statement->kind == SCHEMA_STATEMENT_ROWS || statement->kind == SCHEMA_STATEMENT_CHANGE
                           ? (struct verb){ "ran", "run" }
                           : verb_create;
    if (made)
        postgres_step(postgres, verb, PHASE_NONE, verbatim(postgres, statement), "%s", statement->what);
}

static void see_table(struct postgres *postgres, const struct schema_statement *statement)
{
    const char *schema = postgres_schema(postgres, statement->schema);
    struct row *live = postgres_find(&postgres->live, RELATIONS, schema, statement->name, NULL);
    struct row *wanted = postgres_find(&postgres->wanted, RELATIONS, schema, statement->name, NULL);
    if (wanted)
        wanted->matched = true;
    if (live)
        live->matched = true;
    if (!live)
        make(postgres, statement);
    else if (wanted)
        postgres_table(postgres, wanted, live);
}

static void see_sequence(struct postgres *postgres, const struct schema_statement *statement)
{
    const char *schema = postgres_schema(postgres, statement->schema);
    const struct row *wanted = postgres_find(&postgres->wanted, RELATIONS, schema, statement->name, NULL);
    const char *owner = wanted ? wanted->cells[RELATION_OWNER] : NULL;
    bool with_column = owner && !postgres_is_made(postgres, schema, owner);
    if (!postgres_find(&postgres->live, RELATIONS, schema, statement->name, NULL) && !with_column)
        make(postgres, statement);
}

static void see_sequence_change(struct postgres *postgres, const struct schema_statement *statement)
{
    if (postgres_is_made(postgres, postgres_schema(postgres, statement->schema), statement->name))
        postgres_step(postgres, (struct verb){ "made", "make" }, PHASE_NONE, verbatim(postgres, statement), "%s",
                      statement->what);
}

static void see_view(struct postgres *postgres, const struct schema_statement *statement)
{
    struct row *wanted = postgres_find(&postgres->wanted, RELATIONS, postgres_schema(postgres, statement->schema),
                                       statement->name, NULL);
    if (wanted && !wanted->matched)
        postgres_view(postgres, wanted);
}

static void see_schema(struct postgres *postgres, const struct schema_statement *statement)
{
    const char *names = postgres_array(postgres->migration, &statement->name, 1);
    struct result *result;
    struct errand_error ignored;
    if (query(postgres->migration, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ANY ($1::text[])", &result,
              &ignored, names, TEXTS_END) != 0)
        return;
    if (result_rows(result) == 0)
        make(postgres, statement);
    result_free(result);
}

static void see_extension(struct postgres *postgres, const struct schema_statement *statement)
{
    struct result *result;
    struct errand_error ignored;
    if (query(postgres->migration, "SELECT 1 FROM pg_catalog.pg_extension WHERE extname = $1::text", &result, &ignored,
              statement->name, TEXTS_END) != 0)
        return;
    if (result_rows(result) == 0)
        postgres_step(postgres, verb_create, PHASE_NONE, verbatim(postgres, statement), "%s", statement->what);
    result_free(result);
}

static void see(struct postgres *postgres, const struct schema_statement *statement)
{
    switch (statement->kind) {
    case SCHEMA_STATEMENT_TABLE:
        see_table(postgres, statement);
        return;
    case SCHEMA_STATEMENT_TYPE:
        postgres_type(postgres, statement, postgres_schema(postgres, statement->schema), statement->name);
        return;
    case SCHEMA_STATEMENT_INDEX:
    case SCHEMA_STATEMENT_CONSTRAINT:
    case SCHEMA_STATEMENT_COLUMN:
    case SCHEMA_STATEMENT_CHANGE:
    case SCHEMA_STATEMENT_TRIGGER:
    case SCHEMA_STATEMENT_POLICY:
    case SCHEMA_STATEMENT_ROWS:
        follow(postgres, statement);
        return;
    case SCHEMA_STATEMENT_FUNCTION:
        postgres_functions(postgres, postgres_schema(postgres, statement->schema), statement->name);
        return;
    case SCHEMA_STATEMENT_VIEW:
        see_view(postgres, statement);
        return;
    case SCHEMA_STATEMENT_SEQUENCE:
        see_sequence(postgres, statement);
        return;
    case SCHEMA_STATEMENT_SEQUENCE_CHANGE:
        see_sequence_change(postgres, statement);
        return;
    case SCHEMA_STATEMENT_SCHEMA:
        see_schema(postgres, statement);
        return;
    case SCHEMA_STATEMENT_EXTENSION:
        see_extension(postgres, statement);
        return;
    case SCHEMA_STATEMENT_BLOCK:
    case SCHEMA_STATEMENT_OTHER:
        postgres_unnamed(postgres, statement);
        return;
    default:
        return;
    }
}

/* ---- The whole ---- */

/* uuid_generate_v4(), uuidv7() and JOB_STATUS, where the server lacks them. */
static int see_implied(struct postgres *postgres, struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    const struct schema *schema = migration->schema;
    bool lacks = false;
    struct buffer prelude = BUFFER_INIT(MIGRATE_TEXT_MAX);
    schema_print_postgres_prelude(schema, &prelude);
    const char *sql = text_take(migration, &prelude);
    if (*sql == '\0')
        return 0;
    struct buffer ask = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_puts(&ask, "SELECT 1 WHERE false");
    if (schema->uses_uuid_v4 && !schema->defines_uuid_v4)
        buffer_puts(&ask, " OR to_regprocedure('uuid_generate_v4()') IS NULL");
    if (schema->uses_uuid_v7 && !schema->defines_uuid_v7)
        buffer_puts(&ask, " OR to_regprocedure('uuidv7()') IS NULL");
    for (size_t i = 0; i < schema->enum_count; i++)
        if (schema->enums[i]->implied)
            buffer_printf(&ask, " OR to_regtype('%s%s%sjob_status') IS NULL", schema->enums[i]->schema ? "\"" : "",
                          schema->enums[i]->schema ? schema->enums[i]->schema : "",
                          schema->enums[i]->schema ? "\"." : "");
    if (query_any(migration, text_take(migration, &ask), &lacks, err) != 0)
        return -1;
    if (lacks)
        postgres_step(postgres, verb_create, PHASE_NONE, sql, "what the schema uses without declaring it");
    return 0;
}

static void see_all(struct postgres *postgres)
{
    const struct schema *schema = postgres->migration->schema;
    postgres_match(postgres);
    for (size_t i = 0; i < schema->statement_count; i++)
        see(postgres, schema->statements[i]);
    for (size_t i = 0; i < postgres->wanted.sets[RELATIONS].count; i++) {
        const struct row *wanted = &postgres->wanted.sets[RELATIONS].items[i];
        if (postgres_find(&postgres->live, RELATIONS, wanted->cells[0], wanted->cells[1], NULL) &&
            strchr("rp", wanted->cells[RELATION_KIND][0]))
            postgres_constraints(postgres, wanted, true);
    }
    postgres_indexes(postgres);
    postgres_of_tables(postgres, TRIGGERS, "trigger");
    postgres_of_tables(postgres, POLICIES, "policy");
    postgres_remarks(postgres);
    postgres_drop_tables(postgres);
    postgres_drop_objects(postgres);
}

/* What is destructive to the end, by its phase. */
static void sort_steps(struct postgres *postgres)
{
    struct migrate_outcome *outcome = postgres->migration->outcome;
    struct migrate_step *sorted = memory(postgres->migration, 2 * outcome->step_count * sizeof *sorted);
    size_t count = 0;
    for (int phase = PHASE_NONE; phase <= PHASE_DROP_TYPE; phase++)
        for (size_t i = 0; i < outcome->step_count; i++)
            if (postgres->phases[i] == phase)
                sorted[count++] = outcome->steps[i];
    if (count > 0)
        memcpy(outcome->steps, sorted, count * sizeof *sorted);
}

int postgres_compare(struct migration *migration, struct errand_error *err)
{
    struct postgres postgres = { .migration = migration };
    if (connection_begin(migration->connection, err) != 0)
        return -1;
    int result = connection_script(migration->connection, "SET LOCAL lock_timeout = '5s'", err);
    if (result == 0)
        result = postgres_look_around(&postgres, err);
    if (result == 0)
        result = see_implied(&postgres, err);
    if (result == 0)
        result = postgres_read(&postgres, err);
    if (result == 0)
        see_all(&postgres);
    if (result == 0 && connection_is_lost(migration->connection))
        result = error_set(err, "the connection to the database was lost while comparing");
    if (connection_in_transaction(migration->connection))
        connection_rollback(migration->connection, NULL);
    if (result == 0)
        sort_steps(&postgres);
    return result;
}
