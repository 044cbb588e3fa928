/* Tables that are there: their columns, constraints and indexes. */
#include "migrate/postgres.h"

#include <string.h>

static bool has_rows(struct postgres *postgres, const char *quoted)
{
    return postgres_asks(postgres, text_format(postgres->migration, "SELECT 1 FROM %s LIMIT 1", quoted));
}

static bool is_true(const struct row *row, int cell)
{
    return row->cells[cell] && row->cells[cell][0] == 't';
}

/* ---- Columns ---- */

/* A column under way: both sides and how its table and it are written. */
struct columns {
    struct postgres *postgres;
    const char *table; /* quoted */
    const struct row *wanted, *live;
};

static const char *text_of(const struct columns *columns, const char *format, const char *more)
{
    const char *name = (columns->wanted ? columns->wanted : columns->live)->cells[COLUMN_QUOTED];
    const char *head =
        text_format(columns->postgres->migration, "ALTER TABLE %s %s COLUMN %s", columns->table, format, name);
    return text_format(columns->postgres->migration, "%s%s%s;\n", head, *more ? " " : "", more);
}

static struct migrate_step *column_step(const struct columns *columns, struct verb verb, enum phase phase,
                                        const char *sql)
{
    const struct row *row = columns->wanted ? columns->wanted : columns->live;
    return postgres_step(columns->postgres, verb, phase, sql, "column %s.%s", row->cells[TABLE_NAME],
                         row->cells[OBJECT_NAME]);
}

static const char *definition(const struct columns *columns)
{
    const char *const *cells = columns->wanted->cells;
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_puts(&out, cells[COLUMN_SERIAL] ? cells[COLUMN_SERIAL] : cells[COLUMN_TYPE]);
    if (cells[COLUMN_GENERATED][0])
        buffer_printf(&out, " GENERATED ALWAYS AS (%s) STORED", cells[COLUMN_DEFAULT]);
    else if (cells[COLUMN_DEFAULT] && !cells[COLUMN_SERIAL])
        buffer_printf(&out, " DEFAULT %s", cells[COLUMN_DEFAULT]);
    if (cells[COLUMN_IDENTITY][0])
        buffer_printf(&out, " GENERATED %s AS IDENTITY", cells[COLUMN_IDENTITY][0] == 'a' ? "ALWAYS" : "BY DEFAULT");
    buffer_puts(&out, is_true(columns->wanted, COLUMN_NOT_NULL) ? " NOT NULL" : "");
    return text_take(columns->postgres->migration, &out);
}

/* What is made of the column as it is to be has to wait for that. */
static void wait_for(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    *GROW(postgres->migration, postgres->absent, postgres->absent_count) = columns->wanted;
}

static void add_column(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    const struct row *wanted = columns->wanted;
    bool filled = wanted->cells[COLUMN_DEFAULT] || wanted->cells[COLUMN_IDENTITY][0];
    bool risky = is_true(wanted, COLUMN_NOT_NULL) && !filled && has_rows(postgres, columns->table);
    struct migrate_step *step =
        column_step(columns, verb_add, risky ? PHASE_COLUMN : PHASE_NONE, text_of(columns, "ADD", definition(columns)));
    if (!risky)
        return;
    step->remark =
        "it may not be NULL and has no default, and there are rows: add it without NOT NULL, say what they get "
        "in it, and then ALTER COLUMN ... SET NOT NULL";
    wait_for(columns);
}

/* A column that goes while one of the same type comes looks as a rename does. */
static const char *renamed_to(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    const struct row *live = columns->live;
    const struct rows *all = &postgres->wanted.sets[COLUMNS];
    for (size_t i = 0; i < all->count; i++) {
        const struct row *other = &all->items[i];
        if (strcmp(other->cells[0], live->cells[0]) == 0 && strcmp(other->cells[1], live->cells[1]) == 0 &&
            same_cell(other, live, COLUMN_TYPE) &&
            !postgres_find(&postgres->live, COLUMNS, other->cells[0], other->cells[1], other->cells[2]))
            return text_format(
                postgres->migration,
                "what is in it is lost; the column %s is new: if this is a rename, put before it UPDATE %s "
                "SET %s = %s;",
                other->cells[2], columns->table, other->cells[COLUMN_QUOTED], live->cells[COLUMN_QUOTED]);
    }
    return "what is in it is lost";
}

