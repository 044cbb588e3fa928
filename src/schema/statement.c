/* One statement of the file: what the model takes of it, and what kind of thing it makes. */
#include "schema/reader.h"

#include <string.h>

struct schema_statement *add_statement(struct reader *reader, enum schema_statement_kind kind, const char *what)
{
    struct schema *schema = reader->schema;
    struct schema_statement *statement = reader_alloc(reader, sizeof *statement);
    *statement = (struct schema_statement){
        .kind = kind, .at = reader_here(reader), .offset = reader->start, .sql = reader->sql, .what = what
    };
    *LIST_ADD(reader, schema->statements, schema->statement_count) = statement;
    return statement;
}

static struct schema_statement *add_named(struct reader *reader, enum schema_statement_kind kind, const char *noun,
                                          PgQuery__Node **names, size_t count)
{
    const char *schema_name, *name;
    qualified_name(reader, names, count, &schema_name, &name);
    struct schema_statement *statement = add_statement(reader, kind, reader_printf(reader, "%s %s", noun, name));
    statement->schema = schema_name;
    statement->name = name;
    return statement;
}

static struct schema_statement *add_relation(struct reader *reader, enum schema_statement_kind kind, const char *noun,
                                             const PgQuery__RangeVar *relation)
{
    const char *name = reader_strdup(reader, relation ? relation->relname : "");
    struct schema_statement *statement = add_statement(reader, kind, reader_printf(reader, "%s %s", noun, name));
    statement->schema = relation ? optional(reader, relation->schemaname) : NULL;
    statement->name = name;
    return statement;
}

/* What is named for itself but belongs to a table. */
static void add_of_table(struct reader *reader, enum schema_statement_kind kind, const char *noun, const char *name,
                         const PgQuery__RangeVar *table)
{
    struct schema_statement *statement =
        add_statement(reader, kind, reader_printf(reader, "%s %s on %s", noun, name, table ? table->relname : ""));
    statement->name = reader_strdup(reader, name);
    statement->table = table ? reader_strdup(reader, table->relname) : NULL;
    statement->table_schema = table ? optional(reader, table->schemaname) : NULL;
}

static void read_enum(struct reader *reader, const PgQuery__CreateEnumStmt *create)
{
    struct schema_statement *statement =
        add_named(reader, SCHEMA_STATEMENT_TYPE, "type", create->type_name, create->n_type_name);
    struct schema *schema = reader->schema;
    statement->on_sqlite = true;
    if (schema_find_enum(schema, statement->schema, statement->name)) {
        reader_error(reader, statement->at, "type %s is declared twice, or declared after its use", statement->name);
        return;
    }
    const char **labels = reader_alloc(reader, (create->n_vals + 1) * sizeof *labels);
    for (size_t i = 0; i < create->n_vals; i++)
        labels[i] = reader_strdup(reader, node_string(create->vals[i]));
    struct schema_enum *made = reader_alloc(reader, sizeof *made);
    *made = (struct schema_enum){
        .schema = statement->schema, .name = statement->name, .labels = labels, .label_count = create->n_vals
    };
    *LIST_ADD(reader, schema->enums, schema->enum_count) = made;
}

/* ALTER TYPE ... ADD VALUE, RENAME VALUE. */
static void read_alter_enum(struct reader *reader, const PgQuery__AlterEnumStmt *alter)
{
    struct schema_statement *statement =
        add_named(reader, SCHEMA_STATEMENT_TYPE_CHANGE, "change of type", alter->type_name, alter->n_type_name);
    struct schema_enum *found =
        (struct schema_enum *)schema_find_enum(reader->schema, statement->schema, statement->name);
    statement->on_sqlite = true;
    if (!found)
        return;
    const char **labels = reader_alloc(reader, (found->label_count + 2) * sizeof *labels);
    const char *value = reader_strdup(reader, alter->new_val ? alter->new_val : "");
    size_t count = 0;
    bool is_rename = alter->old_val && *alter->old_val;
    bool has_neighbor = alter->new_val_neighbor && *alter->new_val_neighbor;
    for (size_t i = 0; i < found->label_count; i++) {
        bool here = has_neighbor && strcmp(found->labels[i], alter->new_val_neighbor) == 0;
        if (here && !alter->new_val_is_after)
            labels[count++] = value;
        bool renamed = is_rename && strcmp(found->labels[i], alter->old_val) == 0;
        labels[count++] = renamed ? value : found->labels[i];
        if (here && alter->new_val_is_after)
            labels[count++] = value;
    }
    if (!is_rename && count == found->label_count)
        labels[count++] = value;
    found->labels = labels;
    found->label_count = count;
}

