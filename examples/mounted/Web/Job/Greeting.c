#include "Generated/types.h"

#include <stdio.h>

static void perform(struct errand_context *ctx, const GreetingJob *job)
{
    (void)ctx;
    printf("Hello %s!\n", job->who);
}

JOB(GreetingJob, .perform = perform)
