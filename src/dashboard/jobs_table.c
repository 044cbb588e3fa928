/* A table of jobs, as the overview and the default list show it. */
#include "dashboard/link.h"
#include "dashboard/parts.h"

#include <string.h>

enum { OWN_COLUMNS_MAX = 6, NEWEST_COLUMNS_MAX = 3 }; /* the rest stands on the job's page */

/* What is shown behind the status. A column in which no job of the page has anything would only take room. */
struct shown {
    const struct errand_column *own[OWN_COLUMNS_MAX];
    size_t own_count;
    bool has_errors;
};

static bool is_empty(const struct jobs_table *jobs, const struct errand_column *column)
{
    for (size_t i = 0; i < jobs->jobs.count; i++) {
        const void *job = (const char *)jobs->jobs.items + i * jobs->table->record_size;
        if (value_named(jobs->table, column->name, job).kind != ERRAND_VALUE_NULL)
            return false;
    }
    return true;
}

static bool is_sorted_by(const struct jobs_table *jobs, const struct errand_column *column)
{
    return jobs->request && jobs->request->query.sort == (int)(column - jobs->table->columns) + 1;
}

static bool is_shown(const struct jobs_table *jobs, const struct errand_column *column)
{
    bool is_short = filter_takes(jobs->table, column) && !column_is_json(column);
    return column_is_own(jobs->table, column) && (jobs->request || is_short) &&
           (!is_empty(jobs, column) || is_sorted_by(jobs, column));
}

/* Of the user's own in a list the first ones, on the overview those that say in a word what a job is about. */
static struct shown choose(const struct jobs_table *jobs)
{
    const struct errand_table *table = jobs->table;
    const struct errand_column *error = column_called(table, "last_error");
    struct shown shown = { .has_errors = error && (!is_empty(jobs, error) || is_sorted_by(jobs, error)) };
    size_t most = jobs->request ? OWN_COLUMNS_MAX : NEWEST_COLUMNS_MAX;
    for (size_t i = 0; i < table->column_count && shown.own_count < most; i++) {
        if (is_shown(jobs, &table->columns[i]))
            shown.own[shown.own_count++] = &table->columns[i];
    }
    return shown;
}

/* Text has the room that is left, all else as much as it needs. */
static const char *class_of(const struct jobs_table *jobs, const struct errand_column *column)
{
    bool is_text = column->type == ERRAND_TYPE_TEXT || column_foreign_key(jobs->table, column);
    bool is_number = column_is_number(column) && !column_foreign_key(jobs->table, column);
    return is_number ? "own number" : is_text ? "own" : "own word";
}

const char *jobs_form_id(struct html *out, const struct errand_table *table)
{
    return errand_printf(out->page->ctx, "jobs-%s", html_url(out, table->name));
}

/* ---- Header ---- */

static void add_header(struct html *out, const struct jobs_table *jobs, const char *column, const char *class)
{
    const struct errand_column *found = column_called(jobs->table, column);
    const char *label = html_field_label(out, column);
    if (!jobs->request || !found || column_is_masked(jobs->table, found) || !admin_sortable(found)) {
        html_printf(out, "<th scope=\"col\" class=\"%s\">%s</th>", class, label);
        return;
    }
    struct filter_request sorted = *jobs->request;
    int place = (int)(found - jobs->table->columns) + 1;
    bool is_sorted = sorted.query.sort == place, descends = sorted.query.descending;
    sorted.query.sort = place;
    sorted.query.descending = is_sorted ? !descends : true;
    const char *direction = !is_sorted ? NULL : descends ? "descending" : "ascending";
    html_printf(out, "<th scope=\"col\" class=\"%s\"", class);
    if (direction)
        html_printf(out, " aria-sort=\"%s\"", direction);
    html_printf(out, "><a href=\"%s%s\">%s<span class=\"sort\" aria-hidden=\"true\">%s</span></a></th>",
                link_list(out, jobs->table->name), filter_parameters(out, &sorted), label,
                !is_sorted ? ""
                : descends ? "↓"
                           : "↑");
}

static void add_head(struct html *out, const struct jobs_table *jobs, const struct shown *shown)
{
    html_raw(out, "<thead><tr>");
    bool can_change = !out->page->service->read_only;
    if (jobs->request && can_change)
        html_raw(out,
                 "<th scope=\"col\" class=\"select\"><input type=\"checkbox\" data-errand-all hidden "
                 "aria-label=\"Select all jobs of this page\"><span class=\"visually-hidden\">Selected</span></th>");
    add_header(out, jobs, "id", "id");
    add_header(out, jobs, "status", "status");
    for (size_t i = 0; i < shown->own_count; i++)
        add_header(out, jobs, shown->own[i]->name, class_of(jobs, shown->own[i]));
    if (jobs->request)
        add_header(out, jobs, "attempts_count", "number");
    add_header(out, jobs, "updated_at", "time");
    if (shown->has_errors)
        add_header(out, jobs, "last_error", "error");
    html_raw(out,
             "<th scope=\"col\" class=\"actions\"><span class=\"visually-hidden\">Actions</span></th></tr></thead>");
}

/* ---- Rows ---- */

static void add_cell(struct html *out, const struct jobs_table *jobs, const char *name, const char *class,
                     const void *job)
{
    const struct errand_column *column = column_called(jobs->table, name);
    html_printf(out, "<td class=\"%s\" data-label=\"%s\">", class, html_field_label(out, name));
    if (column)
        value_show_short(out, jobs->table, column, job);
    html_raw(out, "</td>");
}

