/* The dashboard of the archive, inside its own layout. */
#include "Generated/types.h"

static void layout(struct errand_context *ctx, struct html *out, const struct errand_page *page)
{
    (void)ctx;
    html_raw(out, "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    errand_page_head(out, page);
    html_raw(out, "</head><body class=\"errand-body\"><nav class=\"d-flex gap-3 p-3\" aria-label=\"Attics\">"
                  "<strong>Attics</strong><a href=\"/jobs/ListJobs\" style=\"color: inherit\">Jobs</a></nav>");
    errand_page_content(out, page);
    html_raw(out, "</body></html>");
}

DASHBOARD(.auth = BASIC_AUTH_STATIC("attics", "attics"),
          .jobs = { &InitialScrapeJob_dashboard, &TallyShowsJob_dashboard }, .records = { "bands", "shows" },
          .layout = layout)
