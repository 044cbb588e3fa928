/* struct html: text that is escaped on its way in. The format is walked here, each conversion printed by snprintf and
   then escaped, so that what a view hands over can neither end an attribute nor begin an element. */
#include "base/utf8.h"
#include "dashboard/dashboard.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void html_init(struct html *out, struct page *page)
{
    *out = (struct html){ .page = page, .text = BUFFER_INIT(DASHBOARD_PAGE_MAX) };
}

void html_release(struct html *out)
{
    buffer_release(&out->text);
}

void html_check(struct html *out)
{
    if (out->text.failed)
        errand_fail(out->page->ctx, "the page is larger than %d MiB, or memory ran out", DASHBOARD_PAGE_MAX >> 20);
}

void html_add(struct html *out, const char *markup, size_t size)
{
    buffer_add(&out->text, markup, size);
    html_check(out);
}

void html_raw(struct html *out, const char *markup)
{
    html_add(out, markup, strlen(markup));
}

/* ---- Escaping ---- */

static const char *const entities[128] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&#34;", ['\''] = "&#39;", ['`'] = "&#96;",
};

/* What browsers would hide, drop or obey: shown as the picture of the character. A newline and a tab are text. */
static void add_control(struct buffer *text, unsigned char c)
{
    const char picture[3] = { '\xe2', '\x90', (char)(0x80 + (c == 0x7f ? 0x21 : c)) };
    buffer_add(text, picture, sizeof(picture));
}

static bool is_control(unsigned char c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

/* U+0080 to U+009F are controls as well. U+2028 to U+202E and U+2066 to U+2069 end lines, or turn the direction in
   which what follows is read, the page's own words too. */
static bool is_long_control(const char *sequence, size_t length)
{
    unsigned char last = (unsigned char)sequence[length - 1];
    if (length == 2)
        return sequence[0] == '\xc2' && last < 0xa0;
    return (length == 3 && memcmp(sequence, "\xe2\x80", 2) == 0 && last >= 0xa8 && last <= 0xae) ||
           (length == 3 && memcmp(sequence, "\xe2\x81", 2) == 0 && last >= 0xa6 && last <= 0xa9);
}

void html_escape(struct html *out, const char *text, size_t size)
{
    size_t plain = 0; /* where what needs nothing began */
    for (size_t at = 0; at < size;) {
        unsigned char c = (unsigned char)text[at];
        if (c >= 0x20 && c < 0x7f && !entities[c]) {
            at++;
            continue;
        }
        size_t length = utf8_sequence(text + at, size - at);
        if (length > 1 && !is_long_control(text + at, length)) {
            at += length;
            continue;
        }
        buffer_add(&out->text, text + plain, at - plain);
        if (length == 1 && entities[c])
            buffer_puts(&out->text, entities[c]);
        else if (c < 0x80 && is_control(c))
            add_control(&out->text, c);
        else if (length == 1)
            buffer_add(&out->text, &c, 1);
        else
            buffer_puts(&out->text, "\xef\xbf\xbd");
        at += length ? length : 1;
        plain = at;
    }
    buffer_add(&out->text, text + plain, size - plain);
    html_check(out);
}

/* ---- Formats ---- */

enum {
    SPEC_MAX = 32,        /* flags and the length of a conversion */
    WIDTH_MAX = 1024,     /* and precisions; for %s a precision may be anything */
    NUMBER_MAX = 1 << 13, /* of a printed number: the largest long double has 4,933 digits */
};

enum length { LENGTH_NONE, LENGTH_HH, LENGTH_H, LENGTH_L, LENGTH_LL, LENGTH_J, LENGTH_Z, LENGTH_T, LENGTH_LONG_DOUBLE };

/* One conversion: %-08.3ld. */
struct spec {
    const char *from;
    char flags[8];
    int width;     /* -1: none */
    int precision; /* -1: none */
    enum length length;
    char conversion;
};

ERRAND_NORETURN static void refuse_format(struct html *out, const char *format)
{
    errand_fail(out->page->ctx, "html_printf: the format \"%.200s\" holds a conversion that it does not know", format);
}

/* va_list is an array on some machines; in a struct it can be handed on by address. */
struct arguments {
    va_list list;
};

/* A width or precision: digits, or * for an argument. -1: none stands here. */
static int read_number(const char **at, struct arguments *arguments)
{
    if (**at == '*') {
        (*at)++;
        return va_arg(arguments->list, int);
    }
    if (**at < '0' || **at > '9')
        return -1;
    int number = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        number = number > 99999999 ? number : number * 10 + (**at - '0');
    return number;
}

static enum length read_length(const char **at)
{
    static const struct {
        const char *text;
        enum length length;
    } lengths[] = {
        { "hh", LENGTH_HH }, { "h", LENGTH_H }, { "ll", LENGTH_LL }, { "l", LENGTH_L },
        { "j", LENGTH_J },   { "z", LENGTH_Z }, { "t", LENGTH_T },   { "L", LENGTH_LONG_DOUBLE },
    };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t size = strlen(lengths[i].text);
        if (strncmp(*at, lengths[i].text, size) == 0) {
            *at += size;
            return lengths[i].length;
        }
    }
    return LENGTH_NONE;
}

