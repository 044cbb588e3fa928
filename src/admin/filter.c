/* A filter as the condition of a statement: names quoted, values bound. */
#include "admin/internal.h"

#include "record/context.h"

#include <string.h>

static void add_and(struct errand_context *ctx)
{
    statement_add(ctx, " AND ");
}

/* ---- Statuses ---- */

bool filter_has_all_statuses(unsigned statuses)
{
    const unsigned all = (1U << ADMIN_STATUSES) - 1;
    return (statuses & all) == 0 || (statuses & all) == all;
}

/* Written out, and with what the indexes on statuses say of themselves, so that each is seen to serve. */
static void add_statuses(struct errand_context *ctx, const struct errand_table *table, unsigned statuses)
{
    if (filter_has_all_statuses(statuses))
        return;
    const char *before = " AND status IN ('";
    for (int status = 0; status < ADMIN_STATUSES; status++) {
        if (!(statuses & 1U << status) || !status_is_known(table, (enum admin_status)status))
            continue;
        statement_add(ctx, before);
        statement_add(ctx, admin_status_label((enum admin_status)status));
        before = "', '";
    }
    statement_add(ctx, before[0] == ' ' ? " AND 1 = 0" : "')");
    if (!(statuses & 1U << ADMIN_RUNNING))
        statement_add(ctx, " AND status <> 'job_status_running'");
    if (!(statuses & 1U << ADMIN_SUCCEEDED))
        statement_add(ctx, " AND status <> 'job_status_succeeded'");
}

/* ---- Conditions ---- */

/* A pattern of LIKE that is found anywhere in a text. */
static const char *pattern(struct errand_context *ctx, const char *text)
{
    char *pattern = errand_alloc(ctx, 2 * strlen(text) + 3), *at = pattern;
    *at++ = '%';
    for (; *text != '\0'; text++) {
        if (*text == '%' || *text == '_' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    *at++ = '%';
    return pattern;
}

/* The column as it is compared: a type without an order or an equality of its own by its text. */
static void add_operand(struct errand_context *ctx, const struct errand_column *column)
{
    bool postgres = context_kind(ctx) == STORE_POSTGRES;
    bool as_number = !postgres && value_class(column) == VALUE_NUMERIC;
    statement_add(ctx, as_number ? "CAST(" : "");
    statement_add_name(ctx, column->name);
    statement_add(ctx, as_number ? " AS NUMERIC)" : "");
    if (postgres && value_class(column) == VALUE_OPAQUE)
        statement_add(ctx, "::text");
}

static void add_contains(struct errand_context *ctx, const struct errand_column *column, const char *text)
{
    add_operand(ctx, column);
    statement_add(ctx, context_kind(ctx) == STORE_POSTGRES ? " ILIKE " : " LIKE ");
    statement_add_value(ctx, errand_text(pattern(ctx, text)));
    statement_add(ctx, " ESCAPE '\\'");
}

static struct errand_value checked_value(struct errand_context *ctx, const struct errand_column *column,
                                         const char *text)
{
    struct errand_error err;
    struct errand_value value;
    if (value_parse(ctx, column, text, &value, &err) < 0)
        context_refuse(ctx, CONTEXT_FAULT_INPUT, "%s: %s", column->name, err.message);
    return value;
}

static void add_compared(struct errand_context *ctx, const struct errand_column *column, const char *operator,
                         const char * text)
{
    struct errand_value value = checked_value(ctx, column, text);
    bool as_number = context_kind(ctx) == STORE_SQLITE && value_class(column) == VALUE_NUMERIC;
    add_operand(ctx, column);
    statement_add(ctx, operator);
    statement_add(ctx, as_number ? "CAST(" : "");
    statement_add_value(ctx, value);
    statement_add(ctx, as_number ? " AS NUMERIC)" : "");
}

static void add_condition(struct errand_context *ctx, const struct errand_table *table,
                          const struct admin_condition *condition)
{
    /* What is not equal may be nothing. */
    static const char *const operators[][2] = {
        [ADMIN_EQUAL] = { " = ", " = " },   [ADMIN_NOT_EQUAL] = { " IS NOT ", " IS DISTINCT FROM " },
        [ADMIN_LESS] = { " < ", " < " },    [ADMIN_LESS_EQUAL] = { " <= ", " <= " },
        [ADMIN_GREATER] = { " > ", " > " }, [ADMIN_GREATER_EQUAL] = { " >= ", " >= " },
    };
    if (condition->column >= table->column_count)
        context_refuse(ctx, CONTEXT_FAULT_INPUT, "the table %s has no column %zu", table->name, condition->column);
    const struct errand_column *column = &table->columns[condition->column];
    enum admin_operator op = condition->operator;
    if (!admin_operator_fits(column, op))
        context_refuse(ctx, CONTEXT_FAULT_INPUT, "%s cannot be compared in this way", column->name);
    bool tests_null = op == ADMIN_IS_NULL || op == ADMIN_IS_NOT_NULL;
    if (!tests_null && !condition->value)
        context_refuse(ctx, CONTEXT_FAULT_INPUT, "%s: there is no value to compare with", column->name);
    add_and(ctx);
    if (tests_null) {
        statement_add_name(ctx, column->name);
        statement_add(ctx, op == ADMIN_IS_NULL ? " IS NULL" : " IS NOT NULL");
    } else if (op == ADMIN_CONTAINS) {
        checked_value(ctx, column, condition->value);
        add_contains(ctx, column, condition->value);
    } else {
        add_compared(ctx, column, operators[op][context_kind(ctx) == STORE_POSTGRES], condition->value);
    }
}

/* ---- The whole ---- */

static void add_created(struct errand_context *ctx, const char *operator, errand_nullable_time time)
{
    if (!time.is_set)
        return;
    add_and(ctx);
    statement_add(ctx, "created_at");
    statement_add(ctx, operator);
    statement_add_value(ctx, errand_timestamp(time.value));
}

void filter_check(struct errand_context *ctx, const struct admin_filter *filter)
{
    if (filter->condition_count > ADMIN_CONDITIONS_MAX)
        context_refuse(ctx, CONTEXT_FAULT_INPUT, "more than %d conditions", ADMIN_CONDITIONS_MAX);
}

void filter_add(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    const struct admin_filter *filter = arg;
    statement_add(ctx, "1 = 1");
    if (!filter)
        return;
    add_statuses(ctx, table, filter->statuses);
    add_created(ctx, " >= ", filter->created_from);
    add_created(ctx, " < ", filter->created_to);
    const struct errand_column *error = column_named(table, "last_error");
    if (filter->error && error) {
        checked_value(ctx, error, filter->error);
        add_and(ctx);
        add_contains(ctx, error, filter->error);
    }
    filter_check(ctx, filter);
    for (size_t i = 0; i < filter->condition_count; i++)
        add_condition(ctx, table, &filter->conditions[i]);
}
