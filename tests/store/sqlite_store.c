/* The SQLite store: what only it has. Stands on the conformance suite's harness. */
#include "conformance.h"

#include "base/clock.h"
#include "store/sqlite/store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void own_commits_do_not_wake(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 3);
    assert_int_equal(fall_asleep(fixture->worker).fault, STORE_OK);
    fixture->worker->available = 0;
    struct job job = claim_one(fixture->worker);
    finish(fixture->worker, &job, JOB_END_RETURNED, NULL);
    assert_int_equal(heartbeat(fixture->worker).fault, STORE_OK);
    assert_int_equal(fixture->worker->available, 0);
    insert_many(fixture, 1);
    await(fixture, &fixture->worker->available);
}

static int64_t next_look_after(bool seldom, int64_t waited_us)
{
    struct wal_watch watch = { .fd = 0, .since_us = clock_monotonic_us() - waited_us, .seldom = seldom };
    wal_looked(&watch);
    return wal_delay_us(&watch);
}

/* The write is seen before the flush that the commit waits for. */
static void a_commit_is_looked_for_for_a_minute(void **state)
{
    (void)state;
    assert_true(next_look_after(false, errand_seconds(1) / 2) <= 5000);
    assert_true(next_look_after(false, errand_seconds(2)) >= 0);
    assert_true(next_look_after(false, errand_seconds(59)) >= 0);
    assert_true(next_look_after(false, errand_seconds(61)) == -1);
}

/* Who writes right behind us may be taken for us. */
static void a_commit_behind_our_own_is_looked_for_seldom(void **state)
{
    (void)state;
    struct wal_watch watch = { .fd = 0 };
    wal_wrote(&watch);
    assert_true(wal_delay_us(&watch) == 0);
    wal_looked(&watch);
    assert_true(watch.next_us - watch.since_us >= 1000);
    assert_true(next_look_after(true, errand_seconds(1)) > 5000);
    assert_true(next_look_after(true, errand_seconds(59)) >= 0);
    assert_true(next_look_after(true, errand_seconds(61)) == -1);
    wal_expect(&watch);
    assert_false(watch.seldom);
}

static void a_deleted_database_is_fatal(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(unlink(fixture->url.target), 0);
    fixture->worker->online = 0;
    await(fixture, &fixture->worker->online);
    assert_non_null(strstr(fixture->worker->fatal, fixture->url.target));
    assert_non_null(strstr(fixture->worker->fatal, "deleted or replaced"));
}

/* Not worked on in either: what is in the new one may be anything. */
static void a_replaced_database_is_fatal(void **state)
{
    struct fixture *fixture = *state;
    char fresh[128];
    snprintf(fresh, sizeof(fresh), "%s/fresh.db", fixture->folder);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(rename(fresh, fixture->url.target), 0);
    fixture->worker->online = 0;
    await(fixture, &fixture->worker->online);
    assert_non_null(strstr(fixture->worker->fatal, fixture->url.target));
    assert_non_null(strstr(fixture->worker->fatal, "deleted or replaced"));
}

/* After the machine slept every seen_at is old, and nobody is dead: this machine's own clock must agree. */
static void a_worker_unseen_for_a_minute_is_dead_though_its_lease_is_held(void **state)
{
    struct fixture *fixture = *state;
    struct lease held;
    struct errand_error err = { "" };
    char database[128];
    snprintf(database, sizeof(database), "%s/other.db", fixture->folder);
    assert_int_equal(sqlite_lease_take(&held, database, 7, &err), 0);
    errand_time now = clock_realtime_us();
    int64_t clock = clock_monotonic_us(), minute = errand_minutes(1);
    struct peer slept = { .worker = 7, .seen_at = now - minute, .seen_at_since_us = clock };
    struct peer silent = { .worker = 7, .seen_at = now - minute, .seen_at_since_us = clock - minute };
    struct peer set_back = { .worker = 7, .seen_at = now, .seen_at_since_us = clock - minute };
    struct process_identity self;
    process_identify_self(&self);
    sqlite_peer_judge(&slept, &held, &self, now);
    sqlite_peer_judge(&silent, &held, &self, now);
    sqlite_peer_judge(&set_back, &held, &self, now);
    assert_false(slept.dead);
    assert_true(silent.dead);
    assert_false(set_back.dead);
    sqlite_lease_give_back(&held);
}

/* A file that somebody keeps locked keeps everyone's heartbeat from being written: that says nothing about the others.
 */
