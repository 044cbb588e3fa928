/* A column's C field: read from the text that a database prints, and given as a value to be bound. */
#ifndef RECORD_FIELD_H
#define RECORD_FIELD_H

#include "base/arena.h"
#include "base/buffer.h"
#include "store/url.h"

#include <errand/table.h>

#include <locale.h>

/* What decoding needs beside the cell. */
struct field_decoder {
    const struct errand_table *table;
    enum store_kind kind;
    struct arena *arena; /* for text and bytes */
    locale_t locale;     /* "C" */
};

/* Sets the field of the column in the record from a cell (NULL: SQL NULL). 0, or -1 and the sentence: what the column
   holds, and what it should. */
int field_decode(const struct field_decoder *decoder, const struct errand_column *column, const char *cell, size_t size,
                 void *record, struct errand_error *err);

/* The field as a value; text and bytes are borrowed from the record. NULL values for NULL. An enum beyond its labels
   is NONE. */
struct errand_value field_value(const struct errand_column *column, const void *record);
/* The field holds the "use the default" value of table.h. */
bool field_is_default(const struct errand_column *column, const void *record);
/* The field holds the column's `initial` of table.h. */
bool field_is_initial(const struct errand_column *column, const void *record);

/* A value as an element of an array literal of PostgreSQL, quoted: {"a","b"}. */
void field_add_array_element(struct buffer *array, const struct errand_value *value);
/* The same as an element of a JSON array. */
void field_add_json_element(struct buffer *array, const struct errand_value *value);

#endif
