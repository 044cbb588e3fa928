/* errand doctor: what is missing or wrong, each in a sentence that says what to do. It changes nothing. */
#include "cli/session.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "base/json.h"
#include "migrate/migrate.h"
#include "record/context.h"
#include "record/statement.h"
#include "store/backend.h"
#include "store/postgres/names.h"

#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    REPORT_MAX = 4 * 1024 * 1024,
    SOURCE_MAX = 4 * 1024 * 1024, /* of a job's file that is looked at */
    POSTGRES_MIN = 130000,
    CLOCK_MAX_US = 5 * 1000000,
};

struct doctor {
    struct session session;
    bool json;
    struct buffer out;
    struct json writer;
    size_t faults;
};

static void tell(struct doctor *doctor, bool fault, const char *format, ...) ERRAND_PRINTF(3, 4);

static void tell(struct doctor *doctor, bool fault, const char *format, ...)
{
    char *sentence;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&sentence, format, arguments);
    va_end(arguments);
    doctor->faults += fault;
    if (size < 0)
        return;
    if (doctor->json) {
        json_begin(&doctor->writer, NULL, '{');
        json_bool(&doctor->writer, "ok", !fault);
        json_text(&doctor->writer, "finding", sentence);
        json_end(&doctor->writer, '}');
    } else {
        printf("%s  %s\n", fault ? "FAULT" : "ok   ", sentence);
        fflush(stdout);
    }
    free(sentence);
}

/* ---- The database ---- */

static void look_at_server(struct errand_context *ctx, struct doctor *doctor)
{
    const char *shown = doctor->session.url.shown;
    int64_t apart = errand_now(ctx) - clock_realtime_us();
    if (doctor->session.url.kind == STORE_POSTGRES) {
        struct errand_rows rows = errand_sql(ctx, "SELECT current_setting('server_version_num'), "
                                                  "current_setting('server_version')");
        bool old = atoi(rows.cells[0]) < POSTGRES_MIN;
        tell(doctor, old, "%s is PostgreSQL %s%s", shown, rows.cells[1], old ? "; 13 is the oldest that works" : "");
    } else {
        struct errand_rows rows = errand_sql(ctx, "SELECT sqlite_version()");
        tell(doctor, false, "%s is a file of SQLite %s", shown, rows.cells[0]);
    }
    if (apart > CLOCK_MAX_US || apart < -CLOCK_MAX_US)
        tell(doctor, true,
             "the database's clock, which jobs go by, is %" PRId64 " s %s this machine's; set both by NTP",
             (apart > 0 ? apart : -apart) / 1000000, apart > 0 ? "ahead of" : "behind");
}

/* Whether the database has what Schema.sql says, in the words of the migration that would bring it there. */
static void look_at_structure(struct errand_context *ctx, struct doctor *doctor)
{
    struct errand_error err;
    struct migrate_outcome outcome;
    const struct session *session = &doctor->session;
    const struct migrate_request request = {
        .connection = context_connection(ctx), .schema = session->schema, .folder = session->migrations, .dry_run = true
    };
    int result = migrate_run(&request, &outcome, &err);
    if (result != 0)
        tell(doctor, true, "%s", err.message);
    for (size_t i = 0; result == 0 && i < outcome.step_count; i++)
        tell(doctor, true, "the database is not as %s says; to do: %s (errand migrate%s)", session->schema_file,
             outcome.steps[i].todo, outcome.steps[i].destructive ? " --allow-destructive" : "");
    for (size_t i = 0; result == 0 && i < outcome.file_count; i++)
        if (outcome.files[i].state == MIGRATE_FILE_WAITS)
            tell(doctor, true, "%s is not applied yet (errand migrate%s)", outcome.files[i].path,
                 outcome.files[i].destructive ? " --allow-destructive" : "");
    if (result == 0 && migrate_is_complete(&outcome))
        tell(doctor, false, "the database has what %s says", session->schema_file);
    migrate_outcome_release(&outcome);
}

/* ---- Job types ---- */

/* A timestamp without a zone means something else in every session's time zone. */
static void look_at_zones(struct doctor *doctor, const struct errand_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct errand_column *column = &table->columns[i];
        if (column->managed && column->type == ERRAND_TYPE_TIME && strstr(column->sql_type, "without time zone"))
            tell(doctor, true,
                 "%s.%s has no time zone: jobs would run hours too early or late; ALTER TABLE %s ALTER COLUMN %s TYPE "
                 "TIMESTAMP WITH TIME ZONE",
                 table->name, column->name, table->name, column->name);
    }
}

