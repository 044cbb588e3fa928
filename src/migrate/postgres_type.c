/* Types: what of an enum, a domain or a composite type can be changed in place is; the rest is made anew, when told. */
#include "migrate/postgres.h"

#include <string.h>

/* ---- Enums ---- */

/* Labels that are new, each put behind the one before it. ADD VALUE commits with its own step: a label cannot be used
   in the transaction that adds it. */
static void add_labels(struct postgres *postgres, const struct row *wanted)
{
    struct migration *migration = postgres->migration;
    const struct rows *labels = &postgres->wanted.sets[LABELS], *live = &postgres->live.sets[LABELS];
    const struct row *before = NULL, *first = NULL;
    for (size_t i = 0; i < live->count && !first; i++)
        first = is_of(&live->items[i], wanted) ? &live->items[i] : NULL;
    for (size_t i = 0; i < labels->count; i++) {
        const struct row *label = &labels->items[i];
        if (!is_of(label, wanted))
            continue;
        if (!postgres_find(&postgres->live, LABELS, label->cells[0], label->cells[1], label->cells[LABEL_TEXT])) {
            const char *place = before  ? text_format(migration, " AFTER %s", before->cells[LABEL_LITERAL])
                                : first ? text_format(migration, " BEFORE %s", first->cells[LABEL_LITERAL])
                                        : "";
            postgres_step(postgres, verb_add, PHASE_NONE,
                          text_format(migration, "ALTER TYPE %s ADD VALUE IF NOT EXISTS %s%s;\n",
                                      wanted->cells[TYPE_QUOTED], label->cells[LABEL_LITERAL], place),
                          "label %s of type %s", label->cells[LABEL_LITERAL], wanted->cells[1]);
        }
        before = label;
    }
}

/* Whether the live labels are the wanted ones in the same order, perhaps with some between them still to come. */
static bool is_only_longer(const struct postgres *postgres, const struct row *wanted)
{
    const struct rows *labels = &postgres->wanted.sets[LABELS], *live = &postgres->live.sets[LABELS];
    size_t at = 0;
    for (size_t i = 0; i < live->count; i++) {
        if (!is_of(&live->items[i], wanted))
            continue;
        while (at < labels->count &&
               !(is_of(&labels->items[at], wanted) && same_cell(&labels->items[at], &live->items[i], LABEL_TEXT)))
            at++;
        if (at++ == labels->count)
            return false;
    }
    return true;
}

/* The default of the column once its type is the new one. */
static const char *wanted_default(const struct postgres *postgres, const struct row *column)
{
    const struct row *wanted =
        postgres_find(&postgres->wanted, COLUMNS, column->cells[0], column->cells[1], column->cells[2]);
    return wanted ? wanted->cells[COLUMN_DEFAULT] : NULL;
}

