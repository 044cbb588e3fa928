/* A new job: the form, fitted to the columns of its table, and what is made of it. */
#include "dashboard/link.h"
#include "dashboard/parts.h"

#include <string.h>

/* ---- Views and functions of the user's own ---- */

struct own_form {
    const struct errand_displayable *displayable;
    bool done;
};

static void show_own(struct page *page, void *arg)
{
    struct own_form *own = arg;
    own->done = own->displayable->job_type->new_job_view(own->displayable->views, page->ctx, page->out);
}

static bool shows_own(struct page *page, const struct errand_table *table)
{
    struct own_form own = { .displayable = dashboard_displayable(page->service, table) };
    if (!own.displayable || !own.displayable->job_type->new_job_view)
        return false;
    return page_view_safely(page, "new_job_view", show_own, &own) && own.done;
}

static bool creates_own(struct page *page, const struct errand_table *table)
{
    const struct errand_displayable *own = dashboard_displayable(page->service, table);
    return own && own->job_type->create_new_job && own->job_type->create_new_job(own->views, page->ctx);
}

/* ---- Fields ---- */

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

/* One that has no third state: neither NULL nor a default that only the database knows. */
static bool is_checkbox(const struct errand_column *column)
{
    return column->type == ERRAND_TYPE_BOOL && !column->nullable && !column->has_default;
}

