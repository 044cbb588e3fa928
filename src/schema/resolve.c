/* What can be said only once the whole file is read: whether references lead anywhere, and whether the job tables have
   what a worker needs. */
#include "schema/reader.h"

#include <string.h>
#include <strings.h>

/* A cast of the file's own may make a comparison where PostgreSQL has none. */
static bool has_casts(const struct schema *schema)
{
    for (size_t i = 0; i < schema->statement_count; i++)
        if (schema->statements[i]->kind == SCHEMA_STATEMENT_OTHER && strcasestr(schema->statements[i]->sql, "cast"))
            return true;
    return false;
}

static void check_key_types(struct reader *reader, const struct schema_table *table,
                            const struct schema_foreign_key *key)
{
    for (size_t i = 0; i < key->count; i++) {
        const struct schema_column *column = schema_find_column(table, key->columns[i]);
        const struct schema_column *target = schema_find_column(key->target, key->target_columns[i]);
        if (column && target && !type_may_equal(&column->type, &target->type) && !has_casts(reader->schema))
            reader_error(reader, key->at,
                         "the column %s of the table %s is %s and refers to %s of the table %s, which is %s: give both "
                         "the same type",
                         column->name, table->name, column->type.declared, target->name, key->target->name,
                         target->type.declared);
    }
}

static void resolve_key(struct reader *reader, const struct schema_table *table, struct schema_foreign_key *key)
{
    const struct schema_table *target = schema_find_table(reader->schema, key->target_schema, key->target_name);
    if (!target) {
        reader_error(reader, key->at, "table %s refers to the table %s, which is not there", table->name,
                     key->target_name);
        return;
    }
    if (key->target_count == 0) {
        key->target_columns = target->primary_key.columns;
        key->target_count = target->primary_key.count;
    }
    if (key->target_count == 0) {
        reader_error(reader, key->at, "table %s refers to the table %s, which has no primary key", table->name,
                     key->target_name);
        return;
    }
    if (key->target_count != key->count) {
        reader_error(reader, key->at, "table %s refers with %zu columns to %zu of the table %s", table->name,
                     key->count, key->target_count, key->target_name);
        return;
    }
    for (size_t i = 0; i < key->target_count; i++) {
        if (schema_find_column(target, key->target_columns[i]))
            continue;
        reader_error(reader, key->at, "table %s refers to the column %s of the table %s, which is not there",
                     table->name, key->target_columns[i], key->target_name);
        return;
    }
    key->target = target;
    check_key_types(reader, table, key);
}

static void check_type(struct reader *reader, const struct schema_column *column)
{
    const char *name = column->type.unseen;
    if (name && !type_is_known(reader->schema, name))
        reader_error(
            reader, column->at,
            "the type \"%s\" of the column %s is not known: PostgreSQL has none of that name, and the file does "
            "not declare one (CREATE TYPE, CREATE DOMAIN, CREATE EXTENSION)",
            name, column->name);
}

/* The columns of a job table, what must be in them, and how they are added where they lack. */
static const struct job_column {
    const char *name;
    enum errand_type kind; /* 0: any */
    const char *type;
    const char *rest;
} job_table_columns[] = {
    { "id", 0, "UUID", "DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL" },
    { "created_at", ERRAND_TYPE_TIME, "TIMESTAMP WITH TIME ZONE", "DEFAULT NOW() NOT NULL" },
    { "updated_at", ERRAND_TYPE_TIME, "TIMESTAMP WITH TIME ZONE", "DEFAULT NOW() NOT NULL" },
    { "status", ERRAND_TYPE_ENUM, "JOB_STATUS", "DEFAULT 'job_status_not_started' NOT NULL" },
    { "last_error", ERRAND_TYPE_TEXT, "TEXT", "DEFAULT NULL" },
    { "attempts_count", ERRAND_TYPE_INT32, "INT", "DEFAULT 0 NOT NULL" },
    { "locked_at", ERRAND_TYPE_TIME, "TIMESTAMP WITH TIME ZONE", "DEFAULT NULL" },
    { "locked_by", ERRAND_TYPE_UUID, "UUID", "DEFAULT NULL" },
    { "run_at", ERRAND_TYPE_TIME, "TIMESTAMP WITH TIME ZONE", "DEFAULT NOW() NOT NULL" },
};

static bool same_kind(enum errand_type wanted, enum errand_type found)
{
    bool both_whole = wanted == ERRAND_TYPE_INT32 && (found == ERRAND_TYPE_INT64 || found == ERRAND_TYPE_INT16);
    return wanted == 0 || wanted == found || both_whole;
}

static bool has_label(const struct schema_enum *labels, const char *label)
{
    for (size_t i = 0; i < labels->label_count; i++)
        if (strcmp(labels->labels[i], label) == 0)
            return true;
    return false;
}

static void check_labels(struct reader *reader, const struct schema_table *table, const struct schema_column *column)
{
    if (column->type.kind != ERRAND_TYPE_ENUM || strcmp(column->name, "status") != 0)
        return;
    for (size_t i = 0; job_status_labels[i]; i++)
        if (!has_label(column->type.labels, job_status_labels[i]))
            reader_error(
                reader, column->at,
                "the type %s of the column status of the job table %s has no label '%s': leave its CREATE TYPE "
                "out, or add the label to it",
                column->type.declared, table->name, job_status_labels[i]);
}

