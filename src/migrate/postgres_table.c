/* Tables that are there: their columns, constraints and indexes. */
#include "migrate/postgres.h"

#include <string.h>

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
    buffer_puts(&out, true_cell(columns->wanted, COLUMN_NOT_NULL) ? " NOT NULL" : "");
    return text_take(columns->postgres->migration, &out);
}

static const char *filenode(struct postgres *postgres, const char *table)
{
    struct result *result;
    struct errand_error ignored;
    if (query(postgres->migration, "SELECT pg_relation_filenode($1::regclass)", &result, &ignored, table, TEXTS_END) !=
        0)
        return "";
    const char *node = result_cell(result, 0, 0, NULL);
    node = text_copy(postgres->migration, node ? node : "");
    result_free(result);
    return node;
}

/* Whether the server writes the whole table anew to add the column, as it does for what each row gets a value of its
   own of: tried on the empty one. What cannot be tried yet counts as such. */
static bool is_rewritten(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    struct connection *connection = postgres->migration->connection;
    const struct row *table =
        postgres_find(&postgres->wanted, RELATIONS, columns->wanted->cells[0], columns->wanted->cells[1], NULL);
    const char *draft = table ? postgres_draft(postgres, table) : columns->table;
    const char *add = text_format(postgres->migration, "SAVEPOINT errand_try; ALTER TABLE %s ADD COLUMN errand_try %s",
                                  draft, definition(columns));
    const char *before = filenode(postgres, draft);
    struct errand_error ignored;
    bool same = connection_script(connection, add, &ignored) == 0 && strcmp(before, filenode(postgres, draft)) == 0;
    connection_script(connection, "ROLLBACK TO SAVEPOINT errand_try; RELEASE SAVEPOINT errand_try", &ignored);
    return !same;
}

/* What is made of the column as it is to be has to wait for that. */
static void wait_for(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    *GROW(postgres->migration, postgres->absent, postgres->absent_count) = columns->wanted;
}

/* Whether both are plain columns of one type, one table, and the other side has none of its name. */
static bool is_like(const struct row *row, const struct row *column, const struct catalog *other)
{
    return strcmp(row->cells[0], column->cells[0]) == 0 && strcmp(row->cells[1], column->cells[1]) == 0 &&
           same_cell(row, column, COLUMN_TYPE) && !row->cells[COLUMN_GENERATED][0] &&
           !postgres_find(other, COLUMNS, row->cells[0], row->cells[1], row->cells[OBJECT_NAME]);
}

/* A column that goes while one of the same type comes looks as a rename does: the first that goes and the first that
   comes, and so on. NULL: the other side has no such one for it. */
static const struct row *find_other_name(const struct row *column, const struct catalog *own,
                                         const struct catalog *other)
{
    size_t place = 0;
    if (!is_like(column, column, other))
        return NULL;
    for (const struct row *row = own->sets[COLUMNS].items; row != column; row++)
        place += is_like(row, column, other);
    for (size_t i = 0; i < other->sets[COLUMNS].count; i++) {
        const struct row *row = &other->sets[COLUMNS].items[i];
        if (is_like(row, column, own) && place-- == 0)
            return row;
    }
    return NULL;
}

static bool waits(const struct postgres *postgres, const struct row *wanted)
{
    for (size_t i = 0; i < postgres->absent_count; i++)
        if (postgres->absent[i] == wanted)
            return true;
    return false;
}

static struct renaming renaming_of(const struct columns *columns, const struct row *gone, const struct row *come)
{
    return (struct renaming){
        .table = come->cells[TABLE_NAME],
        .gone = gone ? gone->cells[OBJECT_NAME] : NULL,
        .come = come->cells[OBJECT_NAME],
        .quoted_table = columns->table,
        .quoted_gone = gone ? gone->cells[COLUMN_QUOTED] : NULL,
        .quoted_come = come->cells[COLUMN_QUOTED],
        .waits = waits(columns->postgres, come),
        .drops_null = gone && !true_cell(gone, COLUMN_NOT_NULL) && true_cell(come, COLUMN_NOT_NULL),
    };
}

