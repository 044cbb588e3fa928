/* What was being answered when a view crashed. The handler does nothing but copy, since whatever the view was in the
   midst of (malloc, a lock) stays as it was; the parent writes the log. */
#include "dashboard/http/last_words.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { STACK_SIZE = 64 * 1024 };

/* The handler's. */
static char *shared;
static _Thread_local const char *now_method, *now_target;
static _Thread_local void *thread_stack; /* owned */

char *last_words_new(void)
{
    void *words = mmap(NULL, LAST_WORDS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return words == MAP_FAILED ? NULL : words;
}

static size_t append(size_t at, const char *text)
{
    while (*text && at < LAST_WORDS_MAX - 1)
        shared[at++] = *text++;
    return at;
}

/* Returns to the instruction that faulted, which now has the default action; abort goes on by itself. */
static void leave_words(int number)
{
    (void)number;
    if (!shared || !now_target)
        return;
    size_t at = append(0, now_method);
    at = append(at, " ");
    at = append(at, now_target);
    shared[at] = '\0';
}

void last_words_install(char *words)
{
    static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
    struct sigaction action = { .sa_handler = leave_words, .sa_flags = (int)SA_RESETHAND | SA_ONSTACK };
    shared = words;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
}

void last_words_thread_begin(void)
{
    thread_stack = malloc(STACK_SIZE);
    const stack_t stack = { .ss_sp = thread_stack, .ss_size = STACK_SIZE };
    if (thread_stack)
        sigaltstack(&stack, NULL);
}

void last_words_thread_end(void)
{
    const stack_t none = { .ss_flags = SS_DISABLE };
    sigaltstack(&none, NULL);
    free(thread_stack);
    thread_stack = NULL;
}

void last_words_prepare(const char *method, const char *target)
{
    now_method = method;
    now_target = target;
}
