/* The pages of Data that are about one row: shown whole, added by a form, deleted by its key. */
#include "base/error.h"
#include "dashboard/field.h"
#include "dashboard/link.h"
#include "dashboard/parts.h"
#include "dev/page_data.h"

#include <string.h>

/* ---- A row ---- */

/* The parameter id, once for each column of the key, in its order. */
static const struct errand_value *read_key(struct page *page, const struct errand_table *table)
{
    const char **ids = page_params(page, "id");
    size_t count = table->primary_key_count, given = 0;
    struct errand_value *values = errand_alloc(page->ctx, (count + 1) * sizeof(*values));
    struct errand_error err;
    while (ids[given])
        given++;
    if (count == 0)
        page_refuse(page, 400, "%s has no primary key, by which one row could be told from the others.", table->name);
    if (given != count)
        page_refuse(page, 400, "The key of %s has %zu columns: the parameter id is needed as often.", table->name,
                    count);
    for (size_t i = 0; i < count; i++)
        if (admin_value(page->ctx, &table->columns[table->primary_key[i]], ids[i], &values[i], &err) < 0)
            page_refuse(page, 400, "id=: %s.", err.message);
    return values;
}

static void *find_row(struct page *page, const struct errand_table *table)
{
    void *row = errand_record_find(page->ctx, table, read_key(page, table));
    if (!row)
        page_refuse(page, 404, "There is no such row in %s; it may have been deleted.", table->name);
    return row;
}

static void add_columns(struct html *out, const struct errand_table *table, const void *row, bool whole)
{
    html_raw(out,
             "<table class=\"table record\"><caption class=\"visually-hidden\">Columns of the row</caption><tbody>");
    for (size_t i = 0; i < table->column_count; i++) {
        html_printf(out, "<tr><th scope=\"row\">%s</th><td>", table->columns[i].name);
        data_value(out, table, &table->columns[i], row, whole);
        html_raw(out, "</td></tr>");
    }
    html_raw(out, "</tbody></table>");
}

void data_view_row(struct page *page)
{
    const struct errand_table *table = data_table(page);
    const void *row = find_row(page, table);
    data_heading(page->out, table, "Row");
    add_columns(page->out, table, row, true);
    html_printf(page->out, "<p class=\"form-end\"><a class=\"btn btn-danger\" href=\"%s\">Delete…</a></p>",
                data_row_link(page->out, "/DeleteRecord", table, row));
}

/* ---- Deleting ---- */

static void ask(struct page *page, const struct errand_table *table, const void *row, const char *refused)
{
    struct html *out = page->out;
    data_heading(out, table, "Delete this row?");
    if (refused)
        html_printf(out, "<div class=\"alert alert-danger\" role=\"alert\">The row was not deleted: %s</div>", refused);
    add_columns(out, table, row, false);
    html_form_begin(out, errand_printf(page->ctx, "%s/DeleteRecord", html_mount(out)));
    html_hidden(out, "tableName", table->name);
    for (size_t i = 0; i < table->primary_key_count; i++)
        html_hidden(out, "id", value_text(page->ctx, &table->columns[table->primary_key[i]], row));
    html_raw(out, "<div class=\"form-end\">");
    html_submit(out, "Delete row", "danger");
    html_printf(out, "<a class=\"btn btn-link\" href=\"%s\">Cancel</a></div>", data_link(out, "/ListRecords", table));
    html_form_end(out);
}

void data_ask_delete(struct page *page)
{
    const struct errand_table *table = data_table(page);
    ask(page, table, find_row(page, table), NULL);
}

struct deletion {
    const struct page *page;
    const struct errand_table *table;
    const void *row;
    bool is_running;
};

static bool is_job(const struct page *page, const struct errand_table *table)
{
    for (size_t i = 0; i < page->service->table_count; i++)
        if (page->service->tables[i] == table)
            return true;
    return false;
}

