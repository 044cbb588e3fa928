/* One job: what it is, how it went, and what can be done with it. */
#include "dashboard/link.h"
#include "dashboard/parts.h"
#include "job/status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT_ATTEMPT_US = 1000000 }; /* a worker keeps a record of those that took longer */

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
    return page_view_safely(page, table, "detail_view", show_own, &own) && own.done;
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

/* How often a job is tried; one that asks for none is tried once. */
static int most_attempts(const struct errand_job_options *options)
{
    return options->max_attempts > 0 ? options->max_attempts : 1;
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
        html_printf(out, " of %d", most_attempts(options));
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

/* The record of the last attempt that counts, or NULL. What was put off is tried again under the same number. */
static const struct admin_attempt *last_attempt(const struct job_page *shown)
{
    struct errand_value count = value_named(shown->table, "attempts_count", shown->job);
    for (size_t i = 0; i < shown->attempts.count; i++) {
        const struct admin_attempt *attempt = &shown->attempts.items[i];
        bool counts = strcmp(attempt->outcome, job_end_label(JOB_END_SNOOZED)) != 0;
        if (counts && count.kind == ERRAND_VALUE_INT && attempt->attempt == count.as.integer)
            return attempt;
    }
    return NULL;
}

/* Since when a running job runs. A worker of ours refreshes locked_at; of one of another make there is nothing else. */
static errand_time running_since(struct html *out, const struct job_page *shown, errand_time locked_at)
{
    const struct admin_overview counts = { .table = shown->table };
    struct admin_workers workers = admin_workers(out->page->ctx, &counts, 1);
    for (size_t i = 0; i < workers.count; i++) {
        for (size_t j = 0; j < workers.items[i].running_count; j++) {
            if (strcmp(workers.items[i].running[j].job_id.text, shown->id) == 0)
                return workers.items[i].running[j].since;
        }
    }
    return locked_at;
}

static void add_waited(struct html *out, const struct job_page *shown, errand_time started_at)
{
    struct errand_value run_at = value_named(shown->table, "run_at", shown->job);
    if (run_at.kind == ERRAND_VALUE_TIME)
        add_duration_fact(out, "Waited", started_at - run_at.as.integer);
}

static void add_recorded_attempt(struct html *out, const struct job_page *shown, const struct admin_attempt *attempt)
{
    if (!is_pending(shown)) /* run_at is the next one's by then */
        add_waited(out, shown, attempt->started_at);
    add_duration_fact(out, "Last attempt took", attempt->finished_at - attempt->started_at);
}

/* Of a short attempt there is no record: the row says when it was claimed and when it was over. Longer than that is no
   short attempt, but one whose record is lost and whose locked_at was refreshed, nobody knows when. */
static void add_short_attempt(struct html *out, const struct job_page *shown, errand_time locked_at)
{
    struct errand_value updated_at = value_named(shown->table, "updated_at", shown->job);
    int64_t took = updated_at.kind == ERRAND_VALUE_TIME ? updated_at.as.integer - locked_at : -1;
    if (took < 0 || took > SHORT_ATTEMPT_US)
        return;
    add_waited(out, shown, locked_at);
    begin_fact(out, "Last attempt took");
    html_printf(out, "<span class=\"duration\" title=\"from its claim until its end was written\">≤ %s</span>",
                format_duration(out->page, took));
    end_fact(out);
}

static void add_running(struct html *out, const struct job_page *shown, errand_time locked_at)
{
    errand_time since = running_since(out, shown, locked_at);
    add_waited(out, shown, since);
    add_duration_fact(out, "Running for", page_now(out->page) - since);
}

static void add_facts(struct html *out, const struct job_page *shown)
{
    struct errand_value run_at = value_named(shown->table, "run_at", shown->job);
    struct errand_value locked_at = value_named(shown->table, "locked_at", shown->job);
    const struct admin_attempt *last = last_attempt(shown);
    html_raw(out, "<dl class=\"facts\">");
    begin_fact(out, "Status");
    html_status_badge(out, value_string(value_named(shown->table, "status", shown->job)));
    end_fact(out);
    add_attempts_fact(out, shown);
    if (is_pending(shown) && run_at.kind == ERRAND_VALUE_TIME)
        add_next_run(out, run_at.as.integer);
    if (shown->status == ADMIN_RUNNING && locked_at.kind == ERRAND_VALUE_TIME)
        add_running(out, shown, locked_at.as.integer);
    else if (shown->status != ADMIN_RUNNING && last)
        add_recorded_attempt(out, shown, last);
    else if (shown->status != ADMIN_RUNNING && !is_pending(shown) && locked_at.kind == ERRAND_VALUE_TIME)
        add_short_attempt(out, shown, locked_at.as.integer);
    html_raw(out, "</dl>");
}

/* ---- Actions ---- */

/* What to do next is then to try this one again, otherwise at most another one of its kind. */
static bool is_over_in_vain(const struct job_page *shown)
{
    return shown->status == ADMIN_FAILED || shown->status == ADMIN_TIMED_OUT;
}

static void begin_form(struct html *out, const struct job_page *shown, const char *page)
{
    html_form_begin(out, errand_printf(out->page->ctx, "%s/%s", html_mount(out), page));
    html_hidden(out, "tableName", shown->table->name);
    html_hidden(out, "id", shown->id);
}

static void add_retry(struct html *out, const struct job_page *shown, const char *label)
{
    begin_form(out, shown, "RetryJob");
    html_submit(out, label, is_over_in_vain(shown) ? "primary" : "secondary");
    html_form_end(out);
}

/* Which asks first. */
static void add_delete(struct html *out, const struct job_page *shown)
{
    begin_form(out, shown, "DeleteJob");
    html_hidden(out, "ask", "1");
    html_hidden(out, "back", part_back_word(PART_BACK_JOB));
    html_submit(out, "Delete", "danger");
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
    html_submit(out, "Run again", is_over_in_vain(shown) ? "secondary" : "primary");
    html_form_end(out);
}

static void add_actions(struct html *out, const struct job_page *shown)
{
    if (out->page->service->read_only)
        return;
    const char *retry = is_pending(shown) ? "Run now" : "Retry";
    bool is_running = shown->status == ADMIN_RUNNING;
    html_raw(out, "<div class=\"page-actions\">");
    if (!is_running)
        add_retry(out, shown, retry);
    add_run_again(out, shown);
    if (!is_running)
        add_delete(out, shown);
    if (is_running)
        html_raw(out, "<p class=\"aside\">A running job can neither be retried nor deleted; its worker has it.</p>");
    else
        html_printf(out, "<p class=\"aside\">%s: this job%s. Run again: a new job with the same values.</p>", retry,
                    is_pending(shown) ? ", without waiting" : " once more");
    html_raw(out, "</div>");
}

/* ---- Errors and attempts ---- */

static void add_folded(struct html *out, const char *key, const char *summary, const char *text)
{
    if (text && *text)
        html_printf(out, "<details id=\"%s\"><summary>%s</summary><pre>%s</pre></details>", key, summary, text);
}

/* Of the newest attempt that ended with this error: a later one may have ended without any, and what else writes an
   error (its worker was lost) leaves no record. */
static const char *backtrace_of(const struct job_page *shown, const char *error)
{
    for (size_t i = 0; i < shown->attempts.count; i++) {
        const struct admin_attempt *attempt = &shown->attempts.items[i];
        if (attempt->error && strcmp(attempt->error, error) == 0)
            return attempt->backtrace;
    }
    return NULL;
}

static void add_error(struct html *out, const struct job_page *shown)
{
    struct errand_value error = value_named(shown->table, "last_error", shown->job);
    if (error.kind != ERRAND_VALUE_TEXT)
        return;
    html_printf(out,
                "<section aria-labelledby=\"last-error\"><h2 id=\"last-error\">Last error</h2><pre "
                "class=\"error-text\">%s</pre>",
                error.as.text.data);
    add_folded(out, "backtrace", "Backtrace", backtrace_of(shown, error.as.text.data));
    html_raw(out, "</section>");
}

/* As it is read behind "Attempt 2". */
static const char *outcome_words(const char *outcome)
{
    static const struct {
        enum job_end end;
        const char *words;
    } others[] = { { JOB_END_RETURNED, "succeeded" },
                   { JOB_END_TIMED_OUT, "timed out" },
                   { JOB_END_SNOOZED, "put off" } };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(outcome, job_end_label(others[i].end)) == 0)
            return others[i].words;
    }
    return outcome;
}

