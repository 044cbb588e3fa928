/* What an expression is of, as far as it matters to SQLite, which has text for all kinds of times: it would take two of
   different kinds for comparable, and + for a sum of years. */
#include "schema/reader.h"

#include "base/clock.h"

#include <string.h>

bool kind_is_time(enum errand_type kind)
{
    return kind == ERRAND_TYPE_TIME || kind == ERRAND_TYPE_DATE || kind == ERRAND_TYPE_CLOCK;
}

bool kind_may_be_number(enum errand_type kind)
{
    switch ((int)kind) {
    case 0:
    case ERRAND_TYPE_INT16:
    case ERRAND_TYPE_INT32:
    case ERRAND_TYPE_INT64:
    case ERRAND_TYPE_FLOAT:
    case ERRAND_TYPE_DOUBLE:
        return true;
    default:
        return false;
    }
}

/* Numbers that are held as text are made numbers where they are used. */
static enum errand_type kind_of_type(const struct schema_type *type)
{
    return strcmp(type->name, "numeric") == 0 && !type->array ? ERRAND_TYPE_DOUBLE : type->kind;
}

static enum errand_type kind_of_constant(const PgQuery__AConst *constant)
{
    switch (constant->isnull ? PG_QUERY__A__CONST__VAL__NOT_SET : constant->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        return ERRAND_TYPE_INT64;
    case PG_QUERY__A__CONST__VAL_FVAL:
        return ERRAND_TYPE_DOUBLE;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        return ERRAND_TYPE_BOOL;
    default:
        return 0; /* what stands in quotes is of the kind of what it meets */
    }
}

static enum errand_type kind_of_column(const PgQuery__ColumnRef *reference, const struct schema_table *table)
{
    const char *name = reference->n_fields ? node_string(reference->fields[reference->n_fields - 1]) : NULL;
    const struct schema_column *column = name && table ? schema_find_column(table, name) : NULL;
    return column ? kind_of_type(&column->type) : 0;
}

static enum errand_type first_kind(struct reader *reader, PgQuery__Node **nodes, size_t count,
                                   const struct schema_table *table)
{
    enum errand_type kind = 0;
    for (size_t i = 0; i < count && !kind; i++)
        kind = expression_kind(reader, nodes[i], table);
    return kind;
}

static enum errand_type kind_of_operation(struct reader *reader, PgQuery__AExpr *expression,
                                          const struct schema_table *table)
{
    const char *operator= expression->n_name ? node_string(expression->name[expression->n_name - 1]) : NULL;
    if (expression->kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP || !operator)
        return ERRAND_TYPE_BOOL;
    if (strcmp(operator, "||") == 0)
        return ERRAND_TYPE_TEXT;
    if (!strchr("+-*/%", *operator))
        return ERRAND_TYPE_BOOL;
    PgQuery__Node *operands[] = { expression->lexpr, expression->rexpr };
    return first_kind(reader, operands, 2, table);
}

enum errand_type expression_kind(struct reader *reader, PgQuery__Node *node, const struct schema_table *table)
{
    switch (node ? node->node_case : PG_QUERY__NODE__NODE__NOT_SET) {
    case PG_QUERY__NODE__NODE_A_CONST:
        return kind_of_constant(node->a_const);
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        return kind_of_column(node->column_ref, table);
    case PG_QUERY__NODE__NODE_TYPE_CAST: {
        struct schema_type type = type_read(reader, node->type_cast->type_name);
        return kind_of_type(&type);
    }
    case PG_QUERY__NODE__NODE_A_EXPR:
        return kind_of_operation(reader, node->a_expr, table);
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        return first_kind(reader, node->coalesce_expr->args, node->coalesce_expr->n_args, table);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION: {
        struct expression_now now;
        return expression_now(reader, node, &now) ? now.kind : 0;
    }
    default:
        return 0;
    }
}

const char *time_literal_sqlite(struct reader *reader, enum errand_type kind, const char *text)
{
    char out[CLOCK_TEXT_MAX];
    errand_time time;
    errand_date date;
    errand_clock clock;
    if (kind == ERRAND_TYPE_DATE)
        return clock_parse_date(text, &date) == 0 ? reader_printf(reader, "'%s'", clock_format_date(date, out)) : NULL;
    if (kind == ERRAND_TYPE_CLOCK && strlen(text) == strlen("09:30"))
        text = reader_printf(reader, "%s:00", text);
    if (kind == ERRAND_TYPE_CLOCK)
        return clock_parse_day_time(text, &clock) == 0
                   ? reader_printf(reader, "'%s'", clock_format_day_time(clock, out))
                   : NULL;
    if (clock_parse_date(text, &date) == 0 && date != ERRAND_DATE_INFINITY && date != ERRAND_DATE_MINUS_INFINITY)
        text = reader_printf(reader, "%s 00:00:00", text);
    return clock_parse(text, &time) == 0 ? reader_printf(reader, "'%s'", clock_format(time, out)) : NULL;
}
