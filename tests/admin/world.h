/* A database with the job tables of schema.sql, empty at the start of each test: the cluster at TEST_POSTGRES_URL where
   that is set, otherwise a SQLite file. */
#ifndef TESTS_ADMIN_WORLD_H
#define TESTS_ADMIN_WORLD_H

#include "admin/admin.h"
#include "record/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
    struct store_url url;
    const char *url_text; /* of the same; owned */
    char folder[64];      /* SQLite */
    const struct errand_schema *schema;
    const struct errand_table *letters, *foreign; /* letter_jobs, foreign_jobs */
    struct errand_context *ctx;                   /* of the running test */
};

/* What makes the tables of our own, as a worker does. */
extern const char *const own_tables_sqlite, *const own_tables_postgres;

/* The tests' only one, since cmocka hands a test no more than one pointer. */
extern struct world world;

bool on_postgres(void);
/* Runs a script as another program would; %d and its kin are filled in. */
void run_sql(const char *format, ...) ERRAND_PRINTF(1, 2);
/* The first cell of what a query answers, as a number. */
int64_t number_of(const char *format, ...) ERRAND_PRINTF(1, 2);
/* The same on each database. */
void run_sql_each(const char *sqlite, const char *postgres);
const struct errand_table *table_of(const char *name);
/* The column's place in its table. */
size_t column_of(const struct errand_table *table, const char *name);
/* The column of a record, as text; NULL for NULL. In the context's memory. */
const char *cell_of(struct errand_context *ctx, const struct errand_table *table, const void *record,
                    const char *column);
/* Inserts jobs of a status, whose number goes from first to last. */
void add_letters(int first, int last, const char *status);
/* The sentence that fn raises in a context of its own, and its fault; fails the test if it raises nothing. */
struct raised {
    enum context_fault fault;
    char error[1024];
};
struct raised raised_by(void (*fn)(struct errand_context *ctx, void *arg), void *arg);

/* A test whose function runs in a context. */
struct body {
    void (*run)(struct errand_context *ctx);
};
void run_body(void **state);
int start_test(void **state);
int end_test(void **state);
int open_database(void **state); /* state: the path of schema.sql */
int close_database(void **state);

#define IN_CONTEXT(function)                                                                                           \
    {                                                                                                                  \
#function, run_body, start_test, end_test, &(struct body)                                                      \
        {                                                                                                              \
            function                                                                                                   \
        }                                                                                                              \
    }

#endif
