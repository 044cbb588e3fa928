/* What comes in, taken apart: addresses, forms, headers; and what forms and logins are checked with. */
#include "dashboard/request.h"
#include "dashboard/guard.h"
#include "dashboard/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int end_test(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const char *value_of(const struct param *params, const char *name)
{
    for (; params->name; params++)
        if (strcmp(params->name, name) == 0)
            return params->value;
    return NULL;
}

static int read_target(const char *target, const char **path, struct param **query)
{
    return request_read_target(&arena, target, path, query).status;
}

static int read_form(const char *form, struct param **params)
{
    return request_read_params(&arena, form, strlen(form), params).status;
}

/* A text of so many of the same character, in the arena. */
static char *many(char c, size_t count)
{
    char *text = arena_alloc(&arena, count + 1);
    memset(text, c, count);
    return text;
}

static void an_address_is_decoded_into_path_and_parameters(void **state)
{
    (void)state;
    const char *path;
    struct param *query;
    assert_int_equal(read_target("/jobs/List%4aob?tableName=a+b&name=%C3%9cber+100%25&empty=&bare", &path, &query), 0);
    assert_string_equal(path, "/jobs/ListJob");
    assert_string_equal(value_of(query, "tableName"), "a b");
    assert_string_equal(value_of(query, "name"), "\xc3\x9c"
                                                 "ber 100%");
    assert_string_equal(value_of(query, "empty"), "");
    assert_string_equal(value_of(query, "bare"), "");
    assert_null(value_of(query, "other"));
}

static void an_absolute_address_is_its_path(void **state)
{
    (void)state;
    const char *path;
    struct param *query;
    assert_int_equal(read_target("http://localhost:8000/jobs?a=1#part", &path, &query), 0);
    assert_string_equal(path, "/jobs");
    assert_string_equal(value_of(query, "a"), "1");
    assert_int_equal(read_target("http://localhost", &path, &query), 400);
}

static void a_plus_in_a_path_is_a_plus(void **state)
{
    (void)state;
    const char *path;
    struct param *query;
    assert_int_equal(read_target("/a+b", &path, &query), 0);
    assert_string_equal(path, "/a+b");
}

static void broken_encodings_are_refused(void **state)
{
    (void)state;
    static const char *const broken[] = { "/%",         "/%4",   "/%zz",   "/%00",    "/a%ff",
                                          "/%C3",       "/?a=%", "/?a=%0", "/?%00=1", "/?a=%ED%A0%80",
                                          "/?a=%C0%AF", "/\x80", "jobs",   "",        "*" };
    const char *path;
    struct param *query;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        if (read_target(broken[i], &path, &query) != 400)
            fail_msg("not refused: %s", broken[i]);
}

static void an_address_may_have_8_kib_and_no_more(void **state)
{
    (void)state;
    const char *path;
    struct param *query;
    char *target = many('a', DASHBOARD_TARGET_MAX + 1);
    target[0] = '/';
    assert_int_equal(read_target(target, &path, &query), 414);
    target[DASHBOARD_TARGET_MAX] = '\0';
    assert_int_equal(read_target(target, &path, &query), 0);
}

static void a_form_may_have_512_parameters_and_no_more(void **state)
{
    (void)state;
    struct param *params;
    char *form = many('&', (size_t)2 * DASHBOARD_FIELDS_MAX - 1);
    for (size_t i = 0; i < DASHBOARD_FIELDS_MAX; i++)
        form[2 * i] = 'a';
    assert_int_equal(read_form(form, &params), 0);
    size_t count = 0;
    while (params[count].name)
        count++;
    assert_int_equal(count, DASHBOARD_FIELDS_MAX);
    char *longer = arena_alloc(&arena, strlen(form) + 3);
    sprintf(longer, "%s&a", form);
    assert_int_equal(read_form(longer, &params), 413);
}

