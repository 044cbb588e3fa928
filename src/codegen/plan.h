/* What the generated files will say: each name chosen, each column's place known. Made from a schema without errors;
   the writers only print it. */
#ifndef CODEGEN_PLAN_H
#define CODEGEN_PLAN_H

#include "codegen/names.h"
#include "schema/schema.h"

struct plan_enum {
    const struct schema_enum *source;
    const char *type;         /* JobStatus */
    const char *declaration;  /* the same with a space behind it, as types stand before a name */
    const char **enumerators; /* JOB_STATUS_RETRY */
};

struct plan_field {
    const struct schema_column *column;
    const char *name;               /* of the C field */
    const char *constant;           /* CUSTOMER_NAME */
    const struct plan_enum *labels; /* NULL: no enum */
    bool nullable;
    bool has_default; /* as errand_column has it */
    bool generated;
    bool managed;
    bool has_initial;         /* as errand_column has it; initial is then value */
    const char *value;        /* what _new puts there; NULL: zero */
    const char *default_text; /* as errand_column has it */
};

struct plan_table;

/* A foreign key of one column, which has an accessor. */
struct plan_link {
    size_t field; /* index of the referencing field */
    const struct plan_table *target;
    size_t target_field;
    const char *loaded;   /* the C field that holds the loaded record */
    const char *accessor; /* InitialScrapeJob_band */
    const char *loader;   /* InitialScrapeJob_load_band */
};

struct plan_table {
    const struct schema_table *source;
    const char *record; /* Customer */
    struct plan_field *fields;
    size_t field_count;
    struct plan_link *links;
    size_t link_count;
    size_t *key; /* indexes of the primary key's fields */
    size_t key_count;
};

struct plan {
    struct arena *arena;
    struct plan_enum *enums;
    size_t enum_count;
    struct plan_table *tables;
    size_t table_count;
};

/* Lives in the arena. */
struct plan plan_make(struct arena *arena, const struct schema *schema);

/* ---- value.c ---- */
/* What _new puts in the field, and whether the default is left to the database. `managed` is set before. */
void plan_default(struct arena *arena, struct plan_field *field);
/* "errand_nullable_int32 " or "const char *", as it stands before the name. */
const char *plan_field_type(const struct plan_field *field);
/* A string literal of C, with its quotes. */
const char *c_string(struct arena *arena, const char *text);

#endif
