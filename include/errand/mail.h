/* Sending mail through the server that SMTP_URL names. */
#ifndef ERRAND_MAIL_H
#define ERRAND_MAIL_H

#include <errand/context.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

struct errand_mail {
    const char *from; /* NULL: MAIL_FROM from the environment */
    const char *to;   /* one address, or several separated by commas: a@example.com, Bea <b@example.com> */
    const char *cc;
    const char *bcc;
    const char *reply_to;
    const char *subject; /* UTF-8 */
    const char *text;    /* UTF-8; text, html, or both */
    const char *html;
};

/* Sends and returns once the server has accepted it; raises with the server's answer otherwise. SMTP_URL is
   smtp://[user:password@]host[:port] or smtps://...; a password never appears in an error. Takes at most 10 MiB.
   In the library liberrand-mail, so that programs that send no mail load no libcurl. */
void errand_send_mail(struct errand_context *ctx, const struct errand_mail *mail);

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
