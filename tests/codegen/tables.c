/* Tables described in memory are the same as those that the generated types.c of the same schema describes. The
   argument is the schema, round_trip.sql. */
#include "codegen/tables.h"

#include "types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_column(const struct errand_column *made, const struct errand_column *wanted)
{
    assert_string_equal(made->name, wanted->name);
    assert_string_equal(made->sql_type, wanted->sql_type);
    assert_int_equal(made->type, wanted->type);
    assert_int_equal(made->nullable, wanted->nullable);
    assert_int_equal(made->has_default, wanted->has_default || wanted->has_initial);
    assert_int_equal(made->default_text != NULL, wanted->default_text != NULL);
    if (wanted->default_text)
        assert_string_equal(made->default_text, wanted->default_text);
    assert_int_equal(made->generated, wanted->generated);
    assert_int_equal(made->managed, wanted->managed);
    assert_int_equal(made->offset, wanted->offset);
    assert_int_equal(made->labels != NULL, wanted->labels != NULL);
    for (size_t i = 0; wanted->labels && wanted->labels[i]; i++)
        assert_string_equal(made->labels[i], wanted->labels[i]);
}

static void assert_table(const struct errand_table *made, const struct errand_table *wanted)
{
    assert_string_equal(made->name, wanted->name);
    assert_string_equal(made->record_name, wanted->record_name);
    assert_true(made->record_size >= wanted->record_size);
    assert_int_equal(made->column_count, wanted->column_count);
    for (size_t i = 0; i < wanted->column_count; i++)
        assert_column(&made->columns[i], &wanted->columns[i]);
    assert_int_equal(made->primary_key_count, wanted->primary_key_count);
    for (size_t i = 0; i < wanted->primary_key_count; i++)
        assert_int_equal(made->primary_key[i], wanted->primary_key[i]);
    assert_int_equal(made->foreign_key_count, wanted->foreign_key_count);
    for (size_t i = 0; i < wanted->foreign_key_count; i++) {
        assert_int_equal(made->foreign_keys[i].column, wanted->foreign_keys[i].column);
        assert_string_equal(made->foreign_keys[i].target->name, wanted->foreign_keys[i].target->name);
        assert_int_equal(made->foreign_keys[i].target_column, wanted->foreign_keys[i].target_column);
        assert_int_equal(made->foreign_keys[i].loaded, wanted->foreign_keys[i].loaded);
    }
}

static void tables_in_memory_are_those_of_the_generated_file(void **state)
{
    struct schema *schema = schema_read(*state);
    struct arena arena = ARENA_INIT;
    assert_int_equal(schema->error_count, 0);
    const struct errand_schema *made = tables_make(&arena, schema);
    size_t tables = 0, jobs = 0;
    for (; errand_schema.tables[tables]; tables++)
        assert_table(made->tables[tables], errand_schema.tables[tables]);
    assert_null(made->tables[tables]);
    assert_true(tables > 0);
    for (; errand_schema.job_types[jobs].table; jobs++)
        assert_string_equal(made->job_types[jobs].table->name, errand_schema.job_types[jobs].table->name);
    assert_null(made->job_types[jobs].table);
    assert_true(jobs > 0);
    arena_release(&arena);
    schema_free(schema);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(tables_in_memory_are_those_of_the_generated_file, argv[1]),
    };
    return argc == 2 ? cmocka_run_group_tests_name("tables", tests, NULL, NULL) : 2;
}
