/* The job types of a program: those of its schema, checked. */
#include "job/types.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

const char *const job_columns[] = {
    "id",        "created_at", "updated_at", "status", "last_error", "attempts_count",
    "locked_at", "locked_by",  "run_at",     NULL,
};

int table_column(const struct errand_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

static bool within(const struct errand_job_type *type, const char *option, int64_t value, int64_t least, int64_t most,
                   struct errand_error *err)
{
    if (value >= least && value <= most)
        return true;
    error_set(err, "JOB(%s): %s is %" PRId64 "; it must be %" PRId64 " to %" PRId64, type->table->record_name, option,
              value, least, most);
    return false;
}

bool job_options_check(const struct errand_job_type *type, struct errand_error *err)
{
    const struct errand_job_options *options = type->options;
    const int64_t year_us = INT64_C(366) * 24 * 3600 * 1000000;
    return within(type, "max_attempts", options->max_attempts, 0, 1000000, err) &&
           within(type, "timeout_in_microseconds", options->timeout_in_microseconds, 0, year_us, err) &&
           within(type, "max_concurrency", options->max_concurrency, 1, 1000, err) &&
           within(type, "backoff delay", options->backoff.delay_s, 0, 24 * 3600, err) &&
           within(type, "backoff kind", options->backoff.kind, ERRAND_BACKOFF_LINEAR, ERRAND_BACKOFF_EXPONENTIAL,
                  err) &&
           within(type, "queue_poll_interval", options->queue_poll_interval, 1000, year_us, err) &&
           within(type, "stale_job_timeout", options->stale_job_timeout, 1000000, year_us, err);
}
