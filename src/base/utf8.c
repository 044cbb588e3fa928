/* Text from outside made fit for a database, a terminal or JSON. */
#include "base/utf8.h"

#include <string.h>

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t utf8_sequence(const char *text, size_t size)
{
    if (size == 0 || text[0] == '\0')
        return 0;
    unsigned char first = (unsigned char)text[0];
    unsigned char second = size > 1 ? (unsigned char)text[1] : 0;
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (!is_continuation(text[i]))
            return 0;
    /* Overlong forms, surrogates, and what lies past U+10FFFF. */
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
        return 0;
    return length;
}

static void add(struct buffer *out, const char *text, size_t size, void (*control)(struct buffer *, unsigned char))
{
    for (size_t at = 0; at < size;) {
        size_t length = utf8_sequence(text + at, size - at);
        unsigned char c = (unsigned char)text[at];
        if (length == 0)
            buffer_puts(out, "\xef\xbf\xbd");
        else if (length == 1 && control && (c < 0x20 || c == 0x7f || c == '"' || c == '\\'))
            control(out, c);
        else
            buffer_add(out, text + at, length);
        at += length ? length : 1;
    }
}

void utf8_add_valid(struct buffer *out, const char *text, size_t size)
{
    add(out, text, size, NULL);
}

static void printable_control(struct buffer *out, unsigned char c)
{
    if (c == '"' || c == '\\')
        buffer_add(out, &c, 1);
    else if (c == '\n' || c == '\t')
        buffer_puts(out, c == '\n' ? "\\n" : "\\t");
    else
        buffer_printf(out, "\\x%02x", c);
}

void utf8_add_printable(struct buffer *out, const char *text, size_t size)
{
    add(out, text, size, printable_control);
}

size_t utf8_to_ascii(char *text, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < size; i++)
        if (!is_continuation(text[i]))
            text[kept++] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    text[kept] = '\0';
    return kept;
}

static void json_control(struct buffer *out, unsigned char c)
{
    if (c == '"' || c == '\\')
        buffer_printf(out, "\\%c", c);
    else
        buffer_printf(out, "\\u%04x", c);
}

void utf8_add_json(struct buffer *out, const char *text, size_t size)
{
    buffer_puts(out, "\"");
    add(out, text, size, json_control);
    buffer_puts(out, "\"");
}
