/* The expressions of defaults, checks and indexes that SQLite can have too. What means something else there, or
   nothing, is refused (NULL), never approximated. */
#include "schema/reader.h"

#include <string.h>

/* random() & 3 rather than abs(random()) % 4: abs of the smallest integer is an error. */
#define UUID_TAIL                                                                                                      \
    "substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || "                                \
    "substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))"
#define UUID_V4 "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || " UUID_TAIL "))"
/* 48 bits of milliseconds since 1970; 'now' is the same throughout a statement. */
#define MILLISECONDS "printf('%012x', strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4))"
#define UUID_V7 "(lower(substr(" MILLISECONDS ", 1, 8) || '-' || substr(" MILLISECONDS ", 9) || '-7' || " UUID_TAIL "))"

/* Each time another. */
static const struct {
    const char *name;
    const char *sqlite;
} calls[] = {
    { "uuid_generate_v4", UUID_V4 }, { "gen_random_uuid", UUID_V4 },  { "uuidv4", UUID_V4 },
    { "uuidv7", UUID_V7 },           { "uuid_generate_v7", UUID_V7 },
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

const char *text_literal(struct reader *reader, const char *text)
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

static const char *operand_sqlite(struct reader *reader, PgQuery__Node *node, enum errand_type beside,
                                  const struct schema_table *table);

/* A list of expressions with commas between, beside one of that kind; NULL where one cannot be had. */
static const char *list_sqlite(struct reader *reader, PgQuery__Node **nodes, size_t count, enum errand_type beside,
                               const struct schema_table *table)
{
    const char *out = "";
    for (size_t i = 0; i < count; i++) {
        const char *one = operand_sqlite(reader, nodes[i], beside, table);
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
            return table ? NULL : calls[i].sqlite;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, name) != 0 || functions[i].arguments != call->n_args)
            continue;
        const char *arguments = list_sqlite(reader, call->args, call->n_args, 0, table);
        return arguments ? reader_printf(reader, "%s(%s)", functions[i].sqlite, arguments) : NULL;
    }
    return NULL;
}

/* What stands in quotes, in the form that a value of that kind has there; NULL where the node is nothing of that. */
static const char *literal_text(const PgQuery__Node *node)
{
    bool is_text = node && node->node_case == PG_QUERY__NODE__NODE_A_CONST && !node->a_const->isnull &&
                   node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL;
    return is_text ? node->a_const->sval->sval : NULL;
}

const char *bool_literal_sqlite(const char *text)
{
    return strchr("tTyY1", text[0]) || strcmp(text, "on") == 0 ? "1" : "0";
}

/* From and to a kind of time: only what leaves the text as it is. */
static const char *time_cast_sqlite(struct reader *reader, const PgQuery__TypeCast *cast, enum errand_type kind,
                                    const struct schema_table *table)
{
    const char *literal = literal_text(cast->arg);
    if (literal && kind_is_time(kind))
        return time_literal_sqlite(reader, kind, literal);
    return expression_kind(reader, cast->arg, table) == kind ? expression_sqlite(reader, cast->arg, table) : NULL;
}

static const char *cast_sqlite(struct reader *reader, const PgQuery__TypeCast *cast, const struct schema_table *table)
{
    struct schema_type type = type_read(reader, cast->type_name);
    if (strcmp(type.name, "interval") == 0)
        return NULL;
    if (kind_is_time(type.kind) || kind_is_time(expression_kind(reader, cast->arg, table)))
        return time_cast_sqlite(reader, cast, type.kind, table);
    const char *argument = expression_sqlite(reader, cast->arg, table);
    if (!argument)
        return NULL;
    bool text = argument[0] == '\'';
    if (!type.array && type.kind == ERRAND_TYPE_BOOL)
        return text ? bool_literal_sqlite(argument + 1) : argument;
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

/* An operand beside one of that kind; NULL where the two mean something else to SQLite than to PostgreSQL. */
static const char *operand_sqlite(struct reader *reader, PgQuery__Node *node, enum errand_type beside,
                                  const struct schema_table *table)
{
    const char *literal = literal_text(node);
    enum errand_type kind = expression_kind(reader, node, table);
    if (literal && kind_is_time(beside))
        return time_literal_sqlite(reader, beside, literal);
    if (literal && beside == ERRAND_TYPE_BOOL)
        return bool_literal_sqlite(literal);
    if (kind && beside && kind != beside && (kind_is_time(kind) || kind_is_time(beside)))
        return NULL;
    return expression_sqlite(reader, node, table);
}

static const char *comparison_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *operator,
                                     const struct schema_table * table)
{
    enum errand_type left_kind = expression_kind(reader, expression->lexpr, table);
    enum errand_type right_kind = expression_kind(reader, expression->rexpr, table);
    const char *left = operand_sqlite(reader, expression->lexpr, right_kind, table);
    const char *right = operand_sqlite(reader, expression->rexpr, left_kind, table);
    return left && right ? reader_printf(reader, "(%s %s %s)", left, operator, right) : NULL;
}

