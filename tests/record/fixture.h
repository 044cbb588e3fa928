/* A database with the tables of these tests, empty at the start of each: the cluster at TEST_POSTGRES_URL where that is
   set, otherwise a SQLite file. */
#ifndef TESTS_RECORD_FIXTURE_H
#define TESTS_RECORD_FIXTURE_H

#include "record/context.h"
#include "tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    struct store_url url;
    char *url_text;             /* of the same; owned */
    char folder[64];            /* SQLite */
    struct errand_context *ctx; /* of the running test */
};

/* The tests' only one, since cmocka hands a test no more than one pointer. */
extern struct fixture fixture;

bool on_postgres(void);
/* Runs a script as another program would. */
void run_sql(const char *script);
/* What fn raises in a context of its own; fails the test if it does not. */
const char *raised_by(void (*fn)(struct errand_context *ctx, void *arg), void *arg);

/* A test whose function runs in a context. */
struct body {
    void (*run)(struct errand_context *ctx);
};
void run_body(void **state);
int start_test(void **state);
int end_test(void **state);
int open_database(void **state);
int close_database(void **state);

#define IN_CONTEXT(function)                                                                                           \
    {                                                                                                                  \
#function, run_body, start_test, end_test, &(struct body)                                                      \
        {                                                                                                              \
            function                                                                                                   \
        }                                                                                                              \
    }

#endif
