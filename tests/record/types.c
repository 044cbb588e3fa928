/* Every type of column, there and back, on either database. */
#include "fixture.h"

#include "base/clock.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct sample plain_sample(void)
{
    return (struct sample){
        .a_bool = true,
        .a_int16 = -7,
        .a_int32 = 70000,
        .a_int64 = 7000000000,
        .a_float = 0.1f,
        .a_double = 0.1,
        .a_text = "Zürich 日本 '\"\\{},$1",
        .a_uuid = { "00112233-4455-6677-8899-aabbccddeeff" },
        .a_time = 1700000000123456,
        .a_date = 19000,
        .a_clock = 45296000001,
        .a_bytes = { "\0\xff'\\x", 5 },
        .a_point = { 1.5, -2.25 },
        .a_mood = MOOD_QUOTED,
        .a_list = "{1,2,3}",
    };
}

static void assert_same(const struct sample *read, const struct sample *written)
{
    assert_int_equal(read->a_bool, written->a_bool);
    assert_int_equal(read->a_int16, written->a_int16);
    assert_int_equal(read->a_int32, written->a_int32);
    assert_true(read->a_int64 == written->a_int64);
    assert_true(read->a_float == written->a_float);
    assert_true(read->a_double == written->a_double);
    assert_string_equal(read->a_text, written->a_text);
    assert_string_equal(read->a_uuid.text, written->a_uuid.text);
    assert_true(read->a_time == written->a_time);
    assert_int_equal(read->a_date, written->a_date);
    assert_true(read->a_clock == written->a_clock);
    assert_int_equal(read->a_bytes.size, written->a_bytes.size);
    assert_non_null(read->a_bytes.data);
    assert_memory_equal(read->a_bytes.data, written->a_bytes.data, written->a_bytes.size);
    assert_true(read->a_point.x == written->a_point.x && read->a_point.y == written->a_point.y);
    assert_int_equal(read->a_mood, written->a_mood);
    assert_string_equal(read->a_list, written->a_list);
}

static const struct sample *find(struct errand_context *ctx, const struct sample *sample)
{
    const struct sample *found =
        errand_record_find(ctx, &sample_table, (struct errand_value[]){ errand_id(&sample->id) });
    assert_non_null(found);
    return found;
}

/* By each way that a record can go in; all by create_many's statements too. */
static void check_round_trip(struct errand_context *ctx, const struct sample *written)
{
    struct sample one = *written;
    errand_record_create(ctx, &sample_table, &one);
    assert_int_equal(strlen(one.id.text), 36);
    assert_same(&one, written);
    assert_same(find(ctx, &one), written);

    static struct sample many[66];
    for (size_t i = 0; i < 66; i++)
        many[i] = *written;
    errand_record_create_many(ctx, &sample_table, many, 66);
    assert_same(&many[0], written);
    assert_same(&many[65], written);
    assert_same(find(ctx, &many[65]), written);

    struct sample updated = plain_sample();
    errand_record_create(ctx, &sample_table, &updated);
    struct sample changed = *written;
    changed.id = updated.id;
    errand_record_update(ctx, &sample_table, &changed);
    assert_same(find(ctx, &updated), written);
}

static void ordinary_values_come_back_as_they_went(struct errand_context *ctx)
{
    struct sample sample = plain_sample();
    check_round_trip(ctx, &sample);
}

static void least_and_greatest_values_come_back_as_they_went(struct errand_context *ctx)
{
    struct sample sample = plain_sample();
    sample.a_int16 = INT16_MIN;
    sample.a_int32 = INT32_MIN;
    sample.a_int64 = INT64_MIN;
    sample.a_float = -FLT_MAX;
    sample.a_double = -DBL_MAX;
    sample.a_time = -210866803200000000; /* 4714 BC, PostgreSQL's first day */
    sample.a_date = -2440588;
    sample.a_clock = 0;
    sample.a_point = (errand_point){ -DBL_MAX, DBL_TRUE_MIN };
    check_round_trip(ctx, &sample);
    sample.a_int16 = INT16_MAX;
    sample.a_int32 = INT32_MAX;
    sample.a_int64 = INT64_MAX;
    sample.a_float = FLT_MAX;
    sample.a_double = DBL_MAX;
    sample.a_time = INT64_MAX - 1; /* in the year 294247 */
    sample.a_date = 2145031948;
    sample.a_clock = 86400000000; /* 24:00 */
    check_round_trip(ctx, &sample);
    sample.a_float = FLT_TRUE_MIN;
    sample.a_double = DBL_TRUE_MIN;
    check_round_trip(ctx, &sample);
}

