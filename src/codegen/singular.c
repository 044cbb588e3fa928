/* English plurals, as the frameworks that this naming comes from undo them. */
#include "codegen/names.h"

#include <ctype.h>
#include <string.h>

struct rule {
    const char *plural;
    const char *singular;
};

/* Whole words, where no ending tells. */
static const struct rule words[] = {
    { "people", "person" },
    { "men", "man" },
    { "women", "woman" },
    { "children", "child" },
    { "mice", "mouse" },
    { "lice", "louse" },
    { "geese", "goose" },
    { "feet", "foot" },
    { "teeth", "tooth" },
    { "oxen", "ox" },
    { "data", "datum" },
    { "media", "medium" },
    { "criteria", "criterion" },
    { "phenomena", "phenomenon" },
    { "indices", "index" },
    { "vertices", "vertex" },
    { "matrices", "matrix" },
    { "appendices", "appendix" },
    { "quizzes", "quiz" },
    { "axes", "axis" },
    { "analyses", "analysis" },
    { "crises", "crisis" },
    { "theses", "thesis" },
    { "hypotheses", "hypothesis" },
    { "diagnoses", "diagnosis" },
    { "prognoses", "prognosis" },
    { "synopses", "synopsis" },
    { "parentheses", "parenthesis" },
    { "bases", "basis" },
    { "oases", "oasis" },
    { "testes", "testis" },
    { "moves", "move" },
    { "octopi", "octopus" },
    { "viri", "virus" },
    { "cacti", "cactus" },
    { "foci", "focus" },
    { "radii", "radius" },
    { "alumni", "alumnus" },
    { "stimuli", "stimulus" },
    { "syllabi", "syllabus" },
    { "wolves", "wolf" },
    { "halves", "half" },
    { "shelves", "shelf" },
    { "selves", "self" },
    { "calves", "calf" },
    { "elves", "elf" },
    { "knives", "knife" },
    { "wives", "wife" },
    { "lives", "life" },
    { "leaves", "leaf" },
    { "loaves", "loaf" },
    { "thieves", "thief" },
    { "scarves", "scarf" },
    { "hooves", "hoof" },
    { "wharves", "wharf" },
    { "movies", "movie" },
    { "cookies", "cookie" },
    { "zombies", "zombie" },
    { "selfies", "selfie" },
    { "rookies", "rookie" },
    { "calories", "calorie" },
    { "ties", "tie" },
    { "pies", "pie" },
    { "lies", "lie" },
    { "dies", "die" },
    { "smoothies", "smoothie" },
    { "prairies", "prairie" },
    { "shoes", "shoe" },
    { "toes", "toe" },
    { "foes", "foe" },
    { "canoes", "canoe" },
    { "oboes", "oboe" },
    { "caches", "cache" },
    { "aches", "ache" },
    { "headaches", "headache" },
    { "niches", "niche" },
    { "avalanches", "avalanche" },
    { "gases", "gas" },
    { "buses", "bus" },
    { "yes", "yes" },
};

/* The same in singular and plural, or a singular that ends in s. */
static const char *const unchanged[] = {
    "news",      "series",      "species",    "sheep",    "fish",    "deer",     "money",  "rice",   "police",
    "equipment", "information", "jeans",      "staff",    "gas",     "bias",     "canvas", "atlas",  "lens",
    "alias",     "status",      "bus",        "virus",    "bonus",   "campus",   "census", "focus",  "corpus",
    "apparatus", "consensus",   "prospectus", "syllabus", "octopus", "cactus",   "radius", "genius", "chorus",
    "circus",    "minus",       "plus",       "nexus",    "surplus", "stimulus", "locus",  "https",  "dns",
    "aws",       "sms",         "gps",        "css",      "ios",     "os",       "us",     "is",     "this",
    "has",       "was",         "as",         "always",   "pants",   "trousers",
};

/* Words in -us, -as whose plural adds -es. */
static const char *const es_words[] = {
    "status", "alias",  "virus", "bonus",   "campus",     "census",   "focus",    "corpus", "apparatus", "consensus",
    "bias",   "canvas", "atlas", "lens",    "octopus",    "cactus",   "radius",   "genius", "chorus",    "circus",
    "minus",  "plus",   "nexus", "surplus", "prospectus", "syllabus", "stimulus", "locus",  "bus",       "gas",
};

static bool equal(const char *word, size_t length, const char *other)
{
    return strlen(other) == length && strncasecmp(word, other, length) == 0;
}

static bool ends(const char *word, size_t length, const char *ending)
{
    size_t size = strlen(ending);
    return length > size && strncasecmp(word + length - size, ending, size) == 0;
}

static bool is_unchanged(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof unchanged / sizeof *unchanged; i++)
        if (equal(word, length, unchanged[i]))
            return true;
    return ends(word, length, "ss") || ends(word, length, "sis") || ends(word, length, "xis");
}

static bool is_consonant(char letter)
{
    return isalpha((unsigned char)letter) && !strchr("aeiouy", tolower((unsigned char)letter));
}

/* How many bytes of the word stay, and what comes behind them. */
static size_t by_ending(const char *word, size_t length, const char **tail)
{
    *tail = "";
    if (length < 2 || tolower((unsigned char)word[length - 1]) != 's' || is_unchanged(word, length))
        return length;
    for (size_t i = 0; i < sizeof es_words / sizeof *es_words; i++)
        if (length == strlen(es_words[i]) + 2 && strncasecmp(word, es_words[i], length - 2) == 0 &&
            ends(word, length, "es"))
            return length - 2;
    if (ends(word, length, "quies") || (ends(word, length, "ies") && length > 3 && is_consonant(word[length - 4]))) {
        *tail = "y";
        return length - 3;
    }
    if (ends(word, length, "analyses")) {
        *tail = "is";
        return length - 2;
    }
    static const char *const es[] = { "xes", "ches", "shes", "sses", "zzes", "oes" };
    for (size_t i = 0; i < sizeof es / sizeof *es; i++)
        if (ends(word, length, es[i]))
            return length - 2;
    return length - 1;
}

char *name_singular(struct arena *arena, const char *plural)
{
    /* The last word: behind the last underscore, or from the last capital of a camelCase name. */
    size_t length = strlen(plural), from = length;
    while (from > 0 && plural[from - 1] != '_' && !(from < length && isupper((unsigned char)plural[from])))
        from--;
    const char *word = plural + from;
    size_t size = length - from;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!equal(word, size, words[i].plural))
            continue;
        char *name = name_printf(arena, "%.*s%s", (int)from, plural, words[i].singular);
        name[from] = words[i].singular[0];
        if (isupper((unsigned char)*word))
            name[from] = (char)toupper((unsigned char)name[from]);
        return name;
    }
    const char *tail;
    size_t kept = by_ending(word, size, &tail);
    return name_printf(arena, "%.*s%s", (int)(from + kept), plural, tail);
}
