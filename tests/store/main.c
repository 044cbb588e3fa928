/* Runs the conformance suite: test_conformance sqlite, or test_conformance postgres with TEST_POSTGRES_URL set.
   TEST_FIXTURES is the folder of the fixtures; a second argument runs the tests of that name only. */
#include "conformance.h"

/* cmocka's macro takes arrays whose size it can see. */
static int run(const char *name, const struct CMUnitTest *tests, size_t count)
{
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc == 4 && (strcmp(argv[1], "holder") == 0 || strcmp(argv[1], "inserter") == 0))
        return role_main(argv[1], argv[2], strtoul(argv[3], NULL, 10));
    if (argc < 2 || (strcmp(argv[1], "sqlite") != 0 && strcmp(argv[1], "postgres") != 0)) {
        fprintf(stderr, "usage: %s sqlite|postgres [TEST]\n", argv[0]);
        return 2;
    }
    harness_use(strcmp(argv[1], "sqlite") == 0 ? STORE_SQLITE : STORE_POSTGRES, argv[0]);
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    int failed = run("claims", claims_tests, claims_test_count);
    failed += run("outcomes", outcomes_tests, outcomes_test_count);
    failed += run("waking", waking_tests, waking_test_count);
    failed += run("lives", lives_tests, lives_test_count);
    failed += run("leases", leases_tests, leases_test_count);
    return failed;
}