/* PostgreSQL takes no label away: the type is made anew and its columns are moved over. */
static const char *remake_enum(struct postgres *postgres, const struct row *wanted, const struct row *live)
{
    struct migration *migration = postgres->migration;
    const char *shown = live->cells[TYPE_SHOWN], *array = text_format(migration, "%s[]", shown);
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_printf(&out, "ALTER TYPE %s RENAME TO errand_old_type;\nCREATE TYPE %s AS ENUM (%s);\n",
                  live->cells[TYPE_QUOTED], wanted->cells[TYPE_QUOTED], wanted->cells[TYPE_TEXT]);
    for (size_t i = 0; i < postgres->live.sets[COLUMNS].count; i++) {
        const struct row *column = &postgres->live.sets[COLUMNS].items[i];
        const char *type = column->cells[COLUMN_TYPE], *name = column->cells[COLUMN_QUOTED];
        bool is_array = strcmp(type, array) == 0;
        if ((strcmp(type, shown) != 0 && !is_array) || column->cells[COLUMN_GENERATED][0])
            continue;
        const struct row *table = postgres_find(&postgres->live, RELATIONS, column->cells[0], column->cells[1], NULL);
        const char *alter =
            text_format(migration, "ALTER TABLE %s ALTER COLUMN %s", table ? table->cells[RELATION_QUOTED] : "", name);
        const char *value = wanted_default(postgres, column);
        if (column->cells[COLUMN_DEFAULT])
            buffer_printf(&out, "%s DROP DEFAULT;\n", alter);
        buffer_printf(&out, "%s TYPE %s%s USING %s::text%s::%s%s;\n", alter, wanted->cells[TYPE_QUOTED],
                      is_array ? "[]" : "", name, is_array ? "[]" : "", wanted->cells[TYPE_QUOTED],
                      is_array ? "[]" : "");
        if (value)
            buffer_printf(&out, "%s SET DEFAULT %s;\n", alter, value);
    }
    buffer_printf(&out, "DROP TYPE %.*s.errand_old_type;\n",
                  (int)(strlen(live->cells[TYPE_QUOTED]) - strlen(strrchr(live->cells[TYPE_QUOTED], '.'))),
                  live->cells[TYPE_QUOTED]);
    return text_take(migration, &out);
}

/* The type itself, or its array. */
static bool is_type(const char *type, const char *shown)
{
    size_t size = strlen(shown);
    const char *rest = type + size;
    return strncmp(type, shown, size) == 0 &&
           (*rest == '\0' || strcmp(rest, "[]") == 0 || strncmp(rest, " COLLATE ", 9) == 0);
}

static void change_enum(struct postgres *postgres, const struct row *wanted, const struct row *live)
{
    if (is_only_longer(postgres, wanted)) {
        add_labels(postgres, wanted);
        return;
    }
    const char *others = "";
    for (size_t i = 0; i < postgres->wanted.sets[COLUMNS].count; i++) {
        const struct row *column = &postgres->wanted.sets[COLUMNS].items[i];
        if (!strstr(column->cells[COLUMN_TYPE], wanted->cells[TYPE_SHOWN]))
            continue;
        *GROW(postgres->migration, postgres->absent, postgres->absent_count) = column;
        postgres_remake_views(postgres, column);
    }
    for (size_t i = 0; i < postgres->live.sets[COLUMNS].count; i++) {
        struct row *column = &postgres->live.sets[COLUMNS].items[i];
        if (!is_type(column->cells[COLUMN_TYPE], live->cells[TYPE_SHOWN]))
            continue;
        if (!column->cells[COLUMN_GENERATED][0])
            others = text_format(postgres->migration, "%s%s", others, postgres_clear_way(postgres, column, false));
        else if (!column->remade)
            postgres_remake_computed(postgres, column);
    }
    struct migrate_step *step = postgres_step(postgres, verb_change, PHASE_COLUMN, remake_enum(postgres, wanted, live),
                                              "type %s", wanted->cells[1]);
    step->remark = text_format(postgres->migration,
                               "its labels: %s; were: %s. A row with a label that goes is refused: say "
                               "before what it gets%s",
                               wanted->cells[TYPE_TEXT], live->cells[TYPE_TEXT], others);
}

/* ---- Which columns have it ---- */

static bool is_array(const struct row *column)
{
    return strstr(column->cells[COLUMN_TYPE], "[]") != NULL;
}

/* The next column of the type behind that one; NULL: there is none. */
static const struct row *next_user(const struct postgres *postgres, const struct row *type, const struct row *behind)
{
    const struct rows *columns = &postgres->live.sets[COLUMNS];
    for (const struct row *row = behind ? behind + 1 : columns->items; row < columns->items + columns->count; row++)
        if (is_type(row->cells[COLUMN_TYPE], type->cells[TYPE_SHOWN]))
            return row;
    return NULL;
}

static const struct row *table_of(const struct postgres *postgres, const struct row *column)
{
    return postgres_find(&postgres->live, RELATIONS, column->cells[0], column->cells[1], NULL);
}

