/* Columns from name:type. */
#include "codegen/column.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "codegen/name_check.h"
#include "codegen/names.h"
#include "schema/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LENGTH_MAX = 10485760, DIGITS_MAX = 1000 }; /* PostgreSQL's */

static const struct column_type {
    const char *word;
    const char *sql;
    enum errand_type kind;
    bool proposed; /* in lists to choose from; the others are taken too */
    int sizes;     /* how many numbers it may have in brackets behind it, the first up to most */
    int most;
} types[] = {
    { "text", "TEXT", ERRAND_TYPE_TEXT, .proposed = true },
    { "string", "TEXT", ERRAND_TYPE_TEXT },
    { "varchar", "VARCHAR", ERRAND_TYPE_TEXT, .sizes = 1, .most = LENGTH_MAX },
    { "character varying", "VARCHAR", ERRAND_TYPE_TEXT, .sizes = 1, .most = LENGTH_MAX },
    { "char", "CHAR", ERRAND_TYPE_TEXT, .sizes = 1, .most = LENGTH_MAX },
    { "character", "CHAR", ERRAND_TYPE_TEXT, .sizes = 1, .most = LENGTH_MAX },
    { "smallint", "SMALLINT", ERRAND_TYPE_INT16, .proposed = true },
    { "int2", "SMALLINT", ERRAND_TYPE_INT16 },
    { "int", "INT", ERRAND_TYPE_INT32, .proposed = true },
    { "integer", "INT", ERRAND_TYPE_INT32 },
    { "int4", "INT", ERRAND_TYPE_INT32 },
    { "bigint", "BIGINT", ERRAND_TYPE_INT64, .proposed = true },
    { "int8", "BIGINT", ERRAND_TYPE_INT64 },
    { "bool", "BOOLEAN", ERRAND_TYPE_BOOL, .proposed = true },
    { "boolean", "BOOLEAN", ERRAND_TYPE_BOOL },
    { "real", "REAL", ERRAND_TYPE_FLOAT, .proposed = true },
    { "float4", "REAL", ERRAND_TYPE_FLOAT },
    { "double", "DOUBLE PRECISION", ERRAND_TYPE_DOUBLE, .proposed = true },
    { "double precision", "DOUBLE PRECISION", ERRAND_TYPE_DOUBLE },
    { "float", "DOUBLE PRECISION", ERRAND_TYPE_DOUBLE },
    { "float8", "DOUBLE PRECISION", ERRAND_TYPE_DOUBLE },
    { "numeric", "NUMERIC", ERRAND_TYPE_DOUBLE, .proposed = true, .sizes = 2, .most = DIGITS_MAX },
    { "decimal", "NUMERIC", ERRAND_TYPE_DOUBLE, .sizes = 2, .most = DIGITS_MAX },
    { "uuid", "UUID", ERRAND_TYPE_UUID, .proposed = true },
    { "date", "DATE", ERRAND_TYPE_DATE, .proposed = true },
    { "time", "TIME WITHOUT TIME ZONE", ERRAND_TYPE_CLOCK, .proposed = true },
    { "time without time zone", "TIME WITHOUT TIME ZONE", ERRAND_TYPE_CLOCK },
    { "timestamp", "TIMESTAMP WITHOUT TIME ZONE", ERRAND_TYPE_TIME, .proposed = true },
    { "timestamp without time zone", "TIMESTAMP WITHOUT TIME ZONE", ERRAND_TYPE_TIME },
    { "timestamptz", "TIMESTAMP WITH TIME ZONE", ERRAND_TYPE_TIME, .proposed = true },
    { "timestamp with time zone", "TIMESTAMP WITH TIME ZONE", ERRAND_TYPE_TIME },
    { "datetime", "TIMESTAMP WITH TIME ZONE", ERRAND_TYPE_TIME },
    { "json", "JSON", ERRAND_TYPE_TEXT, .proposed = true },
    { "jsonb", "JSONB", ERRAND_TYPE_TEXT, .proposed = true },
    { "bytea", "BYTEA", ERRAND_TYPE_BYTES, .proposed = true },
    { "binary", "BYTEA", ERRAND_TYPE_BYTES },
    { "point", "POINT", ERRAND_TYPE_POINT, .proposed = true },
};