static void drop_column(const struct columns *columns)
{
    const char *sql = text_format(columns->postgres->migration, "ALTER TABLE %s DROP COLUMN IF EXISTS %s;\n",
                                  columns->table, columns->live->cells[COLUMN_QUOTED]);
    column_step(columns, verb_drop, PHASE_COLUMN, sql)->remark = renamed_to(columns);
}

static bool is_enum(const struct postgres *postgres, const char *shown)
{
    const struct catalog *sides[] = { &postgres->wanted, &postgres->live };
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < sides[side]->sets[TYPES].count; i++)
            if (strcmp(sides[side]->sets[TYPES].items[i].cells[TYPE_SHOWN], shown) == 0)
                return true;
    return false;
}

static void change_type(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    wait_for(columns);
    struct migration *migration = postgres->migration;
    const char *const *wanted = columns->wanted->cells, *const *live = columns->live->cells;
    const char *name = wanted[COLUMN_QUOTED];
    const char *by = is_enum(postgres, wanted[COLUMN_TYPE]) || is_enum(postgres, live[COLUMN_TYPE]) ? "::text" : "";
    const char *collate = strstr(wanted[COLUMN_TYPE], " COLLATE ");
    int bare = (int)(collate ? (size_t)(collate - wanted[COLUMN_TYPE]) : strlen(wanted[COLUMN_TYPE]));
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    if (live[COLUMN_DEFAULT])
        buffer_puts(&out, text_of(columns, "ALTER", "DROP DEFAULT"));
    buffer_printf(&out, "ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s%s::%.*s;\n", columns->table, name,
                  wanted[COLUMN_TYPE], name, by, bare, wanted[COLUMN_TYPE]);
    if (wanted[COLUMN_DEFAULT])
        buffer_puts(&out, text_of(columns, "ALTER", text_format(migration, "SET DEFAULT %s", wanted[COLUMN_DEFAULT])));
    struct migrate_step *step = column_step(columns, verb_change, PHASE_COLUMN, text_take(migration, &out));
    step->remark = text_format(migration, "its type: %s, was %s; every row must have a value of it",
                               wanted[COLUMN_TYPE], live[COLUMN_TYPE]);
}

/* A computed column cannot be changed: it is made anew, or becomes a plain one. */
static void change_computation(const struct columns *columns)
{
    wait_for(columns);
    const char *drop = text_of(columns, "DROP", ""), *add = text_of(columns, "ADD", definition(columns));
    struct migrate_step *step =
        column_step(columns, verb_change, PHASE_COLUMN, text_format(columns->postgres->migration, "%s%s", drop, add));
    step->remark = "it is computed otherwise: the column is dropped and made anew";
}

/* The sequence that nextval('...'::regclass) speaks of. */
static const char *sequence_of(const struct columns *columns)
{
    const char *value = columns->wanted->cells[COLUMN_DEFAULT];
    const char *open = strchr(value, '\''), *close = open ? strchr(open + 1, '\'') : NULL;
    return close ? text_format(columns->postgres->migration, "CREATE SEQUENCE IF NOT EXISTS %.*s;\n",
                               (int)(close - open - 1), open + 1)
                 : "";
}

static void change_default(const struct columns *columns)
{
    const char *value = columns->wanted->cells[COLUMN_DEFAULT];
    struct migration *migration = columns->postgres->migration;
    const char *sql = value ? text_of(columns, "ALTER", text_format(migration, "SET DEFAULT %s", value))
                            : text_of(columns, "ALTER", "DROP DEFAULT");
    if (columns->wanted->cells[COLUMN_SERIAL])
        sql = text_format(migration, "%s%s", sequence_of(columns), sql);
    postgres_step(columns->postgres, verb_change, PHASE_NONE, sql, "default of %s.%s",
                  columns->wanted->cells[TABLE_NAME], columns->wanted->cells[OBJECT_NAME]);
}

