#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void on_ready(void *owner, struct runner *runner)
{
    struct world *world = owner;
    assert_ptr_equal(runner, world->runner);
    world->ready = true;
}

static void on_ended(void *owner, struct runner *runner, struct runner_task *task, const struct runner_end *end,
                     bool more)
{
    struct world *world = owner;
    struct world_task *mine = (struct world_task *)task;
    assert_ptr_equal(runner, world->runner);
    assert_null(task->runner);
    mine->ended++;
    mine->end = *end;
    mine->end.error = copy(end->error);
    mine->end.backtrace = copy(end->backtrace);
    char *output = end->output_size > 0 ? calloc(1, end->output_size + 1) : NULL;
    if (output)
        memcpy(output, end->output, end->output_size);
    mine->end.output = output;
    world->ended++;
    world->follow = more;
    if (world->on_ended)
        world->on_ended(world, mine);
}

static void on_printed(void *owner, struct runner *runner, struct runner_task *task, enum errand_log_level level,
                       const char *line)
{
    struct world *world = owner;
    char *lines;
    assert_ptr_equal(runner, world->runner);
    assert_non_null(task);
    assert_null(strchr(line, '\n'));
    assert_true(asprintf(&lines, "%s%d:%s\n", world->lines ? world->lines : "", (int)level, line) > 0);
    free(world->lines);
    world->lines = lines;
}

static void on_exited(void *owner, struct runner *runner, const char *failure)
{
    struct world *world = owner;
    assert_ptr_equal(runner, world->runner);
    assert_int_equal(runner_task_count(runner), 0);
    world->runner = NULL;
    world->exited = true;
    free(world->failure);
    world->failure = copy(failure);
}

static void on_limit(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("nothing came within %d seconds", WORLD_LIMIT_S);
}

void world_begin(struct world *world)
{
    memset(world, 0, sizeof(*world));
    world->log = (struct log){ .fd = 2, .level = ERRAND_LOG_WARNING };
    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->limit);
    uv_timer_start(&world->limit, on_limit, WORLD_LIMIT_S * 1000, 0);
    world_start(world);
}

void world_start(struct world *world)
{
    static const struct runner_events events = { on_ready, on_ended, on_printed, on_exited };
    struct errand_error err;
    struct runner_config config = {
        .schema = &test_schema,
        .program = runner_program(),
        .database_url = "sqlite:/nonexistent/errand-test.db",
        .memory_limit_bytes = world->memory_limit_bytes,
        .log = &world->log,
    };
    world->ready = world->exited = false;
    world->runner = runner_start(&world->loop, &config, &events, world, &err);
    if (!world->runner)
        fail_msg("%s", err.message);
}

void world_end(struct world *world)
{
    if (world->runner) {
        runner_retire(world->runner);
        world_until_exited(world);
    }
    uv_close((uv_handle_t *)&world->limit, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    for (size_t i = 0; i < world->count; i++) {
        free((char *)world->tasks[i].end.error);
        free((char *)world->tasks[i].end.backtrace);
        free((char *)world->tasks[i].end.output);
    }
    free(world->lines);
    free(world->failure);
}

struct world_task *world_add(struct world *world, const char *name, const char *argument)
{
    assert_true(world->count < WORLD_TASKS);
    struct world_task *task = &world->tasks[world->count++];
    task->task = (struct runner_task){ .id = "00000000-0000-4000-8000-000000000000", .attempts = 1, .row = task->row };
    task->task.row_size = test_row(task->row, name, argument);
    return task;
}

void world_send(struct world *world)
{
    struct runner_task *tasks[WORLD_TASKS];
    size_t count = 0;
    for (size_t i = 0; i < world->count; i++)
        if (world->tasks[i].ended == 0 && !world->tasks[i].task.runner)
            tasks[count++] = &world->tasks[i].task;
    assert_int_equal(runner_send(world->runner, 0, tasks, count, 0), 0);
}

struct world_task *world_do(struct world *world, const char *name, const char *argument)
{
    struct world_task *task = world_add(world, name, argument);
    world_send(world);
    return task;
}

void world_until(struct world *world, bool (*done)(struct world *world))
{
    while (!done(world))
        uv_run(&world->loop, UV_RUN_ONCE);
}

static bool all_ended(struct world *world)
{
    return world->ended == world->count;
}

static bool has_exited(struct world *world)
{
    return world->exited;
}

void world_until_ended(struct world *world)
{
    world_until(world, all_ended);
}

void world_until_exited(struct world *world)
{
    world_until(world, has_exited);
}

/* Looks again and again: a job that starts says nothing. */
void world_until_started(struct world *world, const struct world_task *task)
{
    int64_t started;
    while (runner_current(world->runner, &started) != &task->task) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        uv_sleep(1);
    }
}