/* Reads what stands behind the %. Returns where the format goes on. */
static const char *read_spec(const char *at, struct spec *spec, struct arguments *arguments)
{
    *spec = (struct spec){ .from = at, .width = -1, .precision = -1 };
    size_t flags = 0;
    for (; *at && strchr("-+ #0'", *at); at++) {
        if (!strchr(spec->flags, *at) && flags < sizeof(spec->flags) - 1)
            spec->flags[flags++] = *at;
    }
    spec->width = read_number(&at, arguments);
    if (spec->width < -1) { /* of a *: as the flag -, and its amount */
        spec->width = spec->width == INT32_MIN ? INT32_MAX : -spec->width;
        if (!strchr(spec->flags, '-') && flags < sizeof(spec->flags) - 1)
            spec->flags[flags] = '-';
    }
    if (*at == '.') {
        at++;
        bool digits = *at == '*' || (*at >= '0' && *at <= '9');
        spec->precision = digits ? read_number(&at, arguments) : 0;
    }
    spec->length = read_length(&at);
    spec->conversion = *at;
    return *at ? at + 1 : at;
}

static int clamp(int number)
{
    return number > WIDTH_MAX ? WIDTH_MAX : number;
}

static void add_text(struct html *out, const struct spec *spec, const char *text)
{
    if (!text)
        text = "";
    size_t size = spec->precision >= 0 ? strnlen(text, (size_t)spec->precision) : strlen(text);
    int width = clamp(spec->width);
    size_t pad = width > 0 && (size_t)width > size ? (size_t)width - size : 0;
    bool left = strchr(spec->flags, '-') != NULL;
    for (size_t i = 0; !left && i < pad; i++)
        buffer_add(&out->text, " ", 1);
    html_escape(out, text, size);
    for (size_t i = 0; left && i < pad; i++)
        html_add(out, " ", 1);
}

static int64_t signed_argument(enum length length, struct arguments *arguments)
{
    switch (length) {
    case LENGTH_HH:
        return (signed char)va_arg(arguments->list, int);
    case LENGTH_H:
        return (short)va_arg(arguments->list, int);
    case LENGTH_L:
        return va_arg(arguments->list, long);
    case LENGTH_LL:
        return va_arg(arguments->list, long long);
    case LENGTH_J:
        return va_arg(arguments->list, intmax_t);
    case LENGTH_Z:
    case LENGTH_T:
        return va_arg(arguments->list, ptrdiff_t);
    default:
        return va_arg(arguments->list, int);
    }
}

