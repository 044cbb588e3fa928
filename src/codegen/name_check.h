/* Names that a person gives to what is to be generated: of jobs, scripts, folders, columns. */
#ifndef CODEGEN_NAME_CHECK_H
#define CODEGEN_NAME_CHECK_H

#include "base/arena.h"

#include <errand/context.h>

/* A table's name is shorter than PostgreSQL's 63 bytes: its indexes are named after it. */
enum { NAME_FILE_MAX = 64, NAME_JOB_TABLE_MAX = 52 };

/* The name of a job, which EmailCustomers, EmailCustomersJob, email_customers and email_customers_jobs all mean. */
struct job_name {
    const char *file;  /* EmailCustomers */
    const char *type;  /* EmailCustomersJob */
    const char *table; /* email_customers_jobs */
};

/* 0, or -1 and the sentence. */
int name_read_job(struct arena *arena, const char *given, struct job_name *name, struct errand_error *err);
/* Of a script: the name of its file and of its program. */
int name_check_script(const char *name, struct errand_error *err);
/* Of an application: the folder that holds its Job/. */
int name_check_application(const char *name, struct errand_error *err);
/* Of a column or a table: lower case, digits, underscores; no word of SQL, nothing that a database has already. */
int name_check_sql(const char *what, const char *name, struct errand_error *err);

/* The name fit for a message: printable, not longer than a line. Lives in buf. */
enum { NAME_SHOWN_MAX = 96 };
const char *name_shown(const char *name, char buf[NAME_SHOWN_MAX]);

#endif
