/* The records that foreign keys refer to: one at a time, or for a whole list in one query. */
#include "record/statement.h"

#include "base/error.h"
#include "record/state.h"

#include <stdlib.h>
#include <string.h>

/* A value that refers, or that is referred to, and whose record it is; sorted, so that both sides meet. */
struct reference {
    struct errand_value value;
    void *record;
};

static const struct errand_foreign_key *foreign_key(struct errand_context *ctx, const struct errand_table *table,
                                                    size_t key)
{
    context_check(ctx);
    if (key >= table->foreign_key_count)
        errand_fail(ctx, "%s has no foreign key number %zu", table->record_name, key);
    return &table->foreign_keys[key];
}

static void begin_select(struct errand_context *ctx, const struct errand_foreign_key *foreign)
{
    statement_begin(ctx);
    statement_add(ctx, "SELECT ");
    statement_add_columns(ctx, foreign->target);
    statement_add(ctx, " FROM ");
    statement_add_table(ctx, foreign->target);
    statement_add(ctx, " WHERE ");
    statement_add_name(ctx, foreign->target->columns[foreign->target_column].name);
}

const void *errand_record_related(struct errand_context *ctx, const struct errand_table *table, size_t key,
                                  const void *record)
{
    const struct errand_foreign_key *foreign = foreign_key(ctx, table, key);
    const void *loaded = *(const void *const *)((const char *)record + foreign->loaded);
    if (loaded)
        return loaded;
    struct errand_value value = statement_value(ctx, table, &table->columns[foreign->column], record);
    if (value.kind == ERRAND_VALUE_NULL)
        return NULL;
    begin_select(ctx, foreign);
    statement_add(ctx, " = ");
    statement_add_value(ctx, value);
    struct errand_list list = statement_fetch(ctx, foreign->target, "find");
    if (list.count == 0) /* SQLite has programs that check no foreign keys; and it may be deleted while the job runs */
        errand_fail(ctx, "%s: the row of %s that %s refers to is not there", table->record_name, foreign->target->name,
                    table->columns[foreign->column].name);
    return list.items;
}

static int compare_text(const struct errand_value *a, const struct errand_value *b)
{
    size_t shorter = a->as.text.size < b->as.text.size ? a->as.text.size : b->as.text.size;
    int order = shorter ? memcmp(a->as.text.data, b->as.text.data, shorter) : 0;
    return order ? order : (a->as.text.size > b->as.text.size) - (a->as.text.size < b->as.text.size);
}

static int compare_references(const void *left, const void *right)
{
    const struct errand_value *a = &((const struct reference *)left)->value;
    const struct errand_value *b = &((const struct reference *)right)->value;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
    case ERRAND_VALUE_TEXT:
    case ERRAND_VALUE_BYTES:
        return compare_text(a, b);
    case ERRAND_VALUE_BOOL:
        return a->as.boolean - b->as.boolean;
    case ERRAND_VALUE_DOUBLE:
        return (a->as.number > b->as.number) - (a->as.number < b->as.number);
    default:
        return (a->as.integer > b->as.integer) - (a->as.integer < b->as.integer);
    }
}

/* The references of records that are not NULL, sorted; in the context's memory. */
static struct reference *collect(struct errand_context *ctx, const struct errand_table *table, size_t column,
                                 void *records, size_t count, size_t *found)
{
    struct reference *references = errand_alloc(ctx, (count + 1) * sizeof(*references));
    *found = 0;
    for (size_t i = 0; i < count; i++) {
        char *record = (char *)records + i * table->record_size;
        struct errand_value value = statement_value(ctx, table, &table->columns[column], record);
        if (value.kind != ERRAND_VALUE_NULL)
            references[(*found)++] = (struct reference){ value, record };
    }
    qsort(references, *found, sizeof(*references), compare_references);
    return references;
}

static void add_keys(struct buffer *array, const struct reference *references, size_t count, bool json)
{
    buffer_puts(array, json ? "[" : "{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_references(&references[i - 1], &references[i]) == 0)
            continue;
        buffer_puts(array, i ? "," : "");
        if (json)
            field_add_json_element(array, &references[i].value);
        else
            field_add_array_element(array, &references[i].value);
    }
    buffer_puts(array, json ? "]" : "}");
}

static void release_buffer(void *buffer)
{
    buffer_release(buffer);
}

/* All the keys travel in one bound value, so that the statement is the same for any number of them. */
static struct errand_list fetch_targets(struct errand_context *ctx, const struct errand_foreign_key *foreign,
                                        const struct reference *references, size_t count)
{
    bool json = context_kind(ctx) == STORE_SQLITE;
    struct buffer keys = BUFFER_INIT((size_t)1 << 30);
    errand_on_unwind(ctx, release_buffer, &keys);
    add_keys(&keys, references, count, json);
    if (keys.failed)
        errand_fail(ctx, "%s: the keys of %zu records take too much memory", foreign->target->record_name, count);
    begin_select(ctx, foreign);
    if (json)
        statement_add(ctx, " IN (SELECT value FROM json_each($1))");
    else
        buffer_printf(&ctx->sql, " = ANY(CAST($1 AS %s[]))", foreign->target->columns[foreign->target_column].sql_type);
    statement_bind(ctx, errand_text_of(keys.data, keys.size));
    struct errand_list targets = statement_fetch(ctx, foreign->target, "fetch");
    errand_off_unwind(ctx, release_buffer, &keys);
    buffer_release(&keys);
    return targets;
}

/* Both sorted by value. */
static void join(const struct errand_foreign_key *foreign, const struct reference *references, size_t count,
                 const struct reference *targets, size_t target_count)
{
    for (size_t i = 0, j = 0; i < count && j < target_count;) {
        int order = compare_references(&references[i], &targets[j]);
        if (order == 0)
            *(void **)((char *)references[i].record + foreign->loaded) = targets[j].record;
        if (order <= 0)
            i++;
        else
            j++;
    }
}

void errand_record_load(struct errand_context *ctx, const struct errand_table *table, size_t key, void *records,
                        size_t count)
{
    const struct errand_foreign_key *foreign = foreign_key(ctx, table, key);
    /* JSON has no bytes: such keys, of which nobody has heard, are looked up one by one. */
    if (context_kind(ctx) == STORE_SQLITE && table->columns[foreign->column].type == ERRAND_TYPE_BYTES)
        return;
    size_t referring, referred;
    struct reference *references = collect(ctx, table, foreign->column, records, count, &referring);
    if (referring == 0)
        return;
    struct errand_list list = fetch_targets(ctx, foreign, references, referring);
    struct reference *targets =
        collect(ctx, foreign->target, foreign->target_column, list.items, list.count, &referred);
    join(foreign, references, referring, targets, referred);
}
