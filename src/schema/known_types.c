/* Whether there is a type of a name: one of PostgreSQL's, of the file, or of an extension. A misspelt one would pass as
   text here, and be refused by the database only. */
#include "schema/reader.h"

#include <stdlib.h>
#include <string.h>

/* Sorted. What a column can be of in PostgreSQL 13 to 17: SELECT typname FROM pg_type WHERE typnamespace =
   'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A'. */
static const char *const builtin_types[] = {
    "aclitem",
    "bit",
    "bool",
    "box",
    "bpchar",
    "bytea",
    "char",
    "cid",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "gtsvector",
    "inet",
    "int2",
    "int2vector",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xid8",
    "xml",
};

/* Extensions that are met often, with their types: these are known though the file does not create the extension, for
   somebody else may have. Of any other extension that it creates, nobody knows the types. */
static const struct {
    const char *extension;
    const char *types[9];
} extensions[] = {
    { "citext", { "citext" } },
    { "hstore", { "hstore" } },
    { "ltree", { "ltree", "lquery", "ltxtquery" } },
    { "cube", { "cube" } },
    { "seg", { "seg" } },
    { "isn", { "ean13", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc" } },
    { "intarray", { "query_int" } },
    { "vector", { "vector", "halfvec", "sparsevec" } },
    { "postgis", { "geometry", "geography", "box2d", "box3d", "geometry_dump" } },
    { "postgis_raster", { "raster" } },
    { "postgis_topology", { "topogeometry" } },
    { "pgcrypto", { NULL } },
    { "plpgsql", { NULL } },
    { "uuid-ossp", { NULL } },
    { "pg_trgm", { NULL } },
    { "unaccent", { NULL } },
    { "fuzzystrmatch", { NULL } },
    { "tablefunc", { NULL } },
    { "btree_gin", { NULL } },
    { "btree_gist", { NULL } },
    { "pg_stat_statements", { NULL } },
};
enum { EXTENSIONS = sizeof extensions / sizeof *extensions };

static int compare(const void *name, const void *entry)
{
    return strcmp(name, *(const char *const *)entry);
}

static bool is_builtin(const char *name)
{
    return bsearch(name, builtin_types, sizeof builtin_types / sizeof *builtin_types, sizeof *builtin_types, compare);
}

static bool is_of_an_extension(const char *name)
{
    for (size_t i = 0; i < EXTENSIONS; i++)
        for (size_t type = 0; extensions[i].types[type]; type++)
            if (strcmp(extensions[i].types[type], name) == 0)
                return true;
    return false;
}

static bool is_known_extension(const char *name)
{
    for (size_t i = 0; i < EXTENSIONS; i++)
        if (strcmp(extensions[i].extension, name) == 0)
            return true;
    return false;
}

/* A table's name is a type too. What a DO block or a statement of another kind makes is not looked into. */
static bool may_declare(const struct schema_statement *statement, const char *name)
{
    switch (statement->kind) {
    case SCHEMA_STATEMENT_TYPE:
    case SCHEMA_STATEMENT_TABLE:
    case SCHEMA_STATEMENT_VIEW:
        return statement->name && strcmp(statement->name, name) == 0;
    case SCHEMA_STATEMENT_EXTENSION:
        return !is_known_extension(statement->name);
    case SCHEMA_STATEMENT_BLOCK:
    case SCHEMA_STATEMENT_OTHER:
        return strcasestr(statement->sql, name) != NULL;
    default:
        return false;
    }
}

bool type_is_known(const struct schema *schema, const char *name)
{
    if (is_builtin(name) || is_of_an_extension(name) || (name[0] == '_' && type_is_known(schema, name + 1)))
        return true;
    for (size_t i = 0; i < schema->statement_count; i++)
        if (may_declare(schema->statements[i], name))
            return true;
    return false;
}
