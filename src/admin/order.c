/* The order that rows are read in, and keys: the place of a row in it, as text for an address. A key holds what the row
   is ordered by, not which row it is, so it serves on when the row is gone. */
#include "admin/internal.h"

#include "record/context.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX_CHARACTERS = 200, KEY_MAX = 4 * 1024, WITH_ROW = 'w' };

/* ---- Which order ---- */

static bool has_rowid(struct errand_context *ctx, const struct errand_table *table)
{
    static const char sql[] = "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr = 0 AND "
                              "name = {name} COLLATE NOCASE";
    struct result *result = sql_run(ctx, table, sql, SQL_PARTS({ .name = "name", .value = errand_text(table->name) }));
    bool has = result_rows(result) > 0;
    result_free(result);
    return has;
}

static void add_column(struct order *order, const struct errand_column *column)
{
    enum value_class class = value_class(column);
    order->parts[order->count++] = (struct order_part){
        .column = column,
        .prefix = class == VALUE_TEXT || class == VALUE_OPAQUE,
        .as_number = class == VALUE_NUMERIC,
    };
}

/* Records have no age that every table keeps: by their key, which has an index, or by where they stand. */
static void add_key(const struct errand_table *table, struct order *order)
{
    for (size_t i = 0; i < table->primary_key_count && order->count < ORDER_PARTS_MAX; i++) {
        add_column(order, &table->columns[table->primary_key[i]]);
        order->parts[order->count - 1].prefix = false;
    }
    order->count += table->primary_key_count == 0;
}

/* The order in which rows came: SQLite numbers them, our generator's tables on PostgreSQL do; elsewhere the time of
   jobs. */
static void add_age(struct errand_context *ctx, const struct errand_table *table, struct order *order)
{
    const struct errand_column *position = column_named(table, "queue_position");
    const struct errand_column *created = column_named(table, "created_at"), *id = column_named(table, "id");
    if (context_kind(ctx) == STORE_SQLITE && has_rowid(ctx, table)) {
        order->count++;
    } else if (position && position->managed && !position->nullable && value_class(position) == VALUE_PLAIN) {
        order->by_position = order->count == 0;
        add_column(order, position);
    } else if (created && created->managed && id) {
        add_column(order, created);
        add_column(order, id);
    } else {
        add_key(table, order);
    }
}

struct order order_of(struct errand_context *ctx, const struct errand_table *table, int sort, bool descending)
{
    struct order order = { .descending = descending || sort == 0 };
    if (sort < 0 || (size_t)sort > table->column_count)
        context_refuse(ctx, CONTEXT_FAULT_INPUT, "the table %s has no column %d to sort by", table->name, sort);
    if (sort > 0) {
        const struct errand_column *column = &table->columns[sort - 1];
        if (!admin_sortable(column))
            context_refuse(ctx, CONTEXT_FAULT_INPUT, "jobs cannot be sorted by %s", column->name);
        add_column(&order, column);
    }
    add_age(ctx, table, &order);
    return order;
}

/* ---- In a statement ---- */

static void add_part(struct errand_context *ctx, const struct order_part *part)
{
    bool postgres = context_kind(ctx) == STORE_POSTGRES;
    bool as_number = part->as_number && !postgres;
    if (!part->column) {
        statement_add(ctx, postgres ? "ctid" : "_rowid_");
        return;
    }
    statement_add(ctx, part->prefix ? "substr(" : as_number ? "CAST(" : "");
    statement_add_name(ctx, part->column->name);
    if (part->prefix)
        statement_add(ctx, postgres ? "::text, 1, " : ", 1, ");
    if (part->prefix)
        statement_add(ctx, errand_printf(ctx, "%d)", PREFIX_CHARACTERS));
    statement_add(ctx, as_number ? " AS NUMERIC)" : "");
}

static bool is_nullable(const struct order_part *part)
{
    return part->column && part->column->nullable;
}

