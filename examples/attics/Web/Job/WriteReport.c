/* Prints the shows of a band, or of all; the dashboard shows what a job printed. */
#include "Generated/types.h"

#include <stdio.h>

static void perform(struct errand_context *ctx, const WriteReportJob *job)
{
    struct errand_rows shows =
        errand_sql(ctx,
                   "SELECT s.played_on, s.venue FROM shows s JOIN write_report_jobs j ON j.id = $1"
                   " WHERE (j.band_id IS NULL OR j.band_id = s.band_id)"
                   " AND (j.since IS NULL OR CAST(j.since AS TEXT) <= s.played_on)"
                   " ORDER BY s.played_on LIMIT $2",
                   errand_id(&job->id), errand_int(job->shows_at_most));
    if (shows.count == 0)
        errand_fail(ctx, "there are no shows to report of");
    printf("%s, for %s\n", job->title, job->readers ? job->readers : "everybody");
    for (size_t i = 0; i < shows.count; i++)
        printf("%s %s\n", shows.cells[2 * i], job->with_venues ? shows.cells[2 * i + 1] : "");
}

JOB(WriteReportJob, .perform = perform, .max_attempts = 2, .backoff = LINEAR_BACKOFF(1))
