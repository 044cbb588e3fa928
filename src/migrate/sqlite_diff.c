/* Two CREATE TABLEs compared, and the rows asked whether they fit. */
#include "migrate/sqlite.h"

#include "base/error.h"

#include <string.h>
#include <strings.h>

struct diff {
    struct migration *migration;
    const struct lite_table *live, *wanted;
    struct lite_changes *changes;
};

static const struct lite_constraint *find_constraint(const struct lite_table *table, const char *text)
{
    for (size_t i = 0; i < table->item_count; i++)
        for (size_t c = 0; c < table->items[i].constraint_count; c++)
            if (strcmp(table->items[i].constraints[c].text, text) == 0)
                return &table->items[i].constraints[c];
    return NULL;
}

/* A key of the same columns, whether it is the primary one or another. */
static const struct lite_constraint *find_key(const struct lite_table *table, const struct lite_constraint *key)
{
    for (size_t i = 0; i < table->item_count; i++) {
        for (size_t c = 0; c < table->items[i].constraint_count; c++) {
            const struct lite_constraint *other = &table->items[i].constraints[c];
            bool same = (other->kind == LITE_PRIMARY_KEY || other->kind == LITE_UNIQUE) &&
                        other->column_count == key->column_count;
            for (size_t n = 0; same && n < key->column_count; n++)
                same = strcasecmp(other->columns[n], key->columns[n]) == 0;
            if (same)
                return other;
        }
    }
    return NULL;
}

static bool is_key(const struct lite_constraint *constraint)
{
    return constraint->kind == LITE_PRIMARY_KEY || constraint->kind == LITE_UNIQUE;
}

/* ---- The rows ---- */

/* Whether the query finds a row. One that cannot be asked, because it names what is not there yet, finds none. */
static bool finds(struct diff *diff, const char *sql)
{
    bool any = false;
    struct errand_error ignored;
    return query_any(diff->migration, sql, &any, &ignored) == 0 && any;
}

static const char *quoted(struct diff *diff, const char *name)
{
    return lite_quoted(diff->migration, name);
}

static bool has_rows(struct diff *diff)
{
    return finds(diff, text_format(diff->migration, "SELECT 1 FROM %s LIMIT 1", quoted(diff, diff->live->name)));
}

static bool has_nulls(struct diff *diff, const char *column)
{
    return finds(diff, text_format(diff->migration, "SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1",
                                   quoted(diff, diff->live->name), quoted(diff, column)));
}

static const char *refused_by_key(struct diff *diff, const struct lite_constraint *key)
{
    struct buffer columns = BUFFER_INIT(MIGRATE_TEXT_MAX), filled = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (size_t i = 0; i < key->column_count; i++) {
        buffer_printf(&columns, "%s%s", i ? ", " : "", quoted(diff, key->columns[i]));
        buffer_printf(&filled, "%s%s IS NOT NULL", i ? " AND " : "", quoted(diff, key->columns[i]));
    }
    const char *list = text_take(diff->migration, &columns), *where = text_take(diff->migration, &filled);
    return text_format(diff->migration, "SELECT 1 FROM %s WHERE %s GROUP BY %s HAVING count(*) > 1 LIMIT 1",
                       quoted(diff, diff->live->name), where, list);
}

static const char *refused_by_reference(struct diff *diff, const struct lite_constraint *key)
{
    struct buffer filled = BUFFER_INIT(MIGRATE_TEXT_MAX), same = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (size_t i = 0; i < key->column_count && i < key->target_count; i++) {
        const char *column = quoted(diff, key->columns[i]), *target = quoted(diff, key->target_columns[i]);
        buffer_printf(&filled, "%schild.%s IS NOT NULL", i ? " AND " : "", column);
        buffer_printf(&same, "%sparent.%s = child.%s", i ? " AND " : "", target, column);
    }
    const char *where = text_take(diff->migration, &filled), *joined = text_take(diff->migration, &same);
    return text_format(diff->migration,
                       "SELECT 1 FROM %s AS child WHERE %s AND NOT EXISTS (SELECT 1 FROM %s AS parent WHERE %s) "
                       "LIMIT 1",
                       quoted(diff, diff->live->name), where, quoted(diff, key->target), joined);
}

static bool rows_refuse(struct diff *diff, const struct lite_constraint *constraint)
{
    switch (constraint->kind) {
    case LITE_PRIMARY_KEY:
    case LITE_UNIQUE:
        return finds(diff, refused_by_key(diff, constraint));
    case LITE_CHECK:
        return finds(diff, text_format(diff->migration, "SELECT 1 FROM %s WHERE NOT %s LIMIT 1",
                                       quoted(diff, diff->live->name), constraint->condition));
    default:
        return finds(diff, refused_by_reference(diff, constraint));
    }
}

