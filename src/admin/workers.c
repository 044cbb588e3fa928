/* The workers that have registered, and what each is running. */
#include "admin/internal.h"

#include "admin_sql.h"
#include "base/clock.h"
#include "base/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUNNING_OF_TABLE_MAX = 2000,
    RUNNING_OF_WORKER_MAX = 50,
    SILENT_US = 60 * 1000000,     /* as the sweeper judges */
    STALE_US = 10 * 60 * 1000000, /* default of stale_job_timeout; our workers refresh locked_at far more often */
};

/* ---- Workers ---- */

/* Where it ran on this machine, the machine knows whether it does. */
static bool is_gone(const struct result *result, size_t row)
{
    struct process_identity process = {
        .pid_namespace = cell_number(result, row, 8),
        .pid = cell_number(result, row, 2),
        .start_ticks = cell_number(result, row, 9),
    };
    snprintf(process.boot_id, sizeof(process.boot_id), "%s", result_cell(result, row, 7, NULL));
    return process_is_gone(&process);
}

static bool is_true(const struct result *result, size_t row, size_t column)
{
    const char *cell = result_cell(result, row, column, NULL);
    return cell && (cell[0] == 't' || cell[0] == '1');
}

static struct admin_worker read_worker(struct errand_context *ctx, const struct result *result, size_t row)
{
    return (struct admin_worker){
        .id = cell_text(ctx, result, row, 0),
        .host = cell_text(ctx, result, row, 1),
        .pid = cell_number(result, row, 2),
        .tables = cell_text(ctx, result, row, 3),
        .started_at = cell_time(result, row, 4),
        .seen_at = cell_time(result, row, 5),
        .version = cell_text(ctx, result, row, 6),
        .alive = is_true(result, row, 10) && !is_gone(result, row),
    };
}

static struct admin_worker *read_workers(struct errand_context *ctx, size_t *count)
{
    static const char *const statements[] = {
        [STORE_SQLITE] = sql_workers_sqlite, [STORE_POSTGRES] = sql_workers_postgres
    };
    struct result *result =
        sql_run(ctx, NULL, statements[context_kind(ctx)],
                SQL_PARTS({ .name = "since", .value = errand_timestamp(clock_realtime_us() - SILENT_US) },
                          { .name = "most", .value = errand_int(ADMIN_WORKERS_MAX) }));
    *count = result_rows(result);
    struct admin_worker *workers = errand_alloc(ctx, (*count + 1) * sizeof(*workers));
    for (size_t i = 0; i < *count; i++)
        workers[i] = read_worker(ctx, result, i);
    result_free(result);
    return workers;
}

/* ---- What they run ---- */

/* locked_by begins with the worker's id: 16 digits, with dashes behind the 8th and the 12th. */
static bool is_of(const char *lock, const char *worker)
{
    return lock && strlen(lock) == 36 && strlen(worker) == 16 && memcmp(lock, worker, 8) == 0 &&
           memcmp(lock + 9, worker + 8, 4) == 0 && memcmp(lock + 14, worker + 12, 4) == 0;
}

static void add_running(struct errand_context *ctx, struct admin_worker *worker, const struct errand_table *table,
                        const struct result *result, size_t row)
{
    struct admin_running running = { .table = table->name, .since = cell_time(result, row, 1) };
    snprintf(running.job_id.text, sizeof(running.job_id.text), "%s", result_cell(result, row, 0, NULL));
    if (worker->running_count == RUNNING_OF_WORKER_MAX) {
        worker->running_more = true;
        return;
    }
    if (!worker->running)
        worker->running = errand_alloc(ctx, RUNNING_OF_WORKER_MAX * sizeof(running));
    ((struct admin_running *)worker->running)[worker->running_count++] = running;
}

struct reading {
    const struct errand_table *table;
    struct admin_worker *workers;
    size_t count;
};

static void expect_more(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        reading->workers[i].running_more = true;
}

