/* Troubles of the database while workers are at work: no job is lost, and none runs twice because of them. */
#include "harness.h"

#include "base/clock.h"

#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The server goes and comes back ---- */

static void cluster(const char *verb, const char *mode)
{
    assert_int_equal(
        run_command("%s %s %s %s >/dev/null", getenv("POSTGRES_CLUSTER"), verb, getenv("TEST_POSTGRES_DIR"), mode), 0);
}

static void insert_jobs_of_20ms(struct world *world, int jobs)
{
    insert_numbered(world, "traced_jobs", jobs);
    sql(world, "UPDATE traced_jobs SET microseconds = 20000");
}

static void expect_each_ran_once(struct world *world, int jobs)
{
    await_for(120, count_of(world, "traced_jobs", "succeeded") == jobs);
    assert_int_equal(started_again(world), 0);
    assert_int_equal(traced(world, "start"), jobs);
    assert_int_equal(sql_number(world, "SELECT max(attempts_count) FROM traced_jobs"), 1);
}

static void stop_the_server_during_work(struct world *world, const char *mode)
{
    enum { JOBS = 1500 };
    insert_jobs_of_20ms(world, JOBS);
    struct worker_process *first = start_worker(world, NULL), *second = start_worker(world, NULL);
    await(traced(world, "end") > 200);
    cluster("stop", mode);
    await(log_has(first, "out of reach") && log_has(second, "out of reach"));
    cluster("start", "");
    expect_each_ran_once(world, JOBS);
    stop_worker(first);
    stop_worker(second);
}

static void a_server_stopped_and_started_makes_no_job_run_twice(struct world *world)
{
    stop_the_server_during_work(world, "fast");
}

static void a_server_that_crashes_makes_no_job_run_twice(struct world *world)
{
    stop_the_server_during_work(world, "immediate");
}

static void terminated_backends_make_no_job_run_twice(struct world *world)
{
    enum { JOBS = 2000, TIMES = 5 };
    insert_jobs_of_20ms(world, JOBS);
    struct worker_process *first = start_worker(world, NULL), *second = start_worker(world, NULL);
    for (int i = 1; i <= TIMES; i++) {
        await(traced(world, "end") > i * JOBS / (TIMES + 2));
        sql(world, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                   "AND pid <> pg_backend_pid()");
    }
    expect_each_ran_once(world, JOBS);
    assert_true(log_has(first, "connected again"));
    stop_worker(first);
    stop_worker(second);
}

/* ---- What others do to the tables ---- */

static int64_t triggers_of(struct world *world, const char *table)
{
    return sql_number(world, "SELECT count(*) FROM pg_trigger WHERE tgrelid = '%s'::regclass AND NOT tgisinternal",
                      table);
}

static void triggers_that_were_dropped_come_back(struct world *world)
{
    start_worker(world, NULL);
    await(triggers_of(world, "flaky_jobs") == 2);
    sql(world, "DROP TRIGGER did_insert_job_flaky_jobs ON flaky_jobs; "
               "DROP TRIGGER did_update_job_flaky_jobs ON flaky_jobs");
    sql(world, "INSERT INTO flaky_jobs DEFAULT VALUES");
    await(count_of(world, "flaky_jobs", "succeeded") == 1);
    await(triggers_of(world, "flaky_jobs") == 2);
}

static void a_writer_that_does_not_end_keeps_no_worker_waiting(struct world *world)
{
    struct connection *writer = open_session(world);
    session_sql(writer, "BEGIN; INSERT INTO flaky_jobs (succeeds_at) VALUES (1)");
    sql(world, "INSERT INTO flaky_jobs DEFAULT VALUES");
    start_worker(world, NULL);
    await(count_of(world, "flaky_jobs", "succeeded") == 1);
    session_sql(writer, "COMMIT");
    await(count_of(world, "flaky_jobs", "succeeded") == 2);
    await(triggers_of(world, "flaky_jobs") == 2);
    connection_close(writer);
}