static void nobody_is_given_up_while_our_own_heartbeat_is_not_written(void **state)
{
    (void)state;
    int64_t clock = clock_monotonic_us(), minute = errand_minutes(1);
    struct peer peer = { .worker = 7, .seen_at_since_us = clock - minute };
    struct peers peers = { .items = &peer, .count = 1, .beaten_us = clock - errand_seconds(24) };
    sqlite_peers_beat(&peers, false);
    assert_int_equal(peer.seen_at_since_us, clock - minute);
    sqlite_peers_beat(&peers, true);
    assert_true(peers.beaten_us >= clock);
    assert_int_equal(peer.seen_at_since_us, clock - minute);
    peers.beaten_us = clock - errand_seconds(26);
    sqlite_peers_beat(&peers, false);
    assert_true(peer.seen_at_since_us >= clock);
    peer.seen_at_since_us = clock - minute;
    sqlite_peers_beat(&peers, true); /* it got through at last, and the others' are about to */
    assert_true(peer.seen_at_since_us >= clock);
}

/* Steps of SQLite's machine that the statements of a job table took since the last call. The store's thread rests. */
static int64_t steps_taken(struct worker *worker)
{
    struct sqlite_table *table = (struct sqlite_table *)worker->jobs;
    int64_t steps = 0;
    for (int i = 0; i < TABLE_STATEMENTS; i++) {
        if (!table->statements[i])
            continue;
        steps += sqlite3_stmt_status(table->statements[i], SQLITE_STMTSTATUS_VM_STEP, 1);
        assert_int_equal(sqlite3_stmt_status(table->statements[i], SQLITE_STMTSTATUS_FULLSCAN_STEP, 1), 0);
        assert_int_equal(sqlite3_stmt_status(table->statements[i], SQLITE_STMTSTATUS_SORT, 1), 0);
    }
    return steps;
}

static int64_t steps_of_ten_jobs(struct fixture *fixture)
{
    struct worker *worker = fixture->worker;
    insert_many(fixture, 20);
    for (int i = 0; i < 10; i++) {
        struct job job = claim_one(worker);
        finish(worker, &job, JOB_END_RETURNED, NULL);
    }
    assert_true(next_due(worker) == 0);
    assert_int_equal(recover(worker, NULL, 0).base.fault, STORE_OK);
    int64_t steps = steps_taken(worker);
    sql(fixture, "DELETE FROM fixture_jobs WHERE status = 'job_status_not_started'");
    return steps;
}

static void a_million_finished_rows_make_no_claim_dearer(void **state)
{
    struct fixture *fixture = *state;
    int64_t without = steps_of_ten_jobs(fixture);
    sql(fixture, "PRAGMA cache_size = -400000");
    sql(fixture, "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000) "
                 "INSERT INTO fixture_jobs (status) SELECT 'job_status_succeeded' FROM numbers");
    int64_t with = steps_of_ten_jobs(fixture);
    if (without < 100 || with > without + without / 4)
        fail_msg("%lld steps without, %lld with", (long long)without, (long long)with);
}

static void a_database_that_is_not_there_is_refused_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct errand_error err = { "" };
    struct store_url url;
    char text[128];
    static const struct store_events none;
    static const struct log log = { .fd = 2, .level = ERRAND_LOG_ERROR };
    snprintf(text, sizeof(text), "sqlite:%s/other.db", fixture->folder);
    assert_int_equal(store_url_parse(text, &url, &err), 0);
    struct store_config config = { .url = &url, .log = &log, .worker = 1 };
    assert_null(store_open(&fixture->loop, &config, &none, NULL, &err));
    assert_non_null(strstr(err.message, "errand db create"));
    store_url_release(&url);
}

static void a_file_that_is_no_database_is_fatal(void **state)
{
    struct fixture *fixture = *state;
    char *was = fixture->url.target, path[128];
    snprintf(path, sizeof(path), "%s/notes.txt", fixture->folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 100; i++)
        fputs("this is not a database, it is a list of things to do\n", file);
    fclose(file);
    fixture->url.target = path;
    struct worker *worker = worker_open(fixture);
    await(fixture, &worker->online);
    assert_non_null(strstr(worker->fatal, "not a SQLite database"));
    assert_int_equal(heartbeat(worker).fault, STORE_CLOSED); /* and whatever is asked then is answered */
    worker_free(worker);
    fixture->url.target = was;
}

