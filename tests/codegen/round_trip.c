/* What is generated from round_trip.sql, compiled and run: every type there and back, every default, every function.
   The first argument is the errand command, which makes the database from the second, the schema; on the cluster at
   TEST_POSTGRES_URL where that is set, otherwise in a SQLite file. */
#include "types.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* cmocka hands a test no more than one pointer, and it is this. */
struct world {
    struct errand *errand;
    void (*body)(struct errand_context *ctx);
};

static void call_body(struct errand_context *ctx, void *arg)
{
    const struct world *world = arg;
    world->body(ctx);
}

static void in_context(void **state, void (*body)(struct errand_context *ctx))
{
    struct world *world = *state;
    struct errand_error err = { "" };
    world->body = body;
    if (errand_run(world->errand, call_body, world, &err) != 0)
        fail_msg("%s", err.message);
}

/* A sample in which every field that must have a value has one. */
static Sample plain_sample(void)
{
    Sample sample = Sample_new();
    sample.words = "";
    sample.amount = "0";
    sample.json = "{}";
    sample.tags = "{}";
    sample.uuid = (errand_uuid){ "00000000-0000-0000-0000-000000000000" };
    sample.bytes = (errand_bytes){ "", 0 };
    sample.mood = MOOD_SO_SO;
    return sample;
}

static Sample *stored(struct errand_context *ctx, Sample *sample)
{
    Sample_create(ctx, sample);
    Sample *found = Sample_find(ctx, sample->id);
    assert_non_null(found);
    return found;
}

static void null_body(struct errand_context *ctx)
{
    Sample sample = plain_sample();
    const Sample *found = stored(ctx, &sample);
    assert_true(found->id > 0);
    assert_false(found->flag_null.is_set || found->small_null.is_set || found->whole_null.is_set ||
                 found->big_null.is_set || found->single_null.is_set || found->double_null.is_set ||
                 found->uuid_null.is_set || found->moment_null.is_set || found->day_null.is_set ||
                 found->clock_null.is_set || found->place_null.is_set || found->owner_id.is_set);
    assert_true(!found->words_null && !found->amount_null && !found->json_null && !found->tags_null &&
                !found->bytes_null.data && found->mood_null == 0);
    assert_string_equal(found->words, "");
    assert_int_equal(found->bytes.size, 0);
    assert_non_null(found->bytes.data);
    assert_true(found->moment == 0 && found->day == 0 && found->clock == 0 && !found->flag);
}

static void null_and_empty_are_kept_apart(void **state)
{
    in_context(state, null_body);
}

struct numbers {
    int16_t small;
    int32_t whole;
    int64_t big;
    float single;
    double number;
};

