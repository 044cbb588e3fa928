/* The section of the tallies on the overview: a graph instead of a table. */
#include "Generated/types.h"

static void graph_of_shows(struct errand_context *ctx, struct html *out)
{
    YearTally_list years = YearTally_fetch(ctx, .order_by = YEAR_TALLY_YEAR, .limit = 500);
    double *shows = errand_alloc(ctx, years.count * sizeof(*shows));
    const char **labels = errand_alloc(ctx, years.count * sizeof(*labels));
    for (size_t i = 0; i < years.count; i++) {
        shows[i] = years.items[i].shows;
        labels[i] = years.items[i].year;
    }
    html_raw(out, "<section class=\"job-section\" aria-label=\"Tallies\"><h2><a "
                  "href=\"/jobs/ListJob?tableName=tally_shows_jobs\">Tallies</a></h2>");
    html_bar_chart(out, "Shows in the archive by year",
                   &(struct html_series){ .label = "Shows", .values = shows, .labels = labels, .count = years.count },
                   1);
    html_raw(out, "</section>");
}

DISPLAYABLE_JOB(TallyShowsJob, .dashboard_section = graph_of_shows)
