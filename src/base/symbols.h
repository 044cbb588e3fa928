/* The functions of a program and where in it they are, static ones too, from the symbol table of its ELF file. For
   people who read where something crashed; a file that was stripped, or that is none of ours, has none. */
#ifndef BASE_SYMBOLS_H
#define BASE_SYMBOLS_H

#include <stdint.h>

struct symbols;

/* Of an open file of any content; it stays the caller's. NULL: there are none, or more than SYMBOLS_MAX_BYTES. */
struct symbols *symbols_read(int fd);
void symbols_free(struct symbols *symbols);
/* The function that this many bytes behind the place where the file is loaded are in; *into: how far in it. NULL: none.
 */
const char *symbols_name(const struct symbols *symbols, uint64_t offset, uint64_t *into);

enum { SYMBOLS_MAX_BYTES = 64 * 1024 * 1024 };

#endif
