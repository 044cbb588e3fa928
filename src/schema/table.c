/* CREATE TABLE: columns and constraints. */
#include "schema/reader.h"

#include <string.h>

/* nextval('t_id_seq'::regclass), which is what serial becomes in a dump. */
static bool is_nextval(PgQuery__Node *value)
{
    if (value->node_case != PG_QUERY__NODE__NODE_FUNC_CALL)
        return false;
    const PgQuery__FuncCall *call = value->func_call;
    const char *name = node_string(call->funcname[call->n_funcname - 1]);
    return name && strcmp(name, "nextval") == 0;
}

static bool fits_as_constant(const struct schema_column *column, PgQuery__Node *value)
{
    /* Whether '1 day'::interval is a constant is for PostgreSQL to say; as text it is. What a cast to another type
       than the column's would make of it is not known here. */
    if (value->node_case == PG_QUERY__NODE__NODE_TYPE_CAST &&
        value->type_cast->arg->node_case == PG_QUERY__NODE__NODE_TYPE_CAST)
        return false;
    return !column->type.serial;
}

static const char *bytes_for_sqlite(struct reader *reader, const char *text)
{
    if (!*text)
        return "x''";
    bool hexadecimal = strncmp(text, "\\x", 2) == 0 && strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2);
    return hexadecimal && strlen(text) % 2 == 0 ? reader_printf(reader, "x'%s'", text + 2) : NULL;
}

/* A constant in the form that a column of this type has there. */
static const char *constant_for_sqlite(struct reader *reader, const struct schema_column *column)
{
    const char *text = column->constant;
    switch (column->type.kind) {
    case ERRAND_TYPE_BOOL:
        return bool_literal_sqlite(text);
    case ERRAND_TYPE_INT16:
    case ERRAND_TYPE_INT32:
    case ERRAND_TYPE_INT64:
        return *text && strspn(text, "+-0123456789") == strlen(text) ? text : NULL;
    case ERRAND_TYPE_FLOAT:
    case ERRAND_TYPE_DOUBLE:
        return *text && strspn(text, "+-0123456789.eE") == strlen(text) ? text : NULL;
    case ERRAND_TYPE_TIME:
    case ERRAND_TYPE_DATE:
    case ERRAND_TYPE_CLOCK:
        return time_literal_sqlite(reader, column->type.kind, text);
    case ERRAND_TYPE_BYTES:
        return bytes_for_sqlite(reader, text);
    default:
        return text_literal(reader, text);
    }
}

void column_default(struct reader *reader, struct schema_column *column, PgQuery__Node *value)
{
    const char *text = NULL;
    column->default_kind = SCHEMA_DEFAULT_NONE;
    column->constant = NULL;
    if (!value)
        return;
    if (is_nextval(value)) {
        column->numbering = SCHEMA_NUMBERED_BY_DEFAULT;
        column->default_kind = SCHEMA_DEFAULT_EXPRESSION;
        column->default_value.postgres = expression_postgres(reader, value);
        return;
    }
    bool constant = fits_as_constant(column, value) && expression_constant(reader, value, &text);
    if (constant && !text)
        return;
    column->default_kind = constant ? SCHEMA_DEFAULT_CONSTANT : SCHEMA_DEFAULT_EXPRESSION;
    column->constant = constant ? text : NULL;
    column->default_value = expression_read(reader, value, NULL, column->type.kind);
    if (constant)
        column->default_value.sqlite = constant_for_sqlite(reader, column);
}

void column_retype(struct reader *reader, struct schema_column *column, PgQuery__TypeName *name)
{
    enum errand_type before = column->type.kind;
    column->type = type_read(reader, name);
    if (column->default_kind == SCHEMA_DEFAULT_CONSTANT)
        column->default_value.sqlite = constant_for_sqlite(reader, column);
    else if (column->type.kind != before)
        column->default_value.sqlite = NULL; /* it has the form of the type before */
}

static const char **read_names(struct reader *reader, PgQuery__Node **nodes, size_t count)
{
    const char **names = reader_alloc(reader, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        const char *name = node_string(nodes[i]);
        names[i] = reader_strdup(reader, name ? name : "");
    }
    return names;
}

