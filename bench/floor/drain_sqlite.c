/* drain_sqlite URL TABLE CLAIM_SIZE: takes every due job of the table to succeeded over one connection, each
   transaction finishing what was claimed before and claiming the next. */
#include "floor.h"
#include "sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UUID_TEXT = 36 };

struct drain {
    sqlite3 *database;
    sqlite3_stmt *claim, *finish;
    char (*ids)[UUID_TEXT + 1]; /* what it holds */
    size_t held;
    long claim_size;
    char holder[UUID_TEXT + 1];
    unsigned claims;
    size_t finished;
    struct floor_samples exchanges;
};

static void finish_held(struct drain *drain)
{
    for (size_t i = 0; i < drain->held; i++) {
        sqlite3_bind_text(drain->finish, 1, drain->ids[i], UUID_TEXT, SQLITE_STATIC);
        sqlite3_bind_text(drain->finish, 2, drain->holder, UUID_TEXT, SQLITE_STATIC);
        floor_step(drain->finish);
        drain->finished += (size_t)sqlite3_changes(drain->database);
    }
}

static void claim_next(struct drain *drain)
{
    snprintf(drain->holder, sizeof(drain->holder), "00000000-0000-4000-8000-%012x", ++drain->claims);
    sqlite3_bind_text(drain->claim, 1, drain->holder, UUID_TEXT, SQLITE_STATIC);
    sqlite3_bind_int64(drain->claim, 2, drain->claim_size);
    drain->held = 0;
    int code;
    while ((code = sqlite3_step(drain->claim)) == SQLITE_ROW) {
        memcpy(drain->ids[drain->held], sqlite3_column_text(drain->claim, 0), UUID_TEXT);
        drain->ids[drain->held++][UUID_TEXT] = '\0';
    }
    if (code != SQLITE_DONE)
        floor_die("%s", sqlite3_errmsg(drain->database));
    sqlite3_reset(drain->claim);
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
    drain.claim = floor_claim_statement(drain.database, argv[2]);
    drain.finish = floor_finish_statement(drain.database, argv[2]);
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
