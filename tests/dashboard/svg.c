/* Graphs: what is drawn of numbers that programs really have. The drawing is read back: bars and lines from the SVG,
   the numbers from the table. */
#include "dashboard/dashboard.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct store_url nowhere = { .kind = STORE_SQLITE, .target = "/nonexistent/app.db", .shown = "nowhere" };

/* One drawing: what is drawn, and the text of it or the error. */
struct drawing {
    void (*chart)(struct html *, const char *, const struct html_series *, size_t);
    const struct html_series *series;
    size_t count;
    struct html out;
};

static void draw(struct errand_context *ctx, void *arg)
{
    struct drawing *drawing = arg;
    struct page page = { .ctx = ctx };
    html_init(&drawing->out, &page);
    drawing->chart(&drawing->out, "A <graph>", drawing->series, drawing->count);
}

static void sparkline(struct html *out, const char *title, const struct html_series *series, size_t count)
{
    (void)count;
    html_sparkline(out, title, series->values, series->count);
}

static const char *drawn(struct errand_context *ctx, struct drawing *drawing)
{
    struct context_end end = context_call(ctx, draw, drawing);
    if (end.error)
        fail_msg("%s", end.error);
    assert_null(strstr(drawing->out.text.data, "nan"));
    assert_null(strstr(drawing->out.text.data, "inf"));
    return drawing->out.text.data;
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        count++;
    return count;
}

/* The values of an attribute of the first elements, in order. */
static size_t attributes(const char *text, const char *element, const char *attribute, double *values, size_t most)
{
    size_t count = 0;
    for (; count < most && (text = strstr(text, element)); text++) {
        const char *at = strstr(text, attribute);
        values[count++] = strtod(at + strlen(attribute), NULL);
    }
    return count;
}

static void bars_are_as_high_as_their_numbers(void **state)
{
    const double values[] = { 10, 20, 0, 40 };
    const char *const labels[] = { "1990", "1991", "1992", "<1993>" };
    const struct html_series series = { .label = "shows", .values = values, .labels = labels, .count = 4 };
    struct drawing drawing = { html_bar_chart, &series, 1, { 0 } };
    const char *text = drawn(*state, &drawing);
    double heights[4];
    assert_int_equal(attributes(text, "<rect", "height=\"", heights, 4), 3); /* none of nothing */
    assert_true(fabs(heights[1] - 2 * heights[0]) < 0.02 && fabs(heights[2] - 4 * heights[0]) < 0.02);
    assert_non_null(strstr(text, "<title>A &lt;graph&gt;</title><desc>From 0 to 40;"));
    assert_non_null(strstr(text, "<rect")); /* and what it is, for the mouse */
    assert_non_null(strstr(text, "<title>&lt;1993&gt;, shows: 40</title>"));
    assert_non_null(strstr(text, "<th scope=\"row\">1991</th><td>20</td>"));
    assert_null(strstr(text, "chart-legend")); /* of one series the title tells */
    html_release(&drawing.out);
}

static void series_stand_on_each_other_and_negatives_hang(void **state)
{
    const double first[] = { 3, -2 }, second[] = { 1, -2 };
    const struct html_series series[] = {
        { .label = "a", .values = first, .count = 2 },
        { .label = "b", .status = "job_status_failed", .values = second, .count = 2 }
    };
    struct drawing drawing = { html_bar_chart, series, 2, { 0 } };
    const char *text = drawn(*state, &drawing);
    double tops[4], heights[4];
    assert_int_equal(attributes(text, "<rect", " y=\"", tops, 4), 4);
    attributes(text, "<rect", "height=\"", heights, 4);
    assert_true(fabs(tops[2] + heights[2] - tops[0]) < 0.02);   /* b on a */
    assert_true(fabs(tops[1] - (tops[0] + heights[0])) < 0.02); /* from the line of zero down */
    assert_true(fabs(tops[3] - (tops[1] + heights[1])) < 0.02); /* and b under a */
    assert_int_equal(count_of(text, "of-failed"), 2);           /* the bars and the legend */
    assert_int_equal(count_of(text, "class=\"zero\""), 1);
    html_release(&drawing.out);
}

static void what_is_no_number_is_a_gap(void **state)
{
    const double values[] = { 1, 2, NAN, INFINITY, 3, -INFINITY, 4 };
    const struct html_series series = { .label = "a", .values = values, .count = 7 };
    struct drawing drawing = { html_line_chart, &series, 1, { 0 } };
    const char *text = drawn(*state, &drawing);
    const char *line = strstr(text, " d=\"");
    assert_non_null(line);
    assert_int_equal(count_of(line, "h0"), 3); /* three pieces: 1-2, 3, 4 */
    assert_int_equal(count_of(text, "<td>–</td>"), 3);
    html_release(&drawing.out);
    struct drawing spark = { sparkline, &series, 1, { 0 } };
    assert_non_null(strstr(drawn(*state, &spark), "now 4, at most 4</title><path class=\"base\""));
    html_release(&spark.out);
}