static const char **one_name(struct reader *reader, const char *name)
{
    const char **names = reader_alloc(reader, 2 * sizeof *names);
    names[0] = name;
    return names;
}

static char action(const char *text)
{
    return text && *text ? *text : 'a';
}

static struct schema_foreign_key *add_foreign_key(struct reader *reader, struct schema_table *table,
                                                  const PgQuery__Constraint *constraint)
{
    struct schema_foreign_key *key = LIST_ADD(reader, table->foreign_keys, table->foreign_key_count);
    const PgQuery__RangeVar *target = constraint->pktable;
    /* Of an inline constraint this is the column's line; of an ALTER TABLE the statement's. */
    *key = (struct schema_foreign_key){
        .name = optional(reader, constraint->conname),
        .at = reader_position(reader, (size_t)constraint->location),
        .target_schema = target ? optional(reader, target->schemaname) : NULL,
        .target_name = reader_strdup(reader, target ? target->relname : ""),
        .target_columns = read_names(reader, constraint->pk_attrs, constraint->n_pk_attrs),
        .target_count = constraint->n_pk_attrs,
        .on_update = action(constraint->fk_upd_action),
        .on_delete = action(constraint->fk_del_action),
        .deferred = constraint->initdeferred,
    };
    return key;
}

static void set_primary_key(struct reader *reader, struct schema_table *table, const PgQuery__Constraint *constraint,
                            const char **columns, size_t count)
{
    if (table->primary_key.count > 0) {
        reader_error(reader, reader_position(reader, (size_t)constraint->location), "table %s has two primary keys",
                     table->name);
        return;
    }
    table->primary_key =
        (struct schema_key){ .name = optional(reader, constraint->conname), .columns = columns, .count = count };
    for (size_t i = 0; i < count; i++) {
        struct schema_column *column = schema_find_column(table, columns[i]);
        if (column)
            column->not_null = true;
    }
}

static void add_unique(struct reader *reader, struct schema_table *table, const PgQuery__Constraint *constraint,
                       const char **columns, size_t count)
{
    struct schema_key *key = LIST_ADD(reader, table->unique_keys, table->unique_count);
    *key = (struct schema_key){ .name = optional(reader, constraint->conname),
                                .columns = columns,
                                .count = count,
                                .nulls_equal = constraint->nulls_not_distinct };
}

static void add_check(struct reader *reader, struct schema_table *table, const PgQuery__Constraint *constraint)
{
    struct schema_check *check = LIST_ADD(reader, table->checks, table->check_count);
    check->name = optional(reader, constraint->conname);
    check->expression = expression_read(reader, constraint->raw_expr, table, 0);
    expression_check_columns(reader, constraint->raw_expr, table);
}

/* Every column that a key names must be there. */
static bool check_columns(struct reader *reader, const struct schema_table *table,
                          const PgQuery__Constraint *constraint, const char **columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (schema_find_column(table, columns[i]))
            continue;
        reader_error(reader, reader_position(reader, (size_t)constraint->location), "table %s has no column %s",
                     table->name, columns[i]);
        return false;
    }
    return true;
}

void read_table_constraint(struct reader *reader, struct schema_table *table, PgQuery__Constraint *constraint,
                           const char *statement)
{
    const char **columns = read_names(reader, constraint->keys, constraint->n_keys);
    size_t count = constraint->n_keys;
    switch (constraint->contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
        if (count == 0 || !check_columns(reader, table, constraint, columns, count))
            return; /* USING INDEX: the index says it */
        if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY)
            set_primary_key(reader, table, constraint, columns, count);
        else
            add_unique(reader, table, constraint, columns, count);
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
        add_check(reader, table, constraint);
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION: {
        struct schema_check *check = LIST_ADD(reader, table->checks, table->check_count);
        check->name = optional(reader, constraint->conname);
        check->expression.postgres = "EXCLUDE";
        return;
    }
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN: {
        columns = read_names(reader, constraint->fk_attrs, constraint->n_fk_attrs);
        if (!check_columns(reader, table, constraint, columns, constraint->n_fk_attrs))
            return;
        struct schema_foreign_key *key = add_foreign_key(reader, table, constraint);
        key->columns = columns;
        key->count = constraint->n_fk_attrs;
        key->statement = statement;
        return;
    }
    default:
        return;
    }
}

