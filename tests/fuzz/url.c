/* store_url_parse on any bytes. With clang -fsanitize=fuzzer it is a libFuzzer target; without, the program below
   feeds it its own mutations of some seeds, for as many rounds as the first argument says. */
#include "store/url.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store_url url;
    struct errand_error err = { "" };
    char *text = strndup((const char *)data, size);
    if (store_url_parse(text, &url, &err) == 0) {
        assert(url.target && url.shown);
        assert(url.kind == STORE_POSTGRES || url.target[0] == '/');
    } else {
        assert(!url.target && !url.shown && err.message[0] != '\0');
    }
    store_url_release(&url);
    free(text);
    return 0;
}

#ifndef FUZZER_MAIN
static const char *const seeds[] = {
    "sqlite:app.db?synchronous=normal",   "sqlite:///srv/a%20b.db", "postgresql://u:p@h:1/d?password=x&a=b",
    "host=h password='a\\'b' dbname = d", "postgres://u:a@b@c/d",
};

int main(int argc, char **argv)
{
    static const char bits[] = "sqlite:postgresql://@:?&='\\ %00%ff#\xff";
    unsigned random = 1;
    long rounds = argc > 1 ? atol(argv[1]) : 100000;
    for (long round = 0; round < rounds; round++) {
        char text[256];
        size_t size = (size_t)snprintf(text, sizeof(text), "%s",
                                       seeds[(size_t)rand_r(&random) % (sizeof(seeds) / sizeof(*seeds))]);
        for (int changes = rand_r(&random) % 8; changes >= 0; changes--)
            text[(size_t)rand_r(&random) % size] = bits[(size_t)rand_r(&random) % (sizeof(bits) - 1)];
        LLVMFuzzerTestOneInput((const uint8_t *)text, size - (size_t)rand_r(&random) % size);
    }
    printf("%ld rounds\n", rounds);
    return 0;
}
#endif
