/* The conformance suite: the same tests on both databases, in the files that main.c lists. */
#ifndef TESTS_STORE_CONFORMANCE_H
#define TESTS_STORE_CONFORMANCE_H

#include "harness.h"

#define CONFORMS(test) cmocka_unit_test_setup_teardown(test, harness_setup, harness_teardown)

extern const struct CMUnitTest claims_tests[], outcomes_tests[], waking_tests[], lives_tests[], leases_tests[];
extern const size_t claims_test_count, outcomes_test_count, waking_test_count, lives_test_count, leases_test_count;

#endif
