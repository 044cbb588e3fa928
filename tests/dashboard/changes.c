/* Retrying and deleting, one job, the selected and all that match. */
#include "types.h"
#include "world.h"

#include "admin/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of a hidden field of the last page. */
static const char *hidden(const char *name, char *value, size_t size)
{
    char start[64];
    snprintf(start, sizeof(start), "name=\"%s\" value=\"", name);
    const char *found = strstr(world.body, start);
    if (!found)
        fail_msg("no field %s on %s", name, world.body);
    found += strlen(start);
    snprintf(value, size, "%.*s", (int)strcspn(found, "\""), found);
    return value;
}

/* ---- Retry and delete ---- */

static void one_job_is_retried_or_deleted(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&id=" ID(3)), 303);
    assert_string_equal(header("Location"), "/jobs/ViewJob?tableName=letter_jobs&id=" ID(3) "&retried=1");
    assert_int_equal(letters("id = '" ID(3) "' AND status = 'job_status_retry'"), 1);
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&back=list&status=failed&id=" ID(4)), 303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&status=failed&deleted=1");
    assert_int_equal(letters("id = '" ID(4) "'"), 0);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&id=" ID(4)), 404);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&id=4"), 400);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=customers&id=" ID(5)), 404);
    assert_int_equal(letters("1 = 1"), 5);
}

static void a_running_job_is_neither_retried_nor_deleted(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&id=" ID(2)), 409);
    assert_page_has("is running");
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&id=" ID(2)), 409);
    assert_int_equal(letters("id = '" ID(2) "' AND status = 'job_status_running' AND locked_by = '" ID(9) "'"), 1);
    assert_int_equal(ask(.target = "/jobs/ViewJob?tableName=letter_jobs&id=" ID(2)), 200);
    assert_page_lacks("/jobs/DeleteJob");
    assert_page_lacks("/jobs/RetryJob");
}

static void our_views_ask_before_they_delete_one(void **state)
{
    (void)state;
    const char *ask_first = "tableName=letter_jobs&ask=1&status=failed&id=" ID(3);
    const char *confirmed = "tableName=letter_jobs&ask=1&status=failed&confirm=1&id=" ID(3);
    add_letters();
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_page_has("formaction=\"/jobs/DeleteJob?ask=1\"");
    assert_page_lacks("formaction=\"/jobs/RetryJob?ask=1\"");
    assert_int_equal(ask(.target = "/jobs/ViewJob?tableName=letter_jobs&id=" ID(3)), 200);
    assert_page_has("name=\"ask\" value=\"1\"");
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = ask_first), 200);
    assert_page_has("<h1>Delete job 00000000?</h1>");
    assert_page_has("It is gone for good.");
    assert_page_has("name=\"id\" value=\"" ID(3) "\"");
    assert_page_has("name=\"confirm\" value=\"1\"");
    assert_page_has(
        "<a class=\"btn btn-link\" href=\"/jobs/ListJob?tableName=letter_jobs&amp;status=failed\">Cancel</a>");
    assert_int_equal(letters("1 = 1"), 6);
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = ask_first, .headers = { { "Accept", "application/json" } }),
        200);
    assert_page_has("\"changed\":0,\"matching\":{\"count\":1,");
    assert_page_has("\"confirm_with\":\"confirm=1\"");
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&ask=1&id=3"), 400);
    assert_int_equal(letters("1 = 1"), 6);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = confirmed), 303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&status=failed&deleted=1");
    assert_int_equal(letters("id = '" ID(3) "'"), 0);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = confirmed), 404);
}

/* What else is selected in the list that the button is in has no part in it. */
static void the_question_about_one_leads_back_to_where_it_was_asked(void **state)
{
    (void)state;
    char value[64];
    add_letters();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/DeleteJob",
                               .form = "tableName=letter_jobs&ask=1&back=list&selected=" ID(4) "&id=" ID(3)),
                     200);
    assert_page_lacks(ID(4));
    assert_string_equal(hidden("back", value, sizeof(value)), "list");
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&ask=1&back=overview&id=" ID(3)), 200);
    assert_string_equal(hidden("back", value, sizeof(value)), "overview");
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&ask=1&back=job&id=" ID(3)),
                     200);
    assert_page_has("href=\"/jobs/ViewJob?tableName=letter_jobs&amp;id=" ID(3) "\">Cancel</a>");
    assert_string_equal(hidden("back", value, sizeof(value)), "list");
}

