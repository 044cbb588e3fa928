/* What several pages are made of. */
#ifndef DASHBOARD_PARTS_H
#define DASHBOARD_PARTS_H

#include "dashboard/filter.h"

/* ---- parts.c ---- */

/* The heading, and the sentence about what was just done (notice= of the address) under it. */
void part_heading(struct html *out, const char *format, ...) ERRAND_PRINTF(2, 3);
/* "12,345", "10,000+", "~48,000"; "unknown" */
const char *part_count(struct html *out, struct admin_count count);
bool part_count_is_unknown(struct admin_count count);
struct admin_count part_count_sum(struct admin_count a, struct admin_count b);
void part_count_json(struct json *json, const char *name, struct admin_count count);
/* "+ New Job"; nothing where nothing can be changed. */
void part_new_job(struct html *out, const struct errand_table *table);
/* What to do where a table has no jobs. */
void part_no_jobs(struct html *out, const struct errand_table *table);
/* The database has the table, and it could be counted. Otherwise says what is wrong. */
bool part_is_there(struct html *out, const struct admin_overview *counts);
/* Where the address for a retry or delete goes on: to the job, its list or the overview. */
enum part_back { PART_BACK_JOB, PART_BACK_LIST, PART_BACK_OVERVIEW };
const char *part_back_word(enum part_back back);
/* The state that a job is in, as one of the six. -1: unknown to us. */
int job_status(const struct errand_table *table, const void *job);
const char *job_id(const struct errand_table *table, const void *job);

/* ---- jobs_table.c ---- */

struct jobs_table {
    const struct errand_table *table;
    struct errand_list jobs;
    const struct filter_request *request; /* headers sort by it, rows can be selected; NULL: neither */
};
/* Its buttons belong to jobs_form. */
void jobs_table(struct html *out, const struct jobs_table *jobs);
/* The form that the buttons belong to is around nothing: they name it, so that rows may hold forms of their own.
   request NULL: nothing is narrowed. */
void jobs_form(struct html *out, const struct errand_table *table, const struct filter_request *request,
               enum part_back back);
const char *jobs_form_id(struct html *out, const struct errand_table *table);
/* Long values are cut; "cut", behind it, names their columns. */
void jobs_table_json(struct html *out, struct json *json, const char *name, const struct errand_table *table,
                     struct errand_list jobs);

/* ---- figures.c ---- */

enum { FIGURES_STEPS = 60 }; /* the last hour, by the minute */
struct figures {
    const struct errand_table *table;
    const struct admin_overview *counts;
    const struct admin_point *points; /* FIGURES_STEPS */
};
/* Where the table could not be counted (part_is_there), there are no points. */
struct figures figures_of(struct page *page, const struct errand_table *table, const struct admin_overview *counts);
/* The same with its counts; not read again where the page has them (page->figures). */
struct figures figures_read(struct page *page, const struct errand_table *table);
/* Of several added up, without their table. */
struct figures figures_sum(struct errand_context *ctx, const struct figures *figures, size_t count);
/* Counts as links, and the facts: how much in the last hour and how well, the longest waiting. */
void figures_show(struct html *out, const struct figures *figures);
void figures_facts(struct html *out, const struct figures *figures);
/* The same over all, as the overview begins. */
void figures_totals(struct html *out, const struct figures *sum, const struct admin_workers *workers);
void figures_chart(struct html *out, const struct figures *figures);
void figures_json(struct json *json, const struct figures *figures);

/* ---- page_list.c ---- */

/* What a list shows otherwise than the default one, whose rows can be selected. */
struct list_view {
    const char *title;
    void (*new_job)(struct html *out, void *arg);
    void (*jobs)(struct html *out, struct errand_list jobs, void *arg);
    void *arg;
};
/* The jobs that the request names, with figures, statuses, filter and changes above them; view NULL: the default. */
void list_show(struct html *out, const struct filter_request *request, const struct figures *figures,
               const struct list_view *view);

#endif