static const char *refusal(const struct columns *columns)
{
    const struct postgres *postgres = columns->postgres;
    const struct row *gone = find_other_name(columns->wanted, &postgres->wanted, &postgres->live);
    struct renaming renaming = renaming_of(columns, gone, columns->wanted);
    return renaming_refusal(postgres->migration, &renaming);
}

static const char *remark_of_drop(const struct columns *columns)
{
    const struct postgres *postgres = columns->postgres;
    const struct row *come = find_other_name(columns->live, &postgres->live, &postgres->wanted);
    if (!come)
        return "what is in it is lost";
    struct renaming renaming = renaming_of(columns, columns->live, come);
    return text_format(postgres->migration, "what is in it is lost; %s",
                       renaming_remark(postgres->migration, &renaming));
}

static void add_column(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    const struct row *wanted = columns->wanted;
    bool filled = wanted->cells[COLUMN_DEFAULT] || wanted->cells[COLUMN_IDENTITY][0];
    bool risky = true_cell(wanted, COLUMN_NOT_NULL) && !filled && postgres_has_rows(postgres, columns->table);
    const char *large = risky ? NULL : postgres_is_large(postgres, columns->table);
    large = large && is_rewritten(columns) ? large : NULL;
    struct migrate_step *step = column_step(columns, verb_add, risky || large ? PHASE_COLUMN : PHASE_NONE,
                                            text_of(columns, "ADD", definition(columns)));
    if (!risky && !large)
        return;
    step->refusal = risky ? refusal(columns) : NULL;
    step->remark =
        risky
            ? text_format(postgres->migration,
                          "%s, or here add it without NOT NULL, say what they get in it, and then ALTER COLUMN ... SET "
                          "NOT NULL",
                          step->refusal)
            : text_format(
                  postgres->migration,
                  "each row gets a value of its own, so the table, %s, is written anew, and nobody else reads "
                  "or writes it meanwhile. Where that is too long, change the schema in three steps: the column "
                  "without default and NOT NULL; its default; NOT NULL, once a file, or several, has filled "
                  "the rows that are there",
                  large);
    wait_for(columns);
}

