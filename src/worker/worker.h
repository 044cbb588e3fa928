/* The worker: one process that watches job tables, claims, has runners run, and finishes. This header is private to the
   folder; its files follow a job's way:

     watch.c     learns that there may be work: notifications, due times, polls
     claim.c     one exchange with the database: outcomes out, claimed jobs in
     share.c     says how many, on how many runners
     dispatch.c  hands claimed jobs to runners, and takes them back; deadlines
     finish.c    makes an outcome of how a job ended
     recover.c   stays alive in the eyes of others, and takes over from the dead
     loop.c      joins them: start, signals, drain, end

   All runs on one loop, in one thread. Nothing here blocks, and nothing here calls user code. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "base/log.h"
#include "base/notify.h"
#include "runner/runner.h"
#include "store/store.h"
#include "worker/options.h"

struct worker;
struct queue;
struct eviction;

/* Jobs of one claim statement that are still ours. */
struct claim {
    struct claim *next;
    uint64_t number;
    size_t users; /* jobs, and the exchange that asks for it */
};

/* What is kept of an attempt; see store_attempt. All owned. */
struct attempt {
    int64_t started_us, ended_us;
    char *error, *backtrace, *output;
    size_t output_size;
};

struct job {
    struct runner_task task; /* first: a task is its job */
    struct job *next;        /* in the one list that it is in */
    struct queue *queue;
    struct claim *claim;
    struct store_place place;
    int64_t since_us; /* when it became ready, or was sent to a runner */
    enum job_end end; /* once it has ended */
    int64_t snooze_us;
    struct attempt *attempt; /* NULL: nothing is kept */
    bool resent;             /* its outcome was sent before, to an unknown end */
    bool refused;            /* its outcome was refused before, and that was said */
    int64_t locked_us;       /* its outcome was kept from its row by someone's lock, first at this time; 0: never */
    char *id;                /* id and row lie behind the struct */
    unsigned char data[];
};

struct job_list {
    struct job *first, *last;
    size_t count;
};

struct job *job_new(struct queue *queue, const struct store_job *claimed, struct claim *claim);
void job_free(struct job *job);
void job_list_append(struct job_list *list, struct job *job);
/* Moves all of `front` before the first of list. */
void job_list_prepend(struct job_list *list, struct job_list *front);
struct job *job_list_take(struct job_list *list);
void job_list_remove(struct job_list *list, struct job *job);

/* A job type of this worker. */
struct queue {
    struct worker *worker;
    const struct errand_job_type *type;
    size_t type_index; /* in schema->job_types */
    struct store_table *table;
    bool usable; /* the table was looked at and can be claimed from */

    /* claim.c */
    bool more;       /* rows may be pending */
    bool again;      /* something became available since the last claim was sent */
    int in_flight;   /* exchanges under way */
    size_t claiming; /* jobs that they may bring */
    size_t sending;  /* outcomes that they take along */
    struct claim *claims;
    uint64_t *forgotten; /* claims whose answer never came */
    size_t forgotten_count;
    struct job_list finished; /* outcomes to be sent */
    size_t outcome_limit;     /* how many at once; lowered when the database refuses */
    struct job_list refused;  /* outcomes that the database refuses one by one; tried again later */
    struct job_list locked;   /* outcomes whose rows others have locked; tried again soon */
    bool refusing;            /* none has got through since the last one was refused */
    bool claims_refused;      /* claims are; outcomes go on meanwhile */
    size_t claim_limit;       /* how many jobs at once; lowered when the database refuses */
    struct {
        char *ids[STORE_PASSED_OVER_MAX]; /* owned */
        size_t count;                     /* jobs whose claim is refused, and that claims leave out */
        size_t known;                     /* behind them up to this: those of a minute ago; their refusal was said */
    } passed_over;
    bool backing_off;
    int backoff_ms;
    uv_timer_t backoff, refused_again, locked_again;

