/* A job type whose jobs do, to the process that runs them, what their row says. */
#ifndef TESTS_RUNNER_JOBS_H
#define TESTS_RUNNER_JOBS_H

#include <errand/table.h>

extern const struct errand_schema test_schema;

/* The row of a job of this name and number, as a claim encodes it; its size. */
enum { TEST_ROW_MAX = 256 };
size_t test_row(char row[TEST_ROW_MAX], const char *name, const char *argument);

#endif
