/* Reading CREATE TABLE. */
#include "migrate/sqlite_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct token {
    const char *start; /* in the text */
    size_t size;
    const char *word; /* canonical; of a quoted name the name in quotes unless it is plain */
    bool name;        /* a word or a quoted name */
    bool quoted;
    const char *mark; /* behind it: what stands in a comment that says a type; NULL: none */
};

struct tokens {
    struct migration *migration;
    struct token *items;
    size_t count;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

const char *lite_quoted(struct migration *migration, const char *name)
{
    char *out = memory(migration, 2 * strlen(name) + 3), *to = out;
    *to++ = '"';
    for (; *name; name++) {
        if (*name == '"')
            *to++ = '"';
        *to++ = *name;
    }
    *to = '"';
    return out;
}

/* Behind the token that begins at text. */
static const char *token_end(const char *text)
{
    char close = *text == '[' ? ']' : *text;
    if (strchr("'\"`[", *text)) {
        for (text++; *text; text++)
            if (*text == close && (text[1] != close || close == ']'))
                return text + 1;
            else if (*text == close)
                text++;
        return text;
    }
    if (is_word(*text)) {
        bool number = isdigit((unsigned char)*text);
        for (text++; is_word(*text) || (number && *text == '.') ||
                     (number && strchr("+-", *text) && *text && strchr("eE", text[-1]));)
            text++;
        return text;
    }
    static const char *const pairs[] = { "||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "->" };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strncmp(text, pairs[i], 2) == 0)
            return text + 2;
    return text + 1;
}

/* Words that are values where they stand bare. */
static bool is_value(const char *word)
{
    static const char *const values[] = {
        "true", "false", "null", "current_date", "current_time", "current_timestamp"
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i], word) == 0)
            return true;
    return false;
}

static void read_quoted(struct migration *migration, struct token *token)
{
    char *name = memory(migration, token->size), *to = name;
    char quote = token->start[0];
    for (size_t i = 1; i + 1 < token->size; i++) {
        *to++ = token->start[i];
        i += token->start[i] == quote && quote != '[';
    }
    bool plain = *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) &&
                 !isdigit((unsigned char)*name) && !is_value(name);
    token->name = token->quoted = true;
    token->word = plain ? name : lite_quoted(migration, name);
}

static void add_token(struct tokens *tokens, const char *start, const char *end)
{
    struct token *token = GROW(tokens->migration, tokens->items, tokens->count);
    *token = (struct token){ .start = start, .size = (size_t)(end - start) };
    if (strchr("\"`[", *start)) {
        read_quoted(tokens->migration, token);
        return;
    }
    char *word = text_format(tokens->migration, "%.*s", (int)token->size, start);
    token->name = is_word(*start) && !isdigit((unsigned char)*start);
    for (char *c = word; token->name && *c; c++)
        *c = (char)((unsigned char)*c < 0x80 ? tolower((unsigned char)*c) : *c);
    token->word = word;
}

/* A comment that says what a column's text is, which belongs to the word in front of it. */
static void read_mark(struct tokens *tokens, const char *comment)
{
    const char *word = comment + 3;
    size_t size = strspn(word, "abcdefghijklmnopqrstuvwxyz");
    if (tokens->count == 0 || strncmp(comment, "/* ", 3) != 0 || strncmp(word + size, " */", 3) != 0)
        return;
    const char *mark = text_format(tokens->migration, "%.*s", (int)size, word);
    if (schema_is_sqlite_mark(mark))
        tokens->items[tokens->count - 1].mark = mark;
}

static struct tokens tokenize(struct migration *migration, const char *sql)
{
    struct tokens tokens = { migration, NULL, 0 };
    for (const char *at = sql; *at;) {
        if (strchr(" \t\r\n\f\v", *at)) {
            at++;
        } else if (strncmp(at, "--", 2) == 0) {
            at += strcspn(at, "\n");
        } else if (strncmp(at, "/*", 2) == 0) {
            const char *end = strstr(at + 2, "*/");
            read_mark(&tokens, at);
            at = end ? end + 2 : at + strlen(at);
        } else {
            const char *end = token_end(at);
            add_token(&tokens, at, end);
            at = end;
        }
    }
    return tokens;
}

static bool is(const struct tokens *tokens, size_t at, const char *word)
{
    return at < tokens->count && !tokens->items[at].quoted && strcmp(tokens->items[at].word, word) == 0;
}