static void numbers_body(struct errand_context *ctx)
{
    const struct numbers cases[] = {
        { INT16_MIN, INT32_MIN, INT64_MIN, -FLT_MAX, -DBL_MAX },
        { INT16_MAX, INT32_MAX, INT64_MAX, FLT_MAX, DBL_MAX },
        { -1, -1, -1, FLT_MIN, DBL_MIN },
        { 1, 1, INT64_C(9007199254740993), 0.1f, 0.1 },
        { 0, 0, 0, INFINITY, INFINITY },
        { 0, 0, 0, -INFINITY, -INFINITY },
        { 0, 0, 0, 16777216.0f, 1.0 / 3.0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct numbers *one = &cases[i];
        Sample sample = plain_sample();
        sample.flag = true;
        sample.small = one->small;
        sample.whole = one->whole;
        sample.big = one->big;
        sample.single = one->single;
        sample.double_ = one->number;
        sample.flag_null = (errand_nullable_bool){ true, false };
        sample.small_null = (errand_nullable_int16){ true, one->small };
        sample.whole_null = (errand_nullable_int32){ true, one->whole };
        sample.big_null = (errand_nullable_int64){ true, one->big };
        sample.single_null = (errand_nullable_float){ true, one->single };
        sample.double_null = (errand_nullable_double){ true, one->number };
        const Sample *found = stored(ctx, &sample);
        assert_true(found->flag && found->flag_null.is_set && !found->flag_null.value);
        assert_true(found->small == one->small && found->small_null.is_set && found->small_null.value == one->small);
        assert_true(found->whole == one->whole && found->whole_null.is_set && found->whole_null.value == one->whole);
        assert_true(found->big == one->big && found->big_null.is_set && found->big_null.value == one->big);
        assert_true(found->single == one->single && found->single_null.value == one->single);
        assert_true(found->double_ == one->number && found->double_null.value == one->number);
    }
}

static void numbers_keep_their_extremes_and_last_digit(void **state)
{
    in_context(state, numbers_body);
}

static void text_body(struct errand_context *ctx)
{
    enum { MEGABYTE = 1024 * 1024 };
    char *large = errand_alloc(ctx, MEGABYTE + 1);
    for (size_t i = 0; i < MEGABYTE; i++)
        large[i] = (char)('a' + i % 26);
    const char *const texts[] = { "",   " ", "'", "\"", "\\", "$1", "%s", "NULL", "größte Freude 日本 😀", "a\tb\nc\r\n",
                                  large };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Sample sample = plain_sample();
        sample.words = texts[i];
        sample.words_null = texts[i];
        const Sample *found = stored(ctx, &sample);
        assert_true(strcmp(found->words, texts[i]) == 0 && strcmp(found->words_null, texts[i]) == 0);
    }
    Sample sample = plain_sample();
    sample.amount = "12345678901234567890123456789.000000000000000000001";
    sample.json = "{\"a\": [1, \"ö\"]}";
    sample.tags = "{a,\"b c\",NULL}";
    sample.tags_null = "{1,2}";
    const Sample *found = stored(ctx, &sample);
    assert_string_equal(found->amount, sample.amount);
    assert_string_equal(found->json, sample.json);
    assert_string_equal(found->tags, "{a,\"b c\",NULL}");
    assert_string_equal(found->tags_null, "{1,2}");
}

static void text_of_every_kind_and_size_is_kept(void **state)
{
    in_context(state, text_body);
}

static void bytes_body(struct errand_context *ctx)
{
    enum { MEGABYTE = 1024 * 1024 };
    unsigned char *all = errand_alloc(ctx, MEGABYTE);
    for (size_t i = 0; i < MEGABYTE; i++)
        all[i] = (unsigned char)(i * 7);
    const size_t sizes[] = { 0, 1, 256, MEGABYTE };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        Sample sample = plain_sample();
        sample.bytes = (errand_bytes){ all, sizes[i] };
        sample.bytes_null = (errand_bytes){ all, sizes[i] };
        const Sample *found = stored(ctx, &sample);
        assert_true(found->bytes.data && found->bytes_null.data);
        assert_int_equal(found->bytes.size, sizes[i]);
        assert_int_equal(found->bytes_null.size, sizes[i]);
        assert_true(memcmp(found->bytes.data, all, sizes[i]) == 0);
    }
}

static void bytes_of_every_value_and_size_are_kept(void **state)
{
    in_context(state, bytes_body);
}

struct times {
    errand_time moment;
    errand_date day;
    errand_clock clock;
};

