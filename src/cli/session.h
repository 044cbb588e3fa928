/* The application that a command works on: its schema in memory, its database. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/command.h"
#include "store/url.h"

#include <errand/application.h>

struct session {
    char *root;            /* to be put before its paths: "", "../"; owned */
    char *schema_file;     /* owned */
    char *migrations;      /* the folder Migration beside it; owned */
    struct schema *schema; /* owned */
    char *database;        /* its address; NULL: as store_url_parse has it; owned */
    struct store_url url;  /* the same; owned */

    struct errand_error error; /* what the last of the calls below printed, where it failed */

    /* Of session_open: */
    struct errand *errand;              /* owned */
    struct arena arena;                 /* owned: the tables live in it */
    const struct errand_schema *tables; /* as the generated types.c has it */
    const struct errand_table **jobs;   /* the job tables, in the order of the file, ended by NULL */
    size_t job_count;
};

/* As store_url_parse, and so that libpq takes it as well; the URL is to be released in any case. */
int session_read_address(const char *address, struct store_url *url, struct errand_error *err);

/* Both print what is wrong on standard error and return the exit code; the session, { 0 } before, is to be closed in
   any case. The first reads the schema, and which database it is; the second opens it as well. */
int session_find(struct session *session, const struct options *options);
int session_open(struct session *session, const struct options *options);
void session_close(struct session *session);

/* The job table of that name: email_customers_jobs, EmailCustomersJob, EmailCustomers and email_customers mean the
   same. NULL: there is none, and standard error says which there are. */
const struct errand_table *session_job(const struct session *session, const char *name);
/* Leaves only the named job tables in `jobs`, in the order of their names (ended by NULL); all where there is no name.
   Returns the exit code. */
int session_choose(struct session *session, char *const *names);
/* Calls fn in a context; prints what it raises. Returns the exit code. */
int session_run(struct session *session, void (*fn)(struct errand_context *ctx, void *arg), void *arg);

/* The end of what is said of commands whose argument is a job table. */
#define SESSION_TABLE_NAMES "TABLE may be email_customers_jobs, email_customers, EmailCustomersJob or EmailCustomers.\n"

#endif
