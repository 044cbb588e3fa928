/* Statements put at the end of Schema.sql, and taken out of it. */
#include "schema/edit.h"

#include "base/error.h"
#include "schema/source.h"

#include <stdlib.h>
#include <string.h>

static int finished(struct source *source, const struct buffer *out, int result, struct errand_error *err)
{
    source_release(source);
    if (result == 0 && out->failed)
        return error_set(err, "the schema would be too long");
    return result;
}

/* ---- append ---- */

static bool lacks_semicolon(const struct source *source)
{
    size_t i = source->count;
    while (i > 0 && source_is_comment(&source->tokens[i - 1]))
        i--;
    return i > 0 && source->tokens[i - 1].kind != TOKEN_SEMICOLON;
}

static void append(const struct source *source, const char *statements, struct buffer *out)
{
    buffer_puts(out, source->mark);
    if (source->count == 0) {
        source_add(source, out, statements);
        buffer_puts(out, source->newline);
        buffer_add(out, source->text, source->size);
        return;
    }
    size_t last = source->count - 1, end = source_token_end(source, last);
    size_t length = strlen(statements);
    struct buffer added = BUFFER_INIT(SCHEMA_PRINT_MAX);
    if (lacks_semicolon(source)) {
        buffer_puts(&added, source->tokens[last].kind == TOKEN_LINE_COMMENT ? "\n;" : ";");
        length--;
    }
    buffer_printf(&added, "\n\n%.*s", (int)length, statements);
    buffer_add(out, source->text, end);
    source_add(source, out, added.failed ? "" : added.data);
    buffer_add(out, source->text + end, source->size - end);
    out->failed = out->failed || added.failed;
    buffer_release(&added);
}

int schema_edit_append(const char *text, size_t size, const char *statements, struct buffer *out,
                       struct errand_error *err)
{
    struct source source;
    int result = source_open(&source, text, size, err);
    if (result == 0)
        append(&source, statements, out);
    return finished(&source, out, result, err);
}

/* ---- take out ---- */

/* Statements with nothing but whitespace between them. */
struct stretch {
    size_t start, end;
    bool unterminated; /* the semicolon behind it is missing: the file ends */
};

bool schema_is_about(const struct schema_statement *statement, const struct schema_table *table)
{
    if (!statement->table || strcmp(statement->table, table->name) != 0)
        return false;
    const char *theirs = statement->table_schema ? statement->table_schema : "public";
    return strcmp(theirs, table->schema ? table->schema : "public") == 0;
}

/* Whether nothing but blanks stands between the start of the line and the offset. */
static bool begins_line(const struct source *source, size_t offset)
{
    while (offset > 0 && strchr(" \t", source->text[offset - 1]))
        offset--;
    return offset == 0 || source->text[offset - 1] == '\n';
}

/* The first of the comment lines right above the token. */
static size_t with_comments(const struct source *source, size_t token)
{
    for (; token > 0 && source_is_comment(&source->tokens[token - 1]); token--) {
        size_t end = source_token_end(source, token - 1);
        const char *newline = memchr(source->text + end, '\n', source->tokens[token].start - end);
        bool is_above = newline && source_back_over_space(source, source->tokens[token].start) == end &&
                        !memchr(newline + 1, '\n', (size_t)(source->text + source->tokens[token].start - newline - 1));
        if (!is_above || !begins_line(source, source->tokens[token - 1].start))
            break;
    }
    return source->tokens[token].start;
}

static struct stretch stretch_of(const struct source *source, const struct schema_statement *statement)
{
    struct stretch stretch = { .start = with_comments(source, source_token_from(source, statement->offset)) };
    size_t end = statement->offset + strlen(statement->sql);
    size_t i = source_token_from(source, end);
    while (i < source->count && source_is_comment(&source->tokens[i]))
        i++;
    stretch.unterminated = i == source->count;
    stretch.end = stretch.unterminated ? end : source->tokens[i].start + 1;
    return stretch;
}

static int by_start(const void *left, const void *right)
{
    const struct stretch *a = left, *b = right;
    return (a->start > b->start) - (a->start < b->start);
}