static bool ended_with(const struct admin_attempt *attempt, struct errand_value error)
{
    return error.kind == ERRAND_VALUE_TEXT && strcmp(attempt->error, error.as.text.data) == 0;
}

static void add_attempt(struct html *out, const struct job_page *shown, const struct admin_attempt *attempt)
{
    const char *key = errand_printf(out->page->ctx, "attempt-%" PRId64, attempt->attempt);
    html_printf(out, "<li id=\"%s\"><p><b>Attempt %" PRId64 "</b> <span class=\"outcome outcome-%s\">%s</span> after ",
                key, attempt->attempt, html_url(out, attempt->outcome), outcome_words(attempt->outcome));
    html_duration(out, attempt->finished_at - attempt->started_at);
    html_raw(out, ", began <span class=\"aside\">");
    html_time(out, attempt->started_at);
    html_raw(out, "</span></p>");
    if (attempt->error && ended_with(attempt, value_named(shown->table, "last_error", shown->job)))
        html_raw(out, "<p class=\"aside\">With the last error, above.</p>");
    else if (attempt->error)
        html_printf(out, "<pre class=\"error-text\">%s</pre>", attempt->error);
    add_folded(out, errand_printf(out->page->ctx, "%s-backtrace", key), "Backtrace", attempt->backtrace);
    if (attempt->output && *attempt->output)
        html_printf(out, "<details id=\"%s-output\" open><summary>Output</summary><pre>%s</pre></details>", key,
                    attempt->output);
    html_raw(out, "</li>");
}

