/* The current time in defaults, moved and converted as PostgreSQL would: now() + interval '1 day', CURRENT_DATE + 7,
   now()::date. SQLite's functions have the form of what they give chosen by who asks. */
#include "schema/reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_FORMAT "'%H:%M:%f000'"
#define TIME_FORMAT "'%Y-%m-%d %H:%M:%f000'"

enum { AMOUNT_MAX = 1000000 };

static bool is_now(const PgQuery__FuncCall *call)
{
    static const char *const names[] = { "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp" };
    const char *name = node_string(call->funcname[call->n_funcname - 1]);
    for (size_t i = 0; name && call->n_args == 0 && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static enum errand_type kind_of_value_function(const PgQuery__SQLValueFunction *function)
{
    switch (function->op) {
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
        return ERRAND_TYPE_DATE;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
        return ERRAND_TYPE_TIME;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
        return ERRAND_TYPE_CLOCK;
    default:
        return 0;
    }
}

static void modify(struct reader *reader, struct expression_now *now, const char *modifier)
{
    now->modifiers = reader_printf(reader, "%s, %s", now->modifiers, modifier);
}

static bool convert(struct reader *reader, struct expression_now *now, enum errand_type kind)
{
    if (kind == now->kind)
        return true;
    if (now->kind == ERRAND_TYPE_CLOCK || !kind_is_time(kind) ||
        (now->kind == ERRAND_TYPE_DATE && kind == ERRAND_TYPE_CLOCK))
        return false;
    if (now->kind == ERRAND_TYPE_DATE)
        modify(reader, now, "'start of day'");
    now->kind = kind;
    return true;
}

/* A month later than 31 January is the last of February; SQLite would go on into March. */
static void move_by_months(struct reader *reader, struct expression_now *now, const char *step)
{
    now->last_day = reader_printf(reader, "%s, 'start of month', %s, '+1 month', '-1 day'", now->modifiers, step);
    modify(reader, now, step);
}

/* The text of an interval: "1 day". */
static bool move_by_interval(struct reader *reader, struct expression_now *now, const char *operator, const char * text)
{
    static const char *const units[] = { "second", "minute", "hour", "day", "month", "year" };
    char *end;
    unsigned long amount = strtoul(text, &end, 10);
    if (end == text || amount > AMOUNT_MAX || !isdigit((unsigned char)*text))
        return false;
    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i]);
        if (strncmp(end, units[i], length) != 0 || (end[length] && strcmp(end + length, "s") != 0))
            continue;
        if (now->kind == ERRAND_TYPE_DATE)
            convert(reader, now, ERRAND_TYPE_TIME);
        const char *step = reader_printf(reader, "'%s%lu %s'", operator, amount, units[i]);
        if (*units[i] == 'y' || strcmp(units[i], "month") == 0)
            move_by_months(reader, now, step);
        else
            modify(reader, now, step);
        return true;
    }
    return false;
}

static bool move_by_days(struct reader *reader, struct expression_now *now, const char *operator, const char * text)
{
    if (now->kind != ERRAND_TYPE_DATE || !*text || strspn(text, "0123456789") != strlen(text) ||
        strtoul(text, NULL, 10) > AMOUNT_MAX)
        return false;
    modify(reader, now, reader_printf(reader, "'%s%s day'", operator, text));
    return true;
}

static bool read_moved(struct reader *reader, const PgQuery__AExpr *expression, struct expression_now *now)
{
    const char *operator= expression->n_name ? node_string(expression->name[expression->n_name - 1]) : NULL;
    const char *text;
    bool is_move =
        expression->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && operator&& expression->lexpr &&
                                                                 expression->rexpr &&(strcmp(operator, "+") == 0 ||
                                                                                      strcmp(operator, "-") == 0);
    if (!is_move || !expression_constant(reader, expression->rexpr, &text) || !text ||
        !expression_now(reader, expression->lexpr, now) || now->last_day)
        return false;
    bool is_interval = expression->rexpr->node_case == PG_QUERY__NODE__NODE_TYPE_CAST &&
                       strcmp(type_read(reader, expression->rexpr->type_cast->type_name).name, "interval") == 0;
    if (is_interval)
        return move_by_interval(reader, now, operator, text);
    return expression->rexpr->node_case == PG_QUERY__NODE__NODE_A_CONST && move_by_days(reader, now, operator, text);
}

bool expression_now(struct reader *reader, PgQuery__Node *node, struct expression_now *now)
{
    *now = (struct expression_now){ .modifiers = "" };
    switch (node ? node->node_case : PG_QUERY__NODE__NODE__NOT_SET) {
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        now->kind = ERRAND_TYPE_TIME;
        return is_now(node->func_call);
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
        now->kind = kind_of_value_function(node->sqlvalue_function);
        return now->kind != 0;
    case PG_QUERY__NODE__NODE_TYPE_CAST:
        return expression_now(reader, node->type_cast->arg, now) &&
               convert(reader, now, type_read(reader, node->type_cast->type_name).kind);
    case PG_QUERY__NODE__NODE_A_EXPR:
        return read_moved(reader, node->a_expr, now);
    default:
        return false;
    }
}

/* One of SQLite's functions, of the current time. */
static const char *formatted(struct reader *reader, const char *format, const char *modifiers)
{
    return reader_printf(reader, "strftime(%s, 'now'%s)", format, modifiers);
}

static const char *day(struct reader *reader, const char *modifiers)
{
    return reader_printf(reader, "date('now'%s)", modifiers);
}

/* Whichever is earlier: the day that SQLite comes to, or the last of the month. */
static const char *not_past(struct reader *reader, const struct expression_now *now)
{
    const char *last = day(reader, now->last_day);
    if (now->kind == ERRAND_TYPE_DATE)
        return reader_printf(reader, "(min(%s, %s))", day(reader, now->modifiers), last);
    return reader_printf(reader, "(min(%s, %s || ' ' || %s))", formatted(reader, TIME_FORMAT, now->modifiers), last,
                         formatted(reader, CLOCK_FORMAT, now->modifiers));
}

const char *expression_now_sqlite(struct reader *reader, struct expression_now now, enum errand_type kind)
{
    if (kind_is_time(kind) && !convert(reader, &now, kind))
        return NULL;
    if (now.kind == ERRAND_TYPE_CLOCK)
        return reader_printf(reader, "(%s)", formatted(reader, CLOCK_FORMAT, now.modifiers));
    if (now.last_day)
        return not_past(reader, &now);
    return reader_printf(reader, "(%s)",
                         now.kind == ERRAND_TYPE_DATE ? day(reader, now.modifiers)
                                                      : formatted(reader, TIME_FORMAT, now.modifiers));
}
