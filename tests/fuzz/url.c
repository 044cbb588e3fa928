/* store_url_parse on any bytes. Driven by text.c, or by libFuzzer. */
#include "store/url.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

static const char *const seeds[] = {
    "sqlite:app.db?synchronous=normal",   "sqlite:///srv/a%20b.db", "postgresql://u:p@h:1/d?password=x&a=b",
    "host=h password='a\\'b' dbname = d", "postgres://u:a@b@c/d",   NULL,
};
static const char bits[] = "sqlite:postgresql://@:?&='\\ %00%ff#\xff";

const struct fuzz_text fuzz_text = { seeds, bits, sizeof(bits) - 1 };