static void a_value_may_have_256_kib_and_a_name_200_bytes(void **state)
{
    (void)state;
    struct param *params;
    char *form = many('v', DASHBOARD_FIELD_MAX + 3);
    memcpy(form, "a=", 2);
    assert_int_equal(read_form(form, &params), 413);
    form[DASHBOARD_FIELD_MAX + 2] = '\0';
    assert_int_equal(read_form(form, &params), 0);
    char *name = many('n', DASHBOARD_NAME_MAX + 1);
    assert_int_equal(read_form(name, &params), 413);
    name[DASHBOARD_NAME_MAX] = '\0';
    assert_int_equal(read_form(name, &params), 0);
}

static void json_is_given_to_who_names_it_first(void **state)
{
    (void)state;
    assert_true(request_wants_json("application/json"));
    assert_true(request_wants_json("Application/JSON, text/html"));
    assert_false(request_wants_json("text/html,application/xhtml+xml,application/json;q=0.9"));
    assert_false(request_wants_json("*/*"));
    assert_false(request_wants_json(NULL));
}

static void a_form_is_known_by_its_type(void **state)
{
    (void)state;
    assert_true(request_is_form("application/x-www-form-urlencoded"));
    assert_true(request_is_form("Application/x-www-form-urlencoded ; charset=utf-8"));
    assert_false(request_is_form("application/x-www-form-urlencoded2"));
    assert_false(request_is_form("multipart/form-data; boundary=x"));
    assert_false(request_is_form("text/plain"));
}

static void basic_credentials_are_read(void **state)
{
    (void)state;
    const char *user, *password;
    assert_true(request_read_basic(&arena, "Basic am9iczpqOm9icw==", &user, &password)); /* jobs:j:obs */
    assert_string_equal(user, "jobs");
    assert_string_equal(password, "j:obs");
    assert_true(request_read_basic(&arena, "basic   Og", &user, &password)); /* : */
    assert_string_equal(user, "");
    static const char *const none[] = { "Basic",
                                        "Basic ",
                                        "Bearer am9iczpqb2Jz",
                                        "Basic am9i!",
                                        "Basic am9icw==" /* jobs */,
                                        "Basic a",
                                        "Basic am8AOmE=" /* a NUL */,
                                        "Basic am9iczpq=b2Jz" };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (request_read_basic(&arena, none[i], &user, &password))
            fail_msg("read: %s", none[i]);
    assert_false(request_read_basic(&arena, NULL, &user, &password));
}

static const char secret[] = "0123456789abcdef0123456789abcdef";

static void a_token_is_good_for_its_user_until_it_expires(void **state)
{
    (void)state;
    char token[TOKEN_MAX];
    token_make(secret, "ann", 1000, token);
    assert_int_equal(token_check(secret, "ann", 1000, token), TOKEN_GOOD);
    assert_int_equal(token_check(secret, "ann", 1000 + TOKEN_LIFE_S, token), TOKEN_GOOD);
    assert_int_equal(token_check(secret, "ann", 1001 + TOKEN_LIFE_S, token), TOKEN_EXPIRED);
    assert_int_equal(token_check(secret, "bob", 1000, token), TOKEN_WRONG);
    assert_int_equal(token_check(secret, "", 1000, token), TOKEN_WRONG);
    assert_int_equal(token_check("another secret, also of 32 letters", "ann", 1000, token), TOKEN_WRONG);
}

static void a_token_with_any_byte_changed_is_wrong(void **state)
{
    (void)state;
    char token[TOKEN_MAX];
    token_make(secret, "ann", 1000, token);
    for (size_t i = 0; i < strlen(token); i++) {
        char changed[TOKEN_MAX];
        memcpy(changed, token, sizeof(changed));
        changed[i] = changed[i] == '1' ? '2' : '1';
        assert_int_equal(token_check(secret, "ann", 1000, changed), TOKEN_WRONG);
    }
    static const char *const wrong[] = { "", ".", "9", "9.", "-1.", "99999999999999999999999999.", "x", " 44200." };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(token_check(secret, "ann", 1000, wrong[i]), TOKEN_WRONG);
}