/* What a source says of a job type; the worker leaves its jobs alone unless it performs them. */
enum declared { DECLARED_NOT, DECLARED_EMPTY, DECLARED_PERFORMED };

/* Whether one of the arguments that begin there names .perform, or may: a macro holds anything. */
static bool performs(const char *arguments)
{
    int depth = 1;
    for (const char *at = arguments; *at != '\0' && depth > 0; at++) {
        depth += (*at == '(') - (*at == ')');
        const char *word = at + 1 + strspn(at + 1, " \t\r\n\\");
        if (*at == ',' && depth == 1 && (strncmp(word, ".perform", strlen(".perform")) == 0 || !strchr(".)", *word)))
            return true;
    }
    return false;
}

/* JOB(TYPE, with any space between; comments are not told apart, which for a look is good enough. */
static enum declared declares(const char *text, const char *type)
{
    for (const char *at = text; (at = strstr(at, "JOB")); at += 3) {
        const char *next = at + 3 + strspn(at + 3, " \t");
        if (*next != '(')
            continue;
        next += 1 + strspn(next + 1, " \t\r\n");
        size_t length = strlen(type);
        if (strncmp(next, type, length) == 0 && next[length] != '\0' && strchr(" \t\r\n,", next[length]))
            return performs(next + length) ? DECLARED_PERFORMED : DECLARED_EMPTY;
    }
    return DECLARED_NOT;
}

static enum declared file_declares(const char *path, const char *type)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool regular = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    char *text = regular ? malloc(SOURCE_MAX + 1) : NULL;
    ssize_t size = text ? read(file, text, SOURCE_MAX) : -1;
    enum declared found = DECLARED_NOT;
    if (size >= 0) {
        text[size] = '\0';
        found = declares(text, type);
    }
    free(text);
    if (file >= 0)
        close(file);
    return found;
}

/* The folder's own name may hold what a pattern means otherwise. */
static void find_jobs(const char *root, glob_t *files)
{
    struct buffer pattern = BUFFER_INIT(2 * PATH_MAX + sizeof "*/Job/*.c");
    for (; *root; root++)
        buffer_printf(&pattern, strchr("*?[\\", *root) ? "\\%c" : "%c", *root);
    buffer_puts(&pattern, "*/Job/*.c");
    if (!pattern.failed)
        glob(pattern.data, 0, NULL, files);
    buffer_release(&pattern);
}

static void look_at_job(struct doctor *doctor, const struct errand_table *table, const glob_t *files)
{
    enum declared found = DECLARED_NOT;
    size_t next = 0;
    while (found == DECLARED_NOT && next < files->gl_pathc)
        found = file_declares(files->gl_pathv[next++], table->record_name);
    if (found == DECLARED_NOT)
        tell(doctor, true, "no file */Job/*.c has a JOB(%s, ...): jobs of %s stay queued", table->record_name,
             table->name);
    else if (found == DECLARED_EMPTY)
        tell(doctor, true, "%s: JOB(%s, ...) names no .perform: jobs of %s stay queued", files->gl_pathv[next - 1],
             table->record_name, table->name);
}

static void look_at_sources(struct doctor *doctor)
{
    glob_t files = { 0 };
    find_jobs(doctor->session.root, &files);
    for (size_t i = 0; i < doctor->session.job_count; i++) {
        look_at_job(doctor, doctor->session.jobs[i], &files);
        look_at_zones(doctor, doctor->session.jobs[i]);
    }
    globfree(&files);
}

/* ---- Work ---- */

/* tables is what a worker registered: names with commas between. */
static bool works_on(const char *tables, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = tables; (at = strstr(at, name)); at += length) {
        bool begins = at == tables || strchr(", .\"", at[-1]);
        if (begins && (at[length] == '\0' || strchr(", \"", at[length])))
            return true;
    }
    return false;
}

static size_t count_workers(const struct admin_workers *workers, const char *table)
{
    size_t count = 0;
    for (size_t i = 0; i < workers->count; i++)
        count += workers->items[i].alive && (!table || works_on(workers->items[i].tables, table));
    return count;
}

/* Whether a table that is there has no triggers which tell workers of new jobs, as a worker judges it when it starts
   and makes them. */
