/* Addresses of a mail, as people write them: a@example.com, Bea <b@example.com>. And text in its headers. */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <errand/context.h>

enum { MAIL_RECIPIENTS_MAX = 1000, MAIL_HEADER_MAX_BYTES = 8 * 1024 };

struct mail_address {
    const char *name;    /* NULL: none */
    const char *address; /* user@host */
};

struct mail_addresses {
    struct mail_address *items; /* in the context's memory */
    size_t count;
};

/* Raises for what is not an address, naming the field. NULL or blank text gives none. */
struct mail_addresses mail_addresses_parse(struct errand_context *ctx, const char *field, const char *text);
/* "To: a@example.com,\r\n Bea <b@example.com>" */
const char *mail_address_header(struct errand_context *ctx, const char *field, const struct mail_addresses *addresses);
/* "Subject: ..."; other than ASCII as encoded words (RFC 2047). Raises for control characters, so that no text can
   smuggle in a header. */
const char *mail_text_header(struct errand_context *ctx, const char *field, const char *text);

#endif
