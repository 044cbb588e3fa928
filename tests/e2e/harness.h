/* The engine as a whole, seen from outside: a database made by `errand db create`, workers that are real processes of a
   real application (app/), and what is then to be seen in the database, in logs, and in what the jobs traced. Every
   test has a world of its own. */
#ifndef E2E_HARNESS_H
#define E2E_HARNESS_H

#include "store/connection.h"

#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

enum { WORKERS_MAX = 64, FOLDER_MAX = 64 };

struct e2e_test;

struct worker_process {
    pid_t pid;
    bool ended;
    int status; /* of waitpid, once it has ended */
    char log[FOLDER_MAX + 32];
};

struct world {
    enum store_kind kind;
    char folder[FOLDER_MAX];
    char url[FOLDER_MAX + 256];
    struct connection *connection;
    struct worker_process workers[WORKERS_MAX];
    size_t worker_count;
    const char *notify_socket; /* NOTIFY_SOCKET of workers to be started; NULL: none */
    const struct e2e_test *test;
    bool passed;
};

/* What runs a list of tests; each is a function of its world. Returns main's exit code. The database is chosen by the
   program's argument: sqlite or postgres (then with the URL of a server in TEST_POSTGRES_URL). */
struct e2e_test {
    const char *name;
    void (*run)(struct world *world);
    enum store_kind only; /* 0: on both */
};
#define E2E(test)                                                                                                      \
    {                                                                                                                  \
#test, test, 0                                                                                                 \
    }
#define E2E_ONLY(kind, test)                                                                                           \
    {                                                                                                                  \
#test, test, kind                                                                                              \
    }
int e2e_main(int argc, char **argv, const char *group, const struct e2e_test *tests, size_t count);

/* Waits for a condition; when it does not come true for longer than patience, the test fails. */
struct patience {
    int64_t until_us;
    useconds_t pause_us; /* until the next try: short first */
};
enum { PATIENCE_S = 50 /* less than the poll of 60 s, which would hide what was not told */ };
struct patience patience_of(int seconds);
void patience_try(struct patience *patience, const char *condition, const char *file, int line);
#define await_for(seconds, condition)                                                                                  \
    for (struct patience patience = patience_of(seconds); !(condition);)                                               \
    patience_try(&patience, #condition, __FILE__, __LINE__)
#define await(condition) await_for(PATIENCE_S, condition)

/* ---- Database. Each takes SQL as printf does. A lost connection is opened anew. ---- */
void sql(struct world *world, const char *format, ...) ERRAND_PRINTF(2, 3);
int64_t sql_number(struct world *world, const char *format, ...) ERRAND_PRINTF(2, 3);
/* The first cell, "" for NULL or no row; valid until the next call but three. */
const char *sql_text(struct world *world, const char *format, ...) ERRAND_PRINTF(2, 3);
/* The current time, and that many seconds from it, as SQL of this database. */
const char *sql_now(const struct world *world, int seconds);
/* A connection of its own to the world's database, to be closed by the caller: for locks and open transactions. */
struct connection *open_session(const struct world *world);
void session_sql(struct connection *session, const char *text);
/* Rows with this status, without the job_status_. */
int64_t count_of(struct world *world, const char *table, const char *status);
/* Inserts rows numbered 1 to count by one statement: of traced_jobs, ordered_jobs or other_jobs. */
void insert_numbered(struct world *world, const char *table, int count);
/* Rows numbered 1 to count of traced_jobs, whose jobs wait until that gate is open. */
void insert_held(struct world *world, int count, const char *gate);
/* One row of bad_jobs; valid as long as sql_text. */
const char *insert_bad(struct world *world, const char *deed, const char *argument);

/* ---- Workers ---- */
/* Starts RunJobs with these options, ended by NULL, and waits until it is at work. */
struct worker_process *start_worker(struct world *world, ...) __attribute__((sentinel));
/* With this option, or NULL, and one job of traced_jobs that runs until the gate "open" is. */
struct worker_process *start_worker_at_gate(struct world *world, const char *option);
/* Does not wait. */
struct worker_process *launch_worker(struct world *world, const char *const *options);
/* Waits for its end; the exit code, or 128 and the signal. */
int await_end(struct worker_process *worker);
void signal_worker(const struct worker_process *worker, int number);
/* SIGTERM, and it must end in order. */
void stop_worker(struct worker_process *worker);
bool log_has(const struct worker_process *worker, const char *text);
/* How often the log has the text. */
int log_count(const struct worker_process *worker, const char *text);
/* No process has this pid any more. */
bool is_gone(pid_t pid);
/* Runs a command of the shell; its exit code. */
int run_command(const char *format, ...) ERRAND_PRINTF(1, 2);

/* ---- What jobs traced ---- */
struct trace_event {
    char event[8], id[37];
    int attempt, number;
    pid_t pid;
    int64_t at_us;
};
struct trace {
    struct trace_event *events;
    size_t count;
};
struct trace read_trace(const struct world *world);
void free_trace(struct trace *trace);
int traced(const struct world *world, const char *event);
/* The size of all of it, without reading it. */
int64_t traced_bytes(const struct world *world);
/* Jobs that were started more than once. */
int started_again(const struct world *world);
/* The first event of that kind; fails where there is none. */
struct trace_event first_traced(const struct world *world, const char *event);
/* How many jobs were between start and end at once, at the most. */
int most_at_once(const struct world *world);
/* Lets go those that wait at the gate. */
void open_gate(const struct world *world, const char *gate);

#endif
