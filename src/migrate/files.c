/* Application/Migration/: which files wait, applying them, the record of what was applied, and writing the file of what
   is destructive. */
#include "migrate/internal.h"

#include "base/error.h"
#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STAMP_SIZE = 14 }; /* of a file's name: the second in which it was written */

/* ---- Reading ---- */

static const char *checksum_of(struct migration *migration, const char *text)
{
    return text_format(migration, "%016" PRIx64 "-%zu", hash_text(text), strlen(text));
}

static const char *read_file(struct migration *migration, const char *path, struct errand_error *err)
{
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        error_set(err, "%s cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    struct buffer text = BUFFER_INIT(MIGRATE_FILE_MAX + 1);
    char chunk[16384];
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, stream)) > 0 && !text.failed;)
        buffer_add(&text, chunk, got);
    bool failed = ferror(stream);
    bool has_nul = text.data && strlen(text.data) != text.size;
    fclose(stream);
    if (text.failed || failed || has_nul) {
        error_set(err, "%s cannot be read: %s", path,
                  text.failed ? "it is larger than 16 MiB"
                  : failed    ? strerror(EIO)
                              : "it holds a NUL byte");
        buffer_release(&text);
        return NULL;
    }
    return text_take(migration, &text);
}

/* The mark counts where it stands alone on a line. */
static bool is_destructive(const char *text)
{
    size_t size = strlen(MIGRATE_DESTRUCTIVE_LINE);
    for (const char *at = text; (at = strstr(at, MIGRATE_DESTRUCTIVE_LINE)); at += size)
        if ((at == text || at[-1] == '\n') && strchr("\r\n", at[size]))
            return true;
    return false;
}

/* The line by which a run knows its own file again: a number for what stands before and behind it. */
#define WRITTEN_LINE "-- errand: written "

static char *written_line(struct migration *migration, const char *before, const char *behind)
{
    return text_format(migration, WRITTEN_LINE "%016" PRIx64 "\n", hash_add(hash_text(before), behind));
}

/* Whether a run wrote it and nobody has changed it since. */
static bool is_written(struct migration *migration, const char *text)
{
    const char *line = strstr(text, "\n" WRITTEN_LINE);
    if (!line || !is_destructive(text))
        return false;
    const char *before = text_format(migration, "%.*s", (int)(++line - text), text);
    const char *behind = line + strcspn(line, "\n");
    const char *expected = written_line(migration, before, behind + (*behind != '\0'));
    return strncmp(line, expected, strlen(expected)) == 0;
}

static int is_script(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 4, ".sql") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The checksum that is recorded of it; NULL: none. */
static const char *recorded_checksum(const struct result *records, const char *name)
{
    for (size_t i = 0; records && i < result_rows(records); i++)
        if (strcmp(result_cell(records, i, 0, NULL), name) == 0)
            return result_cell(records, i, 1, NULL);
    return NULL;
}

static struct migrate_file *add_file(struct migration *migration, const char *name, const char *text)
{
    struct migrate_file *file = GROW(migration, migration->outcome->files, migration->outcome->file_count);
    *file = (struct migrate_file){ .name = text_copy(migration, name),
                                   .path = text_format(migration, "%s/%s", migration->request->folder, name),
                                   .text = text,
                                   .destructive = is_destructive(text),
                                   .written = is_written(migration, text),
                                   .state = MIGRATE_FILE_WAITS };
    return file;
}

static int see_file(struct migration *migration, const char *name, const struct result *records,
                    struct errand_error *err)
{
    const char *path = text_format(migration, "%s/%s", migration->request->folder, name);
    const char *text = read_file(migration, path, err);
    if (!text)
        return -1;
    const char *recorded = recorded_checksum(records, name);
    if (recorded && strcmp(recorded, checksum_of(migration, text)) == 0)
        return 0;
    struct migrate_file *file = add_file(migration, name, text);
    if (recorded)
        file->state = MIGRATE_FILE_CHANGED;
    return 0;
}

static int read_records(struct migration *migration, struct result **records, struct errand_error *err)
{
    bool there;
    *records = NULL;
    if (query_any(migration, migration->backend->has_record, &there, err) != 0)
        return -1;
    if (!there)
        return 0;
    return query(migration, "SELECT name, checksum FROM errand_migrations", records, err, TEXTS_END);
}

