/* error: incompatible */
#include "Generated/types.h"

static void page_view(struct errand_context *ctx, struct html *out, int64_t page)
{
    (void)ctx, (void)out, (void)page;
}

DISPLAYABLE_JOB(EmailCustomersJob, .page_view = page_view)
