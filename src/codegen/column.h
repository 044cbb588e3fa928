/* A column as the command line and the page describe it: name:type, and the line of a CREATE TABLE that it makes. */
#ifndef CODEGEN_COLUMN_H
#define CODEGEN_COLUMN_H

#include "schema/schema.h"

enum { COLUMN_NAME_MAX = 63, COLUMN_VALUE_MAX = 1000, COLUMNS_MAX = 100 };

/*  subject:text                text, NOT NULL
    amount:numeric?             may be NULL
    kind:mood=calm              with a default; mood is an enum of the schema
    token:uuid:unique
    customer:references         customer_id, a foreign key to customers
    author:references:people?   author_id, to people, may be NULL

   Without a type it is text. In the order name, type, table, unique; then ?, then = and the default. */
struct column_spec {
    const char *name;
    const char *type;   /* "text", "VARCHAR(40)", "references", or an enum of the schema */
    const char *target; /* of references: the table; NULL: the name says it */
    const char *value;  /* the default; NULL: none */
    bool nullable;
    bool unique;
};

/* Takes the text apart. What it holds is checked by column_definition. 0, or -1 and the sentence. */
int column_parse(struct arena *arena, const char *text, struct column_spec *spec, struct errand_error *err);
/* "customer_id UUID NOT NULL REFERENCES customers (id)"; NULL and the sentence. */
const char *column_definition(struct arena *arena, const struct schema *schema, const struct column_spec *spec,
                              struct errand_error *err);
/* The column's name in the database: of references with _id behind it. */
const char *column_name(struct arena *arena, const struct column_spec *spec);

/* The words for types, one by one; NULL behind the last. "references" and enums are not among them. *proposed: it is
   one for a list to choose from; the others say the same, and are taken too. */
const char *column_type_word(size_t index, bool *proposed);

#endif
