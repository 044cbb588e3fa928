/* What is neither table nor type: functions, views, triggers, policies, comments, rights. */
#include "migrate/postgres.h"

#include "migrate_sql.h"

#include <string.h>

/* ---- Functions ---- */

static void see_function(struct postgres *postgres, struct row *wanted)
{
    struct migration *migration = postgres->migration;
    const struct row *live = postgres_find(&postgres->live, FUNCTIONS, wanted->cells[0], wanted->cells[1],
                                           wanted->cells[FUNCTION_ARGUMENTS]);
    wanted->matched = true;
    if (live && same_cell(wanted, live, FUNCTION_SQL))
        return;
    const char *sql = text_format(migration, "%s;\n", wanted->cells[FUNCTION_SQL]);
    if (live && !same_cell(wanted, live, FUNCTION_SIGNATURE))
        sql = text_format(migration, "DROP %s;\n%s", live->cells[FUNCTION_QUOTED], sql);
    postgres_step(postgres, live ? verb_change : verb_create, PHASE_NONE, sql, "function %s", wanted->cells[1]);
}

void postgres_functions(struct postgres *postgres, const char *schema, const char *name)
{
    for (size_t i = 0; i < postgres->wanted.sets[FUNCTIONS].count; i++) {
        struct row *row = &postgres->wanted.sets[FUNCTIONS].items[i];
        if (!row->matched && strcmp(row->cells[0], schema) == 0 && strcmp(row->cells[1], name) == 0)
            see_function(postgres, row);
    }
}

static bool is_implied_function(const struct postgres *postgres, const struct row *row)
{
    const struct schema *schema = postgres->migration->schema;
    return (strcmp(row->cells[1], "uuid_generate_v4") == 0 && !schema->defines_uuid_v4) ||
           (strcmp(row->cells[1], "uuidv7") == 0 && !schema->defines_uuid_v7);
}

/* ---- Views ---- */

/* The statement is the server's own: SELECT * of a table that has grown names its columns in another order. With it
   what goes when the old one does: rights and indexes. */
static const char *view_sql(struct postgres *postgres, const struct row *wanted, bool replaces)
{
    bool stored = wanted->cells[RELATION_KIND][0] == 'm';
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_printf(&out, "CREATE %s %s AS\n%s\n", stored ? "MATERIALIZED VIEW" : "VIEW", wanted->cells[RELATION_QUOTED],
                  wanted->cells[RELATION_VIEW]);
    for (size_t i = 0; replaces && i < postgres->wanted.sets[GRANTS].count; i++) {
        const struct row *grant = &postgres->wanted.sets[GRANTS].items[i];
        if (is_of(grant, wanted))
            buffer_printf(&out, "%s;\n", grant->cells[GRANT_SQL]);
    }
    for (size_t i = 0; replaces && i < postgres->wanted.sets[INDEXES].count; i++) {
        const struct row *index = &postgres->wanted.sets[INDEXES].items[i];
        if (is_of(index, wanted) && index->matched)
            buffer_printf(&out, "%s;\n", index->cells[INDEX_SQL]);
    }
    return text_take(postgres->migration, &out);
}

static const char *drop_view_sql(struct postgres *postgres, const struct row *live)
{
    return text_format(postgres->migration, "DROP %sVIEW %s;\n",
                       live->cells[RELATION_KIND][0] == 'm' ? "MATERIALIZED " : "", live->cells[RELATION_QUOTED]);
}

void postgres_view(struct postgres *postgres, const struct row *wanted)
{
    const struct row *live = postgres_find(&postgres->live, RELATIONS, wanted->cells[0], wanted->cells[1], NULL);
    if (live && same_cell(wanted, live, RELATION_VIEW))
        return;
    bool waits = false; /* for a column that comes only when told */
    for (size_t i = 0; i < postgres->absent_count; i++)
        waits |= strstr(wanted->cells[RELATION_VIEW], postgres->absent[i]->cells[COLUMN_QUOTED]) != NULL;
    const char *sql = text_format(postgres->migration, "%s%s", live ? drop_view_sql(postgres, live) : "",
                                  view_sql(postgres, wanted, live != NULL));
    postgres_step(postgres, live ? verb_change : verb_create, waits ? PHASE_ADD_INDEX : PHASE_NONE, sql, "view %s",
                  wanted->cells[1]);
}

