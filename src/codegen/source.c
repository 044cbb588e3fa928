/* types.c: the descriptors of the tables, and the typed shells over the functions of errand/record.h. */
#include "codegen/codegen.h"

#include <string.h>

static const char *const type_names[] = {
    [ERRAND_TYPE_BOOL] = "BOOL",   [ERRAND_TYPE_INT16] = "INT16", [ERRAND_TYPE_INT32] = "INT32",
    [ERRAND_TYPE_INT64] = "INT64", [ERRAND_TYPE_FLOAT] = "FLOAT", [ERRAND_TYPE_DOUBLE] = "DOUBLE",
    [ERRAND_TYPE_TEXT] = "TEXT",   [ERRAND_TYPE_UUID] = "UUID",   [ERRAND_TYPE_TIME] = "TIME",
    [ERRAND_TYPE_DATE] = "DATE",   [ERRAND_TYPE_CLOCK] = "CLOCK", [ERRAND_TYPE_BYTES] = "BYTES",
    [ERRAND_TYPE_POINT] = "POINT", [ERRAND_TYPE_ENUM] = "ENUM",
};

static void print_enum(const struct plan *plan, const struct plan_enum *one, struct buffer *out)
{
    size_t count = one->source->label_count;
    buffer_printf(out, "static const char *const %s_labels[] = {\n", one->type);
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "    %s,\n", c_string(plan->arena, one->source->labels[i]));
    buffer_puts(out, "    NULL\n};\n\n");
    buffer_printf(out, "const char *%s_label(%s value)\n{\n", one->type, one->type);
    buffer_printf(out, "    const int count = %zu;\n    int index = (int)value;\n", count);
    buffer_printf(out, "    return index >= 1 && index <= count ? %s_labels[index - 1] : NULL;\n}\n\n", one->type);
}

static void print_column(const struct plan *plan, const struct plan_table *table, const struct plan_field *field,
                         struct buffer *out)
{
    const struct schema_column *column = field->column;
    buffer_printf(out, "    { .name = %s,\n      .sql_type = %s,\n", c_string(plan->arena, column->name),
                  c_string(plan->arena, column->type.sql));
    buffer_printf(out, "      .type = ERRAND_TYPE_%s, .offset = offsetof(%s, %s)", type_names[column->type.kind],
                  table->record, field->name);
    buffer_puts(out, field->nullable ? ", .nullable = true" : "");
    buffer_puts(out, field->has_default ? ", .has_default = true" : "");
    buffer_puts(out, field->generated ? ", .generated = true" : "");
    buffer_puts(out, field->managed ? ", .managed = true" : "");
    buffer_puts(out, field->has_initial ? ",\n      .has_initial = true" : "");
    if (field->has_initial && field->value)
        buffer_printf(out, ", .initial = %s", field->value);
    if (field->labels)
        buffer_printf(out, ", .labels = %s_labels", field->labels->type);
    if (field->default_text)
        buffer_printf(out, ",\n      .default_text = %s", c_string(plan->arena, field->default_text));
    buffer_puts(out, " },\n");
}

static void print_descriptor_parts(const struct plan *plan, const struct plan_table *table, struct buffer *out)
{
    const char *name = table->record;
    if (table->field_count) {
        buffer_printf(out, "static const struct errand_column %s_columns[] = {\n", name);
        for (size_t i = 0; i < table->field_count; i++)
            print_column(plan, table, &table->fields[i], out);
        buffer_puts(out, "};\n");
    }
    if (table->key_count) {
        buffer_printf(out, "static const size_t %s_key[] = {", name);
        for (size_t i = 0; i < table->key_count; i++)
            buffer_printf(out, "%s %zu", i ? "," : "", table->key[i]);
        buffer_puts(out, " };\n");
    }
    if (table->link_count == 0)
        return;
    buffer_printf(out, "static const struct errand_foreign_key %s_links[] = {\n", name);
    for (size_t i = 0; i < table->link_count; i++) {
        const struct plan_link *link = &table->links[i];
        buffer_printf(
            out, "    { .column = %zu, .target = &%s_table_, .target_column = %zu, .loaded = offsetof(%s, %s) },\n",
            link->field, link->target->record, link->target_field, name, link->loaded);
    }
    buffer_puts(out, "};\n");
}

static void print_descriptor(const struct plan *plan, const struct plan_table *table, struct buffer *out)
{
    const char *name = table->record;
    print_descriptor_parts(plan, table, out);
    buffer_printf(out, "static const struct errand_table %s_table_ = {\n", name);
    if (table->source->schema)
        buffer_printf(out, "    .schema = %s,\n", c_string(plan->arena, table->source->schema));
    buffer_printf(out, "    .name = %s,\n    .record_name = \"%s\",\n    .record_size = sizeof(%s),\n",
                  c_string(plan->arena, table->source->name), name, name);
    if (table->field_count)
        buffer_printf(out, "    .columns = %s_columns,\n    .column_count = %zu,\n", name, table->field_count);
    if (table->key_count)
        buffer_printf(out, "    .primary_key = %s_key,\n    .primary_key_count = %zu,\n", name, table->key_count);
    if (table->link_count)
        buffer_printf(out, "    .foreign_keys = %s_links,\n    .foreign_key_count = %zu,\n", name, table->link_count);
    buffer_puts(out, "};\n\n");
}

