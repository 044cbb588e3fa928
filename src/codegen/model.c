/* Reading Schema.sql for a generation, and judging what an edit would make of it. */
#include "codegen/model.h"

#include "base/error.h"
#include "codegen/name_check.h"
#include "codegen/plan.h"
#include "codegen/template.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* What is wrong with it first; 0 where nothing is. */
static int check_errors(const struct schema *schema, struct errand_error *err)
{
    for (size_t i = 0; i < schema->message_count; i++)
        if (schema->messages[i].is_error)
            return error_set(err, "%s", schema->messages[i].text);
    return 0;
}

int model_read(struct model *model, const struct project *project, struct errand_error *err)
{
    *model = (struct model){ .text = BUFFER_INIT(SCHEMA_FILE_MAX) };
    int there = project_read(project, PROJECT_SCHEMA, &model->text, err);
    if (there == 0)
        return error_set(err, "there is no " PROJECT_SCHEMA " in %s", project->root);
    if (there < 0)
        return -1;
    buffer_puts(&model->text, "");
    model->schema = schema_parse(PROJECT_SCHEMA, model->text.data, model->text.size);
    return model->schema ? check_errors(model->schema, err) : error_set(err, "out of memory");
}

void model_release(struct model *model)
{
    schema_free(model->schema);
    buffer_release(&model->text);
    *model = (struct model){ 0 };
}

/* ---- names ---- */

static int taken(const char *name, const char *what, int line, struct errand_error *err)
{
    char shown[NAME_SHOWN_MAX];
    return error_set(err, "the name %s is taken: by %s in " PROJECT_SCHEMA ", line %d", name_shown(name, shown), what,
                     line);
}

static bool makes_relation_or_type(const struct schema_statement *statement)
{
    switch (statement->kind) {
    case SCHEMA_STATEMENT_TABLE:
    case SCHEMA_STATEMENT_TYPE:
    case SCHEMA_STATEMENT_INDEX:
    case SCHEMA_STATEMENT_VIEW:
    case SCHEMA_STATEMENT_SEQUENCE:
        return true;
    default:
        return false;
    }
}

int model_check_free(const struct model *model, const char *name, struct errand_error *err)
{
    const struct schema *schema = model->schema;
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        if (makes_relation_or_type(statement) && statement->name && strcmp(statement->name, name) == 0)
            return taken(name, statement->what, statement->at.line, err);
    }
    return 0;
}

static const struct plan_table *planned(const struct plan *plan, const struct schema_table *table)
{
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].source == table)
            return &plan->tables[i];
    return NULL;
}

static int renamed(const char *what, const char *before, const char *after, struct errand_error *err)
{
    return error_set(err, "%s would be called %s in C, and no longer %s: choose another name", what, after, before);
}

static int compare_names(const struct plan *before, const struct plan *after, const struct schema *schema,
                         struct errand_error *err)
{
    for (size_t i = 0; i < before->table_count; i++) {
        const struct schema_table *table = before->tables[i].source;
        const struct plan_table *now = planned(after, schema_find_table(schema, table->schema, table->name));
        if (now && strcmp(now->record, before->tables[i].record) != 0)
            return renamed(table->name, before->tables[i].record, now->record, err);
    }
    for (size_t i = 0; i < before->enum_count; i++)
        for (size_t j = 0; j < after->enum_count; j++) {
            const struct plan_enum *was = &before->enums[i], *now = &after->enums[j];
            if (strcmp(was->source->name, now->source->name) == 0 && strcmp(was->type, now->type) != 0)
                return renamed(was->source->name, was->type, now->type, err);
        }
    return 0;
}

static int check_names(const struct schema *before, const struct schema *after, const char *added,
                       struct errand_error *err)
{
    struct arena arena = ARENA_INIT;
    struct plan old = plan_make(&arena, before), new = plan_make(&arena, after);
    const struct plan_table *made = added ? planned(&new, schema_find_table(after, NULL, added)) : NULL;
    const char *record = added ? name_record(&arena, added) : NULL;
    int result = compare_names(&old, &new, after, err);
    if (result == 0 && made && strcmp(made->record, record) != 0)
        result = error_set(err, "%s is the C name of another table already; choose another name", record);
    arena_release(&arena);
    return result;
}

int model_edit(struct generation *generation, const struct model *model, const struct buffer *text, const char *what,
               const char *added, struct errand_error *err)
{
    if (text->failed || text->size > SCHEMA_FILE_MAX)
        return error_set(err, PROJECT_SCHEMA " would be larger than %d bytes", SCHEMA_FILE_MAX);
    struct schema *schema = schema_parse(PROJECT_SCHEMA, text->data ? text->data : "", text->size);
    if (!schema)
        return error_set(err, "out of memory");
    int result = check_errors(schema, err);
    if (result == 0)
        result = check_names(model->schema, schema, added, err);
    else
        error_prefix(err, PROJECT_SCHEMA " would no longer be right");
    schema_free(schema);
    if (result != 0)
        return -1;
    struct arena *arena = &generation->arena;
    struct change change = { .kind = CHANGE_EDIT,
                             .path = PROJECT_SCHEMA,
                             .what = what,
                             .before = arena_copy(arena, model->text.data, model->text.size),
                             .before_size = model->text.size,
                             .after = arena_copy(arena, text->data ? text->data : "", text->size),
                             .after_size = text->size };
    if (!change.before || !change.after)
        return error_set(err, "out of memory");
    generation_add(generation, change);
    return 0;
}

/* ---- what is generated, and where ---- */

const char *job_path(struct arena *arena, const char *application, const char *file)
{
    return name_printf(arena, "%s/Job/%s.c", application, file);
}

const char *job_text(struct arena *arena, const char *type)
{
    return template_fill(arena, TEMPLATE_JOB, (struct template_value[]){ { "@Type@", type }, { 0 } });
}

const char *job_table_text(struct arena *arena, const char *table, const char *columns)
{
    const char *text = template_fill(
        arena, TEMPLATE_JOB_TABLE, (struct template_value[]){ { "@table@", table }, { "@columns@", columns }, { 0 } });
    return name_printf(arena, "%.*s", (int)strlen(text) - 1, text);
}

const char *script_path(struct arena *arena, const char *name)
{
    return name_printf(arena, "Application/Script/%s.c", name);
}

const char *dashboard_path(struct arena *arena, const char *application)
{
    return name_printf(arena, "%s/FrontController.c", application);
}