/* With no room to write, nothing takes effect and nothing is lost. */
static void a_full_disk_delays_and_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit was, none;
    insert_many(fixture, 500);
    struct exchanged jobs = claim(fixture->worker, 500);
    struct store_outcome *outcomes = calloc(jobs.count, sizeof(*outcomes));
    for (size_t i = 0; i < jobs.count; i++)
        outcomes[i] = outcome_of(&jobs.jobs[i], JOB_END_RETURNED, NULL);
    struct store_exchange wanted = { .outcomes = outcomes, .outcome_count = jobs.count };
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    none = was;
    none.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    struct exchanged got = exchange(fixture->worker, fixture->worker->jobs, &wanted);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(got.base.fault, STORE_BUSY);
    assert_string_not_equal(got.base.message, "");
    exchanged_release(&got);
    got = exchange(fixture->worker, fixture->worker->jobs, &wanted);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 0);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE status = 'job_status_succeeded'"),
                     500);
    exchanged_release(&got);
    exchanged_release(&jobs);
    free(outcomes);
}

static void a_claim_waits_for_another_programs_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct exchanged got;
    insert_many(fixture, 1);
    assert_int_equal(connection_begin(fixture->sql, NULL), 0);
    insert_many(fixture, 1);
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 10 };
    exchange_begin(worker->jobs, &wanted, &got);
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
    assert_int_equal(got.base.done, 0);
    assert_int_equal(connection_commit(fixture->sql, NULL), 0);
    await(fixture, &got.base.done);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.count, 2);
    exchanged_release(&got);
}

static void closing_does_not_wait_for_ever_for_a_lock(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = worker_new(fixture);
    struct exchanged got;
    insert_many(fixture, 1);
    assert_int_equal(connection_begin(fixture->sql, NULL), 0);
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 10 };
    exchange_begin(worker->jobs, &wanted, &got);
    worker_free(worker);
    assert_int_equal(got.base.done, 1);
    assert_true(got.base.fault == STORE_BUSY || got.base.fault == STORE_CLOSED);
    assert_int_equal(connection_rollback(fixture->sql, NULL), 0);
    exchanged_release(&got);
    assert_int_equal(claim_one(fixture->worker).attempts, 1);
}

static void a_table_without_rowid_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture, "CREATE TABLE missing_jobs (id TEXT PRIMARY KEY, status TEXT) WITHOUT ROWID");
    struct prepared prepared = prepare(worker, store_table(worker->store, &missing_jobs, worker));
    assert_false(prepared.state.usable);
    assert_non_null(strstr(prepared.warning, "WITHOUT ROWID"));
}

/* Outcomes are thrown away only with a table that is really gone. */
static void a_table_that_cannot_be_looked_at_is_not_taken_for_missing(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sqlite3_int64 step = 1024, used = sqlite3_memory_used();
    struct prepared prepared = { .state.usable = false };
    int refused = 0;
    for (sqlite3_int64 room = 0; !prepared.state.usable && room < 1024 * step; room += step) {
        sqlite3_hard_heap_limit64(used + room);
        prepared = prepare(worker, worker->jobs);
        sqlite3_hard_heap_limit64(0);
        assert_false(prepared.state.missing);
        if (!prepared.state.usable)
            assert_int_equal(prepared.base.fault, STORE_BUSY);
        refused += !prepared.state.usable;
    }
    assert_true(refused > 0 && prepared.state.usable);
    assert_string_equal(prepared.warning, "");
}

/* VACUUM may give the rows of a table without INTEGER PRIMARY KEY other rowids, and so may anybody. */
static void rows_that_move_are_finished_by_their_id(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct store_table *table = store_table(worker->store, &foreign_jobs, worker);
    assert_true(prepare(worker, table).state.usable);
    for (int i = 0; i < 4; i++)
        sql(fixture, "INSERT INTO foreign_jobs DEFAULT VALUES");
    sql(fixture, "DELETE FROM foreign_jobs WHERE rowid <= 2");
    struct exchanged got = claim_from(worker, table, 10);
    assert_int_equal(got.count, 2);
    sql(fixture, "UPDATE foreign_jobs SET rowid = rowid - 2");
    struct store_outcome outcomes[2] = { outcome_of(&got.jobs[0], JOB_END_RETURNED, NULL),
                                         outcome_of(&got.jobs[1], JOB_END_DISCARDED, "no") };
    struct exchanged finished = send_outcomes(worker, table, outcomes, 2);
    assert_int_equal(finished.base.fault, STORE_OK);
    assert_int_equal(finished.dropped, 0);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM foreign_jobs WHERE status = 'job_status_running'"), 0);
    exchanged_release(&got);
    exchanged_release(&finished);
}

