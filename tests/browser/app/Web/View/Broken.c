/* Views that fail, each in another way and in the middle of an element. */
#include "Generated/types.h"

#include <stdlib.h>

static void dashboard_section(struct errand_context *ctx, struct html *out)
{
    html_raw(out, "<div class=\"half-written\"><table><tr><td>");
    errand_fail(ctx, "the section has <no> idea");
}

static void page_view(struct errand_context *ctx, struct html *out, int64_t page, int64_t page_size)
{
    (void)page, (void)page_size;
    html_select_begin(out, "half", "Half");
    errand_sql(ctx, "SELECT * FROM a_table_that_is_not_there");
}

static void detail_view(struct errand_context *ctx, struct html *out, const BrokenJob *job)
{
    (void)job;
    html_raw(out, "<form>");
    errand_begin(ctx);
}

static void new_job_view(struct errand_context *ctx, struct html *out)
{
    for (;;) /* until it is larger than a page may be */
        html_printf(out, "%0*d", 1000, (int)errand_time_left_us(ctx) & 1);
}

static void create_new_job(struct errand_context *ctx)
{
    BrokenJob job = BrokenJob_new();
    BrokenJob_create(ctx, &job);
    errand_fail(ctx, "no job is made today");
}

DISPLAYABLE_JOB(BrokenJob, .dashboard_section = dashboard_section, .page_view = page_view, .detail_view = detail_view,
                .new_job_view = new_job_view, .create_new_job = create_new_job)

static void abort_page(struct errand_context *ctx, struct html *out, int64_t page, int64_t page_size)
{
    (void)ctx, (void)out, (void)page, (void)page_size;
    abort();
}

DISPLAYABLE_JOB(CrashingJob, .page_view = abort_page)
