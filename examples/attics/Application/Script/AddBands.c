/* The bands of the demonstration, and a job for each. The archive has no page about the last one. */
#include "Generated/types.h"

static const struct {
    const char *name, *collection;
} bands[] = {
    { "The Attic Doors", "attic-doors" },
    { "Grateful Shed", "grateful-shed" },
    { "Leftover Sandwich Orchestra", "leftover-sandwich" },
    { "Moths & Lamps", "moths-and-lamps" },
    { "Nobody You Know", "nobody" },
};

static void run(struct errand_context *ctx)
{
    for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++) {
        Band band = Band_new();
        band.name = bands[i].name;
        band.collection = bands[i].collection;
        Band_create(ctx, &band);
        InitialScrapeJob job = InitialScrapeJob_new();
        job.band_id = band.id;
        InitialScrapeJob_create(ctx, &job);
    }
}

SCRIPT(run)
