/* Retry and delete: one job, the selected ones, or all that match. One is changed at once, unless it is to be asked
   first; the others only after their number was asked back, all that match in steps that end soon, with a page between
   them that goes on by itself or by hand. */
#include "base/clock.h"
#include "dashboard/link.h"
#include "dashboard/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_US = 700 * 1000 }; /* after this long a request answers, and the next one goes on */
static const int64_t JOBS_MAX = INT64_C(1000000000000000); /* more than a table holds */

/* The words for both changes. */
static const struct words {
    const char *page;                         /* of the address */
    const char *verb, *doing, *done, *notice; /* "Delete 3 jobs", "Deleting", "deleted" of the log, deleted= */
    const char *button;
    const char *of_one, *of_many; /* what becomes of them */
} words[] = {
    [ADMIN_RETRY_JOB] = { "RetryJob", "Retry", "Retrying", "retried", "retried", "primary",
                          "It runs again as soon as a worker is free.",
                          "They run again as soon as a worker is free. Jobs that are running are left alone." },
    [ADMIN_DELETE_JOB] = { "DeleteJob", "Delete", "Deleting", "deleted", "deleted", "danger", "It is gone for good.",
                           "They are gone for good. Jobs that are running are left alone." },
};

static const char *count_of_jobs(struct html *out, const char *number)
{
    return errand_printf(out->page->ctx, strcmp(number, "1") == 0 ? "%s job" : "%s jobs", number);
}

/* ---- Where to go afterwards ---- */

static const char *back_address(struct page *page, const struct errand_table *table, const char *usual)
{
    const char *back = page_param(page, "back");
    struct html *out = page->out;
    if (!back)
        back = usual;
    if (strcmp(back, part_back_word(PART_BACK_OVERVIEW)) == 0)
        return errand_printf(page->ctx, "%s?", link_overview(out));
    if (strcmp(back, part_back_word(PART_BACK_JOB)) == 0 && page_param(page, "id"))
        return link_job(out, table->name, page_param(page, "id"));
    struct filter_request request = filter_read(page, table);
    return errand_printf(page->ctx, "%s%s", link_list(out, table->name), filter_parameters(out, &request));
}

static void json_bulk(struct page *page, struct admin_bulk bulk, const char *step)
{
    struct json json = { .out = &page->out->text };
    json_begin(&json, NULL, '{');
    json_int(&json, "changed", bulk.changed);
    json_int(&json, "running", bulk.running);
    json_int(&json, "missing", bulk.missing);
    json_int(&json, "refused", bulk.refused);
    json_text(&json, "reason", bulk.reason);
    json_text(&json, "step", step);
    json_end(&json, '}');
}

static void finish(struct page *page, const struct errand_table *table, enum admin_change change,
                   struct admin_bulk bulk, const char *usual)
{
    if (page->wants_json) {
        json_bulk(page, bulk, NULL);
        return;
    }
    const char *address = errand_printf(page->ctx, "%s&%s=%" PRId64, back_address(page, table, usual),
                                        words[change].notice, bulk.changed);
    if (bulk.running > 0)
        address = errand_printf(page->ctx, "%s&running=%" PRId64, address, bulk.running);
    if (bulk.missing > 0)
        address = errand_printf(page->ctx, "%s&missing=%" PRId64, address, bulk.missing);
    if (bulk.refused > 0)
        address = errand_printf(page->ctx, "%s&refused=%" PRId64, address, bulk.refused);
    page_redirect(page, address);
}

/* ---- The audit lines of many ---- */

/* A change of several jobs under way, which tells of what is committed also where it raises. */
struct audited {
    struct page *page;
    const struct errand_table *table;
    enum admin_change change;
    const char *const *ids; /* those that were selected; NULL: all that match */
    size_t count;
    const char *filter;
    struct admin_bulk bulk;
};

/* In lines that the log takes whole. */
static void audit_ids(const struct audited *audited)
{
    enum { IDS_OF_LINE = 50 };
    struct page *page = audited->page;
    for (size_t i = 0; i < audited->count; i += IDS_OF_LINE) {
        const char *ids = i ? "... selected" : "selected";
        for (size_t j = i; j < audited->count && j < i + IDS_OF_LINE; j++)
            ids = errand_printf(page->ctx, "%s %s", ids, audited->ids[j]);
        page_audit_bulk(page, words[audited->change].done, audited->table->name, audited->bulk.changed, ids);
    }
}

