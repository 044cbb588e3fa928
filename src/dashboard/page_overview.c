/* The overview: all types in figures, each with its newest jobs, and the workers. */
#include "dashboard/link.h"
#include "dashboard/parts.h"

#include <inttypes.h>
#include <string.h>

/* Everything that the page tells, read before it is written. */
struct overview {
    struct figures *types; /* as many as the service has tables; those that could not be read have no points */
    struct figures sum;
    struct admin_workers workers;
};

static struct overview read_overview(struct page *page)
{
    const struct errand_dashboard_service *service = page->service;
    struct overview overview;
    struct admin_overview *counts = admin_overviews(page->ctx, service->tables, service->table_count);
    overview.types = errand_alloc(page->ctx, (service->table_count + 1) * sizeof(*overview.types));
    for (size_t i = 0; i < service->table_count; i++)
        overview.types[i] = figures_of(page, service->tables[i], &counts[i]);
    overview.sum = figures_sum(page->ctx, overview.types, service->table_count);
    overview.workers = admin_workers(page->ctx, counts, service->table_count);
    return overview;
}

static struct errand_list newest_jobs(struct page *page, const struct errand_table *table)
{
    const struct admin_list_query query = { .table = table,
                                            .limit = DASHBOARD_SECTION_SIZE,
                                            .beginning = page->wants_json ? VALUE_LISTED_MAX + 1 : ADMIN_BEGINNING };
    return admin_list(page->ctx, &query).jobs;
}

/* ---- Sections ---- */

struct own_section {
    const struct errand_displayable *displayable;
    bool done;
};

static void show_own(struct page *page, void *arg)
{
    struct own_section *own = arg;
    own->done = own->displayable->job_type->dashboard_section(own->displayable->views, page->ctx, page->out);
}

static bool shows_own(struct page *page, const struct errand_table *table)
{
    struct own_section own = { .displayable = dashboard_displayable(page->service, table) };
    if (!own.displayable || !own.displayable->job_type->dashboard_section)
        return false;
    return page_view_safely(page, table, "dashboard_section", show_own, &own) && own.done;
}

static void show_default(struct page *page, const struct figures *type)
{
    struct html *out = page->out;
    const char *name = type->table->name, *label = html_field_label(out, name);
    html_printf(
        out,
        "<section class=\"job-section\" aria-label=\"%s\"><div class=\"section-head\"><h2><a href=\"%s\">%s</a></h2>",
        label, link_list(out, name), label);
    part_new_job(out, type->table);
    html_raw(out, "</div>");
    if (!part_is_there(out, type->counts)) {
        html_raw(out, "</section>");
        return;
    }
    figures_show(out, type);
    struct errand_list jobs = newest_jobs(page, type->table);
    if (jobs.count == 0)
        part_no_jobs(out, type->table);
    else
        jobs_table(out, &(struct jobs_table){ type->table, jobs, NULL });
    if (jobs.count > 0 && !page->service->read_only)
        jobs_form(out, type->table, NULL, PART_BACK_OVERVIEW);
    html_raw(out, "</section>");
}

/* ---- Workers ---- */

/* "a_jobs,b_jobs" -> "A jobs, B jobs" */
static void add_tables(struct html *out, const char *tables)
{
    char *names = errand_strdup(out->page->ctx, tables), *rest;
    const char *between = "";
    for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest), between = ", ")
        html_printf(out, "%s%s", between, html_field_label(out, name));
}

static void add_running(struct html *out, const struct admin_worker *worker)
{
    if (worker->running_count == 0) {
        html_printf(out, "<span class=\"aside\">%s</span>", worker->running_more ? "unknown" : "nothing");
        return;
    }
    html_raw(out, "<ul class=\"running\">");
    for (size_t i = 0; i < worker->running_count; i++) {
        const struct admin_running *running = &worker->running[i];
        html_printf(out, "<li><a href=\"%s\">%s <code>%.8s</code></a> <span class=\"aside\">for ",
                    link_job(out, running->table, running->job_id.text), html_field_label(out, running->table),
                    running->job_id.text);
        html_duration(out, page_now(out->page) - running->since);
        html_raw(out, "</span></li>");
    }
    html_raw(out, worker->running_more ? "<li class=\"aside\">and more</li></ul>" : "</ul>");
}

