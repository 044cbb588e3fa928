/* The dashboard's part of types.c: the way from the views that a job type may have, typed by its struct, to the pages,
   which know any table. Functions, not casts of function pointers: each side is called as what it is. */
#include "codegen/codegen.h"

#include <string.h>

/* `@` is the record's name. */
static const char table_view[] =
    "static bool @_table_row(const void *view, struct errand_context *ctx, struct html *out, const void *job)\n{\n"
    "    const struct @_table *typed = view;\n"
    "    if (typed->row)\n        typed->row(ctx, out, job);\n"
    "    return typed->row;\n}\n\n"
    "static bool @_table_link(const void *view, struct errand_context *ctx, struct html *out)\n{\n"
    "    const struct @_table *typed = view;\n"
    "    if (typed->new_job_link)\n        typed->new_job_link(ctx, out);\n"
    "    return typed->new_job_link;\n}\n\n"
    "static bool @_table_index(const void *view, struct errand_context *ctx, struct errand_list *jobs)\n{\n"
    "    const struct @_table *typed = view;\n"
    "    @_list list = { NULL, 0 };\n"
    "    if (typed->index)\n        list = typed->index(ctx);\n"
    "    *jobs = (struct errand_list){ list.items, list.count };\n"
    "    return typed->index;\n}\n\n"
    "static bool @_table_jobs(const void *view, struct errand_context *ctx, int64_t page, int64_t page_size,\n"
    "    struct errand_list *jobs)\n{\n"
    "    const struct @_table *typed = view;\n"
    "    @_list list = { NULL, 0 };\n"
    "    if (typed->page)\n        list = typed->page(ctx, page, page_size);\n"
    "    *jobs = (struct errand_list){ list.items, list.count };\n"
    "    return typed->page;\n}\n\n"
    "static void @_table_load(const void *view, struct errand_context *ctx, const struct errand_list *jobs)\n{\n"
    "    const struct @_table *typed = view;\n"
    "    @_list list = { jobs->items, jobs->count };\n"
    "    for (size_t i = 0; i < ERRAND_TABLE_RELATED_MAX && typed->related[i]; i++)\n"
    "        typed->related[i](ctx, &list);\n}\n\n"
    "static struct errand_table_view @_table_view(const struct @_table *view)\n{\n"
    "    struct errand_table_view made = {\n"
    "        .table = &@_table_, .title = view->title, .table_name = view->table_name,\n"
    "        .headers = view->headers, .view = view, .row = @_table_row,\n"
    "        .new_job_link = @_table_link, .index = @_table_index, .page = @_table_jobs,\n"
    "        .load = @_table_load\n    };\n"
    "    return made;\n}\n\n"
    "void @_table_section(struct errand_context *ctx, struct html *out, const struct @_table *view)\n{\n"
    "    struct errand_table_view made = @_table_view(view);\n"
    "    errand_table_section(ctx, out, &made);\n}\n\n"
    "void @_table_page(struct errand_context *ctx, struct html *out, const struct @_table *view, int64_t page,\n"
    "    int64_t page_size)\n{\n"
    "    struct errand_table_view made = @_table_view(view);\n"
    "    errand_table_page(ctx, out, &made, page, page_size);\n}\n\n";

static const char views[] =
    "static bool @_show_section(const void *views, struct errand_context *ctx, struct html *out)\n{\n"
    "    const struct @_views *typed = views;\n"
    "    if (typed->dashboard_section)\n        typed->dashboard_section(ctx, out);\n"
    "    else if (typed->table)\n        @_table_section(ctx, out, typed->table);\n"
    "    return typed->dashboard_section || typed->table;\n}\n\n"
    "static bool @_show_page(const void *views, struct errand_context *ctx, struct html *out, int64_t page,\n"
    "    int64_t page_size)\n{\n"
    "    const struct @_views *typed = views;\n"
    "    if (typed->page_view)\n        typed->page_view(ctx, out, page, page_size);\n"
    "    else if (typed->table)\n        @_table_page(ctx, out, typed->table, page, page_size);\n"
    "    return typed->page_view || typed->table;\n}\n\n"
    "static bool @_show_detail(const void *views, struct errand_context *ctx, struct html *out, const void *job)\n{\n"
    "    const struct @_views *typed = views;\n"
    "    if (typed->detail_view)\n        typed->detail_view(ctx, out, job);\n"
    "    return typed->detail_view;\n}\n\n"
    "static bool @_show_new_job(const void *views, struct errand_context *ctx, struct html *out)\n{\n"
    "    const struct @_views *typed = views;\n"
    "    if (typed->new_job_view)\n        typed->new_job_view(ctx, out);\n"
    "    return typed->new_job_view;\n}\n\n"
    "static bool @_create_new_job(const void *views, struct errand_context *ctx)\n{\n"
    "    const struct @_views *typed = views;\n"
    "    if (typed->create_new_job)\n        typed->create_new_job(ctx);\n"
    "    return typed->create_new_job;\n}\n\n"
    "const struct errand_displayable_type @_displayable_type = {\n"
    "    .table = &@_table_, .dashboard_section = @_show_section, .page_view = @_show_page,\n"
    "    .detail_view = @_show_detail, .new_job_view = @_show_new_job, .create_new_job = @_create_new_job\n};\n\n";

static const char declarations[] =
    "ERRAND_DASHBOARD_STRUCTS(@)\n"
    "extern const struct errand_displayable_type @_displayable_type;\n"
    "extern const struct errand_displayable @_dashboard; /* DISPLAYABLE_JOB makes it */\n"
    "/* What the overview and the list show of a TABLE_VIEWABLE, for views that add something to it. */\n"
    "void @_table_section(struct errand_context *ctx, struct html *out, const struct @_table *view);\n"
    "void @_table_page(struct errand_context *ctx, struct html *out, const struct @_table *view, int64_t page,\n"
    "    int64_t page_size);\n";

static void print_named(struct buffer *out, const char *text, const char *name)
{
    for (const char *at; (at = strchr(text, '@')); text = at + 1) {
        buffer_add(out, text, (size_t)(at - text));
        buffer_puts(out, name);
    }
    buffer_puts(out, text);
}

void codegen_view_declarations(const struct plan_table *table, struct buffer *out)
{
    print_named(out, declarations, table->record);
}

void codegen_views(const struct plan_table *table, struct buffer *out)
{
    print_named(out, table_view, table->record);
    print_named(out, views, table->record);
}