/* Of numbers alone: dates, and what else is text there, would count as the number that they begin with. */
static const char *arithmetic_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *operator,
                                     const struct schema_table * table)
{
    PgQuery__Node *operands[] = { expression->lexpr, expression->rexpr };
    const char *sqlite[2] = { "", "" };
    for (size_t i = 0; i < 2; i++) {
        if (!operands[i])
            continue; /* in front of a minus */
        if (!kind_may_be_number(expression_kind(reader, operands[i], table)))
            return NULL;
        sqlite[i] = expression_sqlite(reader, operands[i], table);
        if (!sqlite[i])
            return NULL;
    }
    if (!operands[0])
        return reader_printf(reader, "(%s%s)", operator, sqlite[1]);
    return reader_printf(reader, "(%s %s %s)", sqlite[0], operator, sqlite[1]);
}

static const char *joined_sqlite(struct reader *reader, const PgQuery__AExpr *expression,
                                 const struct schema_table *table)
{
    bool is_text = !kind_is_time(expression_kind(reader, expression->lexpr, table)) &&
                   !kind_is_time(expression_kind(reader, expression->rexpr, table));
    return is_text ? comparison_sqlite(reader, expression, "||", table) : NULL;
}

static const char *operator_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *operator,
                                   const struct schema_table * table)
{
    static const char *const comparisons[] = { "=", "<>", "<", ">", "<=", ">=" };
    bool is_sign = strcmp(operator, "-") == 0;
    if (!expression->rexpr || (!expression->lexpr && !is_sign))
        return NULL;
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (strcmp(comparisons[i], operator) == 0)
            return comparison_sqlite(reader, expression, operator, table);
    if (strcmp(operator, "||") == 0)
        return joined_sqlite(reader, expression, table);
    bool is_arithmetic = strlen(operator) == 1 && strchr("+-*/%", *operator);
    return is_arithmetic ? arithmetic_sqlite(reader, expression, operator, table) : NULL;
}

/* x IN (...), and x = ANY (ARRAY[...]), which is how pg_dump prints it. */
static const char *in_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *operator,
                             const struct schema_table * table)
{
    PgQuery__Node *right = expression->rexpr;
    while (right && right->node_case == PG_QUERY__NODE__NODE_TYPE_CAST)
        right = right->type_cast->arg;
    enum errand_type kind = expression_kind(reader, expression->lexpr, table);
    const char *left = expression_sqlite(reader, expression->lexpr, table);
    const char *items = NULL;
    if (right && right->node_case == PG_QUERY__NODE__NODE_LIST)
        items = list_sqlite(reader, right->list->items, right->list->n_items, kind, table);
    else if (right && right->node_case == PG_QUERY__NODE__NODE_A_ARRAY_EXPR)
        items = list_sqlite(reader, right->a_array_expr->elements, right->a_array_expr->n_elements, kind, table);
    if (!left || !items)
        return NULL;
    return reader_printf(reader, "(%s %s (%s))", left, strcmp(operator, "<>") == 0 ? "NOT IN" : "IN", items);
}

static const char *between_sqlite(struct reader *reader, const PgQuery__AExpr *expression, const char *words,
                                  const struct schema_table *table)
{
    PgQuery__Node *right = expression->rexpr;
    enum errand_type kind = expression_kind(reader, expression->lexpr, table);
    const char *left = expression_sqlite(reader, expression->lexpr, table);
    if (!left || !right || right->node_case != PG_QUERY__NODE__NODE_LIST || right->list->n_items != 2)
        return NULL;
    const char *low = operand_sqlite(reader, right->list->items[0], kind, table);
    const char *high = operand_sqlite(reader, right->list->items[1], kind, table);
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
        return comparison_sqlite(reader, expression, "IS NOT", table);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
        return comparison_sqlite(reader, expression, "IS", table);
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
    enum errand_type kind = 0;
    for (size_t i = 0; i < expression->n_args && !kind; i++)
        kind = expression_kind(reader, expression->args[i], table);
    const char *arguments = list_sqlite(reader, expression->args, expression->n_args, kind, table);
    if (!arguments)
        return NULL;
    return reader_printf(reader, expression->n_args > 1 ? "coalesce(%s)" : "(%s)", arguments);
}

const char *expression_sqlite(struct reader *reader, PgQuery__Node *node, const struct schema_table *table)
{
    struct expression_now now;
    if (expression_now(reader, node, &now))
        return table ? NULL : expression_now_sqlite(reader, now, now.kind);
    switch (node ? node->node_case : PG_QUERY__NODE__NODE__NOT_SET) {
    case PG_QUERY__NODE__NODE_A_CONST:
        return constant_sqlite(reader, node);
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        return column_sqlite(reader, node->column_ref, table);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        return call_sqlite(reader, node->func_call, table);
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
