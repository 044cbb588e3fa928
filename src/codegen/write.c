/* The generated files on disk. */
#include "codegen/codegen.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    char *path;
    char *temporary;
    struct buffer content;
    bool is_new; /* the file does not hold it yet */
};

/* True if the file holds exactly the content. */
static bool holds(const char *path, const struct buffer *content)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    char *found = malloc(content->size + 1);
    size_t size = found ? fread(found, 1, content->size + 1, file) : 0;
    bool same = found && size == content->size && memcmp(found, content->data, size) == 0;
    free(found);
    fclose(file);
    return same;
}

static int make_folders(const char *path, struct errand_error *err)
{
    char *copy = strdup(path);
    int result = copy ? 0 : error_set(err, "out of memory");
    for (char *at = copy; result == 0 && at && *at; at++) {
        bool is_end = at[1] == '\0';
        char next = at[1];
        if (!is_end && next != '/')
            continue;
        at[1] = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            result = error_set(err, "the folder %s cannot be made: %s", copy, strerror(errno));
        at[1] = next;
    }
    free(copy);
    return result;
}

/* A link could lead out of the project. What leads to the folder, build/ on another disk, is the user's affair. */
static int refuse_link(const char *folder, struct errand_error *err)
{
    struct stat status;
    if (lstat(folder, &status) == 0 && S_ISLNK(status.st_mode))
        return error_set(err, "%s is a link to elsewhere: nothing is written through it; make it a folder", folder);
    return 0;
}

static int write_temporary(const struct output *output, struct errand_error *err)
{
    int fd = open(output->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!file)
        return error_set(err, "%s cannot be written: %s", output->path, strerror(errno));
    bool written = fwrite(output->content.data, 1, output->content.size, file) == output->content.size;
    bool closed = fclose(file) == 0;
    if (written && closed)
        return 0;
    error_set(err, "%s cannot be written: %s", output->path, strerror(errno));
    unlink(output->temporary);
    return -1;
}

static int write_all(struct output *outputs, size_t count, int *written, struct errand_error *err)
{
    for (size_t i = 0; i < count; i++) {
        outputs[i].is_new = !holds(outputs[i].path, &outputs[i].content);
        if (!outputs[i].is_new || write_temporary(&outputs[i], err) == 0)
            continue;
        while (i-- > 0)
            if (outputs[i].is_new)
                unlink(outputs[i].temporary);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (!outputs[i].is_new)
            continue;
        if (rename(outputs[i].temporary, outputs[i].path) != 0)
            return error_set(err, "%s cannot be written: %s", outputs[i].path, strerror(errno));
        ++*written;
    }
    return 0;
}

int codegen_write(const struct schema *schema, const char *folder, int *written, struct errand_error *err)
{
    struct arena arena = ARENA_INIT;
    struct plan plan = plan_make(&arena, schema);
    struct output outputs[] = {
        { .path = name_printf(&arena, "%s/types.h", folder), .content = BUFFER_INIT(CODEGEN_FILE_MAX) },
        { .path = name_printf(&arena, "%s/types.c", folder), .content = BUFFER_INIT(CODEGEN_FILE_MAX) },
    };
    const size_t count = sizeof outputs / sizeof *outputs;
    *written = 0;
    codegen_header(&plan, &outputs[0].content);
    codegen_source(&plan, &outputs[1].content);
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        outputs[i].temporary = name_printf(&arena, "%s.%ld.tmp", outputs[i].path, (long)getpid());
        if (outputs[i].content.failed)
            result = error_set(err, "%s would be larger than %d MiB", outputs[i].path, CODEGEN_FILE_MAX / 1024 / 1024);
    }
    if (result == 0)
        result = make_folders(folder, err);
    if (result == 0)
        result = refuse_link(folder, err);
    if (result == 0)
        result = write_all(outputs, count, written, err);
    for (size_t i = 0; i < count; i++)
        buffer_release(&outputs[i].content);
    arena_release(&arena);
    return result;
}
