/* The form of a new job, and what it makes of what is entered. */
#include "types.h"
#include "world.h"

#include <string.h>

static void the_form_fits_the_columns(void **state)
{
    (void)state;
    add_scrape();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=letter_jobs"), 200);
    assert_page_has("type=\"number\" step=\"any\" id=\"field-pages\"");
    assert_page_has("value=\"nobody\"");
    assert_page_has("<option value=\"so so\">So so</option>");
    assert_page_has("for=\"field-mood\">Mood <span class=\"optional\">optional</span></label>");
    assert_page_has("type=\"checkbox\" value=\"true\" id=\"field-is_urgent\"");
    assert_page_has("type=\"date\" id=\"field-due_on\"");
    assert_page_has("<textarea rows=\"4\" id=\"field-options\"");
    assert_page_has("id=\"field-options-help\">JSON, such as {");
    assert_page_has("id=\"field-pages-help\">Left empty, it is 1.</p>");
    assert_page_has("type=\"datetime-local\" step=\"1\" id=\"field-run_at\"");
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=initial_scrape_jobs&bandId=" BAND), 200);
    assert_page_has("<option value=\"" BAND "\" selected>Portis&lt;i&gt;head&lt;/i&gt;</option>");
    assert_page_has("for=\"field-band_id\">Band</label>");
    assert_int_equal(ask_json("/jobs/CreateJob?tableName=letter_jobs"), 200);
    assert_page_has("{\"name\":\"mood\"");
    assert_page_has("\"choices\":[\"happy\",\"so so\",\"customer\",\"customer_id\",");
}

static void more_rows_than_a_select_holds_are_named_by_their_id(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        run_sql("INSERT INTO bands (name) VALUES ('band %d')", i);
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=initial_scrape_jobs"), 200);
    assert_page_has(">band 199</option>");
    run_sql("INSERT INTO bands (name) VALUES ('one more')");
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=initial_scrape_jobs"), 200);
    assert_page_lacks("<select");
    assert_page_has("more than 200 rows of bands");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=initial_scrape_jobs"), 200);
    assert_page_has("<input class=\"form-control\" id=\"filter-band_id\" name=\"where.band_id\" type=\"text\"");
}

static void a_job_is_created_by_the_parameters_of_the_guide(void **state)
{
    (void)state;
    add_scrape();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/CreateJob?tableName=initial_scrape_jobs&bandId=" BAND, .form = ""),
                     303);
    assert_non_null(strstr(header("Location"), "/jobs/ViewJob?tableName=initial_scrape_jobs&id="));
    assert_int_equal(number_of("SELECT count(*) FROM initial_scrape_jobs WHERE band_id = '" BAND "'"), 2);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs&band_id=" BAND),
                     303);
    assert_int_equal(number_of("SELECT count(*) FROM initial_scrape_jobs"), 3);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs",
                               .headers = { { "Accept", "application/json" } }),
                     201);
    assert_page_has("{\"table\":\"letter_jobs\",\"id\":\"");
    assert_int_equal(letters("recipient = 'nobody' AND pages = 1 AND mood IS NULL"), 1);
}

static void everything_entered_reaches_the_row(void **state)
{
    (void)state;
    serve_plain();
    assert_int_equal(
        send_form(.target = "/jobs/CreateJob",
                  .form = "tableName=letter_jobs&wholeForm=1&recipient=%C3%9Cte+%26+%3Cb%3E&pages=12&mood=so+so"
                          "&options=%7B%22a%22%3A1%7D&isUrgent=true&due_on=2026-12-24&run_at=2031-01-02T03:04"),
        303);
    assert_int_equal(
        letters("recipient = '\xc3\x9cte & <b>' AND pages = 12 AND mood = 'so so' AND due_on = '2026-12-24'"), 1);
    assert_int_equal(ask_json("/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_page_has("\"run_at\":\"2031-01-02T03:04:00.000000Z\"");
    assert_page_has("\"is_urgent\":true");
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&created=1"), 200);
    assert_page_has("The job was created.");
    assert_page_has("\xc3\x9cte &amp; &lt;b&gt;");
}

/* .records says whose rows may be looked at; the form of another table's key takes an id, and names nobody. */
static void a_form_names_rows_only_of_tables_that_are_listed(void **state)
{
    (void)state;
    static const struct errand_dashboard closed = { .auth = NO_AUTH, .title = "Mill" };
    static const char *const target = "/jobs/CreateJob?tableName=initial_scrape_jobs";
    run_sql("INSERT INTO bands (id, name) VALUES ('" BAND "', 'Portishead')");
    serve(&closed, NULL);
    assert_int_equal(ask(.target = target), 200);
    assert_page_lacks("Portishead");
    assert_page_lacks(BAND);
    assert_page_has("of a row of bands");
    assert_page_has("name=\"band_id\"");
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs&band_id=" BAND),
                     303);
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=initial_scrape_jobs"), 200);
    assert_page_lacks("Portishead");
    serve_plain();
    assert_int_equal(ask(.target = target), 200);
    assert_page_has("<option value=\"" BAND "\">Portishead</option>");
}

