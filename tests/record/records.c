/* Creating, finding, changing and walking records, on either database. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static struct customer make_customer(struct errand_context *ctx, const char *name, const char *country)
{
    struct customer customer = { .name = name, .country = country, .visits = INT32_MIN };
    errand_record_create(ctx, &customer_table, &customer);
    return customer;
}

static void make_place(struct errand_context *ctx, const char *group, int number, errand_nullable_int32 height)
{
    struct place place = { group, number, height };
    errand_record_create(ctx, &place_table, &place);
}

static int64_t count_all(struct errand_context *ctx, const struct errand_table *table)
{
    return errand_record_count(table, (struct errand_query){ .ctx = ctx });
}

static void create_fills_in_what_the_database_chose(struct errand_context *ctx)
{
    struct customer customer = make_customer(ctx, "Bea", NULL);
    assert_int_equal(strlen(customer.id.text), 36);
    assert_int_equal(customer.visits, 1);
    assert_string_equal(customer.name, "Bea");
    assert_null(customer.country);
    struct customer with_id = { .id = { "00000000-0000-0000-0000-000000000001" }, .name = "Cal", .visits = 0 };
    errand_record_create(ctx, &customer_table, &with_id);
    assert_string_equal(with_id.id.text, "00000000-0000-0000-0000-000000000001");
    assert_int_equal(with_id.visits, 0);
}

static void fetch_selects_orders_and_pages(struct errand_context *ctx)
{
    make_customer(ctx, "Cal", "CH");
    make_customer(ctx, "Ann", "CH");
    make_customer(ctx, "Bea", "AT");
    make_customer(ctx, "Dan", NULL);
    struct errand_list list =
        errand_record_fetch(&customer_table, (struct errand_query){ .ctx = ctx, .order_by = CUSTOMER_NAME });
    const struct customer *customers = list.items;
    assert_int_equal(list.count, 4);
    assert_string_equal(customers[0].name, "Ann");
    assert_string_equal(customers[3].name, "Dan");

    list = errand_record_fetch(
        &customer_table, (struct errand_query){ .ctx = ctx, .order_by_desc = CUSTOMER_NAME, .limit = 2, .offset = 1 });
    customers = list.items;
    assert_int_equal(list.count, 2);
    assert_string_equal(customers[0].name, "Cal");
    assert_string_equal(customers[1].name, "Bea");
}

static void fetch_binds_what_where_asks_for(struct errand_context *ctx)
{
    make_customer(ctx, "Ann", "CH");
    make_customer(ctx, "'; DROP TABLE customers; --", "CH");
    struct errand_query query = { .ctx = ctx,
                                  .where = "country = $2 AND name = $1 OR name = '$7' -- by name",
                                  .values = { errand_text("'; DROP TABLE customers; --"), errand_text("CH") },
                                  .order_by = CUSTOMER_ID,
                                  .limit = 5 };
    struct errand_list list = errand_record_fetch(&customer_table, query);
    assert_int_equal(list.count, 1);
    const struct customer *one = errand_record_fetch_one(&customer_table, query);
    assert_string_equal(one->name, "'; DROP TABLE customers; --");
    assert_int_equal(errand_record_count(&customer_table, query), 1);
    query.values[1] = errand_text("AT");
    assert_null(errand_record_fetch_one(&customer_table, query));
    assert_int_equal(count_all(ctx, &customer_table), 2);
}

static void offset_without_limit_leaves_out_the_first(struct errand_context *ctx)
{
    make_customer(ctx, "Ann", NULL);
    make_customer(ctx, "Bea", NULL);
    struct errand_query query = { .ctx = ctx, .order_by = CUSTOMER_NAME, .offset = 1 };
    assert_int_equal(errand_record_fetch(&customer_table, query).count, 1);
    assert_int_equal(errand_record_count(&customer_table, query), 1);
}

static void fetch_with(struct errand_context *ctx, void *arg)
{
    struct errand_query query = *(const struct errand_query *)arg;
    query.ctx = ctx;
    errand_record_fetch(&customer_table, query);
}

static void a_query_that_cannot_be_meant_raises(struct errand_context *ctx)
{
    (void)ctx;
    struct errand_query missing = { .where = "name = $1 AND country = $3", .values = { errand_text("a") } };
    assert_string_equal(raised_by(fetch_with, &missing).error, "Customer_fetch: .where names $3, but .values has 1");
    struct errand_query negative = { .limit = -1 };
    assert_string_equal(raised_by(fetch_with, &negative).error,
                        "Customer_fetch: .limit and .offset cannot be negative");
    struct errand_query column = { .order_by = CUSTOMER_VISITS + 1 };
    assert_string_equal(raised_by(fetch_with, &column).error,
                        "Customer_fetch: .order_by and .order_by_desc take the column constants of Customer");
    struct errand_query wrong = { .where = "nonsense = 1" };
    assert_non_null(strstr(raised_by(fetch_with, &wrong).error, "Customer_fetch: "));
    assert_non_null(strstr(raised_by(fetch_with, &wrong).error, "nonsense"));
}

static void as_many_values_as_allowed_are_bound(struct errand_context *ctx)
{
    make_customer(ctx, "16", NULL);
    struct errand_query query = { .ctx = ctx,
                                  .where =
                                      "name IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                                  .limit = 1 };
    for (int i = 0; i < ERRAND_VALUES_MAX; i++)
        query.values[i] = errand_text(i == 15 ? "16" : "x");
    assert_int_equal(errand_record_fetch(&customer_table, query).count, 1);
    query.where = "name = $17";
    assert_string_equal(raised_by(fetch_with, &query).error, "Customer_fetch: .where names $17, but .values has 16");
}

static void find_goes_by_every_kind_of_key(struct errand_context *ctx)
{
    struct customer customer = make_customer(ctx, "Ann", NULL);
    const struct customer *found =
        errand_record_find(ctx, &customer_table, (struct errand_value[]){ errand_id(&customer.id) });
    assert_string_equal(found->name, "Ann");
    errand_uuid other = { "00000000-0000-0000-0000-000000000000" };
    assert_null(errand_record_find(ctx, &customer_table, (struct errand_value[]){ errand_id(&other) }));

    struct purchase purchase = { .number = INT32_MIN, .what = "tea" };
    errand_record_create(ctx, &purchase_table, &purchase);
    assert_true(purchase.number > 0);
    const struct purchase *bought =
        errand_record_find(ctx, &purchase_table, (struct errand_value[]){ errand_int(purchase.number) });
    assert_string_equal(bought->what, "tea");

    make_place(ctx, "north", 1, (errand_nullable_int32){ true, 100 });
    make_place(ctx, "north", 2, (errand_nullable_int32){ true, 200 });
    make_place(ctx, "south", 2, (errand_nullable_int32){ true, 300 });
    const struct place *place =
        errand_record_find(ctx, &place_table, (struct errand_value[]){ errand_text("north"), errand_int(2) });
    assert_int_equal(place->height.value, 200);
}

static void update_writes_the_row_of_the_key(struct errand_context *ctx)
{
    make_place(ctx, "north", 1, (errand_nullable_int32){ 0 });
    make_place(ctx, "north", 2, (errand_nullable_int32){ 0 });
    struct place place = { "north", 2, { true, 7 } };
    errand_record_update(ctx, &place_table, &place);
    const struct place *second =
        errand_record_find(ctx, &place_table, (struct errand_value[]){ errand_text("north"), errand_int(2) });
    const struct place *first =
        errand_record_find(ctx, &place_table, (struct errand_value[]){ errand_text("north"), errand_int(1) });
    assert_int_equal(second->height.value, 7);
    assert_false(first->height.is_set);
}

static void update_gone(struct errand_context *ctx, void *arg)
{
    (void)arg;
    struct place place = { "nowhere", 1, { 0 } };
    errand_record_update(ctx, &place_table, &place);
}

static void update_of_a_row_that_is_gone_raises(struct errand_context *ctx)
{
    (void)ctx;
    assert_string_equal(raised_by(update_gone, NULL).error,
                        "Place_update: the record is no longer in the table pla\"ces");
}

static void update_of_a_job_writes_the_users_columns_only(struct errand_context *ctx)
{
    struct mail_job job = { .created_at = ERRAND_TIME_DEFAULT,
                            .updated_at = ERRAND_TIME_DEFAULT,
                            .attempts_count = INT32_MIN,
                            .run_at = ERRAND_TIME_DEFAULT,
                            .queue_position = INT64_MIN,
                            .subject = "before" };
    errand_record_create(ctx, &mail_job_table, &job);
    assert_int_equal(job.status, 1);
    assert_true(job.run_at > 1700000000000000);
    assert_true(job.queue_position > 0);
    job.status = 2;
    job.attempts_count = 5;
    job.subject = "after";
    errand_record_update(ctx, &mail_job_table, &job);
    const struct mail_job *found =
        errand_record_find(ctx, &mail_job_table, (struct errand_value[]){ errand_id(&job.id) });
    assert_string_equal(found->subject, "after");
    assert_int_equal(found->status, 1);
    assert_int_equal(found->attempts_count, 0);
}

static void delete_says_whether_the_row_was_there(struct errand_context *ctx)
{
    struct customer customer = make_customer(ctx, "Ann", NULL);
    make_customer(ctx, "Bea", NULL);
    assert_true(errand_record_delete(ctx, &customer_table, &customer));
    assert_false(errand_record_delete(ctx, &customer_table, &customer));
    assert_int_equal(count_all(ctx, &customer_table), 1);
}

static void find_note(struct errand_context *ctx, void *arg)
{
    errand_record_find(ctx, &note_table, arg);
}

static void update_note(struct errand_context *ctx, void *arg)
{
    errand_record_update(ctx, &note_table, arg);
}

static void delete_note(struct errand_context *ctx, void *arg)
{
    errand_record_delete(ctx, &note_table, arg);
}

static void count_record(struct errand_context *ctx, const void *record, void *arg)
{
    (void)ctx;
    (void)record;
    ++*(size_t *)arg;
}

static void a_table_without_primary_key_can_be_read_and_filled_but_not_told_apart(struct errand_context *ctx)
{
    struct note notes[2500];
    for (size_t i = 0; i < 2500; i++)
        notes[i].text = "same";
    errand_record_create_many(ctx, &note_table, notes, 2500);
    size_t count = 0;
    errand_record_each(&note_table, (struct errand_query){ .ctx = ctx, .offset = 1 }, count_record, &count);
    assert_int_equal(count, 2499);
    struct errand_value key = errand_text("same");
    assert_string_equal(
        raised_by(find_note, &key).error,
        "Note_find: the table notes has no primary key, so its rows cannot be told apart; give it one, or "
        "use errand_sql with a condition of your own");
    assert_non_null(strstr(raised_by(update_note, notes).error, "Note_update: the table notes has no primary key"));
    assert_non_null(strstr(raised_by(delete_note, notes).error, "Note_delete: the table notes has no primary key"));
}

/* ---- each ---- */

