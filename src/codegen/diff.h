/* The difference of two texts, line by line, as diff -u writes it. */
#ifndef CODEGEN_DIFF_H
#define CODEGEN_DIFF_H

#include "base/buffer.h"

/* Of a file that was not there before, or is not afterwards: NULL. Two texts that are the same print nothing. */
void diff_print(const char *path, const char *before, size_t before_size, const char *after, size_t after_size,
                struct buffer *out);

#endif
