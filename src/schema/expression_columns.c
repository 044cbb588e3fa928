/* Whether the columns are there that a check names. What is not walked here is PostgreSQL's to refuse. */
#include "schema/reader.h"

#include <string.h>

static void look_at(struct reader *reader, const PgQuery__Node *node, const struct schema_table *table);

static void look_at_all(struct reader *reader, PgQuery__Node *const *nodes, size_t count,
                        const struct schema_table *table)
{
    for (size_t i = 0; i < count; i++)
        look_at(reader, nodes[i], table);
}

/* The table's own name means the whole row. */
static bool is_known(const struct schema_table *table, const char *name)
{
    static const char *const of_system[] = { "tableoid", "ctid", "xmin", "xmax", "cmin", "cmax" };
    for (size_t i = 0; i < sizeof of_system / sizeof *of_system; i++)
        if (strcmp(of_system[i], name) == 0)
            return true;
    return strcmp(table->name, name) == 0 || schema_find_column(table, name);
}

/* One with a point in it may be a field of a row, or the row of another table. */
static void look_at_column(struct reader *reader, const PgQuery__ColumnRef *column, const struct schema_table *table)
{
    const char *name = column->n_fields == 1 ? node_string(column->fields[0]) : NULL;
    if (name && !is_known(table, name))
        reader_error(reader, reader_position(reader, (size_t)column->location), "table %s has no column %s",
                     table->name, name);
}

static void look_at(struct reader *reader, const PgQuery__Node *node, const struct schema_table *table)
{
    switch (node ? node->node_case : PG_QUERY__NODE__NODE__NOT_SET) {
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        look_at_column(reader, node->column_ref, table);
        return;
    case PG_QUERY__NODE__NODE_A_EXPR:
        look_at(reader, node->a_expr->lexpr, table);
        look_at(reader, node->a_expr->rexpr, table);
        return;
    case PG_QUERY__NODE__NODE_LIST:
        look_at_all(reader, node->list->items, node->list->n_items, table);
        return;
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
        look_at_all(reader, node->bool_expr->args, node->bool_expr->n_args, table);
        return;
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        look_at_all(reader, node->func_call->args, node->func_call->n_args, table);
        return;
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        look_at_all(reader, node->coalesce_expr->args, node->coalesce_expr->n_args, table);
        return;
    case PG_QUERY__NODE__NODE_TYPE_CAST:
        look_at(reader, node->type_cast->arg, table);
        return;
    case PG_QUERY__NODE__NODE_NULL_TEST:
        look_at(reader, node->null_test->arg, table);
        return;
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
        look_at(reader, node->boolean_test->arg, table);
        return;
    default:
        return;
    }
}

void expression_check_columns(struct reader *reader, const PgQuery__Node *node, const struct schema_table *table)
{
    look_at(reader, node, table);
}
