/* Constraints and indexes of tables that are there, so that others go on meanwhile: what reads a whole table does it
   beside writers (VALIDATE, CREATE INDEX CONCURRENTLY), and what keeps them out reads nothing. */
#include "migrate/postgres.h"

#include <string.h>

/* ---- Which are the same ---- */

#define HELPER "errand_not_null_"

/* The check that is there only until SET NOT NULL has used it. */
static bool is_helper(const struct row *constraint)
{
    return strncmp(constraint->cells[OBJECT_NAME], HELPER, strlen(HELPER)) == 0;
}

/* The same by name and text, else by text alone: names that the server chose may differ. */
static struct row *find_same(struct postgres *postgres, enum catalog_set set, const struct row *wanted, int text,
                             bool by_name)
{
    struct rows *live = &postgres->live.sets[set];
    for (size_t i = 0; i < live->count; i++) {
        struct row *row = &live->items[i];
        if (row->matched || !is_of(row, wanted) || !same_cell(row, wanted, text))
            continue;
        if (set == INDEXES ? !true_cell(row, INDEX_VALID) : is_helper(row))
            continue;
        bool same_name = same_cell(row, wanted, OBJECT_NAME);
        /* A name that another is to have is not free to stay. */
        if (by_name ? same_name
                    : !postgres_find(&postgres->wanted, set, row->cells[0], row->cells[1], row->cells[OBJECT_NAME]))
            return row;
    }
    return NULL;
}

static void match(struct postgres *postgres, enum catalog_set set, int text)
{
    for (int by_name = 1; by_name >= 0; by_name--)
        for (size_t i = 0; i < postgres->wanted.sets[set].count; i++) {
            struct row *wanted = &postgres->wanted.sets[set].items[i];
            struct row *live = wanted->matched ? NULL : find_same(postgres, set, wanted, text, by_name);
            if (live)
                wanted->matched = live->matched = true;
        }
}

void postgres_match(struct postgres *postgres)
{
    match(postgres, INDEXES, INDEX_TEXT);
    match(postgres, CONSTRAINTS, CONSTRAINT_TEXT);
    match(postgres, CHECKS, CHECK_TEXT);
}

/* ---- Indexes, made beside writers ---- */

/* The index of that name, whatever it is like. */
static struct row *index_named(struct postgres *postgres, const struct row *wanted)
{
    struct rows *live = &postgres->live.sets[INDEXES];
    for (size_t i = 0; i < live->count; i++)
        if (same_cell(&live->items[i], wanted, SCHEMA_NAME) && same_cell(&live->items[i], wanted, OBJECT_NAME))
            return &live->items[i];
    return NULL;
}

/* Whether it can be made CONCURRENTLY, and there is something to index. */
static bool is_indexed_beside_writers(struct postgres *postgres, const struct row *table)
{
    return table && strchr("rm", table->cells[RELATION_KIND][0]) &&
           postgres_has_rows(postgres, table->cells[RELATION_QUOTED]);
}

static void drop_unfinished(struct postgres *postgres, struct row *live)
{
    live->matched = true;
    postgres_step(postgres, verb_drop, PHASE_NONE,
                  text_format(postgres->migration, "DROP INDEX IF EXISTS %s;\n", live->cells[INDEX_QUALIFIED]),
                  "index %s, which an interrupted run left unfinished", live->cells[OBJECT_NAME]);
}

static void create_concurrently(struct postgres *postgres, const char *sql, const char *name, const char *qualified)
{
    const char *on = strstr(sql, "INDEX ") + strlen("INDEX ");
    sql = text_format(postgres->migration, "%.*sCONCURRENTLY %s;\n", (int)(on - sql), sql, on);
    postgres_step(postgres, verb_create, PHASE_NONE, sql, "index %s", name)->concurrent = qualified;
}

/* ---- Constraints ---- */

static void validate(struct postgres *postgres, const struct row *table, const struct row *row)
{
    bool refused = postgres_asks(postgres, row->cells[CONSTRAINT_REFUSES]);
    enum phase phase = refused ? PHASE_ADD_REFERENCE : PHASE_NONE;
    const char *sql = text_format(postgres->migration, "ALTER TABLE %s VALIDATE CONSTRAINT %s;\n",
                                  table->cells[RELATION_QUOTED], row->cells[CONSTRAINT_QUOTED]);
    struct migrate_step *step =
        postgres_step(postgres, verb_validate, phase, sql, "constraint %s of %s", row->cells[2], row->cells[1]);
    step->remark = refused ? "there are rows that it refuses" : NULL;
}

static void drop_constraint(struct postgres *postgres, const struct row *table, const struct row *live)
{
    const char *sql = text_format(postgres->migration, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s;\n",
                                  table->cells[RELATION_QUOTED], live->cells[CONSTRAINT_QUOTED]);
    if (is_helper(live)) {
        postgres_step(postgres, verb_drop, PHASE_NONE, sql, "constraint %s of %s, which an interrupted run left",
                      live->cells[OBJECT_NAME], live->cells[1]);
        return;
    }
    enum phase phase = live->cells[CONSTRAINT_KIND][0] == 'f' ? PHASE_DROP_REFERENCE : PHASE_DROP_CONSTRAINT;
    struct migrate_step *step =
        postgres_step(postgres, verb_drop, phase, sql, "constraint %s of %s", live->cells[OBJECT_NAME], live->cells[1]);
    step->remark = text_format(postgres->migration, "it was: %s", live->cells[CONSTRAINT_TEXT]);
}

