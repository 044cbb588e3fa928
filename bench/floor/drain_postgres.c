/* drain_postgres URL TABLE CLAIM_SIZE [CONNECTIONS]: takes every due job of the table to succeeded, over connections
   in pipeline mode, each with one transaction in flight that finishes what it claimed before and claims the next. */
#include "floor.h"
#include "postgres.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES_MAX = 8, UUID_TEXT = 36 };

struct lane {
    PGconn *connection;
    char *ids; /* the array of what it holds: {id,id} */
    size_t held;
    char holder[UUID_TEXT + 1], next_holder[UUID_TEXT + 1];
    unsigned claims;
    bool in_flight;
    bool drained;
    int64_t sent_us;
};

struct drain {
    struct lane lanes[LANES_MAX];
    int lane_count;
    char limit[16];
    size_t finished;
    struct floor_samples exchanges;
};

static void lane_send(struct drain *drain, struct lane *lane)
{
    if (lane->held > 0) {
        const char *values[] = { lane->ids, lane->holder };
        PQsendQueryPrepared(lane->connection, "finish", 2, values, NULL, NULL, 0);
    }
    snprintf(lane->next_holder, sizeof(lane->next_holder), "00000000-0000-4000-8000-%04x%08x",
             (unsigned)(lane - drain->lanes), ++lane->claims);
    const char *values[] = { lane->next_holder, drain->limit };
    PQsendQueryPrepared(lane->connection, "claim", 2, values, NULL, NULL, 0);
    if (!PQpipelineSync(lane->connection))
        floor_die("%s", PQerrorMessage(lane->connection));
    lane->in_flight = true;
    lane->sent_us = floor_now_us();
}

static void lane_keep(struct lane *lane, const PGresult *rows)
{
    size_t count = (size_t)PQntuples(rows);
    char *end = lane->ids;
    *end++ = '{';
    for (size_t i = 0; i < count; i++) {
        memcpy(end, PQgetvalue(rows, (int)i, 0), UUID_TEXT);
        end += UUID_TEXT;
        *end++ = ',';
    }
    end[count > 0 ? -1 : 0] = '}';
    end[count > 0 ? 0 : 1] = '\0';
    lane->held = count;
    memcpy(lane->holder, lane->next_holder, sizeof(lane->holder));
}

/* Takes what has arrived; true once the transaction has committed. */
static bool lane_receive(struct drain *drain, struct lane *lane)
{
    if (!PQconsumeInput(lane->connection))
        floor_die("%s", PQerrorMessage(lane->connection));
    while (!PQisBusy(lane->connection)) {
        PGresult *result = PQgetResult(lane->connection);
        if (!result)
            continue; /* the end of one statement */
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_TUPLES_OK)
            lane_keep(lane, result);
        else if (status == PGRES_COMMAND_OK)
            drain->finished += strtoul(PQcmdTuples(result), NULL, 10);
        else if (status != PGRES_PIPELINE_SYNC)
            floor_die("%s", PQerrorMessage(lane->connection));
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC)
            return true;
    }
    return false;
}

static void lane_open(struct lane *lane, const char *url, const char *table, long claim_size)
{
    lane->connection = floor_connect(url);
    floor_prepare_claim(lane->connection, table);
    floor_prepare_finish(lane->connection, table);
    lane->ids = malloc((size_t)claim_size * (UUID_TEXT + 1) + 3);
    if (!lane->ids)
        floor_die("out of memory");
    if (PQsetnonblocking(lane->connection, 1) || !PQenterPipelineMode(lane->connection))
        floor_die("%s", PQerrorMessage(lane->connection));
}

static void lane_step(struct drain *drain, struct lane *lane)
{
    if (!lane_receive(drain, lane))
        return;
    floor_sample(&drain->exchanges, floor_now_us() - lane->sent_us);
    lane->in_flight = false;
    lane->drained = lane->held == 0;
    if (!lane->drained)
        lane_send(drain, lane);
}

/* One turn: waits for any lane, and moves those that can. False once all are drained. */
static bool drain_turn(struct drain *drain)
{
    struct pollfd fds[LANES_MAX];
    bool any = false;
    for (int i = 0; i < drain->lane_count; i++) {
        struct lane *lane = &drain->lanes[i];
        bool writing = lane->in_flight && PQflush(lane->connection) == 1;
        fds[i] = (struct pollfd){ .fd = lane->in_flight ? PQsocket(lane->connection) : -1,
                                  .events = (short)(POLLIN | (writing ? POLLOUT : 0)) };
        any |= lane->in_flight;
    }
    if (!any)
        return false;
    poll(fds, (nfds_t)drain->lane_count, -1);
    for (int i = 0; i < drain->lane_count; i++)
        if (fds[i].fd != -1 && (fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
            lane_step(drain, &drain->lanes[i]);
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5)
        floor_die("usage: drain_postgres URL TABLE CLAIM_SIZE [CONNECTIONS]");
    long claim_size = floor_number(argv[3]);
    struct drain drain = { .lane_count = argc == 5 ? (int)floor_number(argv[4]) : 2 };
    if (drain.lane_count < 1 || drain.lane_count > LANES_MAX)
        floor_die("between 1 and %d connections, not %d", LANES_MAX, drain.lane_count);
    snprintf(drain.limit, sizeof(drain.limit), "%ld", claim_size);
    for (int i = 0; i < drain.lane_count; i++)
        lane_open(&drain.lanes[i], argv[1], argv[2], claim_size);

    int64_t start = floor_now_us();
    for (int i = 0; i < drain.lane_count; i++)
        lane_send(&drain, &drain.lanes[i]);
    while (drain_turn(&drain))
        ;
    int64_t us = floor_now_us() - start;
    printf("{\"jobs\": %zu, \"us\": %lld, \"per_s\": %.0f, ", drain.finished, (long long)us,
           (double)drain.finished * 1e6 / (double)us);
    floor_print_samples("exchange", &drain.exchanges);
    printf("}\n");
    return 0;
}
