/* What `RunJobs` is told on its command line: one table drives parsing, defaults and help. */
#include "worker/options.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, FLAG, NUMBER, ONLY, FORMAT, QUIET, VERBOSE };

struct option_row {
    const char *name, *value, *help;
    enum kind kind;
    size_t offset;
    long least, most;
};

#define AT(member) offsetof(struct worker_options, member)

static const struct option_row rows[] = {
    { "database", "URL", "sqlite:PATH or postgresql://...; default: DATABASE_URL, else build/app.db", TEXT,
      AT(database), 0, 0 },
    { "only", "TABLE", "work this job table only; may be given several times", ONLY, 0, 0, 0 },
    { "drain", NULL, "work until nothing is due, then exit 0", FLAG, AT(drain), 0, 0 },
    { "shutdown-timeout", "SECONDS",
      "after SIGTERM, how long running jobs may still take; 0: as long as they need (default 60)", NUMBER,
      AT(shutdown_timeout_s), 0, 86400 },
    { "max-runners", "N", "how many processes run jobs at the most (default 64)", NUMBER, AT(max_runners), 1, 4096 },
    { "max-jobs-per-runner", "N", "a runner is replaced after this many jobs (default 100000)", NUMBER,
      AT(max_jobs_per_runner), 1, 1000000000 },
    { "memory-limit", "MIB", "address space of a runner in MiB; 0: no limit (default 0)", NUMBER, AT(memory_limit_mib),
      0, 1 << 24 },
    { "log-format", "FORMAT", "text or json (default text)", FORMAT, 0, 0, 0 },
    { "verbose", NULL, "log every job, not only what deserves attention", VERBOSE, 0, 0, 0 },
    { "quiet", NULL, "log warnings and errors only", QUIET, 0, 0, 0 },
    { "help", NULL, "show this text", FLAG, AT(help), 0, 0 },
    { "version", NULL, "show the version", FLAG, AT(version), 0, 0 },
};
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static const struct option_row *find(const char *name, size_t length)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

static int set_number(struct worker_options *options, const struct option_row *row, const char *value,
                      struct errand_error *err)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 || number < row->least || number > row->most)
        return error_set(err, "--%s takes a whole number from %ld to %ld, not '%s'", row->name, row->least, row->most,
                         value);
    *(int *)((char *)options + row->offset) = (int)number;
    return 0;
}

static int set(struct worker_options *options, const struct option_row *row, const char *value,
               struct errand_error *err)
{
    switch (row->kind) {
    case TEXT:
        *(const char **)((char *)options + row->offset) = value;
        return 0;
    case FLAG:
        *(bool *)((char *)options + row->offset) = true;
        return 0;
    case NUMBER:
        return set_number(options, row, value, err);
    case ONLY:
        if (options->only_count == ONLY_MAX)
            return error_set(err, "--only can be given %d times at the most", ONLY_MAX);
        options->only[options->only_count++] = value;
        return 0;
    case FORMAT:
        if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
            return error_set(err, "--log-format is text or json, not '%s'", value);
        options->log_format = strcmp(value, "json") == 0 ? LOG_JSON : LOG_TEXT;
        return 0;
    case QUIET:
        options->log_level = ERRAND_LOG_WARNING;
        return 0;
    case VERBOSE:
        options->log_level = ERRAND_LOG_DEBUG;
        return 0;
    }
    return 0;
}

int worker_options_parse(struct worker_options *options, int argc, char **argv, struct errand_error *err)
{
    *options = (struct worker_options){
        .shutdown_timeout_s = 60,
        .max_runners = 64,
        .max_jobs_per_runner = 100000,
        .log_level = ERRAND_LOG_INFO,
    };
    for (int i = 1; i < argc; i++) {
        const char *word = strcmp(argv[i], "-h") == 0 ? "--help" : argv[i];
        if (strncmp(word, "--", 2) != 0)
            return error_set(err, "'%s' is not understood; --help shows the options", word);
        const char *equals = strchr(word, '=');
        size_t length = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
        const struct option_row *row = find(word + 2, length);
        if (!row)
            return error_set(err, "there is no option '%.*s'; --help shows those there are", (int)length + 2, word);
        if (!row->value && equals)
            return error_set(err, "--%s takes no value", row->name);
        const char *value = equals ? equals + 1 : row->value ? argv[i + 1] : NULL;
        if (row->value && !value)
            return error_set(err, "--%s needs a value: --%s %s", row->name, row->name, row->value);
        if (row->value && !equals)
            i++;
        if (set(options, row, value, err) < 0)
            return -1;
    }
    return 0;
}

void worker_options_help(const char *program)
{
    printf("Usage: %s [OPTION]...\n\n"
           "Runs the jobs of this application: watches its job tables and runs each job that is\n"
           "added, in a process apart. SIGTERM lets running jobs finish; a second one stops them.\n\n",
           program);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                 rows[i].value ? rows[i].value : "");
        printf("  %-26s %s\n", left, rows[i].help);
    }
    printf("\nExample: %s --database sqlite:build/app.db --only email_customers_jobs\n"
           "Exit codes: 0 done, 1 the database cannot be worked with, 2 bad usage.\n",
           program);
}
