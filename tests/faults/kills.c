/* Workers killed with -9 at random moments of their work: every job is done in the end, none is lost. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS = 3, TRACE_BYTES_A_JOB = 140, DONE_WITHIN_S = 300 };

/* What one worker may have claimed and not yet settled: a job on each of the 16 runners of a type, those that start
   within 10 ms (LOOK_AHEAD_US of src/worker/share.c), which at 1.5 ms a job are 106, and as many of the exchange
   before, whose outcomes are on their way: at most two are in flight for a table. */
enum { RUNNERS = 16, AVERAGE_US = 1500, AHEAD = RUNNERS * 10000 / AVERAGE_US, UNSETTLED_MOST = 2 * (RUNNERS + AHEAD) };

static int from_environment(const char *name, int otherwise)
{
    const char *value = getenv(name);
    return value ? atoi(value) : otherwise;
}

static void insert_jobs(struct world *world, int jobs)
{
    insert_numbered(world, "traced_jobs", jobs);
    sql(world, "UPDATE traced_jobs SET microseconds = number %% 7 * 500");
}

/* Kill number `kill` comes when a random part of its share of the work is done. */
static void kill_one(struct world *world, struct worker_process *workers[WORKERS], int kill, int kills, int jobs)
{
    double share = (double)jobs * TRACE_BYTES_A_JOB / (kills + 1);
    int64_t moment = (int64_t)(share * (kill + (double)random() / RAND_MAX));
    int victim = (int)(random() % WORKERS);
    await_for(DONE_WITHIN_S, traced_bytes(world) >= moment || count_of(world, "traced_jobs", "succeeded") == jobs);
    signal_worker(workers[victim], SIGKILL);
    assert_int_equal(await_end(workers[victim]), 128 + SIGKILL);
    workers[victim] = start_worker(world, NULL);
}

static void expect_each_done(const struct world *world, int jobs)
{
    struct trace trace = read_trace(world);
    char *done = calloc((size_t)jobs + 1, 1);
    assert_non_null(done);
    for (size_t i = 0; i < trace.count; i++)
        if (strcmp(trace.events[i].event, "end") == 0)
            done[trace.events[i].number] = 1;
    for (int i = 1; i <= jobs; i++)
        if (!done[i])
            fail_msg("job %d is not done", i);
    free(done);
    free_trace(&trace);
}

static void workers_killed_at_random_lose_no_job(struct world *world)
{
    int jobs = from_environment("ERRAND_FAULT_JOBS", 3000), kills = from_environment("ERRAND_FAULT_KILLS", 6);
    unsigned seed = (unsigned)from_environment("ERRAND_FAULT_SEED", (int)getpid());
    struct worker_process *workers[WORKERS];
    srandom(seed);
    insert_jobs(world, jobs);
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_worker(world, NULL);
    for (int i = 0; i < kills; i++)
        kill_one(world, workers, i, kills, jobs);
    await_for(DONE_WITHIN_S, count_of(world, "traced_jobs", "succeeded") == jobs);
    expect_each_done(world, jobs);
    assert_int_equal(sql_number(world, "SELECT count(*) FROM traced_jobs WHERE locked_by IS NOT NULL"), 0);
    for (int i = 0; i < WORKERS; i++)
        stop_worker(workers[i]);
    /* They were running, or had just returned, when their worker was killed. */
    int again = started_again(world);
    print_message("%d jobs, %d kills, seed %u: %d jobs ran more than once, the most attempts of one are %d\n", jobs,
                  kills, seed, again, (int)sql_number(world, "SELECT max(attempts_count) FROM traced_jobs"));
    assert_in_range(again, 0, kills * UNSETTLED_MOST);
}

int main(int argc, char **argv)
{
    static const struct e2e_test tests[] = { E2E(workers_killed_at_random_lose_no_job) };
    return e2e_main(argc, argv, "kills", tests, sizeof(tests) / sizeof(*tests));
}
