/* A column put into a CREATE TABLE, in the way in which the others are written there. */
#include "schema/edit.h"

#include "base/error.h"
#include "schema/source.h"

#include <string.h>

/* One of the things between the parentheses of CREATE TABLE: its first and last token, and the comma or parenthesis
   behind it. */
struct element {
    size_t first, last, separator;
};

static const struct schema_statement *statement_of(const struct schema *schema, const struct schema_table *table)
{
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = schema->statements[i];
        if (statement->kind == SCHEMA_STATEMENT_TABLE && statement->on_sqlite && schema_is_about(statement, table))
            return statement;
    }
    return NULL;
}

static const struct schema_column *column_at(const struct schema_table *table, size_t offset)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].offset == offset)
            return &table->columns[i];
    return NULL;
}

/* Reads on to the end of the element whose tokens begin at i. */
static struct element read_element(const struct source *source, size_t i)
{
    struct element element = { .first = source->count };
    for (size_t depth = 0; i < source->count; i++) {
        enum token_kind kind = source->tokens[i].kind;
        if (source_is_comment(&source->tokens[i]))
            continue;
        if (depth == 0 && (kind == TOKEN_COMMA || kind == TOKEN_CLOSE))
            break;
        depth += kind == TOKEN_OPEN;
        depth -= kind == TOKEN_CLOSE;
        if (element.first == source->count)
            element.first = i;
        element.last = i;
    }
    element.separator = i;
    return element;
}

/* The column that a new one comes behind; first is the count of tokens where there is none. */
static struct element find_place(const struct source *source, const struct schema_table *table, size_t open)
{
    struct element place = { .first = source->count };
    for (size_t i = open + 1; i < source->count;) {
        struct element element = read_element(source, i);
        if (element.first == source->count || element.separator == source->count)
            break;
        const struct schema_column *column = column_at(table, source->tokens[element.first].start);
        bool stays_last = table->is_job && column && strcmp(column->name, "queue_position") == 0;
        if (column && (!stays_last || place.first == source->count))
            place = element;
        if (source->tokens[element.separator].kind != TOKEN_COMMA)
            break;
        i = element.separator + 1;
    }
    return place;
}

/* Behind the comments that begin on the same line, from token i on. */
static size_t behind_comments(const struct source *source, size_t i, size_t point)
{
    for (; i < source->count && source_is_comment(&source->tokens[i]); i++) {
        size_t start = source->tokens[i].start;
        if (memchr(source->text + point, '\n', start - point))
            break;
        point = source_token_end(source, i);
        if (memchr(source->text + start, '\n', point - start))
            break;
    }
    return point;
}

/* How the column that comes before is written: on a line of its own, behind what indentation; perhaps with the comma of
   the one before at the front. */
enum layout { LAYOUT_INLINE, LAYOUT_LINE, LAYOUT_COMMA_FIRST };

static enum layout layout_of(const struct source *source, size_t first, const char **indent, int *length)
{
    size_t end = source->tokens[first].start, start = end;
    while (start > 0 && source->text[start - 1] != '\n')
        start--;
    *indent = source->text + start;
    *length = (int)(end - start);
    size_t blanks = strspn(*indent, " \t");
    if (start == 0)
        return LAYOUT_INLINE;
    if (blanks >= end - start)
        return LAYOUT_LINE;
    bool comma = (*indent)[blanks] == ',' && blanks + 1 + strspn(*indent + blanks + 1, " \t") >= end - start;
    return comma ? LAYOUT_COMMA_FIRST : LAYOUT_INLINE;
}

struct insertion {
    size_t comma_at; /* a comma goes here first; SIZE_MAX: none */
    size_t at;
    char *text;
};

static char *print(struct source *source, const char *format, ...) __attribute__((format(printf, 2, 3)));
static char *print(struct source *source, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(&source->arena, format, arguments);
    va_end(arguments);
    return text;
}

static struct insertion insertion_behind(struct source *source, const struct element *place, const char *definition)
{
    const char *indent, *newline = source->newline;
    int length;
    bool is_last = source->tokens[place->separator].kind != TOKEN_COMMA;
    size_t end = source_token_end(source, place->last);
    size_t behind = behind_comments(source, place->last + 1, end);
    switch (layout_of(source, place->first, &indent, &length)) {
    case LAYOUT_COMMA_FIRST:
        return (struct insertion){ SIZE_MAX, behind, print(source, "%s%.*s%s", newline, length, indent, definition) };
    case LAYOUT_LINE:
        if (is_last)
            return (struct insertion){ end, behind, print(source, "%s%.*s%s", newline, length, indent, definition) };
        behind = behind_comments(source, place->separator + 1, source->tokens[place->separator].start + 1);
        return (struct insertion){ SIZE_MAX, behind, print(source, "%s%.*s%s,", newline, length, indent, definition) };
    default:
        return (struct insertion){ SIZE_MAX, end, print(source, ", %s", definition) };
    }
}

static int find_insertion(struct source *source, const struct schema_table *table, size_t offset,
                          const char *definition, struct insertion *insertion, struct errand_error *err)
{
    size_t open = source_token_from(source, offset);
    while (open < source->count && source->tokens[open].kind != TOKEN_OPEN)
        open++;
    if (open == source->count)
        return error_set(err, "the CREATE TABLE of %s has no list of columns", table->name);
    struct element place = find_place(source, table, open);
    if (place.first < source->count) {
        *insertion = insertion_behind(source, &place, definition);
    } else {
        bool is_empty = read_element(source, open + 1).first == source->count;
        *insertion = (struct insertion){ SIZE_MAX, source->tokens[open].start + 1,
                                         print(source, "%s%s", definition, is_empty ? "" : ", ") };
    }
    return insertion->text ? 0 : error_set(err, "out of memory");
}

static int add_column(struct source *source, const struct schema_table *table, size_t offset, const char *definition,
                      struct buffer *out, struct errand_error *err)
{
    struct insertion insertion = { 0 };
    size_t at = 0;
    if (find_insertion(source, table, offset, definition, &insertion, err) != 0)
        return -1;
    buffer_puts(out, source->mark);
    if (insertion.comma_at != SIZE_MAX) {
        at = insertion.comma_at;
        buffer_add(out, source->text, at);
        buffer_puts(out, ",");
    }
    buffer_add(out, source->text + at, insertion.at - at);
    buffer_puts(out, insertion.text);
    buffer_add(out, source->text + insertion.at, source->size - insertion.at);
    return out->failed ? error_set(err, "the schema would be too long") : 0;
}

int schema_edit_add_column(const struct schema *schema, const char *text, size_t size, const struct schema_table *table,
                           const char *definition, struct buffer *out, struct errand_error *err)
{
    struct source source;
    const struct schema_statement *statement = statement_of(schema, table);
    if (!statement)
        return error_set(err, "there is no CREATE TABLE of %s", table->name);
    int result = source_open(&source, text, size, err);
    if (result == 0)
        result = add_column(&source, table, statement->offset, definition, out, err);
    source_release(&source);
    return result;
}
