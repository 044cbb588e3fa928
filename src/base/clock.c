/* Clocks of this machine, and timestamps as text. */
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_US INT64_C(86400000000)

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

errand_time clock_realtime_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

/* Days and civil dates of the proleptic Gregorian calendar, by Howard Hinnant's "chrono-compatible low-level date
   algorithms": eras of 400 years (146,097 days), years that begin in March. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned year_of_era = (unsigned)(year - era * 400);
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int format_civil(char *text, int64_t days, bool *before_christ)
{
    int64_t year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    *before_christ = year <= 0;
    if (year <= 0)
        year = 1 - year;
    return snprintf(text, CLOCK_TEXT_MAX, "%04" PRId64 "-%02u-%02u", year, month, day);
}

static int format_time_of_day(char *text, size_t size, int64_t us)
{
    return snprintf(text, size, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%06" PRId64, us / INT64_C(3600000000),
                    us / 60000000 % 60, us / 1000000 % 60, us % 1000000);
}

char *clock_format(errand_time time, char text[CLOCK_TEXT_MAX])
{
    if (time == ERRAND_TIME_INFINITY)
        return strcpy(text, "infinity");
    if (time <= ERRAND_TIME_MINUS_INFINITY)
        return strcpy(text, "-infinity");
    bool before_christ;
    int64_t days = floor_divide(time, DAY_US);
    int used = format_civil(text, days, &before_christ);
    text[used++] = ' ';
    used += format_time_of_day(text + used, CLOCK_TEXT_MAX - (size_t)used, time - days * DAY_US);
    if (before_christ)
        snprintf(text + used, CLOCK_TEXT_MAX - (size_t)used, " BC");
    return text;
}

char *clock_format_date(errand_date date, char text[CLOCK_TEXT_MAX])
{
    if (date == ERRAND_DATE_INFINITY)
        return strcpy(text, "infinity");
    if (date <= ERRAND_DATE_MINUS_INFINITY)
        return strcpy(text, "-infinity");
    bool before_christ;
    int used = format_civil(text, date, &before_christ);
    if (before_christ)
        snprintf(text + used, CLOCK_TEXT_MAX - (size_t)used, " BC");
    return text;
}

char *clock_format_day_time(errand_clock time, char text[CLOCK_TEXT_MAX])
{
    format_time_of_day(text, CLOCK_TEXT_MAX, time);
    return text;
}

/* The readers below advance *at past what they read, and return false where it is not there. */
static bool read_number(const char **at, int at_least, int at_most, int64_t *number)
{
    int digits = 0;
    *number = 0;
    while (digits < at_most && **at >= '0' && **at <= '9') {
        *number = *number * 10 + (**at - '0');
        (*at)++;
        digits++;
    }
    return digits >= at_least;
}

static bool read_char(const char **at, char wanted)
{
    if (**at != wanted)
        return false;
    (*at)++;
    return true;
}

static bool read_date(const char **at, int64_t *year, int64_t *month, int64_t *day)
{
    return read_number(at, 4, 7, year) && read_char(at, '-') && read_number(at, 2, 2, month) && read_char(at, '-') &&
           read_number(at, 2, 2, day) && *month >= 1 && *month <= 12 && *day >= 1 && *day <= 31;
}

static bool read_fraction(const char **at, int64_t *us)
{
    *us = 0;
    if (!read_char(at, '.'))
        return true;
    const char *first = *at;
    if (!read_number(at, 1, 6, us))
        return false;
    for (long digits = *at - first; digits < 6; digits++)
        *us *= 10;
    return true;
}

static bool read_time(const char **at, int64_t *us)
{
    int64_t hour, minute, second, fraction;
    if (!read_number(at, 2, 2, &hour) || !read_char(at, ':') || !read_number(at, 2, 2, &minute) ||
        !read_char(at, ':') || !read_number(at, 2, 2, &second) || !read_fraction(at, &fraction))
        return false;
    if (hour > 24 || minute > 59 || second > 60)
        return false;
    *us = (hour * 3600 + minute * 60 + second) * 1000000 + fraction;
    return *us <= DAY_US;
}

/* +02, -03:30 or +05:53:28, in seconds; 0 where there is none. */
static bool read_offset(const char **at, int64_t *seconds)
{
    *seconds = 0;
    int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0;
    if (sign == 0)
        return true;
    (*at)++;
    int64_t part = 0;
    for (int64_t unit = 3600; unit >= 1; unit /= 60) {
        if (unit < 3600 && !read_char(at, ':'))
            break;
        if (!read_number(at, 2, 2, &part))
            return false;
        *seconds += sign * part * unit;
    }
    return true;
}

static bool read_era(const char **at, int64_t *year)
{
    if (strncmp(*at, " BC", 3) == 0) {
        *at += 3;
        *year = 1 - *year;
    }
    return **at == '\0';
}

int clock_parse(const char *text, errand_time *time)
{
    if (!text)
        return -1;
    if (strcmp(text, "infinity") == 0)
        return *time = ERRAND_TIME_INFINITY, 0;
    if (strcmp(text, "-infinity") == 0)
        return *time = ERRAND_TIME_MINUS_INFINITY, 0;
    int64_t year, month, day, us, offset;
    const char *at = text;
    if (!read_date(&at, &year, &month, &day) || !(read_char(&at, ' ') || read_char(&at, 'T')) || !read_time(&at, &us) ||
        !read_offset(&at, &offset) || !read_era(&at, &year))
        return -1;
    int64_t days = days_from_civil(year, (unsigned)month, (unsigned)day);
    if (__builtin_mul_overflow(days, DAY_US, time) || __builtin_add_overflow(*time, us - offset * 1000000, time))
        return -1;
    return 0;
}

int clock_parse_date(const char *text, errand_date *date)
{
    if (strcmp(text, "infinity") == 0)
        return *date = ERRAND_DATE_INFINITY, 0;
    if (strcmp(text, "-infinity") == 0)
        return *date = ERRAND_DATE_MINUS_INFINITY, 0;
    int64_t year, month, day;
    const char *at = text;
    if (!read_date(&at, &year, &month, &day) || !read_era(&at, &year))
        return -1;
    *date = (errand_date)days_from_civil(year, (unsigned)month, (unsigned)day);
    return 0;
}

int clock_parse_day_time(const char *text, errand_clock *time)
{
    const char *at = text;
    return read_time(&at, time) && *at == '\0' ? 0 : -1;
}
