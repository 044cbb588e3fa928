/* What RunDashboard is told on its command line: one table drives parsing, defaults and help. */
#include "dashboard/http/options.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, FLAG, NUMBER, HOSTS, FORMAT, QUIET, VERBOSE };

struct option_row {
    const char *name, *value, *help;
    enum kind kind;
    size_t offset;
    long least, most;
};

#define AT(member) offsetof(struct http_options, member)

static const struct option_row rows[] = {
    { "database", "URL", "sqlite:PATH or postgresql://...; default: DATABASE_URL, else build/app.db", TEXT,
      AT(database), 0, 0 },
    { "host", "ADDRESS", "listen on this address (default 127.0.0.1: this machine alone)", TEXT, AT(host), 0, 0 },
    { "port", "N", "listen on this port; 0: a free one, which is printed (default 8000)", NUMBER, AT(port), 0, 65535 },
    { "mount", "PATH", "where its pages are (default /jobs)", TEXT, AT(mount), 0, 0 },
    { "hosts", "NAMES", "names by which browsers may call it beside localhost, with commas between", HOSTS, 0, 0, 0 },
    { "read-only", NULL, "nothing can be changed through it", FLAG, AT(read_only), 0, 0 },
    { "tls-cert", "FILE", "certificate and its chain, in PEM; with --tls-key: speak TLS", TEXT, AT(tls_certificate), 0,
      0 },
    { "tls-key", "FILE", "its key, in PEM", TEXT, AT(tls_key), 0, 0 },
    { "behind-tls-proxy", NULL, "a proxy before it speaks TLS, and says in X-Forwarded-For who asks", FLAG,
      AT(behind_tls_proxy), 0, 0 },
    { "insecure-no-auth", NULL, "let everybody in who reaches it, from other machines too", FLAG, AT(insecure_no_auth),
      0, 0 },
    { "threads", "N", "how many requests are answered at a time (default 4)", NUMBER, AT(threads), 1, 64 },
    { "page-timeout", "SECONDS", "a page that takes longer hangs, and what serves is started anew (default 120)",
      NUMBER, AT(page_timeout_s), 1, 3600 },
    { "log-format", "FORMAT", "text or json (default text)", FORMAT, 0, 0, 0 },
    { "verbose", NULL, "log every request, not only what deserves attention", VERBOSE, 0, 0, 0 },
    { "quiet", NULL, "log warnings and errors only", QUIET, 0, 0, 0 },
    { "help", NULL, "show this text", FLAG, AT(help), 0, 0 },
    { "version", NULL, "show the version", FLAG, AT(version), 0, 0 },
};
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static const struct option_row *find(const char *name, size_t length)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

static int set_number(struct http_options *options, const struct option_row *row, const char *value,
                      struct errand_error *err)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 || number < row->least || number > row->most)
        return error_set(err, "--%s takes a whole number from %ld to %ld, not '%s'", row->name, row->least, row->most,
                         value);
    *(int *)((char *)options + row->offset) = (int)number;
    return 0;
}