/* Where the first two were, the third and the fourth are then. */
static void rows_that_take_the_place_of_others_are_not_finished_for_them(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct store_table *table = store_table(worker->store, &foreign_jobs, worker);
    assert_true(prepare(worker, table).state.usable);
    for (int i = 0; i < 6; i++)
        sql(fixture, "INSERT INTO foreign_jobs (last_error) VALUES ($1)", errand_int(i));
    sql(fixture, "DELETE FROM foreign_jobs WHERE rowid <= 2");
    struct exchanged got = claim_from(worker, table, 10);
    assert_int_equal(got.count, 4);
    sql(fixture, "UPDATE foreign_jobs SET rowid = rowid - 2");
    struct store_outcome outcomes[2] = { outcome_of(&got.jobs[0], JOB_END_RETURNED, NULL),
                                         outcome_of(&got.jobs[1], JOB_END_RETURNED, NULL) };
    struct exchanged finished = send_outcomes(worker, table, outcomes, 2);
    assert_int_equal(finished.base.fault, STORE_OK);
    assert_int_equal(finished.dropped, 0);
    assert_int_equal(
        ask_number(fixture, "SELECT sum(last_error) FROM foreign_jobs WHERE status = 'job_status_succeeded'"), 2 + 3);
    assert_int_equal(
        ask_number(fixture, "SELECT sum(last_error) FROM foreign_jobs WHERE status = 'job_status_running'"), 4 + 5);
    exchanged_release(&got);
    exchanged_release(&finished);
}

static void a_row_that_a_trigger_keeps_as_it_is_is_not_claimed(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "CREATE TRIGGER paused BEFORE UPDATE ON fixture_jobs WHEN old.note = '2' "
                 "BEGIN SELECT RAISE(IGNORE); END");
    insert_many(fixture, 4);
    struct exchanged got = claim(fixture->worker, 10);
    assert_int_equal(got.count, 3);
    assert_string_equal(got.jobs[0].cells[9], "1");
    assert_string_equal(got.jobs[1].cells[9], "3");
    assert_string_equal(got.jobs[2].cells[9], "4");
    for (size_t i = 0; i < got.count; i++)
        assert_string_equal(cell(fixture, &got.jobs[i], "attempts_count"), "1");
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE status = 'job_status_not_started' "
                                         "AND note = '2' AND attempts_count = 0"),
                     1);
    exchanged_release(&got);
}

static void an_outcome_that_a_trigger_keeps_from_its_row_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 4);
    struct exchanged jobs = claim(fixture->worker, 4);
    struct store_outcome outcomes[4];
    for (size_t i = 0; i < 4; i++)
        outcomes[i] = outcome_of(&jobs.jobs[i], JOB_END_RETURNED, NULL);
    sql(fixture, "CREATE TRIGGER unfinished BEFORE UPDATE ON fixture_jobs WHEN old.note = '2' "
                 "BEGIN SELECT RAISE(IGNORE); END");
    struct exchanged got = send_outcomes(fixture->worker, fixture->worker->jobs, outcomes, 4);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 1);
    assert_string_equal(got.dropped_id, jobs.jobs[1].id);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE status = 'job_status_succeeded'"), 3);
    exchanged_release(&got);
    exchanged_release(&jobs);
}

/* What a trigger does by a statement of the store's own is not told to be another's. */
static void outcomes_of_jobs_that_a_trigger_has_deleted_are_dropped(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "CREATE TRIGGER all_or_none AFTER UPDATE ON fixture_jobs WHEN new.status = 'job_status_failed' "
                 "BEGIN DELETE FROM fixture_jobs WHERE status = 'job_status_running'; END");
    insert_many(fixture, 4);
    struct exchanged jobs = claim(fixture->worker, 4);
    struct store_outcome outcomes[4] = { outcome_of(&jobs.jobs[0], JOB_END_DISCARDED, "no") };
    for (size_t i = 1; i < 4; i++)
        outcomes[i] = outcome_of(&jobs.jobs[i], JOB_END_RETURNED, NULL);
    struct exchanged got = send_outcomes(fixture->worker, fixture->worker->jobs, outcomes, 4);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 3);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs"), 1);
    exchanged_release(&got);
    exchanged_release(&jobs);
}

/* Of rows of 30 MiB three are more than what one claim takes into memory. */
static void a_claim_that_memory_cuts_short_says_so(void **state)
{
    struct fixture *fixture = *state;
    insert_many(fixture, 5);
    sql(fixture, "UPDATE fixture_jobs SET note = printf('%.*c', 30 << 20, 'x')");
    struct exchanged first = claim(fixture->worker, 10), rest = claim(fixture->worker, 10);
    assert_int_equal(first.count, 3);
    assert_true(first.cut);
    assert_int_equal(rest.count, 2);
    assert_false(rest.cut);
    exchanged_release(&first);
    exchanged_release(&rest);
}