static const char *users(struct postgres *postgres, const struct row *type)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (const struct row *user = NULL; (user = next_user(postgres, type, user));)
        buffer_printf(&out, "%s%s.%s", out.size ? ", " : "", user->cells[TABLE_NAME], user->cells[OBJECT_NAME]);
    return text_take(postgres->migration, &out);
}

/* Whether a row holds a value of the type for which the condition, on `value`, is not so. */
static bool is_refused(struct postgres *postgres, const struct row *type, const char *condition)
{
    for (const struct row *user = NULL; (user = next_user(postgres, type, user));) {
        const struct row *table = table_of(postgres, user);
        bool array = is_array(user);
        if (table && postgres_asks(postgres, text_format(postgres->migration,
                                                         "SELECT 1 FROM (SELECT %s%s%s AS value FROM %s) AS x "
                                                         "WHERE NOT (%s) LIMIT 1",
                                                         array ? "unnest(" : "", user->cells[COLUMN_QUOTED],
                                                         array ? ")" : "", table->cells[RELATION_QUOTED], condition)))
            return true;
    }
    return false;
}

/* Why rows are not to be checked without being told; NULL: they may be. */
static const char *reason_to_wait(struct postgres *postgres, const struct row *type, const char *condition)
{
    struct migration *migration = postgres->migration;
    if (is_refused(postgres, type, condition))
        return "there are rows that it refuses: say before what they get";
    for (const struct row *user = NULL; (user = next_user(postgres, type, user));) {
        const struct row *table = table_of(postgres, user);
        const char *size = table ? postgres_is_large(postgres, table->cells[RELATION_QUOTED]) : NULL;
        if (is_array(user))
            return text_format(migration,
                               "the server refuses it while %s.%s is an array of the type: write before it what gives "
                               "that another type, and behind it what gives it back",
                               user->cells[TABLE_NAME], user->cells[OBJECT_NAME]);
        if (size)
            return text_format(migration, "all of the table %s, %s, is read, and nobody writes it meanwhile",
                               user->cells[TABLE_NAME], size);
    }
    return NULL;
}

/* ---- Domains ---- */

static struct migrate_step *alter(struct postgres *postgres, const struct row *type, enum phase phase, struct verb verb,
                                  const char *change, const char *what)
{
    const char *noun = type->cells[TYPE_KIND][0] == 'd' ? "DOMAIN" : "TYPE";
    const char *sql = text_format(postgres->migration, "ALTER %s %s %s;\n", noun, type->cells[TYPE_QUOTED], change);
    return postgres_step(postgres, verb, phase, sql, "%s of type %s", what, type->cells[1]);
}

static void change_domain_null(struct postgres *postgres, const struct row *wanted)
{
    if (!true_cell(wanted, TYPE_NOT_NULL)) {
        alter(postgres, wanted, PHASE_NONE, verb_drop, "DROP NOT NULL", "NOT NULL");
        return;
    }
    const char *reason = reason_to_wait(postgres, wanted, "value IS NOT NULL");
    alter(postgres, wanted, reason ? PHASE_ADD_CONSTRAINT : PHASE_NONE, verb_add, "SET NOT NULL", "NOT NULL")->remark =
        reason;
}

static void add_check(struct postgres *postgres, const struct row *type, const struct row *check)
{
    struct migration *migration = postgres->migration;
    const char *name = check->cells[CHECK_QUOTED], *what = text_format(migration, "constraint %s", check->cells[2]);
    const struct row *there = postgres_find(&postgres->live, CHECKS, check->cells[0], check->cells[1], check->cells[2]);
    const char *reason = there && !there->matched ? "it takes the place of the one of that name"
                                                  : reason_to_wait(postgres, type, check->cells[CHECK_CONDITION]);
    bool later = !reason && next_user(postgres, type, NULL);
    const char *add =
        text_format(migration, "ADD CONSTRAINT %s %s%s", name, check->cells[CHECK_TEXT], later ? " NOT VALID" : "");
    alter(postgres, type, reason ? PHASE_ADD_CONSTRAINT : PHASE_NONE, verb_add, add, what)->remark = reason;
    if (later)
        alter(postgres, type, PHASE_NONE, verb_validate, text_format(migration, "VALIDATE CONSTRAINT %s", name), what);
}