static void check_job_column(struct reader *reader, const struct schema_table *table, const struct job_column *wanted)
{
    const struct schema_column *column = schema_find_column(table, wanted->name);
    const char *name = qualified(reader, table->schema, table->name);
    if (name[0] == '"' && !table->schema &&
        strspn(table->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(table->name))
        name = table->name;
    const char *statement =
        reader_printf(reader, "ALTER TABLE %s ADD COLUMN %s %s %s;", name, wanted->name, wanted->type, wanted->rest);
    if (column && same_kind(wanted->kind, column->type.kind)) {
        check_labels(reader, table, column);
        if (strcmp(wanted->name, "run_at") == 0 && !column->not_null)
            reader_warning(
                reader, column->at,
                "the column run_at of the job table %s may be NULL, and a job where it is never runs; say so "
                "with: ALTER TABLE %s ALTER COLUMN run_at SET NOT NULL;",
                table->name, name);
        return;
    }
    if (column)
        reader_error(reader, column->at, "the column %s of the job table %s is %s; a worker needs %s", column->name,
                     table->name, column->type.declared, wanted->type);
    else if (strcmp(wanted->name, "run_at") == 0)
        reader_warning(reader, table->at,
                       "the job table %s has no column run_at: its jobs are not run until it has; add it with: %s",
                       table->name, statement);
    else
        reader_error(reader, table->at, "the job table %s has no column %s; add it with: %s", table->name, wanted->name,
                     statement);
}

/* A domain's NOT NULL is its columns'. */
static void apply_domains(const struct schema *schema, struct schema_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        for (size_t d = 0; d < schema->domain_count; d++)
            if (schema->domains[d]->not_null && strcmp(table->columns[i].type.declared, schema->domains[d]->name) == 0)
                table->columns[i].not_null = true;
}

static struct schema_statement *statement_of(const struct schema *schema, const struct schema_table *table)
{
    for (size_t i = 0; i < schema->statement_count; i++) {
        struct schema_statement *statement = schema->statements[i];
        if (statement->kind == SCHEMA_STATEMENT_TABLE && statement->on_sqlite &&
            strcmp(statement->name, table->name) == 0)
            return statement;
    }
    return NULL;
}

/* On SQLite the names of all tables and indexes are in one place. */
static bool is_name_taken(const struct schema *schema, size_t index)
{
    const char *name = schema->indexes[index]->name;
    for (size_t i = 0; i < schema->table_count; i++)
        if (strcasecmp(schema->tables[i]->name, name) == 0)
            return true;
    for (size_t i = 0; i < index; i++)
        if (!schema->indexes[i]->obstacle && strcasecmp(schema->indexes[i]->name, name) == 0)
            return true;
    return false;
}

static void check_index_names(const struct schema *schema)
{
    for (size_t i = 0; i < schema->index_count; i++)
        if (!schema->indexes[i]->obstacle && is_name_taken(schema, i))
            schema->indexes[i]->obstacle = "another has its name, but for the schema or upper and lower case";
    for (size_t i = 0; i < schema->statement_count; i++) {
        struct schema_statement *statement = schema->statements[i];
        statement->on_sqlite = statement->on_sqlite && !(statement->index && statement->index->obstacle);
    }
}

struct order {
    struct schema_statement **sorted;
    size_t count;
};

static bool is_placed(const struct order *order, const struct schema_statement *statement)
{
    for (size_t i = 0; i < order->count; i++)
        if (order->sorted[i] == statement)
            return true;
    return false;
}

/* A table comes behind those that its own CREATE TABLE refers to. depth ends cycles, which PostgreSQL refuses. */
static void place(const struct schema *schema, struct order *order, struct schema_statement *statement, size_t depth)
{
    if (is_placed(order, statement))
        return;
    const struct schema_table *table = NULL;
    if (statement->kind == SCHEMA_STATEMENT_TABLE)
        table = schema_find_table(schema, statement->schema, statement->name);
    for (size_t i = 0; table && depth < 100 && i < table->foreign_key_count; i++) {
        const struct schema_foreign_key *key = &table->foreign_keys[i];
        struct schema_statement *target = key->target && !key->statement ? statement_of(schema, key->target) : NULL;
        if (target && target != statement)
            place(schema, order, target, depth + 1);
    }
    if (!is_placed(order, statement))
        order->sorted[order->count++] = statement;
}

static void sort_statements(struct reader *reader)
{
    struct schema *schema = reader->schema;
    struct order order = { .sorted = reader_alloc(reader, (schema->statement_count + 1) * sizeof *order.sorted) };
    for (size_t i = 0; i < schema->statement_count; i++)
        place(schema, &order, schema->statements[i], 0);
    schema->statements = order.sorted;
}

void schema_resolve(struct reader *reader)
{
    const struct schema *schema = reader->schema;
    for (size_t i = 0; i < schema->table_count; i++) {
        struct schema_table *table = schema->tables[i];
        apply_domains(schema, table);
        for (size_t c = 0; c < table->column_count; c++)
            check_type(reader, &table->columns[c]);
        for (size_t k = 0; k < table->foreign_key_count; k++)
            resolve_key(reader, table, &table->foreign_keys[k]);
        for (size_t c = 0; table->is_job && c < sizeof job_table_columns / sizeof *job_table_columns; c++)
            check_job_column(reader, table, &job_table_columns[c]);
    }
    check_index_names(schema);
    if (schema->error_count == 0)
        sort_statements(reader);
}
