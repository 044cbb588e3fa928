/* The model as DDL for PostgreSQL, which is what it was read from. */
#include "schema/schema.h"

#include <string.h>

static void print_job_status(const struct schema_enum *labels, struct buffer *out)
{
    buffer_puts(out, "DO $errand$\nBEGIN\n"
                     "    IF to_regtype('");
    if (labels->schema)
        buffer_printf(out, "\"%s\".", labels->schema);
    buffer_puts(out, "job_status') IS NULL THEN\n        CREATE TYPE ");
    if (labels->schema)
        buffer_printf(out, "\"%s\".", labels->schema);
    buffer_puts(out, "job_status AS ENUM (");
    for (size_t i = 0; i < labels->label_count; i++)
        buffer_printf(out, "%s'%s'", i ? ", " : "", labels->labels[i]);
    buffer_puts(out, ");\n    END IF;\nEND\n$errand$;\n\n");
}

/* Extensions need rights and packages; plain functions of the same name need neither. */
static void print_function(const char *name, const char *body, struct buffer *out)
{
    buffer_printf(out,
                  "DO $errand$\nBEGIN\n"
                  "    IF to_regprocedure('%s()') IS NULL THEN\n"
                  "        CREATE FUNCTION %s() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $body$\n"
                  "            %s\n"
                  "        $body$;\n"
                  "    END IF;\nEND\n$errand$;\n\n",
                  name, name, body);
}

void schema_print_postgres_prelude(const struct schema *schema, struct buffer *out)
{
    if (schema->uses_uuid_v4 && !schema->defines_uuid_v4)
        print_function("uuid_generate_v4", "SELECT gen_random_uuid()", out);
    /* The first 48 bits of a random uuid become the milliseconds since 1970, its version 4 becomes 7. */
    if (schema->uses_uuid_v7 && !schema->defines_uuid_v7)
        print_function(
            "uuidv7",
            "SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING\n"
            "                substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)\n"
            "                FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid",
            out);
    for (size_t i = 0; i < schema->enum_count; i++)
        if (schema->enums[i]->implied)
            print_job_status(schema->enums[i], out);
}

void schema_print_postgres(const struct schema *schema, struct buffer *out)
{
    schema_print_postgres_prelude(schema, out);
    for (size_t i = 0; i < schema->statement_count; i++)
        if (schema->statements[i]->kind != SCHEMA_STATEMENT_LEFT_OUT)
            buffer_printf(out, "%s;\n\n", schema->statements[i]->sql);
}
