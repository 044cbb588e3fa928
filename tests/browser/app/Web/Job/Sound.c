#include "Generated/types.h"

#include <stdio.h>

static void perform(struct errand_context *ctx, const SoundJob *job)
{
    (void)ctx;
    printf("sound: %s\n", job->note);
}

JOB(SoundJob, .perform = perform)
