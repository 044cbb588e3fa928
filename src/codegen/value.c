/* Fields of C: their types, and the values that a new record has in them. */
#include "codegen/plan.h"

#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest string literal that every C compiler must take is 4095 bytes. */
enum { LITERAL_MAX = 4000 };

static const struct field_type {
    const char *plain;
    const char *nullable; /* NULL: the plain one has a value for NULL */
    const char *left_to_database;
} types[] = {
    [ERRAND_TYPE_BOOL] = { "bool ", "errand_nullable_bool ", NULL },
    [ERRAND_TYPE_INT16] = { "int16_t ", "errand_nullable_int16 ", "INT16_MIN" },
    [ERRAND_TYPE_INT32] = { "int32_t ", "errand_nullable_int32 ", "INT32_MIN" },
    [ERRAND_TYPE_INT64] = { "int64_t ", "errand_nullable_int64 ", "INT64_MIN" },
    [ERRAND_TYPE_FLOAT] = { "float ", "errand_nullable_float ", "-FLT_MAX" },
    [ERRAND_TYPE_DOUBLE] = { "double ", "errand_nullable_double ", "-DBL_MAX" },
    [ERRAND_TYPE_TEXT] = { "const char *", NULL, "errand_default_text" },
    [ERRAND_TYPE_UUID] = { "errand_uuid ", "errand_nullable_uuid ", "{ \"\" }" },
    [ERRAND_TYPE_TIME] = { "errand_time ", "errand_nullable_time ", "ERRAND_TIME_DEFAULT" },
    [ERRAND_TYPE_DATE] = { "errand_date ", "errand_nullable_date ", "ERRAND_DATE_DEFAULT" },
    [ERRAND_TYPE_CLOCK] = { "errand_clock ", "errand_nullable_clock ", "INT64_MIN" },
    [ERRAND_TYPE_BYTES] = { "errand_bytes ", NULL, "{ errand_default_text, 0 }" },
    [ERRAND_TYPE_POINT] = { "errand_point ", "errand_nullable_point ", "{ -DBL_MAX, 0 }" },
};

const char *plan_field_type(const struct plan_field *field)
{
    if (field->labels)
        return field->labels->declaration;
    const struct field_type *type = &types[field->column->type.kind];
    return field->nullable && type->nullable ? type->nullable : type->plain;
}

const char *c_string(struct arena *arena, const char *text)
{
    char *out = name_alloc(arena, 4 * strlen(text) + 3);
    char *to = out;
    *to++ = '"';
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\' || byte == '?') /* ? might begin a trigraph */
            *to++ = '\\', *to++ = (char)byte;
        else if (byte < 0x20 || byte == 0x7f)
            to = stpcpy(to, name_printf(arena, "\\%03o", byte));
        else
            *to++ = (char)byte;
    }
    *to = '"';
    return out;
}

static const char *whole_number(struct arena *arena, const struct plan_field *field, const char *text)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    enum errand_type kind = field->column->type.kind;
    long long least = kind == ERRAND_TYPE_INT16 ? INT16_MIN : kind == ERRAND_TYPE_INT32 ? INT32_MIN : INT64_MIN;
    long long most = kind == ERRAND_TYPE_INT16 ? INT16_MAX : kind == ERRAND_TYPE_INT32 ? INT32_MAX : INT64_MAX;
    /* The least of each stands for "use the default", which it then also is. */
    if (errno || end == text || *end || value <= least || value > most)
        return NULL;
    return name_printf(arena, kind == ERRAND_TYPE_INT64 ? "INT64_C(%lld)" : "%lld", value);
}

static const char *number(struct arena *arena, const struct plan_field *field, const char *text)
{
    char *end;
    if (!isdigit((unsigned char)text[strspn(text, "+-.")]))
        return NULL; /* NaN, Infinity */
    bool is_float = field->column->type.kind == ERRAND_TYPE_FLOAT;
    double value = is_float ? (double)strtof(text, &end) : strtod(text, &end);
    if (*end || !isfinite(value))
        return NULL;
    const char *digits = name_printf(arena, is_float ? "%.9g" : "%.17g", value);
    bool has_point = strpbrk(digits, ".e") != NULL;
    return name_printf(arena, "%s%s%s", digits, has_point ? "" : ".0", is_float ? "f" : "");
}

static const char *boolean(const char *text)
{
    static const char *const yes[] = { "true", "t", "yes", "y", "on", "1" };
    static const char *const no[] = { "false", "f", "no", "n", "off", "0" };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return "true";
        if (strcasecmp(text, no[i]) == 0)
            return "false";
    }
    return NULL;
}

static const char *point(struct arena *arena, const char *text)
{
    char *end;
    text += strspn(text, " (");
    double x = strtod(text, &end);
    if (end == text || !isfinite(x))
        return NULL;
    end += strspn(end, " ");
    if (*end++ != ',')
        return NULL;
    text = end;
    double y = strtod(text, &end);
    if (end == text || !isfinite(y) || end[strspn(end, " )")])
        return NULL;
    return name_printf(arena, "{ %.17g, %.17g }", x, y);
}

