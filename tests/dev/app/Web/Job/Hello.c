/* Says which version of itself runs. With a file build/hold it goes on until that is away; with build/deaf, it cannot
   be asked to end. */
#include "Generated/types.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void perform(struct errand_context *ctx, const HelloJob *job)
{
    (void)ctx, (void)job;
    if (access("build/deaf", F_OK) == 0)
        signal(SIGTERM, SIG_IGN);
    puts("begin one");
    fflush(stdout);
    while (access("build/hold", F_OK) == 0)
        usleep(10000);
    puts("end one");
}

JOB(HelloJob, .perform = perform)
