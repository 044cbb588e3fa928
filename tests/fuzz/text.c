/* Feeds a target mutations of its own seeds, always the same ones, for as many rounds as the first argument says: the
   program of a target that reads short texts, where clang -fsanitize=fuzzer does not bring one. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEED_MAX = 256 };

int main(int argc, char **argv)
{
    unsigned random = 1;
    long rounds = argc > 1 ? atol(argv[1]) : 100000;
    size_t seeds = 0;
    while (fuzz_text.seeds[seeds])
        seeds++;
    for (long round = 0; round < rounds; round++) {
        char text[SEED_MAX];
        size_t size = (size_t)snprintf(text, sizeof(text), "%s", fuzz_text.seeds[(size_t)rand_r(&random) % seeds]);
        for (int changes = rand_r(&random) % 8; changes > 0; changes--) {
            int chance = rand_r(&random);
            text[(size_t)rand_r(&random) % size] =
                fuzz_text.bit_count ? fuzz_text.bits[(size_t)chance % fuzz_text.bit_count] : (char)chance;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)text,
                               rand_r(&random) % 4 ? size : (size_t)rand_r(&random) % (size + 1));
    }
    printf("%ld rounds\n", rounds);
    return 0;
}
