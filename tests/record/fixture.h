/* A database with the tables of these tests, empty at the start of each. */
#ifndef TESTS_RECORD_FIXTURE_H
#define TESTS_RECORD_FIXTURE_H

#include "support/in_context.h"
#include "tables.h"

int open_database(void **state);
int close_database(void **state);

#endif
