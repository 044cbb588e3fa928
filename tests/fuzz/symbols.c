/* symbols_read on any file. With clang -fsanitize=fuzzer it is a libFuzzer target; without, the program below damages
   the headers and tables of its own file, for as many rounds as the first argument says. */
#include "base/symbols.h"

#include <assert.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(int fd)
{
    struct symbols *symbols = symbols_read(fd);
    uint64_t into;
    for (uint64_t at = 0; symbols && at < 256 * 1024; at += 1021) {
        const char *name = symbols_name(symbols, at, &into);
        assert(!name || strlen(name) <= SYMBOLS_MAX_BYTES);
    }
    symbols_free(symbols);
}

static int file_of(const uint8_t *data, size_t size)
{
    int fd = memfd_create("symbols", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = file_of(data, size);
    look_at(fd);
    close(fd);
    return 0;
}

#ifndef FUZZER_MAIN
static char *read_self(size_t *size)
{
    FILE *file = fopen("/proc/self/exe", "r");
    assert(file && fseek(file, 0, SEEK_END) == 0);
    *size = (size_t)ftell(file);
    char *data = malloc(*size);
    rewind(file);
    assert(data && fread(data, 1, *size, file) == *size);
    fclose(file);
    return data;
}

/* A place that matters: the header, the program headers, the section headers, or the table itself. */
static size_t place(const char *data, size_t size, unsigned *random)
{
    ElfW(Ehdr) header;
    memcpy(&header, data, sizeof(header));
    size_t sections = header.e_shnum * sizeof(ElfW(Shdr)), wish = (size_t)rand_r(random);
    switch (rand_r(random) % 4) {
    case 0:
        return wish % sizeof(header);
    case 1:
        return header.e_phoff + wish % (header.e_phnum * sizeof(ElfW(Phdr)));
    case 2:
        return header.e_shoff + wish % sections;
    default:
        return wish % size;
    }
}

int main(int argc, char **argv)
{
    size_t size;
    char *data = read_self(&size);
    int fd = file_of((const uint8_t *)data, size);
    unsigned random = 1;
    long rounds = argc > 1 ? atol(argv[1]) : 20000;
    for (long round = 0; round < rounds; round++) {
        size_t places[2];
        for (size_t i = 0; i < 2; i++) {
            char byte = (char)rand_r(&random);
            places[i] = place(data, size, &random);
            assert(pwrite(fd, rand_r(&random) % 2 ? "\xff" : &byte, 1, (off_t)places[i]) == 1);
        }
        if (round % 16 == 0)
            assert(ftruncate(fd, rand_r(&random) % (off_t)size) == 0);
        look_at(fd);
        for (size_t i = 0; i < 2; i++)
            assert(pwrite(fd, data + places[i], 1, (off_t)places[i]) == 1);
        if (round % 16 == 0)
            assert(pwrite(fd, data, size, 0) == (ssize_t)size);
    }
    close(fd);
    free(data);
    printf("%ld rounds\n", rounds);
    return 0;
}
#endif