/* Of one that is there: it goes, or an interrupted run has not validated it. */
static void see_check(struct postgres *postgres, const struct row *type, const struct row *check)
{
    struct migration *migration = postgres->migration;
    const char *name = check->cells[CHECK_QUOTED], *what = text_format(migration, "constraint %s", check->cells[2]);
    if (!check->matched) {
        alter(postgres, type, PHASE_DROP_CONSTRAINT, verb_drop,
              text_format(migration, "DROP CONSTRAINT IF EXISTS %s", name), what)
            ->remark = text_format(migration, "it was: %s", check->cells[CHECK_TEXT]);
        return;
    }
    if (true_cell(check, CHECK_VALID))
        return;
    const char *reason = reason_to_wait(postgres, type, check->cells[CHECK_CONDITION]);
    alter(postgres, type, reason ? PHASE_ADD_CONSTRAINT : PHASE_NONE, verb_validate,
          text_format(migration, "VALIDATE CONSTRAINT %s", name), what)
        ->remark = reason;
}

static void change_domain(struct postgres *postgres, const struct row *wanted, const struct row *live)
{
    const char *value = wanted->cells[TYPE_DEFAULT];
    if (!same_cell(wanted, live, TYPE_DEFAULT))
        alter(postgres, wanted, PHASE_NONE, verb_change,
              value ? text_format(postgres->migration, "SET DEFAULT %s", value) : "DROP DEFAULT", "default");
    if (!same_cell(wanted, live, TYPE_NOT_NULL))
        change_domain_null(postgres, wanted);
    for (size_t i = 0; i < postgres->live.sets[CHECKS].count; i++)
        if (is_of(&postgres->live.sets[CHECKS].items[i], live))
            see_check(postgres, wanted, &postgres->live.sets[CHECKS].items[i]);
    for (size_t i = 0; i < postgres->wanted.sets[CHECKS].count; i++) {
        const struct row *check = &postgres->wanted.sets[CHECKS].items[i];
        if (is_of(check, wanted) && !check->matched)
            add_check(postgres, wanted, check);
    }
}

/* ---- Composite types ---- */

static const struct row *attribute(const struct catalog *side, const struct row *like)
{
    return postgres_find(side, ATTRIBUTES, like->cells[0], like->cells[1], like->cells[2]);
}

/* New attributes come to the end, and those that stay keep their order. */
static bool is_in_order(const struct postgres *postgres, const struct row *wanted)
{
    const struct rows *attributes = &postgres->wanted.sets[ATTRIBUTES];
    const struct row *last = NULL;
    bool fresh = false;
    for (size_t i = 0; i < attributes->count; i++) {
        if (!is_of(&attributes->items[i], wanted))
            continue;
        const struct row *live = attribute(&postgres->live, &attributes->items[i]);
        if (live && (fresh || live < last))
            return false;
        fresh |= !live;
        last = live ? live : last;
    }
    return true;
}

/* The type of an attribute cannot be changed while a column has it. */
static bool can_be_altered(const struct postgres *postgres, const struct row *wanted, const struct row *live)
{
    const struct rows *attributes = &postgres->wanted.sets[ATTRIBUTES];
    bool same_types = true;
    for (size_t i = 0; i < attributes->count; i++) {
        const struct row *row = &attributes->items[i];
        const struct row *there = is_of(row, wanted) ? attribute(&postgres->live, row) : NULL;
        same_types &= !there || same_cell(row, there, ATTRIBUTE_TYPE);
    }
    return is_in_order(postgres, wanted) && (same_types || !next_user(postgres, live, NULL));
}

