/* Text from jobs (errors, backtraces, output: any bytes) made fit for a text column. */
#ifndef STORE_TEXT_H
#define STORE_TEXT_H

#include "base/arena.h"

/* A copy in the arena: valid UTF-8 without NUL, cut between two characters to at most `most` bytes. NULL for NULL, and
   where memory ran out. */
char *store_text(struct arena *arena, const char *text, size_t size, size_t most);

#endif
