/* What the files about PostgreSQL share: both sides as rows of the catalogs, in the server's own words. */
#ifndef MIGRATE_POSTGRES_H
#define MIGRATE_POSTGRES_H

#include "migrate/internal.h"

/* What takes a table of this size from everybody is done when told: to write or read so much takes about a second. */
#define POSTGRES_LARGE_BYTES INT64_C(67108864)

enum catalog_set {
    RELATIONS,
    COLUMNS,
    CONSTRAINTS,
    INDEXES,
    TYPES,
    LABELS,
    CHECKS, /* of domains */
    ATTRIBUTES,
    FUNCTIONS,
    TRIGGERS,
    POLICIES,
    COMMENTS,
    GRANTS,
    CATALOG_SETS
};

/* What the columns of the queries are. The first two are the schema and the table or, of what has none, the name. */
enum { SCHEMA_NAME, TABLE_NAME, OBJECT_NAME };
enum {
    RELATION_KIND = 2,
    RELATION_QUOTED,
    RELATION_SECURE,
    RELATION_FORCED,
    RELATION_PART,
    RELATION_VIEW,
    RELATION_OWNER
};
enum {
    COLUMN_QUOTED = 3,
    COLUMN_TYPE,
    COLUMN_NOT_NULL,
    COLUMN_DEFAULT,
    COLUMN_GENERATED,
    COLUMN_IDENTITY,
    COLUMN_SERIAL,
    COLUMN_NUMBER,
    COLUMN_SEQUENCE_TYPE
};
enum {
    CONSTRAINT_QUOTED = 3,
    CONSTRAINT_KIND,
    CONSTRAINT_TEXT,
    CONSTRAINT_VALID,
    CONSTRAINT_REFUSES,
    CONSTRAINT_INDEX,
    CONSTRAINT_BY_INDEX,
    CONSTRAINT_QUALIFIED
};
enum { INDEX_QUOTED = 3, INDEX_QUALIFIED, INDEX_TEXT, INDEX_SQL, INDEX_VALID, INDEX_REFUSES };
enum { TYPE_KIND = 2, TYPE_QUOTED, TYPE_TEXT, TYPE_SHOWN, TYPE_BASE, TYPE_DEFAULT, TYPE_NOT_NULL };
enum { CHECK_QUOTED = 3, CHECK_TEXT, CHECK_VALID, CHECK_CONDITION };
enum { ATTRIBUTE_QUOTED = 3, ATTRIBUTE_TYPE };
enum { LABEL_TEXT = 2, LABEL_LITERAL };
enum { FUNCTION_ARGUMENTS = 2, FUNCTION_QUOTED, FUNCTION_SIGNATURE, FUNCTION_SQL };
enum { OF_TABLE_QUOTED = 3, OF_TABLE_SQL, TRIGGER_ENABLED };
enum { COMMENT_KIND = 0, COMMENT_OBJECT, COMMENT_TEXT, COMMENT_LITERAL, COMMENT_RELATION };
enum { GRANT_SQL = 2 };

struct row {
    const char **cells; /* NULL for NULL */
    bool matched;       /* the other side has it, or it was dealt with */
    bool remade;        /* it stands in the way of a step, goes before it, and comes again behind it */
};

struct rows {
    struct row *items;
    size_t count;
};

struct catalog {
    struct rows sets[CATALOG_SETS];
};

struct postgres {
    struct migration *migration;
    const char **names;    /* of the schemas that the file speaks of; the first is the one where unqualified names go */
    const char **quoted;   /* the same for SQL */
    const char **drafts;   /* where the wanted ones are made for the comparison */
    const char *temporary; /* pg_temp_3: there the tables are instead; NULL: with the rest */
    size_t name_count;
    const char *path; /* the schemas of the search path, for SET */
    struct catalog wanted, live;
    const struct schema_statement **made; /* tables and sequences that the steps make */
    size_t made_count;
    int *phases; /* of the steps, where they are destructive */
    size_t phase_count;
    bool counted;              /* what has no name counts as done: the database has no record of it */
    const struct row **absent; /* columns that are added or become what they are to be only when told */
    size_t absent_count;
};

/* The order of what is destructive: what hangs on something goes before it, and comes after it. */
enum phase {
    PHASE_NONE,
    PHASE_DROP_DEPENDENT, /* triggers, policies, views */
    PHASE_DROP_REFERENCE,
    PHASE_DROP_CONSTRAINT, /* indexes too */
    PHASE_DROP_COMPUTED,   /* columns made of others */
    PHASE_COLUMN,
    PHASE_ADD_COMPUTED,
    PHASE_ADD_CONSTRAINT,
    PHASE_ADD_REFERENCE,
    PHASE_ADD_INDEX, /* views too */
    PHASE_DROP_TABLE,
    PHASE_DROP_FUNCTION,
    PHASE_DROP_TYPE
};