enum { TYPES = sizeof types / sizeof *types };

const char *column_type_word(size_t index, bool *proposed)
{
    if (index >= TYPES)
        return NULL;
    *proposed = types[index].proposed;
    return types[index].word;
}

/* (40), (10,2): what stands behind the word. */
static bool are_sizes(const struct column_type *type, const char *text)
{
    long before = type->most;
    for (int i = 0; i < type->sizes; i++) {
        text += 1 + (i > 0 && text[1] == ' ');
        size_t digits = strspn(text, "0123456789");
        long size = digits > 0 && digits < 9 ? strtol(text, NULL, 10) : -1;
        if (size < (i == 0) || size > before)
            return false;
        before = size;
        text += digits;
        if (*text == ')')
            return text[1] == '\0';
        if (*text != ',')
            return false;
    }
    return false;
}

/* In any letter case; *sizes is what stands behind the word. NULL: no such type. */
static const struct column_type *find_type(const char *text, const char **sizes)
{
    size_t length = strcspn(text, "(");
    *sizes = text + length;
    for (size_t i = 0; i < TYPES; i++)
        if (strlen(types[i].word) == length && strncasecmp(types[i].word, text, length) == 0)
            return **sizes == '\0' || are_sizes(&types[i], *sizes) ? &types[i] : NULL;
    return NULL;
}

/* As it is written, else as PostgreSQL reads it without quotes. */
static const struct schema_enum *find_labels(struct arena *arena, const struct schema *schema, const char *name)
{
    const struct schema_enum *found = schema_find_enum(schema, NULL, name);
    char *folded = name_printf(arena, "%s", name);
    for (char *c = folded; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
    return found ? found : schema_find_enum(schema, NULL, folded);
}

/* ---- name:type to its parts ---- */

/* Cuts the text at the first of the character; what is behind it, or NULL. */
static char *cut(char *text, char at)
{
    char *found = text ? strchr(text, at) : NULL;
    if (found)
        *found++ = '\0';
    return found;
}

static bool is_references(const struct column_spec *spec)
{
    return strcasecmp(spec->type, "references") == 0;
}

int column_parse(struct arena *arena, const char *text, struct column_spec *spec, struct errand_error *err)
{
    char shown[NAME_SHOWN_MAX];
    if (strlen(text) > COLUMN_VALUE_MAX + 4 * COLUMN_NAME_MAX)
        return error_set(err, "the column '%s' is too long", name_shown(text, shown));
    char *name = name_printf(arena, "%s", text);
    char *value = cut(name, '=');
    size_t length = strlen(name);
    bool nullable = length > 0 && name[length - 1] == '?';
    if (nullable)
        name[length - 1] = '\0';
    char *type = cut(name, ':');
    char *modifier = cut(type, ':');
    *spec = (struct column_spec){ .name = name, .type = type ? type : "text", .value = value, .nullable = nullable };
    for (char *next; modifier; modifier = next) {
        next = cut(modifier, ':');
        if (strcmp(modifier, "unique") == 0)
            spec->unique = true;
        else if (is_references(spec) && !spec->target && *modifier)
            spec->target = modifier;
        else
            return error_set(err,
                             "the column '%s' is not understood: name:type, name:type?, name:type=default, "
                             "name:type:unique, name:references or name:references:table",
                             name_shown(text, shown));
    }
    return 0;
}

const char *column_name(struct arena *arena, const struct column_spec *spec)
{
    size_t length = strlen(spec->name);
    bool has_id = length > 3 && strcmp(spec->name + length - 3, "_id") == 0;
    return is_references(spec) && !has_id ? name_printf(arena, "%s_id", spec->name) : spec->name;
}

/* ---- default ---- */

static bool is_number(const char *text)
{
    char *end;
    strtod(text, &end);
    return *text && !*end && strspn(text, "+-.0123456789eE") == strlen(text);
}

static bool is_whole(const char *text, long long most)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return *text && !*end && !errno && strspn(text, "+-0123456789") == strlen(text) && value <= most && value >= -most;
}

