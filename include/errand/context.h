/* The context that perform, a script, a view or an application function is given: its database, memory, log and
   errors. A context belongs to one thread; a call from another is refused. */
#ifndef ERRAND_CONTEXT_H
#define ERRAND_CONTEXT_H

#include <errand/value.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#define ERRAND_NORETURN [[noreturn]]
#else
#define ERRAND_NORETURN _Noreturn
#endif

#define ERRAND_PRINTF(text, first) __attribute__((format(printf, text, first)))

struct errand_context;

/* The sentence of an error that does not raise: what was tried, with what, what came back, what to do. */
struct errand_error {
    char message[1024];
};

/* ---- Errors raise: these do not return. They unwind to the boundary (the job, the script, errand_run), running C++
   destructors, cleanup attributes (with -fexceptions) and errand_on_unwind functions, as every failing database call
   does. As with C++ exceptions, raising through a noexcept function (a destructor is one) ends the program, unless that
   function runs because of a raise: then the unwinding ends there, and the first error counts. ---- */

/* The job fails with this text as last_error, and is retried while attempts are left. At most 8 KiB are kept. */
ERRAND_NORETURN void errand_fail(struct errand_context *ctx, const char *format, ...) ERRAND_PRINTF(2, 3);
/* The same with ": " and the text of errno appended. */
ERRAND_NORETURN void errand_fail_errno(struct errand_context *ctx, const char *format, ...) ERRAND_PRINTF(2, 3);
/* The job fails for good: no retry, whatever max_attempts says. Outside a job: as errand_fail. */
ERRAND_NORETURN void errand_discard(struct errand_context *ctx, const char *format, ...) ERRAND_PRINTF(2, 3);
/* The job is pending again after delay_us microseconds (0 or more) of database time, and this attempt is not
   counted. Outside a job: as errand_fail. */
ERRAND_NORETURN void errand_snooze(struct errand_context *ctx, int64_t delay_us);

/* Calls fn(arg) if the context unwinds before errand_off_unwind(ctx, fn, arg); last registered, first called. */
void errand_on_unwind(struct errand_context *ctx, void (*fn)(void *arg), void *arg);
void errand_off_unwind(struct errand_context *ctx, void (*fn)(void *arg), void *arg);

/* ---- Memory of the context: gone when the job, request, script or errand_run ends. Never NULL: a failed allocation
   raises. Zeroed. ---- */
void *errand_alloc(struct errand_context *ctx, size_t size);
char *errand_strdup(struct errand_context *ctx, const char *text);
char *errand_printf(struct errand_context *ctx, const char *format, ...) ERRAND_PRINTF(2, 3);

/* ---- Time, by the clock of the database. ---- */
/* Now, to the microsecond. PostgreSQL is asked, so it raises where it cannot be; SQLite's clock is this machine's. */
errand_time errand_now(struct errand_context *ctx);
/* Microseconds left until the timeout of the running job; INT64_MAX where there is none. */
int64_t errand_time_left_us(struct errand_context *ctx);

/* ---- Transactions. A record created inside exists if and only if it commits. They do not nest: errand_begin inside
   one raises. One left open when perform returns is rolled back and fails the job. ---- */
void errand_begin(struct errand_context *ctx);
void errand_commit(struct errand_context *ctx);
void errand_rollback(struct errand_context *ctx);

/* ---- SQL of one's own, on the context's connection. Placeholders are $1, $2, ... on both databases. ---- */
struct errand_rows {
    size_t count;
    size_t columns;
    /* cell [row * columns + column], NUL-terminated text as the database prints it, NULL for SQL NULL */
    const char *const *cells;
};
/* Values end at the first ERRAND_VALUE_NONE or after ERRAND_VALUES_MAX. The rows live in the context's memory. */
struct errand_rows errand_sql_values(struct errand_context *ctx, const char *sql, const struct errand_value *values);
/* errand_sql(ctx, "SELECT name FROM bands WHERE id = $1", errand_id(&id)) */
#ifdef __cplusplus
extern "C++" template <typename... Values>
struct errand_rows errand_sql(struct errand_context *ctx, const char *sql, Values... values)
{
    static_assert(sizeof...(values) <= ERRAND_VALUES_MAX, "more values than ERRAND_VALUES_MAX");
    const struct errand_value list[] = { values..., errand_value() };
    return errand_sql_values(ctx, sql, list);
}
#else
#define errand_sql(ctx, ...) errand_sql_(ctx, __VA_ARGS__, (struct errand_value){ 0 })
#define errand_sql_(ctx, sql, ...)                                                                                     \
    errand_sql_values(ctx, sql, (const struct errand_value[ERRAND_VALUES_MAX + 1]){ __VA_ARGS__ })
#endif

/* ---- Log: one line on standard error, marked with the job's type and id. ---- */
enum errand_log_level { ERRAND_LOG_DEBUG, ERRAND_LOG_INFO, ERRAND_LOG_WARNING, ERRAND_LOG_ERROR };
void errand_log(struct errand_context *ctx, enum errand_log_level level, const char *format, ...) ERRAND_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