static void the_selected_are_changed_after_their_number_was_asked_back(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    const char *form = "tableName=letter_jobs&selected=" ID(2) "&selected=" ID(3) "&selected=" ID(4) "&selected=" ID(8);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = form), 200);
    assert_page_has("<h1>Delete 4 jobs?</h1>");
    assert_page_has("name=\"selected\" value=\"" ID(4) "\"");
    assert_int_equal(letters("1 = 1"), 6);
    char confirmed[512];
    snprintf(confirmed, sizeof(confirmed), "%s&confirm=1", form);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = confirmed), 303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&deleted=2&running=1&missing=1");
    assert_int_equal(letters("id IN ('" ID(3) "', '" ID(4) "')"), 0);
    assert_int_equal(letters("id = '" ID(2) "'"), 1);
    assert_int_equal(ask(.target = header("Location") ? "/jobs/ListJob?tableName=letter_jobs&deleted=2&running=1" : ""),
                     200);
    assert_page_has("2 jobs were deleted.");
    assert_page_has("The job is running, and was left alone.");
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs"), 400);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&selected=7&confirm=1"), 400);
}

static void a_job_that_is_selected_twice_is_one(void **state)
{
    (void)state;
    const char *form = "tableName=letter_jobs&selected=" ID(3) "&selected=" ID(3);
    add_letters();
    run_sql("UPDATE letter_jobs SET id = 'abcdef00-0000-4000-8000-000000000000' WHERE id = '" ID(4) "'");
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/RetryJob", .form = form), 200);
    assert_page_has("<h1>Retry 1 job?</h1>");
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&confirm=1&selected=" ID(3) "&selected=" ID(
                                                  3) "&selected=abcdef00-0000-4000-8000-000000000000"
                                                     "&selected=ABCDEF00-0000-4000-8000-000000000000"),
        303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&retried=2");
}

/* ---- What is told of them ---- */

struct told {
    char text[64 * 1024];
    size_t size;
};

static void tell(void *arg, enum errand_log_level level, const char *text)
{
    struct told *told = arg;
    (void)level;
    told->size += (size_t)snprintf(told->text + told->size, sizeof(told->text) - told->size, "%s\n", text);
    assert_true(told->size < sizeof(told->text));
}

static void serve_and_listen(struct told *told)
{
    serve(&plain, &(struct errand_dashboard_options){ .log = tell, .log_arg = told });
}

static void changes_of_many_are_told_with_what_they_were(void **state)
{
    (void)state;
    static struct told told;
    told.size = 0;
    add_letters();
    serve_and_listen(&told);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob",
                               .form = "tableName=letter_jobs&confirm=1&selected=" ID(1) "&selected=" ID(2)),
                     303);
    assert_string_equal(told.text,
                        "somebody deleted 1 jobs of letter_jobs, from 127.0.0.1: selected " ID(1) " " ID(2) "\n");
    told.size = 0;
    assert_int_equal(send_form(.target = "/jobs/RetryJob",
                               .form = "tableName=letter_jobs&all=1&confirm=1&status=failed&error=said%20451"),
                     303);
    assert_string_equal(told.text, "somebody retried 1 jobs of letter_jobs, from 127.0.0.1: "
                                   "&status=failed&error=said%20451\n");
    told.size = 0;
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&all=1&confirm=1&status=failed"), 303);
    assert_int_equal(told.size, 0); /* there are none any more */
}

static void as_many_as_can_be_selected_are_all_told(void **state)
{
    (void)state;
    static struct told told;
    char *form = malloc(ADMIN_PAGE_MAX * 60 + 200);
    size_t size = (size_t)sprintf(form, "tableName=letter_jobs&confirm=1");
    told.size = 0;
    for (int i = 0; i < ADMIN_PAGE_MAX; i++) {
        run_sql("INSERT INTO letter_jobs (id) VALUES ('00000000-0000-4000-8000-%012d')", i);
        size += (size_t)sprintf(form + size, "&selected=00000000-0000-4000-8000-%012d", i);
    }
    serve_and_listen(&told);
    int status = send_form(.target = "/jobs/DeleteJob", .form = form);
    free(form);
    assert_int_equal(status, 303);
    for (int i = 0; i < ADMIN_PAGE_MAX; i++) {
        char id[40];
        snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012d", i);
        assert_non_null(strstr(told.text, id));
    }
}

/* The second step fails in the database: what the first one did is told all the same. */
static void a_change_that_fails_on_its_way_is_told_as_far_as_it_came(void **state)
{
    (void)state;
    static struct told told;
    told.size = 0;
    add_many(2500);
    run_sql("%s", on_postgres()
                      ? "CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS "
                        "'BEGIN PERFORM 1 / (OLD.pages - 1500); RETURN OLD; END';"
                        "CREATE TRIGGER trip BEFORE DELETE ON letter_jobs FOR EACH ROW EXECUTE FUNCTION trip()"
                      : "CREATE TRIGGER trip BEFORE DELETE ON letter_jobs WHEN OLD.pages = 1500 "
                        "BEGIN SELECT abs(-9223372036854775807 - 1); END");
    serve_and_listen(&told);
    int status = send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&all=1&confirm=1&to=9000-01-01");
    int64_t left = letters("1 = 1");
    run_sql("DROP TRIGGER trip%s", on_postgres() ? " ON letter_jobs; DROP FUNCTION trip" : "");
    assert_true(status >= 400);
    assert_int_equal(left, 1500);
    assert_non_null(
        strstr(told.text, "deleted 1000 jobs of letter_jobs, from 127.0.0.1: &to=9000-01-01T00%3A00%3A00\n"));
}

