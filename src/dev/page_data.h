/* What the pages of Data share. */
#ifndef DEV_PAGE_DATA_H
#define DEV_PAGE_DATA_H

#include "dashboard/dashboard.h"

/* The table that the parameter tableName names: 400 where it is missing, 404 where it is none. */
const struct errand_table *data_table(struct page *page);
/* The heading, under the way back to the tables or, of a row, to its table; and what was just done. */
void data_heading(struct html *out, const struct errand_table *table, const char *title);
/* "/Data/ViewRecord?tableName=notes" */
const char *data_link(struct html *out, const char *path, const struct errand_table *table);
/* The same with the row's key behind it. */
const char *data_row_link(struct html *out, const char *path, const struct errand_table *table, const void *row);
/* A cell: in a list short, else whole up to a bound; what is cut says how long it is. */
void data_value(struct html *out, const struct errand_table *table, const struct errand_column *column, const void *row,
                bool whole);

/* page_row.c */
void data_view_row(struct page *page);
void data_new_row(struct page *page);
void data_create_row(struct page *page);
void data_ask_delete(struct page *page);
void data_delete_row(struct page *page);

#endif
