/* A database with the job tables of schema.sql, empty at the start of each test. */
#ifndef TESTS_ADMIN_WORLD_H
#define TESTS_ADMIN_WORLD_H

#include "admin/admin.h"
#include "support/in_context.h"

struct world {
    const struct errand_schema *schema;
    const struct errand_table *letters, *foreign; /* letter_jobs, foreign_jobs */
};

/* What makes the tables of our own, as a worker does. */
extern const char *const own_tables_sqlite, *const own_tables_postgres;

/* The tests' only one, since cmocka hands a test no more than one pointer. */
extern struct world world;

const struct errand_table *table_of(const char *name);
/* The column's place in its table. */
size_t column_of(const struct errand_table *table, const char *name);
/* The column of a record, as text; NULL for NULL. In the context's memory. */
const char *cell_of(struct errand_context *ctx, const struct errand_table *table, const void *record,
                    const char *column);
/* The numbers of the letter_jobs of a list, as "3 2 1". */
const char *numbers_of(struct errand_context *ctx, const struct admin_list *list);
/* Inserts jobs of a status, whose number goes from first to last. */
void add_letters(int first, int last, const char *status);
int open_database(void **state); /* state: the path of schema.sql */
int close_database(void **state);

#endif
