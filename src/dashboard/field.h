/* The fields of a form for a row: one a column, fitted to its type; and what was entered in them, to be inserted. */
#ifndef DASHBOARD_FIELD_H
#define DASHBOARD_FIELD_H

#include "dashboard/value.h"

struct column_field {
    const struct errand_table *table;
    const struct errand_column *column;
    const char *name;  /* NULL: the column's */
    const char *label; /* NULL: made of the name */
    const char *empty; /* what a list says where nothing is chosen from it */
    const char *help;
    bool required;
};
/* An input, a text area, a checkbox, or a list: of labels, of yes and no, of the rows that a foreign key may name where
   they may be looked at. */
void column_field(struct html *out, const struct column_field *field);
/* One that has no third state: neither NULL nor a default that only the database knows. Not sent where it is not
   checked. */
bool column_is_checkbox(const struct errand_column *column);

struct entered {
    const struct errand_table *table;
    struct admin_input *inputs;
    size_t count;
    struct param *errors; /* for page->errors; NULL: there is no form to show them in */
    size_t error_count;
};
/* None yet, with room for all columns. */
struct entered entered_begin(struct page *page, const struct errand_table *table);
/* The value of a column, by text (NULL: SQL NULL); where it is none of its type, that stands beside the field `name`.
 */
void entered_take(struct page *page, struct entered *entered, size_t column, const char *name, const char *text);
/* A sentence beside the field; name "": above the form. */
void entered_refuse(struct entered *entered, const char *name, const char *sentence);
/* Inserts the row. Its key (admin_insert); NULL where the database refuses it, which stands above the form: "The job
   was not created: ...". */
const char *entered_insert(struct page *page, struct entered *entered, const char *refused);

#endif
