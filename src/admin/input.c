/* Text as people enter it, as a value of a column's type. More forgiving than what databases print: spaces around it,
   yes and no, a time without seconds or with a T, as browsers send it. */
#include "admin/admin.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/number.h"
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The longest text of anything that is not text or bytes itself; how much of it a sentence shows. */
enum { WORD_MAX = 128, SHOWN_MAX = 60 };

/* Each reads a trimmed word; 0, or -1: it is none. */
typedef int (*reader)(struct errand_context *ctx, const struct errand_column *column, const char *word,
                      struct errand_value *value);

static int read_bool(struct errand_context *ctx, const struct errand_column *column, const char *word,
                     struct errand_value *value)
{
    static const char *const words[][6] = { { "false", "f", "no", "n", "off", "0" },
                                            { "true", "t", "yes", "y", "on", "1" } };
    (void)ctx;
    (void)column;
    for (int yes = 0; yes < 2; yes++)
        for (size_t i = 0; i < 6; i++)
            if (strcasecmp(word, words[yes][i]) == 0) {
                *value = errand_bool(yes);
                return 0;
            }
    return -1;
}

static int read_integer(struct errand_context *ctx, const struct errand_column *column, const char *word,
                        struct errand_value *value)
{
    (void)ctx;
    char *end;
    errno = 0;
    long long number = strtoll(word, &end, 10);
    if (*end != '\0' || end == word || errno != 0)
        return -1;
    if (column->type == ERRAND_TYPE_INT16 && (number < INT16_MIN || number > INT16_MAX))
        return -1;
    if (column->type == ERRAND_TYPE_INT32 && (number < INT32_MIN || number > INT32_MAX))
        return -1;
    *value = errand_int(number);
    return 0;
}

static int read_number(struct errand_context *ctx, const struct errand_column *column, const char *word,
                       struct errand_value *value)
{
    (void)ctx;
    (void)column;
    char *end;
    double number = number_parse(word, &end);
    if (*end != '\0' || end == word)
        return -1;
    *value = errand_double(number);
    return 0;
}

static int read_uuid(struct errand_context *ctx, const struct errand_column *column, const char *word,
                     struct errand_value *value)
{
    (void)column;
    errand_uuid *uuid = errand_alloc(ctx, sizeof *uuid);
    if (uuid_parse(word, uuid) != 0)
        return -1;
    *value = errand_id(uuid);
    return 0;
}

/* 09:30 and 09:30Z, which browsers and people write, as 09:30:00 and 09:30:00+00. */
static void complete_clock(const char *word, char *out, size_t size)
{
    size_t length = strlen(word);
    const char *zone = "";
    if (length > 0 && (word[length - 1] == 'Z' || word[length - 1] == 'z')) {
        zone = "+00";
        length--;
    }
    int colons = 0;
    size_t body = 0;
    while (body < length && (isdigit((unsigned char)word[body]) || word[body] == ':' || word[body] == '.'))
        colons += word[body++] == ':';
    snprintf(out, size, "%.*s%s%.*s%s", (int)body, word, colons == 1 ? ":00" : "", (int)(length - body), word + body,
             zone);
}

/* A day that is in the calendar: 2026-02-30 reads as one, but is another. */
static bool is_day(const char *text, errand_date *date)
{
    char again[CLOCK_TEXT_MAX];
    return clock_parse_date(text, date) == 0 && strcmp(clock_format_date(*date, again), text) == 0;
}

/* Of a time, whose first bytes are the day. "infinity" and years of more digits are left to the clock. */
static bool begins_with_day(const char *time, size_t size)
{
    char day[] = "2026-12-31";
    errand_date ignored;
    if (size != strlen(day))
        return true;
    memcpy(day, time, size);
    return is_day(day, &ignored);
}

static int read_time(struct errand_context *ctx, const struct errand_column *column, const char *word,
                     struct errand_value *value)
{
    (void)ctx;
    (void)column;
    char whole[WORD_MAX + 16];
    errand_time time;
    size_t date = strcspn(word, " Tt");
    if (strstr(word, "infinity") || word[date] == '\0')
        snprintf(whole, sizeof whole, strstr(word, "infinity") ? "%s" : "%s 00:00:00", word);
    else {
        snprintf(whole, sizeof whole, "%.*s ", (int)date, word);
        complete_clock(word + date + 1, whole + date + 1, sizeof whole - date - 1);
    }
    if (clock_parse(whole, &time) != 0 || !begins_with_day(whole, date))
        return -1;
    *value = errand_timestamp(time);
    return 0;
}

static int read_date(struct errand_context *ctx, const struct errand_column *column, const char *word,
                     struct errand_value *value)
{
    (void)ctx;
    (void)column;
    errand_date date;
    if (!is_day(word, &date))
        return -1;
    *value = errand_day(date);
    return 0;
}

static int read_clock(struct errand_context *ctx, const struct errand_column *column, const char *word,
                      struct errand_value *value)
{
    (void)ctx;
    (void)column;
    char whole[WORD_MAX + 16];
    errand_clock time;
    complete_clock(word, whole, sizeof whole);
    if (clock_parse_day_time(whole, &time) != 0)
        return -1;
    *value = errand_time_of_day(time);
    return 0;
}

static int read_point(struct errand_context *ctx, const struct errand_column *column, const char *word,
                      struct errand_value *value)
{
    char plain[WORD_MAX + 1];
    size_t length = strlen(word);
    bool bracketed = length >= 2 && word[0] == '(' && word[length - 1] == ')';
    snprintf(plain, sizeof plain, "%.*s", (int)(bracketed ? length - 2 : length), bracketed ? word + 1 : word);
    char *comma = strchr(plain, ',');
    struct errand_value x, y;
    if (!comma)
        return -1;
    *comma = '\0';
    if (read_number(ctx, column, plain, &x) != 0 ||
        read_number(ctx, column, comma + 1 + strspn(comma + 1, " "), &y) != 0)
        return -1;
    *value = errand_position((errand_point){ x.as.number, y.as.number });
    return 0;
}

