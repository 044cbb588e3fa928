/* The pages of Data that show several rows: all tables, and the rows of one. Written as the dashboard's pages are, over
   its helpers. Neither its list of records nor its masking of secrets holds here (shows_all): who sees these pages has
   the sources and the database on this machine, which alone is answered, and never in production. */
#include "dev/page_data.h"

#include "base/utf8.h"
#include "dashboard/parts.h"
#include "dashboard/route.h"
#include "dashboard/value.h"
#include "dev/data.h"
#include "record/field.h"

#include <string.h>

enum {
    ROWS_MAX = 50,         /* on a page */
    WHOLE_MAX = 64 * 1024, /* bytes of a text on the page of its row */
    NAME_SHOWN_MAX = 100
};

/* ---- What the pages share ---- */

const struct errand_table *data_table(struct page *page)
{
    const char *name = page_param(page, "tableName");
    if (!name)
        page_refuse(page, 400, "The parameter tableName is missing.");
    for (const struct errand_table *const *table = page->service->schema->tables; *table; table++)
        if (strcmp((*table)->name, name) == 0)
            return *table;
    page_refuse(page, 404, "Application/Schema.sql has no table \"%.*s\".", NAME_SHOWN_MAX, name);
}

const char *data_link(struct html *out, const char *path, const struct errand_table *table)
{
    return errand_printf(out->page->ctx, "%s%s?tableName=%s", html_mount(out), path, html_url(out, table->name));
}

const char *data_row_link(struct html *out, const char *path, const struct errand_table *table, const void *row)
{
    const char *link = data_link(out, path, table);
    for (size_t i = 0; i < table->primary_key_count; i++) {
        const char *text = value_text(out->page->ctx, &table->columns[table->primary_key[i]], row);
        link = errand_printf(out->page->ctx, "%s&id=%s", link, html_url(out, text));
    }
    return link;
}

static void add_notice(struct html *out, const char *key, const char *sentence)
{
    bool is_answer = strcmp(out->page->request->method, "POST") == 0;
    if (!is_answer && page_param(out->page, key))
        html_printf(out, "<div class=\"notice\" role=\"status\"><p>%s</p></div>", sentence);
}

void data_heading(struct html *out, const struct errand_table *table, const char *title)
{
    out->page->shown.title = title ? title : table->name;
    html_printf(out, "<p class=\"crumbs\"><a href=\"%s\">Data</a>", html_mount(out));
    if (title)
        html_printf(out, " / <a href=\"%s\">%s</a>", data_link(out, "/ListRecords", table), table->name);
    html_printf(out, "</p><div class=\"page-head\"><h1>%s</h1>", out->page->shown.title);
    if (!title)
        html_printf(out, "<a class=\"btn btn-primary btn-sm\" href=\"%s\">+ New row</a>",
                    data_link(out, "/CreateRecord", table));
    add_notice(out, "created", "The row was added.");
    add_notice(out, "deleted", "The row was deleted.");
    html_raw(out, "</div>");
}

/* ---- Cells ---- */

static void add_size(struct html *out, size_t size)
{
    html_printf(out, " <span class=\"aside\">%s bytes</span>", format_count(out->page, (int64_t)size));
}

/* The beginning of a text that is too long for a page. */
static void add_beginning(struct html *out, const char *text, size_t size)
{
    size_t end = WHOLE_MAX;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--; /* not in the middle of a character */
    html_raw(out, "<pre>");
    html_escape(out, text, end);
    html_raw(out, "…</pre>");
    add_size(out, size);
}

static void add_text(struct html *out, const struct errand_table *table, const struct errand_column *column,
                     const void *row, bool whole)
{
    struct errand_value value = field_value(column, row);
    size_t size = value.as.text.size;
    if (size == 0)
        html_raw(out, "<em class=\"none\">empty</em>");
    else if (whole && size > WHOLE_MAX)
        add_beginning(out, value.as.text.data, size);
    else
        (whole ? value_show : value_show_short)(out, table, column, row);
    if (!whole && (size > VALUE_SHORT_MAX || memchr(value.as.text.data, '\n', size)))
        add_size(out, size);
}

void data_value(struct html *out, const struct errand_table *table, const struct errand_column *column, const void *row,
                bool whole)
{
    struct errand_value value = field_value(column, row);
    if (value.kind == ERRAND_VALUE_NULL)
        html_raw(out, "<em class=\"none\">NULL</em>");
    else if (value.kind == ERRAND_VALUE_TIME)
        html_time(out, value.as.integer);
    else if (value.kind == ERRAND_VALUE_TEXT && column->type == ERRAND_TYPE_TEXT)
        add_text(out, table, column, row, whole);
    else
        (whole ? value_show : value_show_short)(out, table, column, row);
}

/* ---- The tables ---- */

struct counting {
    const struct errand_table *table;
    struct admin_count count;
};

static void count_rows(struct errand_context *ctx, void *arg)
{
    struct counting *counting = arg;
    counting->count = admin_count_matching(ctx, counting->table, NULL);
}

/* Where one took too long, or the database is away, the others are not tried. */
static bool add_count(struct html *out, const struct errand_table *table)
{
    struct counting counting = { .table = table };
    struct context_end end = context_try(out->page->ctx, count_rows, &counting);
    if (end.end == JOB_END_RETURNED)
        html_printf(out, "<td class=\"number\">%s</td>", part_count(out, counting.count));
    else
        html_printf(out, "<td class=\"bad\">%s</td>", end.error);
    return end.fault == CONTEXT_FAULT_NONE || end.fault == CONTEXT_FAULT_OTHER;
}

