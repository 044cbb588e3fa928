/* The functions behind the generated ones: fetch, create and so on for any table. Generated code calls them with its
   own table; what it hands out is typed. Each raises when the database refuses. */
#ifndef ERRAND_RECORD_H
#define ERRAND_RECORD_H

#include <errand/table.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

/* What Customer_fetch(ctx, .where = ..., ...) and its kin collect. */
#define ERRAND_QUERY_MEMBERS                                                                                           \
    const char *where;                             /* an SQL condition with $1, $2, ...; NULL: all rows */             \
    struct errand_value values[ERRAND_VALUES_MAX]; /* for $1, $2, ... */                                               \
    int order_by;                                  /* a column constant (CUSTOMER_NAME); 0: as the database likes */   \
    int order_by_desc;                                                                                                 \
    int64_t limit; /* 0: none */                                                                                       \
    int64_t offset;

struct errand_query {
    struct errand_context *ctx;
    ERRAND_QUERY_MEMBERS
};

struct errand_list {
    void *items; /* record_size bytes each, in the context's memory */
    size_t count;
};

/* The rows that the query asks for, in the context's memory; none is a list of 0. Raises where the database refuses. */
struct errand_list errand_record_fetch(const struct errand_table *table, struct errand_query query);
/* The first row, or NULL where there is none. */
void *errand_record_fetch_one(const struct errand_table *table, struct errand_query query);
/* How many rows errand_record_fetch would give, without fetching them. */
int64_t errand_record_count(const struct errand_table *table, struct errand_query query);
/* The row with this primary key (as many values as the key has columns), or NULL. */
void *errand_record_find(struct errand_context *ctx, const struct errand_table *table, const struct errand_value *key);
/* Calls fn for each row, in batches, each with memory of its own that is gone after the batch (what fn allocates from
   the context is in it). Each batch is a query of its own that goes on behind the last row, in the order asked for and
   then by the primary key: no transaction is held open, fn may use them and may change rows; rows that others change
   meanwhile are seen as they are when their batch is read. Without a primary key: one query, held in memory. */
void errand_record_each(const struct errand_table *table, struct errand_query query,
                        void (*fn)(struct errand_context *ctx, const void *record, void *arg), void *arg);

/* Inserts, and sets every field of the record to what the row then holds. */
void errand_record_create(struct errand_context *ctx, const struct errand_table *table, void *record);
/* Inserts all or none, in their order, and sets every field of each: PostgreSQL by one statement for each run of
   records that leave the same columns to their defaults, SQLite by one transaction; at most one notification. */
void errand_record_create_many(struct errand_context *ctx, const struct errand_table *table, void *records,
                               size_t count);
/* Writes the row of the record's primary key; of a job table only the user's own columns. Raises if it is gone. */
void errand_record_update(struct errand_context *ctx, const struct errand_table *table, const void *record);
/* Deletes the row of the record's primary key; true if it was there. */
bool errand_record_delete(struct errand_context *ctx, const struct errand_table *table, const void *record);

/* The record that foreign key number `key` of the table refers to, or NULL where the column is NULL. Raises where the
   column is set and the row is not there. */
const void *errand_record_related(struct errand_context *ctx, const struct errand_table *table, size_t key,
                                  const void *record);
/* Fetches them for a whole list in one query; errand_record_related then queries nothing. */
void errand_record_load(struct errand_context *ctx, const struct errand_table *table, size_t key, void *records,
                        size_t count);

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
