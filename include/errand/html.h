/* HTML that is safe by construction: what is written through html_printf is escaped, argument by argument. Views write
   to a struct html; it belongs to one request and one thread, holds at most 16 MiB, and raises beyond that. */
#ifndef ERRAND_HTML_H
#define ERRAND_HTML_H

#include <errand/context.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

struct html;

/* Writes the format as it stands and every argument escaped, so that
       html_printf(out, "<td>%s</td>", band->name);
   is safe in text and inside quoted attributes. The conversions of printf but %n and %ls; NULL for %s writes nothing.
   Control characters are shown as their pictures, bytes that are not UTF-8 as U+FFFD. */
void html_printf(struct html *out, const char *format, ...) ERRAND_PRINTF(2, 3);
/* Writes text that is HTML already. Never pass what came from outside. */
void html_raw(struct html *out, const char *markup);

/* For parts of an address: everything but letters, digits, - . _ ~ percent-encoded. In the memory of the request.
       html_printf(out, "<a href=\"/bands/%s\">", html_url(out, band->name)); */
const char *html_url(struct html *out, const char *text);
/* An address as it may stand in href: relative, http: or https:; anything else (javascript:, data:) becomes "#". */
const char *html_href(struct html *out, const char *address);
/* Where the dashboard is mounted, without a slash at its end: "/jobs". */
const char *html_mount(struct html *out);

/* ---- What job views are made of ---- */

/* "5 minutes ago", "in 2 hours", with the exact time and zone as its title. By the clock of the database. */
void html_time_ago(struct html *out, errand_time time);
/* "2026-11-24 09:30:00 UTC" */
void html_time(struct html *out, errand_time time);
/* "1.2 s", "3 min 20 s", from microseconds. */
void html_duration(struct html *out, int64_t us);
/* A badge, from the database's label: html_status_badge(out, JobStatus_label(job->status)). */
void html_status_badge(struct html *out, const char *status);
/* "band_id" -> "Band", "updated_at" -> "Updated at", "initial_scrape_jobs" -> "Initial scrape jobs". */
const char *html_field_label(struct html *out, const char *column);
/* Links to the pages of one job: <a href="/jobs/ViewJob?...">Show</a>. */
void html_job_link(struct html *out, const char *table, const errand_uuid *id, const char *text);
/* Links to the pages before and after this one; page counts from 0 (as it stands in page= from 1). */
void html_pagination(struct html *out, int64_t page, int64_t page_size, bool has_more);

/* ---- Forms. A form carries the token without which no POST is accepted. What the user entered before, and what was
   wrong with it, appear again beside their fields when a form is shown a second time. ---- */

/* <form method="post" action="..."> and the token. */
void html_form_begin(struct html *out, const char *action);
/* </form> */
void html_form_end(struct html *out);
/* <input type="hidden">: what the form sends along; name and value are escaped. */
void html_hidden(struct html *out, const char *name, const char *value);
/* The kind of an <input>: "text", "number", "date", "datetime-local", "time", "checkbox", "email", "url", "textarea".
 */
struct html_field {
    const char *name;
    const char *label; /* NULL: html_field_label(name) */
    const char *kind;  /* NULL: "text"; a "password" is never filled in */
    const char *value; /* NULL: empty; a checkbox is checked where it is "true" */
    const char *help;  /* a line under the field; NULL: none */
    bool required;
};
#define html_input(out, ...) html_input_(out, (struct html_field){ __VA_ARGS__ })
void html_input_(struct html *out, struct html_field field);
/* A label and a text field, with the label made of the name. */
void html_text_field(struct html *out, const char *name);
/* html_select_begin(out, "bandId", "Band"); html_option(out, band->id.text, band->name); ...; html_select_end(out); */
void html_select_begin(struct html *out, const char *name, const char *label);
void html_option(struct html *out, const char *value, const char *text);
void html_select_end(struct html *out);
/* The same, chosen at first where nothing was entered before. */
void html_option_chosen(struct html *out, const char *value, const char *text);
/* A button that sends the form; style: "primary", "secondary", "danger" or "link". */
void html_submit(struct html *out, const char *text, const char *style);

/* ---- Graphs, drawn as SVG on the server, with a table of the same numbers for those who cannot see it. ---- */
struct html_series {
    const char *label;
    const char *status; /* a status whose colour it takes ("job_status_failed"); NULL: a colour of its own */
    const double *values;
    const char *const *labels; /* one for each value, under the axis; NULL: none */
    size_t count;              /* at most 500 */
};
/* Bars, one series stacked on the other; at most 8 series. title is what screen readers say. */
void html_bar_chart(struct html *out, const char *title, const struct html_series *series, size_t count);
/* Lines, the same way. */
void html_line_chart(struct html *out, const char *title, const struct html_series *series, size_t count);
/* A line as high as the text beside it. */
void html_sparkline(struct html *out, const char *title, const double *values, size_t count);

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
