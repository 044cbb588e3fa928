/* What people do with jobs from outside, beside workers at work. */
#include "harness.h"

#include "admin/admin.h"
#include "admin/changes.h"
#include "job/types.h"
#include "record/context.h"

#include <errand.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern const struct errand_schema errand_schema;

static const struct errand_table *table_named(const char *name)
{
    for (const struct errand_job_type *type = errand_schema.job_types; type->table; type++)
        if (strcmp(type->table->name, name) == 0)
            return type->table;
    fail_msg("no table %s", name);
    return NULL;
}

/* A call from outside, in a context of its own. */
struct call {
    const struct errand_table *table;
    enum admin_change change;
    struct admin_filter filter;
    struct admin_bulk bulk; /* of all steps */
    bool alive;             /* is a worker? */
    size_t running;         /* jobs of it */
};

static void call(struct world *world, void (*fn)(struct errand_context *ctx, void *arg), struct call *call)
{
    struct store_url url;
    assert_int_equal(store_url_parse(world->url, &url, NULL), 0);
    const struct context_config config = { .url = &url, .limits = { .statement_ms = 20000 } };
    struct errand_context *ctx = context_new(&config);
    struct context_end end = context_call(ctx, fn, call);
    if (end.end != JOB_END_RETURNED)
        fail_msg("raised: %s", end.error);
    context_free(ctx);
    store_url_release(&url);
}

static void change_all(struct errand_context *ctx, void *arg)
{
    struct call *call = arg;
    const char *after = NULL;
    do {
        admin_change_step(ctx, call->table, call->change, &call->filter, &after, &call->bulk);
    } while (after);
}

static void all_failed_jobs_are_retried_beside_workers(struct world *world)
{
    enum { JOBS = 4000 };
    insert_numbered(world, "traced_jobs", JOBS);
    sql(world, "UPDATE traced_jobs SET status = 'job_status_failed', last_error = 'once', attempts_count = 3");
    start_worker(world, NULL);
    start_worker(world, NULL);
    struct call failed = { .table = table_named("traced_jobs"), .change = ADMIN_RETRY_JOB };
    failed.filter.statuses = 1U << ADMIN_FAILED;
    call(world, change_all, &failed);
    assert_int_equal(failed.bulk.changed, JOBS);
    await(count_of(world, "traced_jobs", "succeeded") == JOBS);
    assert_int_equal(traced(world, "end"), JOBS);
}

static void a_delete_of_all_leaves_running_jobs_to_their_workers(struct world *world)
{
    enum { JOBS = 4000, HELD = 16 };
    insert_numbered(world, "traced_jobs", JOBS);
    sql(world, "UPDATE traced_jobs SET gate = 'later' WHERE number <= %d", HELD);
    start_worker(world, NULL);
    await(traced(world, "start") >= HELD);
    struct call all = { .table = table_named("traced_jobs"), .change = ADMIN_DELETE_JOB };
    call(world, change_all, &all);
    assert_true(all.bulk.changed > 0);
    int64_t left = sql_number(world, "SELECT count(*) FROM traced_jobs");
    assert_true(left >= HELD);
    open_gate(world, "later");
    await(count_of(world, "traced_jobs", "succeeded") == sql_number(world, "SELECT count(*) FROM traced_jobs"));
    assert_int_equal(sql_number(world, "SELECT count(*) FROM traced_jobs WHERE number <= %d", HELD), HELD);
    assert_int_equal(traced(world, "start"), traced(world, "end"));
}

static void a_retry_wakes_a_worker_that_sleeps(struct world *world)
{
    start_worker(world, NULL);
    insert_numbered(world, "traced_jobs", 1);
    await(count_of(world, "traced_jobs", "succeeded") == 1);
    struct call all = { .table = table_named("traced_jobs"), .change = ADMIN_RETRY_JOB };
    for (int again = 2; again <= 4; again++) {
        call(world, change_all, &all);
        await(traced(world, "end") == again);
        await(count_of(world, "traced_jobs", "succeeded") == 1);
    }
    assert_int_equal(all.bulk.changed, 3);
}

