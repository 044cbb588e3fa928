/* The development server, `errand dev`: one loop that keeps the database, the programs and the page of an application
   up to what its sources say.

       dev.c        starts, stops, and hands on what happens
       database.c   which database, and Application/Schema.sql applied to it
       postgres.c   a private cluster below build/
       build.c      a change: the database, make, then the programs
       watch.c      the sources
       program.c    RunJobs and RunDashboard, started anew when they were built anew
       child.c      a process and its lines; guard.c ends it when this one is killed
       serve.c      the one port; request.c what came in, forward.c the way to RunDashboard,
                    page.c the page at /, page_generate.c and generate_form.c those that write sources,
                    data.c, page_data.c and page_row.c those with the rows of tables

   Everything happens in the loop's thread, but for what waits for the database (uv_queue_work). */
#ifndef DEV_DEV_H
#define DEV_DEV_H

#include "base/buffer.h"

#include <errand/context.h>

#include <sys/stat.h>
#include <sys/types.h>
#include <uv.h>

enum {
    DEV_LOG_LINES = 200,  /* kept of each log */
    DEV_LINE_MAX = 2048,  /* of a line; the rest is cut */
    DEV_PROBLEMS_MAX = 50 /* that the page lists */
};

struct dev_options {
    const char *database; /* NULL: DATABASE_URL, else build/app.db */
    bool postgres;        /* the private cluster instead */
    int port;             /* the first that is tried; 0: any */
};

/* Serves the application whose folder, or one below it, is the current one, until SIGINT or SIGTERM. 0, or -1 and the
   sentence. */
int dev_run(const struct dev_options *options, struct errand_error *err);

/* ---- Logs ---- */

enum dev_log_name { DEV_LOG_BUILD, DEV_LOG_DATABASE, DEV_LOG_WORKER, DEV_LOG_DASHBOARD, DEV_LOG_COUNT };

/* The last lines; the oldest stands at count % DEV_LOG_LINES once there are as many. */
struct dev_log {
    char *lines[DEV_LOG_LINES]; /* owned */
    size_t count;               /* of all that came */
};

/* ---- child.c ---- */

struct dev;

struct child_plan {
    enum dev_log_name log;
    const char *const *argv; /* ended by NULL; looked up in PATH */
    bool as_postgres;        /* for PostgreSQL, which root cannot run: as user postgres, in / */
    bool whole_group;        /* is signalled with all that it has started; the others see to theirs themselves */
    bool quiet;              /* its lines are for on_line, which sees to the log */
    void (*on_line)(struct dev *dev, void *owner, const char *line); /* NULL: the log is enough */
    void (*on_exit)(struct dev *dev, void *owner, int status);       /* as waitpid has it */
    void *owner;
};

struct child {
    struct child *next;
    struct dev *dev;
    struct child_plan plan;
    pid_t pid; /* 0: it has ended */
    uv_poll_t output;
    int fd;          /* the end of the pipe that is read; -1: closed */
    bool is_watched; /* output is not closed yet */
    char line[DEV_LINE_MAX];
    size_t size;
};

/* In a process group of its own, without input; ends with this process. NULL and the sentence. */
struct child *child_start(struct dev *dev, const struct child_plan *plan, struct errand_error *err);
void child_signal(const struct child *child, int signal);
/* Of those that have ended: reads what they still said, and tells. */
void children_reap(struct dev *dev);
/* Lets go of the pipes that others still hold. */
void children_release(struct dev *dev);
/* "exit status 1", "signal 9 (Killed)" */
const char *child_status_text(int status, char text[64]);

/* ---- guard.c ---- */

/* Called in a new process, which leads its group, with what the group is sent one after the other once parent is dead,
   as long as it does not end. 0, or -1 with errno. */
int guard_start(pid_t parent, const int signals[], size_t count);

/* ---- program.c ---- */

