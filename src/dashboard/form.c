/* Forms: fields with their labels, what was entered before, and what was wrong with it. */
#include "dashboard/dashboard.h"

#include <ctype.h>
#include <string.h>

/* "bandId" and "band_id" are one field. */
bool form_same_name(const char *a, const char *b)
{
    for (;;) {
        while (*a == '_')
            a++;
        while (*b == '_')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

const char *form_find(const struct param *params, const char *name)
{
    for (const struct param *param = params; param && param->name; param++)
        if (strcmp(param->name, name) == 0)
            return param->value;
    for (; params && params->name; params++)
        if (form_same_name(params->name, name))
            return params->value;
    return NULL;
}

static const char *error_of(const struct page *page, const char *name)
{
    const char *error = form_find(page->errors, name);
    bool refused = page->refusal.field && form_same_name(page->refusal.field, name);
    return !error && refused ? page->refusal.sentence : error;
}

/* What the user entered, or what the address says, or NULL. A checkbox that is not among what was sent was not
   checked. */
static const char *entered(const struct page *page, const char *name)
{
    const char *value = page->again ? form_find(page->form, name) : NULL;
    return value ? value : form_find(page->query, name);
}

void html_form_begin(struct html *out, const char *action)
{
    const char *token = page_token(out->page);
    out->page->in_form = true;
    html_printf(out, "<form method=\"post\" action=\"%s\">", html_href(out, action));
    if (token)
        html_hidden(out, DASHBOARD_TOKEN_FIELD, token);
}

void html_form_end(struct html *out)
{
    out->page->in_form = false;
    html_raw(out, "</form>");
}

void html_hidden(struct html *out, const char *name, const char *value)
{
    html_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"%s\">", name, value);
}

/* ---- Fields ---- */

static void add_label(struct html *out, const char *name, const char *label, bool required)
{
    html_printf(out, "<label class=\"form-label\" for=\"field-%s\">%s", html_url(out, name),
                label ? label : html_field_label(out, name));
    if (!required)
        html_raw(out, " <span class=\"optional\">optional</span>");
    html_raw(out, "</label>");
}

/* The attributes that all kinds have; class is Bootstrap's. */
static void add_attributes(struct html *out, const struct html_field *field, const char *class)
{
    const char *id = html_url(out, field->name);
    bool wrong = error_of(out->page, field->name) != NULL;
    html_printf(out, " id=\"field-%s\" name=\"%s\" class=\"%s%s\"", id, field->name, class, wrong ? " is-invalid" : "");
    if (field->required && strcmp(class, "form-check-input") != 0)
        html_raw(out, " required");
    if (wrong)
        html_printf(out, " aria-invalid=\"true\" aria-describedby=\"field-%s-error\"", id);
    else if (field->help)
        html_printf(out, " aria-describedby=\"field-%s-help\"", id);
}

static void add_feedback(struct html *out, const char *name, const char *help)
{
    const char *error = error_of(out->page, name), *id = html_url(out, name);
    if (error)
        html_printf(out, "<p class=\"invalid-feedback\" id=\"field-%s-error\">%s</p>", id, error);
    if (help)
        html_printf(out, "<p class=\"form-text\" id=\"field-%s-help\">%s</p>", id, help);
}

static void add_checkbox(struct html *out, const struct html_field *field, bool checked)
{
    html_raw(out, "<div class=\"field form-check\"><input type=\"checkbox\" value=\"true\"");
    add_attributes(out, field, "form-check-input");
    html_printf(out, "%s><label class=\"form-check-label\" for=\"field-%s\">%s</label>", checked ? " checked" : "",
                html_url(out, field->name), field->label ? field->label : html_field_label(out, field->name));
    add_feedback(out, field->name, field->help);
    html_raw(out, "</div>");
}

/* Browsers send lines ended by CR LF; here they end with LF, as they were. */
static void add_lines(struct html *out, const char *text)
{
    for (const char *end; (end = strstr(text, "\r\n")); text = end + 1)
        html_escape(out, text, (size_t)(end - text));
    html_escape(out, text, strlen(text));
}

static void add_textarea(struct html *out, const struct html_field *field, const char *value)
{
    html_raw(out, "<textarea rows=\"4\"");
    add_attributes(out, field, "form-control");
    html_raw(out, ">\n"); /* dropped by browsers, so that a first empty line is not */
    add_lines(out, value);
    html_raw(out, "</textarea>");
}

static bool is_kind(const struct html_field *field, const char *kind)
{
    return field->kind && strcmp(field->kind, kind) == 0;
}

static void add_one_line(struct html *out, const struct html_field *field, const char *value)
{
    html_printf(out, "<input type=\"%s\"", field->kind ? field->kind : "text");
    if (is_kind(field, "number"))
        html_raw(out, " step=\"any\"");
    if (is_kind(field, "datetime-local") || is_kind(field, "time"))
        html_raw(out, " step=\"1\"");
    if (is_kind(field, "password"))
        html_raw(out, " autocomplete=\"new-password\"");
    add_attributes(out, field, "form-control");
    html_printf(out, " value=\"%s\">", value);
}

static void add_field(struct html *out, const struct html_field *field, const char *value)
{
    html_raw(out, "<div class=\"field\">");
    add_label(out, field->name, field->label, field->required);
    (is_kind(field, "textarea") ? add_textarea : add_one_line)(out, field, value);
    add_feedback(out, field->name, field->help);
    html_raw(out, "</div>");
}

/* "" where there is none. */
static const char *value_of(const struct page *page, const struct html_field *field)
{
    const char *value = entered(page, field->name);
    if (!value && !(page->again && is_kind(field, "checkbox")))
        value = field->value;
    return value ? value : "";
}

void html_input_(struct html *out, struct html_field field)
{
    if (is_kind(&field, "checkbox"))
        add_checkbox(out, &field, strcmp(value_of(out->page, &field), "true") == 0);
    else
        add_field(out, &field, is_kind(&field, "password") ? "" : value_of(out->page, &field));
}

void form_secret(struct html *out, struct html_field field)
{
    const char *before = out->page->again ? form_find(out->page->form, field.name) : NULL;
    if (before && *before)
        field.help = "It is a secret and not shown: please enter it again.";
    add_field(out, &field, "");
}

void html_text_field(struct html *out, const char *name)
{
    html_input(out, .name = name, .required = true);
}

/* ---- Selects ---- */

void form_select_begin(struct html *out, const char *name, const char *label, bool optional)
{
    out->page->select = name;
    html_raw(out, "<div class=\"field\">");
    add_label(out, name, label, !optional);
    html_raw(out, "<select");
    add_attributes(out, &(struct html_field){ .name = name }, "form-select");
    html_raw(out, ">");
}

void html_select_begin(struct html *out, const char *name, const char *label)
{
    form_select_begin(out, name, label, false);
}

static void add_option(struct html *out, const char *value, const char *text, bool chosen)
{
    const char *before = out->page->select ? entered(out->page, out->page->select) : NULL;
    bool selected = before ? strcmp(before, value) == 0 : chosen;
    html_printf(out, "<option value=\"%s\"%s>%s</option>", value, selected ? " selected" : "", text);
}

void html_option(struct html *out, const char *value, const char *text)
{
    add_option(out, value, text, false);
}

void html_option_chosen(struct html *out, const char *value, const char *text)
{
    add_option(out, value, text, true);
}

void html_select_end(struct html *out)
{
    html_raw(out, "</select>");
    if (out->page->select)
        add_feedback(out, out->page->select, NULL);
    html_raw(out, "</div>");
    out->page->select = NULL;
}

/* Where nothing can be changed, the forms of an application's views are seen but not sent. */
void html_submit(struct html *out, const char *text, const char *style)
{
    html_printf(out, "<button type=\"submit\" class=\"btn btn-%s\"", style);
    if (out->page->in_form && out->page->service->read_only)
        html_raw(out, " disabled title=\"This dashboard is read-only.\"");
    html_printf(out, ">%s</button>", text);
}