/* ---- What the database keeps ---- */

static void a_job_that_another_row_refers_to_is_kept_with_a_sentence(void **state)
{
    (void)state;
    const char *one = "tableName=letter_jobs&id=" ID(3), *all = "tableName=letter_jobs&all=1&confirm=1";
    add_letters();
    run_sql("CREATE TABLE stamps (letter %s REFERENCES letter_jobs (id))", on_postgres() ? "UUID" : "TEXT");
    run_sql("INSERT INTO stamps VALUES ('" ID(3) "')");
    serve_plain();
    int alone = send_form(.target = "/jobs/DeleteJob", .form = one);
    bool says_so = strstr(world.body, "The job " ID(3) " cannot be deleted: ") != NULL;
    int among = send_form(.target = "/jobs/DeleteJob", .form = all);
    char *location = strdup(header("Location") ? header("Location") : "");
    run_sql("DROP TABLE stamps");
    bool is_told = strcmp(location, "/jobs/ListJob?tableName=letter_jobs&deleted=4&running=1&refused=1") == 0;
    free(location);
    assert_int_equal(alone, 409);
    assert_true(says_so);
    assert_int_equal(among, 303);
    assert_true(is_told);
    assert_int_equal(letters("1 = 1"), 2);
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs&refused=1"), 200);
    assert_page_has("The database keeps one job as it is");
}

static void at_most_a_page_of_jobs_is_selected_at_once(void **state)
{
    (void)state;
    char *form = malloc(200 * 60 + 200);
    size_t size = (size_t)sprintf(form, "tableName=letter_jobs");
    serve_plain();
    for (int i = 0; i < ADMIN_PAGE_MAX; i++)
        size += (size_t)sprintf(form + size, "&selected=00000000-0000-4000-8000-%012d", i);
    int at_the_limit = send_form(.target = "/jobs/DeleteJob", .form = form);
    sprintf(form + size, "&selected=" ID(1));
    int past_it = send_form(.target = "/jobs/DeleteJob", .form = form);
    free(form);
    assert_int_equal(at_the_limit, 200);
    assert_int_equal(past_it, 400);
    assert_page_has("At most 200 jobs");
}

static void all_that_match_are_changed_after_their_number_was_asked_back(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&all=1&error=smtp&status=failed"), 200);
    assert_page_has("<h1>Retry 1 job?</h1>");
    assert_page_has("Error contains smtp");
    assert_page_has("name=\"error\" value=\"smtp\"");
    assert_int_equal(letters("status = 'job_status_failed'"), 1);
    assert_int_equal(
        send_form(.target = "/jobs/RetryJob", .form = "tableName=letter_jobs&all=1&error=smtp&status=failed&confirm=1"),
        303);
    assert_int_equal(letters("status = 'job_status_failed'"), 0);
    assert_int_equal(letters("status = 'job_status_timed_out'"), 1);
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&all=1&confirm=1&where.pages=x"), 400);
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&all=1&confirm=1&where.recipent=Ada"),
        400);
    assert_int_equal(letters("1 = 1"), 6);
    assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = "tableName=letter_jobs&all=1&confirm=1",
                               .headers = { { "Accept", "application/json" } }),
                     200);
    assert_page_has("\"changed\":5,\"running\":1,\"missing\":0,\"refused\":0,\"reason\":null,\"step\":null");
    assert_int_equal(letters("status = 'job_status_running'"), 1);
    assert_int_equal(letters("1 = 1"), 1);
}

static void jobs_that_come_after_the_question_are_not_changed(void **state)
{
    (void)state;
    const char *filters[] = { "", "&status=failed" };
    serve_plain();
    for (size_t i = 0; i < 2; i++) {
        char form[512], step[256];
        run_sql("DELETE FROM letter_jobs");
        add_letters();
        snprintf(form, sizeof(form), "tableName=letter_jobs&all=1%s", filters[i]);
        assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = form), 200);
        run_sql("INSERT INTO letter_jobs (status, recipient) VALUES ('job_status_failed', 'Late')");
        snprintf(form, sizeof(form), "tableName=letter_jobs&all=1&confirm=1%s&step=%s", filters[i],
                 hidden("step", step, sizeof(step)));
        assert_int_equal(send_form(.target = "/jobs/DeleteJob", .form = form), 303);
        assert_string_equal(header("Location"), i == 0 ? "/jobs/ListJob?tableName=letter_jobs&deleted=5&running=1"
                                                       : "/jobs/ListJob?tableName=letter_jobs&status=failed&deleted=1");
        assert_int_equal(letters("recipient = 'Late'"), 1);
        assert_int_equal(letters("id = '" ID(3) "'"), 0);
    }
}

