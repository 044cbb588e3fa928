/* A column's C field and its text. One table says how each type is held; NULL is handled here once for all. */
#include "record/field.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How much of a cell an error shows. */
enum { SHOWN_MAX = 100 };

/* Each reads the cell into the plain field of its type; 0, or -1: it is not of the type. */
typedef int (*reader)(const struct field_decoder *decoder, const char *cell, size_t size, void *field);

static int read_bool(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)decoder;
    bool yes = strcmp(cell, "t") == 0 || strcmp(cell, "1") == 0;
    bool no = strcmp(cell, "f") == 0 || strcmp(cell, "0") == 0;
    *(bool *)field = yes;
    return size == 1 && (yes || no) ? 0 : -1;
}

static int read_integer(const char *cell, int64_t least, int64_t most, int64_t *number)
{
    char *end;
    errno = 0;
    long long value = strtoll(cell, &end, 10);
    if (end == cell || *end != '\0' || errno != 0 || value < least || value > most)
        return -1;
    *number = value;
    return 0;
}

static int read_int16(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)decoder;
    (void)size;
    int64_t number;
    if (read_integer(cell, INT16_MIN, INT16_MAX, &number) < 0)
        return -1;
    *(int16_t *)field = (int16_t)number;
    return 0;
}

static int read_int32(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)decoder;
    (void)size;
    int64_t number;
    if (read_integer(cell, INT32_MIN, INT32_MAX, &number) < 0)
        return -1;
    *(int32_t *)field = (int32_t)number;
    return 0;
}

static int read_int64(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)decoder;
    (void)size;
    return read_integer(cell, INT64_MIN, INT64_MAX, field);
}

static int read_double(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)size;
    char *end;
    *(double *)field = strtod_l(cell, &end, decoder->locale);
    return end != cell && *end == '\0' ? 0 : -1;
}

static int read_float(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)size;
    char *end;
    *(float *)field = strtof_l(cell, &end, decoder->locale);
    return end != cell && *end == '\0' ? 0 : -1;
}

/* As both databases print it: dashes in their places, lower case. Most cells of a job are such, and this is several
   times as fast as reading all that is allowed. */
static bool is_plain_uuid(const char *cell, size_t size)
{
    static const bool is_digit[256] = {
        ['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true,
        ['8'] = true, ['9'] = true, ['a'] = true, ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true,
    };
    if (size != 36 || cell[8] != '-' || cell[13] != '-' || cell[18] != '-' || cell[23] != '-')
        return false;
    int digits = 0;
    for (size_t i = 0; i < 36; i++)
        digits += is_digit[(unsigned char)cell[i]];
    return digits == 32;
}

static int read_uuid(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)decoder;
    if (!is_plain_uuid(cell, size))
        return uuid_parse(cell, field);
    memcpy(((errand_uuid *)field)->text, cell, 37);
    return 0;
}

static int read_time(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)decoder;
    (void)size;
    return clock_parse(cell, field);
}

static int read_date(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)decoder;
    (void)size;
    return clock_parse_date(cell, field);
}

static int read_day_time(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)decoder;
    (void)size;
    return clock_parse_day_time(cell, field);
}

static int read_point(const struct field_decoder *decoder, const char *cell, size_t size, void *field)
{
    (void)size;
    errand_point point;
    char *end;
    if (*cell != '(')
        return -1;
    point.x = strtod_l(cell + 1, &end, decoder->locale);
    if (*end != ',')
        return -1;
    point.y = strtod_l(end + 1, &end, decoder->locale);
    if (strcmp(end, ")") != 0)
        return -1;
    *(errand_point *)field = point;
    return 0;
}

/* The plain field's size, where its value stands in the errand_nullable_ struct, and its reader. Text, bytes and enums
   are not here: they have a NULL of their own. */
static const struct {
    size_t value_offset;
    reader read;
} types[] = {
    [ERRAND_TYPE_BOOL] = { offsetof(errand_nullable_bool, value), read_bool },
    [ERRAND_TYPE_INT16] = { offsetof(errand_nullable_int16, value), read_int16 },
    [ERRAND_TYPE_INT32] = { offsetof(errand_nullable_int32, value), read_int32 },
    [ERRAND_TYPE_INT64] = { offsetof(errand_nullable_int64, value), read_int64 },
    [ERRAND_TYPE_FLOAT] = { offsetof(errand_nullable_float, value), read_float },
    [ERRAND_TYPE_DOUBLE] = { offsetof(errand_nullable_double, value), read_double },
    [ERRAND_TYPE_UUID] = { offsetof(errand_nullable_uuid, value), read_uuid },
    [ERRAND_TYPE_TIME] = { offsetof(errand_nullable_time, value), read_time },
    [ERRAND_TYPE_DATE] = { offsetof(errand_nullable_date, value), read_date },
    [ERRAND_TYPE_CLOCK] = { offsetof(errand_nullable_clock, value), read_day_time },
    [ERRAND_TYPE_POINT] = { offsetof(errand_nullable_point, value), read_point },
    [ERRAND_TYPE_ENUM] = { 0, NULL },
};

