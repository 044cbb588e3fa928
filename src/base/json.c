/* JSON, written value by value. */
#include "base/json.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Everything that comes before a value. */
static void lead(struct json *json, const char *name)
{
    buffer_puts(json->out, json->comma ? "," : "");
    if (name) {
        utf8_add_json(json->out, name, strlen(name));
        buffer_puts(json->out, ":");
    }
    json->comma = true;
}

void json_begin(struct json *json, const char *name, char bracket)
{
    lead(json, name);
    buffer_add(json->out, &bracket, 1);
    json->comma = false;
}

void json_end(struct json *json, char bracket)
{
    buffer_add(json->out, &bracket, 1);
    json->comma = true;
}

void json_raw(struct json *json, const char *name, const char *text)
{
    lead(json, name);
    buffer_puts(json->out, text);
}

void json_text(struct json *json, const char *name, const char *text)
{
    if (!text) {
        json_null(json, name);
        return;
    }
    lead(json, name);
    utf8_add_json(json->out, text, strlen(text));
}

void json_int(struct json *json, const char *name, int64_t number)
{
    lead(json, name);
    buffer_printf(json->out, "%" PRId64, number);
}

void json_double(struct json *json, const char *name, double number)
{
    if (!isfinite(number)) {
        json_null(json, name);
        return;
    }
    char text[NUMBER_TEXT_MAX];
    json_raw(json, name, number_format(number, NUMBER_DIGITS_MAX, text));
}

void json_bool(struct json *json, const char *name, bool value)
{
    json_raw(json, name, value ? "true" : "false");
}

void json_null(struct json *json, const char *name)
{
    json_raw(json, name, "null");
}

void json_time(struct json *json, const char *name, errand_time time)
{
    char text[CLOCK_TEXT_MAX];
    clock_format(time, text);
    lead(json, name);
    char *space = strchr(text, ' ');
    if (space)
        *space = 'T';
    buffer_printf(json->out, "\"%s%s\"", text, space ? "Z" : "");
}
