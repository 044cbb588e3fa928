/* Types: what PostgreSQL calls them, and what holds them in C. */
#include "schema/reader.h"

#include <string.h>

/* Under the names that the parser gives, and those that stay as they were written. `sql` has no length, so that a cast
   to it never cuts a value off. */
static const struct builtin {
    const char *name;
    enum errand_type kind;
    const char *sql;
    bool serial;
} builtins[] = {
    { "bool", ERRAND_TYPE_BOOL, "boolean", false },
    { "int2", ERRAND_TYPE_INT16, "smallint", false },
    { "int4", ERRAND_TYPE_INT32, "integer", false },
    { "int8", ERRAND_TYPE_INT64, "bigint", false },
    { "smallserial", ERRAND_TYPE_INT16, "smallint", true },
    { "serial2", ERRAND_TYPE_INT16, "smallint", true },
    { "serial", ERRAND_TYPE_INT32, "integer", true },
    { "serial4", ERRAND_TYPE_INT32, "integer", true },
    { "bigserial", ERRAND_TYPE_INT64, "bigint", true },
    { "serial8", ERRAND_TYPE_INT64, "bigint", true },
    { "float4", ERRAND_TYPE_FLOAT, "real", false },
    { "float8", ERRAND_TYPE_DOUBLE, "double precision", false },
    { "text", ERRAND_TYPE_TEXT, "text", false },
    { "varchar", ERRAND_TYPE_TEXT, "character varying", false },
    { "numeric", ERRAND_TYPE_TEXT, "numeric", false },
    { "json", ERRAND_TYPE_TEXT, "json", false },
    { "jsonb", ERRAND_TYPE_TEXT, "jsonb", false },
    { "uuid", ERRAND_TYPE_UUID, "uuid", false },
    { "timestamp", ERRAND_TYPE_TIME, "timestamp without time zone", false },
    { "timestamptz", ERRAND_TYPE_TIME, "timestamp with time zone", false },
    { "date", ERRAND_TYPE_DATE, "date", false },
    { "time", ERRAND_TYPE_CLOCK, "time without time zone", false },
    { "bytea", ERRAND_TYPE_BYTES, "bytea", false },
    { "point", ERRAND_TYPE_POINT, "point", false },
};

