/* Which database: DATABASE_URL and its kin. */
#ifndef STORE_URL_H
#define STORE_URL_H

#include <errand/context.h>

#include <limits.h>

enum store_kind { STORE_SQLITE = 1, STORE_POSTGRES };

/* How SQLite is to sync: sqlite:app.db?synchronous=normal */
enum store_synchronous {
    STORE_SYNCHRONOUS_FULL = 0,
    STORE_SYNCHRONOUS_NORMAL,
    STORE_SYNCHRONOUS_OFF,
    STORE_SYNCHRONOUS_EXTRA
};

struct store_url {
    enum store_kind kind;
    char *target; /* SQLite: the path of the file; PostgreSQL: what libpq takes; owned */
    char *shown;  /* the same, fit for logs and errors: passwords are *** ; owned */
    enum store_synchronous synchronous;
};

/* Accepts sqlite:PATH, sqlite:///PATH, postgresql://..., postgres://... and libpq's key=value strings. NULL stands
   for the environment's DATABASE_URL and, where that is unset or empty, for build/app.db of the project that holds
   the running program (the nearest folder above it with an Application/Schema.sql), else of that which holds the
   current folder, else of the current folder.
   Does not open anything. 0, or -1 and the sentence. */
int store_url_parse(const char *url, struct store_url *parsed, struct errand_error *err);
void store_url_release(struct store_url *url);
/* The folder whose build/app.db that is. False, with errno: there is no current folder. */
bool store_url_project(char path[PATH_MAX]);

#endif
