/* Numbers with a fraction as databases and JSON write them: with a point, whatever locale the program has chosen. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <errand/value.h>

enum {
    NUMBER_TEXT_MAX = 32,
    NUMBER_DIGITS_MAX = 17, /* which tell any two numbers apart */
    POINT_TEXT_MAX = 2 * NUMBER_TEXT_MAX + 3
};

/* Of so many digits at the most; "Infinity", "-Infinity" and "NaN" as PostgreSQL says them. Returns text. */
char *number_format(double number, int digits, char text[NUMBER_TEXT_MAX]);
/* "(1.5,-2.25)", with all digits. Returns text. */
char *point_format(errand_point point, char text[POINT_TEXT_MAX]);
/* As strtod. */
double number_parse(const char *text, char **end);

#endif
