/* ALTER TABLE ... DROP COLUMN: what goes with the column, and what PostgreSQL would not let go of it for. */
#include "schema/reader.h"

#include <ctype.h>
#include <pg_query.h>
#include <string.h>

/* Whether the token is that name: quoted, or as PostgreSQL folds it. */
static bool is_name(const char *token, size_t size, const char *name)
{
    bool is_quoted = size >= 2 && token[0] == '"';
    for (size_t i = is_quoted; i < size - is_quoted; i++, name++) {
        char wanted = is_quoted ? token[i] : (char)tolower((unsigned char)token[i]);
        if (*name != wanted)
            return false;
        i += is_quoted && wanted == '"'; /* written twice */
    }
    return *name == '\0';
}

/* Whether the expression names the column. */
static bool names(const char *expression, const char *column)
{
    PgQueryScanResult scan = pg_query_scan(expression);
    PgQuery__ScanResult *scanned =
        scan.error ? NULL : pg_query__scan_result__unpack(NULL, scan.pbuf.len, (const uint8_t *)scan.pbuf.data);
    bool found = false;
    for (size_t i = 0; scanned && i < scanned->n_tokens && !found; i++) {
        size_t start = (size_t)scanned->tokens[i]->start, end = (size_t)scanned->tokens[i]->end;
        found = end > start && is_name(expression + start, end - start, column);
    }
    if (scanned)
        pg_query__scan_result__free_unpacked(scanned, NULL);
    pg_query_free_scan_result(scan);
    return found;
}

static bool is_among(const char *const *columns, size_t count, const char *column)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i], column) == 0)
            return true;
    return false;
}

static bool index_names(const struct schema_index *index, const char *column)
{
    bool found = index->partial && names(index->where.postgres, column);
    for (size_t i = 0; i < index->part_count && !found; i++) {
        const struct schema_index_part *part = &index->parts[i];
        found = part->column ? strcmp(part->column, column) == 0 : names(part->expression.postgres, column);
    }
    return found;
}

/* One element of an array less. */
#define LIST_REMOVE(items, count, index)                                                                               \
    memmove(&(items)[index], &(items)[(index) + 1], (--(count) - (index)) * sizeof *(items))

static void drop_indexes(struct schema *schema, const struct schema_table *table, const char *column)
{
    for (size_t i = schema->index_count; i-- > 0;) {
        const struct schema_index *index = schema->indexes[i];
        if (index->table != table || !index_names(index, column))
            continue;
        for (size_t s = 0; s < schema->statement_count; s++)
            if (schema->statements[s]->index == index) {
                schema->statements[s]->index = NULL;
                schema->statements[s]->on_sqlite = true; /* there is nothing left that it could lack */
            }
        LIST_REMOVE(schema->indexes, schema->index_count, i);
    }
}

static void drop_constraints(struct schema_table *table, const char *column)
{
    if (schema_has_primary_key(table, column))
        table->primary_key = (struct schema_key){ 0 };
    for (size_t i = table->unique_count; i-- > 0;)
        if (is_among(table->unique_keys[i].columns, table->unique_keys[i].count, column))
            LIST_REMOVE(table->unique_keys, table->unique_count, i);
    for (size_t i = table->foreign_key_count; i-- > 0;)
        if (is_among(table->foreign_keys[i].columns, table->foreign_keys[i].count, column))
            LIST_REMOVE(table->foreign_keys, table->foreign_key_count, i);
    for (size_t i = table->check_count; i-- > 0;)
        if (names(table->checks[i].expression.postgres, column))
            LIST_REMOVE(table->checks, table->check_count, i);
}

static bool refers(const struct schema *schema, const struct schema_foreign_key *key, const struct schema_table *table,
                   const char *column)
{
    if (schema_find_table(schema, key->target_schema, key->target_name) != table)
        return false;
    return key->target_count == 0 ? schema_has_primary_key(table, column)
                                  : is_among(key->target_columns, key->target_count, column);
}

/* False where foreign keys refer to the column and do not go with it. */
static bool drop_references(struct reader *reader, const struct schema_table *table, const char *column, bool cascade)
{
    struct schema *schema = reader->schema;
    for (size_t t = 0; t < schema->table_count; t++) {
        struct schema_table *other = schema->tables[t];
        for (size_t i = other->foreign_key_count; i-- > 0;) {
            if (!refers(schema, &other->foreign_keys[i], table, column))
                continue;
            if (!cascade) {
                reader_error(reader, reader_here(reader),
                             "the column %s of the table %s cannot be dropped: the table %s refers to it", column,
                             table->name, other->name);
                return false;
            }
            LIST_REMOVE(other->foreign_keys, other->foreign_key_count, i);
        }
    }
    return true;
}

/* The last column that is computed from it; NULL: none. */
static const struct schema_column *computed_from(const struct schema_table *table, const char *column)
{
    for (size_t i = table->column_count; i-- > 0;) {
        const struct schema_column *other = &table->columns[i];
        if (other->computed && strcmp(other->name, column) != 0 && names(other->computation.postgres, column))
            return other;
    }
    return NULL;
}

/* False where another column is computed from it and does not go with it. */
static bool may_leave_computed(struct reader *reader, const struct schema_table *table, const char *column,
                               bool cascade)
{
    const struct schema_column *other = cascade ? NULL : computed_from(table, column);
    if (!other)
        return true;
    reader_error(reader, reader_here(reader),
                 "the column %s of the table %s cannot be dropped: the column %s is computed from it", column,
                 table->name, other->name);
    return false;
}

/* The column is out before those computed from it go: a file may say of two that each is computed from the other. */
void drop_column(struct reader *reader, struct schema_table *table, const char *column, bool cascade)
{
    if (!drop_references(reader, table, column, cascade) || !may_leave_computed(reader, table, column, cascade))
        return;
    drop_indexes(reader->schema, table, column);
    drop_constraints(table, column);
    const struct schema_column *gone = schema_find_column(table, column);
    if (gone)
        LIST_REMOVE(table->columns, table->column_count, (size_t)(gone - table->columns));
    for (const struct schema_column *other; (other = computed_from(table, column));)
        drop_column(reader, table, other->name, cascade);
}
