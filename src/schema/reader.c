/* Reading a file: the parser, positions, messages, memory. */
#include "schema/reader.h"

#include "base/utf8.h"

#include <errno.h>
#include <pg_query.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *not_null(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

void *reader_alloc(struct reader *reader, size_t size)
{
    return not_null(arena_alloc(reader->arena, size));
}

char *reader_strdup(struct reader *reader, const char *text)
{
    return not_null(arena_strdup(reader->arena, text));
}

char *reader_printf(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(reader->arena, format, arguments);
    va_end(arguments);
    return not_null(text);
}

void *list_grow(struct reader *reader, void *items, size_t count, size_t size)
{
    bool full = count == 0 || (count & (count - 1)) == 0;
    if (!full)
        return items;
    void *grown = reader_alloc(reader, (count ? 2 * count : 1) * size);
    if (count)
        memcpy(grown, items, count * size);
    return grown;
}

/* Counts on from the last one: most are asked for in the order of the file. */
struct schema_position reader_position(struct reader *reader, size_t offset)
{
    bool is_behind = reader->seen_at.line > 0 && offset >= reader->seen;
    struct schema_position at = is_behind ? reader->seen_at : (struct schema_position){ 1, 1 };
    if (offset > reader->size)
        offset = reader->size;
    for (size_t i = is_behind ? reader->seen : 0; i < offset; i++) {
        unsigned char byte = (unsigned char)reader->text[i];
        if (byte == '\n') {
            at.line++;
            at.column = 1;
        } else if ((byte & 0xc0) != 0x80) {
            at.column++;
        }
    }
    reader->seen = offset;
    reader->seen_at = at;
    return at;
}

struct schema_position reader_here(struct reader *reader)
{
    return reader_position(reader, reader->start);
}

static void add_message(struct reader *reader, bool is_error, struct schema_position at, const char *format,
                        va_list arguments)
{
    struct schema *schema = reader->schema;
    char *sentence = not_null(arena_vprintf(reader->arena, format, arguments));
    for (char *end = sentence; (end = strpbrk(end, "\r\n"));) /* one line each */
        *end = ' ';
    struct schema_message *message = LIST_ADD(reader, schema->messages, schema->message_count);
    message->is_error = is_error;
    message->at = at;
    message->number = schema->message_count;
    message->text = reader_printf(reader, "%s:%d:%d: %s%s", schema->file, at.line, at.column,
                                  is_error ? "" : "warning: ", sentence);
    schema->error_count += is_error;
}

void reader_error(struct reader *reader, struct schema_position at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_message(reader, true, at, format, arguments);
    va_end(arguments);
}

void reader_warning(struct reader *reader, struct schema_position at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_message(reader, false, at, format, arguments);
    va_end(arguments);
}

const char *node_string(const PgQuery__Node *node)
{
    return node && node->node_case == PG_QUERY__NODE__NODE_STRING ? node->string->sval : NULL;
}

const char *optional(struct reader *reader, const char *text)
{
    return text && *text ? reader_strdup(reader, text) : NULL;
}

void qualified_name(struct reader *reader, PgQuery__Node **names, size_t count, const char **schema, const char **name)
{
    const char *last = count ? node_string(names[count - 1]) : NULL;
    const char *before = count > 1 ? node_string(names[count - 2]) : NULL;
    *name = reader_strdup(reader, last ? last : "");
    *schema = optional(reader, before);
}

const char *quoted(struct reader *reader, const char *name)
{
    char *out = reader_alloc(reader, 2 * strlen(name) + 3);
    char *to = out;
    *to++ = '"';
    for (const char *from = name; *from; from++) {
        if (*from == '"')
            *to++ = '"';
        *to++ = *from;
    }
    *to = '"';
    return out;
}

const char *qualified(struct reader *reader, const char *schema, const char *name)
{
    if (!schema)
        return quoted(reader, name);
    return reader_printf(reader, "%s.%s", quoted(reader, schema), quoted(reader, name));
}

/* The parser's cursor counts characters from 1. */
static size_t offset_of_character(const struct reader *reader, int cursor)
{
    size_t offset = 0;
    for (int seen = 1; seen < cursor && offset < reader->size; seen++) {
        offset++;
        while (offset < reader->size && ((unsigned char)reader->text[offset] & 0xc0) == 0x80)
            offset++;
    }
    return offset;
}

