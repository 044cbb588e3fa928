/* Prints how many jobs of each type are in which state. */
#include "Generated/types.h"

#include <stdio.h>
#include <string.h>

static const char *const tables[] = { "email_customers_jobs", "mail_customer_jobs", "flaky_jobs", "slow_jobs",
                                      "crashing_jobs",        "hopeless_jobs" };
static const char *const states[] = { "not_started", "running", "retry", "succeeded", "failed", "timed_out" };
enum { TABLES = sizeof(tables) / sizeof(tables[0]), STATES = sizeof(states) / sizeof(states[0]) };

static const char *count_of(struct errand_rows rows, const char *state)
{
    for (size_t row = 0; row < rows.count; row++)
        if (strcmp(rows.cells[row * rows.columns] + strlen("job_status_"), state) == 0)
            return rows.cells[row * rows.columns + 1];
    return "0";
}

static void run(struct errand_context *ctx)
{
    printf("%-22s", "jobs");
    for (size_t state = 0; state < STATES; state++)
        printf(" %11s", states[state]);
    for (size_t table = 0; table < TABLES; table++) {
        const char *sql = errand_printf(ctx, "SELECT status, count(*) FROM %s GROUP BY status", tables[table]);
        struct errand_rows rows = errand_sql(ctx, sql);
        printf("\n%-22s", tables[table]);
        for (size_t state = 0; state < STATES; state++)
            printf(" %11s", count_of(rows, states[state]));
    }
    printf("\n");
}

SCRIPT(run)
