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
int command_delete(const struct command *command, int argc, char **argv);
int command_doctor(const struct command *command, int argc, char **argv);
int command_enqueue(const struct command *command, int argc, char **argv);
int command_retry(const struct command *command, int argc, char **argv);
int command_status(const struct command *command, int argc, char **argv);
int command_db_create(const struct command *command, int argc, char **argv);
int command_dev(const struct command *command, int argc, char **argv);
int command_migrate(const struct command *command, int argc, char **argv);
int command_new(const struct command *command, int argc, char **argv);
int command_generate_job(const struct command *command, int argc, char **argv);
int command_generate_script(const struct command *command, int argc, char **argv);
int command_generate_dashboard(const struct command *command, int argc, char **argv);
int command_destroy_job(const struct command *command, int argc, char **argv);
int command_destroy_script(const struct command *command, int argc, char **argv);
int command_destroy_dashboard(const struct command *command, int argc, char **argv);

/* Prints the usage on standard error, after the sentence where there is one. Returns EXIT_USAGE. */
int command_usage_error(const struct command *command, const char *format, ...) ERRAND_PRINTF(2, 3);
/* Prints what is wrong with the schema on standard error; false if there are errors. */
bool command_report(const struct schema *schema);

/* The folder Migration beside the schema's file; to be freed. */
char *command_migrations(const char *schema_file);

#endif
