/* Retrying and deleting jobs: one, and those that were selected. (bulk.c: all that match.) Each statement looks at the
   status again, so a job that runs is never touched; rows that a worker holds at this moment are passed over, except
   where one job alone is meant. */
#include "admin/internal.h"

#include "admin_sql.h"
#include "base/buffer.h"
#include "base/clock.h"

#include <string.h>

enum { IDS_BYTES_MAX = ADMIN_STEP * 8 * 1024 };

/* A list of ids in one value: an array for PostgreSQL, JSON for SQLite. */
static struct errand_value ids_value(struct errand_context *ctx, const struct errand_value *ids, size_t count)
{
    bool postgres = context_kind(ctx) == STORE_POSTGRES;
    struct buffer text = BUFFER_INIT(IDS_BYTES_MAX);
    buffer_puts(&text, postgres ? "{" : "[");
    for (size_t i = 0; i < count; i++) {
        buffer_puts(&text, i ? "," : "");
        if (postgres)
            field_add_array_element(&text, &ids[i]);
        else
            field_add_json_element(&text, &ids[i]);
    }
    buffer_puts(&text, postgres ? "}" : "]");
    const char *copy = text.failed ? NULL : errand_strdup(ctx, text.data);
    buffer_release(&text);
    if (!copy)
        errand_fail(ctx, "%zu ids are too large for one statement", count);
    return errand_text(copy);
}

static const char *const statements[][3] = {
    [STORE_SQLITE] = { [ADMIN_RETRY_JOB] = sql_retry_sqlite, [ADMIN_DELETE_JOB] = sql_delete_sqlite },
    [STORE_POSTGRES] = { [ADMIN_RETRY_JOB] = sql_retry_postgres, [ADMIN_DELETE_JOB] = sql_delete_postgres },
};
static const char *const delete_attempts[] = {
    [STORE_SQLITE] = sql_delete_attempts_sqlite,
    [STORE_POSTGRES] = sql_delete_attempts_postgres,
};
static const char *const still[] = { [STORE_SQLITE] = sql_still_sqlite, [STORE_POSTGRES] = sql_still_postgres };

const struct errand_column *change_id_column(struct errand_context *ctx, const struct errand_table *table)
{
    const struct errand_column *column = column_named(table, "id");
    if (!column)
        errand_fail(ctx, "the table %s has no column id", table->name);
    return column;
}

