/* The pages Codegen and Schema: a form for each thing that can be generated, its plan as a diff, and then the thing
   itself. What is generated, and what is refused, is that of `errand generate`. */
#include "dev/serve.h"

#include "base/error.h"
#include "codegen/generation.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256, COLUMNS_SIZE = 16 * 1024 };

/* What was entered. */
struct entry {
    char name[NAME_SIZE], table[NAME_SIZE], columns[COLUMNS_SIZE];
};

/* ---- What can be generated ---- */

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
    if (parse_columns(generation, entry->columns, specs, &count, err) != 0)
        return -1;
    return generate_job(generation, project, entry->name, "Web", specs, count, err);
}

static int plan_script(struct generation *generation, const struct project *project, const struct entry *entry,
                       struct errand_error *err)
{
    return generate_script(generation, project, entry->name, err);
}

static int plan_table(struct generation *generation, const struct project *project, const struct entry *entry,
                      struct errand_error *err)
{
    struct column_spec specs[COLUMNS_MAX + 1];
    size_t count;
    if (parse_columns(generation, entry->columns, specs, &count, err) != 0)
        return -1;
    return generate_table(generation, project, entry->name, specs, count, err);
}

static int plan_column(struct generation *generation, const struct project *project, const struct entry *entry,
                       struct errand_error *err)
{
    struct column_spec specs[COLUMNS_MAX + 1];
    size_t count;
    if (parse_columns(generation, entry->columns, specs, &count, err) != 0)
        return -1;
    if (count != 1)
        return error_set(err, "one column is added at a time");
    return generate_column(generation, project, entry->table, &specs[0], err);
}

static const struct kind {
    const char *word, *title, *page;
    const char *name;    /* the label of the field; NULL: it has none */
    const char *columns; /* the same */
    bool has_table;
    int (*plan)(struct generation *generation, const struct project *project, const struct entry *entry,
                struct errand_error *err);
} kinds[] = {
    { .word = "job",
      .title = "Background Job",
      .page = "/Codegen",
      .name = "Name, as EmailCustomers",
      .columns = "Columns, one a line, as customer:references",
      .plan = plan_job },
    { .word = "script", .title = "Script", .page = "/Codegen", .name = "Name, as AddCustomers", .plan = plan_script },
    { .word = "table",
      .title = "Add a table",
      .page = "/Schema",
      .name = "Name, as customers",
      .columns = "Columns, one a line, as name:text",
      .plan = plan_table },
    { .word = "column",
      .title = "Add a column",
      .page = "/Schema",
      .has_table = true,
      .columns = "Column, as amount:numeric? or stars:int=3",
      .plan = plan_column },
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

/* ---- Forms ---- */

static void add_field(struct buffer *out, const struct kind *kind, const char *name, const char *label,
                      const char *value, bool is_area)
{
    buffer_printf(out, "<p><label for=\"%s-%s\">%s</label>", kind->word, name, label);
    if (is_area)
        buffer_printf(out, "<textarea class=\"form-control\" rows=\"4\" id=\"%s-%s\" name=\"%s\">", kind->word, name,
                      name);
    else
        buffer_printf(out, "<input class=\"form-control\" id=\"%s-%s\" name=\"%s\" value=\"", kind->word, name, name);
    page_escape(out, value);
    buffer_puts(out, is_area ? "</textarea></p>" : "\"></p>");
}

static void add_form_begin(struct buffer *out, const struct client *client, const struct kind *kind)
{
    buffer_printf(out,
                  "<form method=\"post\" action=\"/Generate\"><input type=\"hidden\" name=\"token\" value=\"%s\">"
                  "<input type=\"hidden\" name=\"kind\" value=\"%s\">",
                  client->dev->server.token, kind->word);
}

static void add_form(struct buffer *out, const struct client *client, const struct kind *kind,
                     const struct entry *entry)
{
    buffer_printf(out, "<section id=\"%s\"><h2>%s</h2>", kind->word, kind->title);
    add_form_begin(out, client, kind);
    if (kind->name)
        add_field(out, kind, "name", kind->name, entry->name, false);
    if (kind->has_table)
        add_field(out, kind, "table", "Table", entry->table, false);
    if (kind->columns)
        add_field(out, kind, "columns", kind->columns, entry->columns, !kind->has_table);
    buffer_puts(out, "<button class=\"btn btn-secondary\">Preview</button></form></section>");
}

static void add_hidden(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    page_escape(out, value);
    buffer_puts(out, "\">");
}

static void add_preview(struct buffer *out, const struct client *client, const struct kind *kind,
                        const struct entry *entry, const struct generation *generation)
{
    struct buffer text = BUFFER_INIT(ANSWER_MAX / 4);
    generation_print(generation, &text);
    buffer_puts(&text, "\n");
    generation_print_diff(generation, &text);
    buffer_printf(out, "<section id=\"preview\"><h1>%s: preview</h1><pre tabindex=\"0\">", kind->title);
    page_escape(out, text.failed ? "(too long to be shown)" : text.data);
    buffer_puts(out, "</pre>");
    buffer_release(&text);
    add_form_begin(out, client, kind);
    add_hidden(out, "name", entry->name);
    add_hidden(out, "table", entry->table);
    add_hidden(out, "columns", entry->columns);
    buffer_puts(out, "<button class=\"btn btn-primary\" name=\"do\" value=\"yes\">Generate</button></form></section>");
}

/* ---- Tables ---- */

static void add_tables(struct buffer *out)
{
    struct schema *schema = schema_read(PROJECT_SCHEMA);
    for (size_t i = 0; i < schema->table_count; i++) {
        const struct schema_table *table = schema->tables[i];
        buffer_puts(out, "<section><h2>");
        page_escape(out, table->name);
        buffer_puts(out, "</h2><table class=\"table\"><thead><tr><th>Column</th><th>Type</th><th>NULL</th>"
                         "<th>Default</th></tr></thead><tbody>");
        for (size_t c = 0; c < table->column_count; c++) {
            const struct schema_column *column = &table->columns[c];
            buffer_puts(out, "<tr><th scope=\"row\">");
            page_escape(out, column->name);
            buffer_puts(out, "</th><td>");
            page_escape(out, column->type.declared);
            buffer_puts(out, column->not_null ? "</td><td>no</td><td>" : "</td><td>yes</td><td>");
            if (column->default_kind != SCHEMA_DEFAULT_NONE && column->default_value.postgres)
                page_escape(out, column->default_value.postgres);
            buffer_puts(out, "</td></tr>");
        }
        buffer_puts(out, "</tbody></table></section>");
    }
    schema_free(schema);
}

static void add_page(struct buffer *out, const struct client *client, const char *page, const struct kind *refused,
                     const struct entry *entry, const char *sentence)
{
    static const struct entry nothing;
    buffer_printf(out, "<h1>%s</h1>", page + 1);
    if (sentence) {
        buffer_puts(out, "<p class=\"bad\" role=\"alert\">");
        page_escape(out, sentence);
        buffer_puts(out, "</p>");
    }
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(kinds[i].page, page) == 0)
            add_form(out, client, &kinds[i], &kinds[i] == refused ? entry : &nothing);
    if (strcmp(page, "/Schema") == 0)
        add_tables(out);
}