static void the_lease_is_there_while_the_worker_is(void **state)
{
    struct fixture *fixture = *state;
    char folder[128];
    struct stat status;
    snprintf(folder, sizeof(folder), "%s-workers", fixture->url.target);
    assert_int_equal(stat(folder, &status), 0);
    worker_free(fixture->worker);
    assert_int_equal(stat(folder, &status), -1); /* the last one takes the folder along */
    fixture->worker = worker_new(fixture);
    assert_int_equal(stat(folder, &status), 0);
}

static char *lease_path(const struct worker *worker, char path[128])
{
    snprintf(path, 128, "%s-workers/%016llx", worker->fixture->url.target, (unsigned long long)worker->id);
    return path;
}

/* Whichever worker's heartbeat comes first then, it sees the others as they were before. */
static void nobody_is_buried_because_the_machine_slept_for_days(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    struct stat status;
    char path[128];
    insert_many(fixture, 1);
    struct job job = claim_one(other);
    sql(fixture, "UPDATE errand_workers SET seen_at = '2020-01-01 00:00:00.000000'");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(recover(fixture->worker, NULL, 0).retried, 0);
        assert_int_equal(heartbeat(fixture->worker).fault, STORE_OK);
    }
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers"), 2);
    assert_int_equal(stat(lease_path(other, path), &status), 0);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_running");
    worker_free(other);
}

static void a_lease_that_was_removed_is_taken_again_with_the_next_heartbeat(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    struct sqlite_store *store = (struct sqlite_store *)fixture->worker->store;
    char path[128];
    assert_int_equal(unlink(lease_path(other, path)), 0);
    assert_int_equal(sqlite_lease_look(&store->lease, other->id), LEASE_FREE);
    assert_int_equal(heartbeat(other).fault, STORE_OK);
    assert_int_equal(sqlite_lease_look(&store->lease, other->id), LEASE_HELD);
    sqlite_lease_remove(&store->lease, other->id); /* of one that is held nothing is removed */
    assert_int_equal(sqlite_lease_look(&store->lease, other->id), LEASE_HELD);
    worker_free(other);
}

static void a_program_that_knows_nothing_of_us_may_read_and_write(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 5; i++)
        insert_by_program(fixture);
    struct exchanged got = claim(fixture->worker, 10);
    assert_int_equal(got.count, 5);
    assert_int_equal(strlen(got.jobs[0].id), 36);
    exchanged_release(&got);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    harness_use(STORE_SQLITE, argv[0]);
    const struct CMUnitTest tests[] = {
        CONFORMS(own_commits_do_not_wake),
        cmocka_unit_test(a_commit_is_looked_for_for_a_minute),
        cmocka_unit_test(a_commit_behind_our_own_is_looked_for_seldom),
        CONFORMS(a_deleted_database_is_fatal),
        CONFORMS(a_replaced_database_is_fatal),
        CONFORMS(a_million_finished_rows_make_no_claim_dearer),
        CONFORMS(a_database_that_is_not_there_is_refused_at_once),
        CONFORMS(a_file_that_is_no_database_is_fatal),
        CONFORMS(a_full_disk_delays_and_loses_nothing),
        CONFORMS(a_claim_waits_for_another_programs_transaction),
        CONFORMS(closing_does_not_wait_for_ever_for_a_lock),
        CONFORMS(a_table_without_rowid_is_left_alone),
        CONFORMS(a_table_that_cannot_be_looked_at_is_not_taken_for_missing),
        CONFORMS(rows_that_move_are_finished_by_their_id),
        CONFORMS(rows_that_take_the_place_of_others_are_not_finished_for_them),
        CONFORMS(a_row_that_a_trigger_keeps_as_it_is_is_not_claimed),
        CONFORMS(an_outcome_that_a_trigger_keeps_from_its_row_is_dropped),
        CONFORMS(outcomes_of_jobs_that_a_trigger_has_deleted_are_dropped),
        CONFORMS(a_claim_that_memory_cuts_short_says_so),
        CONFORMS(the_lease_is_there_while_the_worker_is),
        CONFORMS(nobody_is_buried_because_the_machine_slept_for_days),
        CONFORMS(a_lease_that_was_removed_is_taken_again_with_the_next_heartbeat),
        CONFORMS(a_worker_unseen_for_a_minute_is_dead_though_its_lease_is_held),
        cmocka_unit_test(nobody_is_given_up_while_our_own_heartbeat_is_not_written),
        CONFORMS(a_program_that_knows_nothing_of_us_may_read_and_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
