/* Tests whose functions run in a context of the program's database. */
#ifndef TESTS_SUPPORT_IN_CONTEXT_H
#define TESTS_SUPPORT_IN_CONTEXT_H

#include "database.h"
#include "record/context.h"

struct body {
    void (*run)(struct errand_context *ctx);
};

/* The program's own, before each test: empties its tables. */
void empty_tables(void);
int start_body(void **state);
void run_body(void **state);
int end_body(void **state);

#define IN_CONTEXT(function) IN_CONTEXT_WITH(function, start_body, end_body)
#define IN_CONTEXT_WITH(function, start, end)                                                                          \
    {                                                                                                                  \
#function, run_body, start, end, &(struct body)                                                                \
        {                                                                                                              \
            function                                                                                                   \
        }                                                                                                              \
    }

/* What fn raises in a context of its own; fails the test if it raises nothing. */
struct raised {
    enum context_fault fault;
    char error[8193];
};
struct raised raised_by(void (*fn)(struct errand_context *ctx, void *arg), void *arg);

#endif