    /* dispatch.c */
    struct job_list ready;    /* claimed, not with a runner */
    struct job_list returned; /* taken back, about to go before `ready` */
    size_t with_runners;      /* jobs in lanes */
    size_t lanes;             /* runners that hold jobs of this type: at most max_concurrency */
    int64_t fed_us;           /* when it had a runner last; 0: never */
    double average_us;        /* of perform, lately; < 0: not known */
    bool prints;              /* a job of this type has printed: one at a time to a runner */
    uv_timer_t waiting;       /* looks after what stays ready */

    /* watch.c */
    enum { QUEUE_AWAKE, QUEUE_FALLING_ASLEEP, QUEUE_ASLEEP } sleep;
    bool rested; /* nothing is due, as the database said after the last look */
    int wakes;   /* notifications in the current window */
    int64_t wakes_since_us;
    int64_t due_us;    /* when `due` fires, CLOCK_MONOTONIC; 0: not set */
    int impatience_ms; /* a job is due but cannot be claimed: the next look is this much later */
    uv_timer_t due, poll;
    bool preparing;
    int64_t missing_since_us; /* CLOCK_MONOTONIC; 0: the table was there when it was looked for last */
    char *last_warning;       /* owned; a warning is logged once */

    /* finish.c, recover.c */
    struct {
        int64_t count, total_us, max_us;
    } stats[JOB_END_KILLED + 1];
    bool recovering, refreshing;
    enum { DEAD_UNKNOWN, DEAD_ASKED, DEAD_KNOWN } dead; /* whether jobs of dead workers are left, where --drain ends */
    int64_t undecided_since_us;                         /* CLOCK_MONOTONIC; 0: it is not */
    size_t others;                                      /* jobs that other workers run, as last seen */
};

/* A runner and what the worker has given it. */
struct lane {
    struct lane *next;
    struct worker *worker;
    struct runner *runner;
    struct queue *queue;  /* whose jobs it holds; NULL: idle */
    struct job_list jobs; /* in the order sent; the first may be running */
    bool ready;
    bool going;  /* is given nothing any more */
    bool killed; /* by us: its end is awaited */
    int64_t started_us, idle_since_us;
    int64_t still_since_us; /* it holds jobs, and none ran or ended at any look from this one on; 0: one did */
    uv_timer_t watch;       /* deadline, and jobs that wait behind a long one */
};

struct worker {
    uv_loop_t loop;
    struct log log;
    struct log_outlet log_outlet; /* heartbeats and deadlines wait for no reader of the log */
    struct worker_options options;
    const struct errand_schema *schema;
    struct store_url url;
    struct store *store;
    uint64_t id;
    uint64_t next_claim;
    bool online, installed, ever_online;
    int install_tries;
    bool jobs_ended; /* since it was last looked everywhere whether something is due */
    enum { WORKER_WORKING, WORKER_DRAINING, WORKER_KILLING, WORKER_CLOSING } state;
    int exit_code;

    struct queue *queues;
    size_t queue_count;

    struct lane *lanes;
    size_t lane_count;
    struct runner_config runner_config;
    int64_t no_start_before_us; /* after runners that failed to start */

    struct eviction *evicting; /* killed jobs whose backend is not seen gone: to be asked again when online */
    size_t evictions;          /* under way and waiting */

    uv_signal_t terminate, interrupt;
    uv_timer_t sweep, heartbeat, statistics, refresh, tidy, prune, deadline, watchdog, start_again, install_again;
    bool heartbeat_under_way, statistics_under_way, prune_under_way;
};

/* ---- watch.c ---- */
void watch_init(struct queue *queue);
/* Looks at the table (and makes its triggers); the queue is usable when that says so. */
void watch_prepare(struct queue *queue);
/* The store's word that jobs may have become pending. */
void watch_available(struct queue *queue);
/* Looks whether jobs are due. */
void watch_look(struct queue *queue);
/* A claim came back; how many it was to bring, how many it brought. */
void watch_claimed(struct queue *queue, size_t limit, size_t got);
/* A job of this queue becomes due in delay_us. */
void watch_due_in(struct queue *queue, int64_t delay_us);
/* The connection was lost: whoever was asleep is no longer told. */
void watch_offline(struct queue *queue);

