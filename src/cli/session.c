/* Opening an application for a command. */
#include "cli/session.h"

#include "base/error.h"
#include "base/running.h"
#include "codegen/project.h"
#include "codegen/tables.h"
#include "store/postgres/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void collect_jobs(struct session *session)
{
    const struct errand_job_type *types = session->tables->job_types;
    while (types[session->job_count].table)
        session->job_count++;
    session->jobs = arena_alloc(&session->arena, (session->job_count + 1) * sizeof(*session->jobs));
    for (size_t i = 0; session->jobs && i < session->job_count; i++)
        session->jobs[i] = types[i].table;
}

/* Of a schema that was named: the folder above its Application/, or else the one that it lies in. "" where there is
 * none. */
static char *root_of(const char *file)
{
    static const char application[] = "/Application";
    const char *slash = strrchr(file, '/');
    char *folder = slash ? strndup(file, (size_t)(slash + 1 - file)) : strdup("."), *root = NULL;
    char *whole = folder ? realpath(folder, NULL) : NULL;
    size_t size = whole ? strlen(whole) : 0, end = strlen(application);
    if (size >= end && strcmp(whole + size - end, application) == 0)
        whole[size - end] = '\0';
    if (asprintf(&root, "%s%s", whole ? whole : "", whole ? "/" : "") < 0)
        root = NULL;
    free(whole);
    free(folder);
    return root;
}

/* --schema, or the schema of the application that the current folder is in. */
static int find_schema(struct session *session, const char *given, struct errand_error *err)
{
    session->root = given ? root_of(given) : project_root(err);
    if (!session->root)
        return given ? error_set(err, "out of memory") : -1;
    const char *file = given ? given : PROJECT_SCHEMA, *before = given ? "" : session->root,
               *slash = strrchr(file, '/');
    int folder = slash ? (int)(slash + 1 - file) : 0;
    if (asprintf(&session->schema_file, "%s%s", before, file) < 0 ||
        asprintf(&session->migrations, "%s%.*sMigration", before, folder, file) < 0)
        abort();
    return 0;
}

int session_read_address(const char *address, struct store_url *url, struct errand_error *err)
{
    if (store_url_parse(address, url, err) != 0)
        return -1;
    return url->kind == STORE_POSTGRES && !connect_check(url, err) ? -1 : 0;
}

/* --database, else DATABASE_URL, else that of an errand dev that runs here, else build/app.db. */
static int find_database(struct session *session, const char *given, struct errand_error *err)
{
    session->database = given ? strdup(given) : running_database(session->root);
    if (session_read_address(session->database, &session->url, err) != 0)
        return -1;
    if (!given && session->database)
        fprintf(stderr, "errand: the database is that of the errand dev that runs: %s\n", session->url.shown);
    return 0;
}

int session_find(struct session *session, const struct options *options)
{
    if (find_schema(session, options->schema, &session->error) != 0)
        return command_fail(EXIT_FAILED, &session->error);
    session->schema = schema_read(session->schema_file);
    if (!command_report(session->schema)) {
        error_set(&session->error, "%s has errors", session->schema_file);
        return EXIT_FAILED;
    }
    if (find_database(session, options->database, &session->error) != 0)
        return command_fail(EXIT_USAGE, &session->error);
    return EXIT_OK;
}

int session_open(struct session *session, const struct options *options)
{
    int code = session_find(session, options);
    if (code != EXIT_OK)
        return code;
    session->tables = tables_make(&session->arena, session->schema);
    collect_jobs(session);
    if (!session->jobs)
        error_set(&session->error, "out of memory");
    else
        session->errand = errand_open(session->database, &session->error);
    return session->errand ? EXIT_OK : command_fail(EXIT_FAILED, &session->error);
}

void session_close(struct session *session)
{
    errand_close(session->errand);
    store_url_release(&session->url);
    free(session->database);
    arena_release(&session->arena);
    schema_free(session->schema);
    free(session->migrations);
    free(session->schema_file);
    free(session->root);
}

/* Whether the name is the full one, or that without its ending. */
static bool is_name(const char *name, const char *full, const char *ending)
{
    size_t length = strlen(name);
    return strncmp(full, name, length) == 0 && (full[length] == '\0' || strcmp(full + length, ending) == 0);
}

const struct errand_table *session_job(const struct session *session, const char *name)
{
    for (size_t i = 0; *name && i < session->job_count; i++) {
        const struct errand_table *table = session->jobs[i];
        if (is_name(name, table->name, "_jobs") || is_name(name, table->record_name, "Job"))
            return table;
    }
    fprintf(stderr, "errand: %s declares no job table %s; ", session->schema->file, name);
    fputs(session->job_count ? "it has" : "it has no job table at all", stderr);
    for (size_t i = 0; i < session->job_count; i++)
        fprintf(stderr, "%s %s", i ? "," : "", session->jobs[i]->name);
    fputc('\n', stderr);
    return NULL;
}

int session_choose(struct session *session, char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    if (count == 0)
        return EXIT_OK;
    const struct errand_table **chosen = arena_alloc(&session->arena, (count + 1) * sizeof(*chosen));
    for (size_t i = 0; chosen && i < count; i++)
        if (!(chosen[i] = session_job(session, names[i])))
            return EXIT_FAILED;
    session->jobs = chosen;
    session->job_count = count;
    return chosen ? EXIT_OK : EXIT_FAILED;
}

int session_run(struct session *session, void (*fn)(struct errand_context *ctx, void *arg), void *arg)
{
    if (errand_run(session->errand, fn, arg, &session->error) == 0)
        return EXIT_OK;
    return command_fail(EXIT_FAILED, &session->error);
}
