/* A database with the fixture's tables and a store on it. */
#include "harness.h"

#include "base/clock.h"
#include "base/uuid.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 30000 };

static struct {
    enum store_kind kind;
    const char *program;
} started;

void harness_use(enum store_kind kind, const char *program)
{
    started.kind = kind;
    started.program = program;
}

/* ---- The fixture's types ---- */

#define COLUMNS                                                                                                        \
    { .name = "id", .sql_type = "uuid", .type = ERRAND_TYPE_UUID, .has_default = true },                               \
        { .name = "created_at", .sql_type = "timestamptz", .type = ERRAND_TYPE_TIME, .has_default = true },            \
        { .name = "updated_at", .sql_type = "timestamptz", .type = ERRAND_TYPE_TIME, .has_default = true },            \
        { .name = "status", .sql_type = "job_status", .type = ERRAND_TYPE_ENUM, .has_default = true },                 \
        { .name = "last_error", .sql_type = "text", .type = ERRAND_TYPE_TEXT, .nullable = true },                      \
        { .name = "attempts_count", .sql_type = "integer", .type = ERRAND_TYPE_INT32, .has_default = true },           \
        { .name = "locked_at", .sql_type = "timestamptz", .type = ERRAND_TYPE_TIME, .nullable = true },                \
        { .name = "locked_by", .sql_type = "uuid", .type = ERRAND_TYPE_UUID, .nullable = true },                       \
    {                                                                                                                  \
        .name = "run_at", .sql_type = "timestamptz", .type = ERRAND_TYPE_TIME, .has_default = true                     \
    }

static const struct errand_column standard_columns[] = { COLUMNS };
static const struct errand_column fixture_columns[] = {
    COLUMNS,
    { .name = "note", .sql_type = "text", .type = ERRAND_TYPE_TEXT, .nullable = true },
    { .name = "queue_position", .sql_type = "bigint", .type = ERRAND_TYPE_INT64, .has_default = true },
};
static const size_t id_column[] = { 0 };

#define TABLE(type, list)                                                                                              \
    static const struct errand_table type##_table = {                                                                  \
        .name = #type,                                                                                                 \
        .record_name = #type,                                                                                          \
        .columns = list,                                                                                               \
        .column_count = sizeof(list) / sizeof(*list),                                                                  \
        .primary_key = id_column,                                                                                      \
        .primary_key_count = 1,                                                                                        \
    };                                                                                                                 \
    const struct errand_job_type type = { .table = &type##_table, .options = &options };

static const struct errand_job_options options = {
    .max_attempts = 3,
    .max_concurrency = 16,
    .backoff = LINEAR_BACKOFF(30),
    .queue_poll_interval = 60000000,
    .stale_job_timeout = 600000000,
};
TABLE(fixture_jobs, fixture_columns)
TABLE(foreign_jobs, standard_columns)
TABLE(old_jobs, standard_columns)
TABLE(missing_jobs, standard_columns)

/* ---- The database ---- */

static char *read_fixture(enum store_kind kind)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s.sql", getenv("TEST_FIXTURES"), kind == STORE_SQLITE ? "sqlite" : "postgres");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

static void choose_url(struct fixture *fixture)
{
    struct errand_error err = { "" };
    char url[512];
    if (fixture->kind == STORE_SQLITE) {
        strcpy(fixture->folder, "/tmp/errand-store-XXXXXX");
        assert_non_null(mkdtemp(fixture->folder));
        snprintf(url, sizeof(url), "sqlite:%s/app.db", fixture->folder);
    } else {
        assert_non_null(getenv("TEST_POSTGRES_URL"));
        snprintf(url, sizeof(url), "%s", getenv("TEST_POSTGRES_URL"));
    }
    if (store_url_parse(url, &fixture->url, &err) < 0)
        fail_msg("%s", err.message);
}

int harness_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct errand_error err = { "" };
    bool created;
    fixture->kind = started.kind;
    choose_url(fixture);
    fixture->sql = connection_create(&fixture->url, &created, &err);
    if (!fixture->sql)
        fail_msg("%s", err.message);
    char *script = read_fixture(fixture->kind);
    if (connection_script(fixture->sql, script, &err) < 0)
        fail_msg("%s", err.message);
    free(script);
    uv_loop_init(&fixture->loop);
    fixture->worker = worker_new(fixture);
    *state = fixture;
    return 0;
}

int harness_teardown(void **state)
{
    struct fixture *fixture = *state;
    worker_free(fixture->worker);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    connection_close(fixture->sql);
    store_url_release(&fixture->url);
    if (fixture->folder[0] != '\0') {
        char command[128];
        snprintf(command, sizeof(command), "rm -r %s", fixture->folder);
        assert_int_equal(system(command), 0);
    }
    free(fixture);
    return 0;
}

