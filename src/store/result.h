/* How a backend builds the answer that connection.h hands out, and the encoded rows of claims. */
#ifndef STORE_RESULT_H
#define STORE_RESULT_H

#include "base/buffer.h"
#include "store/connection.h"

/* The most bytes that one answer holds; a query that finds more is refused. */
#define RESULT_BYTES_MAX ((size_t)1 << 30)

/* NULL where memory ran out. */
struct result *result_new(size_t columns);
/* Appends one cell, row by row; data is copied, NULL stands for SQL NULL. 0, or -1: too large, or out of memory. */
int result_add(struct result *result, const void *data, size_t size);
void result_set_affected(struct result *result, int64_t affected);

/* The most bytes that the rows of one claim hold together. */
#define ROWS_BYTES_MAX ((size_t)1 << 30)

/* Appends one cell of an encoded row (connection.h). 0, or -1: it did not fit. */
int row_add(struct buffer *row, const void *data, size_t size);

#endif