/* Behind the bracket that closes the one at `at`; `at` itself where none opens there. */
static size_t behind_brackets(const struct tokens *tokens, size_t at)
{
    size_t depth = 0;
    if (!is(tokens, at, "("))
        return at;
    for (; at < tokens->count; at++) {
        depth += is(tokens, at, "(");
        if (is(tokens, at, ")") && --depth == 0)
            return at + 1;
    }
    return at;
}

static const char *joined(const struct tokens *tokens, size_t from, size_t to)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (size_t i = from; i < to && i < tokens->count; i++)
        buffer_printf(&out, "%s%s", i > from ? " " : "", tokens->items[i].word);
    return text_take(tokens->migration, &out);
}

/* As written, but on one line and without comments, which could end what comes behind them; marks stay. */
static const char *raw(const struct tokens *tokens, size_t from, size_t to)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (size_t i = from; i < to && i < tokens->count; i++) {
        const struct token *token = &tokens->items[i];
        bool together = i > from && tokens->items[i - 1].start + tokens->items[i - 1].size == token->start;
        buffer_puts(&out, i > from && !together ? " " : "");
        buffer_add(&out, token->start, token->size);
        if (token->mark)
            buffer_printf(&out, " /* %s */", token->mark);
    }
    return text_take(tokens->migration, &out);
}

const char *lite_canonical(struct migration *migration, const char *sql)
{
    struct tokens tokens = tokenize(migration, sql);
    return joined(&tokens, 0, tokens.count);
}

/* The name itself, of a word or a quoted name. */
static const char *name_of(const struct tokens *tokens, size_t at)
{
    if (at >= tokens->count)
        return "";
    const struct token *token = &tokens->items[at];
    if (token->word[0] != '"' || !token->quoted)
        return token->quoted ? token->word : text_format(tokens->migration, "%.*s", (int)token->size, token->start);
    char *name = memory(tokens->migration, strlen(token->word)), *to = name;
    for (size_t i = 1; token->word[i + 1]; i++) {
        *to++ = token->word[i];
        i += token->word[i] == '"';
    }
    return name;
}

/* ( a , b ) */
static size_t read_names(const struct tokens *tokens, size_t at, const char ***names, size_t *count)
{
    size_t end = behind_brackets(tokens, at);
    for (size_t i = at + 1; i + 1 < end; i++)
        if (tokens->items[i].name && (is(tokens, i - 1, "(") || is(tokens, i - 1, ",")))
            *GROW(tokens->migration, *names, *count) = name_of(tokens, i);
    return end;
}

static const char *list(struct migration *migration, const char *const *names, size_t count)
{
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *name = lite_canonical(migration, lite_quoted(migration, names[i]));
        buffer_printf(&out, "%s%s", i ? " , " : "", name);
    }
    char *text = text_take(migration, &out);
    for (char *c = text; *c; c++)
        *c = (char)((unsigned char)*c < 0x80 ? tolower((unsigned char)*c) : *c);
    return text;
}

/* REFERENCES t (a) ON DELETE ...: from the table's name on. */
static size_t read_reference(const struct tokens *tokens, size_t at, struct lite_constraint *key)
{
    struct migration *migration = tokens->migration;
    key->kind = LITE_FOREIGN_KEY;
    key->target = name_of(tokens, at++);
    if (is(tokens, at, "("))
        at = read_names(tokens, at, &key->target_columns, &key->target_count);
    size_t rest = at;
    while (at < tokens->count) {
        bool action = is(tokens, at, "on") && (is(tokens, at + 2, "set") || is(tokens, at + 2, "no"));
        if (is(tokens, at, "on"))
            at += action ? 4 : 3;
        else if (is(tokens, at, "match") || is(tokens, at, "initially"))
            at += 2;
        else if (is(tokens, at, "deferrable"))
            at++;
        else if (is(tokens, at, "not") && is(tokens, at + 1, "deferrable"))
            at += 2;
        else
            break;
    }
    key->text = text_format(migration, "foreign key ( %s ) references %s ( %s ) %s",
                            list(migration, key->columns, key->column_count),
                            list(migration, (const char *const[]){ key->target }, 1),
                            list(migration, key->target_columns, key->target_count), joined(tokens, rest, at));
    return at;
}

