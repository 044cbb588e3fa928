/* What is sent to the server in one go: statements with their values, ended by one sync, so that they are one
   transaction; and the answers that came. */
#ifndef STORE_POSTGRES_REQUEST_H
#define STORE_POSTGRES_REQUEST_H

#include "base/arena.h"
#include "store/store.h"

#include <libpq-fe.h>

enum { REQUEST_CALLS = 8, REQUEST_VALUES = 16 };

/* A statement that is prepared once on each link that it runs on. */
enum { LINKS = 3 };
struct kept_statement {
    char *sql; /* owned; NULL: there is none */
    char name[32];
    uint64_t made[LINKS]; /* the link's count of forgettings + 1 at which it was prepared there; 0: it was not */
};

struct call {
    struct kept_statement *kept; /* NULL: sql is run without being kept */
    const char *sql;             /* lives as long as the request */
    int count;
    const char *values[REQUEST_VALUES]; /* in the request's memory */
    int sizes[REQUEST_VALUES];
    int formats[REQUEST_VALUES];
    PGresult *answer; /* owned; NULL: none came */
    bool preparing;   /* the answer of its PREPARE comes before its own */
};

struct request;
typedef void (*request_done)(struct request *request, struct store_result result);

struct request {
    struct request *next;
    struct arena memory; /* of the values, and of the request itself */
    struct call calls[REQUEST_CALLS];
    size_t count;
    size_t at;             /* the call whose answer comes next */
    bool answered;         /* it has come, its end has not */
    bool again;            /* sent a second time, after its statements were forgotten */
    bool on_link;          /* an exchange that was handed to a link */
    bool failed;           /* memory ran out while it was built */
    const PGresult *error; /* the first refusal, one of the answers */
    request_done done;     /* called once; then the request is freed */
    void *arg;             /* whatever the part that made it needs: */
    void *context;
    union {
        store_done plain;
        store_exchange_done exchange;
        store_table_done table;
        store_next_done next_due;
        store_recover_done recover;
        store_prune_done prune;
    } tell;
    struct store_result result; /* of a request that is answered without the server */
    int64_t sent_us;
};

/* NULL where memory ran out. */
struct request *request_new(request_done done, void *context, void *arg);
void request_free(struct request *request);

/* Appends a statement; values follow. */
struct call *request_call(struct request *request, const char *sql);
struct call *request_call_kept(struct request *request, struct kept_statement *kept);

void call_text(struct request *request, struct call *call, const char *text);
void call_int(struct request *request, struct call *call, int64_t number);
void call_uuid(struct request *request, struct call *call, const char *text);

/* An array as the server takes it in binary, filled element by element. */
struct array {
    char *data, *at;
    size_t size; /* of data */
};
enum array_type { ARRAY_BOOL = 16, ARRAY_INT8 = 20, ARRAY_INT4 = 23, ARRAY_TEXT = 25, ARRAY_UUID = 2950 };
/* content: bytes that all elements together hold at most. */
struct array array_begin(struct request *request, enum array_type type, size_t count, size_t content);
void array_bool(struct array *array, bool value);
void array_int4(struct array *array, int32_t value);
void array_int8(struct array *array, int64_t value);
void array_null(struct array *array);
void array_text(struct array *array, const char *text, size_t size);
void array_uuid(struct array *array, const char *text);
void array_claim(struct array *array, uint64_t worker, uint64_t claim);
void call_array(struct request *request, struct call *call, const struct array *array);

#endif
