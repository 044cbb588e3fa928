/* A statement said of other schemas: public.people becomes draft.people, so that it can be tried beside what is there.
   Bodies of functions are strings, and stay. */
#include "schema/schema.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <stdlib.h>
#include <string.h>

struct relocation {
    const char *const *from, *const *to;
    size_t count;
    bool changed;
};

static const char *find(const struct relocation *relocation, const char *name, size_t size)
{
    for (size_t i = 0; name && i < relocation->count; i++)
        if (strlen(relocation->from[i]) == size && strncmp(relocation->from[i], name, size) == 0)
            return relocation->to[i];
    return NULL;
}

static void replace(struct relocation *relocation, char **text)
{
    const char *found = *text ? find(relocation, *text, strlen(*text)) : NULL;
    char *copy = found ? strdup(found) : NULL;
    if (!copy)
        return;
    if (*text != protobuf_c_empty_string)
        free(*text);
    *text = copy;
    relocation->changed = true;
}

/* The lists of strings that are qualified names; other lists hold columns, labels, aliases. */
static bool is_name_list(const char *field)
{
    static const char *const fields[] = { "names",    "funcname", "type_name", "domainname", "objname", "defnames",
                                          "collname", "opclass",  "name",      "fields",     "items" };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i], field) == 0)
            return true;
    return false;
}

static void relocate_list(struct relocation *relocation, const char *field, PgQuery__Node **nodes, size_t count)
{
    /* people.name is a column of a table, public.people.name one of a table in a schema. */
    size_t least = strcmp(field, "fields") == 0 ? 3 : 2;
    if (count < least || !is_name_list(field))
        return;
    for (size_t i = 0; i < count; i++)
        if (nodes[i]->node_case != PG_QUERY__NODE__NODE_STRING)
            return;
    replace(relocation, &nodes[0]->string->sval);
}

/* 'public.t_id_seq'::regclass */
static void relocate_literal(struct relocation *relocation, PgQuery__Node *node)
{
    bool is_text = node && node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
                   node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL;
    const char *dot = is_text ? strchr(node->a_const->sval->sval, '.') : NULL;
    if (!dot)
        return;
    char **text = &node->a_const->sval->sval;
    const char *found = find(relocation, *text, (size_t)(dot - *text));
    char *whole = found ? malloc(strlen(found) + strlen(dot) + 1) : NULL;
    if (!whole)
        return;
    strcat(strcpy(whole, found), dot);
    free(*text);
    *text = whole;
    relocation->changed = true;
}

static void relocate_text_of(struct relocation *relocation, const ProtobufCMessage *message)
{
    if (message->descriptor == &pg_query__type_cast__descriptor) {
        const PgQuery__TypeCast *cast = (const PgQuery__TypeCast *)message;
        size_t last = cast->type_name->n_names;
        const PgQuery__Node *name = last ? cast->type_name->names[last - 1] : NULL;
        if (name && name->node_case == PG_QUERY__NODE__NODE_STRING && strncmp(name->string->sval, "reg", 3) == 0)
            relocate_literal(relocation, cast->arg);
    } else if (message->descriptor == &pg_query__func_call__descriptor) {
        const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)message;
        const PgQuery__Node *name = call->n_funcname ? call->funcname[call->n_funcname - 1] : NULL;
        if (name && name->node_case == PG_QUERY__NODE__NODE_STRING && strcmp(name->string->sval, "nextval") == 0 &&
            call->n_args == 1)
            relocate_literal(relocation, call->args[0]);
    }
}

static void relocate_message(struct relocation *relocation, ProtobufCMessage *message);

static void relocate_field(struct relocation *relocation, ProtobufCMessage *message,
                           const ProtobufCFieldDescriptor *field)
{
    char *at = (char *)message + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)(const void *)((const char *)message + field->quantifier_offset);
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || count == 0)
            return;
        ProtobufCMessage **items = *(ProtobufCMessage ***)(void *)at;
        if (field->descriptor == &pg_query__node__descriptor)
            relocate_list(relocation, field->name, (PgQuery__Node **)items, count);
        for (size_t i = 0; i < count; i++)
            relocate_message(relocation, items[i]);
        return;
    }
    bool absent = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
                  *(const uint32_t *)(const void *)((const char *)message + field->quantifier_offset) != field->id;
    if (absent)
        return;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        relocate_message(relocation, *(ProtobufCMessage **)(void *)at);
    else if (field->type == PROTOBUF_C_TYPE_STRING && strcmp(field->name, "schemaname") == 0)
        replace(relocation, (char **)(void *)at);
}

static void relocate_message(struct relocation *relocation, ProtobufCMessage *message)
{
    if (!message)
        return;
    relocate_text_of(relocation, message);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        relocate_field(relocation, message, &message->descriptor->fields[i]);
}

/* The tree as text again. */
static char *print(PgQuery__ParseResult *tree)
{
    size_t size = pg_query__parse_result__get_packed_size(tree);
    char *data = malloc(size ? size : 1);
    if (!data)
        return NULL;
    pg_query__parse_result__pack(tree, (uint8_t *)data);
    PgQueryDeparseResult result = pg_query_deparse_protobuf((PgQueryProtobuf){ .len = size, .data = data });
    char *text = result.error || !result.query ? NULL : strdup(result.query);
    pg_query_free_deparse_result(result);
    free(data);
    return text;
}

char *schema_relocate(const char *sql, const char *const *from, const char *const *to, size_t count)
{
    struct relocation relocation = { from, to, count, false };
    PgQueryProtobufParseResult parsed = pg_query_parse_protobuf(sql);
    PgQuery__ParseResult *tree = parsed.error ? NULL
                                              : pg_query__parse_result__unpack(NULL, parsed.parse_tree.len,
                                                                               (const uint8_t *)parsed.parse_tree.data);
    char *text = NULL;
    if (tree) {
        relocate_message(&relocation, &tree->base);
        /* What needs no change is not printed anew either: the text says it best. */
        text = relocation.changed ? print(tree) : strdup(sql);
        pg_query__parse_result__free_unpacked(tree, NULL);
    }
    pg_query_free_protobuf_parse_result(parsed);
    return text;
}
