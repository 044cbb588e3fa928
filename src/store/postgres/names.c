#include "store/postgres/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 63 };

uint64_t names_hash(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

char *names_of(const char *prefix, const char *table)
{
    char *name;
    if (asprintf(&name, "%s%s", prefix, table) < 0)
        return NULL;
    if (strlen(name) <= NAME_MAX_BYTES)
        return name;
    uint64_t hash = names_hash(name);
    size_t keep = NAME_MAX_BYTES - 17;
    while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
        keep--; /* not within a character */
    snprintf(name + keep, 18, "_%016" PRIx64, hash);
    return name;
}
