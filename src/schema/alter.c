/* ALTER TABLE: what it changes of a table in the model. The rest is PostgreSQL's alone. */
#include "schema/reader.h"

#include <string.h>

/* ADD COLUMN, with its constraints. */
static void alter_add_column(struct reader *reader, struct schema_table *table, const PgQuery__AlterTableCmd *command)
{
    PgQuery__ColumnDef *definition = command->def->column_def;
    if (command->missing_ok && schema_find_column(table, definition->colname))
        return;
    size_t before = table->column_count;
    read_column(reader, table, definition);
    if (table->column_count > before)
        read_column_constraints(reader, table, definition);
}

static bool is_constraint(const PgQuery__AlterTableCmd *command)
{
    return command->subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint && command->def &&
           command->def->node_case == PG_QUERY__NODE__NODE_CONSTRAINT;
}

static struct schema_column *named_column(struct reader *reader, struct schema_table *table, const char *name)
{
    struct schema_column *column = schema_find_column(table, name);
    if (!column)
        reader_error(reader, reader_here(reader), "table %s has no column %s", table->name, name);
    return column;
}

/* One of the commands about a column that is there already. */
static void alter_column(struct reader *reader, struct schema_table *table, const PgQuery__AlterTableCmd *command)
{
    if (command->subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn && command->missing_ok &&
        !schema_find_column(table, command->name))
        return;
    struct schema_column *column = named_column(reader, table, command->name);
    if (!column)
        return;
    switch (command->subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
        column_default(reader, column, command->def);
        return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull:
        column->not_null = true;
        return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull:
        column->not_null = false;
        return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
        drop_column(reader, table, column->name, command->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE);
        return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType:
        if (command->def && command->def->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF)
            column_retype(reader, column, command->def->column_def->type_name);
        return;
    default: /* AT_AddIdentity */
        read_column_constraint(reader, table, column, command->def->constraint);
        return;
    }
}

/* False where the model has no place for it. */
static bool alter(struct reader *reader, struct schema_table *table, const PgQuery__AlterTableCmd *command)
{
    switch (command->subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn:
        alter_add_column(reader, table, command);
        return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint:
        if (!is_constraint(command))
            return false;
        read_table_constraint(reader, table, command->def->constraint, reader->sql);
        return command->def->constraint->contype != PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity:
        if (!command->def || command->def->node_case != PG_QUERY__NODE__NODE_CONSTRAINT)
            return false;
        alter_column(reader, table, command);
        return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType:
        alter_column(reader, table, command);
        return true;
    /* What SQLite has no use for: nobody owns anything there. */
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetStatistics:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetRelOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ReplicaIdentity:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint:
        return true;
    default:
        return false;
    }
}

static enum schema_statement_kind kind_of(const PgQuery__AlterTableStmt *statement)
{
    if (statement->n_cmds == 1 && statement->cmds[0]->node_case == PG_QUERY__NODE__NODE_ALTER_TABLE_CMD) {
        const PgQuery__AlterTableCmd *command = statement->cmds[0]->alter_table_cmd;
        if (is_constraint(command))
            return SCHEMA_STATEMENT_CONSTRAINT;
        if (command->subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn)
            return SCHEMA_STATEMENT_COLUMN;
    }
    return SCHEMA_STATEMENT_CHANGE;
}

/* What the statement adds, for people and for finding it. */
static void name_constraint(struct reader *reader, struct schema_statement *statement,
                            const PgQuery__Constraint *constraint)
{
    statement->name = optional(reader, constraint->conname);
    statement->what = reader_printf(reader, "constraint %s%son %s", constraint->conname, statement->name ? " " : "",
                                    statement->table);
}

static void name_column(struct reader *reader, struct schema_statement *statement, const char *column)
{
    statement->name = reader_strdup(reader, column);
    statement->what = reader_printf(reader, "column %s of %s", column, statement->table);
}

void read_alter_table(struct reader *reader, PgQuery__Node *node)
{
    const PgQuery__AlterTableStmt *statement = node->alter_table_stmt;
    const char *schema_name = optional(reader, statement->relation->schemaname);
    const char *name = reader_strdup(reader, statement->relation->relname);
    struct schema_statement *made =
        add_statement(reader, kind_of(statement), reader_printf(reader, "change of %s", name));
    made->table_schema = schema_name;
    made->table = name;
    struct schema_table *table = schema_find_table(reader->schema, schema_name, name);
    bool is_table = statement->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
    if (!table) {
        bool declared = false; /* as a view, a sequence, a partition */
        for (size_t i = 0; i < reader->schema->statement_count; i++) {
            const struct schema_statement *other = reader->schema->statements[i];
            declared = declared || (other != made && other->name && strcmp(other->name, name) == 0);
        }
        if (is_table && !declared && !statement->missing_ok)
            reader_error(reader, reader_here(reader), "there is no table %s", name);
        return;
    }
    made->on_sqlite = true;
    for (size_t i = 0; i < statement->n_cmds; i++) {
        const PgQuery__AlterTableCmd *command = statement->cmds[i]->alter_table_cmd;
        if (is_constraint(command))
            name_constraint(reader, made, command->def->constraint);
        else if (command->subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn && command->def)
            name_column(reader, made, command->def->column_def->colname);
        made->on_sqlite = alter(reader, table, command) && made->on_sqlite;
    }
}
