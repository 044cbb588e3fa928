/* Reading records: fetch, find, count. */
#include "record/query.h"

#include "record/state.h"

#include <stdlib.h>
#include <string.h>

static size_t query_value_count(const struct errand_query *query)
{
    size_t count = 0;
    while (count < ERRAND_VALUES_MAX && query->values[count].kind != ERRAND_VALUE_NONE)
        count++;
    return count;
}

/* The highest $n of a condition, outside of quotes. Placeholders of our own follow the user's values: without this
   check, a condition that names one value too many would be given one of ours. */
static unsigned long highest_placeholder(const char *sql)
{
    unsigned long highest = 0;
    char quote = '\0';
    for (; *sql; sql++) {
        if (quote)
            quote = *sql == quote ? '\0' : quote;
        else if (*sql == '\'' || *sql == '"')
            quote = *sql;
        else if (*sql == '$' && sql[1] >= '0' && sql[1] <= '9') {
            unsigned long number = strtoul(sql + 1, NULL, 10);
            highest = number > highest ? number : highest;
        }
    }
    return highest;
}

void query_check(const struct errand_table *table, const struct errand_query *query, const char *verb)
{
    struct errand_context *ctx = query->ctx;
    context_check(ctx);
    size_t given = query_value_count(query);
    unsigned long used = query->where ? highest_placeholder(query->where) : 0;
    if (used > given)
        errand_fail(ctx, "%s_%s: .where names $%lu, but .values has %zu", table->record_name, verb, used, given);
    if (query->limit < 0 || query->offset < 0)
        errand_fail(ctx, "%s_%s: .limit and .offset cannot be negative", table->record_name, verb);
    int columns = (int)table->column_count;
    if (query->order_by < 0 || query->order_by > columns || query->order_by_desc < 0 || query->order_by_desc > columns)
        errand_fail(ctx, "%s_%s: .order_by and .order_by_desc take the column constants of %s", table->record_name,
                    verb, table->record_name);
}

static void query_add_where(const struct errand_query *query)
{
    struct errand_context *ctx = query->ctx;
    size_t count = query_value_count(query);
    for (size_t i = 0; i < count; i++)
        statement_bind(ctx, query->values[i]);
    if (!query->where)
        return;
    statement_add(ctx, " WHERE (");
    statement_add(ctx, query->where);
    statement_add(ctx, "\n)"); /* the condition may end in a -- comment */
}

void query_add_select(const struct errand_table *table, const struct errand_query *query)
{
    struct errand_context *ctx = query->ctx;
    statement_begin(ctx);
    statement_add(ctx, "SELECT ");
    statement_add_columns(ctx, table);
    statement_add(ctx, " FROM ");
    statement_add_table(ctx, table);
    query_add_where(query);
}

void query_add_order(const struct errand_table *table, const struct errand_query *query)
{
    struct errand_context *ctx = query->ctx;
    const char *before = " ORDER BY ";
    if (query->order_by) {
        statement_add(ctx, before);
        statement_add_name(ctx, table->columns[query->order_by - 1].name);
        before = ", ";
    }
    if (query->order_by_desc) {
        statement_add(ctx, before);
        statement_add_name(ctx, table->columns[query->order_by_desc - 1].name);
        statement_add(ctx, " DESC");
    }
}

void query_add_limit(struct errand_context *ctx, int64_t limit, int64_t offset)
{
    if (limit > 0) {
        statement_add(ctx, " LIMIT ");
        statement_add_value(ctx, errand_int(limit));
    } else if (offset > 0 && context_kind(ctx) == STORE_SQLITE) {
        statement_add(ctx, " LIMIT -1"); /* SQLite has no OFFSET without it */
    }
    if (offset > 0) {
        statement_add(ctx, " OFFSET ");
        statement_add_value(ctx, errand_int(offset));
    }
}

static struct errand_list fetch(const struct errand_table *table, const struct errand_query *query, const char *verb)
{
    query_check(table, query, verb);
    query_add_select(table, query);
    query_add_order(table, query);
    query_add_limit(query->ctx, query->limit, query->offset);
    return statement_fetch(query->ctx, table, verb);
}

struct errand_list errand_record_fetch(const struct errand_table *table, struct errand_query query)
{
    return fetch(table, &query, "fetch");
}

void *errand_record_fetch_one(const struct errand_table *table, struct errand_query query)
{
    query.limit = 1;
    struct errand_list list = fetch(table, &query, "fetch_one");
    return list.count > 0 ? list.items : NULL;
}

/* How many rows a fetch of the same query would give. */
int64_t errand_record_count(const struct errand_table *table, struct errand_query query)
{
    struct errand_context *ctx = query.ctx;
    query_check(table, &query, "count");
    bool part = query.limit > 0 || query.offset > 0;
    statement_begin(ctx);
    statement_add(ctx, part ? "SELECT count(*) FROM (SELECT 1 AS one FROM " : "SELECT count(*) FROM ");
    statement_add_table(ctx, table);
    query_add_where(&query);
    query_add_limit(ctx, query.limit, query.offset);
    statement_add(ctx, part ? ") AS part" : "");
    struct result *result = statement_run(ctx, table, "count");
    int64_t count = strtoll(result_cell(result, 0, 0, NULL), NULL, 10);
    result_free(result);
    return count;
}

void *errand_record_find(struct errand_context *ctx, const struct errand_table *table, const struct errand_value *key)
{
    statement_need_key(ctx, table, "find");
    const struct errand_query all = { .ctx = ctx };
    query_add_select(table, &all);
    statement_add(ctx, " WHERE ");
    statement_add_key(ctx, table, key, NULL);
    struct errand_list list = statement_fetch(ctx, table, "find");
    return list.count > 0 ? list.items : NULL;
}
