/* What several pages are made of. */
#include "dashboard/parts.h"

#include "dashboard/link.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Headings and notices ---- */

/* No text of the address is shown: a link could make the page say anything. */
static const struct {
    const char *key;
    const char *one, *many;
} notices[] = {
    { "created", "The job was created.", "%s jobs were created." },
    { "retried", "The job is to run again.", "%s jobs are to run again." },
    { "deleted", "The job was deleted.", "%s jobs were deleted." },
    { "running", "The job is running, and was left alone.", "%s jobs are running, and were left alone." },
    { "missing", "The job was already gone.", "%s jobs were already gone." },
    { "refused", "The database keeps one job as it is: another table may refer to it.",
      "The database keeps %s jobs as they are: another table may refer to them." },
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void add_notice(struct html *out, size_t notice)
{
    const char *text = page_param(out->page, notices[notice].key);
    int64_t count = text ? strtoll(text, NULL, 10) : 0;
    if (count <= 0)
        return;
    html_raw(out, "<p>");
    html_printf(out, count == 1 ? notices[notice].one : notices[notice].many, format_count(out->page, count));
    html_raw(out, "</p>");
}
#pragma GCC diagnostic pop

static void add_notices(struct html *out)
{
    size_t before = out->text.size;
    html_raw(out, "<div class=\"notice\" role=\"status\">");
    size_t empty = out->text.size;
    for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++)
        add_notice(out, i);
    if (out->text.size == empty) {
        buffer_cut(&out->text, before);
        return;
    }
    html_raw(out, "</div>");
}

void part_heading(struct html *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char title[1024];
    vsnprintf(title, sizeof(title), format, arguments);
    va_end(arguments);
    out->page->shown.title = errand_strdup(out->page->ctx, title);
    html_printf(out, "<h1>%s</h1>", title);
    if (strcmp(out->page->request->method, "POST") != 0)
        add_notices(out);
}

/* ---- Counts ---- */

bool part_count_is_unknown(struct admin_count count)
{
    return count.count == 0 && count.more;
}

const char *part_count(struct html *out, struct admin_count count)
{
    const char *number = format_count(out->page, count.count);
    if (part_count_is_unknown(count))
        return "unknown";
    if (count.estimated)
        return errand_printf(out->page->ctx, "~%s", number);
    return count.more ? errand_printf(out->page->ctx, "%s+", number) : number;
}

struct admin_count part_count_sum(struct admin_count a, struct admin_count b)
{
    return (struct admin_count){ a.count + b.count, a.more || b.more, a.estimated || b.estimated };
}

void part_count_json(struct json *json, const char *name, struct admin_count count)
{
    json_begin(json, name, '{');
    json_int(json, "count", count.count);
    json_bool(json, "more", count.more);
    json_bool(json, "estimated", count.estimated);
    json_end(json, '}');
}

/* ---- Links, and what to do next ---- */

void part_new_job(struct html *out, const struct errand_table *table)
{
    if (!out->page->service->read_only)
        html_printf(out, "<a class=\"btn btn-primary btn-sm\" href=\"%s\">+ New Job</a>", link_new(out, table->name));
}

/* The columns that an INSERT must name, and places for their values. */
static const char *insert_example(struct html *out, const struct errand_table *table)
{
    const char *names = NULL, *values = NULL;
    struct errand_context *ctx = out->page->ctx;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct errand_column *column = &table->columns[i];
        if (!column_is_own(table, column) || !column_is_required(column))
            continue;
        names = names ? errand_printf(ctx, "%s, %s", names, column->name) : column->name;
        values = values ? errand_printf(ctx, "%s, …", values) : "…";
    }
    if (!names)
        return errand_printf(ctx, "INSERT INTO %s DEFAULT VALUES;", table->name);
    return errand_printf(ctx, "INSERT INTO %s (%s) VALUES (%s);", table->name, names, values);
}

void part_no_jobs(struct html *out, const struct errand_table *table)
{
    html_printf(out, "<div class=\"empty\"><p>No jobs yet. Any program makes one with an INSERT:</p><pre>%s</pre>",
                insert_example(out, table));
    if (!out->page->service->read_only)
        html_printf(out, "<p>or make one <a href=\"%s\">here</a>.</p>", link_new(out, table->name));
    html_raw(out, "</div>");
}

static void add_no_table(struct html *out, const struct errand_table *table)
{
    html_printf(out,
                "<div class=\"empty\"><p>The database has no table <code>%s</code>, or may not be asked for it. Bring "
                "the database up to date with Schema.sql (<code>errand db create</code> for a new one), and grant the "
                "dashboard's user SELECT, UPDATE and DELETE on it.</p></div>",
                table->name);
}

bool part_is_there(struct html *out, const struct admin_overview *counts)
{
    if (counts->missing)
        add_no_table(out, counts->table);
    else if (counts->trouble)
        html_printf(out, "<div class=\"alert alert-danger\" role=\"alert\">The jobs could not be counted: %s</div>",
                    counts->trouble);
    return !counts->missing && !counts->trouble;
}

const char *part_back_word(enum part_back back)
{
    static const char *const words[] = {
        [PART_BACK_JOB] = "job", [PART_BACK_LIST] = "list", [PART_BACK_OVERVIEW] = "overview"
    };
    return words[back];
}

int job_status(const struct errand_table *table, const void *job)
{
    return admin_status_parse(value_string(value_named(table, "status", job)));
}

const char *job_id(const struct errand_table *table, const void *job)
{
    return value_string(value_named(table, "id", job));
}
