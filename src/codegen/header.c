/* types.h: what user code sees. */
#include "codegen/codegen.h"

static void print_enum(const struct plan_enum *one, struct buffer *out)
{
    buffer_puts(out, "/* 0 is NULL. */\n");
    buffer_printf(out, "typedef enum %s {\n", one->type);
    for (size_t i = 0; i < one->source->label_count; i++)
        buffer_printf(out, "    %s = %zu%s\n", one->enumerators[i], i + 1, i + 1 < one->source->label_count ? "," : "");
    if (one->source->label_count == 0)
        buffer_printf(out, "    %s_without_labels = 0\n", one->type);
    buffer_printf(out, "} %s;\n", one->type);
    buffer_printf(out, "/* As the database has it; NULL for 0. */\nconst char *%s_label(%s value);\n\n", one->type,
                  one->type);
}

static void print_struct(const struct plan_table *table, struct buffer *out)
{
    buffer_printf(out, "struct %s {\n", table->record);
    for (size_t i = 0; i < table->field_count; i++)
        buffer_printf(out, "    %s%s;\n", plan_field_type(&table->fields[i]), table->fields[i].name);
    for (size_t i = 0; i < table->link_count; i++)
        buffer_printf(out, "    const %s *%s; /* set by %s; read it with %s */\n", table->links[i].target->record,
                      table->links[i].loaded, table->links[i].loader, table->links[i].accessor);
    if (table->field_count + table->link_count == 0)
        buffer_puts(out, "    char has_no_columns_;\n");
    buffer_puts(out, "};\n");
    buffer_printf(out, "typedef struct %s_list {\n    %s *items;\n    size_t count;\n} %s_list;\n", table->record,
                  table->record, table->record);
}

static void print_constants(const struct plan_table *table, struct buffer *out)
{
    if (table->field_count == 0)
        return;
    buffer_puts(out, "enum {\n");
    for (size_t i = 0; i < table->field_count; i++)
        buffer_printf(out, "    %s = %zu%s\n", table->fields[i].constant, i + 1, i + 1 < table->field_count ? "," : "");
    buffer_puts(out, "};\n");
}

static void print_functions(const struct plan_table *table, struct buffer *out)
{
    const char *name = table->record;
    buffer_printf(out,
                  "struct %s_walk {\n    struct errand_context *ctx;\n"
                  "    void (*fn)(struct errand_context *ctx, const %s *record, void *arg);\n    void *arg;\n"
                  "    ERRAND_QUERY_MEMBERS\n};\n",
                  name, name);
    buffer_printf(out, "%s %s_new(void);\n", name, name);
    buffer_printf(out, "%s_list %s_fetch_(struct errand_query query);\n", name, name);
    buffer_printf(out, "%s *%s_fetch_one_(struct errand_query query);\n", name, name);
    buffer_printf(out, "int64_t %s_count_(struct errand_query query);\n", name);
    buffer_printf(out, "void %s_each_(struct %s_walk walk);\n", name, name);
    buffer_printf(out, "void %s_create(struct errand_context *ctx, %s *record);\n", name, name);
    buffer_printf(out, "void %s_create_many(struct errand_context *ctx, %s *records, size_t count);\n", name, name);
}

/* What needs to know which row it is about. */
static void print_key_functions(const struct plan_table *table, struct buffer *out)
{
    const char *name = table->record;
    if (table->key_count == 0)
        return;
    buffer_printf(out, "%s *%s_find(struct errand_context *ctx", name, name);
    for (size_t i = 0; i < table->key_count; i++) {
        const struct plan_field *field = &table->fields[table->key[i]];
        buffer_printf(out, ", %s%s", plan_field_type(field), field->name);
    }
    buffer_puts(out, ");\n");
    buffer_printf(out, "void %s_update(struct errand_context *ctx, const %s *record);\n", name, name);
    buffer_printf(out, "bool %s_delete(struct errand_context *ctx, const %s *record);\n", name, name);
}

static void print_links(const struct plan_table *table, struct buffer *out)
{
    for (size_t i = 0; i < table->link_count; i++) {
        const struct plan_link *link = &table->links[i];
        buffer_printf(out, "const %s *%s(struct errand_context *ctx, const %s *record);\n", link->target->record,
                      link->accessor, table->record);
        buffer_printf(out, "void %s(struct errand_context *ctx, const %s_list *list);\n", link->loader, table->record);
    }
}

/* Macros with named options, and what JOB() and the views are made of, which C++ cannot have. */
static void print_macros(const struct plan_table *table, struct buffer *out)
{
    static const char *const queries[] = { "fetch", "fetch_one", "count" };
    const char *name = table->record;
    buffer_puts(out, "#ifndef __cplusplus\n");
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        buffer_printf(out, "#define %s_%s(...) %s_%s_((struct errand_query){ .ctx = __VA_ARGS__ })\n", name, queries[i],
                      name, queries[i]);
    buffer_printf(out, "#define %s_each(...) %s_each_((struct %s_walk){ .ctx = __VA_ARGS__ })\n", name, name, name);
    if (table->source->is_job) {
        buffer_printf(out, "ERRAND_JOB_OPTIONS_STRUCT(%s)\nextern const struct %s_options %s_job;\n", name, name, name);
        codegen_view_declarations(table, out);
    }
    buffer_puts(out, "#endif\n\n");
}

void codegen_header(const struct plan *plan, struct buffer *out)
{
    buffer_puts(out, "/* Made from Application/Schema.sql by `errand codegen`: what is changed here is lost. */\n"
                     "#ifndef GENERATED_TYPES_H\n#define GENERATED_TYPES_H\n\n#include <errand.h>\n\n"
                     "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    for (size_t i = 0; i < plan->enum_count; i++)
        print_enum(&plan->enums[i], out);
    for (size_t i = 0; i < plan->table_count; i++)
        buffer_printf(out, "typedef struct %s %s;\n", plan->tables[i].record, plan->tables[i].record);
    buffer_puts(out, plan->table_count ? "\n" : "");
    for (size_t i = 0; i < plan->table_count; i++) {
        buffer_printf(out, "/* ---- %s ---- */\n", plan->tables[i].record);
        print_struct(&plan->tables[i], out);
        print_constants(&plan->tables[i], out);
        print_functions(&plan->tables[i], out);
        print_key_functions(&plan->tables[i], out);
        print_links(&plan->tables[i], out);
        print_macros(&plan->tables[i], out);
    }
    buffer_puts(out,
                "/* All of the above, for the worker and the dashboard. */\n"
                "extern const struct errand_schema errand_schema;\n"
                "/* The whole of RunJobs; main hands its arguments on unchanged and returns what this returns. */\n"
                "int errand_worker_main(int argc, char **argv);\n\n"
                "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
