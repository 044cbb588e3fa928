/* What pages and views ask of the request that they answer, and how they end it otherwise than by returning. */
#include "dashboard/dashboard.h"

#include "base/uuid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SENTENCE_MAX = 1024,
    SHOWN_MAX = 100, /* bytes of what came in that a sentence repeats */
};

/* The request of a context; raises where there is none. */
static struct page *page_of(struct errand_context *ctx)
{
    struct page *page = context_attachment(ctx);
    if (!page)
        errand_fail(ctx, "this function is for the views of a dashboard, and no request of one is under way here");
    return page;
}

const struct errand_request *errand_current_request(struct errand_context *ctx)
{
    return page_of(ctx)->request;
}

static const char *find(const struct param *params, const char *name)
{
    for (; params && params->name; params++)
        if (strcmp(params->name, name) == 0)
            return params->value;
    return NULL;
}

const char *page_param(const struct page *page, const char *name)
{
    const char *value = find(page->form, name);
    return value ? value : find(page->query, name);
}

bool page_is_change(const struct page *page)
{
    return strcmp(page->route->method, "POST") == 0;
}

const char *page_field(const struct page *page, const char *name)
{
    const char *value = form_find(page->form, name);
    return value ? value : form_find(page->query, name);
}

static size_t collect(const struct param *params, const char *name, const char **values)
{
    size_t count = 0;
    for (; params && params->name; params++)
        if (strcmp(params->name, name) == 0)
            values[count++] = params->value;
    return count;
}

const char **page_params(const struct page *page, const char *name)
{
    const char **values = errand_alloc(page->ctx, (2 * DASHBOARD_FIELDS_MAX + 1) * sizeof(*values));
    size_t count = collect(page->form, name, values);
    collect(page->query, name, values + count);
    return values;
}

/* What a sentence may repeat of what came in: not a megabyte. */
static const char *shown(struct page *page, const char *text)
{
    size_t size = strlen(text);
    if (size <= SHOWN_MAX)
        return text;
    size = SHOWN_MAX;
    while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--; /* not in the middle of a character */
    return errand_printf(page->ctx, "%.*s...", (int)size, text);
}

ERRAND_NORETURN static void refuse(struct page *page, int status, const char *field, const char *format, va_list values)
{
    char sentence[SENTENCE_MAX];
    vsnprintf(sentence, sizeof(sentence), format, values);
    page->refusal = (struct refusal){
        .status = status,
        .field = field ? errand_strdup(page->ctx, field) : NULL,
        .sentence = errand_strdup(page->ctx, sentence),
        .login = page->refusal.login, /* who refuses has set these before */
        .retry_after_s = page->refusal.retry_after_s,
    };
    errand_fail(page->ctx, "%s", sentence);
}

void page_refuse(struct page *page, int status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    refuse(page, status, NULL, format, values);
    va_end(values);
}

void page_redirect(struct page *page, const char *location)
{
    page->refusal = (struct refusal){ .status = 303, .location = errand_strdup(page->ctx, location) };
    errand_fail(page->ctx, "redirected to %s", location);
}

void errand_invalid(struct errand_context *ctx, const char *name, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    refuse(page_of(ctx), 422, name, format, values);
    va_end(values);
}

const char *errand_param_or(struct errand_context *ctx, const char *name, const char *fallback)
{
    const char *value = page_param(page_of(ctx), name);
    if (!value)
        value = page_field(page_of(ctx), name);
    return value ? value : fallback;
}

const char *errand_param(struct errand_context *ctx, const char *name)
{
    const char *value = errand_param_or(ctx, name, NULL);
    if (!value)
        page_refuse(page_of(ctx), 400, "The parameter \"%s\" is missing.", name);
    return value;
}

/* In a form the sentence stands beside the field; elsewhere there is none. */
ERRAND_NORETURN static void refuse_value(struct page *page, const char *name, const char *value, const char *what)
{
    bool has_field = page->route && page->route->again;
    if (has_field && !value[0])
        errand_invalid(page->ctx, name, "This field needs %s.", what);
    if (has_field)
        errand_invalid(page->ctx, name, "\"%s\" is not %s.", shown(page, value), what);
    page_refuse(page, 400, "The parameter \"%s\" is \"%s\", which is not %s.", name, shown(page, value), what);
}

errand_uuid errand_param_uuid(struct errand_context *ctx, const char *name)
{
    const char *value = errand_param(ctx, name);
    errand_uuid uuid;
    if (uuid_parse(value, &uuid) < 0)
        refuse_value(page_of(ctx), name, value, "a uuid");
    return uuid;
}

int64_t errand_param_int(struct errand_context *ctx, const char *name)
{
    const char *value = errand_param(ctx, name);
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0)
        refuse_value(page_of(ctx), name, value, "a whole number");
    return number;
}

const struct errand_table *page_job_table(struct page *page)
{
    const char *name = errand_param(page->ctx, "tableName");
    for (size_t i = 0; i < page->service->table_count; i++)
        if (strcmp(page->service->tables[i]->name, name) == 0)
            return page->service->tables[i];
    page_refuse(page, 404, "There is no job table \"%s\" in this application.", shown(page, name));
}

errand_uuid page_job_id(struct page *page)
{
    const char *value = errand_param(page->ctx, "id");
    errand_uuid uuid;
    if (uuid_parse(value, &uuid) < 0)
        page_refuse(page, 400, "The parameter \"id\" is \"%s\", which is not a uuid.", shown(page, value));
    return uuid;
}

static const char *remote_of(const struct page *page)
{
    return page->request->remote ? page->request->remote : "an unknown address";
}

void page_audit(struct page *page, const char *what, const char *table, const char *id)
{
    errand_log(page->ctx, ERRAND_LOG_INFO, "%s %s job %s of %s, from %s", page->user ? page->user : "somebody", what,
               id, table, remote_of(page));
}

void page_audit_bulk(struct page *page, const char *what, const char *table, int64_t count, const char *which)
{
    errand_log(page->ctx, ERRAND_LOG_INFO, "%s %s %lld jobs of %s, from %s: %s", page->user ? page->user : "somebody",
               what, (long long)count, table, remote_of(page), which);
}
