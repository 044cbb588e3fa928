/* errand: argv to one call. */
#include "cli/command.h"

#include <errand.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* In the order of errand --help. */
static const struct command *const commands[] = {
    &command_new,
    &command_generate_job,
    &command_generate_script,
    &command_generate_dashboard,
    &command_destroy_job,
    &command_destroy_script,
    &command_destroy_dashboard,
    &command_codegen,
    &command_db_create,
    &command_dev,
    &command_migrate,
    &command_status,
    &command_enqueue,
    &command_retry,
    &command_delete,
    &command_doctor,
};

enum { COMMANDS = sizeof commands / sizeof *commands, NAME_SIZE = 64 };

/* "db create" */
static const char *name_of(const struct command *command, char name[NAME_SIZE])
{
    const char *second = command->words[1];
    snprintf(name, NAME_SIZE, "%s%s%s", command->words[0], second ? " " : "", second ? second : "");
    return name;
}

/* ---- What is printed ---- */

/* Of all commands, or of those that begin with the word. */
static void print_help(FILE *stream, const char *first)
{
    char name[NAME_SIZE];
    fputs("usage: errand COMMAND [ARGUMENTS]\n\nBackground jobs for C.\n\n", stream);
    for (size_t i = 0; i < COMMANDS; i++)
        if (!first || strcmp(commands[i]->words[0], first) == 0) /* two spaces end the name: completion reads it */
            fprintf(stream, "  %-18s  %s\n", name_of(commands[i], name), commands[i]->summary);
    fputs("\n  errand COMMAND --help tells more; -V, --version prints the version.\n", stream);
}

static void print_usage(FILE *stream, const struct command *command)
{
    char name[NAME_SIZE];
    fprintf(stream, "usage: errand %s %s\n", name_of(command, name), command->synopsis);
}

static int print_command_help(const struct command *command)
{
    print_usage(stdout, command);
    printf("\n%s", command->about);
    if (command->more)
        command->more();
    putchar('\n');
    options_help(command->options, stdout);
    if (command->example)
        printf("\nExample: %s\n", command->example);
    return EXIT_OK;
}

int command_usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("errand: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
    print_usage(stderr, command);
    return EXIT_USAGE;
}

int command_fail(enum exit_code code, const struct errand_error *err)
{
    fprintf(stderr, "errand: %s\n", err->message);
    return code;
}

bool command_report(const struct schema *schema)
{
    for (size_t i = 0; i < schema->message_count; i++)
        fprintf(stderr, "%s\n", schema->messages[i].text);
    return schema->error_count == 0;
}

/* ---- Which command ---- */

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
        found = found || strcmp(commands[i]->words[0], argv[1]) == 0;
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

/* argv[0] is the last of the command's words. */
static int run(const struct command *command, int argc, char **argv)
{
    char name[NAME_SIZE];
    struct options options = { .application = "Web", .port = 8000 };
    struct errand_error err;
    int given = options_read(command->options, &options, argc, argv, &err);
    if (given < 0)
        return command_usage_error(command, "%s", err.message);
    if (options.help)
        return print_command_help(command);
    if (given == 0 && command->needs)
        return command_usage_error(command, "%s needs %s", name_of(command, name), command->needs);
    if (given > command->most)
        return command_usage_error(command, "%s does not take %s", name_of(command, name), argv[command->most + 1]);
    argv[given + 1] = NULL;
    return command->run(command, &options, argv + 1);
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
        int words = matches(commands[i], argc - 1, argv + 1);
        if (words > 0)
            return run(commands[i], argc - words, argv + words);
    }
    return no_command(argc, argv);
}
