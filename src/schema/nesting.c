/* The parser refuses more than 10,000 brackets within each other, but takes a + b + c + ... of any length, and gives a
   tree as deep as that is long, which it then walks recursively. So long chains are refused before. */
#include "schema/reader.h"

#include <pg_query.h>

enum { NESTING_MAX = 2000, BRACKETS_MAX = 10000 };

/* Between two brackets: the operators of the element under way, and the deepest bracket in it. */
struct level {
    size_t operators;
    size_t inside;
};

/* What makes a tree deeper for every operand more. */
static bool is_operator(const PgQuery__ScanToken *token)
{
    switch (token->token) {
    case PG_QUERY__TOKEN__UNION:
    case PG_QUERY__TOKEN__EXCEPT:
    case PG_QUERY__TOKEN__INTERSECT:
    case PG_QUERY__TOKEN__JOIN:
    case PG_QUERY__TOKEN__COLLATE:
    case PG_QUERY__TOKEN__IS:
    case PG_QUERY__TOKEN__ISNULL:
    case PG_QUERY__TOKEN__NOTNULL:
    case PG_QUERY__TOKEN__AT:
        return true;
    case PG_QUERY__TOKEN__IDENT:
    case PG_QUERY__TOKEN__UIDENT:
    case PG_QUERY__TOKEN__ICONST:
    case PG_QUERY__TOKEN__FCONST:
    case PG_QUERY__TOKEN__SCONST:
    case PG_QUERY__TOKEN__USCONST:
    case PG_QUERY__TOKEN__BCONST:
    case PG_QUERY__TOKEN__XCONST:
    case PG_QUERY__TOKEN__ASCII_46:
    case PG_QUERY__TOKEN__SQL_COMMENT:
    case PG_QUERY__TOKEN__C_COMMENT:
        return false;
    default:
        return token->keyword_kind == PG_QUERY__KEYWORD_KIND__NO_KEYWORD;
    }
}

/* The depth of the text's deepest expression, at least; *at is where it passed the limit. */
static bool is_within(const PgQuery__ScanResult *scanned, size_t *at)
{
    static const struct level none = { 0, 0 };
    struct level levels[BRACKETS_MAX + 1] = { none };
    size_t depth = 0;
    for (size_t i = 0; i < scanned->n_tokens; i++) {
        const PgQuery__ScanToken *token = scanned->tokens[i];
        struct level *level = &levels[depth];
        *at = (size_t)token->start;
        if (token->token == PG_QUERY__TOKEN__ASCII_59 || token->token == PG_QUERY__TOKEN__ASCII_44) {
            *level = none;
        } else if (token->token == PG_QUERY__TOKEN__ASCII_40 || token->token == PG_QUERY__TOKEN__ASCII_91) {
            if (depth == BRACKETS_MAX)
                return false;
            levels[++depth] = none;
        } else if (token->token == PG_QUERY__TOKEN__ASCII_41 || token->token == PG_QUERY__TOKEN__ASCII_93) {
            size_t whole = level->operators + level->inside + 1;
            if (depth > 0 && whole > levels[--depth].inside)
                levels[depth].inside = whole;
        } else if (is_operator(token)) {
            level->operators++;
        }
        if (levels[depth].operators + levels[depth].inside > NESTING_MAX)
            return false;
    }
    return true;
}

bool check_nesting(struct reader *reader)
{
    PgQueryScanResult scan = pg_query_scan(reader->text);
    size_t at = 0;
    bool fine = true;
    if (!scan.error) { /* else the parser says what it is */
        PgQuery__ScanResult *scanned =
            pg_query__scan_result__unpack(NULL, scan.pbuf.len, (const uint8_t *)scan.pbuf.data);
        fine = scanned && is_within(scanned, &at);
        if (scanned)
            pg_query__scan_result__free_unpacked(scanned, NULL);
    }
    pg_query_free_scan_result(scan);
    if (!fine)
        reader_error(reader, reader_position(reader, at), "an expression nests more than %d deep", NESTING_MAX);
    return fine;
}
