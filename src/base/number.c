#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C library has it ready: nothing is read or allocated. */
static locale_t plain_locale(void)
{
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

char *number_format(double number, int digits, char text[NUMBER_TEXT_MAX])
{
    if (isnan(number))
        return strcpy(text, "NaN");
    if (isinf(number))
        return strcpy(text, number > 0 ? "Infinity" : "-Infinity");
    locale_t plain = plain_locale(), before = uselocale(plain);
    snprintf(text, NUMBER_TEXT_MAX, "%.*g", digits, number);
    uselocale(before);
    freelocale(plain);
    return text;
}

char *point_format(errand_point point, char text[POINT_TEXT_MAX])
{
    char x[NUMBER_TEXT_MAX], y[NUMBER_TEXT_MAX];
    number_format(point.x, NUMBER_DIGITS_MAX, x);
    number_format(point.y, NUMBER_DIGITS_MAX, y);
    snprintf(text, POINT_TEXT_MAX, "(%s,%s)", x, y);
    return text;
}

double number_parse(const char *text, char **end)
{
    locale_t plain = plain_locale();
    double number = strtod_l(text, end, plain);
    freelocale(plain);
    return number;
}