static void change_composite(struct postgres *postgres, const struct row *wanted, const struct row *live)
{
    struct migration *migration = postgres->migration;
    const struct rows *news = &postgres->wanted.sets[ATTRIBUTES], *olds = &postgres->live.sets[ATTRIBUTES];
    for (size_t i = 0; i < news->count; i++) {
        const char *const *cells = news->items[i].cells;
        const struct row *there = is_of(&news->items[i], wanted) ? attribute(&postgres->live, &news->items[i]) : NULL;
        if (!is_of(&news->items[i], wanted) || (there && same_cell(there, &news->items[i], ATTRIBUTE_TYPE)))
            continue;
        const char *change = text_format(migration, there ? "ALTER ATTRIBUTE %s TYPE %s" : "ADD ATTRIBUTE %s %s",
                                         cells[ATTRIBUTE_QUOTED], cells[ATTRIBUTE_TYPE]);
        alter(postgres, wanted, PHASE_NONE, there ? verb_change : verb_add, change,
              text_format(migration, "attribute %s", cells[OBJECT_NAME]));
    }
    for (size_t i = 0; i < olds->count; i++)
        if (is_of(&olds->items[i], live) && !attribute(&postgres->wanted, &olds->items[i]))
            alter(postgres, wanted, PHASE_COLUMN, verb_drop,
                  text_format(migration, "DROP ATTRIBUTE IF EXISTS %s", olds->items[i].cells[ATTRIBUTE_QUOTED]),
                  text_format(migration, "attribute %s", olds->items[i].cells[OBJECT_NAME]))
                ->remark = "what is in it is lost";
}

/* ---- All types ---- */

static void remake(struct postgres *postgres, const struct schema_statement *statement, const struct row *wanted,
                   const struct row *live)
{
    struct migration *migration = postgres->migration;
    const char *noun = live->cells[TYPE_KIND][0] == 'd' ? "DOMAIN" : "TYPE", *columns = users(postgres, live);
    const char *sql = text_format(migration, "DROP %s %s;\n%s;\n", noun, live->cells[TYPE_QUOTED], statement->sql);
    struct migrate_step *step = postgres_step(postgres, verb_change, PHASE_COLUMN, sql, "type %s", wanted->cells[1]);
    step->remark = text_format(migration, "it was: %s. It cannot become the new one: it is dropped and made anew",
                               live->cells[TYPE_TEXT]);
    if (*columns)
        step->remark = text_format(migration,
                                   "%s, which the server refuses while columns have it: write before it what gives "
                                   "another type to %s, and behind it what gives them the new one",
                                   step->remark, columns);
}

void postgres_type(struct postgres *postgres, const struct schema_statement *statement, const char *schema,
                   const char *name)
{
    const struct row *wanted = postgres_find(&postgres->wanted, TYPES, schema, name, NULL);
    const struct row *live = postgres_find(&postgres->live, TYPES, schema, name, NULL);
    if (!live) {
        postgres_step(postgres, verb_create, PHASE_NONE, text_format(postgres->migration, "%s;\n", statement->sql),
                      "%s", statement->what);
        return;
    }
    if (!wanted || (same_cell(wanted, live, TYPE_KIND) && same_cell(wanted, live, TYPE_TEXT)))
        return;
    const char kind = same_cell(wanted, live, TYPE_KIND) ? wanted->cells[TYPE_KIND][0] : '\0';
    if (kind == 'e')
        change_enum(postgres, wanted, live);
    else if (kind == 'd' && same_cell(wanted, live, TYPE_BASE))
        change_domain(postgres, wanted, live);
    else if (kind == 'c' && can_be_altered(postgres, wanted, live))
        change_composite(postgres, wanted, live);
    else
        remake(postgres, statement, wanted, live);
}
