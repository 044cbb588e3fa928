/* What RunDashboard is told on its command line. */
#include "dashboard/http/options.h"

#include "base/error.h"
#include "base/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Takes the word of argv apart in place. */
static int add_hosts(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    struct http_options *options = member;
    char *rest;
    for (char *name = strtok_r(value, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
        if (options->host_count == OPTIONS_HOSTS_MAX)
            return error_set(err, "--%s takes %d names at the most", row->name, OPTIONS_HOSTS_MAX);
        if (strcmp(name, "*") == 0)
            return error_set(err, "--%s takes names, not '*': any site could then act through a visitor's browser",
                             row->name);
        options->hosts[options->host_count++] = name;
    }
    return 0;
}

#define TEXT(member) OPTION_TEXT(struct http_options, member)
#define FLAG(member) OPTION_FLAG(struct http_options, member)
#define NUMBER(member, least, most) OPTION_NUMBER(struct http_options, member, least, most)

static const struct option_row rows[] = {
    { "database", "URL", "sqlite:PATH or postgresql://...; default: DATABASE_URL, else build/app.db", TEXT(database) },
    { "host", "ADDRESS", "listen on this address (default 127.0.0.1: this machine alone)", TEXT(host) },
    { "port", "N", "listen on this port; 0: a free one, which is printed (default 8000)", NUMBER(port, 0, 65535) },
    { "mount", "PATH", "where its pages are (default /jobs)", TEXT(mount) },
    { "hosts", "NAMES", "names by which browsers may call it beside localhost, with commas between", .set = add_hosts },
    { "read-only", NULL, "nothing can be changed through it", FLAG(read_only) },
    { "tls-cert", "FILE", "certificate and its chain, in PEM; with --tls-key: speak TLS", TEXT(tls_certificate) },
    { "tls-key", "FILE", "its key, in PEM", TEXT(tls_key) },
    { "behind-tls-proxy", NULL, "a proxy before it speaks TLS, and says in X-Forwarded-For who asks",
      FLAG(behind_tls_proxy) },
    { "insecure-no-auth", NULL, "let everybody in who reaches it, from other machines too", FLAG(insecure_no_auth) },
    { "threads", "N", "how many requests are answered at a time (default 4)", NUMBER(threads, 1, 64) },
    { "page-timeout", "SECONDS", "a page that takes longer hangs, and what serves is started anew (default 120)",
      NUMBER(page_timeout_s, 1, 3600) },
    OPTIONS_OF_LOG(struct http_options, log, "request"),
    { "help", NULL, "show this text", 'h', FLAG(help) },
    { "version", NULL, "show the version", FLAG(version) },
    { 0 },
};

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
        .log = { .fd = STDERR_FILENO, .level = ERRAND_LOG_INFO },
    };
    return options_read_all(rows, options, argc, argv, err) < 0 ? -1 : check_tls(options, err);
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
    options_help(rows, stdout);
    printf(
        "\nExample: %s --database sqlite:build/app.db --port 8080\n"
        "Exit codes: 0 it was told to stop, 1 it cannot listen or the database cannot be worked with, 2 bad usage.\n",
        program);
}
