/* What the files about SQLite share. */
#ifndef MIGRATE_SQLITE_H
#define MIGRATE_SQLITE_H

#include "migrate/sqlite_text.h"

struct lite_index {
    const char *name, *table, *sql;
    const char *canonical; /* without its name */
    bool matched;
};

/* Both sides: what the database has, and what the schema's DDL would make. */
struct lite_schema {
    struct lite_table *tables;
    size_t table_count;
    struct lite_index *indexes;
    size_t index_count;
};

enum lite_effect {
    LITE_ADD_COLUMN = 1,
    LITE_CHANGE_COLUMN,
    LITE_DROP_COLUMN,
    LITE_ADD_CONSTRAINT,
    LITE_DROP_CONSTRAINT
};

/* One difference of a table. */
struct lite_change {
    enum lite_effect effect;
    const struct lite_item *live, *wanted;
    const char *what; /* "column a.note" */
    const char *remark;
    const char *refusal; /* of a new column that the rows refuse */
    bool destructive;
    bool renamed; /* a new column that may be one that goes, which stands in its remark */
    bool simple;  /* ALTER TABLE ... ADD COLUMN does it */
};

struct lite_changes {
    struct lite_change *items;
    size_t count;
};

/* ---- sqlite_diff.c ---- */
/* What makes the live table the wanted one. Looks at the rows of the database where it depends on them. */
void lite_diff(struct migration *migration, const struct lite_table *live, const struct lite_table *wanted,
               struct lite_changes *changes);
/* Whether the text names a column that is added only when told. */
bool lite_needs_absent(const struct lite_changes *changes, const char *canonical);

/* ---- sqlite_convert.c ---- */
/* Columns that do not say what their text is, made before they did, are of whatever type is wanted. */
bool lite_same_type(const struct lite_item *live, const struct lite_item *wanted);
/* The live column's value in the form of the wanted one. */
const char *lite_converted(struct migration *migration, const struct lite_item *live, const struct lite_item *wanted);
/* Conditions of a row: its value has another form than the wanted one; and even converted it has. NULL: no row does. */
const char *lite_unlike(struct migration *migration, const struct lite_item *live, const struct lite_item *wanted);
const char *lite_refused(struct migration *migration, const struct lite_item *live, const struct lite_item *wanted);

/* ---- sqlite_rebuild.c ---- */
/* The live table with the changes done: all, or those that are not destructive. Its text. */
const char *lite_merge(struct migration *migration, const struct lite_table *live, const struct lite_table *wanted,
                       const struct lite_changes *changes, bool destructive);
/* The script that makes the table in the database that of `next`, keeping rows, rowids, indexes and triggers. */
const char *lite_rebuild(struct migration *migration, const struct lite_table *live, const struct lite_table *next,
                         const struct lite_index *indexes, size_t index_count, struct errand_error *err);
/* The line of a file that says what a table was like that is made anew in it; NULL and the sentence. */
#define LITE_BASE "-- errand: made of table "
const char *lite_base(struct migration *migration, const struct lite_table *table, struct errand_error *err);
/* *same: the text has such a line of the table and it is like that, or the text has none of it. */
int lite_is_base(struct migration *migration, const struct lite_table *table, const char *text, bool *same,
                 struct errand_error *err);

#endif
