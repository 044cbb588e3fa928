/* errand status */
#include "cli/session.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_MAX = 16 * 1024 * 1024, WATCH_S = 2 };

struct status {
    struct session *session;
    const struct errand_table **tables;
    size_t count;
    bool json;
    struct buffer out;
};

/* "10,000+" is 10000+ here, where scripts read too; ~ marks what the database only estimates. */
static const char *count_text(struct errand_context *ctx, struct admin_count count)
{
    if (count.count == 0 && count.more)
        return "unknown";
    return errand_printf(ctx, "%s%" PRId64 "%s", count.estimated ? "~" : "", count.count, count.more ? "+" : "");
}

/* The largest unit that says enough. */
static const char *age_text(struct errand_context *ctx, int64_t us)
{
    static const struct {
        int64_t us;
        const char *unit;
    } units[] = { { 86400000000, "d" }, { 3600000000, "h" }, { 60000000, "min" }, { 1000000, "s" }, { 1000, "ms" } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (us >= units[i].us)
            return errand_printf(ctx, "%" PRId64 " %s", us / units[i].us, units[i].unit);
    return "0 ms";
}

/* ---- For people ---- */

static int name_width(const struct status *status)
{
    size_t width = strlen("JOB TYPE");
    for (size_t i = 0; i < status->count; i++)
        if (strlen(status->tables[i]->name) > width)
            width = strlen(status->tables[i]->name);
    return (int)width;
}

static void print_jobs(struct errand_context *ctx, struct status *status, const struct admin_overview *overviews)
{
    int width = name_width(status);
    errand_time now = errand_now(ctx);
    buffer_printf(&status->out, "%-*s", width, "JOB TYPE");
    for (int i = 0; i < ADMIN_STATUSES; i++)
        buffer_printf(&status->out, "  %11s", admin_status_name(i));
    buffer_puts(&status->out, "  OLDEST WAITING\n");
    for (size_t i = 0; i < status->count; i++) {
        const struct admin_overview *one = &overviews[i];
        buffer_printf(&status->out, "%-*s", width, one->table->name);
        if (one->missing || one->trouble) {
            const char *why = one->trouble ? one->trouble : "not in the database, or not to be read";
            buffer_printf(&status->out, "  %s; errand doctor says more\n", why);
            continue;
        }
        for (int j = 0; j < ADMIN_STATUSES; j++)
            buffer_printf(&status->out, "  %11s", count_text(ctx, one->by_status[j]));
        const char *age = one->oldest_due.is_set ? age_text(ctx, now - one->oldest_due.value) : "-";
        buffer_printf(&status->out, "  %s\n", age);
    }
}

static void print_workers(struct errand_context *ctx, struct status *status, const struct admin_workers *workers)
{
    errand_time now = errand_now(ctx);
    size_t alive = 0;
    for (size_t i = 0; i < workers->count; i++) {
        const struct admin_worker *worker = &workers->items[i];
        if (!worker->alive)
            continue;
        buffer_printf(&status->out, "%sworker %s:%" PRId64 ", up %s, ", alive++ ? "" : "\n", worker->host, worker->pid,
                      age_text(ctx, now - worker->started_at));
        if (worker->running_count == 0)
            buffer_puts(&status->out, worker->running_more ? "what it runs could not be read\n" : "idle\n");
        else
            buffer_printf(&status->out, "runs %zu%s job%s, the oldest for %s (%s)\n", worker->running_count,
                          worker->running_more ? "+" : "", worker->running_count == 1 ? "" : "s",
                          age_text(ctx, now - worker->running[0].since), worker->running[0].table);
    }
    if (alive == 0)
        buffer_puts(&status->out, "\nno worker is alive; build/bin/RunJobs is one\n");
}

/* ---- For machines ---- */

static void json_count(struct json *json, const char *name, struct admin_count count)
{
    json_begin(json, name, '{');
    json_int(json, "count", count.count);
    json_bool(json, "more", count.more);
    json_bool(json, "estimated", count.estimated);
    json_end(json, '}');
}

static void json_jobs(struct json *json, const struct admin_overview *overviews, size_t count)
{
    json_begin(json, "jobs", '[');
    for (size_t i = 0; i < count; i++) {
        const struct admin_overview *one = &overviews[i];
        json_begin(json, NULL, '{');
        json_text(json, "table", one->table->name);
        json_bool(json, "missing", one->missing);
        json_text(json, "trouble", one->trouble);
        bool counted = !one->missing && !one->trouble;
        for (int j = 0; counted && j < ADMIN_STATUSES; j++)
            json_count(json, admin_status_label(j) + strlen("job_status_"), one->by_status[j]);
        if (counted)
            json_count(json, "due", one->due);
        if (one->oldest_due.is_set)
            json_time(json, "oldest_due", one->oldest_due.value);
        else
            json_null(json, "oldest_due");
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void look(struct errand_context *ctx, void *arg)
{
    struct status *status = arg;
    struct admin_overview *overviews = admin_overviews(ctx, status->tables, status->count);
    struct admin_workers workers = admin_workers(ctx, overviews, status->count);
    if (!status->json) {
        print_jobs(ctx, status, overviews);
        print_workers(ctx, status, &workers);
        return;
    }
    struct json json = { .out = &status->out };
    json_begin(&json, NULL, '{');
    json_time(&json, "at", errand_now(ctx));
    json_jobs(&json, overviews, status->count);
    admin_workers_json(&json, &workers);
    json_end(&json, '}');
    buffer_puts(&status->out, "\n");
}

static int show(struct status *status, bool clear)
{
    buffer_reset(&status->out);
    int code = session_run(status->session, look, status);
    if (code != EXIT_OK)
        return code;
    if (status->out.failed) {
        fputs("errand: the status is too long to print\n", stderr);
        return EXIT_FAILED;
    }
    if (clear)
        fputs("\033[H\033[2J", stdout);
    fwrite(status->out.data, 1, status->out.size, stdout);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

/* Until it is interrupted, or the database or the reader of its output goes away. */
static int watch(struct status *status, int seconds)
{
    bool clear = isatty(STDOUT_FILENO) && !status->json;
    int code;
    while ((code = show(status, clear)) == EXIT_OK) {
        if (!status->json && !clear)
            puts("");
        nanosleep(&(struct timespec){ .tv_sec = seconds }, NULL);
    }
    return code;
}

static int run(const struct command *command, const struct options *options, char **names)
{
    struct session session = { 0 };
    struct status status = { .session = &session, .json = options->json, .out = BUFFER_INIT(STATUS_MAX) };
    int code = session_open(&session, options);
    (void)command;
    if (code == EXIT_OK)
        code = session_choose(&session, names);
    status.tables = session.jobs;
    status.count = session.job_count;
    if (code == EXIT_OK)
        code = options->watch_s ? watch(&status, options->watch_s) : show(&status, false);
    buffer_release(&status.out);
    session_close(&session);
    return code;
}

/* ---- The command ---- */

static int set_watch(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    *(int *)member = WATCH_S;
    return value ? option_set_number(row, member, value, err) : 0;
}

static const struct option_row rows[] = {
    { "watch", "[=SECONDS]", "again every so often (2), until it is interrupted", 'w', .set = set_watch,
      .offset = offsetof(struct options, watch_s), .least = 1, .most = 86400 },
    COMMAND_JSON,
    COMMAND_DATABASE,
    COMMAND_SCHEMA,
    COMMAND_HELP,
    { 0 },
};

const struct command command_status = {
    .words = { "status" },
    .summary = "how many jobs there are of each type and status, and which workers are alive",
    .synopsis = "[TABLE...] [--watch[=SECONDS]] [--json] [--database URL] [--schema FILE]",
    .about = "Prints the jobs of each type by status, how long the oldest due one has waited, and the workers that\n"
             "are alive. A large number is 10000+; ~ marks what the database estimates.\n" SESSION_TABLE_NAMES,
    .options = rows,
    .example = "errand status email_customers --watch",
    .most = COMMAND_ANY,
    .run = run,
};
