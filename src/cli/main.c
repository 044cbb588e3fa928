/* errand: argv to one call. */
#include "cli/command.h"

#include <errand.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What all commands on jobs take. */
#define JOBS_USAGE                                                                                                     \
    "  -d, --database URL     default: DATABASE_URL, else build/app.db\n"                                              \
    "  -s, --schema FILE      default: Application/Schema.sql\n"                                                       \
    "  -h, --help             print this\n"                                                                            \
    "TABLE may be email_customers_jobs, email_customers, EmailCustomersJob or EmailCustomers.\n"

static const struct command commands[] = {
    { .words = { "new" },
      .summary = "make the folder of an application",
      .usage =
          "usage: errand new NAME\n\n"
          "Makes the folder NAME with what an application needs: a Makefile, Application/Schema.sql, Web/. A git\n"
          "repository too, if git is installed and the folder is in none. A folder that is there must be empty.\n\n"
          "  -h, --help  print this\n\n"
          "Example: errand new attics\n",
      .run = command_new },
    { .words = { "generate", "job" },
      .summary = "make a job: its table and its C file",
      .usage = "usage: errand generate job NAME [COLUMN[:TYPE] ...] [--application FOLDER] [--dry-run]\n\n"
               "Puts the table of the job at the end of Application/Schema.sql and makes FOLDER/Job/NAME.c.\n"
               "EmailCustomers, EmailCustomersJob, email_customers and email_customers_jobs are the same name.\n"
               "Overwrites nothing.\n\n"
               "  subject:text              a column\n"
               "  amount:numeric?           may be NULL\n"
               "  mood:text=calm            with a default\n"
               "  token:uuid:unique         no two rows with the same\n"
               "  customer:references       customer_id, a foreign key to customers\n"
               "  author:references:people  author_id, to people\n\n"
               "Types: text, smallint, int, bigint, bool, real, double, numeric, uuid, date, time, timestamp,\n"
               "timestamptz, json, jsonb, bytea, point, and the enums of the schema.\n\n"
               "  -a, --application FOLDER  default: Web\n"
               "  -n, --dry-run             print what would be done as a diff, and change nothing\n"
               "  -h, --help                print this\n\n"
               "Example: errand generate job EmailCustomers subject:text customer:references\n",
      .run = command_generate_job },
    { .words = { "generate", "script" },
      .summary = "make a script",
      .usage = "usage: errand generate script NAME [--dry-run]\n\n"
               "Makes Application/Script/NAME.c, which make builds as build/bin/Script/NAME. Overwrites nothing.\n\n"
               "  -n, --dry-run  print what would be done as a diff, and change nothing\n"
               "  -h, --help     print this\n\n"
               "Example: errand generate script RunEmailCustomersJob\n",
      .run = command_generate_script },
    { .words = { "generate", "dashboard" },
      .summary = "make the dashboard's file",
      .usage = "usage: errand generate dashboard [--application FOLDER] [--dry-run]\n\n"
               "Makes FOLDER/FrontController.c: the dashboard, with a password. Overwrites nothing.\n\n"
               "  -a, --application FOLDER  default: Web\n"
               "  -n, --dry-run             print what would be done as a diff, and change nothing\n"
               "  -h, --help                print this\n\n"
               "Example: errand generate dashboard\n",
      .run = command_generate_dashboard },
    { .words = { "destroy", "job" },
      .summary = "take back what generate job made",
      .usage =
          "usage: errand destroy job NAME [--application FOLDER] [--dry-run] [--force]\n\n"
          "Takes the job's table out of Application/Schema.sql and removes FOLDER/Job/NAME.c. What has been changed\n"
          "since, columns apart, is refused. The database is left alone: errand migrate is for that.\n\n"
          "  -a, --application FOLDER  default: Web\n"
          "  -n, --dry-run             print what would be done as a diff, and change nothing\n"
          "  -f, --force               also what has been changed\n"
          "  -h, --help                print this\n\n"
          "Example: errand destroy job EmailCustomers --dry-run\n",
      .run = command_destroy_job },
    { .words = { "destroy", "script" },
      .summary = "take back what generate script made",
      .usage = "usage: errand destroy script NAME [--dry-run] [--force]\n\n"
               "Removes Application/Script/NAME.c, unless it has been changed since.\n\n"
               "  -n, --dry-run  print what would be done as a diff, and change nothing\n"
               "  -f, --force    also what has been changed\n"
               "  -h, --help     print this\n\n"
               "Example: errand destroy script RunEmailCustomersJob\n",
      .run = command_destroy_script },
    { .words = { "destroy", "dashboard" },
      .summary = "take back what generate dashboard made",
      .usage = "usage: errand destroy dashboard [--application FOLDER] [--dry-run] [--force]\n\n"
               "Removes FOLDER/FrontController.c, unless it has been changed since.\n\n"
               "  -a, --application FOLDER  default: Web\n"
               "  -n, --dry-run             print what would be done as a diff, and change nothing\n"
               "  -f, --force               also what has been changed\n"
               "  -h, --help                print this\n\n"
               "Example: errand destroy dashboard\n",
      .run = command_destroy_dashboard },
    { .words = { "codegen" },
      .summary = "write types.h and types.c from Application/Schema.sql",
      .usage = "usage: errand codegen [SCHEMA [FOLDER]]\n\n"
               "Writes FOLDER/types.h and FOLDER/types.c: a struct and its functions for each table of SCHEMA.\n"
               "Files that hold what they should are left untouched.\n\n"
               "  SCHEMA      default Application/Schema.sql\n"
               "  FOLDER      default build/Generated\n"
               "  -h, --help  print this\n",
      .run = command_codegen },
    { .words = { "db", "create" },
      .summary = "make the database, and what is missing in it",
      .usage =
          "usage: errand db create [--database URL] [--schema FILE] [--print]\n\n"
          "Makes the database and whatever of FILE it lacks: types, tables, columns, indexes and the rest. What would\n"
          "take something away is left; errand migrate is for that. An empty database is filled whole or not at "
          "all.\n\n"
          "  -d, --database URL  default: DATABASE_URL, else build/app.db\n"
          "  -s, --schema FILE   default: Application/Schema.sql\n"
          "  -p, --print         print the SQL for an empty database of that kind, and change nothing\n"
          "  -h, --help          print this\n",
      .run = command_db_create },
    { .words = { "dev" },
      .summary = "build, run and watch the application while it is worked on",
      .usage =
          "usage: errand dev [--database URL | --postgres] [--port N]\n\n"
          "Makes the database and brings it up to date with Application/Schema.sql, builds the application, runs its\n"
          "worker and its dashboard, and does so again whenever a source changes. Jobs that run are let finish. The\n"
          "page http://localhost:8000/ says how it stands. Ctrl-C stops everything.\n\n"
          "  -d, --database URL  default: DATABASE_URL, else build/app.db\n"
          "      --postgres      a PostgreSQL of the application's own, in build/postgres\n"
          "  -p, --port N        default: 8000, or the next that is free; 0: any\n"
          "  -h, --help          print this\n\n"
          "Example: errand dev --postgres\n",
      .run = command_dev },
    { .words = { "migrate" },
      .summary = "bring the database to what the schema says, keeping its rows",
      .usage =
          "usage: errand migrate [--database URL] [--schema FILE] [--dry-run] [--allow-destructive] [--json]\n\n"
          "Applies the files of Application/Migration/ that are not applied yet, then what FILE has and the database\n"
          "lacks. What would take something away is written to a new file there instead, to be read and then applied\n"
          "with --allow-destructive.\n\n"
          "  -d, --database URL       default: DATABASE_URL, else build/app.db\n"
          "  -s, --schema FILE        default: Application/Schema.sql; the files are in Migration/ beside it\n"
          "  -n, --dry-run            print the SQL, and change nothing\n"
          "      --allow-destructive  apply what takes something away as well\n"
          "  -j, --json               print what was found and done as JSON\n"
          "  -h, --help               print this\n\n"
          "Example: errand migrate --dry-run\n",
      .run = command_migrate },
    { .words = { "status" },
      .summary = "how many jobs there are of each type and status, and which workers are alive",
      .usage =
          "usage: errand status [TABLE...] [--watch[=SECONDS]] [--json] [--database URL] [--schema FILE]\n\n"
          "Prints the jobs of each type by status, how long the oldest due one has waited, and the workers that\n"
          "are alive. A large number is 10000+; ~ marks what the database estimates.\n\n"
          "  -w, --watch[=SECONDS]  again every so often (2), until it is interrupted\n"
          "  -j, --json             for machines\n" JOBS_USAGE "\nexample: errand status email_customers --watch\n",
      .run = command_status },
    { .words = { "enqueue" },
      .summary = "insert a job",
      .usage =
          "usage: errand enqueue TABLE [COLUMN=VALUE...] [--database URL] [--schema FILE]\n\n"
          "Inserts a job and prints its id. COLUMN= gives empty text, COLUMN alone NULL; columns that are not named\n"
          "get their defaults.\n\n" JOBS_USAGE
          "\nexample: errand enqueue mail_customer customer_id=6f1c... run_at='2026-12-24 18:00'\n",
      .run = command_enqueue },
    { .words = { "retry" },
      .summary = "let jobs run again, now",
      .usage = "usage: errand retry TABLE (ID... | --status STATUS) [--json] [--database URL] [--schema FILE]\n\n"
               "Makes jobs pending, due now. A running job is left alone.\n\n"
               "      --status STATUS    all of that status: failed, timed_out, succeeded, retry, not_started; may be\n"
               "                         given several times\n"
               "  -j, --json             for machines\n" JOBS_USAGE
               "\nexample: errand retry email_customers --status failed --status timed_out\n",
      .run = command_retry },
    { .words = { "delete" },
      .summary = "delete jobs",
      .usage = "usage: errand delete TABLE (ID... | --status STATUS) [--json] [--database URL] [--schema FILE]\n\n"
               "Deletes jobs and what is known of their attempts. A running job is left alone.\n\n"
               "      --status STATUS    all of that status: failed, timed_out, succeeded, retry, not_started; may be\n"
               "                         given several times\n"
               "  -j, --json             for machines\n" JOBS_USAGE
               "\nexample: errand delete email_customers --status succeeded\n",
      .run = command_delete },
    { .words = { "doctor" },
      .summary = "look for what is missing or wrong, and say what to do",
      .usage = "usage: errand doctor [--json] [--database URL] [--schema FILE]\n\n"
               "Looks at the schema, the database, the sources, the workers and the jobs, and changes nothing. Exits\n"
               "with 1 where something is wrong.\n\n"
               "  -j, --json             for machines\n"
               "  -d, --database URL     default: DATABASE_URL, else build/app.db\n"
               "  -s, --schema FILE      default: Application/Schema.sql\n"
               "  -h, --help             print this\n"
               "\nexample: errand doctor\n",
      .run = command_doctor },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

/* Of all commands, or of those that begin with the word. */
static void print_help(FILE *stream, const char *first)
{
    fputs("usage: errand COMMAND [ARGUMENTS]\n\nBackground jobs for C.\n\n", stream);
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *second = commands[i].words[1];
        char name[64];
        if (first && strcmp(commands[i].words[0], first) != 0)
            continue;
        snprintf(name, sizeof name, "%s%s%s", commands[i].words[0], second ? " " : "", second ? second : "");
        fprintf(stream, "  %-18s  %s\n", name, commands[i].summary); /* two spaces end the name: completion reads it */
    }
    fputs("\n  errand COMMAND --help tells more; -V, --version prints the version.\n", stream);
}

