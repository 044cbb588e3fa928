/* Timestamps as text: what clock_format writes and what PostgreSQL prints. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void formats_and_parses_the_same_instant(void **state)
{
    (void)state;
    const struct {
        errand_time time;
        const char *text;
    } cases[] = {
        { 0, "1970-01-01 00:00:00.000000" },
        { 1, "1970-01-01 00:00:00.000001" },
        { -1, "1969-12-31 23:59:59.999999" },
        { 951782400000000, "2000-02-29 00:00:00.000000" },
        { 253402300799999999, "9999-12-31 23:59:59.999999" },
        { 253402300800000000, "10000-01-01 00:00:00.000000" },
        { -62135596800000001, "0001-12-31 23:59:59.999999 BC" },
        { ERRAND_TIME_INFINITY, "infinity" },
        { ERRAND_TIME_MINUS_INFINITY, "-infinity" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[CLOCK_TEXT_MAX];
        errand_time time;
        assert_string_equal(clock_format(cases[i].time, text), cases[i].text);
        assert_int_equal(clock_parse(text, &time), 0);
        assert_true(time == cases[i].time);
    }
}

static void reads_offsets_and_short_fractions(void **state)
{
    (void)state;
    const struct {
        const char *text;
        errand_time time;
    } cases[] = {
        { "1970-01-01 02:00:00+02", 0 },
        { "1969-12-31 20:30:00.5-03:30", 500000 },
        { "1970-01-01 05:53:28.000001+05:53:28", 1 },
        { "1970-01-01T00:00:00", 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        errand_time time;
        assert_int_equal(clock_parse(cases[i].text, &time), 0);
        assert_true(time == cases[i].time);
    }
}

static void refuses_what_is_no_time(void **state)
{
    (void)state;
    const char *const cases[] = { NULL,
                                  "",
                                  "1970",
                                  "1970-13-01 00:00:00",
                                  "1970-01-01 25:00:00",
                                  "1970-01-01 00:00:00x",
                                  "1970-01-01 00:61:00",
                                  "9999999-01-01 00:00:00" };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        errand_time time;
        assert_int_equal(clock_parse(cases[i], &time), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_and_parses_the_same_instant),
        cmocka_unit_test(reads_offsets_and_short_fractions),
        cmocka_unit_test(refuses_what_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
