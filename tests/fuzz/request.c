/* The parsers of addresses, forms and logins on any bytes: what they accept is text, within the limits. Driven by
   text.c, or by libFuzzer. */
#include "dashboard/request.h"
#include "base/utf8.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const char *text, size_t most)
{
    size_t size = strlen(text);
    check(size <= most);
    for (size_t i = 0, length; i < size; i += length) {
        length = utf8_sequence(text + i, size - i);
        check(length > 0);
    }
}

static void check_params(const struct param *params)
{
    size_t count = 0;
    for (; params->name; params++, count++) {
        check_text(params->name, DASHBOARD_NAME_MAX);
        check_text(params->value, DASHBOARD_FIELD_MAX);
    }
    check(count <= DASHBOARD_FIELDS_MAX);
}

static void check_fault(struct request_fault fault)
{
    check(fault.status >= 400 && fault.status < 500 && fault.sentence[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    char *text = strndup((const char *)data, size);
    const char *path, *user, *password;
    struct param *params;
    struct request_fault fault = request_read_params(&arena, (const char *)data, size, &params);
    if (fault.status)
        check_fault(fault);
    else
        check_params(params);
    fault = request_read_target(&arena, text, &path, &params);
    if (fault.status) {
        check_fault(fault);
    } else {
        check_text(path, DASHBOARD_TARGET_MAX);
        check(path[0] == '/');
        check_params(params);
    }
    if (request_read_basic(&arena, text, &user, &password))
        check(strlen(user) + strlen(password) < size && !strchr(user, ':'));
    request_wants_json(text);
    request_is_form(text);
    free(text);
    arena_release(&arena);
    return 0;
}

static const char *const seeds[] = {
    "/jobs/ListJob?tableName=letter_jobs&page=2&status=failed#x",
    "http://localhost:8000/jobs/ViewJob?tableName=a&id=b",
    "tableName=letter_jobs&bandId=%C3%9Cber&pages=12&errand_token=12.ab&name=a+b%26c",
    "Basic am9iczpqb2Jz",
    "application/x-www-form-urlencoded; charset=utf-8",
    NULL,
};
static const char bits[] = "/%&=+?#0aF:;, \xc3\xa9\xff\xed\xa0\x80%00%C3%zz";

const struct fuzz_text fuzz_text = { seeds, bits, sizeof(bits) }; /* a NUL too */
