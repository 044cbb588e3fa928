/* The jobs of one type: narrowed, sorted, page by page, to be selected. */
#include "dashboard/link.h"
#include "dashboard/parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- A list of the user's own ---- */

struct own_list {
    const struct errand_displayable *displayable;
    int64_t page;
    bool done; /* false: the views leave it to the default */
};

static void show_own(struct page *page, void *arg)
{
    struct own_list *own = arg;
    const struct errand_displayable_type *type = own->displayable->job_type;
    own->done = type->page_view(own->displayable->views, page->ctx, page->out, own->page, DASHBOARD_PAGE_SIZE);
}

static bool shows_own(struct page *page, const struct errand_table *table, int64_t number)
{
    struct own_list own = { .displayable = dashboard_displayable(page->service, table), .page = number };
    if (page->wants_json || !own.displayable || !own.displayable->job_type->page_view)
        return false;
    page->shown.title = html_field_label(page->out, table->name);
    return page_view_safely(page, table, "page_view", show_own, &own) && own.done;
}

/* ---- The default one ---- */

static void add_tab(struct html *out, const struct filter_request *request, unsigned statuses, const char *label,
                    const char *class, const char *count)
{
    struct filter_request other = *request;
    other.query.filter.statuses = statuses;
    bool is_current = request->query.filter.statuses == statuses;
    html_printf(out, "<li><a class=\"tab %s\" href=\"%s%s\"", class, link_list(out, request->query.table->name),
                filter_parameters(out, &other));
    html_raw(out, is_current ? " aria-current=\"true\"" : "");
    html_printf(out, ">%s", label);
    if (count)
        html_printf(out, " <span class=\"tab-count\">%s</span>", count);
    html_raw(out, "</a></li>");
}

/* What is counted are the jobs of a status: a list that is narrowed further holds fewer. */
static const char *tab_count(struct html *out, const struct filter_request *request, struct admin_count count)
{
    return filter_is_narrow(&request->query.filter) ? NULL : part_count(out, count);
}

static void add_tabs(struct html *out, const struct filter_request *request, const struct admin_overview *counts)
{
    struct admin_count all = { 0 };
    for (int i = 0; i < ADMIN_STATUSES; i++)
        all = part_count_sum(all, counts->by_status[i]);
    html_raw(out, "<nav aria-label=\"Status\"><ul class=\"tabs\">");
    add_tab(out, request, 0, "All", "", tab_count(out, request, all));
    for (int i = 0; i < ADMIN_STATUSES; i++) {
        const char *label = admin_status_label((enum admin_status)i) + strlen("job_status_");
        add_tab(out, request, 1U << i, admin_status_name((enum admin_status)i),
                counts->by_status[i].count ? errand_printf(out->page->ctx, "status-%s", label) : "",
                tab_count(out, request, counts->by_status[i]));
    }
    html_raw(out, "</ul></nav>");
}

/* What is done with the selected, and with all that match. */
static const struct {
    const char *label, *action, *style;
} actions[] = { { "Retry", "RetryJob", "btn-secondary" }, { "Delete", "DeleteJob", "btn-danger" } };

static void add_selected_actions(struct html *out, const char *form)
{
    html_raw(out, "<div class=\"of-selected\"><span class=\"toolbar-label\" data-errand-selected>Selected:</span>");
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        html_printf(out,
                    "<button class=\"btn btn-sm %s\" form=\"%s\" formaction=\"%s/%s\" data-errand-bulk>%s"
                    "<span class=\"visually-hidden\"> selected</span></button>",
                    actions[i].style, form, html_mount(out), actions[i].action, actions[i].label);
    html_raw(out, "</div>");
}

static void add_toolbar(struct html *out, const struct filter_request *request, bool can_select)
{
    const struct errand_table *table = request->query.table;
    const char *form = jobs_form_id(out, table);
    struct admin_count matching = admin_count_matching(out->page->ctx, table, &request->query.filter);
    html_raw(out, "<div class=\"toolbar\" role=\"group\" aria-label=\"Change jobs\">");
    if (can_select)
        add_selected_actions(out, form);
    html_raw(out, "<div class=\"of-all\">");
    if (part_count_is_unknown(matching))
        html_raw(out, "<span class=\"toolbar-label\">All that match:</span>");
    else
        html_printf(out, "<span class=\"toolbar-label\">All %s<span class=\"that-match\"> that match</span>:</span>",
                    part_count(out, matching));
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        html_printf(out,
                    "<button class=\"btn btn-sm %s\" form=\"%s\" formaction=\"%s/%s\" name=\"all\" value=\"1\">%s "
                    "all…</button>",
                    actions[i].style, form, html_mount(out), actions[i].action, actions[i].label);
    html_raw(out, "</div></div>");
}

static void add_page_links(struct html *out, const struct filter_request *request, const struct admin_list *list)
{
    const char *address = errand_printf(out->page->ctx, "%s%s", link_list(out, request->query.table->name),
                                        filter_parameters(out, request));
    if (!list->first_key && !list->last_key)
        return;
    html_raw(out, "<nav class=\"pages\" aria-label=\"Pages\">");
    if (list->first_key)
        html_printf(out,
                    "<a class=\"btn btn-sm btn-secondary\" href=\"%s\">First page</a>"
                    "<a class=\"btn btn-sm btn-secondary\" rel=\"prev\" href=\"%s&amp;before=%s\">← %s</a>",
                    address, address, html_url(out, list->first_key), list->looks_ahead ? "Look further" : "Previous");
    if (list->last_key)
        html_printf(out, "<a class=\"btn btn-sm btn-secondary\" rel=\"next\" href=\"%s&amp;after=%s\">%s →</a>",
                    address, html_url(out, list->last_key), list->looks_back ? "Look further back" : "Next");
    html_raw(out, "</nav>");
}

