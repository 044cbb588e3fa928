/* Says which version of itself runs. With a file build/hold it goes on until that is away. */
#include "Generated/types.h"

#include <stdio.h>
#include <unistd.h>

static void perform(struct errand_context *ctx, const HelloJob *job)
{
    (void)ctx, (void)job;
    puts("begin one");
    fflush(stdout);
    while (access("build/hold", F_OK) == 0)
        usleep(10000);
    puts("end one");
}

JOB(HelloJob, .perform = perform)