static const char *const type_words[] = {
    [ERRAND_TYPE_BOOL] = "a boolean",
    [ERRAND_TYPE_INT16] = "a 16-bit integer",
    [ERRAND_TYPE_INT32] = "a 32-bit integer",
    [ERRAND_TYPE_INT64] = "a 64-bit integer",
    [ERRAND_TYPE_FLOAT] = "a number",
    [ERRAND_TYPE_DOUBLE] = "a number",
    [ERRAND_TYPE_TEXT] = "text",
    [ERRAND_TYPE_UUID] = "a uuid",
    [ERRAND_TYPE_TIME] = "a timestamp",
    [ERRAND_TYPE_DATE] = "a date",
    [ERRAND_TYPE_CLOCK] = "a time of day",
    [ERRAND_TYPE_BYTES] = "bytes",
    [ERRAND_TYPE_POINT] = "a point",
    [ERRAND_TYPE_ENUM] = "an enum",
};

static void *field_of(const struct errand_column *column, void *record)
{
    return (char *)record + column->offset;
}

static const void *field_in(const struct errand_column *column, const void *record)
{
    return (const char *)record + column->offset;
}

/* ---- From the database ---- */

static int decode_text(const struct field_decoder *decoder, const char *cell, size_t size, const char **field)
{
    *field = cell ? arena_copy(decoder->arena, cell, size) : NULL;
    return cell && !*field ? -1 : 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \x and two digits a byte, as PostgreSQL prints bytea; checked by the caller to have that length. */
static int decode_hex(const char *cell, size_t size, unsigned char *bytes)
{
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(cell[2 + 2 * i]), low = hex_digit(cell[3 + 2 * i]);
        if (high < 0 || low < 0)
            return -1;
        bytes[i] = (unsigned char)(high * 16 + low);
    }
    return 0;
}

static int decode_bytes(const struct field_decoder *decoder, const char *cell, size_t size, errand_bytes *field)
{
    *field = (errand_bytes){ 0 };
    if (!cell)
        return 0;
    if (decoder->kind == STORE_SQLITE) {
        *field = (errand_bytes){ arena_copy(decoder->arena, cell, size), size };
        return field->data ? 0 : -1;
    }
    if (size < 2 || size % 2 != 0 || cell[0] != '\\' || cell[1] != 'x')
        return -1;
    size_t count = (size - 2) / 2;
    unsigned char *bytes = arena_alloc(decoder->arena, count + 1);
    *field = (errand_bytes){ bytes, count };
    return bytes ? decode_hex(cell, count, bytes) : -1;
}

/* An enum's C type holds values from 0 on: as large as an int in every ABI that we build for. */
static int decode_enum(const struct errand_column *column, const char *cell, void *field)
{
    int number = 0;
    for (int i = 0; cell && column->labels[i] && number == 0; i++) {
        if (strcmp(column->labels[i], cell) == 0)
            number = i + 1;
    }
    memcpy(field, &number, sizeof(number));
    return cell && number == 0 ? -1 : 0;
}

static int refuse_cell(const struct field_decoder *decoder, const struct errand_column *column, const char *cell,
                       struct errand_error *err)
{
    const char *record = decoder->table->record_name;
    if (!cell)
        return error_set(err,
                         "%s.%s is NULL, which this program does not expect; build it again from the current "
                         "Schema.sql",
                         record, column->name);
    if (column->type == ERRAND_TYPE_ENUM)
        return error_set(err,
                         "%s.%s is '%.*s', a label that this program does not know; build it again from the current "
                         "Schema.sql",
                         record, column->name, SHOWN_MAX, cell);
    if (column->type == ERRAND_TYPE_TEXT)
        return error_set(err, "%s.%s: out of memory", record, column->name);
    return error_set(err, "%s.%s is '%.*s', which is not %s of the range that this program reads", record, column->name,
                     SHOWN_MAX, cell, type_words[column->type]);
}

static int decode(const struct field_decoder *decoder, const struct errand_column *column, const char *cell,
                  size_t size, void *field)
{
    if (!cell && !column->nullable)
        return -1;
    switch (column->type) {
    case ERRAND_TYPE_TEXT:
        return decode_text(decoder, cell, size, field);
    case ERRAND_TYPE_BYTES:
        return decode_bytes(decoder, cell, size, field);
    case ERRAND_TYPE_ENUM:
        return decode_enum(column, cell, field);
    default:
        break;
    }
    if (!column->nullable)
        return types[column->type].read(decoder, cell, size, field);
    *(bool *)field = cell != NULL; /* is_set stands first in every errand_nullable_ struct */
    void *value = (char *)field + types[column->type].value_offset;
    return cell ? types[column->type].read(decoder, cell, size, value) : 0;
}

int field_decode(const struct field_decoder *decoder, const struct errand_column *column, const char *cell, size_t size,
                 void *record, struct errand_error *err)
{
    if (decode(decoder, column, cell, size, field_of(column, record)) == 0)
        return 0;
    return refuse_cell(decoder, column, cell, err);
}