/* ---- Changes ---- */

static struct lite_change *add_change(struct diff *diff, enum lite_effect effect, const struct lite_item *live,
                                      const struct lite_item *wanted, const char *what)
{
    struct lite_change *change = GROW(diff->migration, diff->changes->items, diff->changes->count);
    *change = (struct lite_change){ .effect = effect, .live = live, .wanted = wanted, .what = what };
    return change;
}

static void warn(struct diff *diff, struct lite_change *change, const char *remark)
{
    change->destructive = true;
    change->remark = change->remark ? text_format(diff->migration, "%s; %s", change->remark, remark) : remark;
}

/* True if every value that the live list allows is in the wanted one: an enum that got a label. */
static bool is_longer_list(struct diff *diff, const char *live, const char *wanted)
{
    const char *list = strstr(live, " in ( ");
    if (!list || strncmp(live, wanted, (size_t)(list + 6 - live)) != 0)
        return false;
    const char *allowed = text_format(diff->migration, " , %s", wanted + (list + 6 - live));
    for (const char *at = list + 6; *at && strncmp(at, ") )", 3) != 0;) {
        const char *end = strstr(at, " , ");
        const char *last = strstr(at, " ) )");
        if (!last)
            return false;
        end = end && end < last ? end : last;
        if (!strstr(allowed, text_format(diff->migration, " , %.*s ", (int)(end - at), at)))
            return false;
        if (end == last)
            break;
        at = end + 3;
    }
    return true;
}

static bool is_replaced_by_longer(struct diff *diff, const struct lite_constraint *gone, const struct lite_item *wanted)
{
    for (size_t i = 0; gone->kind == LITE_CHECK && i < wanted->constraint_count; i++)
        if (wanted->constraints[i].kind == LITE_CHECK && is_longer_list(diff, gone->text, wanted->constraints[i].text))
            return true;
    return false;
}

/* What the live item has and the wanted table has not. */
static bool see_lost(struct diff *diff, struct lite_change *change, const struct lite_item *live,
                     const struct lite_item *wanted)
{
    bool lost = false;
    for (size_t i = 0; i < live->constraint_count; i++) {
        const struct lite_constraint *constraint = &live->constraints[i];
        if (find_constraint(diff->wanted, constraint->text))
            continue;
        lost = true;
        bool kept = is_key(constraint) && !constraint->numbered && find_key(diff->wanted, constraint);
        if (change && !kept && !(wanted && is_replaced_by_longer(diff, constraint, wanted)))
            warn(diff, change, text_format(diff->migration, "it had: %s", constraint->text));
    }
    return lost;
}

static bool is_primary(const struct lite_item *item)
{
    for (size_t i = 0; i < item->constraint_count; i++)
        if (item->constraints[i].kind == LITE_PRIMARY_KEY)
            return true;
    return false;
}

/* The primary key goes, and not only to be a unique one: until it is told, no other can come. */
static bool loses_primary_key(struct diff *diff)
{
    for (size_t i = 0; i < diff->live->item_count; i++)
        for (size_t c = 0; c < diff->live->items[i].constraint_count; c++) {
            const struct lite_constraint *key = &diff->live->items[i].constraints[c];
            if (key->kind == LITE_PRIMARY_KEY && !find_key(diff->wanted, key))
                return true;
        }
    return false;
}

/* What the wanted item has and the live table has not. */
static bool see_gained(struct diff *diff, struct lite_change *change, const struct lite_item *wanted)
{
    bool gained = false;
    for (size_t i = 0; i < wanted->constraint_count; i++) {
        const struct lite_constraint *constraint = &wanted->constraints[i];
        if (find_constraint(diff->live, constraint->text))
            continue;
        gained = true;
        bool is_there = is_key(constraint) && find_key(diff->live, constraint);
        if (change && !is_there && rows_refuse(diff, constraint))
            warn(diff, change, text_format(diff->migration, "there are rows that it refuses: %s", constraint->text));
    }
    return gained;
}

