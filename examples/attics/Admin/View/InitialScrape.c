/* How the dashboard shows a scrape job: with its band, where the default would show its columns. */
#include "Generated/types.h"

static void run_again(struct errand_context *ctx, struct html *out, const InitialScrapeJob *job, const char *text,
                      const char *style)
{
    html_form_begin(out,
                    errand_printf(ctx, "/jobs/CreateJob?tableName=initial_scrape_jobs&bandId=%s", job->band_id.text));
    html_submit(out, text, style);
    html_form_end(out);
}

static void row(struct errand_context *ctx, struct html *out, const InitialScrapeJob *job)
{
    html_printf(out, "<tr><td>%s</td><td>", InitialScrapeJob_band(ctx, job)->name);
    html_time_ago(out, job->updated_at);
    html_raw(out, "</td><td>");
    html_status_badge(out, JobStatus_label(job->status));
    html_raw(out, "</td><td>");
    html_job_link(out, "initial_scrape_jobs", &job->id, "Show");
    html_raw(out, "</td><td>");
    run_again(ctx, out, job, "Retry", "link");
    html_raw(out, "</td></tr>");
}

TABLE_VIEWABLE(InitialScrapeJob, initial_scrape_job_table, .headers = { "Band", "Updated at", "Status", "", "" },
               .row = row, .related = { InitialScrapeJob_load_band })

static void detail_view(struct errand_context *ctx, struct html *out, const InitialScrapeJob *job)
{
    html_printf(out, "<h1>Viewing job %s in initial_scrape_jobs</h1><table class=\"table\"><tbody>", job->id.text);
    html_printf(out, "<tr><th scope=\"row\">Band</th><td>%s</td></tr>", InitialScrapeJob_band(ctx, job)->name);
    html_raw(out, "<tr><th scope=\"row\">Updated at</th><td>");
    html_time(out, job->updated_at);
    html_raw(out, "</td></tr><tr><th scope=\"row\">Created at</th><td>");
    html_time_ago(out, job->created_at);
    html_raw(out, "</td></tr><tr><th scope=\"row\">Status</th><td>");
    html_status_badge(out, JobStatus_label(job->status));
    html_printf(out, "</td></tr><tr><th scope=\"row\">Last error</th><td>%s</td></tr></tbody></table>",
                job->last_error ? job->last_error : "No error");

    html_raw(out, "<div class=\"d-flex flex-row gap-2\">");
    html_form_begin(out, "/jobs/DeleteJob");
    html_hidden(out, "tableName", "initial_scrape_jobs");
    html_hidden(out, "id", job->id.text);
    html_submit(out, "Delete", "danger");
    html_form_end(out);
    run_again(ctx, out, job, "Run again", "primary");
    html_raw(out, "</div>");
}

static void new_job_view(struct errand_context *ctx, struct html *out)
{
    Band_list bands = Band_fetch(ctx, .order_by = BAND_NAME);
    html_raw(out, "<h1>New scrape</h1>");
    html_form_begin(out, "/jobs/CreateJob");
    html_hidden(out, "tableName", "initial_scrape_jobs");
    html_select_begin(out, "bandId", "Band");
    for (size_t i = 0; i < bands.count; i++)
        html_option(out, bands.items[i].id.text, bands.items[i].name);
    html_select_end(out);
    html_submit(out, "Run", "primary");
    html_form_end(out);
}

static void create_new_job(struct errand_context *ctx)
{
    InitialScrapeJob job = InitialScrapeJob_new();
    job.band_id = errand_param_uuid(ctx, "bandId");
    if (!Band_find(ctx, job.band_id))
        errand_invalid(ctx, "bandId", "there is no such band");
    InitialScrapeJob_create(ctx, &job);
}

DISPLAYABLE_JOB(InitialScrapeJob, .table = &initial_scrape_job_table, .detail_view = detail_view,
                .new_job_view = new_job_view, .create_new_job = create_new_job)
