/* Fails for a reason that no second attempt would mend: it ends as failed at once. */
#include "Generated/types.h"

static void perform(struct errand_context *ctx, const HopelessJob *job)
{
    (void)job;
    errand_discard(ctx, "this address will never exist");
}

JOB(HopelessJob, .perform = perform)