int files_read(struct migration *migration, struct errand_error *err)
{
    struct dirent **entries;
    const char *folder = migration->request->folder;
    int count = scandir(folder, &entries, is_script, by_name);
    if (count < 0)
        return errno == ENOENT ? 0 : error_set(err, "the folder %s cannot be read: %s", folder, strerror(errno));
    struct result *records;
    int result = read_records(migration, &records, err);
    for (int i = 0; i < count; i++) {
        if (result == 0)
            result = see_file(migration, entries[i]->d_name, records, err);
        free(entries[i]);
    }
    free(entries);
    result_free(records);
    return result;
}

/* ---- The record ---- */

int files_record(struct migration *migration, const char *name, const char *checksum, bool *recorded,
                 struct errand_error *err)
{
    struct result *result;
    if (connection_script(migration->connection, migration->backend->make_record, err) != 0)
        return error_prefix(err, "errand_migrations, the table that says which files were applied, cannot be made");
    if (query(migration, "INSERT INTO errand_migrations (name, checksum) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
              &result, err, name, checksum, TEXTS_END) != 0)
        return error_prefix(err, "%s cannot be recorded", name);
    *recorded = result_affected(result) == 0;
    result_free(result);
    return 0;
}

static int count_file(struct migration *migration, struct migrate_file *file, struct errand_error *err)
{
    bool recorded;
    if (files_record(migration, file->name, checksum_of(migration, file->text), &recorded, err) != 0)
        return -1;
    file->state = MIGRATE_FILE_COUNTED;
    return 0;
}

int files_count(struct migration *migration, struct errand_error *err)
{
    for (size_t i = 0; i < migration->outcome->file_count; i++)
        if (count_file(migration, &migration->outcome->files[i], err) != 0)
            return -1;
    return 0;
}

/* ---- Applying ---- */

static bool may_be_applied(const struct migration *migration, const struct migrate_file *file)
{
    return file->state == MIGRATE_FILE_WAITS && (!file->destructive || migration->request->allow_destructive);
}

static bool stands_in_a_step(const struct migrate_outcome *outcome, const char *sql)
{
    for (size_t i = 0; i < outcome->step_count; i++)
        if (outcome->steps[i].destructive && strstr(outcome->steps[i].sql, sql))
            return true;
    return false;
}

/* Whether all that it does is to be done still. */
static bool is_wanted(struct migration *migration, const struct migrate_file *file)
{
    struct statement_text statement;
    enum store_kind kind = connection_kind(migration->connection);
    for (size_t at = 0; split_next(file->text, kind, &at, &statement);) {
        const char *sql = text_format(migration, "%.*s;\n", (int)statement.size, file->text + statement.offset);
        if (!strstr(migration->backend->file_head, sql) && !stands_in_a_step(migration->outcome, sql))
            return false;
    }
    return true;
}

/* Whether the database as it is now wants all that a run wrote into it then. */
static bool is_found_again(struct migration *migration, const struct migrate_file *file)
{
    struct errand_error ignored;
    bool found = migration->backend->compare(migration, &ignored) == 0 && is_wanted(migration, file);
    migration->outcome->steps = NULL;
    migration->outcome->step_count = 0;
    return found;
}

/* What a run wrote comes behind the comparison, but before those by hand that come later by their names: they know the
   database as it is behind it. If the schema has again what it takes away, it is left out. */
static bool is_its_turn(struct migration *migration, size_t index)
{
    const struct migrate_outcome *outcome = migration->outcome;
    if (!outcome->files[index].written)
        return true;
    for (size_t i = index + 1; i < outcome->file_count; i++)
        if (!outcome->files[i].written && may_be_applied(migration, &outcome->files[i]))
            return is_found_again(migration, &outcome->files[index]);
    return false;
}

/* A file failed, perhaps for want of one before it. Always returns -1. */
static int tell_left_out(struct migration *migration, size_t index, struct errand_error *err)
{
    const struct migrate_file *files = migration->outcome->files;
    const char *sentence = text_copy(migration, err->message);
    for (size_t i = 0; i < index; i++) {
        if (files[i].state != MIGRATE_FILE_WAITS)
            continue;
        return !may_be_applied(migration, &files[i])
                   ? error_set(err, "%s. %s, which comes before it, waits for --allow-destructive", sentence,
                               files[i].path)
                   : error_set(err,
                               "%s. %s, which comes before it, was left out, since Schema.sql has what it takes away: "
                               "without its line \"" WRITTEN_LINE "...\" it is applied in its turn",
                               sentence, files[i].path);
    }
    return -1;
}

