/* The parent: it holds the listening socket and starts the serving child, again when a view has crashed it. */
#ifndef DASHBOARD_HTTP_SUPERVISE_H
#define DASHBOARD_HTTP_SUPERVISE_H

#include "base/log.h"

/* What the child does; a byte is to be written to ready_fd when it serves. Returns its exit code. */
struct served {
    int (*run)(void *arg, int ready_fd);
    void (*ready)(void *arg); /* in the parent, when the first child serves */
    void (*stops)(void *arg); /* in the parent, when it is told to stop */
    void *arg;
    char *last_words; /* where the child that crashes leaves what it was at; NULL: nowhere */
};

/* Until SIGTERM or SIGINT. Returns the exit code: that of the first child where it never served. */
int supervise(const struct served *served, const struct log *log);

#endif