static const char *key_names(struct html *out, const struct errand_table *table)
{
    const char *names = "";
    for (size_t i = 0; i < table->primary_key_count; i++)
        names =
            errand_printf(out->page->ctx, "%s%s%s", names, i ? ", " : "", table->columns[table->primary_key[i]].name);
    return names;
}

static void data_tables(struct page *page)
{
    struct html *out = page->out;
    bool counts = true;
    page->shown.title = "Data";
    html_raw(out, "<h1>Data</h1>");
    if (!page->service->schema->tables[0]) {
        html_raw(out, "<p class=\"empty\">There is no table yet. <a href=\"/Schema\">Schema</a> adds one.</p>");
        return;
    }
    html_raw(out, "<table class=\"table data-tables\"><thead><tr><th scope=\"col\">Table</th><th scope=\"col\" "
                  "class=\"number\">Rows</th><th scope=\"col\">Key</th></tr></thead><tbody>");
    for (const struct errand_table *const *table = page->service->schema->tables; *table; table++) {
        html_printf(out, "<tr><th scope=\"row\"><a href=\"%s\">%s</a></th>", data_link(out, "/ListRecords", *table),
                    (*table)->name);
        if (counts)
            counts = add_count(out, *table);
        else
            html_raw(out, "<td></td>");
        html_printf(out, "<td>%s</td></tr>", key_names(out, *table));
    }
    html_raw(out, "</tbody></table>");
}

/* ---- The rows of a table ---- */

static void add_head(struct html *out, const struct errand_table *table)
{
    html_printf(out,
                "<div class=\"table-scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Rows of %s\">"
                "<table class=\"table data\"><thead><tr>",
                table->name);
    if (table->primary_key_count > 0)
        html_raw(out, "<th scope=\"col\"><span class=\"visually-hidden\">Action</span></th>");
    for (size_t i = 0; i < table->column_count; i++)
        html_printf(out, "<th scope=\"col\">%s</th>", table->columns[i].name);
    html_raw(out, "</tr></thead><tbody>");
}

static void add_row(struct html *out, const struct errand_table *table, const void *row, size_t number)
{
    html_raw(out, "<tr>");
    if (table->primary_key_count > 0)
        html_printf(out,
                    "<td class=\"actions\"><a href=\"%s\">Show<span class=\"visually-hidden\"> row %zu</span></a> "
                    "<a class=\"bad\" href=\"%s\">Delete<span class=\"visually-hidden\"> row %zu</span></a></td>",
                    data_row_link(out, "/ViewRecord", table, row), number,
                    data_row_link(out, "/DeleteRecord", table, row), number);
    for (size_t i = 0; i < table->column_count; i++) {
        html_printf(out, "<td data-label=\"%s\">", table->columns[i].name);
        data_value(out, table, &table->columns[i], row, false);
        html_raw(out, "</td>");
    }
    html_raw(out, "</tr>");
}

static void add_page_links(struct html *out, const struct errand_table *table, const struct admin_list *list)
{
    const char *address = data_link(out, "/ListRecords", table);
    if (!list->first_key && !list->last_key)
        return;
    html_raw(out, "<nav class=\"pages\" aria-label=\"Pages of rows\">");
    if (list->first_key)
        html_printf(out,
                    "<a class=\"btn btn-sm btn-secondary\" href=\"%s\">First page</a>"
                    "<a class=\"btn btn-sm btn-secondary\" rel=\"prev\" href=\"%s&before=%s\">← Previous</a>",
                    address, address, html_url(out, list->first_key));
    if (list->last_key)
        html_printf(out, "<a class=\"btn btn-sm btn-secondary\" rel=\"next\" href=\"%s&after=%s\">Next →</a>", address,
                    html_url(out, list->last_key));
    html_raw(out, "</nav>");
}

static void data_list(struct page *page)
{
    struct html *out = page->out;
    const struct errand_table *table = data_table(page);
    const char *before = page_param(page, "before"), *after = page_param(page, "after");
    const struct admin_list_query query = {
        .table = table, .descending = true, .after = before ? before : after, .before = before, .limit = ROWS_MAX
    };
    struct admin_list list = admin_list(page->ctx, &query);
    data_heading(out, table, NULL);
    if (table->primary_key_count == 0)
        html_printf(out,
                    "<p>%s has no primary key, by which one row could be told from the others: rows can be added here, "
                    "and not deleted.</p>",
                    table->name);
    if (list.jobs.count == 0) {
        html_raw(out, "<p class=\"empty\">There is no row.</p>");
        return;
    }
    add_head(out, table);
    for (size_t i = 0; i < list.jobs.count; i++)
        add_row(out, table, (const char *)list.jobs.items + i * table->record_size, i + 1);
    html_raw(out, "</tbody></table></div>");
    add_page_links(out, table, &list);
}

/* ---- All pages ---- */

const struct route data_routes[] = {
    { .path = "", .method = "GET", .page = data_tables },
    { .path = "/ListRecords", .method = "GET", .page = data_list },
    { .path = "/ViewRecord", .method = "GET", .page = data_view_row },
    { .path = "/CreateRecord", .method = "GET", .page = data_new_row },
    { .path = "/CreateRecord", .method = "POST", .page = data_create_row },
    { .path = "/DeleteRecord", .method = "GET", .page = data_ask_delete },
    { .path = "/DeleteRecord", .method = "POST", .page = data_delete_row },
    { 0 },
};
