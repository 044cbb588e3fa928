/* What is to be generated, as a value: which files are made, edited and removed, with all that they hold before and
   after. It can be shown, as a list or as a diff, before anything is done; applying it does all of it or nothing. */
#ifndef CODEGEN_GENERATION_H
#define CODEGEN_GENERATION_H

#include "codegen/column.h"
#include "codegen/project.h"
#include "schema/schema.h"

enum { GENERATION_CHANGES_MAX = 16, GENERATION_FILE_MAX = SCHEMA_FILE_MAX };

enum change_kind { CHANGE_CREATE = 1, CHANGE_EDIT, CHANGE_REMOVE };

struct change {
    enum change_kind kind;
    const char *path;   /* in the project */
    const char *what;   /* for people: "table email_customers_jobs"; NULL: the path says it */
    const char *before; /* NUL-terminated, in the generation's memory, as all of it; NULL: the file is not there */
    size_t before_size;
    const char *after; /* NULL: the file goes */
    size_t after_size;
};

struct generation {
    struct arena arena;
    struct change changes[GENERATION_CHANGES_MAX]; /* in the order in which they are made */
    size_t count;
    const char *subject; /* the job's type, the table: for sentences about it */
};

#define GENERATION_INIT                                                                                                \
    {                                                                                                                  \
        .arena = ARENA_INIT                                                                                            \
    }

/* ---- What to generate. Each looks at the project as it is, changes nothing, and fills in a generation that was
   GENERATION_INIT. 0, or -1 and the sentence; to be released in either case. ---- */

/* A new application: the folder is empty, name is for its README. */
int generate_application(struct generation *generation, const char *name, struct errand_error *err);
/* A job type: its table at the end of Schema.sql and APPLICATION/Job/NAME.c. EmailCustomers, EmailCustomersJob,
   email_customers and email_customers_jobs are the same name. */
int generate_job(struct generation *generation, const struct project *project, const char *name,
                 const char *application, const struct column_spec *columns, size_t count, struct errand_error *err);
int generate_script(struct generation *generation, const struct project *project, const char *name,
                    struct errand_error *err);
int generate_dashboard(struct generation *generation, const struct project *project, const char *application,
                       struct errand_error *err);
/* A table that is not of jobs, with a uuid for its primary key: customers. */
int generate_table(struct generation *generation, const struct project *project, const char *name,
                   const struct column_spec *columns, size_t count, struct errand_error *err);
/* One more column of a table in Schema.sql. */
int generate_column(struct generation *generation, const struct project *project, const char *table,
                    const struct column_spec *column, struct errand_error *err);

/* The way back. What is not as it was generated is refused, unless force is set. */
int destroy_job(struct generation *generation, const struct project *project, const char *name, const char *application,
                bool force, struct errand_error *err);
int destroy_script(struct generation *generation, const struct project *project, const char *name, bool force,
                   struct errand_error *err);
int destroy_dashboard(struct generation *generation, const struct project *project, const char *application, bool force,
                      struct errand_error *err);

/* ---- What to do with it ---- */

/* A line for each file: "  create  Web/Job/EmailCustomers.c". */
void generation_print(const struct generation *generation, struct buffer *out);
/* A unified diff, as git apply and patch -p1 take it. */
void generation_print_diff(const struct generation *generation, struct buffer *out);
/* Makes all changes, or none: -1 and the sentence. Where a file is no longer as it was when the generation was made,
   none. */
int generation_apply(const struct generation *generation, const struct project *project, struct errand_error *err);
void generation_release(struct generation *generation);

/* ---- for those that make generations ---- */

/* A new last change; memory is the generation's. -1 where the project has the file already. */
int generation_create(struct generation *generation, const struct project *project, const char *path,
                      const char *content, struct errand_error *err);
void generation_add(struct generation *generation, struct change change);

#endif
