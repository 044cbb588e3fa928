/* The command line of RunJobs. */
#include "worker/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PARSE(...)                                                                                                     \
    worker_options_parse(&options, (int)(sizeof((char *[]){ "RunJobs", __VA_ARGS__ }) / sizeof(char *)),               \
                         (char *[]){ "RunJobs", __VA_ARGS__, NULL }, &err)

static void options_are_read_in_both_forms(void **state)
{
    (void)state;
    struct worker_options options;
    struct errand_error err;
    assert_int_equal(PARSE("--database", "sqlite:a.db", "--only=a_jobs", "--only", "b_jobs", "--drain",
                           "--shutdown-timeout=0", "--log-format=json", "--quiet"),
                     0);
    assert_string_equal(options.database, "sqlite:a.db");
    assert_int_equal(options.only_count, 2);
    assert_string_equal(options.only[1], "b_jobs");
    assert_true(options.drain);
    assert_int_equal(options.shutdown_timeout_s, 0);
    assert_int_equal(options.log_format, LOG_JSON);
    assert_int_equal(options.log_level, ERRAND_LOG_WARNING);
    assert_int_equal(options.max_runners, 64);
    assert_int_equal(PARSE("-h"), 0);
    assert_true(options.help);
}

static void each_slip_has_its_sentence(void **state)
{
    (void)state;
    struct worker_options options;
    struct errand_error err;
    assert_int_equal(PARSE("jobs"), -1);
    assert_string_equal(err.message, "'jobs' is not understood; --help shows the options");
    assert_int_equal(PARSE("--colour=red"), -1);
    assert_string_equal(err.message, "there is no option '--colour'; --help shows those there are");
    assert_int_equal(PARSE("--only"), -1);
    assert_string_equal(err.message, "--only needs a value: --only TABLE");
    assert_int_equal(PARSE("--drain=yes"), -1);
    assert_string_equal(err.message, "--drain takes no value");
    assert_int_equal(PARSE("--log-format", "xml"), -1);
    assert_string_equal(err.message, "--log-format is text or json, not 'xml'");
}

static void numbers_are_held_to_their_limits(void **state)
{
    (void)state;
    struct worker_options options;
    struct errand_error err;
    assert_int_equal(PARSE("--max-runners", "1"), 0);
    assert_int_equal(PARSE("--max-runners", "4096"), 0);
    assert_int_equal(PARSE("--max-runners", "0"), -1);
    assert_int_equal(PARSE("--max-runners", "4097"), -1);
    assert_int_equal(PARSE("--max-runners", "12x"), -1);
    assert_int_equal(PARSE("--max-runners", ""), -1);
    assert_int_equal(PARSE("--max-runners", "99999999999999999999"), -1);
    assert_string_equal(err.message, "--max-runners takes a whole number from 1 to 4096, not '99999999999999999999'");
}

static void only_is_given_as_often_as_there_is_room(void **state)
{
    (void)state;
    struct worker_options options;
    struct errand_error err;
    char *words[ONLY_MAX + 3] = { "RunJobs" };
    for (int i = 1; i <= ONLY_MAX + 1; i++)
        words[i] = "--only=a_jobs";
    assert_int_equal(worker_options_parse(&options, ONLY_MAX + 1, words, &err), 0);
    assert_int_equal(worker_options_parse(&options, ONLY_MAX + 2, words, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read_in_both_forms),
        cmocka_unit_test(each_slip_has_its_sentence),
        cmocka_unit_test(numbers_are_held_to_their_limits),
        cmocka_unit_test(only_is_given_as_often_as_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
