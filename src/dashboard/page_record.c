/* One row of a table that is no job's: what a foreign key leads to. Only of tables that .records lists. */
#include "dashboard/link.h"
#include "dashboard/parts.h"

#include <string.h>

static const struct errand_table *record_table(struct page *page)
{
    const char *name = page_param(page, "tableName");
    if (!name)
        page_refuse(page, 400, "The parameter tableName is missing.");
    for (const struct errand_table *const *table = page->service->schema->tables; *table; table++) {
        if (strcmp((*table)->name, name) == 0 && table_has_records(page->service, name))
            return *table;
    }
    page_refuse(page, 404,
                "The rows of \"%.100s\" are not shown here. A table is shown once .records of DASHBOARD() lists it.",
                name);
}

static void *find_record(struct page *page, const struct errand_table *table)
{
    const char *id = page_param(page, "id");
    struct errand_value value;
    struct errand_error err;
    if (!id)
        page_refuse(page, 400, "The parameter id is missing.");
    if (table->primary_key_count != 1)
        page_refuse(page, 404, "%s has no primary key of one column, by which a row could be found.", table->name);
    if (admin_value(page->ctx, &table->columns[table->primary_key[0]], id, &value, &err) < 0)
        page_refuse(page, 400, "id=: %s.", err.message);
    void *record = errand_record_find(page->ctx, table, &value);
    if (!record)
        page_refuse(page, 404, "There is no row %.100s in %s; it may have been deleted.", id, table->name);
    return record;
}

static void load_related(struct page *page, const struct errand_table *table, void *record)
{
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        if (table_has_records(page->service, table->foreign_keys[i].target->name))
            errand_record_load(page->ctx, table, i, record, 1);
    }
}

/* The name of the row, or else its key. */
static const char *title_of(struct page *page, const struct errand_table *table, const void *record)
{
    const struct errand_column *name = table_name_column(table);
    const char *title = name ? value_text(page->ctx, name, record) : NULL;
    if (title && *title)
        return title;
    return column_is_masked(table, &table->columns[table->primary_key[0]]) ? VALUE_MASK : page_param(page, "id");
}

static void show_html(struct page *page, const struct errand_table *table, void *record)
{
    struct html *out = page->out;
    load_related(page, table, record);
    page->live = true;
    html_printf(out, "<p class=\"crumbs\">%s</p>", html_field_label(out, table->name));
    part_heading(out, "%s", title_of(page, table, record));
    html_raw(out,
             "<table class=\"table record\"><caption class=\"visually-hidden\">Columns of the row</caption><tbody>");
    for (size_t i = 0; i < table->column_count; i++) {
        html_printf(out, "<tr><th scope=\"row\">%s</th><td>", html_field_label(out, table->columns[i].name));
        value_show(out, table, &table->columns[i], record);
        html_raw(out, "</td></tr>");
    }
    html_raw(out, "</tbody></table>");
}

void page_view_record(struct page *page)
{
    const struct errand_table *table = record_table(page);
    void *record = find_record(page, table);
    if (!page->wants_json) {
        show_html(page, table, record);
        return;
    }
    struct json json = { .out = &page->out->text };
    json_begin(&json, NULL, '{');
    json_text(&json, "table", table->name);
    record_json(page->ctx, &json, "record", table, record);
    json_end(&json, '}');
}
