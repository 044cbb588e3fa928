/* Times, durations, counts, states and names as people read them. */
#include "base/clock.h"
#include "dashboard/dashboard.h"
#include "job/status.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000 };

errand_time page_now(struct page *page)
{
    if (page->now == 0)
        page->now = errand_now(page->ctx);
    return page->now;
}

/* ---- Times ---- */

static bool is_finite(errand_time time)
{
    return time != ERRAND_TIME_INFINITY && time != ERRAND_TIME_MINUS_INFINITY && time != ERRAND_TIME_DEFAULT;
}

static const char *name_of_no_time(errand_time time)
{
    return time == ERRAND_TIME_INFINITY ? "never" : time == ERRAND_TIME_MINUS_INFINITY ? "always" : "not set";
}

const char *format_iso(struct page *page, errand_time time)
{
    char text[CLOCK_TEXT_MAX];
    clock_format(time, text);
    if (!is_finite(time))
        return errand_strdup(page->ctx, text);
    text[strcspn(text, " ")] = 'T';
    return errand_printf(page->ctx, "%sZ", text);
}

/* Seconds are as exact as people want it. */
static const char *format_exact(struct page *page, errand_time time)
{
    char text[CLOCK_TEXT_MAX];
    clock_format(time, text);
    char *point = strchr(text, '.');
    if (point)
        memmove(point, point + 7, strlen(point + 7) + 1); /* ".ffffff"; " BC" may follow */
    return errand_printf(page->ctx, "%s UTC", text);
}

static const struct {
    int64_t seconds;
    const char *name;
} units[] = {
    { 365 * 86400, "year" }, { 30 * 86400, "month" }, { 86400, "day" },
    { 3600, "hour" },        { 60, "minute" },        { 1, "second" },
};

const char *format_ago(struct page *page, errand_time time)
{
    if (!is_finite(time))
        return name_of_no_time(time);
    errand_time now = page_now(page);
    bool past = time <= now;
    uint64_t seconds = (past ? (uint64_t)now - (uint64_t)time : (uint64_t)time - (uint64_t)now) / SECOND;
    size_t unit = 0;
    while (unit < sizeof(units) / sizeof(units[0]) && seconds < (uint64_t)units[unit].seconds)
        unit++;
    if (unit == sizeof(units) / sizeof(units[0]))
        return past ? "just now" : "in a moment";
    uint64_t count = seconds / (uint64_t)units[unit].seconds;
    const char *plural = count == 1 ? "" : "s";
    return errand_printf(page->ctx, past ? "%" PRIu64 " %s%s ago" : "in %" PRIu64 " %s%s", count, units[unit].name,
                         plural);
}

static void add_time(struct html *out, errand_time time, const char *shown)
{
    if (!is_finite(time)) {
        html_printf(out, "<span>%s</span>", name_of_no_time(time));
        return;
    }
    html_printf(out, "<time datetime=\"%s\" title=\"%s\">%s</time>", format_iso(out->page, time),
                format_exact(out->page, time), shown);
}

void html_time_ago(struct html *out, errand_time time)
{
    add_time(out, time, format_ago(out->page, time));
}

void html_time(struct html *out, errand_time time)
{
    add_time(out, time, is_finite(time) ? format_exact(out->page, time) : "");
}

/* ---- Durations and counts ---- */

/* Two parts at most: "3 min 20 s". */
static const char *format_parts(struct page *page, int64_t seconds)
{
    static const struct {
        int64_t seconds, smaller;
        const char *name, *smaller_name;
    } parts[] = { { 86400, 3600, "d", "h" }, { 3600, 60, "h", "min" }, { 60, 1, "min", "s" } };
    size_t i = 0;
    while (seconds < parts[i].seconds)
        i++;
    int64_t rest = seconds % parts[i].seconds / parts[i].smaller;
    if (rest == 0)
        return errand_printf(page->ctx, "%" PRId64 " %s", seconds / parts[i].seconds, parts[i].name);
    return errand_printf(page->ctx, "%" PRId64 " %s %" PRId64 " %s", seconds / parts[i].seconds, parts[i].name, rest,
                         parts[i].smaller_name);
}

