/* The memory that a worker and one runner share: which job runs, since when, and what a crash left behind. The runner
   may write anything here (user code runs in it), so every word carries a number that only the two of them know: what
   does not hold it is damage, not a state. */
#ifndef RUNNER_PAGE_H
#define RUNNER_PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    /* Twice RUNNER_SLOTS: jobs that were taken back keep their slot until the runner has come past them. */
    PAGE_SLOTS = 2048,
    PAGE_TRACE_MAX = 8 * 1024
};

enum page_state {
    PAGE_QUEUED,
    PAGE_STARTED,
    PAGE_RETURNED, /* without a word on its output: nothing but the fact is to be told */
    PAGE_RAISED,   /* ended in any other way; only the message says how */
    PAGE_TAKEN,    /* by the worker, before it started */
    PAGE_GIVEN,    /* by the runner, which did not start it */
    PAGE_DAMAGED = -1
};

struct page_slot {
    _Atomic uint64_t word;
    _Atomic int64_t started_us;
};

/* What the runner could still write when the job that runs ended the process. */
enum page_death { PAGE_DEATH_NONE, PAGE_DEATH_SIGNAL, PAGE_DEATH_EXIT };

struct page_crash {
    _Atomic uint64_t mark; /* the word of the job and enum page_death */
    uint64_t address;
    int32_t signal;
    int32_t status;
    int32_t has_address;
    int32_t stack_overflow;
    uint32_t trace_size;
    char trace[PAGE_TRACE_MAX];
};

struct page {
    _Atomic uint64_t reads; /* counted up by the worker before each read of the output pipe */
    struct page_crash crash;
    struct page_slot slots[PAGE_SLOTS];
};

/* A sealed memory file of this size, so that no runner can shrink it under the worker. -1 and errno. */
int page_create(void);
struct page *page_map(int fd);
void page_unmap(struct page *page);

void page_queue(struct page *page, uint64_t seed, uint64_t sequence);
enum page_state page_state(const struct page *page, uint64_t seed, uint64_t sequence);
/* From one state to another; false where it was in neither, or the other side was first. */
bool page_move(struct page *page, uint64_t seed, uint64_t sequence, enum page_state from, enum page_state to);
struct page_slot *page_slot(struct page *page, uint64_t sequence);
/* Async-signal-safe; the rest of the record is written before. */
void page_mark_death(struct page *page, uint64_t seed, uint64_t sequence, enum page_death death);
/* What the record of a crash is of, if it is of this job. */
enum page_death page_death(const struct page *page, uint64_t seed, uint64_t sequence);

#endif
