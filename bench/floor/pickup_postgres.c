/* pickup_postgres URL TABLE COUNT GAP_US: LISTEN, and a claim by hand for each notification; the time from just before
   the INSERT of another process to the claim's answer. The table gets a trigger that always notifies meanwhile. */
#include "floor.h"
#include "insert.h"
#include "postgres.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

static void add_trigger(PGconn *connection, const char *table)
{
    floor_exec(connection, "CREATE OR REPLACE FUNCTION floor_notify() RETURNS trigger LANGUAGE plpgsql AS "
                           "$$BEGIN NOTIFY floor_jobs; RETURN NULL; END$$");
    floor_exec(connection, "DROP TRIGGER IF EXISTS floor_notify ON %s", table);
    floor_exec(connection,
               "CREATE TRIGGER floor_notify AFTER INSERT ON %s FOR EACH STATEMENT EXECUTE FUNCTION floor_notify()",
               table);
}

static void await_notification(PGconn *connection)
{
    PGnotify *notification;
    while (!(notification = PQnotifies(connection))) {
        poll(&(struct pollfd){ .fd = PQsocket(connection), .events = POLLIN }, 1, -1);
        if (!PQconsumeInput(connection))
            floor_die("%s", PQerrorMessage(connection));
    }
    while (notification) {
        PQfreemem(notification);
        notification = PQnotifies(connection);
    }
}

static void finish(PGconn *connection, const PGresult *jobs, const char *holder)
{
    for (int i = 0; i < PQntuples(jobs); i++) {
        char array[64];
        snprintf(array, sizeof(array), "{%s}", PQgetvalue(jobs, i, 0));
        const char *values[] = { array, holder };
        PQclear(floor_run(connection, "finish", 2, values));
    }
}

static void claim(PGconn *connection, struct floor_samples *samples)
{
    const char *holder = "00000000-0000-4000-8000-000000000001";
    const char *values[] = { holder, "16" };
    PGresult *jobs = floor_run(connection, "claim", 2, values);
    int64_t now = floor_now_us();
    int sent = PQfnumber(jobs, "sent_us");
    for (int i = 0; i < PQntuples(jobs); i++)
        floor_sample(samples, now - strtoll(PQgetvalue(jobs, i, sent), NULL, 10));
    finish(connection, jobs, holder);
    PQclear(jobs);
}

static void work(struct floor_gate *gate, const struct floor_insert *insert)
{
    PGconn *connection = floor_connect(insert->url);
    floor_prepare_claim(connection, insert->table);
    floor_prepare_finish(connection, insert->table);
    floor_exec(connection, "LISTEN floor_jobs");
    struct floor_samples samples = { 0 };
    claim(connection, &samples);
    samples.count = 0; /* what was there before */
    floor_gate_wait(gate);
    while (samples.count < (size_t)insert->count) {
        await_notification(connection);
        claim(connection, &samples);
    }
    printf("{");
    floor_print_samples("pickup", &samples);
    printf("}\n");
    fflush(stdout);
    PQfinish(connection);
}

/* Process 0 works, process 1 inserts. */
static void either(struct floor_gate *gate, int index, void *arg)
{
    const struct floor_insert *insert = arg;
    if (index == 0) {
        work(gate, insert);
        return;
    }
    floor_gate_wait(gate);
    floor_insert(insert);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        floor_die("usage: pickup_postgres URL TABLE COUNT GAP_US");
    struct floor_insert insert = { argv[1], argv[2], floor_number(argv[3]), floor_number(argv[4]) };
    PGconn *connection = floor_connect(argv[1]);
    add_trigger(connection, argv[2]);
    floor_run_processes(2, either, &insert);
    floor_exec(connection, "DROP TRIGGER floor_notify ON %s", argv[2]);
    PQfinish(connection);
    return 0;
}
