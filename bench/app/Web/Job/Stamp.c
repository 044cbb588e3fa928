#include "../Helper/stamp.h"
#include "Generated/types.h"

static void perform(struct errand_context *ctx, const StampJob *job)
{
    (void)ctx;
    int64_t monotonic = stamp_monotonic_us();
    stamp_write(job->sent_us, monotonic, job->run_at, stamp_realtime_us());
}

JOB(StampJob, .perform = perform)
