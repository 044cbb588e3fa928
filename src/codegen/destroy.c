/* What was generated, taken back: what a person has changed since is kept, unless it is forced. */
#include "base/error.h"
#include "codegen/model.h"
#include "codegen/name_check.h"
#include "codegen/names.h"
#include "codegen/template.h"
#include "schema/edit.h"

#include <string.h>

/* ---- files ---- */

static int remove_as_generated(struct generation *generation, const char *path, const struct buffer *found,
                               const char *generated, bool force, struct errand_error *err)
{
    bool same = found->size == strlen(generated) && memcmp(found->data, generated, found->size) == 0;
    if (!same && !force)
        return error_set(err, "%s is no longer as it was generated; --force removes it all the same", path);
    const char *before = arena_copy(&generation->arena, found->data, found->size);
    if (!before)
        return error_set(err, "out of memory");
    generation_add(generation, (struct change){ .kind = CHANGE_REMOVE,
                                                .path = name_printf(&generation->arena, "%s", path),
                                                .before = before,
                                                .before_size = found->size });
    return 0;
}

/* 1: it is to be removed; 0: there is none; -1 and the sentence. */
static int remove_file(struct generation *generation, const struct project *project, const char *path,
                       const char *generated, bool force, struct errand_error *err)
{
    struct buffer found = BUFFER_INIT(GENERATION_FILE_MAX);
    int there = project_read(project, path, &found, err);
    buffer_puts(&found, "");
    if (there > 0 && remove_as_generated(generation, path, &found, generated, force, err) != 0)
        there = -1;
    buffer_release(&found);
    return there;
}

/* The same of a file that must be there. */
static int remove_only_file(struct generation *generation, const struct project *project, const char *path,
                            enum template_name template, bool force, struct errand_error *err)
{
    const char *generated = template_fill(&generation->arena, template, NULL);
    int there = remove_file(generation, project, path, generated, force, err);
    if (there == 0)
        return error_set(err, "there is no %s", path);
    return there < 0 ? -1 : 0;
}

int destroy_script(struct generation *generation, const struct project *project, const char *name, bool force,
                   struct errand_error *err)
{
    if (name_check_script(name, err) != 0)
        return -1;
    generation->subject = name_printf(&generation->arena, "%s", name);
    return remove_only_file(generation, project, script_path(&generation->arena, name), TEMPLATE_SCRIPT, force, err);
}

int destroy_dashboard(struct generation *generation, const struct project *project, const char *application, bool force,
                      struct errand_error *err)
{
    if (name_check_application(application, err) != 0)
        return -1;
    generation->subject = name_printf(&generation->arena, "%s", application);
    return remove_only_file(generation, project, dashboard_path(&generation->arena, application), TEMPLATE_DASHBOARD,
                            force, err);
}

/* ---- a job ---- */

/* Whether all that is about the table is what was generated, whatever columns it has of its own. */
static bool is_as_generated(struct arena *arena, const char *table, const struct buffer *found)
{
    static const char mark[] = "@"; /* SQL of ours has none */
    const char *generated = job_table_text(arena, table, mark);
    size_t size = strlen(generated), before = (size_t)(strstr(generated, mark) - generated);
    size_t behind = size - before - strlen(mark);
    return found->size >= before + behind && memcmp(found->data, generated, before) == 0 &&
           memcmp(found->data + found->size - behind, generated + size - behind, behind) == 0;
}

static int check_table(struct generation *generation, const struct model *model, const struct schema_table *table,
                       struct errand_error *err)
{
    struct buffer found = BUFFER_INIT(SCHEMA_PRINT_MAX);
    int result = schema_edit_table_text(model->schema, model->text.data, model->text.size, table, &found, err);
    if (result == 0 && !is_as_generated(&generation->arena, table->name, &found))
        result = error_set(err,
                           "the table %s in " PROJECT_SCHEMA ", line %d, is no longer as it was generated; --force "
                           "takes it out all the same",
                           table->name, table->at.line);
    buffer_release(&found);
    return result;
}

static int take_out(struct generation *generation, const struct model *model, const struct schema_table *table,
                    struct errand_error *err)
{
    struct buffer text = BUFFER_INIT(SCHEMA_PRINT_MAX);
    int result = schema_edit_take_out(model->schema, model->text.data, model->text.size, table, &text, err);
    if (result == 0)
        result = model_edit(generation, model, &text,
                            name_printf(&generation->arena, "table %s taken out", table->name), NULL, err);
    buffer_release(&text);
    return result;
}

static int destroy_both(struct generation *generation, const struct project *project, const struct model *model,
                        const struct job_name *job, const char *path, bool force, struct errand_error *err)
{
    /* The file first: should the process die in between, the table has no job, and destroying goes on from there. */
    int there = remove_file(generation, project, path, job_text(&generation->arena, job->type), force, err);
    const struct schema_table *table = schema_find_table(model->schema, NULL, job->table);
    if (there < 0)
        return -1;
    if (!there && !table)
        return error_set(err, "there is no job %s: neither the table %s nor %s", job->type, job->table, path);
    if (table && !force && check_table(generation, model, table, err) != 0)
        return -1;
    return table ? take_out(generation, model, table, err) : 0;
}

int destroy_job(struct generation *generation, const struct project *project, const char *name, const char *application,
                bool force, struct errand_error *err)
{
    struct model model;
    struct job_name job;
    if (name_read_job(&generation->arena, name, &job, err) != 0 || name_check_application(application, err) != 0)
        return -1;
    generation->subject = job.type;
    int result = model_read(&model, project, err);
    if (result == 0)
        result = destroy_both(generation, project, &model, &job, job_path(&generation->arena, application, job.file),
                              force, err);
    model_release(&model);
    return result;
}
