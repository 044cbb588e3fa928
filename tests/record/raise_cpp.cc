/* Raising through C++: destructors run on the way, catch (...) does not stop it. */
extern "C" {
#include "record/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
}

#include <memory>
#include <string>
#include <vector>

namespace
{

struct trace {
    std::string text;
};

struct noted {
    trace &to;
    char letter;
    ~noted()
    {
        to.text += letter;
    }
};

/* Raises from its destructor, which is noexcept as destructors are. */
struct raising {
    errand_context *ctx;
    trace &to;
    ~raising()
    {
        to.text += 'x';
        errand_fail(ctx, "from a destructor");
    }
};

void inner(errand_context *ctx, trace &to)
{
    noted b{ to, 'b' };
    std::vector<std::string> memory(100, std::string(1000, 'x'));
    auto held = std::make_unique<std::string>("freed on the way");
    errand_fail(ctx, "%s", "first");
}

void destroy(errand_context *ctx, void *arg)
{
    noted a{ *static_cast<trace *>(arg), 'a' };
    inner(ctx, a.to);
    a.to.text += '!';
}

void destroy_raising(errand_context *ctx, void *arg)
{
    trace &to = *static_cast<trace *>(arg);
    raising r{ ctx, to };
    inner(ctx, to);
}

void catch_and_throw_on(errand_context *ctx, void *arg)
{
    noted a{ *static_cast<trace *>(arg), 'a' };
    try {
        inner(ctx, a.to);
    } catch (...) {
        a.to.text += 'c';
        throw;
    }
}

void catch_and_go_on(errand_context *ctx, void *arg)
{
    noted a{ *static_cast<trace *>(arg), 'a' };
    try {
        inner(ctx, a.to);
    } catch (...) {
        a.to.text += 'c';
    }
    a.to.text += '!';
}

void throw_and_catch(errand_context *ctx, void *arg)
{
    (void)ctx;
    try {
        throw std::string("plain C++");
    } catch (const std::string &text) {
        static_cast<trace *>(arg)->text = text;
    }
}

void check(void **state, void (*fn)(errand_context *, void *), const char *expected)
{
    auto *ctx = static_cast<errand_context *>(*state);
    trace to;
    context_end end = context_call(ctx, fn, &to);
    assert_int_equal(end.end, JOB_END_FAILED);
    assert_string_equal(end.error, "first");
    assert_string_equal(to.text.c_str(), expected);
    /* The C++ runtime is whole afterwards. */
    end = context_call(ctx, throw_and_catch, &to);
    assert_int_equal(end.end, JOB_END_RETURNED);
    assert_string_equal(to.text.c_str(), "plain C++");
}

void destructors_run_from_the_inside_out(void **state)
{
    check(state, destroy, "ba");
}

void a_raise_in_a_destructor_ends_the_unwinding_with_the_first_error(void **state)
{
    check(state, destroy_raising, "bx");
}

void catch_all_that_throws_on_is_passed(void **state)
{
    check(state, catch_and_throw_on, "bca");
}

void catch_all_that_swallows_does_not_stop_it(void **state)
{
    check(state, catch_and_go_on, "bca");
}

store_url nowhere{};

int make(void **state)
{
    nowhere.kind = STORE_SQLITE;
    context_config config{};
    config.url = &nowhere;
    *state = context_new(&config);
    return *state ? 0 : -1;
}

int drop(void **state)
{
    context_free(static_cast<errand_context *>(*state));
    return 0;
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(destructors_run_from_the_inside_out),
        cmocka_unit_test(a_raise_in_a_destructor_ends_the_unwinding_with_the_first_error),
        cmocka_unit_test(catch_all_that_throws_on_is_passed),
        cmocka_unit_test(catch_all_that_swallows_does_not_stop_it),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
