/* The main function of a script. */
#include <errand.h>

#include "base/error.h"
#include "base/options.h"
#include "base/running.h"
#include "record/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct script {
    void (*run)(struct errand_context *ctx);
};

static const char *program_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "script";
}

struct script_options {
    const char *database; /* NULL: as find_database has it */
    bool help, version;
};

static const struct option_row rows[] = {
    { "database", "URL",
      "sqlite:PATH or postgresql://...; default: DATABASE_URL, else that of the errand dev that runs, else "
      "build/app.db",
      OPTION_TEXT(struct script_options, database) },
    { "help", NULL, "show this text", 'h', OPTION_FLAG(struct script_options, help) },
    { "version", NULL, "show the version of Errand", OPTION_FLAG(struct script_options, version) },
    { 0 },
};

static void print_help(const char *name)
{
    printf("usage: %s [--database URL]\n\n"
           "Runs this script of the application once.\n\n",
           name);
    options_help(rows, stdout);
    printf("\nExits with 0 when the script has run, 1 when it has failed, 2 when it was called wrongly.\n");
}

static void run_script(struct errand_context *ctx, void *arg)
{
    const struct script *script = arg;
    script->run(ctx);
}

static int run(const struct store_url *url, void (*fn)(struct errand_context *ctx), struct errand_error *err)
{
    const struct context_config config = { .url = url };
    struct errand_context *ctx = context_new(&config);
    if (!ctx)
        return error_set(err, "out of memory");
    struct script script = { fn };
    struct context_end end = context_call(ctx, run_script, &script);
    int result = end.end == JOB_END_RETURNED ? 0 : error_set(err, "%s", end.error);
    context_free(ctx);
    return result;
}

/* Of an errand dev that runs for the application; owned by the caller. NULL: none is to be used. */
static char *database_of_dev(void)
{
    char root[PATH_MAX + 1];
    return store_url_project(root) ? running_database(strcat(root, "/")) : NULL;
}

/* As errand's commands find it: one that is given, else DATABASE_URL, else that of an errand dev, else build/app.db. */
static int find_database(const char *name, const char *given, struct store_url *url, struct errand_error *err)
{
    char *told = given ? NULL : database_of_dev();
    int result = store_url_parse(told ? told : given, url, err);
    if (told && result == 0)
        fprintf(stderr, "%s: the database is that of the errand dev that runs: %s\n", name, url->shown);
    free(told);
    return result;
}

int errand_script_main(int argc, char **argv, void (*fn)(struct errand_context *ctx))
{
    const char *name = program_name(argv[0]);
    struct script_options options = { 0 };
    struct store_url url = { 0 };
    struct errand_error err;
    int code = EXIT_SUCCESS;
    if (options_read_all(rows, &options, argc, argv, &err) < 0)
        code = EXIT_USAGE;
    else if (options.help)
        print_help(name);
    else if (options.version)
        printf("%s (errand) %s\n", name, ERRAND_VERSION);
    else if (find_database(name, options.database, &url, &err) < 0)
        code = EXIT_USAGE;
    else if (run(&url, fn, &err) < 0)
        code = EXIT_FAILED;
    if (code != EXIT_SUCCESS)
        fprintf(stderr, "%s: %s\n", name, err.message);
    store_url_release(&url);
    return code;
}
