/* Graphs as SVG: no script draws them, colours come from classes (chart-1 ..., of-failed ...), so they follow light and
   dark. Beside each stands a table of its numbers for those who cannot see it. What is not a number is a gap. */
#include "dashboard/dashboard.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    SERIES_MAX = 8,
    POINTS_MAX = 500,
    LABELS_MAX = 6, /* under the axis */
    WIDTH = 1000,   /* of a drawing, in units that become as wide as the page has room */
    HEIGHT = 200,   /* in pixels, and so is all text */
    SPARK_WIDTH = 100,
    SPARK_HEIGHT = 20,
};

/* Where in the drawing the values stand. */
struct frame {
    double left, right, top, bottom;
};
static const struct frame chart_frame = { .left = 0, .right = WIDTH, .top = 10, .bottom = HEIGHT - 24 };
static const struct frame spark_frame = { .left = 0, .right = SPARK_WIDTH, .top = 2, .bottom = SPARK_HEIGHT - 2 };

/* Beyond it stacks of SERIES_MAX would leave the range of double, and below the inverse a step would. */
static const double value_max = 1e300;

struct chart {
    struct html *out;
    const char *title;
    struct frame frame;
    const struct html_series *series;
    size_t series_count;
    size_t points;           /* of the longest series */
    double least, most;      /* of the values; NAN: there is none */
    double low, high, step;  /* of the axis */
    const char *const *ends; /* what stands under the axis, of the first series that has it; or NULL */
};

static double value_at(const struct html_series *series, size_t point)
{
    double value = point < series->count ? series->values[point] : (double)NAN;
    return isfinite(value) ? fmax(fmin(value, value_max), -value_max) : (double)NAN;
}

static double y_of(const struct chart *chart, double value)
{
    const struct frame *frame = &chart->frame;
    return frame->bottom - (value - chart->low) / (chart->high - chart->low) * (frame->bottom - frame->top);
}

static double width_of_point(const struct chart *chart)
{
    return (chart->frame.right - chart->frame.left) / (double)chart->points;
}

/* The middle of a point's share of the width. */
static double x_of(const struct chart *chart, size_t point)
{
    return chart->frame.left + ((double)point + 0.5) * width_of_point(chart);
}

/* ---- The axis ---- */

static void include(struct chart *chart, double value)
{
    chart->low = fmin(chart->low, value);
    chart->high = fmax(chart->high, value);
}

/* Zero is always on it: heights then compare as the numbers do. */
static void measure(struct chart *chart, bool stacked)
{
    for (size_t point = 0; point < chart->points; point++) {
        double above = 0, below = 0;
        for (size_t i = 0; i < chart->series_count; i++) {
            double value = value_at(&chart->series[i], point);
            if (isnan(value))
                continue;
            chart->least = fmin(chart->least, value);
            chart->most = fmax(chart->most, value);
            *(value < 0 ? &below : &above) += value;
            if (!stacked)
                include(chart, value);
        }
        if (stacked) {
            include(chart, above);
            include(chart, below);
        }
    }
}

/* About four steps of 1, 2 or 5 times a power of ten. */
static void choose_ticks(struct chart *chart)
{
    double range = chart->high - chart->low;
    if (range < 1 / value_max) {
        chart->high = range = 1;
        chart->low = 0;
    }
    double power = pow(10, floor(log10(range / 4))), rest = range / 4 / power;
    chart->step = power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
    chart->low = floor(chart->low / chart->step) * chart->step;
    chart->high = ceil(chart->high / chart->step) * chart->step;
}

/* "250", "12k", "1.5M" */
static const char *short_number(struct html *out, double value)
{
    if (isnan(value))
        return "nothing";
    static const struct {
        double size;
        const char *name;
    } units[] = { { 1e9, "G" }, { 1e6, "M" }, { 1e4, "k" } };
    double size = fabs(value);
    for (size_t i = 0; size < 1e12 && i < sizeof(units) / sizeof(units[0]); i++) {
        if (size >= units[i].size)
            return errand_printf(out->page->ctx, "%.4g%s", value / (i == 2 ? 1e3 : units[i].size), units[i].name);
    }
    return errand_printf(out->page->ctx, "%.4g", value);
}

