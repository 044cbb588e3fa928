/* What the name of a column says is a secret: no page shows it, nor does JSON, a form, or what the database says. */
#include "world.h"

#include "dashboard/value.h"

#include <stdio.h>
#include <string.h>

#define TOKEN "tok-5f3a"
#define SESSION "ses-81bc"

static const struct errand_dashboard open_records = { .auth = NO_AUTH, .records = { "sessions", "settings" } };

static void add_call(void)
{
    run_sql("INSERT INTO sessions (token) VALUES ('" SESSION "')");
    run_sql("INSERT INTO settings (key) VALUES ('volume')");
    run_sql("INSERT INTO call_jobs (id, status, number, api_token, pin, opened_by, setting_key) VALUES ('" ID(
        1) "', 'job_status_failed', '555', '" TOKEN "', 8642, '" SESSION "', 'volume')");
    serve(&open_records, NULL);
}

static int64_t calls(const char *where)
{
    return number_of("SELECT count(*) FROM call_jobs WHERE %s", where);
}

static void assert_no_secret(void)
{
    assert_page_lacks(TOKEN);
    assert_page_lacks(SESSION);
    assert_page_lacks("8642");
    assert_page_lacks("4711");
    assert_page_lacks("opensesame");
}

static int send_as(const char *accepted, const char *target, const char *form)
{
    return send_form(.target = target, .form = form, .headers = { { "Accept", accepted } });
}

/* ---- Names ---- */

static bool is_masked(const char *name, enum errand_type type)
{
    const struct errand_column columns[] = { { .name = name, .type = type, .sql_type = "" } };
    const struct errand_table table = { .columns = columns, .column_count = 1 };
    return column_is_masked(&table, &columns[0]);
}

static bool key_is_masked(const char *name, enum errand_type type)
{
    static const size_t key[] = { 0 };
    const struct errand_column columns[] = { { .name = name, .type = type, .sql_type = "" } };
    const struct errand_table table = {
        .columns = columns, .column_count = 1, .primary_key = key, .primary_key_count = 1
    };
    return column_is_masked(&table, &columns[0]);
}

static void the_names_of_secrets_are_known_by_their_words(void **state)
{
    (void)state;
    static const char *const secret[] = { "password",  "userPassword", "pass_word",  "passhash",      "pwhash",
                                          "hashed_pw", "pass",         "dbPass",     "apikey",        "api_keys",
                                          "apiKey",    "APIKey",       "privatekey", "private_key",   "hashes",
                                          "token",     "tokens",       "mytoken2",   "client_secret", "credentials",
                                          "salt",      "PIN",          "otp",        "access_key" };
    static const char *const open[] = { "compass",   "passenger", "passengers", "hashtag", "monkey", "keyboard",
                                        "pinned_at", "spins",     "bypass",     "salty",   "id",     "spw" };
    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
        if (!is_masked(secret[i], ERRAND_TYPE_TEXT) || !is_masked(secret[i], ERRAND_TYPE_INT32))
            fail_msg("%s is shown", secret[i]);
    }
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        if (is_masked(open[i], ERRAND_TYPE_TEXT))
            fail_msg("%s is masked", open[i]);
    }
    assert_true(key_is_masked("token", ERRAND_TYPE_TEXT));
    assert_true(key_is_masked("password_hash", ERRAND_TYPE_BYTES));
    assert_true(key_is_masked("api_key", ERRAND_TYPE_TEXT));
    assert_false(key_is_masked("key", ERRAND_TYPE_TEXT));
    assert_false(key_is_masked("token_id", ERRAND_TYPE_UUID));
    assert_false(key_is_masked("token_id", ERRAND_TYPE_INT64));
}

/* ---- Pages ---- */

static void no_page_of_a_job_shows_its_secrets(void **state)
{
    (void)state;
    static const char *const targets[] = { "/jobs", "/jobs/ListJob?tableName=call_jobs",
                                           "/jobs/ListJob?tableName=call_jobs&where.number=555",
                                           "/jobs/ViewJob?tableName=call_jobs&id=" ID(1),
                                           "/jobs/CreateJob?tableName=call_jobs" };
    add_call();
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        assert_int_equal(ask(.target = targets[i]), 200);
        assert_no_secret();
        assert_int_equal(ask_json(targets[i]), 200);
        assert_no_secret();
    }
    assert_int_equal(ask(.target = targets[1]), 200);
    assert_page_has("that this is a secret.\">" VALUE_MASK "</span>");
    assert_page_lacks("name=\"where.api_token\"");
    assert_page_lacks("sort=api_token");
    assert_int_equal(ask(.target = targets[3]), 200);
    assert_page_has(">Api token</th><td><span class=\"none\"");
    assert_page_has(">555<");
    assert_int_equal(ask_json(targets[3]), 200);
    assert_page_has("\"api_token\":\"" VALUE_MASK "\",\"pin\":\"" VALUE_MASK "\"");
}