static void numbers_of_any_size_are_drawn(void **state)
{
    static const double sets[][4] = {
        { 0, 0, 0, 0 },
        { 5, 5, 5, 5 },
        { -5, -5, -5, -5 },
        { DBL_MAX, DBL_MAX, -DBL_MAX, 1 },
        { DBL_TRUE_MIN, 0, 0, 0 },
        { 1e-280, 1e280, 0, 0 },
        { 0.1, 0.2, 0.3, 123456789 },
    };
    void (*const charts[])(struct html *, const char *, const struct html_series *,
                           size_t) = { html_bar_chart, html_line_chart, sparkline };
    for (size_t set = 0; set < sizeof(sets) / sizeof(sets[0]); set++) {
        struct html_series series[8];
        for (size_t i = 0; i < 8; i++)
            series[i] = (struct html_series){ .label = "x", .values = sets[set], .count = 4 };
        for (size_t chart = 0; chart < 3; chart++) {
            struct drawing drawing = { charts[chart], series, 8, { 0 } };
            const char *text = drawn(*state, &drawing);
            double lines[20];
            assert_true(chart == 2 || attributes(text, "<line", "y1=\"", lines, 20) <= 12);
            html_release(&drawing.out);
        }
    }
}

static void nothing_and_one_are_drawn_too(void **state)
{
    const double one[] = { 7 };
    const struct html_series none = { .label = "a" }, single = { .label = "a", .values = one, .count = 1 };
    struct drawing drawing = { html_bar_chart, &none, 1, { 0 } };
    assert_non_null(strstr(drawn(*state, &drawing), "There are no numbers yet."));
    html_release(&drawing.out);
    drawing = (struct drawing){ html_bar_chart, NULL, 0, { 0 } };
    assert_non_null(strstr(drawn(*state, &drawing), "There are no numbers yet."));
    html_release(&drawing.out);
    drawing = (struct drawing){ html_line_chart, &single, 1, { 0 } };
    assert_int_equal(count_of(drawn(*state, &drawing), "h0"), 1);
    html_release(&drawing.out);
    drawing = (struct drawing){ sparkline, &none, 1, { 0 } };
    assert_non_null(strstr(drawn(*state, &drawing), "no numbers yet"));
    html_release(&drawing.out);
}

static void series_of_different_lengths_share_an_axis(void **state)
{
    const double longer[] = { 1, 2, 3 }, shorter[] = { 4 };
    const char *const labels[] = { "x", "y", "z" };
    const struct html_series series[] = { { .label = "a", .values = shorter, .count = 1 },
                                          { .label = "b", .values = longer, .labels = labels, .count = 3 } };
    struct drawing drawing = { html_bar_chart, series, 2, { 0 } };
    assert_non_null(strstr(drawn(*state, &drawing), "<th scope=\"row\">z</th><td>–</td><td>3</td>"));
    html_release(&drawing.out);
}

static void more_than_can_be_shown_is_refused_with_a_sentence(void **state)
{
    static double values[501];
    struct html_series series[9];
    for (size_t i = 0; i < 9; i++)
        series[i] = (struct html_series){ .label = "a", .values = values, .count = 500 };
    struct drawing drawing = { html_bar_chart, series, 8, { 0 } };
    assert_int_equal(count_of(drawn(*state, &drawing), "<tr><th scope=\"row\">"), 500);
    html_release(&drawing.out);
    drawing = (struct drawing){ html_bar_chart, series, 9, { 0 } };
    assert_string_equal(context_call(*state, draw, &drawing).error,
                        "the graph \"A <graph>\" has 9 series; at most 8 can be told apart");
    html_release(&drawing.out);
    series[0].count = 501;
    drawing = (struct drawing){ html_line_chart, series, 1, { 0 } };
    assert_string_equal(context_call(*state, draw, &drawing).error,
                        "the graph \"A <graph>\" has a series of 501 values; at most 500 are drawn");
    html_release(&drawing.out);
}

static int make(void **state)
{
    const struct context_config config = { .url = &nowhere };
    *state = context_new(&config);
    return *state ? 0 : -1;
}

static int drop(void **state)
{
    context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_as_high_as_their_numbers),
        cmocka_unit_test(series_stand_on_each_other_and_negatives_hang),
        cmocka_unit_test(what_is_no_number_is_a_gap),
        cmocka_unit_test(numbers_of_any_size_are_drawn),
        cmocka_unit_test(nothing_and_one_are_drawn_too),
        cmocka_unit_test(series_of_different_lengths_share_an_axis),
        cmocka_unit_test(more_than_can_be_shown_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