static void change_null(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    const char *name = columns->wanted->cells[COLUMN_QUOTED];
    if (!is_true(columns->wanted, COLUMN_NOT_NULL)) {
        column_step(columns, verb_change, PHASE_NONE, text_of(columns, "ALTER", "DROP NOT NULL"));
        return;
    }
    const char *set = text_of(columns, "ALTER", "SET NOT NULL");
    bool nulls = postgres_asks(
        postgres, text_format(postgres->migration, "SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1", columns->table, name));
    bool filled = nulls && columns->wanted->cells[COLUMN_DEFAULT];
    if (filled)
        set = text_format(postgres->migration, "UPDATE %s SET %s = DEFAULT WHERE %s IS NULL;\n%s", columns->table, name,
                          name, set);
    struct migrate_step *step = column_step(columns, verb_change, nulls ? PHASE_COLUMN : PHASE_NONE, set);
    if (nulls)
        step->remark = filled ? "there are rows with NULL, which get the default"
                              : "there are rows with NULL: say before what they get";
}

static const char *literal(struct migration *migration, const char *text)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_puts(&out, "'");
    for (; *text; text++)
        buffer_printf(&out, *text == '\'' ? "''" : "%c", *text);
    buffer_puts(&out, "'");
    return text_take(migration, &out);
}

static void change_identity(const struct columns *columns)
{
    struct migration *migration = columns->postgres->migration;
    const char wanted = columns->wanted->cells[COLUMN_IDENTITY][0], live = columns->live->cells[COLUMN_IDENTITY][0];
    const char *name = columns->wanted->cells[COLUMN_QUOTED], *words = wanted == 'a' ? "ALWAYS" : "BY DEFAULT";
    if (!wanted) {
        column_step(columns, verb_change, PHASE_COLUMN, text_of(columns, "ALTER", "DROP IDENTITY IF EXISTS"))->remark =
            "the database no longer numbers it";
        return;
    }
    if (live) {
        column_step(columns, verb_change, PHASE_NONE,
                    text_of(columns, "ALTER", text_format(migration, "SET GENERATED %s", words)));
        return;
    }
    const char *before = columns->live->cells[COLUMN_DEFAULT] ? text_of(columns, "ALTER", "DROP DEFAULT") : "";
    const char *add = text_of(columns, "ALTER", text_format(migration, "ADD GENERATED %s AS IDENTITY", words));
    /* It goes on behind the numbers that are there. */
    const char *sql = text_format(
        migration,
        "%s%sSELECT setval(pg_get_serial_sequence(%s, %s), m) FROM (SELECT max(%s) AS m FROM %s) x WHERE m > 0;\n",
        before, add, literal(migration, columns->table), literal(migration, columns->wanted->cells[OBJECT_NAME]), name,
        columns->table);
    column_step(columns, verb_change, PHASE_NONE, sql);
}

static void see_column(const struct columns *columns)
{
    const struct row *wanted = columns->wanted, *live = columns->live;
    bool computed = wanted->cells[COLUMN_GENERATED][0] || live->cells[COLUMN_GENERATED][0];
    bool same_value = same_cell(wanted, live, COLUMN_DEFAULT);
    if (computed &&
        (!same_value || !same_cell(wanted, live, COLUMN_GENERATED) || !same_cell(wanted, live, COLUMN_TYPE))) {
        change_computation(columns);
        return;
    }
    if (!same_cell(wanted, live, COLUMN_NOT_NULL))
        change_null(columns);
    if (!same_cell(wanted, live, COLUMN_IDENTITY))
        change_identity(columns);
    if (!same_cell(wanted, live, COLUMN_TYPE))
        change_type(columns);
    else if (!same_value && !wanted->cells[COLUMN_IDENTITY][0])
        change_default(columns);
}

