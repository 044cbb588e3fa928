/* error: detial_view */
#include "Generated/types.h"

static void detail_view(struct errand_context *ctx, struct html *out, const EmailCustomersJob *job)
{
    (void)ctx, (void)out, (void)job;
}

DISPLAYABLE_JOB(EmailCustomersJob, .detial_view = detail_view)
