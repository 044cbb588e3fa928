/* CREATE INDEX. */
#include "schema/reader.h"

#include "base/utf8.h"

#include <string.h>

enum { NAME_MAX_BYTES = 63 };

/* The name that PostgreSQL would choose, where that is simple: table_column_..._idx, cut to what fits. */
static const char *chosen_name(struct reader *reader, const char *table, const PgQuery__IndexStmt *statement)
{
    const char *columns = "";
    for (size_t i = 0; i < statement->n_index_params; i++) {
        const char *name = statement->index_params[i]->index_elem->name;
        columns = reader_printf(reader, "%s_%s", columns, name && *name ? name : "expr");
    }
    const char *whole = reader_printf(reader, "%s%s_idx", table, columns);
    if (strlen(whole) <= NAME_MAX_BYTES)
        return whole;
    size_t kept = 0;
    for (size_t next; (next = utf8_sequence(whole + kept, strlen(whole + kept))) && kept + next <= NAME_MAX_BYTES - 4;)
        kept += next;
    return reader_printf(reader, "%.*s_idx", (int)kept, whole);
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
    const char *name = optional(reader, create->idxname);
    if (!name)
        name = chosen_name(reader, table_name, create);
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
                                    .method = create->access_method && *create->access_method
                                                  ? reader_strdup(reader, create->access_method)
                                                  : "btree" };
    read_parts(reader, index, create);
    *LIST_ADD(reader, reader->schema->indexes, reader->schema->index_count) = index;
    statement->index = index;
    statement->on_sqlite = !index->obstacle;
}
