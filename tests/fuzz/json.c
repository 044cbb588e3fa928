/* json_fault on any text: it finds a fault exactly where SQLite's json_valid does. Driven by text.c, or by libFuzzer.
 */
#include "base/json.h"
#include "base/utf8.h"
#include "text.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

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

static const char *const seeds[] = {
    "{\"a\": [1, -2.5e+10, true, null], \"b\": {\"c\": \"\\u00e4\\n\"}}",
    "[[[[\"x\"]], 0.1, -0], false]",
    "\"text\"",
    "-1E5",
    NULL,
};
static const char bits[] = "{}[]\",:0123.eE+-\\utrfnals \xc3\xa4";

const struct fuzz_text fuzz_text = { seeds, bits, sizeof(bits) - 1 };
