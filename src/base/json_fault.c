/* Is it JSON? A checker: it keeps nothing of what it reads. */
#include "base/json.h"

#include "base/utf8.h"

#include <string.h>

struct reading {
    const char *at, *end;
    int depth;
    const char *fault; /* the first; nothing is read behind it */
};

static bool fail(struct reading *reading, const char *fault)
{
    if (!reading->fault)
        reading->fault = fault;
    return false;
}

static void skip_space(struct reading *reading)
{
    reading->at += strspn(reading->at, " \t\n\r");
}

static bool read_char(struct reading *reading, char wanted)
{
    if (*reading->at != wanted)
        return false;
    reading->at++;
    return true;
}

static bool read_digits(struct reading *reading)
{
    size_t digits = strspn(reading->at, "0123456789");
    reading->at += digits;
    return digits > 0;
}

static bool read_number(struct reading *reading)
{
    read_char(reading, '-');
    if (!read_char(reading, '0') && !read_digits(reading))
        return fail(reading, "a value is missing");
    if (read_char(reading, '.') && !read_digits(reading))
        return fail(reading, "a digit is missing behind the point");
    if (*reading->at != 'e' && *reading->at != 'E')
        return true;
    reading->at++;
    reading->at += *reading->at == '+' || *reading->at == '-';
    return read_digits(reading) || fail(reading, "the exponent lacks a digit");
}

static bool read_escape(struct reading *reading)
{
    char kind = *reading->at;
    if (kind == '\0' || !strchr("\"\\/bfnrtu", kind))
        return fail(reading, "no such escape");
    reading->at++;
    if (kind != 'u')
        return true;
    if (strspn(reading->at, "0123456789abcdefABCDEF") < 4)
        return fail(reading, "\\u needs four hexadecimal digits");
    reading->at += 4;
    return true;
}

static bool read_string(struct reading *reading)
{
    if (!read_char(reading, '"'))
        return fail(reading, "a string is missing");
    while (!read_char(reading, '"')) {
        if (*reading->at == '\0')
            return fail(reading, "a string does not end");
        if ((unsigned char)*reading->at < 0x20)
            return fail(reading, "a control character in a string");
        if (read_char(reading, '\\')) {
            if (!read_escape(reading))
                return false;
            continue;
        }
        size_t size = utf8_sequence(reading->at, (size_t)(reading->end - reading->at));
        if (size == 0)
            return fail(reading, "bytes that are not UTF-8");
        reading->at += size;
    }
    return true;
}

static bool read_word(struct reading *reading, const char *word)
{
    if (strncmp(reading->at, word, strlen(word)) != 0)
        return fail(reading, "a value is missing");
    reading->at += strlen(word);
    return true;
}

static bool read_value(struct reading *reading);

static bool read_member(struct reading *reading, char close)
{
    if (close == ']')
        return read_value(reading);
    skip_space(reading);
    if (!read_string(reading))
        return false;
    skip_space(reading);
    return (read_char(reading, ':') || fail(reading, "a colon is missing")) && read_value(reading);
}

static bool read_members(struct reading *reading, char close)
{
    reading->at++;
    if (++reading->depth > JSON_DEPTH_MAX)
        return fail(reading, "it is nested too deep");
    skip_space(reading);
    if (!read_char(reading, close)) {
        do {
            if (!read_member(reading, close))
                return false;
        } while (read_char(reading, ','));
        if (!read_char(reading, close))
            return fail(reading, close == ']' ? "a comma or ] is missing" : "a comma or } is missing");
    }
    reading->depth--;
    return true;
}

/* With the space around it. */
static bool read_value(struct reading *reading)
{
    skip_space(reading);
    bool read;
    switch (*reading->at) {
    case '{':
        read = read_members(reading, '}');
        break;
    case '[':
        read = read_members(reading, ']');
        break;
    case '"':
        read = read_string(reading);
        break;
    case 't':
        read = read_word(reading, "true");
        break;
    case 'f':
        read = read_word(reading, "false");
        break;
    case 'n':
        read = read_word(reading, "null");
        break;
    default:
        read = read_number(reading);
    }
    skip_space(reading);
    return read;
}

const char *json_fault(const char *text, size_t *at)
{
    struct reading reading = { .at = text, .end = text + strlen(text) };
    if (read_value(&reading) && *reading.at != '\0')
        fail(&reading, "something stands behind the value");
    *at = (size_t)(reading.at - text);
    return reading.fault;
}
