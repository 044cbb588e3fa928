/* A script's statements one by one, so that an error can say which of them it was. Not a parser: it knows what a
   semicolon may stand in. */
#include "migrate/internal.h"

#include "base/error.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct scan {
    const char *text;
    size_t at;
    enum store_kind kind;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Behind the closing quote; a doubled one is a character. */
static void skip_quoted(struct scan *scan, char quote, bool backslashes)
{
    for (scan->at++; scan->text[scan->at]; scan->at++) {
        if (backslashes && scan->text[scan->at] == '\\' && scan->text[scan->at + 1])
            scan->at++;
        else if (scan->text[scan->at] == quote && scan->text[scan->at + 1] == quote)
            scan->at++;
        else if (scan->text[scan->at] == quote)
            break;
    }
    scan->at += scan->text[scan->at] != '\0';
}

/* PostgreSQL's nest, SQLite's do not. */
static void skip_block_comment(struct scan *scan)
{
    size_t depth = 0;
    do {
        if (strncmp(scan->text + scan->at, "/*", 2) == 0 && (depth == 0 || scan->kind == STORE_POSTGRES)) {
            depth++;
            scan->at += 2;
        } else if (strncmp(scan->text + scan->at, "*/", 2) == 0) {
            depth--;
            scan->at += 2;
        } else {
            scan->at++;
        }
    } while (depth > 0 && scan->text[scan->at]);
}

/* $tag$ ... $tag$; false where that is not what stands here. */
static bool skip_dollars(struct scan *scan)
{
    const char *from = scan->text + scan->at, *end = from + 1;
    while (is_word(*end) && *end != '$')
        end++;
    if (scan->kind != STORE_POSTGRES || *end != '$' || isdigit((unsigned char)from[1]))
        return false;
    size_t size = (size_t)(end + 1 - from);
    for (const char *close = end + 1; *close; close++) {
        if (strncmp(close, from, size) == 0) {
            scan->at = (size_t)(close + size - scan->text);
            return true;
        }
    }
    scan->at += strlen(from);
    return true;
}

/* Behind a comment or blanks; false where there is neither. */
static bool skip_blank(struct scan *scan)
{
    const char *here = scan->text + scan->at;
    size_t blank = strspn(here, " \t\r\n\f\v");
    if (blank > 0)
        scan->at += blank;
    else if (strncmp(here, "--", 2) == 0)
        scan->at += strcspn(here, "\n");
    else if (strncmp(here, "/*", 2) == 0)
        skip_block_comment(scan);
    else
        return false;
    return true;
}

static bool same_word(const char *word, size_t size, const char *wanted)
{
    return size == strlen(wanted) && strncasecmp(word, wanted, size) == 0;
}

/* How deep a body that has statements of its own is: CREATE TRIGGER ... BEGIN ... END on SQLite, BEGIN ATOMIC ... END
   on PostgreSQL. CASE ends by END too. */
struct body {
    bool create, routine, began;
    int depth;
};

static void see_word(struct scan *scan, struct body *body, const char *word, size_t size, bool first)
{
    if (first)
        body->create = same_word(word, size, "CREATE");
    else if (body->create && !body->began)
        body->routine |=
            same_word(word, size, "TRIGGER") || same_word(word, size, "FUNCTION") || same_word(word, size, "PROCEDURE");
    if (body->began && same_word(word, size, "CASE")) {
        body->depth++;
    } else if (body->began && same_word(word, size, "END")) {
        body->depth--;
    } else if (body->routine && !body->began && same_word(word, size, "BEGIN")) {
        struct scan ahead = *scan;
        while (skip_blank(&ahead))
            ;
        body->began = scan->kind == STORE_SQLITE || strncasecmp(ahead.text + ahead.at, "ATOMIC", 6) == 0;
        body->depth += body->began;
    }
}

static void skip_token(struct scan *scan, struct body *body, bool first)
{
    char c = scan->text[scan->at];
    if (c == '\'' || c == '"' || (c == '`' && scan->kind == STORE_SQLITE)) {
        bool escapes = c == '\'' && scan->kind == STORE_POSTGRES && scan->at > 0 &&
                       strchr("eE", scan->text[scan->at - 1]) && (scan->at < 2 || !is_word(scan->text[scan->at - 2]));
        skip_quoted(scan, c, escapes);
    } else if (c == '[' && scan->kind == STORE_SQLITE) {
        scan->at += strcspn(scan->text + scan->at, "]");
        scan->at += scan->text[scan->at] != '\0';
    } else if (c == '$' && skip_dollars(scan)) {
        return;
    } else if (is_word(c)) {
        const char *word = scan->text + scan->at;
        while (is_word(scan->text[scan->at]))
            scan->at++;
        see_word(scan, body, word, (size_t)(scan->text + scan->at - word), first);
    } else {
        scan->at++;
    }
}

static int line_of(const char *text, size_t offset)
{
    int line = 1;
    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

bool split_next(const char *text, enum store_kind kind, size_t *at, struct statement_text *statement)
{
    struct scan scan = { text, *at, kind };
    struct body body = { 0 };
    while (text[scan.at] == ';' || skip_blank(&scan))
        scan.at += text[scan.at] == ';';
    size_t start = scan.at, end = start;
    while (text[scan.at] && (text[scan.at] != ';' || body.depth > 0)) {
        if (skip_blank(&scan))
            continue;
        skip_token(&scan, &body, scan.at == start);
        end = scan.at;
    }
    *at = scan.at + (text[scan.at] == ';');
    *statement = (struct statement_text){ start, end - start, line_of(text, start) };
    return end > start;
}

/* BEGIN, COMMIT and their kin, which would end the transaction that a file runs in. */
static bool split_is_transaction(const char *statement, size_t size)
{
    static const char *const words[] = { "BEGIN", "COMMIT", "ROLLBACK", "END", "ABORT", "START" };
    size_t length = 0;
    while (length < size && isalpha((unsigned char)statement[length]))
        length++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_word(statement, length, words[i]))
            return true;
    return false;
}

int run_statements(struct migration *migration, const char *path, const char *text, struct errand_error *err)
{
    struct statement_text statement;
    enum store_kind kind = connection_kind(migration->connection);
    for (size_t at = 0; split_next(text, kind, &at, &statement);) {
        const char *sql = text_format(migration, "%.*s", (int)statement.size, text + statement.offset);
        const char *shown = shown_statement(migration, sql);
        if (split_is_transaction(sql, statement.size))
            return error_set(err, "%s:%d: \"%s\": a file runs in one transaction of its own; take this statement out",
                             path, statement.line, shown);
        if (connection_script(migration->connection, sql, err) == 0)
            continue;
        bool concurrent = kind == STORE_POSTGRES && strcasestr(sql, "INDEX CONCURRENTLY");
        return error_prefix(err, "%s:%d: \"%s\"%s", path, statement.line, shown,
                            concurrent ? ": a file runs in a transaction; an index that is put into the schema is made "
                                         "CONCURRENTLY by itself"
                                       : "");
    }
    return 0;
}
