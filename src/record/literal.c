/* Values inside of a bound array: many rows or keys in one parameter, as an array literal of PostgreSQL or as JSON. */
#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"
#include "record/field.h"

#include <string.h>

/* printf takes ten times as long, which is seen where thousands of rows go in at once. */
static void add_integer(struct buffer *array, int64_t number)
{
    char text[NUMBER_TEXT_MAX];
    char *end = text + sizeof(text), *at = end;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        *--at = '-';
    buffer_add(array, at, (size_t)(end - at));
}

static void add_quoted(struct buffer *array, const char *text, size_t size)
{
    if (buffer_reserve(array, size + 2) < 0)
        return;
    buffer_puts(array, "\"");
    while (size > 0) {
        size_t plain = 0;
        while (plain < size && text[plain] != '"' && text[plain] != '\\')
            plain++;
        buffer_add(array, text, plain);
        text += plain;
        size -= plain;
        if (size > 0) {
            buffer_add(array, (char[]){ '\\', *text }, 2);
            text++;
            size--;
        }
    }
    buffer_puts(array, "\"");
}

static void add_bytes(struct buffer *array, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    buffer_puts(array, "\"\\\\x");
    for (size_t i = 0; i < size; i++)
        buffer_add(array, (char[]){ digits[bytes[i] >> 4], digits[bytes[i] & 15] }, 2);
    buffer_puts(array, "\"");
}

/* Without an offset PostgreSQL would take it to be in the session's time zone. */
static void add_time(struct buffer *array, errand_time time)
{
    char text[CLOCK_TEXT_MAX];
    clock_format(time, text);
    size_t size = strcspn(text, "B");
    bool finite = text[0] != 'i' && text[1] != 'i';
    if (text[size] == 'B')
        buffer_printf(array, "\"%.*s+00 BC\"", (int)size - 1, text);
    else
        buffer_printf(array, finite ? "\"%s+00\"" : "%s", text);
}

void field_add_array_element(struct buffer *array, const struct errand_value *value)
{
    char text[POINT_TEXT_MAX];
    switch (value->kind) {
    case ERRAND_VALUE_NONE:
    case ERRAND_VALUE_NULL:
        buffer_puts(array, "NULL");
        return;
    case ERRAND_VALUE_BOOL:
        buffer_puts(array, value->as.boolean ? "t" : "f");
        return;
    case ERRAND_VALUE_INT:
        add_integer(array, value->as.integer);
        return;
    case ERRAND_VALUE_DOUBLE:
        buffer_puts(array, number_format(value->as.number, NUMBER_DIGITS_MAX, text));
        return;
    case ERRAND_VALUE_TEXT:
        add_quoted(array, value->as.text.data, value->as.text.size);
        return;
    case ERRAND_VALUE_BYTES:
        add_bytes(array, (const unsigned char *)value->as.text.data, value->as.text.size);
        return;
    case ERRAND_VALUE_TIME:
        add_time(array, value->as.integer);
        return;
    case ERRAND_VALUE_DATE:
        buffer_printf(array, "\"%s\"", clock_format_date((errand_date)value->as.integer, text));
        return;
    case ERRAND_VALUE_CLOCK:
        buffer_printf(array, "\"%s\"", clock_format_day_time(value->as.integer, text));
        return;
    case ERRAND_VALUE_POINT:
        buffer_printf(array, "\"%s\"", point_format(value->as.point, text));
        return;
    }
}

void field_add_json_element(struct buffer *array, const struct errand_value *value)
{
    char text[CLOCK_TEXT_MAX];
    switch (value->kind) {
    case ERRAND_VALUE_BOOL:
        buffer_puts(array, value->as.boolean ? "1" : "0");
        return;
    case ERRAND_VALUE_TEXT:
        utf8_add_json(array, value->as.text.data, value->as.text.size);
        return;
    case ERRAND_VALUE_TIME:
        buffer_printf(array, "\"%s\"", clock_format(value->as.integer, text));
        return;
    case ERRAND_VALUE_INT:
    case ERRAND_VALUE_DOUBLE:
    case ERRAND_VALUE_DATE:
    case ERRAND_VALUE_CLOCK:
        field_add_array_element(array, value); /* both are written alike */
        return;
    default:
        buffer_puts(array, "null"); /* bytes and points are no keys */
        return;
    }
}
