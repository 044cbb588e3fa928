/* The application that a command works on: its schema in memory, its database. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/command.h"

#include <errand/application.h>

struct session {
    struct schema *schema;              /* owned */
    struct arena arena;                 /* owned: the tables live in it */
    const struct errand_schema *tables; /* as the generated types.c has it */
    const struct errand_table **jobs;   /* the job tables, in the order of the file, ended by NULL */
    size_t job_count;
    struct store_url url;  /* owned */
    struct errand *errand; /* owned */
};

/* Reads the schema and opens the database (NULL: as everywhere). Prints what is wrong on standard error and returns the
   exit code; EXIT_OK: it is open. To be closed in any case. */
int session_open(struct session *session, const char *schema, const char *database);
void session_close(struct session *session);

/* The job table of that name: email_customers_jobs, EmailCustomersJob, EmailCustomers and email_customers mean the
   same. NULL: there is none, and standard error says which there are. */
const struct errand_table *session_job(const struct session *session, const char *name);
/* Leaves only the named job tables in `jobs`, in the order of their names (ended by NULL); all where there is no name.
   Returns the exit code. */
int session_choose(struct session *session, char *const *names);
/* Calls fn in a context; prints what it raises. Returns the exit code. */
int session_run(struct session *session, void (*fn)(struct errand_context *ctx, void *arg), void *arg);

/* The options that every command on jobs takes. */
#define SESSION_OPTIONS                                                                                                \
    { "database", required_argument, NULL, 'd' }, { "schema", required_argument, NULL, 's' },                          \
    {                                                                                                                  \
        "help", no_argument, NULL, 'h'                                                                                 \
    }

#endif
