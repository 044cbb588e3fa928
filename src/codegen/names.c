/* Names of C from names of a database. */
#include "codegen/names.h"

#include "base/hash.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *name_alloc(struct arena *arena, size_t size)
{
    void *memory = arena_alloc(arena, size);
    if (!memory)
        abort();
    return memory;
}

char *name_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    if (!text)
        abort();
    return text;
}

/* Words that cannot be names in C or C++, and macros of the standard headers that look like names. */
static const char *const reserved[] = {
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "assert",
    "atomic_cancel",
    "atomic_commit",
    "atomic_noexcept",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char8_t",
    "char16_t",
    "char32_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "complex",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "errno",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "h_errno",
    "if",
    "i386",
    "imaginary",
    "inline",
    "int",
    "linux",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "noreturn",
    "not",
    "not_eq",
    "nullptr",
    "offsetof",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "reflexpr",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "stderr",
    "stdin",
    "stdout",
    "struct",
    "switch",
    "synchronized",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unix",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
    /* upper case */
    "BUFSIZ",
    "CHAR_BIT",
    "CHAR_MAX",
    "CHAR_MIN",
    "EOF",
    "EXIT_FAILURE",
    "EXIT_SUCCESS",
    "FILE",
    "FOPEN_MAX",
    "I",
    "INT8_MAX",
    "INT8_MIN",
    "INT16_MAX",
    "INT16_MIN",
    "INT32_MAX",
    "INT32_MIN",
    "INT64_MAX",
    "INT64_MIN",
    "INT_MAX",
    "INT_MIN",
    "LONG_MAX",
    "LONG_MIN",
    "MB_LEN_MAX",
    "NULL",
    "PATH_MAX",
    "RAND_MAX",
    "SCHAR_MAX",
    "SCHAR_MIN",
    "SEEK_CUR",
    "SEEK_END",
    "SEEK_SET",
    "SHRT_MAX",
    "SHRT_MIN",
    "SIG_DFL",
    "SIG_ERR",
    "SIG_IGN",
    "SIZE_MAX",
    "TMP_MAX",
    "UCHAR_MAX",
    "UINT_MAX",
    "ULONG_MAX",
    "USHRT_MAX",
    "DIR",
    "JOB",
    "SCRIPT",
    "DASHBOARD",
    "NO_AUTH",
    "BASIC_AUTH",
    "BASIC_AUTH_STATIC",
    "TABLE_VIEWABLE",
    "DISPLAYABLE_JOB",
    "LINEAR_BACKOFF",
    "EXPONENTIAL_BACKOFF",
};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return false;
}

/* Latin letters with marks, U+00C0 to U+00FF, as they are written without. */
static const char *const latin[64] = {
    "A", "A", "A", "A", "Ae", "A", "Ae", "C", "E", "E", "E", "E", "I",  "I", "I",  "I",
    "D", "N", "O", "O", "O",  "O", "Oe", "x", "O", "U", "U", "U", "Ue", "Y", "Th", "ss",
    "a", "a", "a", "a", "ae", "a", "ae", "c", "e", "e", "e", "e", "i",  "i", "i",  "i",
    "d", "n", "o", "o", "o",  "o", "oe", "_", "o", "u", "u", "u", "ue", "y", "th", "y",
};

static unsigned long code_point(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned long code = length == 2 ? bytes[0] & 0x1fu : length == 3 ? bytes[0] & 0x0fu : bytes[0] & 0x07u;
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (bytes[i] & 0x3fu);
    return code;
}

/* Letters, digits and underscores of ASCII only. */
static char *plain(struct arena *arena, const char *name)
{
    size_t size = strlen(name);
    char *out = name_alloc(arena, 8 * size + 1);
    char *to = out;
    for (size_t i = 0; i < size;) {
        size_t length = utf8_sequence(name + i, size - i);
        if (length <= 1) {
            *to++ = isalnum((unsigned char)name[i]) ? name[i] : '_';
            i++;
            continue;
        }
        unsigned long code = code_point(name + i, length);
        const char *letters = code >= 0xc0 && code <= 0xff ? latin[code - 0xc0] : name_printf(arena, "u%04lx", code);
        to = stpcpy(to, letters);
        i += length;
    }
    return out;
}

char *name_field(struct arena *arena, const char *name)
{
    char *out = plain(arena, name);
    if (isdigit((unsigned char)*out) || !*out)
        out = name_printf(arena, "_%s", out);
    /* Names with two underscores, or one and a capital, are the compiler's. */
    if (out[0] == '_' && (out[1] == '_' || isupper((unsigned char)out[1])))
        out = name_printf(arena, "x%s", out);
    if (is_reserved(out))
        out = name_printf(arena, "%s_", out);
    return out;
}

char *name_camel(struct arena *arena, const char *name)
{
    const char *from = plain(arena, name);
    char *out = name_alloc(arena, strlen(from) + 2);
    char *to = out;
    bool first = true;
    for (; *from; from++) {
        if (*from == '_') {
            first = true;
            continue;
        }
        *to++ = first ? (char)toupper((unsigned char)*from) : *from;
        first = false;
    }
    if (!isalpha((unsigned char)*out))
        out = name_printf(arena, "X%s", out);
    return is_reserved(out) ? name_printf(arena, "%s_", out) : out;
}

char *name_record(struct arena *arena, const char *table)
{
    return name_camel(arena, name_singular(arena, table));
}

char *name_upper(struct arena *arena, const char *name)
{
    const char *from = plain(arena, name);
    char *out = name_alloc(arena, 2 * strlen(from) + 2);
    char *to = out;
    for (size_t i = 0; from[i]; i++) {
        bool hump = i > 0 && isupper((unsigned char)from[i]) &&
                    (islower((unsigned char)from[i - 1]) || isdigit((unsigned char)from[i - 1]));
        if (hump)
            *to++ = '_';
        *to++ = (char)toupper((unsigned char)from[i]);
    }
    return out;
}

/* The slot that holds the name, or the free one where it would go. */
static size_t slot_of(const struct name_set *set, const char *name)
{
    size_t slot = (size_t)hash_text(name) & (set->capacity - 1);
    while (set->names[slot] && strcmp(set->names[slot], name) != 0)
        slot = (slot + 1) & (set->capacity - 1);
    return slot;
}

bool name_is_taken(const struct name_set *set, const char *name)
{
    return set->capacity && set->names[slot_of(set, name)];
}

static void grow(struct name_set *set)
{
    struct name_set grown = { .arena = set->arena, .count = set->count };
    grown.capacity = set->capacity ? 2 * set->capacity : 64;
    grown.names = name_alloc(set->arena, grown.capacity * sizeof *grown.names);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->names[i])
            grown.names[slot_of(&grown, set->names[i])] = set->names[i];
    *set = grown;
}

const char *name_take(struct name_set *set, const char *name)
{
    const char *found = name;
    if (2 * set->count >= set->capacity)
        grow(set);
    for (unsigned n = 2; name_is_taken(set, found) || is_reserved(found); n++)
        found = name_printf(set->arena, "%s_%u", name, n);
    set->names[slot_of(set, found)] = found;
    set->count++;
    return found;
}
