/* Feeds a target mutations of the files that it is given, always the same ones: the program of a target where
   clang -fsanitize=fuzzer does not bring one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED_MAX = 64 * 1024 };

/* Swaps, doubles or drops a stretch, or puts a byte of SQL somewhere. */
static size_t mutate(char *text, size_t size, unsigned *random)
{
    static const char bits[] = "();,'\"$-*/ \n%_.:=[]0aN\xff";
    size_t at = (size_t)rand_r(random) % size, length = (size_t)rand_r(random) % 40;
    if (at + length >= size)
        length = size - at - 1;
    switch (rand_r(random) % 3) {
    case 0:
        text[at] = bits[(size_t)rand_r(random) % (sizeof(bits) - 1)];
        return size;
    case 1:
        memmove(text + at, text + at + length, size - at - length);
        return size - length;
    default:
        memmove(text + (size_t)rand_r(random) % (size - length), text + at, length);
        return size;
    }
}

int main(int argc, char **argv)
{
    static char seed[SEED_MAX], text[SEED_MAX];
    unsigned random = 1;
    long rounds = argc > 1 ? atol(argv[1]) : 0;
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t whole = file ? fread(seed, 1, sizeof(seed), file) : 0;
        if (!file || whole < 2)
            return 2;
        fclose(file);
        for (long round = 0; round < rounds; round++) {
            size_t size = whole;
            memcpy(text, seed, whole);
            for (int changes = round ? rand_r(&random) % 4 : -1; changes >= 0 && size > 1; changes--)
                size = mutate(text, size, &random);
            LLVMFuzzerTestOneInput((const uint8_t *)text, size);
        }
    }
    printf("%ld rounds of %d files\n", rounds, argc - 2);
    return 0;
}
