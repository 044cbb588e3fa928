#include "harness.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TESTS_MAX = 64, PAUSE_MOST_US = 20000, OPTIONS_MAX = 16, LOG_SHOWN_BYTES = 12000, CELL_MAX = 16384 };

static enum store_kind chosen;

/* ---- Waiting ---- */

struct patience patience_of(int seconds)
{
    return (struct patience){ .until_us = clock_monotonic_us() + seconds * INT64_C(1000000), .pause_us = 1000 };
}

void patience_try(struct patience *patience, const char *condition, const char *file, int line)
{
    if (clock_monotonic_us() > patience->until_us) {
        print_error("did not come true: %s\n", condition);
        _fail(file, line);
    }
    usleep(patience->pause_us);
    if (patience->pause_us < PAUSE_MOST_US)
        patience->pause_us += patience->pause_us / 2;
}

/* ---- Commands ---- */

int run_command(const char *format, ...)
{
    char *command;
    va_list arguments;
    va_start(arguments, format);
    assert_true(vasprintf(&command, format, arguments) >= 0);
    va_end(arguments);
    int status = system(command);
    free(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    if (!value)
        fail_msg("%s is not set", name);
    return value;
}

/* ---- Database ---- */

struct connection *open_session(const struct world *world)
{
    struct errand_error err;
    struct store_url url;
    if (store_url_parse(world->url, &url, &err) < 0)
        fail_msg("%s", err.message);
    struct connection *session = connection_open(&url, &err);
    store_url_release(&url);
    if (!session)
        fail_msg("%s", err.message);
    return session;
}

void session_sql(struct connection *session, const char *text)
{
    struct errand_error err;
    if (connection_script(session, text, &err) < 0)
        fail_msg("%s: %s", text, err.message);
}

static struct connection *connection_of(struct world *world)
{
    if (world->connection && connection_is_lost(world->connection)) {
        connection_close(world->connection);
        world->connection = NULL;
    }
    if (!world->connection)
        world->connection = open_session(world);
    return world->connection;
}

static char *format_sql(const char *format, va_list arguments)
{
    char *text;
    assert_true(vasprintf(&text, format, arguments) >= 0);
    return text;
}

void sql(struct world *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_sql(format, arguments);
    va_end(arguments);
    session_sql(connection_of(world), text);
    free(text);
}

static const char *first_cell(struct world *world, const char *text)
{
    static char cells[4][CELL_MAX];
    static size_t next;
    struct errand_error err;
    struct result *result;
    if (connection_query(connection_of(world), text, NULL, 0, &result, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    const char *cell = result_rows(result) > 0 ? result_cell(result, 0, 0, NULL) : NULL;
    char *kept = cells[next++ % 4];
    snprintf(kept, CELL_MAX, "%s", cell ? cell : "");
    result_free(result);
    return kept;
}

const char *sql_text(struct world *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_sql(format, arguments);
    va_end(arguments);
    const char *cell = first_cell(world, text);
    free(text);
    return cell;
}

int64_t sql_number(struct world *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_sql(format, arguments);
    va_end(arguments);
    int64_t number = atoll(first_cell(world, text));
    free(text);
    return number;
}

const char *sql_now(const struct world *world, int seconds)
{
    static char text[128];
    if (world->kind == STORE_SQLITE)
        snprintf(text, sizeof(text), "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now', '%+d seconds')", seconds);
    else
        snprintf(text, sizeof(text), "(clock_timestamp() + interval '%d seconds')", seconds);
    return text;
}

int64_t count_of(struct world *world, const char *table, const char *status)
{
    return sql_number(world, "SELECT count(*) FROM %s WHERE status = 'job_status_%s'", table, status);
}

#define NUMBERS "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "

void insert_numbered(struct world *world, const char *table, int count)
{
    sql(world, "INSERT INTO %s (number) " NUMBERS "SELECT i FROM n", table, count);
}

void insert_held(struct world *world, int count, const char *gate)
{
    sql(world, "INSERT INTO traced_jobs (number, gate) " NUMBERS "SELECT i, '%s' FROM n", count, gate);
}

const char *insert_bad(struct world *world, const char *deed, const char *argument)
{
    return sql_text(world, "INSERT INTO bad_jobs (deed, argument) VALUES ('%s', '%s') RETURNING id", deed, argument);
}

/* ---- Workers ---- */

/* What a sanitizer finds in a worker or a runner goes to a file of its own: the end of a runner outside a job is no
   failure of the worker's. */
static void report_to(const struct world *world, const char *name)
{
    char options[1024];
    const char *set = getenv(name);
    snprintf(options, sizeof(options), "%s%slog_path=%s/sanitizer", set ? set : "", set ? ":" : "", world->folder);
    setenv(name, options, 1);
}

static void become_worker(const struct world *world, const struct worker_process *worker, const char *const *options)
{
    const char *arguments[OPTIONS_MAX + 2] = { "RunJobs" };
    char trace[FOLDER_MAX + 16];
    size_t count = 1;
    for (; *options && count < OPTIONS_MAX; options++)
        arguments[count++] = *options;
    snprintf(trace, sizeof(trace), "%s/trace", world->folder);
    setenv("DATABASE_URL", world->url, 1);
    setenv("E2E_TRACE", trace, 1);
    setenv("E2E_FOLDER", world->folder, 1);
    if (world->notify_socket)
        setenv("NOTIFY_SOCKET", world->notify_socket, 1);
    else
        unsetenv("NOTIFY_SOCKET");
    report_to(world, "ASAN_OPTIONS");
    report_to(world, "UBSAN_OPTIONS");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int log = open(worker->log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close_range(3, ~0U, 0);
    execv(getenv("E2E_RUNJOBS"), (char *const *)arguments);
    _exit(127);
}

struct worker_process *launch_worker(struct world *world, const char *const *options)
{
    assert_true(world->worker_count < WORKERS_MAX);
    struct worker_process *worker = &world->workers[world->worker_count++];
    *worker = (struct worker_process){ 0 };
    snprintf(worker->log, sizeof(worker->log), "%s/worker-%zu.log", world->folder, world->worker_count);
    worker->pid = fork();
    assert_true(worker->pid >= 0);
    if (worker->pid == 0)
        become_worker(world, worker, options);
    return worker;
}

static bool has_ended(struct worker_process *worker)
{
    if (!worker->ended && waitpid(worker->pid, &worker->status, WNOHANG) == worker->pid)
        worker->ended = true;
    return worker->ended;
}

struct worker_process *start_worker(struct world *world, ...)
{
    const char *options[OPTIONS_MAX] = { 0 };
    va_list arguments;
    va_start(arguments, world);
    for (size_t i = 0; i < OPTIONS_MAX - 1 && (options[i] = va_arg(arguments, const char *)); i++)
        ;
    va_end(arguments);
    struct worker_process *worker = launch_worker(world, options);
    await(log_has(worker, "working on") || has_ended(worker));
    assert_true(log_has(worker, "working on"));
    return worker;
}

struct worker_process *start_worker_at_gate(struct world *world, const char *option)
{
    insert_held(world, 1, "open");
    struct worker_process *worker = start_worker(world, option, NULL);
    await(traced(world, "start") == 1);
    return worker;
}

int await_end(struct worker_process *worker)
{
    await(has_ended(worker));
    return WIFEXITED(worker->status) ? WEXITSTATUS(worker->status) : 128 + WTERMSIG(worker->status);
}

void signal_worker(const struct worker_process *worker, int number)
{
    assert_false(worker->ended);
    assert_return_code(kill(worker->pid, number), errno);
}

void stop_worker(struct worker_process *worker)
{
    signal_worker(worker, SIGTERM);
    assert_int_equal(await_end(worker), 0);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file || getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    if (file)
        fclose(file);
    assert_non_null(text);
    return text;
}

int log_count(const struct worker_process *worker, const char *text)
{
    char *log = read_file(worker->log);
    int count = 0;
    for (const char *at = log; (at = strstr(at, text)); at += strlen(text))
        count++;
    free(log);
    return count;
}

bool log_has(const struct worker_process *worker, const char *text)
{
    return log_count(worker, text) > 0;
}

bool is_gone(pid_t pid)
{
    return kill(pid, 0) < 0 && errno == ESRCH;
}

/* ---- Traces ---- */

static void trace_path(const struct world *world, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/trace", world->folder);
}

struct trace read_trace(const struct world *world)
{
    struct trace trace = { 0 };
    char path[PATH_MAX];
    size_t lines = 1;
    trace_path(world, path);
    char *text = read_file(path);
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    trace.events = calloc(lines, sizeof(*trace.events));
    assert_non_null(trace.events);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        struct trace_event *event = &trace.events[trace.count];
        int pid;
        if (sscanf(line, "%7s %36s %d %d %d %" SCNd64, event->event, event->id, &event->attempt, &event->number, &pid,
                   &event->at_us) != 6)
            continue;
        event->pid = pid;
        trace.count++;
    }
    free(text);
    return trace;
}

void free_trace(struct trace *trace)
{
    free(trace->events);
}

int traced(const struct world *world, const char *event)
{
    struct trace trace = read_trace(world);
    int count = 0;
    for (size_t i = 0; i < trace.count; i++)
        count += strcmp(trace.events[i].event, event) == 0;
    free_trace(&trace);
    return count;
}

struct trace_event first_traced(const struct world *world, const char *event)
{
    struct trace trace = read_trace(world);
    struct trace_event found = { 0 };
    for (size_t i = trace.count; i-- > 0;)
        if (strcmp(trace.events[i].event, event) == 0)
            found = trace.events[i];
    free_trace(&trace);
    assert_string_equal(found.event, event);
    return found;
}

int64_t traced_bytes(const struct world *world)
{
    char path[PATH_MAX];
    struct stat status;
    trace_path(world, path);
    return stat(path, &status) == 0 ? status.st_size : 0;
}

static int starts_by_job(const void *a, const void *b)
{
    const struct trace_event *left = a, *right = b;
    int order = strcmp(left->event, right->event);
    return order ? order : strcmp(left->id, right->id);
}

int started_again(const struct world *world)
{
    struct trace trace = read_trace(world);
    int again = 0;
    bool counted = false;
    qsort(trace.events, trace.count, sizeof(*trace.events), starts_by_job);
    for (size_t i = 1; i < trace.count; i++) {
        bool same = starts_by_job(&trace.events[i - 1], &trace.events[i]) == 0;
        again += same && !counted && strcmp(trace.events[i].event, "end") != 0;
        counted = same;
    }
    free_trace(&trace);
    return again;
}

static int by_time(const void *a, const void *b)
{
    int64_t left = ((const struct trace_event *)a)->at_us, right = ((const struct trace_event *)b)->at_us;
    return (left > right) - (left < right);
}

int most_at_once(const struct world *world)
{
    struct trace trace = read_trace(world);
    int now = 0, most = 0;
    qsort(trace.events, trace.count, sizeof(*trace.events), by_time);
    for (size_t i = 0; i < trace.count; i++) {
        now += strcmp(trace.events[i].event, "start") == 0;
        now -= strcmp(trace.events[i].event, "end") == 0;
        most = now > most ? now : most;
    }
    free_trace(&trace);
    return most;
}

void open_gate(const struct world *world, const char *gate)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", world->folder, gate);
    int file = open(path, O_WRONLY | O_CREAT, 0644);
    assert_return_code(file, errno);
    close(file);
}

/* ---- Worlds ---- */

static void choose_url(struct world *world)
{
    static int databases;
    if (world->kind == STORE_SQLITE) {
        snprintf(world->url, sizeof(world->url), "sqlite:%s/app.db", world->folder);
        return;
    }
    const char *server = from_environment("TEST_POSTGRES_URL");
    const char *name = strrchr(server, '/');
    assert_non_null(name);
    snprintf(world->url, sizeof(world->url), "%.*s/e2e_%d", (int)(name - server), server, ++databases);
}

static int set_up(void **state)
{
    const struct e2e_test *test = *state;
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    *state = world;
    world->test = test;
    world->kind = chosen;
    snprintf(world->folder, sizeof(world->folder), "/tmp/errand-e2e.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    choose_url(world);
    int code = run_command("%s db create --database %s --schema %s >%s/create.log 2>&1", from_environment("E2E_ERRAND"),
                           world->url, from_environment("E2E_SCHEMA"), world->folder);
    if (code != 0)
        run_command("cat %s/create.log", world->folder);
    return code;
}

static void show_log(const struct worker_process *worker)
{
    char *log = read_file(worker->log);
    size_t size = strlen(log);
    print_message("---- %s, pid %d%s, status %d\n%s\n", worker->log, (int)worker->pid, worker->ended ? ", ended" : "",
                  worker->status, size > LOG_SHOWN_BYTES ? log + size - LOG_SHOWN_BYTES : log);
    free(log);
}

static int show_sanitizer_reports(const struct world *world)
{
    char pattern[FOLDER_MAX + 16];
    glob_t reports;
    snprintf(pattern, sizeof(pattern), "%s/sanitizer.*", world->folder);
    if (glob(pattern, 0, NULL, &reports) != 0)
        return 0;
    for (size_t i = 0; i < reports.gl_pathc; i++) {
        char *text = read_file(reports.gl_pathv[i]);
        fprintf(stderr, "---- %s\n%s\n", reports.gl_pathv[i], text); /* print_error would cut it */
        free(text);
    }
    globfree(&reports);
    return -1;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status, (void)kind, (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < world->worker_count; i++) {
        struct worker_process *worker = &world->workers[i];
        has_ended(worker);
        if (!world->passed)
            show_log(worker);
        if (worker->ended)
            continue;
        kill(worker->pid, SIGKILL);
        waitpid(worker->pid, &worker->status, 0);
    }
    connection_close(world->connection);
    int found = show_sanitizer_reports(world);
    nftw(world->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(world);
    return found;
}

static void run_in_world(void **state)
{
    struct world *world = *state;
    world->test->run(world);
    world->passed = true;
}

int e2e_main(int argc, char **argv, const char *group, const struct e2e_test *tests, size_t count)
{
    struct CMUnitTest list[TESTS_MAX];
    size_t used = 0;
    chosen = argc > 1 && strcmp(argv[1], "postgres") == 0 ? STORE_POSTGRES : STORE_SQLITE;
    for (size_t i = 0; i < count && used < TESTS_MAX; i++) {
        if (tests[i].only && tests[i].only != chosen)
            continue;
        list[used++] =
            (struct CMUnitTest){ tests[i].name, run_in_world, set_up, tear_down, (void *)(uintptr_t)&tests[i] };
    }
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return _cmocka_run_group_tests(group, list, used, NULL, NULL);
}
