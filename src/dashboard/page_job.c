/* One job: what it is, how it went, and what can be done with it. */
#include "dashboard/link.h"
#include "dashboard/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Everything that the page tells of it. */
struct job_page {
    const struct errand_table *table;
    const void *job;
    const char *id;
    int status; /* enum admin_status, or -1 */
    struct admin_attempts attempts;
};

/* ---- A view of the user's own ---- */

struct own_detail {
    const struct errand_displayable *displayable;
    const void *job;
    bool done;
};

static void show_own(struct page *page, void *arg)
{
    struct own_detail *own = arg;
    own->done = own->displayable->job_type->detail_view(own->displayable->views, page->ctx, page->out, own->job);
}

static bool shows_own(struct page *page, const struct errand_table *table, const void *job)
{
    struct own_detail own = { .displayable = dashboard_displayable(page->service, table), .job = job };
    if (!own.displayable || !own.displayable->job_type->detail_view)
        return false;
    return page_view_safely(page, "detail_view", show_own, &own) && own.done;
}

/* ---- Facts ---- */

static const struct errand_job_options *options_of(const struct page *page, const struct errand_table *table)
{
    for (const struct errand_job_type *type = page->service->schema->job_types; type && type->table; type++) {
        if (type->table == table)
            return type->options;
    }
    return NULL;
}

static void begin_fact(struct html *out, const char *name)
{
    html_printf(out, "<div><dt>%s</dt><dd>", name);
}

static void end_fact(struct html *out)
{
    html_raw(out, "</dd></div>");
}

static void add_attempts_fact(struct html *out, const struct job_page *shown)
{
    struct errand_value count = value_named(shown->table, "attempts_count", shown->job);
    const struct errand_job_options *options = options_of(out->page, shown->table);
    if (count.kind != ERRAND_VALUE_INT)
        return;
    begin_fact(out, "Attempts");
    html_printf(out, "%" PRId64, count.as.integer);
    if (options)
        html_printf(out, " of %d", options->max_attempts > 0 ? options->max_attempts : 1);
    end_fact(out);
}

static bool is_pending(const struct job_page *shown)
{
    return shown->status == ADMIN_NOT_STARTED || shown->status == ADMIN_RETRY;
}

static void add_next_run(struct html *out, errand_time run_at)
{
    bool is_due = run_at <= page_now(out->page);
    begin_fact(out, is_due ? "Waiting since" : "Next run");
    html_time_ago(out, run_at);
    end_fact(out);
}

static void add_duration_fact(struct html *out, const char *name, int64_t us)
{
    if (us < 0)
        return;
    begin_fact(out, name);
    html_duration(out, us);
    end_fact(out);
}

/* How long the last attempt took: as its record says or, of short ones that have none, as the row does. */
static int64_t last_duration(const struct job_page *shown)
{
    struct errand_value locked_at = value_named(shown->table, "locked_at", shown->job);
    struct errand_value updated_at = value_named(shown->table, "updated_at", shown->job);
    if (shown->attempts.count > 0)
        return shown->attempts.items[0].finished_at - shown->attempts.items[0].started_at;
    if (locked_at.kind != ERRAND_VALUE_TIME || updated_at.kind != ERRAND_VALUE_TIME)
        return -1;
    return updated_at.as.integer - locked_at.as.integer;
}

/* Since when a running job runs. A worker of ours refreshes locked_at; of one of another make there is nothing else. */
static errand_time running_since(struct html *out, const struct job_page *shown, errand_time locked_at)
{
    struct admin_workers workers = admin_workers(out->page->ctx, &shown->table, 1);
    for (size_t i = 0; i < workers.count; i++) {
        for (size_t j = 0; j < workers.items[i].running_count; j++) {
            if (strcmp(workers.items[i].running[j].job_id.text, shown->id) == 0)
                return workers.items[i].running[j].since;
        }
    }
    return locked_at;
}

static void add_facts(struct html *out, const struct job_page *shown)
{
    struct errand_value run_at = value_named(shown->table, "run_at", shown->job);
    struct errand_value locked_at = value_named(shown->table, "locked_at", shown->job);
    bool was_claimed = locked_at.kind == ERRAND_VALUE_TIME, has_run_at = run_at.kind == ERRAND_VALUE_TIME;
    html_raw(out, "<dl class=\"facts\">");
    begin_fact(out, "Status");
    html_status_badge(out, value_string(value_named(shown->table, "status", shown->job)));
    end_fact(out);
    add_attempts_fact(out, shown);
    if (is_pending(shown) && has_run_at)
        add_next_run(out, run_at.as.integer);
    else if (was_claimed && has_run_at)
        add_duration_fact(out, "Waited", locked_at.as.integer - run_at.as.integer);
    if (shown->status == ADMIN_RUNNING && was_claimed)
        add_duration_fact(out, "Running for", page_now(out->page) - running_since(out, shown, locked_at.as.integer));
    else if (!is_pending(shown) || shown->attempts.count > 0)
        add_duration_fact(out, "Last attempt took", last_duration(shown));
    html_raw(out, "</dl>");
}