struct program {
    struct dev *dev;
    const char *title; /* "the worker" */
    enum dev_log_name log;
    const char *const *argv;
    struct child *child;     /* the newest; those before it end by themselves */
    struct child *before;    /* which still serves at `port` until the newest does; NULL: none */
    struct child *leaving;   /* which did, and is told to end once it has answered what it was asked; NULL: none */
    struct stat image;       /* of what child runs */
    uv_timer_t timer;        /* until it is started again, or has lived long enough */
    int failures;            /* in a row: it ended soon after its start, or was not started */
    char said[DEV_LINE_MAX]; /* the last line of child */
    char last_words[DEV_LINE_MAX]; /* of the one that failed last, or how it ended */
    int port;                      /* where it listens; 0: not yet, or it does not */
    unsigned turn;                 /* counts those that served at `port` */
    size_t asks[2];                /* requests that are not answered yet, of an even and of an odd turn */
};

/* So many failures in a row are no accident any more: it keeps ending. */
enum { PROGRAM_FAILURES_MANY = 2 };
void programs_init(struct dev *dev);
/* Starts those that do not run or that were built anew. */
void programs_refresh(struct dev *dev);
/* It is about to be asked something; gives what program_answered is told, once it has begun to answer or never will. */
unsigned program_ask(struct program *program);
void program_answered(struct program *program, unsigned turn);
void programs_close(struct dev *dev);

/* ---- watch.c ---- */

struct watch;
void watch_start(struct dev *dev);
void watch_stop(struct dev *dev);

/* ---- database.c, postgres.c, build.c ---- */

/* Runs in a thread of the pool. said: what was done, a line each. */
struct update {
    uv_work_t work;
    bool active;
    int result;
    struct buffer said, problems;
};
void database_update(struct update *update);
/* The URL that DATABASE_URL is set to, for this process and all that it starts, and that is told through the lock;
 *shown is it, fit for people. */
int database_choose(const struct dev_options *options, const char *root, int lock, char **shown,
                    struct errand_error *err);
/* Makes and starts the cluster of build/postgres; build_want is called once it takes connections. */
int postgres_start(struct dev *dev, struct errand_error *err);
/* The folder of its socket and its data. */
#define POSTGRES_FOLDER "build/postgres"
/* Who works in it. Not its superuser: what a Schema.sql of somebody else says is done there, and nowhere else. */
#define POSTGRES_ROLE "errand"

enum build_state { BUILD_WAITS, BUILD_UPDATES, BUILD_MAKES, BUILD_DONE, BUILD_FAILED };

struct build {
    enum build_state state;
    bool wanted; /* something changed since it began */
    struct update update;
    struct child *make;
    int64_t count; /* how many have ended */
    char *problems[DEV_PROBLEMS_MAX];
    size_t problem_count;
};

/* Something may have changed: builds as soon as the build under way has ended. */
void build_want(struct dev *dev);

/* ---- serve.c ---- */

struct server {
    uv_tcp_t socket;
    bool open;
    int port;
    size_t clients;
    char token[65]; /* of forms */
};
int serve_start(struct dev *dev, int port, struct errand_error *err);
void serve_stop(struct dev *dev);

/* ---- dev.c ---- */

enum { PROGRAM_WORKER, PROGRAM_DASHBOARD, PROGRAM_COUNT };

struct dev {
    uv_loop_t loop;
    uv_signal_t interrupted, terminated, hung_up, child_ended;
    struct dev_log logs[DEV_LOG_COUNT];
    struct child *children;
    struct program programs[PROGRAM_COUNT];
    struct build build;
    struct watch *watch;
    struct server server;
    struct child *postgres; /* the server of the private cluster; NULL: it does not run */
    int postgres_log;       /* the file of what it says; once it was opened */
    bool database_ready;
    uint64_t version;   /* changes with everything that the page shows */
    int lock;           /* running_lock's */
    char *root, *shown; /* folder; the database, without passwords */
    int stopping;       /* how often it was asked to */
    bool failed;
};

/* A line of a log: kept, and printed. */
void dev_say(struct dev *dev, enum dev_log_name log, const char *line);
void dev_tell(struct dev *dev, enum dev_log_name log, const char *format, ...) ERRAND_PRINTF(3, 4);
const char *dev_log_title(enum dev_log_name log);
/* Asks all to end; the loop ends when they have. Asked again, does not wait. */
void dev_stop(struct dev *dev);
/* To be called when something has ended. */
void dev_ended(struct dev *dev);

#endif
