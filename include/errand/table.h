/* What the generated types.c says about each table, for the functions that work on any table. Written by
   `errand codegen`; user code has no need to read it. */
#ifndef ERRAND_TABLE_H
#define ERRAND_TABLE_H

#include <errand/context.h>
#include <errand/job.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

/* How a column is held in its C field. Where nullable is set, the field is the errand_nullable_ struct of the type,
   except for TEXT and BYTES, where NULL is the null pointer, and ENUM, where 0 is NULL. */
enum errand_type {
    ERRAND_TYPE_BOOL = 1, /* bool */
    ERRAND_TYPE_INT16,    /* int16_t */
    ERRAND_TYPE_INT32,    /* int32_t */
    ERRAND_TYPE_INT64,    /* int64_t */
    ERRAND_TYPE_FLOAT,    /* float */
    ERRAND_TYPE_DOUBLE,   /* double */
    ERRAND_TYPE_TEXT,     /* const char *: text, varchar, numeric, json, arrays and every type without one of its own,
                             in the database's own text form */
    ERRAND_TYPE_UUID,     /* errand_uuid */
    ERRAND_TYPE_TIME,     /* errand_time: timestamp with or without time zone */
    ERRAND_TYPE_DATE,     /* errand_date */
    ERRAND_TYPE_CLOCK,    /* errand_clock: time without time zone */
    ERRAND_TYPE_BYTES,    /* errand_bytes */
    ERRAND_TYPE_POINT,    /* errand_point */
    ERRAND_TYPE_ENUM      /* the generated enum, whose values count from 1 in the order of the labels; 0 is none */
};

struct errand_column {
    const char *name;     /* as the database has it, unquoted */
    const char *sql_type; /* quoted and complete, fit for a cast in PostgreSQL: "public"."mood", integer */
    enum errand_type type;
    bool nullable;
    /* The column has a default in the database, and a field that still holds the "use the default" value of its type
       is left out of INSERT: "" for UUID, ERRAND_TIME_DEFAULT, ERRAND_DATE_DEFAULT, the type's least value for
       numbers (-FLT_MAX, -DBL_MAX; the x of a point) and clocks, errand_default_text for TEXT and as the data of BYTES,
       0 for ENUM, not set for a nullable bool. */
    bool has_default;
    /* Of a column that is not managed and whose default is a constant: the constant as the database has it ("5"). _new
       has it in the field already, so has_default is mostly false then. */
    const char *default_text;
    bool generated; /* GENERATED ALWAYS: never written */
    bool managed;   /* of a job table: written by the engine alone, left alone by _update */
    /* Of a managed column: the database's default is `initial`, which _new puts in the field, and a field that still
       holds it is left out of INSERT. */
    bool has_initial;
    int32_t initial;           /* the number, of an enum its value; NULL in a nullable column of every other type */
    size_t offset;             /* of the field in the record */
    const char *const *labels; /* of an enum, ended by NULL */
};

/* The address (not the content) that stands for "use the default" in a text field of a new record. */
extern const char errand_default_text[];

struct errand_foreign_key {
    size_t column; /* index of the referencing column, in this table */
    const struct errand_table *target;
    size_t target_column; /* index of the referenced column, in the target */
    size_t loaded;        /* offset of the field that holds the loaded record, or NULL */
};

struct errand_table {
    const char *schema; /* NULL: found by the search path */
    const char *name;
    const char *record_name; /* "Customer" */
    size_t record_size;
    const struct errand_column *columns;
    size_t column_count;
    const size_t *primary_key; /* column indexes */
    size_t primary_key_count;  /* 0: the table has none */
    const struct errand_foreign_key *foreign_keys;
    size_t foreign_key_count;
};

/* A job type: a table whose name ends in _jobs and what JOB() said of it. */
struct errand_job_type {
    const struct errand_table *table;
    const struct errand_job_options *options; /* NULL: no JOB() of this type in the program */
    void (*perform)(struct errand_context *ctx, const void *job);
    bool (*has_perform)(void); /* whether its JOB() names one; NULL: it does */
};

/* All that the schema declares; `errand_schema` in the generated types.c. Both lists end with NULL / a NULL table. */
struct errand_schema {
    const struct errand_table *const *tables;
    const struct errand_job_type *job_types;
};

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
