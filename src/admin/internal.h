/* What the files of this folder share: statements from their templates, the order of rows, filters. */
#ifndef ADMIN_INTERNAL_H
#define ADMIN_INTERNAL_H

#include "admin/admin.h"
#include "job/types.h"
#include "record/statement.h"

/* ---- sql.c: a statement of sql/, its {names} filled in. ---- */

/* What stands for one {name}: text as it is, or a value to be bound, or what a function adds with statement_add. */
struct sql_part {
    const char *name; /* NULL ends the list */
    const char *text;
    struct errand_value value;
    void (*add)(struct errand_context *ctx, const struct errand_table *table, const void *arg);
    const void *arg;
};
#define SQL_PARTS(...)                                                                                                 \
    (const struct sql_part[])                                                                                          \
    {                                                                                                                  \
        __VA_ARGS__,                                                                                                   \
        {                                                                                                              \
            .name = NULL                                                                                               \
        }                                                                                                              \
    }
/* Begins the statement, for statement_run and its kin. {table} and {columns} are known without a part; braces that are
   no part's stay. */
void sql_begin(struct errand_context *ctx, const struct errand_table *table, const char *sql,
               const struct sql_part *parts);
/* Runs it; raises. The caller frees the result. */
struct result *sql_run(struct errand_context *ctx, const struct errand_table *table, const char *sql,
                       const struct sql_part *parts);
/* For errand_on_unwind: frees a result. */
void sql_release(void *result);
/* Whether one of our own tables (errand_attempts) is there and this role has the right ("SELECT"). */
bool sql_may(struct errand_context *ctx, const char *name, const char *right);
/* A cell as a number; 0 for NULL. */
int64_t cell_number(const struct result *result, size_t row, size_t column);
/* A cell in the context's memory; NULL for NULL. */
const char *cell_text(struct errand_context *ctx, const struct result *result, size_t row, size_t column);
/* A cell as a time; 0 for NULL. */
errand_time cell_time(const struct result *result, size_t row, size_t column);

/* ---- status.c ---- */

/* NULL: the table has none of that name. */
const struct errand_column *column_named(const struct errand_table *table, const char *name);
/* Whether the table's enum has that label. */
bool status_is_known(const struct errand_table *table, enum admin_status status);

/* ---- value.c: columns by how they are compared. ---- */

enum value_class {
    VALUE_TEXT = 1, /* as the database compares text */
    VALUE_NUMERIC,  /* numbers of any length, which SQLite keeps as text */
    VALUE_OPAQUE,   /* json, arrays and other types: by their text */
    VALUE_PLAIN,    /* numbers and times */
    VALUE_LABEL,    /* of an enum */
    VALUE_ID,
    VALUE_BOOL,
    VALUE_BYTES,
    VALUE_POINT
};
enum value_class value_class(const struct errand_column *column);
/* What the column is to be compared with: 0, or -1 and the sentence. */
int value_parse(struct errand_context *ctx, const struct errand_column *column, const char *text,
                struct errand_value *value, struct errand_error *err);

/* ---- filter.c ---- */

/* Whether a job of any status matches. */
bool filter_has_all_statuses(unsigned statuses);
/* Raises where the filter holds more conditions than it has room for. */
void filter_check(struct errand_context *ctx, const struct admin_filter *filter);
/* Adds "true", or the conditions joined by AND; for a sql_part's add. arg is a struct admin_filter. Raises where a
   value is not of its column's type. */
void filter_add(struct errand_context *ctx, const struct errand_table *table, const void *filter);

/* ---- overview.c ---- */

/* How a table can be read. */
struct overview_reading {
    bool small;   /* all of it in a few milliseconds */
    bool indexed; /* each status of its jobs but the last by itself, through indexes */
};
struct overview_reading overview_reading_of(struct errand_context *ctx, const struct errand_table *table);
/* The condition of having that status, in the words of the indexes. */
const char *overview_condition(enum admin_status status);

/* ---- reach.c: how far a list or a count looks. ---- */