static void draw_axis(const struct chart *chart)
{
    struct html *out = chart->out;
    int ticks = (int)lround((chart->high - chart->low) / chart->step);
    html_raw(out, "<g class=\"chart-axis\" aria-hidden=\"true\">");
    for (int i = 0; i <= ticks; i++) {
        double value = chart->low + i * chart->step, y = y_of(chart, value);
        bool is_zero = fabs(value) < chart->step / 2;
        html_printf(out, "<line x1=\"0\" x2=\"100%%\" y1=\"%.2f\" y2=\"%.2f\"", y, y);
        html_raw(out, is_zero ? " class=\"zero\"/>" : "/>");
        html_printf(out, "<text x=\"-6\" y=\"%.2f\" text-anchor=\"end\">%s</text>", y + 4,
                    short_number(out, is_zero ? 0 : value));
    }
    size_t every = (chart->points + LABELS_MAX - 1) / LABELS_MAX;
    for (size_t point = 0; chart->ends && point < chart->points; point += every)
        html_printf(out, "<text x=\"%.2f%%\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x_of(chart, point) * 100 / WIDTH, HEIGHT - 6, chart->ends[point]);
    html_raw(out, "</g>");
}

/* ---- Series ---- */

static const char *class_of(const struct chart *chart, size_t index)
{
    const char *status = chart->series[index].status;
    int known = status ? admin_status_parse(status) : -1;
    if (known >= 0)
        return errand_printf(chart->out->page->ctx, "of-%s",
                             admin_status_label((enum admin_status)known) + strlen("job_status_"));
    return errand_printf(chart->out->page->ctx, "chart-%zu", index + 1);
}

static const char *name_of_point(const struct chart *chart, size_t point)
{
    return chart->ends ? chart->ends[point] : errand_printf(chart->out->page->ctx, "%zu", point + 1);
}

static void draw_bar(const struct chart *chart, size_t index, size_t point, double from, double value)
{
    double share = width_of_point(chart), width = share > 4 ? share * 0.8 : share;
    double top = y_of(chart, value < 0 ? from : from + value), bottom = y_of(chart, value < 0 ? from + value : from);
    const char *label = chart->series[index].label;
    html_printf(chart->out,
                "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>%s, %s: %.15g</title></rect>",
                x_of(chart, point) - width / 2, top, width, bottom - top, name_of_point(chart, point),
                label ? label : "", value);
}

static void draw_bars(const struct chart *chart)
{
    struct html *out = chart->out;
    struct stack {
        double above, below;
    } *stacks = errand_alloc(out->page->ctx, chart->points * sizeof(*stacks));
    for (size_t i = 0; i < chart->series_count; i++) {
        html_printf(out, "<g class=\"%s\" fill=\"currentColor\">", class_of(chart, i));
        for (size_t point = 0; point < chart->points; point++) {
            double value = value_at(&chart->series[i], point);
            if (isnan(value) || value == 0)
                continue;
            double *from = value < 0 ? &stacks[point].below : &stacks[point].above;
            draw_bar(chart, i, point, *from, value);
            *from += value;
        }
        html_raw(out, "</g>");
    }
}

/* A number that stands alone between gaps is a dot: a round end of a line of no length. */
static void draw_line(const struct chart *chart, const struct html_series *series)
{
    struct html *out = chart->out;
    html_raw(out, "<path fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\" "
                  "stroke-linejoin=\"round\" vector-effect=\"non-scaling-stroke\" d=\"");
    bool gap = true;
    for (size_t point = 0; point < series->count; point++) {
        double value = value_at(series, point);
        if (!isnan(value))
            html_printf(out, gap ? "M%.2f %.2fh0" : "L%.2f %.2f", x_of(chart, point), y_of(chart, value));
        gap = isnan(value);
    }
    html_raw(out, "\"/>");
}

/* Told apart by their dashes too, not by their colours alone. */
static void draw_lines(const struct chart *chart)
{
    static const char *const dashes[] = { "none", "7 4", "2 4", "9 4 2 4" };
    for (size_t i = 0; i < chart->series_count; i++) {
        html_printf(chart->out, "<g class=\"%s\" stroke-dasharray=\"%s\">", class_of(chart, i),
                    dashes[i % (sizeof(dashes) / sizeof(dashes[0]))]);
        draw_line(chart, &chart->series[i]);
        html_raw(chart->out, "</g>");
    }
}

/* ---- What stands around the drawing ---- */

static void write_legend(const struct chart *chart)
{
    html_raw(chart->out, "<ul class=\"chart-legend\" aria-hidden=\"true\">");
    for (size_t i = 0; i < chart->series_count; i++)
        html_printf(chart->out, "<li><span class=\"chart-key %s\"></span>%s</li>", class_of(chart, i),
                    chart->series[i].label ? chart->series[i].label : "");
    html_raw(chart->out, "</ul>");
}

static void write_numbers(const struct chart *chart)
{
    struct html *out = chart->out;
    html_printf(out, "<table class=\"visually-hidden\"><caption>%s</caption><thead><tr><td></td>", chart->title);
    for (size_t i = 0; i < chart->series_count; i++)
        html_printf(out, "<th scope=\"col\">%s</th>", chart->series[i].label ? chart->series[i].label : "Value");
    html_raw(out, "</tr></thead><tbody>");
    for (size_t point = 0; point < chart->points; point++) {
        html_printf(out, "<tr><th scope=\"row\">%s</th>", name_of_point(chart, point));
        for (size_t i = 0; i < chart->series_count; i++) {
            double value = point < chart->series[i].count ? chart->series[i].values[point] : (double)NAN;
            if (isfinite(value))
                html_printf(out, "<td>%.15g</td>", value);
            else
                html_raw(out, "<td>–</td>");
        }
        html_raw(out, "</tr>");
    }
    html_raw(out, "</tbody></table>");
}

static void begin(struct chart *chart, bool stacked)
{
    struct errand_context *ctx = chart->out->page->ctx;
    if (chart->series_count > SERIES_MAX)
        errand_fail(ctx, "the graph \"%s\" has %zu series; at most %d can be told apart", chart->title,
                    chart->series_count, SERIES_MAX);
    for (size_t i = 0; i < chart->series_count; i++) {
        const struct html_series *series = &chart->series[i];
        if (series->count > POINTS_MAX)
            errand_fail(ctx, "the graph \"%s\" has a series of %zu values; at most %d are drawn", chart->title,
                        series->count, POINTS_MAX);
        if (series->count > chart->points) {
            chart->points = series->count;
            chart->ends = series->labels;
        }
    }
    chart->least = chart->most = (double)NAN;
    measure(chart, stacked);
    choose_ticks(chart);
}

static void draw(struct chart *chart, bool stacked)
{
    struct html *out = chart->out;
    begin(chart, stacked);
    html_raw(out, "<figure class=\"chart\">");
    html_printf(out, "<figcaption>%s</figcaption>", chart->title);
    if (chart->points == 0) {
        html_raw(out, "<p class=\"chart-empty\">There are no numbers yet.</p></figure>");
        return;
    }
    html_printf(out,
                "<svg height=\"%d\" role=\"img\"><title>%s</title><desc>From %s to %s; the numbers stand in the table "
                "that follows.</desc>",
                HEIGHT, chart->title, short_number(out, chart->least), short_number(out, chart->most));
    draw_axis(chart);
    html_printf(out, "<svg viewBox=\"0 0 %d %d\" width=\"100%%\" height=\"%d\" preserveAspectRatio=\"none\">", WIDTH,
                HEIGHT, HEIGHT);
    (stacked ? draw_bars : draw_lines)(chart);
    html_raw(out, "</svg></svg>");
    if (chart->series_count > 1)
        write_legend(chart);
    write_numbers(chart);
    html_raw(out, "</figure>");
}

void html_bar_chart(struct html *out, const char *title, const struct html_series *series, size_t count)
{
    draw(&(struct chart){ .out = out, .title = title, .frame = chart_frame, .series = series, .series_count = count },
         true);
}

void html_line_chart(struct html *out, const char *title, const struct html_series *series, size_t count)
{
    draw(&(struct chart){ .out = out, .title = title, .frame = chart_frame, .series = series, .series_count = count },
         false);
}

void html_sparkline(struct html *out, const char *title, const double *values, size_t count)
{
    const struct html_series series = { .values = values, .count = count };
    struct chart chart = { .out = out, .title = title, .frame = spark_frame, .series = &series, .series_count = 1 };
    begin(&chart, false);
    html_printf(out,
                "<svg class=\"sparkline\" viewBox=\"0 0 %d %d\" role=\"img\" preserveAspectRatio=\"none\"><title>%s: ",
                SPARK_WIDTH, SPARK_HEIGHT, title);
    if (isnan(chart.most))
        html_raw(out, "no numbers yet");
    else
        html_printf(out, "now %s, at most %s", short_number(out, value_at(&series, count - 1)),
                    short_number(out, chart.most));
    /* A line through the gaps: where the numbers stand in time is then seen. */
    html_printf(out, "</title><path class=\"base\" d=\"M0 %.2fH%d\"/>", y_of(&chart, 0), SPARK_WIDTH);
    draw_line(&chart, &series);
    html_raw(out, "</svg>");
}