static void a_backup_under_way_disturbs_nothing(struct world *world)
{
    struct connection *backup = open_session(world);
    session_sql(backup, world->kind == STORE_SQLITE
                            ? "BEGIN; SELECT count(*) FROM other_jobs"
                            : "BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE other_jobs IN ACCESS SHARE MODE; "
                              "SELECT count(*) FROM other_jobs");
    start_worker(world, NULL);
    for (int i = 1; i <= 3; i++) {
        insert_numbered(world, "other_jobs", 100);
        await(count_of(world, "other_jobs", "succeeded") == i * 100);
    }
    session_sql(backup, "COMMIT");
    connection_close(backup);
}

/* A dump of everything, which waits at a gate while it reads the finished jobs of a table. */
static void start_dump(struct world *world)
{
    insert_numbered(world, "other_jobs", 20000);
    sql(world, "UPDATE other_jobs SET status = 'job_status_succeeded'");
    assert_int_equal(run_command("cd %s && mkfifo held && { { PATH=${POSTGRES_BIN:+$POSTGRES_BIN:}$PATH pg_dump '%s' "
                                 ">held; echo $? >dump.code; } & "
                                 "{ exec <held; head -c 200000; until [ -e open ]; do sleep 0.02; done; cat; } "
                                 ">dump.sql & }",
                                 world->folder, world->url),
                     0);
    await(sql_number(world, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' "
                            "AND query LIKE 'COPY%%other_jobs%%'") == 1);
}

static void expect_whole_dump(struct world *world)
{
    open_gate(world, "open");
    await(run_command("grep -q '^0$' %s/dump.code 2>/dev/null && tail -n 5 %s/dump.sql | grep -q 'dump complete'",
                      world->folder, world->folder) == 0);
    assert_int_equal(run_command("test $(grep -c job_status_succeeded %s/dump.sql) -ge 20000", world->folder), 0);
}

static void a_dump_by_pg_dump_disturbs_neither_work_nor_the_making_of_triggers(struct world *world)
{
    enum { JOBS = 300 };
    start_dump(world);
    assert_int_equal(triggers_of(world, "other_jobs"), 0);
    struct worker_process *worker = start_worker(world, NULL);
    insert_jobs_of_20ms(world, JOBS);
    expect_each_ran_once(world, JOBS);
    insert_numbered(world, "other_jobs", 100);
    await(traced(world, "once") == 100);
    await(triggers_of(world, "other_jobs") == 2 && triggers_of(world, "traced_jobs") == 2);
    assert_int_equal(run_command("test -e %s/dump.code", world->folder), 1);
    expect_whole_dump(world);
    stop_worker(worker);
}

static void a_column_added_during_work_disturbs_nothing(struct world *world)
{
    enum { JOBS = 1500, COLUMNS = 3 };
    insert_jobs_of_20ms(world, JOBS);
    struct worker_process *worker = start_worker(world, NULL);
    for (int i = 1; i <= COLUMNS; i++) {
        await(traced(world, "end") > i * JOBS / (COLUMNS + 2));
        sql(world, "ALTER TABLE traced_jobs ADD COLUMN added_%d TEXT DEFAULT 'x'", i);
    }
    expect_each_ran_once(world, JOBS);
    stop_worker(worker);
}

/* Columns that make SQLite rebuild the table and PostgreSQL write it anew, a label, an index: all by errand migrate. */
static void a_schema_migrated_during_work_disturbs_nothing(struct world *world)
{
    enum { JOBS = 1500, TIMES = 3 };
    insert_jobs_of_20ms(world, JOBS);
    struct worker_process *first = start_worker(world, NULL), *second = start_worker(world, NULL);
    assert_int_equal(run_command("mkdir %s/Application", world->folder), 0);
    for (int i = 1; i <= TIMES; i++) {
        await(traced(world, "end") > i * JOBS / (TIMES + 2));
        assert_int_equal(
            run_command("sed -e 's/^    gate TEXT DEFAULT NULL,/&\\n    added_%d TIMESTAMP WITH TIME ZONE DEFAULT "
                        "NOW() NOT NULL,/' -e '$a CREATE INDEX traced_jobs_added_%d ON traced_jobs "
                        "(added_%d);' %s >%s/Application/Schema.sql",
                        i, i, i, getenv("E2E_SCHEMA"), world->folder),
            0);
        assert_int_equal(
            run_command("%s migrate --allow-destructive -d '%s' -s %s/Application/Schema.sql >>%s/migrate.log",
                        getenv("E2E_ERRAND"), world->url, world->folder, world->folder),
            0);
        assert_int_equal(sql_number(world, "SELECT count(*) FROM traced_jobs WHERE added_%d IS NOT NULL", i), JOBS);
    }
    expect_each_ran_once(world, JOBS);
    stop_worker(first);
    stop_worker(second);
}

