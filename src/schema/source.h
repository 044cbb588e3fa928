/* The text of a file cut into the tokens of PostgreSQL's scanner, for edits. */
#ifndef SCHEMA_SOURCE_H
#define SCHEMA_SOURCE_H

#include "base/arena.h"
#include "base/buffer.h"

enum token_kind {
    TOKEN_CODE = 0,
    TOKEN_COMMENT,      /* of either form */
    TOKEN_LINE_COMMENT, /* from -- to the end of the line */
    TOKEN_SEMICOLON,
    TOKEN_COMMA,
    TOKEN_OPEN, /* ( and [ */
    TOKEN_CLOSE
};

struct token {
    size_t start;
    enum token_kind kind;
};

/* Offsets are those of the model: a byte order mark is not counted. */
struct source {
    struct arena arena;
    const char *mark; /* the byte order mark, or "" */
    const char *text;
    size_t size;
    const char *newline; /* "\n", or "\r\n" where the file has these */
    struct token *tokens;
    size_t count;
};

/* 0, or -1 and the sentence; to be released in either case. */
int source_open(struct source *source, const char *text, size_t size, struct errand_error *err);
void source_release(struct source *source);

bool source_is_comment(const struct token *token);
/* Behind the last byte of the token. */
size_t source_token_end(const struct source *source, size_t index);
/* The first token that begins at the offset or behind it; count where there is none. */
size_t source_token_from(const struct source *source, size_t offset);
/* The offset, or one before it with nothing but whitespace between. */
size_t source_back_over_space(const struct source *source, size_t offset);
/* Appends text with the file's own line ends. */
void source_add(const struct source *source, struct buffer *out, const char *text);

#endif
