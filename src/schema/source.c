/* Tokens of a file, and where they end. */
#include "schema/source.h"

#include "base/error.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <stdlib.h>
#include <string.h>

static enum token_kind kind_of(const PgQuery__ScanToken *token)
{
    switch (token->token) {
    case PG_QUERY__TOKEN__SQL_COMMENT:
        return TOKEN_LINE_COMMENT;
    case PG_QUERY__TOKEN__C_COMMENT:
        return TOKEN_COMMENT;
    case PG_QUERY__TOKEN__ASCII_59:
        return TOKEN_SEMICOLON;
    case PG_QUERY__TOKEN__ASCII_44:
        return TOKEN_COMMA;
    case PG_QUERY__TOKEN__ASCII_40:
    case PG_QUERY__TOKEN__ASCII_91:
        return TOKEN_OPEN;
    case PG_QUERY__TOKEN__ASCII_41:
    case PG_QUERY__TOKEN__ASCII_93:
        return TOKEN_CLOSE;
    default:
        return TOKEN_CODE;
    }
}

static int read_tokens(struct source *source, const PgQueryScanResult *scan, struct errand_error *err)
{
    if (scan->error)
        return error_set(err, "the schema cannot be read: %s", scan->error->message);
    PgQuery__ScanResult *scanned =
        pg_query__scan_result__unpack(NULL, scan->pbuf.len, (const uint8_t *)scan->pbuf.data);
    if (!scanned)
        return error_set(err, "the scanner's answer cannot be read");
    source->tokens = arena_alloc(&source->arena, (scanned->n_tokens + 1) * sizeof *source->tokens);
    for (size_t i = 0; source->tokens && i < scanned->n_tokens; i++)
        source->tokens[source->count++] =
            (struct token){ (size_t)scanned->tokens[i]->start, kind_of(scanned->tokens[i]) };
    pg_query__scan_result__free_unpacked(scanned, NULL);
    return source->tokens ? 0 : error_set(err, "out of memory");
}

int source_open(struct source *source, const char *text, size_t size, struct errand_error *err)
{
    bool marked = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    size_t skip = marked ? 3 : 0;
    *source = (struct source){ .arena = ARENA_INIT, .mark = marked ? "\xef\xbb\xbf" : "", .newline = "\n" };
    source->text = arena_copy(&source->arena, text + skip, size - skip);
    source->size = size - skip;
    if (!source->text)
        return error_set(err, "out of memory");
    const char *end = memchr(source->text, '\n', source->size);
    if (end && end > source->text && end[-1] == '\r')
        source->newline = "\r\n";
    PgQueryScanResult scan = pg_query_scan(source->text);
    int result = read_tokens(source, &scan, err);
    pg_query_free_scan_result(scan);
    return result;
}

void source_release(struct source *source)
{
    arena_release(&source->arena);
}

bool source_is_comment(const struct token *token)
{
    return token->kind == TOKEN_COMMENT || token->kind == TOKEN_LINE_COMMENT;
}

size_t source_back_over_space(const struct source *source, size_t offset)
{
    while (offset > 0 && strchr(" \t\r\n\f\v", source->text[offset - 1]))
        offset--;
    return offset;
}

/* The scanner's own ends are wrong for some: U&"name" ends behind its U there. */
size_t source_token_end(const struct source *source, size_t index)
{
    size_t next = index + 1 < source->count ? source->tokens[index + 1].start : source->size;
    return source_back_over_space(source, next);
}

size_t source_token_from(const struct source *source, size_t offset)
{
    size_t low = 0, high = source->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (source->tokens[middle].start < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void source_add(const struct source *source, struct buffer *out, const char *text)
{
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        buffer_add(out, text, (size_t)(end - text));
        buffer_puts(out, source->newline);
    }
    buffer_puts(out, text);
}
