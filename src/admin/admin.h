/* What people see of jobs and do with them from outside: counts, lists, single jobs, attempts, workers, figures; retry
   and delete. For the dashboard and the errand command, on both databases; every function runs in a context and raises
   when the database refuses. Nothing here claims or runs a job.

   Bounded: no function reads more than its limits below, however many rows there are; what would scan a table of ten
   million finished jobs is counted up to a bound or estimated, and says so. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "base/json.h"

#include <errand/record.h>

enum {
    ADMIN_COUNT_MAX = 10000,  /* counted exactly up to here; then "10,000+" */
    ADMIN_PAGE_MAX = 200,     /* jobs on a page */
    ADMIN_LOOK_MAX = 15000,   /* rows that a list or a count looks at to find those that match, and sorts */
    ADMIN_BEGINNING = 200,    /* characters of a text in a list */
    ADMIN_CONDITIONS_MAX = 8, /* of a filter, on columns of the table's own */
    ADMIN_VALUE_MAX = 4096,   /* bytes of what a filter compares with */
    ADMIN_STEP = 1000,        /* rows that one step of a bulk change touches, in a transaction of its own */
    ADMIN_ATTEMPTS_MAX = 50,  /* attempts shown of one job */
    ADMIN_WORKERS_MAX = 500,
    ADMIN_POINTS_MAX = 120, /* of a series */
};

/* The six statuses, by their place in this list in all arrays below; whatever order the user's enum has. */
enum admin_status {
    ADMIN_NOT_STARTED,
    ADMIN_RUNNING,
    ADMIN_RETRY,
    ADMIN_FAILED,
    ADMIN_TIMED_OUT,
    ADMIN_SUCCEEDED,
    ADMIN_STATUSES
};
/* "job_status_failed", and back; -1 where it is none. Also takes "failed". */
const char *admin_status_label(enum admin_status status);
int admin_status_parse(const char *label);
/* "Failed" */
const char *admin_status_name(enum admin_status status);

/* ---- Counts ---- */

struct admin_count {
    int64_t count;
    bool more;      /* there may be more than count; of a count of 0 nothing is known then */
    bool estimated; /* from the database's statistics */
};

struct admin_overview {
    const struct errand_table *table;
    bool missing;        /* the database has no such table, or it may not be read: nothing else is set */
    const char *trouble; /* why it could not be counted; NULL: it could. Set: nothing else is */
    struct admin_count by_status[ADMIN_STATUSES];
    struct admin_count due;          /* pending and run_at has come */
    errand_nullable_time oldest_due; /* run_at of the job that has waited longest */
};
/* One a table, each counted by itself: what is wrong with one does not keep the others from being shown. */
struct admin_overview *admin_overviews(struct errand_context *ctx, const struct errand_table *const *tables,
                                       size_t count);

/* ---- Figures, from errand_stats ---- */

struct admin_point {
    errand_time at;                       /* begin of the step */
    int64_t succeeded, failed, timed_out; /* attempts; those that failed may be tried again */
    int64_t retried;          /* attempts that ended without a fault of theirs: snoozed, stopped with their worker */
    int64_t total_us, max_us; /* of run time */
};
/* steps points of step_us each (a multiple of a minute), the last one now; table NULL: all tables. */
struct admin_point *admin_points(struct errand_context *ctx, const char *table, int64_t step_us, size_t steps);

/* ---- Workers ---- */

struct admin_running {
    const char *table;
    errand_uuid job_id;
    errand_time since;
};
struct admin_worker {
    const char *id;
    const char *host;
    int64_t pid;
    const char *tables; /* those that it works on */
    errand_time started_at;
    errand_time seen_at;
    const char *version;
    bool alive; /* as those judge who would recover its jobs */
    const struct admin_running *running;
    size_t running_count;
    bool running_more; /* than those, perhaps: what runs of a table could not be read, or is too much */
};
struct admin_workers {
    const struct admin_worker *items;
    size_t count;
};
/* counts: of the tables where running jobs are looked for; one that is in trouble is not asked again. */
struct admin_workers admin_workers(struct errand_context *ctx, const struct admin_overview *counts, size_t count);
/* Jobs of the table that run, and that nobody works on. */
struct admin_left {
    int64_t by_dead;   /* under a worker of the list that is not alive */
    int64_t by_silent; /* under another, locked more than 10 minutes ago: a worker at work says again that it is */
};
/* workers: as admin_workers gave them. */
struct admin_left admin_left(struct errand_context *ctx, const struct errand_table *table,
                             const struct admin_workers *workers);
/* As the member "workers" of the object that is being written. */
void admin_workers_json(struct json *json, const struct admin_workers *workers);

/* ---- Lists ---- */

enum admin_operator {
    ADMIN_EQUAL,
    ADMIN_NOT_EQUAL,
    ADMIN_LESS,
    ADMIN_LESS_EQUAL,
    ADMIN_GREATER,
    ADMIN_GREATER_EQUAL,
    ADMIN_CONTAINS, /* text, in any case */
    ADMIN_IS_NULL,
    ADMIN_IS_NOT_NULL
};
/* On one column of the table; value is text as people enter it, checked against the column's type. */
struct admin_condition {
    size_t column;
    enum admin_operator operator;
    const char *value;
};
struct admin_filter {
    unsigned statuses; /* bits 1 << enum admin_status; 0: all */
    const char *error; /* text in last_error, in any case; NULL: any */
    errand_nullable_time created_from, created_to;
    struct admin_condition conditions[ADMIN_CONDITIONS_MAX];
    size_t condition_count;
};
/* Text as people enter it, as a value of the column's type: 0, or -1 and the sentence ("\"abc\" is not a number"). NULL
   is SQL NULL. Text in the value is borrowed, or in the context's memory. */