/* ---- The loop ---- */

static void on_limit(uv_timer_t *timer)
{
    *(int *)timer->data = 1;
}

void await(struct fixture *fixture, const int *what)
{
    int over = 0;
    uv_timer_t limit;
    uv_timer_init(&fixture->loop, &limit);
    limit.data = &over;
    uv_update_time(&fixture->loop); /* it may be long ago that the loop ran */
    uv_timer_start(&limit, on_limit, LIMIT_MS, 0);
    while (!*what && !over)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
    if (!*what)
        fail_msg("nothing came for %d ms", LIMIT_MS);
}

/* ---- Workers ---- */

static void on_available(void *owner, struct store_table *table)
{
    struct worker *worker = owner;
    assert_ptr_equal(store_table_owner(table), worker);
    worker->available++;
}

static void on_online(void *owner)
{
    ((struct worker *)owner)->online++;
}

static void on_offline(void *owner, const char *why)
{
    (void)owner;
    (void)why;
}

static void on_fatal(void *owner, const char *why)
{
    struct worker *worker = owner;
    snprintf(worker->fatal, sizeof(worker->fatal), "%s", why);
    worker->online++; /* so that whoever waits for it goes on and sees */
}

static const struct store_events events = { on_available, on_online, on_offline, on_fatal };
static const struct log quiet = { .fd = 2, .level = ERRAND_LOG_ERROR };

struct worker *worker_open(struct fixture *fixture)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    struct errand_error err = { "" };
    worker->fixture = fixture;
    random_bytes(&worker->id, sizeof(worker->id));
    struct store_config config = {
        .url = &fixture->url, .log = &quiet, .worker = worker->id, .application_name = "test"
    };
    worker->store = store_open(&fixture->loop, &config, &events, worker, &err);
    if (!worker->store)
        fail_msg("%s", err.message);
    return worker;
}

struct worker *worker_new(struct fixture *fixture)
{
    struct worker *worker = worker_open(fixture);
    worker->jobs = store_table(worker->store, &fixture_jobs, worker);
    await(fixture, &worker->online);
    assert_string_equal(worker->fatal, "");
    struct answered installed = install(worker);
    if (installed.fault != STORE_OK)
        fail_msg("%s", installed.message);
    struct prepared prepared = prepare(worker, worker->jobs);
    if (!prepared.state.usable)
        fail_msg("%s", prepared.warning);
    return worker;
}

static void on_closed(void *arg)
{
    *(int *)arg = 1;
}

void worker_free(struct worker *worker)
{
    int closed = 0;
    store_close(worker->store, on_closed, &closed);
    await(worker->fixture, &closed);
    free(worker);
}

/* ---- Verbs ---- */

void answered(void *arg, struct store_result result)
{
    struct answered *into = arg;
    assert_non_null(result.message);
    into->done++;
    into->fault = result.fault;
    snprintf(into->message, sizeof(into->message), "%s", result.message);
}

struct answered install(struct worker *worker)
{
    struct answered into = { 0 };
    store_install(worker->store, answered, &into);
    await(worker->fixture, &into.done);
    return into;
}

struct answered heartbeat(struct worker *worker)
{
    struct answered into = { 0 };
    store_heartbeat(worker->store, answered, &into);
    await(worker->fixture, &into.done);
    return into;
}

/* As a worker does: where someone is inserting at this moment, it asks again. */
struct answered fall_asleep(struct worker *worker)
{
    struct answered into;
    do {
        into = (struct answered){ 0 };
        store_sleep(worker->jobs, answered, &into);
        await(worker->fixture, &into.done);
    } while (into.fault == STORE_BUSY);
    return into;
}

static void on_prepared(void *arg, struct store_result result, const struct store_table_state *state)
{
    struct prepared *into = arg;
    if (state) {
        into->state = *state;
        snprintf(into->warning, sizeof(into->warning), "%s", state->warning ? state->warning : "");
    }
    answered(&into->base, result);
}

struct prepared prepare(struct worker *worker, struct store_table *table)
{
    struct prepared into = { 0 };
    store_table_prepare(table, on_prepared, &into);
    await(worker->fixture, &into.base.done);
    return into;
}

static void decode(struct job *job, const char *row, size_t size)
{
    const char *end = row + size;
    while (row < end) {
        uint32_t length;
        memcpy(&length, row, sizeof(length));
        row += sizeof(length);
        job->null[job->columns] = length == UINT32_MAX;
        if (length == UINT32_MAX)
            length = 0;
        assert_true(length <= (size_t)(end - row));
        snprintf(job->cells[job->columns++], sizeof(job->cells[0]), "%.*s", (int)length, row);
        row += length;
    }
}

