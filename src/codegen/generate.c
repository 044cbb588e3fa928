/* From a name to a generation: the application, jobs, scripts, the dashboard, tables and columns. */
#include "base/error.h"
#include "codegen/model.h"
#include "codegen/name_check.h"
#include "codegen/names.h"
#include "codegen/template.h"
#include "schema/edit.h"

#include <string.h>

/* ---- columns ---- */

static int check_column(struct arena *arena, const struct column_spec *columns, size_t at, bool is_job,
                        struct errand_error *err)
{
    static const char *const managed[] = { "id",        "created_at", "updated_at", "status",         "last_error",
                                           "locked_at", "locked_by",  "run_at",     "attempts_count", "queue_position",
                                           NULL };
    const char *name = column_name(arena, &columns[at]);
    for (size_t i = 0; managed[i] && (is_job || i < 1); i++)
        if (strcmp(name, managed[i]) == 0)
            return error_set(err, "the table has a column %s by itself; choose another name", name);
    for (size_t i = 0; i < at; i++)
        if (strcmp(name, column_name(arena, &columns[i])) == 0)
            return error_set(err, "the column %s is there twice", name);
    return 0;
}

/* Each as a line between before and behind; NULL and the sentence. */
static const char *column_lines(struct arena *arena, const struct schema *schema, const struct column_spec *columns,
                                size_t count, bool is_job, struct errand_error *err)
{
    const char *lines = "";
    if (count > COLUMNS_MAX) {
        error_set(err, "%zu columns are too many: at most %d", count, COLUMNS_MAX);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const char *definition = column_definition(arena, schema, &columns[i], err);
        if (!definition || check_column(arena, columns, i, is_job, err) != 0)
            return NULL;
        lines = name_printf(arena, "%s%s%s%s", lines, is_job ? "    " : ",\n    ", definition, is_job ? ",\n" : "");
    }
    return lines;
}

/* ---- in Schema.sql ---- */

static int append_table(struct generation *generation, const struct model *model, const char *table, const char *sql,
                        struct errand_error *err)
{
    struct buffer text = BUFFER_INIT(SCHEMA_PRINT_MAX);
    int result = schema_edit_append(model->text.data, model->text.size, sql, &text, err);
    if (result == 0)
        result = model_edit(generation, model, &text, name_printf(&generation->arena, "table %s", table), table, err);
    buffer_release(&text);
    return result;
}

static int check_job_free(struct arena *arena, const struct model *model, const char *table, struct errand_error *err)
{
    static const char *const indexes[] = { "", "_pending", "_unfinished", "_newest", "_pkey", NULL };
    for (size_t i = 0; indexes[i]; i++)
        if (model_check_free(model, name_printf(arena, "%s%s", table, indexes[i]), err) != 0)
            return -1;
    return 0;
}

static int add_job_table(struct generation *generation, const struct model *model, const char *table,
                         const struct column_spec *columns, size_t count, struct errand_error *err)
{
    struct arena *arena = &generation->arena;
    if (check_job_free(arena, model, table, err) != 0)
        return -1;
    const char *lines = column_lines(arena, model->schema, columns, count, true, err);
    return lines ? append_table(generation, model, table, job_table_text(arena, table, lines), err) : -1;
}

int generate_job(struct generation *generation, const struct project *project, const char *name,
                 const char *application, const struct column_spec *columns, size_t count, struct errand_error *err)
{
    struct arena *arena = &generation->arena;
    struct model model;
    struct job_name job;
    if (name_read_job(arena, name, &job, err) != 0 || name_check_application(application, err) != 0)
        return -1;
    generation->subject = job.type;
    int result = model_read(&model, project, err);
    if (result == 0)
        result = add_job_table(generation, &model, job.table, columns, count, err);
    if (result == 0)
        result = generation_create(generation, project, job_path(arena, application, job.file),
                                   job_text(arena, job.type), err);
    model_release(&model);
    return result;
}