static bool is_disturbed(const struct postgres *postgres, size_t before)
{
    for (size_t i = before; i < postgres->phase_count; i++)
        if (postgres->phases[i] == PHASE_COLUMN)
            return true;
    return false;
}

static void see_columns(struct postgres *postgres, const struct row *table)
{
    const struct rows *wanted = &postgres->wanted.sets[COLUMNS], *live = &postgres->live.sets[COLUMNS];
    const char *schema = table->cells[0], *name = table->cells[1];
    struct columns columns = { postgres, table->cells[RELATION_QUOTED], NULL, NULL };
    for (size_t i = 0; i < wanted->count; i++) {
        columns.wanted = &wanted->items[i];
        const char *const *cells = columns.wanted->cells;
        if (strcmp(cells[0], schema) != 0 || strcmp(cells[1], name) != 0)
            continue;
        columns.live = postgres_find(&postgres->live, COLUMNS, schema, name, cells[2]);
        if (columns.live)
            see_column(&columns);
        else
            add_column(&columns);
    }
    columns.wanted = NULL;
    for (size_t i = 0; i < live->count; i++) {
        columns.live = &live->items[i];
        const char *const *cells = columns.live->cells;
        if (strcmp(cells[0], schema) == 0 && strcmp(cells[1], name) == 0 &&
            !postgres_find(&postgres->wanted, COLUMNS, schema, name, cells[2]))
            drop_column(&columns);
    }
}

static void see_security(struct postgres *postgres, const struct row *wanted, const struct row *live)
{
    static const struct {
        int cell;
        const char *on, *off;
    } flags[] = { { RELATION_SECURE, "ENABLE", "DISABLE" }, { RELATION_FORCED, "FORCE", "NO FORCE" } };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        bool on = is_true(wanted, flags[i].cell);
        if (same_cell(wanted, live, flags[i].cell))
            continue;
        const char *sql = text_format(postgres->migration, "ALTER TABLE %s %s ROW LEVEL SECURITY;\n",
                                      wanted->cells[RELATION_QUOTED], on ? flags[i].on : flags[i].off);
        struct migrate_step *step = postgres_step(postgres, verb_change, on ? PHASE_NONE : PHASE_COLUMN, sql,
                                                  "row level security of %s", wanted->cells[1]);
        step->remark = on ? NULL : "its rows are no longer guarded by policies";
    }
}

void postgres_table(struct postgres *postgres, const struct row *wanted, const struct row *live)
{
    if (!strchr("rp", wanted->cells[RELATION_KIND][0]) || is_true(wanted, RELATION_PART))
        return;
    size_t before = postgres->phase_count;
    see_columns(postgres, wanted);
    if (is_disturbed(postgres, before))
        postgres_remake_views(postgres, wanted);
    postgres_constraints(postgres, wanted, false);
    see_security(postgres, wanted, live);
}

/* ---- Constraints ---- */

static bool is_of(const struct row *row, const struct row *table)
{
    return strcmp(row->cells[0], table->cells[0]) == 0 && strcmp(row->cells[1], table->cells[1]) == 0;
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

/* An index that is not valid is as good as none. */
void postgres_match(struct postgres *postgres)
{
    struct rows *indexes = &postgres->live.sets[INDEXES];
    for (size_t i = 0; i < indexes->count; i++)
        indexes->items[i].matched = !is_true(&indexes->items[i], INDEX_VALID);
    match(postgres, INDEXES, INDEX_TEXT);
    match(postgres, CONSTRAINTS, CONSTRAINT_TEXT);
}

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
    enum phase phase = live->cells[CONSTRAINT_KIND][0] == 'f' ? PHASE_DROP_REFERENCE : PHASE_DROP_CONSTRAINT;
    const char *sql = text_format(postgres->migration, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s;\n",
                                  table->cells[RELATION_QUOTED], live->cells[CONSTRAINT_QUOTED]);
    struct migrate_step *step =
        postgres_step(postgres, verb_drop, phase, sql, "constraint %s of %s", live->cells[2], live->cells[1]);
    step->remark = text_format(postgres->migration, "it was: %s", live->cells[CONSTRAINT_TEXT]);
}

