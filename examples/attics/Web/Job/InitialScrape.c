/* Fetches the page of a band's shows from the archive, and keeps them. Run again, it replaces what it kept. */
#include "Generated/types.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *fetch_page(struct errand_context *ctx, const char *address)
{
    char *text = NULL, why[CURL_ERROR_SIZE] = "";
    size_t size = 0;
    FILE *body = open_memstream(&text, &size);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, address);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    fclose(body);
    const char *page = errand_strdup(ctx, text);
    free(text);
    if (result != CURLE_OK)
        errand_fail(ctx, "%s: %s", address, *why ? why : curl_easy_strerror(result));
    return page;
}

/* <li><time>1977-05-08</time> Barton Hall</li>, one on a line */
static size_t read_shows(struct errand_context *ctx, const Band *band, const char *page, Show *shows, size_t most)
{
    size_t count = 0;
    for (const char *line = page; count < most && (line = strstr(line, "<li>")); line++) {
        char played_on[11], venue[201];
        if (sscanf(line, "<li><time>%10[0-9-]</time> %200[^<]</li>", played_on, venue) != 2)
            errand_discard(ctx, "the archive's page about %s is not what it was: %.40s", band->name, line);
        shows[count] = Show_new();
        shows[count].band_id = band->id;
        shows[count].played_on = errand_strdup(ctx, played_on);
        shows[count++].venue = errand_strdup(ctx, venue);
    }
    return count;
}

static void perform(struct errand_context *ctx, const InitialScrapeJob *job)
{
    enum { SHOWS_MAX = 10000 };
    const Band *band = InitialScrapeJob_band(ctx, job);
    const char *page = fetch_page(ctx, errand_printf(ctx, "%s/%s", getenv("ARCHIVE_URL"), band->collection));
    Show *shows = errand_alloc(ctx, SHOWS_MAX * sizeof(*shows));
    size_t count = read_shows(ctx, band, page, shows, SHOWS_MAX);
    errand_begin(ctx);
    errand_sql(ctx, "DELETE FROM shows WHERE band_id = $1", errand_id(&band->id));
    Show_create_many(ctx, shows, count);
    errand_commit(ctx);
    printf("%zu shows of %s\n", count, band->name);
}

JOB(InitialScrapeJob, .perform = perform, .max_attempts = 2, .timeout_in_microseconds = 30 * 1000000,
    .backoff = LINEAR_BACKOFF(1))
