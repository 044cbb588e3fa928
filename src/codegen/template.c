/* Templates with values put in. */
#include "codegen/template.h"

#include "base/buffer.h"
#include "codegen/names.h"
#include "codegen/templates.h"

#include <stdlib.h>
#include <string.h>

static const char *const templates[] = {
    [TEMPLATE_JOB] = template_job_c,
    [TEMPLATE_JOB_TABLE] = template_job_table_sql,
    [TEMPLATE_TABLE] = template_table_sql,
    [TEMPLATE_SCRIPT] = template_script_c,
    [TEMPLATE_DASHBOARD] = template_FrontController_c,
    [TEMPLATE_MAKEFILE] = template_Makefile,
    [TEMPLATE_SCHEMA] = template_Schema_sql,
    [TEMPLATE_GITIGNORE] = template_gitignore,
    [TEMPLATE_README] = template_README_md,
    [TEMPLATE_KEEP] = template_keep,
};

/* The value whose name stands at the text; NULL where none does. */
static const struct template_value *value_at(const char *text, const struct template_value *values)
{
    for (; values && values->name; values++)
        if (strncmp(text, values->name, strlen(values->name)) == 0)
            return values;
    return NULL;
}

const char *template_fill(struct arena *arena, enum template_name name, const struct template_value *values)
{
    struct buffer out = BUFFER_INIT(1024 * 1024);
    for (const char *text = templates[name]; *text;) {
        const struct template_value *value = *text == '@' ? value_at(text, values) : NULL;
        if (value)
            buffer_puts(&out, value->value);
        else
            buffer_add(&out, text, 1);
        text += value ? strlen(value->name) : 1;
    }
    if (out.failed)
        abort();
    const char *filled = name_printf(arena, "%s", out.data);
    buffer_release(&out);
    return filled;
}