/* What a walk has seen: the heights and numbers in order. */
struct seen {
    size_t count;
    int64_t last;
    bool in_order;
    bool descending;
};

static void see_number(struct errand_context *ctx, const void *record, void *arg)
{
    (void)ctx;
    struct seen *seen = arg;
    int64_t number = ((const struct place *)record)->number;
    if (seen->count++ > 0 && (seen->descending ? number >= seen->last : number <= seen->last))
        seen->in_order = false;
    seen->last = number;
}

static void fill_places(struct errand_context *ctx, int count)
{
    struct place *places = errand_alloc(ctx, (size_t)count * sizeof(*places));
    for (int i = 0; i < count; i++)
        places[i] = (struct place){ i % 2 ? "even" : "odd", i, { i % 3 != 0, i % 5 } };
    errand_record_create_many(ctx, &place_table, places, (size_t)count);
}

static void each_walks_in_batches_in_any_order(struct errand_context *ctx)
{
    fill_places(ctx, 3500);
    size_t count = 0;
    errand_record_each(&place_table, (struct errand_query){ .ctx = ctx }, count_record, &count);
    assert_int_equal(count, 3500);
    struct seen up = { .in_order = true }, down = { .in_order = true, .descending = true };
    errand_record_each(&place_table, (struct errand_query){ .ctx = ctx, .order_by = PLACE_NUMBER }, see_number, &up);
    assert_true(up.in_order && up.count == 3500);
    errand_record_each(&place_table, (struct errand_query){ .ctx = ctx, .order_by_desc = PLACE_NUMBER }, see_number,
                       &down);
    assert_true(down.in_order && down.count == 3500);
    assert_true(down.last == 0);
}