/* NULLs are the last, whichever way; read backward they come first. */
static void add_direction(struct errand_context *ctx, const struct order *order, size_t part)
{
    statement_add(ctx, order->descending != order->backward ? " DESC" : "");
    if (is_nullable(&order->parts[part]))
        statement_add(ctx, order->backward ? " NULLS FIRST" : " NULLS LAST");
}

void order_add(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    (void)table;
    const struct order *order = arg;
    for (size_t i = 0; i < order->count; i++) {
        statement_add(ctx, i ? ", " : "");
        add_part(ctx, &order->parts[i]);
        add_direction(ctx, order, i);
    }
}

void order_add_places(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    (void)table;
    const struct order_places *places = arg;
    for (size_t i = 0; i < places->order->count; i++) {
        statement_add(ctx, errand_printf(ctx, i ? ", %zu" : "%zu", places->first + i));
        add_direction(ctx, places->order, i);
    }
}

void order_add_keys(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    (void)table;
    const struct order *order = arg;
    for (size_t i = 0; i < order->count; i++) {
        statement_add(ctx, ", ");
        add_part(ctx, &order->parts[i]);
    }
}

/* ---- Keys: parts with dots between; "n" for NULL, else "v" and the text, with ~ and two digits for what is not a
   letter, a digit, - or _. A "w" in front: what lies at the row itself belongs to it too. ---- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static char *encode(char *at, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_plain(*text)) {
            *at++ = *text;
            continue;
        }
        *at++ = '~';
        *at++ = digits[c >> 4];
        *at++ = digits[c & 15];
    }
    return at;
}

const char *order_key(struct errand_context *ctx, const struct order *order, const struct result *result, size_t row,
                      size_t first)
{
    size_t size = 1;
    for (size_t i = 0; i < order->count; i++) {
        size_t length;
        result_cell(result, row, first + i, &length);
        size += 2 + 3 * length;
    }
    char *key = errand_alloc(ctx, size), *at = key;
    for (size_t i = 0; i < order->count; i++) {
        const char *cell = result_cell(result, row, first + i, NULL);
        if (i > 0)
            *at++ = '.';
        *at++ = cell ? 'v' : 'n';
        at = encode(at, cell ? cell : "");
    }
    return key;
}

const char *order_key_turned(struct errand_context *ctx, const char *key)
{
    if (!key)
        return NULL;
    return *key == WITH_ROW ? key + 1 : errand_printf(ctx, "%c%s", WITH_ROW, key);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads one part, up to its dot. NULL: it is none. */
static const char *decode(const char *key, char *text)
{
    for (; *key != '\0' && *key != '.'; key++) {
        if (is_plain(*key)) {
            *text++ = *key;
            continue;
        }
        int high = *key == '~' ? hex_digit(key[1]) : -1, low = high >= 0 ? hex_digit(key[2]) : -1;
        if (low < 0 || (high == 0 && low == 0))
            return NULL;
        *text++ = (char)(high * 16 + low);
        key += 2;
    }
    *text = '\0';
    return key;
}

/* "(block,row)", as PostgreSQL writes a ctid. */
static bool is_ctid(const char *text)
{
    char *end, *last;
    if (text[0] != '(' || !isdigit((unsigned char)text[1]))
        return false;
    unsigned long block = strtoul(text + 1, &end, 10);
    if (end[0] != ',' || !isdigit((unsigned char)end[1]))
        return false;
    unsigned long row = strtoul(end + 1, &last, 10);
    return block < UINT32_MAX && row <= UINT16_MAX && strcmp(last, ")") == 0;
}

static bool read_value(struct errand_context *ctx, const struct order_part *part, const char *text,
                       struct errand_value *value)
{
    static const struct errand_column number = { .name = "number", .sql_type = "bigint", .type = ERRAND_TYPE_INT64 };
    static const struct errand_column prefix = { .name = "prefix", .sql_type = "text", .type = ERRAND_TYPE_TEXT };
    bool is_place = !part->column && context_kind(ctx) == STORE_POSTGRES;
    const struct errand_column *column = part->prefix || is_place ? &prefix : part->column ? part->column : &number;
    if (is_place && !is_ctid(text))
        return false;
    return value_parse(ctx, column, text, value, NULL) == 0;
}

