/* What the files of this folder share: the run under way, its memory, its steps, and what differs between databases. */
#ifndef MIGRATE_INTERNAL_H
#define MIGRATE_INTERNAL_H

#include "migrate/migrate.h"

enum { MIGRATE_TEXT_MAX = SCHEMA_PRINT_MAX, MIGRATE_FILE_MAX = SCHEMA_FILE_MAX };

/* The line of a file that is applied only when told. */
#define MIGRATE_DESTRUCTIVE_LINE "-- errand: destructive"

struct migration {
    const struct migrate_request *request;
    struct migrate_outcome *outcome;
    struct connection *connection;
    const struct schema *schema;
    const struct migrate_backend *backend;
    int lock;            /* SQLite: the descriptor that holds the lock; -1: none */
    const char *version; /* SQLite: of the database's schema as it was compared */
};

/* What the two databases do in ways of their own. Each returns 0, or -1 and the sentence. */
struct migrate_backend {
    /* Until it is let go, no other run is at work on this database. */
    int (*lock)(struct migration *migration, struct errand_error *err);
    void (*unlock)(struct migration *migration);
    /* Whether nothing of an application is there yet. */
    int (*is_empty)(struct migration *migration, bool *empty, struct errand_error *err);
    /* The schema into an empty database, and files_count, in one transaction. */
    int (*fill)(struct migration *migration, struct errand_error *err);
    /* Adds the steps from the database as it is to the schema. */
    int (*compare)(struct migration *migration, struct errand_error *err);
    /* Applies those that are not destructive. */
    int (*apply)(struct migration *migration, struct errand_error *err);
    /* Runs a file's statements and records it, unless that was done meanwhile. */
    int (*run_file)(struct migration *migration, const struct migrate_file *file, const char *checksum,
                    struct errand_error *err);
    const char *has_record; /* one row if errand_migrations is there */
    const char *make_record;
    const char *file_head; /* of a file with destructive steps; may be "" */
};
extern const struct migrate_backend migrate_postgres, migrate_sqlite;

/* ---- migrate.c ---- */
/* The outcome's memory. Without memory the command aborts, as the schema's reader does. */
void *memory(struct migration *migration, size_t size);
char *text_copy(struct migration *migration, const char *text);
char *text_format(struct migration *migration, const char *format, ...) ERRAND_PRINTF(2, 3);
/* The buffer's text, which is released. */
char *text_take(struct migration *migration, struct buffer *buffer);

/* A new last element, zeroed; the array moves. */
#define GROW(migration, items, count)                                                                                  \
    ((items) = grow((migration), (items), (count), sizeof *(items)), &(items)[(count)++])
void *grow(struct migration *migration, void *items, size_t count, size_t size);

/* "created", "create" and the rest of both sentences: "table a". */
struct verb {
    const char *done, *todo;
};
extern const struct verb verb_create, verb_add, verb_drop, verb_change, verb_validate;
struct migrate_step *add_step(struct migration *migration, struct verb verb, const char *sql, const char *format, ...)
    ERRAND_PRINTF(4, 5);
/* A column that goes where one of its type comes, which looks as a rename does; of one that only comes, gone is NULL.
   Names as they are and in quotes. */
struct renaming {
    const char *table, *gone, *come;
    const char *quoted_table, *quoted_gone, *quoted_come;
    bool waits;      /* the new column is not there yet when the old one goes */
    bool drops_null; /* it takes no NULL, and the old one may have some */
};
/* How what is in the old column is kept. */
const char *renaming_remark(struct migration *migration, const struct renaming *renaming);
/* That rows refuse the new column, and what to do. */
const char *renaming_refusal(struct migration *migration, const struct renaming *renaming);

/* The statement's first line, at most SHOWN_MAX bytes of it, for a sentence; "…" where it is cut. */
enum { SHOWN_MAX = 120 };
const char *shown_statement(struct migration *migration, const char *sql);
/* Says what was done. */
void tell(struct migration *migration, const char *format, ...) ERRAND_PRINTF(2, 3);

/* Runs one query; the result is the caller's. Values are texts, ended by TEXTS_END. */
#define TEXTS_END ((const char *)NULL)
int query(struct migration *migration, const char *sql, struct result **result, struct errand_error *err, ...)
    __attribute__((sentinel));
/* Whether it gives a row. */
int query_any(struct migration *migration, const char *sql, bool *any, struct errand_error *err);

/* ---- files.c ---- */
/* Fills in the outcome's files: those of the folder that are not recorded, and those that were changed since. */
int files_read(struct migration *migration, struct errand_error *err);
/* Applies those that may be; in the order of their names. Those that a run wrote and nobody has changed are only what
   it found, so they come when the comparison has found the same: with written, and before then where others stand
   behind them. */
int files_apply(struct migration *migration, bool written, struct errand_error *err);
/* Records all as applied, inside the transaction that makes the database: the schema holds what they did. */
int files_count(struct migration *migration, struct errand_error *err);
/* Inserts the record, inside the transaction of what it records; *recorded: it was there already. */
int files_record(struct migration *migration, const char *name, const char *checksum, bool *recorded,
                 struct errand_error *err);
/* Writes the destructive steps that stand in no file yet into a new one, which is added to the outcome. It takes the
   place of those that earlier runs wrote and nobody has changed. */
int files_write(struct migration *migration, struct errand_error *err);

/* ---- split.c ---- */
struct statement_text {
    size_t offset, size; /* without its semicolon and what stands before it */
    int line;
};
/* The next statement of the text from *at on, which is moved behind it; false: there is none. Knows quotes, comments,
   dollar quotes, and the bodies of SQLite's triggers and of SQL functions (BEGIN ... END). */
bool split_next(const char *text, enum store_kind kind, size_t *at, struct statement_text *statement);
/* Runs the statements of a file one by one. An error says which it was. */
int run_statements(struct migration *migration, const char *path, const char *text, struct errand_error *err);

#endif
