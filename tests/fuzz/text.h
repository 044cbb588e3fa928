/* A target that reads short texts: what text.c needs to know of it. */
#ifndef TESTS_FUZZ_TEXT_H
#define TESTS_FUZZ_TEXT_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_text {
    const char *const *seeds; /* ended by NULL */
    const char *bits;         /* bytes that are put in; NULL: any */
    size_t bit_count;
};
extern const struct fuzz_text fuzz_text;

#endif
