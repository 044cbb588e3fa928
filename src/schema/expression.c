/* Expressions as PostgreSQL prints them, and the constants among them. */
#include "schema/reader.h"

#include <pg_query.h>
#include <stdlib.h>
#include <string.h>

/* One statement printed anew. */
static const char *statement_postgres(struct reader *reader, PgQuery__Node *node)
{
    PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT;
    PgQuery__ParseResult tree = PG_QUERY__PARSE_RESULT__INIT;
    PgQuery__RawStmt *statements[] = { &raw };
    raw.stmt = node;
    tree.version = PG_VERSION_NUM;
    tree.n_stmts = 1;
    tree.stmts = statements;
    size_t size = pg_query__parse_result__get_packed_size(&tree);
    char *data = reader_alloc(reader, size);
    pg_query__parse_result__pack(&tree, (uint8_t *)data);
    PgQueryDeparseResult result = pg_query_deparse_protobuf((PgQueryProtobuf){ .len = size, .data = data });
    const char *text = reader_strdup(reader, result.error || !result.query ? "" : result.query);
    pg_query_free_deparse_result(result);
    return text;
}

const char *expression_postgres(struct reader *reader, PgQuery__Node *node)
{
    static const char prefix[] = "SELECT ";
    PgQuery__ResTarget target = PG_QUERY__RES_TARGET__INIT;
    PgQuery__Node target_node = PG_QUERY__NODE__INIT;
    PgQuery__SelectStmt select = PG_QUERY__SELECT_STMT__INIT;
    PgQuery__Node select_node = PG_QUERY__NODE__INIT;
    PgQuery__Node *targets[] = { &target_node };
    target.val = node;
    target_node.node_case = PG_QUERY__NODE__NODE_RES_TARGET;
    target_node.res_target = &target;
    select.n_target_list = 1;
    select.target_list = targets;
    select.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
    select.op = PG_QUERY__SET_OPERATION__SETOP_NONE;
    select_node.node_case = PG_QUERY__NODE__NODE_SELECT_STMT;
    select_node.select_stmt = &select;
    const char *text = statement_postgres(reader, &select_node);
    return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : text;
}

/* A column that holds times takes an expression of its own kind alone, or the current time, whatever kind that is of.
 */
static const char *value_sqlite(struct reader *reader, PgQuery__Node *node, const struct schema_table *table,
                                enum errand_type kind)
{
    struct expression_now now;
    if (!table && kind && expression_now(reader, node, &now))
        return expression_now_sqlite(reader, now, kind);
    bool is_other = kind_is_time(kind) && expression_kind(reader, node, table) != kind;
    return is_other ? NULL : expression_sqlite(reader, node, table);
}

struct schema_expression expression_read(struct reader *reader, PgQuery__Node *node, const struct schema_table *table,
                                         enum errand_type kind)
{
    return (struct schema_expression){ .postgres = expression_postgres(reader, node),
                                       .sqlite = value_sqlite(reader, node, table, kind) };
}

static bool constant_value(struct reader *reader, const PgQuery__AConst *constant, const char **text)
{
    *text = NULL;
    if (constant->isnull)
        return true;
    switch (constant->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        *text = reader_printf(reader, "%d", constant->ival->ival);
        return true;
    case PG_QUERY__A__CONST__VAL_FVAL:
        *text = reader_strdup(reader, constant->fval->fval);
        return true;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        *text = constant->boolval->boolval ? "true" : "false";
        return true;
    case PG_QUERY__A__CONST__VAL_SVAL:
        *text = reader_strdup(reader, constant->sval->sval);
        return true;
    default:
        return false;
    }
}

/* The only computation that counts as a constant: -1 written as a minus before one. */
static bool negated_constant(struct reader *reader, const PgQuery__AExpr *expression, const char **text)
{
    if (expression->lexpr || expression->n_name != 1 || strcmp(node_string(expression->name[0]), "-") != 0)
        return false;
    if (!expression_constant(reader, expression->rexpr, text) || !*text || !strchr("0123456789.", **text))
        return false;
    *text = reader_printf(reader, "-%s", *text);
    return true;
}

bool expression_constant(struct reader *reader, PgQuery__Node *node, const char **text)
{
    if (!node)
        return false;
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST:
        return constant_value(reader, node->a_const, text);
    case PG_QUERY__NODE__NODE_TYPE_CAST:
        return expression_constant(reader, node->type_cast->arg, text);
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
        *text = "{}";
        return node->a_array_expr->n_elements == 0;
    case PG_QUERY__NODE__NODE_A_EXPR:
        return node->a_expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && negated_constant(reader, node->a_expr, text);
    default:
        return false;
    }
}