static void set_key_text(struct migration *migration, struct lite_constraint *key)
{
    key->text = text_format(migration, "%s ( %s )%s", key->kind == LITE_UNIQUE ? "unique" : "primary key",
                            list(migration, key->columns, key->column_count), key->numbered ? " autoincrement" : "");
}

static struct lite_constraint *add_constraint(struct migration *migration, struct lite_item *item, enum lite_kind kind)
{
    struct lite_constraint *constraint = GROW(migration, item->constraints, item->constraint_count);
    *constraint = (struct lite_constraint){ .kind = kind };
    return constraint;
}

/* ( a = 'x' or a = 'y' ): four tokens a label, and the bracket in front. */
static bool is_chain(const struct tokens *tokens, size_t at, size_t end)
{
    if (end - at < 5 || (end - at) % 4 != 1)
        return false;
    const struct token *column = &tokens->items[at + 1];
    for (size_t i = at + 1; i < end; i += 4) {
        const struct token *item = &tokens->items[i];
        bool last = i + 4 == end;
        if (!item->name || strcmp(item->word, column->word) != 0 || !is(tokens, i + 1, "=") ||
            item[2].start[0] != '\'' || !is(tokens, i + 3, last ? ")" : "or"))
            return false;
    }
    return true;
}

/* The labels of an enum have been written as a list and as a chain, and the two say the same: both get the list's
   text. */
static const char *check_text(const struct tokens *tokens, size_t at, size_t end)
{
    if (!is_chain(tokens, at, end))
        return joined(tokens, at, end);
    struct buffer out = BUFFER_INIT(MIGRATE_TEXT_MAX);
    buffer_printf(&out, "( %s in (", tokens->items[at + 1].word);
    for (size_t i = at + 3; i < end; i += 4)
        buffer_printf(&out, "%s %s", i > at + 3 ? " ," : "", tokens->items[i].word);
    buffer_puts(&out, " ) )");
    return text_take(tokens->migration, &out);
}

static size_t read_check(const struct tokens *tokens, size_t at, struct lite_item *item)
{
    size_t end = behind_brackets(tokens, at);
    struct lite_constraint *check = add_constraint(tokens->migration, item, LITE_CHECK);
    check->text = check_text(tokens, at, end);
    check->condition = raw(tokens, at, end);
    return end;
}

static size_t read_default(const struct tokens *tokens, size_t at, struct lite_item *item)
{
    size_t end = is(tokens, at, "(") ? behind_brackets(tokens, at) : at + 1;
    if (end == at + 1 && (is(tokens, at, "-") || is(tokens, at, "+")))
        end++;
    item->default_value = joined(tokens, at, end);
    item->default_raw = raw(tokens, at, end);
    return end;
}

static size_t skip_conflict(const struct tokens *tokens, size_t at)
{
    return is(tokens, at, "on") && is(tokens, at + 1, "conflict") ? at + 3 : at;
}

/* PRIMARY KEY and UNIQUE of one column. */
static size_t read_column_key(const struct tokens *tokens, size_t at, struct lite_item *item)
{
    bool primary = is(tokens, at, "primary");
    struct lite_constraint *key = add_constraint(tokens->migration, item, primary ? LITE_PRIMARY_KEY : LITE_UNIQUE);
    *GROW(tokens->migration, key->columns, key->column_count) = item->column;
    at += primary ? 2 : 1;
    at += is(tokens, at, "asc") || is(tokens, at, "desc");
    at = skip_conflict(tokens, at);
    key->numbered = is(tokens, at, "autoincrement");
    set_key_text(tokens->migration, key);
    return at + key->numbered;
}

static size_t read_computation(const struct tokens *tokens, size_t at, struct lite_item *item)
{
    at += is(tokens, at, "generated") ? 2 : 0;
    size_t end = behind_brackets(tokens, at + 1);
    item->computation = joined(tokens, at + 1, end);
    return end + (is(tokens, end, "stored") || is(tokens, end, "virtual"));
}

