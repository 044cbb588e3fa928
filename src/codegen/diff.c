/* Unified diffs, by Myers' method: the fewest lines that are taken out and put in. */
#include "codegen/diff.h"

#include "codegen/names.h"

#include <stdlib.h>
#include <string.h>

/* Past this many differences all lines between the first and the last are shown as replaced. */
enum { CONTEXT = 3, DIFFERENCES_MAX = 2000 };

struct line {
    const char *text;
    size_t size; /* with its newline */
};

struct lines {
    struct line *items;
    size_t count;
};

struct diff {
    struct arena arena;
    struct lines before, after;
    bool *removed; /* of each line before */
    bool *added;   /* of each line after */
};

static struct lines split(struct arena *arena, const char *text, size_t size)
{
    struct lines lines = { 0 };
    size_t newlines = 0;
    for (size_t i = 0; i < size; i++)
        newlines += text[i] == '\n';
    lines.items = name_alloc(arena, (newlines + 1) * sizeof *lines.items);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - text) + 1 - at : size - at;
        lines.items[lines.count++] = (struct line){ text + at, length };
        at += length;
    }
    return lines;
}

static bool same(const struct line *a, const struct line *b)
{
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

/* The part of two texts that is compared: both without the lines that are the same at the front and at the end. */
struct middle {
    size_t from;
    long before, after; /* how many lines of each */
};

static struct middle middle_of(const struct diff *diff)
{
    size_t n = diff->before.count, m = diff->after.count, from = 0;
    while (from < n && from < m && same(&diff->before.items[from], &diff->after.items[from]))
        from++;
    while (n > from && m > from && same(&diff->before.items[n - 1], &diff->after.items[m - 1]))
        n--, m--;
    return (struct middle){ from, (long)(n - from), (long)(m - from) };
}

/* How far one comes along diagonal k (lines before minus lines after) with d differences: reach holds that of d - 1. */
static long step(const long *reach, long k, long d)
{
    return k == -d || (k != d && reach[k - 1] < reach[k + 1]) ? reach[k + 1] : reach[k - 1] + 1;
}

/* Goes back from the end, marking the lines; traces[d] is the middle of what was reached with d differences. */
static void mark(struct diff *diff, const struct middle *middle, long *const *traces, long d)
{
    long x = middle->before, y = middle->after;
    for (; d > 0; d--) {
        const long *reach = traces[d - 1];
        long k = x - y;
        bool down = k == -d || (k != d && reach[k - 1] < reach[k + 1]);
        long before_k = down ? k + 1 : k - 1;
        x = reach[before_k];
        y = x - before_k;
        if (down)
            diff->added[middle->from + (size_t)y] = true;
        else
            diff->removed[middle->from + (size_t)x] = true;
    }
}

static void compare(struct diff *diff, const struct middle *middle)
{
    long n = middle->before, m = middle->after;
    const struct line *before = diff->before.items + middle->from, *after = diff->after.items + middle->from;
    long *traces[DIFFERENCES_MAX + 1];
    for (long d = 0; n && m && d <= DIFFERENCES_MAX; d++) { /* d is n + m at most */
        long *reach = name_alloc(&diff->arena, (size_t)(2 * d + 3) * sizeof *reach);
        reach += d + 1;
        traces[d] = reach;
        for (long k = -d; k <= d; k += 2) {
            long x = d == 0 ? 0 : step(traces[d - 1], k, d), y = x - k;
            while (x < n && y < m && same(&before[x], &after[y]))
                x++, y++;
            reach[k] = x;
            if (x >= n && y >= m) {
                mark(diff, middle, traces, d);
                return;
            }
        }
    }
    memset(diff->removed + middle->from, true, (size_t)n);
    memset(diff->added + middle->from, true, (size_t)m);
}

/* ---- printing ---- */

static void print_line(struct buffer *out, char sign, const struct line *line)
{
    buffer_add(out, &sign, 1);
    buffer_add(out, line->text, line->size);
    if (line->text[line->size - 1] != '\n')
        buffer_puts(out, "\n\\ No newline at end of file\n");
}

/* Where one stands in both texts. */
struct cursor {
    size_t before, after;
};

static bool at_difference(const struct diff *diff, const struct cursor *at)
{
    return (at->before < diff->before.count && diff->removed[at->before]) ||
           (at->after < diff->after.count && diff->added[at->after]);
}

/* The line at the cursor: taken out, put in, or the same. */
static char advance(const struct diff *diff, struct cursor *at)
{
    if (at->before < diff->before.count && diff->removed[at->before]) {
        at->before++;
        return '-';
    }
    bool is_added = at->after < diff->after.count && diff->added[at->after];
    at->after++;
    at->before += !is_added;
    return is_added ? '+' : ' ';
}

/* Differences with at most twice the context between them, from the cursor on; where they end with their context. */
static struct cursor hunk_end(const struct diff *diff, struct cursor at)
{
    struct cursor end = at;
    for (size_t quiet = 0;
         quiet <= (size_t)2 * CONTEXT && at.before + at.after < diff->before.count + diff->after.count;) {
        quiet = advance(diff, &at) == ' ' ? quiet + 1 : 0;
        if (quiet <= CONTEXT)
            end = at;
    }
    return end;
}

static void print_hunk(const struct diff *diff, struct cursor start, struct cursor end, struct buffer *out)
{
    size_t before = end.before - start.before, after = end.after - start.after;
    buffer_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", start.before + (before > 0), before, start.after + (after > 0),
                  after);
    while (start.before < end.before || start.after < end.after) {
        struct cursor was = start;
        char sign = advance(diff, &start);
        print_line(out, sign, sign == '+' ? &diff->after.items[was.after] : &diff->before.items[was.before]);
    }
}

static void print(const struct diff *diff, struct buffer *out)
{
    size_t all = diff->before.count + diff->after.count;
    for (struct cursor at = { 0, 0 }; at.before + at.after < all;) {
        if (!at_difference(diff, &at)) {
            advance(diff, &at);
            continue;
        }
        size_t context = at.before < CONTEXT ? at.before : CONTEXT;
        context = at.after < context ? at.after : context;
        struct cursor end = hunk_end(diff, at);
        print_hunk(diff, (struct cursor){ at.before - context, at.after - context }, end, out);
        at = end;
    }
}

void diff_print(const char *path, const char *before, size_t before_size, const char *after, size_t after_size,
                struct buffer *out)
{
    struct diff diff = { .arena = ARENA_INIT };
    diff.before = split(&diff.arena, before, before ? before_size : 0);
    diff.after = split(&diff.arena, after, after ? after_size : 0);
    diff.removed = name_alloc(&diff.arena, diff.before.count + 1);
    diff.added = name_alloc(&diff.arena, diff.after.count + 1);
    struct middle middle = middle_of(&diff);
    compare(&diff, &middle);
    if (middle.before || middle.after) {
        buffer_printf(out, "--- %s%s\n", before ? "a/" : "", before ? path : "/dev/null");
        buffer_printf(out, "+++ %s%s\n", after ? "b/" : "", after ? path : "/dev/null");
        print(&diff, out);
    }
    arena_release(&diff.arena);
}
