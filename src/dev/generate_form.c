/* The forms of the pages Codegen and Schema. What there is to choose from is read each time: folders and the schema are
   what is being worked on. */
#include "dev/generate.h"

#include "base/error.h"
#include "codegen/column.h"
#include "codegen/name_check.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { APPLICATIONS_MAX = 50 };

#define APPLICATION_LABEL "Application (its folder)"

const struct kind_form kinds[KIND_COUNT] = {
    [KIND_JOB] = { .word = "job",
                   .title = "Background Job",
                   .page = "/Codegen",
                   .labels = { [ENTRY_NAME] = "Name, as EmailCustomers",
                               [ENTRY_APPLICATION] = APPLICATION_LABEL,
                               [ENTRY_COLUMNS] = "Columns, one a line, as customer:references" } },
    [KIND_SCRIPT] = { .word = "script",
                      .title = "Script",
                      .page = "/Codegen",
                      .labels = { [ENTRY_NAME] = "Name, as AddCustomers" } },
    [KIND_DASHBOARD] = { .word = "dashboard",
                         .title = "Dashboard",
                         .page = "/Codegen",
                         .labels = { [ENTRY_APPLICATION] = APPLICATION_LABEL } },
    [KIND_TABLE] = { .word = "table",
                     .title = "Add a table",
                     .page = "/Schema",
                     .labels = { [ENTRY_NAME] = "Name, as customers",
                                 [ENTRY_COLUMNS] = "Columns, one a line, as name:text" } },
    [KIND_COLUMN] = { .word = "column",
                      .title = "Add a column",
                      .page = "/Schema",
                      .labels = { [ENTRY_TABLE] = "Table",
                                  [ENTRY_NAME] = "Name, as amount",
                                  [ENTRY_TYPE] = "Type",
                                  [ENTRY_TARGET] = "Refers to (the type is then that of its key)",
                                  [ENTRY_DEFAULT] = "Default, as 3, now or calm; '' is the empty text",
                                  [ENTRY_NULLABLE] = "May be NULL",
                                  [ENTRY_UNIQUE] = "Unique" } },
};

static const struct {
    const char *name;
    size_t size; /* of what is entered, with its NUL */
} fields[ENTRY_COUNT] = {
    [ENTRY_NAME] = { "name", 256 },         [ENTRY_APPLICATION] = { "application", 256 },
    [ENTRY_COLUMNS] = { "columns", 16384 }, [ENTRY_TABLE] = { "table", 256 },
    [ENTRY_TYPE] = { "type", 256 },         [ENTRY_TARGET] = { "target", 256 },
    [ENTRY_DEFAULT] = { "default", 1024 },  [ENTRY_NULLABLE] = { "nullable", 8 },
    [ENTRY_UNIQUE] = { "unique", 8 },
};

/* The order in which a form has them. */
static const enum entry_field order[] = { ENTRY_TABLE,   ENTRY_NAME,     ENTRY_APPLICATION, ENTRY_COLUMNS, ENTRY_TYPE,
                                          ENTRY_DEFAULT, ENTRY_NULLABLE, ENTRY_UNIQUE,      ENTRY_TARGET };

/* ---- What was entered ---- */

void entry_clear(struct entry *entry)
{
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        entry->text[i] = "";
}

bool entry_read(struct entry *entry, struct arena *arena, const char *body)
{
    entry_clear(entry);
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        char *text = arena_alloc(arena, fields[i].size);
        if (!request_has_field(body, fields[i].name))
            continue;
        if (!text || !request_field(body, fields[i].name, text, fields[i].size))
            return false;
        entry->text[i] = text;
    }
    return true;
}

const char *entry_application(const struct entry *entry)
{
    return *entry->text[ENTRY_APPLICATION] ? entry->text[ENTRY_APPLICATION] : "Web";
}

enum kind kind_read(const char *body)
{
    char word[16];
    enum kind kind = 0;
    if (!request_field(body, "kind", word, sizeof(word)))
        return KIND_COUNT;
    while (kind < KIND_COUNT && strcmp(kinds[kind].word, word) != 0)
        kind++;
    return kind;
}

/* ---- Applications: the folders with jobs or a dashboard ---- */

static int is_application(const struct dirent *entry)
{
    char path[PATH_MAX];
    struct errand_error ignored;
    if (strcmp(entry->d_name, "Web") == 0 || name_check_application(entry->d_name, &ignored) != 0)
        return 0;
    snprintf(path, sizeof(path), "%s/Job", entry->d_name);
    if (access(path, F_OK) == 0)
        return 1;
    snprintf(path, sizeof(path), "%s/FrontController.c", entry->d_name);
    return access(path, F_OK) == 0;
}

/* ---- Fields ---- */

static void add_option(struct buffer *out, const char *value, const char *shown, const char *chosen)
{
    buffer_puts(out, "<option value=\"");
    page_escape(out, value);
    buffer_puts(out, strcmp(value, chosen) == 0 ? "\" selected>" : "\">");
    page_escape(out, shown);
    buffer_puts(out, "</option>");
}

static void add_label(struct buffer *out, enum kind kind, enum entry_field field)
{
    buffer_printf(out, "<label class=\"form-label\" for=\"%s-%s\">%s</label>", kinds[kind].word, fields[field].name,
                  kinds[kind].labels[field]);
}

static void begin_select(struct buffer *out, enum kind kind, enum entry_field field)
{
    const char *name = fields[field].name;
    buffer_puts(out, "<p class=\"field\">");
    add_label(out, kind, field);
    buffer_printf(out, "<select class=\"form-select\" id=\"%s-%s\" name=\"%s\">", kinds[kind].word, name, name);
}

