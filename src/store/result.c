/* The answer to one statement: all cells behind one another in one buffer. */
#include "store/result.h"

#include <stdlib.h>
#include <string.h>

struct cell {
    size_t offset; /* into data */
    size_t size;   /* SIZE_MAX: SQL NULL */
};

struct result {
    size_t columns;
    size_t count; /* of cells */
    size_t capacity;
    struct cell *cells; /* owned */
    struct buffer data;
    int64_t affected;
};

struct result *result_new(size_t columns)
{
    struct result *result = calloc(1, sizeof(*result));
    if (!result)
        return NULL;
    result->columns = columns;
    result->data.maximum = RESULT_BYTES_MAX;
    return result;
}

static int make_room(struct result *result)
{
    if (result->count < result->capacity)
        return 0;
    size_t capacity = result->capacity ? 2 * result->capacity : 64;
    struct cell *cells = reallocarray(result->cells, capacity, sizeof(*cells));
    if (!cells)
        return -1;
    result->cells = cells;
    result->capacity = capacity;
    return 0;
}

int result_add(struct result *result, const void *data, size_t size)
{
    if (make_room(result) < 0)
        return -1;
    struct cell cell = { .offset = result->data.size, .size = data ? size : SIZE_MAX };
    if (data && (size >= RESULT_BYTES_MAX || buffer_reserve(&result->data, size + 1) < 0))
        return -1;
    if (data) { /* the NUL behind the cell counts as data here: the next cell follows it */
        memcpy(result->data.data + result->data.size, data, size);
        result->data.size += size;
        result->data.data[result->data.size++] = '\0';
    }
    result->cells[result->count++] = cell;
    return 0;
}

void result_set_affected(struct result *result, int64_t affected)
{
    result->affected = affected;
}

size_t result_rows(const struct result *result)
{
    return result->columns ? result->count / result->columns : 0;
}

size_t result_columns(const struct result *result)
{
    return result->columns;
}

const char *result_cell(const struct result *result, size_t row, size_t column, size_t *size)
{
    struct cell cell = result->cells[row * result->columns + column];
    bool null = cell.size == SIZE_MAX;
    if (size)
        *size = null ? 0 : cell.size;
    return null ? NULL : result->data.data + cell.offset;
}

int64_t result_affected(const struct result *result)
{
    return result->affected;
}

void result_free(struct result *result)
{
    if (!result)
        return;
    buffer_release(&result->data);
    free(result->cells);
    free(result);
}

int row_add(struct buffer *row, const void *data, size_t size)
{
    uint32_t length = data ? (uint32_t)size : UINT32_MAX;
    if (data && size >= UINT32_MAX) {
        row->failed = true;
        return -1;
    }
    if (buffer_reserve(row, sizeof(length) + (data ? size : 0)) < 0)
        return -1;
    buffer_add(row, &length, sizeof(length));
    return data ? buffer_add(row, data, size) : 0;
}
