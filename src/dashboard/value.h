/* The cells of a job or record: shown on a page, in JSON, in a form, and read from what was entered. */
#ifndef DASHBOARD_VALUE_H
#define DASHBOARD_VALUE_H

#include "base/json.h"
#include "dashboard/dashboard.h"

enum {
    VALUE_SHORT_MAX = 80,    /* bytes of a text in a list */
    VALUE_LISTED_MAX = 4096, /* characters of a text, or bytes, in a list that is JSON */
    VALUE_NAMES_MAX = 200    /* rows among which a form lets one choose */
};

/* What stands for a value that is masked. */
#define VALUE_MASK "••••••"

/* The column of that name (bandId is band_id too), or NULL. */
const struct errand_column *column_called(const struct errand_table *table, const char *name);
/* The user's own, of a job table: neither managed by the engine, nor the key, nor generated. */
bool column_is_own(const struct errand_table *table, const struct errand_column *column);
/* What its name says is nobody's business: password, token, secret, hash, key. Of a foreign key also the name of the
   column that it refers to. */
bool column_is_masked(const struct errand_table *table, const struct errand_column *column);
/* The database fills it in where it is left out. */
bool column_has_default(const struct errand_column *column);
/* An INSERT has to name it. */
bool column_is_required(const struct errand_column *column);
bool column_is_json(const struct errand_column *column);
bool column_is_number(const struct errand_column *column);
/* The foreign key of the column, or NULL. */
const struct errand_foreign_key *column_foreign_key(const struct errand_table *table,
                                                    const struct errand_column *column);
/* The text column that says best what a row is (name, title, ...), or NULL. */
const struct errand_column *table_name_column(const struct errand_table *table);
/* The rows of the table may be looked at: .records has it. */
bool table_has_records(const struct errand_dashboard_service *service, const char *table);

/* The value of a column of that name; of kind NONE where the table has none. */
struct errand_value value_named(const struct errand_table *table, const char *column, const void *record);
/* Text of a TEXT value, "" for any other. */
const char *value_string(struct errand_value value);

/* A text as a value of the column has it, in words: "yes", "So so" of an enum's label so_so. Where everything is shown,
   labels are as they are stored. */
const char *value_words(struct html *out, const struct errand_column *column, const char *text);
/* In a list: short, times relative, a foreign key as a link. */
void value_show_short(struct html *out, const struct errand_table *table, const struct errand_column *column,
                      const void *record);
/* On a page of its own: whole. */
void value_show(struct html *out, const struct errand_table *table, const struct errand_column *column,
                const void *record);
/* All columns, as an object; name NULL: in an array. */
void record_json(struct errand_context *ctx, struct json *json, const char *name, const struct errand_table *table,
                 const void *record);
/* The same with no more than the beginning of values that are long. */
void record_json_short(struct errand_context *ctx, struct json *json, const char *name,
                       const struct errand_table *table, const void *record);
/* Text, or bytes, past VALUE_LISTED_MAX. */
bool value_is_long(const struct errand_table *table, const struct errand_column *column, const void *record);

/* As a form has it; NULL for NULL. */
const char *value_text(struct errand_context *ctx, const struct errand_column *column, const void *record);

#endif
