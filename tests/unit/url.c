/* DATABASE_URL: what is understood, what is shown, what is refused. */
#include "store/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_parsed(const char *text, enum store_kind kind, const char *target, const char *shown)
{
    struct store_url url;
    struct errand_error err = { "" };
    if (store_url_parse(text, &url, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    assert_int_equal(url.kind, kind);
    assert_string_equal(url.target, target);
    assert_string_equal(url.shown, shown);
    store_url_release(&url);
}

static void assert_refused(const char *text, const char *because)
{
    struct store_url url;
    struct errand_error err = { "" };
    assert_int_equal(store_url_parse(text, &url, &err), -1);
    if (!strstr(err.message, because))
        fail_msg("%s: %s", text, err.message);
    assert_null(url.target);
    assert_null(strstr(err.message, "secret"));
}

static void a_path_of_sqlite_may_be_absolute_or_relative(void **state)
{
    (void)state;
    assert_int_equal(chdir("/tmp"), 0);
    assert_parsed("sqlite:app.db", STORE_SQLITE, "/tmp/app.db", "sqlite:app.db");
    assert_parsed("sqlite:/srv/app.db", STORE_SQLITE, "/srv/app.db", "sqlite:/srv/app.db");
    assert_parsed("sqlite:///srv/app.db", STORE_SQLITE, "/srv/app.db", "sqlite:///srv/app.db");
    assert_parsed("sqlite:/srv/my%20app%3F.db", STORE_SQLITE, "/srv/my app?.db", "sqlite:/srv/my%20app%3F.db");
}

static void synchronous_is_full_unless_the_url_says_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        enum store_synchronous expected;
    } cases[] = {
        { "sqlite:/a.db", STORE_SYNCHRONOUS_FULL },
        { "sqlite:/a.db?synchronous=normal", STORE_SYNCHRONOUS_NORMAL },
        { "sqlite:/a.db?synchronous=OFF", STORE_SYNCHRONOUS_OFF },
        { "sqlite:/a.db?synchronous=extra", STORE_SYNCHRONOUS_EXTRA },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct store_url url;
        assert_int_equal(store_url_parse(cases[i].url, &url, NULL), 0);
        assert_int_equal(url.synchronous, cases[i].expected);
        store_url_release(&url);
    }
}

static void a_url_that_is_no_database_is_refused_with_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("sqlite:", "names no file");
    assert_refused("sqlite://app.db", "sqlite:app.db");
    assert_refused("sqlite::memory:", "memory");
    assert_refused("sqlite:/srv/", "folder");
    assert_refused("sqlite:/a%zz", "hexadecimal");
    assert_refused("sqlite:/a%00", "hexadecimal");
    assert_refused("sqlite:/a%4", "hexadecimal");
    assert_refused("sqlite:/a.db?synchronous=fast", "synchronous=fast");
    assert_refused("sqlite:/a.db?cache=shared", "cache=shared");
    assert_refused("mysql://root:secret@localhost/db", "'mysql:'");
    assert_refused("/srv/secret.db", "sqlite:PATH");
}

static void passwords_are_not_shown(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown;
    } cases[] = {
        { "postgresql://u:secret@h:5432/d", "postgresql://u:***@h:5432/d" },
        { "postgres://u:s@e/c?r@et@h/d", "postgres://u:***@h/d" },
        { "postgresql://u@h/d?password=secret&sslmode=require", "postgresql://u@h/d?password=***&sslmode=require" },
        { "postgresql://h1:1,h2:2/d?sslpassword=secret", "postgresql://h1:1,h2:2/d?sslpassword=***" },
        { "host=h password=secret dbname=d", "host=h password=*** dbname=d" },
        { "host=h password = 'sec\\' ret' dbname='my d'", "host=h password=*** dbname='my d'" },
        { "postgresql:///d", "postgresql:///d" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_parsed(cases[i].url, STORE_POSTGRES, cases[i].url, cases[i].shown);
}

static void a_url_may_be_so_long_and_not_longer(void **state)
{
    (void)state;
    char text[8400];
    memset(text, 'a', sizeof(text));
    memcpy(text, "postgresql://", 13);
    text[8192] = '\0';
    assert_parsed(text, STORE_POSTGRES, text, text);
    text[8192] = 'a';
    text[8193] = '\0';
    assert_refused(text, "longer");
    memcpy(text, "sqlite:/aaaaaa", 14);
    text[5000] = '\0';
    assert_refused(text, "longer");
}

static void without_a_url_the_environment_and_then_the_project_decides(void **state)
{
    (void)state;
    char folder[] = "/tmp/errand-url-XXXXXX", expected[64];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    setenv("DATABASE_URL", "sqlite:/srv/of-the-environment.db", 1);
    assert_parsed(NULL, STORE_SQLITE, "/srv/of-the-environment.db", "sqlite:/srv/of-the-environment.db");
    assert_parsed("sqlite:/srv/given.db", STORE_SQLITE, "/srv/given.db", "sqlite:/srv/given.db");
    snprintf(expected, sizeof(expected), "%s/build/app.db", folder);
    struct store_url url;
    for (int round = 0; round < 2; round++) { /* empty is as unset */
        if (round == 0)
            setenv("DATABASE_URL", "", 1);
        else
            unsetenv("DATABASE_URL");
        assert_int_equal(store_url_parse(NULL, &url, NULL), 0);
        assert_int_equal(url.kind, STORE_SQLITE);
        assert_string_equal(url.target, expected); /* this test lies in no project */
        store_url_release(&url);
    }
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_of_sqlite_may_be_absolute_or_relative),
        cmocka_unit_test(synchronous_is_full_unless_the_url_says_otherwise),
        cmocka_unit_test(a_url_that_is_no_database_is_refused_with_what_is_wrong),
        cmocka_unit_test(passwords_are_not_shown),
        cmocka_unit_test(a_url_may_be_so_long_and_not_longer),
        cmocka_unit_test(without_a_url_the_environment_and_then_the_project_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