static void audit(void *arg)
{
    const struct audited *audited = arg;
    if (audited->bulk.changed == 0)
        return;
    if (audited->ids)
        audit_ids(audited);
    else
        page_audit_bulk(audited->page, words[audited->change].done, audited->table->name, audited->bulk.changed,
                        *audited->filter ? audited->filter : "all there were");
}

static void begin_audit(struct audited *audited)
{
    errand_on_unwind(audited->page->ctx, audit, audited);
}

static void end_audit(struct audited *audited)
{
    errand_off_unwind(audited->page->ctx, audit, audited);
    audit(audited);
}

/* ---- The question ---- */

static void begin_form(struct html *out, const struct errand_table *table, enum admin_change change,
                       enum part_back back)
{
    html_form_begin(out, errand_printf(out->page->ctx, "%s/%s", html_mount(out), words[change].page));
    html_hidden(out, "tableName", table->name);
    html_hidden(out, "back", part_back_word(back));
    html_hidden(out, "confirm", "1");
}

static void begin_question(struct html *out, const struct errand_table *table, enum admin_change change,
                           const char *jobs)
{
    html_printf(out, "<p class=\"crumbs\"><a href=\"%s\">%s</a></p><section class=\"question\">",
                link_list(out, table->name), html_field_label(out, table->name));
    part_heading(out, "%s %s?", words[change].verb, jobs);
}

static void end_question(struct html *out, const struct errand_table *table, enum admin_change change, const char *jobs)
{
    html_raw(out, "<div class=\"form-end\">");
    html_submit(out, errand_printf(out->page->ctx, "%s %s", words[change].verb, jobs), words[change].button);
    html_printf(out, "<a class=\"btn btn-link\" href=\"%s\">Cancel</a></div>", back_address(out->page, table, "list"));
    html_form_end(out);
    html_raw(out, "</section>");
}

static void json_question(struct page *page, struct admin_count count, const char *confirm_with)
{
    struct json json = { .out = &page->out->text };
    json_begin(&json, NULL, '{');
    json_int(&json, "changed", 0);
    part_count_json(&json, "matching", count);
    json_text(&json, "confirm_with", confirm_with);
    json_end(&json, '}');
}

/* ---- One ---- */

/* To the overview, where its button was there; its own page is gone with it. */
static enum part_back back_of_one(struct page *page)
{
    const char *back = page_param(page, "back");
    return back && strcmp(back, part_back_word(PART_BACK_OVERVIEW)) == 0 ? PART_BACK_OVERVIEW : PART_BACK_LIST;
}

static void ask_one(struct page *page, const struct errand_table *table, enum admin_change change)
{
    struct html *out = page->out;
    errand_uuid id = page_job_id(page);
    const char *job = errand_printf(page->ctx, "job %.8s", id.text);
    struct filter_request request = filter_read(page, table);
    if (page->wants_json) {
        json_question(page, (struct admin_count){ .count = 1 }, "confirm=1");
        return;
    }
    begin_question(out, table, change, job);
    html_printf(out, "<p><a href=\"%s\"><code>%s</code></a></p><p>%s</p>", link_job(out, table->name, id.text), id.text,
                words[change].of_one);
    begin_form(out, table, change, back_of_one(page));
    html_hidden(out, "id", id.text);
    filter_hidden(out, &request);
    end_question(out, table, change, job);
}

struct one {
    const struct errand_table *table;
    enum admin_change change;
    const char *id;
    enum admin_outcome outcome;
};

static void try_one(struct errand_context *ctx, void *arg)
{
    struct one *one = arg;
    one->outcome = admin_change_one(ctx, one->table, one->change, one->id);
}