static void print_new(const struct plan_table *table, struct buffer *out)
{
    buffer_printf(out, "%s %s_new(void)\n{\n    %s record;\n    memset(&record, 0, sizeof record);\n", table->record,
                  table->record, table->record);
    for (size_t i = 0; i < table->field_count; i++)
        if (table->fields[i].value)
            buffer_printf(out, "    record.%s = %s;\n", table->fields[i].name, table->fields[i].value);
    buffer_puts(out, "    return record;\n}\n\n");
}

static void print_queries(const struct plan_table *table, struct buffer *out)
{
    const char *name = table->record;
    buffer_printf(out,
                  "%s_list %s_fetch_(struct errand_query query)\n{\n"
                  "    struct errand_list list = errand_record_fetch(&%s_table_, query);\n"
                  "    %s_list typed = { list.items, list.count };\n    return typed;\n}\n\n",
                  name, name, name, name);
    buffer_printf(out,
                  "%s *%s_fetch_one_(struct errand_query query)\n{\n    return errand_record_fetch_one(&%s_table_, "
                  "query);\n}\n\n",
                  name, name, name);
    buffer_printf(
        out,
        "int64_t %s_count_(struct errand_query query)\n{\n    return errand_record_count(&%s_table_, query);\n}\n\n",
        name, name);
    buffer_printf(out,
                  "static void %s_visit(struct errand_context *ctx, const void *record, void *arg)\n{\n"
                  "    const struct %s_walk *walk = arg;\n    walk->fn(ctx, record, walk->arg);\n}\n\n",
                  name, name);
    buffer_printf(out,
                  "void %s_each_(struct %s_walk walk)\n{\n"
                  "    struct errand_query query = {\n"
                  "        .ctx = walk.ctx, .where = walk.where, .order_by = walk.order_by,\n"
                  "        .order_by_desc = walk.order_by_desc, .limit = walk.limit, .offset = walk.offset\n    };\n"
                  "    memcpy(query.values, walk.values, sizeof query.values);\n"
                  "    errand_record_each(&%s_table_, query, %s_visit, &walk);\n}\n\n",
                  name, name, name, name);
}

static void print_writes(const struct plan_table *table, struct buffer *out)
{
    const char *name = table->record;
    buffer_printf(out,
                  "void %s_create(struct errand_context *ctx, %s *record)\n{\n"
                  "    errand_record_create(ctx, &%s_table_, record);\n}\n\n",
                  name, name, name);
    buffer_printf(out,
                  "void %s_create_many(struct errand_context *ctx, %s *records, size_t count)\n{\n"
                  "    errand_record_create_many(ctx, &%s_table_, records, count);\n}\n\n",
                  name, name, name);
    if (table->key_count == 0)
        return;
    buffer_printf(out,
                  "void %s_update(struct errand_context *ctx, const %s *record)\n{\n"
                  "    errand_record_update(ctx, &%s_table_, record);\n}\n\n",
                  name, name, name);
    buffer_printf(out,
                  "bool %s_delete(struct errand_context *ctx, const %s *record)\n{\n"
                  "    return errand_record_delete(ctx, &%s_table_, record);\n}\n\n",
                  name, name, name);
}

static void print_key_value(const struct plan_field *field, struct buffer *out)
{
    static const char *const makers[] = {
        [ERRAND_TYPE_BOOL] = "errand_bool(%s)",         [ERRAND_TYPE_INT16] = "errand_int(%s)",
        [ERRAND_TYPE_INT32] = "errand_int(%s)",         [ERRAND_TYPE_INT64] = "errand_int(%s)",
        [ERRAND_TYPE_FLOAT] = "errand_double(%s)",      [ERRAND_TYPE_DOUBLE] = "errand_double(%s)",
        [ERRAND_TYPE_TEXT] = "errand_text(%s)",         [ERRAND_TYPE_UUID] = "errand_id(&%s)",
        [ERRAND_TYPE_TIME] = "errand_timestamp(%s)",    [ERRAND_TYPE_DATE] = "errand_day(%s)",
        [ERRAND_TYPE_CLOCK] = "errand_time_of_day(%s)", [ERRAND_TYPE_BYTES] = "errand_blob(%s.data, %s.size)",
        [ERRAND_TYPE_POINT] = "errand_position(%s)",    [ERRAND_TYPE_ENUM] = "",
    };
    if (field->labels)
        buffer_printf(out, "errand_text(%s_label(%s))", field->labels->type, field->name);
    else
        for (const char *from = makers[field->column->type.kind]; *from; from++) {
            bool is_name = from[0] == '%' && from[1] == 's';
            if (is_name)
                buffer_puts(out, field->name);
            else
                buffer_add(out, from, 1);
            from += is_name;
        }
}

