/* What a runner can still say when a job ends it: which signal, where, by which way it came there. The record goes into
   the shared page, which is there even after a job has closed every descriptor. */
#include "runner/child.h"
#include "runner/internal.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { HANDLER_STACK_BYTES = 64 * 1024, NEAR_STACK_BYTES = 64 * 1024 };

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS };

/* A signal handler is handed nothing of ours. */
static struct crash_scene *scene;

/* ---- Text without printf, which is not for signal handlers ---- */

static void add(struct page_crash *crash, const char *text)
{
    while (*text && crash->trace_size < PAGE_TRACE_MAX)
        crash->trace[crash->trace_size++] = *text++;
}

static void add_hex(struct page_crash *crash, uint64_t number)
{
    char digits[2 + 16 + 1], *at = digits + sizeof(digits) - 1;
    *at = '\0';
    do {
        *--at = "0123456789abcdef"[number % 16];
        number /= 16;
    } while (number > 0);
    *--at = 'x';
    *--at = '0';
    add(crash, at);
}

static void add_frame(struct page_crash *crash, const void *frame)
{
    Dl_info info = { 0 };
    uint64_t address = (uint64_t)(uintptr_t)frame;
    add_hex(crash, address);
    if (dladdr(frame, &info) != 0 && info.dli_fname) {
        if (info.dli_sname) {
            add(crash, " ");
            add(crash, info.dli_sname);
            add(crash, "+");
            add_hex(crash, address - (uint64_t)(uintptr_t)info.dli_saddr);
        }
        add(crash, " (");
        add(crash, info.dli_fname);
        add(crash, "+");
        add_hex(crash, address - (uint64_t)(uintptr_t)info.dli_fbase);
        add(crash, ")");
    }
    add(crash, "\n");
}

static uint64_t instruction_of(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

static uint64_t stack_of(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uint64_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return context->uc_mcontext.sp;
#else
    (void)context;
    return 0;
#endif
}

/* From the instruction that the signal interrupted; the frames before it are the handler's own. */
static void add_trace(struct page_crash *crash, const ucontext_t *context)
{
    void *frames[TRACE_FRAMES_MAX];
    int count = backtrace(frames, TRACE_FRAMES_MAX), first = 0;
    for (int i = 0; i < count; i++)
        if ((uint64_t)(uintptr_t)frames[i] == instruction_of(context))
            first = i;
    for (int i = first; i < count; i++)
        add_frame(crash, frames[i]);
}

static void record(int signal, const siginfo_t *info, const ucontext_t *context)
{
    struct page_crash *crash = &scene->page->crash;
    bool faulted = info->si_code > 0 && signal != SIGABRT && signal != SIGSYS;
    uint64_t address = (uint64_t)(uintptr_t)info->si_addr;
    uint64_t below = stack_of(context) - NEAR_STACK_BYTES;
    crash->signal = signal;
    crash->has_address = faulted;
    crash->address = faulted ? address : 0;
    crash->stack_overflow = faulted && signal == SIGSEGV && address - below < 2 * NEAR_STACK_BYTES;
    crash->trace_size = 0;
    /* Before the trace: the way back may be destroyed, and looking for it may fail too. */
    page_mark_death(scene->page, scene->seed, scene->sequence, PAGE_DEATH_SIGNAL);
    add_trace(crash, context);
}

static void on_crash(int signal, siginfo_t *info, void *context)
{
    if (scene->inside && *scene->identity)
        record(signal, info, context);
    /* SA_RESETHAND and SA_NODEFER: this one ends the process. */
    raise(signal);
}

static void on_exit_inside(int status, void *arg)
{
    (void)arg;
    if (!scene->inside || !*scene->identity)
        return;
    scene->page->crash.status = status;
    page_mark_death(scene->page, scene->seed, scene->sequence, PAGE_DEATH_EXIT);
}

void crash_handle_signals(void)
{
    struct sigaction action = { .sa_sigaction = on_crash };
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(crash_signals) / sizeof(*crash_signals); i++)
        sigaction(crash_signals[i], &action, NULL);
}

int crash_install(struct crash_scene *new_scene)
{
    void *unused[1];
    stack_t stack = { .ss_size = HANDLER_STACK_BYTES };
    stack.ss_sp = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) < 0)
        return -1;
    backtrace(unused, 1); /* the first call loads a library, which a handler must not */
    scene = new_scene;
    crash_handle_signals();
    return on_exit(on_exit_inside, NULL);
}