int files_apply(struct migration *migration, bool written, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    for (size_t i = 0; i < outcome->file_count; i++) {
        struct migrate_file *file = &outcome->files[i];
        if (!may_be_applied(migration, file) || (!written && !is_its_turn(migration, i)))
            continue;
        if (migration->backend->run_file(migration, file, checksum_of(migration, file->text), err) != 0)
            return tell_left_out(migration, i, err);
        file->state = MIGRATE_FILE_APPLIED;
        tell(migration, "applied %s", file->path);
    }
    return 0;
}

/* ---- Writing ---- */

static bool is_proposal(const struct migrate_file *file)
{
    return file->written && file->state == MIGRATE_FILE_WAITS;
}

/* Whether a file that waits does it already; by_hand: one that is not only what an earlier run found. */
static bool stands_in_a_file(const struct migrate_outcome *outcome, const struct migrate_step *step, bool by_hand)
{
    for (size_t i = 0; i < outcome->file_count; i++) {
        const struct migrate_file *file = &outcome->files[i];
        if (file->state == MIGRATE_FILE_WAITS && file->destructive && !(by_hand && file->written) &&
            strstr(file->text, step->sql))
            return true;
    }
    return false;
}

/* Whether the files that wait are what this run would write. */
static bool is_as_written(struct migration *migration)
{
    const struct migrate_outcome *outcome = migration->outcome;
    for (size_t i = 0; i < outcome->step_count; i++)
        if (outcome->steps[i].destructive && !stands_in_a_file(outcome, &outcome->steps[i], false))
            return false;
    for (size_t i = 0; i < outcome->file_count; i++)
        if (is_proposal(&outcome->files[i]) && !is_wanted(migration, &outcome->files[i]))
            return false;
    return true;
}

/* Each line behind "-- ". */
static void add_comment(struct buffer *out, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        buffer_puts(out, "-- ");
        buffer_add(out, text, length);
        buffer_puts(out, "\n");
        text += length + (text[length] == '\n');
    }
}

static size_t add_steps(struct migration *migration, struct buffer *out, const char **first)
{
    size_t count = 0;
    for (size_t i = 0; i < migration->outcome->step_count; i++) {
        struct migrate_step *step = &migration->outcome->steps[i];
        if (!step->destructive || stands_in_a_file(migration->outcome, step, true))
            continue;
        *first = count++ ? *first : step->todo;
        buffer_puts(out, "\n");
        add_comment(out, step->todo);
        if (step->remark)
            add_comment(out, step->remark);
        buffer_puts(out, step->sql);
    }
    return count;
}

/* Files are applied in the order of their names: two of one second would be in that of their words. */
static bool stamp_is_taken(const char *folder, const char *name)
{
    DIR *entries = opendir(folder);
    bool taken = false;
    for (struct dirent *entry; entries && !taken && (entry = readdir(entries));)
        taken = strncmp(entry->d_name, name, STAMP_SIZE) == 0;
    if (entries)
        closedir(entries);
    return taken;
}

/* 20261124093000-drop-column-a-note: what can stand in a file's name of any system. */
static const char *file_name(struct migration *migration, const char *todo, size_t count, int attempt)
{
    char stamp[32], slug[48];
    time_t now = time(NULL) + attempt;
    struct tm utc;
    strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", gmtime_r(&now, &utc));
    size_t length = 0;
    for (; *todo && length < sizeof slug - 1; todo++) {
        bool plain = strchr("abcdefghijklmnopqrstuvwxyz0123456789", *todo | 0x20) != NULL && (unsigned char)*todo > ' ';
        if (plain)
            slug[length++] = *todo;
        else if (length > 0 && slug[length - 1] != '-')
            slug[length++] = '-';
    }
    while (length > 0 && slug[length - 1] == '-')
        length--;
    slug[length] = '\0';
    return text_format(migration, "%s-%s%s.sql", stamp, slug, count > 1 ? "-and-more" : "");
}

/* The folder, made if need be. A link could lead out of the project, and nothing is written there. */
static int open_folder(const char *folder, struct errand_error *err)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return error_set(err, "the folder %s cannot be made: %s", folder, strerror(errno));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (fd < 0 && lstat(folder, &status) == 0 && S_ISLNK(status.st_mode))
        return error_set(err, "%s is a link to elsewhere: nothing is written through it; make it a folder", folder);
    return fd >= 0 ? fd : error_set(err, "the folder %s cannot be opened: %s", folder, strerror(errno));
}

