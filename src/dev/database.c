/* Which database, and Application/Schema.sql applied to it: what adds by itself, what takes something away is told. */
#include "dev/dev.h"

#include "base/error.h"
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

int database_choose(const struct dev_options *options, const char *root, char **shown, struct errand_error *err)
{
    struct buffer url = BUFFER_INIT(16384);
    struct store_url parsed = { 0 };
    const char *given = options->database ? options->database : getenv("DATABASE_URL");
    if (options->postgres) {
        buffer_puts(&url, "postgresql://postgres@/errand?host=");
        add_encoded(&url, root);
        buffer_puts(&url, "/" POSTGRES_FOLDER);
    } else if (given && *given) {
        buffer_puts(&url, given);
    } else {
        buffer_printf(&url, "sqlite:%s/build/app.db", root);
    }
    int result = url.failed ? error_set(err, "the address of the database is too long") : 0;
    if (result == 0)
        result = store_url_parse(url.data, &parsed, err);
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
        if (outcome->steps[i].applied)
            continue;
        buffer_printf(&update->problems, "not done to the database, since rows may be lost: %s\n",
                      outcome->steps[i].todo);
        left++;
    }
    if (left > 0)
        buffer_puts(&update->problems,
                    "errand migrate writes what was not done to a file of Application/Migration/, and "
                    "errand migrate --allow-destructive does it\n");
}

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
    if (result == 0)
        report_left(update, &outcome);
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
