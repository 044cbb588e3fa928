/* What is entered to generate something, and its forms; for page_generate.c, which generates. */
#ifndef DEV_GENERATE_H
#define DEV_GENERATE_H

#include "base/arena.h"
#include "dev/serve.h"
#include "schema/schema.h"

enum kind { KIND_JOB, KIND_SCRIPT, KIND_DASHBOARD, KIND_TABLE, KIND_COLUMN, KIND_COUNT };

enum entry_field {
    ENTRY_NAME,
    ENTRY_APPLICATION,
    ENTRY_COLUMNS,
    ENTRY_TABLE,
    ENTRY_TYPE,
    ENTRY_TARGET,
    ENTRY_DEFAULT,
    ENTRY_NULLABLE,
    ENTRY_UNIQUE,
    ENTRY_COUNT
};

struct kind_form {
    const char *word, *title, *page;
    const char *labels[ENTRY_COUNT]; /* of the fields that it has; NULL: it has not that one */
};
extern const struct kind_form kinds[KIND_COUNT];

/* What was entered in each field; "" where nothing was. */
struct entry {
    const char *text[ENTRY_COUNT];
};
void entry_clear(struct entry *entry);
/* False where a field is too long or wrongly encoded. */
bool entry_read(struct entry *entry, struct arena *arena, const char *body);
/* The folder of the application: Web unless another was chosen. */
const char *entry_application(const struct entry *entry);
/* KIND_COUNT: none. */
enum kind kind_read(const char *body);

/* The form to describe one, holding the entry, and the one to generate what was described and shown. */
void generate_form(struct buffer *out, const struct client *client, enum kind kind, const struct entry *entry,
                   const struct schema *schema);
void generate_form_again(struct buffer *out, const struct client *client, enum kind kind, const struct entry *entry);

#endif
