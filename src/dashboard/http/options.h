/* What RunDashboard is told on its command line. */
#ifndef DASHBOARD_HTTP_OPTIONS_H
#define DASHBOARD_HTTP_OPTIONS_H

#include "base/log.h"

#include <errand/dashboard.h>

enum { OPTIONS_HOSTS_MAX = 32 };

struct http_options {
    const char *database; /* NULL: DATABASE_URL */
    const char *host;
    int port;
    const char *mount;
    const char *hosts[OPTIONS_HOSTS_MAX + 2]; /* accepted in Host; --host's own among them; ended by NULL */
    size_t host_count;
    bool read_only;
    const char *tls_certificate, *tls_key; /* files */
    bool behind_tls_proxy;
    bool insecure_no_auth;
    int threads;
    int page_timeout_s;
    struct log log;
    bool help, version;
};

/* 0, or -1 and the sentence. Texts are borrowed from argv. */
int http_options_parse(struct http_options *options, int argc, char **argv, struct errand_error *err);
/* Refuses what would let everybody in, or send a password in the clear. is_loopback: of the address listened on.
   dashboard may be NULL. */
int http_options_check(const struct http_options *options, const struct errand_dashboard *dashboard, bool is_loopback,
                       struct errand_error *err);
/* The text of --help. */
void http_options_help(const char *program);

#endif
