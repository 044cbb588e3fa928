/* The store on PostgreSQL: losses of connections and of the server, hosts that do not answer. */
#include "conformance.h"

#include "base/clock.h"
#include "store/postgres/internal.h"
#include "support/silent_port.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void run_script(const char *verb)
{
    char command[512];
    snprintf(command, sizeof(command), "%s %s %s >/dev/null", getenv("TEST_POSTGRES_CLUSTER"), verb,
             getenv("TEST_POSTGRES_DIR"));
    assert_int_equal(system(command), 0);
}

static void reopen_sql(struct fixture *fixture)
{
    struct errand_error err = { "" };
    connection_close(fixture->sql);
    fixture->sql = connection_open(&fixture->url, &err);
    if (!fixture->sql)
        fail_msg("%s", err.message);
}

static void a_restart_of_the_server_is_survived(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    insert_many(fixture, 10);
    struct exchanged first = claim(worker, 5), lost;
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 5 };
    worker->online = 0;
    exchange_begin(worker->jobs, &wanted, &lost);
    run_script("restart");
    await(fixture, &lost.base.done);
    await(fixture, &worker->online);
    reopen_sql(fixture);
    struct store_outcome outcome = outcome_of(&first.jobs[0], JOB_END_RETURNED, NULL);
    uint64_t forgotten = worker->claims;
    struct store_exchange after = { .outcomes = &outcome,
                                    .outcome_count = 1,
                                    .forgotten = &forgotten,
                                    .forgotten_count = lost.base.fault == STORE_OK ? 0 : 1,
                                    .claim = ++worker->claims,
                                    .claim_limit = 10 };
    struct exchanged got = exchange(worker, worker->jobs, &after);
    assert_int_equal(got.base.fault, STORE_OK);
    assert_int_equal(got.dropped, 0);
    assert_int_equal(got.count + (lost.base.fault == STORE_OK ? lost.count : 0), 5);
    exchanged_release(&first);
    exchanged_release(&lost);
    exchanged_release(&got);
}

static void each_terminated_connection_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    for (int round = 0; round < 3; round++) {
        worker->online = 0;
        char text[256];
        snprintf(text, sizeof(text),
                 "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE "
                 "application_name = 'test' ORDER BY backend_start, pid OFFSET %d LIMIT 1) AS one",
                 round == 0 ? 0 : 1);
        assert_int_equal(ask_number(fixture, text), 1);
        await(fixture, &worker->online);
        insert_many(fixture, 1);
        claim_one(worker);
        store_wake(worker->jobs);
        heartbeat(worker); /* goes behind it */
        assert_int_equal(ask_number(fixture, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 1);
        assert_int_equal(fall_asleep(worker).fault, STORE_OK);
        worker->available = 0;
        insert_many(fixture, 1);
        await(fixture, &worker->available);
        claim_one(worker);
    }
}

