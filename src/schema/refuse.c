/* What a schema has no place for: statements that change rows, that are about the server, or that reach its files and
   programs. Schema.sql is run by whoever makes the database, perhaps a superuser, and may come from anywhere. It is one
   of two locks: what a function does that is called, and what hides in a DO block, the role must not be allowed. */
#include "schema/reader.h"

#include <string.h>

static const char of_rows[] = "Schema.sql says what there is to be and changes no rows: put it into a file of "
                              "Application/Migration/";
static const char of_server[] = "it is about the server, not about what a database is to have";
static const char of_session[] = "it makes nothing that a database is to have";

struct refusal {
    const char *words, *why;
};

static struct refusal refusal_of(const PgQuery__Node *node)
{
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
        return (struct refusal){ "UPDATE", of_rows };
    case PG_QUERY__NODE__NODE_DELETE_STMT:
        return (struct refusal){ "DELETE", of_rows };
    case PG_QUERY__NODE__NODE_MERGE_STMT:
        return (struct refusal){ "MERGE", of_rows };
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
        return (struct refusal){ "TRUNCATE", of_rows };
    case PG_QUERY__NODE__NODE_COPY_STMT:
        return node->copy_stmt->is_from && !node->copy_stmt->is_program && !*node->copy_stmt->filename
                   ? (struct refusal){ "COPY", of_rows }
                   : (struct refusal){ "COPY", "it reads or writes the server's files, or runs its programs" };
    case PG_QUERY__NODE__NODE_LOAD_STMT:
        return (struct refusal){ "LOAD", "it runs a file of the server's as a part of it" };
    case PG_QUERY__NODE__NODE_ALTER_SYSTEM_STMT:
        return (struct refusal){ "ALTER SYSTEM", of_server };
    case PG_QUERY__NODE__NODE_CREATEDB_STMT:
    case PG_QUERY__NODE__NODE_DROPDB_STMT:
    case PG_QUERY__NODE__NODE_ALTER_DATABASE_STMT:
        return (struct refusal){ "a statement about a whole database", of_server };
    case PG_QUERY__NODE__NODE_CREATE_TABLE_SPACE_STMT:
    case PG_QUERY__NODE__NODE_DROP_TABLE_SPACE_STMT:
    case PG_QUERY__NODE__NODE_ALTER_TABLE_SPACE_OPTIONS_STMT:
        return (struct refusal){ "a statement about a tablespace", of_server };
    case PG_QUERY__NODE__NODE_CREATE_SUBSCRIPTION_STMT:
        return (struct refusal){ "CREATE SUBSCRIPTION", of_server };
    case PG_QUERY__NODE__NODE_CHECK_POINT_STMT:
        return (struct refusal){ "CHECKPOINT", of_server };
    case PG_QUERY__NODE__NODE_DROP_OWNED_STMT:
    case PG_QUERY__NODE__NODE_DROP_ROLE_STMT:
        return (struct refusal){ "DROP of a role or what it owns", of_server };
    case PG_QUERY__NODE__NODE_EXPLAIN_STMT:
        return (struct refusal){ "EXPLAIN", of_session };
    case PG_QUERY__NODE__NODE_PREPARE_STMT:
    case PG_QUERY__NODE__NODE_EXECUTE_STMT:
        return (struct refusal){ "a prepared statement", of_session };
    case PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT:
        return (struct refusal){ "a cursor", of_session };
    default:
        return (struct refusal){ 0 };
    }
}

/* WITH of a SELECT or an INSERT, where PostgreSQL lets rows be changed too. */
static struct refusal refusal_of_parts(const PgQuery__Node *node)
{
    const PgQuery__WithClause *with = NULL;
    if (node->node_case == PG_QUERY__NODE__NODE_SELECT_STMT)
        with = node->select_stmt->with_clause;
    else if (node->node_case == PG_QUERY__NODE__NODE_INSERT_STMT)
        with = node->insert_stmt->with_clause;
    struct refusal refusal = { 0 };
    for (size_t i = 0; with && i < with->n_ctes && !refusal.words; i++)
        if (with->ctes[i]->node_case == PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR &&
            with->ctes[i]->common_table_expr->ctequery)
            refusal = refusal_of(with->ctes[i]->common_table_expr->ctequery);
    return refusal;
}

/* ---- Languages ---- */

/* Those of the server itself, and by custom those whose names begin with pl and end with u. */
static bool is_untrusted(const char *language)
{
    size_t size = strlen(language);
    return strcasecmp(language, "c") == 0 || strcasecmp(language, "internal") == 0 ||
           (size > 3 && strncasecmp(language, "pl", 2) == 0 && strchr("uU", language[size - 1]));
}

/* LANGUAGE among the options of CREATE FUNCTION and DO; NULL: none. */
static const char *language_of(PgQuery__Node **options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const PgQuery__DefElem *option =
            options[i]->node_case == PG_QUERY__NODE__NODE_DEF_ELEM ? options[i]->def_elem : NULL;
        if (option && strcmp(option->defname, "language") == 0 && option->arg)
            return node_string(option->arg);
    }
    return NULL;
}

static const char *untrusted_language(const PgQuery__Node *node)
{
    const char *language = NULL;
    if (node->node_case == PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT)
        language = language_of(node->create_function_stmt->options, node->create_function_stmt->n_options);
    else if (node->node_case == PG_QUERY__NODE__NODE_DO_STMT)
        language = language_of(node->do_stmt->args, node->do_stmt->n_args);
    else if (node->node_case == PG_QUERY__NODE__NODE_CREATE_PLANG_STMT)
        language = node->create_plang_stmt->plname;
    return language && is_untrusted(language) ? language : NULL;
}

/* plperlu, hstore_plpython3u, and what opens files. */
static bool is_untrusted_extension(const char *name)
{
    const char *language = strrchr(name, '_');
    return is_untrusted(name) || (language && is_untrusted(language + 1)) || strcmp(name, "file_fdw") == 0;
}

/* ---- Both ---- */

void refuse_statement(struct reader *reader, const PgQuery__Node *node)
{
    struct refusal whole = refusal_of(node);
    struct refusal refusal = whole.words ? whole : refusal_of_parts(node);
    const char *language = untrusted_language(node);
    const char *extension =
        node->node_case == PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT ? node->create_extension_stmt->extname : NULL;
    if (refusal.words)
        reader_error(reader, reader_here(reader), "%s has no place here: %s", refusal.words, refusal.why);
    if (language)
        reader_error(reader, reader_here(reader),
                     "the language %s has no place here: what is written in it may do anything on the server's machine",
                     language);
    if (extension && is_untrusted_extension(extension))
        reader_error(reader, reader_here(reader),
                     "the extension %s has no place here: by it one may do anything on the server's machine",
                     extension);
}