/* ---- Requests ---- */

void page_generate(struct client *client, const char *page)
{
    struct buffer out = BUFFER_INIT(ANSWER_MAX / 2);
    page_begin(&out, page, NULL);
    add_page(&out, client, page, NULL, NULL, NULL);
    page_end(client, 200, &out);
}

/* A field that is not there is empty. One that is there and cannot be had whole fails. */
static bool read_field(const char *body, const char *name, char *value, size_t size)
{
    if (request_field(body, name, value, size))
        return true;
    value[0] = '\0';
    return !request_has_field(body, name);
}

static int carry_out(const struct kind *kind, const struct entry *entry, bool apply, struct generation *generation,
                     struct errand_error *err)
{
    struct project project;
    if (project_open(&project, ".", err) != 0)
        return -1;
    int result = apply ? project_lock(&project, err) : 0;
    if (result == 0)
        result = kind->plan(generation, &project, entry, err);
    if (result == 0 && apply)
        result = generation_apply(generation, &project, err);
    project_close(&project);
    return result;
}

void page_generate_now(struct client *client, const char *body)
{
    char word[16], told[8], more[128];
    struct entry entry;
    struct errand_error err;
    const struct kind *kind = NULL;
    bool apply = request_field(body, "do", told, sizeof(told));
    if (request_field(body, "kind", word, sizeof(word)))
        for (size_t i = 0; i < KIND_COUNT; i++)
            if (strcmp(kinds[i].word, word) == 0)
                kind = &kinds[i];
    if (!kind || !read_field(body, "name", entry.name, sizeof(entry.name)) ||
        !read_field(body, "table", entry.table, sizeof(entry.table)) ||
        !read_field(body, "columns", entry.columns, sizeof(entry.columns))) {
        answer_refuse(client, 400, "That form is not understood, or something in it is too long.");
        return;
    }
    struct generation generation = GENERATION_INIT;
    int result = carry_out(kind, &entry, apply, &generation, &err);
    if (result == 0 && apply) {
        dev_tell(client->dev, DEV_LOG_BUILD, "generated %s %s", kind->word,
                 generation.subject ? generation.subject : "");
        snprintf(more, sizeof(more), "Location: %s\r\nCache-Control: no-store\r\n", kind->page);
        answer_head(&client->out, 303, "text/plain", more, 0);
    } else {
        struct buffer out = BUFFER_INIT(ANSWER_MAX / 2);
        page_begin(&out, kind->page, NULL);
        if (result == 0)
            add_preview(&out, client, kind, &entry, &generation);
        add_page(&out, client, kind->page, kind, &entry, result == 0 ? NULL : err.message);
        page_end(client, result == 0 ? 200 : 422, &out);
    }
    generation_release(&generation);
}
