/* Behind a real pgbouncer: a pool by transaction is refused to the worker and serves records, a pool by session serves
   both. */
#include "conformance.h"

static void use_url(struct fixture *fixture, const char *name, struct store_url *own)
{
    struct errand_error err = { "" };
    *own = fixture->url;
    assert_non_null(getenv(name));
    if (store_url_parse(getenv(name), &fixture->url, &err) < 0)
        fail_msg("%s", err.message);
}

static void use_own_url(struct fixture *fixture, const struct store_url *own)
{
    store_url_release(&fixture->url);
    fixture->url = *own;
}

static const char *first_cell(struct connection *connection, const char *text, int64_t number)
{
    static char cell[128];
    struct errand_value value = { .kind = ERRAND_VALUE_INT, .as.integer = number };
    struct result *result;
    struct errand_error err = { "" };
    if (connection_query(connection, text, &value, 1, &result, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    snprintf(cell, sizeof(cell), "%s", result_rows(result) > 0 ? result_cell(result, 0, 0, NULL) : "(none)");
    result_free(result);
    return cell;
}

/* In none of its backends, which are other clients' next, anything that a worker sets or holds. */
static void expect_nothing_left_behind(struct fixture *fixture)
{
    struct connection *clients[2];
    struct errand_error err = { "" };
    for (int i = 0; i < 2; i++) { /* a transaction each, so that each has another backend */
        assert_non_null(clients[i] = connection_open(&fixture->url, &err));
        assert_int_equal(connection_script(clients[i], "BEGIN", &err), 0);
    }
    int backends[2];
    for (int i = 0; i < 2; i++)
        backends[i] = atoi(first_cell(clients[i], "SELECT pg_backend_pid() WHERE $1::bigint = 0", 0));
    assert_int_not_equal(backends[0], backends[1]);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(first_cell(clients[i],
                                       "SELECT count(*) FROM pg_settings WHERE $1::bigint = 0 AND setting = 'off' AND "
                                       "name IN ('enable_seqscan', 'enable_sort', 'enable_hashjoin', 'jit')",
                                       0),
                            "0");
        assert_string_equal(first_cell(clients[i], "SELECT current_setting('lock_timeout') WHERE $1::bigint = 0", 0),
                            "0");
    }
    for (int i = 0; i < 2; i++)
        connection_close(clients[i]);
}

static void a_pool_by_transaction_is_refused_to_a_worker(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own;
    use_url(fixture, "TEST_TRANSACTION_POOL_URL", &own);
    for (int round = 0; round < 5; round++) { /* whichever backends it happens to get */
        struct worker *worker = worker_open(fixture);
        await(fixture, &worker->online);
        assert_non_null(strstr(worker->fatal, "pools by transaction"));
        assert_non_null(strstr(worker->fatal, "pool_mode=session"));
        worker_free(worker);
    }
    expect_nothing_left_behind(fixture);
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 1);
    use_own_url(fixture, &own);
}

static void a_pool_by_transaction_that_others_use_is_refused_to_a_worker(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own;
    struct errand_error err = { "" };
    use_url(fixture, "TEST_TRANSACTION_POOL_URL", &own);
    struct connection *other = connection_open(&fixture->url, &err);
    assert_non_null(other);
    assert_int_equal(connection_script(other, "BEGIN", &err), 0); /* one of its two backends is taken */
    struct worker *worker = worker_open(fixture);
    await(fixture, &worker->online);
    assert_non_null(strstr(worker->fatal, "pools by transaction"));
    worker_free(worker);
    connection_close(other);
    use_own_url(fixture, &own);
}

static void a_worker_works_through_a_pool_by_session(void **state)
{
    struct fixture *fixture = *state;
    struct store_url own;
    use_url(fixture, "TEST_SESSION_POOL_URL", &own);
    struct worker *worker = worker_new(fixture);
    insert_many(fixture, 3);
    struct job job = claim_one(worker);
    assert_int_equal(finish(worker, &job, JOB_END_RETURNED, NULL).dropped, 0);
    assert_string_equal(cell(fixture, &job, "status"), "job_status_succeeded");
    struct exchanged rest = claim(worker, 10);
    assert_int_equal(rest.count, 2);
    exchanged_release(&rest);
    assert_int_equal(fall_asleep(worker).fault, STORE_OK);
    worker->available = 0;
    insert_many(fixture, 1);
    await(fixture, &worker->available);
    struct recovered none = recover(fixture->worker, NULL, 0); /* its lease is held */
    assert_int_equal(none.retried + none.failed, 0);
    worker_free(worker);
    use_own_url(fixture, &own);
}

/* Three clients of two backends, in turn: none may rely on what it left in a backend. */
static void connections_that_share_backends_do_not_disturb_each_other(void **state)
{
    struct fixture *fixture = *state;
    struct errand_error err = { "" };
    struct store_url own;
    use_url(fixture, "TEST_TRANSACTION_POOL_URL", &own);
    struct connection *clients[3];
    for (int i = 0; i < 3; i++)
        assert_non_null(clients[i] = connection_open(&fixture->url, &err));
    assert_int_equal(connection_backend(clients[0]).pid, 0); /* none is its own, so none may be ended in its name */
    for (int round = 0; round < 200; round++) {
        struct connection *client = clients[round % 3];
        char text[24];
        snprintf(text, sizeof(text), "%d", round);
        assert_string_equal(first_cell(client, "SELECT $1::bigint", round), text);
        if (round % 10 == 0) {
            assert_int_equal(connection_script(client, "BEGIN", &err), 0);
            first_cell(client, "INSERT INTO fixture_jobs (note) VALUES ($1::bigint::text)", round);
            assert_string_equal(first_cell(clients[(round + 1) % 3],
                                           "SELECT count(*) FROM fixture_jobs WHERE note = $1::bigint::text", round),
                                "0");
            assert_int_equal(connection_script(client, round % 20 == 0 ? "COMMIT" : "ROLLBACK", &err), 0);
        }
        assert_int_equal(connection_query(client, "SELECT nothing", NULL, 0, NULL, &err), -1);
    }
    assert_int_equal(ask_number(fixture, "SELECT count(*) FROM fixture_jobs"), 10);
    for (int i = 0; i < 3; i++)
        connection_close(clients[i]);
    use_own_url(fixture, &own);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CONFORMS(a_pool_by_transaction_is_refused_to_a_worker),
        CONFORMS(a_pool_by_transaction_that_others_use_is_refused_to_a_worker),
        CONFORMS(a_worker_works_through_a_pool_by_session),
        CONFORMS(connections_that_share_backends_do_not_disturb_each_other),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    harness_use(STORE_POSTGRES, argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
