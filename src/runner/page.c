/* The memory that a worker and one runner share. */
#include "runner/page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STATE_BITS = 3, STATE_MASK = (1 << STATE_BITS) - 1 };

int page_create(void)
{
    int fd = memfd_create("errand-runner", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, sizeof(struct page)) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct page *page_map(int fd)
{
    void *page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return page == MAP_FAILED ? NULL : page;
}

void page_unmap(struct page *page)
{
    if (page)
        munmap(page, sizeof(*page));
}

/* The word for one state of the job with this number. splitmix64: neighbouring numbers give words that have nothing in
 * common. */
static uint64_t page_word(uint64_t seed, uint64_t sequence, int state)
{
    uint64_t mixed = seed + (sequence + 1) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((mixed ^ (mixed >> 31)) & ~(uint64_t)STATE_MASK) | (uint64_t)state;
}

struct page_slot *page_slot(struct page *page, uint64_t sequence)
{
    return &page->slots[sequence % PAGE_SLOTS];
}

void page_queue(struct page *page, uint64_t seed, uint64_t sequence)
{
    atomic_store_explicit(&page_slot(page, sequence)->word, page_word(seed, sequence, PAGE_QUEUED),
                          memory_order_release);
}

static int state_of_word(uint64_t word, uint64_t seed, uint64_t sequence, int last)
{
    int state = (int)(word & STATE_MASK);
    return state <= last && word == page_word(seed, sequence, state) ? state : PAGE_DAMAGED;
}

enum page_state page_state(const struct page *page, uint64_t seed, uint64_t sequence)
{
    uint64_t word = atomic_load_explicit(&page->slots[sequence % PAGE_SLOTS].word, memory_order_acquire);
    return (enum page_state)state_of_word(word, seed, sequence, PAGE_GIVEN);
}

bool page_move(struct page *page, uint64_t seed, uint64_t sequence, enum page_state from, enum page_state to)
{
    uint64_t expected = page_word(seed, sequence, from);
    return atomic_compare_exchange_strong(&page_slot(page, sequence)->word, &expected, page_word(seed, sequence, to));
}

/* Marks are words of another seed: no state of a job can be taken for one. */
void page_mark_death(struct page *page, uint64_t seed, uint64_t sequence, enum page_death death)
{
    atomic_store(&page->crash.mark, page_word(~seed, sequence, (int)death));
}

enum page_death page_death(const struct page *page, uint64_t seed, uint64_t sequence)
{
    int death = state_of_word(atomic_load(&page->crash.mark), ~seed, sequence, PAGE_DEATH_EXIT);
    return death == PAGE_DAMAGED ? PAGE_DEATH_NONE : (enum page_death)death;
}
