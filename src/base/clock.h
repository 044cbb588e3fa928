/* Clocks of this machine, and timestamps as text. Job times come from the database; these are for durations, logs
   and the conversion of what the databases print. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <errand/value.h>

/* CLOCK_MONOTONIC, in microseconds. Comparable between processes of one machine. */
int64_t clock_monotonic_us(void);
errand_time clock_realtime_us(void);

/* "YYYY-MM-DD HH:MM:SS.ffffff" in UTC, at least 40 bytes; years beyond 9999 and before 1 as PostgreSQL prints them;
   "infinity" and "-infinity". This is the form that SQLite tables hold. Returns text. */
enum { CLOCK_TEXT_MAX = 40 };
char *clock_format(errand_time time, char text[CLOCK_TEXT_MAX]);
/* Reads what clock_format writes and what PostgreSQL prints for timestamps under DateStyle ISO, with or without an
   offset and " BC", seconds with 0 to 6 decimals. 0, or -1 for anything else, NULL included. */
int clock_parse(const char *text, errand_time *time);

/* The same for dates ("YYYY-MM-DD") and times of day ("HH:MM:SS.ffffff", 24:00:00 included). */
char *clock_format_date(errand_date date, char text[CLOCK_TEXT_MAX]);
int clock_parse_date(const char *text, errand_date *date);
char *clock_format_day_time(errand_clock time, char text[CLOCK_TEXT_MAX]);
int clock_parse_day_time(const char *text, errand_clock *time);

#endif
