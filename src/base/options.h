/* The command line of a program: one table of its options drives reading, checking and --help. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/log.h"

#include <stddef.h>
#include <stdio.h>

struct option_row {
    const char *name;  /* "database" of --database */
    const char *value; /* "URL": what its value is called; "[=SECONDS]": may be left out; NULL: it takes none */
    const char *help;  /* lines, with \n between */
    char letter;       /* 'd' of -d; 0: it has none */
    /* Sets what stands `offset` bytes behind the beginning of the program's own struct. value: NULL where there is
       none. 0, or -1 and the sentence. */
    int (*set)(const struct option_row *row, void *member, char *value, struct errand_error *err);
    size_t offset;
    long least, most; /* of a number */
};

/* Members of type const char *, bool and int; others do not compile. Texts are borrowed from argv. */
#define OPTION_TEXT(type, member) .set = option_set_text, .offset = OPTION_OFFSET(type, member, const char *)
#define OPTION_FLAG(type, member) .set = option_set_flag, .offset = OPTION_OFFSET(type, member, bool)
#define OPTION_NUMBER(type, member, from, to)                                                                          \
    .set = option_set_number, .offset = OPTION_OFFSET(type, member, int), .least = (from), .most = (to)
#define OPTION_OFFSET(type, member, wanted) _Generic(((type *)0)->member, wanted : offsetof(type, member))

int option_set_text(const struct option_row *row, void *member, char *value, struct errand_error *err);
int option_set_flag(const struct option_row *row, void *member, char *value, struct errand_error *err);
int option_set_number(const struct option_row *row, void *member, char *value, struct errand_error *err);

/* Three rows for a member of type struct log; `each` is what --verbose logs all of: "job". */
#define OPTIONS_OF_LOG(type, member, each)                                                                             \
    { .name = "log-format",                                                                                            \
      .value = "FORMAT",                                                                                               \
      .help = "text or json (default text)",                                                                           \
      .set = option_set_log_format,                                                                                    \
      .offset = OPTION_OFFSET(type, member, struct log) },                                                             \
        { .name = "verbose",                                                                                           \
          .help = "log every " each ", not only what deserves attention",                                              \
          .set = option_set_verbose,                                                                                   \
          .offset = OPTION_OFFSET(type, member, struct log) },                                                         \
    {                                                                                                                  \
        .name = "quiet", .help = "log warnings and errors only", .set = option_set_quiet,                              \
        .offset = OPTION_OFFSET(type, member, struct log)                                                              \
    }

int option_set_log_format(const struct option_row *row, void *member, char *value, struct errand_error *err);
int option_set_verbose(const struct option_row *row, void *member, char *value, struct errand_error *err);
int option_set_quiet(const struct option_row *row, void *member, char *value, struct errand_error *err);

/* Fills in `options`, the struct that the rows (ended by {0}) speak of. Takes --name VALUE, --name=VALUE, the beginning
   of a name that no other has, -n VALUE, -nVALUE, several letters behind one dash; -- ends the options. Words that are
   none are moved to the front, argv[1] and on. Returns how many there are, or -1 and the sentence. */
int options_read(const struct option_row *rows, void *options, int argc, char **argv, struct errand_error *err);
/* The same for a program that takes options alone: 0, or -1 and the sentence. */
int options_read_all(const struct option_row *rows, void *options, int argc, char **argv, struct errand_error *err);
/* A line each, or more: "  -d, --database URL  which database". */
void options_help(const struct option_row *rows, FILE *stream);

#endif
