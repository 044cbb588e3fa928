/* drain_sqlite URL TABLE CLAIM_SIZE: takes every due job of the table to succeeded over one connection, each
   transaction finishing what was claimed before and claiming the next. The jobs must have been inserted at once: claims
   are then runs of numbers, each marked and finished by one statement, which is the fastest that was found. */
#include "floor.h"
#include "sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UUID_TEXT = 36 };

struct drain {
    sqlite3 *database;
    sqlite3_stmt *pick, *mark, *finish;
    char (*ids)[UUID_TEXT + 1]; /* what it holds */
    sqlite3_int64 first;        /* its number */
    size_t held;
    long claim_size;
    char holder[UUID_TEXT + 1];
    unsigned claims;
    size_t finished;
    struct floor_samples exchanges;
};

static void prepare(struct drain *drain, const char *table)
{
    drain->pick = floor_statement(drain->database,
                                  "SELECT queue_position, id, * FROM %s WHERE status IN "
                                  "('job_status_not_started', 'job_status_retry') AND locked_by IS NULL "
                                  "AND run_at <= " FLOOR_SQLITE_NOW " ORDER BY run_at, queue_position LIMIT ?1",
                                  table);
    drain->mark =
        floor_statement(drain->database,
                        "UPDATE %s SET status = 'job_status_running', locked_at = " FLOOR_SQLITE_NOW
                        ", updated_at = " FLOOR_SQLITE_NOW ", locked_by = ?1, attempts_count = attempts_count + 1 "
                        "WHERE queue_position BETWEEN ?2 AND ?3",
                        table);
    drain->finish =
        floor_statement(drain->database,
                        "UPDATE %s SET status = 'job_status_succeeded', locked_by = NULL, "
                        "updated_at = " FLOOR_SQLITE_NOW " WHERE queue_position BETWEEN ?2 AND ?3 AND locked_by = ?1 "
                        "AND status = 'job_status_running'",
                        table);
}

static void change_held(struct drain *drain, sqlite3_stmt *statement)
{
    if (drain->held == 0)
        return;
    sqlite3_bind_text(statement, 1, drain->holder, UUID_TEXT, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, drain->first);
    sqlite3_bind_int64(statement, 3, drain->first + (sqlite3_int64)drain->held - 1);
    floor_step(statement);
    if ((size_t)sqlite3_changes(drain->database) != drain->held)
        floor_die("%d rows were changed of %zu", sqlite3_changes(drain->database), drain->held);
}

static void finish_held(struct drain *drain)
{
    change_held(drain, drain->finish);
    drain->finished += drain->held;
}

static void claim_next(struct drain *drain)
{
    snprintf(drain->holder, sizeof(drain->holder), "00000000-0000-4000-8000-%012x", ++drain->claims);
    sqlite3_bind_int64(drain->pick, 1, drain->claim_size);
    drain->held = 0;
    int code;
    while ((code = sqlite3_step(drain->pick)) == SQLITE_ROW) {
        sqlite3_int64 number = sqlite3_column_int64(drain->pick, 0);
        if (drain->held == 0)
            drain->first = number;
        if (number != drain->first + (sqlite3_int64)drain->held)
            floor_die("the numbers of the jobs have a gap before %lld", number);
        memcpy(drain->ids[drain->held], sqlite3_column_text(drain->pick, 1), UUID_TEXT);
        drain->ids[drain->held++][UUID_TEXT] = '\0';
    }
    if (code != SQLITE_DONE)
        floor_die("%s", sqlite3_errmsg(drain->database));
    sqlite3_reset(drain->pick);
    change_held(drain, drain->mark);
}

static void exchange(struct drain *drain)
{
    int64_t start = floor_now_us();
    floor_execute(drain->database, "BEGIN IMMEDIATE");
    finish_held(drain);
    claim_next(drain);
    floor_execute(drain->database, "COMMIT");
    floor_sample(&drain->exchanges, floor_now_us() - start);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        floor_die("usage: drain_sqlite URL TABLE CLAIM_SIZE");
    struct drain drain = { .database = floor_open(argv[1]), .claim_size = floor_number(argv[3]) };
    prepare(&drain, argv[2]);
    drain.ids = malloc((size_t)drain.claim_size * sizeof(drain.ids[0]));
    if (!drain.ids)
        floor_die("out of memory");

    int64_t start = floor_now_us();
    do
        exchange(&drain);
    while (drain.held > 0);
    int64_t us = floor_now_us() - start;
    printf("{\"jobs\": %zu, \"us\": %lld, \"per_s\": %.0f, ", drain.finished, (long long)us,
           (double)drain.finished * 1e6 / (double)us);
    floor_print_samples("exchange", &drain.exchanges);
    printf("}\n");
    return 0;
}
