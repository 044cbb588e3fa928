/* What stands around every page: the document, the head, and the dashboard's own navigation. An application's layout
   may take the place of the document; navigation and page are then where it puts them. */
#include "base/json.h"
#include "dashboard/assets.h"
#include "dashboard/dashboard.h"

#include <string.h>

static const char *title_of(const struct page *page)
{
    return page->service->config->title ? page->service->config->title : "Jobs";
}

void errand_page_head(struct html *out, const struct errand_page *page)
{
    const char *whole = title_of(out->page);
    html_raw(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                  "<meta name=\"color-scheme\" content=\"light dark\">");
    if (page->title && strcmp(page->title, whole) != 0)
        html_printf(out, "<title>%s – %s</title>", page->title, whole);
    else
        html_printf(out, "<title>%s</title>", whole);
    asset_link(out, "bootstrap.css");
    asset_link(out, "dashboard.css");
    asset_link(out, "icon.svg");
    asset_link(out, "dashboard.js");
}

/* ---- Navigation ---- */

static void add_tab(struct html *out, const char *address, const char *label, bool current)
{
    html_printf(out, "<li><a href=\"%s\"", address);
    html_raw(out, current ? " aria-current=\"page\"" : "");
    html_printf(out, ">%s</a></li>", label);
}

static void add_navigation(struct html *out)
{
    struct page *page = out->page;
    const char *table = page_param(page, "tableName"), *mount = html_mount(out);
    bool is_overview = strcmp(page->path, "") == 0 || strcmp(page->path, "/ListJobs") == 0;
    html_raw(out, "<nav class=\"errand-nav\" aria-label=\"Job types\"><ul>");
    add_tab(out, errand_printf(page->ctx, "%s/ListJobs", mount), "Overview", is_overview);
    for (size_t i = 0; i < page->service->table_count; i++) {
        const char *name = page->service->tables[i]->name;
        add_tab(out, errand_printf(page->ctx, "%s/ListJob?tableName=%s", mount, html_url(out, name)),
                html_field_label(out, name), table && strcmp(table, name) == 0 && !is_overview);
    }
    html_raw(out, "</ul></nav>");
}

static void add_header(struct html *out, const struct errand_page *page)
{
    html_printf(
        out,
        "<header class=\"errand-header\"><a class=\"errand-brand\" href=\"%s/ListJobs\">"
        "<svg viewBox=\"0 0 16 16\" width=\"20\" height=\"20\" aria-hidden=\"true\"><path d=\"M2 3.5h9M2 8h6\"/>"
        "<path class=\"check\" d=\"m8 12.2 2.2 2.2L14.5 9\"/></svg>%s</a>",
        html_mount(out), title_of(out->page));
    if (out->page->service->read_only)
        html_raw(out, "<span class=\"errand-note\">read-only</span>");
    html_raw(out, "<span class=\"errand-tools\">"
                  "<button type=\"button\" class=\"errand-tool\" data-errand-live hidden></button>"
                  "<button type=\"button\" class=\"errand-tool\" data-errand-theme hidden></button>");
    if (page->user)
        html_printf(
            out,
            "<span class=\"errand-user\" title=\"Logged in as %s\"><svg viewBox=\"0 0 16 16\" width=\"14\" "
            "height=\"14\" aria-hidden=\"true\"><circle cx=\"8\" cy=\"5\" r=\"3\"/><path d=\"M2.5 14.5a5.5 5.5 0 0 1 "
            "11 0\"/></svg><span class=\"visually-hidden\">Logged in as </span><span>%s</span></span>",
            page->user, page->user);
    html_raw(out, "</span></header>");
}

/* What the script keeps up to date by itself is marked: pages without a form that somebody fills in. */
void errand_page_content(struct html *out, const struct errand_page *page)
{
    struct page *request = out->page;
    html_raw(out, "<div class=\"errand\">");
    add_header(out, page);
    if (request->let_in)
        add_navigation(out);
    html_raw(out, "<main class=\"errand-page\" id=\"errand-page\" tabindex=\"-1\"");
    if (request->live)
        html_printf(out, " data-errand-events=\"%s/Events\"", html_mount(out));
    html_raw(out, ">");
    if (request->out->text.size > 0)
        html_add(out, request->out->text.data, request->out->text.size);
    html_raw(out, "</main></div>");
}

static void default_layout(struct errand_context *ctx, struct html *out, const struct errand_page *page)
{
    (void)ctx;
    html_raw(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    errand_page_head(out, page);
    html_raw(out,
             "</head><body class=\"errand-body\"><a class=\"errand-skip\" href=\"#errand-page\">Skip to the page</a>");
    errand_page_content(out, page);
    html_raw(out, "</body></html>\n");
}

static void lay_out(struct page *page, struct html *whole,
                    void (*layout)(struct errand_context *ctx, struct html *out, const struct errand_page *page))
{
    page->shown.user = page->user;
    if (!page->shown.title)
        page->shown.title = title_of(page);
    layout(page->ctx, whole, &page->shown);
}

void page_layout(struct page *page, struct html *whole)
{
    lay_out(page, whole, page->service->config->layout ? page->service->config->layout : default_layout);
}

void page_plain_layout(struct page *page, struct html *whole)
{
    lay_out(page, whole, default_layout);
}

/* ---- The page of a refusal ---- */

static const struct {
    int status;
    const char *title;
} titles[] = {
    { 400, "That is not understood" },
    { 401, "Please log in" },
    { 403, "Not allowed" },
    { 404, "Not found" },
    { 405, "Not this way" },
    { 409, "Not now" },
    { 413, "Too large" },
    { 414, "Too long" },
    { 422, "Something is missing" },
    { 429, "Too often" },
    { 500, "Something went wrong" },
    { 503, "The database is not there" },
    { 504, "That took too long" },
};

static const char *refusal_title(int status)
{
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (titles[i].status == status)
            return titles[i].title;
    }
    return "That did not work";
}

void page_refusal(struct page *page)
{
    struct html *out = page->out;
    const char *sentence = page->refusal.sentence ? page->refusal.sentence : refusal_title(page->refusal.status);
    if (page->wants_json) {
        struct json json = { .out = &out->text };
        json_begin(&json, NULL, '{');
        json_text(&json, "error", sentence);
        json_end(&json, '}');
        return;
    }
    page->shown.title = refusal_title(page->refusal.status);
    html_printf(out, "<section class=\"refusal\" role=\"alert\"><p class=\"refusal-status\">%d</p><h1>%s</h1><p>%s</p>",
                page->refusal.status, page->shown.title, sentence);
    if (page->refusal.login)
        html_printf(out, "<p><a class=\"btn btn-primary\" href=\"%s\">Log in</a></p></section>",
                    html_href(out, page->refusal.login));
    else
        html_printf(out, "<p><a class=\"btn btn-secondary\" href=\"%s/\">To the overview</a></p></section>",
                    html_mount(out));
}
