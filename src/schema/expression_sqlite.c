/* The expressions of defaults, checks and indexes that SQLite can have too. What means something else there, or
   nothing, is refused (NULL), never approximated. */
#include "schema/reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TIME_FORMAT "'%Y-%m-%d %H:%M:%f000'"

/* random() & 3 rather than abs(random()) % 4: abs of the smallest integer is an error. */
#define UUID_TAIL                                                                                                      \
    "substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || "                                \
    "substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))"
#define UUID_V4 "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || " UUID_TAIL "))"
/* 48 bits of milliseconds since 1970; 'now' is the same throughout a statement. */
#define MILLISECONDS "printf('%012x', strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4))"
#define UUID_V7 "(lower(substr(" MILLISECONDS ", 1, 8) || '-' || substr(" MILLISECONDS ", 9) || '-7' || " UUID_TAIL "))"

static const struct {
    const char *name;
    const char *sqlite;
} calls[] = {
    { "now", "(strftime(" TIME_FORMAT ", 'now'))" },
    { "transaction_timestamp", "(strftime(" TIME_FORMAT ", 'now'))" },
    { "statement_timestamp", "(strftime(" TIME_FORMAT ", 'now'))" },
    { "clock_timestamp", "(strftime(" TIME_FORMAT ", 'now'))" },
    { "uuid_generate_v4", UUID_V4 },
    { "gen_random_uuid", UUID_V4 },
    { "uuidv4", UUID_V4 },
    { "uuidv7", UUID_V7 },
    { "uuid_generate_v7", UUID_V7 },
};

/* Functions of the same meaning, by what SQLite calls them. lower and upper know ASCII only there, but an index or a
   check made with them is consistent with itself. */
static const struct {
    const char *name;
    const char *sqlite;
    size_t arguments;
} functions[] = {
    { "lower", "lower", 1 },
    { "upper", "upper", 1 },
    { "length", "length", 1 },
    { "char_length", "length", 1 },
    { "character_length", "length", 1 },
    { "abs", "abs", 1 },
    { "btrim", "trim", 1 },
    { "ltrim", "ltrim", 1 },
    { "rtrim", "rtrim", 1 },
    { "replace", "replace", 3 },
};

static const char *text_literal(struct reader *reader, const char *text)
{
    char *out = reader_alloc(reader, 2 * strlen(text) + 3);
    char *to = out;
    *to++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            *to++ = '\'';
        *to++ = *text;
    }
    *to = '\'';
    return out;
}

static const char *constant_sqlite(struct reader *reader, PgQuery__Node *node)
{
    const char *text;
    if (!expression_constant(reader, node, &text))
        return NULL;
    if (!text)
        return "NULL";
    switch (node->a_const->val_case) {
    case PG_QUERY__A__CONST__VAL_SVAL:
        return text_literal(reader, text);
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        return *text == 't' ? "1" : "0";
    default:
        return text;
    }
}

static const char *column_sqlite(struct reader *reader, const PgQuery__ColumnRef *reference,
                                 const struct schema_table *table)
{
    const char *name = reference->n_fields ? node_string(reference->fields[reference->n_fields - 1]) : NULL;
    const struct schema_column *column = name && table ? schema_find_column(table, name) : NULL;
    if (!column)
        return NULL;
    /* Held as text there, which would compare by its digits. */
    if (strcmp(column->type.name, "numeric") == 0 && !column->type.array)
        return reader_printf(reader, "CAST(%s AS REAL)", quoted(reader, name));
    return quoted(reader, name);
}

/* A list of expressions with commas between; NULL where one cannot be had. */
static const char *list_sqlite(struct reader *reader, PgQuery__Node **nodes, size_t count,
                               const struct schema_table *table)
{
    const char *out = "";
    for (size_t i = 0; i < count; i++) {
        const char *one = expression_sqlite(reader, nodes[i], table);
        if (!one)
            return NULL;
        out = i ? reader_printf(reader, "%s, %s", out, one) : one;
    }
    return out;
}

static const char *call_sqlite(struct reader *reader, const PgQuery__FuncCall *call, const struct schema_table *table)
{
    const char *name = node_string(call->funcname[call->n_funcname - 1]);
    if (!name)
        return NULL;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(calls[i].name, name) == 0 && call->n_args == 0)
            return calls[i].sqlite;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, name) != 0 || functions[i].arguments != call->n_args)
            continue;
        const char *arguments = list_sqlite(reader, call->args, call->n_args, table);
        return arguments ? reader_printf(reader, "%s(%s)", functions[i].sqlite, arguments) : NULL;
    }
    return NULL;
}

static const char *value_function_sqlite(const PgQuery__SQLValueFunction *function)
{
    switch (function->op) {
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
        return "(date('now'))";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
        return "(strftime(" TIME_FORMAT ", 'now'))";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
        return "(strftime('%H:%M:%f000', 'now'))";
    default:
        return NULL;
    }
}

