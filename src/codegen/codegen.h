/* types.h and types.c from a schema. */
#ifndef CODEGEN_CODEGEN_H
#define CODEGEN_CODEGEN_H

#include "base/buffer.h"
#include "codegen/plan.h"

enum { CODEGEN_FILE_MAX = 256 * 1024 * 1024 };

void codegen_header(const struct plan *plan, struct buffer *out);
void codegen_source(const struct plan *plan, struct buffer *out);
/* The dashboard's part of both, for a job table. */
void codegen_view_declarations(const struct plan_table *table, struct buffer *out);
void codegen_views(const struct plan_table *table, struct buffer *out);

/* Writes both files into the folder, which is made where it is missing; a file that holds what it should is left
   untouched. Either both are as they should be afterwards, or neither was changed and err says why. *written counts. */
int codegen_write(const struct schema *schema, const char *folder, int *written, struct errand_error *err);

#endif
