/* What everything else stands on: memory, buffers, text from outside, uuids, logs, processes. */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/process.h"
#include "base/utf8.h"
#include "base/uuid.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static void a_buffer_takes_its_maximum_and_not_a_byte_more(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT(1000);
    char bytes[1001];
    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(buffer_add(&buffer, bytes, 1000), 0);
    assert_int_equal(buffer_add(&buffer, "", 0), 0);
    assert_int_equal(buffer_add(&buffer, "y", 1), -1);
    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 1000);
    buffer_reset(&buffer);
    assert_false(buffer.failed);
    assert_int_equal(buffer_add(&buffer, bytes, 1001), -1);
    assert_int_equal(buffer_printf(&buffer, "%d %s", 42, "apples"), 0);
    assert_string_equal(buffer.data, "42 apples");
    buffer_consume(&buffer, 3);
    assert_string_equal(buffer.data, "apples");
    assert_int_equal(buffer_add(&buffer, bytes, 1000), -1);
    buffer_cut(&buffer, 5);
    assert_false(buffer.failed);
    assert_string_equal(buffer.data, "apple");
    buffer_cut(&buffer, 6);
    assert_int_equal(buffer.size, 5);
    buffer_release(&buffer);
    assert_null(buffer.data);
}

static void what_is_printed_past_the_maximum_is_not_added(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT(1000);
    assert_int_equal(buffer_printf(&buffer, "%1000s", "x"), 0); /* the memory behind it has room for more */
    assert_int_equal(buffer.size, 1000);
    assert_int_equal(buffer_printf(&buffer, "%s", "y"), -1);
    assert_true(buffer.failed);
    assert_int_equal(strlen(buffer.data), 1000);
    buffer_cut(&buffer, 2);
    assert_int_equal(buffer_printf(&buffer, "%999s", "z"), -1);
    assert_string_equal(buffer.data, "  ");
    assert_int_equal(buffer_printf(&buffer, "%998s", "z"), 0);
    assert_int_equal(strlen(buffer.data), 1000);
    buffer_release(&buffer);
}

static void an_arena_hands_out_zeroed_memory_and_refuses_the_impossible(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    for (size_t size = 0; size < 100000; size = size * 3 + 1) {
        unsigned char *memory = arena_alloc(&arena, size);
        assert_non_null(memory);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xff, size);
        if (size > 20000)
            arena_reset(&arena);
    }
    assert_string_equal(arena_strdup(&arena, "attics"), "attics");
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_copy(&arena, "", SIZE_MAX));
    arena_release(&arena);
}

