/* Names as SQL takes them. */
#include "schema/edit.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const schema_own_tables[] = { "errand_workers",    "errand_attempts", "errand_stats",   "errand_sleeping",
                                          "errand_migrations", "errand_version",  "errand_secrets", NULL };

bool schema_is_own_table(const char *name)
{
    for (size_t i = 0; schema_own_tables[i]; i++)
        if (strcasecmp(name, schema_own_tables[i]) == 0)
            return true;
    return false;
}

bool schema_is_keyword(const char *word)
{
    PgQueryScanResult scan = pg_query_scan(word);
    PgQuery__ScanResult *scanned =
        scan.error ? NULL : pg_query__scan_result__unpack(NULL, scan.pbuf.len, (const uint8_t *)scan.pbuf.data);
    bool found = false;
    if (scanned && scanned->n_tokens == 1) {
        PgQuery__KeywordKind kind = scanned->tokens[0]->keyword_kind;
        found =
            kind == PG_QUERY__KEYWORD_KIND__RESERVED_KEYWORD || kind == PG_QUERY__KEYWORD_KIND__TYPE_FUNC_NAME_KEYWORD;
    }
    if (scanned)
        pg_query__scan_result__free_unpacked(scanned, NULL);
    pg_query_free_scan_result(scan);
    return found;
}

const char *schema_identifier(struct arena *arena, const char *name)
{
    size_t length = strlen(name);
    bool is_plain = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length && length > 0 &&
                    !strchr("0123456789", name[0]) && !schema_is_keyword(name);
    char *out = arena_alloc(arena, 2 * length + 3), *to = out;
    if (!out)
        abort();
    if (is_plain)
        return memcpy(out, name, length);
    *to++ = '"';
    for (; *name; name++) {
        if (*name == '"')
            *to++ = '"';
        *to++ = *name;
    }
    *to = '"';
    return out;
}
