/* Edits of the text of Schema.sql. Its formatting and its comments are its author's: an edit keeps every byte that it
   is not about. What the new text means is for schema_parse to say. */
#ifndef SCHEMA_EDIT_H
#define SCHEMA_EDIT_H

#include "schema/schema.h"

/* The edits append the whole new text to out. Where a schema is taken, it was read from this very text, without an
   error. 0, or -1 and the sentence. */

/* Puts statements at the end, behind an empty line. They end with a semicolon. A text that ended without a newline, or
   without a semicolon, does so afterwards, and schema_edit_take_out gives back what was there before. */
int schema_edit_append(const char *text, size_t size, const char *statements, struct buffer *out,
                       struct errand_error *err);
/* Puts a column behind the others of its CREATE TABLE, in the way in which they are written; of a job table before
   queue_position. definition is one line: "note TEXT NOT NULL". */
int schema_edit_add_column(const struct schema *schema, const char *text, size_t size, const struct schema_table *table,
                           const char *definition, struct buffer *out, struct errand_error *err);
/* Takes out the CREATE TABLE and all other statements about that table, with the comments right above them. */
int schema_edit_take_out(const struct schema *schema, const char *text, size_t size, const struct schema_table *table,
                         struct buffer *out, struct errand_error *err);

/* What schema_edit_take_out takes out, with plain newlines, its parts separated by an empty line. */
int schema_edit_table_text(const struct schema *schema, const char *text, size_t size, const struct schema_table *table,
                           struct buffer *out, struct errand_error *err);
/* Whether the statement is about the table and goes with it. A foreign key of another table is not. */
bool schema_is_about(const struct schema_statement *statement, const struct schema_table *table);

/* A word that PostgreSQL takes for a name only in quotes: order, user, table. */
bool schema_is_keyword(const char *word);
/* The name as SQL has it, in quotes where it needs them. */
const char *schema_identifier(struct arena *arena, const char *name);

#endif
