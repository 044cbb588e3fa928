/* SQL of which parts are known only once the table is: {name} in it. */
#ifndef STORE_POSTGRES_FILL_H
#define STORE_POSTGRES_FILL_H

/* A copy of the SQL in which {name} stands filled in by pairs of name and text, ended by NULL. NULL: out of memory. */
char *fill(const char *sql, const char *const *pairs);

#endif