static void add_worker(struct html *out, const struct admin_worker *worker)
{
    html_printf(out, "<tr id=\"worker-%s\"><th scope=\"row\"><span class=\"lamp %s\"></span>%s</th>",
                html_url(out, worker->id), worker->alive ? "alive" : "silent", worker->host);
    html_printf(out,
                "<td data-label=\"Process\" class=\"number\">%" PRId64
                "</td><td data-label=\"Version\">%s</td><td data-label=\"Started\">",
                worker->pid, worker->version);
    html_time_ago(out, worker->started_at);
    html_raw(out, "</td><td data-label=\"Seen\">");
    if (worker->alive)
        html_raw(out, "alive, ");
    else
        html_raw(out, "<span class=\"bad\">silent</span>, ");
    html_time_ago(out, worker->seen_at);
    html_raw(out, "</td><td data-label=\"Works on\">");
    add_tables(out, worker->tables);
    html_raw(out, "</td><td data-label=\"Runs\">");
    add_running(out, worker);
    html_raw(out, "</td></tr>");
}

static void add_workers(struct html *out, const struct admin_workers *workers)
{
    html_raw(out, "<section class=\"job-section\" aria-label=\"Workers\" id=\"workers\"><div "
                  "class=\"section-head\"><h2>Workers</h2></div>");
    if (workers->count == 0) {
        html_raw(out, "<div class=\"empty\"><p>No worker runs, so jobs stay queued. Start one:</p>"
                      "<pre>make build/bin/RunJobs &amp;&amp; build/bin/RunJobs</pre></div></section>");
        return;
    }
    html_raw(out, "<div class=\"table-scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Workers: table\"><table "
                  "class=\"table workers\">"
                  "<caption class=\"visually-hidden\">Workers</caption><thead><tr>");
    static const char *const headers[] = { "Host", "Process", "Version", "Started", "Seen", "Works on", "Runs" };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        html_printf(out, "<th scope=\"col\">%s</th>", headers[i]);
    html_raw(out, "</tr></thead><tbody>");
    for (size_t i = 0; i < workers->count; i++)
        add_worker(out, &workers->items[i]);
    html_raw(out, "</tbody></table></div></section>");
}

/* ---- The page ---- */

static void show_html(struct page *page)
{
    struct html *out = page->out;
    struct overview overview = read_overview(page);
    page->live = true;
    html_raw(out, "<div class=\"page-head of-overview\">");
    part_heading(out, "Overview");
    html_raw(out, "</div>");
    html_raw(out, "<div class=\"figures\">");
    figures_totals(out, &overview.sum, &overview.workers);
    figures_chart(out, &overview.sum);
    html_raw(out, "</div>");
    for (size_t i = 0; i < page->service->table_count; i++) {
        page->figures = &overview.types[i];
        if (!shows_own(page, page->service->tables[i]))
            show_default(page, &overview.types[i]);
    }
    page->figures = NULL;
    if (page->service->table_count == 0)
        html_raw(out, "<div class=\"empty\"><p>No table of Schema.sql has a name that ends in <code>_jobs</code>. "
                      "Make one:</p><pre>errand generate job EmailCustomers</pre></div>");
    add_workers(out, &overview.workers);
}

static void show_json(struct page *page)
{
    struct json json = { .out = &page->out->text };
    struct overview overview = read_overview(page);
    json_begin(&json, NULL, '{');
    json_begin(&json, "total", '{');
    figures_json(&json, &overview.sum);
    json_end(&json, '}');
    json_begin(&json, "job_types", '[');
    for (size_t i = 0; i < page->service->table_count; i++) {
        const struct figures *type = &overview.types[i];
        json_begin(&json, NULL, '{');
        json_text(&json, "table", type->table->name);
        json_text(&json, "name", html_field_label(page->out, type->table->name));
        json_bool(&json, "missing", type->counts->missing);
        json_text(&json, "trouble", type->counts->trouble);
        if (type->points) {
            figures_json(&json, type);
            jobs_table_json(page->out, &json, "newest", type->table, newest_jobs(page, type->table));
        }
        json_end(&json, '}');
    }
    json_end(&json, ']');
    admin_workers_json(&json, &overview.workers);
    json_end(&json, '}');
}

void page_overview(struct page *page)
{
    (page->wants_json ? show_json : show_html)(page);
}