/* A check that stands in the column is that of its type; those of the schema stand behind the columns. */
static bool is_narrower(struct diff *diff, const struct lite_item *live, const struct lite_item *wanted)
{
    for (size_t i = 0; i < wanted->constraint_count; i++) {
        const struct lite_constraint *check = &wanted->constraints[i];
        bool known = check->kind != LITE_CHECK || find_constraint(diff->live, check->text);
        for (size_t n = 0; !known && n < live->constraint_count; n++)
            known =
                live->constraints[n].kind == LITE_CHECK && is_longer_list(diff, live->constraints[n].text, check->text);
        if (!known)
            return true;
    }
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *type_of(const struct lite_item *item)
{
    return item->mark ? item->mark : item->type;
}

static bool any_row(struct diff *diff, const char *condition)
{
    return condition && finds(diff, text_format(diff->migration, "SELECT 1 FROM %s WHERE %s LIMIT 1",
                                                quoted(diff, diff->live->name), condition));
}

/* Of a column that does not say what its text is, the rows say whether it becomes another. */
static void see_type(struct diff *diff, struct lite_change *change, const struct lite_item *live,
                     const struct lite_item *wanted)
{
    struct migration *migration = diff->migration;
    bool same = lite_same_type(live, wanted);
    if (!same)
        warn(diff, change, text_format(migration, "its type: %s, was %s", type_of(wanted), type_of(live)));
    if (any_row(diff, lite_refused(migration, live, wanted)))
        warn(diff, change,
             text_format(migration, "there are rows with what is no %s: say before what they get", type_of(wanted)));
    else if (same && any_row(diff, lite_unlike(migration, live, wanted)))
        warn(diff, change,
             text_format(migration, "there are rows with what is no %s, and is made one", type_of(wanted)));
}

static void see_column(struct diff *diff, const struct lite_item *live, const struct lite_item *wanted)
{
    bool same = lite_same_type(live, wanted) && live->not_null == wanted->not_null &&
                same_text(live->default_value, wanted->default_value) &&
                same_text(live->computation, wanted->computation) && strcmp(live->collation, wanted->collation) == 0 &&
                !see_lost(diff, NULL, live, wanted) && !see_gained(diff, NULL, wanted);
    if (same)
        return;
    struct lite_change *change =
        add_change(diff, LITE_CHANGE_COLUMN, live, wanted,
                   text_format(diff->migration, "column %s.%s", diff->live->name, live->column));
    see_type(diff, change, live, wanted);
    if (strcmp(live->collation, wanted->collation) != 0)
        warn(diff, change, "its collation");
    if (!same_text(live->computation, wanted->computation))
        warn(diff, change, "how it is computed");
    if (wanted->not_null && !live->not_null && has_nulls(diff, live->column))
        warn(diff, change,
             wanted->default_value ? "there are rows with NULL, which get the default"
                                   : "there are rows with NULL: say before what they get");
    see_lost(diff, change, live, wanted);
    see_gained(diff, change, wanted);
    if (is_primary(wanted) && loses_primary_key(diff))
        warn(diff, change, "the primary key is another");
    if (is_narrower(diff, live, wanted))
        warn(diff, change, "its type takes less than before");
}

/* ---- New columns ---- */

static bool is_own_reference(const struct lite_constraint *key, const char *column)
{
    return key->kind == LITE_FOREIGN_KEY && key->column_count == 1 && strcasecmp(key->columns[0], column) == 0;
}

static bool has_own_reference(const struct lite_table *table, const char *column)
{
    for (size_t i = 0; i < table->item_count; i++)
        for (size_t c = 0; c < table->items[i].constraint_count; c++)
            if (is_own_reference(&table->items[i].constraints[c], column))
                return true;
    return false;
}

/* What SQLite's ADD COLUMN takes. */
static bool is_simple(struct diff *diff, const struct lite_item *item)
{
    for (size_t i = 0; i < item->constraint_count; i++)
        if (is_key(&item->constraints[i]))
            return false;
    const char *value = item->default_value;
    bool constant = !value || (value[0] != '(' && strncmp(value, "current_", 8) != 0);
    bool null = !value || strcmp(value, "null") == 0;
    if (has_own_reference(diff->wanted, item->column) && !null)
        return false;
    return constant && (!item->not_null || (!null && !item->computation));
}

static void see_new_column(struct diff *diff, const struct lite_item *wanted)
{
    struct lite_change *change =
        add_change(diff, LITE_ADD_COLUMN, NULL, wanted,
                   text_format(diff->migration, "column %s.%s", diff->live->name, wanted->column));
    change->simple = is_simple(diff, wanted);
    bool filled = wanted->default_value || wanted->computation || is_primary(wanted);
    change->destructive = wanted->not_null && !filled && has_rows(diff);
}

/* ---- Constraints of the table ---- */

static bool is_of_new_column(struct diff *diff, const struct lite_constraint *constraint)
{
    if (constraint->kind != LITE_FOREIGN_KEY || constraint->column_count != 1)
        return false;
    const struct lite_item *wanted = lite_find_column(diff->wanted, constraint->columns[0]);
    return wanted && !lite_find_column(diff->live, constraint->columns[0]) && is_simple(diff, wanted);
}

bool lite_needs_absent(const struct lite_changes *changes, const char *canonical)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct lite_change *change = &changes->items[i];
        if (change->effect != LITE_ADD_COLUMN || !change->destructive)
            continue;
        size_t length = strlen(change->wanted->column);
        for (const char *at = canonical; (at = strcasestr(at, change->wanted->column)); at++)
            if (at > canonical && strchr(" \"", at[-1]) && strchr(" \"", at[length]))
                return true;
    }
    return false;
}