static void drop_column(const struct columns *columns)
{
    const char *sql = text_format(columns->postgres->migration, "ALTER TABLE %s DROP COLUMN IF EXISTS %s;\n",
                                  columns->table, columns->live->cells[COLUMN_QUOTED]);
    bool computed = columns->live->cells[COLUMN_GENERATED][0];
    column_step(columns, verb_drop, computed ? PHASE_DROP_COMPUTED : PHASE_COLUMN, sql)->remark =
        computed ? "it was computed" : remark_of_drop(columns);
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

/* The sequence that nextval('...'::regclass) speaks of. */
static const char *sequence_of(const struct columns *columns)
{
    const char *value = columns->wanted->cells[COLUMN_DEFAULT];
    const char *open = strchr(value, '\''), *close = open ? strchr(open + 1, '\'') : NULL;
    return close ? text_format(columns->postgres->migration, "%.*s", (int)(close - open - 1), open + 1) : NULL;
}

static bool is_serial_anew(const struct columns *columns)
{
    return columns->wanted->cells[COLUMN_SERIAL] && !columns->live->cells[COLUMN_SERIAL];
}

/* Makes the column serial around the SQL that gives it its default, which keeps writers out until the transaction's
   end: the sequence is there before, is the column's behind, and goes on behind the numbers that are there. One that is
   new stands at 1 without having given it out. */
static const char *with_sequence(const struct columns *columns, const char *sql)
{
    struct migration *migration = columns->postgres->migration;
    const char *sequence = is_serial_anew(columns) ? sequence_of(columns) : NULL;
    if (!sequence)
        return sql;
    const char *type = columns->wanted->cells[COLUMN_SEQUENCE_TYPE], *name = columns->wanted->cells[COLUMN_QUOTED];
    return text_format(
        migration,
        "CREATE SEQUENCE IF NOT EXISTS %s AS %s;\n%sALTER SEQUENCE %s OWNED BY %s.%s;\n"
        "SELECT setval(%s, m) FROM (SELECT max(%s) AS m FROM %s) x WHERE m >= (SELECT last_value FROM %s);\n",
        sequence, type, sql, sequence, columns->table, name, postgres_literal(migration, sequence), name,
        columns->table, sequence);
}

/* Of a column that was serial and stays so. */
static const char *sequence_type_sql(const struct columns *columns)
{
    bool other = columns->wanted->cells[COLUMN_SERIAL] && columns->live->cells[COLUMN_SERIAL] &&
                 !same_cell(columns->wanted, columns->live, COLUMN_SEQUENCE_TYPE);
    const char *sequence = other ? sequence_of(columns) : NULL;
    return sequence ? text_format(columns->postgres->migration, "ALTER SEQUENCE %s AS %s;\n", sequence,
                                  columns->wanted->cells[COLUMN_SEQUENCE_TYPE])
                    : "";
}

static void change_sequence_type(const struct columns *columns)
{
    const char *sql = sequence_type_sql(columns);
    if (*sql == '\0')
        return;
    bool narrower = strcmp(columns->live->cells[COLUMN_SEQUENCE_TYPE], "bigint") == 0 ||
                    strcmp(columns->wanted->cells[COLUMN_SEQUENCE_TYPE], "smallint") == 0;
    struct migrate_step *step =
        postgres_step(columns->postgres, verb_change, narrower ? PHASE_COLUMN : PHASE_NONE, sql, "sequence of %s.%s",
                      columns->wanted->cells[TABLE_NAME], columns->wanted->cells[OBJECT_NAME]);
    step->remark = narrower ? "its numbers must not be beyond the new type" : NULL;
}

static void change_default(const struct columns *columns)
{
    const char *value = columns->wanted->cells[COLUMN_DEFAULT];
    struct migration *migration = columns->postgres->migration;
    const char *sql = value ? text_of(columns, "ALTER", text_format(migration, "SET DEFAULT %s", value))
                            : text_of(columns, "ALTER", "DROP DEFAULT");
    postgres_step(columns->postgres, verb_change, PHASE_NONE, with_sequence(columns, sql), "default of %s.%s",
                  columns->wanted->cells[TABLE_NAME], columns->wanted->cells[OBJECT_NAME]);
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
    buffer_puts(&out, sequence_type_sql(columns));
    const char *sql = with_sequence(columns, text_take(migration, &out));
    struct migrate_step *step = column_step(columns, verb_change, PHASE_COLUMN, sql);
    size_t at = (size_t)(step - migration->outcome->steps);
    const char *others = postgres_clear_way(postgres, columns->live, false);
    migration->outcome->steps[at].remark =
        text_format(migration, "its type: %s, was %s; every row must have a value of it%s", wanted[COLUMN_TYPE],
                    live[COLUMN_TYPE], others);
}

/* A computed column cannot be changed: it is made anew, or becomes a plain one. Columns that it is made of change
   between. */
static void change_computation(const struct columns *columns, const char *why)
{
    struct postgres *postgres = columns->postgres;
    wait_for(columns);
    const char *others = postgres_clear_way(postgres, columns->live, true);
    column_step(columns, verb_drop, PHASE_DROP_COMPUTED, text_of(columns, "DROP", ""))->remark =
        text_format(postgres->migration, "%s: the column is dropped and made anew%s", why, others);
    column_step(columns, verb_add, PHASE_ADD_COMPUTED, text_of(columns, "ADD", definition(columns)));
}

void postgres_remake_computed(struct postgres *postgres, struct row *live)
{
    const struct row *wanted =
        postgres_find(&postgres->wanted, COLUMNS, live->cells[0], live->cells[1], live->cells[OBJECT_NAME]);
    const struct row *table = postgres_find(&postgres->live, RELATIONS, live->cells[0], live->cells[1], NULL);
    live->remade = true;
    if (wanted && table) /* one that goes does so in time */
        change_computation(&(struct columns){ postgres, table->cells[RELATION_QUOTED], wanted, live },
                           "it is made of a column that changes");
}

static void change_null(const struct columns *columns)
{
    struct postgres *postgres = columns->postgres;
    const char *name = columns->wanted->cells[COLUMN_QUOTED];
    if (!true_cell(columns->wanted, COLUMN_NOT_NULL)) {
        column_step(columns, verb_change, PHASE_NONE, text_of(columns, "ALTER", "DROP NOT NULL"));
        return;
    }
    const char *set = text_of(columns, "ALTER", "SET NOT NULL");
    bool nulls = postgres_asks(
        postgres, text_format(postgres->migration, "SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1", columns->table, name));
    if (!nulls) {
        const char *drop = postgres_prove_not_null(postgres, columns->live, columns->table);
        column_step(columns, verb_change, PHASE_NONE, text_format(postgres->migration, "%s%s", set, drop));
        return;
    }
    bool filled = columns->wanted->cells[COLUMN_DEFAULT];
    if (filled)
        set = text_format(postgres->migration, "UPDATE %s SET %s = DEFAULT WHERE %s IS NULL;\n%s", columns->table, name,
                          name, set);
    column_step(columns, verb_change, PHASE_COLUMN, set)->remark =
        filled ? "there are rows with NULL, which get the default"
               : "there are rows with NULL: say before what they get";
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
        before, add, postgres_literal(migration, columns->table),
        postgres_literal(migration, columns->wanted->cells[OBJECT_NAME]), name, columns->table);
    column_step(columns, verb_change, PHASE_NONE, sql);
}

