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

static struct migrate_file *add_file(struct migration *migration, const char *name)
{
    struct migrate_file *file = GROW(migration, migration->outcome->files, migration->outcome->file_count);
    *file = (struct migrate_file){ .name = text_copy(migration, name),
                                   .path = text_format(migration, "%s/%s", migration->request->folder, name),
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
    struct migrate_file *file = add_file(migration, name);
    file->destructive = is_destructive(text);
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

int files_count(struct migration *migration, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    if (outcome->file_count == 0)
        return 0;
    if (connection_begin(migration->connection, err) != 0)
        return -1;
    for (size_t i = 0; i < outcome->file_count; i++) {
        struct migrate_file *file = &outcome->files[i];
        bool recorded;
        const char *text = read_file(migration, file->path, err);
        if (!text || files_record(migration, file->name, checksum_of(migration, text), &recorded, err) != 0)
            return -1;
        file->state = MIGRATE_FILE_COUNTED;
        tell(migration, "counted %s as applied: the schema holds what it did", file->path);
    }
    return connection_commit(migration->connection, err);
}

/* ---- Applying ---- */

int files_apply(struct migration *migration, struct errand_error *err)
{
    struct migrate_outcome *outcome = migration->outcome;
    for (size_t i = 0; i < outcome->file_count; i++) {
        struct migrate_file *file = &outcome->files[i];
        bool allowed = !file->destructive || migration->request->allow_destructive;
        if (file->state != MIGRATE_FILE_WAITS || !allowed)
            continue;
        const char *text = read_file(migration, file->path, err);
        if (!text)
            return -1;
        if (migration->backend->run_file(migration, file, text, checksum_of(migration, text), err) != 0)
            return -1;
        file->state = MIGRATE_FILE_APPLIED;
        tell(migration, "applied %s", file->path);
    }
    return 0;
}

/* ---- Writing ---- */

/* Whether a file that waits does it already. */
static bool stands_in_a_file(struct migration *migration, const struct migrate_step *step, struct errand_error *err)
{
    for (size_t i = 0; i < migration->outcome->file_count; i++) {
        const struct migrate_file *file = &migration->outcome->files[i];
        if (file->state != MIGRATE_FILE_WAITS || !file->destructive)
            continue;
        const char *text = read_file(migration, file->path, err);
        if (text && strstr(text, step->sql))
            return true;
    }
    return false;
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
        struct errand_error ignored;
        if (!step->destructive || stands_in_a_file(migration, step, &ignored))
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

static int make_folder(const char *folder, struct errand_error *err)
{
    if (mkdir(folder, 0777) == 0 || errno == EEXIST)
        return 0;
    return error_set(err, "the folder %s cannot be made: %s", folder, strerror(errno));
}

/* A file appears whole or not at all. */
static int write_file(const char *path, const struct buffer *text, struct errand_error *err)
{
    char *draft;
    if (asprintf(&draft, "%s.%ld~", path, (long)getpid()) < 0)
        return error_set(err, "out of memory");
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool whole = fd >= 0 && write(fd, text->data, text->size) == (ssize_t)text->size && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        whole = false;
    int result =
        whole && rename(draft, path) == 0 ? 0 : error_set(err, "%s cannot be written: %s", path, strerror(errno));
    if (result != 0 && fd >= 0)
        unlink(draft);
    free(draft);
    return result;
}

int files_write(struct migration *migration, struct errand_error *err)
{
    static const char head[] =
        "-- Written by errand migrate: what takes something away or may fail on the rows that are there. Read it, and\n"
        "-- change it as you like: nothing of it is done until `errand migrate --allow-destructive`. Without the next\n"
        "-- line it is a file as any other, applied by the next `errand migrate`.\n" MIGRATE_DESTRUCTIVE_LINE "\n";
    const char *folder = migration->request->folder, *first = "";
    struct buffer steps = BUFFER_INIT(MIGRATE_FILE_MAX - 4096);
    size_t count = add_steps(migration, &steps, &first);
    struct buffer text = BUFFER_INIT(MIGRATE_FILE_MAX);
    buffer_printf(&text, "%s%s", head, migration->backend->file_head);
    buffer_puts(&text, steps.data ? steps.data : "");
    int result = steps.failed || text.failed ? error_set(err, "what is to be written to %s is too long", folder) : 0;
    if (result == 0 && count > 0 && (result = make_folder(folder, err)) == 0) {
        const char *name;
        int attempt = 0;
        do
            name = file_name(migration, first, count, attempt++);
        while (stamp_is_taken(folder, name));
        const char *path = text_format(migration, "%s/%s", folder, name);
        result = write_file(path, &text, err);
        if (result == 0) {
            add_file(migration, name)->destructive = true;
            migration->outcome->written = path;
            tell(migration, "wrote %s", path);
        }
    }
    buffer_release(&steps);
    buffer_release(&text);
    return result;
}
