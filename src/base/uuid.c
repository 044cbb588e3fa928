/* Random bytes and uuids. */
#include "base/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(void *data, size_t size)
{
    unsigned char *at = data;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got < 0)
            continue;
        at += got;
        size -= (size_t)got;
    }
}

errand_uuid uuid_from_bytes(const unsigned char b[16])
{
    static const char digits[] = "0123456789abcdef";
    errand_uuid uuid;
    char *at = uuid.text;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[b[i] >> 4];
        *at++ = digits[b[i] & 15];
    }
    *at = '\0';
    return uuid;
}

int uuid_parse(const char *text, errand_uuid *uuid)
{
    if (strlen(text) != 36)
        return -1;
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return -1;
        uuid->text[i] = (char)tolower((unsigned char)text[i]);
    }
    uuid->text[36] = '\0';
    return 0;
}
