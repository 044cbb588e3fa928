/* Addresses of the dashboard's own pages. */
#include "dashboard/link.h"

const char *link_overview(struct html *out)
{
    return errand_printf(out->page->ctx, "%s/ListJobs", html_mount(out));
}

static const char *link_to(struct html *out, const char *page, const char *table)
{
    return errand_printf(out->page->ctx, "%s/%s?tableName=%s", html_mount(out), page, html_url(out, table));
}

static const char *link_to_row(struct html *out, const char *page, const char *table, const char *id)
{
    return errand_printf(out->page->ctx, "%s&id=%s", link_to(out, page, table), html_url(out, id));
}

const char *link_list(struct html *out, const char *table)
{
    return link_to(out, "ListJob", table);
}

const char *link_job(struct html *out, const char *table, const char *id)
{
    return link_to_row(out, "ViewJob", table, id);
}

const char *link_new(struct html *out, const char *table)
{
    return link_to(out, "CreateJob", table);
}

const char *link_record(struct html *out, const char *table, const char *id)
{
    return link_to_row(out, "ViewRecord", table, id);
}
