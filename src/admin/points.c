/* Figures over time, from errand_stats. */
#include "admin/internal.h"

#include "admin_sql.h"
#include "job/status.h"

#include <string.h>

#define MINUTE_US INT64_C(60000000)

/* The column of a point that an attempt's end counts in: failed are also those that will be tried again; retried, those
   that ended without a fault of their own. */
static int64_t *count_of(struct admin_point *point, const char *end)
{
    static const enum job_end ends[] = { JOB_END_RETURNED,  JOB_END_FAILED,  JOB_END_DISCARDED,
                                         JOB_END_TIMED_OUT, JOB_END_SNOOZED, JOB_END_KILLED };
    int64_t *const counts[] = { &point->succeeded, &point->failed,  &point->failed,
                                &point->timed_out, &point->retried, &point->retried };
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (strcmp(job_end_label(ends[i]), end) == 0)
            return counts[i];
    return NULL;
}

static void add_row(const struct result *result, size_t row, struct admin_point *points, size_t steps)
{
    int64_t step = cell_number(result, row, 0), longest = cell_number(result, row, 4);
    if (step < 0 || (size_t)step >= steps)
        return;
    struct admin_point *point = &points[step];
    int64_t *count = count_of(point, result_cell(result, row, 1, NULL));
    if (!count)
        return;
    *count += cell_number(result, row, 2);
    point->total_us += cell_number(result, row, 3);
    point->max_us = longest > point->max_us ? longest : point->max_us;
}

struct admin_point *admin_points(struct errand_context *ctx, const char *table, int64_t step_us, size_t steps)
{
    static const char *const statements[] = {
        [STORE_SQLITE] = sql_points_sqlite, [STORE_POSTGRES] = sql_points_postgres
    };
    if (step_us < MINUTE_US || step_us % MINUTE_US != 0 || steps < 1 || steps > ADMIN_POINTS_MAX)
        errand_fail(ctx, "%zu steps of %lld microseconds: at most %d of whole minutes are given", steps,
                    (long long)step_us, ADMIN_POINTS_MAX);
    struct admin_point *points = errand_alloc(ctx, steps * sizeof(*points));
    errand_time now = errand_now(ctx), begin = now - now % step_us - (int64_t)(steps - 1) * step_us;
    for (size_t i = 0; i < steps; i++)
        points[i].at = begin + (int64_t)i * step_us;
    if (!sql_may(ctx, "errand_stats", "SELECT"))
        return points;
    struct result *result = sql_run(ctx, NULL, statements[context_kind(ctx)],
                                    SQL_PARTS({ .name = "name", .value = errand_text(table) },
                                              { .name = "from", .value = errand_timestamp(begin) },
                                              { .name = "step", .value = errand_int(step_us) }));
    for (size_t row = 0; row < result_rows(result); row++)
        add_row(result, row, points, steps);
    result_free(result);
    return points;
}
