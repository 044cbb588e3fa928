/* A worker reduced to what its runners need: a loop, tasks, and a note of all that it was told. */
#ifndef TESTS_RUNNER_WORLD_H
#define TESTS_RUNNER_WORLD_H

#include "runner/runner.h"

#include "jobs.h"

enum { WORLD_TASKS = 1024, WORLD_LIMIT_S = 120 };

struct world_task {
    struct runner_task task;
    char row[TEST_ROW_MAX];
    int ended;             /* how often it was told */
    struct runner_end end; /* texts owned */
};

struct world {
    uv_loop_t loop;
    uv_timer_t limit;
    struct runner *runner; /* NULL once it has gone */
    struct log log;
    size_t memory_limit_bytes;
    bool ready, exited;
    char *failure; /* owned */
    struct world_task tasks[WORLD_TASKS];
    size_t count, ended;
    bool follow; /* the last end told that more follow */
    char *lines; /* owned: what was printed, one a line */
    void (*on_ended)(struct world *world, struct world_task *task);
};

void world_begin(struct world *world);
/* The runner goes, and everything is freed. */
void world_end(struct world *world);
void world_start(struct world *world);
/* Adds a task; it is sent with the others by world_send. */
struct world_task *world_add(struct world *world, const char *name, const char *argument);
void world_send(struct world *world);
/* Adds and sends one. */
struct world_task *world_do(struct world *world, const char *name, const char *argument);

/* Each runs the loop until it is so; a test that takes longer than WORLD_LIMIT_S fails. */
void world_until_ended(struct world *world);
void world_until_exited(struct world *world);
void world_until(struct world *world, bool (*done)(struct world *world));
void world_until_started(struct world *world, const struct world_task *task);

#endif
