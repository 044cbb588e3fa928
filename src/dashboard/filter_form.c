/* What narrows a list, as people see it: the form, and what is in force. */
#include "dashboard/filter.h"
#include "dashboard/link.h"

#include <string.h>

/* ---- What narrows it, each with a link that takes it away ---- */

static void add_chip(struct html *out, const struct filter_request *without, const char *text)
{
    html_printf(out, "<li>%s<a href=\"%s%s\" aria-label=\"Take away: %s\">×</a></li>", text,
                link_list(out, without->query.table->name), filter_parameters(out, without), text);
}

static const char *condition_text(struct html *out, const struct filter_request *request, size_t i)
{
    const struct admin_condition *condition = &request->query.filter.conditions[i];
    const struct errand_column *column = &request->query.table->columns[condition->column];
    const char *value =
        filter_operators[condition->operator].takes_value ? value_words(out, column, condition->value) : "";
    return errand_printf(out->page->ctx, "%s %s %s", html_field_label(out, column->name),
                         filter_operators[condition->operator].sign, value);
}

static void remove_condition(struct admin_filter *filter, size_t i)
{
    filter->condition_count--;
    memmove(&filter->conditions[i], &filter->conditions[i + 1],
            (filter->condition_count - i) * sizeof(filter->conditions[0]));
}

void filter_chips(struct html *out, const struct filter_request *request)
{
    const struct admin_filter *filter = &request->query.filter;
    struct errand_context *ctx = out->page->ctx;
    if (!filter_is_narrow(filter))
        return;
    html_raw(out, "<ul class=\"chips\" aria-label=\"Narrowed by\">");
    struct filter_request without = *request;
    without.query.filter.error = NULL;
    if (filter->error)
        add_chip(out, &without, errand_printf(ctx, "Error contains %s", filter->error));
    without = *request;
    without.query.filter.created_from.is_set = false;
    if (filter->created_from.is_set)
        add_chip(out, &without, errand_printf(ctx, "Created from %s UTC", filter_time(out, filter->created_from)));
    without = *request;
    without.query.filter.created_to.is_set = false;
    if (filter->created_to.is_set)
        add_chip(out, &without, errand_printf(ctx, "Created before %s UTC", filter_time(out, filter->created_to)));
    for (size_t i = 0; i < filter->condition_count; i++) {
        without = *request;
        remove_condition(&without.query.filter, i);
        add_chip(out, &without, condition_text(out, request, i));
    }
    html_raw(out, "</ul>");
}

/* ---- The form ---- */

/* Those with a field of their own in the form. */
static bool has_own_field(const struct errand_column *column)
{
    return strcmp(column->name, "status") == 0 || strcmp(column->name, "last_error") == 0 ||
           strcmp(column->name, "created_at") == 0;
}

static const struct admin_condition *condition_on(const struct admin_filter *filter, size_t column)
{
    for (size_t i = 0; i < filter->condition_count; i++) {
        if (filter->conditions[i].column == column)
            return &filter->conditions[i];
    }
    return NULL;
}

static void add_operators(struct html *out, const struct errand_column *column, enum admin_operator chosen)
{
    html_printf(out, "<select class=\"form-select\" name=\"op.%s\" aria-label=\"%s: comparison\">", column->name,
                html_field_label(out, column->name));
    for (int i = 0; i < FILTER_OPERATORS; i++) {
        if (admin_operator_fits(column, (enum admin_operator)i))
            html_printf(out, "<option value=\"%s\"%s>%s</option>", filter_operators[i].word,
                        chosen == (enum admin_operator)i ? " selected" : "", filter_operators[i].sign);
    }
    html_raw(out, "</select>");
}

static void begin_choices(struct html *out, const struct errand_column *column)
{
    html_printf(out, "<select class=\"form-select\" id=\"filter-%s\" name=\"where.%s\"><option value=\"\">any</option>",
                html_url(out, column->name), column->name);
}

static void add_choice(struct html *out, const char *value, const char *text, const char *chosen)
{
    html_printf(out, "<option value=\"%s\"%s>%s</option>", value, strcmp(value, chosen) == 0 ? " selected" : "", text);
}

static void add_choices(struct html *out, const struct errand_column *column, const char *value)
{
    static const char *const booleans[] = { "true", "false", NULL };
    const char *const *labels = column->type == ERRAND_TYPE_BOOL ? booleans : column->labels;
    begin_choices(out, column);
    for (; *labels; labels++)
        add_choice(out, *labels, value_words(out, column, *labels), value);
    html_raw(out, "</select>");
}

/* The rows that the column may refer to, by name. False, having written nothing: they are not shown here, or too many
   to choose from. */
static bool add_records(struct html *out, const struct errand_table *table, const struct errand_column *column,
                        const char *value)
{
    const struct errand_foreign_key *key = column_foreign_key(table, column);
    if (!key || !table_has_records(out->page->service, key->target->name))
        return false;
    const struct admin_names rows = admin_names(out->page->ctx, key->target, &key->target->columns[key->target_column],
                                                table_name_column(key->target), VALUE_NAMES_MAX);
    if (rows.more)
        return false;
    bool is_known = *value == '\0';
    begin_choices(out, column);
    for (size_t i = 0; i < rows.count; i++) {
        add_choice(out, rows.items[i].id, rows.items[i].name, value);
        is_known |= strcmp(rows.items[i].id, value) == 0;
    }
    if (!is_known)
        add_choice(out, value, value, value);
    html_raw(out, "</select>");
    return true;
}