static int add_table(struct generation *generation, const struct model *model, const char *name,
                     const struct column_spec *columns, size_t count, struct errand_error *err)
{
    struct arena *arena = &generation->arena;
    if (model_check_free(model, name, err) != 0)
        return -1;
    const char *lines = column_lines(arena, model->schema, columns, count, false, err);
    if (!lines)
        return -1;
    const char *sql = template_fill(arena, TEMPLATE_TABLE,
                                    (struct template_value[]){ { "@table@", name }, { "@columns@", lines }, { 0 } });
    return append_table(generation, model, name, name_printf(arena, "%.*s", (int)strlen(sql) - 1, sql), err);
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), cut = strlen(ending);
    return length >= cut && strcmp(text + length - cut, ending) == 0;
}

int generate_table(struct generation *generation, const struct project *project, const char *name,
                   const struct column_spec *columns, size_t count, struct errand_error *err)
{
    struct model model;
    if (name_check_sql("table", name, err) != 0)
        return -1;
    if (ends_with(name, "_jobs"))
        return error_set(err, "a table whose name ends in _jobs is of jobs: generate the job %s", name);
    generation->subject = name_printf(&generation->arena, "%s", name);
    int result = model_read(&model, project, err);
    if (result == 0)
        result = add_table(generation, &model, name, columns, count, err);
    model_release(&model);
    return result;
}

static int add_column(struct generation *generation, const struct model *model, const char *name,
                      const struct column_spec *column, struct errand_error *err)
{
    struct arena *arena = &generation->arena;
    char shown[NAME_SHOWN_MAX];
    const struct schema_table *table = schema_find_table(model->schema, NULL, name);
    if (!table)
        return error_set(err, "there is no table '%s' in " PROJECT_SCHEMA, name_shown(name, shown));
    const char *definition = column_definition(arena, model->schema, column, err);
    if (!definition)
        return -1;
    if (schema_find_column(table, column_name(arena, column)))
        return error_set(err, "%s has a column %s already", table->name, column_name(arena, column));
    struct buffer text = BUFFER_INIT(SCHEMA_PRINT_MAX);
    int result =
        schema_edit_add_column(model->schema, model->text.data, model->text.size, table, definition, &text, err);
    if (result == 0)
        result = model_edit(generation, model, &text,
                            name_printf(arena, "column %s of %s", column_name(arena, column), table->name), NULL, err);
    buffer_release(&text);
    return result;
}

int generate_column(struct generation *generation, const struct project *project, const char *table,
                    const struct column_spec *column, struct errand_error *err)
{
    struct model model;
    int result = model_read(&model, project, err);
    if (result == 0)
        result = add_column(generation, &model, table, column, err);
    if (result == 0)
        generation->subject = name_printf(&generation->arena, "%s", table);
    model_release(&model);
    return result;
}

/* ---- files alone ---- */

int generate_script(struct generation *generation, const struct project *project, const char *name,
                    struct errand_error *err)
{
    struct arena *arena = &generation->arena;
    if (name_check_script(name, err) != 0)
        return -1;
    generation->subject = name_printf(arena, "%s", name);
    return generation_create(generation, project, script_path(arena, name), template_fill(arena, TEMPLATE_SCRIPT, NULL),
                             err);
}

int generate_dashboard(struct generation *generation, const struct project *project, const char *application,
                       struct errand_error *err)
{
    struct arena *arena = &generation->arena;
    if (name_check_application(application, err) != 0)
        return -1;
    generation->subject = name_printf(arena, "%s", application);
    return generation_create(generation, project, dashboard_path(arena, application),
                             template_fill(arena, TEMPLATE_DASHBOARD, NULL), err);
}

int generate_application(struct generation *generation, const char *name, struct errand_error *err)
{
    static const struct {
        const char *path;
        enum template_name template;
    } files[] = {
        { "Makefile", TEMPLATE_MAKEFILE },    { PROJECT_SCHEMA, TEMPLATE_SCHEMA }, { "Web/README", TEMPLATE_KEEP },
        { ".gitignore", TEMPLATE_GITIGNORE }, { "README.md", TEMPLATE_README },
    };
    struct arena *arena = &generation->arena;
    struct template_value values[] = { { "@name@", name }, { 0 } };
    generation->subject = name_printf(arena, "%s", name);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (generation_create(generation, NULL, files[i].path, template_fill(arena, files[i].template, values), err) !=
            0)
            return -1;
    return 0;
}
