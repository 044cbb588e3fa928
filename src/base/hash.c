/* FNV-1a, with the numbers of its authors. */
#include "base/hash.h"

uint64_t hash_text(const char *text)
{
    return hash_add(UINT64_C(14695981039346656037), text);
}

uint64_t hash_add(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}
