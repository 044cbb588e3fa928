/* errand: argv to one call. */
#include "cli/command.h"

#include <errand.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command commands[] = {
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
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *stream)
{
    fputs("usage: errand COMMAND [ARGUMENTS]\n\nBackground jobs for C.\n\n", stream);
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *second = commands[i].words[1];
        char name[64];
        snprintf(name, sizeof name, "%s%s%s", commands[i].words[0], second ? " " : "", second ? second : "");
        fprintf(stream, "  %-12s %s\n", name, commands[i].summary);
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

int main(int argc, char **argv)
{
    if (argc >= 2 && is_option(argv[1], "-V", "--version")) {
        puts("errand " ERRAND_VERSION);
        return EXIT_OK;
    }
    if (argc >= 2 && is_option(argv[1], "-h", "--help")) {
        print_help(stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        int words = matches(&commands[i], argc - 1, argv + 1);
        if (words > 0)
            return commands[i].run(&commands[i], argc - words, argv + words);
    }
    if (argc >= 2)
        fprintf(stderr, "errand: there is no command %s\n", argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}
