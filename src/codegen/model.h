/* Schema.sql as a generation finds it, and as it would be after an edit. */
#ifndef CODEGEN_MODEL_H
#define CODEGEN_MODEL_H

#include "codegen/generation.h"

struct model {
    struct buffer text;
    struct schema *schema; /* without errors */
};

/* 0, or -1 and the sentence; to be released in either case. */
int model_read(struct model *model, const struct project *project, struct errand_error *err);
void model_release(struct model *model);

/* Adds the change of Schema.sql to the text. That must parse, and leave the C names of all tables and enums that were
   there before as they are. `added`, unless NULL, is a new table: its struct gets the name that it would have alone.
   0, or -1 and the sentence. */
int model_edit(struct generation *generation, const struct model *model, const struct buffer *text, const char *what,
               const char *added, struct errand_error *err);
/* -1 and the sentence where a table, an index, a type or the like has that name. */
int model_check_free(const struct model *model, const char *name, struct errand_error *err);

/* Of a job: Web/Job/EmailCustomers.c, and what stands there. */
const char *job_path(struct arena *arena, const char *application, const char *file);
const char *job_text(struct arena *arena, const char *type);
/* Its table, with `columns` for its own columns: each "    name TYPE,\n". No newline at its end. */
const char *job_table_text(struct arena *arena, const char *table, const char *columns);
/* Of a script: Application/Script/NAME.c; of the dashboard: Web/FrontController.c. */
const char *script_path(struct arena *arena, const char *name);
const char *dashboard_path(struct arena *arena, const char *application);

#endif