static void read_domain(struct reader *reader, const PgQuery__CreateDomainStmt *create)
{
    struct schema *schema = reader->schema;
    struct schema_statement *statement =
        add_named(reader, SCHEMA_STATEMENT_TYPE, "domain", create->domainname, create->n_domainname);
    struct schema_domain *domain = reader_alloc(reader, sizeof *domain);
    struct schema_type *base = reader_alloc(reader, sizeof *base);
    *base = type_read(reader, create->type_name);
    *domain = (struct schema_domain){ .schema = statement->schema, .name = statement->name, .base = base };
    statement->on_sqlite = true;
    for (size_t i = 0; i < create->n_constraints; i++) {
        const PgQuery__Constraint *constraint = create->constraints[i]->constraint;
        domain->not_null = domain->not_null || constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL;
        if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK)
            statement->on_sqlite = false;
    }
    *LIST_ADD(reader, schema->domains, schema->domain_count) = domain;
}

static void read_function(struct reader *reader, const PgQuery__CreateFunctionStmt *create)
{
    struct schema_statement *statement =
        add_named(reader, SCHEMA_STATEMENT_FUNCTION, create->is_procedure ? "procedure" : "function", create->funcname,
                  create->n_funcname);
    struct schema *schema = reader->schema;
    schema->defines_uuid_v4 = schema->defines_uuid_v4 || strcmp(statement->name, "uuid_generate_v4") == 0;
    schema->defines_uuid_v7 = schema->defines_uuid_v7 || strcmp(statement->name, "uuidv7") == 0;
}

static void read_extension(struct reader *reader, const PgQuery__CreateExtensionStmt *create)
{
    struct schema_statement *statement =
        add_statement(reader, SCHEMA_STATEMENT_EXTENSION, reader_printf(reader, "extension %s", create->extname));
    statement->name = reader_strdup(reader, create->extname);
    /* What these give, SQLite has in other ways. */
    bool is_uuid = strcmp(create->extname, "uuid-ossp") == 0;
    statement->on_sqlite =
        is_uuid || strcmp(create->extname, "pgcrypto") == 0 || strcmp(create->extname, "plpgsql") == 0;
    if (is_uuid)
        reader->schema->defines_uuid_v4 = true;
}

static void add_rows(struct reader *reader, const PgQuery__RangeVar *relation)
{
    struct schema_statement *statement = add_statement(
        reader, SCHEMA_STATEMENT_ROWS, reader_printf(reader, "INSERT INTO %s", relation ? relation->relname : ""));
    statement->table = relation ? reader_strdup(reader, relation->relname) : NULL;
    statement->table_schema = relation ? optional(reader, relation->schemaname) : NULL;
}

static void read_rename(struct reader *reader, const PgQuery__RenameStmt *rename)
{
    add_statement(reader, SCHEMA_STATEMENT_OTHER, reader_printf(reader, "renaming to %s", rename->newname));
    if (rename->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE ||
        rename->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN)
        reader_error(reader, reader_here(reader),
                     "%s is renamed to %s: Schema.sql says what there is to be, so "
                     "declare it under that name",
                     rename->subname && *rename->subname ? rename->subname
                     : rename->relation                  ? rename->relation->relname
                                                         : "",
                     rename->newname);
}

/* What SQLite has no use for and need not hear of. */
static struct schema_statement *add_silent(struct reader *reader, enum schema_statement_kind kind, const char *what)
{
    struct schema_statement *statement = add_statement(reader, kind, what);
    statement->on_sqlite = true;
    return statement;
}

static void read_comment(struct reader *reader, const PgQuery__CommentStmt *comment)
{
    struct schema_statement *statement = add_silent(reader, SCHEMA_STATEMENT_COMMENT, "comment");
    const PgQuery__Node *object = comment->object;
    bool of_column = comment->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN;
    if ((!of_column && comment->objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) || !object ||
        object->node_case != PG_QUERY__NODE__NODE_LIST || object->list->n_items <= of_column)
        return;
    qualified_name(reader, object->list->items, object->list->n_items - of_column, &statement->table_schema,
                   &statement->table);
}

/* One of several tables is not taken out of it: then it is about none. */
static void read_grant(struct reader *reader, const PgQuery__GrantStmt *grant)
{
    struct schema_statement *statement = add_silent(reader, SCHEMA_STATEMENT_GRANT, "rights");
    bool of_one_table = grant->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE && grant->n_objects == 1 &&
                        grant->objects[0]->node_case == PG_QUERY__NODE__NODE_RANGE_VAR;
    if (!of_one_table)
        return;
    statement->table = reader_strdup(reader, grant->objects[0]->range_var->relname);
    statement->table_schema = optional(reader, grant->objects[0]->range_var->schemaname);
}

static void read_alter_sequence(struct reader *reader, const PgQuery__AlterSeqStmt *alter)
{
    add_relation(reader, SCHEMA_STATEMENT_SEQUENCE_CHANGE, "change of sequence", alter->sequence)->on_sqlite = true;
}

