/* errand retry, errand delete */
#include "cli/session.h"

#include "admin/admin.h"
#include "base/error.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What both commands are asked for. */
struct change {
    const char *past; /* "retried" */
    enum admin_change change;
    unsigned statuses; /* bits of enum admin_status; 0: the ids count */
    bool json;
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
    bool is_told = change->done.refused > 0;
    admin_change_step(ctx, change->table, change->change, &filter, &after, &change->done);
    if (change->done.reason && !is_told)
        fprintf(stderr, "errand: some of %s are left as they are: %s\n", change->table->name, change->done.reason);
    change->done.reason = NULL; /* which lives in the context */
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
    json_int(&json, "refused", change->done.refused);
    json_end(&json, '}');
    puts(out.data ? out.data : "");
    buffer_release(&out);
}

static int run(struct change *change, const struct options *options, const char *table)
{
    struct session session = { 0 };
    int code = session_open(&session, options);
    if (code == EXIT_OK)
        change->table = session_job(&session, table);
    if (code == EXIT_OK && !change->table)
        code = EXIT_FAILED;
    if (code == EXIT_OK)
        code = change->statuses ? change_all(&session, change) : session_run(&session, change_ids, change);
    if (change->table && (code == EXIT_OK || change->done.changed))
        report(change);
    if (code == EXIT_OK &&
        (change->done.missing || change->done.refused || (change->done.running && !change->statuses)))
        code = EXIT_FAILED;
    session_close(&session);
    return code;
}

/* ---- The commands ---- */

static int run_command(const struct command *command, struct change *change, const struct options *options,
                       char **arguments)
{
    change->statuses = options->statuses;
    change->json = options->json;
    change->ids = arguments + 1;
    if (change->statuses & 1u << ADMIN_RUNNING)
        return command_usage_error(command, "a running job cannot be %s", change->past);
    if ((*change->ids == NULL) == (change->statuses == 0))
        return command_usage_error(command, "%s needs either ids of jobs or --status", command->words[0]);
    return run(change, options, arguments[0]);
}

static int retry(const struct command *command, const struct options *options, char **arguments)
{
    struct change change = { .past = "retried", .change = ADMIN_RETRY_JOB };
    return run_command(command, &change, options, arguments);
}

static int delete (const struct command *command, const struct options *options, char **arguments)
{
    struct change change = { .past = "deleted", .change = ADMIN_DELETE_JOB };
    return run_command(command, &change, options, arguments);
}

static int add_status(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    int status = admin_status_parse(value);
    (void)row;
    if (status < 0)
        return error_set(err, "%s is no status; failed, timed_out, succeeded, retry and not_started are", value);
    *(unsigned *)member |= 1u << status;
    return 0;
}

static const struct option_row rows[] = {
    { "status", "STATUS",
      "all of that status: failed, timed_out, succeeded, retry, not_started; may be\ngiven several times",
      .set = add_status, .offset = offsetof(struct options, statuses) },
    COMMAND_JSON,
    COMMAND_DATABASE,
    COMMAND_SCHEMA,
    COMMAND_HELP,
    { 0 },
};

#define SYNOPSIS "TABLE (ID... | --status STATUS) [--json] [--database URL] [--schema FILE]"

const struct command command_retry = {
    .words = { "retry" },
    .summary = "let jobs run again, now",
    .synopsis = SYNOPSIS,
    .about = "Makes jobs pending, due now. A running job is left alone.\n" SESSION_TABLE_NAMES,
    .options = rows,
    .example = "errand retry email_customers --status failed --status timed_out",
    .needs = "the name of a job table",
    .most = COMMAND_ANY,
    .run = retry,
};

const struct command command_delete = {
    .words = { "delete" },
    .summary = "delete jobs",
    .synopsis = SYNOPSIS,
    .about = "Deletes jobs and what is known of their attempts. A running job is left alone.\n" SESSION_TABLE_NAMES,
    .options = rows,
    .example = "errand delete email_customers --status succeeded",
    .needs = "the name of a job table",
    .most = COMMAND_ANY,
    .run = delete,
};
