/* Enqueues the jobs that fail in every way, and one that waits until tomorrow. */
#include "Generated/types.h"

static void run(struct errand_context *ctx)
{
    for (int i = 0; i < 3; i++) {
        FlakyJob flaky = FlakyJob_new();
        FlakyJob_create(ctx, &flaky);
        SlowJob slow = SlowJob_new();
        SlowJob_create(ctx, &slow);
        CrashingJob crashing = CrashingJob_new();
        CrashingJob_create(ctx, &crashing);
        HopelessJob hopeless = HopelessJob_new();
        HopelessJob_create(ctx, &hopeless);
    }
    EmailCustomersJob tomorrow = EmailCustomersJob_new();
    tomorrow.run_at = errand_now(ctx) + errand_hours(24);
    EmailCustomersJob_create(ctx, &tomorrow);
}

SCRIPT(run)