static bool read_key(struct errand_context *ctx, const struct order *order, const char *key,
                     struct errand_value values[ORDER_PARTS_MAX])
{
    size_t length = strlen(key);
    if (length > KEY_MAX)
        return false;
    for (size_t i = 0; i < order->count; i++, key++) {
        const struct order_part *part = &order->parts[i];
        char kind = *key;
        char *text = errand_alloc(ctx, length + 1);
        key = kind != '\0' ? decode(key + 1, text) : NULL;
        if (!key || *key != (i + 1 < order->count ? '.' : '\0'))
            return false;
        if (kind == 'n' && *text == '\0' && is_nullable(part))
            values[i] = errand_null();
        else if (kind != 'v' || !read_value(ctx, part, text, &values[i]))
            return false;
    }
    return true;
}

enum order_side { ORDER_BEHIND, ORDER_AT_OR_BEHIND, ORDER_UNTIL };

/* (a, b) < ($1, $2), from the given part on. */
static void add_comparison(struct errand_context *ctx, const struct order *order, size_t from,
                           const struct errand_value *values, enum order_side side)
{
    static const char *const operators[][2] = {
        [ORDER_BEHIND] = { ") > (", ") < (" },
        [ORDER_AT_OR_BEHIND] = { ") >= (", ") <= (" },
        [ORDER_UNTIL] = { ") <= (", ") >= (" },
    };
    bool down = order->descending != order->backward;
    statement_add(ctx, "(");
    for (size_t i = from; i < order->count; i++) {
        statement_add(ctx, i > from ? ", " : "");
        add_part(ctx, &order->parts[i]);
    }
    statement_add(ctx, operators[side][down]);
    for (size_t i = from; i < order->count; i++) {
        bool as_number = order->parts[i].as_number && context_kind(ctx) == STORE_SQLITE;
        statement_add(ctx, i > from ? ", " : "");
        statement_add(ctx, as_number ? "CAST(" : "");
        statement_add_value(ctx, values[i]);
        statement_add(ctx, as_number ? " AS NUMERIC)" : "");
    }
    statement_add(ctx, ")");
}

/* Only what is sorted by can be NULL, and it stands first. Behind a value come greater ones and the NULLs; behind a
   NULL other NULLs. A comparison with a NULL is not true, so the NULLs are left out where they are not named. */
void order_add_bound(struct errand_context *ctx, const struct errand_table *table, const void *arg)
{
    const struct order_bound *bound = arg;
    const struct order *order = bound->order;
    struct errand_value values[ORDER_PARTS_MAX];
    if (!bound->key)
        return;
    bool with_row = *bound->key == WITH_ROW;
    if (!read_key(ctx, order, bound->key + with_row, values))
        context_refuse(ctx, CONTEXT_FAULT_INPUT, "\"%.100s\" is not a place in the list of %s", bound->key,
                       table->name);
    bool at_null = values[0].kind == ERRAND_VALUE_NULL, nullable = is_nullable(&order->parts[0]);
    statement_add(ctx, " AND (");
    if (bound->until) {
        add_comparison(ctx, order, 0, values, ORDER_UNTIL);
        statement_add(ctx, ")");
        return;
    }
    if (at_null) {
        add_part(ctx, &order->parts[0]);
        statement_add(ctx, order->backward ? " IS NOT NULL OR " : " IS NULL AND ");
    }
    add_comparison(ctx, order, at_null, values, with_row ? ORDER_AT_OR_BEHIND : ORDER_BEHIND);
    if (nullable && !at_null && !order->backward) {
        statement_add(ctx, " OR ");
        add_part(ctx, &order->parts[0]);
        statement_add(ctx, " IS NULL");
    }
    statement_add(ctx, ")");
}
