/* errand_worker_main_with: the whole of RunJobs, from argv to the exit code. The same program is its own runner. */
#include "worker/worker.h"

#include "base/error.h"

#include <errand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage_error(const char *program, const char *sentence)
{
    fprintf(stderr, "%s: %s\n", program, sentence);
    return 2;
}

/* A table that is not there is a slip of the pen, not an empty set. */
static int check_only(const struct worker *worker, struct errand_error *err)
{
    for (size_t i = 0; i < worker->options.only_count; i++) {
        const struct errand_job_type *type = worker->schema->job_types;
        while (type->table && strcmp(type->table->name, worker->options.only[i]) != 0)
            type++;
        if (!type->table)
            return error_set(err, "--only %s: Application/Schema.sql has no such job table", worker->options.only[i]);
    }
    return 0;
}

static int check_types(const struct worker *worker, struct errand_error *err)
{
    for (const struct errand_job_type *type = worker->schema->job_types; type->table; type++)
        if (type->options && !job_options_check(type, err))
            return -1;
    return check_only(worker, err);
}

int errand_worker_main_with(const struct errand_schema *schema, int argc, char **argv)
{
    runner_remember_program();
    if (runner_is_child())
        return runner_child_main(schema);
    struct worker worker = { .schema = schema };
    struct errand_error err;
    const char *program = argc > 0 ? argv[0] : "RunJobs";
    if (worker_options_parse(&worker.options, argc, argv, &err) < 0)
        return usage_error(program, err.message);
    if (worker.options.help)
        return worker_options_help(program), 0;
    if (worker.options.version)
        return printf("RunJobs (errand) " ERRAND_VERSION "\n"), 0;
    if (check_types(&worker, &err) < 0 || store_url_parse(worker.options.database, &worker.url, &err) < 0)
        return usage_error(program, err.message);
    worker.log = worker.options.log;
    log_set_outlet(&worker.log, &worker.log_outlet);
    worker.runner_config = (struct runner_config){
        .schema = schema,
        .program = runner_program(),
        .database_url = worker.options.database ? worker.options.database : getenv("DATABASE_URL"),
        .memory_limit_bytes = (size_t)worker.options.memory_limit_mib << 20,
        .log = &worker.log,
    };
    int code = worker_run(&worker);
    store_url_release(&worker.url);
    log_outlet_release(&worker.log_outlet);
    return code;
}