/* ---- Actions ---- */

static void add_form(struct html *out, const struct job_page *shown, const char *page, const char *label,
                     const char *style)
{
    html_form_begin(out, errand_printf(out->page->ctx, "%s/%s", html_mount(out), page));
    html_hidden(out, "tableName", shown->table->name);
    html_hidden(out, "id", shown->id);
    html_submit(out, label, style);
    html_form_end(out);
}

/* "band_id" as the guide's parameters are called: bandId. */
static const char *parameter_name(struct html *out, const char *column)
{
    char *name = errand_strdup(out->page->ctx, column), *to = name;
    for (const char *from = column; *from; from++) {
        bool hump = *from == '_' && from > column && from[1] >= 'a' && from[1] <= 'z';
        *to++ = hump ? (char)(*++from - 'a' + 'A') : *from;
    }
    *to = '\0';
    return name;
}

/* A create_new_job of the user's own asks for parameters; the default one copies the row, secrets too. */
static void add_run_again(struct html *out, const struct job_page *shown)
{
    const struct errand_displayable *own = dashboard_displayable(out->page->service, shown->table);
    html_form_begin(out, errand_printf(out->page->ctx, "%s/CreateJob", html_mount(out)));
    html_hidden(out, "tableName", shown->table->name);
    html_hidden(out, "copyOf", shown->id);
    for (size_t i = 0; own && i < shown->table->column_count; i++) {
        const struct errand_column *column = &shown->table->columns[i];
        const char *text = value_text(out->page->ctx, column, shown->job);
        if (text && column_is_own(shown->table, column) && !column_is_masked(shown->table, column))
            html_hidden(out, parameter_name(out, column->name), text);
    }
    html_submit(out, "Run again", "primary");
    html_form_end(out);
}

static void add_actions(struct html *out, const struct job_page *shown)
{
    if (out->page->service->read_only)
        return;
    html_raw(out, "<div class=\"page-actions\">");
    if (shown->status == ADMIN_RUNNING) {
        html_raw(out, "<p class=\"aside\">A running job can neither be retried nor deleted; its worker has it.</p>");
    } else {
        add_form(out, shown, "RetryJob", is_pending(shown) ? "Run now" : "Retry", "secondary");
        add_form(out, shown, "DeleteJob", "Delete", "danger");
    }
    add_run_again(out, shown);
    html_raw(out, "</div>");
}

/* ---- Errors and attempts ---- */

static void add_folded(struct html *out, const char *key, const char *summary, const char *text)
{
    if (text && *text)
        html_printf(out, "<details id=\"%s\"><summary>%s</summary><pre>%s</pre></details>", key, summary, text);
}

static void add_error(struct html *out, const struct job_page *shown)
{
    struct errand_value error = value_named(shown->table, "last_error", shown->job);
    const char *backtrace = shown->attempts.count > 0 ? shown->attempts.items[0].backtrace : NULL;
    if (error.kind != ERRAND_VALUE_TEXT)
        return;
    html_printf(out,
                "<section aria-labelledby=\"last-error\"><h2 id=\"last-error\">Last error</h2><pre "
                "class=\"error-text\">%s</pre>",
                error.as.text.data);
    add_folded(out, "backtrace", "Backtrace", backtrace);
    html_raw(out, "</section>");
}

static void add_attempt(struct html *out, const struct admin_attempt *attempt)
{
    const char *key = errand_printf(out->page->ctx, "attempt-%" PRId64, attempt->attempt);
    html_printf(out, "<li id=\"%s\"><p><b>Attempt %" PRId64 "</b> <span class=\"outcome outcome-%s\">%s</span> after ",
                key, attempt->attempt, html_url(out, attempt->outcome), attempt->outcome);
    html_duration(out, attempt->finished_at - attempt->started_at);
    html_raw(out, ", began <span class=\"aside\">");
    html_time(out, attempt->started_at);
    html_raw(out, "</span></p>");
    if (attempt->error)
        html_printf(out, "<pre class=\"error-text\">%s</pre>", attempt->error);
    add_folded(out, errand_printf(out->page->ctx, "%s-backtrace", key), "Backtrace", attempt->backtrace);
    if (attempt->output && *attempt->output)
        html_printf(out, "<details id=\"%s-output\" open><summary>Output</summary><pre>%s</pre></details>", key,
                    attempt->output);
    html_raw(out, "</li>");
}

