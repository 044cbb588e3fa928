/* json_fault on any text: it finds a fault exactly where SQLite's json_valid does. With clang -fsanitize=fuzzer it is a
   libFuzzer target; without, the program below feeds it its own mutations of some seeds, for as many rounds as the
   first argument says. */
#include "base/json.h"
#include "base/utf8.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool sqlite_takes(const char *text)
{
    static sqlite3 *database;
    static sqlite3_stmt *valid;
    if (!database) {
        assert(sqlite3_open(":memory:", &database) == SQLITE_OK);
        assert(sqlite3_prepare_v2(database, "SELECT json_valid(?)", -1, &valid, NULL) == SQLITE_OK);
    }
    sqlite3_bind_text(valid, 1, text, -1, SQLITE_STATIC);
    assert(sqlite3_step(valid) == SQLITE_ROW);
    bool takes = sqlite3_column_int(valid, 0) != 0;
    sqlite3_reset(valid);
    return takes;
}

/* SQLite takes control characters and broken UTF-8 in strings, which the RFC does not. */
static bool is_plain(const char *text)
{
    for (size_t left = strlen(text), size; left > 0; text += size, left -= size)
        if ((size = utf8_sequence(text, left)) == 0 || (unsigned char)*text < 0x20)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    size_t at;
    const char *fault = json_fault(text, &at);
    assert(at <= strlen(text));
    if (is_plain(text) && (!fault || !strstr(fault, "deep")))
        assert((fault == NULL) == sqlite_takes(text));
    free(text);
    return 0;
}

#ifndef FUZZER_MAIN
static const char *const seeds[] = {
    "{\"a\": [1, -2.5e+10, true, null], \"b\": {\"c\": \"\\u00e4\\n\"}}",
    "[[[[\"x\"]], 0.1, -0], false]",
    "\"text\"",
    "-1E5",
};

int main(int argc, char **argv)
{
    static const char bits[] = "{}[]\",:0123.eE+-\\utrfnals \xc3\xa4";
    unsigned random = 1;
    long rounds = argc > 1 ? atol(argv[1]) : 100000;
    for (long round = 0; round < rounds; round++) {
        char text[256];
        size_t size = (size_t)snprintf(text, sizeof(text), "%s",
                                       seeds[(size_t)rand_r(&random) % (sizeof(seeds) / sizeof(*seeds))]);
        for (int changes = rand_r(&random) % 4; changes > 0; changes--)
            text[(size_t)rand_r(&random) % size] = bits[(size_t)rand_r(&random) % (sizeof(bits) - 1)];
        LLVMFuzzerTestOneInput((const uint8_t *)text,
                               size - (rand_r(&random) % 4 == 0 ? (size_t)rand_r(&random) % size : 0));
    }
    printf("%ld rounds\n", rounds);
    return 0;
}
#endif