static bool is_silent(struct errand_context *ctx, const struct errand_table *table)
{
    char *channel = names_of(NAMES_CHANNEL, table->name);
    struct errand_rows rows = errand_sql(
        ctx,
        "SELECT 1 FROM pg_catalog.pg_class AS c LEFT JOIN (pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p "
        "ON p.oid = t.tgfoid AND strpos(p.prosrc, $3) > 0) ON t.tgrelid = c.oid AND t.tgenabled IN ('O', 'A') "
        "WHERE c.oid = to_regclass(concat(quote_ident($1) || '.', quote_ident($2))) GROUP BY c.oid "
        "HAVING (bool_or(t.tgtype & 4 <> 0) AND bool_or(t.tgtype & 16 <> 0)) IS NOT TRUE",
        table->schema ? errand_text(table->schema) : errand_null(), errand_text(table->name),
        errand_text(channel ? channel : ""));
    free(channel);
    return rows.count > 0;
}

/* Before a worker has been there, none are missing. */
static void look_at_triggers(struct errand_context *ctx, struct doctor *doctor)
{
    const struct session *session = &doctor->session;
    if (session->url.kind == STORE_SQLITE ||
        errand_sql(ctx, "SELECT 1 WHERE to_regclass('errand_workers') IS NOT NULL").count == 0)
        return;
    for (size_t i = 0; i < session->job_count; i++)
        if (is_silent(ctx, session->jobs[i]))
            tell(
                doctor, true,
                "no trigger tells workers of new jobs in %s, so they are only found now and then; a worker that starts "
                "makes them, where it may: GRANT TRIGGER ON %s to its role, and CREATE on the schema",
                session->jobs[i]->name, session->jobs[i]->name);
}

/* Whether the schema has an index for claiming, so that one that lacks was told already. */
static bool declares_index(const struct schema *schema, const struct errand_table *table)
{
    for (size_t i = 0; i < schema->index_count; i++) {
        const struct schema_index *index = schema->indexes[i];
        if (strcmp(index->table->name, table->name) == 0 && index->parts[0].column &&
            strcmp(index->parts[0].column, "run_at") == 0)
            return true;
    }
    return false;
}

static bool has_index(struct errand_context *ctx, const struct doctor *doctor, const struct errand_table *table)
{
    if (doctor->session.url.kind == STORE_SQLITE)
        return errand_sql(ctx,
                          "SELECT 1 FROM pragma_index_list($1) AS list, pragma_index_info(list.name) AS part "
                          "WHERE part.seqno = 0 AND part.name = 'run_at'",
                          errand_text(table->name))
                   .count > 0;
    return errand_sql(
               ctx,
               "SELECT 1 FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_attribute AS a "
               "ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE i.indisvalid AND a.attname = 'run_at' "
               "AND i.indrelid = to_regclass(concat(quote_ident($1) || '.', quote_ident($2)))",
               table->schema ? errand_text(table->schema) : errand_null(), errand_text(table->name))
               .count > 0;
}

/* As a worker says when it starts. */
static void look_at_index(struct errand_context *ctx, struct doctor *doctor, const struct errand_table *table)
{
    struct buffer advice = BUFFER_INIT(4096);
    const char *then = doctor->session.url.kind == STORE_SQLITE ? NULL : "created_at, id";
    if (declares_index(doctor->session.schema, table) || has_index(ctx, doctor, table))
        return;
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, "queue_position") == 0)
            then = table->columns[i].name;
    const char *schema = table->schema ? errand_printf(ctx, "\"%s\".", table->schema) : "";
    store_advise_index(&advice, table->name, errand_printf(ctx, "%s\"%s\"", schema, table->name), then);
    if (!advice.failed)
        tell(doctor, true, "%.*s", (int)strcspn(advice.data, "\n"), advice.data);
    buffer_release(&advice);
}

/* working: how many workers that are alive work on the table, of all that are. */
static void look_at_due(struct doctor *doctor, const struct admin_overview *one, size_t working, size_t alive)
{
    const struct errand_table *table = one->table;
    if (one->due.count == 0 || working > 0)
        return;
    const char *more = one->due.more ? "+" : "", *are = one->due.count == 1 ? " is" : "s are";
    if (alive == 0)
        tell(doctor, true,
             "%" PRId64 "%s job%s due in %s, and no worker that is alive works on it (start build/bin/RunJobs)",
             one->due.count, more, are, table->name);
    else
        tell(doctor, true,
             "%" PRId64 "%s job%s due in %s, and no worker that is alive works on it: its program has no "
             "JOB(%s, .perform = ...), or was started with --only for others (make build/bin/RunJobs, and start it)",
             one->due.count, more, are, table->name, table->record_name);
}

