/* What `RunJobs` is told on its command line. */
#include "worker/options.h"

#include "base/error.h"
#include "base/options.h"

#include <stdio.h>
#include <unistd.h>

static int add_only(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    struct worker_options *options = member;
    if (options->only_count == ONLY_MAX)
        return error_set(err, "--%s can be given %d times at the most", row->name, ONLY_MAX);
    options->only[options->only_count++] = value;
    return 0;
}

#define TEXT(member) OPTION_TEXT(struct worker_options, member)
#define FLAG(member) OPTION_FLAG(struct worker_options, member)
#define NUMBER(member, least, most) OPTION_NUMBER(struct worker_options, member, least, most)

static const struct option_row rows[] = {
    { "database", "URL", "sqlite:PATH or postgresql://...; default: DATABASE_URL, else build/app.db", TEXT(database) },
    { "only", "TABLE", "work this job table only; may be given several times", .set = add_only },
    { "drain", NULL, "work until nothing is due, then exit 0", FLAG(drain) },
    { "shutdown-timeout", "SECONDS",
      "after SIGTERM, how long running jobs may still take; 0: as long as they need (default 60)",
      NUMBER(shutdown_timeout_s, 0, 86400) },
    { "max-runners", "N", "how many processes run jobs at the most (default 64)", NUMBER(max_runners, 1, 4096) },
    { "max-jobs-per-runner", "N", "a runner is replaced after this many jobs (default 100000)",
      NUMBER(max_jobs_per_runner, 1, 1000000000) },
    { "memory-limit", "MIB", "address space of a runner in MiB; 0: no limit (default 0)",
      NUMBER(memory_limit_mib, 0, 1 << 24) },
    OPTIONS_OF_LOG(struct worker_options, log, "job"),
    { "help", NULL, "show this text", 'h', FLAG(help) },
    { "version", NULL, "show the version", FLAG(version) },
    { 0 },
};

int worker_options_parse(struct worker_options *options, int argc, char **argv, struct errand_error *err)
{
    *options = (struct worker_options){
        .shutdown_timeout_s = 60,
        .max_runners = 64,
        .max_jobs_per_runner = 100000,
        .log = { .fd = STDERR_FILENO, .level = ERRAND_LOG_INFO },
    };
    return options_read_all(rows, options, argc, argv, err);
}

void worker_options_help(const char *program)
{
    printf("Usage: %s [OPTION]...\n\n"
           "Runs the jobs of this application: watches its job tables and runs each job that is\n"
           "added, in a process apart. SIGTERM lets running jobs finish; a second one stops them.\n\n",
           program);
    options_help(rows, stdout);
    printf("\nExample: %s --database sqlite:build/app.db --only email_customers_jobs\n"
           "Exit codes: 0 done, 1 the database cannot be worked with, 2 bad usage.\n",
           program);
}
