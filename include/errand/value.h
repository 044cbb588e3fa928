/* Values as they cross between C and the database: the types of generated fields, and values bound to $1, $2, ... */
#ifndef ERRAND_VALUE_H
#define ERRAND_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

/* Microseconds since 1970-01-01 00:00:00 UTC. */
typedef int64_t errand_time;
#define ERRAND_TIME_INFINITY INT64_MAX
#define ERRAND_TIME_MINUS_INFINITY (INT64_MIN + 1)
/* In a record to be created: leave the column to its default in the database. */
#define ERRAND_TIME_DEFAULT INT64_MIN

/* Days since 1970-01-01. */
typedef int32_t errand_date;
#define ERRAND_DATE_INFINITY INT32_MAX
#define ERRAND_DATE_MINUS_INFINITY (INT32_MIN + 1)
#define ERRAND_DATE_DEFAULT INT32_MIN

/* Microseconds since midnight, 0 to 86,400,000,000. */
typedef int64_t errand_clock;

/* 36 characters, lower case, and a NUL. Empty in a record to be created: left to its default in the database. */
typedef struct errand_uuid {
    char text[37];
} errand_uuid;

/* data is NULL for SQL NULL; empty bytes have a data that is not NULL. */
typedef struct errand_bytes {
    const void *data;
    size_t size;
} errand_bytes;

typedef struct errand_point {
    double x, y;
} errand_point;

/* A column that may be NULL. All zero is NULL. (Text, JSON, numerics and bytes are pointers: there NULL is NULL.) */
/* clang-format off */
typedef struct errand_nullable_bool { bool is_set; bool value; } errand_nullable_bool;
typedef struct errand_nullable_int16 { bool is_set; int16_t value; } errand_nullable_int16;
typedef struct errand_nullable_int32 { bool is_set; int32_t value; } errand_nullable_int32;
typedef struct errand_nullable_int64 { bool is_set; int64_t value; } errand_nullable_int64;
typedef struct errand_nullable_float { bool is_set; float value; } errand_nullable_float;
typedef struct errand_nullable_double { bool is_set; double value; } errand_nullable_double;
typedef struct errand_nullable_time { bool is_set; errand_time value; } errand_nullable_time;
typedef struct errand_nullable_date { bool is_set; errand_date value; } errand_nullable_date;
typedef struct errand_nullable_clock { bool is_set; errand_clock value; } errand_nullable_clock;
typedef struct errand_nullable_uuid { bool is_set; errand_uuid value; } errand_nullable_uuid;
typedef struct errand_nullable_point { bool is_set; errand_point value; } errand_nullable_point;
/* clang-format on */

/* Durations in microseconds, to be added to a time: errand_now(ctx) + errand_hours(24). A day has 24 hours. Not checked
   for overflow, which is 292,000 years away. */
static inline errand_time errand_seconds(int64_t n)
{
    return n * 1000000;
}
static inline errand_time errand_minutes(int64_t n)
{
    return n * 60000000;
}
static inline errand_time errand_hours(int64_t n)
{
    return n * 3600000000LL;
}
static inline errand_time errand_days(int64_t n)
{
    return n * 86400000000LL;
}

/* A value bound to a placeholder. Text and bytes are borrowed until the call that takes the value returns. */
enum errand_value_kind {
    ERRAND_VALUE_NONE = 0, /* no value stands here: the end of a list */
    ERRAND_VALUE_NULL,
    ERRAND_VALUE_BOOL,
    ERRAND_VALUE_INT,
    ERRAND_VALUE_DOUBLE,
    ERRAND_VALUE_TEXT,
    ERRAND_VALUE_BYTES,
    ERRAND_VALUE_TIME,
    ERRAND_VALUE_DATE,
    ERRAND_VALUE_CLOCK,
    ERRAND_VALUE_POINT
};

struct errand_value {
    enum errand_value_kind kind;
    union {
        bool boolean;
        int64_t integer; /* INT, TIME, DATE, CLOCK */
        double number;
        struct {
            const char *data;
            size_t size;
        } text; /* TEXT, BYTES */
        errand_point point;
    } as;
};

/* The most values that one query binds through errand_query; a test holds the limit. */
#define ERRAND_VALUES_MAX 16

struct errand_value errand_null(void);
struct errand_value errand_bool(bool value);
struct errand_value errand_int(int64_t value);
struct errand_value errand_double(double value);
/* NULL gives SQL NULL. */
struct errand_value errand_text(const char *text);
struct errand_value errand_text_of(const char *text, size_t size);
struct errand_value errand_blob(const void *data, size_t size);
struct errand_value errand_timestamp(errand_time value);
struct errand_value errand_day(errand_date value);
struct errand_value errand_time_of_day(errand_clock value);
/* Borrowed as text is. NULL gives SQL NULL. */
struct errand_value errand_id(const errand_uuid *uuid);
struct errand_value errand_position(errand_point value);

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
