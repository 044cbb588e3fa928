/* A live database brought to what Application/Schema.sql says: the difference as steps, each a sentence and SQL; those
   that take nothing away are applied, the others written to a file of Application/Migration/ and applied when told; the
   files of that folder each once, in the order of their names. For `errand migrate`, `db create` and `dev`. */
#ifndef MIGRATE_MIGRATE_H
#define MIGRATE_MIGRATE_H

#include "schema/schema.h"
#include "store/connection.h"

struct migrate_step {
    const char *done;   /* "added column a.note", "dropped table b" */
    const char *todo;   /* the same before: "add column a.note" */
    const char *sql;    /* whole statements, each ended by a semicolon and a line */
    const char *remark; /* why it wants to be told, what to look at before; NULL: nothing */
    /* It takes nothing away, but fails on the rows that are there: why, and what to do. In the remark too. NULL: any
       other step. */
    const char *refusal;
    /* PostgreSQL: run outside a transaction, so that others write meanwhile. The index that it makes, which a failure
       leaves unfinished. NULL: any other step. */
    const char *concurrent;
    bool destructive; /* takes something away, or may fail on the rows that are there */
    bool applied;     /* by this run */
};

enum migrate_file_state {
    MIGRATE_FILE_WAITS = 1, /* destructive, and not told to apply it; with dry_run: any that is not applied yet */
    MIGRATE_FILE_APPLIED,   /* by this run */
    MIGRATE_FILE_COUNTED,   /* the database was empty: made from Schema.sql, which holds what the file did; with
                               dry_run: it is empty, and would be */
    MIGRATE_FILE_CHANGED    /* was applied earlier, and reads otherwise now: left alone, and to be reported */
};

struct migrate_file {
    const char *path; /* folder/name */
    const char *name;
    const char *text;
    bool destructive; /* its line "-- errand: destructive" says so */
    bool written; /* destructive, and as a run wrote it: what it found then, which a later one may find to be else */
    enum migrate_file_state state;
};

struct migrate_request {
    struct connection *connection; /* with no transaction open */
    const struct schema *schema;   /* without errors */
    const char *folder;            /* "Application/Migration"; need not be there */
    bool allow_destructive;        /* apply what is destructive too, by way of the file that is written of it */
    bool dry_run;                  /* change neither the database nor the folder */
    bool leave_files; /* neither apply nor write any: refuse to go on where one waits (`errand db create`) */
    /* Each thing that was done, as soon as it is: "created table a". NULL: nobody asks. */
    void (*told)(void *arg, const char *sentence);
    void *arg;
};

/* What was found and done. Files that were applied by earlier runs are not in the list. */
struct migrate_outcome {
    struct arena memory; /* of all below */
    struct migrate_step *steps;
    size_t step_count;
    struct migrate_file *files;
    size_t file_count;
    const char *written; /* path of the file that this run wrote of the destructive steps; NULL: none */
    bool left;           /* leave_files: this run failed since a file waits, and for nothing else */
};

/* Compares and brings up to date. Waits for another run that is under way. 0; or -1 and the sentence (which statement
   of which file, the database's words, what to do): what had been applied until then stays, and the next run goes on.
   The outcome tells what was done in either case, and is to be released. */
int migrate_run(const struct migrate_request *request, struct migrate_outcome *outcome, struct errand_error *err);
void migrate_outcome_release(struct migrate_outcome *outcome);

/* True if nothing is left to do: no step that is not applied, no file that waits. */
bool migrate_is_complete(const struct migrate_outcome *outcome);

#endif