/* Records of attempts have no use without their job. */
static void forget_attempts(struct errand_context *ctx, const struct change_batch *batch, const struct result *deleted)
{
    size_t count = result_rows(deleted);
    if (count == 0 || !sql_may(ctx, "errand_attempts", "DELETE"))
        return;
    struct errand_value *items = errand_alloc(ctx, count * sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = errand_text(cell_text(ctx, deleted, i, 0));
    result_free(sql_run(ctx, NULL, delete_attempts[context_kind(ctx)],
                        SQL_PARTS({ .name = "name", .value = errand_text(batch->table->name) },
                                  { .name = "ids", .value = ids_value(ctx, items, count) })));
}

/* Some of a batch, and how many of them were changed. */
struct change_part {
    const struct change_batch *batch;
    size_t first, count;
    size_t changed;
};

/* The rows and their attempts in one transaction. */
static void apply(struct errand_context *ctx, void *arg)
{
    struct change_part *part = arg;
    const struct change_batch *batch = part->batch;
    const char *lock = batch->waits ? "FOR UPDATE" : "FOR UPDATE SKIP LOCKED";
    bool deletes = batch->change == ADMIN_DELETE_JOB, began = deletes && context_begin_if(ctx);
    struct result *changed = sql_run(
        ctx, batch->table, statements[context_kind(ctx)][batch->change],
        SQL_PARTS({ .name = "ids", .value = ids_value(ctx, batch->ids + part->first, part->count) },
                  { .name = "id_type", .text = change_id_column(ctx, batch->table)->sql_type },
                  { .name = "filter", .add = filter_add, .arg = batch->filter }, { .name = "lock", .text = lock },
                  { .name = "now", .value = errand_timestamp(clock_realtime_us()) }));
    size_t count = result_rows(changed);
    errand_on_unwind(ctx, sql_release, changed);
    if (deletes)
        forget_attempts(ctx, batch, changed);
    errand_off_unwind(ctx, sql_release, changed);
    result_free(changed);
    context_commit_if(ctx, began);
    part->changed = count;
    if (count > 0 && context_kind(ctx) == STORE_POSTGRES) /* triggers tell of new jobs alone */
        result_free(sql_run(ctx, NULL, sql_announce_postgres, NULL));
}

/* A statement changes all of its rows or none: one that is refused is found by halves. Where so many take too long, as
   many as do not are changed, and the rest is left, so that the request ends. Returns how many were tried. */
static size_t apply_by_halves(struct errand_context *ctx, const struct change_batch *batch, size_t first, size_t count,
                              struct admin_bulk *bulk)
{
    struct change_part part = { .batch = batch, .first = first, .count = count };
    struct context_end end = context_try(ctx, apply, &part);
    bulk->changed += (int64_t)part.changed;
    if (end.end == JOB_END_RETURNED)
        return count;
    bool overdue = end.fault == CONTEXT_FAULT_OVERDUE && part.changed == 0 && count > 1;
    if (end.fault != CONTEXT_FAULT_CONFLICT && !overdue)
        context_refuse(ctx, end.fault, "%s", end.error);
    if (count == 1) {
        bulk->refused++;
        bulk->reason = bulk->reason ? bulk->reason : end.error;
        return 1;
    }
    size_t half = count / 2, tried = apply_by_halves(ctx, batch, first, half, bulk);
    if (overdue || tried < half)
        return tried;
    return tried + apply_by_halves(ctx, batch, first + half, count - half, bulk);
}

static size_t apply_alone(struct errand_context *ctx, const struct change_batch *batch, struct admin_bulk *bulk)
{
    struct change_part part = { .batch = batch, .count = batch->count };
    apply(ctx, &part);
    bulk->changed += (int64_t)part.changed;
    return batch->count;
}

/* Of those that were tried: what was neither changed nor refused runs, or is gone. */
static void count_rest(struct errand_context *ctx, const struct change_batch *batch, size_t tried,
                       const struct admin_bulk *before, struct admin_bulk *bulk)
{
    int64_t changed = bulk->changed - before->changed, refused = bulk->refused - before->refused;
    int64_t rest = (int64_t)tried - changed - refused;
    if (rest == 0)
        return;
    struct result *result =
        sql_run(ctx, batch->table, still[context_kind(ctx)],
                SQL_PARTS({ .name = "ids", .value = ids_value(ctx, batch->ids, tried) },
                          { .name = "id_type", .text = change_id_column(ctx, batch->table)->sql_type }));
    int64_t there = cell_number(result, 0, 0) - refused - (batch->change == ADMIN_RETRY_JOB ? changed : 0);
    result_free(result);
    int64_t running = there < 0 ? 0 : there < rest ? there : rest;
    bulk->running += running;
    bulk->missing += rest - running;
}

size_t change_batch(struct errand_context *ctx, const struct change_batch *batch, struct admin_bulk *bulk)
{
    const struct admin_bulk before = *bulk;
    if (batch->count == 0)
        return 0;
    size_t tried = batch->waits ? apply_alone(ctx, batch, bulk) : apply_by_halves(ctx, batch, 0, batch->count, bulk);
    count_rest(ctx, batch, tried, &before, bulk);
    return tried;
}

enum admin_outcome admin_change_one(struct errand_context *ctx, const struct errand_table *table,
                                    enum admin_change which, const char *id)
{
    struct errand_value value;
    if (value_parse(ctx, change_id_column(ctx, table), id, &value, NULL) < 0)
        return ADMIN_NOT_FOUND;
    const struct change_batch batch = { .table = table, .change = which, .ids = &value, .count = 1, .waits = true };
    struct admin_bulk bulk = { 0 };
    change_batch(ctx, &batch, &bulk);
    return bulk.changed > 0 ? ADMIN_DONE : bulk.running > 0 ? ADMIN_IS_RUNNING : ADMIN_NOT_FOUND;
}

void admin_change_these(struct errand_context *ctx, const struct errand_table *table, enum admin_change which,
                        const char *const *ids, size_t count, struct admin_bulk *bulk)
{
    if (count > ADMIN_PAGE_MAX)
        context_refuse(ctx, CONTEXT_FAULT_INPUT, "%zu jobs are more than the %d of a page", count, ADMIN_PAGE_MAX);
    struct errand_value *values = errand_alloc(ctx, (count + 1) * sizeof(*values));
    size_t valid = 0;
    for (size_t i = 0; i < count; i++)
        valid += value_parse(ctx, change_id_column(ctx, table), ids[i], &values[valid], NULL) == 0;
    const struct change_batch batch = { .table = table, .change = which, .ids = values, .count = valid };
    size_t tried = change_batch(ctx, &batch, bulk);
    bulk->missing += (int64_t)(count - valid);
    if (tried < valid)
        context_refuse(ctx, CONTEXT_FAULT_OVERDUE,
                       "%zu jobs at once took the database too long: the other %zu are as they were; select fewer",
                       valid, valid - tried);
}
