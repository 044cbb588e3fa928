/* errand generate and errand destroy: what is going to be done is printed, then done. */
#include "cli/command.h"

#include "base/error.h"
#include "codegen/column.h"
#include "codegen/generation.h"

#include <stdio.h>
#include <string.h>

/* ---- one function for each of them: fills in the generation ---- */

struct request {
    const struct options *options;
    const char *name; /* NULL: of the dashboard */
    char **columns;   /* of a job; ended by NULL */
};

typedef int request_fn(struct generation *generation, const struct project *project, const struct request *request,
                       struct errand_error *err);

static int make_job(struct generation *generation, const struct project *project, const struct request *request,
                    struct errand_error *err)
{
    struct column_spec columns[COLUMNS_MAX + 1];
    size_t count = 0;
    for (; request->columns[count]; count++)
        if (count < COLUMNS_MAX && column_parse(&generation->arena, request->columns[count], &columns[count], err) != 0)
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

static request_fn *plan_of(const struct command *command)
{
    static const struct {
        const struct command *command;
        request_fn *plan;
    } plans[] = {
        { &command_generate_job, make_job },
        { &command_generate_script, make_script },
        { &command_generate_dashboard, make_dashboard },
        { &command_destroy_job, unmake_job },
        { &command_destroy_script, unmake_script },
        { &command_destroy_dashboard, unmake_dashboard },
    };
    size_t i = 0;
    while (plans[i].command != command)
        i++;
    return plans[i].plan;
}

static int run(const struct command *command, const struct options *options, char **arguments)
{
    const char *name = arguments[0];
    const struct request request = { .options = options, .name = name, .columns = name ? arguments + 1 : arguments };
    struct project project;
    struct errand_error err;
    if (project_find(&project, &err) != 0)
        return command_fail(EXIT_FAILED, &err);
    int result = options->dry_run ? 0 : project_lock(&project, &err);
    if (result == 0)
        result = carry_out(&project, plan_of(command), &request, &err);
    project_close(&project);
    return result == 0 ? EXIT_OK : command_fail(EXIT_FAILED, &err);
}

/* ---- the commands ---- */

#define APPLICATION                                                                                                    \
    {                                                                                                                  \
        "application", "FOLDER", "default: Web", 'a', OPTION_TEXT(struct options, application)                         \
    }
#define DRY_RUN                                                                                                        \
    {                                                                                                                  \
        "dry-run", NULL, "print what would be done as a diff, and change nothing", 'n',                                \
            OPTION_FLAG(struct options, dry_run)                                                                       \
    }
#define FORCE                                                                                                          \
    {                                                                                                                  \
        "force", NULL, "also what has been changed", 'f', OPTION_FLAG(struct options, force)                           \
    }
#define OPTIONS(...)                                                                                                   \
    (const struct option_row[])                                                                                        \
    {                                                                                                                  \
        __VA_ARGS__, COMMAND_HELP,                                                                                     \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }

/* All that are taken, in lines of a terminal's width. */
static void print_types(void)
{
    const char *word;
    bool proposed;
    size_t width = strlen("Types:");
    fputs("Types:", stdout);
    for (size_t i = 0; (word = column_type_word(i, &proposed)); i++) {
        bool fits = width + strlen(word) + 2 <= 100;
        width = (fits ? width + 1 : 0) + strlen(word) + 1;
        printf("%s%s,", fits ? " " : "\n", word);
    }
    puts("\nand the enums of the schema, in any letter case; with a size varchar(40), char(2), numeric(10,2).");
}

const struct command command_generate_job = {
    .words = { "generate", "job" },
    .summary = "make a job: its table and its C file",
    .synopsis = "NAME [COLUMN[:TYPE] ...] [--application FOLDER] [--dry-run]",
    .about = "Puts the table of the job at the end of Application/Schema.sql and makes FOLDER/Job/NAME.c.\n"
             "EmailCustomers, EmailCustomersJob, email_customers and email_customers_jobs are the same name.\n"
             "Overwrites nothing.\n\n"
             "  subject:text              a column\n"
             "  amount:numeric?           may be NULL\n"
             "  mood:text=calm            with a default\n"
             "  token:uuid:unique         no two rows with the same\n"
             "  customer:references       customer_id, a foreign key to customers\n"
             "  author:references:people  author_id, to people\n\n",
    .more = print_types,
    .options = OPTIONS(APPLICATION, DRY_RUN),
    .example = "errand generate job EmailCustomers subject:text customer:references",
    .needs = "a name",
    .most = COMMAND_ANY,
    .run = run,
};

const struct command command_generate_script = {
    .words = { "generate", "script" },
    .summary = "make a script",
    .synopsis = "NAME [--dry-run]",
    .about = "Makes Application/Script/NAME.c, which make builds as build/bin/Script/NAME. Overwrites nothing.\n",
    .options = OPTIONS(DRY_RUN),
    .example = "errand generate script RunEmailCustomersJob",
    .needs = "a name",
    .most = 1,
    .run = run,
};

const struct command command_generate_dashboard = {
    .words = { "generate", "dashboard" },
    .summary = "make the dashboard's file",
    .synopsis = "[--application FOLDER] [--dry-run]",
    .about = "Makes FOLDER/FrontController.c: the dashboard, with a password. Overwrites nothing.\n",
    .options = OPTIONS(APPLICATION, DRY_RUN),
    .example = "errand generate dashboard",
    .run = run,
};

const struct command command_destroy_job = {
    .words = { "destroy", "job" },
    .summary = "take back what generate job made",
    .synopsis = "NAME [--application FOLDER] [--dry-run] [--force]",
    .about =
        "Takes the job's table out of Application/Schema.sql and removes FOLDER/Job/NAME.c. What has been changed\n"
        "since, columns apart, is refused. The database is left alone: errand migrate is for that.\n",
    .options = OPTIONS(APPLICATION, DRY_RUN, FORCE),
    .example = "errand destroy job EmailCustomers --dry-run",
    .needs = "a name",
    .most = 1,
    .run = run,
};

const struct command command_destroy_script = {
    .words = { "destroy", "script" },
    .summary = "take back what generate script made",
    .synopsis = "NAME [--dry-run] [--force]",
    .about = "Removes Application/Script/NAME.c, unless it has been changed since.\n",
    .options = OPTIONS(DRY_RUN, FORCE),
    .example = "errand destroy script RunEmailCustomersJob",
    .needs = "a name",
    .most = 1,
    .run = run,
};

const struct command command_destroy_dashboard = {
    .words = { "destroy", "dashboard" },
    .summary = "take back what generate dashboard made",
    .synopsis = "[--application FOLDER] [--dry-run] [--force]",
    .about = "Removes FOLDER/FrontController.c, unless it has been changed since.\n",
    .options = OPTIONS(APPLICATION, DRY_RUN, FORCE),
    .example = "errand destroy dashboard",
    .run = run,
};
