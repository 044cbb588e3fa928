/* Which names may be given to what is generated. */
#include "codegen/name_check.h"

#include "base/error.h"
#include "base/utf8.h"
#include "codegen/names.h"
#include "schema/edit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

const char *name_shown(const char *name, char buf[NAME_SHOWN_MAX])
{
    enum { BYTES = 60 };
    struct buffer out = BUFFER_INIT(8 * BYTES);
    size_t size = strnlen(name, BYTES + 1);
    utf8_add_printable(&out, name, size > BYTES ? BYTES : size);
    int length = out.size > NAME_SHOWN_MAX - 4 ? NAME_SHOWN_MAX - 4 : (int)out.size;
    bool cut = size > BYTES || (size_t)length < out.size;
    snprintf(buf, NAME_SHOWN_MAX, "%.*s%s", length, out.data ? out.data : "", cut ? "..." : "");
    buffer_release(&out);
    return buf;
}

static bool is_of(const char *name, const char *letters)
{
    return strspn(name, letters) == strlen(name);
}

/* A word that C, C++ or SQL has a meaning for. */
static int check_keyword(const char *what, const char *name, struct errand_error *err)
{
    struct arena arena = ARENA_INIT;
    bool is_c = strcmp(name_field(&arena, name), name) != 0;
    arena_release(&arena);
    if (schema_is_keyword(name))
        return error_set(err, "%s is a keyword of SQL; choose another name for the %s", name, what);
    if (is_c)
        return error_set(err, "%s is a keyword or a macro of C or C++; choose another name for the %s", name, what);
    return 0;
}

static int check_file(const char *what, const char *name, struct errand_error *err)
{
    char shown[NAME_SHOWN_MAX];
    if (!isalpha((unsigned char)name[0]) || !is_of(name, LOWER UPPER DIGITS "_"))
        return error_set(err, "'%s' is no name for %s: letters, digits and underscores, beginning with a letter",
                         name_shown(name, shown), what);
    if (strlen(name) > NAME_FILE_MAX)
        return error_set(err, "the name '%s' is longer than %d letters", name_shown(name, shown), NAME_FILE_MAX);
    return 0;
}

int name_check_script(const char *name, struct errand_error *err)
{
    int result = check_file("a script", name, err);
    return result == 0 ? check_keyword("script", name, err) : result;
}

int name_check_application(const char *name, struct errand_error *err)
{
    if (check_file("an application's folder", name, err) != 0)
        return -1;
    if (strcmp(name, "Application") == 0 || strcmp(name, "build") == 0)
        return error_set(err, "the folder %s has another purpose; an application is a folder such as Web", name);
    return 0;
}

int name_check_sql(const char *what, const char *name, struct errand_error *err)
{
    static const char *const taken[] = { "ctid", "xmin",  "xmax", "cmin",    "cmax", "tableoid",
                                         "oid",  "rowid", "ctx",  "_rowid_", NULL };
    char shown[NAME_SHOWN_MAX];
    if (!islower((unsigned char)name[0]) || !is_of(name, LOWER DIGITS "_"))
        return error_set(
            err, "'%s' is no name for a %s: lower-case letters, digits and underscores, beginning with a letter",
            name_shown(name, shown), what);
    if (strlen(name) > 63)
        return error_set(err, "the name '%s' is longer than 63 letters", name_shown(name, shown));
    for (size_t i = 0; taken[i]; i++)
        if (strcmp(name, taken[i]) == 0)
            return error_set(err, "%s has a meaning of its own in the database or in C; choose another name", name);
    return check_keyword(what, name, err);
}

/* EmailCustomers, HTTPCheck -> email_customers, http_check. A capital begins a word where a small letter or a digit is
   before it, or a small one behind it. */
static char *words_of(struct arena *arena, const char *name)
{
    char *out = name_alloc(arena, 2 * strlen(name) + 1), *to = out;
    for (size_t i = 0; name[i]; i++) {
        unsigned char before = i ? (unsigned char)name[i - 1] : '_';
        bool begins = isupper((unsigned char)name[i]) && before != '_' &&
                      (!isupper(before) || islower((unsigned char)name[i + 1]));
        if (begins)
            *to++ = '_';
        *to++ = (char)tolower((unsigned char)name[i]);
    }
    return out;
}

static bool cut_ending(char *name, const char *ending)
{
    size_t length = strlen(name), cut = strlen(ending);
    if (length < cut || strcmp(name + length - cut, ending) != 0)
        return false;
    name[length - cut] = '\0';
    return true;
}

int name_read_job(struct arena *arena, const char *given, struct job_name *name, struct errand_error *err)
{
    char shown[NAME_SHOWN_MAX];
    if (check_file("a job", given, err) != 0)
        return -1;
    char *stem = words_of(arena, given);
    if (strcmp(stem, "job") == 0 || strcmp(stem, "jobs") == 0)
        return error_set(err, "'%s' does not say which job: name what it does, as in EmailCustomers", given);
    if (!cut_ending(stem, "_jobs"))
        cut_ending(stem, "_job");
    size_t length = strlen(stem);
    if (length == 0 || strstr(stem, "__") || stem[length - 1] == '_')
        return error_set(err, "'%s' is no name for a job: one underscore between words, as in email_customers",
                         name_shown(given, shown));
    if (check_keyword("job", stem, err) != 0)
        return -1;
    name->table = name_printf(arena, "%s_jobs", stem);
    if (strlen(name->table) > NAME_JOB_TABLE_MAX)
        return error_set(err, "the table %s would have a name longer than %d letters", name_shown(name->table, shown),
                         NAME_JOB_TABLE_MAX);
    name->file = name_camel(arena, stem);
    name->type = name_record(arena, name->table);
    return 0;
}