/* A foreign key needs a unique key that may be one of those that are added only when told. */
static void add_constraint(struct postgres *postgres, const struct row *table, const struct row *wanted)
{
    struct migration *migration = postgres->migration;
    const char kind = wanted->cells[CONSTRAINT_KIND][0];
    struct row *same_name =
        postgres_find(&postgres->live, CONSTRAINTS, wanted->cells[0], wanted->cells[1], wanted->cells[2]);
    bool replaces = same_name && !same_name->matched;
    bool refused = postgres_asks(postgres, wanted->cells[CONSTRAINT_REFUSES]);
    bool absent = postgres_needs_absent(postgres, wanted, wanted->cells[CONSTRAINT_TEXT]);
    bool later = strchr("cf", kind) && !refused && !replaces && !absent && is_true(wanted, CONSTRAINT_VALID) &&
                 has_rows(postgres, table->cells[RELATION_QUOTED]);
    enum phase phase = !refused && !replaces && !absent ? PHASE_NONE
                       : kind == 'f'                    ? PHASE_ADD_REFERENCE
                                                        : PHASE_ADD_CONSTRAINT;
    bool valid = is_true(wanted, CONSTRAINT_VALID) && !later;
    const char *sql =
        text_format(migration, "ALTER TABLE %s ADD CONSTRAINT %s %s%s;\n", table->cells[RELATION_QUOTED],
                    wanted->cells[CONSTRAINT_QUOTED], wanted->cells[CONSTRAINT_TEXT], valid ? "" : " NOT VALID");
    struct migrate_step *step =
        postgres_step(postgres, verb_add, phase, sql, "constraint %s of %s", wanted->cells[2], wanted->cells[1]);
    step->remark = refused    ? "there are rows that it refuses"
                   : replaces ? "it takes the place of the one of that name"
                   : absent   ? "it needs a column that is not so yet"
                              : NULL;
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
        else if (concerns && !is_true(row, CONSTRAINT_VALID))
            validate(postgres, table, row);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        const struct row *row = &wanted->items[i];
        if (is_of(row, table) && (row->cells[CONSTRAINT_KIND][0] == 'f') == references && !row->matched)
            add_constraint(postgres, table, row);
    }
}

/* ---- Indexes ---- */

/* Without the lock that keeps writers out, where there is something to index. */
static const char *index_sql(struct postgres *postgres, const struct row *table, const char *sql)
{
    const char *on = strstr(sql, "INDEX ");
    bool concurrently = on && table && strchr("rm", table->cells[RELATION_KIND][0]) &&
                        has_rows(postgres, table->cells[RELATION_QUOTED]);
    if (!concurrently)
        return text_format(postgres->migration, "%s;\n", sql);
    return text_format(postgres->migration, "%.*sCONCURRENTLY %s;\n", (int)(on + 6 - sql), sql, on + 6);
}

static void add_index(struct postgres *postgres, const struct row *wanted, const struct row *same_name)
{
    struct migration *migration = postgres->migration;
    const struct row *table = postgres_find(&postgres->live, RELATIONS, wanted->cells[0], wanted->cells[1], NULL);
    bool broken = same_name && !is_true(same_name, INDEX_VALID);
    bool refused = postgres_asks(postgres, wanted->cells[INDEX_REFUSES]);
    bool absent = postgres_needs_absent(postgres, wanted, wanted->cells[INDEX_TEXT]);
    bool destructive = refused || absent || (same_name && !broken);
    /* A file runs in a transaction, where CONCURRENTLY cannot. */
    const char *sql = destructive ? text_format(migration, "%s;\n", wanted->cells[INDEX_SQL])
                                  : index_sql(postgres, table, wanted->cells[INDEX_SQL]);
    if (broken)
        postgres_step(postgres, verb_drop, PHASE_NONE,
                      text_format(migration, "DROP INDEX IF EXISTS %s;\n", same_name->cells[INDEX_QUALIFIED]),
                      "index %s, which an interrupted run left unfinished", same_name->cells[2]);
    struct migrate_step *step = postgres_step(postgres, verb_create, destructive ? PHASE_ADD_INDEX : PHASE_NONE, sql,
                                              "index %s", wanted->cells[2]);
    step->remark = refused       ? "there are rows with the same values"
                   : absent      ? "it needs a column that is not so yet"
                   : destructive ? "it takes the place of the one of that name"
                                 : NULL;
}