static const char *field_help(const struct errand_column *column)
{
    if (column_has_default(column) && !is_checkbox(column))
        return "Left empty, it gets the default of the database.";
    if (column_is_json(column))
        return "JSON";
    return column->type == ERRAND_TYPE_TIME ? "UTC" : NULL;
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

static void add_plain_field(struct html *out, const struct errand_column *column, const char *help)
{
    html_input(out, .name = column->name, .kind = field_kind(column), .value = first_value(out->page->ctx, column),
               .help = help, .required = column_is_required(column));
}

static void begin_select(struct html *out, const struct errand_column *column)
{
    html_select_begin(out, column->name, NULL);
    html_option(out, "", column_is_required(column) ? "Choose…" : column_has_default(column) ? "the default" : "none");
}

static void add_labels(struct html *out, const struct errand_column *column)
{
    begin_select(out, column);
    for (const char *const *label = column->labels; *label; label++) {
        bool is_default = column->default_text && strcmp(column->default_text, *label) == 0;
        (is_default ? html_option_chosen : html_option)(out, *label, html_field_label(out, *label));
    }
    html_select_end(out);
}

static void add_yes_no(struct html *out, const struct errand_column *column)
{
    begin_select(out, column);
    html_option(out, "true", "yes");
    html_option(out, "false", "no");
    html_select_end(out);
}

/* The rows that it may refer to, by name; too many to choose from: their id is entered. */
static void add_rows(struct html *out, const struct errand_column *column, const struct errand_foreign_key *key)
{
    struct errand_context *ctx = out->page->ctx;
    const struct errand_table *target = key->target;
    const struct errand_column *name = table_name_column(target);
    struct errand_query query = { .ctx = ctx, .limit = VALUE_NAMES_MAX + 1 };
    query.order_by = name ? (int)(name - target->columns) + 1 : (int)key->target_column + 1;
    struct errand_list rows = errand_record_fetch(target, query);
    if (rows.count > VALUE_NAMES_MAX) {
        add_plain_field(out, column,
                        errand_printf(ctx, "%s of one of the more than %d rows of %s",
                                      html_field_label(out, target->columns[key->target_column].name), VALUE_NAMES_MAX,
                                      target->name));
        return;
    }
    begin_select(out, column);
    for (size_t i = 0; i < rows.count; i++) {
        const void *row = (const char *)rows.items + i * target->record_size;
        const char *id = value_text(ctx, &target->columns[key->target_column], row);
        const char *text = name ? value_text(ctx, name, row) : NULL;
        if (id)
            html_option(out, id, text && *text ? text : id);
    }
    html_select_end(out);
    if (rows.count == 0)
        html_printf(out, "<p class=\"form-text\">There is no row in %s yet that the job could refer to.</p>",
                    target->name);
}

static void add_field(struct html *out, const struct errand_table *table, const struct errand_column *column)
{
    const struct errand_foreign_key *key = column_foreign_key(table, column);
    if (key)
        add_rows(out, column, key);
    else if (column->type == ERRAND_TYPE_ENUM)
        add_labels(out, column);
    else if (column->type == ERRAND_TYPE_BOOL && !is_checkbox(column))
        add_yes_no(out, column);
    else
        add_plain_field(out, column, field_help(column));
}

/* ---- The form ---- */

/* What is said above the form: the database's own refusal, which belongs to no field. */
static const char *whole_error(const struct page *page)
{
    for (const struct param *error = page->errors; error && error->name; error++) {
        if (*error->name == '\0')
            return error->value;
    }
    return page->again ? "The job was not created: see the fields marked below." : NULL;
}

static void show_default(struct page *page, const struct errand_table *table)
{
    struct html *out = page->out;
    const char *error = whole_error(page);
    html_printf(out, "<p class=\"crumbs\"><a href=\"%s\">%s</a></p>", link_list(out, table->name),
                html_field_label(out, table->name));
    part_heading(out, "New job");
    if (error)
        html_printf(out, "<div class=\"alert alert-danger\" role=\"alert\">%s</div>", error);
    html_raw(out, "<div class=\"job-form\">");
    html_form_begin(out, errand_printf(page->ctx, "%s/CreateJob", html_mount(out)));
    html_hidden(out, "tableName", table->name);
    html_hidden(out, "wholeForm", "1");
    html_raw(out, "<div class=\"fields\">");
    for (size_t i = 0; i < table->column_count; i++) {
        if (column_is_own(table, &table->columns[i]))
            add_field(out, table, &table->columns[i]);
    }
    if (column_called(table, "run_at"))
        html_input(out, .name = "run_at", .label = "Run at", .kind = "datetime-local",
                   .help = "UTC. Left empty, the job runs as soon as a worker is free.");
    html_raw(out, "</div><div class=\"form-end\">");
    html_submit(out, "Create job", "primary");
    html_printf(out, "<a class=\"btn btn-link\" href=\"%s\">Cancel</a></div>", link_list(out, table->name));
    html_form_end(out);
    html_raw(out, "</div>");
}

static void show_json(struct page *page, const struct errand_table *table)
{
    struct json json = { .out = &page->out->text };
    json_begin(&json, NULL, '{');
    json_text(&json, "table", table->name);
    json_text(&json, DASHBOARD_TOKEN_FIELD, page_token(page)); /* for a program that sends the form */
    json_begin(&json, "fields", '[');
    for (size_t i = 0; i < table->column_count; i++) {
        const struct errand_column *column = &table->columns[i];
        if (!column_is_own(table, column) && strcmp(column->name, "run_at") != 0)
            continue;
        json_begin(&json, NULL, '{');
        json_text(&json, "name", column->name);
        json_text(&json, "type", column->sql_type);
        json_bool(&json, "required", column_is_required(column));
        json_begin(&json, "choices", '[');
        for (const char *const *label = column->labels; label && *label; label++)
            json_text(&json, NULL, *label);
        json_end(&json, ']');
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_end(&json, '}');
}

static void errors_json(struct page *page)
{
    struct json json = { .out = &page->out->text };
    json_begin(&json, NULL, '{');
    json_text(&json, "error", "The job was not created.");
    json_begin(&json, "fields", '{');
    for (const struct param *error = page->errors; error && error->name; error++)
        json_text(&json, error->name, error->value);
    if (page->refusal.field)
        json_text(&json, page->refusal.field, page->refusal.sentence);
    json_end(&json, '}');
    json_end(&json, '}');
}

void page_new_job(struct page *page)
{
    const struct errand_table *table = page_job_table(page);
    page->shown.title = "New job";
    if (page->service->read_only)
        page_refuse(page, 403, "This dashboard is read-only: no job can be created here.");
    if (page->wants_json)
        (page->again ? errors_json(page) : show_json(page, table));
    else if (!shows_own(page, table))
        show_default(page, table);
}

/* ---- What was entered ---- */

struct entered {
    const struct errand_table *table;
    struct admin_input *inputs;
    size_t count;
    struct param *errors;
    size_t error_count;
};

static void add_error(struct entered *entered, const char *column, const char *sentence)
{
    entered->errors[entered->error_count++] = (struct param){ column, sentence };
}

/* "it must have a value" -> "It must have a value." */
static const char *sentence_of(struct page *page, const struct errand_error *err)
{
    char *sentence = errand_printf(page->ctx, "%s.", err->message);
    if (sentence[0] >= 'a' && sentence[0] <= 'z')
        sentence[0] = (char)(sentence[0] - 'a' + 'A');
    return sentence;
}

static void take(struct page *page, struct entered *entered, size_t index, const char *text)
{
    const struct errand_column *column = &entered->table->columns[index];
    struct errand_value ignored;
    struct errand_error err;
    if (admin_value(page->ctx, column, text, &ignored, &err) < 0)
        add_error(entered, column->name, sentence_of(page, &err));
    entered->inputs[entered->count++] = (struct admin_input){ index, text };
}

/* Empty is the default where there is one, and otherwise NULL, or missing. */
static void take_column(struct page *page, struct entered *entered, size_t index)
{
    const struct errand_column *column = &entered->table->columns[index];
    const char *text = page_field(page, column->name);
    if (!text && is_checkbox(column) && page_param(page, "wholeForm"))
        take(page, entered, index, "false");
    else if (text && *text)
        take(page, entered, index, text);
    else if (column_has_default(column))
        return;
    else if (column->nullable)
        take(page, entered, index, NULL);
    else
        add_error(entered, column->name,
                  errand_printf(page->ctx, "%s must be given.", html_field_label(page->out, column->name)));
}

static struct entered read_form(struct page *page, const struct errand_table *table)
{
    struct entered entered = { .table = table };
    entered.inputs = errand_alloc(page->ctx, (table->column_count + 1) * sizeof(*entered.inputs));
    entered.errors = errand_alloc(page->ctx, (table->column_count + 2) * sizeof(*entered.errors));
    for (size_t i = 0; i < table->column_count; i++) {
        const char *run_at = strcmp(table->columns[i].name, "run_at") == 0 ? page_field(page, "run_at") : NULL;
        if (column_is_own(table, &table->columns[i]))
            take_column(page, &entered, i);
        else if (run_at && *run_at)
            take(page, &entered, i, run_at);
    }
    return entered;
}

/* "Run again": the user's own columns of another job of the table. */
static struct entered copy_job(struct page *page, const struct errand_table *table, const char *id)
{
    struct entered entered = { .table = table };
    const void *job = admin_find(page->ctx, table, id);
    if (!job)
        page_refuse(page, 404, "There is no job %.40s in %s; it may have been deleted.", id, table->name);
    entered.inputs = errand_alloc(page->ctx, (table->column_count + 1) * sizeof(*entered.inputs));
    for (size_t i = 0; i < table->column_count; i++) {
        if (column_is_own(table, &table->columns[i]))
            entered.inputs[entered.count++] = (struct admin_input){ i, value_text(page->ctx, &table->columns[i], job) };
    }
    return entered;
}

/* ---- Creating ---- */

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

/* A job that fails a CHECK or a trigger is refused by the database alone: its words, and the form again. */
static const char *insert_or_tell(struct page *page, struct entered *entered)
{
    struct insertion insertion = { .entered = entered };
    struct context_end end = context_try(page->ctx, insert, &insertion);
    if (end.end == JOB_END_RETURNED)
        return insertion.id;
    if (!entered->errors)
        page_refuse(page, 422, "The job was not created: %s", end.error);
    add_error(entered, "", errand_printf(page->ctx, "The job was not created: %s", end.error));
    return NULL;
}

static void show_again(struct page *page, const struct entered *entered)
{
    page->status = 422;
    page->again = true;
    page->errors = entered->errors;
    page_new_job(page);
}

static void created(struct page *page, const struct errand_table *table, const char *id)
{
    page_audit(page, "created", table->name, id, 1);
    if (!page->wants_json)
        page_redirect(page,
                      errand_printf(page->ctx, "%s&created=1",
                                    id ? link_job(page->out, table->name, id) : link_list(page->out, table->name)));
    struct json json = { .out = &page->out->text };
    page->status = 201;
    json_begin(&json, NULL, '{');
    json_text(&json, "table", table->name);
    json_text(&json, "id", id);
    json_end(&json, '}');
}

void page_create_job(struct page *page)
{
    const struct errand_table *table = page_job_table(page);
    const char *copy_of = page_param(page, "copyOf"), *id;
    if (creates_own(page, table)) {
        created(page, table, NULL);
        return;
    }
    struct entered entered = copy_of ? copy_job(page, table, copy_of) : read_form(page, table);
    if (entered.error_count > 0 || !(id = insert_or_tell(page, &entered)))
        show_again(page, &entered);
    else
        created(page, table, id);
}
