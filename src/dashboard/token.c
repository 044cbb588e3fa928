/* Tokens of forms: "<seconds since 1970 until which it holds>.<HMAC-SHA256 as hexadecimal digits>". */
#include "dashboard/token.h"

#include "base/uuid.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAC_SIZE = 32 };

static bool mac(const char *key, size_t key_size, const void *data, size_t size, unsigned char out[MAC_SIZE])
{
    unsigned length = MAC_SIZE;
    return HMAC(EVP_sha256(), key, (int)key_size, data, size, out, &length) && length == MAC_SIZE;
}

/* The number has a fixed width before the user's name, so no two pairs are written alike. */
static void sign(const char *secret, const char *user, int64_t expires_s, char token[TOKEN_MAX])
{
    unsigned char digest[MAC_SIZE];
    size_t size = strlen(user) + 64;
    char *text = malloc(size);
    token[0] = '\0';
    if (!text)
        return;
    int length = snprintf(text, size, "errand form %020" PRId64 " %s", expires_s, user);
    if (mac(secret, strlen(secret), text, (size_t)length, digest)) {
        int used = snprintf(token, TOKEN_MAX, "%" PRId64 ".", expires_s);
        for (size_t i = 0; i < MAC_SIZE; i++)
            used += snprintf(token + used, (size_t)(TOKEN_MAX - used), "%02x", digest[i]);
    }
    free(text);
}

void token_make(const char *secret, const char *user, int64_t now_s, char token[TOKEN_MAX])
{
    sign(secret, user, now_s + TOKEN_LIFE_S, token);
}

enum token_state token_check(const char *secret, const char *user, int64_t now_s, const char *token)
{
    char *end, wanted[TOKEN_MAX];
    long long expires_s = strtoll(token, &end, 10);
    if (*end != '.' || expires_s < 0)
        return TOKEN_WRONG;
    sign(secret, user, expires_s, wanted);
    if (!wanted[0] || strlen(token) != strlen(wanted) || CRYPTO_memcmp(token, wanted, strlen(wanted)) != 0)
        return TOKEN_WRONG;
    return now_s > expires_s ? TOKEN_EXPIRED : TOKEN_GOOD;
}

/* Compares two MACs under a key that nobody knows: as long whatever was given. */
bool token_same_text(const char *given, const char *wanted)
{
    char key[MAC_SIZE];
    unsigned char left[MAC_SIZE], right[MAC_SIZE];
    random_bytes(key, sizeof(key));
    return mac(key, sizeof(key), given, strlen(given), left) && mac(key, sizeof(key), wanted, strlen(wanted), right) &&
           CRYPTO_memcmp(left, right, MAC_SIZE) == 0;
}
