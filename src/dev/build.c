/* A change: first the database, then make, then the programs that make built anew. What was asked for meanwhile is
   another build behind this one. */
#include "dev/dev.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UPDATE_TEXT_MAX = 256 * 1024 };

static void begin(struct dev *dev);

static void set_state(struct dev *dev, enum build_state state)
{
    dev->build.state = state;
    dev->version++;
}

static void forget_problems(struct build *build)
{
    for (size_t i = 0; i < build->problem_count; i++)
        free(build->problems[i]);
    build->problem_count = 0;
}

static void add_problem(struct dev *dev, const char *line)
{
    struct build *build = &dev->build;
    if (build->problem_count < DEV_PROBLEMS_MAX && (build->problems[build->problem_count] = strdup(line)))
        build->problem_count++;
    dev->version++;
}

static void end(struct dev *dev, enum build_state state)
{
    dev->build.count++;
    set_state(dev, state);
    dev_tell(dev, DEV_LOG_BUILD, state == BUILD_DONE ? "up to date" : "failed; what ran before goes on");
    if (dev->build.wanted)
        begin(dev);
}

/* ---- make ---- */

/* What gcc, clang and the linker say of an error. */
static bool is_problem(const char *line)
{
    static const char *const marks[] = { ": error: ",
                                         ": fatal error: ",
                                         ": undefined reference to ",
                                         ": multiple definition of ",
                                         ": cannot find ",
                                         ": No such file or directory", /* env of make, make of the compiler */
                                         "No rule to make target",
                                         ".mk:",
                                         "Makefile:" };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strstr(line, marks[i]))
            return true;
    return false;
}

static void on_line(struct dev *dev, void *owner, const char *line)
{
    (void)owner;
    if (is_problem(line))
        add_problem(dev, line);
}

/* make goes on past an error, so whatever could be built is started. */
static void on_made(struct dev *dev, void *owner, int status)
{
    (void)owner;
    char text[64], sentence[160];
    dev->build.make = NULL;
    if (dev->stopping)
        return;
    if (status != 0 && dev->build.problem_count == 0) {
        snprintf(sentence, sizeof(sentence), "make ended with %s; what it said stands in the log of the build",
                 child_status_text(status, text));
        dev_say(dev, DEV_LOG_BUILD, sentence);
        add_problem(dev, sentence);
    }
    programs_refresh(dev);
    end(dev, status == 0 ? BUILD_DONE : BUILD_FAILED);
}

static void make(struct dev *dev)
{
    char jobs[32];
    struct errand_error err;
    snprintf(jobs, sizeof(jobs), "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    /* Messages in English, so that they are told apart. */
    const char *const argv[] = {
        "env", "LC_ALL=C.UTF-8", "make", "--no-print-directory", "--keep-going", "-Otarget", jobs, "all", NULL
    };
    const struct child_plan plan = {
        .log = DEV_LOG_BUILD, .argv = argv, .whole_group = true, .on_line = on_line, .on_exit = on_made
    };
    set_state(dev, BUILD_MAKES);
    dev->build.make = child_start(dev, &plan, &err);
    if (dev->build.make)
        return;
    add_problem(dev, err.message);
    end(dev, BUILD_FAILED);
}

/* ---- The database ---- */

static void each_line(struct dev *dev, struct buffer *text, bool is_problem_line)
{
    char *rest = text->data;
    for (char *line; rest && (line = strsep(&rest, "\n"));) {
        if (*line == '\0')
            continue;
        dev_say(dev, DEV_LOG_DATABASE, line);
        if (is_problem_line)
            add_problem(dev, line);
    }
    buffer_release(text);
}

static void on_work(uv_work_t *work)
{
    database_update(work->data);
}

static void on_updated(uv_work_t *work, int status)
{
    (void)status;
    struct update *update = work->data;
    struct dev *dev = work->loop->data;
    update->active = false;
    each_line(dev, &update->said, false);
    each_line(dev, &update->problems, true);
    if (dev->stopping)
        return dev_ended(dev);
    if (update->result == 0)
        make(dev);
    else
        end(dev, BUILD_FAILED);
}

static void begin(struct dev *dev)
{
    struct build *build = &dev->build;
    build->wanted = false;
    forget_problems(build);
    build->update = (struct update){ .active = true,
                                     .said = BUFFER_INIT(UPDATE_TEXT_MAX),
                                     .problems = BUFFER_INIT(UPDATE_TEXT_MAX) };
    build->update.work.data = &build->update;
    set_state(dev, BUILD_UPDATES);
    uv_queue_work(&dev->loop, &build->update.work, on_work, on_updated);
}

void build_want(struct dev *dev)
{
    struct build *build = &dev->build;
    if (dev->stopping || !dev->database_ready)
        return;
    build->wanted = true;
    if (build->state != BUILD_UPDATES && build->state != BUILD_MAKES)
        begin(dev);
}
