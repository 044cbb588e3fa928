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

/* ---- What hangs on a table or view ---- */

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

static bool is_as_live(const struct postgres *postgres, enum catalog_set set, const struct row *wanted)
{
    const struct row *live =
        postgres_find(&postgres->live, set, wanted->cells[0], wanted->cells[1], wanted->cells[OBJECT_NAME]);
    return live && same_cell(wanted, live, OF_TABLE_SQL) &&
           (set != TRIGGERS || same_cell(wanted, live, TRIGGER_ENABLED));
}

/* COMMENT ON calls a column so, pg_identify_object a table column. */
static const char *comment_noun(const char *kind)
{
    const char *space = strrchr(kind, ' ');
    return space && strcmp(space, " column") == 0 ? "column" : kind;
}

static const char *comment_sql(struct postgres *postgres, const struct row *comment)
{
    return text_format(postgres->migration, "COMMENT ON %s %s IS %s;\n", comment_noun(comment->cells[COMMENT_KIND]),
                       comment->cells[COMMENT_OBJECT], comment->cells[COMMENT_LITERAL]);
}

/* Of a view or of a column of it that is commented as it was. */
static bool is_comment_of(const struct row *comment, const struct row *view)
{
    const char *name = view->cells[RELATION_QUOTED], *object = comment->cells[COMMENT_OBJECT];
    size_t size = strlen(name);
    return strstr(comment->cells[COMMENT_KIND], "view") && strncmp(object, name, size) == 0 &&
           strchr(".", object[size]);
}

/* ---- Views ---- */

/* The statement is the server's own: SELECT * of a table that has grown names its columns in another order. With it
   what goes when the old one does: rights, indexes, triggers and comments. */
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
    for (size_t i = 0; replaces && i < postgres->wanted.sets[TRIGGERS].count; i++) {
        const struct row *trigger = &postgres->wanted.sets[TRIGGERS].items[i];
        if (is_of(trigger, wanted) && is_as_live(postgres, TRIGGERS, trigger))
            buffer_printf(&out, "%s;\n%s", trigger->cells[OF_TABLE_SQL], enabling(postgres, trigger));
    }
    for (size_t i = 0; replaces && i < postgres->wanted.sets[COMMENTS].count; i++) {
        const struct row *comment = &postgres->wanted.sets[COMMENTS].items[i];
        if (is_comment_of(comment, wanted))
            buffer_puts(&out, comment_sql(postgres, comment));
    }
    return text_take(postgres->migration, &out);
}

static const char *drop_view_sql(struct postgres *postgres, const struct row *live)
{
    return text_format(postgres->migration, "DROP %sVIEW %s;\n",
                       live->cells[RELATION_KIND][0] == 'm' ? "MATERIALIZED " : "", live->cells[RELATION_QUOTED]);
}

/* Whether it needs a column that comes only when told. */
static bool names_absent(const struct postgres *postgres, const struct row *wanted)
{
    for (size_t i = 0; i < postgres->absent_count; i++)
        if (strstr(wanted->cells[RELATION_VIEW], postgres->absent[i]->cells[COLUMN_QUOTED]))
            return true;
    return false;
}

/* The views that are made of a relation, itself included where it is one, in the order in which they were made. */
static struct result *views_of(struct postgres *postgres, const char *schema, const char *name)
{
    struct result *views;
    struct errand_error ignored;
    return query(postgres->migration, sql_dependents, &views, &ignored, schema, name, TEXTS_END) == 0 ? views : NULL;
}

static bool is_view(const struct row *relation)
{
    return strchr("vm", relation->cells[RELATION_KIND][0]) != NULL;
}

static const struct row *other_side(const struct catalog *catalog, const struct row *relation)
{
    return postgres_find(catalog, RELATIONS, relation->cells[0], relation->cells[1], NULL);
}

static bool is_changed(const struct postgres *postgres, const struct row *wanted)
{
    const struct row *live = other_side(&postgres->live, wanted);
    return live && !same_cell(wanted, live, RELATION_VIEW);
}

static bool is_among(const struct result *views, const struct row *view)
{
    for (size_t i = 0; views && i < result_rows(views); i++)
        if (strcmp(result_cell(views, i, 0, NULL), view->cells[0]) == 0 &&
            strcmp(result_cell(views, i, 1, NULL), view->cells[1]) == 0)
            return true;
    return false;
}

/* Marks what goes and comes again together: the changed views up to this one that have not come yet, and what is made
   of them. Gives the changed one that stands last in the file, at whose place all that they need is there. */
static const struct row *mark_group(struct postgres *postgres, const struct row *here, bool *group)
{
    const struct rows *all = &postgres->wanted.sets[RELATIONS];
    const struct row *last = here;
    for (size_t i = 0; i < all->count; i++) {
        const struct row *view = &all->items[i];
        group[i] |= view <= here && is_view(view) && !view->matched && is_changed(postgres, view);
        if (!group[i])
            continue;
        struct result *made_of = views_of(postgres, view->cells[0], view->cells[1]);
        for (size_t n = 0; n < all->count; n++)
            group[n] |= is_view(&all->items[n]) && is_among(made_of, &all->items[n]);
        last = is_changed(postgres, view) && view > last ? view : last;
        result_free(made_of);
    }
    return last;
}