static void a_table_locked_by_others_does_not_stop_the_other_types(struct world *world)
{
    enum { JOBS = 500, LOCKED_FOR_S = 12 /* how long it is held is what is tried here */ };
    insert_jobs_of_20ms(world, JOBS);
    struct worker_process *worker = start_worker(world, NULL);
    await(traced(world, "end") > 50);
    struct connection *locker = open_session(world);
    session_sql(locker, "BEGIN; LOCK TABLE traced_jobs IN ACCESS EXCLUSIVE MODE");
    int64_t until_us = clock_monotonic_us() + LOCKED_FOR_S * INT64_C(1000000);
    int others = 0;
    do {
        insert_numbered(world, "other_jobs", 100);
        others += 100;
        await(count_of(world, "other_jobs", "succeeded") == others);
    } while (clock_monotonic_us() < until_us || !log_has(worker, "traced_jobs: ") /* the lock was not had in time */);
    session_sql(locker, "COMMIT");
    connection_close(locker);
    expect_each_ran_once(world, JOBS);
    assert_int_equal(traced(world, "once"), others);
    assert_int_equal(sql_number(world, "SELECT max(attempts_count) FROM other_jobs"), 1);
    stop_worker(worker);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM errand_attempts WHERE outcome <> 'returned'"), 0);
}

/* What another program does who stands beside the world's database. */
static void make_database_anew(struct world *world)
{
    struct world beside = *world;
    char *name = strrchr(beside.url, '/') + 1;
    char dropped[FOLDER_MAX];
    snprintf(dropped, sizeof(dropped), "%s", name);
    strcpy(name, "postgres");
    struct connection *session = open_session(&beside);
    char text[FOLDER_MAX + 64];
    snprintf(text, sizeof(text), "DROP DATABASE %s WITH (FORCE)", dropped);
    session_sql(session, text);
    connection_close(session);
    connection_close(world->connection);
    world->connection = NULL;
    assert_int_equal(run_command("%s db create --database %s --schema %s >%s/create.log 2>&1", getenv("E2E_ERRAND"),
                                 world->url, getenv("E2E_SCHEMA"), world->folder),
                     0);
}

static int64_t own_tables(struct world *world)
{
    return sql_number(world, "SELECT count(*) FROM pg_class WHERE relname IN ('errand_workers', 'errand_attempts', "
                             "'errand_stats') AND relkind = 'r'");
}

static void a_database_made_anew_under_a_worker_gets_our_tables_too(struct world *world)
{
    struct worker_process *worker = start_worker(world, NULL);
    insert_numbered(world, "other_jobs", 1);
    await(count_of(world, "other_jobs", "succeeded") == 1);
    make_database_anew(world);
    await(own_tables(world) == 3);
    await(sql_number(world, "SELECT count(*) FROM errand_workers") == 1);
    insert_numbered(world, "other_jobs", 5);
    insert_bad(world, "segfault", "");
    await_for(120, count_of(world, "other_jobs", "succeeded") == 5); /* by the poll, where the job tables came last */
    await(sql_number(world, "SELECT count(*) FROM errand_attempts WHERE table_name = 'bad_jobs'") == 1);
    await(sql_number(world, "SELECT sum(count) FROM errand_stats") >= 6);
    stop_worker(worker);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM errand_workers"), 0);
}

/* A transaction that is left open on the row of a job that runs. */
static struct connection *lock_the_running_job(struct world *world)
{
    char text[160];
    struct connection *locker = open_session(world);
    snprintf(text, sizeof(text), "BEGIN; UPDATE traced_jobs SET number = -1 WHERE id = '%s'",
             first_traced(world, "start").id);
    session_sql(locker, text);
    return locker;
}

