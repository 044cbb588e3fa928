/* Opening an application for a command. */
#include "cli/session.h"

#include "base/error.h"
#include "codegen/project.h"
#include "codegen/tables.h"

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

/* --schema, or the schema of the application that the current folder is in. */
static int find_schema(struct session *session, const char *given, struct errand_error *err)
{
    session->root = given ? strdup("") : project_root(err);
    if (!session->root)
        return -1;
    const char *file = given ? given : PROJECT_SCHEMA, *slash = strrchr(file, '/');
    int folder = slash ? (int)(slash + 1 - file) : 0;
    if (asprintf(&session->schema_file, "%s%s", session->root, file) < 0 ||
        asprintf(&session->migrations, "%s%.*sMigration", session->root, folder, file) < 0)
        abort();
    return 0;
}

int session_find(struct session *session, const struct options *options)
{
    struct errand_error err;
    if (find_schema(session, options->schema, &err) != 0)
        return command_fail(EXIT_FAILED, &err);
    session->schema = schema_read(session->schema_file);
    if (!command_report(session->schema))
        return EXIT_FAILED;
    if (store_url_parse(options->database, &session->url, &err) != 0)
        return command_fail(EXIT_USAGE, &err);
    return EXIT_OK;
}

int session_open(struct session *session, const struct options *options)
{
    struct errand_error err;
    int code = session_find(session, options);
    if (code != EXIT_OK)
        return code;
    session->tables = tables_make(&session->arena, session->schema);
    collect_jobs(session);
    if (!session->jobs)
        error_set(&err, "out of memory");
    else
        session->errand = errand_open(options->database, &err);
    return session->errand ? EXIT_OK : command_fail(EXIT_FAILED, &err);
}

void session_close(struct session *session)
{
    errand_close(session->errand);
    store_url_release(&session->url);
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
    struct errand_error err;
    if (errand_run(session->errand, fn, arg, &err) == 0)
        return EXIT_OK;
    return command_fail(EXIT_FAILED, &err);
}
