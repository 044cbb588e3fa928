/* The naming of tables, columns and labels. */
#include "codegen/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct pair {
    const char *from;
    const char *to;
};

static void check(const struct pair *pairs, size_t count, char *(*fn)(struct arena *arena, const char *name))
{
    struct arena arena = ARENA_INIT;
    for (size_t i = 0; i < count; i++)
        assert_string_equal(fn(&arena, pairs[i].from), pairs[i].to);
    arena_release(&arena);
}

static void a_table_names_its_struct_in_the_singular(void **state)
{
    static const struct pair pairs[] = {
        { "customers", "Customer" },
        { "email_customers_jobs", "EmailCustomersJob" },
        { "people", "Person" },
        { "statuses", "Status" },
        { "status", "Status" },
        { "analyses", "Analysis" },
        { "analysis", "Analysis" },
        { "histories", "History" },
        { "addresses", "Address" },
        { "address", "Address" },
        { "news", "News" },
        { "staff", "Staff" },
        { "data_freshness", "DataFreshness" },
        { "user_statuses", "UserStatus" },
        { "company_people", "CompanyPerson" },
        { "children", "Child" },
        { "boxes", "Box" },
        { "branches", "Branch" },
        { "dishes", "Dish" },
        { "buses", "Bus" },
        { "houses", "House" },
        { "databases", "Database" },
        { "warehouses", "Warehouse" },
        { "purchases", "Purchase" },
        { "courses", "Course" },
        { "categories", "Category" },
        { "keys", "Key" },
        { "movies", "Movie" },
        { "cookies", "Cookie" },
        { "archives", "Archive" },
        { "wolves", "Wolf" },
        { "series", "Series" },
        { "heroes", "Hero" },
        { "shoes", "Shoe" },
        { "indices", "Index" },
        { "quizzes", "Quiz" },
        { "classes", "Class" },
        { "menus", "Menu" },
        { "viruses", "Virus" },
        { "enquiries", "Enquiry" },
        { "soliloquies", "Soliloquy" },
        { "sms", "Sms" },
        { "s", "S" },
        { "as", "As" },
        { "userProfiles", "UserProfile" },
        { "UserPeople", "UserPerson" },
        { "2fa_codes", "X2faCode" },
        { "my table", "MyTable" },
        { "_jobs", "Job" },
        { "", "X" },
    };
    (void)state;
    check(pairs, sizeof pairs / sizeof *pairs, name_record);
}

static void a_field_is_named_like_its_column_unless_c_forbids(void **state)
{
    static const struct pair pairs[] = {
        { "band_id", "band_id" }, { "bandId", "bandId" },
        { "class", "class_" },    { "int", "int_" },
        { "größe", "groesse" },   { "Öl", "Oel" },
        { "日本", "u65e5u672c" }, { "2fa", "_2fa" },
        { "a b;c", "a_b_c" },     { "__x", "x__x" },
        { "_Y", "x_Y" },          { "linux", "linux_" },
        { "NULL", "NULL_" },      { "", "_" },
        { "😀", "u1f600" },        { "errno", "errno_" },
    };
    (void)state;
    check(pairs, sizeof pairs / sizeof *pairs, name_field);
}

static void a_constant_is_in_upper_case(void **state)
{
    static const struct pair pairs[] = {
        { "band_id", "BAND_ID" },       { "bandId", "BAND_ID" },
        { "HTTPStatus", "HTTPSTATUS" }, { "job_status_retry", "JOB_STATUS_RETRY" },
        { "so-so", "SO_SO" },
    };
    (void)state;
    check(pairs, sizeof pairs / sizeof *pairs, name_upper);
}

static void a_name_that_is_taken_gets_a_number(void **state)
{
    struct arena arena = ARENA_INIT;
    struct name_set set = { .arena = &arena };
    (void)state;
    assert_string_equal(name_take(&set, "a"), "a");
    assert_string_equal(name_take(&set, "a"), "a_2");
    assert_string_equal(name_take(&set, "a_2"), "a_2_2");
    assert_string_equal(name_take(&set, "a"), "a_3");
    assert_string_equal(name_take(&set, "int"), "int_2");
    assert_true(name_is_taken(&set, "a_3"));
    assert_false(name_is_taken(&set, "b"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_names_its_struct_in_the_singular),
        cmocka_unit_test(a_field_is_named_like_its_column_unless_c_forbids),
        cmocka_unit_test(a_constant_is_in_upper_case),
        cmocka_unit_test(a_name_that_is_taken_gets_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
