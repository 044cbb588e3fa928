/* A column of SQLite's that becomes of another type: what is text in both would stay as it is, and be refused whenever
   it is read. So it is brought into the new type's form where that can be said, and else refused before the table is
   made. */
#include "migrate/sqlite.h"

#include <string.h>

#define DIGITS "[0-9][0-9]"
#define CLOCK_PATTERN DIGITS ":" DIGITS ":" DIGITS "." DIGITS DIGITS DIGITS
#define HEX "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
#define UUID_PATTERN HEX HEX "-" HEX "-" HEX "-" HEX "-" HEX HEX HEX

/* In the SQL below @ is the value. By +0 days 30 February becomes another day. The year 10000 and those before the
   first are known to none of SQLite's functions. */
#define IS_DATE(x)                                                                                                     \
    "(date(" x ", '+0 days') IS " x " OR " x " GLOB '" DIGITS DIGITS "[0-9]*-" DIGITS "-" DIGITS "' OR " x             \
    " GLOB '" DIGITS "*-" DIGITS "-" DIGITS " BC')"
#define IS_INFINITE "@ IN ('infinity', '-infinity')"
#define DAY "substr(@, 1, instr(@ || ' ', ' ') - 1)"
#define CLOCK "substr(@, instr(@, ' ') + 1, 15)"
#define ERA "substr(@, instr(@, ' ') + 16)"

static const struct form {
    const char *mark;
    const char *is;   /* whether the value has the form */
    const char *made; /* of one that has it not */
} forms[] = {
    { "date", IS_INFINITE " OR " IS_DATE("@"), DAY " || CASE WHEN @ LIKE '% BC' THEN ' BC' ELSE '' END" },
    { "timestamp", IS_INFINITE " OR (" CLOCK " GLOB '" CLOCK_PATTERN "' AND " IS_DATE("(" DAY " || " ERA ")") ")",
      "@ || ' 00:00:00.000000'" },
    { "time", "@ GLOB '" CLOCK_PATTERN "'", CLOCK },
    { "uuid", "@ GLOB '" UUID_PATTERN "'", "lower(@)" },
    { "point", "@ GLOB '(*,*)'", "@" },
};

bool lite_same_type(const struct lite_item *live, const struct lite_item *wanted)
{
    bool same_mark = !live->mark || !wanted->mark || strcmp(live->mark, wanted->mark) == 0;
    return strcmp(live->type, wanted->type) == 0 && same_mark;
}

/* NULL where nothing becomes another, or all that is text will do. */
static const struct form *form_of_change(const struct lite_item *live, const struct lite_item *wanted)
{
    bool stays = !wanted->mark || (live->mark && strcmp(live->mark, wanted->mark) == 0);
    for (size_t i = 0; !stays && i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].mark, wanted->mark) == 0)
            return &forms[i];
    return NULL;
}

static const char *fill(struct migration *migration, const char *sql, const char *value)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (; *sql; sql++)
        buffer_printf(&out, *sql == '@' ? "%s" : "%.1s", *sql == '@' ? value : sql);
    return text_take(migration, &out);
}

const char *lite_unlike(struct migration *migration, const struct lite_item *live, const struct lite_item *wanted)
{
    const struct form *form = form_of_change(live, wanted);
    return form ? fill(migration, text_format(migration, "NOT (%s)", form->is), lite_quoted(migration, live->column))
                : NULL;
}

const char *lite_converted(struct migration *migration, const struct lite_item *live, const struct lite_item *wanted)
{
    const struct form *form = form_of_change(live, wanted);
    const char *value = lite_quoted(migration, live->column);
    if (!form)
        return value;
    return fill(migration, text_format(migration, "CASE WHEN %s THEN @ ELSE %s END", form->is, form->made), value);
}

const char *lite_refused(struct migration *migration, const struct lite_item *live, const struct lite_item *wanted)
{
    const struct form *form = form_of_change(live, wanted);
    const char *made = form ? text_format(migration, "(%s)", lite_converted(migration, live, wanted)) : NULL;
    return made ? fill(migration, text_format(migration, "NOT (%s)", form->is), made) : NULL;
}
