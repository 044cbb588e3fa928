/* What a list shows, between the address and the query. */
#include "dashboard/filter.h"

#include "base/clock.h"
#include "dashboard/link.h"

#include <stdlib.h>
#include <string.h>

/* The years that an address and a field of a form can name: 0001-01-01 and 10000-01-01. Infinities lie outside. */
#define YEAR_1_US INT64_C(-62135596800000000)
#define YEAR_10000_US INT64_C(253402300800000000)

const struct filter_operator filter_operators[FILTER_OPERATORS] = {
    [ADMIN_EQUAL] = { "eq", "is", true },
    [ADMIN_NOT_EQUAL] = { "ne", "is not", true },
    [ADMIN_LESS] = { "lt", "is less than", true },
    [ADMIN_LESS_EQUAL] = { "le", "is at most", true },
    [ADMIN_GREATER] = { "gt", "is more than", true },
    [ADMIN_GREATER_EQUAL] = { "ge", "is at least", true },
    [ADMIN_CONTAINS] = { "contains", "contains", true },
    [ADMIN_IS_NULL] = { "null", "is empty", false },
    [ADMIN_IS_NOT_NULL] = { "not_null", "is not empty", false },
};

bool filter_takes(const struct errand_table *table, const struct errand_column *column)
{
    return !column_is_masked(table, column) && column->type != ERRAND_TYPE_BYTES && column->type != ERRAND_TYPE_POINT;
}

static bool is_text(const struct errand_column *column)
{
    return column->type == ERRAND_TYPE_TEXT && !column_is_number(column);
}

enum admin_operator filter_usual_operator(const struct errand_column *column)
{
    return is_text(column) ? ADMIN_CONTAINS : column->type == ERRAND_TYPE_TIME ? ADMIN_GREATER_EQUAL : ADMIN_EQUAL;
}

/* ---- Reading ---- */

static enum admin_operator read_operator(struct page *page, const struct errand_column *column)
{
    const char *word = page_param(page, errand_printf(page->ctx, "op.%s", column->name));
    if (!word || !*word)
        return filter_usual_operator(column);
    for (int i = 0; i < FILTER_OPERATORS; i++) {
        if (strcmp(filter_operators[i].word, word) == 0)
            return (enum admin_operator)i;
    }
    page_refuse(page, 400,
                "op.%s=%.60s is no comparison; there are eq, ne, lt, le, gt, ge, contains, null and not_null.",
                column->name, word);
}

static void read_condition(struct page *page, const struct errand_table *table, size_t index,
                           struct admin_filter *filter)
{
    const struct errand_column *column = &table->columns[index];
    enum admin_operator operator= read_operator(page, column);
    const char *value = page_param(page, errand_printf(page->ctx, "where.%s", column->name));
    struct errand_error err;
    if (filter_operators[operator].takes_value && (!value || !*value))
        return;
    if (!admin_operator_fits(column, operator))
        page_refuse(page, 400, "%s cannot be compared by \"%s\".", html_field_label(page->out, column->name),
                    filter_operators[operator].word);
    if (filter->condition_count == ADMIN_CONDITIONS_MAX)
        page_refuse(page, 400, "A list can be narrowed by at most %d columns at once.", ADMIN_CONDITIONS_MAX);
    bool is_checked = filter_operators[operator].takes_value && operator != ADMIN_CONTAINS;
    struct errand_value checked;
    if (is_checked && admin_value(page->ctx, column, value, &checked, &err) < 0)
        page_refuse(page, 400, "%s: %s.", html_field_label(page->out, column->name), err.message);
    filter->conditions[filter->condition_count++] = (struct admin_condition){ index, operator, value };
}

static bool is_taken(const struct errand_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return filter_takes(table, &table->columns[i]);
    }
    return false;
}

/* A condition on a column that cannot have one must not be passed over: all that match would then be all there are. */
static void check_names(struct page *page, const struct errand_table *table, const struct param *params)
{
    static const char *const prefixes[] = { "where.", "op." };
    for (; params && params->name; params++) {
        for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
            size_t size = strlen(prefixes[i]);
            if (strncmp(params->name, prefixes[i], size) == 0 && !is_taken(table, params->name + size))
                page_refuse(page, 400,
                            "%.80s: a list of %s cannot be narrowed by that; there is no such column, or it "
                            "holds a secret or bytes.",
                            params->name, table->name);
        }
    }
}

static void read_statuses(struct page *page, struct admin_filter *filter)
{
    for (const char **label = page_params(page, "status"); *label; label++) {
        if (!**label)
            continue;
        int status = admin_status_parse(*label);
        if (status < 0)
            page_refuse(page, 400, "status=%.60s is none of the statuses of a job.", *label);
        else
            filter->statuses |= 1U << status;
    }
}

static errand_nullable_time read_time(struct page *page, const char *name)
{
    static const struct errand_column time_column = { .type = ERRAND_TYPE_TIME };
    const char *text = page_param(page, name);
    struct errand_value value;
    struct errand_error err;
    if (!text || !*text)
        return (errand_nullable_time){ 0 };
    if (admin_value(page->ctx, &time_column, text, &value, &err) < 0)
        page_refuse(page, 400, "%s=: %s.", name, err.message);
    if (value.as.integer < YEAR_1_US || value.as.integer >= YEAR_10000_US)
        page_refuse(page, 400, "%s=%.60s is not between the years 1 and 9999.", name, text);
    return (errand_nullable_time){ true, value.as.integer };
}

