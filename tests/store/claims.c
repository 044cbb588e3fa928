/* Conformance: what is claimed, in which order, by whom. */
#include "conformance.h"

#include "base/clock.h"
#include "store/backend.h"

static void jobs_are_claimed_by_run_at_and_then_as_inserted(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 2);
    insert_due(fixture, "early", -60000000);
    insert_due(fixture, "later", 60000000);
    struct exchanged got = claim(fixture->worker, 10);
    assert_int_equal(got.count, 3);
    assert_string_equal(got.jobs[0].cells[9], "early");
    assert_string_equal(got.jobs[1].cells[9], "1");
    assert_string_equal(got.jobs[2].cells[9], "2");
    assert_true(got.jobs[0].late_us >= 60000000 && got.jobs[1].late_us >= 0);
    exchanged_release(&got);
}

static void a_claimed_row_is_running_and_handed_over_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    struct job job = claim_one(fixture->worker);
    errand_uuid lock = store_claim_uuid(fixture->worker->id, job.claim);
    assert_int_equal(job.attempts, 1);
    assert_int_equal(job.columns, 11);
    assert_string_equal(job.cells[0], job.id);
    assert_string_equal(job.cells[3], "job_status_running");
    assert_true(job.null[4]);
    assert_string_equal(job.cells[5], "1");
    assert_string_equal(job.cells[7], lock.text);
    assert_string_equal(job.cells[9], "1");
    assert_string_equal(cell(fixture, &job, "status"), "job_status_running");
    assert_string_equal(cell(fixture, &job, "locked_by"), lock.text);
    assert_string_equal(cell(fixture, &job, "attempts_count"), "1");
    assert_string_equal(cell(fixture, &job, "locked_at"), job.cells[6]);
    assert_string_equal(cell(fixture, &job, "updated_at"), job.cells[6]); /* since when it runs */
    assert_string_equal(job.cells[2], job.cells[6]);
    assert_string_equal(cell(fixture, &job, "run_at"), job.cells[8]);
}

static void a_claim_takes_at_most_its_limit(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 5);
    struct exchanged first = claim(fixture->worker, 3), second = claim(fixture->worker, 3);
    assert_int_equal(first.count, 3);
    assert_int_equal(second.count, 2);
    exchanged_release(&first);
    exchanged_release(&second);
    struct exchanged none = claim(fixture->worker, 3);
    assert_int_equal(none.count, 0);
    exchanged_release(&none);
}

static void ten_thousand_rows_of_one_insert_are_claimed_in_their_order(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    insert_many(fixture, 10000);
    int expected = 1;
    while (expected <= 10000) {
        struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 777, .in_order = true };
        struct exchanged got = exchange(worker, worker->jobs, &wanted);
        assert_int_equal(got.base.fault, STORE_OK);
        assert_true(got.count > 0);
        for (size_t i = 0; i < got.count; i++)
            assert_int_equal(atoi(got.jobs[i].cells[9]), expected++);
        exchanged_release(&got);
    }
}

static void the_largest_claim_is_whole(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, STORE_CLAIM_MAX + 1);
    struct exchanged got = claim(fixture->worker, STORE_CLAIM_MAX);
    assert_int_equal(got.count, STORE_CLAIM_MAX);
    exchanged_release(&got);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE locked_by IS NULL"), 1);
}

static void a_row_that_is_locked_or_not_due_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 1);
    sql(fixture, "UPDATE fixture_jobs SET locked_by = '00000000-0000-4000-8000-000000000001'");
    insert_due(fixture, "later", 3600000000);
    struct exchanged got = claim(fixture->worker, 10);
    assert_int_equal(got.count, 0);
    exchanged_release(&got);
}

static void the_next_due_job_is_known(void **state)
{
    struct fixture *fixture = *state;
    assert_true(next_due(fixture->worker) == -1);
    insert_due(fixture, "in an hour", 3600000000);
    int64_t delay = next_due(fixture->worker);
    assert_true(delay > 3500000000 && delay <= 3600000000);
    insert_due(fixture, "overdue", -1000000);
    assert_true(next_due(fixture->worker) == 0);
}

/* Of a table that some other program has made. */
static void a_job_without_run_at_is_never_due_and_harms_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    bool sqlite = fixture->kind == STORE_SQLITE;
    sql(fixture, sqlite ? "ALTER TABLE old_jobs ADD COLUMN run_at TEXT"
                        : "ALTER TABLE old_jobs ADD COLUMN run_at TIMESTAMP WITH TIME ZONE");
    worker->jobs = store_table(worker->store, &old_jobs, worker);
    assert_true(prepare(worker, worker->jobs).state.usable);
    sql(fixture, "INSERT INTO old_jobs (id) VALUES ('00000000-0000-4000-8000-000000000001')");
    assert_true(next_due(worker) == -1);
    sql(fixture, "INSERT INTO old_jobs (id, run_at) VALUES ('00000000-0000-4000-8000-000000000002', $1)",
        errand_timestamp(clock_realtime_us()));
    assert_true(next_due(worker) == 0);
    assert_string_equal(claim_one(worker).id, "00000000-0000-4000-8000-000000000002");
    assert_true(next_due(worker) == -1);
}

