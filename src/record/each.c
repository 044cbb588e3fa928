/* Walking a large result in batches. Each batch is a query of its own that goes on behind the last row, by the order
   asked for and then the primary key. A cursor would need a transaction (or, WITH HOLD, a copy of the whole result on
   the server) for as long as the walk takes: it would hold back vacuum, forbid transactions in the callback, die with
   the connection or behind a pooling proxy, and SQLite has none. The price: rows that change meanwhile may be seen in
   their old place, in their new one, or, where what orders them changed, in both. */
#include "record/query.h"

#include "base/error.h"
#include "record/state.h"

#include <stdlib.h>

enum {
    BATCH_ROWS = 1000,
    ORDER_MAX = 34,              /* of the order asked for, two; of the key, at most 32 */
    LAST_BYTES_MAX = 1024 * 1024 /* of the values that order a row: far beyond what an index takes */
};

struct order_term {
    const struct errand_column *column;
    bool descending;
    struct errand_value last; /* of the last row that was read */
};

struct walk {
    const struct errand_table *table;
    const struct errand_query *query;
    void (*fn)(struct errand_context *ctx, const void *record, void *arg);
    void *arg;
    struct order_term terms[ORDER_MAX];
    size_t term_count;
    struct buffer last;    /* what the terms' last values point to; owned */
    struct result *result; /* owned */
    int64_t left;          /* of the limit; INT64_MAX: none */
    bool begun;
};

static void add_term(struct walk *walk, const struct errand_column *column, bool descending)
{
    for (size_t i = 0; i < walk->term_count; i++) {
        if (walk->terms[i].column == column)
            return; /* already ordered by it */
    }
    if (walk->term_count == ORDER_MAX)
        errand_fail(walk->query->ctx, "%s_each: the primary key has more than 32 columns", walk->table->record_name);
    walk->terms[walk->term_count++] = (struct order_term){ .column = column, .descending = descending };
}

static void add_terms(struct walk *walk)
{
    const struct errand_table *table = walk->table;
    if (walk->query->order_by)
        add_term(walk, &table->columns[walk->query->order_by - 1], false);
    if (walk->query->order_by_desc)
        add_term(walk, &table->columns[walk->query->order_by_desc - 1], true);
    for (size_t i = 0; i < table->primary_key_count; i++)
        add_term(walk, &table->columns[table->primary_key[i]], false);
}

/* PostgreSQL puts NULLs behind everything, SQLite before; descending, each the other way round. */
static bool nulls_come_last(const struct errand_context *ctx, const struct order_term *term)
{
    return (context_kind(ctx) == STORE_POSTGRES) != term->descending;
}

static void add_equal(struct errand_context *ctx, const struct order_term *term)
{
    statement_add_name(ctx, term->column->name);
    if (term->last.kind == ERRAND_VALUE_NULL) {
        statement_add(ctx, " IS NULL");
        return;
    }
    statement_add(ctx, " = ");
    statement_add_value(ctx, term->last);
}

static void add_behind(struct errand_context *ctx, const struct order_term *term)
{
    const char *name = term->column->name;
    bool last = nulls_come_last(ctx, term);
    if (term->last.kind == ERRAND_VALUE_NULL) {
        statement_add(ctx, last ? "1 = 0" : "");
        if (!last) {
            statement_add_name(ctx, name);
            statement_add(ctx, " IS NOT NULL");
        }
        return;
    }
    statement_add(ctx, "(");
    statement_add_name(ctx, name);
    statement_add(ctx, term->descending ? " < " : " > ");
    statement_add_value(ctx, term->last);
    if (term->column->nullable && last) {
        statement_add(ctx, " OR ");
        statement_add_name(ctx, name);
        statement_add(ctx, " IS NULL");
    }
    statement_add(ctx, ")");
}

/* Behind by the first term, or equal by it and behind by the second, and so on. */
static void add_nested(struct errand_context *ctx, const struct walk *walk)
{
    for (size_t i = 0; i < walk->term_count; i++) {
        statement_add(ctx, "(");
        add_behind(ctx, &walk->terms[i]);
        if (i + 1 == walk->term_count)
            break;
        statement_add(ctx, " OR (");
        add_equal(ctx, &walk->terms[i]);
        statement_add(ctx, " AND ");
    }
    statement_add(ctx, ")");
    for (size_t i = 1; i < walk->term_count; i++)
        statement_add(ctx, "))");
}

/* ("a", "b") > ($1, $2): what an index of the primary key answers best. */
static void add_row_comparison(struct errand_context *ctx, const struct walk *walk)
{
    statement_add(ctx, "(");
    for (size_t i = 0; i < walk->term_count; i++) {
        statement_add(ctx, i ? ", " : "");
        statement_add_name(ctx, walk->terms[i].column->name);
    }
    statement_add(ctx, ") > (");
    for (size_t i = 0; i < walk->term_count; i++) {
        statement_add(ctx, i ? ", " : "");
        statement_add_value(ctx, walk->terms[i].last);
    }
    statement_add(ctx, ")");
}

static bool is_plain(const struct walk *walk)
{
    for (size_t i = 0; i < walk->term_count; i++) {
        if (walk->terms[i].descending || walk->terms[i].column->nullable)
            return false;
    }
    return true;
}

static void add_order(struct errand_context *ctx, const struct walk *walk)
{
    for (size_t i = 0; i < walk->term_count; i++) {
        statement_add(ctx, i ? ", " : " ORDER BY ");
        statement_add_name(ctx, walk->terms[i].column->name);
        statement_add(ctx, walk->terms[i].descending ? " DESC" : "");
    }
}

