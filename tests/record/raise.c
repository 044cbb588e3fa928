/* Raising and unwinding, seen from C. No database is needed: none is opened before the first statement. */
#include "record/context.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <errno.h>
#include <pthread.h>

#include <cmocka.h>

static const struct store_url nowhere = { .kind = STORE_SQLITE, .target = "/nonexistent/app.db", .shown = "nowhere" };

/* What happened, in order: each step adds a letter. */
struct trace {
    char text[64];
    struct errand_context *ctx;
    int count;
};

static void mark(struct trace *trace, char letter)
{
    size_t size = strlen(trace->text);
    trace->text[size] = letter;
}

static int make(void **state)
{
    const struct context_config config = { .url = &nowhere, .in_job = true };
    *state = context_new(&config);
    return *state ? 0 : -1;
}

static int drop(void **state)
{
    context_free(*state);
    return 0;
}

static void just_return(struct errand_context *ctx, void *arg)
{
    (void)ctx;
    (void)arg;
}

static void fail_with_number(struct errand_context *ctx, void *arg)
{
    errand_fail(ctx, "number %d", *(int *)arg);
}

static void errand_fail_ends_the_call_with_its_text(void **state)
{
    int number = 7;
    struct context_end end = context_call(*state, fail_with_number, &number);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_string_equal(end.error, "number 7");
    end = context_call(*state, just_return, NULL);
    assert_int_equal(end.end, JOB_END_RETURNED);
    assert_null(end.error);
}

static void mark_c(void *arg)
{
    mark(arg, 'c');
}

static void mark_d(void *arg)
{
    mark(arg, 'd');
}

static void mark_cleanup(struct trace **trace)
{
    mark(*trace, '-');
}

static void deep(struct errand_context *ctx, struct trace *trace, int depth)
{
    __attribute__((cleanup(mark_cleanup))) struct trace *at_end = trace;
    if (depth < 0)
        return;
    if (depth == 0)
        errand_fail(ctx, "deep");
    deep(ctx, trace, depth - 1);
    mark(at_end, '!');
}

static void go_deep(struct errand_context *ctx, void *arg)
{
    errand_on_unwind(ctx, mark_c, arg);
    errand_on_unwind(ctx, mark_d, arg);
    deep(ctx, arg, 3);
}

static void unwind_functions_run_last_first_and_cleanups_on_the_way(void **state)
{
    struct trace trace = { .text = "" };
    struct context_end end = context_call(*state, go_deep, &trace);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_string_equal(trace.text, "dc----");
}

static void take_back(struct errand_context *ctx, void *arg)
{
    errand_on_unwind(ctx, mark_c, arg);
    errand_on_unwind(ctx, mark_d, arg);
    errand_off_unwind(ctx, mark_c, arg);
    errand_fail(ctx, "one is left");
}

static void a_function_taken_back_does_not_run(void **state)
{
    struct trace trace = { .text = "" };
    context_call(*state, take_back, &trace);
    assert_string_equal(trace.text, "d");
}

static void leave_registered(struct errand_context *ctx, void *arg)
{
    errand_on_unwind(ctx, mark_c, arg);
}

static void nothing_unwinds_when_the_function_returns(void **state)
{
    struct trace trace = { .text = "" };
    struct context_end end = context_call(*state, leave_registered, &trace);
    assert_int_equal(end.end, JOB_END_RETURNED);
    assert_string_equal(trace.text, "");
}

static void raise_again(void *arg)
{
    struct trace *trace = arg;
    __attribute__((cleanup(mark_cleanup))) struct trace *at_end = trace;
    mark(at_end, 'r');
    errand_fail(trace->ctx, "second");
}

static void raise_in_handler(struct errand_context *ctx, void *arg)
{
    struct trace *trace = arg;
    trace->ctx = ctx;
    errand_on_unwind(ctx, mark_c, arg);
    errand_on_unwind(ctx, raise_again, arg);
    deep(ctx, trace, 0);
}

static void a_raise_in_an_unwind_function_keeps_the_first_error_and_the_other_functions(void **state)
{
    struct trace trace = { .text = "" };
    struct context_end end = context_call(*state, raise_in_handler, &trace);
    assert_string_equal(end.error, "deep");
    assert_string_equal(trace.text, "r-c-");
}

static void register_again(void *arg)
{
    struct trace *trace = arg;
    trace->count++;
    errand_on_unwind(trace->ctx, register_again, arg);
    errand_fail(trace->ctx, "again");
}

