/* errand_open, errand_run and scripts, on either database. */
#include "fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, CALLS = 25 };

static struct errand *open_it(void)
{
    struct errand_error err;
    struct errand *errand = errand_open(database.url_text, &err);
    if (!errand)
        fail_msg("%s", err.message);
    return errand;
}

static void insert(struct errand_context *ctx, void *arg)
{
    struct customer customer = { .name = arg, .visits = 1 };
    errand_begin(ctx);
    errand_record_create(ctx, &customer_table, &customer);
    errand_commit(ctx);
}

static void insert_and_fail(struct errand_context *ctx, void *arg)
{
    errand_begin(ctx);
    struct customer customer = { .name = arg, .visits = 1 };
    errand_record_create(ctx, &customer_table, &customer);
    errand_fail(ctx, "no, not %s", customer.name);
}

static int64_t customers(struct errand_context *ctx)
{
    return errand_record_count(&customer_table, (struct errand_query){ .ctx = ctx });
}

static void change_session(struct errand_context *ctx, void *arg)
{
    (void)arg;
    if (database.url.kind == STORE_SQLITE) {
        errand_sql(ctx, "PRAGMA foreign_keys = OFF");
        errand_sql(ctx, "CREATE TEMP TABLE customers (name TEXT)");
    } else {
        errand_sql(ctx, "SET search_path = nowhere");
        errand_sql(ctx, "SET TimeZone = 'Asia/Tokyo'");
        errand_sql(ctx, "SELECT pg_advisory_lock(4711)");
        errand_sql(ctx, "CREATE TEMP TABLE mine (name TEXT)");
    }
    errand_fail(ctx, "left as it is");
}

static void check_session(struct errand_context *ctx, void *arg)
{
    (void)arg;
    assert_int_equal(customers(ctx), 0);
    if (database.url.kind == STORE_SQLITE) {
        assert_string_equal(errand_sql(ctx, "PRAGMA foreign_keys").cells[0], "1");
        return;
    }
    assert_string_equal(errand_sql(ctx, "SHOW TimeZone").cells[0], "UTC");
    assert_int_equal(errand_sql(ctx, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711").count, 0);
    assert_int_equal(errand_sql(ctx, "SELECT 1 FROM pg_class WHERE relname = 'mine'").count, 0);
}

static void a_renewed_context_knows_nothing_of_the_session_before(void **state)
{
    (void)state;
    if (getenv("TEST_TRANSACTION_POOL_URL"))
        skip(); /* there the session is everyone's */
    struct errand_context *ctx = context_new(&(struct context_config){ .url = &database.url });
    empty_tables();
    context_renew(ctx); /* which has no connection yet */
    assert_int_equal(context_call(ctx, check_session, NULL).end, JOB_END_RETURNED);
    assert_string_equal(context_call(ctx, change_session, NULL).error, "left as it is");
    context_renew(ctx);
    struct context_end end = context_call(ctx, check_session, NULL);
    assert_string_equal(end.error ? end.error : "", "");
    context_free(ctx);
}

static void errand_run_gives_back_what_was_raised(struct errand_context *ctx)
{
    struct errand_error err;
    struct errand *errand = open_it();
    assert_int_equal(errand_run(errand, insert, "Ann", &err), 0);
    assert_int_equal(errand_run(errand, insert_and_fail, "Bea", &err), -1);
    assert_string_equal(err.message, "no, not Bea");
    assert_int_equal(errand_run(errand, insert_and_fail, "Bea", NULL), -1);
    assert_int_equal(errand_run(errand, insert, "Cal", &err), 0);
    assert_int_equal(customers(ctx), 2);
    errand_close(errand);
    errand_close(NULL);
}

static void *insert_many_times(void *arg)
{
    struct errand_error err;
    for (int i = 0; i < CALLS; i++) {
        if (errand_run(arg, insert, "threaded", &err) < 0)
            return strdup(err.message);
        if (i % 5 == 0 && errand_run(arg, insert_and_fail, "threaded", &err) == 0)
            return strdup("nothing was raised");
    }
    return NULL;
}

static void errand_run_serves_several_threads_at_once(struct errand_context *ctx)
{
    struct errand *errand = open_it();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, insert_many_times, errand), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        if (failure)
            fail_msg("%s", (char *)failure);
    }
    assert_int_equal(customers(ctx), THREADS * CALLS);
    errand_close(errand);
}