/* What PostgreSQL's parser says. A backslash begins a command of psql, as pg_dump writes them too (`\restrict`). */
static void tell_syntax_error(struct reader *reader, const PgQueryError *error)
{
    size_t offset = offset_of_character(reader, error->cursorpos);
    struct schema_position at = reader_position(reader, offset);
    if (offset >= reader->size || reader->text[offset] != '\\') {
        reader_error(reader, at, "%s", error->message);
        return;
    }
    size_t length = 1 + strspn(reader->text + offset + 1, "abcdefghijklmnopqrstuvwxyz!?.");
    reader_error(reader, at, "%.*s is a command of psql, not SQL: remove the line", (int)length, reader->text + offset);
}

/* Behind whitespace and comments. */
static size_t skip_blank(const char *text, size_t from, size_t to)
{
    while (from < to) {
        if (strchr(" \t\r\n\f\v", text[from])) {
            from++;
        } else if (to - from >= 2 && memcmp(text + from, "--", 2) == 0) {
            while (from < to && text[from] != '\n')
                from++;
        } else if (to - from >= 2 && memcmp(text + from, "/*", 2) == 0) {
            size_t depth = 1;
            for (from += 2; from < to && depth; from++) {
                bool pair = from + 1 < to;
                if (pair && text[from] == '/' && text[from + 1] == '*')
                    depth++, from++;
                else if (pair && text[from] == '*' && text[from + 1] == '/')
                    depth--, from++;
            }
        } else {
            break;
        }
    }
    return from;
}

/* The end of the text without the comments at its end: a semicolon put behind a line comment would be part of it. */
static size_t without_comments(struct reader *reader, size_t from, size_t to)
{
    const char *text = not_null(arena_copy(reader->arena, reader->text + from, to - from));
    if (!strstr(text, "--") && !strstr(text, "/*"))
        return to;
    PgQueryScanResult scan = pg_query_scan(text);
    PgQuery__ScanResult *scanned =
        scan.error ? NULL : pg_query__scan_result__unpack(NULL, scan.pbuf.len, (const uint8_t *)scan.pbuf.data);
    size_t count = scanned ? scanned->n_tokens : 0;
    for (; count > 1 && (scanned->tokens[count - 1]->token == PG_QUERY__TOKEN__SQL_COMMENT ||
                         scanned->tokens[count - 1]->token == PG_QUERY__TOKEN__C_COMMENT);
         count--)
        to = from + (size_t)scanned->tokens[count - 1]->start;
    if (scanned)
        pg_query__scan_result__free_unpacked(scanned, NULL);
    pg_query_free_scan_result(scan);
    return to;
}

static void set_statement(struct reader *reader, const PgQuery__RawStmt *raw)
{
    size_t from = (size_t)raw->stmt_location;
    size_t to = raw->stmt_len > 0 ? from + (size_t)raw->stmt_len : reader->size;
    if (to > reader->size)
        to = reader->size;
    from = skip_blank(reader->text, from < to ? from : to, to);
    to = without_comments(reader, from, to);
    while (to > from && strchr(" \t\r\n;", reader->text[to - 1]))
        to--;
    reader->start = from;
    reader->sql = not_null(arena_copy(reader->arena, reader->text + from, to - from));
}

static void read_tree(struct reader *reader, const PgQueryProtobuf *packed)
{
    PgQuery__ParseResult *tree = pg_query__parse_result__unpack(NULL, packed->len, (const uint8_t *)packed->data);
    if (!tree) {
        reader_error(reader, (struct schema_position){ 1, 1 }, "the parser's answer cannot be read");
        return;
    }
    for (size_t i = 0; i < tree->n_stmts; i++) {
        set_statement(reader, tree->stmts[i]);
        read_statement(reader, tree->stmts[i]->stmt);
    }
    tell_drops(reader);
    schema_resolve(reader);
    pg_query__parse_result__free_unpacked(tree, NULL);
}

