/* Describing tables in memory: what source.c prints, with the places of the fields laid out here. */
#include "codegen/tables.h"

#include "codegen/plan.h"

#include <stdalign.h>

struct layout {
    size_t size, alignment;
};

/* clang-format off */
#define LAYOUT(type) { sizeof(type), alignof(type) }
/* clang-format on */

static const struct {
    struct layout plain, nullable;
} layouts[] = {
    [ERRAND_TYPE_BOOL] = { LAYOUT(bool), LAYOUT(errand_nullable_bool) },
    [ERRAND_TYPE_INT16] = { LAYOUT(int16_t), LAYOUT(errand_nullable_int16) },
    [ERRAND_TYPE_INT32] = { LAYOUT(int32_t), LAYOUT(errand_nullable_int32) },
    [ERRAND_TYPE_INT64] = { LAYOUT(int64_t), LAYOUT(errand_nullable_int64) },
    [ERRAND_TYPE_FLOAT] = { LAYOUT(float), LAYOUT(errand_nullable_float) },
    [ERRAND_TYPE_DOUBLE] = { LAYOUT(double), LAYOUT(errand_nullable_double) },
    [ERRAND_TYPE_TEXT] = { LAYOUT(const char *), LAYOUT(const char *) },
    [ERRAND_TYPE_UUID] = { LAYOUT(errand_uuid), LAYOUT(errand_nullable_uuid) },
    [ERRAND_TYPE_TIME] = { LAYOUT(errand_time), LAYOUT(errand_nullable_time) },
    [ERRAND_TYPE_DATE] = { LAYOUT(errand_date), LAYOUT(errand_nullable_date) },
    [ERRAND_TYPE_CLOCK] = { LAYOUT(errand_clock), LAYOUT(errand_nullable_clock) },
    [ERRAND_TYPE_BYTES] = { LAYOUT(errand_bytes), LAYOUT(errand_bytes) },
    [ERRAND_TYPE_POINT] = { LAYOUT(errand_point), LAYOUT(errand_nullable_point) },
    [ERRAND_TYPE_ENUM] = { LAYOUT(int), LAYOUT(int) },
};

/* Where the next field stands in a record that so far takes *size bytes. */
static size_t place(size_t *size, struct layout layout)
{
    size_t offset = (*size + layout.alignment - 1) / layout.alignment * layout.alignment;
    *size = offset + layout.size;
    return offset;
}

static const struct errand_column *make_columns(struct arena *arena, const struct plan_table *plan, size_t *size)
{
    struct errand_column *columns = name_alloc(arena, (plan->field_count + 1) * sizeof *columns);
    for (size_t i = 0; i < plan->field_count; i++) {
        const struct plan_field *field = &plan->fields[i];
        const struct schema_type *type = &field->column->type;
        columns[i] = (struct errand_column){
            .name = field->column->name,
            .sql_type = type->sql,
            .type = type->kind,
            .nullable = field->nullable,
            .has_default = field->has_default || field->has_initial,
            .default_text = field->default_text,
            .generated = field->generated,
            .managed = field->managed,
            .offset = place(size, field->nullable ? layouts[type->kind].nullable : layouts[type->kind].plain),
            .labels = field->labels ? field->labels->source->labels : NULL,
        };
    }
    return columns;
}

static void make_table(struct arena *arena, const struct plan *plan, size_t index, struct errand_table *tables)
{
    const struct plan_table *from = &plan->tables[index];
    size_t size = 0;
    struct errand_foreign_key *links = name_alloc(arena, (from->link_count + 1) * sizeof *links);
    const struct errand_column *columns = make_columns(arena, from, &size);
    for (size_t i = 0; i < from->link_count; i++) {
        const struct plan_link *link = &from->links[i];
        links[i] = (struct errand_foreign_key){
            .column = link->field,
            .target = &tables[link->target - plan->tables],
            .target_column = link->target_field,
            .loaded = place(&size, (struct layout)LAYOUT(void *)),
        };
    }
    place(&size, (struct layout){ 0, alignof(max_align_t) });
    tables[index] = (struct errand_table){
        .schema = from->source->schema,
        .name = from->source->name,
        .record_name = from->record,
        .record_size = size ? size : alignof(max_align_t),
        .columns = columns,
        .column_count = from->field_count,
        .primary_key = from->key,
        .primary_key_count = from->key_count,
        .foreign_keys = links,
        .foreign_key_count = from->link_count,
    };
}

const struct errand_schema *tables_make(struct arena *arena, const struct schema *schema)
{
    struct plan plan = plan_make(arena, schema);
    struct errand_schema *made = name_alloc(arena, sizeof *made);
    struct errand_table *tables = name_alloc(arena, (plan.table_count + 1) * sizeof *tables);
    const struct errand_table **list = name_alloc(arena, (plan.table_count + 1) * sizeof(*list));
    struct errand_job_type *jobs = name_alloc(arena, (plan.table_count + 1) * sizeof *jobs);
    size_t job_count = 0;
    for (size_t i = 0; i < plan.table_count; i++) {
        make_table(arena, &plan, i, tables);
        list[i] = &tables[i];
        if (plan.tables[i].source->is_job)
            jobs[job_count++].table = &tables[i];
    }
    *made = (struct errand_schema){ .tables = list, .job_types = jobs };
    return made;
}