static void read_running(struct errand_context *ctx, void *arg)
{
    const struct reading *reading = arg;
    const struct errand_table *table = reading->table;
    struct admin_worker *workers = reading->workers;
    size_t count = reading->count;
    const char *most = errand_printf(ctx, "%d", RUNNING_OF_TABLE_MAX + 1);
    struct result *result = sql_run(ctx, table, sql_running, SQL_PARTS({ .name = "most", .text = most }));
    bool all = result_rows(result) <= RUNNING_OF_TABLE_MAX;
    for (size_t row = 0; row < result_rows(result); row++) {
        const char *lock = result_cell(result, row, 2, NULL);
        for (size_t i = 0; i < count; i++)
            if (is_of(lock, workers[i].id))
                add_running(ctx, &workers[i], table, result, row);
    }
    if (!all)
        expect_more(reading);
    result_free(result);
}

static void try_to_read(struct errand_context *ctx, struct reading *reading)
{
    struct context_end end = context_try_each(ctx, read_running, reading);
    if (end.fault == CONTEXT_FAULT_AWAY)
        context_refuse(ctx, end.fault, "%s", end.error);
    if (end.end != JOB_END_RETURNED)
        expect_more(reading);
}

struct admin_workers admin_workers(struct errand_context *ctx, const struct admin_overview *counts, size_t count)
{
    struct admin_workers list = { 0 };
    if (!sql_may(ctx, "errand_workers", "SELECT"))
        return list;
    struct admin_worker *workers = read_workers(ctx, &list.count);
    for (size_t i = 0; i < count && list.count > 0; i++) {
        struct reading reading = { counts[i].table, workers, list.count };
        if (counts[i].trouble)
            expect_more(&reading);
        else if (!counts[i].missing)
            try_to_read(ctx, &reading);
    }
    list.items = workers;
    return list;
}

/* ---- What they left ---- */

static void add_dead(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    const struct admin_workers *workers = arg;
    (void)table;
    statement_add(ctx, "''"); /* a list must not be empty */
    for (size_t i = 0; i < workers->count; i++) {
        const struct admin_worker *worker = &workers->items[i];
        if (worker->alive || strlen(worker->id) != 16)
            continue;
        statement_add(ctx, ", ");
        statement_add_value(
            ctx, errand_text(errand_printf(ctx, "%.8s-%.4s-%.4s", worker->id, worker->id + 8, worker->id + 12)));
    }
}

struct admin_left admin_left(struct errand_context *ctx, const struct errand_table *table,
                             const struct admin_workers *workers)
{
    struct result *result =
        sql_run(ctx, table, sql_left,
                SQL_PARTS({ .name = "dead", .add = add_dead, .arg = workers },
                          { .name = "since", .value = errand_timestamp(errand_now(ctx) - STALE_US) }));
    struct admin_left left = { .by_dead = cell_number(result, 0, 0), .by_silent = cell_number(result, 0, 1) };
    result_free(result);
    return left;
}

void admin_workers_json(struct json *json, const struct admin_workers *workers)
{
    json_begin(json, "workers", '[');
    for (size_t i = 0; i < workers->count; i++) {
        const struct admin_worker *worker = &workers->items[i];
        json_begin(json, NULL, '{');
        json_text(json, "id", worker->id);
        json_text(json, "host", worker->host);
        json_int(json, "pid", worker->pid);
        json_text(json, "version", worker->version);
        json_text(json, "tables", worker->tables);
        json_bool(json, "alive", worker->alive);
        json_time(json, "started_at", worker->started_at);
        json_time(json, "seen_at", worker->seen_at);
        json_begin(json, "running", '[');
        for (size_t j = 0; j < worker->running_count; j++) {
            json_begin(json, NULL, '{');
            json_text(json, "table", worker->running[j].table);
            json_text(json, "id", worker->running[j].job_id.text);
            json_time(json, "since", worker->running[j].since);
            json_end(json, '}');
        }
        json_end(json, ']');
        json_bool(json, "running_more", worker->running_more);
        json_end(json, '}');
    }
    json_end(json, ']');
}
