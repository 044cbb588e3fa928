/* What `RunJobs` is told on its command line. */
#ifndef WORKER_OPTIONS_H
#define WORKER_OPTIONS_H

#include "base/log.h"

#include <errand/table.h>

enum { ONLY_MAX = 64 };

struct worker_options {
    const char *database;       /* NULL: DATABASE_URL */
    const char *only[ONLY_MAX]; /* tables; none: all */
    size_t only_count;
    bool drain;
    int shutdown_timeout_s; /* 0: as long as it takes */
    int max_runners;
    int max_jobs_per_runner;
    int memory_limit_mib; /* address space of a runner; 0: no limit */
    struct log log;
    bool help, version;
};

/* 0, or -1 and the sentence. Texts are borrowed from argv. */
int worker_options_parse(struct worker_options *options, int argc, char **argv, struct errand_error *err);
/* The text of --help. */
void worker_options_help(const char *program);

#endif
