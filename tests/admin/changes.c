/* Changes of jobs are told to all who wait, on both databases. The second argument of the PostgreSQL run is the program
   that restarts its cluster. */
#include "world.h"

#include "admin/changes.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_MS = 30000, WAITERS = 50 };

static const char *cluster; /* tests/support/postgres-cluster */

static struct changes *watch_begun(uint64_t *seen)
{
    struct errand_error err;
    struct changes *changes = changes_new(database.url_text, world.schema, &err);
    assert_non_null(changes);
    *seen = 0;
    assert_false(changes_wait(changes, seen, LIMIT_MS));
    assert_true(*seen > 0);
    assert_true(changes_wait(changes, seen, LIMIT_MS)); /* the watch begins, and nobody knows what was before */
    return changes;
}

/* What came before may be told of late, so what is waited for is brought about again and again. */
static void assert_told(struct changes *changes, uint64_t *seen, const char *sql)
{
    run_sql("%s", sql);
    assert_true(changes_wait(changes, seen, LIMIT_MS));
}

static void what_others_do_is_told(void **state)
{
    (void)state;
    uint64_t seen;
    struct changes *changes = watch_begun(&seen);
    assert_told(changes, &seen, "INSERT INTO letter_jobs (number) VALUES (1)");
    assert_told(changes, &seen, "UPDATE letter_jobs SET number = 2");
    assert_told(changes, &seen, "INSERT INTO foreign_jobs (attempts_count) VALUES (0)");
    assert_told(changes, &seen, "DELETE FROM letter_jobs");
    changes_free(changes);
}

static void what_workers_say_is_told(void **state)
{
    (void)state;
    if (!on_postgres() || getenv("POOLED")) /* through a pool by transaction nothing is heard: the counters serve */
        skip();
    uint64_t seen;
    struct changes *changes = watch_begun(&seen);
    assert_told(changes, &seen, "NOTIFY errand_changed");
    assert_told(changes, &seen, "NOTIFY job_available_letter_jobs");
    changes_free(changes);
}

struct waiter {
    struct changes *changes;
    uint64_t seen;
    bool told;
    pthread_t thread;
};

static void *wait_for_change(void *arg)
{
    struct waiter *waiter = arg;
    waiter->told = changes_wait(waiter->changes, &waiter->seen, LIMIT_MS);
    return NULL;
}

static void start_waiters(struct waiter *waiters, struct changes *changes, uint64_t seen)
{
    for (size_t i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){ .changes = changes, .seen = seen };
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_for_change, &waiters[i]), 0);
    }
}

static void many_are_told_of_one_change(void **state)
{
    (void)state;
    uint64_t seen;
    struct waiter waiters[WAITERS];
    struct changes *changes = watch_begun(&seen);
    start_waiters(waiters, changes, seen);
    run_sql("INSERT INTO letter_jobs (number) VALUES (1)");
    for (size_t i = 0; i < WAITERS; i++) {
        pthread_join(waiters[i].thread, NULL);
        assert_true(waiters[i].told);
    }
    changes_free(changes);
}

static void a_stop_ends_all_waits(void **state)
{
    (void)state;
    uint64_t seen;
    struct waiter waiters[WAITERS];
    struct changes *changes = watch_begun(&seen);
    start_waiters(waiters, changes, seen + 1000000);
    changes_stop(changes);
    for (size_t i = 0; i < WAITERS; i++)
        pthread_join(waiters[i].thread, NULL);
    assert_false(changes_wait(changes, &seen, LIMIT_MS));
    changes_free(changes);
}

static int thread_count(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; (task = readdir(tasks)) != NULL;)
        count += task->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static void the_watch_ends_when_nobody_waits_and_begins_anew(void **state)
{
    (void)state;
    uint64_t seen;
    struct changes *changes = watch_begun(&seen);
    for (int i = 0; thread_count() > 1; i++) {
        assert_true(i < LIMIT_MS / 10);
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
    assert_true(changes_wait(changes, &seen, LIMIT_MS));
    assert_told(changes, &seen, "INSERT INTO letter_jobs (number) VALUES (1)");
    changes_free(changes);
}

static void a_wait_ends_after_its_time(void **state)
{
    (void)state;
    struct errand_error err;
    struct changes *changes =
        changes_new(on_postgres() ? "postgresql://127.0.0.1:1/none" : "sqlite:/nowhere/app.db", world.schema, &err);
    uint64_t seen = 0;
    assert_non_null(changes);
    assert_false(changes_wait(changes, &seen, 10));
    assert_false(changes_wait(changes, &seen, 10)); /* there is no database: nothing can change */
    changes_free(changes);
}

static void a_restart_of_the_server_counts_as_a_change(void **state)
{
    (void)state;
    if (!on_postgres() || !cluster)
        skip();
    uint64_t seen;
    struct changes *changes = watch_begun(&seen);
    char command[512];
    snprintf(command, sizeof(command), "%s restart %s >/dev/null", cluster, getenv("TEST_POSTGRES_DIR"));
    assert_int_equal(system(command), 0);
    assert_true(changes_wait(changes, &seen, LIMIT_MS));
    assert_told(changes, &seen, "INSERT INTO letter_jobs (number) VALUES (1)");
    changes_free(changes);
}

static void a_replaced_database_is_opened_anew(void **state)
{
    (void)state;
    if (on_postgres())
        skip();
    uint64_t seen;
    struct changes *changes = watch_begun(&seen);
    replace_database();
    assert_true(changes_wait(changes, &seen, LIMIT_MS));
    assert_told(changes, &seen, "INSERT INTO letter_jobs (number) VALUES (1)");
    changes_free(changes);
}

static int empty(void **state)
{
    (void)state;
    run_sql("DELETE FROM letter_jobs; DELETE FROM foreign_jobs");
    return 0;
}

#define TOLD(function) cmocka_unit_test_setup(function, empty)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TOLD(what_others_do_is_told),
        TOLD(what_workers_say_is_told),
        TOLD(many_are_told_of_one_change),
        TOLD(a_stop_ends_all_waits),
        TOLD(the_watch_ends_when_nobody_waits_and_begins_anew),
        TOLD(a_wait_ends_after_its_time),
        TOLD(a_replaced_database_is_opened_anew),
        TOLD(a_restart_of_the_server_counts_as_a_change),
    };
    void *schema_file = argv[1];
    cluster = getenv("POSTGRES_CLUSTER");
    return argc == 2 && open_database(&schema_file) == 0
               ? cmocka_run_group_tests_name("changes", tests, NULL, close_database)
               : 2;
}