/* Runs the loop until a part of the range was claimed, and the rest is under way. */
static void await_the_rest(struct fixture *fixture, struct postgres_table *table)
{
    while (table->ranged_us < 0 || table->in_flight == 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* Ends the backend of the link that an exchange is under way on, and throws away what it has answered. */
static void lose_answer(struct fixture *fixture, struct postgres_store *store)
{
    int number = store->links[FIRST_WORK_LINK].current ? FIRST_WORK_LINK : FIRST_WORK_LINK + 1;
    struct pollfd answer = { .fd = store->links[number].fd, .events = POLLIN };
    char thrown[4096];
    assert_non_null(store->links[number].current);
    sql(fixture, "SELECT pg_terminate_backend($1)", errand_int(store->backends[number]));
    do
        assert_int_equal(poll(&answer, 1, -1), 1);
    while (recv(answer.fd, thrown, sizeof(thrown), 0) > 0);
}

static void a_claim_whose_rest_has_no_answer_is_forgotten_as_a_whole(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    struct postgres_table *table = (struct postgres_table *)worker->jobs;
    insert_many(fixture, 1);
    claim_one(worker);
    insert_many(fixture, 3);
    sql(fixture, "INSERT INTO fixture_jobs (run_at) SELECT now() - interval '1 hour' FROM generate_series(1, 8)");
    table->full_at_us = clock_monotonic_us() + errand_minutes(1); /* so the next claim is of a part of the range */
    table->ranged_us = -1;
    table->full_us = 0;
    struct exchanged lost;
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = 16 };
    worker->online = 0;
    exchange_begin(worker->jobs, &wanted, &lost);
    await_the_rest(fixture, table);
    while (ask_number(fixture, "SELECT count(*) FROM fixture_jobs WHERE status = 'job_status_running'") < 12)
        continue;
    lose_answer(fixture, (struct postgres_store *)worker->store);
    await(fixture, &lost.base.done);
    assert_int_equal(lost.base.fault, STORE_OFFLINE);
    await(fixture, &worker->online);
    uint64_t forgotten = worker->claims;
    struct store_exchange after = {
        .forgotten = &forgotten, .forgotten_count = 1, .claim = ++worker->claims, .claim_limit = 16
    };
    struct exchanged got = exchange(worker, worker->jobs, &after);
    assert_int_equal(got.count, 11);
    for (size_t i = 0; i < got.count; i++)
        assert_int_equal(got.jobs[i].attempts, 1);
    exchanged_release(&lost);
    exchanged_release(&got);
}

static void a_lost_session_alone_is_no_death(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 3);
    struct exchanged got = claim(fixture->worker, 3);
    exchanged_release(&got);
    fixture->worker->online = other->online = 0;
    run_script("restart");
    await(fixture, &fixture->worker->online);
    await(fixture, &other->online);
    reopen_sql(fixture);
    struct recovered none = recover(other, NULL, 0);
    assert_int_equal(none.retried + none.failed, 0);
    worker_free(other);
}

/* Terminates the session of the worker whose lease this is, and waits until it has another. */
static void lose_session(struct fixture *fixture, struct worker *worker)
{
    char text[320];
    worker->online = 0;
    snprintf(text, sizeof(text),
             "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND "
             "((classid::int8 << 32) | objid::int8) = %lld",
             (long long)worker->id);
    assert_int_equal(ask_number(fixture, text), 1);
    await(fixture, &worker->online);
}

static void a_session_lost_again_and_again_is_no_death(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 2);
    struct exchanged got = claim(other, 2);
    for (int i = 0; i < 10; i++) {
        lose_session(fixture, other);
        struct recovered none = recover(fixture->worker, NULL, 0);
        assert_int_equal(none.base.fault, STORE_OK);
        assert_int_equal(none.retried + none.failed, 0);
    }
    assert_int_equal(finish(other, &got.jobs[0], JOB_END_RETURNED, NULL).dropped, 0);
    exchanged_release(&got);
    worker_free(other);
}

static void five_seconds_of_a_free_lease_count_within_one_session_of_the_sweeper(void **state)
{
    struct fixture *fixture = *state;
    sql(fixture, "INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, version) "
                 "VALUES (7, 'elsewhere', 'another', 1, 1, 1, '', '1')");
    sql(fixture, "INSERT INTO fixture_jobs (status, locked_by, locked_at, attempts_count) VALUES "
                 "('job_status_running', '00000000-0000-0007-0000-000000000001', now(), 1)");
    assert_int_equal(recover(fixture->worker, NULL, 0).retried, 0); /* seen free for the first time */
    lose_session(fixture, fixture->worker);
    int64_t again = clock_monotonic_us();
    size_t retried = 0;
    while (retried == 0 && clock_monotonic_us() < again + 30000000)
        retried = recover(fixture->worker, NULL, 0).retried;
    assert_int_equal(retried, 1);
    assert_true(clock_monotonic_us() - again >= 5000000);
}