/* Only where there is a choice. */
static void add_applications(struct buffer *out, enum kind kind, const char *chosen)
{
    struct dirent **found = NULL;
    int count = scandir(".", &found, is_application, alphasort);
    if (count > 0) {
        begin_select(out, kind, ENTRY_APPLICATION);
        add_option(out, "Web", "Web", chosen);
        for (int i = 0; i < count && i < APPLICATIONS_MAX; i++)
            add_option(out, found[i]->d_name, found[i]->d_name, chosen);
        buffer_puts(out, "</select></p>");
    }
    for (int i = 0; i < count; i++)
        free(found[i]);
    free(found);
}

static void add_tables(struct buffer *out, enum kind kind, enum entry_field field, const char *chosen,
                       const struct schema *schema)
{
    begin_select(out, kind, field);
    add_option(out, "", field == ENTRY_TARGET ? "no other row" : "Choose…", chosen);
    for (size_t i = 0; i < schema->table_count; i++)
        add_option(out, schema->tables[i]->name, schema->tables[i]->name, chosen);
    buffer_puts(out, "</select></p>");
}

static void add_input(struct buffer *out, enum kind kind, enum entry_field field, const char *value, const char *more)
{
    const char *name = fields[field].name;
    buffer_puts(out, "<p class=\"field\">");
    add_label(out, kind, field);
    buffer_printf(out, "<input class=\"form-control\" id=\"%s-%s\" name=\"%s\"%s value=\"", kinds[kind].word, name,
                  name, more);
    page_escape(out, value);
    buffer_puts(out, "\"></p>");
}

/* A list that proposes, and takes other words too: "string", an enum that is written at this moment. */
static void add_types(struct buffer *out, enum kind kind, const char *value, const struct schema *schema)
{
    add_input(out, kind, ENTRY_TYPE, *value ? value : "text", " list=\"types\"");
    buffer_puts(out, "<datalist id=\"types\">");
    bool proposed;
    const char *word;
    for (size_t i = 0; (word = column_type_word(i, &proposed)); i++)
        if (proposed)
            add_option(out, word, word, "");
    for (size_t i = 0; i < schema->enum_count; i++)
        if (!schema->enums[i]->implied)
            add_option(out, schema->enums[i]->name, schema->enums[i]->name, "");
    buffer_puts(out, "</datalist>");
}

static void add_area(struct buffer *out, enum kind kind, enum entry_field field, const char *value)
{
    const char *name = fields[field].name;
    buffer_puts(out, "<p class=\"field\">");
    add_label(out, kind, field);
    buffer_printf(out, "<textarea class=\"form-control\" rows=\"4\" id=\"%s-%s\" name=\"%s\">\n", kinds[kind].word,
                  name, name);
    page_escape(out, value);
    buffer_puts(out, "</textarea></p>");
}

static void add_check(struct buffer *out, enum kind kind, enum entry_field field, bool checked)
{
    const char *name = fields[field].name, *word = kinds[kind].word;
    buffer_printf(out,
                  "<p class=\"field form-check\"><input type=\"checkbox\" class=\"form-check-input\" id=\"%s-%s\" "
                  "name=\"%s\" value=\"yes\"%s><label class=\"form-check-label\" for=\"%s-%s\">%s</label></p>",
                  word, name, name, checked ? " checked" : "", word, name, kinds[kind].labels[field]);
}

static void add_field(struct buffer *out, enum kind kind, enum entry_field field, const char *value,
                      const struct schema *schema)
{
    switch (field) {
    case ENTRY_APPLICATION:
        add_applications(out, kind, value);
        return;
    case ENTRY_TABLE:
    case ENTRY_TARGET:
        add_tables(out, kind, field, value, schema);
        return;
    case ENTRY_TYPE:
        add_types(out, kind, value, schema);
        return;
    case ENTRY_COLUMNS:
        add_area(out, kind, field, value);
        return;
    case ENTRY_NULLABLE:
    case ENTRY_UNIQUE:
        add_check(out, kind, field, *value);
        return;
    default:
        add_input(out, kind, field, value, "");
    }
}

/* ---- Forms ---- */

static void begin_form(struct buffer *out, const struct client *client, enum kind kind)
{
    buffer_printf(out,
                  "<form method=\"post\" action=\"/Generate\"><input type=\"hidden\" name=\"token\" value=\"%s\">"
                  "<input type=\"hidden\" name=\"kind\" value=\"%s\">",
                  client->dev->server.token, kinds[kind].word);
}

void generate_form(struct buffer *out, const struct client *client, enum kind kind, const struct entry *entry,
                   const struct schema *schema)
{
    buffer_printf(out, "<section id=\"%s\" class=\"job-form\"><h2>%s</h2>", kinds[kind].word, kinds[kind].title);
    begin_form(out, client, kind);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (kinds[kind].labels[order[i]])
            add_field(out, kind, order[i], entry->text[order[i]], schema);
    buffer_puts(out, "<button class=\"btn btn-secondary\">Preview</button></form></section>");
}

void generate_form_again(struct buffer *out, const struct client *client, enum kind kind, const struct entry *entry)
{
    begin_form(out, client, kind);
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        buffer_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"", fields[i].name);
        page_escape(out, entry->text[i]);
        buffer_puts(out, "\">");
    }
    buffer_puts(out, "<button class=\"btn btn-primary\" name=\"do\" value=\"yes\">Generate</button></form>");
}