int admin_value(struct errand_context *ctx, const struct errand_column *column, const char *text,
                struct errand_value *value, struct errand_error *err);

/* Whether a condition can have that operator on the column: by its type, and NULLs where it may be NULL. */
bool admin_operator_fits(const struct errand_column *column, enum admin_operator op);
/* Whether a list can be sorted by the column. Text is sorted by its first 200 characters. */
bool admin_sortable(const struct errand_column *column);

struct admin_list_query {
    const struct errand_table *table;
    struct admin_filter filter;
    int sort; /* column + 1 to sort by; 0: the newest first (or, with descending = false and sort = 0, too) */
    bool descending;
    const char *after; /* a key that a list gave: the page behind (or, with before set, in front of) that place */
    bool before;
    int64_t offset; /* where after is NULL */
    int64_t limit;  /* at most ADMIN_PAGE_MAX */
    int beginning;  /* of texts no more than that many of their first characters are read; 0: all of them */
};
/* Where a filter or an order has no index that serves, and the table is large, ADMIN_LOOK_MAX rows by age are looked
   at. Unsorted they begin where the page does: what was not looked at is found by going on behind last_key. Sorted they
   are the newest, on every page. */
struct admin_list {
    struct errand_list
        jobs;              /* records of the table; where looked_at is set perhaps none, and yet there is a last_key */
    const char *first_key; /* for the page in front; NULL: this is the first */
    const char *last_key;  /* for the page behind; NULL: this is the last */
    int64_t looked_at;     /* at most so many rows; 0: at all that could match */
    bool looks_back;       /* last_key is where the looking ended, not the page: it goes on there */
    bool looks_ahead;      /* the same of first_key */
};
struct admin_list admin_list(struct errand_context *ctx, const struct admin_list_query *query);
/* How many match, up to ADMIN_COUNT_MAX; where rows must be looked at to know, among the newest ADMIN_LOOK_MAX: "37 or
   more". */
struct admin_count admin_count_matching(struct errand_context *ctx, const struct errand_table *table,
                                        const struct admin_filter *filter);

/* ---- One job ---- */

/* The job with that id, or NULL. */
void *admin_find(struct errand_context *ctx, const struct errand_table *table, const char *id);

struct admin_attempt {
    int64_t attempt;
    errand_time started_at, finished_at;
    const char *outcome;                    /* "succeeded", "retry", ... as errand_attempts has it */
    const char *error, *backtrace, *output; /* NULL: none */
};
struct admin_attempts {
    const struct admin_attempt *items; /* the newest first */
    size_t count;
};
struct admin_attempts admin_attempts(struct errand_context *ctx, const char *table, const char *id);

/* ---- The rows that a column may refer to ---- */

struct admin_name {
    const char *id;
    const char *name; /* the beginning of it; the id where it has none */
};
struct admin_names {
    const struct admin_name *items; /* by name, in any case */
    size_t count;
    bool more; /* than were asked for: no items then */
};
/* name: the column that says what a row is; NULL: there is none. */
struct admin_names admin_names(struct errand_context *ctx, const struct errand_table *table,
                               const struct errand_column *id, const struct errand_column *name, size_t most);

/* ---- A new row ---- */

struct admin_input {
    size_t column;
    const char *text; /* NULL: SQL NULL */
};
/* Inserts a row of any table; columns without an input get their defaults. Returns its primary key (the first column
   of it, "" where there is none) as text; NULL where inputs[*wrong] is not of its column's type, with the sentence.
   Raises where the database refuses. */
const char *admin_insert(struct errand_context *ctx, const struct errand_table *table, const struct admin_input *inputs,
                         size_t count, size_t *wrong, struct errand_error *err);

/* ---- Changes. Each statement looks at the status again: a running job is never touched. ---- */

enum admin_change { ADMIN_RETRY_JOB = 1, ADMIN_DELETE_JOB };
enum admin_outcome { ADMIN_DONE = 1, ADMIN_NOT_FOUND, ADMIN_IS_RUNNING };

/* Retry: status retry, run_at now, locked_by NULL, as DESIGN's table of states has it; a pending job's run_at becomes
   now. */
enum admin_outcome admin_change_one(struct errand_context *ctx, const struct errand_table *table,
                                    enum admin_change change, const char *id);
struct admin_bulk {
    int64_t changed, running, missing;
    int64_t refused;    /* a row of another table refers to it, or a check or a trigger keeps it as it is */
    const char *reason; /* what the database said of the first of those; NULL: there are none */
};
/* Both add to bulk what is committed, also where they raise. One job that the database refuses does not keep the others
   from being changed: what was refused is tried again by halves. So is what took longer than a statement may. */
/* The jobs with these ids; at most ADMIN_PAGE_MAX. Raises where all at once took too long, once some are changed. */
void admin_change_these(struct errand_context *ctx, const struct errand_table *table, enum admin_change change,
                        const char *const *ids, size_t count, struct admin_bulk *bulk);
/* One step over those that match, in a transaction of its own; *after says where the next goes on, and is NULL when
   nothing is left. It is admin_change_place at first, or NULL, which is the place of this moment. A step may change
   nothing and yet not be the last; it ends early where its jobs at once took too long. Jobs that were inserted after
   the first place was had are not touched; those that match and run are told of by the first step. */
const char *admin_change_place(struct errand_context *ctx, const struct errand_table *table,
                               const struct admin_filter *filter);
void admin_change_step(struct errand_context *ctx, const struct errand_table *table, enum admin_change change,
                       const struct admin_filter *filter, const char **after, struct admin_bulk *bulk);

#endif