/* A job as the dashboard deletes it: never one that runs, and its attempts with it. */
static void delete (struct errand_context *ctx, void *arg)
{
    struct deletion *deletion = arg;
    const struct errand_table *table = deletion->table;
    if (is_job(deletion->page, table))
        deletion->is_running =
            admin_change_one(ctx, table, ADMIN_DELETE_JOB, job_id(table, deletion->row)) == ADMIN_IS_RUNNING;
    else
        errand_record_delete(ctx, table, deletion->row);
}

void data_delete_row(struct page *page)
{
    const struct errand_table *table = data_table(page);
    struct deletion deletion = { .page = page, .table = table, .row = find_row(page, table) };
    struct context_end end = context_try(page->ctx, delete, &deletion);
    const char *refused = deletion.is_running ? "the job is running." : end.error;
    if (refused) {
        page->status = 409;
        ask(page, table, deletion.row, refused);
        return;
    }
    errand_log(page->ctx, ERRAND_LOG_INFO, "a row of %s was deleted on the page Data", table->name);
    page_redirect(page, errand_printf(page->ctx, "%s&deleted=1", data_link(page->out, "/ListRecords", table)));
}

/* ---- Adding: what an empty field means ---- */

enum { EMPTY_DEFAULT = 1, EMPTY_NULL = 2, EMPTY_TEXT = 4 };

static const struct {
    unsigned meaning;
    const char *word, *label;
} meanings[] = {
    { EMPTY_DEFAULT, "default", "the default" },
    { EMPTY_NULL, "null", "NULL" },
    { EMPTY_TEXT, "text", "an empty value" },
};

enum { MEANING_COUNT = sizeof(meanings) / sizeof(meanings[0]) };

/* What it may mean; 0: there must be a value. */
static unsigned meanings_of(const struct errand_table *table, const struct errand_column *column)
{
    bool is_text = strcmp(column->sql_type, "text") == 0 || strncmp(column->sql_type, "character", 9) == 0 ||
                   column->type == ERRAND_TYPE_BYTES;
    return (column_has_default(column) ? EMPTY_DEFAULT : 0) | (column->nullable ? EMPTY_NULL : 0) |
           (is_text && !column_foreign_key(table, column) ? EMPTY_TEXT : 0);
}

static const char *value_name(struct page *page, const struct errand_column *column)
{
    return errand_printf(page->ctx, "value-%s", column->name);
}

static const char *empty_name(struct page *page, const struct errand_column *column)
{
    return errand_printf(page->ctx, "empty-%s", column->name);
}

/* The meaning that was chosen: the first that there is where none was; 0 where there is none. */
static unsigned chosen_meaning(struct page *page, const struct errand_table *table, const struct errand_column *column)
{
    const char *word = page_field(page, empty_name(page, column));
    unsigned allowed = meanings_of(table, column);
    for (size_t i = 0; i < MEANING_COUNT; i++)
        if (allowed & meanings[i].meaning && (!word || strcmp(word, meanings[i].word) == 0))
            return meanings[i].meaning;
    return 0;
}

/* ---- The form ---- */

/* The only meaning's label, or NULL: there are none or several. */
static const char *only_meaning(unsigned allowed)
{
    for (size_t i = 0; i < MEANING_COUNT; i++)
        if (allowed == meanings[i].meaning)
            return meanings[i].label;
    return NULL;
}

static const char *help_of(struct page *page, const struct errand_column *column, const char *only)
{
    const char *more = column->type == ERRAND_TYPE_TIME    ? ", in UTC"
                       : column->type == ERRAND_TYPE_BYTES ? ": text, or \\x and hexadecimal digits"
                                                           : "";
    return errand_printf(page->ctx, only ? "%s%s. Left empty: %s." : "%s%s", column->sql_type, more, only);
}

