/* A database with the fixture's tables and a store on it, driven step by step: what the conformance tests stand on.
   The same for both databases; everything that differs is in harness.c and fixtures/. */
#ifndef TESTS_STORE_HARNESS_H
#define TESTS_STORE_HARNESS_H

#include "store/connection.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The database that the program was started for. */
struct fixture {
    enum store_kind kind;
    struct store_url url;
    char folder[64]; /* of a SQLite file; removed in the end */
    uv_loop_t loop;
    struct connection *sql; /* what another program would be */
    struct worker *worker;  /* a first store, with fixture_jobs */
};

/* A store, and what it has told. */
struct worker {
    struct fixture *fixture;
    struct store *store;
    uint64_t id;
    uint64_t claims;          /* the number of the last claim */
    struct store_table *jobs; /* fixture_jobs */
    int online, available;    /* times told */
    char fatal[1024];
};

/* The types of the fixture's tables. */
extern const struct errand_job_type fixture_jobs, foreign_jobs, old_jobs, missing_jobs;

/* For cmocka's setup and teardown: state is a struct fixture. */
void harness_use(enum store_kind kind, const char *program);
int harness_setup(void **state);
int harness_teardown(void **state);

struct worker *worker_new(struct fixture *fixture);
/* Opens the store without waiting, installing or preparing anything. */
struct worker *worker_open(struct fixture *fixture);
void worker_free(struct worker *worker);

/* Runs the loop until *what is not 0. Fails the test after 30 s. */
void await(struct fixture *fixture, const int *what);

/* ---- Verbs, waited for ---- */

struct answered {
    int done;
    enum store_fault fault;
    char message[1024];
};
void answered(void *arg, struct store_result result); /* a store_done for struct answered */
struct answered install(struct worker *worker);
struct answered heartbeat(struct worker *worker);
struct answered fall_asleep(struct worker *worker);

struct prepared {
    struct answered base;
    struct store_table_state state;
    char warning[4096];
};
struct prepared prepare(struct worker *worker, struct store_table *table);

struct job {
    char id[64];
    uint64_t claim;
    int attempts;
    int64_t late_us;
    struct store_place place;
    char cells[16][256]; /* the decoded row */
    bool null[16];
    size_t columns;
};
struct exchanged {
    struct answered base;
    struct job *jobs; /* owned: exchanged_release */
    size_t count;
    size_t dropped;
    char dropped_id[64];
    bool cut;
    size_t locked;
    char locked_id[64]; /* the first of them */
    char refused_id[64];
};
struct exchanged exchange(struct worker *worker, struct store_table *table, const struct store_exchange *wanted);
/* Begins it only; await(&into->base.done) ends it. */
void exchange_begin(struct store_table *table, const struct store_exchange *wanted, struct exchanged *into);
void exchanged_release(struct exchanged *exchanged);
/* Claims at most `limit` jobs under a new number, with whatever comes of it. */
struct exchanged claim_from(struct worker *worker, struct store_table *table, size_t limit);
/* The same of fixture_jobs, which must succeed. */
struct exchanged claim(struct worker *worker, size_t limit);
/* The first job of such a claim; fails the test where there is none. */
struct job claim_one(struct worker *worker);
/* An exchange that brings outcomes and claims nothing. */
struct exchanged send_outcomes(struct worker *worker, struct store_table *table, const struct store_outcome *outcomes,
                               size_t count);
/* Sends the outcome of a job; the fixture type's options decide what becomes of it. */
struct exchanged finish(struct worker *worker, const struct job *job, enum job_end end, const char *error);
struct store_outcome outcome_of(const struct job *job, enum job_end end, const char *error);

struct recovered {
    struct answered base;
    size_t retried, failed, others;
    bool undecided;
};
struct recovered recover(struct worker *worker, const uint64_t *held, size_t count);
/* delay_us as store_next_due gives it. */
int64_t next_due(struct worker *worker);

/* ---- The database, as another program sees it ---- */

/* Runs a statement; values end with ERRAND_VALUE_NONE. */
#define sql(fixture, ...) sql_((fixture), __VA_ARGS__, (struct errand_value){ 0 })
#define sql_(fixture, text, ...) sql_values((fixture), text, (const struct errand_value[]){ __VA_ARGS__ })
void sql_values(struct fixture *fixture, const char *text, const struct errand_value *values);
/* The first cell of the answer, "(null)" for NULL and "(none)" without a row; valid until the next call. */
#define ask(fixture, ...) ask_((fixture), __VA_ARGS__, (struct errand_value){ 0 })
#define ask_(fixture, text, ...) ask_values((fixture), text, (const struct errand_value[]){ __VA_ARGS__ })
const char *ask_values(struct fixture *fixture, const char *text, const struct errand_value *values);
int64_t ask_number(struct fixture *fixture, const char *text);
/* A cell of the fixture job of this id. */
const char *cell(struct fixture *fixture, const struct job *job, const char *column);
/* Microseconds from now to what the cell says; negative for the past. */
int64_t cell_from_now_us(struct fixture *fixture, const struct job *job, const char *column);
/* Inserts rows that are noted 1 to count, by one statement. */
void insert_many(struct fixture *fixture, int count);
/* One row, due in delay_us. */
void insert_due(struct fixture *fixture, const char *note, int64_t delay_us);
/* Inserts one row with the program that comes with the database: psql or sqlite3. */
void insert_by_program(struct fixture *fixture);

/* A process with a store of its own, which has claimed `count` jobs of fixture_jobs and keeps them. */
int holder_start(struct fixture *fixture, size_t count);
void holder_kill(int pid);
/* A process that inserts `count` jobs one by one, as fast as it can, and its end. */
int inserter_start(struct fixture *fixture, size_t count);
void inserter_end(int pid);
/* What such processes run: the program with their role, the URL and the count. */
int role_main(const char *role, const char *url, size_t count);

#endif
