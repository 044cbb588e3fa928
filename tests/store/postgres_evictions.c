/* The backends of killed runners: told to end, and awaited, but not for ever. */
#include "conformance.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>

static void an_evicted_backend_is_gone(void **state)
{
    struct fixture *fixture = *state;
    struct errand_error err;
    struct connection *runner = connection_open(&fixture->url, &err);
    struct answered into = { 0 };
    store_evict(fixture->worker->store, connection_backend(runner), answered, &into);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_OK);
    assert_int_equal(
        ask_number(
            fixture,
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'errand' AND pid <> pg_backend_pid()"),
        0);
    int64_t limit = clock_monotonic_us() + 30000000;
    while (!connection_is_lost(runner) &&
           clock_monotonic_us() < limit) /* its process closes the socket a little later */
        ;
    assert_true(connection_is_lost(runner));
    connection_close(runner);
}

/* As after a restart of the server, where pids begin anew. */
static void another_backend_of_its_pid_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct errand_error err;
    struct connection *innocent = connection_open(&fixture->url, &err);
    struct backend gone = connection_backend(innocent);
    struct answered into = { 0 };
    gone.started_us--;
    store_evict(fixture->worker->store, gone, answered, &into);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_OK);
    assert_int_equal(connection_query(innocent, "SELECT 1", NULL, 0, NULL, &err), 0);
    connection_close(innocent);
}

/* Sent while it is stopped, the signal waits, as it does for a backend that is stuck in the kernel. */
static void a_backend_that_does_not_go_is_given_up(void **state)
{
    struct fixture *fixture = *state;
    struct errand_error err;
    struct connection *runner = connection_open(&fixture->url, &err);
    struct answered into = { 0 };
    struct backend backend = connection_backend(runner);
    assert_return_code(kill((pid_t)backend.pid, SIGSTOP), errno);
    store_evict(fixture->worker->store, backend, answered, &into);
    await(fixture, &into.done);
    assert_return_code(kill((pid_t)backend.pid, SIGCONT), errno);
    assert_int_equal(into.fault, STORE_REFUSED);
    assert_non_null(strstr(into.message, "still there"));
    connection_close(runner);
}

/* A store of a role that is no superuser; the caller frees both. */
static struct worker *worker_of_modest_role(struct fixture *fixture, struct store_url *url)
{
    struct errand_error err;
    struct store_url own = fixture->url;
    char text[512];
    snprintf(text, sizeof(text), "postgresql://modest@%s", strchr(getenv("TEST_POSTGRES_URL"), '@') + 1);
    sql(fixture, "CREATE ROLE modest LOGIN");
    assert_int_equal(store_url_parse(text, url, &err), 0);
    fixture->url = *url;
    struct worker *worker = worker_open(fixture);
    await(fixture, &worker->online);
    fixture->url = own;
    return worker;
}

static void close_connection(uv_timer_t *timer)
{
    connection_close(timer->data);
    uv_close((uv_handle_t *)timer, NULL);
}

/* Ours is not to end the backend of a superuser. */
static void a_backend_that_may_not_be_ended_is_awaited(void **state)
{
    struct fixture *fixture = *state;
    struct errand_error err;
    struct connection *runner = connection_open(&fixture->url, &err);
    struct store_url url;
    struct worker *modest = worker_of_modest_role(fixture, &url);
    struct answered into = { 0 };
    uv_timer_t later = { .data = runner };
    store_evict(modest->store, connection_backend(runner), answered, &into);
    uv_timer_init(&fixture->loop, &later);
    uv_timer_start(&later, close_connection, 500, 0);
    await(fixture, &into.done);
    assert_int_equal(into.fault, STORE_OK);
    assert_true(uv_is_closing((uv_handle_t *)&later));
    worker_free(modest);
    store_url_release(&url);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CONFORMS(an_evicted_backend_is_gone),
        CONFORMS(another_backend_of_its_pid_is_left_alone),
        CONFORMS(a_backend_that_does_not_go_is_given_up),
        CONFORMS(a_backend_that_may_not_be_ended_is_awaited),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    harness_use(STORE_POSTGRES, argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