static size_t read_clause(const struct tokens *tokens, size_t at, struct lite_item *item)
{
    if (is(tokens, at, "constraint"))
        return at + 2;
    if (is(tokens, at, "primary") || is(tokens, at, "unique"))
        return read_column_key(tokens, at, item);
    if (is(tokens, at, "not") && is(tokens, at + 1, "null")) {
        item->not_null = true;
        return skip_conflict(tokens, at + 2);
    }
    if (is(tokens, at, "check"))
        return read_check(tokens, at + 1, item);
    if (is(tokens, at, "default"))
        return read_default(tokens, at + 1, item);
    if (is(tokens, at, "collate")) {
        item->collation = joined(tokens, at + 1, at + 2);
        return at + 2;
    }
    if (is(tokens, at, "generated") || is(tokens, at, "as"))
        return read_computation(tokens, at, item);
    if (is(tokens, at, "references")) {
        struct lite_constraint *key = add_constraint(tokens->migration, item, LITE_FOREIGN_KEY);
        *GROW(tokens->migration, key->columns, key->column_count) = item->column;
        return read_reference(tokens, at + 1, key);
    }
    return at + 1;
}

static bool begins_clause(const struct tokens *tokens, size_t at)
{
    static const char *const words[] = { "constraint", "primary", "unique", "not",       "null",      "check",
                                         "default",    "collate", "as",     "generated", "references" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is(tokens, at, words[i]))
            return true;
    return false;
}

static void read_column(const struct tokens *tokens, size_t at, size_t end, struct lite_item *item)
{
    struct tokens mine = { tokens->migration, tokens->items, end };
    item->column = name_of(tokens, at++);
    size_t type = at;
    while (at < end && !begins_clause(&mine, at))
        at++;
    item->type = joined(&mine, type, at);
    item->mark = at > type ? tokens->items[at - 1].mark : NULL;
    while (at < end)
        at = read_clause(&mine, at, item);
}

static void read_table_constraint(const struct tokens *tokens, size_t at, size_t end, struct lite_item *item)
{
    struct tokens mine = { tokens->migration, tokens->items, end };
    at += is(&mine, at, "constraint") ? 2 : 0;
    if (is(&mine, at, "check")) {
        read_check(&mine, at + 1, item);
    } else if (is(&mine, at, "foreign")) {
        struct lite_constraint *key = add_constraint(tokens->migration, item, LITE_FOREIGN_KEY);
        at = read_names(&mine, at + 2, &key->columns, &key->column_count);
        read_reference(&mine, at + 1, key);
    } else {
        bool primary = is(&mine, at, "primary");
        struct lite_constraint *key = add_constraint(tokens->migration, item, primary ? LITE_PRIMARY_KEY : LITE_UNIQUE);
        read_names(&mine, at + (primary ? 2 : 1), &key->columns, &key->column_count);
        set_key_text(tokens->migration, key);
    }
}

static void read_item(struct tokens *tokens, size_t at, size_t end, struct lite_table *table)
{
    struct lite_item *item = GROW(tokens->migration, table->items, table->item_count);
    *item = (struct lite_item){ .raw = raw(tokens, at, end), .type = "", .collation = "" };
    bool constraint = is(tokens, at, "constraint") || is(tokens, at, "check") || is(tokens, at, "unique") ||
                      (is(tokens, at, "primary") && is(tokens, at + 1, "key")) ||
                      (is(tokens, at, "foreign") && is(tokens, at + 1, "key"));
    if (constraint)
        read_table_constraint(tokens, at, end, item);
    else
        read_column(tokens, at, end, item);
}

bool lite_parse(struct migration *migration, const char *sql, struct lite_table *table)
{
    struct tokens tokens = tokenize(migration, sql);
    *table = (struct lite_table){ .sql = sql };
    if (!is(&tokens, 0, "create") || !is(&tokens, 1, "table"))
        return false;
    size_t at = 2;
    while (at < tokens.count && !is(&tokens, at, "("))
        at++;
    if (at >= tokens.count || at == 2)
        return false;
    table->name = name_of(&tokens, at - 1);
    size_t end = behind_brackets(&tokens, at), from = at + 1;
    for (size_t i = from; i < end; i++) {
        size_t inner = behind_brackets(&tokens, i);
        if (inner > i)
            i = inner - 1;
        else if (is(&tokens, i, ",") || i + 1 == end) {
            read_item(&tokens, from, i, table);
            from = i + 1;
        }
    }
    while (end > 0 && is(&tokens, tokens.count - 1, ";"))
        tokens.count--;
    table->options = joined(&tokens, end, tokens.count);
    return true;
}

struct lite_item *lite_find_column(const struct lite_table *table, const char *name)
{
    for (size_t i = 0; i < table->item_count; i++)
        if (table->items[i].column && strcasecmp(table->items[i].column, name) == 0)
            return &table->items[i];
    return NULL;
}