static void times_body(struct errand_context *ctx)
{
    const struct times cases[] = {
        { 0, 0, 0 },
        { 1, 1, 1 },
        { -1, -1, INT64_C(86399999999) },
        { INT64_C(1700000000123456), 19000, INT64_C(86400000000) },
        { INT64_C(-62135596800000000), -719162, 123456 }, /* the first of January of the year 1 */
        { INT64_C(253402300799999999), 2932896, 0 },      /* the last of December of 9999 */
        { ERRAND_TIME_INFINITY, ERRAND_DATE_INFINITY, 0 },
        { ERRAND_TIME_MINUS_INFINITY, ERRAND_DATE_MINUS_INFINITY, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct times *one = &cases[i];
        Sample sample = plain_sample();
        sample.moment = one->moment;
        sample.day = one->day;
        sample.clock = one->clock;
        sample.moment_null = (errand_nullable_time){ true, one->moment };
        sample.day_null = (errand_nullable_date){ true, one->day };
        sample.clock_null = (errand_nullable_clock){ true, one->clock };
        const Sample *found = stored(ctx, &sample);
        assert_true(found->moment == one->moment && found->moment_null.is_set &&
                    found->moment_null.value == one->moment);
        assert_true(found->day == one->day && found->day_null.is_set && found->day_null.value == one->day);
        assert_true(found->clock == one->clock && found->clock_null.is_set && found->clock_null.value == one->clock);
    }
}

static void times_keep_microseconds_and_infinity(void **state)
{
    in_context(state, times_body);
}

static void others_body(struct errand_context *ctx)
{
    const Mood moods[] = { MOOD_SO_SO, MOOD_GROESSTE_FREUDE, MOOD_IT_S };
    for (size_t i = 0; i < sizeof moods / sizeof *moods; i++) {
        Sample sample = plain_sample();
        sample.uuid = (errand_uuid){ "ffffffff-ffff-ffff-ffff-ffffffffffff" };
        sample.uuid_null = (errand_nullable_uuid){ true, { "01234567-89ab-cdef-0123-456789abcdef" } };
        sample.place = (errand_point){ 0.1, -1e300 };
        sample.place_null = (errand_nullable_point){ true, { DBL_MAX, 1.0 / 3.0 } };
        sample.mood = moods[i];
        sample.mood_null = moods[i];
        const Sample *found = stored(ctx, &sample);
        assert_string_equal(found->uuid.text, sample.uuid.text);
        assert_string_equal(found->uuid_null.value.text, sample.uuid_null.value.text);
        assert_true(found->place.x == 0.1 && found->place.y == -1e300);
        assert_true(found->place_null.value.x == DBL_MAX && found->place_null.value.y == 1.0 / 3.0);
        assert_true(found->mood == moods[i] && found->mood_null == moods[i]);
    }
    assert_string_equal(Mood_label(MOOD_GROESSTE_FREUDE), "größte Freude");
    assert_null(Mood_label((Mood)0));
}

static void uuids_points_and_enums_are_kept(void **state)
{
    in_context(state, others_body);
}

/* What PostgreSQL converts by its types: the current time in columns of another kind, and moved. */
static void assert_times_of_now(const Default *found)
{
    errand_date today = found->today.value;
    assert_true(found->day_of_now == today && found->in_a_week == today + 7);
    assert_true(found->day_cast == today - 1);
    assert_in_range(found->next_month - today, 28, 31);
    assert_true(found->midnight == today * errand_hours(24));
    assert_true(found->small_hours == found->midnight + errand_hours(2));
    assert_true(found->clock_of_now >= 0 && found->clock_of_now < errand_hours(24));
}

static void defaults_body(struct errand_context *ctx)
{
    Default one = Default_new();
    assert_true(one.flag && one.flag_null.value && one.small == -7 && one.whole.value == 42 && one.big == INT64_MAX);
    assert_string_equal(one.words, "it's '?'");
    assert_true(one.mood == MOOD_GROESSTE_FREUDE && one.mood_null == 0);
    errand_time before = errand_now(ctx);
    Default_create(ctx, &one);
    const Default *found = Default_find(ctx, one.id);
    assert_non_null(found);
    assert_int_equal(found->id.text[14], '7');
    assert_true(found->flag && found->flag_null.is_set && found->flag_null.value);
    assert_true(found->number == 1 || found->number == 2);
    assert_true(found->small == -7 && found->whole.is_set && found->whole.value == 42 && found->big == INT64_MAX);
    assert_true(found->computed == 42 && found->single == 0.5f && found->double_.is_set &&
                found->double_.value == -1e300);
    assert_string_equal(found->words, "it's '?'");
    assert_string_equal(found->made, "ABC");
    assert_string_equal(found->amount, "1.50");
    assert_string_equal(found->json, "{\"a\": 1}");
    assert_string_equal(found->tags, "{}");
    assert_string_equal(found->fixed.text, "00000000-0000-4000-8000-000000000001");
    assert_true(found->moment_null.is_set && found->moment >= before - errand_minutes(1));
    assert_true(found->later > found->moment + errand_hours(23) && found->later < found->moment + errand_hours(25));
    assert_true(found->leap_day == 19782 && found->today.is_set && found->today.value > 19782);
    assert_true(found->clock == INT64_C(34200000000));
    assert_true(found->bytes.size == 4 && memcmp(found->bytes.data, "\xde\xad\xbe\xef", 4) == 0);
    assert_true(found->place.x == 1.5 && found->place.y == -2);
    assert_times_of_now(found);
}

static void a_new_record_has_the_defaults_of_its_table(void **state)
{
    in_context(state, defaults_body);
}

static void count_sample(struct errand_context *ctx, const Sample *sample, void *arg)
{
    int *count = arg;
    (void)ctx;
    *count += sample->whole;
}

static void functions_body(struct errand_context *ctx)
{
    Owner owner = Owner_new();
    owner.name = "Bea";
    Owner_create(ctx, &owner);
    Sample samples[3];
    for (int i = 0; i < 3; i++) {
        samples[i] = plain_sample();
        samples[i].words = "of functions";
        samples[i].whole = i + 1;
        if (i != 1)
            samples[i].owner_id = (errand_nullable_uuid){ true, owner.id };
    }
    Sample_create_many(ctx, samples, 3);
    Sample_list list = Sample_fetch(ctx, .where = "words = $1", .values = { errand_text("of functions") },
                                    .order_by_desc = SAMPLE_WHOLE, .limit = 2);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].whole, 3);
    Sample_load_owner(ctx, &list);
    assert_string_equal(Sample_owner(ctx, &list.items[0])->name, "Bea");
    assert_null(Sample_owner(ctx, &list.items[1]));
    int sum = 0;
    Sample_each(ctx, count_sample, &sum, .where = "words = 'of functions'");
    assert_int_equal(sum, 6);
    Sample *one = Sample_fetch_one(ctx, .where = "words = 'of functions'", .order_by = SAMPLE_WHOLE);
    one->whole = 10;
    Sample_update(ctx, one);
    assert_int_equal(Sample_find(ctx, one->id)->whole, 10);
    assert_true(Sample_delete(ctx, one));
    assert_false(Sample_delete(ctx, one));
    assert_int_equal(Sample_count(ctx, .where = "words = 'of functions'"), 2);
    Keyed keyed = { .a = 1, .b = "x", .camelCase = "y" };
    Keyed_create(ctx, &keyed);
    assert_string_equal(Keyed_find(ctx, "x", 1)->camelCase, "y");
    assert_null(Keyed_find(ctx, "x", 2));
}