struct nest {
    struct errand *errand;
    struct errand_context *outer;
    int inner_ends;
};

static void fail_outer(struct errand_context *ctx, void *arg)
{
    struct nest *nest = arg;
    errand_begin(ctx);
    insert_and_fail(nest->outer, "nested");
}

static void run_inside(struct errand_context *ctx, void *arg)
{
    struct nest *nest = arg;
    nest->outer = ctx;
    errand_run(nest->errand, fail_outer, nest, NULL);
    nest->inner_ends++;
}

static void a_raise_of_the_outer_context_passes_an_inner_run(struct errand_context *ctx)
{
    (void)ctx;
    if (!on_postgres())
        return; /* the inner transaction would keep the outer one out */
    struct errand_error err;
    struct nest nest = { .errand = open_it() };
    assert_int_equal(errand_run(nest.errand, run_inside, &nest, &err), -1);
    assert_string_equal(err.message, "no, not nested");
    assert_int_equal(nest.inner_ends, 0);
    assert_int_equal(errand_run(nest.errand, insert, "Ann", &err), 0);
    assert_int_equal(errand_run(nest.errand, insert, "Bea", &err), 0);
    errand_close(nest.errand);
}

static void look(struct errand_context *ctx, void *arg)
{
    *(int64_t *)arg = customers(ctx);
}

static void a_replaced_file_is_opened_anew(struct errand_context *ctx)
{
    (void)ctx;
    if (on_postgres())
        return;
    struct errand_error err;
    int64_t count = 0;
    struct errand *errand = open_it();
    assert_int_equal(errand_run(errand, insert, "Ann", &err), 0);
    replace_database();
    assert_int_equal(errand_run(errand, insert, "Bea", &err), 0);
    assert_int_equal(number_of("SELECT count(*) FROM customers"), 2);
    run_sql("DELETE FROM customers WHERE name = 'Ann'");
    replace_database();
    assert_int_equal(errand_run(errand, look, &count, &err), 0);
    assert_int_equal(count, 1);
    errand_close(errand);
    assert_int_equal(number_of("SELECT count(*) FROM customers"), 1); /* closing the old ones left the new one alone */
}

static void a_deleted_file_is_said_to_be_gone_and_not_made(struct errand_context *ctx)
{
    (void)ctx;
    if (on_postgres())
        return;
    struct errand_error err;
    char kept[256];
    struct errand *errand = open_it();
    assert_int_equal(errand_run(errand, insert, "Ann", &err), 0);
    snprintf(kept, sizeof(kept), "%s/kept.db", database.folder);
    run_sql("VACUUM INTO '%s'", kept);
    delete_database();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(errand_run(errand, insert, "Bea", &err), -1);
        assert_non_null(strstr(err.message, "there is no database at"));
        assert_non_null(strstr(err.message, database.url.target));
        assert_int_equal(access(database.url.target, F_OK), -1);
    }
    assert_int_equal(rename(kept, database.url.target), 0);
    assert_int_equal(errand_run(errand, insert, "Cal", &err), 0);
    assert_int_equal(number_of("SELECT count(*) FROM customers"), 2);
    errand_close(errand);
}

static void replace_inside(struct errand_context *ctx, void *arg)
{
    errand_begin(ctx);
    struct customer customer = { .name = arg, .visits = 1 };
    errand_record_create(ctx, &customer_table, &customer);
    replace_database();
    errand_commit(ctx);
}

static void a_file_replaced_inside_a_transaction_raises(struct errand_context *ctx)
{
    (void)ctx;
    if (on_postgres())
        return;
    struct errand_error err;
    struct errand *errand = open_it();
    assert_int_equal(errand_run(errand, replace_inside, "Ann", &err), -1);
    assert_string_equal(err.message, "errand_commit: the database was deleted or replaced inside a transaction, which "
                                     "is thereby rolled back");
    assert_int_equal(number_of("SELECT count(*) FROM customers"), 0);
    assert_int_equal(errand_run(errand, insert, "Bea", &err), 0);
    assert_int_equal(number_of("SELECT count(*) FROM customers"), 1);
    errand_close(errand);
}

