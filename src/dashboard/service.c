/* A dashboard that is open: its declaration checked, its settings, its database. */
#include "base/error.h"
#include "dashboard/guard.h"
#include "dashboard/route.h"
#include "dashboard/secret.h"
#include "dashboard/token.h"
#include "record/application.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENT_MS = 2000 }; /* how long a statement may take, where the options do not say */

/* ---- The declaration ---- */

static int check_variable(const char *variable, const char **value, struct errand_error *err)
{
    if (!variable || !*variable)
        return error_set(err, "DASHBOARD: BASIC_AUTH names no environment variable");
    *value = getenv(variable);
    if (*value && **value)
        return 0;
    return error_set(err,
                     "the environment variable %s is %s: it holds what BASIC_AUTH asks for, and without it nobody "
                     "could be told from anybody",
                     variable, *value ? "empty" : "not set");
}

static int check_auth(struct errand_dashboard_service *service, struct errand_error *err)
{
    const struct errand_auth *auth = &service->config->auth;
    switch ((int)auth->kind) {
    case 0:
        if (auth->authenticate)
            return 0;
        return error_set(err, "DASHBOARD: .auth is missing: NO_AUTH, BASIC_AUTH(...), BASIC_AUTH_STATIC(...), or "
                              "{ .authenticate = f }");
    case ERRAND_AUTH_NONE:
        return 0;
    case ERRAND_AUTH_BASIC:
        if (check_variable(auth->user, &service->login_user, err) < 0)
            return -1;
        return check_variable(auth->password, &service->login_password, err);
    case ERRAND_AUTH_BASIC_STATIC:
        service->login_user = auth->user;
        service->login_password = auth->password;
        if (auth->user && *auth->user && auth->password && *auth->password)
            return 0;
        return error_set(err, "DASHBOARD: BASIC_AUTH_STATIC needs a user and a password that are not empty");
    default:
        return error_set(err, "DASHBOARD: .auth has the kind %d, which is none", (int)auth->kind);
    }
}

static int check_records(const struct errand_dashboard_service *service, struct errand_error *err)
{
    for (size_t i = 0; i < ERRAND_DASHBOARD_RECORDS_MAX && service->config->records[i]; i++) {
        const struct errand_table *const *table = service->schema->tables;
        while (*table && strcmp((*table)->name, service->config->records[i]) != 0)
            table++;
        if (!*table)
            return error_set(err, "DASHBOARD: .records lists \"%s\", and Application/Schema.sql has no such table",
                             service->config->records[i]);
    }
    return 0;
}

/* ---- Tables ---- */

static bool is_listed(const struct errand_dashboard_service *service, const struct errand_table *table)
{
    for (size_t i = 0; i < service->table_count; i++)
        if (service->tables[i] == table)
            return true;
    return false;
}

static const struct errand_table *job_table(const struct errand_schema *schema, const struct errand_table *table)
{
    for (const struct errand_job_type *type = schema->job_types; type->table; type++)
        if (type->table == table)
            return table;
    return NULL;
}

static int list_tables(struct errand_dashboard_service *service, struct errand_error *err)
{
    size_t count = 0;
    while (service->schema->job_types[count].table)
        count++;
    service->tables = arena_alloc(&service->memory, (count + 1) * sizeof(*service->tables));
    if (!service->tables)
        return error_set(err, "out of memory");
    for (size_t i = 0; i < ERRAND_DASHBOARD_JOBS_MAX && service->config->jobs[i]; i++) {
        const struct errand_table *table = service->config->jobs[i]->job_type->table;
        if (!job_table(service->schema, table))
            return error_set(err, "DASHBOARD: .jobs lists %s_dashboard, which is of another schema",
                             table->record_name);
        if (is_listed(service, table))
            return error_set(err, "DASHBOARD: .jobs lists %s_dashboard twice", table->record_name);
        service->tables[service->table_count++] = table;
    }
    for (size_t i = 0; i < count; i++)
        if (!is_listed(service, service->schema->job_types[i].table))
            service->tables[service->table_count++] = service->schema->job_types[i].table;
    return 0;
}

