/* What came in, taken apart: the target of a request, its parameters, its headers. Pure: bounded, and anything that is
   not as it should be is refused with a status and a sentence. */
#ifndef DASHBOARD_REQUEST_H
#define DASHBOARD_REQUEST_H

#include "base/arena.h"
#include "dashboard/dashboard.h"

/* Why something was refused; status 0: it was not. */
struct request_fault {
    int status;
    const char *sentence;
};

/* "/jobs/ListJob?tableName=a" to its decoded path and parameters (ended by a NULL name). */
struct request_fault request_read_target(struct arena *arena, const char *target, const char **path,
                                         struct param **query);
/* name=value pairs separated by &, as addresses and forms have them. */
struct request_fault request_read_params(struct arena *arena, const char *text, size_t size, struct param **params);
/* True for "application/x-www-form-urlencoded", with or without parameters behind a semicolon. */
bool request_is_form(const char *content_type);
/* True where Accept asks for JSON rather than HTML: the one that is named first counts. */
bool request_wants_json(const char *accept);
/* The user and password of an Authorization header; false where it holds none. */
bool request_read_basic(struct arena *arena, const char *authorization, const char **user, const char **password);

#endif
