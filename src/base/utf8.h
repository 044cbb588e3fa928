/* Text from outside made fit for a database, a terminal or JSON. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buffer.h"

/* Length of the valid UTF-8 sequence at text (1 to 4), or 0: invalid, cut off, or a NUL. */
size_t utf8_sequence(const char *text, size_t size);
/* Appends the text with invalid bytes and NULs replaced by U+FFFD. */
void utf8_add_valid(struct buffer *out, const char *text, size_t size);
/* The same, with control characters as \n, \t or \x1b. */
void utf8_add_printable(struct buffer *out, const char *text, size_t size);
/* Valid text with a ? for each character beyond ASCII, in place. Returns the new length. */
size_t utf8_to_ascii(char *text, size_t size);
/* A JSON string, with its quotes. */
void utf8_add_json(struct buffer *out, const char *text, size_t size);

#endif