/* ---- Options ---- */

static int set_mount(struct errand_dashboard_service *service, const char *mount, struct errand_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.~";
    mount = mount ? mount : "/jobs";
    size_t size = strlen(mount);
    while (size > 0 && mount[size - 1] == '/')
        size--;
    if ((size > 0 && mount[0] != '/') || strspn(mount, allowed) != strlen(mount) || strstr(mount, "//"))
        return error_set(err, "'%s' cannot be mounted at: it takes a path like /jobs, of letters, digits and - _ . ~",
                         mount);
    service->mount = arena_copy(&service->memory, mount, size);
    return service->mount ? 0 : error_set(err, "out of memory");
}

static int set_hosts(struct errand_dashboard_service *service, const char *const *hosts, struct errand_error *err)
{
    size_t count = 0;
    while (hosts && hosts[count])
        count++;
    const char **copy = arena_alloc(&service->memory, (count + 1) * sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++)
        if (!(copy[i] = arena_strdup(&service->memory, hosts[i])))
            copy = NULL;
    service->hosts = copy;
    return copy ? 0 : error_set(err, "out of memory");
}

static int set_secret(struct errand_dashboard_service *service, const char *secret, struct errand_error *err)
{
    if (!secret)
        secret = getenv("ERRAND_DASHBOARD_SECRET");
    if (secret && strlen(secret) < SECRET_LEAST)
        return error_set(err,
                         "ERRAND_DASHBOARD_SECRET has %zu characters; it needs at least %d, such as `openssl rand "
                         "-hex 32` prints",
                         strlen(secret), SECRET_LEAST);
    if (service->read_only)
        return 0; /* no form is ever sent */
    service->secret =
        secret ? arena_strdup(&service->memory, secret) : secret_of_database(service->errand, &service->memory);
    return service->secret ? 0 : error_set(err, "out of memory");
}

static int open_database(struct errand_dashboard_service *service, const struct errand_dashboard_options *options,
                         struct errand_error *err)
{
    const struct context_config config = {
        .limits = {
            .statement_ms = options->statement_timeout_ms > 0 ? options->statement_timeout_ms : STATEMENT_MS,
            .read_only = service->read_only,
            .hides_rows = true, /* pages tell what the database said, whatever columns the row has */
        },
        .log = options->log,
        .arg = options->log_arg,
    };
    service->errand = application_open(options->database, &config, err);
    if (!service->errand)
        return -1;
    service->changes = changes_new(options->database, service->schema, err);
    return service->changes ? 0 : -1;
}

static int set_up(struct errand_dashboard_service *service, const struct errand_dashboard_options *options,
                  struct errand_error *err)
{
    service->read_only = options->read_only || service->config->read_only;
    if (check_auth(service, err) < 0 || check_records(service, err) < 0 || list_tables(service, err) < 0 ||
        set_mount(service, options->mount, err) < 0 || set_hosts(service, options->hosts, err) < 0)
        return -1;
    service->failures = login_failures_new();
    if (!service->failures)
        return error_set(err, "out of memory");
    return open_database(service, options, err) < 0 ? -1 : set_secret(service, options->secret, err);
}

struct errand_dashboard_service *errand_dashboard_open(const struct errand_dashboard *dashboard,
                                                       const struct errand_schema *schema,
                                                       const struct errand_dashboard_options *options,
                                                       struct errand_error *err)
{
    static const struct errand_dashboard_options defaults = { 0 };
    struct errand_dashboard_service *service = calloc(1, sizeof(*service));
    if (!service) {
        error_set(err, "out of memory");
        return NULL;
    }
    service->config = dashboard;
    service->schema = schema;
    service->routes = route_dashboard;
    if (set_up(service, options ? options : &defaults, err) == 0)
        return service;
    errand_dashboard_close(service);
    return NULL;
}

void errand_dashboard_close(struct errand_dashboard_service *service)
{
    if (!service)
        return;
    changes_free(service->changes);
    errand_close(service->errand);
    login_failures_free(service->failures);
    arena_release(&service->memory);
    free(service);
}
