/* Building a statement and the list of its values in a context, and reading records from what it answers. One is built
   at a time: the next statement_begin drops the last one. */
#ifndef RECORD_STATEMENT_H
#define RECORD_STATEMENT_H

#include "record/context.h"
#include "record/field.h"

void statement_begin(struct errand_context *ctx);
void statement_add(struct errand_context *ctx, const char *text);
void statement_add_size(struct errand_context *ctx, const char *text, size_t size);
/* A name in double quotes, those in it doubled. */
void statement_add_name(struct errand_context *ctx, const char *name);
void statement_add_table(struct errand_context *ctx, const struct errand_table *table);
/* All columns' names, with commas. */
void statement_add_columns(struct errand_context *ctx, const struct errand_table *table);
/* Binds a value without naming it in the text. */
void statement_bind(struct errand_context *ctx, struct errand_value value);
/* The value's placeholder. */
void statement_add_value(struct errand_context *ctx, struct errand_value value);
/* The record's value of a column; raises where an enum holds a number that is none of its labels. */
struct errand_value statement_value(struct errand_context *ctx, const struct errand_table *table,
                                    const struct errand_column *column, const void *record);
/* "id" = $1 AND ...: the primary key, of the values given or, where key is NULL, of the record. */
void statement_add_key(struct errand_context *ctx, const struct errand_table *table, const struct errand_value *key,
                       const void *record);
/* Runs it; raises. The caller frees the result. table may be NULL where the statement is not about one. */
struct result *statement_run(struct errand_context *ctx, const struct errand_table *table, const char *verb);
/* Runs it for the number of rows that it changed. */
int64_t statement_change(struct errand_context *ctx, const struct errand_table *table, const char *verb);
/* Runs it for records. */
struct errand_list statement_fetch(struct errand_context *ctx, const struct errand_table *table, const char *verb);

/* Raises unless the table has a primary key. */
void statement_need_key(struct errand_context *ctx, const struct errand_table *table, const char *verb);

/* Decodes rows [first, first + count) of a result into records; its first columns are all of the table's. 0, or -1 and
   the sentence. */
int rows_decode(struct errand_context *ctx, const struct errand_table *table, const struct result *result, size_t first,
                size_t count, void *records, struct errand_error *err);

#endif
