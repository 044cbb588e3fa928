/* The tables of these tests, described by hand as the generated types.c describes a schema. */
#ifndef TESTS_RECORD_TABLES_H
#define TESTS_RECORD_TABLES_H

#include <errand.h>

enum mood { MOOD_NONE, MOOD_HAPPY, MOOD_SO_SO, MOOD_QUOTED };

/* One column of each type, NOT NULL, and one that may be NULL. */
struct sample {
    errand_uuid id;
    bool a_bool;
    int16_t a_int16;
    int32_t a_int32;
    int64_t a_int64;
    float a_float;
    double a_double;
    const char *a_text;
    errand_uuid a_uuid;
    errand_time a_time;
    errand_date a_date;
    errand_clock a_clock;
    errand_bytes a_bytes;
    errand_point a_point;
    enum mood a_mood;
    const char *a_list; /* integer[] */
    errand_nullable_bool n_bool;
    errand_nullable_int16 n_int16;
    errand_nullable_int32 n_int32;
    errand_nullable_int64 n_int64;
    errand_nullable_float n_float;
    errand_nullable_double n_double;
    const char *n_text;
    errand_nullable_uuid n_uuid;
    errand_nullable_time n_time;
    errand_nullable_date n_date;
    errand_nullable_clock n_clock;
    errand_bytes n_bytes;
    errand_nullable_point n_point;
    enum mood n_mood;
};
extern const struct errand_table sample_table;

struct customer {
    errand_uuid id;
    const char *name;
    const char *country; /* may be NULL */
    int32_t visits;      /* default 1 */
};
enum { CUSTOMER_ID = 1, CUSTOMER_NAME, CUSTOMER_COUNTRY, CUSTOMER_VISITS };
extern const struct errand_table customer_table;

struct purchase {
    int32_t number; /* serial */
    errand_nullable_uuid customer_id;
    const char *what;
    const struct customer *customer; /* loaded */
};
extern const struct errand_table purchase_table;

/* Its key has two columns, one of them a word of SQL. */
struct place {
    const char *group;
    int32_t number;
    errand_nullable_int32 height;
};
enum { PLACE_GROUP = 1, PLACE_NUMBER, PLACE_HEIGHT };
extern const struct errand_table place_table;

/* No primary key. */
struct note {
    const char *text;
};
extern const struct errand_table note_table;

struct mail_job {
    errand_uuid id;
    errand_time created_at;
    errand_time updated_at;
    int status;
    const char *last_error;
    int32_t attempts_count;
    errand_nullable_time locked_at;
    errand_nullable_uuid locked_by;
    errand_time run_at;
    const char *subject;
    int64_t queue_position;
};
extern const struct errand_table mail_job_table;

extern const char tables_postgres[], tables_sqlite[];

#endif