static void programs_are_told_the_place_of_the_question(void **state)
{
    (void)state;
    char form[512] = "tableName=letter_jobs&all=1";
    add_letters();
    serve_plain();
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = form, .headers = { { "Accept", "application/json" } }), 200);
    const char *with = strstr(world.body, "\"confirm_with\":\"confirm=1&step=");
    assert_non_null(with);
    with += strlen("\"confirm_with\":\"");
    snprintf(form, sizeof(form), "tableName=letter_jobs&all=1&%.*s", (int)strcspn(with, "\""), with);
    run_sql("INSERT INTO letter_jobs (recipient) VALUES ('Late')");
    assert_int_equal(
        send_form(.target = "/jobs/DeleteJob", .form = form, .headers = { { "Accept", "application/json" } }), 200);
    assert_page_has("\"changed\":5,\"running\":1,");
    assert_int_equal(letters("recipient = 'Late'"), 1);
}

static void numbers_that_no_page_sent_are_added_up_all_the_same(void **state)
{
    (void)state;
    add_letters();
    serve_plain();
    assert_int_equal(send_form(.target = "/jobs/DeleteJob",
                               .form = "tableName=letter_jobs&all=1&confirm=1&changed=9223372036854775807"
                                       "&left=9223372036854775807&kept=9223372036854775807&total=9223372036854775807"),
                     303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&deleted=1000000000000005"
                                            "&running=1000000000000001&refused=1000000000000000");
}

static void a_change_of_many_goes_on_from_page_to_page(void **state)
{
    (void)state;
    run_sql(on_postgres() ? "INSERT INTO letter_jobs (recipient) SELECT 'x' FROM generate_series(1, 30000)"
                          : "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) "
                            "INSERT INTO letter_jobs (recipient) SELECT 'x' FROM n");
    serve_plain();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=letter_jobs"), 200);
    assert_page_has("All 10,000+<span class=\"that-match\"> that match</span>:");
    char form[2048] = "tableName=letter_jobs&all=1&confirm=1&total=10000&more=1";
    int pages = 0;
    for (; send_form(.target = "/jobs/DeleteJob", .form = form) == 200 && pages < 100; pages++) {
        char step[1024], changed[64];
        assert_page_has("data-errand-continue");
        assert_page_has(">Continue</button>");
        snprintf(form, sizeof(form), "tableName=letter_jobs&all=1&confirm=1&total=10000&more=1&step=%s&changed=%s",
                 hidden("step", step, sizeof(step)), hidden("changed", changed, sizeof(changed)));
    }
    assert_int_equal(world.response.status, 303);
    assert_string_equal(header("Location"), "/jobs/ListJob?tableName=letter_jobs&deleted=30000");
    assert_int_equal(letters("1 = 1"), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        DASHBOARD_TEST(one_job_is_retried_or_deleted),
        DASHBOARD_TEST(a_running_job_is_neither_retried_nor_deleted),
        DASHBOARD_TEST(our_views_ask_before_they_delete_one),
        DASHBOARD_TEST(the_question_about_one_leads_back_to_where_it_was_asked),
        DASHBOARD_TEST(the_selected_are_changed_after_their_number_was_asked_back),
        DASHBOARD_TEST(a_job_that_is_selected_twice_is_one),
        DASHBOARD_TEST(changes_of_many_are_told_with_what_they_were),
        DASHBOARD_TEST(as_many_as_can_be_selected_are_all_told),
        DASHBOARD_TEST(a_change_that_fails_on_its_way_is_told_as_far_as_it_came),
        DASHBOARD_TEST(a_job_that_another_row_refers_to_is_kept_with_a_sentence),
        DASHBOARD_TEST(at_most_a_page_of_jobs_is_selected_at_once),
        DASHBOARD_TEST(all_that_match_are_changed_after_their_number_was_asked_back),
        DASHBOARD_TEST(jobs_that_come_after_the_question_are_not_changed),
        DASHBOARD_TEST(programs_are_told_the_place_of_the_question),
        DASHBOARD_TEST(numbers_that_no_page_sent_are_added_up_all_the_same),
        DASHBOARD_TEST(a_change_of_many_goes_on_from_page_to_page),
    };
    return RUN(argc, argv, tests, "changes");
}
