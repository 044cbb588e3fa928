/* Errand in a program of one's own: a service that enqueues jobs, a script, a worker. */
#ifndef ERRAND_APPLICATION_H
#define ERRAND_APPLICATION_H

#include <errand/table.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

struct errand;

/* Opens the database at url: sqlite:PATH or postgresql://..., NULL for DATABASE_URL and, where that is unset,
   build/app.db of the project that holds the program, else the current folder. Never creates it. Returns NULL and the
   sentence in err. May be shared between threads: each errand_run takes a connection of its own. One that was lost is
   opened anew, and so is a SQLite file that was deleted or replaced, between transactions. */
struct errand *errand_open(const char *url, struct errand_error *err);
/* Closes its connections; no errand_run may be under way. NULL is allowed. */
void errand_close(struct errand *errand);

/* Calls fn with a context. Returns 0, or -1 with the sentence in err when fn raised (its transaction is rolled back)
   or left a transaction open. */
int errand_run(struct errand *errand, void (*fn)(struct errand_context *ctx, void *arg), void *arg,
               struct errand_error *err);

/* The whole of RunJobs, for programs with a build of their own; returns the exit code. The generated types.c defines
   `int errand_worker_main(int argc, char **argv)`, which passes its schema. A worker starts its own program again to
   run jobs, so main must hand argc and argv on unchanged and do nothing before it. */
int errand_worker_main_with(const struct errand_schema *schema, int argc, char **argv);

/* The whole of a script: handles --help, --version and --database, opens the database, runs, prints an error. */
int errand_script_main(int argc, char **argv, void (*run)(struct errand_context *ctx));

/* A script of the application: SCRIPT(run) with `static void run(struct errand_context *ctx)`. */
#define SCRIPT(run)                                                                                                    \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        return errand_script_main(argc, argv, run);                                                                    \
    }

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
