/* What the files of the reader share: the text under way, positions in it, and small help with the parser's tree. */
#ifndef SCHEMA_READER_H
#define SCHEMA_READER_H

#include "schema/schema.h"

#include <pg_query/pg_query.pb-c.h>

struct reader {
    struct schema *schema;
    struct arena *arena; /* the schema's */
    const char *text;
    size_t size;
    size_t start;    /* of the statement under way: an offset into text */
    const char *sql; /* its text */
    size_t seen;     /* the last offset whose position was asked for, and that position */
    struct schema_position seen_at;
    size_t drop_count; /* that were left out */
    struct schema_position first_drop;
};

/* Memory of the schema. The command that reads schemas is short-lived and holds nothing while it does: without memory
   it aborts. */
void *reader_alloc(struct reader *reader, size_t size);
char *reader_strdup(struct reader *reader, const char *text);
char *reader_printf(struct reader *reader, const char *format, ...) ERRAND_PRINTF(2, 3);

/* A zeroed new last element of an array in the schema's memory. */
#define LIST_ADD(reader, items, count)                                                                                 \
    ((items) = list_grow((reader), (items), (count), sizeof *(items)), &(items)[(count)++])
void *list_grow(struct reader *reader, void *items, size_t count, size_t size);

struct schema_position reader_position(struct reader *reader, size_t offset);
void reader_error(struct reader *reader, struct schema_position at, const char *format, ...) ERRAND_PRINTF(3, 4);
void reader_warning(struct reader *reader, struct schema_position at, const char *format, ...) ERRAND_PRINTF(3, 4);
struct schema_position reader_here(struct reader *reader);

/* NULL unless the node is a string. */
const char *node_string(const PgQuery__Node *node);
/* The last one or two of a qualified name; *schema is NULL where it is not qualified. */
void qualified_name(struct reader *reader, PgQuery__Node **names, size_t count, const char **schema, const char **name);
/* NULL for the empty string, which is what the parser's tree has for none; else a copy. */
const char *optional(struct reader *reader, const char *text);
/* Quoted for SQL where it must be: order, "order". Always quotes what is not plain lower case. */
const char *quoted(struct reader *reader, const char *name);
const char *qualified(struct reader *reader, const char *schema, const char *name);

/* ---- nesting.c ---- */
/* True if no expression of the text nests so deeply that walking its tree could exhaust the stack; else there is an
   error. */
bool check_nesting(struct reader *reader);

/* ---- expression.c ---- */
/* The node as PostgreSQL's text; "" where it cannot be had. */
const char *expression_postgres(struct reader *reader, PgQuery__Node *node);
/* table: whose columns it may name, in a check, an index or a computation, which must give the same whenever they are
   asked; NULL for a default. kind: of the column that takes the value; 0: none does. */
struct schema_expression expression_read(struct reader *reader, PgQuery__Node *node, const struct schema_table *table,
                                         enum errand_type kind);
/* The text of a constant, through casts; false where the node is none. *text is NULL for NULL. */
bool expression_constant(struct reader *reader, PgQuery__Node *node, const char **text);

/* ---- expression_columns.c ---- */
/* An error for each column that a check of the table names and that is not there. */
void expression_check_columns(struct reader *reader, const PgQuery__Node *node, const struct schema_table *table);

/* ---- expression_kind.c ---- */
/* 0 where it is not known, or of no kind by itself: a literal, NULL. */
enum errand_type expression_kind(struct reader *reader, PgQuery__Node *node, const struct schema_table *table);
bool kind_is_time(enum errand_type kind);
bool kind_may_be_number(enum errand_type kind);
/* The text form that SQLite tables hold; NULL for 'now' and its kin, which mean another thing each day. */
const char *time_literal_sqlite(struct reader *reader, enum errand_type kind, const char *text);

/* ---- expression_now.c ---- */
/* The current time, moved. */
struct expression_now {
    enum errand_type kind;
    const char *modifiers; /* of SQLite's functions: ", '+1 day'" */
    const char *last_day;  /* the modifiers of the day that it may not go past; NULL: it was not moved by months */
};
/* False where the node is something else. */
bool expression_now(struct reader *reader, PgQuery__Node *node, struct expression_now *now);
/* In the form that a column of that kind holds; NULL where PostgreSQL does not convert it either. */
const char *expression_now_sqlite(struct reader *reader, struct expression_now now, enum errand_type kind);

/* ---- expression_sqlite.c ---- */
/* In quotes. */
const char *text_literal(struct reader *reader, const char *text);
const char *bool_literal_sqlite(const char *text);
/* NULL where SQLite has no words for it. */
const char *expression_sqlite(struct reader *reader, PgQuery__Node *node, const struct schema_table *table);

/* ---- type.c ---- */
extern const char *const job_status_labels[]; /* ended by NULL */
/* Whether PostgreSQL compares values of both, as it must for a foreign key; true where that is not plain. */
bool type_may_equal(const struct schema_type *a, const struct schema_type *b);
struct schema_type type_read(struct reader *reader, PgQuery__TypeName *name);

/* ---- known_types.c ---- */
/* Once the whole file is read. */
bool type_is_known(const struct schema *schema, const char *name);

/* ---- table.c ---- */
void read_create_table(struct reader *reader, PgQuery__Node *node);
void read_column(struct reader *reader, struct schema_table *table, PgQuery__ColumnDef *definition);
void read_table_constraint(struct reader *reader, struct schema_table *table, PgQuery__Constraint *constraint,
                           const char *statement);
void read_column_constraints(struct reader *reader, struct schema_table *table, PgQuery__ColumnDef *definition);
void read_column_constraint(struct reader *reader, struct schema_table *table, struct schema_column *column,
                            PgQuery__Constraint *constraint);
void column_default(struct reader *reader, struct schema_column *column, PgQuery__Node *value);
/* ALTER COLUMN ... TYPE: the default stays, in the new type's form. */
void column_retype(struct reader *reader, struct schema_column *column, PgQuery__TypeName *name);

/* ---- alter.c ---- */
void read_alter_table(struct reader *reader, PgQuery__Node *node);

/* ---- left_out.c ---- */
/* False where the statement has a place. */
bool read_left_out(struct reader *reader, const PgQuery__Node *node);
void read_drop(struct reader *reader, const PgQuery__DropStmt *drop);
/* Those that were left out, once for all: a dump has one for each thing. */
void tell_drops(struct reader *reader);

/* ---- drop_column.c ---- */
/* With what names it: constraints, indexes, and with CASCADE what else depends on it. */
void drop_column(struct reader *reader, struct schema_table *table, const char *column, bool cascade);

/* ---- statement.c ---- */
void read_statement(struct reader *reader, PgQuery__Node *node);
struct schema_statement *add_statement(struct reader *reader, enum schema_statement_kind kind, const char *what);

/* ---- refuse.c ---- */
/* An error where the statement has no place in a schema. */
void refuse_statement(struct reader *reader, const PgQuery__Node *node);

/* ---- index.c ---- */
void read_index(struct reader *reader, PgQuery__IndexStmt *statement);
/* LIKE ... INCLUDING INDEXES. */
void copy_indexes(struct reader *reader, const struct schema_table *from, const struct schema_table *to);

/* ---- resolve.c ---- */
/* After the last statement: references, keys and job tables. */
void schema_resolve(struct reader *reader);

#endif
