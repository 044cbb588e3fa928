/* Writing JSON, the commas and quotes in their places (its caller sees to it that objects and arrays are closed), and
   checking what others wrote. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"

struct json {
    struct buffer *out; /* borrowed; its failure is the writer's */
    bool comma;         /* something stands before the next value */
};

/* "{" and "["; name is the member of the object that this is in, NULL in an array and outside. So for all below. */
void json_begin(struct json *json, const char *name, char bracket);
/* "}" and "]" */
void json_end(struct json *json, char bracket);
/* NULL: null */
void json_text(struct json *json, const char *name, const char *text);
void json_int(struct json *json, const char *name, int64_t number);
/* null where JSON has no word for it: infinite, or none. */
void json_double(struct json *json, const char *name, double number);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);
/* "2026-11-24T09:30:00.000000Z"; "infinity" and "-infinity" as the database has them. */
void json_time(struct json *json, const char *name, errand_time time);
/* What is JSON already. */
void json_raw(struct json *json, const char *name, const char *text);

/* Whether the text is one JSON value (RFC 8259), at most JSON_DEPTH_MAX deep. NULL: it is; else what is wrong with it,
   in a few words, and *at counts the bytes in front of the fault. */
enum { JSON_DEPTH_MAX = 200 };
const char *json_fault(const char *text, size_t *at);

#endif
