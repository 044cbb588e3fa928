/* errand migrate */
#include "cli/session.h"

#include "base/json.h"
#include "base/running.h"
#include "migrate/migrate.h"

#include <stdio.h>
#include <string.h>

static void say(void *arg, const char *sentence)
{
    (void)arg;
    puts(sentence);
    fflush(stdout);
}

/* ---- For people ---- */

static void print_changed(const struct migrate_outcome *outcome)
{
    for (size_t i = 0; i < outcome->file_count; i++)
        if (outcome->files[i].state == MIGRATE_FILE_CHANGED)
            fprintf(
                stderr,
                "errand: warning: %s was changed after it was applied; the change is not applied: put it into a new "
                "file\n",
                outcome->files[i].path);
}

static void print_comment(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        printf("-- %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void print_plan(const struct migrate_outcome *outcome, bool allow_destructive)
{
    for (size_t i = 0; i < outcome->file_count; i++) {
        const struct migrate_file *file = &outcome->files[i];
        if (file->state == MIGRATE_FILE_WAITS)
            printf("-- %s %s\n", file->destructive && !allow_destructive ? "waits for --allow-destructive:" : "apply",
                   file->path);
        else if (file->state == MIGRATE_FILE_COUNTED)
            printf("-- count %s as applied: the schema holds what it did\n", file->path);
    }
    for (size_t i = 0; i < outcome->step_count; i++) {
        const struct migrate_step *step = &outcome->steps[i];
        printf("-- %s%s\n", step->destructive ? "destructive: " : "", step->todo);
        if (step->remark)
            print_comment(step->remark);
        printf("%s\n", step->sql);
    }
}

static void print_waiting(const struct migrate_outcome *outcome)
{
    for (size_t i = 0; i < outcome->step_count; i++) {
        const struct migrate_step *step = &outcome->steps[i];
        if (!step->destructive || step->applied)
            continue;
        if (step->refusal)
            printf("not applied: %s: %s\n", step->todo, step->refusal);
        else
            printf("not applied, destructive: %s\n", step->todo);
    }
    for (size_t i = 0; i < outcome->file_count; i++)
        if (outcome->files[i].state == MIGRATE_FILE_WAITS)
            printf("%s waits: read it, then errand migrate --allow-destructive\n", outcome->files[i].path);
}

static void print_outcome(const struct options *options, const struct migrate_outcome *outcome, const char *shown)
{
    bool idle = outcome->file_count == 0 && outcome->step_count == 0;
    if (options->dry_run)
        print_plan(outcome, options->allow_destructive);
    else
        print_waiting(outcome);
    if (idle || (migrate_is_complete(outcome) && outcome->step_count == 0))
        printf("%s is up to date\n", shown);
}

/* ---- For programs ---- */

static const char *state_name(enum migrate_file_state state)
{
    static const char *const names[] = { [MIGRATE_FILE_WAITS] = "waits",
                                         [MIGRATE_FILE_APPLIED] = "applied",
                                         [MIGRATE_FILE_COUNTED] = "counted",
                                         [MIGRATE_FILE_CHANGED] = "changed" };
    return names[state];
}

static void add_files(struct json *json, const struct migrate_outcome *outcome)
{
    json_begin(json, "files", '[');
    for (size_t i = 0; i < outcome->file_count; i++) {
        const struct migrate_file *file = &outcome->files[i];
        json_begin(json, NULL, '{');
        json_text(json, "path", file->path);
        json_bool(json, "destructive", file->destructive);
        json_text(json, "state", state_name(file->state));
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void add_steps(struct json *json, const struct migrate_outcome *outcome)
{
    json_begin(json, "steps", '[');
    for (size_t i = 0; i < outcome->step_count; i++) {
        const struct migrate_step *step = &outcome->steps[i];
        json_begin(json, NULL, '{');
        json_text(json, "do", step->todo);
        json_bool(json, "destructive", step->destructive);
        json_bool(json, "applied", step->applied);
        json_text(json, "remark", step->remark);
        json_text(json, "sql", step->sql);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void print_json(const struct migrate_outcome *outcome, const char *shown, const char *error)
{
    struct buffer out = BUFFER_INIT((size_t)4 * SCHEMA_PRINT_MAX);
    struct json json = { .out = &out };
    json_begin(&json, NULL, '{');
    json_text(&json, "database", shown);
    json_bool(&json, "up_to_date", !error && migrate_is_complete(outcome));
    json_text(&json, "error", error);
    json_text(&json, "written", outcome->written);
    add_files(&json, outcome);
    add_steps(&json, outcome);
    json_end(&json, '}');
    if (!out.failed)
        puts(out.data);
    buffer_release(&out);
}

/* ---- The command ---- */

static int migrate(const struct options *options, const struct session *session, struct errand_error *err)
{
    struct connection *connection = connection_open(&session->url, err);
    if (!connection)
        return -1;
    const struct migrate_request request = {
        .connection = connection,
        .schema = session->schema,
        .folder = session->migrations,
        .allow_destructive = options->allow_destructive,
        .dry_run = options->dry_run,
        .told = options->json ? NULL : say,
    };
    struct migrate_outcome outcome;
    int result = migrate_run(&request, &outcome, err);
    connection_close(connection);
    print_changed(&outcome);
    if (options->json)
        print_json(&outcome, session->url.shown, result == 0 ? NULL : err->message);
    else if (result == 0)
        print_outcome(options, &outcome, session->url.shown);
    migrate_outcome_release(&outcome);
    return result;
}

static int run(const struct command *command, const struct options *options, char **arguments)
{
    struct errand_error err;
    struct session session = { 0 };
    int code = session_find(&session, options);
    (void)command, (void)arguments;
    if (code == EXIT_OK && migrate(options, &session, &err) != 0)
        code = command_fail(EXIT_FAILED, &err);
    else if (code == EXIT_OK && !options->dry_run)
        running_wake(session.root);
    session_close(&session);
    return code;
}

static const struct option_row rows[] = {
    COMMAND_DATABASE,
    { "schema", "FILE", "default: Application/Schema.sql; the files are in Migration/ beside it", 's',
      OPTION_TEXT(struct options, schema) },
    { "dry-run", NULL, "print the SQL, and change nothing", 'n', OPTION_FLAG(struct options, dry_run) },
    { "allow-destructive", NULL, "apply what takes something away as well",
      OPTION_FLAG(struct options, allow_destructive) },
    { "json", NULL, "print what was found and done as JSON", 'j', OPTION_FLAG(struct options, json) },
    COMMAND_HELP,
    { 0 },
};

const struct command command_migrate = {
    .words = { "migrate" },
    .summary = "bring the database to what the schema says, keeping its rows",
    .synopsis = "[--database URL] [--schema FILE] [--dry-run] [--allow-destructive] [--json]",
    .about =
        "Applies the files of Application/Migration/ that are not applied yet, then what FILE has and the database\n"
        "lacks. What would take something away is written to a new file there instead, to be read and then applied\n"
        "with --allow-destructive.\n",
    .options = rows,
    .example = "errand migrate --dry-run",
    .run = run,
};
