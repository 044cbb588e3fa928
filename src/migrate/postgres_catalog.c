/* Both sides as the server sees them. The wanted one is made by Schema.sql's own statements in schemas that exist only
   inside this transaction, so both went through the same parser, and are printed by the same functions. That takes the
   right to create a schema, no other database, and no lock of anything that is there. */
#include "migrate/postgres.h"

#include "base/error.h"
#include "base/uuid.h"
#include "migrate_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names ---- */

const char *postgres_array(struct migration *migration, const char *const *names, size_t count)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_puts(&out, "{");
    for (size_t i = 0; i < count; i++) {
        buffer_puts(&out, i ? ",\"" : "\"");
        for (const char *c = names[i]; *c; c++)
            buffer_printf(&out, strchr("\"\\", *c) ? "\\%c" : "%c", *c);
        buffer_puts(&out, "\"");
    }
    buffer_puts(&out, "}");
    return text_take(migration, &out);
}

const char *postgres_schema(const struct postgres *postgres, const char *name)
{
    return name ? name : postgres->names[0];
}

static int add_name(struct postgres *postgres, const char *name, struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    struct result *result;
    bool system = !name || strcmp(name, "pg_catalog") == 0 || strcmp(name, "information_schema") == 0;
    for (size_t i = 0; !system && i < postgres->name_count; i++)
        if (strcmp(postgres->names[i], name) == 0)
            return 0;
    if (system)
        return 0;
    if (query(migration, "SELECT quote_ident($1)", &result, err, name, TEXTS_END) != 0)
        return -1;
    size_t count = postgres->name_count;
    *GROW(migration, postgres->quoted, count) = text_copy(migration, result_cell(result, 0, 0, NULL));
    *GROW(migration, postgres->names, postgres->name_count) = text_copy(migration, name);
    result_free(result);
    return 0;
}