static void add_attempts(struct html *out, const struct admin_attempts *attempts)
{
    html_raw(out, "<section aria-labelledby=\"attempts\"><h2 id=\"attempts\">Attempts</h2>");
    if (attempts->count == 0)
        html_raw(out, "<p class=\"aside\">None is on record. Those are kept that failed, printed something or took "
                      "more than a second.</p>");
    else
        html_raw(out, "<ol class=\"attempts\" reversed>");
    for (size_t i = 0; i < attempts->count; i++)
        add_attempt(out, &attempts->items[i]);
    html_raw(out, attempts->count == 0 ? "</section>" : "</ol></section>");
}

/* ---- Columns ---- */

/* The user's own first: they say what the job is about. */
static void add_columns(struct html *out, const struct job_page *shown, bool own)
{
    for (size_t i = 0; i < shown->table->column_count; i++) {
        const struct errand_column *column = &shown->table->columns[i];
        if (column_is_own(shown->table, column) != own || strcmp(column->name, "last_error") == 0)
            continue;
        html_printf(out, "<tr><th scope=\"row\">%s</th><td>", html_field_label(out, column->name));
        if (strcmp(column->name, "status") == 0)
            html_status_badge(out, value_string(value_named(shown->table, "status", shown->job)));
        else
            value_show(out, shown->table, column, shown->job);
        html_raw(out, "</td></tr>");
    }
}

static void load_related(struct page *page, const struct job_page *shown)
{
    for (size_t i = 0; i < shown->table->foreign_key_count; i++) {
        if (table_has_records(page->service, shown->table->foreign_keys[i].target->name))
            errand_record_load(page->ctx, shown->table, i, (void *)shown->job, 1);
    }
}

static void show_default(struct page *page, const struct job_page *shown)
{
    struct html *out = page->out;
    load_related(page, shown);
    html_printf(out, "<p class=\"crumbs\"><a href=\"%s\">%s</a></p><div class=\"page-head\">",
                link_list(out, shown->table->name), html_field_label(out, shown->table->name));
    part_heading(out, "Job %.8s", shown->id);
    add_actions(out, shown);
    html_raw(out, "</div>");
    add_facts(out, shown);
    add_error(out, shown);
    html_raw(out,
             "<div class=\"columns\"><section aria-labelledby=\"row\"><h2 id=\"row\">Row</h2>"
             "<table class=\"table record\"><caption class=\"visually-hidden\">Columns of the job</caption><tbody>");
    add_columns(out, shown, true);
    add_columns(out, shown, false);
    html_raw(out, "</tbody></table></section>");
    add_attempts(out, &shown->attempts);
    html_raw(out, "</div>");
}

/* ---- The page ---- */

static void show_json(struct page *page, const struct job_page *shown)
{
    struct json json = { .out = &page->out->text };
    const struct errand_job_options *options = options_of(page, shown->table);
    json_begin(&json, NULL, '{');
    json_text(&json, "table", shown->table->name);
    record_json(page->ctx, &json, "job", shown->table, shown->job);
    if (options)
        json_int(&json, "max_attempts", options->max_attempts);
    else
        json_null(&json, "max_attempts");
    json_begin(&json, "attempts", '[');
    for (size_t i = 0; i < shown->attempts.count; i++) {
        const struct admin_attempt *attempt = &shown->attempts.items[i];
        json_begin(&json, NULL, '{');
        json_int(&json, "attempt", attempt->attempt);
        json_time(&json, "started_at", attempt->started_at);
        json_time(&json, "finished_at", attempt->finished_at);
        json_text(&json, "outcome", attempt->outcome);
        json_text(&json, "error", attempt->error);
        json_text(&json, "backtrace", attempt->backtrace);
        json_text(&json, "output", attempt->output);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_end(&json, '}');
}

void page_view_job(struct page *page)
{
    const struct errand_table *table = page_job_table(page);
    errand_uuid id = page_job_id(page);
    struct job_page shown = { .table = table, .id = id.text, .job = admin_find(page->ctx, table, id.text) };
    if (!shown.job)
        page_refuse(page, 404, "There is no job %s in %s; it may have been deleted.", id.text, table->name);
    shown.status = job_status(table, shown.job);
    page->live = true;
    page->shown.title = errand_printf(page->ctx, "Job %.8s", id.text);
    if (!page->wants_json && shows_own(page, table, shown.job))
        return;
    shown.attempts = admin_attempts(page->ctx, table->name, id.text);
    (page->wants_json ? show_json : show_default)(page, &shown);
}
