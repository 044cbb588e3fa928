/* greet NAME: a program of the application's own that adds a job. */
#include "types.h"

#include <stdio.h>

static void add_greeting(struct errand_context *ctx, void *arg)
{
    GreetingJob job = GreetingJob_new();
    job.who = arg;
    GreetingJob_create(ctx, &job);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: greet NAME\n", stderr);
        return 2;
    }
    struct errand_error err;
    struct errand *errand = errand_open(NULL, &err); /* DATABASE_URL */
    int result = errand ? errand_run(errand, add_greeting, argv[1], &err) : -1;
    if (result != 0)
        fprintf(stderr, "greet: %s\n", err.message);
    errand_close(errand);
    return result != 0;
}
