/* Names of channels, triggers and functions, none longer than PostgreSQL takes. */
#include "store/postgres/names.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 63 };

char *names_of(const char *prefix, const char *table)
{
    char *name;
    if (asprintf(&name, "%s%s", prefix, table) < 0)
        return NULL;
    if (strlen(name) <= NAME_MAX_BYTES)
        return name;
    uint64_t hash = hash_text(name);
    size_t keep = NAME_MAX_BYTES - 17;
    while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
        keep--; /* not within a character */
    snprintf(name + keep, 18, "_%016" PRIx64, hash);
    return name;
}
