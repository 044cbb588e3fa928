/* A job, as in any application; its table is greeting_jobs. */
#include "types.h"

#include <stdio.h>

static void perform(struct errand_context *ctx, const GreetingJob *job)
{
    (void)ctx;
    printf("Hello %s!\n", job->who);
}

JOB(GreetingJob, .perform = perform, .timeout_in_microseconds = 60 * 1000000)
