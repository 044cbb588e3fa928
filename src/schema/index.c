/* CREATE INDEX. */
#include "schema/reader.h"

#include "base/utf8.h"

#include <string.h>

enum { NAME_MAX_BYTES = 63 };

static bool is_taken(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->index_count; i++)
        if (strcmp(schema->indexes[i]->name, name) == 0)
            return true;
    return false;
}

/* The name that PostgreSQL would choose, where that is simple: table_column_..._idx, cut to what fits, and numbered
   where it is taken. stem: table_column_... */
static const char *chosen_name(struct reader *reader, const char *stem)
{
    const char *name = NULL;
    for (size_t number = 0; !name || is_taken(reader->schema, name); number++) {
        const char *end = number ? reader_printf(reader, "_idx%zu", number) : "_idx";
        size_t kept = 0, most = NAME_MAX_BYTES - strlen(end);
        for (size_t next; (next = utf8_sequence(stem + kept, strlen(stem + kept))) && kept + next <= most;)
            kept += next;
        name = reader_printf(reader, "%.*s%s", (int)kept, stem, end);
    }
    return name;
}

static const char *longer_stem(struct reader *reader, const char *stem, const char *column)
{
    return reader_printf(reader, "%s_%s", stem, column && *column ? column : "expr");
}

static void read_part(struct reader *reader, struct schema_index *index, const PgQuery__IndexElem *element)
{
    struct schema_index_part *part = LIST_ADD(reader, index->parts, index->part_count);
    part->descending = element->ordering == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
    if (element->expr) {
        part->expression = expression_read(reader, element->expr, index->table, 0);
        if (!part->expression.sqlite)
            index->obstacle = "an expression that SQLite has no words for";
        return;
    }
    part->column = reader_strdup(reader, element->name);
    if (!schema_find_column(index->table, part->column))
        reader_error(reader, reader_here(reader), "table %s has no column %s", index->table->name, part->column);
    if (element->n_opclass > 0)
        index->obstacle = "an operator class";
}

static void read_parts(struct reader *reader, struct schema_index *index, const PgQuery__IndexStmt *statement)
{
    if (strcmp(index->method, "btree") != 0 && strcmp(index->method, "hash") != 0)
        index->obstacle = reader_printf(reader, "the method %s", index->method);
    for (size_t i = 0; i < statement->n_index_params; i++)
        read_part(reader, index, statement->index_params[i]->index_elem);
    if (!statement->where_clause)
        return;
    index->partial = true;
    index->where = expression_read(reader, statement->where_clause, index->table, 0);
    if (!index->where.sqlite)
        index->obstacle = "a condition that SQLite has no words for";
}

void read_index(struct reader *reader, PgQuery__IndexStmt *create)
{
    const char *schema_name = optional(reader, create->relation->schemaname);
    const char *table_name = reader_strdup(reader, create->relation->relname);
    const char *stem = table_name;
    for (size_t i = 0; i < create->n_index_params; i++)
        stem = longer_stem(reader, stem, create->index_params[i]->index_elem->name);
    const char *name = optional(reader, create->idxname);
    name = name ? name : chosen_name(reader, stem);
    struct schema_statement *statement =
        add_statement(reader, SCHEMA_STATEMENT_INDEX, reader_printf(reader, "index %s", name));
    statement->schema = statement->table_schema = schema_name;
    statement->name = name;
    statement->table = table_name;
    struct schema_table *table = schema_find_table(reader->schema, schema_name, table_name);
    if (!table) {
        for (size_t i = 0; i < reader->schema->statement_count; i++) {
            const struct schema_statement *other = reader->schema->statements[i];
            if (other != statement && other->name && strcmp(other->name, table_name) == 0)
                return; /* of a materialized view or a partition */
        }
        reader_error(reader, reader_here(reader), "there is no table %s for the index %s", table_name, name);
        return;
    }
    struct schema_index *index = reader_alloc(reader, sizeof *index);
    *index = (struct schema_index){ .schema = schema_name,
                                    .name = name,
                                    .table = table,
                                    .unique = create->unique,
                                    .nulls_equal = create->nulls_not_distinct,
                                    .method = create->access_method && *create->access_method
                                                  ? reader_strdup(reader, create->access_method)
                                                  : "btree" };
    read_parts(reader, index, create);
    *LIST_ADD(reader, reader->schema->indexes, reader->schema->index_count) = index;
    statement->index = index;
    statement->on_sqlite = !index->obstacle;
}

void copy_indexes(struct reader *reader, const struct schema_table *from, const struct schema_table *to)
{
    struct schema *schema = reader->schema;
    for (size_t i = 0, count = schema->index_count; i < count; i++) {
        if (schema->indexes[i]->table != from)
            continue;
        struct schema_index *index = reader_alloc(reader, sizeof *index);
        *index = *schema->indexes[i];
        const char *stem = to->name;
        for (size_t part = 0; part < index->part_count; part++)
            stem = longer_stem(reader, stem, index->parts[part].column);
        index->schema = to->schema;
        index->name = chosen_name(reader, stem);
        index->table = to;
        *LIST_ADD(reader, schema->indexes, schema->index_count) = index;
    }
}
