/* Creating many records at once. Records that leave the same columns to their defaults go together: PostgreSQL gets
   each run of them as one statement, an array a column; SQLite in statements of a few dozen rows. More than one
   statement makes a transaction (or joins the caller's), in the order of the records, so there is at most one
   notification and queue positions follow the array. */
#include "record/statement.h"

#include "base/error.h"
#include "record/state.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS_AT_ONCE = 64,          /* SQLite; more gains nothing, and each count is a statement to prepare */
    VALUES_AT_ONCE = 16 * 1024, /* SQLite binds at most 32,766 */
};
/* PostgreSQL takes messages of 1 GiB; a run that is larger becomes several statements. */
static const size_t array_bytes_max = (size_t)256 << 20;

struct batch {
    struct errand_context *ctx;
    const struct errand_table *table;
    char *records;
    size_t count;
    struct buffer *arrays; /* PostgreSQL: one for each column; owned */
    struct result *result; /* owned */
    bool began;            /* the transaction is ours */
    bool *written;         /* for each column: the run writes it; owned */
    bool *initial;         /* for each column: all records hold its `initial`; owned */
};

static char *record_at(const struct batch *batch, size_t index)
{
    return batch->records + index * batch->table->record_size;
}

/* Says in `written` which columns the record writes; whether there is one. */
static bool choose_columns(struct batch *batch, const void *record)
{
    bool any = false;
    for (size_t i = 0; i < batch->table->column_count; i++) {
        const struct errand_column *column = &batch->table->columns[i];
        batch->written[i] = !column->generated && !batch->initial[i] && !field_is_default(column, record);
        any |= batch->written[i];
    }
    /* Rows that write nothing go in one by one: rather, these write something that they could leave out. */
    for (size_t i = 0; i < batch->table->column_count && !any; i++)
        any = batch->written[i] = batch->initial[i];
    return any;
}

static bool writes_these_columns(const struct batch *batch, const void *record)
{
    for (size_t i = 0; i < batch->table->column_count; i++) {
        const struct errand_column *column = &batch->table->columns[i];
        if (column->has_default && !column->generated && field_is_default(column, record) == batch->written[i])
            return false;
    }
    return true;
}

/* How many records from first on write the same columns as it does. */
static size_t run_length(const struct batch *batch, size_t first)
{
    size_t last = first + 1;
    while (last < batch->count && writes_these_columns(batch, record_at(batch, last)))
        last++;
    return last - first;
}

/* INSERT INTO table (columns that the run writes); how many. */
static size_t begin_insert(struct batch *batch)
{
    struct errand_context *ctx = batch->ctx;
    size_t written = 0;
    statement_begin(ctx);
    statement_add(ctx, "INSERT INTO ");
    statement_add_table(ctx, batch->table);
    for (size_t i = 0; i < batch->table->column_count; i++) {
        if (!batch->written[i])
            continue;
        statement_add(ctx, written++ ? ", " : " (");
        statement_add_name(ctx, batch->table->columns[i].name);
    }
    statement_add(ctx, written ? ") " : " ");
    return written;
}

/* Runs what was built and sets the fields of the records [first, first + count) from what it returns. Both databases
   return the rows of an INSERT in the order in which they went in. */
static void finish_insert(struct batch *batch, size_t first, size_t count)
{
    struct errand_context *ctx = batch->ctx;
    statement_add(ctx, " RETURNING ");
    statement_add_columns(ctx, batch->table);
    batch->result = statement_run(ctx, batch->table, "create_many");
    struct errand_error err;
    size_t rows = result_rows(batch->result);
    if (rows != count)
        errand_fail(ctx,
                    "%s_create_many: the database inserted %zu rows of %zu; a trigger or rule of the table keeps the "
                    "others out",
                    batch->table->record_name, rows, count);
    if (rows_decode(ctx, batch->table, batch->result, 0, count, record_at(batch, first), &err) < 0)
        context_fail(ctx, batch->table, "create_many", &err);
    result_free(batch->result);
    batch->result = NULL;
}

/* ---- PostgreSQL ---- */

/* unnest takes the arrays of an array column apart down to the scalars, so these travel as text. */
static bool travels_as_text(const struct errand_column *column)
{
    size_t length = strlen(column->sql_type);
    return length > 0 && column->sql_type[length - 1] == ']';
}

static void add_unnest(struct batch *batch)
{
    struct errand_context *ctx = batch->ctx;
    size_t number = 0;
    statement_add(ctx, "SELECT ");
    for (size_t i = 0; i < batch->table->column_count; i++) {
        const struct errand_column *column = &batch->table->columns[i];
        if (!batch->written[i])
            continue;
        number++;
        buffer_printf(&ctx->sql, number > 1 ? ", c%zu" : "c%zu", number);
        if (travels_as_text(column))
            buffer_printf(&ctx->sql, "::%s", column->sql_type);
    }
    statement_add(ctx, " FROM unnest(");
    number = 0;
    for (size_t i = 0; i < batch->table->column_count; i++) {
        const struct errand_column *column = &batch->table->columns[i];
        if (!batch->written[i])
            continue;
        const struct buffer *array = &batch->arrays[i];
        buffer_printf(&ctx->sql, "%sCAST($%zu AS %s[])", number ? ", " : "", number + 1,
                      travels_as_text(column) ? "text" : column->sql_type);
        statement_bind(ctx, errand_text_of(array->data, array->size));
        number++;
    }
    statement_add(ctx, ") AS rows (");
    for (size_t i = 1; i <= number; i++)
        buffer_printf(&ctx->sql, i > 1 ? ", c%zu" : "c%zu", i);
    statement_add(ctx, ")");
}

