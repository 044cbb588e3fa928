/* Options of command lines: of a program of these tests, which has letters and takes words too, and of RunJobs. */
#include "base/options.h"
#include "worker/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARSE(...)                                                                                                     \
    worker_options_parse(&options, (int)(sizeof((char *[]){ "RunJobs", __VA_ARGS__ }) / sizeof(char *)),               \
                         (char *[]){ "RunJobs", __VA_ARGS__, NULL }, &err)

struct sample {
    const char *file;
    int count;
    bool all, force;
};

static const struct option_row rows[] = {
    { "file", "NAME", "what is read", 'f', OPTION_TEXT(struct sample, file) },
    { "count", "N", "how often\nit is read", 'c', OPTION_NUMBER(struct sample, count, 0, 9) },
    { "all", NULL, "all of it", 'a', OPTION_FLAG(struct sample, all) },
    { "force", NULL, "whatever it holds", OPTION_FLAG(struct sample, force) },
    { 0 },
};

/* The words that are no options, with a space behind each; NULL: err has the sentence. */
#define READ(...) read_words((char *[]){ "sample", __VA_ARGS__, NULL }, &sample, &err)

static const char *read_words(char **argv, struct sample *sample, struct errand_error *err)
{
    static char words[100];
    int argc = 0;
    while (argv[argc])
        argc++;
    *sample = (struct sample){ 0 };
    *words = '\0';
    int count = options_read(rows, sample, argc, argv, err);
    for (int i = 1; i <= count; i++)
        strcat(strcat(words, argv[i]), " ");
    return count < 0 ? NULL : words;
}

static void words_and_options_may_be_mixed(void **state)
{
    (void)state;
    struct sample sample;
    struct errand_error err;
    assert_string_equal(READ("one", "--file", "a", "two", "--all", "-"), "one two - ");
    assert_string_equal(sample.file, "a");
    assert_true(sample.all);
    assert_string_equal(READ("--file=", "--", "--all", "-x"), "--all -x ");
    assert_string_equal(sample.file, "");
    assert_false(sample.all);
}

static void letters_stand_behind_one_dash(void **state)
{
    (void)state;
    struct sample sample;
    struct errand_error err;
    assert_string_equal(READ("-ac3", "-f", "-a"), "");
    assert_true(sample.all);
    assert_int_equal(sample.count, 3);
    assert_string_equal(sample.file, "-a");
    assert_null(READ("-ax"));
    assert_string_equal(err.message, "there is no option '-ax'; --help shows those there are");
    assert_null(READ("-c"));
    assert_string_equal(err.message, "--count needs a value: --count N");
}

static void a_name_may_be_cut_where_no_other_begins_so(void **state)
{
    (void)state;
    struct sample sample;
    struct errand_error err;
    assert_string_equal(READ("--fo", "--co=4"), "");
    assert_true(sample.force);
    assert_int_equal(sample.count, 4);
    assert_null(READ("--f"));
    assert_string_equal(err.message, "there is no option '--f'; --help shows those there are");
    assert_null(READ("--=3"));
}

static void help_has_a_column_of_names(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    options_help(rows, stream);
    fclose(stream);
    assert_string_equal(text, "  -f, --file NAME  what is read\n"
                              "  -c, --count N    how often\n"
                              "                   it is read\n"
                              "  -a, --all        all of it\n"
                              "      --force      whatever it holds\n");
    free(text);
}

/* ---- RunJobs ---- */

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
    assert_int_equal(options.log.format, LOG_JSON);
    assert_int_equal(options.log.level, ERRAND_LOG_WARNING);
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
        cmocka_unit_test(words_and_options_may_be_mixed),
        cmocka_unit_test(letters_stand_behind_one_dash),
        cmocka_unit_test(a_name_may_be_cut_where_no_other_begins_so),
        cmocka_unit_test(help_has_a_column_of_names),
        cmocka_unit_test(options_are_read_in_both_forms),
        cmocka_unit_test(each_slip_has_its_sentence),
        cmocka_unit_test(numbers_are_held_to_their_limits),
        cmocka_unit_test(only_is_given_as_often_as_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