static void opening_what_is_not_there_says_so(struct errand_context *ctx)
{
    (void)ctx;
    struct errand_error err = { "" };
    assert_null(errand_open(
        on_postgres() ? "postgresql://someone:secret@127.0.0.1:1/app" : "sqlite:/nonexistent/app.db", &err));
    assert_true(strlen(err.message) > 10);
    assert_null(strstr(err.message, "secret"));
    assert_null(errand_open("nonsense", &err));
}

/* ---- Scripts ---- */

static void script(struct errand_context *ctx)
{
    insert(ctx, "by a script");
    puts("done");
}

static void failing_script(struct errand_context *ctx)
{
    insert_and_fail(ctx, "by a script");
}

struct outcome {
    int code;
    char output[4096]; /* of both streams */
};

static struct outcome run_script(void (*run)(struct errand_context *ctx), char **argv)
{
    struct outcome outcome = { 0 };
    int ends[2], argc = 0, status;
    while (argv[argc])
        argc++;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        int code = errand_script_main(argc, argv, run);
        fflush(NULL);
        _exit(code);
    }
    close(ends[1]);
    size_t used = 0;
    for (ssize_t got; (got = read(ends[0], outcome.output + used, sizeof(outcome.output) - 1 - used)) > 0;)
        used += (size_t)got;
    close(ends[0]);
    waitpid(child, &status, 0);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

static void a_script_runs_and_says_by_its_exit_code_how_it_ended(struct errand_context *ctx)
{
    char *argv[] = { "bin/Script/Import", "--database", database.url_text, NULL };
    struct outcome outcome = run_script(script, argv);
    assert_int_equal(outcome.code, 0);
    assert_string_equal(outcome.output, "done\n");
    assert_int_equal(customers(ctx), 1);
    outcome = run_script(failing_script, argv);
    assert_int_equal(outcome.code, 1);
    assert_string_equal(outcome.output, "Import: no, not by a script\n");
    assert_int_equal(customers(ctx), 1);
}

static void a_script_explains_itself(struct errand_context *ctx)
{
    (void)ctx;
    struct outcome outcome = run_script(script, (char *[]){ "Import", "--help", NULL });
    assert_int_equal(outcome.code, 0);
    assert_non_null(strstr(outcome.output, "usage: Import [--database URL]"));
    outcome = run_script(script, (char *[]){ "Import", "--version", NULL });
    assert_int_equal(outcome.code, 0);
    assert_string_equal(outcome.output, "Import (errand) " ERRAND_VERSION "\n");
    outcome = run_script(script, (char *[]){ "Import", "--nonsense", NULL });
    assert_int_equal(outcome.code, 2);
    assert_string_equal(outcome.output, "Import: there is no option '--nonsense'; --help shows those there are\n");
    outcome = run_script(script, (char *[]){ "Import", "--database", NULL });
    assert_int_equal(outcome.code, 2);
    outcome = run_script(script, (char *[]){ "Import", "--database=sqlite:/nonexistent/app.db", NULL });
    assert_int_equal(outcome.code, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(errand_run_gives_back_what_was_raised),
        cmocka_unit_test(a_renewed_context_knows_nothing_of_the_session_before),
        IN_CONTEXT(errand_run_serves_several_threads_at_once),
        IN_CONTEXT(a_raise_of_the_outer_context_passes_an_inner_run),
        IN_CONTEXT(a_replaced_file_is_opened_anew),
        IN_CONTEXT(a_deleted_file_is_said_to_be_gone_and_not_made),
        IN_CONTEXT(a_file_replaced_inside_a_transaction_raises),
        IN_CONTEXT(opening_what_is_not_there_says_so),
        IN_CONTEXT(a_script_runs_and_says_by_its_exit_code_how_it_ended),
        IN_CONTEXT(a_script_explains_itself),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