static void every_generated_function_works(void **state)
{
    in_context(state, functions_body);
}

static void jobs_body(struct errand_context *ctx)
{
    SampleJob job = SampleJob_new();
    job.run_at = errand_now(ctx) + errand_hours(24);
    SampleJob_create(ctx, &job);
    SampleJob *found = SampleJob_find(ctx, job.id);
    assert_int_equal(found->status, JOB_STATUS_NOT_STARTED);
    assert_true(found->run_at == job.run_at && found->attempts_count == 0 && !found->locked_by.is_set);
    assert_string_equal(found->note, "first");
    found->note = "second";
    found->status = JOB_STATUS_FAILED;
    found->run_at = 0;
    SampleJob_update(ctx, found);
    found = SampleJob_find(ctx, job.id);
    assert_string_equal(found->note, "second");
    assert_true(found->status == JOB_STATUS_NOT_STARTED && found->run_at == job.run_at);
}

static void updating_a_job_leaves_the_engines_columns_alone(void **state)
{
    in_context(state, jobs_body);
}

static void assert_untouched(const SampleJob *job)
{
    assert_int_equal(job->status, JOB_STATUS_NOT_STARTED);
    assert_int_equal(job->attempts_count, 0);
    assert_null(job->last_error);
    assert_false(job->locked_at.is_set || job->locked_by.is_set);
}

