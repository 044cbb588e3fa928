/* errand dev */
#include "cli/command.h"

#include "dev/dev.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static bool parse_port(const char *text, int *port)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    *port = (int)number;
    return *text && !*end && errno == 0 && number >= 0 && number <= 65535;
}

int command_dev(const struct command *command, int argc, char **argv)
{
    static const struct option known[] = { { "database", required_argument, NULL, 'd' },
                                           { "postgres", no_argument, NULL, 'P' },
                                           { "port", required_argument, NULL, 'p' },
                                           { "help", no_argument, NULL, 'h' },
                                           { 0 } };
    struct dev_options options = { .port = 8000 };
    struct errand_error err = { "" };
    for (int option; (option = getopt_long(argc, argv, "d:p:h", known, NULL)) != -1;) {
        if (option == 'd')
            options.database = optarg;
        else if (option == 'P')
            options.postgres = true;
        else if (option == 'p' && !parse_port(optarg, &options.port))
            return command_usage_error(command, "--port takes a number from 0 to 65535, not '%s'", optarg);
        else if (option == 'h') {
            fputs(command->usage, stdout);
            return EXIT_OK;
        } else if (option == '?')
            return command_usage_error(command, "dev does not take that");
    }
    if (optind < argc)
        return command_usage_error(command, "dev takes no %s", argv[optind]);
    if (options.database && options.postgres)
        return command_usage_error(command, "dev takes either --database or --postgres");
    if (dev_run(&options, &err) == 0)
        return EXIT_OK;
    fprintf(stderr, "errand: %s\n", err.message);
    return EXIT_FAILED;
}