struct order;
struct reach {
    const struct errand_table *table;
    const struct admin_filter *filter;
    enum {
        REACH_ALL = 1, /* at all rows: there are few, or their order alone is asked for, which has an index */
        REACH_PICKED,  /* at those that an index picks, which are at most ADMIN_LOOK_MAX */
        REACH_NEWEST   /* at ADMIN_LOOK_MAX rows by age, and those among them that run */
    } how;
};
struct reach reach_of(struct errand_context *ctx, const struct errand_table *table, const struct admin_filter *filter,
                      bool sorted);
/* Whether it asks for more than a status, so that jobs must be looked at to know whether they match. */
bool reach_looks_at_rows(const struct admin_filter *filter);
/* What "FROM {table}" becomes, for a sql_part's add; arg is a struct reach. */
void reach_add_rows(struct errand_context *ctx, const struct errand_table *table, const void *reach);
/* The condition of the rows that stand in the index on their age: the jobs that do not run. */
const char *reach_base(const struct reach *reach);
/* The key of the last row by age that is looked at, from that key on (NULL: from the first); NULL: all are. */
const char *reach_end(struct errand_context *ctx, const struct reach *reach, const struct order *age, const char *from);

/* ---- change.c ---- */

/* Jobs that are changed by one statement. */
struct change_batch {
    const struct errand_table *table;
    enum admin_change change;
    const struct errand_value *ids;
    size_t count;
    const struct admin_filter *filter; /* looked at again where a row has changed meanwhile; NULL: any */
    bool waits;                        /* for a row that someone has locked */
};
/* In a transaction of its own, or, where the database refuses some, in several. One alone that is refused raises.
   Returns how many were tried, from the first on: fewer than there are, but one at least, where so many at once took
   too long. */
size_t change_batch(struct errand_context *ctx, const struct change_batch *batch, struct admin_bulk *bulk);
/* The table's column id; raises where there is none. */
const struct errand_column *change_id_column(struct errand_context *ctx, const struct errand_table *table);

/* ---- order.c: in what order rows are read, and keys, which are places in it. ---- */

enum { ORDER_PARTS_MAX = 2 + 32 }; /* what is sorted by, and an age or a key, which has at most 32 columns */

/* An expression that rows are ordered by. */
struct order_part {
    const struct errand_column *column; /* NULL: where the row stands: SQLite's number of it, PostgreSQL's ctid */
    bool prefix;                        /* by the beginning of its text */
    bool as_number;                     /* SQLite: the text of a number */
};
struct order {
    struct order_part parts[ORDER_PARTS_MAX];
    size_t count;
    bool by_position; /* by queue_position alone, of which the jobs that run have an index of their own */
    bool descending;
    bool backward; /* read from its end */
};
/* The order that a query asks for: by a column (column + 1; 0: none), then by age, of records by their key. */
struct order order_of(struct errand_context *ctx, const struct errand_table *table, int sort, bool descending);
/* For sql_parts: arg is a struct order (order_add_keys: for the cells that order_key reads). */
void order_add(struct errand_context *ctx, const struct errand_table *table, const void *order);
void order_add_keys(struct errand_context *ctx, const struct errand_table *table, const void *order);
/* The same by the places of the columns in the answer, the first of which counts from 1. */
struct order_places {
    const struct order *order;
    size_t first;
};
void order_add_places(struct errand_context *ctx, const struct errand_table *table, const void *places);
/* The condition of lying behind a key. */
struct order_bound {
    const struct order *order;
    const char *key; /* NULL: everything does */
    bool until;      /* of lying before it, or there */
};
void order_add_bound(struct errand_context *ctx, const struct errand_table *table, const void *bound);
/* The key of a row of a result, whose cells of order_add_keys begin at `first`; in the context's memory. */
const char *order_key(struct errand_context *ctx, const struct order *order, const struct result *result, size_t row,
                      size_t first);
/* The key of what lies on the other side: before and behind it is the same place, but the row that one of them leaves
   out is in the other. NULL: NULL. */
const char *order_key_turned(struct errand_context *ctx, const char *key);

#endif
