/* A RunDashboard with every way of authentication, chosen by TEST_DASHBOARD, and with views that misbehave: a job of
   Abort's or Deep's crashes the process that shows it, one of Hang's is never shown. */
#include "types.h"

#include <errand/dashboard.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Uses up the stack. */
static int deep(int frames)
{
    volatile char room[4096];
    room[0] = (char)frames;
    return frames > 0 ? deep(frames - 1) + room[0] : 0;
}

static void detail_view(struct errand_context *ctx, struct html *out, const InitialScrapeJob *job)
{
    const Band *band = InitialScrapeJob_band(ctx, job);
    if (strcmp(band->name, "Abort") == 0)
        abort();
    if (strcmp(band->name, "Deep") == 0)
        exit(deep(1 << 24));
    if (strcmp(band->name, "Hang") == 0)
        for (;;)
            pause();
    if (strcmp(band->name, "Fail") == 0)
        errand_fail(ctx, "no <b>chords</b> for %s", band->name);
    html_printf(out, "<h1>%s</h1>", band->name);
}

static void create_new_job(struct errand_context *ctx)
{
    InitialScrapeJob job = InitialScrapeJob_new();
    job.band_id = errand_param_uuid(ctx, "bandId");
    if (!Band_find(ctx, job.band_id))
        errand_invalid(ctx, "bandId", "There is no such band.");
    InitialScrapeJob_create(ctx, &job);
}

DISPLAYABLE_JOB(InitialScrapeJob, .detail_view = detail_view, .create_new_job = create_new_job)

/* Who X-User says, as a session of the application's would; the others are sent to a login page. */
static struct errand_identity authenticate(struct errand_context *ctx, const struct errand_request *request)
{
    const char *user = errand_request_header(request, "X-User"), *fault = errand_request_header(request, "X-Fault");
    if (fault && strcmp(fault, "raise") == 0)
        errand_fail(ctx, "the table of sessions is gone");
    if (user && strcmp(user, "nobody") == 0)
        return (struct errand_identity){ .user = NULL };
    if (user)
        return (struct errand_identity){ .user = user };
    return (struct errand_identity){ .redirect = "/login?next=\r\nSet-Cookie: stolen=1" };
}

#define JOBS .jobs = { &InitialScrapeJob_dashboard }, .records = { "bands", "customers" }

static const struct errand_dashboard none = { .auth = NO_AUTH, JOBS };
static const struct errand_dashboard basic = { .auth = BASIC_AUTH("DASHBOARD_USER", "DASHBOARD_PASSWORD"), JOBS };
static const struct errand_dashboard fixed = { .auth = BASIC_AUTH_STATIC("jobs", "se:cret"), JOBS };
static const struct errand_dashboard own = { .auth = { .authenticate = authenticate }, JOBS };

static const struct {
    const char *name;
    const struct errand_dashboard *dashboard;
} dashboards[] = {
    { "none", &none }, { "basic", &basic }, { "static", &fixed }, { "own", &own }, { "default", NULL },
};

int main(int argc, char **argv)
{
    const char *name = getenv("TEST_DASHBOARD");
    for (size_t i = 0; name && i < sizeof(dashboards) / sizeof(dashboards[0]); i++)
        if (strcmp(dashboards[i].name, name) == 0)
            return errand_dashboard_main_with(dashboards[i].dashboard, &errand_schema, argc, argv);
    return 99;
}
