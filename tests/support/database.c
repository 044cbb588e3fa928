#include "database.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct database database;

bool on_postgres(void)
{
    return database.url.kind == STORE_POSTGRES;
}

/* ---- The whole of it ---- */

static char *choose_url(void)
{
    const char *url = getenv("TEST_POSTGRES_URL");
    char *text = NULL;
    if (url)
        return strdup(url);
    strcpy(database.folder, "/tmp/errand-test-XXXXXX");
    if (!mkdtemp(database.folder) || asprintf(&text, "sqlite:%s/app.db", database.folder) < 0)
        return NULL;
    return text;
}

int database_choose(void)
{
    struct errand_error err = { "no folder can be made below /tmp" };
    const char *locale = getenv("TEST_LOCALE");
    if (locale && !setlocale(LC_ALL, locale)) {
        print_error("there is no locale %s\n", locale);
        return -1;
    }
    database.url_text = choose_url();
    if (database.url_text && store_url_parse(database.url_text, &database.url, &err) == 0)
        return 0;
    print_error("%s\n", err.message);
    return -1;
}

struct connection *database_create(void)
{
    struct errand_error err;
    bool created;
    struct connection *connection = connection_create(&database.url, &created, &err);
    if (!connection)
        print_error("%s\n", err.message);
    return connection;
}

void delete_database(void)
{
    static const char *const files[] = { "app.db", "app.db-wal", "app.db-shm" };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", database.folder, files[i]);
        unlink(path);
    }
}

int database_release(void)
{
    if (!on_postgres()) {
        delete_database();
        rmdir(database.folder);
    }
    store_url_release(&database.url);
    free(database.url_text);
    return 0;
}

/* ---- Statements ---- */

static struct connection *connect(void)
{
    struct errand_error err;
    struct connection *connection = connection_open(&database.url, &err);
    if (!connection)
        fail_msg("%s", err.message);
    return connection;
}

static char *format_text(const char *format, va_list arguments)
{
    char *text;
    assert_true(vasprintf(&text, format, arguments) >= 0);
    return text;
}

void run_sql(const char *format, ...)
{
    struct errand_error err;
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    struct connection *connection = connect();
    if (connection_script(connection, text, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    connection_close(connection);
    free(text);
}

void run_sql_each(const char *sqlite, const char *postgres)
{
    run_sql("%s", on_postgres() ? postgres : sqlite);
}

int64_t number_of(const char *format, ...)
{
    struct errand_error err;
    struct result *result;
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    struct connection *connection = connect();
    if (connection_query(connection, text, NULL, 0, &result, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    const char *cell = result_rows(result) > 0 ? result_cell(result, 0, 0, NULL) : NULL;
    int64_t number = cell ? strtoll(cell, NULL, 10) : -1;
    result_free(result);
    connection_close(connection);
    free(text);
    return number;
}

void replace_database(void)
{
    char copy[128];
    snprintf(copy, sizeof(copy), "%s/new.db", database.folder);
    run_sql("VACUUM INTO '%s'", copy); /* the file alone lacks what is in the log */
    delete_database();
    assert_int_equal(rename(copy, database.url.target), 0);
}