/* ---- postgres_catalog.c ---- */
/* Which schemas the file speaks of. */
int postgres_names(struct postgres *postgres, struct errand_error *err);
/* The same, with where to make the wanted ones; the right to do so is looked at. */
int postgres_look_around(struct postgres *postgres, struct errand_error *err);
/* Reads what is there, then what Schema.sql makes in empty schemas beside it, inside the open transaction. Nothing of
   it is to stay. */
int postgres_read(struct postgres *postgres, struct errand_error *err);
/* {"a","b"} of names. */
const char *postgres_array(struct migration *migration, const char *const *names, size_t count);
/* The schema of that name, or that of unqualified names. */
const char *postgres_schema(const struct postgres *postgres, const char *name);
/* The wanted table where it is made for the comparison. */
const char *postgres_draft(const struct postgres *postgres, const struct row *table);
/* The row with these first cells; third may be NULL. NULL: none. */
struct row *postgres_find(const struct catalog *catalog, enum catalog_set set, const char *first, const char *second,
                          const char *third);
bool same_cell(const struct row *a, const struct row *b, int cell);
bool true_cell(const struct row *row, int cell);
/* Whether a row is of the table, the type: of the same schema and name. */
bool is_of(const struct row *row, const struct row *whole);
const char *postgres_literal(struct migration *migration, const char *text);

/* ---- postgres_draft.c ---- */
/* Makes the wanted side; says which way, in postgres->temporary. */
int postgres_make_draft(struct postgres *postgres, struct errand_error *err);

/* ---- postgres_compare.c ---- */
int postgres_compare(struct migration *migration, struct errand_error *err);
struct migrate_step *postgres_step(struct postgres *postgres, struct verb verb, enum phase phase, const char *sql,
                                   const char *format, ...) ERRAND_PRINTF(5, 6);
bool postgres_asks(struct postgres *postgres, const char *sql);
bool postgres_has_rows(struct postgres *postgres, const char *quoted);
/* How large a large table is, for people; NULL: it is not. */
const char *postgres_is_large(struct postgres *postgres, const char *quoted);
bool postgres_is_made(const struct postgres *postgres, const char *schema, const char *name);
/* Whether the text names a column of the table that comes, or changes, only when told. */
bool postgres_needs_absent(const struct postgres *postgres, const struct row *row, const char *text);

/* ---- postgres_table.c ---- */
/* Columns and what holds within the table. */
void postgres_table(struct postgres *postgres, const struct row *wanted, const struct row *live);
void postgres_drop_tables(struct postgres *postgres);
/* A computed column that is in the way of a change of another, or of its own type: away before, and back behind. */
void postgres_remake_computed(struct postgres *postgres, struct row *live);

/* ---- postgres_around.c ---- */
/* What stands in the way of a change of the column's type, or of its being dropped to be made anew, is dropped and made
   anew around it. Gives sentences, each on a line of its own, about what cannot be: to be put behind a remark. */
const char *postgres_clear_way(struct postgres *postgres, const struct row *column, bool dropped);

/* ---- postgres_constraint.c ---- */
/* Says of constraints and indexes which are the same on both sides. */
void postgres_match(struct postgres *postgres);
/* What must be so before SET NOT NULL reads no row: a check that says the same, added and validated. Gives what drops
   it, behind SET NOT NULL. */
const char *postgres_prove_not_null(struct postgres *postgres, const struct row *column, const char *table);
/* Foreign keys (or else the others) of tables that are there. */
void postgres_constraints(struct postgres *postgres, const struct row *wanted, bool references);
void postgres_drop_references(struct postgres *postgres, const struct row *table);
void postgres_indexes(struct postgres *postgres);

/* ---- postgres_type.c ---- */
void postgres_type(struct postgres *postgres, const struct schema_statement *statement, const char *schema,
                   const char *name);

/* ---- postgres_unnamed.c ---- */
/* A step for a statement of which nobody can see whether what it does was done, unless it was run already. */
void postgres_unnamed(struct postgres *postgres, const struct schema_statement *statement);
/* All of the schema as run, inside the transaction that has run them. */
int postgres_record_unnamed(struct migration *migration, struct errand_error *err);

/* ---- postgres_objects.c ---- */
void postgres_functions(struct postgres *postgres, const char *schema, const char *name);
void postgres_view(struct postgres *postgres, struct row *wanted);
/* Views that are in the way of a change of the table's columns, which PostgreSQL does not allow, go before it and come
   again; first the last made, which may be of the others. The row is of the table or of anything in it. */
void postgres_remake_views(struct postgres *postgres, const struct row *table);
void postgres_of_tables(struct postgres *postgres, enum catalog_set set, const char *noun);
void postgres_remarks(struct postgres *postgres); /* comments and rights */
void postgres_drop_objects(struct postgres *postgres);

#endif
