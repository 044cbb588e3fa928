/* errand db create */
#include "cli/session.h"

#include "base/error.h"
#include "migrate/migrate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What was made, for the sentence at the end. */
struct report {
    size_t made;
};

static void say(void *arg, const char *sentence)
{
    struct report *report = arg;
    puts(sentence);
    fflush(stdout);
    report->made++;
}

static int print_ddl(const struct schema *schema, enum store_kind kind)
{
    struct buffer out = BUFFER_INIT(SCHEMA_PRINT_MAX);
    struct errand_error err;
    if (kind == STORE_SQLITE && schema_check_sqlite(schema, &err) != 0)
        return command_fail(EXIT_FAILED, &err);
    if (kind == STORE_SQLITE)
        schema_print_sqlite(schema, &out);
    else
        schema_print_postgres(schema, &out);
    bool whole = !out.failed;
    if (whole && out.size)
        fwrite(out.data, 1, out.size, stdout);
    else if (!whole)
        fputs("errand: the SQL is too long to print\n", stderr);
    buffer_release(&out);
    return whole ? EXIT_OK : EXIT_FAILED;
}

static void print_omission(void *arg, struct schema_position at, const char *name, const char *sql)
{
    const struct schema *schema = arg;
    (void)sql;
    fprintf(stderr, "%s:%d:%d: not in SQLite: %s\n", schema->file, at.line, at.column, name);
}

/* A new SQLite database may stand in a folder that is not there yet: build/. */
static int make_folder(const struct store_url *url, struct errand_error *err)
{
    const char *slash = strrchr(url->target, '/');
    if (url->kind != STORE_SQLITE || !slash || slash == url->target)
        return 0;
    char *folder = strndup(url->target, (size_t)(slash - url->target));
    int result = folder && (mkdir(folder, 0777) == 0 || errno == EEXIST) ? 0 : -1;
    if (result != 0)
        error_set(err, "the folder of %s cannot be made: %s", url->shown, strerror(errno));
    free(folder);
    return result;
}

/* A file that this run has made and could not fill. */
static void remove_file(const struct store_url *url)
{
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
    char path[4200];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (snprintf(path, sizeof path, "%s%s", url->target, endings[i]) < (int)sizeof path)
            unlink(path);
}

/* Whether something that the schema has otherwise, or not at all, is there and was left. */
static size_t count_left(const struct migrate_outcome *outcome)
{
    size_t count = 0;
    for (size_t i = 0; i < outcome->step_count; i++)
        count += !outcome->steps[i].applied;
    return count;
}

static int bring_up(struct connection *connection, const struct session *session, struct report *report, size_t *left,
                    struct errand_error *err)
{
    const struct migrate_request request = { .connection = connection,
                                             .schema = session->schema,
                                             .folder = session->migrations,
                                             .leave_files = true,
                                             .told = say,
                                             .arg = report };
    struct migrate_outcome outcome;
    int result = migrate_run(&request, &outcome, err);
    *left = count_left(&outcome);
    migrate_outcome_release(&outcome);
    return result;
}

static int create(const struct session *session, struct errand_error *err)
{
    const struct store_url *url = &session->url;
    struct report report = { 0 };
    bool created = false;
    size_t left = 0;
    if (make_folder(url, err) != 0)
        return -1;
    struct connection *connection = connection_create(url, &created, err);
    if (!connection)
        return -1;
    int result = bring_up(connection, session, &report, &left, err);
    connection_close(connection);
    if (result != 0) {
        if (created && url->kind == STORE_SQLITE)
            remove_file(url);
        else if (created)
            error_prefix(err, "the database %s was made, and is empty", url->shown);
        return -1;
    }
    if (url->kind == STORE_SQLITE)
        schema_each_omission(session->schema, print_omission, session->schema);
    if (created)
        printf("created the database %s\n", url->shown);
    else if (report.made == 0)
        printf("%s has everything already\n", url->shown);
    if (left > 0)
        printf("what is there and is to be changed or dropped was left: errand migrate --dry-run shows it\n");
    return 0;
}

static int run(const struct command *command, const struct options *options, char **arguments)
{
    struct errand_error err;
    struct session session = { 0 };
    int code = session_find(&session, options);
    (void)command, (void)arguments;
    if (code == EXIT_OK && options->print)
        code = print_ddl(session.schema, session.url.kind);
    else if (code == EXIT_OK && create(&session, &err) != 0)
        code = command_fail(EXIT_FAILED, &err);
    session_close(&session);
    return code;
}

static const struct option_row rows[] = {
    COMMAND_DATABASE,
    COMMAND_SCHEMA,
    { "print", NULL, "print the SQL for an empty database of that kind, and change nothing", 'p',
      OPTION_FLAG(struct options, print) },
    COMMAND_HELP,
    { 0 },
};

const struct command command_db_create = {
    .words = { "db", "create" },
    .summary = "make the database, and what is missing in it",
    .synopsis = "[--database URL] [--schema FILE] [--print]",
    .about =
        "Makes the database and whatever of FILE it lacks: types, tables, columns, indexes and the rest. What would\n"
        "take something away is left; errand migrate is for that. An empty database is filled whole or not at all.\n",
    .options = rows,
    .example = "errand db create --database postgresql:///bakery",
    .run = run,
};
