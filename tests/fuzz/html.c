/* html_escape on any bytes: what comes out is UTF-8 without controls, holds nothing that ends a text or an attribute,
   and reads back as what went in. Driven by text.c, or by libFuzzer. */
#include "base/utf8.h"
#include "dashboard/dashboard.h"
#include "text.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *entity;
    char c;
} entities[] = { { "&amp;", '&' }, { "&lt;", '<' },   { "&gt;", '>' },
                 { "&#34;", '"' }, { "&#39;", '\'' }, { "&#96;", '`' } };

/* The length of what stands for one character at text, and the character where it is ASCII. */
static size_t read_back(const char *text, size_t size, char *c)
{
    size_t length = utf8_sequence(text, size);
    assert(length > 0);
    *c = length == 1 ? *text : '\0';
    assert(length > 1 || !strchr("<>\"'`", *text));
    assert(length > 1 || ((unsigned char)*text >= 0x20 && *text != 0x7f) || *text == '\n' || *text == '\t');
    for (size_t i = 0; *text == '&' && i < sizeof(entities) / sizeof(entities[0]); i++) {
        size_t entity = strlen(entities[i].entity);
        if (entity <= size && memcmp(text, entities[i].entity, entity) == 0) {
            *c = entities[i].c;
            return entity;
        }
    }
    assert(*text != '&');
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct page page;
    struct html out;
    html_init(&out, &page);
    html_escape(&out, (const char *)data, size);
    assert(size == 0 || (out.text.size >= 1 && out.text.size <= 5 * size));
    size_t in = 0;
    for (size_t at = 0; at < out.text.size;) {
        char c;
        at += read_back(out.text.data + at, out.text.size - at, &c);
        size_t length = utf8_sequence((const char *)data + in, size - in);
        assert(in < size && (c == '\0' || c == (char)data[in]));
        in += length ? length : 1;
    }
    assert(in == size);
    html_release(&out);
    return 0;
}

static const char *const seeds[] = {
    "<a href=\"javascript:alert('x')\">&amp; `</a>",
    "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x98 \xe2\x80\xae txt",
    "\x1b[31m\r\n\t\x7f \xc2\x9b \xff\xfe",
    NULL,
};

const struct fuzz_text fuzz_text = { .seeds = seeds };
