/* The pages Codegen and Schema: a form for each thing that can be generated (generate_form.c), its plan as a diff, and
   then the thing itself. What is generated, and what is refused, is that of `errand generate`. */
#include "dev/generate.h"

#include "base/error.h"
#include "codegen/generation.h"

#include <stdio.h>
#include <string.h>

/* ---- What can be generated ---- */

typedef int plan_fn(struct generation *generation, const struct project *project, const struct entry *entry,
                    struct errand_error *err);

/* A column a line. */
static int parse_columns(struct generation *generation, const char *text, struct column_spec specs[COLUMNS_MAX + 1],
                         size_t *count, struct errand_error *err)
{
    *count = 0;
    while (*text) {
        text += strspn(text, " \t\r\n");
        size_t size = strcspn(text, "\r\n");
        while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
            size--;
        if (size == 0)
            continue;
        char *line = arena_copy(&generation->arena, text, size);
        if (!line || *count > COLUMNS_MAX)
            return error_set(err, "these are too many columns");
        if (column_parse(&generation->arena, line, &specs[(*count)++], err) != 0)
            return -1;
        text += size;
    }
    return 0;
}

static int plan_job(struct generation *generation, const struct project *project, const struct entry *entry,
                    struct errand_error *err)
{
    struct column_spec specs[COLUMNS_MAX + 1];
    size_t count;
    if (parse_columns(generation, entry->text[ENTRY_COLUMNS], specs, &count, err) != 0)
        return -1;
    return generate_job(generation, project, entry->text[ENTRY_NAME], entry_application(entry), specs, count, err);
}

static int plan_script(struct generation *generation, const struct project *project, const struct entry *entry,
                       struct errand_error *err)
{
    return generate_script(generation, project, entry->text[ENTRY_NAME], err);
}

static int plan_dashboard(struct generation *generation, const struct project *project, const struct entry *entry,
                          struct errand_error *err)
{
    return generate_dashboard(generation, project, entry_application(entry), err);
}

static int plan_table(struct generation *generation, const struct project *project, const struct entry *entry,
                      struct errand_error *err)
{
    struct column_spec specs[COLUMNS_MAX + 1];
    size_t count;
    if (parse_columns(generation, entry->text[ENTRY_COLUMNS], specs, &count, err) != 0)
        return -1;
    return generate_table(generation, project, entry->text[ENTRY_NAME], specs, count, err);
}

/* What refers to a row has the type of that row's key. */
static int plan_column(struct generation *generation, const struct project *project, const struct entry *entry,
                       struct errand_error *err)
{
    const char *type = entry->text[ENTRY_TYPE], *target = entry->text[ENTRY_TARGET],
               *value = entry->text[ENTRY_DEFAULT];
    const struct column_spec spec = { .name = entry->text[ENTRY_NAME],
                                      .type = *target ? "references" : type,
                                      .target = *target ? target : NULL,
                                      .value = strcmp(value, "''") == 0 ? ""
                                               : *value                 ? value
                                                                        : NULL,
                                      .nullable = *entry->text[ENTRY_NULLABLE],
                                      .unique = *entry->text[ENTRY_UNIQUE] };
    return generate_column(generation, project, entry->text[ENTRY_TABLE], &spec, err);
}

static plan_fn *const plans[] = { [KIND_JOB] = plan_job,
                                  [KIND_SCRIPT] = plan_script,
                                  [KIND_DASHBOARD] = plan_dashboard,
                                  [KIND_TABLE] = plan_table,
                                  [KIND_COLUMN] = plan_column };

/* ---- The pages ---- */

static void add_preview(struct buffer *out, const struct client *client, enum kind kind, const struct entry *entry,
                        const struct generation *generation)
{
    struct buffer text = BUFFER_INIT(ANSWER_MAX / 4);
    generation_print(generation, &text);
    buffer_puts(&text, "\n");
    generation_print_diff(generation, &text);
    buffer_printf(out, "<section id=\"preview\"><h1>%s: preview</h1><pre tabindex=\"0\">", kinds[kind].title);
    page_escape(out, text.failed ? "(too long to be shown)" : text.data);
    buffer_puts(out, "</pre>");
    buffer_release(&text);
    generate_form_again(out, client, kind, entry);
    buffer_puts(out, "</section>");
}

static void add_reference(struct buffer *out, const struct schema_table *table, const char *column)
{
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        const struct schema_foreign_key *key = &table->foreign_keys[i];
        if (key->count == 1 && strcmp(key->columns[0], column) == 0)
            page_escape(out, key->target_name);
    }
}

