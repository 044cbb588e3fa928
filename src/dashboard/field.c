/* Fields for columns, and what was entered in them. Reading a value from text is admin_value's. */
#include "dashboard/field.h"

#include "base/error.h"

#include <string.h>

/* ---- The kind of an input ---- */

static bool is_long_text(const struct errand_column *column)
{
    static const char *const names[] = {
        "body", "text", "message", "description", "content", "html", "notes", "payload"
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasestr(column->name, names[i]))
            return true;
    }
    return column_is_json(column);
}

static const char *field_kind(const struct errand_column *column)
{
    static const char *const kinds[] = {
        [ERRAND_TYPE_BOOL] = "checkbox", [ERRAND_TYPE_INT16] = "number",        [ERRAND_TYPE_INT32] = "number",
        [ERRAND_TYPE_INT64] = "number",  [ERRAND_TYPE_FLOAT] = "number",        [ERRAND_TYPE_DOUBLE] = "number",
        [ERRAND_TYPE_DATE] = "date",     [ERRAND_TYPE_TIME] = "datetime-local", [ERRAND_TYPE_CLOCK] = "time",
        [ERRAND_TYPE_ENUM] = NULL,
    };
    if (column->type == ERRAND_TYPE_TEXT && is_long_text(column))
        return "textarea";
    if (strncmp(column->sql_type, "numeric", 7) == 0)
        return "number";
    return kinds[column->type] ? kinds[column->type] : "text";
}

bool column_is_checkbox(const struct errand_column *column)
{
    return column->type == ERRAND_TYPE_BOOL && !column->nullable && !column->has_default;
}

/* What a field holds at first: the default, where it is known and a field can hold it. */
static const char *first_value(struct errand_context *ctx, const struct errand_column *column)
{
    struct errand_value value;
    struct errand_error ignored;
    if (!column->default_text || column->type == ERRAND_TYPE_TIME)
        return NULL;
    if (column->type != ERRAND_TYPE_BOOL)
        return column->default_text;
    bool is_true = admin_value(ctx, column, column->default_text, &value, &ignored) == 0 && value.as.boolean;
    return is_true ? "true" : "false";
}

/* ---- Fields ---- */

static bool is_secret(const struct page *page, const struct errand_table *table, const struct errand_column *column)
{
    return column_is_masked(table, column) && !page->service->shows_all;
}

static void add_input(struct html *out, const struct column_field *field, const char *help)
{
    html_input(out, .name = field->name, .label = field->label, .kind = field_kind(field->column),
               .value = first_value(out->page->ctx, field->column), .help = help, .required = field->required);
}

/* Several lines, and what is chosen from a calendar, no field can hide; but none shows them. */
static void add_secret(struct html *out, const struct column_field *field)
{
    const char *kind = field_kind(field->column);
    bool is_line = strcmp(kind, "text") == 0 || strcmp(kind, "number") == 0;
    form_secret(out, (struct html_field){ .name = field->name,
                                          .label = field->label,
                                          .kind = is_line ? "password" : kind,
                                          .help = field->help,
                                          .required = field->required });
}

static void begin_select(struct html *out, const struct column_field *field)
{
    form_select_begin(out, field->name, field->label, !field->required);
    html_option(out, "", field->empty);
}

static void add_labels(struct html *out, const struct column_field *field)
{
    const char *first = field->column->default_text;
    begin_select(out, field);
    for (const char *const *label = field->column->labels; *label; label++) {
        bool is_default = first && strcmp(first, *label) == 0;
        (is_default ? html_option_chosen : html_option)(out, *label, value_words(out, field->column, *label));
    }
    html_select_end(out);
}

static void add_yes_no(struct html *out, const struct column_field *field)
{
    begin_select(out, field);
    html_option(out, "true", "yes");
    html_option(out, "false", "no");
    html_select_end(out);
}

/* Its id is entered: of rows that are not to be looked at, and of too many to choose from. */
static void add_id(struct html *out, const struct column_field *field, const struct errand_foreign_key *key,
                   bool listed)
{
    const struct errand_table *target = key->target;
    const char *id = html_field_label(out, target->columns[key->target_column].name);
    struct errand_context *ctx = out->page->ctx;
    add_input(out, field,
              listed ? errand_printf(ctx, "%s of one of the more than %d rows of %s", id, VALUE_NAMES_MAX, target->name)
                     : errand_printf(ctx, "%s of a row of %s", id, target->name));
}