static void two_workers_never_claim_the_same_job(void **state)
{
    struct fixture *fixture = *state;
    enum { JOBS = 2000 };
    struct worker *workers[2] = { fixture->worker, worker_new(fixture) };
    insert_many(fixture, JOBS);
    static bool seen[JOBS + 1];
    memset(seen, 0, sizeof(seen));
    size_t total = 0;
    for (bool more = true; more;) {
        struct exchanged got[2];
        for (int i = 0; i < 2; i++) {
            struct store_exchange wanted = { .claim = ++workers[i]->claims, .claim_limit = 37 };
            exchange_begin(workers[i]->jobs, &wanted, &got[i]);
        }
        size_t before = total;
        for (int i = 0; i < 2; i++) {
            await(fixture, &got[i].base.done);
            assert_int_equal(got[i].base.fault, STORE_OK);
            for (size_t j = 0; j < got[i].count; j++, total++) {
                int note = atoi(got[i].jobs[j].cells[9]);
                assert_false(seen[note]);
                seen[note] = true;
            }
            exchanged_release(&got[i]);
        }
        more = total > before;
    }
    assert_int_equal(total, JOBS);
    worker_free(workers[1]);
}

static void two_exchanges_of_one_table_may_be_under_way(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    insert_many(fixture, 20);
    struct exchanged got[2];
    for (int i = 0; i < 2; i++) {
        struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 10 };
        exchange_begin(worker->jobs, &wanted, &got[i]);
    }
    for (int i = 0; i < 2; i++) {
        await(fixture, &got[i].base.done);
        assert_int_equal(got[i].base.fault, STORE_OK);
        assert_int_equal(got[i].count, 10);
        exchanged_release(&got[i]);
    }
}

static void a_table_without_our_index_is_worked_and_warned_about(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct store_table *table = store_table(worker->store, &foreign_jobs, worker);
    struct prepared prepared = prepare(worker, table);
    assert_true(prepared.state.usable);
    assert_false(prepared.state.has_index);
    assert_non_null(strstr(prepared.warning, "CREATE INDEX"));
    sql(fixture, "INSERT INTO foreign_jobs DEFAULT VALUES");
    sql(fixture, "INSERT INTO foreign_jobs DEFAULT VALUES");
    struct exchanged got = claim_from(worker, table, 10);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.count, 2);
    struct store_outcome outcomes[2] = { outcome_of(&got.jobs[0], JOB_END_RETURNED, NULL),
                                         outcome_of(&got.jobs[1], JOB_END_FAILED, "no") };
    struct exchanged finished = send_outcomes(worker, table, outcomes, 2);
    assert_int_equal(finished.base.fault, STORE_OK);
    assert_int_equal(finished.dropped, 0);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM foreign_jobs WHERE status = 'job_status_succeeded'"), 1);
    exchanged_release(&got);
    exchanged_release(&finished);
}

static void our_own_table_needs_no_warning(void **state)
{
    struct fixture *fixture = *state;
    struct prepared prepared = prepare(fixture->worker, fixture->worker->jobs);
    assert_int_equal(prepared.base.fault, STORE_OK);
    assert_true(prepared.state.usable && prepared.state.has_position && prepared.state.has_index);
    assert_string_equal(prepared.warning, "");
}

static void a_table_that_cannot_be_worked_is_reported(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct prepared old = prepare(worker, store_table(worker->store, &old_jobs, worker));
    assert_false(old.state.usable);
    assert_non_null(strstr(old.warning, "run_at"));
    assert_non_null(strstr(old.warning, "ALTER TABLE"));
    struct prepared missing = prepare(worker, store_table(worker->store, &missing_jobs, worker));
    assert_false(missing.state.usable);
    assert_non_null(strstr(missing.warning, "missing_jobs"));
}

static const char *number_text(int number)
{
    static char text[16];
    snprintf(text, sizeof(text), "%d", number);
    return text;
}

/* No row of this note may become running. */
static void refuse_claims_of(struct fixture *fixture, const char *note)
{
    char text[512];
    if (fixture->kind == STORE_POSTGRES)
        sql(fixture, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                     "$$ BEGIN RAISE EXCEPTION 'not this one'; END $$");
    snprintf(text, sizeof(text), "CREATE TRIGGER refuse BEFORE UPDATE ON fixture_jobs %s WHEN (NEW.note = '%s') %s",
             fixture->kind == STORE_POSTGRES ? "FOR EACH ROW" : "", note,
             fixture->kind == STORE_POSTGRES ? "EXECUTE FUNCTION refuse()"
                                             : "BEGIN SELECT RAISE(ABORT, 'not this one'); END");
    sql(fixture, text);
}

static struct exchanged claim_that_is_refused(struct fixture *fixture, size_t limit, bool name)
{
    struct worker *worker = fixture->worker;
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = limit, .name_refused = name };
    struct exchanged got = exchange(worker, worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_REFUSED);
    assert_non_null(strstr(got.base.message, "not this one"));
    assert_int_equal(got.count, 0);
    exchanged_release(&got);
    return got;
}