static void drop_index(struct postgres *postgres, const struct row *live)
{
    struct migrate_step *step =
        postgres_step(postgres, verb_drop, PHASE_DROP_CONSTRAINT,
                      text_format(postgres->migration, "DROP INDEX IF EXISTS %s;\n", live->cells[INDEX_QUALIFIED]),
                      "index %s", live->cells[2]);
    step->remark = text_format(postgres->migration, "it was: %s", live->cells[INDEX_SQL]);
}

void postgres_indexes(struct postgres *postgres)
{
    struct rows *wanted = &postgres->wanted.sets[INDEXES], *live = &postgres->live.sets[INDEXES];
    for (size_t i = 0; i < wanted->count; i++) {
        const struct row *row = &wanted->items[i];
        const struct row *same_name = NULL;
        for (size_t n = 0; n < live->count && !same_name; n++)
            if (same_cell(&live->items[n], row, SCHEMA_NAME) && same_cell(&live->items[n], row, OBJECT_NAME) &&
                (!live->items[n].matched || !is_true(&live->items[n], INDEX_VALID)))
                same_name = &live->items[n];
        if (!row->matched && !postgres_is_made(postgres, row->cells[0], row->cells[1]))
            add_index(postgres, row, same_name);
    }
    for (size_t i = 0; i < live->count; i++) {
        const struct row *row = &live->items[i];
        const struct row *table = postgres_find(&postgres->wanted, RELATIONS, row->cells[0], row->cells[1], NULL);
        if (!row->matched && table)
            drop_index(postgres, row);
    }
}

/* ---- Tables that go ---- */

static void drop_references(struct postgres *postgres, const struct row *table)
{
    for (size_t i = 0; i < postgres->live.sets[CONSTRAINTS].count; i++) {
        const struct row *row = &postgres->live.sets[CONSTRAINTS].items[i];
        if (is_of(row, table) && row->cells[CONSTRAINT_KIND][0] == 'f')
            drop_constraint(postgres, table, row);
    }
}

void postgres_drop_tables(struct postgres *postgres)
{
    for (size_t i = 0; i < postgres->live.sets[RELATIONS].count; i++) {
        const struct row *live = &postgres->live.sets[RELATIONS].items[i];
        bool wanted = postgres_find(&postgres->wanted, RELATIONS, live->cells[0], live->cells[1], NULL);
        if (wanted || live->cells[RELATION_OWNER])
            continue;
        const char kind = live->cells[RELATION_KIND][0];
        const char *noun = kind == 'v'   ? "VIEW"
                           : kind == 'm' ? "MATERIALIZED VIEW"
                           : kind == 'S' ? "SEQUENCE"
                           : kind == 'f' ? "FOREIGN TABLE"
                                         : "TABLE";
        enum phase phase = strchr("vm", kind) ? PHASE_DROP_DEPENDENT : PHASE_DROP_TABLE;
        if (strchr("rp", kind))
            drop_references(postgres, live);
        const char *sql =
            text_format(postgres->migration, "DROP %s IF EXISTS %s;\n", noun, live->cells[RELATION_QUOTED]);
        struct migrate_step *step = postgres_step(postgres, verb_drop, phase, sql, "%s %s",
                                                  phase == PHASE_DROP_DEPENDENT ? "view"
                                                  : kind == 'S'                 ? "sequence"
                                                                                : "table",
                                                  live->cells[1]);
        if (phase == PHASE_DROP_TABLE && kind != 'S')
            step->remark =
                "all its rows are lost; if it was renamed, put in place of this ALTER TABLE ... RENAME TO, in "
                "a file that is applied before the table is in the schema under its new name";
    }
}