static void change_one(struct page *page, const struct errand_table *table, enum admin_change change)
{
    if (page_param(page, "ask") && !page_param(page, "confirm")) {
        ask_one(page, table, change);
        return;
    }
    errand_uuid id = page_job_id(page);
    struct one one = { table, change, id.text, 0 };
    struct context_end end = context_try(page->ctx, try_one, &one);
    if (end.fault == CONTEXT_FAULT_CONFLICT)
        page_refuse(page, 409, "The job %s cannot be %s: %s", id.text, words[change].done, end.error);
    if (end.end != JOB_END_RETURNED)
        context_refuse(page->ctx, end.fault, "%s", end.error);
    switch (one.outcome) {
    case ADMIN_NOT_FOUND:
        page_refuse(page, 404, "There is no job %s in %s; it may have been deleted.", id.text, table->name);
    case ADMIN_IS_RUNNING:
        page_refuse(page, 409,
                    "The job %s is running. Nothing can be done with it before its worker is through with it.",
                    id.text);
    case ADMIN_DONE:
        page_audit(page, words[change].done, table->name, id.text);
        finish(page, table, change, (struct admin_bulk){ .changed = 1 }, change == ADMIN_RETRY_JOB ? "job" : "list");
    }
}

/* ---- The selected ---- */

static void ask_selected(struct page *page, const struct errand_table *table, enum admin_change change,
                         const char **ids, size_t count)
{
    struct html *out = page->out;
    const char *jobs = count_of_jobs(out, format_count(page, (int64_t)count));
    struct filter_request request = filter_read(page, table);
    if (page->wants_json) {
        json_question(page, (struct admin_count){ .count = (int64_t)count }, "confirm=1");
        return;
    }
    begin_question(out, table, change, jobs);
    html_printf(out, "<p>%s</p>", count == 1 ? words[change].of_one : words[change].of_many);
    begin_form(out, table, change, PART_BACK_LIST);
    filter_hidden(out, &request);
    for (size_t i = 0; i < count; i++)
        html_hidden(out, "selected", ids[i]);
    end_question(out, table, change, jobs);
}

