/* Options of a command line by a table. Knows no option itself. */
#include "base/options.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- What options set ---- */

int option_set_text(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    (void)row, (void)err;
    *(const char **)member = value;
    return 0;
}

int option_set_flag(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    (void)row, (void)value, (void)err;
    *(bool *)member = true;
    return 0;
}

int option_set_number(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 || number < row->least || number > row->most)
        return error_set(err, "--%s takes a whole number from %ld to %ld, not '%s'", row->name, row->least, row->most,
                         value);
    *(int *)member = (int)number;
    return 0;
}

int option_set_log_format(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    struct log *log = member;
    if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
        return error_set(err, "--%s is text or json, not '%s'", row->name, value);
    log->format = strcmp(value, "json") == 0 ? LOG_JSON : LOG_TEXT;
    return 0;
}

int option_set_verbose(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    (void)row, (void)value, (void)err;
    ((struct log *)member)->level = ERRAND_LOG_DEBUG;
    return 0;
}

int option_set_quiet(const struct option_row *row, void *member, char *value, struct errand_error *err)
{
    (void)row, (void)value, (void)err;
    ((struct log *)member)->level = ERRAND_LOG_WARNING;
    return 0;
}

/* ---- Reading ---- */

struct reading {
    const struct option_row *rows;
    void *options;
    char **argv;
    int at; /* the word that is being read */
    struct errand_error *err;
};

/* By the whole name, or by a beginning that one name alone has. */
static const struct option_row *find(const struct option_row *rows, const char *name, size_t length)
{
    const struct option_row *begun = NULL;
    size_t count = 0;
    for (; rows->name; rows++) {
        if (strncmp(rows->name, name, length) != 0)
            continue;
        if (rows->name[length] == '\0')
            return rows;
        begun = rows;
        count++;
    }
    return count == 1 ? begun : NULL;
}

static const struct option_row *find_letter(const struct option_row *rows, char letter)
{
    for (; rows->name; rows++)
        if (rows->letter == letter)
            return rows;
    return NULL;
}

/* behind: what follows in the same word; NULL: nothing. */
static int set(struct reading *reading, const struct option_row *row, char *behind)
{
    bool needs_value = row->value && row->value[0] != '[';
    char *value = needs_value && !behind ? reading->argv[++reading->at] : behind;
    if (needs_value && !value)
        return error_set(reading->err, "--%s needs a value: --%s %s", row->name, row->name, row->value);
    return row->set(row, (char *)reading->options + row->offset, value, reading->err);
}

static int unknown(const struct reading *reading, const char *word, size_t length)
{
    return error_set(reading->err, "there is no option '%.*s'; --help shows those there are", (int)length, word);
}

static int read_name(struct reading *reading, char *word)
{
    size_t length = strcspn(word, "=");
    const struct option_row *row = find(reading->rows, word + 2, length - 2);
    if (!row)
        return unknown(reading, word, length);
    if (!row->value && word[length])
        return error_set(reading->err, "--%s takes no value", row->name);
    return set(reading, row, word[length] ? word + length + 1 : NULL);
}

static int read_letters(struct reading *reading, char *word)
{
    for (char *letter = word + 1; *letter; letter++) {
        const struct option_row *row = find_letter(reading->rows, *letter);
        if (!row)
            return unknown(reading, word, strlen(word));
        if (row->value)
            return set(reading, row, letter[1] ? letter + 1 : NULL);
        if (set(reading, row, NULL) < 0)
            return -1;
    }
    return 0;
}

int options_read(const struct option_row *rows, void *options, int argc, char **argv, struct errand_error *err)
{
    struct reading reading = { .rows = rows, .options = options, .argv = argv, .at = 1, .err = err };
    int words = 0;
    bool ended = false;
    for (; reading.at < argc; reading.at++) {
        char *word = argv[reading.at];
        if (ended || word[0] != '-' || word[1] == '\0')
            argv[++words] = word;
        else if (strcmp(word, "--") == 0)
            ended = true;
        else if ((word[1] == '-' ? read_name : read_letters)(&reading, word) < 0)
            return -1;
    }
    return words;
}

int options_read_all(const struct option_row *rows, void *options, int argc, char **argv, struct errand_error *err)
{
    int words = options_read(rows, options, argc, argv, err);
    if (words > 0)
        return error_set(err, "'%s' is not understood; --help shows the options", argv[1]);
    return words;
}

/* ---- --help ---- */

enum { NAME_SIZE = 80 };

/* "-d, --database URL" */
static int name_of(const struct option_row *row, char text[NAME_SIZE])
{
    char letter[] = { row->letter ? '-' : ' ', row->letter ? row->letter : ' ', row->letter ? ',' : ' ', ' ', '\0' };
    const char *value = row->value ? row->value : "", *space = *value && *value != '[' ? " " : "";
    return snprintf(text, NAME_SIZE, "%s--%s%s%s", letter, row->name, space, value);
}

void options_help(const struct option_row *rows, FILE *stream)
{
    char name[NAME_SIZE];
    int width = 0;
    for (const struct option_row *row = rows; row->name; row++) {
        int needed = name_of(row, name);
        width = needed > width ? needed : width;
    }
    for (const struct option_row *row = rows; row->name; row++) {
        name_of(row, name);
        fprintf(stream, "  %-*s  ", width, name);
        for (const char *line = row->help; *line;) {
            int length = (int)strcspn(line, "\n");
            fprintf(stream, "%.*s\n", length, line);
            line += length + (line[length] == '\n');
            if (*line)
                fprintf(stream, "%*s", width + 4, "");
        }
    }
}