static void each_keeps_to_where_limit_and_offset(struct errand_context *ctx)
{
    fill_places(ctx, 5000);
    struct seen seen = { .in_order = true };
    errand_record_each(&place_table,
                       (struct errand_query){ .ctx = ctx,
                                              .where = "number >= $1 OR number = $2",
                                              .values = { errand_int(1000), errand_int(0) },
                                              .order_by = PLACE_NUMBER,
                                              .limit = 2100,
                                              .offset = 1 },
                       see_number, &seen);
    assert_true(seen.in_order);
    assert_int_equal(seen.count, 2100);
    assert_true(seen.last == 3099);
    size_t count = 0;
    errand_record_each(&place_table, (struct errand_query){ .ctx = ctx, .limit = 1000 }, count_record, &count);
    assert_int_equal(count, 1000);
    count = 0;
    errand_record_each(&place_table, (struct errand_query){ .ctx = ctx, .where = "number < 0" }, count_record, &count);
    assert_int_equal(count, 0);
}

static void see_height(struct errand_context *ctx, const void *record, void *arg)
{
    (void)ctx;
    char *mark = arg;
    mark[((const struct place *)record)->number]++;
}

/* A third of the heights are NULL, the others are the same over and over: batches end in the middle of both. */
static void each_by_a_column_that_repeats_and_may_be_null_sees_each_row_once(struct errand_context *ctx)
{
    enum { ROWS = 4000 };
    fill_places(ctx, ROWS);
    for (int descending = 0; descending < 2; descending++) {
        char *marks = errand_alloc(ctx, ROWS);
        struct errand_query query = { .ctx = ctx };
        *(descending ? &query.order_by_desc : &query.order_by) = PLACE_HEIGHT;
        errand_record_each(&place_table, query, see_height, marks);
        for (int i = 0; i < ROWS; i++)
            assert_int_equal(marks[i], 1);
    }
}