static bool read_table_statement(struct reader *reader, PgQuery__Node *node)
{
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_CREATE_STMT:
        read_create_table(reader, node);
        return true;
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
        read_alter_table(reader, node);
        return true;
    case PG_QUERY__NODE__NODE_INDEX_STMT:
        read_index(reader, node->index_stmt);
        return true;
    case PG_QUERY__NODE__NODE_CREATE_ENUM_STMT:
        read_enum(reader, node->create_enum_stmt);
        return true;
    case PG_QUERY__NODE__NODE_ALTER_ENUM_STMT:
        read_alter_enum(reader, node->alter_enum_stmt);
        return true;
    case PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT:
        read_domain(reader, node->create_domain_stmt);
        return true;
    case PG_QUERY__NODE__NODE_DROP_STMT:
        read_drop(reader, node->drop_stmt);
        return true;
    case PG_QUERY__NODE__NODE_RENAME_STMT:
        read_rename(reader, node->rename_stmt);
        return true;
    default:
        return false;
    }
}

static bool read_object_statement(struct reader *reader, PgQuery__Node *node)
{
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT:
        read_function(reader, node->create_function_stmt);
        return true;
    case PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT:
        read_extension(reader, node->create_extension_stmt);
        return true;
    case PG_QUERY__NODE__NODE_CREATE_TRIG_STMT:
        add_of_table(reader, SCHEMA_STATEMENT_TRIGGER, "trigger", node->create_trig_stmt->trigname,
                     node->create_trig_stmt->relation);
        return true;
    case PG_QUERY__NODE__NODE_CREATE_POLICY_STMT:
        add_of_table(reader, SCHEMA_STATEMENT_POLICY, "policy", node->create_policy_stmt->policy_name,
                     node->create_policy_stmt->table);
        return true;
    case PG_QUERY__NODE__NODE_VIEW_STMT:
        add_relation(reader, SCHEMA_STATEMENT_VIEW, "view", node->view_stmt->view);
        return true;
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
        add_relation(reader, SCHEMA_STATEMENT_SEQUENCE, "sequence", node->create_seq_stmt->sequence)->on_sqlite = true;
        return true;
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
        if (node->create_table_as_stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW)
            add_relation(reader, SCHEMA_STATEMENT_VIEW, "materialized view", node->create_table_as_stmt->into->rel);
        else
            add_relation(reader, SCHEMA_STATEMENT_TABLE, "table", node->create_table_as_stmt->into->rel);
        return true;
    case PG_QUERY__NODE__NODE_COMPOSITE_TYPE_STMT:
        add_relation(reader, SCHEMA_STATEMENT_TYPE, "type", node->composite_type_stmt->typevar);
        return true;
    case PG_QUERY__NODE__NODE_CREATE_RANGE_STMT:
        add_named(reader, SCHEMA_STATEMENT_TYPE, "type", node->create_range_stmt->type_name,
                  node->create_range_stmt->n_type_name);
        return true;
    case PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT: {
        struct schema_statement *statement = add_statement(
            reader, SCHEMA_STATEMENT_SCHEMA, reader_printf(reader, "schema %s", node->create_schema_stmt->schemaname));
        statement->name = optional(reader, node->create_schema_stmt->schemaname);
        return true;
    }
    default:
        return false;
    }
}

void read_statement(struct reader *reader, PgQuery__Node *node)
{
    struct schema *schema = reader->schema;
    schema->uses_uuid_v4 = schema->uses_uuid_v4 || strcasestr(reader->sql, "uuid_generate_v4");
    schema->uses_uuid_v7 = schema->uses_uuid_v7 || strcasestr(reader->sql, "uuidv7");
    refuse_statement(reader, node);
    if (read_left_out(reader, node) || read_table_statement(reader, node) || read_object_statement(reader, node))
        return;
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_INSERT_STMT:
        add_rows(reader, node->insert_stmt->relation);
        return;
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
        read_comment(reader, node->comment_stmt);
        return;
    case PG_QUERY__NODE__NODE_GRANT_STMT:
        read_grant(reader, node->grant_stmt);
        return;
    case PG_QUERY__NODE__NODE_GRANT_ROLE_STMT:
        add_silent(reader, SCHEMA_STATEMENT_GRANT, "rights");
        return;
    case PG_QUERY__NODE__NODE_ALTER_SEQ_STMT:
        read_alter_sequence(reader, node->alter_seq_stmt);
        return;
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
        add_silent(reader, SCHEMA_STATEMENT_SETTING, "setting");
        return;
    case PG_QUERY__NODE__NODE_SELECT_STMT:
        add_silent(reader, SCHEMA_STATEMENT_SELECT, "SELECT");
        return;
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
        return; /* BEGIN and COMMIT of the file's own would end ours half-way */
    case PG_QUERY__NODE__NODE_DO_STMT:
        add_statement(reader, SCHEMA_STATEMENT_BLOCK, "DO block");
        return;
    default:
        add_statement(reader, SCHEMA_STATEMENT_OTHER, "statement");
        return;
    }
}
