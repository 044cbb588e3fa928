/* The job types of a program: those of its schema, checked. */
#ifndef JOB_TYPES_H
#define JOB_TYPES_H

#include <errand/table.h>

/* The columns that a job table must have, as the seed's framework made them; run_at came with later versions. */
extern const char *const job_columns[];

/* True if the options are within their limits; otherwise false and the sentence: which type, which option, what it
   is and what it may be. */
bool job_options_check(const struct errand_job_type *type, struct errand_error *err);

/* Index of the column, or -1. */
int table_column(const struct errand_table *table, const char *name);

#endif
