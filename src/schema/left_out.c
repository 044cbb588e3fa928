/* What dumps say and Schema.sql has no place for, without being wrong: it is left out, and told of where it could be
   missed. Owners are as they come: who makes a database may be nobody of the roles of another server. */
#include "schema/reader.h"

#include <string.h>

static struct schema_statement *leave_out(struct reader *reader, const char *what)
{
    struct schema_statement *statement = add_statement(reader, SCHEMA_STATEMENT_LEFT_OUT, what);
    statement->on_sqlite = true;
    return statement;
}

/* ---- DROP ---- */

/* What a statement of that kind makes, for the objects that the model's statements name; 0: none of them. */
static enum schema_statement_kind kind_of(PgQuery__ObjectType type)
{
    switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
        return SCHEMA_STATEMENT_TABLE;
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
        return SCHEMA_STATEMENT_VIEW;
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
        return SCHEMA_STATEMENT_SEQUENCE;
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
        return SCHEMA_STATEMENT_INDEX;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN:
        return SCHEMA_STATEMENT_TYPE;
    case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
    case PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE:
        return SCHEMA_STATEMENT_FUNCTION;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
        return SCHEMA_STATEMENT_TRIGGER;
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
        return SCHEMA_STATEMENT_POLICY;
    default:
        return 0;
    }
}

struct dropped {
    enum schema_statement_kind kind;
    const char *schema, *name; /* of a trigger or policy, schema is the table's name */
};

static struct dropped dropped_by(struct reader *reader, const PgQuery__DropStmt *drop, const PgQuery__Node *object)
{
    struct dropped dropped = { .kind = kind_of(drop->remove_type) };
    if (object->node_case == PG_QUERY__NODE__NODE_LIST)
        qualified_name(reader, object->list->items, object->list->n_items, &dropped.schema, &dropped.name);
    else if (object->node_case == PG_QUERY__NODE__NODE_TYPE_NAME)
        qualified_name(reader, object->type_name->names, object->type_name->n_names, &dropped.schema, &dropped.name);
    else if (object->node_case == PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS && !drop->missing_ok) /* of other arguments */
        qualified_name(reader, object->object_with_args->objname, object->object_with_args->n_objname, &dropped.schema,
                       &dropped.name);
    return dropped;
}

static bool makes(const struct schema_statement *statement, const struct dropped *dropped)
{
    if (statement->kind != dropped->kind || !statement->name || strcmp(statement->name, dropped->name) != 0)
        return false;
    bool of_table = dropped->kind == SCHEMA_STATEMENT_TRIGGER || dropped->kind == SCHEMA_STATEMENT_POLICY;
    const char *place = of_table ? statement->table : statement->schema;
    return strcmp(place ? place : "public", dropped->schema ? dropped->schema : "public") == 0;
}

static const struct schema_statement *maker_of(const struct schema *schema, const struct dropped *dropped)
{
    for (size_t i = 0; dropped->kind && dropped->name && i < schema->statement_count; i++)
        if (makes(schema->statements[i], dropped))
            return schema->statements[i];
    return NULL;
}

void read_drop(struct reader *reader, const PgQuery__DropStmt *drop)
{
    bool wrong = false;
    for (size_t i = 0; i < drop->n_objects; i++) {
        struct dropped dropped = dropped_by(reader, drop, drop->objects[i]);
        const struct schema_statement *made = maker_of(reader->schema, &dropped);
        if (made)
            reader_error(reader, reader_here(reader), "%s is declared and dropped: Schema.sql says what there is to be",
                         made->what);
        wrong = wrong || made;
    }
    const struct schema_statement *statement = leave_out(reader, "DROP");
    if (!wrong && reader->drop_count++ == 0)
        reader->first_drop = statement->at;
}

void tell_drops(struct reader *reader)
{
    if (reader->drop_count == 0)
        return;
    const char *more =
        reader->drop_count > 1 ? reader_printf(reader, ", %zu times from here on", reader->drop_count) : "";
    reader_warning(reader, reader->first_drop,
                   "DROP is left out%s: Schema.sql says what there is to be, and nothing is dropped for it", more);
}

/* ---- The rest ---- */

static bool is_of_owner(const PgQuery__AlterTableStmt *alter)
{
    for (size_t i = 0; i < alter->n_cmds; i++)
        if (alter->cmds[i]->node_case != PG_QUERY__NODE__NODE_ALTER_TABLE_CMD ||
            alter->cmds[i]->alter_table_cmd->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner)
            return false;
    return true;
}

static bool names_roles(const PgQuery__AlterDefaultPrivilegesStmt *alter)
{
    for (size_t i = 0; i < alter->n_options; i++)
        if (alter->options[i]->node_case == PG_QUERY__NODE__NODE_DEF_ELEM &&
            strcmp(alter->options[i]->def_elem->defname, "roles") == 0)
            return true;
    return false;
}

/* What has a comment already, which is its owner's to change: extensions, and the schema of every database. */
static bool is_brought(const PgQuery__CommentStmt *comment)
{
    const char *name = node_string(comment->object);
    return comment->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION ||
           (comment->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA && name && strcmp(name, "public") == 0);
}

static bool is_adminpack(const PgQuery__CreateExtensionStmt *create)
{
    return strcmp(create->extname, "adminpack") == 0;
}

bool read_left_out(struct reader *reader, const PgQuery__Node *node)
{
    const char *why = NULL;
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_ALTER_OWNER_STMT:
        break;
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
        if (!is_of_owner(node->alter_table_stmt))
            return false;
        break;
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
        if (!is_brought(node->comment_stmt))
            return false;
        break;
    case PG_QUERY__NODE__NODE_ALTER_DEFAULT_PRIVILEGES_STMT:
        if (!names_roles(node->alter_default_privileges_stmt))
            return false;
        why = "ALTER DEFAULT PRIVILEGES FOR ROLE is left out: it is about what somebody else makes";
        break;
    case PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT:
        if (!is_adminpack(node->create_extension_stmt))
            return false;
        why = "the extension adminpack is left out: it is pgAdmin's, by it one may write the server's files, and "
              "PostgreSQL 17 has it no more";
        break;
    default:
        return false;
    }
    leave_out(reader, "statement");
    if (why)
        reader_warning(reader, reader_here(reader), "%s", why);
    return true;
}