int command_usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("errand: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n%s", command->usage);
    va_end(arguments);
    return EXIT_USAGE;
}

bool command_report(const struct schema *schema)
{
    for (size_t i = 0; i < schema->message_count; i++)
        fprintf(stderr, "%s\n", schema->messages[i].text);
    return schema->error_count == 0;
}

char *command_migrations(const char *schema_file)
{
    const char *slash = strrchr(schema_file, '/');
    char *folder;
    if (asprintf(&folder, "%.*sMigration", slash ? (int)(slash + 1 - schema_file) : 0, schema_file) < 0)
        abort();
    return folder;
}

/* How many of the arguments name the command; 0: they do not. */
static int matches(const struct command *command, int argc, char **argv)
{
    if (argc < 1 || strcmp(argv[0], command->words[0]) != 0)
        return 0;
    if (!command->words[1])
        return 1;
    return argc >= 2 && strcmp(argv[1], command->words[1]) == 0 ? 2 : 0;
}

static bool is_option(const char *argument, const char *brief, const char *full)
{
    return strcmp(argument, brief) == 0 || strcmp(argument, full) == 0;
}

/* Nothing, the first word of several commands, or a word that no command begins with. */
static int no_command(int argc, char **argv)
{
    bool found = false;
    for (int i = 0; argc >= 2 && i < COMMANDS; i++)
        found = found || strcmp(commands[i].words[0], argv[1]) == 0;
    bool asked = found && argc == 3 && is_option(argv[2], "-h", "--help");
    if (found && argc >= 3 && !asked)
        fprintf(stderr, "errand: there is no command %s %s\n", argv[1], argv[2]);
    else if (found && !asked)
        fprintf(stderr, "errand: %s needs one more word\n", argv[1]);
    else if (argc >= 2 && !asked)
        fprintf(stderr, "errand: there is no command %s\n", argv[1]);
    print_help(asked ? stdout : stderr, found ? argv[1] : NULL);
    return asked ? EXIT_OK : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && is_option(argv[1], "-V", "--version")) {
        puts("errand " ERRAND_VERSION);
        return EXIT_OK;
    }
    if (argc >= 2 && is_option(argv[1], "-h", "--help")) {
        print_help(stdout, NULL);
        return EXIT_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        int words = matches(&commands[i], argc - 1, argv + 1);
        if (words > 0)
            return commands[i].run(&commands[i], argc - words, argv + words);
    }
    return no_command(argc, argv);
}
