/* Choosing the names of the generated C. */
#include "codegen/plan.h"

#include <string.h>

/* What follows Customer_ in names that are always there, or that the public macros make; from "table" on those of
   views.c. */
static const char *const record_functions[] = {
    "new",
    "list",
    "fetch",
    "fetch_",
    "fetch_one",
    "fetch_one_",
    "find",
    "each",
    "each_",
    "walk",
    "count",
    "count_",
    "create",
    "create_many",
    "update",
    "delete",
    "load",
    "job",
    "options",
    "known_",
    "perform",
    "columns",
    "visit",
    "key",
    "links",
    "table_",
    "table",
    "views",
    "views_",
    "dashboard",
    "displayable_type",
    "table_row",
    "table_link",
    "table_index",
    "table_jobs",
    "table_load",
    "table_view",
    "table_section",
    "table_page",
    "show_section",
    "show_page",
    "show_detail",
    "show_new_job",
    "create_new_job",
};

static struct plan_enum plan_one_enum(struct plan *plan, struct name_set *global, const struct schema_enum *source)
{
    struct arena *arena = plan->arena;
    const char *type = name_camel(arena, source->name);
    /* A table's struct has the name already: statuses and status. */
    if (name_is_taken(global, type))
        type = name_printf(arena, "%sType", type);
    struct plan_enum made = { .source = source, .type = name_take(global, type) };
    made.declaration = name_printf(arena, "%s ", made.type);
    made.enumerators = name_alloc(arena, (source->label_count + 1) * sizeof *made.enumerators);
    const char *prefix = name_upper(arena, source->name);
    size_t length = strlen(prefix);
    for (size_t i = 0; i < source->label_count; i++) {
        const char *label = name_upper(arena, source->labels[i]);
        bool prefixed = strncmp(label, prefix, length) == 0 && label[length] == '_' && label[length + 1];
        const char *name = prefixed ? label : name_printf(arena, "%s_%s", prefix, label);
        made.enumerators[i] = name_take(global, name_field(arena, name));
    }
    return made;
}

static const struct plan_enum *find_enum(const struct plan *plan, const struct schema_enum *source)
{
    for (size_t i = 0; i < plan->enum_count; i++)
        if (plan->enums[i].source == source)
            return &plan->enums[i];
    return NULL;
}

static bool is_managed(const struct schema_table *table, const char *column)
{
    static const char *const managed[] = { "id",        "created_at",     "updated_at", "status", "last_error",
                                           "locked_at", "attempts_count", "locked_by",  "run_at", "queue_position" };
    for (size_t i = 0; table->is_job && i < sizeof managed / sizeof *managed; i++)
        if (strcmp(managed[i], column) == 0)
            return true;
    return false;
}

/* In C++ a member may not be named like a type that the struct uses. (ctx is a parameter of the functions.) */
static bool is_type_name(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->table_count; i++)
        if (strcmp(plan->tables[i].record, name) == 0)
            return true;
    for (size_t i = 0; i < plan->enum_count; i++)
        if (strcmp(plan->enums[i].type, name) == 0)
            return true;
    return strncmp(name, "errand_", 7) == 0 || strcmp(name, "size_t") == 0 || strcmp(name, "ctx") == 0 ||
           strcmp(name, "int16_t") == 0 || strcmp(name, "int32_t") == 0 || strcmp(name, "int64_t") == 0;
}

static void plan_fields(const struct plan *plan, struct name_set *global, struct name_set *members,
                        struct plan_table *table)
{
    struct arena *arena = plan->arena;
    const struct schema_table *source = table->source;
    const char *prefix = name_upper(arena, name_singular(arena, source->name));
    table->field_count = source->column_count;
    table->fields = name_alloc(arena, (source->column_count + 1) * sizeof *table->fields);
    for (size_t i = 0; i < source->column_count; i++) {
        const struct schema_column *column = &source->columns[i];
        const char *name = name_field(arena, column->name);
        if (is_type_name(plan, name))
            name = name_printf(arena, "%s_", name);
        const char *constant = name_printf(arena, "%s_%s", prefix, name_upper(arena, column->name));
        table->fields[i] = (struct plan_field){
            .column = column,
            .name = name_take(members, name),
            .constant = name_take(global, name_field(arena, constant)),
            .labels = column->type.kind == ERRAND_TYPE_ENUM ? find_enum(plan, column->type.labels) : NULL,
            .nullable = !column->not_null,
            .generated = column->computed || column->numbering == SCHEMA_NUMBERED_ALWAYS,
            .managed = is_managed(source, column->name),
        };
        plan_default(arena, &table->fields[i]);
    }
}