static void infinities_come_back_as_they_went(struct errand_context *ctx)
{
    struct sample sample = plain_sample();
    sample.a_float = INFINITY;
    sample.a_double = -INFINITY;
    sample.a_time = ERRAND_TIME_INFINITY;
    sample.a_date = ERRAND_DATE_INFINITY;
    check_round_trip(ctx, &sample);
    sample.a_time = ERRAND_TIME_MINUS_INFINITY;
    sample.a_date = ERRAND_DATE_MINUS_INFINITY;
    check_round_trip(ctx, &sample);
}

static void times_before_christ_come_back_as_they_went(struct errand_context *ctx)
{
    struct sample sample = plain_sample();
    sample.a_time = -62135596800000001; /* the last microsecond of 1 BC */
    sample.a_date = -719163;            /* 31 December 1 BC */
    check_round_trip(ctx, &sample);
}

static void empty_and_large_texts_come_back_as_they_went(struct errand_context *ctx)
{
    struct sample sample = plain_sample();
    sample.a_text = "";
    sample.a_bytes = (errand_bytes){ "", 0 };
    sample.a_list = "{}";
    check_round_trip(ctx, &sample);
    char *text = errand_alloc(ctx, (1 << 20) + 1);
    memset(text, '\'', 1 << 20);
    sample.a_text = text;
    sample.a_bytes = (errand_bytes){ text, 1 << 20 };
    errand_record_create(ctx, &sample_table, &sample);
    const struct sample *found = find(ctx, &sample);
    assert_string_equal(found->a_text, text);
    assert_int_equal(found->a_bytes.size, 1 << 20);
}

static void null_comes_back_as_null(struct errand_context *ctx)
{
    struct sample sample = plain_sample();
    check_round_trip(ctx, &sample);
    errand_record_create(ctx, &sample_table, &sample);
    const struct sample *found = find(ctx, &sample);
    assert_false(found->n_bool.is_set || found->n_int16.is_set || found->n_int32.is_set || found->n_int64.is_set);
    assert_false(found->n_float.is_set || found->n_double.is_set || found->n_uuid.is_set || found->n_time.is_set);
    assert_false(found->n_date.is_set || found->n_clock.is_set || found->n_point.is_set);
    assert_null(found->n_text);
    assert_null(found->n_bytes.data);
    assert_int_equal(found->n_mood, MOOD_NONE);
}

static void assert_nullables(const struct sample *found)
{
    assert_true(found->n_bool.is_set && !found->n_bool.value);
    assert_true(found->n_int16.is_set && found->n_int16.value == 0);
    assert_true(found->n_int32.is_set && found->n_int32.value == -1);
    assert_true(found->n_int64.is_set && found->n_int64.value == INT64_MIN);
    assert_true(found->n_float.is_set && found->n_float.value == 1.25f);
    assert_true(found->n_double.is_set && found->n_double.value == -0.5);
    assert_string_equal(found->n_text, "");
    assert_true(found->n_uuid.is_set);
    assert_string_equal(found->n_uuid.value.text, "ffffffff-ffff-ffff-ffff-ffffffffffff");
    assert_true(found->n_time.is_set && found->n_time.value == -1);
    assert_true(found->n_date.is_set && found->n_date.value == -1);
    assert_true(found->n_clock.is_set && found->n_clock.value == 1);
    assert_true(found->n_bytes.data && found->n_bytes.size == 0);
    assert_true(found->n_point.is_set && found->n_point.value.y == 3);
    assert_int_equal(found->n_mood, MOOD_SO_SO);
}

static void columns_that_may_be_null_hold_values_too(struct errand_context *ctx)
{
    struct sample sample = plain_sample();
    sample.n_bool = (errand_nullable_bool){ true, false };
    sample.n_int16 = (errand_nullable_int16){ true, 0 };
    sample.n_int32 = (errand_nullable_int32){ true, -1 };
    sample.n_int64 = (errand_nullable_int64){ true, INT64_MIN };
    sample.n_float = (errand_nullable_float){ true, 1.25f };
    sample.n_double = (errand_nullable_double){ true, -0.5 };
    sample.n_text = "";
    sample.n_uuid = (errand_nullable_uuid){ true, { "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF" } };
    sample.n_time = (errand_nullable_time){ true, -1 };
    sample.n_date = (errand_nullable_date){ true, -1 };
    sample.n_clock = (errand_nullable_clock){ true, 1 };
    sample.n_bytes = (errand_bytes){ "", 0 };
    sample.n_point = (errand_nullable_point){ true, { 0, 3 } };
    sample.n_mood = MOOD_SO_SO;
    struct sample many[2] = { sample, sample };
    errand_record_create(ctx, &sample_table, &sample);
    assert_nullables(&sample);
    assert_nullables(find(ctx, &sample));
    errand_record_create_many(ctx, &sample_table, many, 2);
    assert_nullables(find(ctx, &many[1]));
}

static void fetch_samples(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_record_fetch(&sample_table, (struct errand_query){ .ctx = ctx });
}

