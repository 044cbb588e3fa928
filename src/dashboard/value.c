/* The cells of a job or record, on pages and in JSON. */
#include "dashboard/value.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"
#include "dashboard/link.h"
#include "record/field.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ---- Columns ---- */

const struct errand_column *column_called(const struct errand_table *table, const char *name)
{
    const struct errand_column *similar = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
        if (form_same_name(table->columns[i].name, name))
            similar = &table->columns[i];
    }
    return similar;
}

static bool is_key(const struct errand_table *table, const struct errand_column *column)
{
    for (size_t i = 0; i < table->primary_key_count; i++) {
        if (&table->columns[table->primary_key[i]] == column)
            return true;
    }
    return false;
}

bool column_is_own(const struct errand_table *table, const struct errand_column *column)
{
    return !column->managed && !column->generated && !is_key(table, column);
}

/* In any spelling: "apikey", "api_key" and "apiKey" have the part "apikey". */
static bool has_part(const char *name, const char *part)
{
    for (; *name; name++) {
        const char *wanted = part;
        for (const char *at = name; *wanted && (*at == '_' || tolower((unsigned char)*at) == *wanted); at++)
            wanted += *at != '_';
        if (!*wanted)
            return true;
    }
    return false;
}

/* The part of a name up to the next _ or hump: "api_key", "apiKey". */
static size_t word_size(const char *name)
{
    size_t size = 1;
    while (name[size] && name[size] != '_' &&
           !(isupper((unsigned char)name[size]) && islower((unsigned char)name[size - 1])))
        size++;
    return size;
}

/* Only as whole words: there are a compass, a hashtag and a monkey. */
static bool has_word(const char *name, const char *const *words)
{
    for (size_t size; *name; name += size, name += strspn(name, "_")) {
        size = word_size(name);
        for (size_t i = 0; words[i]; i++) {
            if (strlen(words[i]) == size && strncasecmp(words[i], name, size) == 0)
                return true;
        }
    }
    return false;
}

static bool says_secret(const char *name)
{
    static const char *const parts[] = { "password",   "passwd", "passphrase", "passcode",   "passhash", "pwhash",
                                         "credential", "secret", "token",      "privatekey", "apikey",   "accesskey" };
    static const char *const words[] = { "pass", "pw", "pwd", "hash", "hashes", "salt", "creds", "otp", "pin", NULL };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (has_part(name, parts[i]))
            return true;
    }
    return has_word(name, words);
}

static bool says_key(const char *name)
{
    static const char *const words[] = { "key", "keys", NULL };
    return has_word(name, words);
}

static bool holds_text(const struct errand_column *column)
{
    return column->type == ERRAND_TYPE_BYTES || (column->type == ERRAND_TYPE_TEXT && !column_is_number(column));
}

/* What tells one row from the others is masked only where it can be a secret itself, as the text that a session is
   found by; "key" in its name says nothing then. */
bool column_is_masked(const struct errand_table *table, const struct errand_column *column)
{
    const struct errand_foreign_key *key = column_foreign_key(table, column);
    if (!key && !is_key(table, column))
        return says_secret(column->name) || says_key(column->name);
    return holds_text(column) &&
           (says_secret(column->name) || (key && says_secret(key->target->columns[key->target_column].name)));
}

bool column_has_default(const struct errand_column *column)
{
    return column->has_default || column->default_text;
}

bool column_is_required(const struct errand_column *column)
{
    return !column->nullable && !column_has_default(column);
}

bool column_is_json(const struct errand_column *column)
{
    return column->type == ERRAND_TYPE_TEXT &&
           (strcmp(column->sql_type, "jsonb") == 0 || strcmp(column->sql_type, "json") == 0);
}

bool column_is_number(const struct errand_column *column)
{
    return (column->type >= ERRAND_TYPE_INT16 && column->type <= ERRAND_TYPE_DOUBLE) ||
           strncmp(column->sql_type, "numeric", 7) == 0;
}

const struct errand_foreign_key *column_foreign_key(const struct errand_table *table,
                                                    const struct errand_column *column)
{
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        if (&table->columns[table->foreign_keys[i].column] == column)
            return &table->foreign_keys[i];
    }
    return NULL;
}

