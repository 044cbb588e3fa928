/* A tally of all shows, and a report of each band. */
#include "Generated/types.h"

static void run(struct errand_context *ctx)
{
    TallyShowsJob tally = TallyShowsJob_new();
    TallyShowsJob_create(ctx, &tally);
    Band_list bands = Band_fetch(ctx, .order_by = BAND_NAME);
    for (size_t i = 0; i < bands.count; i++) {
        WriteReportJob report = WriteReportJob_new();
        report.title = errand_printf(ctx, "Shows of %s", bands.items[i].name);
        report.band_id = (errand_nullable_uuid){ true, bands.items[i].id };
        WriteReportJob_create(ctx, &report);
    }
}

SCRIPT(run)