const char *format_duration(struct page *page, int64_t us)
{
    if (us < 0)
        us = 0;
    if (us < 1000)
        return errand_printf(page->ctx, "%" PRId64 " µs", us);
    /* In tenths below 10 of a unit, and never "10.0". */
    if (us < 9950)
        return errand_printf(page->ctx, "%" PRId64 ".%" PRId64 " ms", (us + 50) / 1000, (us + 50) / 100 % 10);
    if (us < 999500)
        return errand_printf(page->ctx, "%" PRId64 " ms", (us + 500) / 1000);
    if (us < 59950000)
        return errand_printf(page->ctx, "%" PRId64 ".%" PRId64 " s", (us + 50000) / SECOND, (us + 50000) / 100000 % 10);
    return format_parts(page, us / SECOND + (us % SECOND >= SECOND / 2));
}

void html_duration(struct html *out, int64_t us)
{
    html_printf(out, "<span class=\"duration\">%s</span>", format_duration(out->page, us));
}

const char *format_count(struct page *page, int64_t count)
{
    char *digits = errand_printf(page->ctx, "%" PRId64, count);
    size_t size = strlen(digits), sign = count < 0;
    char *text = errand_alloc(page->ctx, size * 2 + 1), *end = text;
    for (size_t i = 0; i < size; i++) {
        if (i > sign && (size - i) % 3 == 0)
            *end++ = ',';
        *end++ = digits[i];
    }
    return text;
}

/* ---- States ---- */

void html_status_badge(struct html *out, const char *status)
{
    int known = status ? admin_status_parse(status) : -1;
    if (known < 0) {
        html_printf(out, "<span class=\"badge status\">%s</span>", status ? status : "unknown");
        return;
    }
    const char *label = admin_status_label((enum admin_status)known);
    html_printf(out, "<span class=\"badge status status-%s\">%s</span>", label + strlen("job_status_"),
                admin_status_name((enum admin_status)known));
}

/* ---- Names ---- */

/* "band_id" and "bandId" without what says that it refers to something. */
static size_t size_without_id(const char *column)
{
    size_t size = strlen(column);
    bool snake = size > 3 && strcmp(column + size - 3, "_id") == 0;
    bool camel = size > 2 && strcmp(column + size - 2, "Id") == 0 && islower((unsigned char)column[size - 3]);
    return snake ? size - 3 : camel ? size - 2 : size;
}

const char *html_field_label(struct html *out, const char *column)
{
    if (strcmp(column, "id") == 0)
        return "ID";
    if (strcmp(column, "attempts_count") == 0)
        return "Attempts";
    size_t size = size_without_id(column), length = 0;
    char *label = errand_alloc(out->page->ctx, 2 * size + 1);
    for (size_t i = 0; i < size; i++) {
        char c = column[i];
        bool hump = i > 0 && isupper((unsigned char)c) && islower((unsigned char)column[i - 1]);
        if (hump)
            label[length++] = ' ';
        label[length++] = c == '_' ? ' ' : hump ? (char)tolower((unsigned char)c) : c;
    }
    label[0] = (char)toupper((unsigned char)label[0]);
    return label;
}

/* ---- Links ---- */

void html_job_link(struct html *out, const char *table, const errand_uuid *id, const char *text)
{
    html_printf(out, "<a href=\"%s/ViewJob?tableName=%s&amp;id=%s\">%s</a>", html_mount(out), html_url(out, table),
                html_url(out, id->text), text ? text : id->text);
}

/* The address of this request with another page. */
static const char *page_address(struct html *out, int64_t number)
{
    struct page *page = out->page;
    const char *address = errand_printf(page->ctx, "%s%s?", page->service->mount, page->path);
    for (const struct param *param = page->query; param && param->name; param++) {
        if (strcmp(param->name, "page") != 0)
            address =
                errand_printf(page->ctx, "%s%s=%s&", address, html_url(out, param->name), html_url(out, param->value));
    }
    return errand_printf(page->ctx, "%spage=%" PRId64, address, number);
}

void html_pagination(struct html *out, int64_t page, int64_t page_size, bool has_more)
{
    if (page <= 0 && !has_more)
        return;
    html_raw(out, "<nav class=\"pages\" aria-label=\"Pages\">");
    if (page > 0)
        html_printf(out, "<a class=\"btn btn-sm btn-secondary\" rel=\"prev\" href=\"%s\">← Previous</a>",
                    page_address(out, page));
    html_printf(out, "<span>Page %s · %s a page</span>", format_count(out->page, page + 1),
                format_count(out->page, page_size));
    if (has_more)
        html_printf(out, "<a class=\"btn btn-sm btn-secondary\" rel=\"next\" href=\"%s\">Next →</a>",
                    page_address(out, page + 2));
    html_raw(out, "</nav>");
}