static bool is_name(const struct errand_table *table, const struct errand_column *column)
{
    return column->type == ERRAND_TYPE_TEXT && !column_is_masked(table, column) && !column_is_json(column) &&
           !is_key(table, column);
}

const struct errand_column *table_name_column(const struct errand_table *table)
{
    static const char *const names[] = { "name",  "title",    "label",      "display_name", "full_name",
                                         "email", "username", "short_name", "subject",      "slug" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct errand_column *column = column_called(table, names[i]);
        if (column && is_name(table, column))
            return column;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        if (is_name(table, &table->columns[i]))
            return &table->columns[i];
    }
    return NULL;
}

bool table_has_records(const struct errand_dashboard_service *service, const char *table)
{
    if (service->shows_all)
        return true;
    for (size_t i = 0; i < ERRAND_DASHBOARD_RECORDS_MAX && service->config->records[i]; i++) {
        if (strcmp(service->config->records[i], table) == 0)
            return true;
    }
    return false;
}

/* ---- Values ---- */

struct errand_value value_named(const struct errand_table *table, const char *column, const void *record)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, column) == 0)
            return field_value(&table->columns[i], record);
    }
    return (struct errand_value){ .kind = ERRAND_VALUE_NONE };
}

const char *value_string(struct errand_value value)
{
    return value.kind == ERRAND_VALUE_TEXT ? value.as.text.data : "";
}