static int add_names(struct postgres *postgres, struct errand_error *err)
{
    const struct schema *schema = postgres->migration->schema;
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        bool declares = statement->kind == SCHEMA_STATEMENT_SCHEMA;
        if (add_name(postgres, declares ? statement->name : statement->schema, err) != 0 ||
            add_name(postgres, statement->table_schema, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < schema->enum_count; i++)
        if (add_name(postgres, schema->enums[i]->schema, err) != 0)
            return -1;
    return 0;
}

/* {public,app} as it is, for SET: the server's own quoting of an array is not that of a list. */
static int read_path(struct postgres *postgres, struct errand_error *err)
{
    struct result *result;
    if (query(postgres->migration,
              "SELECT string_agg(quote_ident(name), ', ' ORDER BY n) "
              "FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, n)",
              &result, err, TEXTS_END) != 0)
        return -1;
    postgres->path = text_copy(postgres->migration, result_cell(result, 0, 0, NULL));
    result_free(result);
    return 0;
}

int postgres_names(struct postgres *postgres, struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    struct result *result;
    if (query(migration, "SELECT current_schema()", &result, err, TEXTS_END) != 0)
        return -1;
    const char *current = result_cell(result, 0, 0, NULL);
    current = current ? text_copy(migration, current) : NULL;
    result_free(result);
    if (!current)
        return error_set(err,
                         "no schema of the search path is there: CREATE SCHEMA public; or name another by search_path");
    return add_name(postgres, current, err) != 0 || add_names(postgres, err) != 0 ? -1 : 0;
}

static int check_rights(struct postgres *postgres, struct errand_error *err)
{
    struct result *result;
    if (query(postgres->migration, sql_surroundings, &result, err, TEXTS_END) != 0)
        return -1;
    bool may = result_cell(result, 0, 0, NULL)[0] == 't';
    if (!may)
        error_set(err,
                  "to compare, this role needs the right to create a schema, which is gone again with the comparison: "
                  "GRANT CREATE ON DATABASE %s TO %s;",
                  result_cell(result, 0, 1, NULL), result_cell(result, 0, 2, NULL));
    result_free(result);
    return may ? 0 : -1;
}

int postgres_look_around(struct postgres *postgres, struct errand_error *err)
{
    if (check_rights(postgres, err) != 0 || postgres_names(postgres, err) != 0)
        return -1;
    uint64_t number;
    random_bytes(&number, sizeof number);
    for (size_t i = 0, count = 0; i < postgres->name_count; i++)
        *GROW(postgres->migration, postgres->drafts, count) =
            text_format(postgres->migration, "errand_wanted_%016" PRIx64 "_%zu", number, i);
    return read_path(postgres, err);
}

/* ---- Reading ---- */

/* How many bytes of the text are a draft's name, and the schema whose draft it is. */
static size_t draft_at(const struct postgres *postgres, const char *text, size_t *which)
{
    for (size_t i = 0; i < postgres->name_count && *text == 'e'; i++) {
        size_t size = strlen(postgres->drafts[i]);
        *which = i;
        if (strncmp(text, postgres->drafts[i], size) == 0 && !strchr("0123456789", text[size] ? text[size] : ' '))
            return size;
    }
    /* The server says pg_temp as well as pg_temp_3. */
    if (!postgres->temporary || strncmp(text, "pg_temp", 7) != 0)
        return 0;
    size_t size = strlen(postgres->temporary);
    *which = 0;
    size = strncmp(text, postgres->temporary, size) == 0 ? size : 7;
    return strchr(".", text[size]) ? size : 0;
}

/* The text said of the schemas themselves. Drafts have names that stand nowhere else. */
static const char *undrafted(struct postgres *postgres, const char *text, bool bare)
{
    if (!strstr(text, "errand_wanted_") && !(postgres->temporary && strstr(text, "pg_temp")))
        return text_copy(postgres->migration, text);
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    while (*text) {
        size_t which, size = draft_at(postgres, text, &which);
        if (size > 0)
            buffer_puts(&out, bare ? postgres->names[which] : postgres->quoted[which]);
        else
            buffer_add(&out, text, 1);
        text += size > 0 ? size : 1;
    }
    return text_take(postgres->migration, &out);
}

static const struct {
    const char *sql;
    bool named; /* its first column is a schema's name */
    int table;  /* the column with the name of its table, which may be one of ours; 0: it is of none */
} set_queries[CATALOG_SETS] = {
    [RELATIONS] = { sql_relations, true, TABLE_NAME },
    [COLUMNS] = { sql_columns, true, TABLE_NAME },
    [CONSTRAINTS] = { sql_constraints, true, TABLE_NAME },
    [INDEXES] = { sql_indexes, true, TABLE_NAME },
    [TYPES] = { sql_types, true },
    [LABELS] = { sql_labels, true },
    [CHECKS] = { sql_checks, true },
    [ATTRIBUTES] = { sql_attributes, true },
    [FUNCTIONS] = { sql_functions, true },
    [TRIGGERS] = { sql_triggers, true, TABLE_NAME },
    [POLICIES] = { sql_policies, true },
    [COMMENTS] = { sql_comments, false, COMMENT_RELATION },
    [GRANTS] = { sql_grants, true, TABLE_NAME },
};

static int read_set(struct postgres *postgres, struct catalog *catalog, enum catalog_set set, const char *namespaces,
                    struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    struct rows *rows = &catalog->sets[set];
    struct result *result;
    if (query(migration, set_queries[set].sql, &result, err, namespaces, TEXTS_END) != 0)
        return -1;
    size_t columns = result_columns(result);
    for (size_t i = 0; i < result_rows(result); i++) {
        int table = set_queries[set].table;
        const char *of = table ? result_cell(result, i, (size_t)table, NULL) : NULL;
        if (of && schema_is_own_table(of))
            continue;
        struct row *row = GROW(migration, rows->items, rows->count);
        *row = (struct row){ .cells = memory(migration, columns * sizeof *row->cells) };
        for (size_t c = 0; c < columns; c++) {
            const char *cell = result_cell(result, i, c, NULL);
            row->cells[c] = cell ? undrafted(postgres, cell, c == 0 && set_queries[set].named) : NULL;
        }
    }
    result_free(result);
    return 0;
}

static int read_catalog(struct postgres *postgres, struct catalog *catalog, const char *const *names, size_t count,
                        struct errand_error *err)
{
    const char *namespaces = postgres_array(postgres->migration, names, count);
    for (int set = 0; set < CATALOG_SETS; set++)
        if (read_set(postgres, catalog, (enum catalog_set)set, namespaces, err) != 0)
            return -1;
    return 0;
}

/* ---- Both sides ---- */

static int read_wanted(struct postgres *postgres, struct errand_error *err)
{
    const char *names[] = { postgres->drafts[0], postgres->temporary, "pg_temp" };
    return postgres->temporary ? read_catalog(postgres, &postgres->wanted, names, 3, err)
                               : read_catalog(postgres, &postgres->wanted, postgres->drafts, postgres->name_count, err);
}

int postgres_read(struct postgres *postgres, struct errand_error *err)
{
    struct migration *migration = postgres->migration;
    if (read_catalog(postgres, &postgres->live, postgres->names, postgres->name_count, err) != 0 ||
        postgres_make_draft(postgres, err) != 0 || read_wanted(postgres, err) != 0)
        return -1;
    /* From here on the names are those of what is there. */
    const char *back = text_format(migration, "SET LOCAL search_path = %s", postgres->path);
    return connection_script(migration->connection, back, err);
}

const char *postgres_draft(const struct postgres *postgres, const struct row *table)
{
    for (size_t i = 0; i < postgres->name_count; i++)
        if (strcmp(postgres->names[i], table->cells[SCHEMA_NAME]) == 0)
            return text_format(postgres->migration, "%s%s",
                               postgres->temporary ? postgres->temporary : postgres->drafts[i],
                               table->cells[RELATION_QUOTED] + strlen(postgres->quoted[i]));
    return table->cells[RELATION_QUOTED];
}

/* ---- Rows ---- */

struct row *postgres_find(const struct catalog *catalog, enum catalog_set set, const char *first, const char *second,
                          const char *third)
{
    const struct rows *rows = &catalog->sets[set];
    for (size_t i = 0; i < rows->count; i++) {
        const char *const *cells = rows->items[i].cells;
        if (strcmp(cells[0], first) == 0 && strcmp(cells[1], second) == 0 && (!third || strcmp(cells[2], third) == 0))
            return &rows->items[i];
    }
    return NULL;
}

bool same_cell(const struct row *a, const struct row *b, int cell)
{
    const char *left = a->cells[cell], *right = b->cells[cell];
    return left == right || (left && right && strcmp(left, right) == 0);
}

bool true_cell(const struct row *row, int cell)
{
    return row->cells[cell] && row->cells[cell][0] == 't';
}

bool is_of(const struct row *row, const struct row *whole)
{
    return strcmp(row->cells[0], whole->cells[0]) == 0 && strcmp(row->cells[1], whole->cells[1]) == 0;
}

const char *postgres_literal(struct migration *migration, const char *text)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_puts(&out, "'");
    for (; *text; text++)
        buffer_printf(&out, *text == '\'' ? "''" : "%c", *text);
    buffer_puts(&out, "'");
    return text_take(migration, &out);
}