static const char *cast_sqlite(struct reader *reader, const PgQuery__TypeCast *cast, const struct schema_table *table)
{
    struct schema_type type = type_read(reader, cast->type_name);
    const char *argument = expression_sqlite(reader, cast->arg, table);
    if (!argument || strcmp(type.name, "interval") == 0)
        return NULL;
    bool text = argument[0] == '\'';
    if (!type.array && type.kind == ERRAND_TYPE_BOOL)
        return !text ? argument : strchr("tTyY1", argument[1]) ? "1" : "0";
    bool constant = cast->arg->node_case == PG_QUERY__NODE__NODE_A_CONST;
    switch (type.kind) {
    case ERRAND_TYPE_INT16:
    case ERRAND_TYPE_INT32:
    case ERRAND_TYPE_INT64:
        return constant && !text ? argument : reader_printf(reader, "CAST(%s AS INTEGER)", argument);
    case ERRAND_TYPE_FLOAT:
    case ERRAND_TYPE_DOUBLE:
        return reader_printf(reader, "CAST(%s AS REAL)", argument);
    default:
        return text || constant ? argument : reader_printf(reader, "CAST(%s AS TEXT)", argument);
    }
}

/* NOW() + INTERVAL '1 day' */
static const char *time_and_interval(struct reader *reader, const PgQuery__AExpr *expression, const char *operator)
{
    static const char *const units[] = { "second", "minute", "hour", "day", "month", "year" };
    const char *text;
    char *end;
    /* Looked at before it is read: reading both ways would double with every operator of a chain. */
    bool is_call = expression->lexpr->node_case == PG_QUERY__NODE__NODE_FUNC_CALL ||
                   expression->lexpr->node_case == PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION;
    if (!is_call || !strchr("+-", *operator) || expression->rexpr->node_case != PG_QUERY__NODE__NODE_TYPE_CAST ||
        !expression_constant(reader, expression->rexpr, &text) || !text)
        return NULL;
    const char *now = expression_sqlite(reader, expression->lexpr, NULL);
    if (!now || !strstr(now, TIME_FORMAT))
        return NULL;
    unsigned long amount = strtoul(text, &end, 10);
    if (end == text || amount > 1000000 || !isdigit((unsigned char)*text))
        return NULL;
    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i]);
        if (strncmp(end, units[i], length) == 0 && (!end[length] || strcmp(end + length, "s") == 0))
            return reader_printf(reader, "(strftime(%s, 'now', '%s%lu %s'))", TIME_FORMAT, operator, amount, units[i]);
    }
    return NULL;
}

static const char *binary_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *operator,
                                 const struct schema_table * table)
{
    const char *left = expression_sqlite(reader, expression->lexpr, table);
    const char *right = expression_sqlite(reader, expression->rexpr, table);
    return left && right ? reader_printf(reader, "(%s %s %s)", left, operator, right) : NULL;
}

static const char *operator_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *operator,
                                   const struct schema_table * table)
{
    static const char *const same[] = { "=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "||" };
    if (!expression->rexpr)
        return NULL;
    if (!expression->lexpr) {
        const char *operand = expression_sqlite(reader, expression->rexpr, table);
        bool minus = strcmp(operator, "-") == 0;
        return operand && minus ? reader_printf(reader, "(-%s)", operand) : NULL;
    }
    const char *interval = time_and_interval(reader, expression, operator);
    if (interval)
        return interval;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strcmp(same[i], operator) == 0)
            return binary_sqlite(reader, expression, operator, table);
    return NULL;
}

/* x IN (...), and x = ANY (ARRAY[...]), which is how pg_dump prints it. */
static const char *in_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *operator,
                             const struct schema_table * table)
{
    PgQuery__Node *right = expression->rexpr;
    while (right && right->node_case == PG_QUERY__NODE__NODE_TYPE_CAST)
        right = right->type_cast->arg;
    const char *left = expression_sqlite(reader, expression->lexpr, table);
    const char *items = NULL;
    if (right && right->node_case == PG_QUERY__NODE__NODE_LIST)
        items = list_sqlite(reader, right->list->items, right->list->n_items, table);
    else if (right && right->node_case == PG_QUERY__NODE__NODE_A_ARRAY_EXPR)
        items = list_sqlite(reader, right->a_array_expr->elements, right->a_array_expr->n_elements, table);
    if (!left || !items)
        return NULL;
    return reader_printf(reader, "(%s %s (%s))", left, strcmp(operator, "<>") == 0 ? "NOT IN" : "IN", items);
}

