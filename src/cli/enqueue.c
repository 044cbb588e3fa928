/* errand enqueue */
#include "cli/session.h"

#include "admin/admin.h"
#include "dashboard/value.h"
#include "record/context.h"

#include <stdio.h>
#include <string.h>

struct enqueue {
    const struct errand_table *table;
    struct admin_input *inputs;
    size_t count;
    const char *refused; /* the column whose text is none of its type */
    struct errand_error why;
    char id[64];
};

static void insert_row(struct errand_context *ctx, void *arg)
{
    struct enqueue *enqueue = arg;
    size_t wrong = 0;
    const char *id = admin_insert(ctx, enqueue->table, enqueue->inputs, enqueue->count, &wrong, &enqueue->why);
    if (id)
        snprintf(enqueue->id, sizeof enqueue->id, "%s", id);
    else
        enqueue->refused = enqueue->table->columns[enqueue->inputs[wrong].column].name;
}

static bool is_given(const struct enqueue *enqueue, size_t column)
{
    for (size_t i = 0; i < enqueue->count; i++)
        if (enqueue->inputs[i].column == column)
            return true;
    return false;
}

/* The column that was left out and that the database speaks of, in any language: "null value in column ...", "NOT NULL
   constraint failed: ...". It is asked first, since a trigger may give what was left out. NULL: it says something else.
 */
static const struct errand_column *missing_column(const struct enqueue *enqueue, const char *error)
{
    const struct errand_table *table = enqueue->table;
    for (size_t i = 0; strcasestr(error, "null") && i < table->column_count; i++)
        if (column_is_required(&table->columns[i]) && !is_given(enqueue, i) && strstr(error, table->columns[i].name))
            return &table->columns[i];
    return NULL;
}

static void insert(struct errand_context *ctx, void *arg)
{
    struct enqueue *enqueue = arg;
    struct context_end end = context_try(ctx, insert_row, enqueue);
    if (!end.error)
        return;
    const struct errand_column *missing = missing_column(enqueue, end.error);
    if (missing)
        errand_fail(ctx, "%s: %s must be given", enqueue->table->name, missing->name);
    context_refuse(ctx, end.fault, "%s", end.error);
}

static void print_columns(const struct errand_table *table)
{
    fprintf(stderr, "; %s has", table->name);
    for (size_t i = 0; i < table->column_count; i++)
        fprintf(stderr, "%s %s", i ? "," : "", table->columns[i].name);
    fputc('\n', stderr);
}

/* column=value; "column=" is empty text, and column alone is NULL. */
static int read_input(const struct errand_table *table, char *argument, struct admin_input *input)
{
    char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
    input->text = equals ? equals + 1 : NULL;
    for (input->column = 0; input->column < table->column_count; input->column++) {
        const char *name = table->columns[input->column].name;
        if (strlen(name) == length && strncmp(name, argument, length) == 0)
            return 0;
    }
    fprintf(stderr, "errand: there is no column %.*s", (int)length, argument);
    print_columns(table);
    return -1;
}

static int read_inputs(struct session *session, struct enqueue *enqueue, char **arguments)
{
    size_t count = 0;
    while (arguments[count])
        count++;
    enqueue->inputs = arena_alloc(&session->arena, (count + 1) * sizeof *enqueue->inputs);
    for (; enqueue->inputs && enqueue->count < count; enqueue->count++)
        if (read_input(enqueue->table, arguments[enqueue->count], &enqueue->inputs[enqueue->count]) != 0)
            return EXIT_FAILED;
    return enqueue->inputs ? EXIT_OK : EXIT_FAILED;
}

static int run(const struct command *command, const struct options *options, char **arguments)
{
    struct session session = { 0 };
    struct enqueue enqueue = { 0 };
    int code = session_open(&session, options);
    (void)command;
    if (code == EXIT_OK && !(enqueue.table = session_job(&session, arguments[0])))
        code = EXIT_FAILED;
    if (code == EXIT_OK)
        code = read_inputs(&session, &enqueue, arguments + 1);
    if (code == EXIT_OK)
        code = session_run(&session, insert, &enqueue);
    if (enqueue.refused) {
        fprintf(stderr, "errand: %s: %s\n", enqueue.refused, enqueue.why.message);
        code = EXIT_FAILED;
    } else if (code == EXIT_OK) {
        puts(enqueue.id);
    }
    session_close(&session);
    return code;
}

const struct command command_enqueue = {
    .words = { "enqueue" },
    .summary = "insert a job",
    .synopsis = "TABLE [COLUMN=VALUE...] [--database URL] [--schema FILE]",
    .about =
        "Inserts a job and prints its id. COLUMN= gives empty text, COLUMN alone NULL; columns that are not named\n"
        "get their defaults.\n" SESSION_TABLE_NAMES,
    .options = (const struct option_row[]){ COMMAND_DATABASE, COMMAND_SCHEMA, COMMAND_HELP, { 0 } },
    .example = "errand enqueue mail_customer customer_id=6f1c... run_at='2026-12-24 18:00'",
    .needs = "the name of a job table",
    .most = COMMAND_ANY,
    .run = run,
};
