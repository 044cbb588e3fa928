/* Numbers as text, in a program that has chosen a locale with a decimal comma. */
#include "base/number.h"
#include "base/json.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int choose_locale(void **state)
{
    char text[8];
    (void)state;
    assert_non_null(setlocale(LC_ALL, getenv("TEST_LOCALE")));
    snprintf(text, sizeof(text), "%g", 0.5);
    assert_string_equal(text, "0,5");
    return 0;
}

static void a_number_has_a_point_and_reads_back(void **state)
{
    static const double numbers[] = { 0, -0.5, 0.1, 1e300, DBL_MAX, -DBL_MAX, DBL_TRUE_MIN, INFINITY, -INFINITY };
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        char text[NUMBER_TEXT_MAX], *end;
        double back = number_parse(number_format(numbers[i], NUMBER_DIGITS_MAX, text), &end);
        assert_true(back == numbers[i] && *end == '\0');
    }
    char text[POINT_TEXT_MAX];
    assert_string_equal(number_format(-0.5, NUMBER_DIGITS_MAX, text), "-0.5");
    assert_string_equal(number_format(NAN, NUMBER_DIGITS_MAX, text), "NaN");
    assert_string_equal(number_format(-INFINITY, NUMBER_DIGITS_MAX, text), "-Infinity");
    assert_string_equal(number_format(2.0 / 3, 3, text), "0.667");
    assert_string_equal(point_format((errand_point){ 1.5, -2.25 }, text), "(1.5,-2.25)");
    point_format((errand_point){ -DBL_MAX, -DBL_TRUE_MIN }, text);
}

static void a_comma_ends_a_number(void **state)
{
    char *end;
    (void)state;
    assert_true(number_parse("1,5", &end) == 1);
    assert_string_equal(end, ",5");
}

static void json_has_a_point(void **state)
{
    struct buffer out = BUFFER_INIT(64);
    (void)state;
    json_double(&(struct json){ .out = &out }, NULL, 1234.5);
    assert_string_equal(out.data, "1234.5");
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_has_a_point_and_reads_back),
        cmocka_unit_test(a_comma_ends_a_number),
        cmocka_unit_test(json_has_a_point),
    };
    return cmocka_run_group_tests(tests, choose_locale, NULL);
}