static void a_worker_unseen_for_a_minute_is_dead_though_its_lease_is_held(void **state)
{
    struct fixture *fixture = *state;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 3);
    struct exchanged got = claim(other, 2);
    sql(fixture, "UPDATE errand_workers SET seen_at = now() - interval '30 s'");
    assert_int_equal(recover(fixture->worker, NULL, 0).retried, 0);
    sql(fixture, "UPDATE errand_workers SET seen_at = now() - interval '60 s'");
    size_t retried = 0;
    int64_t limit = clock_monotonic_us() + 30000000;
    while (retried == 0 && clock_monotonic_us() < limit)
        retried = recover(fixture->worker, NULL, 0).retried;
    assert_int_equal(retried, 2);
    assert_int_equal(finish(other, &got.jobs[0], JOB_END_RETURNED, NULL).dropped, 1); /* it only slept */
    assert_int_equal(heartbeat(other).fault, STORE_OK);                               /* and lives again */
    struct job job = claim_one(other);
    sql(fixture, "UPDATE fixture_jobs SET locked_at = now() - interval '2 days'");
    for (int i = 0; i < 3; i++)
        assert_int_equal(recover(fixture->worker, NULL, 0).retried, 0);
    assert_int_equal(finish(other, &job, JOB_END_RETURNED, NULL).dropped, 0);
    exchanged_release(&got);
    worker_free(other);
}

/* Looks at the workers and at their jobs at once, however soon after the last time. */
static size_t recover_at_once(struct worker *worker)
{
    ((struct postgres_store *)worker->store)->swept_us = 0;
    ((struct postgres_table *)worker->jobs)->recover_after_us = 0;
    return recover(worker, NULL, 0).retried;
}

/* Something keeps everyone from writing to errand_workers: that others are unseen says nothing then. */
static void nobody_is_given_up_while_our_own_heartbeat_is_not_written(void **state)
{
    struct fixture *fixture = *state;
    struct postgres_store *store = (struct postgres_store *)fixture->worker->store;
    struct worker *other = worker_new(fixture);
    insert_many(fixture, 1);
    struct job job = claim_one(other);
    sql(fixture, "UPDATE errand_workers SET seen_at = now() - interval '61 s'");
    assert_int_equal(recover_at_once(fixture->worker), 0);
    assert_int_equal(store->free_lease_count, 1);
    store->free_leases[0].since_us -= errand_minutes(1);
    store->beaten_us -= errand_seconds(25);
    assert_int_equal(recover_at_once(fixture->worker), 0);
    assert_int_equal(heartbeat(fixture->worker).fault, STORE_OK);
    assert_int_equal(recover_at_once(fixture->worker), 0); /* the other's is about to get through as well */
    assert_int_equal(store->free_lease_count, 1);
    store->free_leases[0].since_us -= errand_minutes(1);
    assert_int_equal(recover_at_once(fixture->worker), 1);
    assert_int_equal(finish(other, &job, JOB_END_RETURNED, NULL).dropped, 1);
    worker_free(other);
}

static void recovered_at_last(void *arg, struct store_result result, const struct store_recovered *recovered)
{
    (void)result, (void)recovered;
    *(int *)arg = 1;
}