/* A session is found by what it is opened with; a setting's key is but its name. */
static void a_key_of_text_that_is_a_secret_is_masked_wherever_it_is_referred_to(void **state)
{
    (void)state;
    add_call();
    assert_int_equal(ask_json("/jobs/ViewJob?tableName=call_jobs&id=" ID(1)), 200);
    assert_page_has("\"opened_by\":\"" VALUE_MASK "\",\"setting_key\":\"volume\"");
    assert_int_equal(ask(.target = "/jobs/ViewJob?tableName=call_jobs&id=" ID(1)), 200);
    assert_page_has("ViewRecord?tableName=settings&amp;id=volume");
    assert_page_lacks("ViewRecord?tableName=sessions");
    assert_int_equal(ask(.target = "/jobs/ViewRecord?tableName=sessions&id=" SESSION), 200);
    assert_page_has("<h1>" VALUE_MASK "</h1>");
    assert_no_secret();
    assert_int_equal(ask_json("/jobs/ViewRecord?tableName=sessions&id=" SESSION), 200);
    assert_no_secret();
    assert_int_equal(ask(.target = "/jobs/ViewRecord?tableName=settings&id=volume"), 200);
    assert_page_has("<h1>volume</h1>");
}

/* ---- Filters ---- */

static void a_list_is_neither_narrowed_nor_sorted_by_a_secret(void **state)
{
    (void)state;
    static const char *const parameters[] = {
        "where.api_token=" TOKEN,   "op.api_token=not_null", "where.pin=8642",
        "where.opened_by=" SESSION, "where.apiToken=" TOKEN, "sort=api_token",
        "sort=pin&order=asc",       "sort=opened_by",        "where.secret_message=o&op.secret_message=contains"
    };
    add_call();
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        char target[200], form[200];
        snprintf(target, sizeof(target), "/jobs/ListJob?tableName=call_jobs&%s", parameters[i]);
        snprintf(form, sizeof(form), "tableName=call_jobs&all=1&confirm=1&%s", parameters[i]);
        assert_int_equal(ask(.target = target), 400);
        assert_page_has("cannot be ");
        assert_int_equal(ask_json(target), 400);
        assert_page_has("cannot be ");
        assert_int_equal(send_as("text/html", "/jobs/DeleteJob", form), 400);
        assert_int_equal(send_as("application/json", "/jobs/DeleteJob", form), 400);
        assert_int_equal(send_as("text/html", "/jobs/RetryJob", form), 400);
    }
    assert_int_equal(calls("status = 'job_status_failed'"), 1);
}

/* ---- Forms ---- */

static void a_form_neither_shows_the_default_of_a_secret_nor_what_was_entered(void **state)
{
    (void)state;
    add_call();
    assert_int_equal(ask(.target = "/jobs/CreateJob?tableName=call_jobs&api_token=" TOKEN), 200);
    assert_page_has("<input type=\"password\" autocomplete=\"new-password\" id=\"field-api_token\" name=\"api_token\" "
                    "class=\"form-control\" value=\"\">");
    assert_page_has("<input type=\"password\" autocomplete=\"new-password\" id=\"field-pin\"");
    assert_page_has("<input type=\"password\" autocomplete=\"new-password\" id=\"field-opened_by\"");
    assert_page_has("<textarea rows=\"4\" id=\"field-secret_message\"");
    assert_page_has("value=\"unknown\"");
    assert_page_has("<option value=\"volume\">");
    assert_no_secret();
    static const char form[] = "tableName=call_jobs&wholeForm=1&number=556&api_token=" TOKEN "&pin=x8642"
                               "&secret_message=opensesame&opened_by=" SESSION;
    assert_int_equal(send_as("text/html", "/jobs/CreateJob", form), 422);
    assert_page_has("value=\"556\"");
    assert_page_has("id=\"field-pin-error\">That is no value of the type integer.</p>");
    assert_page_has("id=\"field-api_token-help\">It is a secret and not shown: please enter it again.</p>");
    assert_no_secret();
    assert_int_equal(send_as("application/json", "/jobs/CreateJob", form), 422);
    assert_no_secret();
    assert_int_equal(calls("1 = 1"), 1);
    assert_int_equal(send_as("text/html", "/jobs/CreateJob",
                             "tableName=call_jobs&wholeForm=1&api_token=t2&pin=&secret_message=a%0d%0ab&opened_by="),
                     303);
    assert_int_equal(calls("api_token = 't2' AND pin = 4711 AND opened_by IS NULL AND length(secret_message) = 3"), 1);
}

