/* What is written to a page: formats and what is escaped in them, addresses, times, names and fields of forms. */
#include "dashboard/dashboard.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct store_url nowhere = { .kind = STORE_SQLITE, .target = "/nonexistent/app.db", .shown = "nowhere" };

/* A page without a database: its time is set, and nothing else needs one. */
static struct page page;
static struct html out;

/* Calls fn as a page, and gives what it raised; NULL: nothing. */
static const char *raised(void (*fn)(struct errand_context *ctx, void *arg), void *arg)
{
    static char error[1024];
    const struct context_config config = { .url = &nowhere };
    struct errand_context *ctx = context_new(&config);
    page = (struct page){ .ctx = ctx, .out = &out, .now = errand_days(20000), .path = "/ListJob" };
    static struct errand_dashboard_service service = { .mount = "/jobs" };
    page.service = &service;
    html_init(&out, &page);
    struct context_end end = context_call(ctx, fn, arg);
    snprintf(error, sizeof(error), "%s", end.error ? end.error : "");
    html_release(&out);
    context_free(ctx);
    return end.end == JOB_END_RETURNED ? NULL : error;
}

static void run(void (*fn)(struct errand_context *ctx, void *arg))
{
    const char *error = raised(fn, NULL);
    if (error)
        fail_msg("%s", error);
}

#define TEST(name)                                                                                                     \
    static void body_of_##name(struct errand_context *ctx, void *arg);                                                 \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        run(body_of_##name);                                                                                           \
    }                                                                                                                  \
    static void body_of_##name(__attribute__((unused)) struct errand_context *ctx, __attribute__((unused)) void *arg)

static const char *written(void)
{
    return out.text.data ? out.text.data : "";
}

#define assert_prints(expected, ...)                                                                                   \
    do {                                                                                                               \
        buffer_reset(&out.text);                                                                                       \
        html_printf(&out, __VA_ARGS__);                                                                                \
        assert_string_equal(written(), expected);                                                                      \
    } while (0)

/* As printf prints it, where nothing is to be escaped. */
#define assert_like_printf(...)                                                                                        \
    do {                                                                                                               \
        char expected[8192];                                                                                           \
        snprintf(expected, sizeof(expected), __VA_ARGS__);                                                             \
        assert_prints(expected, __VA_ARGS__);                                                                          \
    } while (0)

/* ---- Formats ---- */

TEST(every_conversion_prints_as_printf_does)
{
    assert_like_printf("%d|%i|%5d|%-5d|%05d|%+d|% d|%.3d|%*d|%-*d|%.*d", 42, -7, 42, 42, 42, 42, 42, 7, 6, 1, 6, 1, 4,
                       9);
    assert_like_printf("%u|%o|%x|%X|%#x|%#o", UINT_MAX, 8U, 255U, 255U, 255U, 8U);
    assert_like_printf("%hhd|%hd|%ld|%lld|%jd|%zd|%td", (signed char)-1, (short)-2, LONG_MIN, LLONG_MAX, INTMAX_MIN,
                       (ssize_t)-3, (ptrdiff_t)-4);
    assert_like_printf("%hhu|%hu|%lu|%llu|%ju|%zu", (unsigned char)255, (unsigned short)65535, ULONG_MAX, ULLONG_MAX,
                       UINTMAX_MAX, SIZE_MAX);
    assert_like_printf("%f|%.2f|%8.3f|%-8.1f|%+e|%G|%g|%a|%F", 1.5, 2.345, 3.14159, 2.5, 12345.678, 1e-20, 0.1, 1.0,
                       -0.0);
    assert_like_printf("%f|%f|%Lf|%.3Le", INFINITY, -INFINITY, 1.25L, LDBL_MAX);
    assert_like_printf("%s|%10s|%-10s|%.3s|%.*s|%*s|%.0s|%c|%%", "text", "right", "left", "cut off", 2, "two", 5, "ab",
                       "x", 'c');
    assert_like_printf("%p", (void *)&page);
    assert_like_printf("%.300f", DBL_MAX);
    errno = ENOENT;
    assert_prints("No such file or directory", "%m");
}

TEST(a_null_text_writes_nothing)
{
    const char *volatile none = NULL;
    assert_prints("<td></td>", "<td>%s</td>", none);
    assert_prints("|    |", "|%4s|", none);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static void print_format(struct errand_context *ctx, void *arg)
{
    (void)ctx;
    html_printf(&out, arg, 1, 2, 3);
}
#pragma GCC diagnostic pop

static void a_conversion_that_is_not_known_raises(void **state)
{
    (void)state;
    static char formats[][12] = { "%n", "%ls", "%lc", "%1$d", "%", "%y", "%5", "%ll" };
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        const char *error = raised(print_format, formats[i]);
        assert_non_null(error);
        assert_non_null(strstr(error, formats[i]));
    }
}