static void change_and_walk(struct errand_context *ctx, const void *record, void *arg)
{
    struct place place = *(const struct place *)record;
    place.height = (errand_nullable_int32){ true, -1 };
    errand_begin(ctx);
    errand_record_update(ctx, &place_table, &place);
    errand_commit(ctx);
    errand_alloc(ctx, 10000);
    if (place.number % 500 == 0)
        errand_record_each(&place_table, (struct errand_query){ .ctx = ctx, .limit = 3 }, count_record, arg);
}

static void each_may_change_rows_use_transactions_and_walk_again_on_the_way(struct errand_context *ctx)
{
    fill_places(ctx, 2000);
    size_t inner = 0;
    errand_record_each(&place_table, (struct errand_query){ .ctx = ctx }, change_and_walk, &inner);
    assert_int_equal(inner, 12);
    assert_int_equal(errand_record_count(&place_table, (struct errand_query){ .ctx = ctx, .where = "height = -1" }),
                     2000);
}

static void fail_at_number(struct errand_context *ctx, const void *record, void *arg)
{
    (void)arg;
    if (((const struct place *)record)->number == 1500)
        errand_fail(ctx, "enough");
}

static void walk_and_fail(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_record_each(&place_table, (struct errand_query){ .ctx = ctx, .order_by = PLACE_NUMBER }, fail_at_number,
                       NULL);
}