static void on_exchanged(void *arg, struct store_result result, const struct store_answer *answer)
{
    struct exchanged *into = arg;
    into->count = answer ? answer->job_count : 0;
    into->jobs = calloc(into->count + 1, sizeof(*into->jobs));
    for (size_t i = 0; i < into->count; i++) {
        const struct store_job *job = &answer->jobs[i];
        snprintf(into->jobs[i].id, sizeof(into->jobs[i].id), "%s", job->id);
        into->jobs[i].claim = job->claim;
        into->jobs[i].attempts = job->attempts;
        into->jobs[i].late_us = job->late_us;
        into->jobs[i].place = job->place;
        decode(&into->jobs[i], job->row, job->row_size);
    }
    into->dropped = answer ? answer->dropped : 0;
    if (into->dropped)
        snprintf(into->dropped_id, sizeof(into->dropped_id), "%s", answer->dropped_id);
    into->cut = answer && answer->cut;
    into->locked = answer ? answer->locked : 0;
    if (answer && answer->refused_id)
        snprintf(into->refused_id, sizeof(into->refused_id), "%s", answer->refused_id);
    if (into->locked)
        snprintf(into->locked_id, sizeof(into->locked_id), "%s", answer->locked_ids[0]);
    answered(&into->base, result);
}

void exchange_begin(struct store_table *table, const struct store_exchange *wanted, struct exchanged *into)
{
    *into = (struct exchanged){ 0 };
    store_exchange(table, wanted, on_exchanged, into);
}

struct exchanged exchange(struct worker *worker, struct store_table *table, const struct store_exchange *wanted)
{
    struct exchanged into;
    exchange_begin(table, wanted, &into);
    await(worker->fixture, &into.base.done);
    return into;
}

void exchanged_release(struct exchanged *exchanged)
{
    free(exchanged->jobs);
    exchanged->jobs = NULL;
}

struct exchanged claim_from(struct worker *worker, struct store_table *table, size_t limit)
{
    struct store_exchange wanted = { .claim = ++worker->claims, .claim_limit = limit };
    return exchange(worker, table, &wanted);
}

struct exchanged claim(struct worker *worker, size_t limit)
{
    struct exchanged got = claim_from(worker, worker->jobs, limit);
    if (got.base.fault != STORE_OK)
        fail_msg("%s", got.base.message);
    return got;
}

struct job claim_one(struct worker *worker)
{
    struct exchanged got = claim(worker, 1);
    assert_int_equal(got.count, 1);
    struct job job = got.jobs[0];
    exchanged_release(&got);
    return job;
}

struct store_outcome outcome_of(const struct job *job, enum job_end end, const char *error)
{
    return (struct store_outcome){
        .id = job->id,
        .claim = job->claim,
        .attempts = job->attempts,
        .end = end,
        .transition = job_transition(end, job->attempts, &options, 5000000),
        .error = error,
        .place = job->place,
    };
}

struct exchanged send_outcomes(struct worker *worker, struct store_table *table, const struct store_outcome *outcomes,
                               size_t count)
{
    struct store_exchange wanted = { .outcomes = outcomes, .outcome_count = count };
    return exchange(worker, table, &wanted);
}

struct exchanged finish(struct worker *worker, const struct job *job, enum job_end end, const char *error)
{
    struct store_outcome outcome = outcome_of(job, end, error);
    struct exchanged got = send_outcomes(worker, worker->jobs, &outcome, 1);
    exchanged_release(&got);
    return got;
}

static void on_recovered(void *arg, struct store_result result, const struct store_recovered *recovered)
{
    struct recovered *into = arg;
    into->retried = recovered->retried;
    into->failed = recovered->failed;
    into->others = recovered->others;
    into->undecided = recovered->undecided;
    answered(&into->base, result);
}

struct recovered recover(struct worker *worker, const uint64_t *held, size_t count)
{
    struct recovered into = { 0 };
    store_recover(worker->jobs, held, count, on_recovered, &into);
    await(worker->fixture, &into.base.done);
    return into;
}

struct due {
    struct answered base;
    int64_t delay_us;
};

static void on_due(void *arg, struct store_result result, int64_t delay_us)
{
    struct due *into = arg;
    into->delay_us = delay_us;
    answered(&into->base, result);
}

int64_t next_due(struct worker *worker)
{
    struct due into = { 0 };
    store_next_due(worker->jobs, on_due, &into);
    await(worker->fixture, &into.base.done);
    assert_int_equal(into.base.fault, STORE_OK);
    return into.delay_us;
}

/* ---- The database, as another program sees it ---- */