static void a_job_whose_claim_is_refused_is_named_and_can_be_passed_over(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 4);
    refuse_claims_of(fixture, "2");
    struct exchanged got = claim(fixture->worker, 1);
    assert_string_equal(cell(fixture, &got.jobs[0], "note"), "1");
    exchanged_release(&got);
    assert_string_equal(claim_that_is_refused(fixture, 10, false).refused_id, "");
    struct exchanged refused = claim_that_is_refused(fixture, 1, true);
    assert_string_equal(ask(fixture, "SELECT note FROM fixture_jobs WHERE id = $1", errand_text(refused.refused_id)),
                        "2");
    const char *const ids[] = { refused.refused_id };
    store_pass_over(fixture->worker->jobs, ids, 1);
    got = claim(fixture->worker, 1);
    assert_string_equal(cell(fixture, &got.jobs[0], "note"), "3");
    exchanged_release(&got);
    got = claim(fixture->worker, 10);
    assert_int_equal(got.count, 1);
    exchanged_release(&got);
    assert_int_equal(next_due(fixture->worker), -1);
    insert_due(fixture, "later", 60000000);
    assert_true(next_due(fixture->worker) > 0);
    store_pass_over(fixture->worker->jobs, NULL, 0);
    assert_int_equal(next_due(fixture->worker), 0);
    claim_that_is_refused(fixture, 1, true);
    sql(fixture, fixture->kind == STORE_POSTGRES ? "DROP TRIGGER refuse ON fixture_jobs" : "DROP TRIGGER refuse");
    struct store_exchange whole = { .claim = ++fixture->worker->claims, .claim_limit = 1, .in_order = true };
    got = exchange(fixture->worker, fixture->worker->jobs, &whole);
    assert_int_equal(got.count, 1);
    exchanged_release(&got);
}

static void as_many_jobs_as_may_be_are_passed_over(void **state)
{
    enum { REST = 5 };
    struct fixture *fixture = *state;
    static char ids[STORE_PASSED_OVER_MAX][64];
    const char *pointers[STORE_PASSED_OVER_MAX];
    insert_many(fixture, STORE_PASSED_OVER_MAX + REST);
    for (int i = 0; i < STORE_PASSED_OVER_MAX; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%s",
                 ask(fixture, "SELECT id FROM fixture_jobs WHERE note = $1", errand_text(number_text(i + 1))));
        pointers[i] = ids[i];
    }
    store_pass_over(fixture->worker->jobs, pointers, STORE_PASSED_OVER_MAX);
    struct exchanged got = claim(fixture->worker, STORE_PASSED_OVER_MAX + REST);
    assert_int_equal(got.count, REST);
    assert_string_equal(cell(fixture, &got.jobs[0], "note"), number_text(STORE_PASSED_OVER_MAX + 1));
    exchanged_release(&got);
    assert_int_equal(next_due(fixture->worker), -1);
}

static void a_column_added_between_two_claims_does_no_harm(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 3);
    struct job first = claim_one(fixture->worker);
    sql(fixture, "ALTER TABLE fixture_jobs ADD COLUMN added TEXT");
    struct job second = claim_one(fixture->worker);
    assert_string_equal(second.cells[9], "2");
    assert_int_equal(finish(fixture->worker, &first, JOB_END_RETURNED, NULL).base.fault, STORE_OK);
    assert_string_equal(cell(fixture, &first, "status"), "job_status_succeeded");
    assert_int_equal(prepare(fixture->worker, fixture->worker->jobs).base.fault, STORE_OK);
    struct job third = claim_one(fixture->worker);
    assert_int_equal(third.columns, 11);
}

const struct CMUnitTest claims_tests[] = {
    CONFORMS(jobs_are_claimed_by_run_at_and_then_as_inserted),
    CONFORMS(a_claimed_row_is_running_and_handed_over_as_it_is),
    CONFORMS(a_claim_takes_at_most_its_limit),
    CONFORMS(ten_thousand_rows_of_one_insert_are_claimed_in_their_order),
    CONFORMS(the_largest_claim_is_whole),
    CONFORMS(a_row_that_is_locked_or_not_due_is_left_alone),
    CONFORMS(the_next_due_job_is_known),
    CONFORMS(a_job_without_run_at_is_never_due_and_harms_nobody),
    CONFORMS(two_workers_never_claim_the_same_job),
    CONFORMS(two_exchanges_of_one_table_may_be_under_way),
    CONFORMS(a_table_without_our_index_is_worked_and_warned_about),
    CONFORMS(our_own_table_needs_no_warning),
    CONFORMS(a_table_that_cannot_be_worked_is_reported),
    CONFORMS(a_job_whose_claim_is_refused_is_named_and_can_be_passed_over),
    CONFORMS(as_many_jobs_as_may_be_are_passed_over),
    CONFORMS(a_column_added_between_two_claims_does_no_harm),
};
const size_t claims_test_count = sizeof(claims_tests) / sizeof(*claims_tests);
