/* How much of the runners each type gets: how many jobs to claim ahead, on how many runners to spread them, how many to
   give to one, and who comes next where there are not enough for all. No I/O and no changes: only answers. */
#include "worker/worker.h"

#include "base/clock.h"

enum {
    LOOK_AHEAD_US = 10000, /* jobs that will start within this time are claimed before */
    LOOK_AHEAD_MOST = 1000,
    BACKLOG_US = 5000,      /* work that one runner is given at a time: longer than a round trip of its replies */
    RUNNER_WORTH_US = 1000, /* waiting work that makes a further runner worth waking */
};

/* Jobs of this type go to a runner one by one. */
static bool share_is_single(const struct queue *queue)
{
    return queue->average_us < 0 || queue->prints;
}

/* Jobs that one runner may hold. */
size_t share_lane_room(const struct queue *queue)
{
    if (share_is_single(queue))
        return 1;
    double average = queue->average_us < 1 ? 1 : queue->average_us;
    double room = BACKLOG_US / average;
    return room < 1 ? 1 : room > SHARE_BACKLOG_MOST ? SHARE_BACKLOG_MOST : (size_t)room;
}

static size_t idle_lanes(const struct worker *worker)
{
    size_t idle = 0;
    for (const struct lane *lane = worker->lanes; lane; lane = lane->next)
        idle += !lane->queue && !lane->going;
    return idle;
}

bool share_may_start(const struct worker *worker)
{
    return worker->lane_count < (size_t)worker->options.max_runners && worker->state < WORKER_KILLING &&
           clock_monotonic_us() >= worker->no_start_before_us;
}

/* It has no runner, and would have work for one. */
bool share_is_hungry(const struct queue *queue)
{
    bool may_find = queue->more && queue->usable && !queue->backing_off && queue->worker->online;
    return queue->lanes == 0 && (queue->ready.count > 0 || queue->claiming > 0 || may_find);
}

/* Types that are to have a runner before this one gets a further one: who had none for longest comes first. */
static size_t hungry_before(const struct queue *queue)
{
    size_t count = 0;
    for (size_t i = 0; i < queue->worker->queue_count; i++) {
        const struct queue *other = &queue->worker->queues[i];
        bool first =
            queue->lanes > 0 || other->fed_us < queue->fed_us || (other->fed_us == queue->fed_us && other < queue);
        count += other != queue && first && share_is_hungry(other);
    }
    return count;
}

/* Runners beside its own that this type may take. */
size_t share_spare_lanes(const struct queue *queue)
{
    const struct worker *worker = queue->worker;
    size_t spare = idle_lanes(worker), before = hungry_before(queue);
    if (share_may_start(worker))
        spare += (size_t)worker->options.max_runners - worker->lane_count;
    return spare > before ? spare - before : 0;
}

/* Where all runners are taken, one is let run empty for a type that has none: it would wait for ever. */
bool share_must_yield(const struct queue *queue)
{
    return queue->worker->lane_count >= (size_t)queue->worker->options.max_runners &&
           hungry_before(queue) > idle_lanes(queue->worker);
}

/* Runners that this type could use at once. */
static size_t reachable_lanes(const struct queue *queue)
{
    size_t most = (size_t)queue->type->options->max_concurrency;
    size_t reachable = queue->lanes + share_spare_lanes(queue);
    return reachable < most ? reachable : most;
}

/* Its job takes longer than jobs of its type were expected to; what is put behind it would only wait. */
bool share_is_stuck(const struct lane *lane, int64_t now)
{
    return lane->jobs.first && now - lane->jobs.first->since_us >= SHARE_WAIT_MOST_US;
}

static size_t stuck_lanes(const struct queue *queue)
{
    size_t stuck = 0;
    int64_t now = clock_monotonic_us();
    for (const struct lane *lane = queue->worker->lanes; lane; lane = lane->next)
        stuck += lane->queue == queue && share_is_stuck(lane, now);
    return stuck;
}

size_t share_room(const struct queue *queue)
{
    size_t lanes = reachable_lanes(queue);
    if (share_is_single(queue))
        return lanes;
    double average = queue->average_us < 1 ? 1 : queue->average_us;
    size_t stuck = stuck_lanes(queue);
    double ahead = (double)(lanes > stuck ? lanes - stuck : 0) * LOOK_AHEAD_US / average;
    return lanes + (ahead > LOOK_AHEAD_MOST ? LOOK_AHEAD_MOST : (size_t)ahead);
}

/* On how many runners the waiting jobs are worth spreading. */
size_t share_wanted_lanes(const struct queue *queue)
{
    size_t most = (size_t)queue->type->options->max_concurrency;
    size_t waiting = queue->ready.count + queue->with_runners;
    size_t wanted = waiting;
    if (!share_is_single(queue)) {
        double worth = (double)waiting * queue->average_us / RUNNER_WORTH_US;
        wanted = worth >= (double)waiting ? waiting : (size_t)worth + 1;
    }
    return wanted < most ? wanted : most;
}
