/* The database of a test program: the cluster at TEST_POSTGRES_URL where that is set, otherwise a SQLite file in a
   folder of its own. What is in it is the program's affair. */
#ifndef TESTS_SUPPORT_DATABASE_H
#define TESTS_SUPPORT_DATABASE_H

#include "store/connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct database {
    struct store_url url;
    char *url_text;  /* of the same */
    char folder[64]; /* SQLite */
};

/* The program's only one, since cmocka hands a test no more than one pointer. */
extern struct database database;

/* Which database it is, and the locale that TEST_LOCALE names; 0, or -1 after printing why not. */
int database_choose(void);
/* Makes it where there is none; NULL after printing why not. */
struct connection *database_create(void);
int database_release(void);

bool on_postgres(void);
/* Runs a script as another program would; %d and its kin are filled in. */
void run_sql(const char *format, ...) ERRAND_PRINTF(1, 2);
/* A script for each of the two, as it is. */
void run_sql_each(const char *sqlite, const char *postgres);
/* SQLite: the file and its log are deleted, as by rm; or another with the same in it is put in its place. */
void delete_database(void);
void replace_database(void);
/* The first cell of what a query answers, as a number; -1 where there is none. */
int64_t number_of(const char *format, ...) ERRAND_PRINTF(1, 2);

#endif
