/* enqueue URL TABLE CLIENTS ROWS BATCH: that many processes insert ROWS rows in all, BATCH by statement (PostgreSQL:
   unnest) or transaction (SQLite), and read back what each row then holds, as the engine's _create does. */
#include "floor.h"
#include "postgres.h"
#include "sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct enqueue {
    const char *url, *table;
    long each, batch;
};

static void by_postgres(struct floor_gate *gate, const struct enqueue *enqueue)
{
    PGconn *connection = floor_connect(enqueue->url);
    bool single = enqueue->batch == 1;
    floor_prepare(connection, "insert",
                  single ? "INSERT INTO %s (nap_us) VALUES ($1) RETURNING *"
                         : "INSERT INTO %s (nap_us) SELECT * FROM unnest($1::bigint[]) RETURNING *",
                  enqueue->table);
    char *array = malloc((size_t)enqueue->batch * 2 + 3);
    if (!array)
        floor_die("out of memory");
    array[0] = '{';
    for (long i = 0; i < enqueue->batch; i++)
        memcpy(array + 1 + i * 2, "1,", 2);
    strcpy(array + enqueue->batch * 2, "}");
    const char *values[] = { single ? "1" : array };
    floor_gate_wait(gate);
    for (long done = 0; done < enqueue->each; done += enqueue->batch)
        PQclear(floor_run(connection, "insert", 1, values));
    PQfinish(connection);
    free(array);
}

static void by_sqlite(struct floor_gate *gate, const struct enqueue *enqueue)
{
    sqlite3 *database = floor_open(enqueue->url);
    sqlite3_stmt *insert = floor_statement(database, "INSERT INTO %s (nap_us) VALUES (?1) RETURNING *", enqueue->table);
    floor_gate_wait(gate);
    for (long done = 0; done < enqueue->each; done += enqueue->batch) {
        floor_execute(database, "BEGIN IMMEDIATE");
        for (long i = 0; i < enqueue->batch; i++) {
            sqlite3_bind_int64(insert, 1, 1);
            while (sqlite3_step(insert) == SQLITE_ROW)
                ;
            if (sqlite3_reset(insert) != SQLITE_OK)
                floor_die("%s", sqlite3_errmsg(database));
        }
        floor_execute(database, "COMMIT");
    }
    sqlite3_finalize(insert);
    sqlite3_close(database);
}

static void client(struct floor_gate *gate, int index, void *arg)
{
    (void)index;
    const struct enqueue *enqueue = arg;
    if (floor_is_postgres(enqueue->url))
        by_postgres(gate, enqueue);
    else
        by_sqlite(gate, enqueue);
}

int main(int argc, char **argv)
{
    if (argc != 6)
        floor_die("usage: enqueue URL TABLE CLIENTS ROWS BATCH");
    int clients = (int)floor_number(argv[3]);
    struct enqueue enqueue = { .url = argv[1], .table = argv[2], .batch = floor_number(argv[5]) };
    enqueue.each = floor_number(argv[4]) / clients;
    int64_t us = floor_run_processes(clients, client, &enqueue);
    long rows = enqueue.each * clients;
    printf("{\"rows\": %ld, \"us\": %lld, \"per_s\": %.0f}\n", rows, (long long)us, (double)rows * 1e6 / (double)us);
    return 0;
}