static const char *bytes_text(struct errand_context *ctx, struct errand_value value, size_t most)
{
    const unsigned char *bytes = (const unsigned char *)value.as.text.data;
    size_t size = value.as.text.size < most ? value.as.text.size : most;
    char *text = errand_alloc(ctx, 2 * size + 3);
    strcpy(text, "\\x");
    for (size_t i = 0; i < size; i++) {
        text[2 + 2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[3 + 2 * i] = "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

/* Everything but NULL, as text that admin_value takes again. */
static const char *plain_text(struct errand_context *ctx, struct errand_value value)
{
    char text[POINT_TEXT_MAX];
    switch (value.kind) {
    case ERRAND_VALUE_BOOL:
        return value.as.boolean ? "true" : "false";
    case ERRAND_VALUE_INT:
        return errand_printf(ctx, "%" PRId64, value.as.integer);
    case ERRAND_VALUE_DOUBLE:
        return errand_strdup(ctx, number_format(value.as.number, NUMBER_DIGITS_MAX, text));
    case ERRAND_VALUE_TEXT:
        return value.as.text.data;
    case ERRAND_VALUE_BYTES:
        return bytes_text(ctx, value, value.as.text.size);
    case ERRAND_VALUE_TIME:
        return errand_strdup(ctx, clock_format(value.as.integer, text));
    case ERRAND_VALUE_DATE:
        return errand_strdup(ctx, clock_format_date((errand_date)value.as.integer, text));
    case ERRAND_VALUE_CLOCK:
        return errand_strdup(ctx, clock_format_day_time(value.as.integer, text));
    case ERRAND_VALUE_POINT:
        return errand_strdup(ctx, point_format(value.as.point, text));
    default:
        return NULL;
    }
}

const char *value_text(struct errand_context *ctx, const struct errand_column *column, const void *record)
{
    return plain_text(ctx, field_value(column, record));
}

/* ---- On pages ---- */

/* No two labels may read the same, so nothing is left out, as it is of the names of columns. */
static const char *label_words(struct html *out, const char *label)
{
    char *words = errand_strdup(out->page->ctx, label);
    for (char *at = words; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
    words[0] = (char)toupper((unsigned char)words[0]);
    return words;
}

const char *value_words(struct html *out, const struct errand_column *column, const char *text)
{
    if (column->type == ERRAND_TYPE_ENUM)
        return out->page->service->shows_all ? text : label_words(out, text);
    if (column->type != ERRAND_TYPE_BOOL)
        return text;
    return strcmp(text, "true") == 0 ? "yes" : strcmp(text, "false") == 0 ? "no" : text;
}

/* The beginning of a text, never the half of a character. */
static void show_cut(struct html *out, const char *text, size_t most)
{
    size_t size = 0;
    for (size_t length; size < most && text[size] && text[size] != '\n'; size += length) {
        length = utf8_sequence(text + size, strnlen(text + size, 4));
        length = length ? length : 1;
    }
    html_escape(out, text, size);
    if (text[size])
        html_raw(out, "…");
}

static void show_null(struct html *out)
{
    html_raw(out, "<span class=\"none\" title=\"NULL\">–</span>");
}

static void show_reference(struct html *out, const struct errand_foreign_key *key, const void *record, const char *id,
                           bool whole)
{
    const struct errand_table *target = key->target;
    bool by_key = target->primary_key_count == 1 && target->primary_key[0] == key->target_column;
    bool is_linked = by_key && table_has_records(out->page->service, target->name);
    const void *loaded = *(const void *const *)((const char *)record + key->loaded);
    const struct errand_column *name = is_linked && loaded ? table_name_column(target) : NULL;
    const char *text = name ? value_text(out->page->ctx, name, loaded) : NULL;
    if (is_linked)
        html_printf(out, "<a href=\"%s\">", link_record(out, target->name, id));
    if (text && *text)
        show_cut(out, text, VALUE_SHORT_MAX);
    else if (!whole && target->columns[key->target_column].type == ERRAND_TYPE_UUID)
        html_printf(out, "<code>%.8s</code>", id);
    else
        html_printf(out, "<code>%s</code>", id);
    if (is_linked)
        html_raw(out, "</a>");
    if (text && *text && whole)
        html_printf(out, " <code class=\"aside\">%s</code>", id);
}

static void show_text(struct html *out, const struct errand_column *column, const char *text, bool whole)
{
    bool is_code = column_is_json(column) || column->type == ERRAND_TYPE_UUID;
    if (!whole && column->type == ERRAND_TYPE_UUID) {
        html_printf(out, "<code title=\"%s\">%.8s</code>", text, text);
    } else if (!whole) {
        html_raw(out, is_code ? "<code>" : "<span>");
        show_cut(out, text, VALUE_SHORT_MAX);
        html_raw(out, is_code ? "</code>" : "</span>");
    } else if (strchr(text, '\n') || column_is_json(column)) {
        html_printf(out, "<pre>%s</pre>", text);
    } else {
        html_printf(out, is_code ? "<code>%s</code>" : "<span class=\"text\">%s</span>", text);
    }
}

static void show(struct html *out, const struct errand_table *table, const struct errand_column *column,
                 const void *record, bool whole)
{
    struct errand_value value = field_value(column, record);
    const struct errand_foreign_key *key = column_foreign_key(table, column);
    if (value.kind == ERRAND_VALUE_NULL || value.kind == ERRAND_VALUE_NONE)
        show_null(out);
    else if (column_is_masked(table, column) && !out->page->service->shows_all)
        html_raw(out, "<span class=\"none\" title=\"The name of the column says that this is a secret.\">" VALUE_MASK
                      "</span>");
    else if (key)
        show_reference(out, key, record, plain_text(out->page->ctx, value), whole);
    else if (value.kind == ERRAND_VALUE_BOOL)
        html_raw(out, value_words(out, column, value.as.boolean ? "true" : "false"));
    else if (value.kind == ERRAND_VALUE_TIME && !whole)
        html_time_ago(out, value.as.integer);
    else if (value.kind == ERRAND_VALUE_TIME)
        html_time(out, value.as.integer);
    else if (value.kind == ERRAND_VALUE_BYTES)
        html_printf(out, "<code>%s%s</code> <span class=\"aside\">%s bytes</span>",
                    bytes_text(out->page->ctx, value, 16), value.as.text.size > 16 ? "…" : "",
                    format_count(out->page, (int64_t)value.as.text.size));
    else if (value.kind == ERRAND_VALUE_TEXT)
        show_text(out, column, value_words(out, column, value.as.text.data), whole);
    else
        html_printf(out, "<span class=\"number\">%s</span>", plain_text(out->page->ctx, value));
}

void value_show_short(struct html *out, const struct errand_table *table, const struct errand_column *column,
                      const void *record)
{
    show(out, table, column, record, false);
}

void value_show(struct html *out, const struct errand_table *table, const struct errand_column *column,
                const void *record)
{
    show(out, table, column, record, true);
    struct errand_value value = field_value(column, record);
    if (value.kind == ERRAND_VALUE_TIME && !column_is_masked(table, column))
        html_printf(out, " <span class=\"aside\">(%s)</span>", format_ago(out->page, value.as.integer));
}

/* ---- JSON ---- */

static bool is_json(const char *text)
{
    size_t at;
    return json_fault(text, &at) == NULL;
}

static bool is_json_number(const char *sql_type, const char *text)
{
    return strncmp(sql_type, "numeric", 7) == 0 && (*text == '-' || isdigit((unsigned char)*text)) && is_json(text);
}

/* The size of the first VALUE_LISTED_MAX characters. */
static size_t listed_size(struct errand_value value)
{
    const char *text = value.as.text.data;
    size_t size = 0, whole = value.as.text.size;
    for (int i = 0; i < VALUE_LISTED_MAX && size < whole; i++) {
        size_t length = utf8_sequence(text + size, whole - size);
        size += length ? length : 1;
    }
    return size;
}

/* Of a number, the beginning is another number. */
bool value_is_long(const struct errand_table *table, const struct errand_column *column, const void *record)
{
    struct errand_value value = field_value(column, record);
    if (column_is_masked(table, column) || column_is_number(column))
        return false;
    if (value.kind == ERRAND_VALUE_BYTES)
        return value.as.text.size > VALUE_LISTED_MAX;
    return value.kind == ERRAND_VALUE_TEXT && value.as.text.size > listed_size(value);
}

static const char *listed_text(struct errand_context *ctx, struct errand_value value)
{
    if (value.kind == ERRAND_VALUE_BYTES)
        return bytes_text(ctx, value, VALUE_LISTED_MAX);
    return errand_printf(ctx, "%.*s", (int)listed_size(value), value.as.text.data);
}

/* As a member of the object that is being written. */
static void value_json(struct errand_context *ctx, struct json *json, const struct errand_table *table,
                       const struct errand_column *column, const void *record)
{
    struct errand_value value = field_value(column, record);
    bool is_text = value.kind == ERRAND_VALUE_TEXT;
    if (value.kind == ERRAND_VALUE_NULL || value.kind == ERRAND_VALUE_NONE)
        json_null(json, column->name);
    else if (column_is_masked(table, column))
        json_text(json, column->name, VALUE_MASK);
    else if (value.kind == ERRAND_VALUE_BOOL)
        json_bool(json, column->name, value.as.boolean);
    else if (value.kind == ERRAND_VALUE_INT)
        json_int(json, column->name, value.as.integer);
    else if (value.kind == ERRAND_VALUE_DOUBLE)
        json_double(json, column->name, value.as.number);
    else if (value.kind == ERRAND_VALUE_TIME)
        json_time(json, column->name, value.as.integer);
    else if (is_text && column_is_json(column) && is_json(value.as.text.data))
        json_raw(json, column->name, value.as.text.data);
    else if (is_text && is_json_number(column->sql_type, value.as.text.data))
        json_raw(json, column->name, value.as.text.data);
    else
        json_text(json, column->name, plain_text(ctx, value));
}

void record_json(struct errand_context *ctx, struct json *json, const char *name, const struct errand_table *table,
                 const void *record)
{
    json_begin(json, name, '{');
    for (size_t i = 0; i < table->column_count; i++)
        value_json(ctx, json, table, &table->columns[i], record);
    json_end(json, '}');
}

void record_json_short(struct errand_context *ctx, struct json *json, const char *name,
                       const struct errand_table *table, const void *record)
{
    json_begin(json, name, '{');
    for (size_t i = 0; i < table->column_count; i++) {
        const struct errand_column *column = &table->columns[i];
        if (value_is_long(table, column, record))
            json_text(json, column->name, listed_text(ctx, field_value(column, record)));
        else
            value_json(ctx, json, table, column, record);
    }
    json_end(json, '}');
}