/* Adds the record's values to the arrays; how many bytes they have grown by. */
static size_t add_record(struct batch *batch, const void *record, bool first)
{
    size_t bytes = 0;
    for (size_t i = 0; i < batch->table->column_count; i++) {
        const struct errand_column *column = &batch->table->columns[i];
        if (!batch->written[i])
            continue;
        struct buffer *array = &batch->arrays[i];
        size_t before = array->size;
        struct errand_value value = statement_value(batch->ctx, batch->table, column, record);
        buffer_puts(array, first ? "{" : ",");
        field_add_array_element(array, &value);
        if (array->failed)
            errand_fail(batch->ctx, "%s_create_many: out of memory", batch->table->record_name);
        bytes += array->size - before;
    }
    return bytes;
}

/* The most rows of the run that fit in one statement, which they are written as; at least one. */
static size_t insert_arrays(struct batch *batch, size_t first, size_t count)
{
    for (size_t i = 0; i < batch->table->column_count; i++)
        buffer_reset(&batch->arrays[i]);
    size_t bytes = 0, rows = 0;
    while (rows < count && bytes < array_bytes_max) {
        bytes += add_record(batch, record_at(batch, first + rows), rows == 0);
        rows++;
    }
    for (size_t i = 0; i < batch->table->column_count; i++) {
        if (batch->written[i] && buffer_puts(&batch->arrays[i], "}") < 0)
            errand_fail(batch->ctx, "%s_create_many: out of memory", batch->table->record_name);
    }
    if (rows < count)
        batch->began |= context_begin_if(batch->ctx);
    begin_insert(batch);
    add_unnest(batch);
    finish_insert(batch, first, rows);
    return rows;
}

/* Rows that write no column at all have nothing to unnest. */
static size_t insert_empty(struct batch *batch, size_t first)
{
    begin_insert(batch);
    statement_add(batch->ctx, "DEFAULT VALUES");
    finish_insert(batch, first, 1);
    return 1;
}

/* ---- SQLite ---- */

static size_t insert_values(struct batch *batch, size_t first, size_t count)
{
    struct errand_context *ctx = batch->ctx;
    const struct errand_table *table = batch->table;
    size_t written = begin_insert(batch);
    size_t rows = count >= ROWS_AT_ONCE && ROWS_AT_ONCE * written <= VALUES_AT_ONCE ? ROWS_AT_ONCE : 1;
    statement_add(ctx, "VALUES ");
    for (size_t row = 0; row < rows; row++) {
        const void *record = record_at(batch, first + row);
        const char *before = row ? "), (" : "(";
        for (size_t i = 0; i < table->column_count; i++) {
            if (!batch->written[i])
                continue;
            statement_add(ctx, before);
            statement_add_value(ctx, statement_value(ctx, table, &table->columns[i], record));
            before = ", ";
        }
    }
    statement_add(ctx, ")");
    finish_insert(batch, first, rows);
    return rows;
}

/* ---- Both ---- */

static void insert_run(struct batch *batch, size_t first, size_t count, bool writes)
{
    bool arrays = context_kind(batch->ctx) == STORE_POSTGRES;
    while (count > 0) {
        size_t done = !writes  ? insert_empty(batch, first)
                      : arrays ? insert_arrays(batch, first, count)
                               : insert_values(batch, first, count);
        first += done;
        count -= done;
    }
}

static void release_batch(void *arg)
{
    struct batch *batch = arg;
    result_free(batch->result);
    for (size_t i = 0; batch->arrays && i < batch->table->column_count; i++)
        buffer_release(&batch->arrays[i]);
    free(batch->arrays);
    free(batch->written);
    free(batch->initial);
}

/* Asked of all records at once: values that come and go from record to record do not make more runs of them. */
static bool all_hold_initial(const struct batch *batch, const struct errand_column *column)
{
    size_t i = 0;
    while (i < batch->count && field_is_initial(column, record_at(batch, i)))
        i++;
    return i == batch->count;
}

static void prepare(struct batch *batch)
{
    size_t columns = batch->table->column_count;
    batch->arrays = calloc(columns, sizeof(*batch->arrays));
    batch->written = calloc(columns, sizeof(*batch->written));
    batch->initial = calloc(columns, sizeof(*batch->initial));
    if (!batch->arrays || !batch->written || !batch->initial)
        errand_fail(batch->ctx, "%s_create_many: out of memory", batch->table->record_name);
    for (size_t i = 0; i < columns; i++) {
        batch->arrays[i].maximum = (size_t)1 << 30;
        batch->initial[i] = all_hold_initial(batch, &batch->table->columns[i]);
    }
}

static void insert_all(struct batch *batch)
{
    for (size_t first = 0, count; first < batch->count; first += count) {
        bool writes = choose_columns(batch, record_at(batch, first));
        count = run_length(batch, first);
        /* The statement is a transaction of its own where it is the only one. */
        bool several = count < batch->count || !writes || context_kind(batch->ctx) == STORE_SQLITE;
        if (several && first == 0)
            batch->began = context_begin_if(batch->ctx);
        insert_run(batch, first, count, writes);
    }
    context_commit_if(batch->ctx, batch->began);
}

void errand_record_create_many(struct errand_context *ctx, const struct errand_table *table, void *records,
                               size_t count)
{
    context_check(ctx);
    if (count == 0)
        return;
    struct batch batch = { .ctx = ctx, .table = table, .records = records, .count = count };
    errand_on_unwind(ctx, release_batch, &batch);
    prepare(&batch);
    insert_all(&batch);
    errand_off_unwind(ctx, release_batch, &batch);
    release_batch(&batch);
}
