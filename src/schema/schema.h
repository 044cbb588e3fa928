/* Application/Schema.sql as a model: tables, columns, keys, enums, indexes, and the rest as text. Read by PostgreSQL's
   own parser; printed as DDL for each database. Linked by the errand command alone. */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include "base/arena.h"
#include "base/buffer.h"

#include <errand/table.h>

enum { SCHEMA_FILE_MAX = 16 * 1024 * 1024, SCHEMA_PRINT_MAX = 64 * 1024 * 1024 };

/* Where something stands in the file: both from 1, columns counted in characters. */
struct schema_position {
    int line;
    int column;
};

/* An expression in both languages; sqlite is NULL where SQLite has no words for it. */
struct schema_expression {
    const char *postgres;
    const char *sqlite;
};

struct schema_enum {
    const char *schema; /* NULL: found by the search path */
    const char *name;
    const char *const *labels; /* ended by NULL */
    size_t label_count;
    bool implied; /* JOB_STATUS, used and not declared */
};

/* CREATE DOMAIN, read through to the type below it. */
struct schema_domain {
    const char *schema;
    const char *name;
    const struct schema_type *base;
    bool not_null;
};

struct schema_type {
    enum errand_type kind;
    const char *sql;      /* errand_column.sql_type */
    const char *name;     /* of the type itself without its schema: "numeric", "jsonb", "mood" */
    const char *declared; /* as the user wrote it, for messages */
    const char *unseen;   /* a name that nothing before it in the file declares, to be looked for; NULL: none */
    bool array;
    bool serial; /* serial and its kin: an integer numbered by the database */
    int length;  /* of varchar(n) and char(n); 0: none */
    const struct schema_enum *labels;
};

enum schema_default {
    SCHEMA_DEFAULT_NONE = 0,  /* no DEFAULT, or DEFAULT NULL */
    SCHEMA_DEFAULT_CONSTANT,  /* `constant` is its text */
    SCHEMA_DEFAULT_EXPRESSION /* evaluated by the database with every insert */
};

enum schema_numbering { SCHEMA_NOT_NUMBERED = 0, SCHEMA_NUMBERED_BY_DEFAULT, SCHEMA_NUMBERED_ALWAYS };

struct schema_column {
    const char *name;
    struct schema_position at;
    size_t offset; /* of its definition: in bytes, behind a byte order mark */
    struct schema_type type;
    bool not_null;
    enum schema_default default_kind;
    const char *constant;
    struct schema_expression default_value; /* for both kinds */
    enum schema_numbering numbering;        /* serial, GENERATED ... AS IDENTITY, DEFAULT nextval(...) */
    bool computed;                          /* GENERATED ALWAYS AS (...) STORED */
    struct schema_expression computation;
};

struct schema_key {
    const char *name; /* NULL: the database names it */
    const char **columns;
    size_t count;
    bool nulls_equal; /* NULLS NOT DISTINCT */
};

struct schema_foreign_key {
    const char *name;
    struct schema_position at;
    const char **columns;
    size_t count;
    const char *target_schema;
    const char *target_name;
    const char **target_columns; /* the primary key's, where the statement names none */
    size_t target_count;
    const struct schema_table *target; /* once resolved */
    char on_update, on_delete;         /* as PostgreSQL abbreviates: a r c n d */
    bool deferred;                     /* DEFERRABLE INITIALLY DEFERRED */
    const char *statement;             /* ALTER TABLE ... ADD CONSTRAINT ...; NULL: it stands in the CREATE TABLE */
};

struct schema_check {
    const char *name;
    struct schema_expression expression;
};

struct schema_table {
    const char *schema; /* NULL: found by the search path */
    const char *name;
    struct schema_position at;
    struct schema_column *columns;
    size_t column_count;
    struct schema_key primary_key; /* count 0: none */
    struct schema_key *unique_keys;
    size_t unique_count;
    struct schema_foreign_key *foreign_keys;
    size_t foreign_key_count;
    struct schema_check *checks;
    size_t check_count;
    bool is_job; /* its name ends in _jobs */
};

struct schema_index_part {
    const char *column; /* NULL: an expression */
    struct schema_expression expression;
    bool descending;
};

struct schema_index {
    const char *schema;
    const char *name; /* never NULL: made as PostgreSQL makes it where the statement names none */
    const struct schema_table *table;
    bool unique;
    bool nulls_equal; /* NULLS NOT DISTINCT */
    const char *method;
    struct schema_index_part *parts;
    size_t part_count;
    bool partial;
    struct schema_expression where;
    const char *obstacle; /* why SQLite cannot have it; NULL: it can */
};

