/* Starts, stops, and hands on what happens. */
#include "dev/dev.h"

#include "base/error.h"
#include "base/running.h"
#include "codegen/project.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- Logs ---- */

const char *dev_log_title(enum dev_log_name log)
{
    static const char *const titles[] = { [DEV_LOG_BUILD] = "build",
                                          [DEV_LOG_DATABASE] = "database",
                                          [DEV_LOG_WORKER] = "worker",
                                          [DEV_LOG_DASHBOARD] = "dashboard" };
    return titles[log];
}

void dev_say(struct dev *dev, enum dev_log_name name, const char *line)
{
    struct dev_log *log = &dev->logs[name];
    char **slot = &log->lines[log->count % DEV_LOG_LINES];
    free(*slot);
    *slot = strdup(line);
    log->count++;
    dev->version++;
    printf("%-9s | %s\n", dev_log_title(name), line);
    fflush(stdout);
}

void dev_tell(struct dev *dev, enum dev_log_name log, const char *format, ...)
{
    char line[DEV_LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    dev_say(dev, log, line);
}

/* ---- The end ---- */

static void stop_watching(struct dev *dev)
{
    watch_stop(dev);
    serve_stop(dev);
    programs_close(dev);
}

/* First politely; a second time by another signal, so that it does not become one with the first that still waits, and
   neither RunJobs nor RunDashboard waits any more; then by force, without what still waits for a database. */
void dev_stop(struct dev *dev)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGKILL };
    if (dev->stopping++ == 0)
        stop_watching(dev);
    int signal = signals[dev->stopping < 3 ? dev->stopping - 1 : 2];
    for (const struct child *child = dev->children; child; child = child->next)
        if (child != dev->postgres)
            child_signal(child, signal);
    if (dev->stopping > 2 && dev->postgres)
        child_signal(dev->postgres, SIGQUIT);
    dev_ended(dev);
}

/* The database goes last: those that end still write to it. */
void dev_ended(struct dev *dev)
{
    if (!dev->stopping || (dev->build.update.active && dev->stopping < 3))
        return;
    for (const struct child *child = dev->children; child; child = child->next)
        if (child->pid != 0 && child != dev->postgres)
            return;
    if (dev->postgres)
        child_signal(dev->postgres, SIGINT);
    else
        uv_stop(&dev->loop);
}

static void on_stop_signal(uv_signal_t *signal, int number)
{
    static const char *const sentences[] = { "stopping, when the jobs that run are done; Ctrl-C again stops them",
                                             "stopping the jobs that run; they will run again", "killing" };
    struct dev *dev = signal->loop->data;
    (void)number;
    dev_say(dev, DEV_LOG_BUILD, sentences[dev->stopping < 2 ? dev->stopping : 2]);
    dev_stop(dev);
}

static void on_child(uv_signal_t *signal, int number)
{
    (void)number;
    children_reap(signal->loop->data);
}

/* ---- The start ---- */

/* Goes to the application that the current folder is in. */
static int go_to_application(char **root, struct errand_error *err)
{
    char *up = project_root(err);
    int result = up ? 0 : -1;
    if (up && *up && chdir(up) != 0)
        result = error_set(err, "%s cannot be gone to: %s", up, strerror(errno));
    free(up);
    if (result != 0)
        return -1;
    if (access("Makefile", F_OK) != 0)
        return error_set(err, "there is no Makefile beside Application/, which includes the rules of errand");
    *root = getcwd(NULL, 0);
    return *root ? 0 : error_set(err, "the current folder cannot be named: %s", strerror(errno));
}

static void listen_to(struct dev *dev, uv_signal_t *handle, int number, uv_signal_cb callback)
{
    uv_signal_init(&dev->loop, handle);
    uv_signal_start(handle, callback, number);
}

/* Who may ask this server may do everything in the application, so what a generated FrontController.c asks for is no
   secret of its own. */
