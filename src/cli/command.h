/* The errand command: one function for each of its commands. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "schema/schema.h"
#include "store/connection.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *words[2]; /* "db", "create"; the second may be NULL */
    const char *summary;  /* one line for errand --help */
    const char *usage;    /* what errand WORDS --help prints */
    /* argv[0] is the last of the words. Returns the exit code. */
    int (*run)(const struct command *command, int argc, char **argv);
};

int command_codegen(const struct command *command, int argc, char **argv);
int command_db_create(const struct command *command, int argc, char **argv);

/* Prints the usage on standard error, after the sentence where there is one. Returns EXIT_USAGE. */
int command_usage_error(const struct command *command, const char *format, ...) ERRAND_PRINTF(2, 3);
/* Prints what is wrong with the schema on standard error; false if there are errors. */
bool command_report(const struct schema *schema);

/* What was made, for the sentence at the end. */
struct db_report {
    size_t made;
};
void db_made(struct db_report *report, const char *format, ...) ERRAND_PRINTF(2, 3);

/* Makes what the schema has and the database lacks, inside the transaction that is open. 0, or -1 and the sentence. */
int db_create_postgres(struct connection *connection, const struct schema *schema, struct db_report *report,
                       struct errand_error *err);
int db_create_sqlite(struct connection *connection, const struct schema *schema, struct db_report *report,
                     struct errand_error *err);

#endif
