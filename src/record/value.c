/* Values for placeholders. */
#include <errand/table.h>

#include <string.h>

const char errand_default_text[] = "";

struct errand_value errand_null(void)
{
    return (struct errand_value){ .kind = ERRAND_VALUE_NULL };
}

struct errand_value errand_bool(bool value)
{
    return (struct errand_value){ .kind = ERRAND_VALUE_BOOL, .as.boolean = value };
}

struct errand_value errand_int(int64_t value)
{
    return (struct errand_value){ .kind = ERRAND_VALUE_INT, .as.integer = value };
}

struct errand_value errand_double(double value)
{
    return (struct errand_value){ .kind = ERRAND_VALUE_DOUBLE, .as.number = value };
}

struct errand_value errand_text(const char *text)
{
    return errand_text_of(text, text ? strlen(text) : 0);
}

struct errand_value errand_text_of(const char *text, size_t size)
{
    if (!text)
        return errand_null();
    return (struct errand_value){ .kind = ERRAND_VALUE_TEXT, .as.text = { text, size } };
}

struct errand_value errand_blob(const void *data, size_t size)
{
    if (!data)
        return errand_null();
    return (struct errand_value){ .kind = ERRAND_VALUE_BYTES, .as.text = { data, size } };
}

struct errand_value errand_timestamp(errand_time value)
{
    return (struct errand_value){ .kind = ERRAND_VALUE_TIME, .as.integer = value };
}

struct errand_value errand_day(errand_date value)
{
    return (struct errand_value){ .kind = ERRAND_VALUE_DATE, .as.integer = value };
}

struct errand_value errand_time_of_day(errand_clock value)
{
    return (struct errand_value){ .kind = ERRAND_VALUE_CLOCK, .as.integer = value };
}

struct errand_value errand_id(const errand_uuid *uuid)
{
    return errand_text(uuid ? uuid->text : NULL);
}

struct errand_value errand_position(errand_point value)
{
    return (struct errand_value){ .kind = ERRAND_VALUE_POINT, .as.point = value };
}