/* Where a list does not show all that there is: no index serves it, and the table is large. */
static void add_looked_at(struct html *out, const struct filter_request *request, const struct admin_list *list)
{
    const char *rows = format_count(out->page, list->looked_at);
    if (list->looked_at > 0 && request->query.sort > 0)
        html_printf(out,
                    "<p class=\"form-text\">Sorted are the newest %s jobs alone. Those of a status that has fewer are "
                    "all sorted.</p>",
                    rows);
    else if (list->looks_ahead || (list->looks_back && request->query.after))
        html_printf(out, "<p class=\"form-text\">Looked at %s jobs from here on.</p>", rows);
    else if (list->looks_back)
        html_printf(out, "<p class=\"form-text\">Looked at the newest %s jobs.</p>", rows);
}

static void add_changes(struct html *out, const struct filter_request *request, bool can_select)
{
    if (out->page->service->read_only)
        return;
    add_toolbar(out, request, can_select);
    jobs_form(out, request->query.table, request, PART_BACK_LIST);
}

static void add_nothing(struct html *out, const struct filter_request *request, const struct admin_list *list)
{
    const struct admin_filter *filter = &request->query.filter;
    if (!filter->statuses && !filter_is_narrow(filter) && request->page == 0 && !request->query.after) {
        part_no_jobs(out, request->query.table);
        return;
    }
    html_printf(out, "<div class=\"empty\"><p>No job matches%s. <a href=\"%s\">Show all jobs</a></p></div>",
                list->looked_at > 0 ? " among those that were looked at" : "",
                link_list(out, request->query.table->name));
    if (list->looked_at > 0) /* of the others some may */
        add_changes(out, request, false);
}

static void add_jobs(struct html *out, const struct filter_request *request, struct errand_list jobs,
                     const struct list_view *view)
{
    add_changes(out, request, !view);
    if (view)
        view->jobs(out, jobs, view->arg);
    else
        jobs_table(out, &(struct jobs_table){ request->query.table, jobs, request });
}

void list_show(struct html *out, const struct filter_request *request, const struct figures *figures,
               const struct list_view *view)
{
    const struct errand_table *table = request->query.table;
    out->page->live = true;
    html_raw(out, "<div class=\"page-head\">");
    part_heading(out, "%s", view ? view->title : html_field_label(out, table->name));
    if (view)
        view->new_job(out, view->arg);
    else
        part_new_job(out, table);
    html_raw(out, "</div>");
    if (!part_is_there(out, figures->counts))
        return;
    struct admin_list_query query = request->query;
    query.beginning = view ? 0 : ADMIN_BEGINNING; /* the application's own views may show the whole */
    struct admin_list list = admin_list(out->page->ctx, &query);
    figures_facts(out, figures);
    add_tabs(out, request, figures->counts);
    filter_form(out, request);
    filter_chips(out, request);
    if (list.jobs.count == 0) {
        add_nothing(out, request, &list);
        add_looked_at(out, request, &list);
        add_page_links(out, request, &list);
        return;
    }
    add_looked_at(out, request, &list);
    add_jobs(out, request, list.jobs, view);
    add_page_links(out, request, &list);
}

static void show_json(struct page *page, const struct filter_request *request, const struct admin_overview *counts)
{
    struct json json = { .out = &page->out->text };
    struct admin_list_query query = request->query;
    query.beginning = VALUE_LISTED_MAX + 1;
    struct admin_list list = admin_list(page->ctx, &query);
    json_begin(&json, NULL, '{');
    json_text(&json, "table", request->query.table->name);
    json_begin(&json, "by_status", '{');
    for (int i = 0; i < ADMIN_STATUSES; i++)
        part_count_json(&json, admin_status_label((enum admin_status)i), counts->by_status[i]);
    json_end(&json, '}');
    part_count_json(&json, "matching", admin_count_matching(page->ctx, request->query.table, &request->query.filter));
    jobs_table_json(page->out, &json, "jobs", request->query.table, list.jobs);
    json_text(&json, "before", list.first_key);
    json_text(&json, "after", list.last_key);
    if (list.looked_at > 0)
        json_int(&json, "looked_at", list.looked_at);
    else
        json_null(&json, "looked_at");
    json_end(&json, '}');
}

void page_list(struct page *page)
{
    const struct errand_table *table = page_job_table(page);
    struct filter_request request = filter_read(page, table);
    /* A form without a script sends its empty fields too: the address that is kept and shared is the short one. */
    if (page_param(page, "apply") && !page->wants_json)
        page_redirect(page, errand_printf(page->ctx, "%s%s", link_list(page->out, table->name),
                                          filter_parameters(page->out, &request)));
    if (shows_own(page, table, request.page))
        return;
    struct figures figures = figures_read(page, table);
    if (!page->wants_json) {
        list_show(page->out, &request, &figures, NULL);
        return;
    }
    if (figures.counts->missing)
        page_refuse(page, 404, "The database has no table %s, or may not be asked for it.", table->name);
    if (figures.counts->trouble)
        page_refuse(page, 503, "%s", figures.counts->trouble);
    show_json(page, &request, figures.counts);
}