TEST(a_width_beyond_any_page_is_cut)
{
    html_printf(&out, "%*s", INT_MAX, "a");
    assert_int_equal(out.text.size, 1024);
    html_printf(&out, "%*d", INT_MIN + 1, 1);
    assert_int_equal(out.text.size, 2048);
}

/* ---- Escaping ---- */

TEST(what_could_end_a_text_or_an_attribute_is_escaped)
{
    assert_prints("<a title=\"&#34;&#39;&lt;&gt;&amp;&#96;\">", "<a title=\"%s\">", "\"'<>&`");
    assert_prints("&lt;", "%c", '<');
    assert_prints("&lt;scr", "%.4s", "<script>");
    assert_prints("&amp;amp;", "%s", "&amp;");
}

TEST(controls_are_shown_and_broken_utf8_is_replaced)
{
    assert_prints("a\nb\tc", "%s", "a\nb\tc");
    assert_prints("\xe2\x90\x8d\xe2\x90\x9b\xe2\x90\xa1", "%s", "\r\x1b\x7f");
    assert_prints("\xe2\x90\x80", "%c", '\0');
    assert_prints("\xef\xbf\xbdx", "%s", "\xc2\x85x"); /* NEL, of the second range of controls */
    assert_prints("\xef\xbf\xbd\xef\xbf\xbdx", "%s", "\xff\xc3x");
    assert_prints("\xef\xbf\xbd", "%s", "\xc3");
    assert_prints("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x98", "%s", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x98");
    assert_prints("\xef\xbf\xbd", "%.1s", "\xc3\xbc"); /* a precision that cuts a character in two */
}

/* A text could otherwise turn around what the page itself says behind it. */
TEST(what_turns_the_direction_or_ends_a_line_is_shown)
{
    char sequence[] = "a\xe2\x80\xa8z";
    for (unsigned char last = 0xa8; last <= 0xae; last++) { /* U+2028 to U+202E */
        sequence[3] = (char)last;
        assert_prints("a\xef\xbf\xbdz", "%s", sequence);
    }
    sequence[2] = '\x81';
    for (unsigned char last = 0xa6; last <= 0xa9; last++) { /* U+2066 to U+2069 */
        sequence[3] = (char)last;
        assert_prints("a\xef\xbf\xbdz", "%s", sequence);
    }
    assert_prints("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", "%s",
                  "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa");
    assert_prints("\xd7\xa9\xd7\x9c\xe2\x80\x8f", "%s", "\xd7\xa9\xd7\x9c\xe2\x80\x8f"); /* Hebrew, and a mark */
}

static void fill(struct errand_context *ctx, void *arg)
{
    size_t size = *(const size_t *)arg;
    char *text = errand_alloc(ctx, size + 1);
    memset(text, 'x', size);
    html_printf(&out, "%s", text);
    assert_int_equal(out.text.size, size);
}

static void a_page_takes_its_maximum_and_not_a_byte_more(void **state)
{
    (void)state;
    size_t size = DASHBOARD_PAGE_MAX;
    assert_null(raised(fill, &size));
    size++;
    assert_non_null(strstr(raised(fill, &size), "16 MiB"));
}

/* ---- Addresses ---- */

TEST(parts_of_addresses_are_encoded)
{
    assert_string_equal(html_url(&out, "abc-._~XYZ019"), "abc-._~XYZ019");
    assert_string_equal(html_url(&out, "a b&c=d/?#%\"\xc3\xbc\n"), "a%20b%26c%3Dd%2F%3F%23%25%22%C3%BC%0A");
    assert_string_equal(html_url(&out, ""), "");
    assert_string_equal(html_url(&out, NULL), "");
}

TEST(an_address_is_relative_or_of_the_web)
{
    static const char *const good[] = {
        "/jobs",         "page?x=a:b", "#top",           "", "http://a.example/", "HTTPS://a.example/",
        "//a.example/x", "./a:b",      "?q=javascript:1"
    };
    static const char *const bad[] = { "javascript:alert(1)", "JavaScript:alert(1)", " javascript:x",
                                       "java\tscript:x",      "\x01javascript:x",    "data:text/html,x",
                                       "vbscript:x",          "file:///etc",         "http\n:x",
                                       "\\\\a.example",       "mailto:a@b",          "blob:x",
                                       "http:\r\nx" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_string_equal(html_href(&out, good[i]), good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_string_equal(html_href(&out, bad[i]), "#");
    assert_string_equal(html_href(&out, NULL), "#");
}

/* ---- Times, counts, names ---- */

TEST(times_are_said_as_people_say_them)
{
    const struct {
        int64_t past_s;
        const char *text;
    } cases[] = {
        { 0, "just now" },
        { 1, "1 second ago" },
        { 59, "59 seconds ago" },
        { 60, "1 minute ago" },
        { 3599, "59 minutes ago" },
        { 7200, "2 hours ago" },
        { 86400, "1 day ago" },
        { 29 * 86400, "29 days ago" },
        { 30 * 86400, "1 month ago" },
        { 364 * 86400, "12 months ago" },
        { 365 * 86400, "1 year ago" },
        { -1, "in 1 second" },
        { -90, "in 1 minute" },
        { -7200, "in 2 hours" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(format_ago(&page, page.now - errand_seconds(cases[i].past_s)), cases[i].text);
    assert_string_equal(format_ago(&page, page.now + 400000), "in a moment");
    assert_string_equal(format_ago(&page, ERRAND_TIME_INFINITY), "never");
    assert_string_equal(format_ago(&page, ERRAND_TIME_MINUS_INFINITY), "always");
    assert_string_equal(format_ago(&page, INT64_MIN + 2), "292526 years ago");
}

TEST(a_time_carries_its_exact_value_and_zone)
{
    html_time_ago(&out, page.now - errand_minutes(5));
    assert_string_equal(written(), "<time datetime=\"2024-10-03T23:55:00.000000Z\" title=\"2024-10-03 23:55:00 UTC\">"
                                   "5 minutes ago</time>");
    buffer_reset(&out.text);
    html_time(&out, page.now);
    assert_string_equal(written(), "<time datetime=\"2024-10-04T00:00:00.000000Z\" title=\"2024-10-04 00:00:00 UTC\">"
                                   "2024-10-04 00:00:00 UTC</time>");
}

TEST(durations_have_the_unit_that_fits)
{
    const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        { -5, "0 µs" },
        { 999, "999 µs" },
        { 1000, "1.0 ms" },
        { 9949, "9.9 ms" },
        { 9950, "10 ms" },
        { 999499, "999 ms" },
        { 999500, "1.0 s" },
        { 1234567, "1.2 s" },
        { 59949999, "59.9 s" },
        { 59950000, "1 min" },
        { 200000000, "3 min 20 s" },
        { 3600000000, "1 h" },
        { 5400000000, "1 h 30 min" },
        { 86400000000, "1 d" },
        { 90000000000, "1 d 1 h" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(format_duration(&page, cases[i].us), cases[i].text);
    assert_non_null(format_duration(&page, INT64_MAX));
}

TEST(counts_have_their_thousands_apart)
{
    assert_string_equal(format_count(&page, 0), "0");
    assert_string_equal(format_count(&page, 999), "999");
    assert_string_equal(format_count(&page, 1000), "1,000");
    assert_string_equal(format_count(&page, -1234567), "-1,234,567");
    assert_string_equal(format_count(&page, INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(labels_are_made_of_names)
{
    static const char *const cases[][2] = {
        { "band_id", "Band" },
        { "updated_at", "Updated at" },
        { "initial_scrape_jobs", "Initial scrape jobs" },
        { "id", "ID" },
        { "attempts_count", "Attempts" },
        { "bandId", "Band" },
        { "firstName", "First name" },
        { "_id", " id" },
        { "paid", "Paid" },
        { "URL", "URL" },
        { "", "" },
        { "Id", "Id" },
        { "\xc3\xbc"
          "ber_id",
          "\xc3\xbc"
          "ber" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(html_field_label(&out, cases[i][0]), cases[i][1]);
}

TEST(statuses_are_badges_and_unknown_ones_are_shown_as_they_are)
{
    html_status_badge(&out, "job_status_timed_out");
    assert_string_equal(written(), "<span class=\"badge status status-timed_out\">Timed out</span>");
    buffer_reset(&out.text);
    html_status_badge(&out, "<odd>");
    assert_string_equal(written(), "<span class=\"badge status\">&lt;odd&gt;</span>");
    buffer_reset(&out.text);
    html_status_badge(&out, NULL);
    assert_string_equal(written(), "<span class=\"badge status\">unknown</span>");
}

TEST(pages_link_to_their_neighbours_with_the_rest_of_the_address)
{
    struct param query[] = { { "tableName", "a&b" }, { "page", "2" }, { NULL, NULL } };
    page.query = query;
    html_pagination(&out, 1, 25, true);
    assert_non_null(strstr(written(), "href=\"/jobs/ListJob?tableName=a%26b&amp;page=1\""));
    assert_non_null(strstr(written(), "href=\"/jobs/ListJob?tableName=a%26b&amp;page=3\""));
    assert_non_null(strstr(written(), "Page 2"));
    buffer_reset(&out.text);
    html_pagination(&out, 0, 25, false);
    assert_string_equal(written(), "");
}

/* ---- Forms ---- */

TEST(one_field_has_many_spellings)
{
    assert_true(form_same_name("bandId", "band_id"));
    assert_true(form_same_name("band_id", "band_id"));
    assert_false(form_same_name("band_id", "band"));
    assert_false(form_same_name("band", "band_id"));
    assert_true(form_same_name("", ""));
    assert_true(form_same_name("_", ""));
}

static bool has(const char *text)
{
    return strstr(written(), text) != NULL;
}

TEST(a_field_of_any_name_stays_a_field)
{
    html_input(&out, .name = "\"><script>", .value = "\" onfocus=\"x", .label = "<b>", .help = "&");
    assert_true(has("name=\"&#34;&gt;&lt;script&gt;\""));
    assert_true(has("id=\"field-%22%3E%3Cscript%3E\""));
    assert_true(has("value=\"&#34; onfocus=&#34;x\""));
    assert_true(has(">&lt;b&gt;"));
    assert_false(has("<script>"));
}

TEST(what_was_entered_appears_again_beside_what_is_wrong_with_it)
{
    struct param form[] = { { "band_id", "7" }, { "note", "a\r\nb" }, { NULL, NULL } };
    const struct param errors[] = { { "bandId", "No <such> band." }, { NULL, NULL } };
    page.form = form;
    page.errors = errors;
    page.again = true;
    page.refusal = (struct refusal){ .status = 422, .field = "note", .sentence = "Too short." };
    html_input(&out, .name = "bandId", .value = "1");
    assert_true(has("value=\"7\""));
    assert_true(has("aria-invalid=\"true\" aria-describedby=\"field-bandId-error\""));
    assert_true(has("id=\"field-bandId-error\">No &lt;such&gt; band.</p>"));
    html_input(&out, .name = "note", .kind = "textarea");
    assert_true(has(">\na\nb</textarea>"));
    assert_true(has("Too short."));
}

TEST(a_checkbox_that_was_not_sent_was_not_checked)
{
    html_input(&out, .name = "urgent", .kind = "checkbox", .value = "true");
    assert_true(has(" checked>"));
    buffer_reset(&out.text);
    page.again = true;
    html_input(&out, .name = "urgent", .kind = "checkbox", .value = "true");
    assert_false(has(" checked>"));
}

TEST(a_select_shows_what_was_chosen_or_what_the_address_says)
{
    struct param query[] = { { "bandId", "2" }, { NULL, NULL } };
    html_select_begin(&out, "bandId", "Band");
    html_option_chosen(&out, "1", "One");
    html_option(&out, "2", "<Two>");
    html_select_end(&out);
    assert_true(has("<option value=\"1\" selected>One</option><option value=\"2\">&lt;Two&gt;</option>"));
    buffer_reset(&out.text);
    page.query = query;
    html_select_begin(&out, "bandId", "Band");
    html_option_chosen(&out, "1", "One");
    html_option(&out, "2", "<Two>");
    html_select_end(&out);
    assert_true(has("<option value=\"1\">One</option><option value=\"2\" selected>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversion_prints_as_printf_does),
        cmocka_unit_test(a_null_text_writes_nothing),
        cmocka_unit_test(a_conversion_that_is_not_known_raises),
        cmocka_unit_test(a_width_beyond_any_page_is_cut),
        cmocka_unit_test(what_could_end_a_text_or_an_attribute_is_escaped),
        cmocka_unit_test(controls_are_shown_and_broken_utf8_is_replaced),
        cmocka_unit_test(what_turns_the_direction_or_ends_a_line_is_shown),
        cmocka_unit_test(a_page_takes_its_maximum_and_not_a_byte_more),
        cmocka_unit_test(parts_of_addresses_are_encoded),
        cmocka_unit_test(an_address_is_relative_or_of_the_web),
        cmocka_unit_test(times_are_said_as_people_say_them),
        cmocka_unit_test(a_time_carries_its_exact_value_and_zone),
        cmocka_unit_test(durations_have_the_unit_that_fits),
        cmocka_unit_test(counts_have_their_thousands_apart),
        cmocka_unit_test(labels_are_made_of_names),
        cmocka_unit_test(statuses_are_badges_and_unknown_ones_are_shown_as_they_are),
        cmocka_unit_test(pages_link_to_their_neighbours_with_the_rest_of_the_address),
        cmocka_unit_test(one_field_has_many_spellings),
        cmocka_unit_test(a_field_of_any_name_stays_a_field),
        cmocka_unit_test(what_was_entered_appears_again_beside_what_is_wrong_with_it),
        cmocka_unit_test(a_checkbox_that_was_not_sent_was_not_checked),
        cmocka_unit_test(a_select_shows_what_was_chosen_or_what_the_address_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