static void a_locked_row_holds_up_no_other_job_of_its_type(struct world *world)
{
    struct worker_process *worker = start_worker_at_gate(world, NULL);
    struct connection *locker = lock_the_running_job(world);
    open_gate(world, "open");
    await(traced(world, "end") == 1);
    for (int i = 1; i <= 5; i++) {
        insert_numbered(world, "traced_jobs", 100);
        await(count_of(world, "traced_jobs", "succeeded") == i * 100);
    }
    await(log_has(worker, "is locked by another transaction"));
    assert_int_equal(log_count(worker, "is locked by another transaction"), 1);
    assert_int_equal(count_of(world, "traced_jobs", "running"), 1);
    session_sql(locker, "COMMIT");
    connection_close(locker);
    await(count_of(world, "traced_jobs", "succeeded") == 501);
    assert_int_equal(traced(world, "start"), 501);
    stop_worker(worker);
}

static void an_outcome_behind_a_lock_that_stays_is_left_to_others_in_the_end(struct world *world)
{
    struct worker_process *worker = start_worker_at_gate(world, NULL);
    struct connection *locker = lock_the_running_job(world);
    signal_worker(worker, SIGTERM);
    open_gate(world, "open");
    assert_int_equal(await_end(worker), 1);
    assert_true(log_has(worker, "stopping with 1 outcomes that the database refuses, or whose rows"));
    session_sql(locker, "COMMIT");
    connection_close(locker);
    struct worker_process *second = start_worker(world, NULL);
    await(count_of(world, "traced_jobs", "succeeded") == 1);
    stop_worker(second);
}

/* SQLite has one lock for all writers: held for a while it delays, and nothing fails. */
static void a_file_locked_by_others_delays_and_harms_nothing(struct world *world)
{
    enum { JOBS = 500 };
    insert_jobs_of_20ms(world, JOBS);
    struct worker_process *worker = start_worker(world, NULL);
    struct connection *locker = open_session(world);
    await(traced(world, "end") > 50);
    for (int i = 0; i < 5; i++) {
        session_sql(locker, "BEGIN IMMEDIATE");
        sleep(1); /* how long it is held is what is tried here */
        session_sql(locker, "COMMIT");
    }
    connection_close(locker);
    expect_each_ran_once(world, JOBS);
    assert_false(log_has(worker, "database is locked"));
    stop_worker(worker);
}

/* ---- Wake-ups ---- */

enum { CLIENTS = 8, PAUSE_MOST_US = 40000 };

/* In a process of its own, which is not to go on with the tests where it fails. */
static void client_sql(struct connection *session, const char *text)
{
    struct errand_error err;
    if (connection_script(session, text, &err) == 0)
        return;
    print_error("%s: %s\n", text, err.message);
    _exit(1);
}

/* One row after the other, with pauses of all lengths between, so that workers fall asleep and wake. */
static void insert_row_by_row(const struct world *world, int client, int rows)
{
    struct connection *session = open_session(world);
    srandom((unsigned)client);
    for (int i = 0; i < rows; i++) {
        client_sql(session, "INSERT INTO other_jobs (number) VALUES (1)");
        if (random() % 4 == 0)
            usleep((useconds_t)(random() % 20000));
    }
    connection_close(session);
}

static void expect_clients_ended_well(const pid_t clients[CLIENTS])
{
    for (int i = 0; i < CLIENTS; i++) {
        int status;
        assert_int_equal(waitpid(clients[i], &status, 0), clients[i]);
        assert_int_equal(status, 0);
    }
}

static void no_wake_up_is_lost_while_many_insert(struct world *world)
{
    const char *wanted = getenv("ERRAND_FAULT_INSERTS");
    int rows = (wanted ? atoi(wanted) : 2400) / CLIENTS;
    pid_t clients[CLIENTS];
    struct worker_process *first = start_worker(world, NULL), *second = start_worker(world, NULL);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = fork();
        assert_true(clients[i] >= 0);
        if (clients[i] == 0) {
            insert_row_by_row(world, i, rows);
            _exit(0);
        }
    }
    expect_clients_ended_well(clients);
    await(count_of(world, "other_jobs", "succeeded") == rows * CLIENTS); /* sooner than any poll */
    assert_int_equal(traced(world, "once"), rows * CLIENTS);
    stop_worker(first);
    stop_worker(second);
}