static void look_at_workers(struct errand_context *ctx, void *arg)
{
    struct call *call = arg;
    struct admin_workers workers = admin_workers(ctx, admin_overviews(ctx, &call->table, 1), 1);
    call->alive = workers.count > 0 && workers.items[0].alive;
    call->running = workers.count > 0 ? workers.items[0].running_count : 0;
}

static void workers_are_alive_until_they_die(struct world *world)
{
    struct call look = { .table = table_named("traced_jobs") };
    struct worker_process *worker = start_worker(world, NULL);
    insert_held(world, 3, "never");
    await((call(world, look_at_workers, &look), look.alive && look.running == 3));
    signal_worker(worker, SIGKILL);
    await_end(worker);
    call(world, look_at_workers, &look);
    assert_false(look.alive);
}

/* What errand doctor prints. */
static char *examine(struct world *world)
{
    static char report[16384];
    FILE *doctor;
    char *command;
    assert_true(asprintf(&command, "%s doctor --database '%s' --schema %s 2>&1", getenv("E2E_ERRAND"), world->url,
                         getenv("E2E_SCHEMA")) >= 0);
    assert_non_null(doctor = popen(command, "r"));
    free(command);
    report[fread(report, 1, sizeof(report) - 1, doctor)] = '\0';
    int status = pclose(doctor);
    assert_int_equal(WEXITSTATUS(status), strstr(report, "FAULT") ? 1 : 0);
    return report;
}

static void doctor_has(struct world *world, const char *sentence)
{
    const char *report = examine(world);
    if (!strstr(report, sentence))
        fail_msg("doctor does not say \"%s\":\n%s", sentence, report);
}

static void the_doctor_sees_jobs_of_a_worker_as_soon_as_it_is_dead(struct world *world)
{
    struct worker_process *worker = start_worker(world, NULL);
    insert_held(world, 3, "later");
    await(traced(world, "start") == 3);
    assert_null(strstr(examine(world), "traced_jobs"));
    signal_worker(worker, SIGKILL);
    await_end(worker);
    doctor_has(world, "3 jobs are running in traced_jobs under a worker that is dead (start build/bin/RunJobs, which "
                      "makes them pending again)");
    open_gate(world, "later");
    start_worker(world, NULL);
    await(count_of(world, "traced_jobs", "succeeded") == 3);
    assert_null(strstr(examine(world), "traced_jobs"));
}

static void the_doctor_sees_a_type_that_is_not_performed(struct world *world)
{
    doctor_has(world, "app/Web/Job/Hollow.c: JOB(HollowJob, ...) names no .perform: jobs of hollow_jobs stay queued");
    assert_null(strstr(examine(world), "JOB(TracedJob, ...)"));
    start_worker(world, NULL);
    sql(world, "INSERT INTO hollow_jobs DEFAULT VALUES");
    doctor_has(world, "1 job is due in hollow_jobs, and no worker that is alive works on it: its program has no "
                      "JOB(HollowJob, .perform = ...)");
}

static void watchers_are_told_of_what_workers_do(struct world *world)
{
    enum { LIMIT_MS = PATIENCE_S * 1000 };
    struct errand_error err;
    struct changes *changes = changes_new(world->url, &errand_schema, &err);
    uint64_t seen = 0;
    assert_false(changes_wait(changes, &seen, LIMIT_MS));
    assert_true(changes_wait(changes, &seen, LIMIT_MS));
    start_worker(world, NULL);
    for (int job = 1; job <= 3; job++) {
        insert_numbered(world, "traced_jobs", 1);
        while (count_of(world, "traced_jobs", "succeeded") < job)
            assert_true(changes_wait(changes, &seen, LIMIT_MS));
    }
    changes_free(changes);
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = {
        E2E(all_failed_jobs_are_retried_beside_workers),
        E2E(a_delete_of_all_leaves_running_jobs_to_their_workers),
        E2E(a_retry_wakes_a_worker_that_sleeps),
        E2E(workers_are_alive_until_they_die),
        E2E(the_doctor_sees_jobs_of_a_worker_as_soon_as_it_is_dead),
        E2E(the_doctor_sees_a_type_that_is_not_performed),
        E2E(watchers_are_told_of_what_workers_do),
    };
    return e2e_main(argc, argv, "admin", tests, sizeof(tests) / sizeof(*tests));
}
