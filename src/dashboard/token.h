/* What forms carry so that no other site can send them: HMAC-SHA256 of a secret over who it is and until when. */
#ifndef DASHBOARD_TOKEN_H
#define DASHBOARD_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TOKEN_MAX = 96, /* bytes of a token with its NUL */
    TOKEN_LIFE_S = 12 * 3600,
    SECRET_LEAST = 32, /* characters of a secret */
};

enum token_state { TOKEN_GOOD = 1, TOKEN_EXPIRED, TOKEN_WRONG };

/* For this user ("" for nobody) until TOKEN_LIFE_S after now_s, in seconds since 1970. */
void token_make(const char *secret, const char *user, int64_t now_s, char token[TOKEN_MAX]);
enum token_state token_check(const char *secret, const char *user, int64_t now_s, const char *token);

/* In a time that does not tell where the two differ, nor how long the wanted one is. */
bool token_same_text(const char *given, const char *wanted);

#endif