static const char *input_kind(const struct errand_column *column)
{
    static const char *const kinds[] = {
        [ERRAND_TYPE_INT16] = "number", [ERRAND_TYPE_INT32] = "number",        [ERRAND_TYPE_INT64] = "number",
        [ERRAND_TYPE_FLOAT] = "number", [ERRAND_TYPE_DOUBLE] = "number",       [ERRAND_TYPE_DATE] = "date",
        [ERRAND_TYPE_CLOCK] = "time",   [ERRAND_TYPE_TIME] = "datetime-local", [ERRAND_TYPE_ENUM] = NULL,
    };
    return kinds[column->type] ? kinds[column->type] : "text";
}

/* Browsers drop what the kind of an input does not take: a zone, more than three decimals, "infinity". */
static bool is_taken(const char *kind, const char *value)
{
    const char *point = strchr(value, '.');
    if (strcmp(kind, "text") == 0 || *value == '\0')
        return true;
    if (strcmp(kind, "number") == 0)
        return value[strspn(value, "-.0123456789eE+")] == '\0' && *value != '+' && *value != '.';
    return value[strspn(value, "-:.T0123456789")] == '\0' && (!point || strlen(point + 1) <= 3) &&
           strncmp(value, "24:", 3) != 0;
}

static void add_input(struct html *out, const char *id, const char *name, const char *kind, const char *value)
{
    kind = is_taken(kind, value) ? kind : "text";
    html_printf(out, "<input class=\"form-control\" id=\"filter-%s\" name=\"%s\" type=\"%s\" value=\"%s\"",
                html_url(out, id), name, kind, value);
    html_raw(out, strcmp(kind, "text") == 0 ? ">" : " step=\"any\">");
}

/* What a column is compared with, as its field has it: a time that was given as a date, or with a zone, as the moment
   that it is. */
static const char *value_of(struct html *out, const struct errand_column *column,
                            const struct admin_condition *condition)
{
    struct errand_value value;
    struct errand_error ignored;
    if (!condition || !condition->value)
        return "";
    if (column->type != ERRAND_TYPE_TIME || admin_value(out->page->ctx, column, condition->value, &value, &ignored) < 0)
        return condition->value;
    return filter_time(out, (errand_nullable_time){ true, value.as.integer });
}

static void add_column(struct html *out, const struct filter_request *request, size_t index)
{
    const struct errand_column *column = &request->query.table->columns[index];
    const struct admin_condition *condition = condition_on(&request->query.filter, index);
    const char *value = value_of(out, column, condition);
    html_printf(out, "<div class=\"filter-row\"><label for=\"filter-%s\">%s</label>", html_url(out, column->name),
                html_field_label(out, column->name));
    add_operators(out, column, condition ? condition->operator : filter_usual_operator(column));
    if (column->type == ERRAND_TYPE_ENUM || column->type == ERRAND_TYPE_BOOL)
        add_choices(out, column, value);
    else if (!add_records(out, request->query.table, column, value))
        add_input(out, column->name, errand_printf(out->page->ctx, "where.%s", column->name), input_kind(column),
                  value);
    html_raw(out, "</div>");
}

static void add_common(struct html *out, const struct admin_filter *filter)
{
    html_raw(out, "<div class=\"filter-row\"><label for=\"filter-error\">Last error</label><span>contains</span>");
    add_input(out, "error", "error", "text", filter->error ? filter->error : "");
    html_raw(out, "</div><div class=\"filter-row\"><label for=\"filter-from\">Created</label><span>from (UTC)</span>");
    add_input(out, "from", "from", "datetime-local", filter_time(out, filter->created_from));
    html_raw(out, "</div><div class=\"filter-row\"><label for=\"filter-to\">Created</label><span>before (UTC)</span>");
    add_input(out, "to", "to", "datetime-local", filter_time(out, filter->created_to));
    html_raw(out, "</div>");
}

/* The user's own come first. */
static void add_columns(struct html *out, const struct filter_request *request, bool own)
{
    const struct errand_table *table = request->query.table;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct errand_column *column = &table->columns[i];
        if (column_is_own(table, column) == own && filter_takes(table, column) && !has_own_field(column))
            add_column(out, request, i);
    }
}

void filter_form(struct html *out, const struct filter_request *request)
{
    const struct errand_table *table = request->query.table;
    html_printf(out,
                "<details class=\"filter\" id=\"filter\"><summary>Filter</summary><form method=\"get\" "
                "action=\"%s/ListJob\">",
                html_mount(out));
    html_hidden(out, "tableName", table->name);
    for (int i = 0; i < ADMIN_STATUSES; i++) {
        if (request->query.filter.statuses & 1U << i)
            html_hidden(out, "status", admin_status_label((enum admin_status)i) + strlen("job_status_"));
    }
    html_raw(out, "<div class=\"filter-rows\">");
    add_common(out, &request->query.filter);
    add_columns(out, request, true);
    add_columns(out, request, false);
    html_printf(out,
                "</div><p><button class=\"btn btn-primary btn-sm\" name=\"apply\" value=\"1\">Apply</button> "
                "<a class=\"btn btn-link btn-sm\" href=\"%s\">Clear</a></p></form></details>",
                link_list(out, table->name));
}