static void add_button(struct html *out, const struct jobs_table *jobs, const char *action, const char *label,
                       const char *style, const char *id)
{
    html_printf(out,
                "<button class=\"btn btn-link btn-sm %s\" form=\"%s\" formaction=\"%s/%s\" name=\"id\" value=\"%s\" "
                "aria-label=\"%s job %.8s\">%s</button>",
                style, jobs_form_id(out, jobs->table), html_mount(out), action, id, label, id, label);
}

/* A job that waits for its time can be told to run now; one that is due needs no telling. */
static const char *retry_label(struct html *out, const struct errand_table *table, int status, const void *job)
{
    struct errand_value run_at = value_named(table, "run_at", job);
    if (status != ADMIN_NOT_STARTED && status != ADMIN_RETRY)
        return "Retry";
    return run_at.kind == ERRAND_VALUE_TIME && run_at.as.integer > page_now(out->page) ? "Run now" : NULL;
}

static void add_actions(struct html *out, const struct jobs_table *jobs, const char *id, const void *job)
{
    int status = job_status(jobs->table, job);
    html_raw(out, "<td class=\"actions\">");
    if (!out->page->service->read_only && status != ADMIN_RUNNING) {
        const char *retry = retry_label(out, jobs->table, status, job);
        if (retry)
            add_button(out, jobs, "RetryJob", retry, "", id);
        add_button(out, jobs, "DeleteJob?ask=1", "Delete", "danger", id);
    }
    html_raw(out, "</td>");
}

static void add_row(struct html *out, const struct jobs_table *jobs, const struct shown *shown, const void *job)
{
    const struct errand_table *table = jobs->table;
    const char *id = job_id(table, job);
    html_printf(out, "<tr id=\"job-%s\">", id);
    if (jobs->request && !out->page->service->read_only)
        html_printf(out,
                    "<td class=\"select\"><input type=\"checkbox\" form=\"%s\" name=\"selected\" value=\"%s\" "
                    "aria-label=\"Select job %.8s\"></td>",
                    jobs_form_id(out, table), id, id);
    html_printf(out, "<th scope=\"row\" class=\"id\"><a href=\"%s\" title=\"%s\"><code>%.8s</code></a></th>",
                link_job(out, table->name, id), id, id);
    html_raw(out, "<td class=\"status\" data-label=\"Status\">");
    html_status_badge(out, value_string(value_named(table, "status", job)));
    html_raw(out, "</td>");
    for (size_t i = 0; i < shown->own_count; i++)
        add_cell(out, jobs, shown->own[i]->name, class_of(jobs, shown->own[i]), job);
    if (jobs->request)
        add_cell(out, jobs, "attempts_count", "number", job);
    add_cell(out, jobs, "updated_at", "time", job);
    if (shown->has_errors)
        add_cell(out, jobs, "last_error", "error", job);
    add_actions(out, jobs, id, job);
    html_raw(out, "</tr>");
}

/* ---- The whole ---- */

/* The records that are shown by name, in one query a foreign key. */
static void load_related(struct html *out, const struct jobs_table *jobs, const struct shown *shown)
{
    const struct errand_table *table = jobs->table;
    for (size_t i = 0; i < shown->own_count; i++) {
        const struct errand_foreign_key *key = column_foreign_key(table, shown->own[i]);
        if (key && table_has_records(out->page->service, key->target->name))
            errand_record_load(out->page->ctx, table, (size_t)(key - table->foreign_keys), jobs->jobs.items,
                               jobs->jobs.count);
    }
}

void jobs_form(struct html *out, const struct errand_table *table, const struct filter_request *request,
               enum part_back back)
{
    const char *token = page_token(out->page);
    html_printf(out, "<form method=\"post\" id=\"%s\" action=\"%s/RetryJob\">", jobs_form_id(out, table),
                html_mount(out));
    if (token)
        html_hidden(out, DASHBOARD_TOKEN_FIELD, token);
    html_hidden(out, "tableName", table->name);
    html_hidden(out, "back", part_back_word(back));
    if (request)
        filter_hidden(out, request);
    html_raw(out, "</form>");
}

void jobs_table(struct html *out, const struct jobs_table *jobs)
{
    const char *label = html_field_label(out, jobs->table->name);
    struct shown shown = choose(jobs);
    load_related(out, jobs, &shown);
    html_printf(out,
                "<div class=\"table-scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s: table\"><table "
                "class=\"table jobs %s\">"
                "<caption class=\"visually-hidden\">%s</caption>",
                label, jobs->request ? "list" : "newest", label);
    add_head(out, jobs, &shown);
    html_raw(out, "<tbody>");
    for (size_t i = 0; i < jobs->jobs.count; i++)
        add_row(out, jobs, &shown, (const char *)jobs->jobs.items + i * jobs->table->record_size);
    html_raw(out, "</tbody></table></div>");
}

static bool is_cut(const struct errand_table *table, const struct errand_column *column, struct errand_list jobs)
{
    for (size_t i = 0; i < jobs.count; i++)
        if (value_is_long(table, column, (const char *)jobs.items + i * table->record_size))
            return true;
    return false;
}

void jobs_table_json(struct html *out, struct json *json, const char *name, const struct errand_table *table,
                     struct errand_list jobs)
{
    json_begin(json, name, '[');
    for (size_t i = 0; i < jobs.count; i++)
        record_json_short(out->page->ctx, json, NULL, table, (const char *)jobs.items + i * table->record_size);
    json_end(json, ']');
    json_begin(json, "cut", '[');
    for (size_t i = 0; i < table->column_count; i++)
        if (is_cut(table, &table->columns[i], jobs))
            json_text(json, NULL, table->columns[i].name);
    json_end(json, ']');
}
