/* errand_dashboard_main_with: the whole of RunDashboard, from argv to the exit code. */
#include "dashboard/http/last_words.h"
#include "dashboard/http/listen.h"
#include "dashboard/http/options.h"
#include "dashboard/http/server.h"
#include "dashboard/http/supervise.h"

#include <errand.h>

#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

/* Of a program without a DASHBOARD: on this machine alone. */
static const struct errand_dashboard default_dashboard = { .auth = NO_AUTH };

struct program {
    struct http_options options;
    struct listener listener;
    const struct errand_dashboard *dashboard;
    const struct errand_schema *schema;
    char *last_words; /* of a child that crashes */
};

static int serve(void *arg, int ready_fd)
{
    const struct program *program = arg;
    last_words_install(program->last_words);
    return server_run(&program->options, program->dashboard, program->schema, program->listener.fd, ready_fd);
}

/* The one line on standard output, for people and for programs that chose port 0. */
static void say_ready(void *arg)
{
    const struct program *program = arg;
    printf("The dashboard is at %s://%s%s/\n", program->options.tls_certificate ? "https" : "http",
           program->listener.address, program->options.mount);
    fflush(stdout);
}

/* Who connects from now on is refused, instead of waiting for nobody. */
static void close_socket(void *arg)
{
    struct program *program = arg;
    listener_close(&program->listener);
}

static int usage_error(const char *name, const char *sentence)
{
    fprintf(stderr, "%s: %s\n", name, sentence);
    return EXIT_USAGE;
}

static int run(struct program *program, const char *name)
{
    struct errand_error err;
    if (listener_start(&program->listener, &err) < 0) {
        fprintf(stderr, "%s: %s\n", name, err.message);
        return EXIT_FAILURE;
    }
    program->last_words = last_words_new();
    const struct served served = {
        .run = serve,
        .ready = say_ready,
        .stops = close_socket,
        .arg = program,
        .last_words = program->last_words,
    };
    return supervise(&served, &program->options.log);
}

int errand_dashboard_main_with(const struct errand_dashboard *dashboard, const struct errand_schema *schema, int argc,
                               char **argv)
{
    const char *name = argc > 0 ? argv[0] : "RunDashboard";
    struct program program = { .dashboard = dashboard ? dashboard : &default_dashboard, .schema = schema };
    struct errand_error err;
    if (http_options_parse(&program.options, argc, argv, &err) < 0)
        return usage_error(name, err.message);
    if (program.options.help)
        return http_options_help(name), EXIT_SUCCESS;
    if (program.options.version)
        return printf("RunDashboard (errand) " ERRAND_VERSION "\n"), EXIT_SUCCESS;
    if (listener_open(&program.listener, program.options.host, program.options.port, &err) < 0) {
        fprintf(stderr, "%s: %s\n", name, err.message);
        return EXIT_FAILURE;
    }
    int code;
    if (http_options_check(&program.options, dashboard, program.listener.is_loopback, &err) < 0)
        code = usage_error(name, err.message);
    else
        code = run(&program, name);
    listener_close(&program.listener);
    return code;
}
