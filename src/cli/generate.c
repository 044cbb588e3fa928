/* errand generate and errand destroy: what is going to be done is printed, then done. */
#include "cli/command.h"

#include "base/error.h"
#include "codegen/generation.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct options {
    const char *application;
    bool dry_run;
    bool force;
    int exit_code; /* where there is nothing more to do; else -1 */
};

static struct options read_options(const struct command *command, const char *taken, int argc, char **argv)
{
    static const struct option known[] = { { "application", required_argument, NULL, 'a' },
                                           { "dry-run", no_argument, NULL, 'n' },
                                           { "force", no_argument, NULL, 'f' },
                                           { "help", no_argument, NULL, 'h' },
                                           { 0 } };
    struct options options = { .application = "Web", .exit_code = -1 };
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":a:nfh", known, NULL)) != -1;) {
        if (!strchr(taken, option)) {
            const char *problem = option == ':' && strchr(taken, optopt) ? "needs a value behind" : "does not take";
            options.exit_code = command_usage_error(command, "%s %s %s %s", command->words[0], command->words[1],
                                                    problem, argv[optind - 1]);
            return options;
        }
        if (option == 'h') {
            fputs(command->usage, stdout);
            options.exit_code = EXIT_OK;
            return options;
        }
        options.dry_run = options.dry_run || option == 'n';
        options.force = options.force || option == 'f';
        if (option == 'a')
            options.application = optarg;
    }
    return options;
}

/* ---- one function for each of them: fills in the generation ---- */

struct request {
    const struct options *options;
    const char *name; /* NULL: of the dashboard */
    char **columns;
    size_t column_count;
};

typedef int request_fn(struct generation *generation, const struct project *project, const struct request *request,
                       struct errand_error *err);

static int make_job(struct generation *generation, const struct project *project, const struct request *request,
                    struct errand_error *err)
{
    struct column_spec columns[COLUMNS_MAX + 1];
    size_t count = request->column_count;
    for (size_t i = 0; i < count && i < COLUMNS_MAX; i++)
        if (column_parse(&generation->arena, request->columns[i], &columns[i], err) != 0)
            return -1;
    return generate_job(generation, project, request->name, request->options->application, columns, count, err);
}

static int make_script(struct generation *generation, const struct project *project, const struct request *request,
                       struct errand_error *err)
{
    return generate_script(generation, project, request->name, err);
}

static int make_dashboard(struct generation *generation, const struct project *project, const struct request *request,
                          struct errand_error *err)
{
    return generate_dashboard(generation, project, request->options->application, err);
}

static int unmake_job(struct generation *generation, const struct project *project, const struct request *request,
                      struct errand_error *err)
{
    const struct options *options = request->options;
    return destroy_job(generation, project, request->name, options->application, options->force, err);
}

static int unmake_script(struct generation *generation, const struct project *project, const struct request *request,
                         struct errand_error *err)
{
    return destroy_script(generation, project, request->name, request->options->force, err);
}

static int unmake_dashboard(struct generation *generation, const struct project *project, const struct request *request,
                            struct errand_error *err)
{
    return destroy_dashboard(generation, project, request->options->application, request->options->force, err);
}

/* ---- planned, printed, done ---- */

static int print(const struct generation *generation, bool with_diff, struct errand_error *err)
{
    struct buffer out = BUFFER_INIT(4 * GENERATION_FILE_MAX);
    generation_print(generation, &out);
    if (with_diff) {
        buffer_puts(&out, "\n");
        generation_print_diff(generation, &out);
    }
    bool failed = out.failed;
    if (!failed)
        fwrite(out.data, 1, out.size, stdout);
    fflush(stdout);
    buffer_release(&out);
    return failed ? error_set(err, "the plan is too long to be printed; nothing was done") : 0;
}

static int carry_out(const struct project *project, request_fn *plan, const struct request *request,
                     struct errand_error *err)
{
    struct generation generation = GENERATION_INIT;
    bool dry_run = request->options->dry_run;
    int result = plan(&generation, project, request, err);
    if (result == 0)
        result = print(&generation, dry_run, err);
    if (result == 0 && !dry_run)
        result = generation_apply(&generation, project, err);
    generation_release(&generation);
    return result;
}

static int run(request_fn *plan, const struct request *request)
{
    struct project project;
    struct errand_error err;
    if (project_find(&project, &err) != 0) {
        fprintf(stderr, "errand: %s\n", err.message);
        return EXIT_FAILED;
    }
    int result = request->options->dry_run ? 0 : project_lock(&project, &err);
    if (result == 0)
        result = carry_out(&project, plan, request, &err);
    project_close(&project);
    if (result != 0)
        fprintf(stderr, "errand: %s\n", err.message);
    return result == 0 ? EXIT_OK : EXIT_FAILED;
}

/* With a name and, of a job, its columns behind it. */
static int run_named(const struct command *command, const char *taken, bool has_columns, request_fn *plan, int argc,
                     char **argv)
{
    struct options options = read_options(command, taken, argc, argv);
    int given = argc - optind;
    if (options.exit_code >= 0)
        return options.exit_code;
    if (given < 1)
        return command_usage_error(command, "%s %s needs a name", command->words[0], command->words[1]);
    if (given > 1 && !has_columns)
        return command_usage_error(command, "%s %s takes one name", command->words[0], command->words[1]);
    return run(plan, &(struct request){ &options, argv[optind], argv + optind + 1, (size_t)given - 1 });
}

static int run_unnamed(const struct command *command, const char *taken, request_fn *plan, int argc, char **argv)
{
    struct options options = read_options(command, taken, argc, argv);
    if (options.exit_code >= 0)
        return options.exit_code;
    if (optind < argc)
        return command_usage_error(command, "%s %s takes no name", command->words[0], command->words[1]);
    return run(plan, &(struct request){ .options = &options });
}

int command_generate_job(const struct command *command, int argc, char **argv)
{
    return run_named(command, "anh", true, make_job, argc, argv);
}

int command_generate_script(const struct command *command, int argc, char **argv)
{
    return run_named(command, "nh", false, make_script, argc, argv);
}

int command_generate_dashboard(const struct command *command, int argc, char **argv)
{
    return run_unnamed(command, "anh", make_dashboard, argc, argv);
}

int command_destroy_job(const struct command *command, int argc, char **argv)
{
    return run_named(command, "anfh", false, unmake_job, argc, argv);
}

int command_destroy_script(const struct command *command, int argc, char **argv)
{
    return run_named(command, "nfh", false, unmake_script, argc, argv);
}

int command_destroy_dashboard(const struct command *command, int argc, char **argv)
{
    return run_unnamed(command, "anfh", unmake_dashboard, argc, argv);
}
