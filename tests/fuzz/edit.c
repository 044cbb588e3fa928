/* Edits of Schema.sql on any bytes that parse: all other bytes stay, the result parses, and the model differs by
   exactly the edit. Driven by driver.c, or by libFuzzer. */
#include "schema/edit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TABLES_MAX = 8 };

static const char block[] =
    "CREATE TABLE fuzz_probes (\n    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL,\n    note TEXT\n);\n"
    "CREATE INDEX fuzz_probes_note ON fuzz_probes (note);";

static void expect(bool holds, const char *what, const char *before, size_t size, const struct buffer *after)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n---- before\n%.*s\n---- after\n%.*s\n----\n", what, (int)size, before, (int)after->size,
            after->data ? after->data : "");
    abort();
}

/* Whether all bytes of the shorter stand in the longer, in their order. */
static bool is_within(const char *shorter, size_t short_size, const char *longer, size_t long_size)
{
    size_t found = 0;
    for (size_t i = 0; i < long_size && found < short_size; i++)
        found += longer[i] == shorter[found];
    return found == short_size;
}

static char *printed(const struct schema *schema, const struct schema_table *table)
{
    struct buffer out = BUFFER_INIT(SCHEMA_PRINT_MAX);
    schema_print_sqlite_table(schema, table, &out);
    for (size_t i = 0; i < schema->index_count; i++)
        if (schema->indexes[i]->table == table)
            buffer_puts(&out, schema->indexes[i]->name);
    return out.data ? out.data : strdup("");
}

/* Whether all tables but that one are the same in both. */
static bool others_are_same(const struct schema *before, const struct schema *after, const struct schema_table *but)
{
    for (size_t i = 0; i < before->table_count; i++) {
        const struct schema_table *old = before->tables[i];
        if (old == but)
            continue;
        const struct schema_table *new = schema_find_table(after, old->schema, old->name);
        char *left = printed(before, old), *right = new ? printed(after, new) : strdup("");
        bool same = strcmp(left, right) == 0;
        free(left);
        free(right);
        if (!same)
            return false;
    }
    return true;
}

/* A column added to the source of a LIKE comes to both. */
static bool has_like(const struct schema *schema)
{
    for (size_t i = 0; i < schema->statement_count; i++)
        if (strcasestr(schema->statements[i]->sql, "like"))
            return true;
    return false;
}

static void try_append(const struct schema *schema, const char *text, size_t size)
{
    struct buffer longer = BUFFER_INIT(SCHEMA_PRINT_MAX), back = BUFFER_INIT(SCHEMA_PRINT_MAX);
    struct buffer found = BUFFER_INIT(SCHEMA_PRINT_MAX);
    if (strcasestr(text, "fuzz_probe"))
        return;
    int result = schema_edit_append(text, size, block, &longer, NULL);
    expect(result == 0 && is_within(text, size, longer.data, longer.size), "appended", text, size, &longer);
    struct schema *after = schema_parse("after.sql", longer.data, longer.size);
    expect(after->error_count == 0, "parses with a table more", text, size, &longer);
    expect(after->table_count == schema->table_count + 1 && after->index_count == schema->index_count + 1 &&
               after->statement_count == schema->statement_count + 2 && others_are_same(schema, after, NULL),
           "the model has that table more", text, size, &longer);
    const struct schema_table *table = schema_find_table(after, NULL, "fuzz_probes");
    result = schema_edit_table_text(after, longer.data, longer.size, table, &found, NULL);
    expect(result == 0 && strstr(found.data, block), "found as it was appended", text, size, &longer);
    if (strcmp(found.data, block) == 0) { /* else it joins a comment that stood at the end */
        result = schema_edit_take_out(after, longer.data, longer.size, table, &back, NULL);
        expect(result == 0 && back.size == size && (size == 0 || memcmp(back.data, text, size) == 0), "as before", text,
               size, &back);
    }
    schema_free(after);
    buffer_release(&longer);
    buffer_release(&found);
    buffer_release(&back);
}

static void try_column(const struct schema *schema, const char *text, size_t size, const struct schema_table *table)
{
    struct buffer longer = BUFFER_INIT(SCHEMA_PRINT_MAX);
    if (schema_find_column(table, "fuzz_probe"))
        return;
    int result = schema_edit_add_column(schema, text, size, table, "fuzz_probe TEXT", &longer, NULL);
    expect(result == 0 && is_within(text, size, longer.data, longer.size), "a column added", text, size, &longer);
    struct schema *after = schema_parse("after.sql", longer.data, longer.size);
    expect(after->error_count == 0, "parses with a column more", text, size, &longer);
    const struct schema_table *new = schema_find_table(after, table->schema, table->name);
    expect(new &&new->column_count == table->column_count + 1 && schema_find_column(new, "fuzz_probe"),
           "the table has that column more", text, size, &longer);
    expect(has_like(schema) || others_are_same(schema, after, table), "the others are the same", text, size, &longer);
    schema_free(after);
    buffer_release(&longer);
}

static void try_take_out(const struct schema *schema, const char *text, size_t size, const struct schema_table *table)
{
    struct buffer shorter = BUFFER_INIT(SCHEMA_PRINT_MAX);
    size_t about = 0;
    for (size_t i = 0; i < schema->statement_count; i++)
        about += schema_is_about(schema->statements[i], table);
    int result = schema_edit_take_out(schema, text, size, table, &shorter, NULL);
    expect(result == 0 && is_within(shorter.data ? shorter.data : "", shorter.size, text, size), "a table taken out",
           text, size, &shorter);
    struct schema *after = schema_parse("after.sql", shorter.data ? shorter.data : "", shorter.size);
    bool fine = after->error_count == 0; /* not where others refer to it */
    expect(!fine || !schema_find_table(after, table->schema, table->name), "it is gone", text, size, &shorter);
    expect(!fine ||
               (after->statement_count + about == schema->statement_count && others_are_same(schema, after, table)),
           "the others are the same", text, size, &shorter);
    schema_free(after);
    buffer_release(&shorter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct schema *schema = schema_parse("fuzz.sql", text, size);
    if (schema->error_count == 0) {
        try_append(schema, text, size);
        for (size_t i = 0; i < schema->table_count && i < TABLES_MAX; i++) {
            try_column(schema, text, size, schema->tables[i]);
            try_take_out(schema, text, size, schema->tables[i]);
        }
    }
    schema_free(schema);
    free(text);
    return 0;
}
