/* What a list shows of its table, as it stands in the address:

       status=failed&status=timed_out   only these
       error=TEXT                       in last_error
       from=TIME&to=TIME                created between
       where.COLUMN=VALUE&op.COLUMN=ge  on a column; eq ne lt le gt ge contains null not_null
       sort=COLUMN&order=asc            otherwise the newest first
       after=KEY, before=KEY, page=N    which page

   A change of all that match takes the same fields from a form. */
#ifndef DASHBOARD_FILTER_H
#define DASHBOARD_FILTER_H

#include "dashboard/value.h"

struct filter_request {
    struct admin_list_query query;
    int64_t page; /* from 0 */
};

/* Reads it from the address or the form; 400 where something in it is wrong. */
struct filter_request filter_read(struct page *page, const struct errand_table *table);
/* It narrows the list, by more than the statuses. */
bool filter_is_narrow(const struct admin_filter *filter);
/* "&status=failed&error=...", with the order and without the page. */
const char *filter_parameters(struct html *out, const struct filter_request *request);
/* The same as hidden fields. */
void filter_hidden(struct html *out, const struct filter_request *request);
/* People may filter by it. */
bool filter_takes(const struct errand_table *table, const struct errand_column *column);

/* Comparisons: their word in the address, how people read them, and whether they compare with something. */
struct filter_operator {
    const char *word, *sign;
    bool takes_value;
};
extern const struct filter_operator filter_operators[];
enum { FILTER_OPERATORS = ADMIN_IS_NOT_NULL + 1 };
/* The one that a column has where the address names none. */
enum admin_operator filter_usual_operator(const struct errand_column *column);
/* As the address has it: "2026-11-24T09:30:00"; "" where it is not set. */
const char *filter_time(struct html *out, errand_nullable_time time);

/* ---- filter_form.c ---- */
/* The form, folded, and what is in force, with links that take it away. */
void filter_form(struct html *out, const struct filter_request *request);
void filter_chips(struct html *out, const struct filter_request *request);

#endif
