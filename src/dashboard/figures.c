/* How a job type, or all of them, are doing: counts by status, the last hour, what waits. */
#include "dashboard/link.h"
#include "dashboard/parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { MINUTE_US = 60 * 1000000 };

struct figures figures_of(struct page *page, const struct errand_table *table, const struct admin_overview *counts)
{
    bool is_there = !counts->missing && !counts->trouble;
    return (struct figures){ table, counts,
                             is_there ? admin_points(page->ctx, table->name, MINUTE_US, FIGURES_STEPS) : NULL };
}

struct figures figures_read(struct page *page, const struct errand_table *table)
{
    if (page->figures && page->figures->table == table)
        return *page->figures;
    return figures_of(page, table, admin_overviews(page->ctx, &table, 1));
}

static void add_points(struct admin_point *sum, const struct admin_point *points)
{
    for (size_t i = 0; i < FIGURES_STEPS; i++) {
        sum[i].at = points[i].at;
        sum[i].succeeded += points[i].succeeded;
        sum[i].failed += points[i].failed;
        sum[i].timed_out += points[i].timed_out;
        sum[i].retried += points[i].retried;
        sum[i].total_us += points[i].total_us;
        sum[i].max_us = points[i].max_us > sum[i].max_us ? points[i].max_us : sum[i].max_us;
    }
}

static void add_counts(struct admin_overview *sum, const struct admin_overview *counts)
{
    errand_nullable_time oldest = counts->oldest_due;
    for (int i = 0; i < ADMIN_STATUSES; i++)
        sum->by_status[i] = part_count_sum(sum->by_status[i], counts->by_status[i]);
    sum->due = part_count_sum(sum->due, counts->due);
    if (oldest.is_set && (!sum->oldest_due.is_set || oldest.value < sum->oldest_due.value))
        sum->oldest_due = oldest;
}

struct figures figures_sum(struct errand_context *ctx, const struct figures *figures, size_t count)
{
    struct admin_overview *counts = errand_alloc(ctx, sizeof(*counts));
    struct admin_point *points = errand_alloc(ctx, FIGURES_STEPS * sizeof(*points));
    for (size_t i = 0; i < count; i++) {
        if (!figures[i].points)
            continue;
        add_counts(counts, figures[i].counts);
        add_points(points, figures[i].points);
    }
    return (struct figures){ NULL, counts, points };
}

/* ---- The last hour in a few numbers ---- */

/* Of attempts. One that was put off, or ended with its worker, is none that failed. */
struct hour {
    int64_t ended, bad, total_us, longest_us;
};

static int64_t bad_of(const struct admin_point *point)
{
    return point->failed + point->timed_out;
}

static int64_t ended_of(const struct admin_point *point)
{
    return point->succeeded + bad_of(point) + point->retried;
}

static struct hour hour_of(const struct figures *figures)
{
    struct hour hour = { 0 };
    for (size_t i = 0; i < FIGURES_STEPS; i++) {
        const struct admin_point *point = &figures->points[i];
        hour.ended += ended_of(point);
        hour.bad += bad_of(point);
        hour.total_us += point->total_us;
        hour.longest_us = point->max_us > hour.longest_us ? point->max_us : hour.longest_us;
    }
    return hour;
}

static const char *share_text(struct html *out, int64_t part, int64_t whole)
{
    double percent = 100.0 * (double)part / (double)whole;
    if (part > 0 && percent < 0.1)
        return "<0.1 %";
    return errand_printf(out->page->ctx, percent < 10 && part > 0 ? "%.1f %%" : "%.0f %%", percent);
}

static const char *rate_text(struct html *out, int64_t per_hour)
{
    if (per_hour >= 60)
        return errand_printf(out->page->ctx, "%s / min", format_count(out->page, (per_hour + 30) / 60));
    return errand_printf(out->page->ctx, "%" PRId64 " / h", per_hour);
}

/* ---- Of one type ---- */

static void add_status(struct html *out, const struct figures *figures, enum admin_status status)
{
    struct admin_count count = figures->counts->by_status[status];
    const char *label = admin_status_label(status) + strlen("job_status_");
    html_printf(
        out,
        "<li class=\"%s\"><a class=\"count status-%s\" href=\"%s&amp;status=%s\"><span>%s</span> <b>%s</b></a></li>",
        count.count == 0 ? "zero" : "", label, link_list(out, figures->table->name), label, admin_status_name(status),
        part_count(out, count));
}

static void begin_fact(struct html *out, const char *name)
{
    html_printf(out, "<div><dt>%s</dt><dd>", name);
}

static void end_fact(struct html *out)
{
    html_raw(out, "</dd></div>");
}

