/* Generations as the page of the dev server asks for them: tables, columns, names of any size, files that change
   between the plan and the deed. What the errand command shows of them is tested in tests/cli. */
#include "codegen/generation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct project open_project(const char *schema)
{
    char folder[] = "/tmp/errand-generation-XXXXXX";
    struct project project;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(project_open(&project, folder, NULL), 0);
    assert_int_equal(project_create(&project, PROJECT_SCHEMA, schema, strlen(schema), NULL), 0);
    return project;
}

static void close_project(struct project *project)
{
    char *root = strdup(project->root);
    assert_int_equal(project_remove(project, PROJECT_SCHEMA, NULL), 0);
    project_close(project);
    assert_int_equal(rmdir(root), 0); /* nothing else was left there */
    free(root);
}

static void assert_schema(const struct project *project, const char *expected)
{
    struct buffer found = BUFFER_INIT(GENERATION_FILE_MAX);
    assert_int_equal(project_read(project, PROJECT_SCHEMA, &found, NULL), 1);
    assert_string_equal(found.data, expected);
    buffer_release(&found);
}

static void a_table_is_added(void **state)
{
    (void)state;
    struct project project = open_project("-- ours\nCREATE TABLE people (id INT PRIMARY KEY);\n");
    struct generation generation = GENERATION_INIT;
    struct errand_error err;
    struct column_spec columns[] = { { .name = "name", .type = "text" },
                                     { .name = "owner", .type = "references", .target = "people", .nullable = true } };
    assert_int_equal(generate_table(&generation, &project, "shops", columns, 2, &err), 0);
    assert_int_equal(generation_apply(&generation, &project, &err), 0);
    assert_schema(&project, "-- ours\nCREATE TABLE people (id INT PRIMARY KEY);\n\nCREATE TABLE shops (\n"
                            "    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL,\n    name TEXT NOT NULL,\n"
                            "    owner_id INT REFERENCES people (id)\n);\n");
    generation_release(&generation);
    assert_int_equal(generate_table(&generation, &project, "people", NULL, 0, &err), -1);
    assert_non_null(strstr(err.message, "the name people is taken"));
    assert_int_equal(generate_table(&generation, &project, "mail_jobs", NULL, 0, &err), -1);
    assert_non_null(strstr(err.message, "is of jobs"));
    generation_release(&generation);
    close_project(&project);
}

static void a_column_is_added(void **state)
{
    (void)state;
    struct project project = open_project("CREATE TABLE people (\n  id INT PRIMARY KEY -- theirs\n);\n");
    struct generation generation = GENERATION_INIT;
    struct errand_error err;
    struct column_spec column = { .name = "age", .type = "int", .value = "3" };
    assert_int_equal(generate_column(&generation, &project, "people", &column, &err), 0);
    assert_int_equal(generation_apply(&generation, &project, &err), 0);
    assert_schema(&project,
                  "CREATE TABLE people (\n  id INT PRIMARY KEY, -- theirs\n  age INT DEFAULT 3 NOT NULL\n);\n");
    generation_release(&generation);
    assert_int_equal(generate_column(&generation, &project, "people", &column, &err), -1);
    assert_non_null(strstr(err.message, "people has a column age already"));
    assert_int_equal(generate_column(&generation, &project, "nobody", &column, &err), -1);
    assert_non_null(strstr(err.message, "there is no table 'nobody'"));
    generation_release(&generation);
    close_project(&project);
}

static void names_of_a_megabyte_are_refused(void **state)
{
    (void)state;
    enum { SIZE = 1024 * 1024 };
    struct project project = open_project("");
    struct errand_error err;
    char *name = malloc(SIZE + 1);
    assert_non_null(name);
    memset(name, 'a', SIZE);
    name[SIZE] = '\0';
    struct column_spec column = { .name = name, .type = name, .target = name, .value = name };
    struct generation generation = GENERATION_INIT;
    assert_int_equal(generate_job(&generation, &project, name, "Web", NULL, 0, &err), -1);
    assert_int_equal(generate_job(&generation, &project, "Fine", name, NULL, 0, &err), -1);
    assert_int_equal(generate_job(&generation, &project, "Fine", "Web", &column, 1, &err), -1);
    assert_int_equal(generate_script(&generation, &project, name, &err), -1);
    assert_int_equal(generate_dashboard(&generation, &project, name, &err), -1);
    assert_int_equal(generate_table(&generation, &project, name, NULL, 0, &err), -1);
    assert_int_equal(generate_column(&generation, &project, name, &column, &err), -1);
    generation_release(&generation);
    free(name);
    close_project(&project);
}

static void what_changed_since_the_plan_is_left(void **state)
{
    (void)state;
    static const char changed[] = "-- changed\n";
    struct project project = open_project("");
    struct generation generation = GENERATION_INIT;
    struct errand_error err;
    assert_int_equal(generate_job(&generation, &project, "Fine", "Web", NULL, 0, &err), 0);
    assert_int_equal(project_replace(&project, PROJECT_SCHEMA, changed, strlen(changed), &err), 0);
    assert_int_equal(generation_apply(&generation, &project, &err), -1);
    assert_non_null(strstr(err.message, "has been changed meanwhile"));
    assert_schema(&project, changed);
    generation_release(&generation);
    close_project(&project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_added),
        cmocka_unit_test(a_column_is_added),
        cmocka_unit_test(names_of_a_megabyte_are_refused),
        cmocka_unit_test(what_changed_since_the_plan_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
