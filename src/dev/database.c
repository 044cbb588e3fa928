/* Which database, and Application/Schema.sql applied to it: what adds by itself, what takes something away is told. */
#include "dev/dev.h"

#include "base/error.h"
#include "base/running.h"
#include "migrate/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A path as part of an address: what is neither a letter nor a digit nor of "/-._" as %XX. */
static void add_encoded(struct buffer *out, const char *path)
{
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("/-._", c);
        buffer_printf(out, plain ? "%c" : "%%%02X", c);
    }
}

/* What follows the path of an address of SQLite stays as it is. */
static void add_absolute(struct buffer *url, const char *given, const struct store_url *parsed)
{
    const char *parameters = strchr(given, '?');
    buffer_puts(url, "sqlite:");
    add_encoded(url, parsed->target);
    buffer_puts(url, parameters ? parameters : "");
}

static int write_address(struct buffer *url, const struct dev_options *options, const char *given, const char *root,
                         struct errand_error *err)
{
    struct store_url parsed = { 0 };
    int result = 0;
    if (options->postgres) {
        buffer_puts(url, "postgresql://" POSTGRES_ROLE "@/errand?host=");
        add_encoded(url, root);
        buffer_puts(url, "/" POSTGRES_FOLDER);
    } else if (!given) {
        buffer_puts(url, "sqlite:");
        add_encoded(url, root);
        buffer_puts(url, "/build/app.db");
    } else if ((result = store_url_parse(given, &parsed, err)) == 0) {
        if (parsed.kind == STORE_SQLITE)
            add_absolute(url, given, &parsed);
        else
            buffer_puts(url, given);
    }
    store_url_release(&parsed);
    if (result == 0 && url->failed)
        return error_set(err, "the address of the database is too long");
    return result;
}

int database_choose(const struct dev_options *options, const char *root, int lock, char **shown,
                    struct errand_error *err)
{
    struct buffer url = BUFFER_INIT(RUNNING_ADDRESS_MAX);
    struct store_url parsed = { 0 };
    const char *given = options->database ? options->database : getenv("DATABASE_URL");
    if (given && !*given)
        given = NULL;
    int result = write_address(&url, options, given, root, err);
    if (result == 0)
        result = store_url_parse(url.data, &parsed, err);
    if (result == 0 && (options->postgres || given))
        result = running_tell(lock, url.data, err);
    if (result == 0) {
        setenv("DATABASE_URL", url.data, 1);
        *shown = strdup(parsed.shown);
    }
    store_url_release(&parsed);
    buffer_release(&url);
    return result;
}

static void told(void *arg, const char *sentence)
{
    struct update *update = arg;
    buffer_printf(&update->said, "%s\n", sentence);
}

static void report_left(struct update *update, const struct migrate_outcome *outcome)
{
    size_t left = 0;
    for (size_t i = 0; i < outcome->step_count; i++) {
        const struct migrate_step *step = &outcome->steps[i];
        if (step->applied)
            continue;
        if (step->refusal)
            buffer_printf(&update->problems, "not done to the database: %s: %s\n", step->todo, step->refusal);
        else
            buffer_printf(&update->problems, "not done to the database, since rows may be lost: %s\n", step->todo);
        left += !step->refusal;
    }
    if (left > 0)
        buffer_puts(&update->problems,
                    "errand migrate writes what was not done to a file of Application/Migration/, and "
                    "errand migrate --allow-destructive does it\n");
}

/* A file of Application/Migration/ may be half written when it is saved, so it is not applied here, and what the schema
   says beside it waits too. The sources are built all the same. */
static int bring_up(struct update *update, const struct schema *schema, struct errand_error *err)
{
    struct store_url url = { 0 };
    bool created = false;
    if (store_url_parse(NULL, &url, err) != 0)
        return -1;
    struct connection *connection = connection_create(&url, &created, err);
    if (created)
        buffer_printf(&update->said, "created the database %s\n", url.shown);
    store_url_release(&url);
    if (!connection)
        return -1;
    const struct migrate_request request = { .connection = connection,
                                             .schema = schema,
                                             .folder = "Application/Migration",
                                             .leave_files = true,
                                             .told = told,
                                             .arg = update };
    struct migrate_outcome outcome;
    int result = migrate_run(&request, &outcome, err);
    if (result == 0) {
        report_left(update, &outcome);
    } else if (outcome.left) {
        buffer_printf(&update->problems, "%s\n", err->message);
        result = 0;
    }
    migrate_outcome_release(&outcome);
    connection_close(connection);
    return result;
}

void database_update(struct update *update)
{
    struct errand_error err = { "" };
    struct schema *schema = schema_read("Application/Schema.sql");
    for (size_t i = 0; i < schema->message_count; i++)
        buffer_printf(schema->messages[i].is_error ? &update->problems : &update->said, "%s\n",
                      schema->messages[i].text);
    update->result = schema->error_count > 0 ? -1 : 0;
    if (update->result == 0) {
        update->result = bring_up(update, schema, &err);
        if (update->result != 0)
            buffer_printf(&update->problems, "%s\n", err.message);
    }
    schema_free(schema);
}
