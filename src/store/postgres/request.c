/* Building what is sent to the server in one go. */
#include "store/postgres/request.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request *request_new(request_done done, void *context, void *arg)
{
    struct request *request = calloc(1, sizeof(*request));
    if (!request)
        return NULL;
    request->done = done;
    request->context = context;
    request->arg = arg;
    return request;
}

void request_free(struct request *request)
{
    for (size_t i = 0; i < request->count; i++)
        PQclear(request->calls[i].answer);
    arena_release(&request->memory);
    free(request);
}

static void *allocate(struct request *request, size_t size)
{
    void *memory = arena_alloc(&request->memory, size);
    request->failed |= !memory;
    return memory;
}

struct call *request_call(struct request *request, const char *sql)
{
    struct call *call = &request->calls[request->count++];
    *call = (struct call){ .sql = sql };
    return call;
}

struct call *request_call_kept(struct request *request, struct kept_statement *kept)
{
    struct call *call = request_call(request, kept->sql);
    call->kept = kept;
    return call;
}

static void add(struct call *call, const void *data, size_t size, bool binary)
{
    call->values[call->count] = data;
    call->sizes[call->count] = (int)size;
    call->formats[call->count] = binary;
    call->count++;
}

void call_text(struct request *request, struct call *call, const char *text)
{
    char *copy = text ? arena_strdup(&request->memory, text) : NULL;
    request->failed |= text && !copy;
    add(call, copy, text ? strlen(text) : 0, false);
}

void call_int(struct request *request, struct call *call, int64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, number);
    call_text(request, call, text);
}

void call_uuid(struct request *request, struct call *call, const char *text)
{
    call_text(request, call, text);
}

/* ---- Arrays in the binary form: a header, and a size before each element; all in network byte order ---- */

static void put32(struct array *array, uint32_t value)
{
    value = htobe32(value);
    memcpy(array->at, &value, 4);
    array->at += 4;
}

struct array array_begin(struct request *request, enum array_type type, size_t count, size_t content)
{
    struct array array = { .size = 20 + 4 * count + content };
    array.data = array.at = allocate(request, array.size);
    if (!array.data)
        return array;
    put32(&array, count > 0); /* dimensions */
    put32(&array, 0);         /* NULLs are marked by their size; the server only reads this for a hint */
    put32(&array, type);
    if (count > 0) {
        put32(&array, (uint32_t)count);
        put32(&array, 1); /* the first index */
    }
    return array;
}

void array_bool(struct array *array, bool value)
{
    if (!array->data)
        return;
    put32(array, 1);
    *array->at++ = value;
}

void array_int4(struct array *array, int32_t value)
{
    if (!array->data)
        return;
    put32(array, 4);
    put32(array, (uint32_t)value);
}

void array_int8(struct array *array, int64_t value)
{
    if (!array->data)
        return;
    put32(array, 8);
    put32(array, (uint32_t)((uint64_t)value >> 32));
    put32(array, (uint32_t)value);
}

void array_null(struct array *array)
{
    if (array->data)
        put32(array, UINT32_MAX);
}

void array_text(struct array *array, const char *text, size_t size)
{
    if (!array->data)
        return;
    put32(array, (uint32_t)size);
    memcpy(array->at, text, size);
    array->at += size;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 0;
}

void array_uuid(struct array *array, const char *text)
{
    if (!array->data)
        return;
    put32(array, 16);
    for (int i = 0; i < 16; i++) {
        if (*text == '-')
            text++;
        char high = *text ? *text++ : '0', low = *text ? *text++ : '0';
        *array->at++ = (char)(digit(high) << 4 | digit(low));
    }
}

void array_claim(struct array *array, uint64_t worker, uint64_t claim)
{
    if (!array->data)
        return;
    put32(array, 16);
    put32(array, (uint32_t)(worker >> 32));
    put32(array, (uint32_t)worker);
    put32(array, (uint32_t)(claim >> 32));
    put32(array, (uint32_t)claim);
}

void call_array(struct request *request, struct call *call, const struct array *array)
{
    request->failed |= !array->data;
    add(call, array->data, array->data ? (size_t)(array->at - array->data) : 0, true);
}
