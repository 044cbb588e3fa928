/* A number for a text (FNV-1a): to find it by, or to notice that it is another one. No protection against who wants two
   texts to have the same. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

uint64_t hash_text(const char *text);
/* Of several texts: hash is the number of those before. */
uint64_t hash_add(uint64_t hash, const char *text);

#endif
