/* Pages of jobs, by key or by number. */
#include "admin/internal.h"

#include "admin_sql.h"

#include <string.h>

enum { OFFSET_MAX = 1000000000 };

/* Where the page lies in its list. */
struct page_of_jobs {
    const struct admin_list_query *query;
    struct order order;
    struct reach reach;
    struct order age;  /* the order of what is looked at; */
    const char *until; /* the key of its end, NULL: all is */
    const char *after; /* NULL: from the beginning */
    int64_t limit, offset;
};

/* On PostgreSQL, where the jobs that run are in another index than the others, which is read along their age. */
static bool is_in_two_parts(struct errand_context *ctx, const struct page_of_jobs *page)
{
    unsigned statuses = page->query->filter.statuses;
    bool both =
        filter_has_all_statuses(statuses) || (statuses & 1U << ADMIN_RUNNING && statuses != 1U << ADMIN_RUNNING);
    bool along_age = page->query->sort == 0 ? page->reach.how != REACH_PICKED : page->until != NULL;
    return context_kind(ctx) == STORE_POSTGRES && page->age.by_position && both && along_age;
}

/* Where jobs are asked for by one status that has an index, and nothing else, in the order of that index, the newest
   first: by age there might be millions to sort, or to walk past. It depends on no job, so that keys serve on. */
static struct order order_asked_for(struct errand_context *ctx, const struct admin_list_query *query)
{
    const struct errand_table *table = query->table;
    const struct errand_column *created = column_named(table, "created_at");
    unsigned statuses = query->filter.statuses;
    bool is_one = statuses && !(statuses & (statuses - 1)) && statuses != 1U << ADMIN_SUCCEEDED;
    if (query->sort == 0 && is_one && !reach_looks_at_rows(&query->filter) && created && created->managed &&
        !created->nullable && overview_reading_of(ctx, table).indexed)
        return order_of(ctx, table, table_column(table, "created_at") + 1, true);
    return order_of(ctx, table, query->sort, query->descending);
}

/* Others are found, or shown, by what they hold. */
static bool is_plain_text(const struct errand_table *table, size_t index)
{
    enum value_class class = value_class(&table->columns[index]);
    for (size_t i = 0; i < table->primary_key_count; i++)
        if (table->primary_key[i] == index)
            return false;
    for (size_t i = 0; i < table->foreign_key_count; i++)
        if (table->foreign_keys[i].column == index)
            return false;
    return class == VALUE_TEXT || class == VALUE_OPAQUE;
}

static void add_columns(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    const struct admin_list_query *query = arg;
    const char *cut =
        errand_printf(ctx, context_kind(ctx) == STORE_POSTGRES ? "::text, 1, %d)" : ", 1, %d)", query->beginning);
    for (size_t i = 0; i < table->column_count; i++) {
        bool is_cut = query->beginning > 0 && is_plain_text(table, i);
        statement_add(ctx, i ? ", " : "");
        statement_add(ctx, is_cut ? "substr(" : "");
        statement_add_name(ctx, table->columns[i].name);
        statement_add(ctx, is_cut ? cut : "");
    }
}

/* One row more than the page holds tells whether there are more behind. Limits are written out: a plan made for any
   limit would sort the table. */
static struct result *run(struct errand_context *ctx, const struct page_of_jobs *page)
{
    const struct errand_table *table = page->query->table;
    const struct order_bound bound = { &page->order, page->after, false }, until = { &page->age, page->until, true };
    const struct order_places places = { &page->order, table->column_count + 1 };
    return sql_run(
        ctx, table, is_in_two_parts(ctx, page) ? sql_list_newest : sql_list,
        SQL_PARTS({ .name = "columns", .add = add_columns, .arg = page->query },
                  { .name = "table", .add = reach_add_rows, .arg = &page->reach },
                  { .name = "keys", .add = order_add_keys, .arg = &page->order },
                  { .name = "filter", .add = filter_add, .arg = &page->query->filter },
                  { .name = "bound", .add = order_add_bound, .arg = &bound },
                  { .name = "until", .add = order_add_bound, .arg = &until },
                  { .name = "order", .add = order_add, .arg = &page->order },
                  { .name = "places", .add = order_add_places, .arg = &places },
                  { .name = "most", .text = errand_printf(ctx, "%lld", (long long)(page->limit + 1 + page->offset)) },
                  { .name = "limit", .text = errand_printf(ctx, "%lld", (long long)page->limit + 1) },
                  { .name = "offset", .text = errand_printf(ctx, "%lld", (long long)page->offset) }));
}