void read_column_constraint(struct reader *reader, struct schema_table *table, struct schema_column *column,
                            PgQuery__Constraint *constraint)
{
    switch (constraint->contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
        column->not_null = true;
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
        column_default(reader, column, constraint->raw_expr);
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
        column->not_null = true;
        column->numbering = constraint->generated_when && *constraint->generated_when == 'a'
                                ? SCHEMA_NUMBERED_ALWAYS
                                : SCHEMA_NUMBERED_BY_DEFAULT;
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
        column->computed = true;
        column->computation = expression_read(reader, constraint->raw_expr, table, column->type.kind);
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
        set_primary_key(reader, table, constraint, one_name(reader, column->name), 1);
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
        add_unique(reader, table, constraint, one_name(reader, column->name), 1);
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
        add_check(reader, table, constraint);
        return;
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN: {
        struct schema_foreign_key *key = add_foreign_key(reader, table, constraint);
        key->columns = one_name(reader, column->name);
        key->count = 1;
        return;
    }
    default:
        return;
    }
}

void read_column(struct reader *reader, struct schema_table *table, PgQuery__ColumnDef *definition)
{
    struct schema_position at = reader_position(reader, (size_t)definition->location);
    if (schema_find_column(table, definition->colname)) {
        reader_error(reader, at, "table %s has two columns %s", table->name, definition->colname);
        return;
    }
    struct schema_column *column = LIST_ADD(reader, table->columns, table->column_count);
    *column = (struct schema_column){ .name = reader_strdup(reader, definition->colname),
                                      .at = at,
                                      .offset = (size_t)definition->location,
                                      .type = type_read(reader, definition->type_name) };
    if (column->type.serial) {
        column->not_null = true;
        column->numbering = SCHEMA_NUMBERED_BY_DEFAULT;
    }
}

/* Constraints come after all columns: a check may name any of them. INITIALLY DEFERRED is an element of its own behind
   the one that it is said of. */
void read_column_constraints(struct reader *reader, struct schema_table *table, PgQuery__ColumnDef *definition)
{
    struct schema_column *column = schema_find_column(table, definition->colname);
    struct schema_foreign_key *reference = NULL;
    for (size_t i = 0; column && i < definition->n_constraints; i++) {
        if (definition->constraints[i]->node_case != PG_QUERY__NODE__NODE_CONSTRAINT)
            continue;
        PgQuery__Constraint *constraint = definition->constraints[i]->constraint;
        read_column_constraint(reader, table, column, constraint);
        if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN)
            reference = &table->foreign_keys[table->foreign_key_count - 1];
        else if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRED && reference)
            reference->deferred = true;
        else if (constraint->contype != PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRABLE)
            reference = NULL;
    }
}

static bool is_job_name(const char *name)
{
    size_t length = strlen(name);
    return length >= 5 && strcmp(name + length - 5, "_jobs") == 0;
}

/* True if the statement makes a table of rows that are inserted and fetched here: no partition, no temporary one. */
static bool is_modelled(const PgQuery__CreateStmt *create)
{
    const char *persistence = create->relation->relpersistence;
    return !create->partbound && !create->of_typename && create->n_inh_relations == 0 &&
           !(persistence && *persistence == 't');
}

/* As PostgreSQL counts them. */
enum including {
    INCLUDING_CONSTRAINTS = 1 << 2,
    INCLUDING_DEFAULTS = 1 << 3,
    INCLUDING_GENERATED = 1 << 4,
    INCLUDING_IDENTITY = 1 << 5,
    INCLUDING_INDEXES = 1 << 6
};

