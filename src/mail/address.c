/* The headers of a mail. Every text is checked for control characters: a line break in a name or subject would be the
   start of a header of somebody else's making. */
#include "mail/address.h"

#include <stdint.h>
#include <string.h>

static bool is_plain(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at >= 0x80)
            return false;
    return !strstr(text, "=?");
}

static void refuse_controls(struct errand_context *ctx, const char *field, const char *text)
{
    if (strlen(text) > MAIL_HEADER_MAX_BYTES)
        errand_fail(ctx, "mail: %s is longer than %d bytes", field, MAIL_HEADER_MAX_BYTES);
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            errand_fail(ctx, "mail: %s holds a control character, which no header may", field);
}

/* ---- Encoded words ---- */

enum {
    WORD_BYTES = 45, /* of text; 60 of base64 and 12 around it stay below the 75 that a word may have */
    CUT_BYTES = 3,   /* of a character at most stand before a byte that continues it */
};

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char *put_base64(char *out, const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t bits = (uint32_t)data[i] << 16;
        if (left > 1)
            bits |= (uint32_t)data[i + 1] << 8;
        if (left > 2)
            bits |= data[i + 2];
        *out++ = base64_digits[bits >> 18];
        *out++ = base64_digits[bits >> 12 & 63];
        *out++ = left > 1 ? base64_digits[bits >> 6 & 63] : '=';
        *out++ = left > 2 ? base64_digits[bits & 63] : '=';
    }
    return out;
}

/* A word ends between two characters, never within one; it is full where the text is no UTF-8 and has no such place. */
static size_t word_size(const char *text, size_t left)
{
    if (left <= WORD_BYTES)
        return left;
    for (size_t size = WORD_BYTES; size >= WORD_BYTES - CUT_BYTES; size--)
        if (((unsigned char)text[size] & 0xc0) != 0x80)
            return size;
    return WORD_BYTES;
}

static const char *encoded_words(struct errand_context *ctx, const char *text)
{
    size_t left = strlen(text);
    char *words = errand_alloc(ctx, (left / (WORD_BYTES - CUT_BYTES) + 1) * 80 + 1), *out = words;
    while (left > 0) {
        size_t size = word_size(text, left);
        out = stpcpy(out, out == words ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        out = put_base64(out, (const unsigned char *)text, size);
        out = stpcpy(out, "?=");
        text += size;
        left -= size;
    }
    return words;
}

const char *mail_text_header(struct errand_context *ctx, const char *field, const char *text)
{
    refuse_controls(ctx, field, text);
    bool plain = is_plain(text) && strlen(text) <= 900; /* a line of a mail has 998 characters at most */
    return errand_printf(ctx, "%s: %s", field, plain ? text : encoded_words(ctx, text));
}

/* ---- Addresses ---- */

static char *trimmed(struct errand_context *ctx, const char *from, const char *to)
{
    while (from < to && *from == ' ')
        from++;
    while (to > from && to[-1] == ' ')
        to--;
    char *text = errand_alloc(ctx, (size_t)(to - from) + 1);
    memcpy(text, from, (size_t)(to - from));
    return text;
}

/* The end of the address that begins at text: a comma outside of quotes, or the end. */
static const char *end_of_one(const char *text)
{
    bool quoted = false;
    for (; *text; text++) {
        if (*text == '\\' && quoted && text[1])
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (*text == ',' && !quoted)
            break;
    }
    return text;
}

/* "Ada \"the\" Baker" without its quotes. */
static const char *unquoted(char *name)
{
    size_t length = strlen(name);
    if (length < 2 || name[0] != '"' || name[length - 1] != '"')
        return length > 0 ? name : NULL;
    char *out = name;
    for (const char *at = name + 1; at < name + length - 1; at++) {
        if (*at == '\\' && at + 1 < name + length - 1)
            at++;
        *out++ = *at;
    }
    *out = '\0';
    return out > name ? name : NULL;
}

static struct mail_address parse_one(struct errand_context *ctx, const char *field, const char *from, const char *to)
{
    struct mail_address parsed = { 0 };
    const char *open = memrchr(from, '<', (size_t)(to - from));
    const char *close = open ? memchr(open, '>', (size_t)(to - open)) : NULL;
    if (open && close) {
        parsed.name = unquoted(trimmed(ctx, from, open));
        parsed.address = trimmed(ctx, open + 1, close);
    } else {
        parsed.address = trimmed(ctx, from, to);
    }
    const char *at = strchr(parsed.address, '@');
    if (!at || at == parsed.address || at[1] == '\0' || strpbrk(parsed.address, " <>\",;"))
        errand_fail(ctx, "mail: %s: '%s' is not an address", field, trimmed(ctx, from, to));
    return parsed;
}

struct mail_addresses mail_addresses_parse(struct errand_context *ctx, const char *field, const char *text)
{
    struct mail_addresses parsed = { 0 };
    if (!text)
        return parsed;
    size_t most = 1;
    for (const char *at = text; *at; at++)
        most += *at == ',';
    if (most > MAIL_RECIPIENTS_MAX)
        errand_fail(ctx, "mail: %s has more than %d addresses", field, MAIL_RECIPIENTS_MAX);
    parsed.items = errand_alloc(ctx, most * sizeof(*parsed.items));
    for (const char *from = text, *to; *from; from = *to ? to + 1 : to) {
        to = end_of_one(from);
        const char *one = trimmed(ctx, from, to);
        if (!*one)
            continue;
        refuse_controls(ctx, field, one);
        parsed.items[parsed.count++] = parse_one(ctx, field, from, to);
    }
    return parsed;
}

/* A name fit to stand before <address>. */
static const char *shown_name(struct errand_context *ctx, const char *name)
{
    if (!is_plain(name))
        return encoded_words(ctx, name);
    char *quoted = errand_alloc(ctx, 2 * strlen(name) + 3), *out = quoted;
    *out++ = '"';
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            *out++ = '\\';
        *out++ = *name;
    }
    *out = '"';
    return quoted;
}

const char *mail_address_header(struct errand_context *ctx, const char *field, const struct mail_addresses *addresses)
{
    size_t size = strlen(field) + 3;
    const char **shown = errand_alloc(ctx, (addresses->count + 1) * sizeof(*shown));
    for (size_t i = 0; i < addresses->count; i++) {
        const struct mail_address *one = &addresses->items[i];
        shown[i] = one->name ? errand_printf(ctx, "%s <%s>", shown_name(ctx, one->name), one->address) : one->address;
        size += strlen(shown[i]) + 4;
    }
    char *header = errand_alloc(ctx, size), *out = stpcpy(stpcpy(header, field), ": ");
    for (size_t i = 0; i < addresses->count; i++)
        out = stpcpy(stpcpy(out, i == 0 ? "" : ",\r\n "), shown[i]);
    return header;
}