static int read_enum(struct errand_context *ctx, const struct errand_column *column, const char *word,
                     struct errand_value *value)
{
    (void)ctx;
    for (size_t i = 0; column->labels[i]; i++)
        if (strcmp(column->labels[i], word) == 0) {
            *value = errand_text(column->labels[i]);
            return 0;
        }
    return -1;
}

static const struct {
    reader read;
    const char *wanted; /* what the sentence asks for */
} types[] = {
    [ERRAND_TYPE_BOOL] = { read_bool, "true or false" },
    [ERRAND_TYPE_INT16] = { read_integer, "a whole number from -32768 to 32767" },
    [ERRAND_TYPE_INT32] = { read_integer, "a whole number from -2147483648 to 2147483647" },
    [ERRAND_TYPE_INT64] = { read_integer, "a whole number from -9223372036854775808 to 9223372036854775807" },
    [ERRAND_TYPE_FLOAT] = { read_number, "a number" },
    [ERRAND_TYPE_DOUBLE] = { read_number, "a number" },
    [ERRAND_TYPE_UUID] = { read_uuid, "a uuid (8-4-4-4-12 hexadecimal digits)" },
    [ERRAND_TYPE_TIME] = { read_time, "a time like 2026-12-31 09:30 (UTC where it names no zone)" },
    [ERRAND_TYPE_DATE] = { read_date, "a date like 2026-12-31" },
    [ERRAND_TYPE_CLOCK] = { read_clock, "a time of day like 09:30" },
    [ERRAND_TYPE_POINT] = { read_point, "a point like 1.5,2" },
    [ERRAND_TYPE_ENUM] = { read_enum, NULL },
};

static int refuse(const struct errand_column *column, const char *text, struct errand_error *err)
{
    if (column->type != ERRAND_TYPE_ENUM)
        return error_set(err, "\"%.*s\" is not %s", SHOWN_MAX, text, types[column->type].wanted);
    char labels[512] = "";
    size_t used = 0;
    for (size_t i = 0; column->labels[i] && used < sizeof labels; i++)
        used += (size_t)snprintf(labels + used, sizeof labels - used, "%s%s", i ? ", " : "", column->labels[i]);
    return error_set(err, "\"%.*s\" is none of %s", SHOWN_MAX, text, labels);
}

static bool is_type(const struct errand_column *column, const char *name)
{
    size_t length = strlen(name);
    return strncmp(column->sql_type, name, length) == 0 &&
           (column->sql_type[length] == '\0' || column->sql_type[length] == '(');
}

static bool is_numeric(const char *text)
{
    struct errand_value ignored;
    return strspn(text, "0123456789+-.eE") == strlen(text) && read_number(NULL, NULL, text, &ignored) == 0;
}

/* Text, and what is held as text: JSON, numerics and types that only the database knows, which is asked by using it. */
static int text_value(const struct errand_column *column, const char *text, struct errand_value *value,
                      struct errand_error *err)
{
    size_t at;
    const char *fault = is_type(column, "json") || is_type(column, "jsonb") ? json_fault(text, &at) : NULL;
    if (fault)
        return error_set(err, "not JSON: %s at character %zu", fault, at + 1);
    if (is_type(column, "numeric") && !is_numeric(text) && strcasecmp(text, "NaN") != 0)
        return error_set(err, "\"%.*s\" is not a number", SHOWN_MAX, text);
    *value = errand_text(text);
    return 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* \x and hexadecimal digits are those bytes; anything else stands for itself. */
static int bytes_value(struct errand_context *ctx, const char *text, struct errand_value *value,
                       struct errand_error *err)
{
    size_t size = strlen(text);
    if (strncmp(text, "\\x", 2) != 0) {
        *value = errand_blob(text, size);
        return 0;
    }
    size_t count = (size - 2) / 2;
    unsigned char *bytes = errand_alloc(ctx, count + 1);
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(text[2 + 2 * i]), low = hex_digit(text[3 + 2 * i]);
        if (high < 0 || low < 0)
            return error_set(err, "behind \\x stand two hexadecimal digits for each byte");
        bytes[i] = (unsigned char)(high * 16 + low);
    }
    if (size % 2)
        return error_set(err, "behind \\x stand two hexadecimal digits for each byte");
    *value = errand_blob(bytes, count);
    return 0;
}

static char *trimmed(struct errand_context *ctx, const char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    char *word = errand_alloc(ctx, length + 1);
    memcpy(word, text, length);
    return word;
}

int admin_value(struct errand_context *ctx, const struct errand_column *column, const char *text,
                struct errand_value *value, struct errand_error *err)
{
    if (!text) {
        *value = errand_null();
        return column->nullable ? 0 : error_set(err, "it must have a value");
    }
    if (column->type == ERRAND_TYPE_TEXT)
        return text_value(column, text, value, err);
    if (column->type == ERRAND_TYPE_BYTES)
        return bytes_value(ctx, text, value, err);
    const char *word = column->type == ERRAND_TYPE_ENUM ? text : trimmed(ctx, text);
    if ((column->type != ERRAND_TYPE_ENUM && strlen(word) > WORD_MAX) ||
        types[column->type].read(ctx, column, word, value) != 0)
        return refuse(column, text, err);
    return 0;
}