static int64_t locks_waited_for(struct fixture *fixture)
{
    return ask_number(fixture, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
}

/* Its process is gone by what is written, but it comes back while another is about to bury it. */
static void a_worker_seen_again_is_not_buried(void **state)
{
    struct fixture *fixture = *state;
    struct worker *worker = fixture->worker;
    sql(fixture,
        "INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, version) "
        "SELECT 7, host, boot_id, pid_namespace, 2147483646, start_ticks, tables, version FROM errand_workers");
    sql(fixture, "BEGIN");
    sql(fixture, "UPDATE errand_workers SET seen_at = clock_timestamp() WHERE id = 7");
    int done = 0;
    ((struct postgres_store *)worker->store)->swept_us = 0;
    store_recover(worker->jobs, NULL, 0, recovered_at_last, &done);
    while (!done && locks_waited_for(fixture) == 0)
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    sql(fixture, "COMMIT");
    await(fixture, &done);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers WHERE id = 7 AND dead_at IS NULL"), 1);
    recover_at_once(worker); /* not seen since */
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM errand_workers WHERE id = 7 AND dead_at IS NULL"), 0);
}

/* ---- Addresses ---- */

static void what_libpq_takes_for_no_address_opens_no_store(void **state)
{
    struct fixture *fixture = *state;
    struct store_url url;
    struct errand_error err = { "" };
    assert_int_equal(store_url_parse("postgresql://127.0.0.1/errand?nonsense=1", &url, &err), 0);
    const struct store_config config = { .url = &url, .worker = 1 };
    const struct store_events none = { 0 };
    assert_null(store_open(&fixture->loop, &config, &none, NULL, &err));
    assert_non_null(strstr(err.message, "nonsense=1 is not an address that libpq takes"));
    store_url_release(&url);
}

static void a_database_that_is_not_there_is_fatal(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own = fixture->url;
    char url[512];
    snprintf(url, sizeof(url), "%s_not", getenv("TEST_POSTGRES_URL"));
    struct errand_error err;
    assert_int_equal(store_url_parse(url, &fixture->url, &err), 0);
    struct worker *worker = worker_open(fixture);
    await(fixture, &worker->online);
    assert_non_null(strstr(worker->fatal, "errand_not"));
    worker_free(worker);
    store_url_release(&fixture->url);
    fixture->url = own;
}

static void a_host_that_does_not_answer_is_passed_over(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own = fixture->url;
    struct silent_port silent = silent_port_open();
    fixture->url = url_behind(&silent.port, 1);
    struct worker *worker = worker_new(fixture); /* each of its three connections waits for 2 s */
    insert_many(fixture, 1);
    claim_one(worker);
    worker_free(worker);
    silent_port_close(&silent);
    store_url_release(&fixture->url);
    fixture->url = own;
}

static void a_host_that_never_spoke_is_tried_last_from_then_on(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own = fixture->url;
    struct silent_port mute = mute_port_open();
    fixture->url = url_behind(&mute.port, 1);
    struct worker *worker = worker_new(fixture);
    assert_int_equal(mute_port_taken(&mute), 1);
    worker->online = 0;
    sql(fixture,
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND (classid::int8 << 32) | "
        "objid::int8 = $1",
        errand_int((int64_t)worker->id));
    await(fixture, &worker->online);
    assert_int_equal(mute_port_taken(&mute), 0);
    worker_free(worker);
    silent_port_close(&mute);
    store_url_release(&fixture->url);
    fixture->url = own;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CONFORMS(a_restart_of_the_server_is_survived),
        CONFORMS(each_terminated_connection_is_made_anew),
        CONFORMS(a_claim_whose_rest_has_no_answer_is_forgotten_as_a_whole),
        CONFORMS(a_lost_session_alone_is_no_death),
        CONFORMS(a_session_lost_again_and_again_is_no_death),
        CONFORMS(five_seconds_of_a_free_lease_count_within_one_session_of_the_sweeper),
        CONFORMS(a_worker_unseen_for_a_minute_is_dead_though_its_lease_is_held),
        CONFORMS(nobody_is_given_up_while_our_own_heartbeat_is_not_written),
        CONFORMS(a_worker_seen_again_is_not_buried),
        CONFORMS(what_libpq_takes_for_no_address_opens_no_store),
        CONFORMS(a_database_that_is_not_there_is_fatal),
        CONFORMS(a_host_that_does_not_answer_is_passed_over),
        CONFORMS(a_host_that_never_spoke_is_tried_last_from_then_on),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    harness_use(STORE_POSTGRES, argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
