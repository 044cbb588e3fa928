/* Names of functions from the symbol table of a program: this one, and what only looks like one. */
#include "base/symbols.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int counter;

__attribute__((noinline)) static void a_static_function(void)
{
    counter++;
}

static struct symbols *symbols_of(const char *path)
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    struct symbols *symbols = symbols_read(fd);
    close(fd);
    return symbols;
}

static uint64_t offset_of(void (*function)(void))
{
    Dl_info info;
    void *address;
    memcpy(&address, &function, sizeof(address));
    assert_int_not_equal(dladdr(address, &info), 0);
    return (uint64_t)((char *)address - (char *)info.dli_fbase);
}

static void a_static_function_is_named(void **state)
{
    (void)state;
    struct symbols *symbols = symbols_of("/proc/self/exe");
    uint64_t into = 99;
    a_static_function();
    assert_non_null(symbols);
    assert_string_equal(symbols_name(symbols, offset_of(a_static_function), &into), "a_static_function");
    assert_int_equal(into, 0);
    assert_string_equal(symbols_name(symbols, offset_of(a_static_function) + 1, &into), "a_static_function");
    assert_int_equal(into, 1);
    assert_null(symbols_name(symbols, 0, &into));
    assert_null(symbols_name(symbols, UINT64_MAX, &into));
    symbols_free(symbols);
}

static void a_program_at_a_fixed_address_is_read_too(void **state)
{
    (void)state;
    uint64_t into;
    bool found = false;
    struct symbols *symbols = symbols_of(getenv("TEST_FIXED_PROGRAM"));
    assert_non_null(symbols);
    for (uint64_t at = 0; at < 65536 && !found; at++) {
        const char *name = symbols_name(symbols, at, &into);
        found = name && strcmp(name, "main") == 0;
    }
    assert_true(found);
    symbols_free(symbols);
}

static void what_has_no_symbols_has_no_names(void **state)
{
    (void)state;
    char stripped[] = "/tmp/errand-symbols.XXXXXX", command[256];
    close(mkstemp(stripped));
    snprintf(command, sizeof(command), "strip -o %s /proc/%d/exe", stripped, (int)getpid());
    assert_int_equal(system(command), 0);
    assert_null(symbols_of(stripped));
    unlink(stripped);
    assert_null(symbols_of("/dev/null"));
    assert_null(symbols_of("/proc/self/stat"));
    assert_null(symbols_of("/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_static_function_is_named),
        cmocka_unit_test(a_program_at_a_fixed_address_is_read_too),
        cmocka_unit_test(what_has_no_symbols_has_no_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