static void add_spark(struct html *out, const char *title, const struct figures *figures,
                      double (*value)(const struct admin_point *point))
{
    double values[FIGURES_STEPS];
    for (size_t i = 0; i < FIGURES_STEPS; i++)
        values[i] = value(&figures->points[i]);
    html_sparkline(out, title, values, FIGURES_STEPS);
}

static double number_of(const struct admin_point *point)
{
    return (double)ended_of(point);
}

static double seconds_of(const struct admin_point *point)
{
    return ended_of(point) > 0 ? (double)point->total_us / (double)ended_of(point) / 1e6 : (double)NAN;
}

void figures_facts(struct html *out, const struct figures *figures)
{
    struct hour hour = hour_of(figures);
    html_raw(out, "<dl class=\"facts\">");
    begin_fact(out, "Throughput");
    html_printf(out, "<span title=\"the mean of the last hour\">%s</span> ", rate_text(out, hour.ended));
    if (hour.ended > 0)
        add_spark(out, "Attempts ended, each minute of the last hour", figures, number_of);
    end_fact(out);
    begin_fact(out, "Run time");
    if (hour.ended > 0) {
        html_printf(out, "<span title=\"the mean of the last hour; the longest: %s\">%s</span> ",
                    format_duration(out->page, hour.longest_us),
                    format_duration(out->page, hour.total_us / hour.ended));
        add_spark(out, "Seconds an attempt took, each minute of the last hour", figures, seconds_of);
    } else {
        html_raw(out, "–");
    }
    end_fact(out);
    begin_fact(out, "Error rate");
    html_printf(out, hour.bad > 0 ? "<span class=\"bad\">%s</span>" : "%s",
                hour.ended > 0 ? share_text(out, hour.bad, hour.ended) : "–");
    end_fact(out);
    begin_fact(out, "Waiting longest");
    if (figures->counts->oldest_due.is_set)
        html_time_ago(out, figures->counts->oldest_due.value);
    else
        html_raw(out, "nothing waits");
    end_fact(out);
    html_raw(out, "</dl>");
}

void figures_show(struct html *out, const struct figures *figures)
{
    static const enum admin_status order[] = { ADMIN_NOT_STARTED, ADMIN_RUNNING,   ADMIN_RETRY,
                                               ADMIN_FAILED,      ADMIN_TIMED_OUT, ADMIN_SUCCEEDED };
    html_raw(out, "<div class=\"figures-row\"><ul class=\"counts\">");
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        add_status(out, figures, order[i]);
    html_raw(out, "</ul>");
    figures_facts(out, figures);
    html_raw(out, "</div>");
}

/* ---- Over all ---- */

static void add_total(struct html *out, const char *name, const char *class, const char *value, const char *note)
{
    html_printf(out, "<div class=\"total %s\"><dt>%s</dt><dd>%s <small>%s</small></dd></div>", class, name, value,
                note);
}

static int64_t alive_of(const struct admin_workers *workers)
{
    int64_t alive = 0;
    for (size_t i = 0; i < workers->count; i++)
        alive += workers->items[i].alive;
    return alive;
}

static const char *workers_note(struct html *out, const struct admin_workers *workers, int64_t alive)
{
    int64_t silent = (int64_t)workers->count - alive;
    if (silent > 0)
        return errand_printf(out->page->ctx, "%s silent", format_count(out->page, silent));
    return alive > 0 ? "alive" : "start one: RunJobs";
}

/* The first of the jobs that run, of those that a worker of ours has. */
static const char *running_note(struct html *out, const struct admin_workers *workers)
{
    errand_time since = ERRAND_TIME_INFINITY;
    for (size_t i = 0; i < workers->count; i++) {
        for (size_t j = 0; j < workers->items[i].running_count; j++) {
            errand_time its = workers->items[i].running[j].since;
            since = its < since ? its : since;
        }
    }
    if (since == ERRAND_TIME_INFINITY)
        return "now";
    return errand_printf(out->page->ctx, "for up to %s", format_duration(out->page, page_now(out->page) - since));
}

static const char *failed_note(struct html *out, struct admin_count timed_out)
{
    if (timed_out.count == 0)
        return "no attempt left";
    return errand_printf(out->page->ctx, "%s timed out", part_count(out, timed_out));
}

