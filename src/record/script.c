/* The main function of a script. */
#include <errand.h>

#include "base/error.h"
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

static void print_help(const char *name)
{
    printf("usage: %s [--database URL]\n"
           "\n"
           "Runs this script of the application once.\n"
           "\n"
           "  --database URL  sqlite:PATH or postgresql://...; otherwise DATABASE_URL, otherwise build/app.db\n"
           "  --version       prints the version of Errand\n"
           "  --help          prints this\n"
           "\n"
           "Exits with 0 when the script has run, 1 when it has failed, 2 when it was called wrongly.\n",
           name);
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

static int misuse(const char *name, const char *what, const char *argument)
{
    fprintf(stderr, "%s: %s%s; see %s --help\n", name, what, argument, name);
    return EXIT_USAGE;
}

int errand_script_main(int argc, char **argv, void (*fn)(struct errand_context *ctx))
{
    const char *name = program_name(argv[0]), *url = NULL;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            print_help(name);
            return EXIT_SUCCESS;
        }
        if (strcmp(argument, "--version") == 0) {
            printf("%s (errand) %s\n", name, ERRAND_VERSION);
            return EXIT_SUCCESS;
        }
        if (strncmp(argument, "--database=", 11) == 0)
            url = argument + 11;
        else if (strcmp(argument, "--database") == 0 && i + 1 < argc)
            url = argv[++i];
        else if (strcmp(argument, "--database") == 0)
            return misuse(name, "--database needs a URL", "");
        else
            return misuse(name, "no such option: ", argument);
    }
    struct errand_error err;
    struct store_url parsed;
    int code = EXIT_SUCCESS;
    if (store_url_parse(url, &parsed, &err) < 0)
        code = EXIT_USAGE;
    else if (run(&parsed, fn, &err) < 0)
        code = EXIT_FAILED;
    if (code != EXIT_SUCCESS)
        fprintf(stderr, "%s: %s\n", name, err.message);
    store_url_release(&parsed);
    return code;
}
