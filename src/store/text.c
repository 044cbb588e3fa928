/* Text from jobs made fit for a text column. */
#include "store/text.h"

#include "base/utf8.h"

#include <string.h>

char *store_text(struct arena *arena, const char *text, size_t size, size_t most)
{
    if (!text)
        return NULL;
    if (size > most)
        size = most; /* what lies behind cannot fit: valid text does not become shorter */
    struct buffer valid = BUFFER_INIT(3 * size + 1); /* each byte becomes at most the three of U+FFFD */
    utf8_add_valid(&valid, text, size);
    if (valid.failed) {
        buffer_release(&valid);
        return NULL;
    }
    size_t kept = 0;
    for (size_t next; kept < valid.size; kept += next) {
        next = utf8_sequence(valid.data + kept, valid.size - kept);
        if (next == 0 || kept + next > most)
            break;
    }
    char *copy = arena_copy(arena, valid.data, kept);
    buffer_release(&valid);
    return copy;
}