static void add_states(struct html *out, const struct admin_overview *counts, const struct admin_workers *workers)
{
    struct errand_context *ctx = out->page->ctx;
    const struct admin_count *by_status = counts->by_status;
    struct admin_count bad = part_count_sum(by_status[ADMIN_FAILED], by_status[ADMIN_TIMED_OUT]), all = { 0 };
    for (int i = 0; i < ADMIN_STATUSES; i++)
        all = part_count_sum(all, by_status[i]);
    add_total(out, "Waiting", "", part_count(out, counts->due),
              counts->oldest_due.is_set
                  ? errand_printf(ctx, "since %s", format_ago(out->page, counts->oldest_due.value))
                  : "no job is due");
    add_total(out, "Running", by_status[ADMIN_RUNNING].count ? "status-running" : "",
              part_count(out, by_status[ADMIN_RUNNING]), running_note(out, workers));
    add_total(out, "To be retried", by_status[ADMIN_RETRY].count ? "status-retry" : "",
              part_count(out, by_status[ADMIN_RETRY]), "after a failure");
    add_total(out, "Failed", bad.count ? "status-failed" : "", part_count(out, bad),
              failed_note(out, by_status[ADMIN_TIMED_OUT]));
    add_total(out, "Succeeded", "", part_count(out, by_status[ADMIN_SUCCEEDED]),
              errand_printf(ctx, "of %s jobs", part_count(out, all)));
}

void figures_totals(struct html *out, const struct figures *sum, const struct admin_workers *workers)
{
    struct hour hour = hour_of(sum);
    int64_t alive = alive_of(workers);
    html_raw(out, "<dl class=\"totals\">");
    add_states(out, sum->counts, workers);
    add_total(out, "Throughput", "", rate_text(out, hour.ended), "mean of the last hour");
    add_total(out, "Error rate", hour.bad ? "status-failed" : "",
              hour.ended ? share_text(out, hour.bad, hour.ended) : "–", "last hour");
    add_total(out, "Workers", alive ? "" : "status-failed", format_count(out->page, alive),
              workers_note(out, workers, alive));
    html_raw(out, "</dl>");
}

void figures_chart(struct html *out, const struct figures *figures)
{
    double succeeded[FIGURES_STEPS], failed[FIGURES_STEPS], put_off[FIGURES_STEPS], all_put_off = 0;
    const char *labels[FIGURES_STEPS];
    for (size_t i = 0; i < FIGURES_STEPS; i++) {
        const char *at = format_iso(out->page, figures->points[i].at);
        const char *clock = strchr(at, 'T');
        succeeded[i] = (double)figures->points[i].succeeded;
        failed[i] = (double)bad_of(&figures->points[i]);
        put_off[i] = (double)figures->points[i].retried;
        all_put_off += put_off[i];
        labels[i] = clock ? errand_printf(out->page->ctx, "%.5s", clock + 1) : at;
    }
    const struct html_series series[] = {
        { "Succeeded", "job_status_succeeded", succeeded, labels, FIGURES_STEPS },
        { "Failed", "job_status_failed", failed, labels, FIGURES_STEPS },
        { "Put off", "job_status_retry", put_off, labels, FIGURES_STEPS },
    };
    html_bar_chart(out, "Attempts ended each minute of the last hour (UTC)", series, all_put_off > 0 ? 3 : 2);
}

/* ---- JSON ---- */

void figures_json(struct json *json, const struct figures *figures)
{
    struct hour hour = hour_of(figures);
    json_begin(json, "by_status", '{');
    for (int i = 0; i < ADMIN_STATUSES; i++)
        part_count_json(json, admin_status_label((enum admin_status)i), figures->counts->by_status[i]);
    json_end(json, '}');
    part_count_json(json, "due", figures->counts->due);
    if (figures->counts->oldest_due.is_set)
        json_time(json, "oldest_due", figures->counts->oldest_due.value);
    else
        json_null(json, "oldest_due");
    json_begin(json, "last_hour", '{');
    json_int(json, "ended", hour.ended);
    json_int(json, "failed", hour.bad);
    if (hour.ended > 0)
        json_double(json, "error_rate", (double)hour.bad / (double)hour.ended);
    else
        json_null(json, "error_rate");
    if (hour.ended > 0)
        json_int(json, "average_us", hour.total_us / hour.ended);
    else
        json_null(json, "average_us");
    json_int(json, "longest_us", hour.longest_us);
    json_end(json, '}');
    json_begin(json, "minutes", '[');
    for (size_t i = 0; i < FIGURES_STEPS; i++) {
        const struct admin_point *point = &figures->points[i];
        json_begin(json, NULL, '{');
        json_time(json, "at", point->at);
        json_int(json, "succeeded", point->succeeded);
        json_int(json, "failed", point->failed);
        json_int(json, "timed_out", point->timed_out);
        json_int(json, "retried", point->retried);
        json_end(json, '}');
    }
    json_end(json, ']');
}
