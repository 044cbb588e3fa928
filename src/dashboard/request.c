/* What came in, taken apart. */
#include "dashboard/request.h"

#include "base/utf8.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct request_fault no_memory = { 503, "The server is out of memory." };

const char *errand_request_header(const struct errand_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Into out, which has room for size + 1 bytes; the length, or -1: a % without two digits. */
static ptrdiff_t decode_bytes(const char *text, size_t size, bool plus_is_space, char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '%') {
            out[length++] = plus_is_space && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
        int low = i + 2 < size ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return -1;
        out[length++] = (char)(high << 4 | low);
        i += 2;
    }
    out[length] = '\0';
    return (ptrdiff_t)length;
}

/* utf8_sequence takes a NUL for invalid, so none gets past this. */
static bool is_text(const char *text, size_t size)
{
    for (size_t i = 0, length; i < size; i += length) {
        length = utf8_sequence(text + i, size - i);
        if (length == 0)
            return false;
    }
    return true;
}

static struct request_fault decode(struct arena *arena, const char *text, size_t size, bool plus_is_space,
                                   const char **decoded)
{
    char *out = arena_alloc(arena, size + 1);
    if (!out)
        return no_memory;
    ptrdiff_t length = decode_bytes(text, size, plus_is_space, out);
    if (length < 0)
        return (struct request_fault){ 400, "The address or the form holds a % that two hexadecimal digits do not "
                                            "follow." };
    if (!is_text(out, (size_t)length))
        return (struct request_fault){ 400, "The address or the form is not text in UTF-8, or holds a NUL character." };
    *decoded = out;
    return (struct request_fault){ 0 };
}

static size_t count_params(const char *text, size_t size)
{
    size_t count = 1;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '&';
    return count;
}

static struct request_fault read_param(struct arena *arena, const char *text, size_t size, struct param *param)
{
    const char *equals = memchr(text, '=', size);
    size_t name_size = equals ? (size_t)(equals - text) : size;
    const char *value = equals ? equals + 1 : text + size;
    size_t value_size = size - (size_t)(value - text);
    if (name_size > DASHBOARD_NAME_MAX)
        return (struct request_fault){ 413, "A parameter has a name that is longer than 200 bytes." };
    struct request_fault fault = decode(arena, text, name_size, true, &param->name);
    if (!fault.status)
        fault = decode(arena, value, value_size, true, &param->value);
    if (!fault.status && strlen(param->value) > DASHBOARD_FIELD_MAX)
        fault = (struct request_fault){ 413, "One field holds more than 256 KiB, which is the limit." };
    return fault;
}

struct request_fault request_read_params(struct arena *arena, const char *text, size_t size, struct param **params)
{
    size_t most = count_params(text, size), count = 0;
    if (most > DASHBOARD_FIELDS_MAX)
        return (struct request_fault){ 413, "There are more than 512 parameters, which is the limit." };
    struct param *list = arena_alloc(arena, (most + 1) * sizeof(*list));
    if (!list)
        return no_memory;
    for (const char *at = text, *end = text + size; at < end;) {
        const char *next = memchr(at, '&', (size_t)(end - at));
        next = next ? next : end;
        if (next > at) {
            struct request_fault fault = read_param(arena, at, (size_t)(next - at), &list[count++]);
            if (fault.status)
                return fault;
        }
        at = next + 1;
    }
    *params = list;
    return (struct request_fault){ 0 };
}

/* A proxy may send the absolute form, http://host/path. */
static const char *skip_authority(const char *target)
{
    size_t scheme = strncasecmp(target, "http://", 7) == 0 ? 7 : strncasecmp(target, "https://", 8) == 0 ? 8 : 0;
    if (scheme == 0)
        return target;
    target += scheme;
    return target + strcspn(target, "/?");
}

struct request_fault request_read_target(struct arena *arena, const char *target, const char **path,
                                         struct param **query)
{
    if (strnlen(target, DASHBOARD_TARGET_MAX + 1) > DASHBOARD_TARGET_MAX)
        return (struct request_fault){ 414, "The address is longer than 8 KiB, which is the limit." };
    target = skip_authority(target);
    if (target[0] != '/')
        return (struct request_fault){ 400, "The address does not begin with a slash." };
    size_t path_size = strcspn(target, "?#");
    const char *question = target[path_size] == '?' ? target + path_size + 1 : "";
    struct request_fault fault = decode(arena, target, path_size, false, path);
    return fault.status ? fault : request_read_params(arena, question, strcspn(question, "#"), query);
}

bool request_is_form(const char *content_type)
{
    static const char form[] = "application/x-www-form-urlencoded";
    if (strncasecmp(content_type, form, sizeof(form) - 1) != 0)
        return false;
    const char *rest = content_type + sizeof(form) - 1;
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

bool request_wants_json(const char *accept)
{
    const char *json = accept ? strcasestr(accept, "application/json") : NULL;
    const char *html = accept ? strcasestr(accept, "text/html") : NULL;
    return json && (!html || json < html);
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Into out, which has room for 3/4 of the text and a NUL. False where it is no base64, or holds a NUL. */
static bool base64_decode(const char *text, char *out)
{
    size_t length = strcspn(text, "="), count = 0;
    unsigned bits = 0;
    if (text[length + strspn(text + length, "=")] != '\0' || length % 4 == 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (unsigned)digit;
        if (i % 4 != 0)
            out[count++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    out[count] = '\0';
    return memchr(out, '\0', count) == NULL;
}

bool request_read_basic(struct arena *arena, const char *authorization, const char **user, const char **password)
{
    if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0)
        return false;
    const char *text = authorization + 6 + strspn(authorization + 6, " ");
    char *plain = arena_alloc(arena, strlen(text) + 1);
    if (!plain || !base64_decode(text, plain))
        return false;
    char *colon = strchr(plain, ':');
    if (!colon)
        return false;
    *colon = '\0';
    *user = plain;
    *password = colon + 1;
    return true;
}
