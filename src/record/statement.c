/* Statements in the making: text in the context's buffer, values in its list. Names are quoted, values bound. */
#include "record/statement.h"

#include "base/error.h"
#include "record/state.h"

#include <stdlib.h>
#include <string.h>

void statement_begin(struct errand_context *ctx)
{
    context_check(ctx);
    buffer_reset(&ctx->sql);
    ctx->value_count = 0;
}

void statement_add(struct errand_context *ctx, const char *text)
{
    buffer_puts(&ctx->sql, text);
}

void statement_add_size(struct errand_context *ctx, const char *text, size_t size)
{
    buffer_add(&ctx->sql, text, size);
}

static void add_name(struct buffer *sql, const char *name)
{
    buffer_add(sql, "\"", 1);
    for (size_t plain; *name; name += plain) {
        plain = strcspn(name, "\"");
        buffer_add(sql, name, plain);
        if (name[plain] == '"') {
            buffer_add(sql, "\"\"", 2);
            plain++;
        }
    }
    buffer_add(sql, "\"", 1);
}

void statement_add_name(struct errand_context *ctx, const char *name)
{
    add_name(&ctx->sql, name);
}

/* SQLite has one namespace: a table of another schema goes by its bare name there. */
void statement_add_table(struct errand_context *ctx, const struct errand_table *table)
{
    if (table->schema && context_kind(ctx) == STORE_POSTGRES) {
        statement_add_name(ctx, table->schema);
        statement_add(ctx, ".");
    }
    statement_add_name(ctx, table->name);
}

static void list_columns(struct buffer *list, const struct errand_table *table)
{
    buffer_reset(list);
    for (size_t i = 0; i < table->column_count; i++) {
        buffer_puts(list, i ? ", " : "");
        add_name(list, table->columns[i].name);
    }
}

/* The list is kept: a program that creates jobs asks for the same one each time, and it is most of the statement. */
void statement_add_columns(struct errand_context *ctx, const struct errand_table *table)
{
    if (ctx->columns_of != table)
        list_columns(&ctx->columns, table);
    ctx->columns_of = ctx->columns.failed ? NULL : table;
    ctx->sql.failed |= ctx->columns.failed;
    buffer_add(&ctx->sql, ctx->columns.data, ctx->columns.size);
}

static void make_room(struct errand_context *ctx)
{
    if (ctx->value_count < ctx->value_capacity)
        return;
    size_t capacity = ctx->value_capacity ? 2 * ctx->value_capacity : 64;
    struct errand_value *values = reallocarray(ctx->values, capacity, sizeof(*values));
    if (!values)
        errand_fail(ctx, "out of memory");
    ctx->values = values;
    ctx->value_capacity = capacity;
}

void statement_bind(struct errand_context *ctx, struct errand_value value)
{
    make_room(ctx);
    ctx->values[ctx->value_count++] = value;
}

void statement_add_value(struct errand_context *ctx, struct errand_value value)
{
    statement_bind(ctx, value);
    buffer_printf(&ctx->sql, "$%zu", ctx->value_count);
}

struct errand_value statement_value(struct errand_context *ctx, const struct errand_table *table,
                                    const struct errand_column *column, const void *record)
{
    struct errand_value value = field_value(column, record);
    if (value.kind == ERRAND_VALUE_NONE)
        errand_fail(ctx, "%s.%s holds a number that is none of the enum's labels", table->record_name, column->name);
    return value;
}

void statement_add_key(struct errand_context *ctx, const struct errand_table *table, const struct errand_value *key,
                       const void *record)
{
    for (size_t i = 0; i < table->primary_key_count; i++) {
        const struct errand_column *column = &table->columns[table->primary_key[i]];
        statement_add(ctx, i ? " AND " : "");
        statement_add_name(ctx, column->name);
        statement_add(ctx, " = ");
        statement_add_value(ctx, key ? key[i] : statement_value(ctx, table, column, record));
    }
}

void statement_need_key(struct errand_context *ctx, const struct errand_table *table, const char *verb)
{
    context_check(ctx);
    if (table->primary_key_count == 0)
        errand_fail(ctx,
                    "%s_%s: the table %s has no primary key, so its rows cannot be told apart; give it one, or use "
                    "errand_sql with a condition of your own",
                    table->record_name, verb, table->name);
}

struct result *statement_run(struct errand_context *ctx, const struct errand_table *table, const char *verb)
{
    struct errand_error err;
    if (ctx->sql.failed) {
        error_set(&err, "the statement is longer than %d bytes, or memory ran out", CONTEXT_SQL_MAX);
        context_fail(ctx, table, verb, &err);
    }
    return context_query(ctx, table, verb, ctx->sql.data, ctx->values, ctx->value_count);
}