/* Whether a column of that kind takes the text. */
static bool fits(enum errand_type kind, const char *text)
{
    errand_uuid uuid;
    errand_time time;
    errand_date date;
    errand_clock clock;
    switch (kind) {
    case ERRAND_TYPE_BOOL:
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    case ERRAND_TYPE_INT16:
        return is_whole(text, INT16_MAX);
    case ERRAND_TYPE_INT32:
        return is_whole(text, INT32_MAX);
    case ERRAND_TYPE_INT64:
        return is_whole(text, INT64_MAX);
    case ERRAND_TYPE_FLOAT:
    case ERRAND_TYPE_DOUBLE:
        return is_number(text);
    case ERRAND_TYPE_UUID:
        return uuid_parse(text, &uuid) == 0;
    case ERRAND_TYPE_DATE:
        return clock_parse_date(text, &date) == 0;
    case ERRAND_TYPE_CLOCK:
        return clock_parse_day_time(text, &clock) == 0;
    case ERRAND_TYPE_TIME:
        return clock_parse(text, &time) == 0;
    case ERRAND_TYPE_TEXT:
        return true;
    default:
        return false; /* bytes and points: nobody has a constant of these at hand */
    }
}

static bool is_printable(const char *text)
{
    for (size_t size = strlen(text), i = 0, length; i < size; i += length) {
        length = utf8_sequence(text + i, size - i);
        if (length == 0 || (unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    }
    return true;
}

static const char *literal(struct arena *arena, const char *text)
{
    char *out = name_alloc(arena, 2 * strlen(text) + 3), *to = out;
    *to++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            *to++ = '\'';
        *to++ = *text;
    }
    *to = '\'';
    return out;
}

static bool is_label(const struct schema_enum *labels, const char *text)
{
    for (size_t i = 0; i < labels->label_count; i++)
        if (strcmp(labels->labels[i], text) == 0)
            return true;
    return false;
}

/* " DEFAULT 3", or "" where there is none; NULL and the sentence. */
static const char *default_clause(struct arena *arena, const struct column_spec *spec, enum errand_type kind,
                                  const struct schema_enum *labels, struct errand_error *err)
{
    char shown[NAME_SHOWN_MAX];
    const char *value = spec->value;
    bool is_time = kind == ERRAND_TYPE_TIME;
    bool is_bare = kind >= ERRAND_TYPE_BOOL && kind <= ERRAND_TYPE_DOUBLE;
    if (!value)
        return "";
    if (strlen(value) > COLUMN_VALUE_MAX || !is_printable(value)) {
        error_set(err, "the default of %s must be UTF-8 without control characters, at most %d bytes", spec->name,
                  COLUMN_VALUE_MAX);
        return NULL;
    }
    if (strcmp(value, "now") == 0 && (is_time || kind == ERRAND_TYPE_DATE))
        return is_time ? " DEFAULT NOW()" : " DEFAULT CURRENT_DATE";
    if (labels ? is_label(labels, value) : fits(kind, value))
        return name_printf(arena, " DEFAULT %s", is_bare ? value : literal(arena, value));
    error_set(err, "'%s' is no default for %s, which is of type %s", name_shown(value, shown), spec->name, spec->type);
    return NULL;
}

/* ---- references ---- */

/* The table that is meant by customer, or customers. */
static const struct schema_table *find_target(struct arena *arena, const struct schema *schema, const char *meant)
{
    const struct schema_table *found = schema_find_table(schema, NULL, meant);
    for (size_t i = 0; !found && i < schema->table_count; i++)
        if (strcmp(name_singular(arena, schema->tables[i]->name), meant) == 0)
            found = schema->tables[i];
    return found;
}

static const char *table_names(struct arena *arena, const struct schema *schema)
{
    const char *names = "";
    for (size_t i = 0; i < schema->table_count && i < 20; i++)
        names = name_printf(arena, "%s%s%s", names, i ? ", " : "", schema->tables[i]->name);
    return schema->table_count > 20 ? name_printf(arena, "%s, ...", names) : *names ? names : "none";
}

/* How a column that holds such a key is declared. */
static const char *key_type(struct arena *arena, const struct schema_type *type)
{
    for (size_t i = 0; i < TYPES; i++)
        if (!type->length && strcasecmp(types[i].sql, type->sql) == 0)
            return types[i].sql;
    if (strcmp(type->sql, "integer") == 0)
        return "INT";
    if (type->length > 0)
        return name_printf(arena, "VARCHAR(%d)", type->length);
    return strcmp(type->sql, "character varying") == 0 ? "VARCHAR" : type->sql;
}

static const char *reference(struct arena *arena, const struct schema *schema, const struct column_spec *spec,
                             struct errand_error *err)
{
    const char *name = column_name(arena, spec);
    const char *meant = spec->target ? spec->target : name_printf(arena, "%.*s", (int)strlen(name) - 3, name);
    const struct schema_table *table = find_target(arena, schema, meant);
    char shown[NAME_SHOWN_MAX];
    if (spec->value)
        error_set(err, "%s refers to a row: it cannot have a default", name);
    else if (!table)
        error_set(err,
                  "%s refers to '%s', and there is no such table; there are: %s. %s:references:TABLE names another",
                  name, name_shown(meant, shown), table_names(arena, schema), spec->name);
    else if (table->primary_key.count != 1)
        error_set(err, "%s refers to %s, whose primary key is not one column", name, table->name);
    if (spec->value || !table || table->primary_key.count != 1)
        return NULL;
    const char *key = table->primary_key.columns[0];
    const char *target = schema_identifier(arena, table->name);
    if (table->schema)
        target = name_printf(arena, "%s.%s", schema_identifier(arena, table->schema), target);
    return name_printf(arena, "%s %s%s%s REFERENCES %s (%s)", name,
                       key_type(arena, &schema_find_column(table, key)->type), spec->nullable ? "" : " NOT NULL",
                       spec->unique ? " UNIQUE" : "", target, schema_identifier(arena, key));
}

/* ---- the line ---- */

static void unknown_type(struct arena *arena, const struct schema *schema, const struct column_spec *spec,
                         struct errand_error *err)
{
    char shown[NAME_SHOWN_MAX];
    const char *known = "";
    for (size_t i = 0; i < TYPES; i++)
        known = name_printf(arena, "%s%s, ", known, types[i].word);
    known = name_printf(arena, "%sreferences", known);
    for (size_t i = 0; i < schema->enum_count && i < 20; i++)
        if (!schema->enums[i]->implied)
            known = name_printf(arena, "%s, %s", known, schema->enums[i]->name);
    error_set(err, "'%s' is no type for the column %s; there are: %s", name_shown(spec->type, shown), spec->name,
              known);
}

const char *column_definition(struct arena *arena, const struct schema *schema, const struct column_spec *spec,
                              struct errand_error *err)
{
    if (name_check_sql("column", spec->name, err) != 0 || name_check_sql("column", column_name(arena, spec), err) != 0)
        return NULL;
    if (is_references(spec))
        return reference(arena, schema, spec, err);
    const char *sizes;
    const struct column_type *type = find_type(spec->type, &sizes);
    const struct schema_enum *labels = type ? NULL : find_labels(arena, schema, spec->type);
    if (!type && !labels) {
        unknown_type(arena, schema, spec, err);
        return NULL;
    }
    const char *value = default_clause(arena, spec, type ? type->kind : ERRAND_TYPE_ENUM, labels, err);
    if (!value)
        return NULL;
    return name_printf(arena, "%s %s%s%s%s%s", spec->name, type ? type->sql : schema_identifier(arena, labels->name),
                       type ? sizes : "", value, spec->nullable ? "" : " NOT NULL", spec->unique ? " UNIQUE" : "");
}
