/* From the names of a database to those of C: singular, CamelCase, UPPER_CASE, free of keywords and unique. */
#ifndef CODEGEN_NAMES_H
#define CODEGEN_NAMES_H

#include "base/arena.h"

#include <stdbool.h>

/* customers -> customer, email_customers_jobs -> email_customers_job: of the last word. */
char *name_singular(struct arena *arena, const char *plural);
/* The struct of a table: email_customers_jobs -> EmailCustomersJob. */
char *name_record(struct arena *arena, const char *table);
/* job_status -> JobStatus, "userRole" -> UserRole. */
char *name_camel(struct arena *arena, const char *name);
/* email_customers_job -> EMAIL_CUSTOMERS_JOB, "bandId" -> BAND_ID. */
char *name_upper(struct arena *arena, const char *name);
/* The same name as far as C and C++ have it: letters of other scripts become ASCII, keywords get an underscore. */
char *name_field(struct arena *arena, const char *name);

/* Names that are taken: a hash table, at most half full. */
struct name_set {
    struct arena *arena;
    const char **names;
    size_t count;
    size_t capacity;
};

bool name_is_taken(const struct name_set *set, const char *name);
/* Takes the name, with _2, _3 ... behind it where it is taken already. */
const char *name_take(struct name_set *set, const char *name);

/* Arena memory, or abort: as the schema's reader has it. */
void *name_alloc(struct arena *arena, size_t size);
char *name_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