static size_t merged(const struct source *source, struct stretch *stretches, size_t count)
{
    size_t kept = 0;
    qsort(stretches, count, sizeof *stretches, by_start);
    for (size_t i = 0; i < count; i++) {
        struct stretch *last = kept ? &stretches[kept - 1] : NULL;
        if (last && source_back_over_space(source, stretches[i].start) <= last->end) {
            last->end = stretches[i].end;
            last->unterminated = stretches[i].unterminated;
        } else {
            stretches[kept++] = stretches[i];
        }
    }
    return kept;
}

/* All that is about the table, in the order of the file; NULL where memory ran out. */
static struct stretch *stretches_about(struct source *source, const struct schema *schema,
                                       const struct schema_table *table, size_t *count)
{
    struct stretch *stretches = arena_alloc(&source->arena, (schema->statement_count + 1) * sizeof *stretches);
    *count = 0;
    for (size_t i = 0; stretches && i < schema->statement_count; i++)
        if (schema_is_about(schema->statements[i], table))
            stretches[(*count)++] = stretch_of(source, schema->statements[i]);
    if (stretches && *count > 0)
        *count = merged(source, stretches, *count);
    return stretches;
}

/* The stretch's own lines go with the whitespace before them. A semicolon that was put before it goes too. */
static void widen_backwards(const struct source *source, struct stretch *stretch)
{
    stretch->start = source_back_over_space(source, stretch->start);
    size_t i = source_token_from(source, stretch->start);
    if (!stretch->unterminated || i == 0 || source->tokens[i - 1].kind != TOKEN_SEMICOLON)
        return;
    stretch->start = source->tokens[i - 1].start;
    if (i >= 2 && source->tokens[i - 2].kind == TOKEN_LINE_COMMENT)
        stretch->start = source_back_over_space(source, stretch->start);
}

/* At the start of the file the whitespace behind it goes instead; one newline where there is nothing else. */
static void widen_forwards(const struct source *source, struct stretch *stretch)
{
    const char *text = source->text;
    size_t next = stretch->end;
    while (next < source->size && strchr(" \t\r\n\f\v", text[next]))
        next++;
    stretch->start = 0;
    if (next < source->size)
        stretch->end = next;
    else if (strncmp(text + stretch->end, source->newline, strlen(source->newline)) == 0)
        stretch->end += strlen(source->newline);
}

static void widen(const struct source *source, struct stretch *stretch)
{
    size_t rest = stretch->end;
    while (rest < source->size && strchr(" \t", source->text[rest]))
        rest++;
    bool ends_line = rest == source->size || strchr("\r\n", source->text[rest]);
    if (!ends_line)
        stretch->end = rest;
    else if (source_back_over_space(source, stretch->start) == 0)
        widen_forwards(source, stretch);
    else
        widen_backwards(source, stretch);
}

int schema_edit_take_out(const struct schema *schema, const char *text, size_t size, const struct schema_table *table,
                         struct buffer *out, struct errand_error *err)
{
    struct source source;
    size_t count = 0, at = 0;
    if (source_open(&source, text, size, err) != 0)
        return finished(&source, out, -1, err);
    struct stretch *stretches = stretches_about(&source, schema, table, &count);
    if (!stretches)
        return finished(&source, out, error_set(err, "out of memory"), err);
    buffer_puts(out, source.mark);
    for (size_t i = 0; i < count; i++) {
        widen(&source, &stretches[i]);
        buffer_add(out, source.text + at, stretches[i].start - at);
        at = stretches[i].end;
    }
    buffer_add(out, source.text + at, source.size - at);
    return finished(&source, out, 0, err);
}

/* Without the carriage returns of CRLF. */
static void add_plain(struct buffer *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r' || i + 1 == size || text[i + 1] != '\n')
            buffer_add(out, text + i, 1);
}

int schema_edit_table_text(const struct schema *schema, const char *text, size_t size, const struct schema_table *table,
                           struct buffer *out, struct errand_error *err)
{
    struct source source;
    size_t count = 0;
    if (source_open(&source, text, size, err) != 0)
        return finished(&source, out, -1, err);
    struct stretch *stretches = stretches_about(&source, schema, table, &count);
    if (!stretches)
        return finished(&source, out, error_set(err, "out of memory"), err);
    for (size_t i = 0; i < count; i++) {
        buffer_puts(out, i ? "\n\n" : "");
        add_plain(out, source.text + stretches[i].start, stretches[i].end - stretches[i].start);
        buffer_puts(out, stretches[i].unterminated ? ";" : "");
    }
    return finished(&source, out, 0, err);
}
