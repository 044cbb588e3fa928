/* error: format */
#include "Generated/types.h"

static void detail_view(struct errand_context *ctx, struct html *out, const EmailCustomersJob *job)
{
    (void)ctx, (void)job;
    html_printf(out, "%s %s", "one");
}

DISPLAYABLE_JOB(EmailCustomersJob, .detail_view = detail_view)
