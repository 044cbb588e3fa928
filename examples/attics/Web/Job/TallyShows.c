/* Counts the shows of each year. */
#include "Generated/types.h"

static void perform(struct errand_context *ctx, const TallyShowsJob *job)
{
    (void)job;
    errand_begin(ctx);
    errand_sql(ctx, "DELETE FROM year_tallies");
    errand_sql(ctx, "INSERT INTO year_tallies (year, shows) SELECT substr(played_on, 1, 4), count(*) FROM shows "
                    "GROUP BY substr(played_on, 1, 4)");
    errand_commit(ctx);
}

JOB(TallyShowsJob, .perform = perform, .max_concurrency = 1)