static struct result *query(struct fixture *fixture, const char *text, const struct errand_value *values)
{
    struct result *result;
    struct errand_error err = { "" };
    size_t count = 0;
    while (values[count].kind != ERRAND_VALUE_NONE)
        count++;
    if (connection_query(fixture->sql, text, values, count, &result, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    return result;
}

void sql_values(struct fixture *fixture, const char *text, const struct errand_value *values)
{
    result_free(query(fixture, text, values));
}

const char *ask_values(struct fixture *fixture, const char *text, const struct errand_value *values)
{
    static char answer[128 * 1024];
    struct result *result = query(fixture, text, values);
    const char *first = result_rows(result) > 0 ? result_cell(result, 0, 0, NULL) : "(none)";
    snprintf(answer, sizeof(answer), "%s", first ? first : "(null)");
    result_free(result);
    return answer;
}

int64_t ask_number(struct fixture *fixture, const char *text)
{
    return strtoll(ask(fixture, text), NULL, 10);
}

const char *cell(struct fixture *fixture, const struct job *job, const char *column)
{
    char text[256];
    snprintf(text, sizeof(text), "SELECT %s FROM fixture_jobs WHERE id = $1", column);
    return ask(fixture, text, errand_text(job->id));
}

int64_t cell_from_now_us(struct fixture *fixture, const struct job *job, const char *column)
{
    errand_time time;
    const char *text = cell(fixture, job, column);
    if (clock_parse(text, &time) < 0)
        fail_msg("%s is %s", column, text);
    return time - clock_realtime_us();
}

void insert_many(struct fixture *fixture, int count)
{
    sql(fixture,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($1 AS INTEGER)) "
        "INSERT INTO fixture_jobs (note) SELECT CAST(i AS TEXT) FROM n",
        errand_int(count));
}

void insert_due(struct fixture *fixture, const char *note, int64_t delay_us)
{
    sql(fixture, "INSERT INTO fixture_jobs (note, run_at) VALUES ($1, $2)", errand_text(note),
        errand_timestamp(clock_realtime_us() + delay_us));
}

extern char **environ;

static int start_program(char *const *arguments, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (output >= 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1);
    pid_t pid;
    assert_int_equal(posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

void insert_by_program(struct fixture *fixture)
{
    char *sqlite[] = {
        "sqlite3", "-cmd", ".timeout 20000", fixture->url.target, "INSERT INTO fixture_jobs DEFAULT VALUES", NULL
    };
    char *psql[] = { "psql", "-qX", "-d", fixture->url.target, "-c", "INSERT INTO fixture_jobs DEFAULT VALUES", NULL };
    int status, pid = start_program(fixture->kind == STORE_SQLITE ? sqlite : psql, -1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* ---- Other processes ---- */

static int start_role(struct fixture *fixture, const char *role, size_t count, int output)
{
    char number[32], url[1024];
    snprintf(number, sizeof(number), "%zu", count);
    snprintf(url, sizeof(url), "%s%s", fixture->kind == STORE_SQLITE ? "sqlite:" : "", fixture->url.target);
    char *arguments[] = { (char *)started.program, (char *)role, url, number, NULL };
    return start_program(arguments, output);
}

int holder_start(struct fixture *fixture, size_t count)
{
    int out[2];
    char byte;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    int pid = start_role(fixture, "holder", count, out[1]);
    close(out[1]);
    assert_int_equal(read(out[0], &byte, 1), 1); /* it has claimed */
    close(out[0]);
    return pid;
}

void holder_kill(int pid)
{
    int status;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static int hold(struct fixture *fixture, size_t count)
{
    uv_loop_init(&fixture->loop);
    struct worker *worker = worker_new(fixture);
    struct exchanged got = claim(worker, count);
    if (got.count != count || write(1, "c", 1) != 1)
        return 3;
    for (;;)
        pause();
}

int inserter_start(struct fixture *fixture, size_t count)
{
    return start_role(fixture, "inserter", count, -1);
}

void inserter_end(int pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int insert(struct fixture *fixture, size_t count)
{
    struct errand_error err;
    fixture->sql = connection_open(&fixture->url, &err);
    for (size_t i = 0; fixture->sql && i < count; i++)
        if (connection_query(fixture->sql, "INSERT INTO fixture_jobs DEFAULT VALUES", NULL, 0, NULL, &err) < 0)
            return 4;
    connection_close(fixture->sql);
    return fixture->sql ? 0 : 5;
}

int role_main(const char *role, const char *url, size_t count)
{
    struct fixture fixture = { 0 };
    if (store_url_parse(url, &fixture.url, NULL) < 0)
        return 2;
    int code = strcmp(role, "holder") == 0 ? hold(&fixture, count) : insert(&fixture, count);
    store_url_release(&fixture.url);
    return code;
}