/* One that goes only when told, and is made of the view. */
static const struct row *unwanted_view(struct postgres *postgres, const struct row *wanted)
{
    struct result *made_of = views_of(postgres, wanted->cells[0], wanted->cells[1]);
    const struct row *found = NULL;
    for (size_t i = 0; i < postgres->live.sets[RELATIONS].count; i++) {
        const struct row *live = &postgres->live.sets[RELATIONS].items[i];
        if (!found && is_among(made_of, live) && !other_side(&postgres->wanted, live))
            found = live;
    }
    result_free(made_of);
    return found;
}

static void drop_in_reverse(struct postgres *postgres, struct buffer *out, const bool *group)
{
    for (size_t i = postgres->live.sets[RELATIONS].count; i-- > 0;) {
        const struct row *live = &postgres->live.sets[RELATIONS].items[i];
        const struct row *wanted = other_side(&postgres->wanted, live);
        if (wanted && group[wanted - postgres->wanted.sets[RELATIONS].items])
            buffer_puts(out, drop_view_sql(postgres, live));
    }
}

/* In one step, so that nobody finds one of them missing: the views that are made of it go before it and come again,
   those of them that change too as they are to be. */
static void change_view(struct postgres *postgres, const struct row *wanted)
{
    struct migration *migration = postgres->migration;
    struct rows *all = &postgres->wanted.sets[RELATIONS];
    bool *group = memory(migration, all->count * sizeof *group);
    memset(group, 0, all->count * sizeof *group);
    if (mark_group(postgres, wanted, group) != wanted)
        return; /* in its turn */
    const struct row *in_the_way = NULL;
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    drop_in_reverse(postgres, &out, group);
    bool waits = false;
    for (size_t i = 0; i < all->count; i++) {
        if (!group[i])
            continue;
        all->items[i].matched = true;
        waits |= names_absent(postgres, &all->items[i]);
        in_the_way = in_the_way ? in_the_way : unwanted_view(postgres, &all->items[i]);
        buffer_puts(&out, view_sql(postgres, &all->items[i], true));
    }
    struct migrate_step *step = postgres_step(postgres, verb_change, waits || in_the_way ? PHASE_ADD_INDEX : PHASE_NONE,
                                              text_take(migration, &out), "view %s", wanted->cells[1]);
    if (in_the_way)
        step->remark = text_format(migration, "the view %s, which goes, is made of it", in_the_way->cells[1]);
}

void postgres_view(struct postgres *postgres, struct row *wanted)
{
    const struct row *live = other_side(&postgres->live, wanted);
    if (live && !is_changed(postgres, wanted))
        return;
    if (live) {
        change_view(postgres, wanted);
        return;
    }
    postgres_step(postgres, verb_create, names_absent(postgres, wanted) ? PHASE_ADD_INDEX : PHASE_NONE,
                  view_sql(postgres, wanted, false), "view %s", wanted->cells[1]);
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
    struct result *views = views_of(postgres, table->cells[0], table->cells[1]);
    if (!views)
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

void postgres_of_tables(struct postgres *postgres, enum catalog_set set, const char *noun)
{
    struct migration *migration = postgres->migration;
    const char *word = set == TRIGGERS ? "TRIGGER" : "POLICY";
    for (size_t i = 0; i < postgres->wanted.sets[set].count; i++) {
        const struct row *wanted = &postgres->wanted.sets[set].items[i];
        const struct row *live =
            postgres_find(&postgres->live, set, wanted->cells[0], wanted->cells[1], wanted->cells[OBJECT_NAME]);
        bool gone = live && live->remade;
        if ((is_as_live(postgres, set, wanted) && !gone) ||
            postgres_is_made(postgres, wanted->cells[0], wanted->cells[1]))
            continue;
        const char *drop =
            live && !gone ? text_format(migration, "DROP %s %s;\n", word, live->cells[OF_TABLE_QUOTED]) : "";
        const char *sql = text_format(migration, "%s%s;\n%s", drop, wanted->cells[OF_TABLE_SQL],
                                      set == TRIGGERS ? enabling(postgres, wanted) : "");
        bool absent = gone || postgres_needs_absent(postgres, wanted, wanted->cells[OF_TABLE_SQL]);
        postgres_step(postgres, live && !gone ? verb_change : verb_create, absent ? PHASE_ADD_INDEX : PHASE_NONE, sql,
                      "%s %s on %s", noun, wanted->cells[OBJECT_NAME], wanted->cells[1]);
    }
    for (size_t i = 0; i < postgres->live.sets[set].count; i++) {
        const struct row *live = &postgres->live.sets[set].items[i];
        bool table = postgres_find(&postgres->wanted, RELATIONS, live->cells[0], live->cells[1], NULL);
        if (!table || live->remade ||
            postgres_find(&postgres->wanted, set, live->cells[0], live->cells[1], live->cells[OBJECT_NAME]))
            continue;
        const char *sql = text_format(migration, "DROP %s IF EXISTS %s;\n", word, live->cells[OF_TABLE_QUOTED]);
        postgres_step(postgres, verb_drop, PHASE_DROP_DEPENDENT, sql, "%s %s on %s", noun, live->cells[OBJECT_NAME],
                      live->cells[1])
            ->remark = text_format(migration, "it was: %s", live->cells[OF_TABLE_SQL]);
    }
}

/* ---- Comments and rights ---- */

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
        const char *sql = comment_sql(postgres, wanted);
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