static size_t field_index(const struct plan_table *table, const char *column)
{
    size_t i = 0;
    while (i < table->field_count && strcmp(table->fields[i].column->name, column) != 0)
        i++;
    return i;
}

static void plan_key(const struct plan *plan, struct plan_table *table)
{
    const struct schema_key *key = &table->source->primary_key;
    table->key = name_alloc(plan->arena, (key->count + 1) * sizeof *table->key);
    for (size_t i = 0; i < key->count; i++)
        table->key[table->key_count++] = field_index(table, key->columns[i]);
}

/* band_id -> band, "bandId" -> band, parent -> parent */
static const char *without_id(struct arena *arena, const char *field)
{
    size_t length = strlen(field);
    if (length > 3 && (strcmp(field + length - 3, "_id") == 0))
        return name_printf(arena, "%.*s", (int)(length - 3), field);
    if (length > 2 && strcmp(field + length - 2, "Id") == 0)
        return name_printf(arena, "%.*s", (int)(length - 2), field);
    return field;
}

static const struct plan_table *find_table(const struct plan *plan, const struct schema_table *source)
{
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].source == source)
            return &plan->tables[i];
    return NULL;
}

static const char *take_function(struct name_set *functions, const char *name)
{
    if (name_is_taken(functions, name))
        name = name_printf(functions->arena, "%s_record", name);
    return name_take(functions, name);
}

static void plan_links(const struct plan *plan, struct name_set *members, struct plan_table *table)
{
    struct arena *arena = plan->arena;
    struct name_set functions = { .arena = arena };
    for (size_t i = 0; i < sizeof record_functions / sizeof *record_functions; i++)
        name_take(&functions, record_functions[i]);
    table->links = name_alloc(arena, (table->source->foreign_key_count + 1) * sizeof *table->links);
    for (size_t i = 0; i < table->source->foreign_key_count; i++) {
        const struct schema_foreign_key *key = &table->source->foreign_keys[i];
        if (key->count != 1)
            continue;
        struct plan_link *link = &table->links[table->link_count++];
        link->field = field_index(table, key->columns[0]);
        link->target = find_table(plan, key->target);
        link->target_field = field_index(link->target, key->target_columns[0]);
        const char *name = without_id(arena, table->fields[link->field].name);
        const char *accessor = take_function(&functions, name);
        const char *loader = take_function(&functions, name_printf(arena, "load_%s", accessor));
        link->accessor = name_printf(arena, "%s_%s", table->record, accessor);
        link->loader = name_printf(arena, "%s_%s", table->record, loader);
        link->loaded = name_take(members, name_printf(arena, "loaded_%s_", name));
    }
}

struct plan plan_make(struct arena *arena, const struct schema *schema)
{
    struct plan plan = { .arena = arena };
    struct name_set global = { .arena = arena };
    struct name_set *members = name_alloc(arena, (schema->table_count + 1) * sizeof *members);
    plan.tables = name_alloc(arena, (schema->table_count + 1) * sizeof *plan.tables);
    plan.enums = name_alloc(arena, (schema->enum_count + 1) * sizeof *plan.enums);
    for (size_t i = 0; i < schema->table_count; i++)
        plan.tables[plan.table_count++] = (struct plan_table){
            .source = schema->tables[i],
            .record = name_take(&global, name_record(arena, schema->tables[i]->name)),
        };
    for (size_t i = 0; i < schema->enum_count; i++)
        plan.enums[plan.enum_count++] = plan_one_enum(&plan, &global, schema->enums[i]);
    for (size_t i = 0; i < plan.table_count; i++) {
        members[i].arena = arena;
        plan_fields(&plan, &global, &members[i], &plan.tables[i]);
        plan_key(&plan, &plan.tables[i]);
    }
    for (size_t i = 0; i < plan.table_count; i++)
        plan_links(&plan, &members[i], &plan.tables[i]);
    return plan;
}