/* True if the text is fit for the parser, which takes NUL-terminated UTF-8. */
static bool check_text(struct reader *reader)
{
    if (reader->size > SCHEMA_FILE_MAX) {
        reader_error(reader, (struct schema_position){ 1, 1 }, "the file is larger than %d MiB",
                     SCHEMA_FILE_MAX / 1024 / 1024);
        return false;
    }
    for (size_t i = 0; i < reader->size;) {
        size_t length = utf8_sequence(reader->text + i, reader->size - i);
        if (length == 0) {
            reader_error(reader, reader_position(reader, i),
                         reader->text[i] ? "the byte 0x%02x is not UTF-8" : "there is a NUL byte (0x%02x)",
                         (unsigned char)reader->text[i]);
            return false;
        }
        i += length;
    }
    return true;
}

static struct schema *schema_new(const char *file)
{
    struct schema *schema = not_null(calloc(1, sizeof *schema));
    schema->arena = (struct arena)ARENA_INIT;
    schema->file = not_null(arena_strdup(&schema->arena, file));
    return schema;
}

static int by_position(const void *left, const void *right)
{
    const struct schema_message *a = left, *b = right;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

struct schema *schema_parse(const char *file, const char *text, size_t size)
{
    struct schema *schema = schema_new(file);
    struct reader reader = { .schema = schema, .arena = &schema->arena, .text = text, .size = size };
    if (!check_text(&reader))
        return schema;
    /* A byte order mark, as Windows editors write it. */
    size_t mark = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    reader.size = size - mark;
    reader.text = not_null(arena_copy(&schema->arena, text + mark, reader.size));
    if (!check_nesting(&reader))
        return schema;
    PgQueryProtobufParseResult result = pg_query_parse_protobuf(reader.text);
    if (result.error)
        tell_syntax_error(&reader, result.error);
    else
        read_tree(&reader, &result.parse_tree);
    if (schema->message_count)
        qsort(schema->messages, schema->message_count, sizeof *schema->messages, by_position);
    pg_query_free_protobuf_parse_result(result);
    return schema;
}

/* The whole file in malloc'ed memory, at most one byte over the limit; NULL with errno. */
static char *read_whole(const char *file, size_t *size)
{
    FILE *stream = fopen(file, "rb");
    if (!stream)
        return NULL;
    char *text = malloc(SCHEMA_FILE_MAX + 1);
    if (text)
        *size = fread(text, 1, SCHEMA_FILE_MAX + 1, stream);
    int error = ferror(stream) ? (errno ? errno : EIO) : 0;
    fclose(stream);
    if (!error)
        return text;
    free(text);
    errno = error;
    return NULL;
}

struct schema *schema_read(const char *file)
{
    size_t size = 0;
    char *text = read_whole(file, &size);
    if (text) {
        struct schema *schema = schema_parse(file, text, size);
        free(text);
        return schema;
    }
    int error = errno;
    struct schema *schema = schema_new(file);
    struct reader reader = { .schema = schema, .arena = &schema->arena };
    struct schema_message *message = LIST_ADD(&reader, schema->messages, schema->message_count);
    message->is_error = true;
    message->text = reader_printf(&reader, "%s: cannot be read: %s", file, strerror(error));
    schema->error_count++;
    return schema;
}

void schema_free(struct schema *schema)
{
    if (!schema)
        return;
    arena_release(&schema->arena);
    free(schema);
}

static bool same_schema(const char *a, const char *b)
{
    a = a ? a : "public";
    b = b ? b : "public";
    return strcmp(a, b) == 0;
}

struct schema_table *schema_find_table(const struct schema *schema, const char *schema_name, const char *name)
{
    for (size_t i = 0; i < schema->table_count; i++) {
        struct schema_table *table = schema->tables[i];
        if (strcmp(table->name, name) == 0 && same_schema(table->schema, schema_name))
            return table;
    }
    return NULL;
}

const struct schema_enum *schema_find_enum(const struct schema *schema, const char *schema_name, const char *name)
{
    for (size_t i = 0; i < schema->enum_count; i++)
        if (strcmp(schema->enums[i]->name, name) == 0 && same_schema(schema->enums[i]->schema, schema_name))
            return schema->enums[i];
    return NULL;
}

struct schema_column *schema_find_column(const struct schema_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

bool schema_has_primary_key(const struct schema_table *table, const char *column)
{
    for (size_t i = 0; i < table->primary_key.count; i++)
        if (strcmp(table->primary_key.columns[i], column) == 0)
            return true;
    return false;
}