static void see_constraint_item(struct diff *diff, const struct lite_item *live, const struct lite_item *wanted)
{
    const struct lite_item *item = wanted ? wanted : live;
    if (item->column || item->constraint_count == 0)
        return;
    const char *what =
        text_format(diff->migration, "constraint of %s: %s", diff->live->name, item->constraints[0].text);
    if (wanted && see_gained(diff, NULL, wanted) && !is_of_new_column(diff, &wanted->constraints[0])) {
        struct lite_change *change = add_change(diff, LITE_ADD_CONSTRAINT, NULL, wanted, what);
        see_gained(diff, change, wanted);
        if (wanted->constraints[0].kind == LITE_PRIMARY_KEY)
            warn(diff, change, "the primary key is another");
        if (lite_needs_absent(diff->changes, wanted->constraints[0].text))
            warn(diff, change, "it needs a column that is not there yet");
    } else if (live && see_lost(diff, NULL, live, NULL)) {
        see_lost(diff, add_change(diff, LITE_DROP_CONSTRAINT, live, NULL, what), live, NULL);
    }
}

/* ---- Renamed? ---- */

static bool may_be_renamed(const struct lite_change *gone, const struct lite_change *come)
{
    return come->effect == LITE_ADD_COLUMN && !come->renamed && lite_same_type(gone->live, come->wanted) &&
           !gone->live->computation && !come->wanted->computation;
}

/* A column that goes while one of the same type comes looks as a rename does; each that comes is taken once. */
static struct lite_change *find_new_name(const struct diff *diff, const struct lite_change *gone)
{
    for (size_t i = 0; i < diff->changes->count; i++)
        if (may_be_renamed(gone, &diff->changes->items[i]))
            return &diff->changes->items[i];
    return NULL;
}

static struct renaming renaming_of(struct diff *diff, const struct lite_item *gone, const struct lite_change *come)
{
    return (struct renaming){ .table = diff->live->name,
                              .gone = gone ? gone->column : NULL,
                              .come = come->wanted->column,
                              .quoted_table = quoted(diff, diff->live->name),
                              .quoted_gone = gone ? quoted(diff, gone->column) : NULL,
                              .quoted_come = quoted(diff, come->wanted->column),
                              .waits = come->destructive,
                              .drops_null = gone && !gone->not_null && come->wanted->not_null };
}

static void refuse(struct diff *diff, struct lite_change *come, const struct renaming *renaming)
{
    if (!come->destructive)
        return;
    come->refusal = renaming_refusal(diff->migration, renaming);
    warn(diff, come, text_format(diff->migration, "%s, or say here what they get in it", come->refusal));
}

static void hint_at_renames(struct diff *diff)
{
    for (size_t i = 0; i < diff->changes->count; i++) {
        struct lite_change *gone = &diff->changes->items[i];
        struct lite_change *come = gone->effect == LITE_DROP_COLUMN ? find_new_name(diff, gone) : NULL;
        if (!come)
            continue;
        struct renaming renaming = renaming_of(diff, gone->live, come);
        come->renamed = true;
        warn(diff, gone, renaming_remark(diff->migration, &renaming));
        refuse(diff, come, &renaming);
    }
    for (size_t i = 0; i < diff->changes->count; i++) {
        struct lite_change *come = &diff->changes->items[i];
        if (come->effect != LITE_ADD_COLUMN || come->renamed)
            continue;
        struct renaming renaming = renaming_of(diff, NULL, come);
        refuse(diff, come, &renaming);
    }
}

void lite_diff(struct migration *migration, const struct lite_table *live, const struct lite_table *wanted,
               struct lite_changes *changes)
{
    struct diff diff = { migration, live, wanted, changes };
    for (size_t i = 0; i < wanted->item_count; i++) {
        const struct lite_item *item = &wanted->items[i];
        const struct lite_item *before = item->column ? lite_find_column(live, item->column) : NULL;
        if (before)
            see_column(&diff, before, item);
        else if (item->column)
            see_new_column(&diff, item);
        else
            see_constraint_item(&diff, NULL, item);
    }
    for (size_t i = 0; i < live->item_count; i++) {
        const struct lite_item *item = &live->items[i];
        if (!item->column)
            see_constraint_item(&diff, item, NULL);
        else if (!lite_find_column(wanted, item->column))
            warn(&diff,
                 add_change(&diff, LITE_DROP_COLUMN, item, NULL,
                            text_format(migration, "column %s.%s", live->name, item->column)),
                 "what is in it is lost");
    }
    hint_at_renames(&diff);
}
