/* Host, origin, token. */
#include "dashboard/guard.h"

#include "base/clock.h"
#include "dashboard/token.h"

#include <string.h>
#include <strings.h>

enum { HOST_MAX = 255 };

/* The value of a header that may come once; refuses where it comes twice, since who reads the other one disagrees. */
static const char *single_header(struct page *page, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < page->request->header_count; i++) {
        if (strcasecmp(page->request->headers[i].name, name) != 0)
            continue;
        if (value)
            page_refuse(page, 400, "The request has several %s headers.", name);
        value = page->request->headers[i].value;
    }
    return value;
}

/* "localhost:8000" without its port, "[::1]:8000" without port and brackets; false where it is none of these. */
static bool host_name(const char *host, char name[HOST_MAX + 1])
{
    const char *begin = host[0] == '[' ? host + 1 : host;
    size_t size = strcspn(begin, host[0] == '[' ? "]" : ":");
    const char *rest = begin + size;
    if (size == 0 || size > HOST_MAX || (host[0] == '[' && *rest != ']'))
        return false;
    rest += host[0] == '[';
    if (*rest != '\0' && (*rest != ':' || rest[1 + strspn(rest + 1, "0123456789")] != '\0'))
        return false;
    memcpy(name, begin, size);
    name[size] = '\0';
    return true;
}

static bool is_loopback(const char *name)
{
    size_t octets = strspn(name, "0123456789.");
    if (strncmp(name, "127.", 4) == 0 && name[octets] == '\0')
        return true;
    return strcasecmp(name, "localhost") == 0 || strcmp(name, "::1") == 0;
}

static bool is_configured(const struct errand_dashboard_service *service, const char *host, const char *name)
{
    for (const char *const *known = service->hosts; *known; known++)
        if (strcmp(*known, "*") == 0 || strcasecmp(*known, host) == 0 || strcasecmp(*known, name) == 0)
            return true;
    return false;
}

void guard_host(struct page *page)
{
    const char *host = single_header(page, "Host");
    char name[HOST_MAX + 1];
    if (!host || !host_name(host, name))
        page_refuse(page, 400, "The request does not say to which host it goes.");
    if (!is_loopback(name) && !is_configured(page->service, host, name))
        page_refuse(page, 421,
                    "This dashboard does not answer to the name in the address. If it is its own, whoever starts it "
                    "adds it: --hosts NAME.");
}

/* A browser that tells says same-origin of what its own page sends. One that does not (over plain HTTP, by a name)
   sends the origin, which must be the host; http: to a dashboard behind TLS would be somebody in between. */
static bool is_same_origin(struct page *page)
{
    const char *site = single_header(page, "Sec-Fetch-Site");
    if (site)
        return strcmp(site, "same-origin") == 0;
    const char *origin = single_header(page, "Origin"), *host = single_header(page, "Host");
    if (!origin || !host)
        return false;
    if (strncasecmp(origin, "https://", 8) == 0)
        return strcasecmp(origin + 8, host) == 0;
    return strncasecmp(origin, "http://", 7) == 0 && !page->request->encrypted && strcasecmp(origin + 7, host) == 0;
}

static int64_t now_s(void)
{
    return clock_realtime_us() / 1000000;
}

const char *page_token(struct page *page)
{
    if (page->service->read_only)
        return NULL;
    char *token = errand_alloc(page->ctx, TOKEN_MAX);
    token_make(page->service->secret, page->user ? page->user : "", now_s(), token);
    return token;
}

/* In the form alone: an address stands in logs. */
static const char *token_of(const struct page *page)
{
    for (const struct param *field = page->form; field && field->name; field++)
        if (strcmp(field->name, DASHBOARD_TOKEN_FIELD) == 0)
            return field->value;
    return NULL;
}

void guard_change(struct page *page)
{
    if (page->service->read_only)
        page_refuse(page, 403, "This dashboard is read-only: nothing can be changed through it.");
    if (!is_same_origin(page))
        page_refuse(page, 403,
                    "The form was not sent by a page of this dashboard: the request's Origin or Sec-Fetch-Site is "
                    "missing or another one's.");
    const char *token = token_of(page);
    if (!token)
        page_refuse(page, 403, "The form has no token (" DASHBOARD_TOKEN_FIELD "), which html_form_begin writes.");
    switch (token_check(page->service->secret, page->user ? page->user : "", now_s(), token)) {
    case TOKEN_GOOD:
        return;
    case TOKEN_EXPIRED:
        page_refuse(page, 403,
                    "The page with this form was opened too long ago. Go back, reload it, and send it again.");
    case TOKEN_WRONG:
        page_refuse(page, 403,
                    "The token of this form is not valid for you here. Go back, reload the page, and send it again.");
    }
}