static uint64_t unsigned_argument(enum length length, struct arguments *arguments)
{
    switch (length) {
    case LENGTH_HH:
        return (unsigned char)va_arg(arguments->list, unsigned);
    case LENGTH_H:
        return (unsigned short)va_arg(arguments->list, unsigned);
    case LENGTH_L:
        return va_arg(arguments->list, unsigned long);
    case LENGTH_LL:
        return va_arg(arguments->list, unsigned long long);
    case LENGTH_J:
        return va_arg(arguments->list, uintmax_t);
    case LENGTH_Z:
    case LENGTH_T:
        return va_arg(arguments->list, size_t);
    default:
        return va_arg(arguments->list, unsigned);
    }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
/* The flags and the conversion again, for snprintf; width and precision are handed to it (a negative precision is
   none). */
static void add_number(struct html *out, const struct spec *spec, struct arguments *arguments)
{
    char again[SPEC_MAX], number[NUMBER_MAX];
    int width = spec->width < 0 ? 0 : clamp(spec->width), precision = clamp(spec->precision), size;
    const char *modifier = strchr("diouxX", spec->conversion) ? "j" : spec->length == LENGTH_LONG_DOUBLE ? "L" : "";
    snprintf(again, sizeof(again), "%%%s*.*%s%c", spec->flags, modifier, spec->conversion);
    /* Always with a point and no grouping of the user's locale: numbers also stand in drawings. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), before = uselocale(plain);
    if (strchr("di", spec->conversion))
        size = snprintf(number, sizeof(number), again, width, precision, signed_argument(spec->length, arguments));
    else if (strchr("ouxX", spec->conversion))
        size = snprintf(number, sizeof(number), again, width, precision, unsigned_argument(spec->length, arguments));
    else if (spec->length == LENGTH_LONG_DOUBLE)
        size = snprintf(number, sizeof(number), again, width, precision, va_arg(arguments->list, long double));
    else
        size = snprintf(number, sizeof(number), again, width, precision, va_arg(arguments->list, double));
    uselocale(before);
    freelocale(plain);
    html_escape(out, number, size < 0 ? 0 : (size_t)size < sizeof(number) ? (size_t)size : sizeof(number) - 1);
}
#pragma GCC diagnostic pop

static void add_conversion(struct html *out, const struct spec *spec, struct arguments *arguments, const char *format,
                           int error)
{
    char text[32];
    switch (spec->conversion) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        add_number(out, spec, arguments);
        return;
    case 's':
        if (spec->length != LENGTH_NONE)
            refuse_format(out, format);
        add_text(out, spec, va_arg(arguments->list, const char *));
        return;
    case 'c':
        if (spec->length != LENGTH_NONE)
            refuse_format(out, format);
        text[0] = (char)va_arg(arguments->list, int);
        html_escape(out, text, 1);
        return;
    case 'p':
        snprintf(text, sizeof(text), "%p", va_arg(arguments->list, void *));
        add_text(out, spec, text);
        return;
    case 'm':
        add_text(out, spec, strerror(error));
        return;
    default:
        refuse_format(out, format);
    }
}

static void add_format(struct html *out, const char *format, struct arguments *arguments, int error)
{
    for (const char *at = format;;) {
        const char *percent = strchrnul(at, '%');
        html_add(out, at, (size_t)(percent - at));
        if (*percent == '\0')
            return;
        at = percent + 1;
        if (*at == '%') {
            html_add(out, at++, 1);
            continue;
        }
        struct spec spec;
        at = read_spec(at, &spec, arguments);
        add_conversion(out, &spec, arguments, format, error);
    }
}

void html_printf(struct html *out, const char *format, ...)
{
    int error = errno;
    struct arguments arguments;
    va_start(arguments.list, format);
    add_format(out, format, &arguments, error);
    va_end(arguments.list);
}

/* ---- Addresses ---- */

const char *html_url(struct html *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!text)
        text = "";
    char *url = errand_alloc(out->page->ctx, 3 * strlen(text) + 1), *end = url;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
        if (plain) {
            *end++ = (char)c;
            continue;
        }
        *end++ = '%';
        *end++ = digits[c >> 4];
        *end++ = digits[c & 15];
    }
    return url;
}

/* Browsers drop tabs, newlines and leading controls from an address before they read its scheme, and take \\ for /. So
   whatever holds one is no address, and what has a colon before any slash, ? or # has a scheme. */
const char *html_href(struct html *out, const char *address)
{
    (void)out;
    if (!address)
        return "#";
    for (const char *c = address; *c; c++) {
        if ((unsigned char)*c <= 0x20 || *c == 0x7f || *c == '\\')
            return "#";
    }
    const char *scheme_end = address + strcspn(address, ":/?#");
    bool has_scheme = *scheme_end == ':';
    if (!has_scheme || strncasecmp(address, "http:", 5) == 0 || strncasecmp(address, "https:", 6) == 0)
        return address;
    return "#";
}

const char *html_mount(struct html *out)
{
    return out->page->service->mount;
}