int64_t statement_change(struct errand_context *ctx, const struct errand_table *table, const char *verb)
{
    struct result *result = statement_run(ctx, table, verb);
    int64_t affected = result_affected(result);
    result_free(result);
    return affected;
}

/* now() is the same in every column and row of a statement, and reading a time takes as long as many a column together:
   where another cell, at `other` in `other_row` and read already, has the same text, its time is copied. */
static bool copy_time(const struct field_decoder *decoder, const struct result *result, size_t row, size_t index,
                      size_t other_row, size_t other, char *record)
{
    const struct errand_table *table = decoder->table;
    size_t size, size_there;
    const char *cell = result_cell(result, row, index, &size);
    const char *there = result_cell(result, other_row, other, &size_there);
    if (!cell || !there || size != size_there || memcmp(cell, there, size) != 0)
        return false;
    const char *from = record + table->columns[other].offset - (row - other_row) * table->record_size;
    memcpy(record + table->columns[index].offset, from, sizeof(errand_time));
    return true;
}

/* `follows`: the row before is in the record before. */
static int row_decode(const struct field_decoder *decoder, const struct result *result, size_t row, bool follows,
                      char *record, struct errand_error *err)
{
    const struct errand_table *table = decoder->table;
    const size_t none = table->column_count;
    size_t earlier = none; /* the last column that is a time */
    for (size_t i = 0; i < table->column_count; i++) {
        const struct errand_column *column = &table->columns[i];
        bool is_time = column->type == ERRAND_TYPE_TIME && !column->nullable;
        bool copied = is_time && ((earlier < none && copy_time(decoder, result, row, i, row, earlier, record)) ||
                                  (follows && copy_time(decoder, result, row, i, row - 1, i, record)));
        if (is_time)
            earlier = i;
        size_t size;
        const char *cell = result_cell(result, row, i, &size);
        if (!copied && field_decode(decoder, column, cell, size, record, err) < 0)
            return -1;
    }
    return 0;
}

int rows_decode(struct errand_context *ctx, const struct errand_table *table, const struct result *result, size_t first,
                size_t count, void *records, struct errand_error *err)
{
    const struct field_decoder decoder = { table, context_kind(ctx), context_arena(ctx), ctx->locale };
    if (result_columns(result) < table->column_count)
        return error_set(err, "the database gave %zu columns instead of %zu", result_columns(result),
                         table->column_count);
    for (size_t i = 0; i < count; i++) {
        if (row_decode(&decoder, result, first + i, i > 0, (char *)records + i * table->record_size, err) < 0)
            return -1;
    }
    return 0;
}

struct errand_list statement_fetch(struct errand_context *ctx, const struct errand_table *table, const char *verb)
{
    struct result *result = statement_run(ctx, table, verb);
    struct errand_error err;
    struct errand_list list = { .count = result_rows(result) };
    size_t size;
    int failed = -1;
    if (!__builtin_mul_overflow(list.count, table->record_size, &size))
        list.items = arena_alloc(context_arena(ctx), size);
    if (list.items)
        failed = rows_decode(ctx, table, result, 0, list.count, list.items, &err);
    else
        error_set(&err, "out of memory");
    result_free(result);
    if (failed)
        context_fail(ctx, table, verb, &err);
    return list;
}

/* ---- A row that a claim encoded ---- */

static int encoded_decode(const struct field_decoder *decoder, const char *row, size_t size, void *record,
                          struct errand_error *err)
{
    const struct errand_table *table = decoder->table;
    for (size_t i = 0; i < table->column_count; i++) {
        uint32_t length;
        if (size < sizeof(length))
            return error_set(err, "%s: the encoded row ends early", table->record_name);
        memcpy(&length, row, sizeof(length));
        row += sizeof(length);
        size -= sizeof(length);
        bool null = length == UINT32_MAX;
        size_t bytes = null ? 0 : length;
        if (bytes > size)
            return error_set(err, "%s: the encoded row ends early", table->record_name);
        /* Cells are read as C strings, and here none has a NUL behind it. */
        char *cell = null ? NULL : arena_copy(decoder->arena, row, bytes);
        if (!null && !cell)
            return error_set(err, "%s: out of memory", table->record_name);
        if (field_decode(decoder, &table->columns[i], cell, bytes, record, err) < 0)
            return -1;
        row += bytes;
        size -= bytes;
    }
    return size == 0 ? 0 : error_set(err, "%s: the encoded row is too long", table->record_name);
}

void *record_decode(struct errand_context *ctx, const struct errand_table *table, enum store_kind kind, const void *row,
                    size_t size)
{
    context_check(ctx);
    void *record = errand_alloc(ctx, table->record_size);
    const struct field_decoder decoder = { table, kind, context_arena(ctx), ctx->locale };
    struct errand_error err;
    if (encoded_decode(&decoder, row, size, record, &err) < 0)
        errand_fail(ctx, "%s", err.message);
    return record;
}