static void copy_column(struct reader *reader, struct schema_table *table, const struct schema_column *from,
                        uint32_t including)
{
    struct schema_column *column = LIST_ADD(reader, table->columns, table->column_count);
    *column = *from;
    bool by_default = from->type.serial || from->default_kind == SCHEMA_DEFAULT_EXPRESSION; /* nextval() */
    if (!(including & INCLUDING_DEFAULTS)) {
        column->default_kind = SCHEMA_DEFAULT_NONE;
        column->constant = NULL;
    }
    if (!(including & INCLUDING_GENERATED))
        column->computed = false;
    if (!(including & (by_default ? INCLUDING_DEFAULTS : INCLUDING_IDENTITY)))
        column->numbering = SCHEMA_NOT_NUMBERED;
}

/* Keys get names of their own from the database, checks keep theirs. Foreign keys are not copied. */
static void copy_constraints(struct reader *reader, struct schema_table *table, const struct schema_table *from,
                             uint32_t including)
{
    for (size_t i = 0; including & INCLUDING_CONSTRAINTS && i < from->check_count; i++)
        *LIST_ADD(reader, table->checks, table->check_count) = from->checks[i];
    if (!(including & INCLUDING_INDEXES))
        return;
    if (from->primary_key.count > 0)
        table->primary_key = from->primary_key;
    table->primary_key.name = NULL;
    for (size_t i = 0; i < from->unique_count; i++) {
        struct schema_key *key = LIST_ADD(reader, table->unique_keys, table->unique_count);
        *key = from->unique_keys[i];
        key->name = NULL;
    }
    copy_indexes(reader, from, table);
}

/* LIKE another: its columns and their NOT NULL; the rest as far as INCLUDING says. */
static void read_like(struct reader *reader, struct schema_table *table, const PgQuery__TableLikeClause *like)
{
    const char *schema_name = optional(reader, like->relation->schemaname);
    const struct schema_table *source = schema_find_table(reader->schema, schema_name, like->relation->relname);
    if (!source) {
        reader_error(reader, reader_position(reader, (size_t)like->relation->location), "there is no table %s",
                     like->relation->relname);
        return;
    }
    for (size_t i = 0; i < source->column_count; i++)
        copy_column(reader, table, &source->columns[i], like->options);
    copy_constraints(reader, table, source, like->options);
}

static void read_elements(struct reader *reader, struct schema_table *table, const PgQuery__CreateStmt *create)
{
    for (size_t i = 0; i < create->n_table_elts; i++)
        if (create->table_elts[i]->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF)
            read_column(reader, table, create->table_elts[i]->column_def);
        else if (create->table_elts[i]->node_case == PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE)
            read_like(reader, table, create->table_elts[i]->table_like_clause);
    for (size_t i = 0; i < create->n_table_elts; i++) {
        PgQuery__Node *element = create->table_elts[i];
        if (element->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF)
            read_column_constraints(reader, table, element->column_def);
        else if (element->node_case == PG_QUERY__NODE__NODE_CONSTRAINT)
            read_table_constraint(reader, table, element->constraint, NULL);
    }
}

void read_create_table(struct reader *reader, PgQuery__Node *node)
{
    const PgQuery__CreateStmt *create = node->create_stmt;
    const char *schema_name = optional(reader, create->relation->schemaname);
    const char *name = reader_strdup(reader, create->relation->relname);
    struct schema_statement *statement =
        add_statement(reader, SCHEMA_STATEMENT_TABLE, reader_printf(reader, "table %s", name));
    statement->schema = statement->table_schema = schema_name;
    statement->name = statement->table = name;
    if (!is_modelled(create)) {
        if (!create->partbound)
            reader_warning(reader, reader_here(reader),
                           "table %s inherits, has a composite type or is temporary: no struct is generated for it",
                           name);
        return;
    }
    if (schema_find_table(reader->schema, schema_name, name)) {
        if (!create->if_not_exists)
            reader_error(reader, reader_here(reader), "table %s is declared twice", name);
        return;
    }
    if (schema_is_own_table(name))
        reader_error(reader, reader_here(reader), "Errand makes a table %s of its own; choose another name", name);
    struct schema_table *table = reader_alloc(reader, sizeof *table);
    *table = (struct schema_table){
        .schema = schema_name, .name = name, .at = reader_here(reader), .is_job = is_job_name(name)
    };
    *LIST_ADD(reader, reader->schema->tables, reader->schema->table_count) = table;
    statement->on_sqlite = true;
    read_elements(reader, table, create);
}
