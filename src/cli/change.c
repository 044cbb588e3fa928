/* errand retry, errand delete */
#include "cli/session.h"

#include "admin/admin.h"
#include "base/json.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What both commands are asked for. */
struct change {
    const char *verb; /* "retry" */
    const char *past; /* "retried" */
    enum admin_change change;
    const char *schema, *database;
    unsigned statuses; /* bits of enum admin_status; 0: the ids count */
    bool json;
    const char *table_name;
    char **ids;
    const struct errand_table *table;
    struct admin_bulk done;
    const char *after; /* of the step under way; owned by nobody: lives in the context, so copied */
    char next[512];
};

static void change_ids(struct errand_context *ctx, void *arg)
{
    struct change *change = arg;
    for (char **id = change->ids; *id; id++) {
        enum admin_outcome outcome = admin_change_one(ctx, change->table, change->change, *id);
        change->done.changed += outcome == ADMIN_DONE;
        change->done.running += outcome == ADMIN_IS_RUNNING;
        change->done.missing += outcome == ADMIN_NOT_FOUND;
        if (outcome != ADMIN_DONE && !change->json)
            fprintf(stderr, "errand: %s in %s %s\n", *id, change->table->name,
                    outcome == ADMIN_IS_RUNNING ? "is running: it is left alone" : "is not there");
    }
}

/* One step, in a context of its own: what it needed is freed before the next. */
static void change_step(struct errand_context *ctx, void *arg)
{
    struct change *change = arg;
    const struct admin_filter filter = { .statuses = change->statuses };
    const char *after = change->after;
    struct admin_bulk step = admin_change_step(ctx, change->table, change->change, &filter, &after);
    change->done.changed += step.changed;
    change->done.running += step.running;
    change->after = after ? change->next : NULL;
    if (after && snprintf(change->next, sizeof change->next, "%s", after) >= (int)sizeof change->next)
        errand_fail(ctx, "the place at which the next step goes on is longer than %zu bytes", sizeof change->next);
}

static int change_all(struct session *session, struct change *change)
{
    bool shown = isatty(STDERR_FILENO) && !change->json;
    int code;
    do {
        code = session_run(session, change_step, change);
        if (shown && change->after)
            fprintf(stderr, "\r%s %" PRId64 " so far", change->past, change->done.changed);
    } while (code == EXIT_OK && change->after);
    if (shown && change->done.changed > ADMIN_STEP)
        fputs("\r\033[K", stderr);
    return code;
}

static void report(const struct change *change)
{
    if (!change->json) {
        printf("%s %" PRId64 " of %s\n", change->past, change->done.changed, change->table->name);
        return;
    }
    struct buffer out = BUFFER_INIT(4096);
    struct json json = { .out = &out };
    json_begin(&json, NULL, '{');
    json_text(&json, "table", change->table->name);
    json_int(&json, change->past, change->done.changed);
    json_int(&json, "running", change->done.running);
    json_int(&json, "missing", change->done.missing);
    json_end(&json, '}');
    puts(out.data ? out.data : "");
    buffer_release(&out);
}

static int run(struct change *change)
{
    struct session session = { 0 };
    int code = session_open(&session, change->schema, change->database);
    if (code == EXIT_OK)
        change->table = session_job(&session, change->table_name);
    if (code == EXIT_OK && !change->table)
        code = EXIT_FAILED;
    if (code == EXIT_OK)
        code = change->statuses ? change_all(&session, change) : session_run(&session, change_ids, change);
    if (change->table && (code == EXIT_OK || change->done.changed))
        report(change);
    if (code == EXIT_OK && (change->done.missing || (change->done.running && !change->statuses)))
        code = EXIT_FAILED;
    session_close(&session);
    return code;
}

static int run_command(const struct command *command, struct change *change, int argc, char **argv)
{
    static const struct option options[] = {
        SESSION_OPTIONS, { "status", required_argument, NULL, 'S' }, { "json", no_argument, NULL, 'j' }, { 0 }
    };
    change->schema = "Application/Schema.sql";
    for (int option; (option = getopt_long(argc, argv, "d:s:hj", options, NULL)) != -1;) {
        int status;
        switch (option) {
        case 'd':
            change->database = optarg;
            break;
        case 's':
            change->schema = optarg;
            break;
        case 'j':
            change->json = true;
            break;
        case 'S':
            status = admin_status_parse(optarg);
            if (status < 0)
                return command_usage_error(command,
                                           "%s is no status; failed, timed_out, succeeded, retry and "
                                           "not_started are",
                                           optarg);
            if (status == ADMIN_RUNNING)
                return command_usage_error(command, "a running job cannot be %s", change->past);
            change->statuses |= 1u << status;
            break;
        case 'h':
            fputs(command->usage, stdout);
            return EXIT_OK;
        default:
            return command_usage_error(command, "%s does not take that", change->verb);
        }
    }
    if (optind >= argc)
        return command_usage_error(command, "%s needs the name of a job table", change->verb);
    change->table_name = argv[optind];
    change->ids = argv + optind + 1;
    if ((*change->ids == NULL) == (change->statuses == 0))
        return command_usage_error(command, "%s needs either ids of jobs or --status", change->verb);
    return run(change);
}

int command_retry(const struct command *command, int argc, char **argv)
{
    struct change change = { .verb = "retry", .past = "retried", .change = ADMIN_RETRY_JOB };
    return run_command(command, &change, argc, argv);
}

int command_delete(const struct command *command, int argc, char **argv)
{
    struct change change = { .verb = "delete", .past = "deleted", .change = ADMIN_DELETE_JOB };
    return run_command(command, &change, argc, argv);
}