static void a_form_offers_as_many_rows_as_it_says_and_no_more(void **state)
{
    (void)state;
    static const char *const target = "/jobs/CreateJob?tableName=initial_scrape_jobs";
    for (int i = 0; i < 200; i++)
        run_sql("INSERT INTO bands (name) VALUES ('Band %d')", i);
    serve_plain();
    assert_int_equal(ask(.target = target), 200);
    assert_page_has(">Band 0</option>");
    assert_page_has(">Band 199</option>");
    run_sql("INSERT INTO bands (name) VALUES ('one more')");
    assert_int_equal(ask(.target = target), 200);
    assert_page_lacks("</option>");
    assert_page_has("of one of the more than 200 rows of bands");
}

static void a_box_that_was_unchecked_is_false_and_one_that_nobody_showed_has_its_default(void **state)
{
    (void)state;
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&wholeForm=1&is_urgent=true"),
                     303);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&wholeForm=1"), 303);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs"), 303);
    assert_int_equal(letters(on_postgres() ? "is_urgent" : "is_urgent = 1"), 1);
}

static void what_is_wrong_stands_beside_its_field_and_nothing_entered_is_lost(void **state)
{
    (void)state;
    serve_plain();
    const char *form = "tableName=letter_jobs&wholeForm=1&recipient=%22Ada%22&pages=99999999999&mood=sad&options=%7B%"
                       "22a%22%3A&is_urgent=true";
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = form), 422);
    assert_page_has("id=\"field-pages-error\">");
    assert_page_has("id=\"field-mood-error\">");
    assert_page_has("id=\"field-options-error\">");
    assert_page_lacks("field-recipient-error");
    assert_page_has("value=\"&#34;Ada&#34;\"");
    assert_page_has("value=\"99999999999\"");
    assert_page_has("{&#34;a&#34;:</textarea>");
    assert_page_has("id=\"field-is_urgent\" name=\"is_urgent\" class=\"form-check-input\" checked>");
    assert_int_equal(letters("1 = 1"), 0);
    assert_int_equal(
        send_form(.target = "/jobs/CreateJob", .form = form, .headers = { { "Accept", "application/json" } }), 422);
    assert_page_has("\"fields\":{\"pages\":\"");
}

static void a_foreign_key_must_be_given_and_must_be_there(void **state)
{
    (void)state;
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs"), 422);
    assert_page_has("Band must be given.");
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs&bandId=7"), 422);
    assert_page_has("is not a uuid");
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=initial_scrape_jobs&bandId=" BAND), 422);
    assert_page_has("The job was not created:");
    assert_int_equal(number_of("SELECT count(*) FROM initial_scrape_jobs"), 0);
}

static void run_again_makes_a_job_of_the_same_columns(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&copyOf=" ID(3)), 303);
    assert_int_equal(
        letters("recipient = 'Chloe <b>' AND pages = 3 AND status = 'job_status_not_started' AND last_error IS NULL"),
        1);
    assert_int_equal(send_form(.target = "/jobs/CreateJob", .form = "tableName=letter_jobs&copyOf=" ID(8)), 404);
    assert_int_equal(letters("1 = 1"), 7);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        DASHBOARD_TEST(the_form_fits_the_columns),
        DASHBOARD_TEST(more_rows_than_a_select_holds_are_named_by_their_id),
        DASHBOARD_TEST(a_job_is_created_by_the_parameters_of_the_guide),
        DASHBOARD_TEST(everything_entered_reaches_the_row),
        DASHBOARD_TEST(a_form_names_rows_only_of_tables_that_are_listed),
        DASHBOARD_TEST(a_form_offers_as_many_rows_as_it_says_and_no_more),
        DASHBOARD_TEST(a_box_that_was_unchecked_is_false_and_one_that_nobody_showed_has_its_default),
        DASHBOARD_TEST(what_is_wrong_stands_beside_its_field_and_nothing_entered_is_lost),
        DASHBOARD_TEST(a_foreign_key_must_be_given_and_must_be_there),
        DASHBOARD_TEST(run_again_makes_a_job_of_the_same_columns),
    };
    return RUN(argc, argv, tests, "forms");
}
