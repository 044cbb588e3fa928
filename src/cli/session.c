/* Opening an application for a command. */
#include "cli/session.h"

#include "codegen/tables.h"

#include <stdio.h>
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

int session_open(struct session *session, const char *schema, const char *database)
{
    struct errand_error err;
    session->schema = schema_read(schema);
    if (!command_report(session->schema))
        return EXIT_FAILED;
    session->tables = tables_make(&session->arena, session->schema);
    collect_jobs(session);
    if (!session->jobs) {
        fputs("errand: out of memory\n", stderr);
        return EXIT_FAILED;
    }
    int code = store_url_parse(database, &session->url, &err) == 0 ? EXIT_OK : EXIT_USAGE;
    if (code == EXIT_OK && !(session->errand = errand_open(database, &err)))
        code = EXIT_FAILED;
    if (code != EXIT_OK)
        fprintf(stderr, "errand: %s\n", err.message);
    return code;
}

void session_close(struct session *session)
{
    errand_close(session->errand);
    store_url_release(&session->url);
    arena_release(&session->arena);
    schema_free(session->schema);
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
    fprintf(stderr, "errand: %s\n", err.message);
    return EXIT_FAILED;
}
