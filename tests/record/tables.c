#include "tables.h"

#define COLUMN(record, field, sql, kind, ...)                                                                          \
    {                                                                                                                  \
        .name = #field, .sql_type = sql, .type = ERRAND_TYPE_##kind, .offset = offsetof(struct record, field),         \
        __VA_ARGS__                                                                                                    \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const moods[] = { "happy", "so so", "it's \"quoted\"", NULL };
static const size_t first_column[] = { 0 };

static const struct errand_column sample_columns[] = {
    COLUMN(sample, id, "uuid", UUID, .has_default = true),
    COLUMN(sample, a_bool, "boolean", BOOL),
    COLUMN(sample, a_int16, "smallint", INT16),
    COLUMN(sample, a_int32, "integer", INT32),
    COLUMN(sample, a_int64, "bigint", INT64),
    COLUMN(sample, a_float, "real", FLOAT),
    COLUMN(sample, a_double, "double precision", DOUBLE),
    COLUMN(sample, a_text, "text", TEXT),
    COLUMN(sample, a_uuid, "uuid", UUID),
    COLUMN(sample, a_time, "timestamp with time zone", TIME),
    COLUMN(sample, a_date, "date", DATE),
    COLUMN(sample, a_clock, "time", CLOCK),
    COLUMN(sample, a_bytes, "bytea", BYTES),
    COLUMN(sample, a_point, "point", POINT),
    COLUMN(sample, a_mood, "\"public\".\"mood\"", ENUM, .labels = moods),
    COLUMN(sample, a_list, "integer[]", TEXT),
    COLUMN(sample, n_bool, "boolean", BOOL, .nullable = true),
    COLUMN(sample, n_int16, "smallint", INT16, .nullable = true),
    COLUMN(sample, n_int32, "integer", INT32, .nullable = true),
    COLUMN(sample, n_int64, "bigint", INT64, .nullable = true),
    COLUMN(sample, n_float, "real", FLOAT, .nullable = true),
    COLUMN(sample, n_double, "double precision", DOUBLE, .nullable = true),
    COLUMN(sample, n_text, "text", TEXT, .nullable = true),
    COLUMN(sample, n_uuid, "uuid", UUID, .nullable = true),
    COLUMN(sample, n_time, "timestamp without time zone", TIME, .nullable = true),
    COLUMN(sample, n_date, "date", DATE, .nullable = true),
    COLUMN(sample, n_clock, "time", CLOCK, .nullable = true),
    COLUMN(sample, n_bytes, "bytea", BYTES, .nullable = true),
    COLUMN(sample, n_point, "point", POINT, .nullable = true),
    COLUMN(sample, n_mood, "\"public\".\"mood\"", ENUM, .labels = moods, .nullable = true),
};
const struct errand_table sample_table = { .name = "samples",
                                           .record_name = "Sample",
                                           .record_size = sizeof(struct sample),
                                           .columns = sample_columns,
                                           .column_count = COUNT(sample_columns),
                                           .primary_key = first_column,
                                           .primary_key_count = 1 };

static const struct errand_column customer_columns[] = {
    COLUMN(customer, id, "uuid", UUID, .has_default = true),
    COLUMN(customer, name, "text", TEXT),
    COLUMN(customer, country, "text", TEXT, .nullable = true),
    COLUMN(customer, visits, "integer", INT32, .has_default = true),
};
const struct errand_table customer_table = { .name = "customers",
                                             .record_name = "Customer",
                                             .record_size = sizeof(struct customer),
                                             .columns = customer_columns,
                                             .column_count = COUNT(customer_columns),
                                             .primary_key = first_column,
                                             .primary_key_count = 1 };

static const struct errand_column purchase_columns[] = {
    COLUMN(purchase, number, "integer", INT32, .has_default = true),
    COLUMN(purchase, customer_id, "uuid", UUID, .nullable = true),
    COLUMN(purchase, what, "text", TEXT),
};
static const struct errand_foreign_key purchase_keys[] = {
    { .column = 1, .target = &customer_table, .target_column = 0, .loaded = offsetof(struct purchase, customer) },
};
const struct errand_table purchase_table = { .name = "purchases",
                                             .record_name = "Purchase",
                                             .record_size = sizeof(struct purchase),
                                             .columns = purchase_columns,
                                             .column_count = COUNT(purchase_columns),
                                             .primary_key = first_column,
                                             .primary_key_count = 1,
                                             .foreign_keys = purchase_keys,
                                             .foreign_key_count = 1 };

static const struct errand_column place_columns[] = {
    COLUMN(place, group, "text", TEXT),
    COLUMN(place, number, "integer", INT32),
    COLUMN(place, height, "integer", INT32, .nullable = true),
};
static const size_t place_key[] = { 0, 1 };
const struct errand_table place_table = { .name = "pla\"ces",
                                          .record_name = "Place",
                                          .record_size = sizeof(struct place),
                                          .columns = place_columns,
                                          .column_count = COUNT(place_columns),
                                          .primary_key = place_key,
                                          .primary_key_count = 2 };

static const struct errand_column note_columns[] = { COLUMN(note, text, "text", TEXT) };
const struct errand_table note_table = { .name = "notes",
                                         .record_name = "Note",
                                         .record_size = sizeof(struct note),
                                         .columns = note_columns,
                                         .column_count = COUNT(note_columns) };

static const char *const statuses[] = { "job_status_not_started",
                                        "job_status_running",
                                        "job_status_failed",
                                        "job_status_timed_out",
                                        "job_status_succeeded",
                                        "job_status_retry",
                                        NULL };
static const struct errand_column mail_job_columns[] = {
    COLUMN(mail_job, id, "uuid", UUID, .has_default = true),
    COLUMN(mail_job, created_at, "timestamp with time zone", TIME, .has_default = true, .managed = true),
    COLUMN(mail_job, updated_at, "timestamp with time zone", TIME, .has_default = true, .managed = true),
    COLUMN(mail_job, status, "job_status", ENUM, .has_default = true, .managed = true, .labels = statuses),
    COLUMN(mail_job, last_error, "text", TEXT, .nullable = true, .managed = true),
    COLUMN(mail_job, attempts_count, "integer", INT32, .has_default = true, .managed = true),
    COLUMN(mail_job, locked_at, "timestamp with time zone", TIME, .nullable = true, .managed = true),
    COLUMN(mail_job, locked_by, "uuid", UUID, .nullable = true, .managed = true),
    COLUMN(mail_job, run_at, "timestamp with time zone", TIME, .has_default = true, .managed = true),
    COLUMN(mail_job, subject, "text", TEXT),
    COLUMN(mail_job, queue_position, "bigint", INT64, .has_default = true, .managed = true),
};
const struct errand_table mail_job_table = { .name = "mail_jobs",
                                             .record_name = "MailJob",
                                             .record_size = sizeof(struct mail_job),
                                             .columns = mail_job_columns,
                                             .column_count = COUNT(mail_job_columns),
                                             .primary_key = first_column,
                                             .primary_key_count = 1 };

const char tables_postgres[] =
    "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TYPE mood AS ENUM ('happy', 'so so', 'it''s \"quoted\"');"
    "CREATE TABLE samples (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), a_bool boolean NOT NULL, a_int16 smallint "
    "NOT "
    "NULL, a_int32 integer NOT NULL, a_int64 bigint NOT NULL, a_float real NOT NULL, a_double double precision NOT "
    "NULL,"
    "  a_text text NOT NULL, a_uuid uuid NOT NULL, a_time timestamptz NOT NULL, a_date date NOT NULL, a_clock time NOT "
    "NULL, a_bytes bytea NOT NULL, a_point point NOT NULL, a_mood mood NOT NULL, a_list integer[] NOT NULL, n_bool "
    "boolean, n_int16 smallint, n_int32 integer, n_int64 bigint, n_float real, n_double double precision, n_text text,"
    "  n_uuid uuid, n_time timestamp, n_date date, n_clock time, n_bytes bytea, n_point point, n_mood mood);"
    "CREATE TABLE customers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, country text,"
    "  visits integer NOT NULL DEFAULT 1);"
    "CREATE TABLE purchases (number serial PRIMARY KEY, customer_id uuid, what text NOT NULL);"
    "CREATE TABLE \"pla\"\"ces\" (\"group\" text NOT NULL, number integer NOT NULL, height integer,"
    "  PRIMARY KEY (\"group\", number));"
    "CREATE TABLE notes (text text NOT NULL);"
    "CREATE TYPE job_status AS ENUM ('job_status_not_started', 'job_status_running', 'job_status_failed',"
    "  'job_status_timed_out', 'job_status_succeeded', 'job_status_retry');"
    "CREATE TABLE mail_jobs (id uuid DEFAULT gen_random_uuid() PRIMARY KEY NOT NULL, created_at timestamptz DEFAULT "
    "now() "
    "NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL, status job_status DEFAULT 'job_status_not_started' NOT "
    "NULL,"
    "  last_error text, attempts_count int DEFAULT 0 NOT NULL, locked_at timestamptz, locked_by uuid, run_at "
    "timestamptz "
    "DEFAULT now() NOT NULL, subject text NOT NULL, queue_position bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL);"
    "CREATE INDEX ON mail_jobs (run_at, queue_position) WHERE status IN ('job_status_not_started', 'job_status_retry')"
    "  AND locked_by IS NULL;"
    "CREATE INDEX ON mail_jobs (status, created_at) WHERE status <> 'job_status_succeeded';"
    "CREATE INDEX ON mail_jobs (queue_position) WHERE status <> 'job_status_running';";

#define UUID_DEFAULT                                                                                                   \
    "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "       \
    "substr('89ab', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))"
#define NOW_DEFAULT "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"

const char tables_sqlite[] =
    "CREATE TABLE samples (id TEXT PRIMARY KEY NOT NULL DEFAULT " UUID_DEFAULT
    ", a_bool INTEGER NOT NULL, a_int16 INTEGER "
    "NOT NULL, a_int32 INTEGER NOT NULL, a_int64 INTEGER NOT NULL, a_float REAL NOT NULL, a_double REAL NOT NULL,"
    "  a_text TEXT NOT NULL, a_uuid TEXT NOT NULL, a_time TEXT NOT NULL, a_date TEXT NOT NULL, a_clock TEXT NOT NULL,"
    "  a_bytes BLOB NOT NULL, a_point TEXT NOT NULL, a_mood TEXT NOT NULL, a_list TEXT NOT NULL, n_bool INTEGER,"
    "  n_int16 INTEGER, n_int32 INTEGER, n_int64 INTEGER, n_float REAL, n_double REAL, n_text TEXT, n_uuid TEXT,"
    "  n_time TEXT, n_date TEXT, n_clock TEXT, n_bytes BLOB, n_point TEXT, n_mood TEXT) STRICT;"
    "CREATE TABLE customers (id TEXT PRIMARY KEY NOT NULL DEFAULT " UUID_DEFAULT ", name TEXT NOT NULL, country TEXT,"
    "  visits INTEGER NOT NULL DEFAULT 1) STRICT;"
    "CREATE TABLE purchases (number INTEGER PRIMARY KEY, customer_id TEXT, what TEXT NOT NULL) STRICT;"
    "CREATE TABLE \"pla\"\"ces\" (\"group\" TEXT NOT NULL, number INTEGER NOT NULL, height INTEGER,"
    "  PRIMARY KEY (\"group\", number)) STRICT;"
    "CREATE TABLE notes (text TEXT NOT NULL) STRICT;"
    "CREATE TABLE mail_jobs (id TEXT NOT NULL UNIQUE DEFAULT " UUID_DEFAULT
    ", created_at TEXT NOT NULL DEFAULT " NOW_DEFAULT ", updated_at TEXT NOT NULL DEFAULT " NOW_DEFAULT
    ", status TEXT NOT NULL DEFAULT 'job_status_not_started', last_error "
    "TEXT, attempts_count INTEGER NOT NULL DEFAULT 0, locked_at TEXT, locked_by TEXT, run_at TEXT NOT NULL "
    "DEFAULT " NOW_DEFAULT ", subject TEXT NOT NULL, queue_position INTEGER PRIMARY KEY) STRICT;"
    "CREATE INDEX mail_jobs_pending ON mail_jobs (run_at, queue_position) WHERE status IN ('job_status_not_started',"
    "  'job_status_retry') AND locked_by IS NULL;"
    "CREATE INDEX mail_jobs_unfinished ON mail_jobs (status, created_at) WHERE status <> 'job_status_succeeded';";
