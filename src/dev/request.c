/* What came in: taken apart, and nothing that two readers could read differently. */
#include "dev/serve.h"

#include <string.h>
#include <strings.h>

static bool is_token(const char *name)
{
    return *name &&
           name[strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

/* Cuts the line that begins at *at; NULL at the end. Lines end with CR LF, and neither stands alone. */
static char *cut_line(char **at, const char *end)
{
    char *line = *at, *stop = memchr(line, '\r', (size_t)(end - line));
    if (!stop || stop + 1 >= end || stop[1] != '\n')
        return NULL;
    *stop = '\0';
    *at = stop + 2;
    return line[strcspn(line, "\n")] == '\0' && strlen(line) == (size_t)(stop - line) ? line : NULL;
}

static bool parse_length(const char *text, size_t *length)
{
    *length = 0;
    if (!*text || strlen(text) > 15 || text[strspn(text, "0123456789")] != '\0')
        return false;
    for (; *text; text++)
        *length = *length * 10 + (size_t)(*text - '0');
    return true;
}

static bool take_header(struct request *request, const char *name, const char *value)
{
    const char **const places[] = { &request->host, &request->origin, &request->site, &request->known, &request->type };
    static const char *const names[] = { "Host", "Origin", "Sec-Fetch-Site", "If-None-Match", "Content-Type" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) != 0)
            continue;
        if (*places[i])
            return false;
        *places[i] = value;
    }
    if (strcasecmp(name, "Transfer-Encoding") == 0)
        request->chunked = true;
    return true;
}

static int take_line(struct request *request, char *line, bool *has_length)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return 400;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    for (char *end = value + strlen(value); end > value && (end[-1] == ' ' || end[-1] == '\t');)
        *--end = '\0';
    if (!is_token(line) || !take_header(request, line, value))
        return 400;
    if (strcasecmp(line, "Content-Length") != 0)
        return 0;
    if (*has_length || !parse_length(value, &request->content_length))
        return 400;
    *has_length = true;
    return 0;
}

int request_parse(char *head, size_t size, struct request *request)
{
    const char *end = head + size;
    bool has_length = false;
    char *at = head, *line = cut_line(&at, end), *version;
    *request = (struct request){ .method = line, .query = "" };
    char *target = line ? strchr(line, ' ') : NULL;
    if (!target || !(version = strchr(target + 1, ' ')))
        return 400;
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line) || *target != '/' || (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0))
        return 400;
    request->path = target;
    char *query = strchr(target, '?');
    if (query) {
        *query = '\0';
        request->query = query + 1;
    }
    while ((line = cut_line(&at, end)) && *line) {
        int status = take_line(request, line, &has_length);
        if (status != 0)
            return status;
    }
    return line && request->host && !(request->chunked && has_length) ? 0 : 400;
}

bool request_is_local(const struct request *request)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t size = strlen(names[i]);
        if (strncasecmp(request->host, names[i], size) != 0)
            continue;
        const char *rest = request->host + size;
        if (*rest == '\0' || (*rest == ':' && rest[1] && rest[1 + strspn(rest + 1, "0123456789")] == '\0'))
            return true;
    }
    return false;
}

bool request_is_same_origin(const struct request *request)
{
    if (request->site)
        return strcmp(request->site, "same-origin") == 0;
    return request->origin && strncasecmp(request->origin, "http://", 7) == 0 &&
           strcasecmp(request->origin + 7, request->host) == 0;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* One byte of the form, decoded; -1 where it is none. */
static int next_byte(const char **at)
{
    const char *text = *at;
    if (*text != '%') {
        *at = text + 1;
        return *text == '+' ? ' ' : (unsigned char)*text;
    }
    int high = hex(text[1]), low = high >= 0 ? hex(text[2]) : -1;
    *at = text + 3;
    return low < 0 || (high == 0 && low == 0) ? -1 : high * 16 + low;
}

/* Its undecoded value; NULL where it is not there. */
static const char *find_field(const char *form, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = form; *at; at += strcspn(at, "&"), at += *at == '&')
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    return NULL;
}

bool request_has_field(const char *form, const char *name)
{
    return find_field(form, name);
}

const char *request_field(const char *form, const char *name, char *value, size_t size)
{
    size_t used = 0;
    const char *at = find_field(form, name);
    if (!at)
        return NULL;
    while (*at && *at != '&') {
        int byte = next_byte(&at);
        if (byte < 0 || used + 1 >= size)
            return NULL;
        value[used++] = (char)byte;
    }
    value[used] = '\0';
    return value;
}