static int read_sort(struct page *page, const struct errand_table *table)
{
    const char *name = page_param(page, "sort");
    if (!name || !*name)
        return 0;
    const struct errand_column *column = column_called(table, name);
    if (!column || column_is_masked(table, column) || !admin_sortable(column))
        page_refuse(page, 400, "The list cannot be sorted by \"%.60s\".", name);
    return (int)(column - table->columns) + 1;
}

static int64_t read_page(struct page *page)
{
    const char *text = page_param(page, "page");
    if (!text || !*text)
        return 0;
    char *end;
    long long number = strtoll(text, &end, 10);
    if (*end || number < 1 || number > INT64_MAX / ADMIN_PAGE_MAX)
        page_refuse(page, 400, "page=%.60s is no number of a page; the first is 1.", text);
    return number - 1;
}

struct filter_request filter_read(struct page *page, const struct errand_table *table)
{
    struct filter_request request = { .query = { .table = table, .limit = DASHBOARD_PAGE_SIZE },
                                      .page = read_page(page) };
    struct admin_list_query *query = &request.query;
    const char *order = page_param(page, "order"), *error = page_param(page, "error");
    check_names(page, table, page->form);
    check_names(page, table, page->query);
    read_statuses(page, &query->filter);
    query->filter.error = error && *error ? error : NULL;
    query->filter.created_from = read_time(page, "from");
    query->filter.created_to = read_time(page, "to");
    for (size_t i = 0; i < table->column_count; i++) {
        if (filter_takes(table, &table->columns[i]))
            read_condition(page, table, i, &query->filter);
    }
    query->sort = read_sort(page, table);
    query->descending = !order || strcmp(order, "asc") != 0;
    query->after = page_param(page, "after");
    if (!query->after) {
        query->after = page_param(page, "before");
        query->before = query->after != NULL;
    }
    query->offset = query->after ? 0 : request.page * query->limit;
    return request;
}

bool filter_is_narrow(const struct admin_filter *filter)
{
    return filter->error || filter->created_from.is_set || filter->created_to.is_set || filter->condition_count > 0;
}

/* ---- Writing it again ---- */

/* As read_time takes it; of the fraction what is not zero. */
const char *filter_time(struct html *out, errand_nullable_time time)
{
    char text[CLOCK_TEXT_MAX];
    if (!time.is_set)
        return "";
    clock_format(time.value, text);
    char *space = strchr(text, ' '), *fraction = strchr(text, '.');
    if (!space || !fraction)
        return errand_strdup(out->page->ctx, text); /* an infinity */
    *space = 'T';
    size_t digits = strspn(fraction + 1, "0123456789");
    const char *era = fraction + 1 + digits;
    while (digits > 0 && fraction[digits] == '0')
        digits--;
    size_t size = (size_t)(fraction - text) + (digits > 0 ? digits + 1 : 0);
    return errand_printf(out->page->ctx, "%.*s%s", (int)size, text, era);
}

/* Calls take for each field of it, in the order of the address. */
static void each_field(struct html *out, const struct filter_request *request,
                       void (*take)(struct html *out, const char *name, const char *value, void *arg), void *arg)
{
    const struct admin_filter *filter = &request->query.filter;
    const struct errand_table *table = request->query.table;
    for (int i = 0; i < ADMIN_STATUSES; i++) {
        if (filter->statuses & 1U << i)
            take(out, "status", admin_status_label((enum admin_status)i) + strlen("job_status_"), arg);
    }
    if (filter->error)
        take(out, "error", filter->error, arg);
    if (filter->created_from.is_set)
        take(out, "from", filter_time(out, filter->created_from), arg);
    if (filter->created_to.is_set)
        take(out, "to", filter_time(out, filter->created_to), arg);
    for (size_t i = 0; i < filter->condition_count; i++) {
        const struct admin_condition *condition = &filter->conditions[i];
        const char *column = table->columns[condition->column].name;
        take(out, errand_printf(out->page->ctx, "op.%s", column), filter_operators[condition->operator].word, arg);
        if (filter_operators[condition->operator].takes_value)
            take(out, errand_printf(out->page->ctx, "where.%s", column), condition->value, arg);
    }
    if (request->query.sort == 0)
        return;
    take(out, "sort", table->columns[request->query.sort - 1].name, arg);
    take(out, "order", request->query.descending ? "desc" : "asc", arg);
}

static void take_parameter(struct html *out, const char *name, const char *value, void *arg)
{
    const char **text = arg;
    *text = errand_printf(out->page->ctx, "%s&%s=%s", *text, html_url(out, name), html_url(out, value));
}

const char *filter_parameters(struct html *out, const struct filter_request *request)
{
    const char *text = "";
    each_field(out, request, take_parameter, &text);
    return text;
}

static void take_hidden(struct html *out, const char *name, const char *value, void *arg)
{
    (void)arg;
    html_hidden(out, name, value);
}

void filter_hidden(struct html *out, const struct filter_request *request)
{
    each_field(out, request, take_hidden, NULL);
}