static const char *between_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *words,
                                  const struct schema_table *table)
{
    PgQuery__Node *right = expression->rexpr;
    const char *left = expression_sqlite(reader, expression->lexpr, table);
    if (!left || !right || right->node_case != PG_QUERY__NODE__NODE_LIST || right->list->n_items != 2)
        return NULL;
    const char *low = expression_sqlite(reader, right->list->items[0], table);
    const char *high = expression_sqlite(reader, right->list->items[1], table);
    return low && high ? reader_printf(reader, "(%s %s %s AND %s)", left, words, low, high) : NULL;
}

static const char *a_expression_sqlite(struct reader *reader, const PgQuery__AExpr *expression,
                                       const struct schema_table *table)
{
    const char *operator= expression->n_name ? node_string(expression->name[expression->n_name - 1]) : NULL;
    if (!operator)
        return NULL;
    switch (expression->kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
        return operator_sqlite(reader, expression, operator, table);
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
        return strcmp(operator, "=") == 0 ? in_sqlite(reader, expression, operator, table) : NULL;
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
        return in_sqlite(reader, expression, operator, table);
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
        return binary_sqlite(reader, expression, "IS NOT", table);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
        return binary_sqlite(reader, expression, "IS", table);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
        return between_sqlite(reader, expression, "BETWEEN", table);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
        return between_sqlite(reader, expression, "NOT BETWEEN", table);
    default:
        return NULL;
    }
}

static const char *bool_sqlite(struct reader *reader, const PgQuery__BoolExpr *expression,
                               const struct schema_table *table)
{
    const char *word = expression->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR ? "AND" : "OR";
    const char *out = NULL;
    for (size_t i = 0; i < expression->n_args; i++) {
        const char *one = expression_sqlite(reader, expression->args[i], table);
        if (!one)
            return NULL;
        out = out ? reader_printf(reader, "%s %s %s", out, word, one) : one;
    }
    bool negated = expression->boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR;
    return out ? reader_printf(reader, negated ? "(NOT %s)" : "(%s)", out) : NULL;
}

static const char *null_test_sqlite(struct reader *reader, const PgQuery__NullTest *test,
                                    const struct schema_table *table)
{
    const char *argument = expression_sqlite(reader, test->arg, table);
    bool is_null = test->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL;
    return argument ? reader_printf(reader, "(%s %s)", argument, is_null ? "IS NULL" : "IS NOT NULL") : NULL;
}

static const char *boolean_test_sqlite(struct reader *reader, const PgQuery__BooleanTest *test,
                                       const struct schema_table *table)
{
    static const char *const words[] = {
        [PG_QUERY__BOOL_TEST_TYPE__IS_TRUE] = "IS 1",       [PG_QUERY__BOOL_TEST_TYPE__IS_NOT_TRUE] = "IS NOT 1",
        [PG_QUERY__BOOL_TEST_TYPE__IS_FALSE] = "IS 0",      [PG_QUERY__BOOL_TEST_TYPE__IS_NOT_FALSE] = "IS NOT 0",
        [PG_QUERY__BOOL_TEST_TYPE__IS_UNKNOWN] = "IS NULL", [PG_QUERY__BOOL_TEST_TYPE__IS_NOT_UNKNOWN] = "IS NOT NULL",
    };
    const char *argument = expression_sqlite(reader, test->arg, table);
    size_t which = test->booltesttype;
    if (!argument || which >= sizeof words / sizeof *words || !words[which])
        return NULL;
    return reader_printf(reader, "(%s %s)", argument, words[which]);
}

static const char *coalesce_sqlite(struct reader *reader, const PgQuery__CoalesceExpr *expression,
                                   const struct schema_table *table)
{
    const char *arguments = list_sqlite(reader, expression->args, expression->n_args, table);
    if (!arguments)
        return NULL;
    return reader_printf(reader, expression->n_args > 1 ? "coalesce(%s)" : "(%s)", arguments);
}

const char *expression_sqlite(struct reader *reader, PgQuery__Node *node, const struct schema_table *table)
{
    switch (node ? node->node_case : PG_QUERY__NODE__NODE__NOT_SET) {
    case PG_QUERY__NODE__NODE_A_CONST:
        return constant_sqlite(reader, node);
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        return column_sqlite(reader, node->column_ref, table);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        return call_sqlite(reader, node->func_call, table);
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
        return value_function_sqlite(node->sqlvalue_function);
    case PG_QUERY__NODE__NODE_TYPE_CAST:
        return cast_sqlite(reader, node->type_cast, table);
    case PG_QUERY__NODE__NODE_A_EXPR:
        return a_expression_sqlite(reader, node->a_expr, table);
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
        return bool_sqlite(reader, node->bool_expr, table);
    case PG_QUERY__NODE__NODE_NULL_TEST:
        return null_test_sqlite(reader, node->null_test, table);
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
        return boolean_test_sqlite(reader, node->boolean_test, table);
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        return coalesce_sqlite(reader, node->coalesce_expr, table);
    default:
        return NULL;
    }
}