static void a_raise_ends_each(struct errand_context *ctx)
{
    fill_places(ctx, 2000);
    assert_string_equal(raised_by(walk_and_fail, NULL).error, "enough");
}

/* ---- create_many ---- */

static void create_many_takes_any_number(struct errand_context *ctx)
{
    errand_record_create_many(ctx, &customer_table, NULL, 0);
    static const size_t counts[] = { 1, 63, 64, 65, 1000, 20000 };
    size_t total = 0;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct customer *customers = errand_alloc(ctx, counts[i] * sizeof(*customers));
        for (size_t j = 0; j < counts[i]; j++)
            customers[j] = (struct customer){ .name = errand_printf(ctx, "%zu", j), .visits = (int)j };
        errand_record_create_many(ctx, &customer_table, customers, counts[i]);
        for (size_t j = 0; j < counts[i]; j++) {
            assert_int_equal(strlen(customers[j].id.text), 36);
            assert_int_equal(customers[j].visits, (int)j);
        }
        total += counts[i];
        assert_int_equal(count_all(ctx, &customer_table), total);
        const struct customer *last = errand_record_find(
            ctx, &customer_table, (struct errand_value[]){ errand_id(&customers[counts[i] - 1].id) });
        assert_int_equal(last->visits, (int)counts[i] - 1);
    }
}

static void create_many_keeps_the_order_and_each_records_own_defaults(struct errand_context *ctx)
{
    struct mail_job jobs[300];
    for (int i = 0; i < 300; i++) {
        jobs[i] = (struct mail_job){ .created_at = ERRAND_TIME_DEFAULT,
                                     .updated_at = ERRAND_TIME_DEFAULT,
                                     .attempts_count = i % 100 < 50 ? INT32_MIN : i,
                                     .run_at = i % 7 ? ERRAND_TIME_DEFAULT : i,
                                     .queue_position = INT64_MIN,
                                     .subject = errand_printf(ctx, "mail \"%d\" \\ {}", i) };
    }
    errand_record_create_many(ctx, &mail_job_table, jobs, 300);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(jobs[i].attempts_count, i % 100 < 50 ? 0 : i);
        assert_true(i % 7 ? jobs[i].run_at > 1700000000000000 : jobs[i].run_at == i);
        assert_string_equal(jobs[i].subject, errand_printf(ctx, "mail \"%d\" \\ {}", i));
        assert_true(i == 0 || jobs[i].queue_position > jobs[i - 1].queue_position);
    }
}

struct bare_job {
    int status;
    const char *last_error;
    errand_time made;
};

static void jobs_of_initial_values_alone_go_in_one_statement(struct errand_context *ctx)
{
    run_sql_each("CREATE TABLE bare_jobs (status TEXT DEFAULT 'happy' NOT NULL, last_error TEXT,"
                 "  made TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')) NOT NULL) STRICT",
                 "CREATE TABLE bare_jobs (status mood DEFAULT 'happy' NOT NULL, last_error text,"
                 "  made timestamptz DEFAULT statement_timestamp() NOT NULL)");
    static const char *const moods[] = { "happy", "so so", NULL };
    static const struct errand_column columns[] = {
        { .name = "status",
          .sql_type = "mood",
          .type = ERRAND_TYPE_ENUM,
          .offset = offsetof(struct bare_job, status),
          .managed = true,
          .has_initial = true,
          .initial = 1,
          .labels = moods },
        { .name = "last_error",
          .sql_type = "text",
          .type = ERRAND_TYPE_TEXT,
          .nullable = true,
          .offset = offsetof(struct bare_job, last_error),
          .managed = true,
          .has_initial = true },
        { .name = "made",
          .sql_type = "timestamptz",
          .type = ERRAND_TYPE_TIME,
          .has_default = true,
          .offset = offsetof(struct bare_job, made),
          .managed = true },
    };
    const struct errand_table table = { .name = "bare_jobs",
                                        .record_name = "BareJob",
                                        .record_size = sizeof(struct bare_job),
                                        .columns = columns,
                                        .column_count = 3 };
    struct bare_job jobs[100];
    for (int i = 0; i < 100; i++)
        jobs[i] = (struct bare_job){ .status = 1, .made = ERRAND_TIME_DEFAULT };
    errand_record_create_many(ctx, &table, jobs, 99);
    errand_record_create(ctx, &table, &jobs[99]);
    for (int i = 0; i < 100; i++)
        assert_true(jobs[i].status == 1 && !jobs[i].last_error && jobs[i].made > 1700000000000000);
    for (int i = 0; i < 99 && on_postgres(); i++)
        assert_true(jobs[i].made == jobs[0].made);
}