/* Takes the words of argv apart in place. */
static int set_hosts(struct http_options *options, char *value, struct errand_error *err)
{
    char *rest;
    for (char *name = strtok_r(value, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
        if (options->host_count == OPTIONS_HOSTS_MAX)
            return error_set(err, "--hosts takes %d names at the most", OPTIONS_HOSTS_MAX);
        if (strcmp(name, "*") == 0)
            return error_set(err, "--hosts takes names, not '*': any site could then act through a visitor's browser");
        options->hosts[options->host_count++] = name;
    }
    return 0;
}

static int set_format(struct http_options *options, const char *value, struct errand_error *err)
{
    if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
        return error_set(err, "--log-format is text or json, not '%s'", value);
    options->log_format = strcmp(value, "json") == 0 ? LOG_JSON : LOG_TEXT;
    return 0;
}

static int set(struct http_options *options, const struct option_row *row, char *value, struct errand_error *err)
{
    switch (row->kind) {
    case TEXT:
        *(const char **)((char *)options + row->offset) = value;
        return 0;
    case FLAG:
        *(bool *)((char *)options + row->offset) = true;
        return 0;
    case NUMBER:
        return set_number(options, row, value, err);
    case HOSTS:
        return set_hosts(options, value, err);
    case FORMAT:
        return set_format(options, value, err);
    case QUIET:
        options->log_level = ERRAND_LOG_WARNING;
        return 0;
    case VERBOSE:
        options->log_level = ERRAND_LOG_DEBUG;
        return 0;
    }
    return 0;
}

/* Both or none, and who speaks TLS is not behind somebody who does. */
static int check_tls(struct http_options *options, struct errand_error *err)
{
    if (!options->tls_certificate != !options->tls_key)
        return error_set(err, "--tls-cert and --tls-key go together");
    if (options->tls_certificate && options->behind_tls_proxy)
        return error_set(err, "--behind-tls-proxy says that a proxy speaks TLS, --tls-cert that this program does: "
                              "one of them");
    options->hosts[options->host_count] = options->host;
    return 0;
}

int http_options_parse(struct http_options *options, int argc, char **argv, struct errand_error *err)
{
    *options = (struct http_options){
        .host = "127.0.0.1",
        .port = 8000,
        .mount = "/jobs",
        .threads = 4,
        .page_timeout_s = 120,
        .log_level = ERRAND_LOG_INFO,
    };
    for (int i = 1; i < argc; i++) {
        char help[] = "--help", *word = strcmp(argv[i], "-h") == 0 ? help : argv[i];
        if (strncmp(word, "--", 2) != 0)
            return error_set(err, "'%s' is not understood; --help shows the options", word);
        char *equals = strchr(word, '=');
        size_t length = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
        const struct option_row *row = find(word + 2, length);
        if (!row)
            return error_set(err, "there is no option '%.*s'; --help shows those there are", (int)length + 2, word);
        if (!row->value && equals)
            return error_set(err, "--%s takes no value", row->name);
        char *value = equals ? equals + 1 : row->value ? argv[i + 1] : NULL;
        if (row->value && !value)
            return error_set(err, "--%s needs a value: --%s %s", row->name, row->name, row->value);
        if (row->value && !equals)
            i++;
        if (set(options, row, value, err) < 0)
            return -1;
    }
    return check_tls(options, err);
}

int http_options_check(const struct http_options *options, const struct errand_dashboard *dashboard, bool is_loopback,
                       struct errand_error *err)
{
    bool is_private = is_loopback && !options->behind_tls_proxy;
    if (is_private)
        return 0;
    if (!dashboard)
        return error_set(err, "this dashboard asks nobody who they are, so it listens on this machine alone: write a "
                              "Web/FrontController.c with DASHBOARD(.auth = BASIC_AUTH(...)) to show it to others");
    if (dashboard->auth.kind == ERRAND_AUTH_NONE && !options->insecure_no_auth)
        return error_set(err,
                         "DASHBOARD says NO_AUTH: whoever reaches %s could retry and delete jobs. Choose another "
                         ".auth, or say --insecure-no-auth if that is meant",
                         options->behind_tls_proxy ? "the proxy" : options->host);
    bool is_encrypted = options->tls_certificate || options->behind_tls_proxy;
    if (dashboard->auth.kind != ERRAND_AUTH_NONE && !is_encrypted)
        return error_set(err,
                         "on %s passwords would go over the network in the clear: give --tls-cert and --tls-key, "
                         "or --behind-tls-proxy if a proxy speaks TLS",
                         options->host);
    return 0;
}

void http_options_help(const char *program)
{
    printf("Usage: %s [OPTION]...\n\n"
           "Shows the jobs of this application in a browser: what waits, runs and failed, and the\n"
           "workers; retries, deletes and creates jobs. SIGTERM stops it.\n\n",
           program);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                 rows[i].value ? rows[i].value : "");
        printf("  %-22s %s\n", left, rows[i].help);
    }
    printf(
        "\nExample: %s --database sqlite:build/app.db --port 8080\n"
        "Exit codes: 0 it was told to stop, 1 it cannot listen or the database cannot be worked with, 2 bad usage.\n",
        program);
}