static void add_attempts(struct html *out, const struct job_page *shown)
{
    const struct admin_attempts *attempts = &shown->attempts;
    html_raw(out, "<section aria-labelledby=\"attempts\"><h2 id=\"attempts\">Attempts</h2>");
    if (attempts->count == 0)
        html_raw(out, "<p class=\"aside\">None is on record. Those are kept that failed, printed something or took "
                      "more than a second.</p>");
    else
        html_raw(out, "<ol class=\"attempts\" reversed>");
    for (size_t i = 0; i < attempts->count; i++)
        add_attempt(out, shown, &attempts->items[i]);
    html_raw(out, attempts->count == 0 ? "</section>" : "</ol></section>");
}

/* ---- Columns ---- */

/* Those that stand among the facts, or have a place of their own. */
static bool is_told_elsewhere(const struct errand_column *column)
{
    static const char *const names[] = { "status", "attempts_count", "last_error" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(column->name, names[i]) == 0)
            return true;
    }
    return false;
}

static void add_columns(struct html *out, const struct job_page *shown, bool own)
{
    for (size_t i = 0; i < shown->table->column_count; i++) {
        const struct errand_column *column = &shown->table->columns[i];
        if (column_is_own(shown->table, column) != own || is_told_elsewhere(column))
            continue;
        html_printf(out, "<tr><th scope=\"row\">%s</th><td>", html_field_label(out, column->name));
        value_show(out, shown->table, column, shown->job);
        html_raw(out, "</td></tr>");
    }
}

/* The user's own first: they say what the job is about. What the engine keeps about it comes after, and quieter. */
static void add_details(struct html *out, const struct job_page *shown)
{
    html_raw(out,
             "<section aria-labelledby=\"details\"><h2 id=\"details\">Details</h2>"
             "<table class=\"table record\"><caption class=\"visually-hidden\">Columns of the job</caption><tbody>");
    add_columns(out, shown, true);
    html_raw(out, "</tbody><tbody class=\"kept\">");
    add_columns(out, shown, false);
    html_raw(out, "</tbody></table></section>");
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
    html_raw(out, "<div class=\"columns\">");
    add_details(out, shown);
    add_attempts(out, shown);
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
        json_int(&json, "max_attempts", most_attempts(options));
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