/* Workers may fall asleep between an insert and its commit. (SQLite has one lock for all writers.) */
static void insert_in_open_transaction(struct connection *session)
{
    client_sql(session, "BEGIN; INSERT INTO ordered_jobs (number) VALUES (1)");
    usleep((useconds_t)(random() % PAUSE_MOST_US));
    client_sql(session, "COMMIT");
}

/* One row each time it is told to. */
static void insert_when_told(const struct world *world, int client, sem_t *told, int times)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct connection *session = open_session(world);
    srandom((unsigned)client);
    for (int i = 0; i < times; i++) {
        while (sem_wait(told) < 0)
            ;
        if (world->kind == STORE_POSTGRES && random() % 2 == 0)
            insert_in_open_transaction(session);
        else
            client_sql(session, "INSERT INTO ordered_jobs (number) VALUES (1)");
    }
    connection_close(session);
}

/* After each burst nobody inserts until all of it is done, so no later insert makes up for a wake-up that is lost. Nor
   does the clock: OrderedJob is polled once an hour, and its claims, always of the full range, are not repeated after a
   second. A second worker joins halfway: the first, alone, is not woken by what another writes to a file of SQLite. */
static void no_wake_up_is_lost_when_many_insert_at_once_and_then_no_more(struct world *world)
{
    enum { BURSTS = 200 };
    pid_t clients[CLIENTS];
    sem_t *told = mmap(NULL, CLIENTS * sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(told != MAP_FAILED);
    for (int i = 0; i < CLIENTS; i++) {
        assert_return_code(sem_init(&told[i], 1, 0), 0);
        clients[i] = fork();
        assert_true(clients[i] >= 0);
        if (clients[i] == 0) {
            insert_when_told(world, i, &told[i], BURSTS);
            _exit(0);
        }
    }
    struct worker_process *first = start_worker(world, NULL), *second = NULL;
    for (int burst = 1; burst <= BURSTS; burst++) {
        if (burst == BURSTS / 2)
            second = start_worker(world, NULL);
        usleep((useconds_t)(random() % PAUSE_MOST_US)); /* workers are met asleep, falling asleep, and awake */
        for (int i = 0; i < CLIENTS; i++)
            sem_post(&told[i]);
        await(count_of(world, "ordered_jobs", "succeeded") == burst * CLIENTS);
    }
    expect_clients_ended_well(clients);
    assert_int_equal(traced(world, "start"), BURSTS * CLIENTS);
    stop_worker(first);
    stop_worker(second);
    munmap(told, CLIENTS * sizeof(*told));
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = {
        E2E_ONLY(STORE_POSTGRES, a_server_stopped_and_started_makes_no_job_run_twice),
        E2E_ONLY(STORE_POSTGRES, a_server_that_crashes_makes_no_job_run_twice),
        E2E_ONLY(STORE_POSTGRES, terminated_backends_make_no_job_run_twice),
        E2E_ONLY(STORE_POSTGRES, triggers_that_were_dropped_come_back),
        E2E_ONLY(STORE_POSTGRES, a_database_made_anew_under_a_worker_gets_our_tables_too),
        E2E_ONLY(STORE_POSTGRES, a_writer_that_does_not_end_keeps_no_worker_waiting),
        E2E(a_backup_under_way_disturbs_nothing),
        E2E_ONLY(STORE_POSTGRES, a_dump_by_pg_dump_disturbs_neither_work_nor_the_making_of_triggers),
        E2E(a_column_added_during_work_disturbs_nothing),
        E2E(a_schema_migrated_during_work_disturbs_nothing),
        E2E_ONLY(STORE_POSTGRES, a_table_locked_by_others_does_not_stop_the_other_types),
        E2E_ONLY(STORE_POSTGRES, a_locked_row_holds_up_no_other_job_of_its_type),
        E2E_ONLY(STORE_POSTGRES, an_outcome_behind_a_lock_that_stays_is_left_to_others_in_the_end),
        E2E_ONLY(STORE_SQLITE, a_file_locked_by_others_delays_and_harms_nothing),
        E2E(no_wake_up_is_lost_while_many_insert),
        E2E(no_wake_up_is_lost_when_many_insert_at_once_and_then_no_more),
    };
    return e2e_main(argc, argv, "outages", tests, sizeof(tests) / sizeof(*tests));
}