static void texts_are_the_same_only_if_they_are(void **state)
{
    (void)state;
    assert_true(token_same_text("jobs", "jobs"));
    assert_true(token_same_text("", ""));
    assert_false(token_same_text("job", "jobs"));
    assert_false(token_same_text("jobs ", "jobs"));
    assert_false(token_same_text("", "jobs"));
}

static void each_failed_login_doubles_the_wait_of_its_address(void **state)
{
    (void)state;
    const int64_t second = 1000000;
    int64_t now_us = 100 * second;
    struct login_failures *failures = login_failures_new();
    static const int waits[] = { 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60 };
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        login_failures_add(failures, "10.0.0.1", now_us);
        assert_int_equal(login_failures_wait_s(failures, "10.0.0.1", now_us), waits[i]);
        assert_int_equal(login_failures_wait_s(failures, "10.0.0.2", now_us), 0);
        now_us += waits[i] * second;
        assert_int_equal(login_failures_wait_s(failures, "10.0.0.1", now_us), 0);
    }
    login_failures_forget(failures, "10.0.0.1");
    login_failures_add(failures, "10.0.0.1", now_us);
    assert_int_equal(login_failures_wait_s(failures, "10.0.0.1", now_us), 0);
    login_failures_free(failures);
}

static void a_network_of_ipv6_counts_as_one_address(void **state)
{
    (void)state;
    struct login_failures *failures = login_failures_new();
    for (int i = 0; i < 4; i++) {
        char address[64];
        snprintf(address, sizeof(address), "2001:db8:1:2:%d::1", i);
        login_failures_add(failures, address, 1000000);
    }
    assert_int_equal(login_failures_wait_s(failures, "2001:db8:1:2:ffff::9", 1000000), 1);
    assert_int_equal(login_failures_wait_s(failures, "2001:db8:1:3:ffff::9", 1000000), 0);
    login_failures_free(failures);
}

static void the_last_1024_addresses_are_remembered(void **state)
{
    (void)state;
    struct login_failures *failures = login_failures_new();
    char address[64];
    for (int i = 0; i < 4; i++)
        login_failures_add(failures, "10.9.9.9", 1000000);
    for (int i = 0; i < 1023; i++) {
        snprintf(address, sizeof(address), "10.0.%d.%d", i / 256, i % 256);
        login_failures_add(failures, address, 1000001);
    }
    assert_int_equal(login_failures_wait_s(failures, "10.9.9.9", 1000001), 1);
    login_failures_add(failures, "10.1.1.1", 1000001);
    assert_int_equal(login_failures_wait_s(failures, "10.9.9.9", 1000001), 0);
    login_failures_free(failures);
}

#define REQUEST_TEST(function) cmocka_unit_test_teardown(function, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REQUEST_TEST(an_address_is_decoded_into_path_and_parameters),
        REQUEST_TEST(an_absolute_address_is_its_path),
        REQUEST_TEST(a_plus_in_a_path_is_a_plus),
        REQUEST_TEST(broken_encodings_are_refused),
        REQUEST_TEST(an_address_may_have_8_kib_and_no_more),
        REQUEST_TEST(a_form_may_have_512_parameters_and_no_more),
        REQUEST_TEST(a_value_may_have_256_kib_and_a_name_200_bytes),
        REQUEST_TEST(json_is_given_to_who_names_it_first),
        REQUEST_TEST(a_form_is_known_by_its_type),
        REQUEST_TEST(basic_credentials_are_read),
        REQUEST_TEST(a_token_is_good_for_its_user_until_it_expires),
        REQUEST_TEST(a_token_with_any_byte_changed_is_wrong),
        REQUEST_TEST(texts_are_the_same_only_if_they_are),
        REQUEST_TEST(each_failed_login_doubles_the_wait_of_its_address),
        REQUEST_TEST(a_network_of_ipv6_counts_as_one_address),
        REQUEST_TEST(the_last_1024_addresses_are_remembered),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
