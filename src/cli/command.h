/* The errand command: what its commands have in common. Each has a file, which holds all that is known of it. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/options.h"
#include "schema/schema.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* All that commands can be told; each takes some of it. */
struct options {
    const char *database;    /* NULL: DATABASE_URL, else that of an errand dev that runs, else build/app.db */
    const char *schema;      /* NULL: Application/Schema.sql of the application that the current folder is in */
    const char *application; /* a folder of it, "Web" */
    int port, watch_s;       /* watch_s 0: once */
    unsigned statuses;       /* bits of enum admin_status */
    bool allow_destructive, dry_run, force, help, json, postgres, print;
};

/* Rows that several commands have. */
#define COMMAND_DATABASE                                                                                               \
    {                                                                                                                  \
        "database", "URL", "default: DATABASE_URL, else that of errand dev while it runs,\nelse build/app.db", 'd',    \
            OPTION_TEXT(struct options, database)                                                                      \
    }
#define COMMAND_SCHEMA                                                                                                 \
    {                                                                                                                  \
        "schema", "FILE", "default: Application/Schema.sql", 's', OPTION_TEXT(struct options, schema)                  \
    }
#define COMMAND_JSON                                                                                                   \
    {                                                                                                                  \
        "json", NULL, "for machines", 'j', OPTION_FLAG(struct options, json)                                           \
    }
#define COMMAND_HELP                                                                                                   \
    {                                                                                                                  \
        "help", NULL, "print this", 'h', OPTION_FLAG(struct options, help)                                             \
    }

enum { COMMAND_ANY = 1 << 30 };

struct command {
    const char *words[2];             /* "db", "create"; the second may be NULL */
    const char *summary;              /* one line for errand --help */
    const char *synopsis;             /* what stands behind the words: "TABLE [COLUMN=VALUE...] [--database URL]" */
    const char *about;                /* for --help, whole lines */
    void (*more)(void);               /* prints what --help says behind that; NULL: nothing */
    const struct option_row *options; /* ended by { 0 } */
    const char *example;              /* a line that one may type; NULL: none */
    const char *needs;                /* what it cannot do without: "a name"; NULL: it needs no argument */
    int most;                         /* arguments; COMMAND_ANY */
    /* arguments: what is behind the words beside the options, ended by NULL. Returns the exit code. */
    int (*run)(const struct command *command, const struct options *options, char **arguments);
};

extern const struct command command_codegen, command_db_create, command_delete, command_destroy_dashboard,
    command_destroy_job, command_destroy_script, command_dev, command_doctor, command_enqueue,
    command_generate_dashboard, command_generate_job, command_generate_script, command_migrate, command_new,
    command_retry, command_status;

/* Prints the sentence on standard error, and how the command is used. Returns EXIT_USAGE. */
int command_usage_error(const struct command *command, const char *format, ...) ERRAND_PRINTF(2, 3);
/* Prints the sentence on standard error. Returns the code. */
int command_fail(enum exit_code code, const struct errand_error *err);
/* Prints what is wrong with the schema on standard error; false if there are errors. */
bool command_report(const struct schema *schema);

#endif
