/* CREATE TABLE as SQLite keeps it, which is the text that made it: SQLite has no other word for checks and
   expressions. Read far enough to tell columns and constraints apart and to compare them. */
#ifndef MIGRATE_SQLITE_TEXT_H
#define MIGRATE_SQLITE_TEXT_H

#include "migrate/internal.h"

enum lite_kind { LITE_PRIMARY_KEY = 1, LITE_UNIQUE, LITE_CHECK, LITE_FOREIGN_KEY };

/* A constraint, wherever it stands. Two are the same if their texts are. */
struct lite_constraint {
    enum lite_kind kind;
    const char *text;      /* canonical: unique ( a , b ), ( a in ( 'x' , 'y' ) ) */
    const char *condition; /* of a check: what stands in its brackets, as written */
    const char **columns;  /* of a key */
    size_t column_count;
    const char *target; /* of a foreign key */
    const char **target_columns;
    size_t target_count;
    bool numbered; /* AUTOINCREMENT */
};

/* A column, or a constraint of the table: what stands between two commas. */
struct lite_item {
    const char *raw;    /* as written, without comments but marks */
    const char *column; /* its name; NULL: a constraint */
    const char *type;   /* canonical, "" for none */
    const char *mark;   /* what its text is, said in a comment behind the type: "date"; NULL: it is not said */
    bool not_null;
    const char *default_value; /* canonical; NULL: none */
    const char *default_raw;
    const char *computation; /* GENERATED ALWAYS AS: canonical; NULL: none */
    const char *collation;
    struct lite_constraint *constraints;
    size_t constraint_count;
};

struct lite_table {
    const char *name;
    const char *sql;
    struct lite_item *items;
    size_t item_count;
    const char *options; /* canonical: "strict" */
};

/* False where it is not a CREATE TABLE that this knows, of a virtual table for one. */
bool lite_parse(struct migration *migration, const char *sql, struct lite_table *table);
/* Any SQL with blanks, comments, quotes and case made the same. */
const char *lite_canonical(struct migration *migration, const char *sql);
const char *lite_quoted(struct migration *migration, const char *name);
/* Compared as SQLite does; NULL where there is none. */
struct lite_item *lite_find_column(const struct lite_table *table, const char *name);

#endif
