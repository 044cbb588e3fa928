/* The contexts of an opened application, one by one, for who calls into one several times (the dashboard: the page,
   then the page of its error). Everybody else calls errand_run. */
#ifndef RECORD_APPLICATION_H
#define RECORD_APPLICATION_H

#include "record/context.h"

#include <errand/application.h>

/* As errand_open, with contexts made as config says; its url is ignored. Borrows config->arg. */
struct errand *application_open(const char *url, const struct context_config *config, struct errand_error *err);
/* A context that nobody else has, for context_call; NULL where memory ran out. */
struct errand_context *application_take(struct errand *errand);
/* Frees what it has handed out, and ends a call that another context's raise has unwound through. */
void application_give_back(struct errand *errand, struct errand_context *ctx);

#endif