static void a_label_that_the_program_does_not_know_raises(struct errand_context *ctx)
{
    struct sample sample = plain_sample();
    errand_record_create(ctx, &sample_table, &sample);
    if (on_postgres())
        run_sql("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'furious'");
    run_sql("UPDATE samples SET a_mood = 'furious'");
    assert_string_equal(raised_by(fetch_samples, NULL).error,
                        "Sample_fetch: Sample.a_mood is 'furious', a label that this program does not know; build it "
                        "again from the current Schema.sql");
}

static void create_with_wrong_mood(struct errand_context *ctx, void *arg)
{
    (void)arg;
    struct sample sample = plain_sample();
    sample.a_mood = 4;
    errand_record_create(ctx, &sample_table, &sample);
}

static void a_number_that_is_no_label_raises(struct errand_context *ctx)
{
    (void)ctx;
    assert_string_equal(raised_by(create_with_wrong_mood, NULL).error,
                        "Sample.a_mood holds a number that is none of the enum's labels");
}

static void values_are_bound_with_their_types(struct errand_context *ctx)
{
    struct errand_rows rows =
        on_postgres() ? errand_sql(ctx,
                                   "SELECT $1::boolean::int, $2::bigint, $3::float8 * 2, $4::text, $5::timestamptz = "
                                   "'1970-01-01 00:00:01+00', $6::date, $7::time, $8::text, $9::bytea",
                                   errand_bool(true), errand_int(INT64_MIN), errand_double(0.25), errand_text("'; --"),
                                   errand_timestamp(1000000), errand_day(1), errand_time_of_day(1000000), errand_null(),
                                   errand_blob("\x01\xff", 2))
                      : errand_sql(ctx, "SELECT $1, $2, $3 * 2, $4, $5 = '1970-01-01 00:00:01.000000', $6, $7, $8, $9",
                                   errand_bool(true), errand_int(INT64_MIN), errand_double(0.25), errand_text("'; --"),
                                   errand_timestamp(1000000), errand_day(1), errand_time_of_day(1000000), errand_null(),
                                   errand_blob("\x01\xff", 2));
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.columns, 9);
    assert_string_equal(rows.cells[0], "1");
    assert_string_equal(rows.cells[1], "-9223372036854775808");
    assert_string_equal(rows.cells[2], "0.5");
    assert_string_equal(rows.cells[3], "'; --");
    assert_string_equal(rows.cells[4], on_postgres() ? "t" : "1");
    assert_string_equal(rows.cells[5], "1970-01-02");
    assert_memory_equal(rows.cells[6], "00:00:01", 8);
    assert_null(rows.cells[7]);
    assert_string_equal(rows.cells[8], on_postgres() ? "\\x01ff" : "\x01\xff");
}

static void add_cell(char **at, const char *text)
{
    uint32_t size = text ? (uint32_t)strlen(text) : UINT32_MAX;
    memcpy(*at, &size, sizeof(size));
    *at += sizeof(size);
    if (text)
        *at = mempcpy(*at, text, size);
}

struct row {
    char data[256];
    size_t size;
};

static void decode_row(struct errand_context *ctx, void *arg)
{
    const struct row *row = arg;
    record_decode(ctx, &customer_table, database.url.kind, row->data, row->size);
}

static void an_encoded_row_is_decoded_and_a_damaged_one_refused(struct errand_context *ctx)
{
    struct row row;
    char *at = row.data;
    add_cell(&at, "00112233-4455-6677-8899-aabbccddeeff");
    add_cell(&at, "Bea");
    add_cell(&at, NULL);
    add_cell(&at, "12");
    row.size = (size_t)(at - row.data);
    const struct customer *customer = record_decode(ctx, &customer_table, database.url.kind, row.data, row.size);
    assert_string_equal(customer->name, "Bea");
    assert_null(customer->country);
    assert_int_equal(customer->visits, 12);
    for (size_t size = row.size; row.size-- > 0;)
        assert_non_null(strstr(raised_by(decode_row, &row).error, size ? "Customer" : ""));
    row.size = (size_t)(at - row.data);
    row.data[row.size - 1] = 'x';
    assert_non_null(strstr(raised_by(decode_row, &row).error, "Customer.visits is '1x'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(ordinary_values_come_back_as_they_went),
        IN_CONTEXT(least_and_greatest_values_come_back_as_they_went),
        IN_CONTEXT(infinities_come_back_as_they_went),
        IN_CONTEXT(times_before_christ_come_back_as_they_went),
        IN_CONTEXT(empty_and_large_texts_come_back_as_they_went),
        IN_CONTEXT(null_comes_back_as_null),
        IN_CONTEXT(columns_that_may_be_null_hold_values_too),
        IN_CONTEXT(a_label_that_the_program_does_not_know_raises),
        IN_CONTEXT(a_number_that_is_no_label_raises),
        IN_CONTEXT(values_are_bound_with_their_types),
        IN_CONTEXT(an_encoded_row_is_decoded_and_a_damaged_one_refused),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