static void text_from_outside_becomes_valid(void **state)
{
    (void)state;
    const struct {
        const char *text;
        size_t size;
        const char *valid, *printable, *json;
    } cases[] = {
        { "plain", 5, "plain", "plain", "\"plain\"" },
        { "a\0b", 3,
          "a\xef\xbf\xbd"
          "b",
          "a\xef\xbf\xbd"
          "b",
          "\"a\xef\xbf\xbd"
          "b\"" },
        { "gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
        { "\xff\xc3", 2, "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", NULL, NULL },
        { "\xc0\x80", 2, "\xef\xbf\xbd\xef\xbf\xbd", NULL, NULL },
        { "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
        { "a\n\x1b[31m\"", 8, "a\n\x1b[31m\"", "a\\n\\x1b[31m\"", "\"a\\u000a\\u001b[31m\\\"\"" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer out = BUFFER_INIT(100);
        utf8_add_valid(&out, cases[i].text, cases[i].size);
        assert_string_equal(out.data, cases[i].valid);
        buffer_reset(&out);
        utf8_add_printable(&out, cases[i].text, cases[i].size);
        if (cases[i].printable)
            assert_string_equal(out.data, cases[i].printable);
        buffer_reset(&out);
        utf8_add_json(&out, cases[i].text, cases[i].size);
        if (cases[i].json)
            assert_string_equal(out.data, cases[i].json);
        buffer_release(&out);
    }
}

static void uuids_are_parsed_strictly(void **state)
{
    (void)state;
    errand_uuid parsed;
    assert_int_equal(uuid_parse("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", &parsed), 0);
    assert_string_equal(parsed.text, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    assert_int_equal(uuid_parse("", &parsed), -1);
    assert_int_equal(uuid_parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", &parsed), -1);
    assert_int_equal(uuid_parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", &parsed), -1);
    assert_int_equal(uuid_parse("a0eebc9909c0b-4ef8-bb6d-6bb9bd380a11", &parsed), -1);
}

static void a_log_line_is_one_line_whatever_it_holds(void **state)
{
    (void)state;
    int ends[2];
    char line[16 * 1024];
    char *long_text = malloc(20000);
    memset(long_text, 'x', 19999);
    long_text[19999] = '\0';
    assert_int_equal(pipe(ends), 0);
    struct log log = { .fd = ends[1], .level = ERRAND_LOG_INFO, .format = LOG_JSON };
    const struct log_field fields[] = { { .name = "id", .text = "a\nb" }, { .name = "attempt", .number = 3 }, { 0 } };
    log_write(&log, ERRAND_LOG_DEBUG, fields, "dropped");
    log_write(&log, ERRAND_LOG_ERROR, fields, "say \"%s\"", "x\ny");
    line[read(ends[0], line, sizeof(line) - 1)] = '\0';
    assert_non_null(strstr(line, "\"message\":\"say \\\"x\\u000ay\\\"\",\"id\":\"a\\u000ab\",\"attempt\":3}\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    log.format = LOG_TEXT;
    log_write(&log, ERRAND_LOG_WARNING, fields, "%s", long_text);
    line[read(ends[0], line, sizeof(line) - 1)] = '\0';
    assert_true(strlen(line) <= 8192);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    free(long_text);
    close(ends[0]);
    close(ends[1]);
}

static size_t read_all(int fd, char *text, size_t size)
{
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 && (got = read(fd, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    return used;
}

static int count_lines(const char *text)
{
    int lines = 0;
    for (; (text = strchr(text, '\n')); text++)
        lines++;
    return lines;
}

/* More than the descriptor holds, while nobody reads; then all is read, and one more line written. */
static void drop_and_go_on(int writer, int reader)
{
    enum { LINES = 100, SIZE = 1 << 20 };
    char *text = malloc(SIZE), controls[4000];
    int dropped;
    struct log log = { .fd = writer, .level = ERRAND_LOG_INFO, .format = LOG_JSON };
    struct log_outlet outlet;
    memset(controls, 1, sizeof(controls) - 1); /* each of which is six bytes of JSON: lines larger than a page */
    controls[sizeof(controls) - 1] = '\0';
    log_set_outlet(&log, &outlet);
    for (int i = 0; i < LINES; i++)
        log_write(&log, ERRAND_LOG_INFO, NULL, "%s", controls);
    assert_int_equal(fcntl(writer, F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
    read_all(reader, text, SIZE);
    int whole = count_lines(text);
    assert_true(whole > 0 && whole < LINES);
    log_write(&log, ERRAND_LOG_INFO, NULL, "read again");
    read_all(reader, text, SIZE);
    const char *line = strstr(text, "{\"time\"");
    assert_non_null(line);
    assert_true(line == text || line[-1] == '\n');
    assert_int_equal(sscanf(strstr(line, "message"), "message\":\"%d lines of this log were dropped", &dropped), 1);
    assert_int_equal(dropped + whole, LINES);
    assert_non_null(strstr(line, "\"read again\"}\n"));
    log_write(&log, ERRAND_LOG_INFO, NULL, "and again");
    read_all(reader, text, SIZE);
    assert_null(strstr(text, "dropped"));
    assert_int_equal(count_lines(text), 1);
    log_outlet_release(&outlet);
    free(text);
    close(writer);
    close(reader);
}

static void a_pipe_that_nobody_reads_holds_no_log_up(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    drop_and_go_on(ends[1], ends[0]);
}

static void a_socket_that_nobody_reads_holds_no_log_up(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    drop_and_go_on(ends[1], ends[0]);
}

/* As by Ctrl-S. */
static void a_terminal_that_was_stopped_holds_no_log_up(void **state)
{
    (void)state;
    char text[4096];
    int leader = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(leader >= 0 && grantpt(leader) == 0 && unlockpt(leader) == 0);
    int terminal = open(ptsname(leader), O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    struct log log = { .fd = terminal, .level = ERRAND_LOG_INFO };
    struct log_outlet outlet;
    log_set_outlet(&log, &outlet);
    assert_int_equal(tcflow(terminal, TCOOFF), 0);
    log_write(&log, ERRAND_LOG_INFO, NULL, "lost");
    log_write(&log, ERRAND_LOG_INFO, NULL, "lost too");
    assert_int_equal(tcflow(terminal, TCOON), 0);
    log_write(&log, ERRAND_LOG_INFO, NULL, "seen");
    text[0] = '\0';
    for (size_t used = 0; !strstr(text, "seen\r\n"); text[used] = '\0') {
        ssize_t got = read(leader, text + used, sizeof(text) - 1 - used);
        assert_true(got > 0);
        used += (size_t)got;
    }
    assert_non_null(strstr(text, " 2 lines of this log were dropped"));
    assert_non_null(strstr(text, " seen"));
    assert_null(strstr(text, "lost"));
    log_outlet_release(&outlet);
    close(terminal);
    close(leader);
}

static void a_process_is_gone_only_when_it_provably_is(void **state)
{
    (void)state;
    struct process_identity self;
    process_identify_self(&self);
    assert_false(process_is_gone(&self));
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    struct process_identity other = self;
    other.pid = child;
    other.start_ticks = self.start_ticks - 1; /* the pid is in use, but by a later process */
    assert_true(process_is_gone(&other));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(process_is_gone(&other));
    snprintf(other.boot_id, sizeof(other.boot_id), "another machine");
    assert_false(process_is_gone(&other));
    other = self;
    other.pid = child;
    other.pid_namespace++;
    assert_false(process_is_gone(&other));
    other = self;
    other.pid = child;
    other.start_ticks = 0;
    assert_false(process_is_gone(&other));
}

static void a_sentence_is_prefixed_and_cut_to_fit(void **state)
{
    (void)state;
    struct errand_error err;
    assert_int_equal(error_set(&err, "no %s", "table"), -1);
    assert_int_equal(error_prefix(&err, "Schema.sql:%d", 3), -1);
    assert_string_equal(err.message, "Schema.sql:3: no table");
    for (int i = 0; i < 100; i++)
        error_prefix(&err, "a rather long prefix");
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_int_equal(error_set(NULL, "nobody listens"), -1);
}

static void json_has_its_commas_quotes_and_points(void **state)
{
    (void)state;
    struct buffer out = BUFFER_INIT(1000);
    struct json json = { .out = &out };
    json_begin(&json, NULL, '{');
    json_text(&json, "text", "a \"b\"\n\x01\xff");
    json_text(&json, "none", NULL);
    json_begin(&json, "list", '[');
    json_int(&json, NULL, INT64_MIN);
    json_double(&json, NULL, 0.5);
    json_double(&json, NULL, 1.0 / 0.0);
    json_begin(&json, NULL, '{');
    json_end(&json, '}');
    json_end(&json, ']');
    json_bool(&json, "yes", true);
    json_time(&json, "at", 1500000);
    json_time(&json, "ever", ERRAND_TIME_INFINITY);
    json_raw(&json, "raw", "[1]");
    json_end(&json, '}');
    assert_string_equal(out.data, "{\"text\":\"a \\\"b\\\"\\u000a\\u0001\xef\xbf\xbd\",\"none\":null,"
                                  "\"list\":[-9223372036854775808,0.5,null,{}],\"yes\":true,"
                                  "\"at\":\"1970-01-01T00:00:01.500000Z\",\"ever\":\"infinity\",\"raw\":[1]}");
    buffer_release(&out);
}

enum { SEES_NOTHING = 77 };

/* In a process of its own, from which /proc/PID is taken away. */
static int judge_unseen(const struct process_identity *process)
{
    char folder[64];
    snprintf(folder, sizeof(folder), "/proc/%d", (int)process->pid);
    bool apart = unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    if (!apart || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", folder, "tmpfs", 0, NULL) < 0)
        return SEES_NOTHING;
    return process_is_gone(process);
}

static int judged_unseen(const struct process_identity *process)
{
    int status;
    pid_t judge = fork();
    if (judge == 0)
        _exit(judge_unseen(process));
    assert_int_equal(waitpid(judge, &status, 0), judge);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_process_that_may_not_be_looked_at_is_not_gone(void **state)
{
    (void)state;
    struct process_identity self;
    process_identify_self(&self);
    int judged = judged_unseen(&self);
    if (judged == SEES_NOTHING)
        skip(); /* no right to mount */
    assert_int_equal(judged, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_takes_its_maximum_and_not_a_byte_more),
        cmocka_unit_test(what_is_printed_past_the_maximum_is_not_added),
        cmocka_unit_test(an_arena_hands_out_zeroed_memory_and_refuses_the_impossible),
        cmocka_unit_test(text_from_outside_becomes_valid),
        cmocka_unit_test(uuids_are_parsed_strictly),
        cmocka_unit_test(a_log_line_is_one_line_whatever_it_holds),
        cmocka_unit_test(a_pipe_that_nobody_reads_holds_no_log_up),
        cmocka_unit_test(a_socket_that_nobody_reads_holds_no_log_up),
        cmocka_unit_test(a_terminal_that_was_stopped_holds_no_log_up),
        cmocka_unit_test(a_process_is_gone_only_when_it_provably_is),
        cmocka_unit_test(a_process_that_may_not_be_looked_at_is_not_gone),
        cmocka_unit_test(a_sentence_is_prefixed_and_cut_to_fit),
        cmocka_unit_test(json_has_its_commas_quotes_and_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
