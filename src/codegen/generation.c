/* The changes of a generation: shown, made, undone. */
#include "codegen/generation.h"

#include "base/error.h"
#include "codegen/diff.h"
#include "codegen/names.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void generation_add(struct generation *generation, struct change change)
{
    if (generation->count == GENERATION_CHANGES_MAX)
        abort();
    generation->changes[generation->count++] = change;
}

int generation_create(struct generation *generation, const struct project *project, const char *path,
                      const char *content, struct errand_error *err)
{
    struct buffer found = BUFFER_INIT(GENERATION_FILE_MAX);
    int there = project ? project_read(project, path, &found, err) : 0;
    buffer_release(&found);
    if (there < 0)
        return -1;
    if (there > 0)
        return error_set(err, "%s is there already", path);
    generation_add(generation, (struct change){ .kind = CHANGE_CREATE,
                                                .path = name_printf(&generation->arena, "%s", path),
                                                .after = name_printf(&generation->arena, "%s", content),
                                                .after_size = strlen(content) });
    return 0;
}

void generation_release(struct generation *generation)
{
    arena_release(&generation->arena);
    *generation = (struct generation)GENERATION_INIT;
}

void generation_print(const struct generation *generation, struct buffer *out)
{
    static const char *const verbs[] = {
        [CHANGE_CREATE] = "create", [CHANGE_EDIT] = "edit", [CHANGE_REMOVE] = "remove"
    };
    for (size_t i = 0; i < generation->count; i++) {
        const struct change *change = &generation->changes[i];
        buffer_printf(out, "  %-6s  %s%s%s\n", verbs[change->kind], change->path, change->what ? ": " : "",
                      change->what ? change->what : "");
    }
}

void generation_print_diff(const struct generation *generation, struct buffer *out)
{
    for (size_t i = 0; i < generation->count; i++) {
        const struct change *change = &generation->changes[i];
        diff_print(change->path, change->before, change->before_size, change->after, change->after_size, out);
    }
}

/* ---- apply ---- */

/* Whether the file is as it was when the change was planned. */
static int check(const struct project *project, const struct change *change, struct errand_error *err)
{
    struct buffer found = BUFFER_INIT(GENERATION_FILE_MAX);
    int there = project_read(project, change->path, &found, err);
    bool is_there = there > 0, same = is_there == (change->before != NULL);
    if (same && is_there)
        same = found.size == change->before_size &&
               (found.size == 0 || memcmp(found.data, change->before, found.size) == 0);
    buffer_release(&found);
    if (there < 0)
        return -1;
    return same ? 0 : error_set(err, "%s has been changed meanwhile; nothing was done", change->path);
}

static int make(const struct project *project, const struct change *change, struct errand_error *err)
{
    switch (change->kind) {
    case CHANGE_CREATE:
        return project_create(project, change->path, change->after, change->after_size, err);
    case CHANGE_EDIT:
        return project_replace(project, change->path, change->after, change->after_size, err);
    default:
        return project_remove(project, change->path, err);
    }
}

static struct change inverse(const struct change *change)
{
    static const enum change_kind kinds[] = {
        [CHANGE_CREATE] = CHANGE_REMOVE, [CHANGE_EDIT] = CHANGE_EDIT, [CHANGE_REMOVE] = CHANGE_CREATE
    };
    return (struct change){ .kind = kinds[change->kind],
                            .path = change->path,
                            .before = change->after,
                            .before_size = change->after_size,
                            .after = change->before,
                            .after_size = change->before_size };
}

static void undo(const struct generation *generation, const struct project *project, size_t made,
                 struct errand_error *err)
{
    while (made-- > 0) {
        struct change back = inverse(&generation->changes[made]);
        struct errand_error second;
        if (make(project, &back, &second) != 0)
            error_prefix(err, "%s could not be put back as it was (%s)", back.path, second.message);
    }
}

static int make_all(const struct generation *generation, const struct project *project, struct errand_error *err)
{
    for (size_t i = 0; i < generation->count; i++)
        if (check(project, &generation->changes[i], err) != 0)
            return -1;
    for (size_t i = 0; i < generation->count; i++) {
        if (make(project, &generation->changes[i], err) == 0)
            continue;
        undo(generation, project, i, err);
        return -1;
    }
    return 0;
}

int generation_apply(const struct generation *generation, const struct project *project, struct errand_error *err)
{
    /* Ctrl-C between two changes would leave half of them. */
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ends, &before);
    int result = make_all(generation, project, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}