static void assert_failed(const SampleJob *job)
{
    assert_int_equal(job->status, JOB_STATUS_FAILED);
    assert_int_equal(job->attempts_count, 3);
    assert_string_equal(job->last_error, "");
    assert_int_equal(job->locked_at.value, 1);
    assert_string_equal(job->locked_by.value.text, "00000000-0000-4000-8000-000000000001");
}

static SampleJob failed_job(void)
{
    SampleJob job = SampleJob_new();
    job.status = JOB_STATUS_FAILED;
    job.attempts_count = 3;
    job.last_error = "";
    job.locked_at = (errand_nullable_time){ true, 1 };
    job.locked_by = (errand_nullable_uuid){ true, { "00000000-0000-4000-8000-000000000001" } };
    return job;
}

static void job_values_body(struct errand_context *ctx)
{
    SampleJob job = failed_job();
    SampleJob_create(ctx, &job);
    assert_failed(SampleJob_find(ctx, job.id));
    for (size_t round = 0; round < 4; round++) { /* none, the first, the last, both */
        SampleJob jobs[200];
        for (size_t i = 0; i < 200; i++) {
            bool failed = (i == 0 && round & 1) || (i == 199 && round & 2);
            jobs[i] = failed ? failed_job() : SampleJob_new();
        }
        SampleJob_create_many(ctx, jobs, 200);
        for (size_t i = 0; i < 200; i += 199) {
            const SampleJob *found = SampleJob_find(ctx, jobs[i].id);
            bool failed = i ? round & 2 : round & 1;
            (failed ? assert_failed : assert_untouched)(found);
            (failed ? assert_failed : assert_untouched)(&jobs[i]);
        }
    }
}

static void what_is_set_in_a_new_job_is_written_and_the_rest_is_the_default(void **state)
{
    in_context(state, job_values_body);
}

static void the_schema_says_which_tables_are_jobs(void **state)
{
    (void)state;
    size_t tables = 0;
    while (errand_schema.tables[tables])
        tables++;
    assert_int_equal(tables, 5);
    assert_string_equal(errand_schema.job_types[0].table->name, "sample_jobs");
    assert_null(errand_schema.job_types[0].options); /* this program has no JOB(SampleJob, ...) */
    assert_null(errand_schema.job_types[1].table);
}

static int run_command(const char *command, const char *schema, const char *url)
{
    char line[2048];
    snprintf(line, sizeof line, "'%s' db create --schema '%s' --database '%s' >/dev/null 2>&1", command, schema, url);
    return system(line);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[] = {
        cmocka_unit_test(null_and_empty_are_kept_apart),
        cmocka_unit_test(numbers_keep_their_extremes_and_last_digit),
        cmocka_unit_test(text_of_every_kind_and_size_is_kept),
        cmocka_unit_test(bytes_of_every_value_and_size_are_kept),
        cmocka_unit_test(times_keep_microseconds_and_infinity),
        cmocka_unit_test(uuids_points_and_enums_are_kept),
        cmocka_unit_test(a_new_record_has_the_defaults_of_its_table),
        cmocka_unit_test(every_generated_function_works),
        cmocka_unit_test(updating_a_job_leaves_the_engines_columns_alone),
        cmocka_unit_test(what_is_set_in_a_new_job_is_written_and_the_rest_is_the_default),
        cmocka_unit_test(the_schema_says_which_tables_are_jobs),
    };
    char folder[] = "/tmp/errand-round-trip-XXXXXX", url[256];
    const char *postgres = getenv("TEST_POSTGRES_URL");
    if (argc != 3 || !mkdtemp(folder))
        return 2;
    if (postgres)
        snprintf(url, sizeof url, "%s", postgres);
    else
        snprintf(url, sizeof url, "sqlite:%s/round-trip.db", folder);
    struct errand_error err;
    struct world world = { .errand = run_command(argv[1], argv[2], url) == 0 ? errand_open(url, &err) : NULL };
    if (!world.errand)
        return 2;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tests[i].initial_state = &world;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    errand_close(world.errand);
    char clean[300];
    snprintf(clean, sizeof clean, "rm -rf '%s'", folder);
    return system(clean) == 0 ? failed : 2;
}