/* Of a view that is the same on both sides and not dealt with yet. */
static struct row *standing_view(struct postgres *postgres, const struct result *views, size_t at)
{
    const char *schema = result_cell(views, at, 0, NULL), *name = result_cell(views, at, 1, NULL);
    struct row *live = postgres_find(&postgres->live, RELATIONS, schema, name, NULL);
    const struct row *wanted = postgres_find(&postgres->wanted, RELATIONS, schema, name, NULL);
    bool same = live && wanted && same_cell(live, wanted, RELATION_VIEW);
    return same && !live->matched ? live : NULL;
}

void postgres_remake_views(struct postgres *postgres, const struct row *table)
{
    struct result *views;
    struct errand_error ignored;
    if (query(postgres->migration, sql_dependents, &views, &ignored, table->cells[0], table->cells[1], TEXTS_END) != 0)
        return;
    for (size_t i = result_rows(views); i-- > 0;) {
        const struct row *live = standing_view(postgres, views, i);
        if (live)
            postgres_step(postgres, verb_drop, PHASE_DROP_DEPENDENT, drop_view_sql(postgres, live), "view %s",
                          live->cells[1])
                ->remark = "it stands in the way of a change of its tables, and is made anew behind it";
    }
    for (size_t i = 0; i < result_rows(views); i++) {
        struct row *live = standing_view(postgres, views, i);
        if (!live)
            continue;
        live->matched = true;
        postgres_step(
            postgres, verb_create, PHASE_ADD_INDEX,
            view_sql(postgres, postgres_find(&postgres->wanted, RELATIONS, live->cells[0], live->cells[1], NULL), true),
            "view %s", live->cells[1]);
    }
    result_free(views);
}

/* ---- Triggers and policies ---- */

static const char *enabling(struct postgres *postgres, const struct row *wanted)
{
    static const struct {
        char letter;
        const char *words;
    } states[] = { { 'D', "DISABLE" }, { 'R', "ENABLE REPLICA" }, { 'A', "ENABLE ALWAYS" } };
    const struct row *table = postgres_find(&postgres->wanted, RELATIONS, wanted->cells[0], wanted->cells[1], NULL);
    for (size_t i = 0; table && i < sizeof states / sizeof *states; i++)
        if (wanted->cells[TRIGGER_ENABLED][0] == states[i].letter)
            return text_format(postgres->migration, "ALTER TABLE %s %s TRIGGER \"%s\";\n",
                               table->cells[RELATION_QUOTED], states[i].words, wanted->cells[OBJECT_NAME]);
    return "";
}

void postgres_of_tables(struct postgres *postgres, enum catalog_set set, const char *noun)
{
    struct migration *migration = postgres->migration;
    const char *word = set == TRIGGERS ? "TRIGGER" : "POLICY";
    for (size_t i = 0; i < postgres->wanted.sets[set].count; i++) {
        const struct row *wanted = &postgres->wanted.sets[set].items[i];
        const struct row *live =
            postgres_find(&postgres->live, set, wanted->cells[0], wanted->cells[1], wanted->cells[OBJECT_NAME]);
        bool same = live && same_cell(wanted, live, OF_TABLE_SQL) &&
                    (set != TRIGGERS || same_cell(wanted, live, TRIGGER_ENABLED));
        if (same || postgres_is_made(postgres, wanted->cells[0], wanted->cells[1]))
            continue;
        const char *drop = live ? text_format(migration, "DROP %s %s;\n", word, live->cells[OF_TABLE_QUOTED]) : "";
        const char *sql = text_format(migration, "%s%s;\n%s", drop, wanted->cells[OF_TABLE_SQL],
                                      set == TRIGGERS ? enabling(postgres, wanted) : "");
        bool absent = postgres_needs_absent(postgres, wanted, wanted->cells[OF_TABLE_SQL]);
        postgres_step(postgres, live ? verb_change : verb_create, absent ? PHASE_ADD_INDEX : PHASE_NONE, sql,
                      "%s %s on %s", noun, wanted->cells[OBJECT_NAME], wanted->cells[1]);
    }
    for (size_t i = 0; i < postgres->live.sets[set].count; i++) {
        const struct row *live = &postgres->live.sets[set].items[i];
        bool table = postgres_find(&postgres->wanted, RELATIONS, live->cells[0], live->cells[1], NULL);
        if (!table || postgres_find(&postgres->wanted, set, live->cells[0], live->cells[1], live->cells[OBJECT_NAME]))
            continue;
        const char *sql = text_format(migration, "DROP %s IF EXISTS %s;\n", word, live->cells[OF_TABLE_QUOTED]);
        postgres_step(postgres, verb_drop, PHASE_DROP_DEPENDENT, sql, "%s %s on %s", noun, live->cells[OBJECT_NAME],
                      live->cells[1])
            ->remark = text_format(migration, "it was: %s", live->cells[OF_TABLE_SQL]);
    }
}