static void turn_around(struct errand_list *list, size_t size)
{
    char *items = list->items;
    for (size_t i = 0, j = list->count; i + 1 < j; i++) {
        j--;
        char *a = items + i * size, *b = items + j * size;
        for (size_t at = 0; at < size; at++) {
            char byte = a[at];
            a[at] = b[at];
            b[at] = byte;
        }
    }
}

/* The keys of the pages around it. */
static void set_keys(struct errand_context *ctx, const struct page_of_jobs *page, const struct result *result,
                     struct admin_list *list)
{
    size_t columns = page->query->table->column_count, count = list->jobs.count;
    bool more = result_rows(result) > count, came_from = page->after || page->offset > 0;
    /* In front of an empty page lies the row that the page before it ended on. */
    const char *begin = count ? order_key(ctx, &page->order, result, 0, columns) : order_key_turned(ctx, page->after);
    const char *end = count ? order_key(ctx, &page->order, result, count - 1, columns) : NULL;
    /* Where the page is not full, it goes on where the looking ended. */
    bool goes_on = !more && page->until && page->query->sort == 0;
    end = more ? end : goes_on ? page->until : NULL;
    if (page->order.backward) {
        list->first_key = end;
        list->looks_ahead = goes_on;
        list->last_key = begin;
    } else {
        list->first_key = came_from ? begin : NULL;
        list->last_key = end;
        list->looks_back = goes_on;
    }
}

static struct admin_list read_page(struct errand_context *ctx, const struct page_of_jobs *page,
                                   const struct result *result)
{
    const struct errand_table *table = page->query->table;
    size_t rows = result_rows(result), count = rows <= (size_t)page->limit ? rows : (size_t)page->limit;
    struct admin_list list = { .jobs = { .count = count }, .looked_at = page->until ? ADMIN_LOOK_MAX : 0 };
    list.jobs.items = errand_alloc(ctx, count * table->record_size + 1);
    struct errand_error err;
    if (rows_decode(ctx, table, result, 0, count, list.jobs.items, &err) < 0)
        errand_fail(ctx, "%s", err.message);
    if (count > 0 || page->until || page->after)
        set_keys(ctx, page, result, &list);
    if (page->order.backward)
        turn_around(&list.jobs, table->record_size);
    return list;
}

/* Sorted, the newest are looked at, wherever the page lies in their order. */
static struct admin_list fetch(struct errand_context *ctx, struct page_of_jobs *page)
{
    bool sorted = page->query->sort != 0;
    page->age = sorted ? order_of(ctx, page->query->table, 0, true) : page->order;
    page->until = reach_end(ctx, &page->reach, &page->age, sorted ? NULL : page->after);
    struct result *result = run(ctx, page);
    errand_on_unwind(ctx, sql_release, result);
    struct admin_list list = read_page(ctx, page, result);
    errand_off_unwind(ctx, sql_release, result);
    result_free(result);
    return list;
}

struct admin_list admin_list(struct errand_context *ctx, const struct admin_list_query *query)
{
    struct page_of_jobs page = {
        .query = query,
        .order = order_asked_for(ctx, query),
        .reach = reach_of(ctx, query->table, &query->filter, query->sort != 0),
        .after = query->after,
        .limit = query->limit < 1                ? 1
                 : query->limit > ADMIN_PAGE_MAX ? ADMIN_PAGE_MAX
                                                 : query->limit,
        .offset = query->after || query->offset < 0 ? 0
                  : query->offset < OFFSET_MAX      ? query->offset
                                                    : OFFSET_MAX,
    };
    page.order.backward = query->before && query->after;
    struct admin_list list = fetch(ctx, &page);
    if (!page.order.backward || list.first_key)
        return list;
    /* The beginning was reached, perhaps with less than a page: the first page as it is now. */
    page.order.backward = false;
    page.after = NULL;
    return fetch(ctx, &page);
}