static bool holds(const char *const *ids, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

/* Each once, however often it is named. */
static size_t read_selected(struct page *page, const char **ids)
{
    static const struct errand_column uuid = { .type = ERRAND_TYPE_UUID };
    size_t named = 0, count = 0;
    for (; ids[named]; named++) {
        struct errand_value id;
        struct errand_error err;
        if (named == ADMIN_PAGE_MAX)
            page_refuse(page, 400, "At most %d jobs can be selected at once.", ADMIN_PAGE_MAX);
        if (admin_value(page->ctx, &uuid, ids[named], &id, &err) < 0)
            page_refuse(page, 400, "selected=: %s.", err.message);
        if (!holds(ids, count, value_string(id)))
            ids[count++] = value_string(id);
    }
    if (count == 0)
        page_refuse(page, 400,
                    "Which job? Name one with id=, select some in the list, or say all=1 for all that match.");
    return count;
}

static void change_selected(struct page *page, const struct errand_table *table, enum admin_change change)
{
    const char **ids = page_params(page, "selected");
    size_t count = read_selected(page, ids);
    if (!page_param(page, "confirm")) {
        ask_selected(page, table, change, ids, count);
        return;
    }
    struct audited audited = { .page = page, .table = table, .change = change, .ids = ids, .count = count };
    begin_audit(&audited);
    admin_change_these(page->ctx, table, change, ids, count, &audited.bulk);
    end_audit(&audited);
    finish(page, table, change, audited.bulk, "list");
}

/* ---- All that match ---- */

/* Of the page before, or of whoever else asks: at most what can be added up. */
static int64_t number_param(const struct page *page, const char *name)
{
    const char *text = page_param(page, name);
    int64_t number = text ? strtoll(text, NULL, 10) : 0;
    return number < 0 ? 0 : number < JOBS_MAX ? number : JOBS_MAX;
}

/* The place is of before they are counted: what comes from here on is not changed. */
static void ask_all(struct page *page, const struct errand_table *table, enum admin_change change,
                    const struct filter_request *request)
{
    struct html *out = page->out;
    const char *step = admin_change_place(page->ctx, table, &request->query.filter);
    struct admin_count count = admin_count_matching(page->ctx, table, &request->query.filter);
    if (page->wants_json) {
        json_question(page, count, errand_printf(page->ctx, "confirm=1&step=%s", step));
        return;
    }
    const char *jobs =
        part_count_is_unknown(count) ? "all jobs that match" : count_of_jobs(out, part_count(out, count));
    begin_question(out, table, change, jobs);
    html_printf(out, "<p>%s</p>", words[change].of_many);
    filter_chips(out, request);
    begin_form(out, table, change, PART_BACK_LIST);
    html_hidden(out, "all", "1");
    html_hidden(out, "step", step);
    html_hidden(out, "total", errand_printf(page->ctx, "%" PRId64, count.count));
    html_hidden(out, "more", count.more || count.estimated ? "1" : "");
    filter_hidden(out, request);
    end_question(out, table, change, jobs);
}

static void add_bulk(struct admin_bulk *sum, const struct admin_bulk *bulk)
{
    sum->changed += bulk->changed;
    sum->running += bulk->running;
    sum->missing += bulk->missing;
    sum->refused += bulk->refused;
    sum->reason = sum->reason ? sum->reason : bulk->reason;
}

/* Steps until there are none left, or it is time to answer. */
static struct admin_bulk change_steps(struct page *page, enum admin_change change, const struct filter_request *request,
                                      const char **step)
{
    int64_t end = clock_monotonic_us() + STEPS_US;
    const struct errand_table *table = request->query.table;
    const char *filter = filter_parameters(page->out, request);
    struct admin_bulk bulk = { 0 };
    do {
        struct audited audited = { .page = page, .table = table, .change = change, .filter = filter };
        begin_audit(&audited);
        admin_change_step(page->ctx, table, change, &request->query.filter, step, &audited.bulk);
        end_audit(&audited);
        add_bulk(&bulk, &audited.bulk);
    } while (*step && clock_monotonic_us() < end);
    return bulk;
}

static void show_progress(struct page *page, const struct errand_table *table, enum admin_change change,
                          const struct filter_request *request, struct admin_bulk bulk, const char *step)
{
    struct html *out = page->out;
    int64_t total = number_param(page, "total"), done = bulk.changed + bulk.running + bulk.refused;
    bool is_bound = *(page_param(page, "more") ? page_param(page, "more") : "");
    const char *of = is_bound && done >= total
                         ? ""
                         : errand_printf(page->ctx, " of %s%s", format_count(page, total), is_bound ? "+" : "");
    html_raw(out, "<section class=\"question\">");
    part_heading(out, "%s…", words[change].doing);
    html_printf(out,
                "<p role=\"status\">%s%s done.</p><progress max=\"%" PRId64 "\" value=\"%" PRId64
                "\" aria-label=\"Progress\"></progress>",
                format_count(page, done), of, total > done ? total : done + ADMIN_STEP, done);
    begin_form(out, table, change, PART_BACK_LIST);
    html_hidden(out, "all", "1");
    html_hidden(out, "total", errand_printf(page->ctx, "%" PRId64, total));
    html_hidden(out, "more", is_bound ? "1" : "");
    html_hidden(out, "step", step);
    html_hidden(out, "changed", errand_printf(page->ctx, "%" PRId64, bulk.changed));
    html_hidden(out, "left", errand_printf(page->ctx, "%" PRId64, bulk.running));
    html_hidden(out, "kept", errand_printf(page->ctx, "%" PRId64, bulk.refused));
    filter_hidden(out, request);
    html_printf(out,
                "<div class=\"form-end\"><button class=\"btn btn-primary\" data-errand-continue>Continue</button>"
                "<a class=\"btn btn-link\" href=\"%s\">Stop here</a></div>",
                back_address(page, table, "list"));
    html_form_end(out);
    html_raw(out, "</section>");
}

static void change_all(struct page *page, const struct errand_table *table, enum admin_change change)
{
    struct filter_request request = filter_read(page, table);
    if (!page_param(page, "confirm")) {
        ask_all(page, table, change, &request);
        return;
    }
    const char *step = page_param(page, "step");
    struct admin_bulk bulk = change_steps(page, change, &request, &step);
    if (page->wants_json) {
        json_bulk(page, bulk, step);
        return;
    }
    bulk.changed += number_param(page, "changed");
    bulk.running += number_param(page, "left");
    bulk.refused += number_param(page, "kept");
    if (step)
        show_progress(page, table, change, &request, bulk, step);
    else
        finish(page, table, change, bulk, "list");
}

static void change(struct page *page, enum admin_change change)
{
    const struct errand_table *table = page_job_table(page);
    if (page_param(page, "id"))
        change_one(page, table, change);
    else if (page_param(page, "all"))
        change_all(page, table, change);
    else
        change_selected(page, table, change);
}

void page_delete_job(struct page *page)
{
    change(page, ADMIN_DELETE_JOB);
}

void page_retry_job(struct page *page)
{
    change(page, ADMIN_RETRY_JOB);
}