static void let_in(void)
{
    static const char *const variables[][2] = { { "DASHBOARD_USER", "DASHBOARD_USER is" },
                                                { "DASHBOARD_PASSWORD", "DASHBOARD_PASSWORD is" } };
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (getenv(variables[i][0]))
            continue;
        setenv(variables[i][0], "dev", 1);
        printf("%-28s dev\n", variables[i][1]);
    }
}

static int start(struct dev *dev, const struct dev_options *options, struct errand_error *err)
{
    uv_loop_init(&dev->loop);
    dev->loop.data = dev;
    signal(SIGPIPE, SIG_IGN);
    listen_to(dev, &dev->interrupted, SIGINT, on_stop_signal);
    listen_to(dev, &dev->terminated, SIGTERM, on_stop_signal);
    listen_to(dev, &dev->hung_up, SIGHUP, on_stop_signal);
    listen_to(dev, &dev->child_ended, SIGCHLD, on_child);
    programs_init(dev);
    if (serve_start(dev, options->port, err) != 0 || running_tell_port(dev->lock, dev->server.port, err) != 0)
        return -1;
    watch_start(dev);
    if (options->port != 0 && dev->server.port != options->port)
        printf("Port %d is taken; the next that is free is %d\n", options->port, dev->server.port);
    printf("The development server is at http://localhost:%d/\n", dev->server.port);
    printf("The dashboard will be at     http://localhost:%d/jobs/\n", dev->server.port);
    let_in();
    printf("The database is              %s\n", dev->shown);
    fflush(stdout);
    if (options->postgres)
        return postgres_start(dev, err);
    dev->database_ready = true;
    build_want(dev);
    return 0;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void release(struct dev *dev)
{
    children_release(dev);
    uv_walk(&dev->loop, close_handle, NULL);
    uv_run(&dev->loop, UV_RUN_DEFAULT);
    uv_loop_close(&dev->loop);
    for (size_t log = 0; log < DEV_LOG_COUNT; log++)
        for (size_t i = 0; i < DEV_LOG_LINES; i++)
            free(dev->logs[log].lines[i]);
    for (size_t i = 0; i < dev->build.problem_count; i++)
        free(dev->build.problems[i]);
}

static int run(struct dev *dev, const struct dev_options *options, struct errand_error *err)
{
    int result = start(dev, options, err);
    if (result != 0)
        dev_stop(dev);
    uv_run(&dev->loop, UV_RUN_DEFAULT);
    /* A thread that waits for a database cannot be told to stop, and the loop as well as exit() would wait for it. What
       it has begun there the database takes back. */
    if (dev->stopping > 2)
        _exit(EXIT_FAILURE);
    release(dev);
    if (result == 0 && dev->failed)
        return error_set(err, "the database is not there; what it said stands above");
    return result;
}

static bool is_development(const char *environment)
{
    static const char *const names[] = { "", "development", "dev", "test" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(environment, names[i]) == 0)
            return true;
    return false;
}

int dev_run(const struct dev_options *options, struct errand_error *err)
{
    const char *environment = getenv("ERRAND_ENV");
    if (environment && !is_development(environment))
        return error_set(err,
                         "ERRAND_ENV is %.100s: the development server lets everybody on this machine change the "
                         "database, and starts only where it is development, test or not set",
                         environment);
    struct dev *dev = calloc(1, sizeof(*dev));
    if (!dev)
        return error_set(err, "out of memory");
    /* Of a make that started this one. */
    unsetenv("MAKEFLAGS");
    unsetenv("MAKELEVEL");
    project_name_rules();
    dev->lock = -1;
    int result = go_to_application(&dev->root, err);
    if (result == 0 && (dev->lock = running_lock(err)) < 0)
        result = -1;
    if (result == 0)
        result = database_choose(options, dev->root, dev->lock, &dev->shown, err);
    if (result == 0)
        result = run(dev, options, err);
    if (dev->lock >= 0)
        close(dev->lock);
    free(dev->root);
    free(dev->shown);
    free(dev);
    return result;
}
