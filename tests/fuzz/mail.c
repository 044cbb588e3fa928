/* Any bytes as the subject and as an address of a mail: either refused, or headers in ASCII whose lines are no longer
   than a mail may have, and whose encoded words hold the text. Driven by text.c, or by libFuzzer. */
#include "mail/address.h"
#include "record/context.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 998, WORD_MAX_BYTES = 75 };

static const struct store_url nowhere = { .kind = STORE_SQLITE, .target = "/nonexistent/app.db", .shown = "nowhere" };

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    return at && c ? (int)(at - digits) : -1;
}

/* What a word of base64 says, behind `out`; returns the new end. */
static char *decode(const char *word, const char *end, char *out)
{
    for (; word < end; word += 4) {
        int bits = digit_of(word[0]) << 18 | digit_of(word[1]) << 12;
        *out++ = (char)(bits >> 16);
        if (word[2] == '=')
            break;
        bits |= digit_of(word[2]) << 6;
        *out++ = (char)(bits >> 8);
        if (word[3] == '=')
            break;
        *out++ = (char)(bits | digit_of(word[3]));
    }
    return out;
}

static void check_words(const char *words, const char *text)
{
    static const char begin[] = "=?UTF-8?B?";
    char *decoded = calloc(1, strlen(words) + 1), *out = decoded;
    while (strncmp(words, begin, strlen(begin)) == 0) {
        const char *end = strstr(words, "?=");
        assert(end && end + 2 - words <= WORD_MAX_BYTES);
        out = decode(words + strlen(begin), end, out);
        words = end + 2;
        if (strncmp(words, "\r\n ", 3) == 0)
            words += 3;
    }
    assert(*words == '\0' && strcmp(decoded, text) == 0);
    free(decoded);
}

static void check_lines(const char *header)
{
    for (const char *end; *header; header = *end ? end + 2 : end) {
        end = header + strcspn(header, "\r\n");
        assert(end - header <= LINE_MAX_BYTES);
        assert(*end == '\0' || strncmp(end, "\r\n ", 3) == 0);
    }
}

static void make_subject(struct errand_context *ctx, void *text)
{
    const char *header = mail_text_header(ctx, "Subject", text);
    check_lines(header);
    header += strlen("Subject: ");
    if (strcmp(header, text) != 0)
        check_words(header, text);
}

static void make_addresses(struct errand_context *ctx, void *text)
{
    struct mail_addresses addresses = mail_addresses_parse(ctx, "To", text);
    assert(addresses.count <= MAIL_RECIPIENTS_MAX);
    assert(strncmp(mail_address_header(ctx, "To", &addresses), "To: ", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct errand_context *ctx;
    if (!ctx)
        ctx = context_new(&(struct context_config){ .url = &nowhere });
    assert(ctx);
    char *text = strndup((const char *)data, size);
    context_call(ctx, make_subject, text);
    context_call(ctx, make_addresses, text);
    context_reset(ctx);
    free(text);
    return 0;
}

#define TEN(text) text text text text text text text text text text
static const char *const seeds[] = {
    TEN(TEN("\x80")),
    TEN("\xe2\x82\xac\xf0\x9f\x8d\x9e\xc3\xbc"),
    "Gr\xc3\xbc\xc3\x9f"
    "e =?UTF-8?B?",
    "a@example.com, \"C, the \\\"Baker\" <c@example.com>, Chlo\xc3\xa9 <d@example.com>",
    NULL,
};

const struct fuzz_text fuzz_text = { seeds, NULL, 0 };