/* The rows that it may refer to, by name. */
static void add_rows(struct html *out, const struct column_field *field, const struct errand_foreign_key *key)
{
    const struct errand_table *target = key->target;
    bool listed = table_has_records(out->page->service, target->name);
    struct admin_names rows = { 0 };
    if (listed)
        rows = admin_names(out->page->ctx, target, &target->columns[key->target_column], table_name_column(target),
                           VALUE_NAMES_MAX);
    if (!listed || rows.more) {
        add_id(out, field, key, listed);
        return;
    }
    begin_select(out, field);
    for (size_t i = 0; i < rows.count; i++)
        html_option(out, rows.items[i].id, rows.items[i].name);
    html_select_end(out);
    if (rows.count == 0)
        html_printf(out, "<p class=\"form-text\">There is no row in %s yet that it could refer to.</p>", target->name);
}

void column_field(struct html *out, const struct column_field *given)
{
    struct column_field field = *given;
    const struct errand_foreign_key *key = column_foreign_key(field.table, field.column);
    field.name = field.name ? field.name : field.column->name;
    bool is_chosen = field.column->type == ERRAND_TYPE_ENUM || field.column->type == ERRAND_TYPE_BOOL;
    if (!is_chosen && is_secret(out->page, field.table, field.column))
        add_secret(out, &field);
    else if (key)
        add_rows(out, &field, key);
    else if (field.column->type == ERRAND_TYPE_ENUM)
        add_labels(out, &field);
    else if (field.column->type == ERRAND_TYPE_BOOL && !column_is_checkbox(field.column))
        add_yes_no(out, &field);
    else
        add_input(out, &field, field.help);
}

/* ---- What was entered ---- */

struct entered entered_begin(struct page *page, const struct errand_table *table)
{
    struct entered entered = { .table = table };
    entered.inputs = errand_alloc(page->ctx, (table->column_count + 1) * sizeof(*entered.inputs));
    entered.errors = errand_alloc(page->ctx, (table->column_count + 2) * sizeof(*entered.errors));
    return entered;
}

void entered_refuse(struct entered *entered, const char *name, const char *sentence)
{
    entered->errors[entered->error_count++] = (struct param){ name, sentence };
}

/* "it must have a value" -> "It must have a value." */
static const char *sentence_of(struct page *page, const struct errand_error *err)
{
    char *sentence = errand_printf(page->ctx, "%s.", err->message);
    if (sentence[0] >= 'a' && sentence[0] <= 'z')
        sentence[0] = (char)(sentence[0] - 'a' + 'A');
    return sentence;
}

/* The same of a secret, which the sentence would quote. */
static const char *unquoted(struct page *page, const struct errand_column *column)
{
    return errand_printf(page->ctx, "That is no value of the type %s.", column->sql_type);
}

/* Browsers send lines ended by CR LF, whatever they were. */
static const char *with_plain_lines(struct page *page, const char *text)
{
    if (!text || !strstr(text, "\r\n"))
        return text;
    char *plain = errand_strdup(page->ctx, text), *to = plain;
    for (const char *from = plain; *from; from++)
        if (from[0] != '\r' || from[1] != '\n')
            *to++ = *from;
    *to = '\0';
    return plain;
}

void entered_take(struct page *page, struct entered *entered, size_t column, const char *name, const char *text)
{
    struct errand_value ignored;
    struct errand_error err;
    text = with_plain_lines(page, text);
    const struct errand_column *taker = &entered->table->columns[column];
    if (admin_value(page->ctx, taker, text, &ignored, &err) < 0)
        entered_refuse(entered, name,
                       is_secret(page, entered->table, taker) ? unquoted(page, taker) : sentence_of(page, &err));
    entered->inputs[entered->count++] = (struct admin_input){ column, text };
}

struct insertion {
    const struct entered *entered;
    const char *id;
};

static void insert(struct errand_context *ctx, void *arg)
{
    struct insertion *insertion = arg;
    const struct entered *entered = insertion->entered;
    struct errand_error err;
    size_t wrong;
    insertion->id = admin_insert(ctx, entered->table, entered->inputs, entered->count, &wrong, &err);
    if (!insertion->id)
        errand_fail(ctx, "%s: %s", entered->table->columns[entered->inputs[wrong].column].name, err.message);
}

/* A row that fails a CHECK or a trigger is refused by the database alone: its words, and the form again. */
const char *entered_insert(struct page *page, struct entered *entered, const char *refused)
{
    struct insertion insertion = { .entered = entered };
    struct context_end end = context_try(page->ctx, insert, &insertion);
    if (end.end == JOB_END_RETURNED)
        return insertion.id;
    if (!entered->errors)
        page_refuse(page, 422, "%s: %s", refused, end.error);
    entered_refuse(entered, "", errand_printf(page->ctx, "%s: %s", refused, end.error));
    return NULL;
}