/* A file appears whole or not at all. */
static int write_file(int folder, const char *path, const char *text, struct errand_error *err)
{
    const char *name = strrchr(path, '/') + 1;
    size_t size = strlen(text);
    char *draft;
    if (asprintf(&draft, "%s.%ld~", name, (long)getpid()) < 0)
        return error_set(err, "out of memory");
    int fd = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    bool whole = fd >= 0 && write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        whole = false;
    int result = whole && renameat(folder, draft, folder, name) == 0
                     ? 0
                     : error_set(err, "%s cannot be written: %s", path, strerror(errno));
    if (result != 0 && fd >= 0)
        unlinkat(folder, draft, 0);
    free(draft);
    return result;
}

static const char *free_name(struct migration *migration, const char *todo, size_t count)
{
    const char *name;
    int attempt = 0;
    do
        name = file_name(migration, todo, count, attempt++);
    while (stamp_is_taken(migration->request->folder, name));
    return name;
}

/* The new one is there before the old ones go: a run that is killed between leaves two, and the next sees to it. */
static int replace_proposals(struct migration *migration, int folder, const char *by, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    size_t kept = 0;
    int result = 0;
    for (size_t i = 0; i < outcome->file_count; i++) {
        struct migrate_file file = outcome->files[i];
        bool goes = is_proposal(&file) && result == 0;
        if (goes && unlinkat(folder, file.name, 0) != 0 && errno != ENOENT)
            result = error_set(err, "%s, in the place of which is %s, cannot be removed: %s", file.path, by,
                               strerror(errno));
        else if (goes)
            tell(migration, "removed %s: %s is in its place", file.path, by);
        if (!goes || result != 0)
            outcome->files[kept++] = file;
    }
    outcome->file_count = kept;
    return result;
}

static int write_proposal(struct migration *migration, const char *text, const char *name, struct errand_error *err)
{
    const char *path = text_format(migration, "%s/%s", migration->request->folder, name);
    int folder = open_folder(migration->request->folder, err);
    if (folder < 0)
        return -1;
    int result = write_file(folder, path, text, err);
    if (result == 0) {
        migration->outcome->written = path;
        tell(migration, "wrote %s", path);
        result = replace_proposals(migration, folder, path, err);
    }
    if (result == 0)
        add_file(migration, name, text);
    close(folder);
    return result;
}

/* What earlier runs proposed and is not to be done any more: it was done otherwise, or the schema has it again. */
static int count_proposals(struct migration *migration, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    for (size_t i = 0; i < outcome->file_count; i++) {
        struct migrate_file *file = &outcome->files[i];
        if (!is_proposal(file))
            continue;
        if (connection_begin(migration->connection, err) != 0 || count_file(migration, file, err) != 0 ||
            connection_commit(migration->connection, err) != 0)
            return -1;
        tell(migration, "counted %s as applied: nothing of it is left to do", file->path);
    }
    return 0;
}

int files_write(struct migration *migration, struct errand_error *err)
{
    static const char head[] =
        "-- Written by errand migrate: what takes something away or may fail on the rows that are there. Read it, and\n"
        "-- change it as you like: nothing of it is done until `errand migrate --allow-destructive`. While nobody has\n"
        "-- changed it, it is written anew when something else is to be done. Without the next line it is a file as\n"
        "-- any other, applied by the next `errand migrate`.\n" MIGRATE_DESTRUCTIVE_LINE "\n";
    if (is_as_written(migration))
        return 0;
    struct buffer steps = BUFFER_INIT(MIGRATE_FILE_MAX - 4096);
    buffer_puts(&steps, migration->backend->file_head);
    const char *first = "";
    size_t count = add_steps(migration, &steps, &first);
    if (steps.failed) {
        buffer_release(&steps);
        return error_set(err, "what is to be written to %s is too long", migration->request->folder);
    }
    const char *body = text_take(migration, &steps);
    if (count == 0)
        return count_proposals(migration, err);
    const char *text = text_format(migration, "%s%s%s", head, written_line(migration, head, body), body);
    return write_proposal(migration, text, free_name(migration, first, count), err);
}