void postgres_drop_references(struct postgres *postgres, const struct row *table)
{
    for (size_t i = 0; i < postgres->live.sets[CONSTRAINTS].count; i++) {
        const struct row *row = &postgres->live.sets[CONSTRAINTS].items[i];
        if (is_of(row, table) && row->cells[CONSTRAINT_KIND][0] == 'f')
            drop_constraint(postgres, table, row);
    }
}

const char *postgres_prove_not_null(struct postgres *postgres, const struct row *column, const char *table)
{
    struct migration *migration = postgres->migration;
    const char *name = text_format(migration, HELPER "%s", column->cells[COLUMN_NUMBER]);
    struct row *there = postgres_find(&postgres->live, CONSTRAINTS, column->cells[0], column->cells[1], name);
    if (!there && !postgres_has_rows(postgres, table))
        return "";
    if (there)
        there->matched = true;
    else
        postgres_step(postgres, verb_add, PHASE_NONE,
                      text_format(migration, "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID;\n",
                                  table, name, column->cells[COLUMN_QUOTED]),
                      "constraint %s of %s for a while", name, column->cells[1]);
    if (!there || !true_cell(there, CONSTRAINT_VALID))
        postgres_step(postgres, verb_validate, PHASE_NONE,
                      text_format(migration, "ALTER TABLE %s VALIDATE CONSTRAINT %s;\n", table, name),
                      "constraint %s of %s", name, column->cells[1]);
    return text_format(migration, "ALTER TABLE %s DROP CONSTRAINT %s;\n", table, name);
}

/* What is read under a lock that keeps writers out. */
static const char *reason_of_size(struct postgres *postgres, const struct row *table)
{
    const char *size = table ? postgres_is_large(postgres, table->cells[RELATION_QUOTED]) : NULL;
    return size
               ? text_format(postgres->migration, "all of the table, %s, is read, and nobody writes it meanwhile", size)
               : NULL;
}

/* Exclusions, and keys and foreign keys of partitioned tables, can be made in no other way. */
static bool keeps_writers_out(const struct row *table, const struct row *wanted)
{
    const char kind = wanted->cells[CONSTRAINT_KIND][0];
    return kind == 'f' ? table->cells[RELATION_KIND][0] == 'p' : kind != 'c' && !wanted->cells[CONSTRAINT_INDEX];
}

/* Why a constraint waits to be told; NULL: it does not. */
static const char *reason_to_wait(struct postgres *postgres, const struct row *table, const struct row *wanted)
{
    const struct row *same_name =
        postgres_find(&postgres->live, CONSTRAINTS, wanted->cells[0], wanted->cells[1], wanted->cells[OBJECT_NAME]);
    const struct row *index = index_named(postgres, wanted);
    if (postgres_asks(postgres, wanted->cells[CONSTRAINT_REFUSES]))
        return "there are rows that it refuses";
    if (same_name && !same_name->matched)
        return "it takes the place of the one of that name";
    if (wanted->cells[CONSTRAINT_INDEX] && index && true_cell(index, INDEX_VALID) &&
        strcmp(index->cells[INDEX_SQL], wanted->cells[CONSTRAINT_INDEX]) != 0)
        return "it takes the place of the index of that name";
    if (postgres_needs_absent(postgres, wanted, wanted->cells[CONSTRAINT_TEXT]))
        return "it needs a column that is not so yet";
    return keeps_writers_out(table, wanted) ? reason_of_size(postgres, table) : NULL;
}

static struct migrate_step *add_step_of(struct postgres *postgres, const struct row *table, const struct row *wanted,
                                        enum phase phase, const char *text, const char *more)
{
    const char *sql = text_format(postgres->migration, "ALTER TABLE %s ADD CONSTRAINT %s %s%s;\n",
                                  table->cells[RELATION_QUOTED], wanted->cells[CONSTRAINT_QUOTED], text, more);
    return postgres_step(postgres, verb_add, phase, sql, "constraint %s of %s", wanted->cells[OBJECT_NAME],
                         wanted->cells[1]);
}

/* Its index is made first; an interrupted run may have come so far. */
static void add_key(struct postgres *postgres, const struct row *table, const struct row *wanted)
{
    struct row *index = index_named(postgres, wanted);
    bool made = index && true_cell(index, INDEX_VALID);
    if (made)
        index->matched = true;
    else if (index)
        drop_unfinished(postgres, index);
    if (!made)
        create_concurrently(postgres, wanted->cells[CONSTRAINT_INDEX], wanted->cells[OBJECT_NAME],
                            wanted->cells[CONSTRAINT_QUALIFIED]);
    add_step_of(postgres, table, wanted, PHASE_NONE, wanted->cells[CONSTRAINT_BY_INDEX], "");
}

