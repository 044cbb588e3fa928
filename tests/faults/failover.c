/* A server and its standby: workers wait for the one that takes writes, find it, and go on where it is another. */
#include "harness.h"
#include "support/silent_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS_MAX = 128, URL_MAX = sizeof(((struct world *)NULL)->url) };

/* ---- Servers: the one of all tests in TEST_POSTGRES_DIR, and standbys in folders there, which go with it ---- */

static void cluster(const char *verb, const char *name, const char *mode)
{
    assert_int_equal(run_command("%s %s %s/%s %s >/dev/null", getenv("POSTGRES_CLUSTER"), verb,
                                 getenv("TEST_POSTGRES_DIR"), name, mode),
                     0);
}

/* What stands in a URL between the user and the database. */
static void read_hosts(const char *url, char hosts[HOSTS_MAX])
{
    const char *at = strchr(url, '@');
    assert_non_null(at);
    snprintf(hosts, HOSTS_MAX, "%.*s", (int)strcspn(at + 1, "/"), at + 1);
}

static void make_standby(const char *name, char hosts[HOSTS_MAX])
{
    char command[1024], url[256];
    const char *folder = getenv("TEST_POSTGRES_DIR");
    snprintf(command, sizeof(command), "%s standby %s/%s %s", getenv("POSTGRES_CLUSTER"), folder, name, folder);
    FILE *made = popen(command, "r");
    assert_non_null(made);
    assert_non_null(fgets(url, sizeof(url), made));
    assert_int_equal(pclose(made), 0);
    read_hosts(url, hosts);
}

/* From now on nothing counts as committed that the standby does not have. */
static void make_synchronous(struct world *world)
{
    sql(world, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    sql(world, "SELECT pg_reload_conf()");
    await(sql_number(world, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") > 0);
}

/* ---- The world's database, at any of these hosts ---- */

/* second: NULL: one only. */
static void url_at(const struct world *world, const char *first, const char *second, const char *options,
                   char url[URL_MAX])
{
    snprintf(url, URL_MAX, "postgresql://postgres@%s%s%s%s%s", first, second ? "," : "", second ? second : "",
             strrchr(world->url, '/'), options);
}

/* Where the test itself looks, and workers without another URL. */
static void move_to(struct world *world, const char *url)
{
    snprintf(world->url, sizeof(world->url), "%s", url);
    connection_close(world->connection);
    world->connection = NULL;
}

/* ---- Jobs ---- */

static void insert_jobs_of_20ms(struct world *world, int jobs)
{
    sql(world, "INSERT INTO traced_jobs (number, microseconds) SELECT i, 20000 FROM generate_series(1, %d) AS i", jobs);
}

static int attempts_started(const struct world *world)
{
    struct trace trace = read_trace(world);
    int attempts = 0;
    for (size_t i = 0; i < trace.count; i++)
        attempts += strcmp(trace.events[i].event, "start") == 0 ? trace.events[i].attempt : 0;
    free_trace(&trace);
    return attempts;
}

/* A claim that was committed and whose answer did not come has spent an attempt that nobody began; so what was begun
   was each job's last attempt, and nothing before it. */
static void expect_each_ran_once(struct world *world, int jobs)
{
    await_for(120, count_of(world, "traced_jobs", "succeeded") == jobs);
    assert_int_equal(traced(world, "start"), jobs);
    assert_int_equal(started_again(world), 0);
    assert_int_equal(attempts_started(world), sql_number(world, "SELECT sum(attempts_count) FROM traced_jobs"));
}

/* ---- Tests ---- */

static void a_worker_at_a_standby_begins_once_that_takes_writes(struct world *world)
{
    enum { JOBS = 50 };
    char standby[HOSTS_MAX], url[URL_MAX];
    make_standby("promoted", standby);
    insert_jobs_of_20ms(world, JOBS);
    url_at(world, standby, NULL, "", url);
    move_to(world, url);
    await(count_of(world, "traced_jobs", "not_started") == JOBS);
    struct worker_process *worker = launch_worker(world, (const char *const[]){ NULL });
    await(log_has(worker, "the server is a standby, which takes no writes"));
    assert_int_equal(traced(world, "start"), 0);
    cluster("promote", "promoted", "");
    expect_each_ran_once(world, JOBS);
    stop_worker(worker);
}

static void of_several_servers_the_one_that_takes_writes_is_used(struct world *world)
{
    enum { JOBS = 50 };
    char primary[HOSTS_MAX], standby[HOSTS_MAX], url[URL_MAX];
    make_standby("first", standby);
    read_hosts(world->url, primary);
    url_at(world, standby, primary, "", url);
    move_to(world, url);
    struct worker_process *worker = start_worker(world, NULL);
    insert_jobs_of_20ms(world, JOBS);
    expect_each_ran_once(world, JOBS);
    stop_worker(worker);
    url_at(world, standby, primary, "?target_session_attrs=any", url);
    move_to(world, url);
    assert_string_equal(sql_text(world, "SELECT pg_is_in_recovery()"), "t");
}

/* One worker's address says for itself which server it is to be, the other's leaves that to us. The other is on its way
   back for long, at a host that does not answer, and must not be taken for dead by the first. */
static void a_standby_that_takes_over_makes_no_job_run_twice(struct world *world)
{
    enum { LONG = 5, SHORT = 600, LATER = 100 };
    char primary[HOSTS_MAX], standby[HOSTS_MAX], hosts[HOSTS_MAX + 24], any[URL_MAX], writes[URL_MAX];
    make_standby("next", standby);
    make_synchronous(world);
    read_hosts(world->url, primary);
    struct silent_port mute = mute_port_open();
    snprintf(hosts, sizeof(hosts), "%s,127.0.0.1:%d", standby, mute.port);
    url_at(world, primary, hosts, "", any);
    url_at(world, primary, standby, "?target_session_attrs=read-write", writes);
    insert_held(world, LONG, "open");
    struct worker_process *first = start_worker(world, "--database", writes, NULL);
    struct worker_process *second = start_worker(world, "--database", any, NULL);
    await(traced(world, "start") == LONG);
    insert_jobs_of_20ms(world, SHORT);
    await(traced(world, "end") > SHORT / 4);
    cluster("stop", "", "immediate");
    await(log_has(first, "out of reach") && log_has(second, "out of reach"));
    await(mute_port_holds(&mute));
    cluster("promote", "next", "");
    move_to(world, writes);
    insert_jobs_of_20ms(world, LATER);
    await(log_has(first, "connected again") && log_has(second, "connected again"));
    open_gate(world, "open");
    expect_each_ran_once(world, LONG + SHORT + LATER);
    insert_jobs_of_20ms(world, LATER);
    await(count_of(world, "traced_jobs", "succeeded") == LONG + SHORT + 2 * LATER); /* sooner than any poll */
    stop_worker(first);
    stop_worker(second);
    silent_port_close(&mute);
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = {
        E2E_ONLY(STORE_POSTGRES, a_worker_at_a_standby_begins_once_that_takes_writes),
        E2E_ONLY(STORE_POSTGRES, of_several_servers_the_one_that_takes_writes_is_used),
        E2E_ONLY(STORE_POSTGRES, a_standby_that_takes_over_makes_no_job_run_twice), /* last: the server is gone then */
    };
    return e2e_main(argc, argv, "failover", tests, sizeof(tests) / sizeof(*tests));
}