static void build_batch(struct walk *walk)
{
    struct errand_context *ctx = walk->query->ctx;
    query_add_select(walk->table, walk->query);
    if (walk->begun) {
        statement_add(ctx, walk->query->where ? " AND " : " WHERE ");
        if (is_plain(walk))
            add_row_comparison(ctx, walk);
        else
            add_nested(ctx, walk);
    }
    add_order(ctx, walk);
    int64_t rows = walk->left < BATCH_ROWS ? walk->left : BATCH_ROWS;
    query_add_limit(ctx, rows, walk->begun ? 0 : walk->query->offset);
}

/* Keeps where the next batch goes on: the cells as the database printed them, which it reads back as the same values.
   Only bytes and, on SQLite, numbers with a fraction need more than text. */
static struct errand_value last_value(struct walk *walk, const struct errand_column *column, const char *cell,
                                      size_t size)
{
    struct errand_context *ctx = walk->query->ctx;
    if (!cell)
        return errand_null();
    if (context_kind(ctx) == STORE_SQLITE) {
        if (column->type == ERRAND_TYPE_BYTES)
            return errand_blob(cell, size);
        if (column->type == ERRAND_TYPE_FLOAT || column->type == ERRAND_TYPE_DOUBLE)
            return errand_double(strtod_l(cell, NULL, ctx->locale));
    }
    return errand_text_of(cell, size);
}

/* The cells are copied one behind the other; the buffer has room for all before the first is, so that it does not move.
 */
static int remember(struct walk *walk, const struct result *result, size_t row)
{
    size_t total = 0, size;
    for (size_t i = 0; i < walk->term_count; i++) {
        result_cell(result, row, (size_t)(walk->terms[i].column - walk->table->columns), &size);
        total += size + 1;
    }
    buffer_reset(&walk->last);
    if (buffer_reserve(&walk->last, total) < 0)
        return -1;
    for (size_t i = 0; i < walk->term_count; i++) {
        struct order_term *term = &walk->terms[i];
        const char *cell = result_cell(result, row, (size_t)(term->column - walk->table->columns), &size);
        const char *copy = walk->last.data + walk->last.size;
        buffer_add(&walk->last, cell, size);
        buffer_add(&walk->last, "", 1);
        term->last = last_value(walk, term->column, cell ? copy : NULL, size);
    }
    return 0;
}

/* Hands the rows [first, first + count) of the result to the callback, in fresh memory. */
static void hand_out(struct walk *walk, size_t first, size_t count)
{
    struct errand_context *ctx = walk->query->ctx;
    size_t record_size = walk->table->record_size;
    arena_reset(context_arena(ctx));
    char *records = errand_alloc(ctx, count * record_size);
    struct errand_error err;
    if (rows_decode(ctx, walk->table, walk->result, first, count, records, &err) < 0)
        context_fail(ctx, walk->table, "each", &err);
    bool whole = first + count == result_rows(walk->result);
    if (whole) {
        if (walk->term_count > 0 && remember(walk, walk->result, first + count - 1) < 0)
            errand_fail(ctx, "%s_each: the values that order the rows are too large", walk->table->record_name);
        result_free(walk->result);
        walk->result = NULL;
    }
    for (size_t i = 0; i < count; i++)
        walk->fn(ctx, records + i * record_size, walk->arg);
}

/* By the primary key: a query for each batch. */
static void walk_by_key(struct walk *walk)
{
    while (walk->left > 0) {
        int64_t wanted = walk->left < BATCH_ROWS ? walk->left : BATCH_ROWS;
        build_batch(walk);
        walk->result = statement_run(walk->query->ctx, walk->table, "each");
        size_t count = result_rows(walk->result);
        if (count > 0)
            hand_out(walk, 0, count);
        result_free(walk->result);
        walk->result = NULL;
        walk->begun = true;
        walk->left = (int64_t)count < wanted ? 0 : walk->left - (int64_t)count;
    }
}

/* Without one the rows cannot be told apart: one query, whose answer is held until the end. */
static void walk_at_once(struct walk *walk)
{
    struct errand_context *ctx = walk->query->ctx;
    walk->term_count = 0;
    query_add_select(walk->table, walk->query);
    query_add_order(walk->table, walk->query);
    query_add_limit(ctx, walk->query->limit, walk->query->offset);
    walk->result = statement_run(ctx, walk->table, "each");
    size_t count = result_rows(walk->result);
    for (size_t first = 0; first < count; first += BATCH_ROWS)
        hand_out(walk, first, count - first < BATCH_ROWS ? count - first : BATCH_ROWS);
}

static void release_walk(void *arg)
{
    struct walk *walk = arg;
    result_free(walk->result);
    buffer_release(&walk->last);
}

void errand_record_each(const struct errand_table *table, struct errand_query query,
                        void (*fn)(struct errand_context *ctx, const void *record, void *arg), void *arg)
{
    struct errand_context *ctx = query.ctx;
    query_check(table, &query, "each");
    struct walk walk = { .table = table,
                         .query = &query,
                         .fn = fn,
                         .arg = arg,
                         .left = query.limit > 0 ? query.limit : INT64_MAX,
                         .last = BUFFER_INIT(LAST_BYTES_MAX) };
    add_terms(&walk);
    errand_on_unwind(ctx, release_walk, &walk);
    context_push_scope(ctx);
    if (table->primary_key_count > 0)
        walk_by_key(&walk);
    else
        walk_at_once(&walk);
    context_pop_scope(ctx);
    errand_off_unwind(ctx, release_walk, &walk);
    release_walk(&walk);
}