static void add_constraint(struct postgres *postgres, const struct row *table, const struct row *wanted)
{
    const char kind = wanted->cells[CONSTRAINT_KIND][0], *text = wanted->cells[CONSTRAINT_TEXT];
    const char *reason = reason_to_wait(postgres, table, wanted);
    const char *invalid = true_cell(wanted, CONSTRAINT_VALID) ? "" : " NOT VALID";
    if (reason) {
        add_step_of(postgres, table, wanted, kind == 'f' ? PHASE_ADD_REFERENCE : PHASE_ADD_CONSTRAINT, text, invalid)
            ->remark = reason;
        return;
    }
    bool rows = postgres_has_rows(postgres, table->cells[RELATION_QUOTED]);
    if (wanted->cells[CONSTRAINT_INDEX] && (rows || index_named(postgres, wanted))) {
        add_key(postgres, table, wanted);
        return;
    }
    /* Foreign keys of partitioned tables cannot wait to be validated. */
    bool later = rows && !*invalid && (kind == 'c' || (kind == 'f' && table->cells[RELATION_KIND][0] == 'r'));
    add_step_of(postgres, table, wanted, PHASE_NONE, text, later ? " NOT VALID" : invalid);
    if (later) /* which looks at all rows while others may write */
        validate(postgres, table, wanted);
}

void postgres_constraints(struct postgres *postgres, const struct row *table, bool references)
{
    struct rows *wanted = &postgres->wanted.sets[CONSTRAINTS], *live = &postgres->live.sets[CONSTRAINTS];
    for (size_t i = 0; i < live->count; i++) {
        struct row *row = &live->items[i];
        bool concerns = is_of(row, table) && (row->cells[CONSTRAINT_KIND][0] == 'f') == references;
        if (concerns && !row->matched)
            drop_constraint(postgres, table, row);
        else if (concerns && !true_cell(row, CONSTRAINT_VALID) && !is_helper(row))
            validate(postgres, table, row);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        const struct row *row = &wanted->items[i];
        if (is_of(row, table) && (row->cells[CONSTRAINT_KIND][0] == 'f') == references && !row->matched)
            add_constraint(postgres, table, row);
    }
}

/* ---- Indexes that are no constraint's ---- */

static void add_index(struct postgres *postgres, const struct row *wanted)
{
    struct migration *migration = postgres->migration;
    const struct row *table = postgres_find(&postgres->live, RELATIONS, wanted->cells[0], wanted->cells[1], NULL);
    struct row *same_name = index_named(postgres, wanted);
    bool unfinished = same_name && !true_cell(same_name, INDEX_VALID);
    const char *reason =
        postgres_asks(postgres, wanted->cells[INDEX_REFUSES])                ? "there are rows with the same values"
        : postgres_needs_absent(postgres, wanted, wanted->cells[INDEX_TEXT]) ? "it needs a column that is not so yet"
        : same_name && !unfinished && !same_name->matched ? "it takes the place of the one of that name"
                                                          : NULL;
    if (unfinished)
        drop_unfinished(postgres, same_name);
    if (!reason && is_indexed_beside_writers(postgres, table)) {
        create_concurrently(postgres, wanted->cells[INDEX_SQL], wanted->cells[OBJECT_NAME],
                            wanted->cells[INDEX_QUALIFIED]);
        return;
    }
    reason = reason ? reason : reason_of_size(postgres, table);
    /* A file runs in a transaction, where CONCURRENTLY cannot. */
    const char *sql = text_format(migration, "%s;\n", wanted->cells[INDEX_SQL]);
    postgres_step(postgres, verb_create, reason ? PHASE_ADD_INDEX : PHASE_NONE, sql, "index %s",
                  wanted->cells[OBJECT_NAME])
        ->remark = reason;
}

static void drop_index(struct postgres *postgres, const struct row *live)
{
    struct migrate_step *step =
        postgres_step(postgres, verb_drop, PHASE_DROP_CONSTRAINT,
                      text_format(postgres->migration, "DROP INDEX IF EXISTS %s;\n", live->cells[INDEX_QUALIFIED]),
                      "index %s", live->cells[OBJECT_NAME]);
    step->remark =
        text_format(postgres->migration, "%s: %s",
                    true_cell(live, INDEX_VALID) ? "it was" : "it was never finished, and slows down writers",
                    live->cells[INDEX_SQL]);
}

void postgres_indexes(struct postgres *postgres)
{
    struct rows *wanted = &postgres->wanted.sets[INDEXES], *live = &postgres->live.sets[INDEXES];
    for (size_t i = 0; i < wanted->count; i++) {
        const struct row *row = &wanted->items[i];
        if (!row->matched && !postgres_is_made(postgres, row->cells[0], row->cells[1]))
            add_index(postgres, row);
    }
    for (size_t i = 0; i < live->count; i++) {
        const struct row *row = &live->items[i];
        const struct row *table = postgres_find(&postgres->wanted, RELATIONS, row->cells[0], row->cells[1], NULL);
        if (!row->matched && table)
            drop_index(postgres, row);
    }
}