static void print_find(const struct plan_table *table, struct buffer *out)
{
    const char *name = table->record;
    if (table->key_count == 0)
        return;
    buffer_printf(out, "%s *%s_find(struct errand_context *ctx", name, name);
    for (size_t i = 0; i < table->key_count; i++) {
        const struct plan_field *field = &table->fields[table->key[i]];
        buffer_printf(out, ", %s%s", plan_field_type(field), field->name);
    }
    buffer_printf(out, ")\n{\n    const struct errand_value %s_values[] = {\n", name);
    for (size_t i = 0; i < table->key_count; i++) {
        buffer_puts(out, "        ");
        print_key_value(&table->fields[table->key[i]], out);
        buffer_puts(out, ",\n");
    }
    buffer_printf(out, "    };\n    return errand_record_find(ctx, &%s_table_, %s_values);\n}\n\n", name, name);
}

static void print_links(const struct plan_table *table, struct buffer *out)
{
    for (size_t i = 0; i < table->link_count; i++) {
        const struct plan_link *link = &table->links[i];
        buffer_printf(out,
                      "const %s *%s(struct errand_context *ctx, const %s *record)\n{\n"
                      "    return errand_record_related(ctx, &%s_table_, %zu, record);\n}\n\n",
                      link->target->record, link->accessor, table->record, table->record, i);
        buffer_printf(out,
                      "void %s(struct errand_context *ctx, const %s_list *list)\n{\n"
                      "    errand_record_load(ctx, &%s_table_, %zu, list->items, list->count);\n}\n\n",
                      link->loader, table->record, table->record, i);
    }
}

/* The reference is weak here and nowhere else: in the header, two JOBs of one type would merge silently. */
static void print_perform(const struct plan_table *table, struct buffer *out)
{
    const char *name = table->record;
    if (!table->source->is_job)
        return;
    buffer_printf(out, "extern const struct %s_options %s_job __attribute__((weak));\n\n", name, name);
    buffer_printf(out,
                  "static void %s_perform(struct errand_context *ctx, const void *job)\n{\n"
                  "    %s_job.perform(ctx, job);\n}\n\n"
                  "static bool %s_has_perform(void)\n{\n"
                  "    return %s_job.perform;\n}\n\n",
                  name, name, name, name);
}

static void print_schema(const struct plan *plan, struct buffer *out)
{
    buffer_puts(out, "static const struct errand_table *const tables[] = {\n");
    for (size_t i = 0; i < plan->table_count; i++)
        buffer_printf(out, "    &%s_table_,\n", plan->tables[i].record);
    buffer_puts(out, "    NULL\n};\n\nstatic const struct errand_job_type job_types[] = {\n");
    for (size_t i = 0; i < plan->table_count; i++) {
        const char *name = plan->tables[i].record;
        if (plan->tables[i].source->is_job)
            buffer_printf(out,
                          "    { .table = &%s_table_, .options = &%s_job.options, .perform = %s_perform,\n"
                          "      .has_perform = %s_has_perform },\n",
                          name, name, name, name);
    }
    buffer_puts(out, "    { .table = NULL }\n};\n\n"
                     "const struct errand_schema errand_schema = { .tables = tables, .job_types = job_types };\n\n"
                     "int errand_worker_main(int argc, char **argv)\n{\n"
                     "    return errand_worker_main_with(&errand_schema, argc, argv);\n}\n");
}

void codegen_source(const struct plan *plan, struct buffer *out)
{
    buffer_puts(out, "/* Made from Application/Schema.sql by `errand codegen`: what is changed here is lost. */\n"
                     "#include \"types.h\"\n\n#include <float.h>\n#include <string.h>\n\n");
    for (size_t i = 0; i < plan->enum_count; i++)
        print_enum(plan, &plan->enums[i], out);
    for (size_t i = 0; i < plan->table_count; i++)
        buffer_printf(out, "static const struct errand_table %s_table_;\n", plan->tables[i].record);
    buffer_puts(out, "\n");
    for (size_t i = 0; i < plan->table_count; i++) {
        print_descriptor(plan, &plan->tables[i], out);
        print_new(&plan->tables[i], out);
        print_queries(&plan->tables[i], out);
        print_writes(&plan->tables[i], out);
        print_find(&plan->tables[i], out);
        print_links(&plan->tables[i], out);
        print_perform(&plan->tables[i], out);
        if (plan->tables[i].source->is_job)
            codegen_views(&plan->tables[i], out);
    }
    print_schema(plan, out);
}