static const struct builtin *find_builtin(const char *schema, const char *name)
{
    if (schema && strcmp(schema, "pg_catalog") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    return NULL;
}

/* Of the job tables' status, which may be used without being declared. */
const char *const job_status_labels[] = {
    "job_status_not_started",
    "job_status_running",
    "job_status_failed",
    "job_status_timed_out",
    "job_status_succeeded",
    "job_status_retry",
    NULL,
};

static const struct schema_enum *imply_job_status(struct reader *reader, const char *schema_name)
{
    struct schema *schema = reader->schema;
    struct schema_enum *made = reader_alloc(reader, sizeof *made);
    *made = (struct schema_enum){
        .schema = schema_name, .name = "job_status", .implied = true, .labels = job_status_labels, .label_count = 6
    };
    *LIST_ADD(reader, schema->enums, schema->enum_count) = made;
    return made;
}

static const struct schema_domain *find_domain(const struct schema *schema, const char *schema_name, const char *name)
{
    for (size_t i = 0; i < schema->domain_count; i++) {
        const struct schema_domain *domain = schema->domains[i];
        if (strcmp(domain->name, name) == 0 &&
            (!schema_name || !domain->schema || !strcmp(domain->schema, schema_name)))
            return domain;
    }
    return NULL;
}

static int type_length(const PgQuery__TypeName *name)
{
    if (name->n_typmods != 1 || name->typmods[0]->node_case != PG_QUERY__NODE__NODE_A_CONST)
        return 0;
    const PgQuery__AConst *value = name->typmods[0]->a_const;
    return value->val_case == PG_QUERY__A__CONST__VAL_IVAL ? value->ival->ival : 0;
}

static void fill_builtin(struct reader *reader, struct schema_type *type, const struct builtin *builtin,
                         const PgQuery__TypeName *name)
{
    type->kind = builtin->kind;
    type->sql = reader_strdup(reader, builtin->sql);
    type->serial = builtin->serial && !type->array;
    if (strcmp(builtin->name, "varchar") == 0)
        type->length = type_length(name);
}

/* A type of the file, of an extension, or one that needs no name of its own here. */
static void fill_named(struct reader *reader, struct schema_type *type, const char *schema_name,
                       const PgQuery__TypeName *name)
{
    struct schema *schema = reader->schema;
    type->kind = ERRAND_TYPE_TEXT;
    type->sql = qualified(reader, schema_name, type->name);
    const struct schema_enum *labels = schema_find_enum(schema, schema_name, type->name);
    if (!labels && strcmp(type->name, "job_status") == 0)
        labels = imply_job_status(reader, schema_name);
    const struct schema_domain *domain = labels ? NULL : find_domain(schema, schema_name, type->name);
    if (labels) {
        type->kind = ERRAND_TYPE_ENUM;
        type->labels = labels;
    } else if (domain) {
        const char *sql = type->sql;
        *type = *domain->base;
        type->sql = sql;
    } else if (strcmp(type->name, "bpchar") == 0) {
        type->length = type_length(name);
    } else if (!schema_name || strcmp(schema_name, "pg_catalog") == 0 || strcmp(schema_name, "public") == 0) {
        type->unseen = type->name; /* other schemas may have been made by others */
    }
}

struct schema_type type_read(struct reader *reader, PgQuery__TypeName *name)
{
    struct schema_type type = { .kind = ERRAND_TYPE_TEXT, .sql = "text", .name = "text", .declared = "text" };
    if (!name)
        return type;
    const char *schema_name;
    qualified_name(reader, name->names, name->n_names, &schema_name, &type.name);
    type.array = name->n_array_bounds > 0;
    const char *written = type.name;
    const struct builtin *builtin = find_builtin(schema_name, type.name);
    if (builtin)
        fill_builtin(reader, &type, builtin, name);
    else
        fill_named(reader, &type, schema_name, name);
    type.declared = builtin ? builtin->sql : written;
    if (name->n_array_bounds > 0) {
        type.array = true;
        type.kind = ERRAND_TYPE_TEXT;
        type.sql = reader_printf(reader, "%s[]", type.sql);
        type.declared = reader_printf(reader, "%s[]", type.declared);
    }
    return type;
}

/* Types that PostgreSQL has no comparison between, however it converts; OTHER: not plain, or one that it may convert.
 */
enum family {
    FAMILY_OTHER,
    FAMILY_NUMBER,
    FAMILY_TEXT,
    FAMILY_BOOL,
    FAMILY_UUID,
    FAMILY_TIME,
    FAMILY_BYTES,
    FAMILY_ENUM
};

/* What is text in C is much else in the database. */
static enum family family_of_text(const char *declared)
{
    static const struct {
        const char *declared;
        enum family family;
    } known[] = { { "text", FAMILY_TEXT },
                  { "character varying", FAMILY_TEXT },
                  { "bpchar", FAMILY_TEXT },
                  { "numeric", FAMILY_NUMBER } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].declared, declared) == 0)
            return known[i].family;
    return FAMILY_OTHER;
}

static enum family family_of(const struct schema_type *type)
{
    static const enum family families[] = {
        [ERRAND_TYPE_BOOL] = FAMILY_BOOL,    [ERRAND_TYPE_INT16] = FAMILY_NUMBER, [ERRAND_TYPE_INT32] = FAMILY_NUMBER,
        [ERRAND_TYPE_INT64] = FAMILY_NUMBER, [ERRAND_TYPE_FLOAT] = FAMILY_NUMBER, [ERRAND_TYPE_DOUBLE] = FAMILY_NUMBER,
        [ERRAND_TYPE_UUID] = FAMILY_UUID,    [ERRAND_TYPE_TIME] = FAMILY_TIME,    [ERRAND_TYPE_DATE] = FAMILY_TIME,
        [ERRAND_TYPE_BYTES] = FAMILY_BYTES,  [ERRAND_TYPE_ENUM] = FAMILY_ENUM,
    };
    if (type->kind == ERRAND_TYPE_TEXT)
        return family_of_text(type->declared);
    return (size_t)type->kind < sizeof families / sizeof *families ? families[type->kind] : FAMILY_OTHER;
}

bool type_may_equal(const struct schema_type *a, const struct schema_type *b)
{
    enum family first = family_of(a), second = family_of(b);
    return first == second || first == FAMILY_OTHER || second == FAMILY_OTHER;
}
