/* DATABASE_URL: which database it names, and how it may be shown. Opens nothing. */
#include "store/url.h"

#include "base/buffer.h"
#include "base/error.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { URL_MAX = 8192 };

static const char expected[] = "sqlite:PATH, sqlite:///PATH, postgresql://HOST/NAME or libpq's key=value words";

static const struct {
    const char *name;
    enum store_synchronous value;
} synchronous_names[] = {
    { "full", STORE_SYNCHRONOUS_FULL },
    { "normal", STORE_SYNCHRONOUS_NORMAL },
    { "off", STORE_SYNCHRONOUS_OFF },
    { "extra", STORE_SYNCHRONOUS_EXTRA },
};

static int out_of_memory(struct errand_error *err)
{
    return error_set(err, "the database URL cannot be kept: out of memory");
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX. A path holds no NUL, so %00 is as wrong as %zz. */
static int add_decoded(struct buffer *out, const char *text, size_t size, struct errand_error *err)
{
    for (size_t at = 0; at < size; at++) {
        char c = text[at];
        if (c == '%') {
            int high = at + 2 < size ? hex_value(text[at + 1]) : -1;
            int low = at + 2 < size ? hex_value(text[at + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0)
                return error_set(err, "the database URL has a '%%' that no two hexadecimal digits follow; write %%25 "
                                      "for a percent sign in the path");
            c = (char)(16 * high + low);
            at += 2;
        }
        if (buffer_add(out, &c, 1) < 0)
            return out_of_memory(err);
    }
    return 0;
}

/* ---- SQLite ---- */

static int parse_synchronous(const char *value, size_t size, struct store_url *parsed, struct errand_error *err)
{
    for (size_t i = 0; i < sizeof(synchronous_names) / sizeof(*synchronous_names); i++)
        if (strlen(synchronous_names[i].name) == size && strncasecmp(synchronous_names[i].name, value, size) == 0)
            return parsed->synchronous = synchronous_names[i].value, 0;
    return error_set(err, "the database URL says synchronous=%.*s; it may be full, normal, off or extra",
                     (int)(size < 100 ? size : 100), value);
}

static int parse_parameters(const char *at, struct store_url *parsed, struct errand_error *err)
{
    while (*at != '\0') {
        size_t size = strcspn(at, "&");
        static const char name[] = "synchronous=";
        if (size < sizeof(name) - 1 || strncmp(at, name, sizeof(name) - 1) != 0)
            return error_set(err, "the database URL has the parameter '%.*s'; a sqlite: URL knows synchronous only",
                             (int)(size < 100 ? size : 100), at);
        if (parse_synchronous(at + sizeof(name) - 1, size - (sizeof(name) - 1), parsed, err) < 0)
            return -1;
        at += size;
        at += *at == '&';
    }
    return 0;
}

/* A relative path counts from the current folder at this moment, wherever a job later goes. */
static int add_current_folder(struct buffer *path, struct errand_error *err)
{
    char folder[PATH_MAX];
    if (!getcwd(folder, sizeof(folder)))
        return error_set(err, "a relative path in the database URL needs a current folder, and there is none: %m");
    if (buffer_puts(path, folder) < 0 || (strcmp(folder, "/") != 0 && buffer_puts(path, "/") < 0))
        return out_of_memory(err);
    return 0;
}

static int parse_sqlite_path(const char *text, size_t size, struct buffer *path, struct errand_error *err)
{
    if (size >= 2 && strncmp(text, "//", 2) == 0) {
        text += 2;
        size -= 2;
        if (size > 0 && *text != '/')
            return error_set(err,
                             "sqlite://%.*s names a host; write sqlite:%.*s for a relative path, sqlite:///PATH "
                             "for an absolute one",
                             (int)(size < 200 ? size : 200), text, (int)(size < 200 ? size : 200), text);
    }
    if (size == 0)
        return error_set(err, "the database URL names no file; write sqlite:PATH");
    if (size == 8 && strncmp(text, ":memory:", 8) == 0)
        return error_set(err, "a database in memory cannot be shared between a worker and its runners; write "
                              "sqlite:PATH");
    if (*text != '/' && add_current_folder(path, err) < 0)
        return -1;
    if (add_decoded(path, text, size, err) < 0)
        return -1;
    if (path->data[path->size - 1] == '/')
        return error_set(err, "the database URL names a folder; write sqlite:PATH of a file");
    if (path->size >= PATH_MAX - sizeof("-journal")) /* SQLite makes names of its own from it */
        return error_set(err, "the path in the database URL is longer than the system takes");
    return 0;
}

static int parse_sqlite(const char *url, struct store_url *parsed, struct errand_error *err)
{
    const char *text = url + strlen("sqlite:");
    size_t size = strcspn(text, "?");
    struct buffer path = BUFFER_INIT(2 * PATH_MAX + URL_MAX);
    int failed = parse_sqlite_path(text, size, &path, err);
    if (failed == 0 && text[size] == '?')
        failed = parse_parameters(text + size + 1, parsed, err);
    if (failed) {
        buffer_release(&path);
        return -1;
    }
    parsed->kind = STORE_SQLITE;
    parsed->target = path.data;
    parsed->shown = strdup(url);
    return parsed->shown ? 0 : out_of_memory(err);
}

/* ---- PostgreSQL ---- */

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A parameter that holds a secret: ends before & in a URL. */
static void mask_parameters(struct buffer *out, const char *at)
{
    while (*at != '\0') {
        size_t size = strcspn(at, "&?");
        size_t name = strcspn(at, "=&?");
        bool secret = name >= 8 && name < size && strncasecmp(at + name - 8, "password", 8) == 0;
        buffer_add(out, at, secret ? name + 1 : size);
        buffer_puts(out, secret ? "***" : "");
        at += size;
        if (*at != '\0')
            buffer_add(out, at++, 1);
    }
}

/* Everything from the first colon behind // to the last @ is taken for a password: a password that was not escaped,
   and so may hold / ? and @, must not be shown either. */
static void mask_url(struct buffer *out, const char *url)
{
    const char *rest = strstr(url, "://") + 3;
    const char *end = strrchr(rest, '@');
    const char *colon = end ? memchr(rest, ':', (size_t)(end - rest)) : NULL;
    if (!colon) {
        mask_parameters(out, url);
        return;
    }
    buffer_add(out, url, (size_t)(colon + 1 - url));
    buffer_puts(out, "***");
    mask_parameters(out, end);
}

static const char *skip_word(const char *at)
{
    bool quoted = *at == '\'';
    at += quoted;
    while (*at != '\0' && (quoted ? *at != '\'' : !isspace((unsigned char)*at)))
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    return at + (quoted && *at == '\'');
}

static const char *skip_space(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

static void mask_words(struct buffer *out, const char *at)
{
    while (*(at = skip_space(at)) != '\0') {
        const char *name = at;
        size_t size = strcspn(at, "= \t\r\n");
        const char *value = skip_space(at + size);
        if (*value == '=')
            value = skip_space(value + 1);
        at = skip_word(value);
        bool secret = size >= 8 && strncasecmp(name + size - 8, "password", 8) == 0;
        buffer_puts(out, out->size > 0 ? " " : "");
        buffer_add(out, name, size);
        buffer_puts(out, "=");
        if (secret)
            buffer_puts(out, "***");
        else
            buffer_add(out, value, (size_t)(at - value));
    }
}

static bool is_words(const char *url)
{
    size_t name = strspn(url, "abcdefghijklmnopqrstuvwxyz_");
    return name > 0 && url[name + strspn(url + name, " ")] == '=';
}

static int parse_postgres(const char *url, bool words, struct store_url *parsed, struct errand_error *err)
{
    struct buffer shown = BUFFER_INIT(4 * URL_MAX);
    if (words)
        mask_words(&shown, url);
    else
        mask_url(&shown, url);
    parsed->kind = STORE_POSTGRES;
    parsed->shown = shown.data;
    parsed->target = strdup(url);
    return !shown.failed && parsed->shown && parsed->target ? 0 : out_of_memory(err);
}

/* ---- Where none is given ---- */

/* Cuts path to the nearest folder above it that holds Application/Schema.sql. */
static bool cut_to_project(char path[PATH_MAX])
{
    char *slash;
    while ((slash = strrchr(path, '/'))) {
        *slash = '\0';
        char schema[PATH_MAX + 32];
        snprintf(schema, sizeof(schema), "%s/Application/Schema.sql", path);
        if (access(schema, F_OK) == 0)
            return true;
    }
    return false;
}

/* The project that the current folder is in, else that folder. */
static bool find_current(char path[PATH_MAX])
{
    return getcwd(path, PATH_MAX - 1) && (cut_to_project(strcat(path, "/")) || getcwd(path, PATH_MAX));
}

bool store_url_project(char path[PATH_MAX])
{
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[size > 0 ? size : 0] = '\0';
    return cut_to_project(path) || find_current(path);
}

static int parse_default(struct store_url *parsed, struct errand_error *err)
{
    char folder[PATH_MAX];
    if (!store_url_project(folder))
        return error_set(err, "DATABASE_URL is not set, and there is no current folder: %m");
    parsed->kind = STORE_SQLITE;
    if (asprintf(&parsed->target, "%s/build/app.db", strcmp(folder, "/") == 0 ? "" : folder) < 0)
        parsed->target = NULL;
    if (!parsed->target || asprintf(&parsed->shown, "sqlite:%s", parsed->target) < 0)
        parsed->shown = NULL;
    return parsed->shown ? 0 : out_of_memory(err);
}

static int parse_given(const char *url, struct store_url *parsed, struct errand_error *err)
{
    if (strlen(url) > URL_MAX)
        return error_set(err, "the database URL is longer than %d bytes", URL_MAX);
    if (has_prefix(url, "sqlite:"))
        return parse_sqlite(url, parsed, err);
    if (has_prefix(url, "postgresql://") || has_prefix(url, "postgres://"))
        return parse_postgres(url, false, parsed, err);
    if (is_words(url))
        return parse_postgres(url, true, parsed, err);
    /* Only the scheme is shown: the rest may hold a password. */
    size_t scheme = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    if (url[scheme] == ':' && scheme > 0 && scheme < 100)
        return error_set(err, "the database URL begins with '%.*s:'; it must be %s", (int)scheme, url, expected);
    return error_set(err, "the database URL is not understood; it must be %s", expected);
}

int store_url_parse(const char *url, struct store_url *parsed, struct errand_error *err)
{
    *parsed = (struct store_url){ 0 };
    if (!url)
        url = getenv("DATABASE_URL");
    int failed = url && *url != '\0' ? parse_given(url, parsed, err) : parse_default(parsed, err);
    if (failed)
        store_url_release(parsed);
    return failed;
}

void store_url_release(struct store_url *url)
{
    free(url->target);
    free(url->shown);
    *url = (struct store_url){ 0 };
}