static void register_for_ever(struct errand_context *ctx, void *arg)
{
    struct trace *trace = arg;
    trace->ctx = ctx;
    errand_on_unwind(ctx, register_again, arg);
    errand_fail(ctx, "once");
}

static void an_unwind_function_that_registers_itself_again_does_not_go_on_for_ever(void **state)
{
    struct trace trace = { .text = "" };
    struct context_end end = context_call(*state, register_for_ever, &trace);
    assert_string_equal(end.error, "once");
    assert_true(trace.count > 1 && trace.count <= 1000);
}

static void raise_in_cleanup(struct trace **trace)
{
    mark(*trace, 'x');
    errand_fail((*trace)->ctx, "from a cleanup");
}

static void unwind_into_raising_cleanup(struct errand_context *ctx, void *arg)
{
    struct trace *trace = arg;
    trace->ctx = ctx;
    __attribute__((cleanup(raise_in_cleanup))) struct trace *at_end = trace;
    (void)at_end;
    errand_fail(ctx, "first");
}

static void a_raise_in_a_cleanup_ends_the_unwinding_with_the_first_error(void **state)
{
    struct trace trace = { .text = "" };
    struct context_end end = context_call(*state, unwind_into_raising_cleanup, &trace);
    assert_string_equal(end.error, "first");
    assert_string_equal(trace.text, "x");
    assert_int_equal(context_call(*state, just_return, NULL).end, JOB_END_RETURNED);
}

static void fail_errno(struct errand_context *ctx, void *arg)
{
    errno = ENOENT;
    errand_fail_errno(ctx, "cannot open %s", (const char *)arg);
}

static void errno_is_told(void **state)
{
    struct context_end end = context_call(*state, fail_errno, "a.txt");
    assert_string_equal(end.error, "cannot open a.txt: No such file or directory");
}

static void discard(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_discard(ctx, "no use");
}

static void snooze(struct errand_context *ctx, void *arg)
{
    errand_snooze(ctx, *(int64_t *)arg);
}

static void a_job_can_be_discarded_and_snoozed(void **state)
{
    int64_t delay = 5000000;
    struct context_end end = context_call(*state, discard, NULL);
    assert_int_equal(end.end, JOB_END_DISCARDED);
    assert_string_equal(end.error, "no use");
    end = context_call(*state, snooze, &delay);
    assert_int_equal(end.end, JOB_END_SNOOZED);
    assert_true(end.snooze_us == delay);
    assert_null(end.error);
    delay = -1;
    assert_int_equal(context_call(*state, snooze, &delay).end, JOB_END_FAILED);
}

static void outside_a_job_discarding_and_snoozing_fail(void **state)
{
    (void)state;
    int64_t delay = 1;
    const struct context_config config = { .url = &nowhere };
    struct errand_context *ctx = context_new(&config);
    assert_int_equal(context_call(ctx, discard, NULL).end, JOB_END_FAILED);
    assert_int_equal(context_call(ctx, snooze, &delay).end, JOB_END_FAILED);
    context_free(ctx);
}

static void fail_with_text(struct errand_context *ctx, void *arg)
{
    errand_fail(ctx, "%s", (const char *)arg);
}

static void an_error_text_is_kept_up_to_8_KiB(void **state)
{
    char text[8192 + 2];
    memset(text, 'a', sizeof(text));
    text[8192] = '\0';
    assert_string_equal(context_call(*state, fail_with_text, text).error, text);
    text[8192] = 'a';
    text[8193] = '\0';
    assert_int_equal(strlen(context_call(*state, fail_with_text, text).error), 8192);
    memcpy(text + 8191, "\xc3\xa4", 3); /* a character of two bytes that the limit would cut */
    assert_int_equal(strlen(context_call(*state, fail_with_text, text).error), 8191);
}

static void need_database(struct errand_context *ctx, void *arg)
{
    (void)arg;
    errand_sql(ctx, "SELECT 1");
}

static void a_database_that_is_not_there_raises(void **state)
{
    struct context_end end = context_call(*state, need_database, NULL);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_non_null(strstr(end.error, "nonexistent"));
}

static void allocate(struct errand_context *ctx, void *arg)
{
    char *zeroed = errand_alloc(ctx, 100000);
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(zeroed[i], 0);
    assert_string_equal(errand_strdup(ctx, "Zürich"), "Zürich");
    assert_string_equal(errand_printf(ctx, "%d of %s", 3, "b"), "3 of b");
    assert_true(errand_time_left_us(ctx) == INT64_MAX);
    errand_alloc(ctx, *(size_t *)arg);
}

