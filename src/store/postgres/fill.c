/* SQL of which parts are known only once the table is: {name} in it. */
#include "store/postgres/fill.h"

#include "base/buffer.h"

#include <string.h>

enum { SQL_MAX = 1024 * 1024 };

static const char *find(const char *const *pairs, const char *name, size_t size)
{
    for (; *pairs; pairs += 2)
        if (strlen(pairs[0]) == size && memcmp(pairs[0], name, size) == 0)
            return pairs[1];
    return NULL;
}

char *fill(const char *sql, const char *const *pairs)
{
    struct buffer out = BUFFER_INIT(SQL_MAX);
    while (*sql != '\0') {
        size_t plain = strcspn(sql, "{");
        buffer_add(&out, sql, plain);
        sql += plain;
        if (*sql == '\0')
            break;
        size_t size = strcspn(sql, "}");
        const char *text = find(pairs, sql + 1, size - 1);
        if (text)
            buffer_puts(&out, text);
        else
            buffer_add(&out, sql, size + 1); /* a brace of SQL's own: '{a,b}' */
        sql += size + (sql[size] == '}');
    }
    if (!out.failed)
        return out.data;
    buffer_release(&out);
    return NULL;
}
