/* A new job: the form, fitted to the columns of its table, and what is made of it. */
#include "dashboard/field.h"
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
    return page_view_safely(page, table, "new_job_view", show_own, &own) && own.done;
}

static bool creates_own(struct page *page, const struct errand_table *table)
{
    const struct errand_displayable *own = dashboard_displayable(page->service, table);
    return own && own->job_type->create_new_job && own->job_type->create_new_job(own->views, page->ctx);
}

/* ---- Fields ---- */

/* What an empty field means, where that is not simply nothing. */
static const char *empty_help(struct page *page, const struct errand_table *table, const struct errand_column *column)
{
    if (!column_has_default(column) || column_is_checkbox(column))
        return NULL;
    if (!column->default_text || column->type == ERRAND_TYPE_TIME || column_is_masked(table, column))
        return "Left empty, it gets the default of the database.";
    return *column->default_text ? errand_printf(page->ctx, "Left empty, it is %s.", column->default_text) : NULL;
}

static const char *field_help(struct page *page, const struct errand_table *table, const struct errand_column *column)
{
    const char *empty = empty_help(page, table, column);
    const char *form = column_is_json(column)             ? "JSON, such as {\"name\": [1, 2]}."
                       : column->type == ERRAND_TYPE_TIME ? "UTC."
                                                          : NULL;
    return form && empty ? errand_printf(page->ctx, "%s %s", form, empty) : form ? form : empty;
}

static void add_field(struct html *out, const struct errand_table *table, const struct errand_column *column)
{
    const struct column_field field = {
        .table = table,
        .column = column,
        .empty = column_is_required(column)   ? "Choose…"
                 : column_has_default(column) ? "the default"
                                              : "none",
        .help = field_help(out->page, table, column),
        .required = column_is_required(column),
    };
    column_field(out, &field);
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

/* Of an enum, which SQL has between quotes, its name. */
static const char *type_name(struct page *page, const struct errand_column *column)
{
    size_t size = strlen(column->sql_type);
    bool is_quoted = size > 2 && column->sql_type[0] == '"' && column->sql_type[size - 1] == '"';
    return is_quoted ? errand_printf(page->ctx, "%.*s", (int)size - 2, column->sql_type + 1) : column->sql_type;
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
        json_text(&json, "type", type_name(page, column));
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

/* Empty is the default where there is one, and otherwise NULL, or missing. */
static void take_column(struct page *page, struct entered *entered, size_t index)
{
    const struct errand_column *column = &entered->table->columns[index];
    const char *text = page_field(page, column->name);
    if (!text && column_is_checkbox(column) && page_param(page, "wholeForm"))
        entered_take(page, entered, index, column->name, "false");
    else if (text && *text)
        entered_take(page, entered, index, column->name, text);
    else if (column_has_default(column))
        return;
    else if (column->nullable)
        entered_take(page, entered, index, column->name, NULL);
    else
        entered_refuse(entered, column->name,
                       errand_printf(page->ctx, "%s must be given.", html_field_label(page->out, column->name)));
}

static struct entered read_form(struct page *page, const struct errand_table *table)
{
    struct entered entered = entered_begin(page, table);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *run_at = strcmp(table->columns[i].name, "run_at") == 0 ? page_field(page, "run_at") : NULL;
        if (column_is_own(table, &table->columns[i]))
            take_column(page, &entered, i);
        else if (run_at && *run_at)
            entered_take(page, &entered, i, "run_at", run_at);
    }
    return entered;
}

/* "Run again": the user's own columns of another job of the table. */
static struct entered copy_job(struct page *page, const struct errand_table *table, const char *id)
{
    struct entered entered = entered_begin(page, table);
    const void *job = admin_find(page->ctx, table, id);
    if (!job)
        page_refuse(page, 404, "There is no job %.40s in %s; it may have been deleted.", id, table->name);
    entered.errors = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        if (column_is_own(table, &table->columns[i]))
            entered.inputs[entered.count++] = (struct admin_input){ i, value_text(page->ctx, &table->columns[i], job) };
    }
    return entered;
}

/* ---- Creating ---- */

static void show_again(struct page *page, const struct entered *entered)
{
    page->status = 422;
    page->again = true;
    page->errors = entered->errors;
    page_new_job(page);
}

static void created(struct page *page, const struct errand_table *table, const char *id)
{
    page_audit(page, "created", table->name, id);
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
    if (entered.error_count > 0 || !(id = entered_insert(page, &entered, "The job was not created")))
        show_again(page, &entered);
    else
        created(page, table, id);
}