static const char *bytes(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    if (length == 0)
        return "{ \"\", 0 }";
    if (strncmp(text, "\\x", 2) != 0 || length % 2 || length > LITERAL_MAX / 2 ||
        strspn(text + 2, "0123456789abcdefABCDEF") != length - 2)
        return NULL;
    char *out = name_alloc(arena, 2 * length + 1);
    char *to = out;
    for (size_t i = 2; i < length; i += 2) {
        char digits[3] = { text[i], text[i + 1], '\0' };
        to += sprintf(to, "\\%03lo", strtoul(digits, NULL, 16));
    }
    return name_printf(arena, "{ \"%s\", %zu }", out, length / 2 - 1);
}

static const char *label(const struct plan_field *field, const char *text)
{
    const struct plan_enum *labels = field->labels;
    for (size_t i = 0; i < labels->source->label_count; i++)
        if (strcmp(labels->source->labels[i], text) == 0)
            return labels->enumerators[i];
    return NULL;
}

static const char *day(struct arena *arena, const char *text)
{
    errand_date date;
    if (clock_parse_date(text, &date) != 0 || date == ERRAND_DATE_INFINITY || date == ERRAND_DATE_MINUS_INFINITY)
        return NULL;
    return name_printf(arena, "%" PRId32, date);
}

static const char *day_time(struct arena *arena, const char *text)
{
    errand_clock clock;
    return clock_parse_day_time(text, &clock) == 0 ? name_printf(arena, "INT64_C(%" PRId64 ")", clock) : NULL;
}

/* The constant as C has it; NULL where only the database knows what it makes of it ('now', a timestamp in the time zone
   of the session). */
static const char *constant(struct arena *arena, const struct plan_field *field, const char *text)
{
    if (field->labels)
        return label(field, text);
    switch (field->column->type.kind) {
    case ERRAND_TYPE_BOOL:
        return boolean(text);
    case ERRAND_TYPE_INT16:
    case ERRAND_TYPE_INT32:
    case ERRAND_TYPE_INT64:
        return whole_number(arena, field, text);
    case ERRAND_TYPE_FLOAT:
    case ERRAND_TYPE_DOUBLE:
        return number(arena, field, text);
    case ERRAND_TYPE_TEXT:
        return strlen(text) < LITERAL_MAX / 4 ? c_string(arena, text) : NULL;
    case ERRAND_TYPE_UUID:
        return strlen(text) == 36 ? name_printf(arena, "{ %s }", c_string(arena, text)) : NULL;
    case ERRAND_TYPE_DATE:
        return day(arena, text);
    case ERRAND_TYPE_CLOCK:
        return day_time(arena, text);
    case ERRAND_TYPE_BYTES:
        return bytes(arena, text);
    case ERRAND_TYPE_POINT:
        return point(arena, text);
    default:
        return NULL;
    }
}

/* The columns that every new job has the same in: NULL, a label, a small number. */
static bool has_initial(const struct plan_field *field)
{
    const struct schema_column *column = field->column;
    enum errand_type kind = column->type.kind;
    if (!field->managed || field->generated || field->has_default || column->numbering)
        return false;
    if (column->default_kind == SCHEMA_DEFAULT_NONE)
        return field->nullable;
    return kind == ERRAND_TYPE_ENUM || (!field->nullable && (kind == ERRAND_TYPE_INT16 || kind == ERRAND_TYPE_INT32));
}

static void plan_value(struct arena *arena, struct plan_field *field)
{
    const struct schema_column *column = field->column;
    bool has_any = column->default_kind != SCHEMA_DEFAULT_NONE || column->numbering;
    if (!has_any || field->generated)
        return;
    const char *value =
        column->default_kind == SCHEMA_DEFAULT_CONSTANT ? constant(arena, field, column->constant) : NULL;
    bool is_struct = column->type.kind == ERRAND_TYPE_UUID || column->type.kind == ERRAND_TYPE_BYTES ||
                     column->type.kind == ERRAND_TYPE_POINT;
    field->has_default = value == NULL;
    if (!value && !field->labels) /* of an enum, 0 says it */
        value = types[column->type.kind].left_to_database;
    if (!value)
        return;
    bool wrapped = field->nullable && !field->labels && types[column->type.kind].nullable;
    if (wrapped)
        field->value = name_printf(arena, "(%.*s){ true, %s }", (int)strlen(plan_field_type(field)) - 1,
                                   plan_field_type(field), value);
    else if (is_struct)
        field->value =
            name_printf(arena, "(%.*s)%s", (int)strlen(plan_field_type(field)) - 1, plan_field_type(field), value);
    else
        field->value = value;
}

/* A constant that is longer is no text for a form. */
enum { DEFAULT_TEXT_MAX = 200 };

void plan_default(struct arena *arena, struct plan_field *field)
{
    const struct schema_column *column = field->column;
    bool is_constant = !field->managed && column->default_kind == SCHEMA_DEFAULT_CONSTANT;
    plan_value(arena, field);
    field->has_initial = has_initial(field);
    field->default_text = is_constant && strlen(column->constant) <= DEFAULT_TEXT_MAX ? column->constant : NULL;
}