static void look_at_left(struct errand_context *ctx, struct doctor *doctor, const struct errand_table *table,
                         const struct admin_workers *workers)
{
    const struct admin_left left = admin_left(ctx, table, workers);
    const char *what = count_workers(workers, table->name) > 0 ? "a worker that is alive is about to make"
                                                               : "start build/bin/RunJobs, which makes";
    if (left.by_dead > 0)
        tell(doctor, true, "%" PRId64 " job%s running in %s under a worker that is dead (%s %s pending again)",
             left.by_dead, left.by_dead == 1 ? " is" : "s are", table->name, what, left.by_dead == 1 ? "it" : "them");
    if (left.by_silent > 0)
        tell(doctor, true,
             "%" PRId64 " job%s running in %s for more than 10 minutes without a sign of life from a worker; a "
             "worker that starts makes them pending again",
             left.by_silent, left.by_silent == 1 ? " is" : "s are", table->name);
}

static void look_at_work(struct errand_context *ctx, struct doctor *doctor)
{
    struct session *session = &doctor->session;
    struct admin_overview *overviews = admin_overviews(ctx, session->jobs, session->job_count);
    struct admin_workers workers = admin_workers(ctx, overviews, session->job_count);
    size_t alive = count_workers(&workers, NULL);
    tell(doctor, false, "%zu worker%s alive", alive, alive == 1 ? " is" : "s are");
    for (size_t i = 0; i < session->job_count; i++) {
        const struct admin_overview *one = &overviews[i];
        if (one->missing)
            continue;
        if (one->trouble) {
            tell(doctor, true, "%s", one->trouble);
            continue;
        }
        look_at_index(ctx, doctor, one->table);
        look_at_due(doctor, one, count_workers(&workers, one->table->name), alive);
        look_at_left(ctx, doctor, one->table, &workers);
    }
}

/* ---- */

static void look(struct errand_context *ctx, void *arg)
{
    struct doctor *doctor = arg;
    look_at_server(ctx, doctor);
    look_at_structure(ctx, doctor);
    look_at_sources(doctor);
    look_at_triggers(ctx, doctor);
    look_at_work(ctx, doctor);
}

/* What kept it from looking is a finding as well; for people it stands on standard error already. */
static void close_report(struct doctor *doctor, int code)
{
    if (doctor->json) {
        if (code != EXIT_OK)
            tell(doctor, true, "%s", doctor->session.error.message);
        json_end(&doctor->writer, ']');
        puts(doctor->out.data);
    } else if (code == EXIT_OK) {
        printf(doctor->faults ? "%zu fault%s\n" : "nothing is wrong\n", doctor->faults, doctor->faults == 1 ? "" : "s");
    }
}

static int examine(struct doctor *doctor, const struct options *options)
{
    struct session *session = &doctor->session;
    if (doctor->json)
        json_begin(&doctor->writer, NULL, '[');
    int code = session_open(session, options);
    if (code == EXIT_OK) {
        tell(doctor, false, "%s declares %zu job table%s", session->schema_file, session->job_count,
             session->job_count == 1 ? "" : "s");
        code = session_run(session, look, doctor);
    }
    close_report(doctor, code);
    return code == EXIT_OK && doctor->faults ? EXIT_FAILED : code;
}

static int run(const struct command *command, const struct options *options, char **arguments)
{
    struct doctor doctor = { .json = options->json, .out = BUFFER_INIT(REPORT_MAX) };
    (void)command, (void)arguments;
    doctor.writer.out = &doctor.out;
    int code = examine(&doctor, options);
    session_close(&doctor.session);
    buffer_release(&doctor.out);
    return code;
}

const struct command command_doctor = {
    .words = { "doctor" },
    .summary = "look for what is missing or wrong, and say what to do",
    .synopsis = "[--json] [--database URL] [--schema FILE]",
    .about = "Looks at the schema, the database, the sources, the workers and the jobs, and changes nothing. Exits\n"
             "with 1 where something is wrong.\n",
    .options = (const struct option_row[]){ COMMAND_JSON, COMMAND_DATABASE, COMMAND_SCHEMA, COMMAND_HELP, { 0 } },
    .example = "errand doctor",
    .run = run,
};
