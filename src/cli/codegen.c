/* errand codegen */
#include "cli/command.h"

#include "codegen/codegen.h"

#include <getopt.h>
#include <stdio.h>

int command_codegen(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option != 'h')
            return command_usage_error(command, "codegen does not take that");
        fputs(command->usage, stdout);
        return EXIT_OK;
    }
    if (argc - optind > 2)
        return command_usage_error(command, "codegen takes at most two arguments");
    const char *file = optind < argc ? argv[optind] : "Application/Schema.sql";
    const char *folder = optind + 1 < argc ? argv[optind + 1] : "build/Generated";
    struct schema *schema = schema_read(file);
    struct errand_error err;
    int written = 0;
    int code = command_report(schema) ? EXIT_OK : EXIT_FAILED;
    if (code == EXIT_OK && codegen_write(schema, folder, &written, &err) != 0) {
        fprintf(stderr, "errand: %s\n", err.message);
        code = EXIT_FAILED;
    }
    schema_free(schema);
    return code;
}
