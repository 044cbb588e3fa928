/* A TABLE_VIEWABLE as a section of the overview and as a list: its title, the way to a new job, its jobs. What it
   leaves open is shown as of any job: the newest first; ID, time of the last change, status, a link. */
#include "dashboard/link.h"
#include "dashboard/parts.h"
#include "record/field.h"

static const char *const default_headers[] = { "ID", "Updated at", "Status", "", NULL };

/* What is shown of one table view, in one place of a page. */
struct listing {
    struct errand_context *ctx;
    struct html *out;
    const struct errand_table_view *view;
    const char *table; /* what the links name */
    const char *title;
    struct errand_list jobs;
};

static struct listing begin(struct errand_context *ctx, struct html *out, const struct errand_table_view *view)
{
    struct listing listing = { .ctx = ctx, .out = out, .view = view };
    listing.table = view->table_name ? view->table_name : view->table->name;
    listing.title = view->title ? view->title : html_field_label(out, listing.table);
    return listing;
}

/* ---- Jobs ---- */

static struct errand_list newest(const struct listing *listing)
{
    const struct admin_list_query query = { .table = listing->view->table, .limit = DASHBOARD_SECTION_SIZE };
    return admin_list(listing->ctx, &query).jobs;
}

static void load_related(const struct listing *listing)
{
    if (listing->view->load && listing->jobs.count > 0)
        listing->view->load(listing->view->view, listing->ctx, &listing->jobs);
}

/* False: the view leaves its pages to the default. */
static bool has_own_page(struct listing *listing, int64_t page, int64_t page_size)
{
    const struct errand_table_view *view = listing->view;
    return view->page && view->page(view->view, listing->ctx, page, page_size, &listing->jobs);
}

/* A page of one job, the first one behind this page. */
static bool has_more(const struct listing *listing, int64_t page, int64_t page_size)
{
    struct listing next = *listing;
    return (int64_t)listing->jobs.count >= page_size && has_own_page(&next, (page + 1) * page_size, 1) &&
           next.jobs.count > 0;
}

/* ---- Rows ---- */

static void write_default_row(const struct listing *listing, const void *job)
{
    struct html *out = listing->out;
    const struct errand_table *table = listing->view->table;
    const char *id = job_id(table, job);
    int status = job_status(table, job);
    html_printf(out, "<tr><td><code>%s</code></td><td>", id);
    html_time_ago(out, field_value(column_called(table, "updated_at"), job).as.integer);
    html_raw(out, "</td><td>");
    html_status_badge(out, status < 0 ? NULL : admin_status_label((enum admin_status)status));
    html_printf(out, "</td><td><a href=\"%s\">Show<span class=\"visually-hidden\"> %s</span></a></td></tr>",
                link_job(out, listing->table, id), id);
}

static void write_row(const struct listing *listing, const void *job)
{
    const struct errand_table_view *view = listing->view;
    if (view->row && view->row(view->view, listing->ctx, listing->out, job))
        return;
    if (view->headers && view->headers[0])
        errand_fail(listing->ctx, "the TABLE_VIEWABLE of %s has .headers but no .row", view->table->record_name);
    write_default_row(listing, job);
}

/* A header without a word still says something to those who hear the table. */
static void write_headers(const struct listing *listing)
{
    const char *const *headers = listing->view->headers;
    if (!headers || !headers[0])
        headers = default_headers;
    html_raw(listing->out, "<thead><tr>");
    for (size_t i = 0; i < ERRAND_TABLE_HEADERS_MAX && headers[i]; i++) {
        if (*headers[i])
            html_printf(listing->out, "<th scope=\"col\">%s</th>", headers[i]);
        else
            html_raw(listing->out,
                     "<th scope=\"col\" class=\"action\"><span class=\"visually-hidden\">Action</span></th>");
    }
    html_raw(listing->out, "</tr></thead>");
}

static void write_jobs(const struct listing *listing)
{
    struct html *out = listing->out;
    if (listing->jobs.count == 0) {
        part_no_jobs(out, listing->view->table);
        return;
    }
    html_printf(
        out,
        "<div class=\"table-scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s: table\"><table class=\"table "
        "table-hover own-table\">",
        listing->title);
    write_headers(listing);
    html_raw(out, "<tbody>");
    for (size_t i = 0; i < listing->jobs.count; i++)
        write_row(listing, (const char *)listing->jobs.items + i * listing->view->table->record_size);
    html_raw(out, "</tbody></table></div>");
}

/* ---- Around them ---- */

static void write_new_job_link(const struct listing *listing)
{
    const struct errand_table_view *view = listing->view;
    if (listing->out->page->service->read_only)
        return;
    if (view->new_job_link && view->new_job_link(view->view, listing->ctx, listing->out))
        return;
    html_printf(listing->out, "<a class=\"btn btn-primary btn-sm\" href=\"%s\">+ New Job</a>",
                link_new(listing->out, listing->table));
}

void errand_table_section(struct errand_context *ctx, struct html *out, const struct errand_table_view *view)
{
    struct listing listing = begin(ctx, out, view);
    struct figures figures = figures_read(out->page, view->table);
    html_printf(out, "<section class=\"job-section\" aria-label=\"%s\"><div class=\"section-head\"><h2>",
                listing.title);
    html_printf(out, "<a href=\"%s\">%s</a></h2>", link_list(out, listing.table), listing.title);
    write_new_job_link(&listing);
    html_raw(out, "</div>");
    if (part_is_there(out, figures.counts)) {
        figures_show(out, &figures);
        if (!view->index || !view->index(view->view, ctx, &listing.jobs))
            listing.jobs = newest(&listing);
        load_related(&listing);
        write_jobs(&listing);
    }
    html_raw(out, "</section>");
}

/* ---- A list ---- */

static void new_job_of_list(struct html *out, void *arg)
{
    (void)out;
    write_new_job_link(arg);
}

static void jobs_of_list(struct html *out, struct errand_list jobs, void *arg)
{
    (void)out;
    struct listing *listing = arg;
    listing->jobs = jobs;
    load_related(listing);
    write_jobs(listing);
}

static void show_own_page(struct listing *listing, int64_t page, int64_t page_size)
{
    struct html *out = listing->out;
    struct figures figures = figures_read(out->page, listing->view->table);
    load_related(listing);
    out->page->live = true;
    html_raw(out, "<div class=\"page-head\">");
    part_heading(out, "%s", listing->title);
    write_new_job_link(listing);
    html_raw(out, "</div>");
    if (part_is_there(out, figures.counts))
        figures_facts(out, &figures);
    write_jobs(listing);
    html_pagination(out, page, page_size, has_more(listing, page, page_size));
}

/* Which jobs a page of the view's own has, only the view knows; otherwise the list can do all that the default one can
   with its jobs, but that their rows are the view's. */
void errand_table_page(struct errand_context *ctx, struct html *out, const struct errand_table_view *view, int64_t page,
                       int64_t page_size)
{
    struct listing listing = begin(ctx, out, view);
    if (has_own_page(&listing, page, page_size)) {
        show_own_page(&listing, page, page_size);
        return;
    }
    struct filter_request request = filter_read(out->page, view->table);
    request.query.limit = page_size;
    if (!request.query.after)
        request.query.offset = page * page_size;
    struct figures figures = figures_read(out->page, view->table);
    list_show(out, &request, &figures, &(struct list_view){ listing.title, new_job_of_list, jobs_of_list, &listing });
}