/* ---- claim.c ---- */
void claim_init(struct queue *queue);
/* Sends what there is to send and claims what can be started, as far as it may at this moment. */
void claim_pump(struct queue *queue);
void claim_pump_all(struct worker *worker);
void claim_release(struct queue *queue, struct claim *claim);
/* Nothing can be claimed, or may be while so many outcomes are refused. */
bool claim_is_blocked(const struct queue *queue);
/* Tries again what the database has not taken. */
void claim_try_refused(struct queue *queue);
/* Outcomes whose rows others have locked, and not for so long yet that an end need not wait for them. */
size_t claim_locked_lately(const struct queue *queue);
/* The table is gone: its outcomes have nowhere to go. */
void claim_drop_outcomes(struct queue *queue);
/* The numbers of all claims held, with next_claim as the bound behind them. *count is set; owned by the caller; NULL
   where memory ran out. */
uint64_t *claim_held(const struct queue *queue, size_t *count);

/* ---- dispatch.c ---- */
void dispatch_init(struct queue *queue);
/* Hands ready jobs to runners as far as there are any to be had. */
void dispatch(struct queue *queue);
/* The same for all types, after a runner became free; those that have no runner look for work for it. */
void dispatch_all(struct worker *worker);
/* Keeps one runner warm, retires those that idle. */
void dispatch_tidy(struct worker *worker);
/* Takes back and puts back everything that has not started. */
void dispatch_put_back_all(struct worker *worker);
void dispatch_kill_all(struct worker *worker, const char *reason);
void dispatch_retire_all(struct worker *worker);

/* ---- share.c ---- */
enum {
    SHARE_BACKLOG_MOST = 512,   /* jobs that one runner is given at a time */
    SHARE_WAIT_MOST_US = 50000, /* a job that has not started after this goes elsewhere */
};
/* How many jobs of this queue the worker may hold: those that run, and those that will soon. */
size_t share_room(const struct queue *queue);
/* Jobs that one runner may hold. */
size_t share_lane_room(const struct queue *queue);
/* On how many runners the waiting jobs are worth spreading, and how many beside its own the queue may take. */
size_t share_wanted_lanes(const struct queue *queue);
size_t share_spare_lanes(const struct queue *queue);
/* Where all runners are taken, one is let run empty for a type that has none. */
bool share_must_yield(const struct queue *queue);
/* It has no runner, and would have work for one. */
bool share_is_hungry(const struct queue *queue);
/* Its job takes longer than jobs of its type were expected to. */
bool share_is_stuck(const struct lane *lane, int64_t now);
/* A further runner may be started. */
bool share_may_start(const struct worker *worker);

/* ---- finish.c ---- */
/* The job, in no list, has ended: logs it, counts it, and leaves its outcome to claim_pump. */
void finish_job(struct job *job, const struct runner_end *end);
void finish_put_back(struct job *job);
/* The same for a job whose process ended: its backend must be seen gone first. */
void finish_after_eviction(struct job *job, const struct runner_end *end, struct backend backend);
void finish_evict_again(struct worker *worker);

/* ---- recover.c ---- */
void recover_start(struct worker *worker);
/* A step of removing old attempts and statistics; more follow by themselves. */
void recover_prune(struct worker *worker);
void recover_stop(struct worker *worker);
/* Jobs of dead workers are due as well. False: there are none left, as far as can be known soon. Otherwise
   worker_check_done is called when there is news. */
bool recover_before_end(struct worker *worker);

/* ---- loop.c ---- */
int worker_run(struct worker *worker);
/* Something came to an end: is the worker done (draining, --drain)? */
void worker_check_done(struct worker *worker);
bool worker_may_claim(const struct worker *worker);

#define WORKER_LOG(worker, level, ...) log_write(&(worker)->log, level, NULL, __VA_ARGS__)

#endif