/* ---- To the database ---- */

static int enum_number(const void *field)
{
    int number;
    memcpy(&number, field, sizeof(number));
    return number;
}

static struct errand_value enum_value(const struct errand_column *column, const void *field)
{
    int number = enum_number(field), count = 0;
    if (number == 0)
        return errand_null();
    while (column->labels[count])
        count++;
    if (number < 0 || number > count)
        return (struct errand_value){ .kind = ERRAND_VALUE_NONE };
    return errand_text(column->labels[number - 1]);
}

static struct errand_value plain_value(const struct errand_column *column, const void *field)
{
    switch (column->type) {
    case ERRAND_TYPE_BOOL:
        return errand_bool(*(const bool *)field);
    case ERRAND_TYPE_INT16:
        return errand_int(*(const int16_t *)field);
    case ERRAND_TYPE_INT32:
        return errand_int(*(const int32_t *)field);
    case ERRAND_TYPE_INT64:
        return errand_int(*(const int64_t *)field);
    case ERRAND_TYPE_FLOAT:
        return errand_double((double)*(const float *)field);
    case ERRAND_TYPE_DOUBLE:
        return errand_double(*(const double *)field);
    case ERRAND_TYPE_TEXT:
        return errand_text(*(const char *const *)field);
    case ERRAND_TYPE_UUID:
        return errand_id(field);
    case ERRAND_TYPE_TIME:
        return errand_timestamp(*(const errand_time *)field);
    case ERRAND_TYPE_DATE:
        return errand_day(*(const errand_date *)field);
    case ERRAND_TYPE_CLOCK:
        return errand_time_of_day(*(const errand_clock *)field);
    case ERRAND_TYPE_BYTES:
        return errand_blob(((const errand_bytes *)field)->data, ((const errand_bytes *)field)->size);
    case ERRAND_TYPE_POINT:
        return errand_position(*(const errand_point *)field);
    case ERRAND_TYPE_ENUM:
        return enum_value(column, field);
    }
    return (struct errand_value){ .kind = ERRAND_VALUE_NONE };
}

static bool has_nullable_struct(const struct errand_column *column)
{
    return column->nullable && types[column->type].read != NULL;
}

struct errand_value field_value(const struct errand_column *column, const void *record)
{
    const void *field = field_in(column, record);
    if (!has_nullable_struct(column))
        return plain_value(column, field);
    if (!*(const bool *)field)
        return errand_null();
    return plain_value(column, (const char *)field + types[column->type].value_offset);
}

static bool is_default_value(enum errand_type type, const void *field)
{
    switch (type) {
    case ERRAND_TYPE_INT16:
        return *(const int16_t *)field == INT16_MIN;
    case ERRAND_TYPE_INT32:
        return *(const int32_t *)field == INT32_MIN;
    case ERRAND_TYPE_INT64:
    case ERRAND_TYPE_TIME:
    case ERRAND_TYPE_CLOCK:
        return *(const int64_t *)field == INT64_MIN;
    case ERRAND_TYPE_FLOAT:
        return *(const float *)field == -FLT_MAX;
    case ERRAND_TYPE_DOUBLE:
        return *(const double *)field == -DBL_MAX;
    case ERRAND_TYPE_TEXT:
        return *(const char *const *)field == errand_default_text;
    case ERRAND_TYPE_UUID:
        return ((const errand_uuid *)field)->text[0] == '\0';
    case ERRAND_TYPE_DATE:
        return *(const errand_date *)field == ERRAND_DATE_DEFAULT;
    case ERRAND_TYPE_BYTES:
        return ((const errand_bytes *)field)->data == errand_default_text;
    case ERRAND_TYPE_POINT:
        return ((const errand_point *)field)->x == -DBL_MAX;
    case ERRAND_TYPE_ENUM:
        return enum_number(field) == 0;
    case ERRAND_TYPE_BOOL:
        break; /* true and false are both values */
    }
    return false;
}

bool field_is_default(const struct errand_column *column, const void *record)
{
    const void *field = field_in(column, record);
    if (!column->has_default)
        return false;
    if (!has_nullable_struct(column))
        return is_default_value(column->type, field);
    if (column->type == ERRAND_TYPE_BOOL)
        return !*(const bool *)field;
    return *(const bool *)field &&
           is_default_value(column->type, (const char *)field + types[column->type].value_offset);
}

bool field_is_initial(const struct errand_column *column, const void *record)
{
    const void *field = field_in(column, record);
    if (!column->has_initial)
        return false;
    if (column->type == ERRAND_TYPE_ENUM)
        return enum_number(field) == column->initial;
    if (column->nullable)
        return field_value(column, record).kind == ERRAND_VALUE_NULL;
    if (column->type == ERRAND_TYPE_INT16)
        return *(const int16_t *)field == column->initial;
    return column->type == ERRAND_TYPE_INT32 && *(const int32_t *)field == column->initial;
}