static void memory_is_zeroed_and_too_much_of_it_raises(void **state)
{
    size_t size = SIZE_MAX - 5;
    assert_string_equal(context_call(*state, allocate, &size).error, "out of memory");
    size = 0;
    assert_int_equal(context_call(*state, allocate, &size).end, JOB_END_RETURNED);
    context_reset(*state);
}

/* ---- What cannot be unwound stops the program, with a sentence ---- */

static char said[256];

static int run_in_child(void (*fn)(struct errand_context *ctx), struct errand_context *ctx)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        fn(ctx);
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    for (ssize_t got; (got = read(ends[0], said + used, sizeof(said) - 1 - used)) > 0;)
        used += (size_t)got;
    said[used] = '\0';
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    return status;
}

static void fail_outside(struct errand_context *ctx)
{
    errand_fail(ctx, "nobody would catch this");
}

static void *allocate_elsewhere(void *arg)
{
    errand_alloc(arg, 1);
    return NULL;
}

static void start_thread(struct errand_context *ctx, void *arg)
{
    (void)arg;
    pthread_t thread;
    pthread_create(&thread, NULL, allocate_elsewhere, ctx);
    pthread_join(thread, NULL);
}

static void use_in_thread(struct errand_context *ctx)
{
    context_call(ctx, start_thread, NULL);
}

static void use_outside_of_its_call_or_thread_stops_the_program_with_a_sentence(void **state)
{
    int status = run_in_child(fail_outside, *state);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, "a context was used outside"));
    status = run_in_child(use_in_thread, *state);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, "in another thread"));
}

static void register_and_fail(struct errand_context *ctx, void *arg)
{
    errand_on_unwind(ctx, mark_d, arg);
    errand_fail(ctx, "registered");
}

static void try_one_after_the_other(struct errand_context *ctx, void *arg)
{
    struct trace *trace = arg;
    int number = 1;
    errand_on_unwind(ctx, mark_c, trace);
    struct context_end end = context_try(ctx, fail_with_number, &number);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_string_equal(end.error, "number 1");
    assert_int_equal(context_try(ctx, just_return, NULL).end, JOB_END_RETURNED);
    end = context_try(ctx, register_and_fail, trace);
    assert_string_equal(end.error, "registered");
    assert_string_equal(trace->text, "d"); /* not c, which is the call's */
    if (trace->count)
        errand_fail(ctx, "after all: %s", end.error);
    errand_off_unwind(ctx, mark_c, trace);
}

static void what_is_tried_fails_alone(void **state)
{
    struct trace trace = { .ctx = *state };
    assert_int_equal(context_call(*state, try_one_after_the_other, &trace).end, JOB_END_RETURNED);
    assert_string_equal(trace.text, "d");
    struct trace raised = { .ctx = *state, .count = 1 };
    struct context_end end = context_call(*state, try_one_after_the_other, &raised);
    assert_string_equal(end.error, "after all: registered");
    assert_string_equal(raised.text, "dc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errand_fail_ends_the_call_with_its_text),
        cmocka_unit_test(unwind_functions_run_last_first_and_cleanups_on_the_way),
        cmocka_unit_test(a_function_taken_back_does_not_run),
        cmocka_unit_test(nothing_unwinds_when_the_function_returns),
        cmocka_unit_test(a_raise_in_an_unwind_function_keeps_the_first_error_and_the_other_functions),
        cmocka_unit_test(an_unwind_function_that_registers_itself_again_does_not_go_on_for_ever),
        cmocka_unit_test(a_raise_in_a_cleanup_ends_the_unwinding_with_the_first_error),
        cmocka_unit_test(errno_is_told),
        cmocka_unit_test(a_job_can_be_discarded_and_snoozed),
        cmocka_unit_test(outside_a_job_discarding_and_snoozing_fail),
        cmocka_unit_test(what_is_tried_fails_alone),
        cmocka_unit_test(an_error_text_is_kept_up_to_8_KiB),
        cmocka_unit_test(a_database_that_is_not_there_raises),
        cmocka_unit_test(memory_is_zeroed_and_too_much_of_it_raises),
        cmocka_unit_test(use_outside_of_its_call_or_thread_stops_the_program_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
