/* What names a column stands in the way of a change of its type, which PostgreSQL then refuses: it goes before the
   change and comes again behind it, as Schema.sql has it. */
#include "migrate/postgres.h"

#include "migrate_sql.h"

#include <string.h>

static const char in_the_way[] = "it stands in the way of a change of a column, and is made anew behind it";

/* The wanted one that was found to be the same. */
static const struct row *twin(const struct postgres *postgres, enum catalog_set set, const struct row *live, int text)
{
    const struct rows *wanted = &postgres->wanted.sets[set];
    const struct row *found = NULL;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct row *row = &wanted->items[i];
        if (is_of(row, live) && row->matched && same_cell(row, live, text) &&
            (!found || same_cell(row, live, OBJECT_NAME)))
            found = row;
    }
    return found;
}

static void remake_constraint(struct postgres *postgres, struct row *live)
{
    const struct row *table = postgres_find(&postgres->live, RELATIONS, live->cells[0], live->cells[1], NULL);
    const struct row *wanted = twin(postgres, CONSTRAINTS, live, CONSTRAINT_TEXT);
    if (!table || !wanted)
        return;
    struct migration *migration = postgres->migration;
    bool reference = live->cells[CONSTRAINT_KIND][0] == 'f';
    const char *alter = text_format(migration, "ALTER TABLE %s", table->cells[RELATION_QUOTED]);
    const char *drop =
        text_format(migration, "%s DROP CONSTRAINT IF EXISTS %s;\n", alter, live->cells[CONSTRAINT_QUOTED]);
    const char *add = text_format(migration, "%s ADD CONSTRAINT %s %s;\n", alter, wanted->cells[CONSTRAINT_QUOTED],
                                  wanted->cells[CONSTRAINT_TEXT]);
    postgres_step(postgres, verb_drop, reference ? PHASE_DROP_REFERENCE : PHASE_DROP_CONSTRAINT, drop,
                  "constraint %s of %s", live->cells[OBJECT_NAME], live->cells[1])
        ->remark = in_the_way;
    postgres_step(postgres, verb_add, reference ? PHASE_ADD_REFERENCE : PHASE_ADD_CONSTRAINT, add,
                  "constraint %s of %s", wanted->cells[OBJECT_NAME], wanted->cells[1]);
}

static void remake_index(struct postgres *postgres, struct row *live)
{
    struct migration *migration = postgres->migration;
    const struct row *wanted = twin(postgres, INDEXES, live, INDEX_TEXT);
    if (!wanted)
        return;
    postgres_step(postgres, verb_drop, PHASE_DROP_CONSTRAINT,
                  text_format(migration, "DROP INDEX IF EXISTS %s;\n", live->cells[INDEX_QUALIFIED]), "index %s",
                  live->cells[OBJECT_NAME])
        ->remark = in_the_way;
    postgres_step(postgres, verb_create, PHASE_ADD_INDEX, text_format(migration, "%s;\n", wanted->cells[INDEX_SQL]),
                  "index %s", wanted->cells[OBJECT_NAME]);
}

/* What is to be in its place is made with the others of its kind. */
static void drop_of_table(struct postgres *postgres, const struct row *live, const char *word)
{
    const char *sql = text_format(postgres->migration, "DROP %s %s;\n", word, live->cells[OF_TABLE_QUOTED]);
    postgres_step(postgres, verb_drop, PHASE_DROP_DEPENDENT, sql, "%s %s on %s",
                  strcmp(word, "POLICY") == 0 ? "policy" : "trigger", live->cells[OBJECT_NAME], live->cells[1])
        ->remark = "it stands in the way of a change of a column";
}

static const struct {
    const char *kind;
    enum catalog_set set;
} kinds[] = { { "constraint", CONSTRAINTS },
              { "index", INDEXES },
              { "trigger", TRIGGERS },
              { "policy", POLICIES },
              { "computed", COLUMNS } };

static void remake(struct postgres *postgres, enum catalog_set set, const struct row *column, const char *name)
{
    struct row *live = postgres_find(&postgres->live, set, column->cells[0], column->cells[1], name);
    if (!live || live->remade)
        return;
    live->remade = true;
    switch (set) {
    case CONSTRAINTS:
        remake_constraint(postgres, live);
        return;
    case INDEXES:
        remake_index(postgres, live);
        return;
    case COLUMNS:
        postgres_remake_computed(postgres, live);
        return;
    default:
        drop_of_table(postgres, live, set == POLICIES ? "POLICY" : "TRIGGER");
        return;
    }
}

const char *postgres_clear_way(struct postgres *postgres, const struct row *column, bool dropped)
{
    struct migration *migration = postgres->migration;
    struct result *around;
    struct errand_error ignored;
    const char *names = postgres_array(migration, postgres->names, postgres->name_count), *others = "";
    if (query(migration, sql_around, &around, &ignored, column->cells[0], column->cells[1], column->cells[OBJECT_NAME],
              names, TEXTS_END) != 0)
        return "";
    for (size_t i = 0; i < result_rows(around); i++) {
        const char *kind = result_cell(around, i, 0, NULL), *name = result_cell(around, i, 1, NULL);
        if (!dropped && result_cell(around, i, 2, NULL)[0] == 't')
            continue; /* the server does it by itself */
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            if (strcmp(kind, kinds[k].kind) == 0)
                remake(postgres, kinds[k].set, column, name);
        if (strcmp(kind, "other") == 0)
            others = text_format(migration,
                                 "%s\n%s needs %s.%s, and the server refuses the change while it does: write "
                                 "before it what drops that, and behind it what makes it anew",
                                 others, name, column->cells[TABLE_NAME], column->cells[OBJECT_NAME]);
    }
    result_free(around);
    return others;
}