/* What a statement makes or does, so that one can see whether that is there. */
enum schema_statement_kind {
    SCHEMA_STATEMENT_TABLE = 1,
    SCHEMA_STATEMENT_TYPE,        /* enum, domain, composite, range */
    SCHEMA_STATEMENT_TYPE_CHANGE, /* ALTER TYPE ... ADD VALUE, RENAME VALUE */
    SCHEMA_STATEMENT_INDEX,
    SCHEMA_STATEMENT_CONSTRAINT, /* ALTER TABLE ... ADD constraint */
    SCHEMA_STATEMENT_COLUMN,     /* ALTER TABLE ... ADD COLUMN */
    SCHEMA_STATEMENT_CHANGE,     /* any other ALTER TABLE */
    SCHEMA_STATEMENT_FUNCTION,
    SCHEMA_STATEMENT_TRIGGER,
    SCHEMA_STATEMENT_POLICY,
    SCHEMA_STATEMENT_VIEW, /* materialized ones too */
    SCHEMA_STATEMENT_SEQUENCE,
    SCHEMA_STATEMENT_SEQUENCE_CHANGE, /* ALTER SEQUENCE */
    SCHEMA_STATEMENT_SCHEMA,
    SCHEMA_STATEMENT_EXTENSION,
    SCHEMA_STATEMENT_ROWS, /* INSERT: run once, with its table */
    SCHEMA_STATEMENT_COMMENT,
    SCHEMA_STATEMENT_GRANT,
    SCHEMA_STATEMENT_SETTING, /* SET */
    SCHEMA_STATEMENT_SELECT,
    SCHEMA_STATEMENT_BLOCK,    /* DO */
    SCHEMA_STATEMENT_LEFT_OUT, /* not done: owners, DROP */
    SCHEMA_STATEMENT_OTHER     /* what it makes has no name here: run once for its text */
};

struct schema_statement {
    enum schema_statement_kind kind;
    struct schema_position at;
    size_t offset;    /* of sql in the file: in bytes, behind a byte order mark */
    const char *sql;  /* as it stands in the file, without comments before it and without its semicolon */
    const char *what; /* "function set_updated_at", for people */
    const char *schema;
    const char *name; /* of what it makes; NULL where it has none */
    const char *table_schema;
    const char *table;                /* that it is about; NULL: about none */
    const struct schema_index *index; /* that it makes; NULL: none of the model's */
    bool on_sqlite;                   /* the model holds all of it */
};

struct schema_message {
    bool is_error;
    struct schema_position at;
    size_t number;    /* in the order of being found */
    const char *text; /* Application/Schema.sql:37:1: syntax error at or near "CREATE" */
};

/* Pointers to tables and enums stay valid: the arrays hold pointers. */
struct schema {
    struct arena arena;
    const char *file;
    struct schema_table **tables;
    size_t table_count;
    struct schema_enum **enums;
    size_t enum_count;
    struct schema_domain **domains;
    size_t domain_count;
    struct schema_index **indexes;
    size_t index_count;
    struct schema_statement **statements;
    size_t statement_count;
    struct schema_message *messages;
    size_t message_count;
    size_t error_count;
    bool uses_uuid_v4, uses_uuid_v7;       /* uuid_generate_v4(), uuidv7(), */
    bool defines_uuid_v4, defines_uuid_v7; /* by a function or an extension of the file */
};

/* Reads the file, or the text that it is said to hold. Never NULL but where memory ran out; what is wrong with it is
   in messages. The file's name is used as it is given. */
struct schema *schema_read(const char *file);
struct schema *schema_parse(const char *file, const char *text, size_t size);
void schema_free(struct schema *schema);

/* The table of that name, or NULL. An unqualified name and one in public are the same. */
struct schema_table *schema_find_table(const struct schema *schema, const char *schema_name, const char *name);
const struct schema_enum *schema_find_enum(const struct schema *schema, const char *schema_name, const char *name);
/* NULL where the table has none of that name. */
struct schema_column *schema_find_column(const struct schema_table *table, const char *name);
bool schema_has_primary_key(const struct schema_table *table, const char *column);

/* The tables that workers, dashboards and errand migrate make beside the application's, on either database; ended by
   NULL. */
extern const char *const schema_own_tables[];
bool schema_is_own_table(const char *name);

/* The statement with the names of schemas replaced: from[i] by to[i], wherever it qualifies a name. Memory of the
   caller's; NULL where that ran out or the text cannot be parsed. */
char *schema_relocate(const char *sql, const char *const *from, const char *const *to, size_t count);

/* DDL for an empty database. What SQLite cannot express stands there as comments. */
void schema_print_postgres(const struct schema *schema, struct buffer *out);
void schema_print_sqlite(const struct schema *schema, struct buffer *out);

/* 0, or -1 and the sentence: two tables would be one there. To be asked before anything is made of the schema. */
int schema_check_sqlite(const struct schema *schema, struct errand_error *err);

/* What a PostgreSQL server may lack: uuid_generate_v4(), uuidv7(), JOB_STATUS. Harmless where they are there. */
void schema_print_postgres_prelude(const struct schema *schema, struct buffer *out);
/* The statements that make one table, one index, or add one column on SQLite. */
void schema_print_sqlite_table(const struct schema *schema, const struct schema_table *table, struct buffer *out);
void schema_print_sqlite_index(const struct schema_index *index, struct buffer *out);
/* Whether SQLite gets the index: it can have it, and has need of it. The rows are in the order of the column that it
   numbers as they are. */
/* Columns of TEXT say what they are of in a comment behind that word: TEXT, date. True for what may stand there. */
bool schema_is_sqlite_mark(const char *word);
bool schema_index_on_sqlite(const struct schema_index *index);
void schema_print_sqlite_column(const struct schema *schema, const struct schema_table *table,
                                const struct schema_column *column, struct buffer *out);

/* Calls fn with the name of everything that SQLite cannot express: "function set_updated_at", "index i (gin)". sql is
   its text for PostgreSQL. */
void schema_each_omission(const struct schema *schema,
                          void (*fn)(void *arg, struct schema_position at, const char *name, const char *sql),
                          void *arg);

#endif