/* ---- Comments and rights ---- */

/* COMMENT ON calls a column so, pg_identify_object a table column. */
static const char *comment_noun(const char *kind)
{
    const char *space = strrchr(kind, ' ');
    return space && strcmp(space, " column") == 0 ? "column" : kind;
}

/* A comment of a column that is yet to come. */
static bool is_of_absent(const struct postgres *postgres, const struct row *comment)
{
    for (size_t i = 0; i < postgres->absent_count; i++) {
        const char *name = postgres->absent[i]->cells[COLUMN_QUOTED], *object = comment->cells[COMMENT_OBJECT];
        size_t length = strlen(name), whole = strlen(object);
        if (whole > length && strcmp(object + whole - length, name) == 0)
            return true;
    }
    return false;
}

void postgres_remarks(struct postgres *postgres)
{
    struct migration *migration = postgres->migration;
    for (size_t i = 0; i < postgres->wanted.sets[COMMENTS].count; i++) {
        const struct row *wanted = &postgres->wanted.sets[COMMENTS].items[i];
        const struct row *live =
            postgres_find(&postgres->live, COMMENTS, wanted->cells[COMMENT_KIND], wanted->cells[COMMENT_OBJECT], NULL);
        if (live && same_cell(wanted, live, COMMENT_TEXT))
            continue;
        const char *sql = text_format(migration, "COMMENT ON %s %s IS %s;\n", comment_noun(wanted->cells[COMMENT_KIND]),
                                      wanted->cells[COMMENT_OBJECT], wanted->cells[COMMENT_LITERAL]);
        postgres_step(postgres, live ? verb_change : verb_add,
                      is_of_absent(postgres, wanted) ? PHASE_ADD_INDEX : PHASE_NONE, sql, "comment on %s %s",
                      wanted->cells[COMMENT_KIND], wanted->cells[COMMENT_OBJECT]);
    }
    for (size_t i = 0; i < postgres->wanted.sets[GRANTS].count; i++) {
        const struct row *wanted = &postgres->wanted.sets[GRANTS].items[i];
        if (!postgres_find(&postgres->live, GRANTS, wanted->cells[0], wanted->cells[1], wanted->cells[GRANT_SQL]))
            postgres_step(postgres, (struct verb){ "granted", "grant" }, PHASE_NONE,
                          text_format(migration, "%s;\n", wanted->cells[GRANT_SQL]), "%s",
                          wanted->cells[GRANT_SQL] + strlen("GRANT "));
    }
}

/* ---- What goes ---- */

/* Which the schema may use without declaring them; so they stay where they are. */
static bool is_implied_type(const struct postgres *postgres, const char *name)
{
    const struct schema *schema = postgres->migration->schema;
    if (strcmp(name, "job_status") != 0)
        return false;
    for (size_t i = 0; i < schema->enum_count; i++)
        if (strcmp(schema->enums[i]->name, name) == 0 && !schema->enums[i]->implied)
            return false;
    return true;
}

void postgres_drop_objects(struct postgres *postgres)
{
    struct migration *migration = postgres->migration;
    for (size_t i = 0; i < postgres->live.sets[FUNCTIONS].count; i++) {
        const struct row *live = &postgres->live.sets[FUNCTIONS].items[i];
        if (is_implied_function(postgres, live) || postgres_find(&postgres->wanted, FUNCTIONS, live->cells[0],
                                                                 live->cells[1], live->cells[FUNCTION_ARGUMENTS]))
            continue;
        const char *quoted = live->cells[FUNCTION_QUOTED], *space = strchr(quoted, ' ');
        const char *sql = text_format(migration, "DROP %.*s IF EXISTS%s;\n", (int)(space - quoted), quoted, space);
        postgres_step(postgres, verb_drop, PHASE_DROP_FUNCTION, sql, "function %s", live->cells[1]);
    }
    for (size_t i = 0; i < postgres->live.sets[TYPES].count; i++) {
        const struct row *live = &postgres->live.sets[TYPES].items[i];
        if (is_implied_type(postgres, live->cells[1]) ||
            postgres_find(&postgres->wanted, TYPES, live->cells[0], live->cells[1], NULL))
            continue;
        const char *noun = live->cells[TYPE_KIND][0] == 'd' ? "DOMAIN" : "TYPE";
        const char *sql = text_format(migration, "DROP %s IF EXISTS %s;\n", noun, live->cells[TYPE_QUOTED]);
        postgres_step(postgres, verb_drop, PHASE_DROP_TYPE, sql, "type %s", live->cells[1]);
    }
}