static void add_column(struct buffer *out, const struct schema_table *table, const struct schema_column *column)
{
    buffer_puts(out, "<tr><th scope=\"row\">");
    page_escape(out, column->name);
    buffer_puts(out, "</th><td>");
    page_escape(out, column->type.declared);
    buffer_puts(out, column->not_null ? "</td><td>no</td><td>" : "</td><td>yes</td><td>");
    if (column->default_kind != SCHEMA_DEFAULT_NONE && column->default_value.postgres)
        page_escape(out, column->default_value.postgres);
    buffer_puts(out, "</td><td>");
    add_reference(out, table, column->name);
    buffer_puts(out, "</td></tr>");
}

static void add_tables(struct buffer *out, const struct schema *schema)
{
    for (size_t i = 0; i < schema->table_count; i++) {
        const struct schema_table *table = schema->tables[i];
        buffer_puts(out, "<section><h2>");
        page_escape(out, table->name);
        buffer_puts(out, "</h2><div class=\"table-scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Columns of ");
        page_escape(out, table->name);
        buffer_puts(out,
                    "\"><table class=\"table\"><thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Type</th>"
                    "<th scope=\"col\">NULL</th><th scope=\"col\">Default</th><th scope=\"col\">Refers to</th></tr>"
                    "</thead><tbody>");
        for (size_t c = 0; c < table->column_count; c++)
            add_column(out, table, &table->columns[c]);
        buffer_puts(out, "</tbody></table></div></section>");
    }
}

/* refused: the kind whose form shows the entry; KIND_COUNT: none. */
static void add_page(struct buffer *out, const struct client *client, const char *page, enum kind refused,
                     const struct entry *entry, const char *sentence)
{
    struct entry nothing = { 0 };
    struct schema *schema = schema_read(PROJECT_SCHEMA);
    entry_clear(&nothing);
    buffer_printf(out, "<h1>%s</h1>", page + 1);
    if (sentence) {
        buffer_puts(out, "<p class=\"alert alert-danger\" role=\"alert\">");
        page_escape(out, sentence);
        buffer_puts(out, "</p>");
    }
    buffer_puts(out, "<div class=\"generate\">");
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        if (strcmp(kinds[kind].page, page) == 0)
            generate_form(out, client, kind, kind == refused ? entry : &nothing, schema);
    buffer_puts(out, "</div>");
    if (strcmp(page, "/Schema") == 0)
        add_tables(out, schema);
    schema_free(schema);
}

/* ---- Requests ---- */

void page_generate(struct client *client, const char *page)
{
    struct buffer out = BUFFER_INIT(ANSWER_MAX / 2);
    page_begin(&out, page, NULL);
    add_page(&out, client, page, KIND_COUNT, NULL, NULL);
    page_end(client, 200, &out);
}

static int carry_out(enum kind kind, const struct entry *entry, bool apply, struct generation *generation,
                     struct errand_error *err)
{
    struct project project;
    if (project_open(&project, ".", err) != 0)
        return -1;
    int result = apply ? project_lock(&project, err) : 0;
    if (result == 0)
        result = plans[kind](generation, &project, entry, err);
    if (result == 0 && apply)
        result = generation_apply(generation, &project, err);
    project_close(&project);
    return result;
}

void page_generate_now(struct client *client, const char *body)
{
    char told[8], more[128];
    struct errand_error err;
    struct generation generation = GENERATION_INIT;
    struct entry entry;
    enum kind kind = kind_read(body);
    bool apply = request_field(body, "do", told, sizeof(told));
    if (kind == KIND_COUNT || !entry_read(&entry, &generation.arena, body)) {
        answer_refuse(client, 400, "That form is not understood, or something in it is too long.");
        generation_release(&generation);
        return;
    }
    int result = carry_out(kind, &entry, apply, &generation, &err);
    if (result == 0 && apply) {
        dev_tell(client->dev, DEV_LOG_BUILD, "generated %s %s", kinds[kind].word,
                 generation.subject ? generation.subject : "");
        snprintf(more, sizeof(more), "Location: %s\r\nCache-Control: no-store\r\n", kinds[kind].page);
        answer_head(&client->out, 303, "text/plain", more, 0);
    } else {
        struct buffer out = BUFFER_INIT(ANSWER_MAX / 2);
        page_begin(&out, kinds[kind].page, NULL);
        if (result == 0)
            add_preview(&out, client, kind, &entry, &generation);
        add_page(&out, client, kinds[kind].page, kind, &entry, result == 0 ? NULL : err.message);
        page_end(client, result == 0 ? 200 : 422, &out);
    }
    generation_release(&generation);
}
