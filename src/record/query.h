/* The parts of a SELECT that an errand_query asks for. */
#ifndef RECORD_QUERY_H
#define RECORD_QUERY_H

#include "record/statement.h"

/* Raises where the query cannot be meant: a missing value, a negative limit, a column that is none. */
void query_check(const struct errand_table *table, const struct errand_query *query, const char *verb);
/* Begins a statement: SELECT all columns FROM the table WHERE the user's condition, his values bound first. */
void query_add_select(const struct errand_table *table, const struct errand_query *query);
void query_add_order(const struct errand_table *table, const struct errand_query *query);
void query_add_limit(struct errand_context *ctx, int64_t limit, int64_t offset);

#endif