static void add_field(struct html *out, const struct errand_table *table, const struct errand_column *column)
{
    struct page *page = out->page;
    unsigned allowed = meanings_of(table, column);
    const char *only = column_is_checkbox(column) ? NULL : only_meaning(allowed);
    const struct column_field field = { .table = table,
                                        .column = column,
                                        .name = value_name(page, column),
                                        .label = column->name,
                                        .empty = only      ? only
                                                 : allowed ? "left empty"
                                                           : "Choose…",
                                        .help = help_of(page, column, only),
                                        .required = allowed == 0 };
    html_raw(out, "<div class=\"field-pair\">");
    column_field(out, &field);
    if (allowed && !only && !column_is_checkbox(column)) {
        html_select_begin(out, empty_name(page, column), "If left empty");
        for (size_t i = 0; i < MEANING_COUNT; i++)
            if (allowed & meanings[i].meaning)
                html_option(out, meanings[i].word, meanings[i].label);
        html_select_end(out);
    }
    html_raw(out, "</div>");
}

/* The database's own refusal, which belongs to no field. */
static const char *whole_error(const struct page *page)
{
    for (const struct param *error = page->errors; error && error->name; error++)
        if (*error->name == '\0')
            return error->value;
    return "The row was not added: see the fields marked below.";
}

void data_new_row(struct page *page)
{
    struct html *out = page->out;
    const struct errand_table *table = data_table(page);
    data_heading(out, table, "New row");
    if (page->again)
        html_printf(out, "<div class=\"alert alert-danger\" role=\"alert\">%s</div>", whole_error(page));
    html_raw(out, "<div class=\"job-form\">");
    html_form_begin(out, errand_printf(page->ctx, "%s/CreateRecord", html_mount(out)));
    html_hidden(out, "tableName", table->name);
    html_hidden(out, "wholeForm", "1"); /* a checkbox that is not sent was not checked */
    html_raw(out, "<div class=\"fields\">");
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].generated)
            add_field(out, table, &table->columns[i]);
    html_raw(out, "</div><div class=\"form-end\">");
    html_submit(out, "Add row", "primary");
    html_printf(out, "<a class=\"btn btn-link\" href=\"%s\">Cancel</a></div>", data_link(out, "/ListRecords", table));
    html_form_end(out);
    html_raw(out, "</div>");
}

/* ---- What was entered ---- */

static void take_empty(struct page *page, struct entered *entered, size_t index)
{
    const struct errand_column *column = &entered->table->columns[index];
    const char *name = value_name(page, column);
    switch (chosen_meaning(page, entered->table, column)) {
    case EMPTY_DEFAULT:
        return;
    case EMPTY_NULL:
        entered_take(page, entered, index, name, NULL);
        return;
    case EMPTY_TEXT:
        entered_take(page, entered, index, name, "");
        return;
    default:
        entered_refuse(entered, name, errand_printf(page->ctx, "%s must be given.", column->name));
    }
}

static void take_column(struct page *page, struct entered *entered, size_t index)
{
    const struct errand_column *column = &entered->table->columns[index];
    const char *name = value_name(page, column), *text = page_field(page, name);
    if (text && *text)
        entered_take(page, entered, index, name, text);
    else if (!text && column_is_checkbox(column) && page_param(page, "wholeForm"))
        entered_take(page, entered, index, name, "false");
    else
        take_empty(page, entered, index);
}

/* To the row, where its key is what admin_insert gives: of one column, as text. */
static const char *address_behind(struct page *page, const struct errand_table *table, const char *key)
{
    struct html *out = page->out;
    if (table->primary_key_count != 1 || table->columns[table->primary_key[0]].type == ERRAND_TYPE_BYTES)
        return errand_printf(page->ctx, "%s&created=1", data_link(out, "/ListRecords", table));
    return errand_printf(page->ctx, "%s&id=%s&created=1", data_link(out, "/ViewRecord", table), html_url(out, key));
}

void data_create_row(struct page *page)
{
    const struct errand_table *table = data_table(page);
    struct entered entered = entered_begin(page, table);
    const char *key = NULL;
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].generated)
            take_column(page, &entered, i);
    if (entered.error_count == 0)
        key = entered_insert(page, &entered, "The row was not added");
    if (!key) {
        page->status = 422;
        page->again = true;
        page->errors = entered.errors;
        data_new_row(page);
        return;
    }
    errand_log(page->ctx, ERRAND_LOG_INFO, "a row was added to %s on the page Data", table->name);
    page_redirect(page, address_behind(page, table, key));
}