/* Equal times are read once: none may come out as another's. */
static void each_time_of_a_row_is_its_own(struct errand_context *ctx)
{
    enum { COUNT = 27 };
    struct mail_job jobs[COUNT];
    for (int i = 0; i < COUNT; i++)
        jobs[i] = (struct mail_job){ .created_at = i % 3,
                                     .updated_at = i / 3 % 3,
                                     .run_at = i / 9,
                                     .attempts_count = INT32_MIN,
                                     .queue_position = INT64_MIN,
                                     .subject = "" };
    errand_record_create_many(ctx, &mail_job_table, jobs, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_true(jobs[i].created_at == i % 3 && jobs[i].updated_at == i / 3 % 3 && jobs[i].run_at == i / 9);
}

static void records_of_defaults_alone_can_be_created(struct errand_context *ctx)
{
    run_sql_each("CREATE TABLE ticks (number INTEGER PRIMARY KEY) STRICT",
                 "CREATE TABLE ticks (number bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)");
    static const struct errand_column columns[] = {
        { .name = "number", .sql_type = "bigint", .type = ERRAND_TYPE_INT64, .has_default = true },
    };
    const struct errand_table table = { .name = "ticks",
                                        .record_name = "Tick",
                                        .record_size = sizeof(int64_t),
                                        .columns = columns,
                                        .column_count = 1,
                                        .primary_key = (const size_t[]){ 0 },
                                        .primary_key_count = 1 };
    int64_t numbers[3] = { INT64_MIN, INT64_MIN, INT64_MIN };
    errand_record_create(ctx, &table, &numbers[0]);
    assert_int_equal(numbers[0], 1);
    numbers[0] = INT64_MIN;
    errand_record_create_many(ctx, &table, numbers, 3);
    assert_int_equal(numbers[2], 4);
    errand_record_update(ctx, &table, &numbers[2]);
}

static void create_bad_batch(struct errand_context *ctx, void *arg)
{
    (void)arg;
    struct place places[200];
    for (int i = 0; i < 200; i++)
        places[i] = (struct place){ "x", i == 199 ? 0 : i, { 0 } };
    errand_record_create_many(ctx, &place_table, places, 200);
}

static void create_many_creates_all_or_none(struct errand_context *ctx)
{
    assert_non_null(strstr(raised_by(create_bad_batch, NULL).error, "Place_create_many: "));
    assert_int_equal(count_all(ctx, &place_table), 0);
}

static void create_many_joins_the_callers_transaction(struct errand_context *ctx)
{
    errand_begin(ctx);
    fill_places(ctx, 200);
    assert_int_equal(count_all(ctx, &place_table), 200);
    errand_rollback(ctx);
    assert_int_equal(count_all(ctx, &place_table), 0);
    errand_begin(ctx);
    fill_places(ctx, 200);
    errand_commit(ctx);
    assert_int_equal(count_all(ctx, &place_table), 200);
}

/* ---- Foreign keys ---- */

static void follow_dangling(struct errand_context *ctx, void *arg)
{
    (void)arg;
    struct purchase purchase = { .customer_id = { true, { "00000000-0000-0000-0000-000000000000" } } };
    errand_record_related(ctx, &purchase_table, 0, &purchase);
}

static void a_foreign_key_whose_row_is_gone_raises(struct errand_context *ctx)
{
    (void)ctx;
    assert_string_equal(raised_by(follow_dangling, NULL).error,
                        "Purchase: the row of customers that customer_id refers to is not there");
}

static void a_foreign_key_leads_to_its_record(struct errand_context *ctx)
{
    struct customer customer = make_customer(ctx, "Ann", NULL);
    struct purchase purchase = { .customer_id = { true, customer.id }, .what = "tea", .number = INT32_MIN };
    errand_record_create(ctx, &purchase_table, &purchase);
    const struct customer *found = errand_record_related(ctx, &purchase_table, 0, &purchase);
    assert_string_equal(found->name, "Ann");
    purchase.customer_id.is_set = false;
    assert_null(errand_record_related(ctx, &purchase_table, 0, &purchase));
}

static void load_fetches_them_for_a_whole_list(struct errand_context *ctx)
{
    struct customer customers[3];
    struct purchase purchases[200] = { 0 };
    for (int i = 0; i < 3; i++)
        customers[i] = make_customer(ctx, errand_printf(ctx, "customer %d", i), NULL);
    for (int i = 0; i < 200; i++) {
        purchases[i].what = "tea";
        purchases[i].customer_id =
            (errand_nullable_uuid){ i % 4 != 3, i % 4 == 3 ? (errand_uuid){ "" } : customers[i % 4].id };
    }
    errand_record_load(ctx, &purchase_table, 0, purchases, 200);
    run_sql("DELETE FROM customers"); /* nothing is queried any more */
    for (int i = 0; i < 200; i++) {
        const struct customer *customer = errand_record_related(ctx, &purchase_table, 0, &purchases[i]);
        if (i % 4 == 3)
            assert_null(customer);
        else
            assert_string_equal(customer->name, errand_printf(ctx, "customer %d", i % 4));
    }
    errand_record_load(ctx, &purchase_table, 0, purchases, 0);
}

/* ---- Transactions and time ---- */

static void what_a_transaction_did_is_there_once_it_commits(struct errand_context *ctx)
{
    errand_begin(ctx);
    make_customer(ctx, "Ann", NULL);
    errand_rollback(ctx);
    assert_int_equal(count_all(ctx, &customer_table), 0);
    errand_begin(ctx);
    make_customer(ctx, "Ann", NULL);
    errand_commit(ctx);
    assert_int_equal(count_all(ctx, &customer_table), 1);
}

static void begin_twice(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_begin(ctx);
    make_customer(ctx, "Ann", NULL);
    errand_begin(ctx);
}

static void leave_open(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_begin(ctx);
    make_customer(ctx, "Ann", NULL);
}

static void leave_open_by_sql(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_sql(ctx, "BEGIN");
    make_customer(ctx, "Ann", NULL);
}

static void commit_nothing(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_commit(ctx);
}

static void rollback_nothing(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_rollback(ctx);
}

static void transactions_are_closed_by_whoever_opens_them(struct errand_context *ctx)
{
    assert_non_null(strstr(raised_by(begin_twice, NULL).error, "errand_begin: a transaction is open already"));
    assert_non_null(strstr(raised_by(leave_open, NULL).error, "a transaction was left open, so it was rolled back"));
    assert_non_null(
        strstr(raised_by(leave_open_by_sql, NULL).error, "a transaction was left open, so it was rolled back"));
    assert_non_null(strstr(raised_by(commit_nothing, NULL).error, "errand_commit: no transaction is open"));
    assert_non_null(strstr(raised_by(rollback_nothing, NULL).error, "errand_rollback: no transaction is open"));
    assert_int_equal(count_all(ctx, &customer_table), 0);
}

static void time_is_the_databases(struct errand_context *ctx)
{
    errand_time before = errand_now(ctx);
    struct errand_rows rows = errand_sql(ctx, on_postgres() ? "SELECT floor(extract(epoch FROM clock_timestamp()))"
                                                            : "SELECT strftime('%s', 'now')");
    errand_time between = strtoll(rows.cells[0], NULL, 10) * 1000000;
    errand_time after = errand_now(ctx);
    assert_true(before <= after);
    assert_true(between <= after && between > before - 2000000);
    bool is_fine = false; /* to the microsecond, one in a thousand of which ends a millisecond */
    for (int i = 0; i < 10 && !is_fine; i++)
        is_fine = errand_now(ctx) % 1000 != 0;
    assert_true(is_fine);
}

static void sql_of_ones_own_gives_rows(struct errand_context *ctx)
{
    make_place(ctx, "a", 1, (errand_nullable_int32){ 0 });
    make_place(ctx, "b", 2, (errand_nullable_int32){ true, 5 });
    struct errand_rows rows =
        errand_sql(ctx, "SELECT number, height FROM \"pla\"\"ces\" WHERE number <> $1 ORDER BY number", errand_int(3));
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.columns, 2);
    assert_string_equal(rows.cells[0], "1");
    assert_null(rows.cells[1]);
    assert_string_equal(rows.cells[3], "5");
    rows = errand_sql(ctx, "DELETE FROM \"pla\"\"ces\"");
    assert_int_equal(rows.count, 0);
    assert_int_equal(count_all(ctx, &place_table), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(create_fills_in_what_the_database_chose),
        IN_CONTEXT(fetch_selects_orders_and_pages),
        IN_CONTEXT(fetch_binds_what_where_asks_for),
        IN_CONTEXT(offset_without_limit_leaves_out_the_first),
        IN_CONTEXT(a_query_that_cannot_be_meant_raises),
        IN_CONTEXT(as_many_values_as_allowed_are_bound),
        IN_CONTEXT(find_goes_by_every_kind_of_key),
        IN_CONTEXT(update_writes_the_row_of_the_key),
        IN_CONTEXT(update_of_a_row_that_is_gone_raises),
        IN_CONTEXT(update_of_a_job_writes_the_users_columns_only),
        IN_CONTEXT(delete_says_whether_the_row_was_there),
        IN_CONTEXT(a_table_without_primary_key_can_be_read_and_filled_but_not_told_apart),
        IN_CONTEXT(each_walks_in_batches_in_any_order),
        IN_CONTEXT(each_keeps_to_where_limit_and_offset),
        IN_CONTEXT(each_by_a_column_that_repeats_and_may_be_null_sees_each_row_once),
        IN_CONTEXT(each_may_change_rows_use_transactions_and_walk_again_on_the_way),
        IN_CONTEXT(a_raise_ends_each),
        IN_CONTEXT(create_many_takes_any_number),
        IN_CONTEXT(create_many_keeps_the_order_and_each_records_own_defaults),
        IN_CONTEXT(jobs_of_initial_values_alone_go_in_one_statement),
        IN_CONTEXT(each_time_of_a_row_is_its_own),
        IN_CONTEXT(records_of_defaults_alone_can_be_created),
        IN_CONTEXT(create_many_creates_all_or_none),
        IN_CONTEXT(create_many_joins_the_callers_transaction),
        IN_CONTEXT(a_foreign_key_leads_to_its_record),
        IN_CONTEXT(a_foreign_key_whose_row_is_gone_raises),
        IN_CONTEXT(load_fetches_them_for_a_whole_list),
        IN_CONTEXT(what_a_transaction_did_is_there_once_it_commits),
        IN_CONTEXT(transactions_are_closed_by_whoever_opens_them),
        IN_CONTEXT(time_is_the_databases),
        IN_CONTEXT(sql_of_ones_own_gives_rows),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
