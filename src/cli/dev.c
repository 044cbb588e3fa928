/* errand dev */
#include "cli/session.h"

#include "dev/dev.h"

static int run(const struct command *command, const struct options *options, char **arguments)
{
    const struct dev_options chosen = { .database = options->database,
                                        .postgres = options->postgres,
                                        .port = options->port };
    struct errand_error err;
    struct store_url url = { 0 };
    (void)arguments;
    if (options->database && options->postgres)
        return command_usage_error(command, "dev takes either --database or --postgres");
    int fault = options->postgres ? 0 : session_read_address(options->database, &url, &err);
    store_url_release(&url);
    if (fault)
        return command_fail(EXIT_USAGE, &err);
    return dev_run(&chosen, &err) == 0 ? EXIT_OK : command_fail(EXIT_FAILED, &err);
}

static const struct option_row rows[] = {
    { "database", "URL", "default: DATABASE_URL, else build/app.db", 'd', OPTION_TEXT(struct options, database) },
    { "postgres", NULL, "a PostgreSQL of the application's own, in build/postgres",
      OPTION_FLAG(struct options, postgres) },
    { "port", "N", "default: 8000, or the next that is free; 0: any", 'p',
      OPTION_NUMBER(struct options, port, 0, 65535) },
    COMMAND_HELP,
    { 0 },
};

const struct command command_dev = {
    .words = { "dev" },
    .summary = "build, run and watch the application while it is worked on",
    .synopsis = "[--database URL | --postgres] [--port N]",
    .about =
        "Makes the database and brings it up to date with Application/Schema.sql, builds the application, runs its\n"
        "worker and its dashboard, and does so again whenever a source changes. Jobs that run are let finish. The\n"
        "page http://localhost:8000/ says how it stands. Ctrl-C stops everything.\n",
    .options = rows,
    .example = "errand dev --postgres",
    .run = run,
};
