/* The views that an application has of its own: which there are of a table, and how they are called so that one that
   fails takes nothing with it. */
#include "dashboard/dashboard.h"

const struct errand_displayable *dashboard_displayable(const struct errand_dashboard_service *service,
                                                       const struct errand_table *table)
{
    if (!service->config)
        return NULL;
    const struct errand_displayable *const *jobs = service->config->jobs;
    for (size_t i = 0; i < ERRAND_DASHBOARD_JOBS_MAX && jobs[i]; i++) {
        if (jobs[i]->job_type->table == table)
            return jobs[i];
    }
    return NULL;
}

struct call {
    struct page *page;
    void (*view)(struct page *page, void *arg);
    void *arg;
};

static void call_view(struct errand_context *ctx, void *arg)
{
    (void)ctx;
    const struct call *call = arg;
    call->view(call->page, call->arg);
}

/* What a view wrote before it failed may end anywhere, so none of it stays. */
static void take_back(struct html *out, size_t size)
{
    buffer_cut(&out->text, size);
    out->page->select = NULL;
    out->page->in_form = false;
}

bool page_view_safely(struct page *page, const struct errand_table *table, const char *what,
                      void (*view)(struct page *page, void *arg), void *arg)
{
    struct html *out = page->out;
    size_t size = out->text.size;
    struct call call = { page, view, arg };
    struct context_end end = context_try_each(page->ctx, call_view, &call);
    if (end.end == JOB_END_RETURNED)
        return true;
    take_back(out, size);
    const char *error = end.error ? end.error : "it was put off, which only a job can be";
    if (page->refusal.status)
        errand_fail(page->ctx, "%s", error);
    errand_log(page->ctx, ERRAND_LOG_ERROR, "%s of %s failed: %s", what, table->record_name, error);
    html_printf(out,
                "<div class=\"alert alert-danger view-failed\" role=\"alert\"><strong>%s failed.</strong> "
                "<span>%s</span></div>",
                what, error);
    return false;
}
