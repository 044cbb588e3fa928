/* The texts of what is generated, from share/templates/, compiled in. */
#ifndef CODEGEN_TEMPLATE_H
#define CODEGEN_TEMPLATE_H

#include "base/arena.h"

enum template_name {
    TEMPLATE_JOB = 1,
    TEMPLATE_JOB_TABLE,
    TEMPLATE_TABLE,
    TEMPLATE_SCRIPT,
    TEMPLATE_DASHBOARD,
    TEMPLATE_MAKEFILE,
    TEMPLATE_SCHEMA,
    TEMPLATE_GITIGNORE,
    TEMPLATE_README,
    TEMPLATE_KEEP
};

struct template_value {
    const char *name; /* "@Type@"; NULL ends a list */
    const char *value;
};

/* The template with the values in their places; values may be NULL. In the arena. */
const char *template_fill(struct arena *arena, enum template_name name, const struct template_value *values);

#endif