static void see_column(const struct columns *columns)
{
    const struct row *wanted = columns->wanted, *live = columns->live;
    bool computed = wanted->cells[COLUMN_GENERATED][0] || live->cells[COLUMN_GENERATED][0];
    bool same_value = same_cell(wanted, live, COLUMN_DEFAULT);
    if (computed &&
        (!same_value || !same_cell(wanted, live, COLUMN_GENERATED) || !same_cell(wanted, live, COLUMN_TYPE))) {
        if (!live->remade)
            change_computation(columns, "it is computed otherwise");
        return;
    }
    if (!same_cell(wanted, live, COLUMN_NOT_NULL))
        change_null(columns);
    if (!same_cell(wanted, live, COLUMN_IDENTITY))
        change_identity(columns);
    if (!same_cell(wanted, live, COLUMN_TYPE))
        change_type(columns);
    else if (waits(columns->postgres, columns->wanted)) /* one of a type that is made anew gets its default with it */
        return;
    else if ((!same_value || is_serial_anew(columns)) && !wanted->cells[COLUMN_IDENTITY][0])
        change_default(columns);
    else
        change_sequence_type(columns);
}

static bool is_disturbed(const struct postgres *postgres, size_t before)
{
    for (size_t i = before; i < postgres->phase_count; i++)
        if (postgres->phases[i] >= PHASE_DROP_COMPUTED && postgres->phases[i] <= PHASE_ADD_COMPUTED)
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
        bool on = true_cell(wanted, flags[i].cell);
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
    if (!strchr("rp", wanted->cells[RELATION_KIND][0]) || true_cell(wanted, RELATION_PART))
        return;
    size_t before = postgres->phase_count;
    see_columns(postgres, wanted);
    if (is_disturbed(postgres, before))
        postgres_remake_views(postgres, wanted);
    postgres_constraints(postgres, wanted, false);
    see_security(postgres, wanted, live);
}

/* ---- Tables that go ---- */

/* The last made first, which may be a view of another. */
void postgres_drop_tables(struct postgres *postgres)
{
    for (size_t i = postgres->live.sets[RELATIONS].count; i-- > 0;) {
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
            postgres_drop_references(postgres, live);
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