static void run_again_keeps_a_secret_and_does_not_show_it(void **state)
{
    (void)state;
    add_call();
    assert_int_equal(send_as("text/html", "/jobs/CreateJob", "tableName=call_jobs&copyOf=" ID(1)), 303);
    assert_int_equal(calls("status = 'job_status_not_started' AND api_token = '" TOKEN "' AND pin = 8642 AND "
                           "secret_message = 'opensesame' AND opened_by = '" SESSION "'"),
                     1);
    assert_no_secret();
    assert_int_equal(ask(.target = "/jobs/ListJob?tableName=call_jobs"), 200);
    assert_no_secret();
    assert_int_equal(send_as("application/json", "/jobs/CreateJob", "tableName=call_jobs&copyOf=" ID(1)), 201);
    assert_no_secret();
}

/* ---- What the database says ---- */

static void a_refusal_of_a_row_that_is_there_already_does_not_show_it(void **state)
{
    (void)state;
    static const char *const form = "tableName=call_jobs&copyOf=" ID(1);
    static const char *const entered = "tableName=call_jobs&api_token=" TOKEN;
    add_call();
    run_sql("CREATE UNIQUE INDEX one_call ON call_jobs (api_token)");
    static const char *const forms[] = { form, entered };
    for (size_t i = 0; i < 2; i++) {
        int page = send_as("text/html", "/jobs/CreateJob", forms[i]);
        bool says_what = strstr(world.body, on_postgres() ? "one_call" : "call_jobs.api_token");
        bool shows = strstr(world.body, TOKEN);
        int json = send_as("application/json", "/jobs/CreateJob", forms[i]);
        shows |= strstr(world.body, TOKEN) != NULL;
        if (page != 422 || json != 422 || shows || !says_what) {
            run_sql("DROP INDEX one_call");
            fail_msg("%d, %d: %s", page, json, world.body);
        }
    }
    run_sql("DROP INDEX one_call");
}

/* A CHECK that rows from before it do not fulfil, which any change of them then meets. */
static void a_refusal_of_a_row_that_fails_a_check_does_not_show_it(void **state)
{
    (void)state;
    add_call();
    run_sql_each("CREATE TRIGGER checked BEFORE UPDATE ON call_jobs WHEN NEW.number = '555' "
                 "BEGIN SELECT RAISE(ABORT, 'checked'); END",
                 "ALTER TABLE call_jobs ADD CONSTRAINT checked CHECK (number <> '555') NOT VALID");
    int one = send_as("text/html", "/jobs/RetryJob", "tableName=call_jobs&id=" ID(1));
    bool shows = strstr(world.body, TOKEN), says_what = strstr(world.body, "checked");
    int json = send_as("application/json", "/jobs/RetryJob", "tableName=call_jobs&id=" ID(1));
    shows |= strstr(world.body, TOKEN) != NULL;
    int all = send_as("application/json", "/jobs/RetryJob", "tableName=call_jobs&all=1&confirm=1");
    shows |= strstr(world.body, TOKEN) != NULL;
    says_what &= strstr(world.body, "\"refused\":1,\"reason\":\"") && strstr(world.body, "checked");
    run_sql_each("DROP TRIGGER checked", "ALTER TABLE call_jobs DROP CONSTRAINT checked");
    assert_int_equal(one, 409);
    assert_int_equal(json, 409);
    assert_int_equal(all, 200);
    assert_false(shows);
    assert_true(says_what);
}

static void a_refusal_of_a_reference_does_not_show_it(void **state)
{
    (void)state;
    add_call();
    assert_int_equal(send_as("text/html", "/jobs/CreateJob", "tableName=call_jobs&opened_by=ses-none"), 422);
    assert_page_has("The job was not created: ");
    assert_page_lacks("ses-none");
    assert_int_equal(send_as("application/json", "/jobs/CreateJob", "tableName=call_jobs&opened_by=ses-none"), 422);
    assert_page_lacks("ses-none");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_names_of_secrets_are_known_by_their_words),
        DASHBOARD_TEST(no_page_of_a_job_shows_its_secrets),
        DASHBOARD_TEST(a_key_of_text_that_is_a_secret_is_masked_wherever_it_is_referred_to),
        DASHBOARD_TEST(a_list_is_neither_narrowed_nor_sorted_by_a_secret),
        DASHBOARD_TEST(a_form_neither_shows_the_default_of_a_secret_nor_what_was_entered),
        DASHBOARD_TEST(run_again_keeps_a_secret_and_does_not_show_it),
        DASHBOARD_TEST(a_refusal_of_a_row_that_is_there_already_does_not_show_it),
        DASHBOARD_TEST(a_refusal_of_a_row_that_fails_a_check_does_not_show_it),
        DASHBOARD_TEST(a_refusal_of_a_reference_does_not_show_it),
    };
    return RUN(argc, argv, tests, "secrets");
}
